// Syncs of the disk for one durable commit: one, whatever it holds. On a slow disk this is what an answer waits for.
#include <gtest/gtest.h>

#include "gateway/store/faulty_disk_test.hpp"
#include "gateway/store/folder_test.hpp"
#include "gateway/store/store.hpp"

namespace busbar::budget {
namespace {

using store::Entry;
using store::testing::entry_number;
using store::testing::FaultyDisk;
using store::testing::Folder;

class Syncs : public testing::Test {
  protected:
    int of(int entries, int documents, bool durable) {
        std::vector<Entry> all;
        for (int i = 0; i < entries; ++i) all.push_back(entry_number(++number_));
        std::vector<store::DocumentChange> changes;
        for (int i = 0; i < documents; ++i) changes.push_back({"folder", std::to_string(i), "body"});
        disk_.forget();
        store_.commit(all, changes, durable);
        return disk_.syncs();
    }

    FaultyDisk disk_;
    Folder folder_;
    store::Store store_{folder_ / "data"};
    std::int64_t number_ = 0;
};

TEST_F(Syncs, one_for_one_entry) {
    of(1, 0, true);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(of(1, 0, true), 1);
}

TEST_F(Syncs, one_for_sixty_four_waiters_and_their_documents) {
    of(1, 0, true);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(of(64, 16, true), 1);
}

TEST_F(Syncs, none_where_none_is_asked_for) {
    of(1, 0, true);
    EXPECT_EQ(of(64, 16, false), 0);
}

}  // namespace
}  // namespace busbar::budget
