// The durable side: one SQLite database (WAL) with the journal of the core's inputs, snapshots that shorten its replay,
// and the documents that protocols keep. Bodies are opaque bytes here.
//
// One `Store` is used from one thread; backup() and counters() from any. A second process is refused the directory.
//
// One commit() is one transaction: all its entries and documents, or none. `durable` commits return after fdatasync
// (synchronous=FULL); others may lose the last moments on a power failure, never on a crash of the process, and never
// out of order.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace busbar::store {

struct Entry {
    std::int64_t now_us = 0;  // the time of the step
    std::string body;         // the input
};
struct DocumentChange {
    std::string folder;
    std::string key;
    std::optional<std::string> body;  // nullopt: deleted
};
struct StoredEntry {
    std::int64_t sequence = 0;  // 1, 2, 3 … without gaps
    std::int64_t now_us = 0;
    std::string body;
};
struct StoredSnapshot {
    std::int64_t sequence = 0;  // of the last entry that it contains
    std::int64_t now_us = 0;
    std::string body;
};

// What went wrong on the disk, for the operator: path, operation, SQLite's words, what happens now.
struct StoreError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// What keeps what must last: the database below, or a simulated one that fails when it is told to.
class Journal {
  public:
    // Throws StoreError; then nothing of it is stored and nothing may be acknowledged. A full disk may be tried again;
    // after an error of the disk itself every further call throws, since nobody knows what the disk still holds: start
    // anew.
    virtual void commit(const std::vector<Entry>& entries, const std::vector<DocumentChange>& documents,
                        bool durable) = 0;

    virtual void write_snapshot(std::int64_t now_us, std::string_view body) = 0;  // of the state after the last entry
    virtual std::optional<StoredSnapshot> latest_snapshot() const = 0;
    virtual void replay(std::int64_t after_sequence, const std::function<void(const StoredEntry&)>& visit) const = 0;
    // Drops snapshots but the newest `keep` (at least 1), and once there are so many, the entries that the oldest of them
    // contains.
    virtual void trim(int keep) = 0;

    virtual void documents(std::string_view folder,
                           const std::function<void(std::string_view key, std::string_view body)>& visit) const = 0;  // by key
    virtual std::vector<std::string> folders() const = 0;

    struct Counters {
        std::uint64_t commits = 0, durable_commits = 0, entries = 0, documents = 0;
        std::uint64_t checkpoints = 0, checkpoint_failures = 0;
        std::uint64_t wal_pages = 0;  // waiting in busbar.db-wal, of 4 KiB
    };
    virtual Counters counters() const = 0;

  protected:
    ~Journal() = default;
};

class Store final : public Journal {
  public:
    // Opens or creates `directory`/busbar.db, migrates the schema, checks it. Throws StoreError; then nothing was
    // changed.
    explicit Store(const std::string& directory);
    ~Store();

    void commit(const std::vector<Entry>& entries, const std::vector<DocumentChange>& documents, bool durable) override;
    void write_snapshot(std::int64_t now_us, std::string_view body) override;
    std::optional<StoredSnapshot> latest_snapshot() const override;
    void replay(std::int64_t after_sequence, const std::function<void(const StoredEntry&)>& visit) const override;
    void trim(int keep) override;
    void documents(std::string_view folder,
                   const std::function<void(std::string_view key, std::string_view body)>& visit) const override;
    std::vector<std::string> folders() const override;
    Counters counters() const override;

    std::int64_t last_sequence() const;
    const std::string& warning() const;  // what the operator should know of the store as it was found; "" = nothing
    // A copy of everything committed so far, consistent in itself, made while the store goes on. `path` must not exist
    // yet.
    void backup(const std::string& path) const;

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace busbar::store
