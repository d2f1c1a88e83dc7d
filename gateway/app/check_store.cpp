#include "gateway/app/check_store.hpp"

#include <map>
#include <optional>
#include <stdexcept>

#include "dispatch/snapshot.hpp"
#include "gateway/api/views.hpp"
#include "gateway/app/stored.hpp"

namespace busbar::app {

namespace {

// The replay under way: the state after entry `sequence`.
struct Replay {
    const std::string& where;
    StoreReport& report;
    SettingsHistory history;
    std::map<std::int64_t, store::StoredSnapshot> snapshots;
    std::int64_t sequence = 0;
    dispatch::Core core{};

    const DispatchConfig& settings() const {
        static const DispatchConfig usual;
        if (history.empty()) return usual;
        const auto next = history.upper_bound(sequence);
        return next == history.begin() ? next->second : std::prev(next)->second;
    }

    void begin(std::int64_t first) {
        if (first == 1 || report.last == 0) {
            core = dispatch::Core(settings_of(settings()));
            return;
        }
        const auto base = snapshots.lower_bound(first - 1);
        if (base == snapshots.end())
            throw std::runtime_error(where + ": the journal begins with entry " + std::to_string(first) +
                                     ", and no snapshot holds what was before it");
        sequence = report.replayed_from = base->first;
        core = core_of(where, base->second, settings());
    }

    // The replay has reached a snapshot.
    void compare() {
        const auto found = snapshots.find(sequence);
        if (found == snapshots.end() || sequence == report.replayed_from) return;
        const std::string replayed = api::hash_text(core.state_hash());
        const std::string stored = api::hash_text(core_of(where, found->second, settings()).state_hash());
        if (replayed != stored)
            report.differences.push_back("snapshot of entry " + std::to_string(sequence) + " is state " + stored +
                                         ", the replay gives " + replayed);
    }

    void step(const store::StoredEntry& entry) {
        model::Outputs outputs;
        core.step(entry.now_us, input_of(where, entry), outputs);
        sequence = entry.sequence;
        compare();
        if (history.contains(sequence)) core = dispatch::Core(settings_of(settings()), core.snapshot());
    }
};

std::size_t count_documents(const store::Reader& reader) {
    std::size_t count = 0;
    for (const std::string& folder : reader.folders())
        reader.documents(folder, [&](std::string_view, std::string_view) { ++count; });
    return count;
}

}  // namespace

StoreReport check_store(const store::Reader& reader,
                        const std::function<void(std::int64_t sequence, const std::string& hash)>& visit) {
    StoreReport report;
    try {
        report.schema = reader.schema();
        report.first = reader.first_sequence();
        report.last = reader.last_sequence();
        report.documents = count_documents(reader);
        Replay replay{reader.file(), report, {}, {}};
        reader.documents(core_folder, [&](std::string_view key, std::string_view body) {
            add_settings(replay.history, reader.file(), key, body);
        });
        reader.snapshots([&](const store::StoredSnapshot& stored) { replay.snapshots[stored.sequence] = stored; });
        report.snapshots = replay.snapshots.size();
        replay.begin(report.first);
        if (visit) visit(replay.sequence, api::hash_text(replay.core.state_hash()));
        reader.replay(replay.sequence, [&](const store::StoredEntry& entry) {
            replay.step(entry);
            if (visit) visit(entry.sequence, api::hash_text(replay.core.state_hash()));
        });
        report.state = api::hash_text(replay.core.state_hash());
    } catch (const std::exception& error) {
        report.findings.emplace_back(error.what());
    }
    return report;
}

}  // namespace busbar::app
