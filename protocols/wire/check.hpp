// Checks before sending, and what else is read off a record's table: JSON Schema, random values, mutants, redaction.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocols/wire/error.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::wire {

Failure check(const Record& record, const void* value);
template <IsRecord T>
[[nodiscard]] Failure check(const T& value) { return check(record_of(Tag<T>{}), &value); }

// JSON Schema (draft-06 vocabulary, as OCPP's own files use it) of the record with its definitions.
std::string json_schema(const Record& record);

// Compact JSON for logs in which every Secret reads "***".
std::string redacted_json(const Record& record, const void* value);
template <IsRecord T>
[[nodiscard]] std::string redacted(const T& value) { return redacted_json(record_of(Tag<T>{}), &value); }

// Fills `value` with a random valid value; the same seed gives the same value on every machine.
void fill_random(const Record& record, void* value, std::uint64_t seed);
template <IsRecord T>
[[nodiscard]] T random_value(std::uint64_t seed) {
    T value{};
    fill_random(record_of(Tag<T>{}), &value, seed);
    return value;
}

// Near misses of one valid JSON message: each breaks one rule of one member, and says which fault at which path a reader
// must answer.
struct Mutant {
    std::string json;
    Error expected;  // fault and path; detail is free
};
std::vector<Mutant> json_mutants(const Record& record, const void* valid);

}  // namespace busbar::wire
