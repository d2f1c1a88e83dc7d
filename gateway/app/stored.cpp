#include "gateway/app/stored.hpp"

#include <charconv>
#include <stdexcept>

#include "gateway/records/model_records.hpp"
#include "gateway/records/snapshot_records.hpp"

namespace busbar::app {

namespace {

constexpr std::string_view key_start = "settings/";

[[noreturn]] void unreadable(const std::string& where, const std::string& what, const std::string& why) {
    throw std::runtime_error(where + ": " + what + " cannot be read: " + why +
                             "; start the busbar that wrote it, or restore a backup; nothing was changed");
}

}  // namespace

void add_settings(SettingsHistory& history, const std::string& where, std::string_view key, std::string_view body) {
    if (!key.starts_with(key_start)) return;
    const std::string_view digits = key.substr(key_start.size());
    std::int64_t sequence = 0;
    const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), sequence);
    if (fault != std::errc{} || end != digits.data() + digits.size())
        unreadable(where, "document core/" + std::string(key), "its name ends in no number");
    DispatchConfig settings;
    if (const auto failure = wire::from_json(body, settings, of_any_version))
        unreadable(where, "document core/" + std::string(key), failure->text());
    history[sequence] = settings;
}

store::DocumentChange settings_document(std::int64_t after_sequence, const DispatchConfig& settings) {
    std::string digits = std::to_string(after_sequence);
    digits.insert(0, digits.size() < 20 ? 20 - digits.size() : 0, '0');
    return {std::string(core_folder), std::string(key_start) + digits, wire::to_json(settings)};
}

bool same_settings(const DispatchConfig& one, const DispatchConfig& other) {
    return wire::to_json(one) == wire::to_json(other);
}

dispatch::Core core_of(const std::string& where, const store::StoredSnapshot& stored, const DispatchConfig& settings) {
    const std::string name = "snapshot " + std::to_string(stored.sequence);
    dispatch::Snapshot snapshot;
    wire::JsonOptions whole = of_any_version;
    whole.limits.bytes = whole.limits.members = wire::unlimited;
    if (const auto failure = wire::from_json(stored.body, snapshot, whole)) unreadable(where, name, failure->text());
    try {
        return dispatch::Core(settings_of(settings), snapshot);
    } catch (const std::invalid_argument& error) {
        unreadable(where, name, error.what());
    }
}

model::Input input_of(const std::string& where, const store::StoredEntry& entry) {
    model::Input input;
    if (const auto failure = wire::from_json(entry.body, input, of_any_version))
        unreadable(where, "journal entry " + std::to_string(entry.sequence), failure->text());
    return input;
}

}  // namespace busbar::app
