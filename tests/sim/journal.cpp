#include "tests/sim/journal.hpp"

#include <utility>

#include "tests/sim/network.hpp"

namespace busbar::sim {

void Journal::change(const store::DocumentChange& change) {
    Folder& folder = folders_[change.folder];
    const auto found = folder.find(change.key);
    Undo undo{change.folder, change.key, {}};
    if (found != folder.end()) undo.before = found->second;
    undo_.push_back(std::move(undo));
    if (change.body)
        folder[change.key] = *change.body;
    else if (found != folder.end())
        folder.erase(found);
}

void Journal::commit(const std::vector<store::Entry>& entries, const std::vector<store::DocumentChange>& documents,
                     bool durable) {
    const StoreFault fault = std::exchange(fault_, StoreFault::none);
    if (fault == StoreFault::crash_before_commit) throw Crash{};
    if (fault == StoreFault::refuses) throw store::StoreError("simulated disk: no space left; nothing was stored");
    entries_.insert(entries_.end(), entries.begin(), entries.end());
    for (const store::DocumentChange& one : documents) change(one);
    ++counters_.commits;
    counters_.entries += entries.size();
    counters_.documents += documents.size();
    if (durable) {
        ++counters_.durable_commits;
        durable_ = entries_.size();
        undo_.clear();
    }
    if (fault == StoreFault::crash_after_commit) throw Crash{};
}

void Journal::lose_power() {
    entries_.resize(durable_);
    for (auto undo = undo_.rbegin(); undo != undo_.rend(); ++undo) {
        if (undo->before)
            folders_[undo->folder][undo->key] = *undo->before;
        else
            folders_[undo->folder].erase(undo->key);
    }
    undo_.clear();
}

void Journal::write_snapshot(std::int64_t now_us, std::string_view body) {
    durable_ = entries_.size();
    undo_.clear();
    snapshots_.push_back({first_ + static_cast<std::int64_t>(entries_.size()) - 1, now_us, std::string(body)});
}

std::optional<store::StoredSnapshot> Journal::latest_snapshot() const {
    if (snapshots_.empty()) return std::nullopt;
    return snapshots_.back();
}

void Journal::replay(std::int64_t after_sequence, const std::function<void(const store::StoredEntry&)>& visit) const {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
        const std::int64_t sequence = first_ + static_cast<std::int64_t>(i);
        if (sequence > after_sequence) visit({sequence, entries_[i].now_us, entries_[i].body});
    }
}

void Journal::trim(int keep) {
    while (snapshots_.size() > static_cast<std::size_t>(keep)) snapshots_.erase(snapshots_.begin());
    if (keep_all_ || snapshots_.empty()) return;
    const auto count = static_cast<std::size_t>(snapshots_.front().sequence - first_ + 1);
    entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(count));
    first_ = snapshots_.front().sequence + 1;
    durable_ -= count;
}

void Journal::documents(std::string_view folder,
                        const std::function<void(std::string_view key, std::string_view body)>& visit) const {
    const auto found = folders_.find(folder);
    if (found == folders_.end()) return;
    for (const auto& [key, body] : found->second) visit(key, body);
}

std::vector<std::string> Journal::folders() const {
    std::vector<std::string> names;
    for (const auto& [name, folder] : folders_)
        if (!folder.empty()) names.push_back(name);
    return names;
}

}  // namespace busbar::sim
