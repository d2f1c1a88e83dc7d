// A journal in memory that fails when it is told to: the process dies before or after a commit, the disk refuses one,
// the power goes and takes everything since the last durable commit with it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/store/store.hpp"

namespace busbar::sim {

enum class StoreFault : std::uint8_t { none, crash_before_commit, crash_after_commit, refuses };

class Journal final : public store::Journal {
  public:
    explicit Journal(bool keep_all) : keep_all_(keep_all) {}

    void commit(const std::vector<store::Entry>& entries, const std::vector<store::DocumentChange>& documents,
                bool durable) override;
    void write_snapshot(std::int64_t now_us, std::string_view body) override;
    std::optional<store::StoredSnapshot> latest_snapshot() const override;
    void replay(std::int64_t after_sequence,
                const std::function<void(const store::StoredEntry&)>& visit) const override;
    void trim(int keep) override;
    void documents(std::string_view folder,
                   const std::function<void(std::string_view key, std::string_view body)>& visit) const override;
    std::vector<std::string> folders() const override;
    Counters counters() const override { return counters_; }

    void fail_next(StoreFault fault) { fault_ = fault; }
    void lose_power();  // what was not durable is gone

    // The journal since its start (keep_all), or since it was trimmed; the time and the body of each entry.
    const std::vector<store::Entry>& entries() const { return entries_; }
    std::int64_t first_sequence() const { return first_; }

  private:
    using Folder = std::map<std::string, std::string, std::less<>>;
    struct Undo {
        std::string folder, key;
        std::optional<std::string> before;
    };
    void change(const store::DocumentChange& change);

    bool keep_all_;
    StoreFault fault_ = StoreFault::none;
    std::vector<store::Entry> entries_;
    std::int64_t first_ = 1;   // sequence of entries_[0]
    std::size_t durable_ = 0;  // of entries_
    std::vector<store::StoredSnapshot> snapshots_;
    std::map<std::string, Folder, std::less<>> folders_;
    std::vector<Undo> undo_;  // since the last durable commit
    Counters counters_;
};

}  // namespace busbar::sim
