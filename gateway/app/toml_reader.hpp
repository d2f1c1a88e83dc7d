// TOML into records, by their tables. A file is wrong in one of three ways, and each error names the file, the line, the
// key and what was expected: it is not TOML, it has a key that nobody reads, or a value is not what the table says.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "protocols/wire/record.hpp"

namespace busbar::app {

struct ConfigError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Absent keys keep the value that is there. Throws ConfigError: "busbar.toml:12: ocpp.port: out of range: 0 to 65535".
void read_toml(std::string_view text, const std::string& file, const wire::Record& record, void* value);

template <wire::IsRecord T>
void from_toml(std::string_view text, const std::string& file, T& value) {
    read_toml(text, file, record_of(wire::Tag<T>{}), &value);
}

}  // namespace busbar::app
