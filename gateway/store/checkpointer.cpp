#include "gateway/store/checkpointer.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <memory>

namespace busbar::store {

namespace {

// Copies what is in the log as this call finds it; the length of that.
int passive(SQLite::Database& database) {
    int in_log = 0;
    int copied = 0;
    database.check(
        sqlite3_wal_checkpoint_v2(database.getHandle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &in_log, &copied));
    return copied;
}

// Until it has read once, a connection does not know that there is a log, and its checkpoints do nothing.
std::unique_ptr<SQLite::Database> open(const std::string& path) {
    constexpr int busy_ms = 1'000;  // the writer begins the log anew just now
    auto database = std::make_unique<SQLite::Database>(path, SQLite::OPEN_READWRITE, busy_ms);
    database->execAndGet("SELECT count(*) FROM sqlite_schema");
    return database;
}

}  // namespace

Checkpointer::Checkpointer(const std::string& path) : path_(path), thread_([this] { run(); }) {}

Checkpointer::~Checkpointer() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Checkpointer::log_has(int pages) {
    log_pages_ = pages;
    if (pages < copied_pages_) copied_pages_ = 0;  // the log has begun anew
    if (pages - copied_pages_ < begin_pages) return;
    {
        const std::lock_guard lock(mutex_);
        wanted_ = true;
    }
    wake_.notify_one();
}

void Checkpointer::make_room() {
    if (log_pages_ < most_log_pages) return;
    std::unique_lock lock(mutex_);
    const std::uint64_t before = rounds_;
    wanted_ = true;
    wake_.notify_one();
    round_ended_.wait(lock, [&] { return rounds_ != before; });
}

void Checkpointer::checkpoint(SQLite::Database& database) {
    copied_pages_ = passive(database);
    if (log_pages_ >= long_log_pages) {
        copied_pages_ = passive(database);  // shortens what commits wait for
        const std::lock_guard closed(gate_);
        copied_pages_ = passive(database);
    }
    ++done_;
}

void Checkpointer::run() {
    std::unique_ptr<SQLite::Database> database;
    std::unique_lock lock(mutex_);
    while (true) {
        wake_.wait(lock, [this] { return wanted_ || stopping_; });
        if (stopping_) return;
        wanted_ = false;
        lock.unlock();
        try {
            if (!database) database = open(path_);
            checkpoint(*database);
        } catch (const SQLite::Exception&) {
            database.reset();
            ++failures_;  // the log grows until one succeeds; the next commit asks again
        }
        lock.lock();
        ++rounds_;
        round_ended_.notify_all();
    }
}

}  // namespace busbar::store
