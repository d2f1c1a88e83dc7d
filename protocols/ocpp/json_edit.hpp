// Small surgery on JSON text: one value replaced, removed or put in, all else left as it was written. For mending what
// stations send (leniency.hpp); the text was found to be one JSON value before, and nothing worse than a refusal
// happens if it is not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace busbar::ocpp {

// Names (decoded) and texts of an object's members, in order; nothing if `text` is no object.
std::optional<std::vector<std::pair<std::string, std::string_view>>> json_members(std::string_view text);
// The text of the value at a JSON pointer (RFC 6901); nothing if there is none.
std::optional<std::string_view> json_at(std::string_view text, std::string_view pointer);
// False: there is no such place, and `text` is as it was.
bool json_replace(std::string& text, std::string_view pointer, std::string_view value);
bool json_remove(std::string& text, std::string_view pointer);
// A member that is not there yet, at the end of its object.
bool json_insert(std::string& text, std::string_view pointer, std::string_view value);

}  // namespace busbar::ocpp
