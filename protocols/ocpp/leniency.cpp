#include "protocols/ocpp/leniency.hpp"

#include <array>
#include <charconv>
#include <cmath>

#include "protocols/ocpp/json_edit.hpp"
#include "protocols/ocpp/metering.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ocpp {
namespace {

using wire::Fault;

constexpr auto v16 = Version::v16;
constexpr auto v201 = Version::v201;

// The first row that fits is taken. Identities (idTag, transactionId, messageId) are never shortened: two that differ
// must not become one.
constexpr std::array table{
    // Boot: texts longer than their fields, from several makers.
    Leniency{v16, "BootNotification", "/chargePointVendor", Fault::missing, Remedy::put, "\"\""},
    Leniency{v16, "BootNotification", "/chargePointModel", Fault::missing, Remedy::put, "\"\""},
    Leniency{v16, "BootNotification", "/*", Fault::too_long, Remedy::cut},
    Leniency{v201, "BootNotification", "/chargingStation/**", Fault::too_long, Remedy::cut},
    Leniency{v201, "BootNotification", "/chargingStation/vendorName", Fault::missing, Remedy::put, "\"\""},
    Leniency{v201, "BootNotification", "/chargingStation/model", Fault::missing, Remedy::put, "\"\""},
    Leniency{v201, "BootNotification", "/reason", Fault::missing, Remedy::put, "\"Unknown\""},
    Leniency{v201, "BootNotification", "/reason", Fault::not_in_enum, Remedy::put, "\"Unknown\""},

    // Status: error codes of their own, long explanations, clocks that are not set.
    Leniency{v16, "StatusNotification", "/errorCode", Fault::not_in_enum, Remedy::put, "\"OtherError\""},
    Leniency{v16, "StatusNotification", "/errorCode", Fault::missing, Remedy::put, "\"NoError\""},
    Leniency{v16, "StatusNotification", "/info", Fault::too_long, Remedy::cut},
    Leniency{v16, "StatusNotification", "/vendorErrorCode", Fault::too_long, Remedy::cut},
    Leniency{v16, "StatusNotification", "/vendorId", Fault::too_long, Remedy::cut},
    Leniency{v16, "StatusNotification", "/timestamp", Fault::bad_format, Remedy::drop},
    Leniency{v201, "StatusNotification", "/timestamp", Fault::bad_format, Remedy::put_now},
    Leniency{v201, "StatusNotification", "/timestamp", Fault::missing, Remedy::put_now},
    Leniency{v201, "StatusNotification", "/connectorId", Fault::missing, Remedy::put, "1"},

    // Transactions: replays without their connector, reasons of their own.
    Leniency{v16, "StartTransaction", "/connectorId", Fault::missing, Remedy::put, "0"},
    Leniency{v16, "StartTransaction", "/meterStart", Fault::missing, Remedy::put, "0"},
    Leniency{v16, "StartTransaction", "/timestamp", Fault::missing, Remedy::put_now},
    Leniency{v16, "StartTransaction", "/timestamp", Fault::bad_format, Remedy::put_now},
    Leniency{v16, "StopTransaction", "/reason", Fault::not_in_enum, Remedy::drop},
    Leniency{v16, "StopTransaction", "/idTag", Fault::too_long, Remedy::drop},
    Leniency{v16, "StopTransaction", "/meterStop", Fault::missing, Remedy::put, "-1"},
    Leniency{v16, "StopTransaction", "/timestamp", Fault::missing, Remedy::put_now},
    Leniency{v16, "StopTransaction", "/timestamp", Fault::bad_format, Remedy::put_now},
    Leniency{v201, "TransactionEvent", "/timestamp", Fault::bad_format, Remedy::put_now},
    Leniency{v201, "TransactionEvent", "/timestamp", Fault::missing, Remedy::put_now},
    Leniency{v201, "TransactionEvent", "/triggerReason", Fault::not_in_enum, Remedy::put, "\"AbnormalCondition\""},
    Leniency{v201, "TransactionEvent", "/triggerReason", Fault::missing, Remedy::put, "\"AbnormalCondition\""},
    Leniency{v201, "TransactionEvent", "/transactionInfo/stoppedReason", Fault::not_in_enum, Remedy::put, "\"Other\""},
    Leniency{v201, "TransactionEvent", "/transactionInfo/chargingState", Fault::not_in_enum, Remedy::drop},
    Leniency{v201, "TransactionEvent", "/idToken/type", Fault::not_in_enum, Remedy::put, "\"Central\""},
    Leniency{v201, "TransactionEvent", "/meterValue", Fault::too_few, Remedy::drop},
    Leniency{v201, "TransactionEvent", "/meterValue/*/sampledValue", Fault::too_few, Remedy::drop_row},

    // Meter values: units and measurands of their own; a context or place that we do not know changes nothing.
    Leniency{v16, "MeterValues", "/connectorId", Fault::missing, Remedy::put, "0"},
    Leniency{v16, "*", "/*/*/timestamp", Fault::missing, Remedy::put_now},
    Leniency{v16, "*", "/*/*/timestamp", Fault::bad_format, Remedy::put_now},
    Leniency{v201, "*", "/*/*/timestamp", Fault::missing, Remedy::put_now},
    Leniency{v201, "*", "/*/*/timestamp", Fault::bad_format, Remedy::put_now},
    Leniency{{}, "*", "/*/*/sampledValue/*/context", Fault::not_in_enum, Remedy::drop},
    Leniency{{}, "*", "/*/*/sampledValue/*/location", Fault::not_in_enum, Remedy::drop},
    Leniency{{}, "*", "/*/*/sampledValue/*/format", Fault::not_in_enum, Remedy::drop},
    Leniency{v16, "*", "/*/*/sampledValue/*/unit", Fault::not_in_enum, Remedy::drop, {}, "Hertz"},
    Leniency{v16, "*", "/*/*/sampledValue/*/unit", Fault::not_in_enum, Remedy::drop, {}, "Hz"},
    Leniency{v16, "*", "/*/*/sampledValue/*/unit", Fault::not_in_enum, Remedy::put, "\"Percent\"", "%"},
    Leniency{{}, "*", "/*/*/sampledValue/*/unit", Fault::not_in_enum, Remedy::drop_row},
    Leniency{{}, "*", "/*/*/sampledValue/*/measurand", Fault::not_in_enum, Remedy::drop_row},
    Leniency{{}, "*", "/*/*/sampledValue/*/phase", Fault::not_in_enum, Remedy::drop_row},
    Leniency{{}, "*", "/*/*/sampledValue/*/value", Fault::missing, Remedy::drop_row},

    // Notices: nothing is lost by a shorter text.
    Leniency{{}, "SecurityEventNotification", "/techInfo", Fault::too_long, Remedy::cut},
    Leniency{{}, "SecurityEventNotification", "/type", Fault::too_long, Remedy::cut},
    Leniency{{}, "SecurityEventNotification", "/timestamp", Fault::bad_format, Remedy::put_now},
    Leniency{v16, "DataTransfer", "/data", Fault::wrong_type, Remedy::quote},

    // Answers.
    Leniency{v16, "GetConfigurationResponse", "/configurationKey/*/value", Fault::too_long, Remedy::cut},
    Leniency{v16, "GetConfigurationResponse", "/configurationKey/*/key", Fault::too_long, Remedy::drop_row},
    Leniency{v16, "GetConfigurationResponse", "/configurationKey/*/readonly", Fault::missing, Remedy::put, "false"},
    Leniency{v16, "GetConfigurationResponse", "/unknownKey/*", Fault::too_long, Remedy::drop},
    Leniency{v201, "GetVariablesResponse", "/getVariableResult/*/attributeValue", Fault::too_long, Remedy::cut},
    Leniency{v16, "GetCompositeScheduleResponse", "/**", Fault::out_of_range, Remedy::tenths},
    Leniency{v201, "*", "/statusInfo/**", Fault::too_long, Remedy::cut},

    // Anywhere: numbers in quotes, texts without them, counts with a fraction.
    Leniency{{}, "*", "/**", Fault::wrong_type, Remedy::coerce},
};

// One step off the front of a JSON pointer that is not empty.
std::string_view take_step(std::string_view& pointer) {
    pointer.remove_prefix(1);
    const std::size_t slash = pointer.find('/');
    const std::string_view step = pointer.substr(0, slash);
    pointer.remove_prefix(step.size());
    return step;
}

bool fits(std::string_view pattern, std::string_view path) {
    while (!pattern.empty()) {
        const std::string_view wanted = take_step(pattern);
        if (wanted == "**") return !path.empty();
        if (path.empty()) return false;
        const std::string_view step = take_step(path);
        if (wanted != "*" && wanted != step) return false;
    }
    return path.empty();
}

bool is_index(std::string_view step) {
    return !step.empty() && step[0] >= '0' && step[0] <= '9';
}

const wire::Type* without_optional(const wire::Type* type) {
    while (type && type->kind == wire::Kind::optional) type = type->element;
    return type;
}

// The declared type at a path (an optional stays one); nullptr: there is none.
const wire::Type* type_at(const wire::Record& record, std::string_view path) {
    const wire::Record* place = &record;
    const wire::Type* type = nullptr;
    while (!path.empty()) {
        const std::string_view step = take_step(path);
        if (place) {
            type = nullptr;
            for (const wire::Field& field : place->all) {
                if (field.name == step) type = field.type;
            }
        } else {
            const wire::Type* list = without_optional(type);
            type = list && list->kind == wire::Kind::list ? list->element : nullptr;
        }
        const wire::Type* plain = without_optional(type);
        if (!plain) return nullptr;
        place = plain->kind == wire::Kind::record ? plain->record : nullptr;
    }
    return type;
}

std::string quoted(std::string_view text) {
    std::string json;
    wire::append_json_string(json, text);
    return json;
}

bool cut_text(std::string& payload, const wire::Type& type, std::string_view path) {
    const auto text = wire::json_string(json_at(payload, path).value_or(""));
    if (!text || type.max_size == wire::unlimited) return false;
    std::size_t characters = 0;
    std::size_t end = 0;
    for (; end < text->size(); ++end) {
        const bool starts = (static_cast<unsigned char>((*text)[end]) & 0xC0) != 0x80;
        if (starts && characters++ == type.max_size) break;
    }
    return json_replace(payload, path, quoted(std::string_view(*text).substr(0, end)));
}

bool is_whole(wire::Kind kind) {
    return kind >= wire::Kind::int8 && kind <= wire::Kind::uint64;
}

std::string number_json(double number) {
    std::string json;
    wire::append_json_number(json, number);
    return json;
}

// A scalar of one type where another is wanted.
bool coerce(std::string& payload, const wire::Type& type, std::string_view path) {
    const std::string value(json_at(payload, path).value_or(""));
    if (value.empty() || value == "null" || value[0] == '{' || value[0] == '[') return false;
    if (type.kind == wire::Kind::text) return value[0] != '"' && json_replace(payload, path, quoted(value));
    const auto text = wire::json_string(value);
    const std::string content = text ? *text : value;
    if (type.kind == wire::Kind::boolean) {
        return (content == "true" || content == "false") && text && json_replace(payload, path, content);
    }
    const auto number = number_of(content);
    if (!number || std::abs(*number) > 9e15) return false;
    if (is_whole(type.kind)) return json_replace(payload, path, number_json(std::trunc(*number)));
    return type.kind == wire::Kind::number && text && json_replace(payload, path, number_json(*number));
}

bool round_to_decimals(std::string& payload, const wire::Type& type, std::string_view path) {
    const auto number = number_of(json_at(payload, path).value_or(""));
    if (!number || type.kind != wire::Kind::number || type.decimals < 0) return false;
    const double scale = std::pow(10.0, type.decimals);
    return json_replace(payload, path, number_json(std::round(*number * scale) / scale));
}

// The path of the list member that a path lies in.
std::string_view row_of(std::string_view path) {
    while (!path.empty()) {
        const std::size_t slash = path.rfind('/');
        if (is_index(path.substr(slash + 1))) return path;
        path = path.substr(0, slash);
    }
    return path;
}

bool may_be_dropped(const wire::Record& record, std::string_view path) {
    if (is_index(path.substr(path.rfind('/') + 1))) return true;
    const wire::Type* type = type_at(record, path);
    return type && type->kind == wire::Kind::optional;
}

bool put(std::string& payload, const Leniency& row, std::string_view path, std::string_view value) {
    return row.fault == Fault::missing ? json_insert(payload, path, value) : json_replace(payload, path, value);
}

}  // namespace

std::span<const Leniency> leniency_table() {
    return table;
}

std::string_view name_of(Remedy remedy) {
    constexpr std::array names{"cut", "drop", "drop_row", "coerce", "quote", "put", "put_now", "tenths"};
    return names[static_cast<std::size_t>(remedy)];
}

std::optional<std::size_t> leniency_for(Version version, std::string_view action, std::string_view payload,
                                        const wire::Error& error) {
    for (std::size_t i = 0; i < table.size(); ++i) {
        const Leniency& row = table[i];
        if (row.fault != error.fault || (row.version && *row.version != version)) continue;
        if ((row.action != "*" && row.action != action) || !fits(row.path, error.path)) continue;
        if (!row.said.empty() && wire::json_string(json_at(payload, error.path).value_or("")) != row.said) continue;
        return i;
    }
    return std::nullopt;
}

bool mend(std::string& payload, const wire::Record& record, const Leniency& row, std::string_view path, model::Us now) {
    const wire::Type* type = without_optional(type_at(record, path));
    if (!type) return false;
    switch (row.remedy) {
        case Remedy::cut:
            return cut_text(payload, *type, path);
        case Remedy::drop:
            return may_be_dropped(record, path) && json_remove(payload, path);
        case Remedy::drop_row:
            return !row_of(path).empty() && json_remove(payload, row_of(path));
        case Remedy::coerce:
            return coerce(payload, *type, path);
        case Remedy::quote:
            return json_replace(payload, path, quoted(json_at(payload, path).value_or("")));
        case Remedy::put:
            return put(payload, row, path, row.value);
        case Remedy::put_now:
            return put(payload, row, path, quoted(wire::to_text(wire::DateTime(now))));
        case Remedy::tenths:
            return round_to_decimals(payload, *type, path);
    }
    return false;
}

}  // namespace busbar::ocpp
