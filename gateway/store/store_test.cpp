#include "gateway/store/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "gateway/store/checkpointer.hpp"
#include "gateway/store/folder_test.hpp"
#include "gateway/store/schema.hpp"

namespace busbar::store {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

int mode_of(const std::string& path) {
    struct stat facts {};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
    return facts.st_mode & 0777;
}

TEST(Store, what_was_committed_is_there_after_a_restart) {
    Folder folder;
    {
        Store store(folder / "data");
        store.commit({{11, "one"}, {12, "two"}}, {{"vens", "a", "A"}}, true);
        store.commit({{13, "three"}}, {{"vens", "b", "B"}, {"sites", "x", "X"}}, false);
        store.write_snapshot(14, "state after three");
    }
    Store store(folder / "data");
    EXPECT_EQ(store.last_sequence(), 3);
    const auto entries = entries_of(store);
    ASSERT_EQ(entries.size(), 3u);
    EXPECT_EQ(entries[1].sequence, 2);
    EXPECT_EQ(entries[1].now_us, 12);
    EXPECT_EQ(entries[1].body, "two");
    EXPECT_THAT(documents_of(store, "vens"), ElementsAre(Pair("a", "A"), Pair("b", "B")));
    ASSERT_TRUE(store.latest_snapshot());
    EXPECT_EQ(store.latest_snapshot()->sequence, 3);
    EXPECT_EQ(store.latest_snapshot()->now_us, 14);
    EXPECT_EQ(store.latest_snapshot()->body, "state after three");
}

TEST(Store, a_new_one_is_empty) {
    Folder folder;
    const Store store(folder / "data");
    EXPECT_EQ(store.last_sequence(), 0);
    EXPECT_THAT(entries_of(store), IsEmpty());
    EXPECT_THAT(store.folders(), IsEmpty());
    EXPECT_FALSE(store.latest_snapshot());
}

TEST(Store, bodies_are_opaque_bytes) {
    Folder folder;
    const std::string zeros("a\0b\0", 4);
    const std::string large(3'000'000, '\xFE');
    Store store(folder / "data");
    store.commit({{1, zeros}, {2, ""}, {3, large}}, {{"f", "empty", ""}, {"f", "zeros", zeros}}, true);
    const auto entries = entries_of(store);
    ASSERT_EQ(entries.size(), 3u);
    EXPECT_EQ(entries[0].body, zeros);
    EXPECT_EQ(entries[1].body, "");
    EXPECT_EQ(entries[2].body, large);
    EXPECT_THAT(documents_of(store, "f"), ElementsAre(Pair("empty", ""), Pair("zeros", zeros)));
}

TEST(Store, documents_are_replaced_and_deleted_by_key) {
    Folder folder;
    Store store(folder / "data");
    store.commit({}, {{"f", "k", "old"}, {"f", "gone", "x"}, {"g", "k", "other"}}, false);
    store.commit({}, {{"f", "k", "new"}, {"f", "gone", std::nullopt}, {"f", "never", std::nullopt}}, false);
    EXPECT_THAT(documents_of(store, "f"), ElementsAre(Pair("k", "new")));
    EXPECT_THAT(documents_of(store, "g"), ElementsAre(Pair("k", "other")));
}

TEST(Store, the_last_of_two_changes_in_one_commit_counts) {
    Folder folder;
    Store store(folder / "data");
    store.commit({}, {{"f", "k", "1"}, {"f", "k", std::nullopt}, {"f", "k", "2"}}, false);
    EXPECT_THAT(documents_of(store, "f"), ElementsAre(Pair("k", "2")));
}

TEST(Store, documents_come_by_key_and_folders_by_name) {
    Folder folder;
    Store store(folder / "data");
    store.commit({}, {{"vens", "ü", "3"}, {"vens", "b", "2"}, {"ends", "z", "0"}, {"vens", "a", "1"}}, false);
    EXPECT_THAT(documents_of(store, "vens"), ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("ü", "3")));
    EXPECT_THAT(store.folders(), ElementsAre("ends", "vens"));
    EXPECT_THAT(documents_of(store, "nothing"), IsEmpty());
    store.commit({}, {{"ends", "z", std::nullopt}}, false);
    EXPECT_THAT(store.folders(), ElementsAre("vens"));
}

TEST(Store, replay_begins_after_the_given_entry) {
    Folder folder;
    Store store(folder / "data");
    for (int i = 1; i <= 5; ++i) store.commit({entry_number(i)}, {}, false);
    const auto tail = entries_of(store, 3);
    ASSERT_EQ(tail.size(), 2u);
    EXPECT_EQ(tail[0].body, "entry 4");
    EXPECT_THAT(entries_of(store, 5), IsEmpty());
}

TEST(Store, an_error_in_the_visitor_passes_through_and_the_store_goes_on) {
    Folder folder;
    Store store(folder / "data");
    store.commit({entry_number(1)}, {{"f", "k", "v"}}, false);
    EXPECT_THROW(store.replay(0, [](const StoredEntry&) { throw std::out_of_range("visitor"); }), std::out_of_range);
    EXPECT_THROW(store.documents("f", [](auto, auto) { throw std::out_of_range("visitor"); }), std::out_of_range);
    store.commit({entry_number(2)}, {}, true);
    EXPECT_EQ(entries_of(store).size(), 2u);
}

TEST(Store, counters_count_what_was_committed) {
    Folder folder;
    Store store(folder / "data");
    store.commit({}, {}, true);
    store.commit({entry_number(1), entry_number(2)}, {{"f", "k", "v"}}, true);
    store.commit({entry_number(3)}, {}, false);
    const Store::Counters counters = store.counters();
    EXPECT_EQ(counters.commits, 2u);
    EXPECT_EQ(counters.durable_commits, 1u);
    EXPECT_EQ(counters.entries, 3u);
    EXPECT_EQ(counters.documents, 1u);
    EXPECT_GT(counters.wal_pages, 0u);
}

// ---- snapshots and trimming
// ------------------------------------------------------------------------------------------

Store& filled(Store& store, int entries_each, int snapshots) {
    for (int s = 0; s < snapshots; ++s) {
        for (int i = 0; i < entries_each; ++i) store.commit({entry_number(store.last_sequence() + 1)}, {}, false);
        store.write_snapshot(store.last_sequence(), "state " + std::to_string(store.last_sequence()));
    }
    return store;
}

TEST(StoreTrim, keeps_what_the_oldest_kept_snapshot_needs) {
    Folder folder;
    Store store(folder / "data");
    filled(store, 10, 4);
    store.commit({entry_number(41)}, {}, false);
    store.trim(2);
    EXPECT_EQ(store.latest_snapshot()->body, "state 40");
    const auto kept = entries_of(store, 30);
    ASSERT_EQ(kept.size(), 11u);
    EXPECT_EQ(kept.front().sequence, 31);
    EXPECT_EQ(kept.back().sequence, 41);
    EXPECT_EQ(store.last_sequence(), 41);
}

TEST(StoreTrim, numbers_go_on_after_everything_was_trimmed_and_a_restart) {
    Folder folder;
    {
        Store store(folder / "data");
        filled(store, 10, 1).trim(1);
        EXPECT_THAT(entries_of(store, 10), IsEmpty());
    }
    Store store(folder / "data");
    EXPECT_EQ(store.last_sequence(), 10);
    store.commit({entry_number(11)}, {}, true);
    EXPECT_EQ(entries_of(store, 10).front().sequence, 11);
}

TEST(StoreTrim, without_a_snapshot_nothing_is_dropped) {
    Folder folder;
    Store store(folder / "data");
    store.commit({entry_number(1)}, {}, false);
    store.trim(1);
    EXPECT_EQ(entries_of(store).size(), 1u);
}

TEST(StoreTrim, keeping_none_is_refused) {
    Folder folder;
    Store store(folder / "data");
    filled(store, 1, 1);
    EXPECT_THAT(what_is_thrown([&] { store.trim(0); }), HasSubstr("at least one snapshot must be kept"));
    EXPECT_TRUE(store.latest_snapshot());
}

TEST(StoreTrim, replay_from_what_was_trimmed_says_so) {
    Folder folder;
    Store store(folder / "data");
    filled(store, 10, 2).trim(1);
    store.commit({entry_number(21)}, {}, false);
    EXPECT_EQ(what_is_thrown([&] { entries_of(store, 5); }),
              (folder / "data/busbar.db") +
                  ": the journal has no entry 6, its last is 21; it was trimmed, or damaged: restore "
                  "it from a backup");
}

TEST(StoreTrim, a_second_snapshot_of_the_same_state_replaces_the_first) {
    Folder folder;
    Store store(folder / "data");
    filled(store, 3, 1);
    store.write_snapshot(99, "again");
    EXPECT_EQ(store.latest_snapshot()->body, "again");
    EXPECT_EQ(store.latest_snapshot()->now_us, 99);
}

// ---- the directory
// ---------------------------------------------------------------------------------------------------

TEST(StoreDirectory, is_for_its_owner_only) {
    Folder folder;
    Store store(folder / "a/b");
    store.commit({entry_number(1)}, {}, true);
    EXPECT_EQ(mode_of(folder / "a"), 0700);
    EXPECT_EQ(mode_of(folder / "a/b"), 0700);
    for (const char* name : {"busbar.db", "busbar.db-wal", "busbar.lock"}) {
        EXPECT_EQ(mode_of(folder / (std::string("a/b/") + name)), 0600) << name;
    }
}

TEST(StoreDirectory, a_second_process_is_refused) {
    Folder folder;
    const Store store(folder / "data");
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string line = what_is_thrown([&] { Store second(folder / "data"); });
        const bool told = ::write(ends[1], line.data(), line.size()) > 0;
        ::_exit(told ? 0 : 1);
    }
    ::close(ends[1]);
    char text[512];
    const ssize_t size = ::read(ends[0], text, sizeof text);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    ASSERT_GT(size, 0);
    EXPECT_EQ(std::string(text, static_cast<std::size_t>(size)),
              (folder / "data") + ": another busbar works on it (process " + std::to_string(::getpid()) +
                  "); stop that one, or name another directory");
}

TEST(StoreDirectory, is_free_again_after_the_store_closed) {
    Folder folder;
    { const Store store(folder / "data"); }
    EXPECT_NO_THROW(Store(folder / "data"));
}

TEST(StoreDirectory, a_file_in_its_place_is_named) {
    Folder folder;
    std::ofstream(folder / "data") << "x";
    EXPECT_THAT(what_is_thrown([&] { Store store(folder / "data"); }),
                StartsWith((folder / "data") + ": is no directory"));
    EXPECT_THAT(what_is_thrown([&] { Store store(folder / "data/below"); }),
                HasSubstr("cannot make the directory: Not a directory; nothing was changed"));
}

// ---- schema
// ------------------------------------------------------------------------------------------------------------

TEST(StoreSchema, an_empty_file_gets_all_migrations_and_says_whose_it_is) {
    Folder folder;
    { const Store store(folder / "data"); }
    SQLite::Database database(folder / "data/busbar.db");
    EXPECT_EQ(database.execAndGet("PRAGMA user_version").getInt(), newest_schema());
    EXPECT_EQ(database.execAndGet("PRAGMA application_id").getInt(), application_id);
    EXPECT_EQ(database.execAndGet("SELECT count(*) FROM schema").getInt(), newest_schema());
    EXPECT_EQ(database.execAndGet("SELECT name FROM schema WHERE version = 1").getString(), "001_journal");
    EXPECT_EQ(database.execAndGet("PRAGMA journal_mode").getString(), "wal");
}

TEST(StoreSchema, a_version_1_file_is_migrated_with_what_it_holds) {
    Folder folder;
    std::filesystem::create_directory(folder / "data");
    {
        SQLite::Database old(folder / "data/busbar.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        migrate(old, 1);
        ASSERT_EQ(old.execAndGet("PRAGMA user_version").getInt(), 1);
        ASSERT_FALSE(old.tableExists("documents"));
        old.exec("INSERT INTO entries VALUES (1, 5, x'6f6c64')");
        old.exec("INSERT INTO snapshots VALUES (1, 6, x'73')");
    }
    Store store(folder / "data");
    EXPECT_EQ(entries_of(store).front().body, "old");
    EXPECT_EQ(store.latest_snapshot()->body, "s");
    store.commit({entry_number(2)}, {{"f", "k", "v"}}, true);
    EXPECT_THAT(documents_of(store, "f"), ElementsAre(Pair("k", "v")));
}

TEST(StoreSchema, a_newer_one_is_refused_and_left_alone) {
    Folder folder;
    { const Store store(folder / "data"); }
    { SQLite::Database(folder / "data/busbar.db", SQLite::OPEN_READWRITE).exec("PRAGMA user_version = 99"); }
    EXPECT_EQ(what_is_thrown([&] { Store store(folder / "data"); }),
              (folder / "data/busbar.db") + ": has schema 99, this busbar knows schemas up to " +
                  std::to_string(newest_schema()) + "; start the newer busbar that wrote it; nothing was changed");
    EXPECT_EQ(SQLite::Database(folder / "data/busbar.db").execAndGet("PRAGMA user_version").getInt(), 99);
}

TEST(StoreSchema, another_programs_database_is_refused_and_left_alone) {
    Folder folder;
    std::filesystem::create_directory(folder / "data");
    {
        SQLite::Database other(folder / "data/busbar.db", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
        other.exec("CREATE TABLE theirs (x)");
    }
    EXPECT_THAT(what_is_thrown([&] { Store store(folder / "data"); }),
                HasSubstr("is an SQLite database of another program"));
    EXPECT_FALSE(SQLite::Database(folder / "data/busbar.db").tableExists("entries"));
}

// ---- damage
// ------------------------------------------------------------------------------------------------------------

void overwrite(const std::string& path, std::streamoff at, std::size_t count) {
    std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    for (std::size_t i = 0; i < count; ++i) file.put(static_cast<char>(i * 37 + 11));
}

TEST(StoreDamage, a_file_that_is_no_database_is_told_and_left_alone) {
    Folder folder;
    std::filesystem::create_directory(folder / "data");
    const std::string text(5000, 'x');
    std::ofstream(folder / "data/busbar.db") << text;
    EXPECT_THAT(what_is_thrown([&] { Store store(folder / "data"); }),
                EndsWith("restore it from a backup, or move it away to begin with an empty one"));
    EXPECT_EQ(std::filesystem::file_size(folder / "data/busbar.db"), text.size());
}

TEST(StoreDamage, overwritten_pages_are_found_at_the_start) {
    Folder folder;
    {
        Store store(folder / "data");
        for (int i = 1; i <= 500; ++i) store.commit({{i, std::string(500, 'e')}}, {}, false);
    }
    overwrite(folder / "data/busbar.db", 20 * 4096, 8 * 4096);
    const std::string line = what_is_thrown([&] { Store store(folder / "data"); });
    EXPECT_THAT(line, StartsWith((folder / "data/busbar.db") + ": the file is damaged ("));
    EXPECT_THAT(line, HasSubstr("restore it from a backup, or move it away to begin with an empty one"));
}

TEST(StoreDamage, a_file_that_was_cut_is_found_at_the_start) {
    Folder folder;
    {
        Store store(folder / "data");
        for (int i = 1; i <= 500; ++i) store.commit({{i, std::string(500, 'e')}}, {}, false);
    }
    std::filesystem::resize_file(folder / "data/busbar.db", 30 * 4096);
    EXPECT_THAT(what_is_thrown([&] { Store store(folder / "data"); }), HasSubstr("damaged ("));
}

TEST(StoreDamage, a_torn_end_of_the_log_costs_only_the_torn_commit) {
    Folder folder;
    {
        Store store(folder / "data");
        for (int i = 1; i <= 20; ++i) store.commit({entry_number(i)}, {{"f", "last", std::to_string(i)}}, true);
        std::filesystem::create_directory(folder / "copy");
        for (const char* name : {"/busbar.db", "/busbar.db-wal"}) {
            std::filesystem::copy_file((folder / "data") + name, (folder / "copy") + name);
        }
    }
    std::filesystem::resize_file(folder / "copy/busbar.db-wal",
                                 std::filesystem::file_size(folder / "copy/busbar.db-wal") - 100);
    const Store store(folder / "copy");
    EXPECT_EQ(store.last_sequence(), 19);
    EXPECT_EQ(entries_of(store).size(), 19u);
    EXPECT_THAT(documents_of(store, "f"), ElementsAre(Pair("last", "19")));
}

// ---- backup and the log
// ------------------------------------------------------------------------------------------------

TEST(StoreBackup, is_consistent_while_commits_go_on) {
    Folder folder;
    Store store(folder / "data");
    for (int i = 1; i <= 200; ++i) store.commit({entry_number(i)}, {{"f", "last", std::to_string(i)}}, false);
    std::filesystem::create_directory(folder / "copy");
    std::thread other([&] { store.backup(folder / "copy/busbar.db"); });
    for (int i = 201; i <= 600; ++i) store.commit({entry_number(i)}, {{"f", "last", std::to_string(i)}}, false);
    other.join();
    EXPECT_EQ(mode_of(folder / "copy/busbar.db"), 0600);
    const Store copy(folder / "copy");
    EXPECT_GE(copy.last_sequence(), 200);
    EXPECT_EQ(entries_of(copy).size(), static_cast<std::size_t>(copy.last_sequence()));
    EXPECT_THAT(documents_of(copy, "f"), ElementsAre(Pair("last", std::to_string(copy.last_sequence()))));
}

TEST(StoreBackup, overwrites_nothing) {
    Folder folder;
    const Store store(folder / "data");
    std::ofstream(folder / "taken") << "x";
    EXPECT_EQ(what_is_thrown([&] { store.backup(folder / "taken"); }),
              (folder / "taken") + ": is there already; expected a name that is free");
    EXPECT_EQ(std::filesystem::file_size(folder / "taken"), 1u);
}

TEST(StoreBackup, a_place_that_cannot_be_written_is_named) {
    Folder folder;
    const Store store(folder / "data");
    EXPECT_THAT(what_is_thrown([&] { store.backup(folder / "no/such/copy"); }), StartsWith(folder / "no/such/copy"));
}

TEST(StoreLog, stays_bounded_under_steady_writing) {
    Folder folder;
    Store store(folder / "data");
    const std::string body(60'000, 'b');  // 15 pages
    std::uint64_t longest = 0;
    for (int i = 0; i < 3000; ++i) {
        store.commit({{i, body}}, {}, false);
        longest = std::max<std::uint64_t>(longest, store.counters().wal_pages);
    }
    EXPECT_GT(store.counters().checkpoints, 2u);
    EXPECT_EQ(store.counters().checkpoint_failures, 0u);
    EXPECT_LT(longest, Checkpointer::most_log_pages + 10u * 20u);
    EXPECT_EQ(entries_of(store).size(), 3000u);
}

}  // namespace
}  // namespace busbar::store
