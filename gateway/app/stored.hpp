// What the core has in the store, read back: its inputs, its snapshots, and the settings that they were made under. The
// same entries give the same state only under the same settings, so these are kept beside them, as documents: one for
// each change, named by the entry after which it holds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "dispatch/core.hpp"
#include "gateway/app/config.hpp"
#include "gateway/store/store.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::app {

inline constexpr std::string_view core_folder = "core";
// Whatever was stored may be of an older version: what it did not know keeps its default.
inline constexpr wire::JsonOptions of_any_version{.absent_is_default = true};

// By the sequence of the last entry that was made under other ones; 0 = from the start.
using SettingsHistory = std::map<std::int64_t, DispatchConfig>;

// All of these throw std::runtime_error with one line that begins with `where`, the store.
void add_settings(SettingsHistory& history, const std::string& where, std::string_view key, std::string_view body);
store::DocumentChange settings_document(std::int64_t after_sequence, const DispatchConfig& settings);
bool same_settings(const DispatchConfig& one, const DispatchConfig& other);

dispatch::Core core_of(const std::string& where, const store::StoredSnapshot& stored, const DispatchConfig& settings);
model::Input input_of(const std::string& where, const store::StoredEntry& entry);

}  // namespace busbar::app
