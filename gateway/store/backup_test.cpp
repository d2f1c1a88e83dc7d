// Copies of a store, looked at and put back, and what is refused.
#include "gateway/store/backup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gateway/store/faulty_disk_test.hpp"
#include "gateway/store/folder_test.hpp"
#include "gateway/store/reader.hpp"

namespace busbar::store {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::StartsWith;

std::vector<std::string> names_in(const std::string& directory) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
}

void fill(const std::string& directory, int entries) {
    Store store(directory);
    for (int i = 1; i <= entries; ++i) store.commit({entry_number(i)}, {{"f", "last", std::to_string(i)}}, true);
}

// ---- reader

TEST(StoreReader, sees_what_a_store_holds) {
    Folder folder;
    {
        Store store(folder / "data");
        for (int i = 1; i <= 5; ++i) store.commit({entry_number(i)}, {{"f", "last", std::to_string(i)}}, true);
        store.write_snapshot(3, "five");
    }
    const Reader reader(folder / "data");
    EXPECT_EQ(reader.first_sequence(), 1);
    EXPECT_EQ(reader.last_sequence(), 5);
    std::vector<std::string> bodies;
    reader.replay(3, [&](const StoredEntry& entry) { bodies.push_back(entry.body); });
    EXPECT_THAT(bodies, ElementsAre("entry 4", "entry 5"));
    reader.snapshots([&](const StoredSnapshot& snapshot) { EXPECT_EQ(snapshot.body, "five"); });
    EXPECT_THAT(reader.folders(), ElementsAre("f"));
}

TEST(StoreReader, reads_the_log_that_a_killed_process_left_and_leaves_it) {
    Folder folder;
    const pid_t child = ::fork();
    if (child == 0) {
        const Store* leaked = [&] {
            auto* store = new Store(folder / "data");
            for (int i = 1; i <= 5; ++i) store->commit({entry_number(i)}, {}, true);
            return store;
        }();
        ::kill(leaked != nullptr ? ::getpid() : 0, SIGKILL);
    }
    ::waitpid(child, nullptr, 0);
    const auto size = std::filesystem::file_size(folder / "data/busbar.db-wal");
    ASSERT_GT(size, 0u);
    EXPECT_EQ(Reader(folder / "data").last_sequence(), 5);
    EXPECT_EQ(std::filesystem::file_size(folder / "data/busbar.db-wal"), size);
}

TEST(StoreReader, is_refused_beside_a_store_at_work) {
    Folder folder;
    const Store store(folder / "data");
    EXPECT_THAT(what_is_thrown([&] { Reader reader(folder / "data"); }), HasSubstr("another busbar works on it"));
}

TEST(StoreReader, says_what_is_not_there) {
    Folder folder;
    EXPECT_THAT(what_is_thrown([&] { Reader reader(folder / "none"); }),
                StartsWith((folder / "none") + ": is not there"));
    std::filesystem::create_directory(folder / "empty");
    EXPECT_THAT(what_is_thrown([&] { Reader reader(folder / "empty"); }), HasSubstr("holds no store"));
    std::ofstream(folder / "file").flush();
    EXPECT_THAT(what_is_thrown([&] { Reader reader(folder / "file"); }), HasSubstr("is empty; expected a store"));
}

// ---- backup

TEST(StoreBackup, is_one_file_and_says_how_far_it_goes) {
    Folder folder;
    fill(folder / "data", 7);
    std::filesystem::create_directory(folder / "copies");
    EXPECT_EQ(backup(folder / "data", folder / "copies/one"), 7);
    EXPECT_EQ(Reader(folder / "copies/one").last_sequence(), 7);
    EXPECT_THAT(names_in(folder / "copies"), ElementsAre("one"));
}

TEST(StoreBackup, of_a_damaged_store_is_not_made) {
    Folder folder;
    {
        Store store(folder / "data");
        for (int i = 1; i <= 500; ++i) store.commit({{i, std::string(500, 'e')}}, {}, false);
    }
    {
        std::fstream file(folder / "data/busbar.db", std::ios::binary | std::ios::in | std::ios::out);
        file.seekp(20 * 4096);
        file << std::string(8 * 4096, '\x5a');
    }
    std::filesystem::create_directory(folder / "copies");
    EXPECT_THAT(what_is_thrown([&] { backup(folder / "data", folder / "copies/one"); }), HasSubstr("damaged"));
    EXPECT_THAT(names_in(folder / "copies"), ElementsAre());
}

// The Nth operation on the disk fails, for N = 1, 2, 3 … until the copy is made.
TEST(StoreBackup, a_disk_that_fails_leaves_no_copy_and_the_store_goes_on) {
    FaultyDisk disk;
    bool through = false;
    for (int nth = 1; !through && nth < 100; ++nth) {
        Folder folder;
        Store store(folder / "data");
        for (int i = 1; i <= 3; ++i) store.commit({entry_number(i)}, {}, true);
        std::filesystem::create_directory(folder / "copies");
        disk.forget();
        disk.fail(nth, SQLITE_IOERR_WRITE);
        const std::string line = what_is_thrown([&] { store.backup(folder / "copies/one"); });
        disk.heal();
        through = !disk.struck();
        if (!through) {
            EXPECT_THAT(line, StartsWith(folder / "copies/one")) << "operation " << nth;
            EXPECT_THAT(names_in(folder / "copies"), ElementsAre()) << "operation " << nth;
        }
        store.commit({entry_number(4)}, {}, true);
        EXPECT_EQ(entries_of(store).size(), 4u);
    }
    EXPECT_TRUE(through);
}

// ---- restore

TEST(StoreRestore, makes_the_same_store) {
    Folder folder;
    fill(folder / "data", 5);
    backup(folder / "data", folder / "copy");
    restore(folder / "copy", folder / "new/place");
    Store store(folder / "new/place");
    EXPECT_EQ(store.last_sequence(), 5);
    EXPECT_THAT(documents_of(store, "f"), ElementsAre(Pair("last", "5")));
    store.commit({entry_number(6)}, {}, true);
    EXPECT_EQ(entries_of(store).size(), 6u);
}

TEST(StoreRestore, overwrites_no_store_and_no_remains_of_one) {
    Folder folder;
    fill(folder / "data", 5);
    backup(folder / "data", folder / "copy");
    EXPECT_THAT(what_is_thrown([&] { restore(folder / "copy", folder / "data"); }),
                HasSubstr("there is a store in this directory already"));
    for (const char* left : {"busbar.db-wal", "busbar.db-shm", "busbar.db-journal"}) {
        const std::string place = folder / (std::string("with_") + left);
        std::filesystem::create_directory(place);
        std::ofstream(place + "/" + left) << "x";
        EXPECT_THAT(what_is_thrown([&] { restore(folder / "copy", place); }), HasSubstr(left));
        EXPECT_FALSE(std::filesystem::exists(place + "/busbar.db"));
    }
}

TEST(StoreRestore, not_beside_a_store_at_work) {
    Folder folder;
    fill(folder / "data", 5);
    backup(folder / "data", folder / "copy");
    const Store other(folder / "other");
    EXPECT_THAT(what_is_thrown([&] { restore(folder / "copy", folder / "other"); }),
                HasSubstr("another busbar works on it"));
}

// ---- the journal's start

TEST(StoreTrim, keeps_the_journals_start_until_there_are_enough_snapshots) {
    Folder folder;
    Store store(folder / "data");
    for (int i = 1; i <= 3; ++i) store.commit({entry_number(i)}, {}, true);
    store.write_snapshot(3, "three");
    store.trim(2);
    EXPECT_EQ(entries_of(store).size(), 3u);
    store.commit({entry_number(4)}, {}, true);
    store.write_snapshot(4, "four");
    store.trim(2);
    EXPECT_EQ(entries_of(store, 3).size(), 1u);
    EXPECT_THAT(what_is_thrown([&] { entries_of(store); }), HasSubstr("the journal has no entry 1"));
}

}  // namespace
}  // namespace busbar::store
