// JSON in and out of records. Reading is SAX straight into the value: no tree, no copy. Unknown members are skipped;
// doubles are exact (read by std::from_chars, written in the shortest form that reads back the same).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/wire/error.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::wire {

struct Limits {
    std::size_t bytes = 1 << 20;    // of one message
    std::size_t depth = 32;         // of nested objects, lists or elements
    std::size_t members = 1 << 16;  // values in one message, counted over all lists and objects
};

struct JsonOptions {
    Limits limits;
    bool null_is_absent = true;      // null for an optional member reads as absent; otherwise it is a wrong type
    bool absent_is_default = false;  // a required member may be absent: for what an older version of the program kept
    bool* zoneless = nullptr;        // set to true if a date-time without its zone was read, which counts as UTC
    std::size_t room = 0;            // members that a list makes room for with its first: for what is read and let go
};

// Reads `text` into the record at `value`, which is value-initialised. On failure `value` is in a valid but unspecified
// state. Every limit that the member types state is enforced (the same rules as check()).
Failure read_json(std::string_view text, const Record& record, void* value, const JsonOptions& options = {});
// Appends to `out`; members that are absent are left out.
void write_json(const Record& record, const void* value, std::string& out);

template <IsRecord T>
[[nodiscard]] Failure from_json(std::string_view text, T& value, const JsonOptions& options = {}) {
    return read_json(text, record_of(Tag<T>{}), &value, options);
}
template <IsRecord T>
[[nodiscard]] std::string to_json(const T& value) {
    std::string out;
    write_json(record_of(Tag<T>{}), &value, out);
    return out;
}

// The same for a top-level JSON array of records (OpenADR 3 list answers).
Failure read_json_list(std::string_view text, const Type& list, void* value, const JsonOptions& options = {});
template <IsRecord T>
[[nodiscard]] Failure from_json(std::string_view text, std::vector<T>& value, const JsonOptions& options = {}) {
    return read_json_list(text, type_of<std::vector<T>>, &value, options);
}
template <IsRecord T>
[[nodiscard]] std::string to_json(const std::vector<T>& value) {
    std::string out = "[";
    for (const T& member : value) {
        if (out.size() > 1) out += ',';
        write_json(record_of(Tag<T>{}), &member, out);
    }
    return out += ']';
}

// The same for a value of any type that a member may have.
Failure read_json_value(std::string_view text, const Type& type, void* value, const JsonOptions& options = {});
void write_json_value(const Type& type, const void* value, std::string& out);

// Whether the text is one JSON value and nothing else, nested at most as deep as the limits of a message allow.
bool is_json(std::string_view text, const Limits& limits = {});

// Splits a top-level JSON array into the texts of its members without reading them (OCPP frames).
Failure split_json_array(std::string_view text, std::vector<std::string_view>& members, const Limits& limits = {});
// A JSON string literal's value, or nothing if `text` is not one string.
std::optional<std::string> json_string(std::string_view text);
void append_json_string(std::string& out, std::string_view text);  // quoted and escaped
void append_json_number(std::string& out, double number);          // shortest; a whole number without a fraction

}  // namespace busbar::wire
