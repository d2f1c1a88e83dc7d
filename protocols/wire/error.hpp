// What can be wrong with a message, and where. Every reader and checker of this folder answers with one of these, never
// with an exception; each protocol has one table that turns a Fault into its own error code.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace busbar::wire {

enum class Fault {
    syntax,        // not JSON, not XML, not UTF-8
    too_large,     // more bytes, elements or list members than the limits of the reader allow
    too_deep,      // nested deeper than the limits of the reader allow
    wrong_type,    // a string where a number stands, a fraction where a whole number stands
    missing,       // a required member is absent
    duplicate,     // a member that may stand once stands twice
    out_of_range,  // a number outside its range, or not a multiple of its step
    too_short,     // text or binary shorter than allowed
    too_long,      // text or binary longer than allowed
    too_few,       // fewer list members than allowed
    too_many,      // more list members than allowed
    not_in_enum,   // not one of the names of a closed enumeration
    bad_format,    // text that is not a date-time, a duration, hexadecimal digits …
    bad_choice,    // none, or more than one, of the alternatives of a choice
    unknown_type,  // a root element or xsi:type that nothing here reads
};

std::string_view name_of(Fault fault);  // "out of range", "missing" …

struct Error {
    Fault fault{};
    std::string path;    // JSON pointer or XPath-like: "/chargingProfile/chargingSchedule/0/limit"; "" = the whole message
    std::string detail;  // "48 characters, at most 36": names what was expected; never repeats a secret

    std::string text() const;  // "too long at /chargePointVendor: 48 characters, at most 36"
};

using Failure = std::optional<Error>;  // std::nullopt: it went well

}  // namespace busbar::wire
