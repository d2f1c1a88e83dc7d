// What is left after the process was killed, the disk failed, was full, or lost its power.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <random>
#include <string>

#include "gateway/store/faulty_disk_test.hpp"
#include "gateway/store/folder_test.hpp"
#include "gateway/store/store.hpp"

namespace busbar::store {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

// Every commit carries its number three times; a state is whole if they agree and none is missing.
std::string body_of(std::int64_t sequence) {
    return std::to_string(sequence) + ' ' + std::string(static_cast<std::size_t>(sequence * 7919 % 20'000), 'x');
}
void commit_next(Store& store, bool durable) {
    const std::int64_t next = store.last_sequence() + 1;
    store.commit({{next, body_of(next)}}, {{"state", "last", std::to_string(next)}}, durable);
}
void expect_whole(const Store& store) {
    std::int64_t expected = 0;
    store.replay(0, [&](const StoredEntry& entry) {
        ASSERT_EQ(entry.sequence, ++expected);
        ASSERT_EQ(entry.now_us, expected);
        ASSERT_EQ(entry.body, body_of(expected));
    });
    EXPECT_EQ(store.last_sequence(), expected);
    if (expected > 0) {
        EXPECT_THAT(documents_of(store, "state"), ElementsAre(Pair("last", std::to_string(expected))));
    }
}

// ---- kill -9
// -----------------------------------------------------------------------------------------------------------

// Runs in a child: commits durably for ever and reports each number once it is durable.
[[noreturn]] void commit_and_report(const std::string& directory, int report) {
    Store store(directory);
    while (true) {
        commit_next(store, true);
        const std::int64_t sequence = store.last_sequence();
        if (::write(report, &sequence, sizeof sequence) != sizeof sequence) ::_exit(1);
    }
}

std::int64_t last_reported(int report) {
    std::int64_t last = 0;
    std::int64_t sequence = 0;
    while (::read(report, &sequence, sizeof sequence) == sizeof sequence) last = sequence;
    return last;
}

TEST(StoreCrash, everything_reported_is_there_after_kill_9) {
    Folder folder;
    std::mt19937 random(20305);
    std::int64_t reported = 0;
    for (int round = 0; round < 20; ++round) {
        int ends[2];
        ASSERT_EQ(::pipe(ends), 0);
        const pid_t child = ::fork();
        if (child == 0) commit_and_report(folder / "data", ends[1]);
        ::close(ends[1]);
        std::int64_t first =
            0;  // it runs; what its pipe cannot hold makes it wait, which is a moment to be killed at as well
        ASSERT_EQ(::read(ends[0], &first, sizeof first), static_cast<ssize_t>(sizeof first));
        ::usleep(std::uniform_int_distribution<useconds_t>(0, 60'000)(random));
        ::kill(child, SIGKILL);
        ::waitpid(child, nullptr, 0);
        reported = std::max(first, last_reported(ends[0]));
        ::close(ends[0]);
        const Store store(folder / "data");
        EXPECT_GE(store.last_sequence(), reported) << "round " << round;
        expect_whole(store);
    }
    EXPECT_GT(reported, 40);
}

// ---- the disk fails
// ----------------------------------------------------------------------------------------------------

class StoreDiskFails : public ::testing::TestWithParam<int> {};

// The Nth write or sync of a commit fails, for N = 1, 2, 3 … until the commit gets through.
TEST_P(StoreDiskFails, nothing_acknowledged_is_lost_and_nothing_is_half_there) {
    FaultyDisk disk;
    bool through = false;
    for (int nth = 1; !through && nth < 100; ++nth) {
        Folder folder;
        {
            Store store(folder / "data");
            for (int i = 0; i < 3; ++i) commit_next(store, true);
            disk.forget();
            disk.fail(nth, GetParam());
            const std::string line = what_is_thrown([&] { commit_next(store, true); });
            disk.heal();
            through = !disk.struck();
            EXPECT_EQ(store.last_sequence(), through ? 4 : 3) << "operation " << nth << ": " << line;
        }
        const Store store(folder / "data");
        expect_whole(store);
        // A commit whose sync failed may be found whole: it was never acknowledged, and its peer sends it again.
        EXPECT_GE(store.last_sequence(), 3) << "operation " << nth;
        EXPECT_LE(store.last_sequence(), 4) << "operation " << nth;
    }
    EXPECT_TRUE(through);
}
TEST_P(StoreDiskFails, a_store_that_could_not_be_opened_opens_later) {
    FaultyDisk disk;
    bool through = false;
    for (int nth = 1; !through && nth < 100; ++nth) {
        Folder folder;
        disk.forget();
        disk.fail(nth, GetParam());
        const std::string line = what_is_thrown([&] { Store store(folder / "data"); });
        disk.heal();
        through = !disk.struck();
        Store store(folder / "data");
        EXPECT_EQ(store.last_sequence(), 0) << "operation " << nth << ": " << line;
        commit_next(store, true);
        expect_whole(store);
    }
    EXPECT_TRUE(through);
}

TEST_P(StoreDiskFails, a_trim_that_failed_has_trimmed_nothing) {
    FaultyDisk disk;
    bool through = false;
    for (int nth = 1; !through && nth < 100; ++nth) {
        Folder folder;
        {
            Store store(folder / "data");
            for (int i = 0; i < 3; ++i) commit_next(store, true);
            store.write_snapshot(3, "state 3");
            commit_next(store, true);
            disk.forget();
            disk.fail(nth, GetParam());
            what_is_thrown([&] { store.trim(1); });
            disk.heal();
            through = !disk.struck();
        }
        const Store store(folder / "data");
        EXPECT_EQ(store.latest_snapshot()->body, "state 3");
        EXPECT_EQ(entries_of(store, 3).size(), 1u);
        EXPECT_EQ(store.last_sequence(), 4);
        if (!through) {
            EXPECT_EQ(entries_of(store, 0).size(), 4u) << "operation " << nth;
        }
    }
    EXPECT_TRUE(through);
}

INSTANTIATE_TEST_SUITE_P(All, StoreDiskFails, ::testing::Values(SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_IOERR_FSYNC));

TEST(StoreFull, is_told_and_goes_on_when_there_is_space_again) {
    Folder folder;
    FaultyDisk disk;
    Store store(folder / "data");
    commit_next(store, true);
    disk.fail(1, SQLITE_FULL);
    EXPECT_EQ(what_is_thrown([&] { commit_next(store, true); }),
              (folder / "data/busbar.db") +
                  ": cannot write: no space left on the disk; nothing of it was stored, and the store goes on");
    expect_whole(store);
    commit_next(store, true);
    EXPECT_EQ(store.last_sequence(), 2);
    expect_whole(store);
}

TEST(StoreBroken, refuses_everything_after_the_disk_failed) {
    Folder folder;
    FaultyDisk disk;
    Store store(folder / "data");
    commit_next(store, true);
    disk.fail(1, SQLITE_IOERR_FSYNC);
    const std::string first = what_is_thrown([&] { commit_next(store, true); });
    EXPECT_THAT(first, HasSubstr("check the disk and start again: what was acknowledged is kept"));
    EXPECT_EQ(what_is_thrown([&] { commit_next(store, true); }), first);
    EXPECT_EQ(what_is_thrown([&] { store.write_snapshot(1, "s"); }), first);
    EXPECT_EQ(store.last_sequence(), 1);
}

// The system's own refusal, in a child: the limit is for the whole process.
TEST(StoreFull, a_limit_of_the_system_is_told_and_the_store_opens_afterwards) {
    Folder folder;
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        std::signal(SIGXFSZ, SIG_IGN);
        Store store(folder / "data");
        const rlimit limit{200'000, 200'000};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const std::string line = what_is_thrown([&] {
            for (int i = 0; i < 1000; ++i) commit_next(store, true);
        });
        const std::int64_t last = store.last_sequence();
        const bool told = ::write(ends[1], &last, sizeof last) > 0 && ::write(ends[1], line.data(), line.size()) > 0;
        ::_exit(told ? 0 : 1);
    }
    ::close(ends[1]);
    std::int64_t acknowledged = 0;
    ASSERT_EQ(::read(ends[0], &acknowledged, sizeof acknowledged), static_cast<ssize_t>(sizeof acknowledged));
    char text[512];
    const ssize_t size = ::read(ends[0], text, sizeof text);
    ::close(ends[0]);
    ::waitpid(child, nullptr, 0);
    ASSERT_GT(size, 0);
    EXPECT_THAT(std::string(text, static_cast<std::size_t>(size)), HasSubstr("File too large"));
    EXPECT_GT(acknowledged, 3);
    const Store store(folder / "data");
    EXPECT_EQ(store.last_sequence(), acknowledged);
    expect_whole(store);
}

// ---- the power fails
// ---------------------------------------------------------------------------------------------------

TEST(StorePower, a_durable_commit_is_synced_once_and_another_never) {
    Folder folder;
    FaultyDisk disk;
    Store store(folder / "data");
    commit_next(store, true);
    disk.forget();
    for (int i = 0; i < 10; ++i) commit_next(store, false);
    EXPECT_EQ(disk.syncs(), 0);
    for (int i = 0; i < 10; ++i) commit_next(store, true);
    EXPECT_EQ(disk.syncs(), 10);
}

TEST(StorePower, a_batch_is_synced_once) {
    Folder folder;
    FaultyDisk disk;
    Store store(folder / "data");
    commit_next(store, true);
    disk.forget();
    std::vector<Entry> batch;
    for (int i = 0; i < 100; ++i) batch.push_back(entry_number(i));
    store.commit(batch, {}, true);
    EXPECT_EQ(disk.syncs(), 1);
}

TEST(StorePower, takes_only_what_came_after_the_last_durable_commit) {
    Folder folder;
    FaultyDisk disk;
    Store store(folder / "data");
    std::mt19937 random(1);
    std::int64_t durable = 0;
    for (int round = 0; round < 40; ++round) {
        const bool is_durable = random() % 3 == 0;
        commit_next(store, is_durable);
        if (is_durable) durable = store.last_sequence();
        const std::string copy = folder / ("copy" + std::to_string(round));
        std::filesystem::create_directory(copy);
        disk.restore_synced(folder / "data", copy);
        const Store after(copy);
        EXPECT_GE(after.last_sequence(), durable) << "round " << round;
        expect_whole(after);
    }
}

}  // namespace
}  // namespace busbar::store
