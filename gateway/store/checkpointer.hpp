// Moves committed pages from the write-ahead log into the database file, on a thread and a connection of its own, so
// that no commit pays for it.
//
// A passive checkpoint never holds up the writer, but under steady writing it is always a few pages short of the end,
// and only a log that was copied to its end begins anew. So when the log has grown long, the last pages are copied
// while commits wait at the gate, and a writer that outruns the disk waits for a whole round: the log never exceeds
// most_log_pages by more than a few commits, unless a reader (a backup) holds on to an old moment of it.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <thread>

namespace SQLite {
class Database;
}

namespace busbar::store {

class Checkpointer {
  public:
    static constexpr int begin_pages = 2'000;     // 8 MiB since the last: a passive checkpoint
    static constexpr int long_log_pages = 8'000;  // 32 MiB: the rest behind the gate
    static constexpr int most_log_pages = 16'000;

    explicit Checkpointer(const std::string& path);
    ~Checkpointer();
    Checkpointer(const Checkpointer&) = delete;
    Checkpointer& operator=(const Checkpointer&) = delete;

    // Called by the writer after each commit with the length of the log; cheap until begin_pages more are waiting.
    void log_has(int pages);
    // Called by the writer before each transaction; returns at once while the log is shorter than most_log_pages.
    void make_room();
    // The writer holds this during each transaction.
    std::mutex& gate() { return gate_; }

    std::uint64_t done() const { return done_; }
    std::uint64_t failures() const { return failures_; }
    int log_pages() const { return log_pages_; }

  private:
    void run();
    void checkpoint(SQLite::Database& database);

    const std::string path_;
    std::mutex gate_;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::condition_variable round_ended_;
    std::uint64_t rounds_ = 0;
    bool wanted_ = false;
    bool stopping_ = false;
    std::atomic<int> copied_pages_{0};  // of the log as it is
    std::atomic<int> log_pages_{0};
    std::atomic<std::uint64_t> done_{0}, failures_{0};
    std::thread thread_;  // last: it uses all of the above
};

}  // namespace busbar::store
