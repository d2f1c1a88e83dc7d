// What real stations get wrong, and what is done about it: one table, a row for each known departure from the standard,
// each with its remedy. What is not in the table is refused. A strict CSMS uses none of it.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dispatch/model/units.hpp"
#include "protocols/ocpp/rpc.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::ocpp {

enum class Remedy : std::uint8_t {
    cut,       // text to its greatest length
    drop,      // the member, which is optional, or the list member
    drop_row,  // the list member that it belongs to: without this one value the rest would mislead
    coerce,    // a number written as text, text as a number; a whole number loses its fraction
    quote,     // JSON of any kind becomes text
    put,       // the row's value, in its place or as the missing member
    put_now,   // the time of receipt
    tenths,    // a number to the decimals that its type has
};

struct Leniency {
    std::optional<Version> version;  // absent: both
    std::string_view action;         // "BootNotification"; an answer is "GetConfigurationResponse"; "*" = any
    std::string_view path;           // JSON pointer; "*" stands for one step, a trailing "**" for any rest
    wire::Fault fault{};
    Remedy remedy{};
    std::string_view value{};  // of put: JSON text
    std::string_view said{};   // only if the station said this text; "" = whatever it said
};
std::span<const Leniency> leniency_table();
std::string_view name_of(Remedy remedy);

// The row for an error, as an index into the table.
std::optional<std::size_t> leniency_for(Version version, std::string_view action, std::string_view payload,
                                        const wire::Error& error);
// Mends the payload; false: the remedy does not fit what stands there.
bool mend(std::string& payload, const wire::Record& record, const Leniency& row, std::string_view path, model::Us now);

}  // namespace busbar::ocpp
