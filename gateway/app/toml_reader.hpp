// TOML into records, by their tables. A file is wrong in one of four ways, and each error names the file, the line, the
// key and what was expected: it is not TOML, it has a key that nobody reads, it lacks one that has no default, or a value
// is not what the table says.
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

#include "protocols/wire/record.hpp"

namespace busbar::app {

struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// The line of each key that the file has, by its path: "nodes[1].parent" -> 14. For what is found wrong later.
using Lines = std::map<std::string, std::uint32_t, std::less<>>;

// Absent keys keep the value that is there. Throws ConfigError: "busbar.toml:12: ocpp.port: out of range: 0 to 65535".
Lines read_toml(std::string_view text, const std::string& file, const wire::Record& record, void* value);

template <wire::IsRecord T>
Lines from_toml(std::string_view text, const std::string& file, T& value) {
    return read_toml(text, file, record_of(wire::Tag<T>{}), &value);
}

}  // namespace busbar::app
