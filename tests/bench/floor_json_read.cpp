// Boost.JSON by hand, reading: a tree in a buffer on the stack, then member by member.
#include <boost/json.hpp>
#include <cmath>

#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"
#include "tests/bench/floor_codec.hpp"

namespace busbar::bench::floor {

namespace {

namespace json = boost::json;
using json::object;
using json::value;

const value* find(const object& from, std::string_view name) {
    const value* found = from.if_contains(json::string_view(name.data(), name.size()));
    return found && !found->is_null() ? found : nullptr;
}

bool get(const value& from, std::int64_t& out) {
    if (from.is_int64()) {
        out = from.get_int64();
        return true;
    }
    if (!from.is_double() || from.get_double() != std::floor(from.get_double())) return false;
    out = static_cast<std::int64_t>(from.get_double());
    return std::fabs(from.get_double()) < 9e15;
}

bool get(const value& from, std::int32_t& out) {
    std::int64_t wide = 0;
    if (!get(from, wide) || wide < INT32_MIN || wide > INT32_MAX) return false;
    out = static_cast<std::int32_t>(wide);
    return true;
}

template <class Int, Int Low, Int High>
bool get(const value& from, wire::Whole<Int, Low, High>& out) {
    return get(from, out.value) && out.value >= Low && out.value <= High;
}

bool get(const value& from, double& out) {
    if (from.is_double()) {
        out = from.get_double();
    } else if (from.is_int64()) {
        out = static_cast<double>(from.get_int64());
    } else {
        return false;
    }
    return true;
}

bool get(const value& from, bool& out) {
    if (!from.is_bool()) return false;
    out = from.get_bool();
    return true;
}

template <std::size_t Max, std::size_t Min>
bool get(const value& from, wire::Text<Max, Min>& out) {
    if (!from.is_string()) return false;
    const json::string& text = from.get_string();
    const std::string_view view(text.data(), text.size());
    if (view.size() > Max && wire::code_points(view) > Max) return false;
    if (Min > 0 && wire::code_points(view) < Min) return false;
    out.assign(view);
    return true;
}

bool get(const value& from, wire::DateTime& out) {
    if (!from.is_string()) return false;
    const json::string& text = from.get_string();
    const auto parsed = wire::parse_date_time({text.data(), text.size()});
    if (parsed) out = *parsed;
    return parsed.has_value();
}

bool get(const value& from, wire::Duration& out) {
    if (!from.is_string()) return false;
    const json::string& text = from.get_string();
    const auto parsed = wire::parse_duration({text.data(), text.size()});
    if (parsed) out = *parsed;
    return parsed.has_value();
}

template <class Enum>
requires std::is_enum_v<Enum>
bool get(const value& from, Enum& out) {
    if (!from.is_string()) return false;
    const json::string& text = from.get_string();
    const auto names = enum_names_of(wire::Tag<Enum>{});
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i] != std::string_view(text.data(), text.size())) continue;
        out = static_cast<Enum>(i);
        return true;
    }
    return false;
}

bool get(const value& from, wire::RawJson& out) {
    out.text = json::serialize(from);
    return true;
}

bool get(const value& from, wire::AnyValue& out) {
    if (from.is_bool()) {
        out.value = from.get_bool();
    } else if (from.is_int64()) {
        out.value = from.get_int64();
    } else if (from.is_double()) {
        out.value = from.get_double();
    } else if (from.is_string()) {
        out.value = std::string(from.get_string().data(), from.get_string().size());
    } else {
        out.value = wire::RawJson{json::serialize(from)};
    }
    return true;
}

class Reader {
  public:
    explicit Reader(std::string& where) : where_(where) {}

    bool read(const value& from, ocpp::v201::MeterValuesRequest& out) {
        if (!from.is_object()) return fail("");
        const object& members = from.get_object();
        return need(members, "evseId", out.evseId) && list(members, "meterValue", out.meterValue, 1) &&
               may(members, "customData", out.customData);
    }

    bool read(const value& from, ocpp::v201::SetChargingProfileRequest& out) {
        if (!from.is_object()) return fail("");
        const object& members = from.get_object();
        const value* profile = find(members, "chargingProfile");
        return need(members, "evseId", out.evseId) && (profile || fail("chargingProfile")) &&
               read(*profile, out.chargingProfile) && may(members, "customData", out.customData);
    }

    bool read(const value& from, openadr::v3::Event& out) {
        if (!from.is_object()) return fail("");
        const object& members = from.get_object();
        return need(members, "id", out.id) && need(members, "createdDateTime", out.createdDateTime) &&
               need(members, "modificationDateTime", out.modificationDateTime) &&
               need(members, "objectType", out.objectType) && need(members, "programID", out.programID) &&
               may(members, "eventName", out.eventName) && may(members, "duration", out.duration) &&
               may(members, "priority", out.priority) && targets(members, out.targets) &&
               may_list(members, "reportDescriptors", out.reportDescriptors) &&
               may_list(members, "payloadDescriptors", out.payloadDescriptors) &&
               may_object(members, "intervalPeriod", out.intervalPeriod) &&
               may_list(members, "intervals", out.intervals, openadr::v3::max_intervals);
    }

  private:
    bool read(const value& from, ocpp::v201::MeterValue& out) {
        if (!from.is_object()) return fail("meterValue");
        const object& members = from.get_object();
        return list(members, "sampledValue", out.sampledValue, 1) && need(members, "timestamp", out.timestamp) &&
               may(members, "customData", out.customData);
    }

    bool read(const value& from, ocpp::v201::SampledValue& out) {
        if (!from.is_object()) return fail("sampledValue");
        const object& members = from.get_object();
        return need(members, "value", out.value) && may(members, "context", out.context) &&
               may(members, "measurand", out.measurand) && may(members, "phase", out.phase) &&
               may(members, "location", out.location) && may_object(members, "unitOfMeasure", out.unitOfMeasure) &&
               may(members, "customData", out.customData);
    }

    bool read(const value& from, ocpp::v201::UnitOfMeasure& out) {
        if (!from.is_object()) return fail("unitOfMeasure");
        const object& members = from.get_object();
        return may(members, "unit", out.unit) && may(members, "multiplier", out.multiplier) &&
               may(members, "customData", out.customData);
    }

    bool read(const value& from, ocpp::v201::ChargingProfile& out) {
        if (!from.is_object()) return fail("chargingProfile");
        const object& members = from.get_object();
        return need(members, "id", out.id) && need(members, "stackLevel", out.stackLevel) &&
               need(members, "chargingProfilePurpose", out.chargingProfilePurpose) &&
               need(members, "chargingProfileKind", out.chargingProfileKind) &&
               may(members, "recurrencyKind", out.recurrencyKind) && may(members, "validFrom", out.validFrom) &&
               may(members, "validTo", out.validTo) && list(members, "chargingSchedule", out.chargingSchedule, 1, 3) &&
               may(members, "transactionId", out.transactionId) && may(members, "customData", out.customData);
    }

    bool read(const value& from, ocpp::v201::ChargingSchedule& out) {
        if (!from.is_object()) return fail("chargingSchedule");
        const object& members = from.get_object();
        return need(members, "id", out.id) && may(members, "startSchedule", out.startSchedule) &&
               may(members, "duration", out.duration) && need(members, "chargingRateUnit", out.chargingRateUnit) &&
               list(members, "chargingSchedulePeriod", out.chargingSchedulePeriod, 1, 1024) &&
               may(members, "minChargingRate", out.minChargingRate) && may(members, "customData", out.customData);
    }

    bool read(const value& from, ocpp::v201::ChargingSchedulePeriod& out) {
        if (!from.is_object()) return fail("chargingSchedulePeriod");
        const object& members = from.get_object();
        return need(members, "startPeriod", out.startPeriod) && need(members, "limit", out.limit) &&
               may(members, "numberPhases", out.numberPhases) && may(members, "phaseToUse", out.phaseToUse) &&
               may(members, "customData", out.customData);
    }

    bool read(const value& from, openadr::v3::IntervalPeriod& out) {
        if (!from.is_object()) return fail("intervalPeriod");
        const object& members = from.get_object();
        return may(members, "start", out.start) && may(members, "duration", out.duration) &&
               may(members, "randomizeStart", out.randomizeStart);
    }

    bool read(const value& from, openadr::v3::Interval& out) {
        if (!from.is_object()) return fail("intervals");
        const object& members = from.get_object();
        return need(members, "id", out.id) && may_object(members, "intervalPeriod", out.intervalPeriod) &&
               list(members, "payloads", out.payloads, 0, openadr::v3::max_members);
    }

    bool read(const value& from, openadr::v3::ValuesMap& out) {
        if (!from.is_object()) return fail("payloads");
        const object& members = from.get_object();
        const value* values = find(members, "values");
        if (!need(members, "type", out.type) || !values || !values->is_array()) return fail("values");
        if (values->get_array().size() > openadr::v3::max_values) return fail("values");
        out.values.clear();
        for (const value& each : values->get_array()) {
            if (!get(each, out.values.emplace_back())) return fail("values");
        }
        return true;
    }

    bool read(const value& from, openadr::v3::PayloadDescriptor& out) {
        if (!from.is_object()) return fail("payloadDescriptors");
        const object& members = from.get_object();
        return may(members, "objectType", out.objectType) && need(members, "payloadType", out.payloadType) &&
               may(members, "units", out.units) && may(members, "currency", out.currency) &&
               may(members, "readingType", out.readingType) && may(members, "accuracy", out.accuracy) &&
               may(members, "confidence", out.confidence);
    }

    bool read(const value& from, openadr::v3::ReportDescriptor& out) {
        if (!from.is_object()) return fail("reportDescriptors");
        const object& members = from.get_object();
        return need(members, "payloadType", out.payloadType) && may(members, "readingType", out.readingType) &&
               may(members, "units", out.units) && targets(members, out.targets) &&
               may(members, "aggregate", out.aggregate) && may(members, "startInterval", out.startInterval) &&
               may(members, "numIntervals", out.numIntervals) && may(members, "historical", out.historical) &&
               may(members, "frequency", out.frequency) && may(members, "repeat", out.repeat) &&
               may(members, "reportIntervals", out.reportIntervals);
    }

    bool targets(const object& members, openadr::v3::Targets& out) {
        const value* found = find(members, "targets");
        if (!found) return true;
        if (!found->is_array() || found->get_array().size() > openadr::v3::max_members) return fail("targets");
        auto& names = out.emplace();
        for (const value& each : found->get_array()) {
            if (!get(each, names.emplace_back())) return fail("targets");
        }
        return true;
    }

    bool need(const object& members, std::string_view name, auto& out) {
        const value* found = find(members, name);
        return (found && get(*found, out)) || fail(name);
    }
    template <class T>
    bool may(const object& members, std::string_view name, std::optional<T>& out) {
        const value* found = find(members, name);
        return !found || get(*found, out.emplace()) || fail(name);
    }
    template <class T>
    bool may_object(const object& members, std::string_view name, std::optional<T>& out) {
        const value* found = find(members, name);
        return !found || read(*found, out.emplace());
    }
    template <class T>
    bool may_list(const object& members, std::string_view name, std::optional<T>& out,
                  std::size_t most = openadr::v3::max_members) {
        const value* found = find(members, name);
        return !found || fill(*found, name, out.emplace(), 0, most);
    }
    bool list(const object& members, std::string_view name, auto& out, std::size_t least, std::size_t most = SIZE_MAX) {
        const value* found = find(members, name);
        return found ? fill(*found, name, out, least, most) : fail(name);
    }
    bool fill(const value& from, std::string_view name, auto& out, std::size_t least, std::size_t most) {
        if (!from.is_array()) return fail(name);
        const json::array& all = from.get_array();
        if (all.size() < least || all.size() > most) return fail(name);
        out.clear();
        out.reserve(all.size());
        for (const value& each : all) {
            if (!read(each, out.emplace_back())) return false;
        }
        return true;
    }

    bool fail(std::string_view where) {
        where_ = where;
        return false;
    }

    std::string& where_;
};

template <class T>
bool read_text(std::string_view text, T& out, std::string& where) {
    if (text.size() > wire::Limits{}.bytes) return false;
    unsigned char buffer[16384];
    json::monotonic_resource memory(buffer, sizeof buffer);
    json::error_code error;
    const value tree = json::parse(json::string_view(text.data(), text.size()), error, &memory);
    return !error && Reader(where).read(tree, out);
}

}  // namespace

bool read(std::string_view text, ocpp::v201::MeterValuesRequest& out, std::string& where) {
    return read_text(text, out, where);
}
bool read(std::string_view text, ocpp::v201::SetChargingProfileRequest& out, std::string& where) {
    return read_text(text, out, where);
}
bool read(std::string_view text, openadr::v3::Event& out, std::string& where) {
    return read_text(text, out, where);
}

}  // namespace busbar::bench::floor
