// A log that ends early, and one that is damaged in its middle.
#include "gateway/store/log_check.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "gateway/store/folder_test.hpp"
#include "gateway/store/reader.hpp"

namespace busbar::store {
namespace {

using namespace testing;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A copy of a store at work, as a killed process leaves it; its log has a few dozen frames.
struct Left : Folder {
    std::string data = *this / "copy";
    std::string log = data + "/busbar.db-wal";

    explicit Left(bool with_lock) {
        Store store(*this / "data");
        for (int i = 1; i <= 20; ++i) store.commit({entry_number(i)}, {{"f", "last", std::to_string(i)}}, true);
        std::filesystem::create_directory(data);
        for (const std::string name : {"/busbar.db", "/busbar.db-wal", "/busbar.lock"}) {
            if (with_lock || name != "/busbar.lock") std::filesystem::copy_file((*this / "data") + name, data + name);
        }
    }
    void flip(std::uintmax_t at) const {
        std::fstream file(log, std::ios::binary | std::ios::in | std::ios::out);
        file.seekg(static_cast<std::streamoff>(at));
        const auto byte = static_cast<char>(file.get() ^ 1);
        file.seekp(static_cast<std::streamoff>(at));
        file.put(byte);
    }
};

TEST(StoreLogCheck, every_frame_of_a_whole_log_verifies) {
    const Left left(true);
    const LogState state = read_log(left.log);
    EXPECT_GT(state.frames, 20u);
    EXPECT_EQ(state.good, state.frames);
    EXPECT_EQ(state.good_bytes, std::filesystem::file_size(left.log));
    EXPECT_EQ(Store(left.data).warning(), "");
}

TEST(StoreLogCheck, no_log_is_whole) {
    const Folder folder;
    EXPECT_FALSE(read_log(folder / "none").broken());
    std::ofstream(folder / "empty").flush();
    EXPECT_FALSE(read_log(folder / "empty").broken());
}

TEST(StoreLogCheck, frames_of_an_earlier_round_are_no_damage) {
    Folder folder;
    Store store(folder / "data");
    const std::string body(60'000, 'b');
    for (int i = 0; i < 1000; ++i) store.commit({{i, body}}, {}, false);  // the log begins anew, over its old frames
    std::filesystem::copy_file(folder / "data/busbar.db-wal", folder / "copy");
    EXPECT_FALSE(read_log(folder / "copy").broken());
}

// A large transaction is killed before its commit, the next process begins a small one over it and is killed too.
TEST(StoreLogCheck, what_is_left_of_a_transaction_that_was_not_committed_is_no_damage) {
    Folder folder;
    { const Store store(folder / "data"); }
    for (const int rows : {4000, 1, 4000, 2}) {
        const pid_t child = ::fork();
        if (child == 0) {
            if (rows > 100) {  // more than SQLite's cache: it spills into the log
                auto* database = new SQLite::Database(folder / "data/busbar.db", SQLite::OPEN_READWRITE);
                database->exec("BEGIN; PRAGMA cache_size = 10");
                for (int i = 0; i < rows; ++i)
                    database->exec("INSERT INTO snapshots VALUES (" + std::to_string(1000 + i) +
                                   ", 1, randomblob(900))");
            } else {
                auto* store = new Store(folder / "data");
                for (int i = 0; i < rows; ++i) store->commit({entry_number(store->last_sequence() + 1)}, {}, true);
            }
            ::kill(::getpid(), SIGKILL);
        }
        ::waitpid(child, nullptr, 0);
        const std::string log = folder / "data/busbar.db-wal";
        EXPECT_FALSE(read_log(log).broken()) << rows;
        EXPECT_GT(std::filesystem::file_size(log), read_log(log).good_bytes + 400'000) << "something is left over";
    }
    EXPECT_EQ(Store(folder / "data").last_sequence(), 3);
}

TEST(StoreLogCheck, a_torn_last_frame_is_no_damage) {
    const Left left(true);
    std::filesystem::resize_file(left.log, std::filesystem::file_size(left.log) - 100);
    EXPECT_FALSE(read_log(left.log).broken());
    Store store(left.data);
    EXPECT_EQ(store.warning(), "");
    EXPECT_EQ(store.last_sequence(), 19);
}

TEST(StoreLogCheck, damage_in_the_middle_is_refused_and_left_alone) {
    const Left left(true);
    const auto size = std::filesystem::file_size(left.log);
    left.flip(size / 2);
    const std::string line = what_is_thrown([&] { Store store(left.data); });
    EXPECT_THAT(line, StartsWith(left.log + ": frame "));
    EXPECT_THAT(line, HasSubstr("the file is damaged; restore a backup, or cut it with `truncate -s "));
    EXPECT_EQ(std::filesystem::file_size(left.log), size);
    EXPECT_THAT(what_is_thrown([&] { Reader reader(left.data); }), HasSubstr("does not verify"));
    // As the line says.
    std::filesystem::resize_file(left.log, read_log(left.log).good_bytes);
    EXPECT_GT(Store(left.data).last_sequence(), 5);
}

TEST(StoreLogCheck, damage_in_its_header_is_refused) {
    const Left left(true);
    left.flip(20);
    EXPECT_THAT(what_is_thrown([&] { Store store(left.data); }), HasSubstr("frame 1 of "));
}

TEST(StoreLogCheck, after_a_start_of_the_system_it_is_told_and_kept) {
    const Left left(false);  // no lock that was held since: a power failure may have done it
    left.flip(std::filesystem::file_size(left.log) / 2);
    const auto size = std::filesystem::file_size(left.log);
    // Looking does not make it a store that was open since.
    EXPECT_THAT(what_is_thrown([&] { Reader reader(left.data); }), HasSubstr("does not verify"));
    Store store(left.data);
    EXPECT_THAT(store.warning(), HasSubstr("does not verify; what follows it is not used"));
    EXPECT_EQ(std::filesystem::file_size(left.log + ".broken"), size);
    EXPECT_LT(store.last_sequence(), 20);
    EXPECT_FALSE(read_log(left.log).broken());
    store.commit({entry_number(1)}, {}, true);
}

}  // namespace
}  // namespace busbar::store
