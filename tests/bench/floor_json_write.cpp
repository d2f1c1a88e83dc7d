// Boost.JSON by hand, writing: a tree in a buffer on the stack, then serialised.
#include <boost/json.hpp>

#include "tests/bench/floor_codec.hpp"

namespace busbar::bench::floor {

namespace {

namespace json = boost::json;
using json::object;
using json::value;

json::string_view view(std::string_view text) {
    return {text.data(), text.size()};
}

value of(std::int32_t number, const json::storage_ptr& memory) {
    return value(number, memory);
}
value of(double number, const json::storage_ptr& memory) {
    return value(number, memory);
}
value of(bool yes, const json::storage_ptr& memory) {
    return value(yes, memory);
}
value of(const std::string& text, const json::storage_ptr& memory) {
    return value(view(text), memory);
}
value of(wire::DateTime when, const json::storage_ptr& memory) {
    return value(view(to_text(when)), memory);
}
value of(wire::Duration span, const json::storage_ptr& memory) {
    return value(view(to_text(span)), memory);
}
value of(const wire::RawJson& raw, const json::storage_ptr& memory) {
    return json::parse(view(raw.text), memory);
}
template <class Int, Int Low, Int High>
value of(const wire::Whole<Int, Low, High>& number, const json::storage_ptr& memory) {
    return value(number.value, memory);
}
template <class Enum>
requires std::is_enum_v<Enum> value of(Enum member, const json::storage_ptr& memory) {
    return value(view(to_text(member)), memory);
}

value of(const wire::AnyValue& any, const json::storage_ptr& memory) {
    if (const bool* yes = std::get_if<bool>(&any.value)) return value(*yes, memory);
    if (const auto* whole = std::get_if<std::int64_t>(&any.value)) return value(*whole, memory);
    if (const auto* number = std::get_if<double>(&any.value)) return value(*number, memory);
    if (const auto* text = std::get_if<std::string>(&any.value)) return value(view(*text), memory);
    if (const auto* raw = std::get_if<wire::RawJson>(&any.value)) return json::parse(view(raw->text), memory);
    return value(nullptr, memory);
}

class Writer {
  public:
    explicit Writer(json::storage_ptr memory) : memory_(std::move(memory)) {}

    object of(const ocpp::v201::MeterValuesRequest& from) {
        object out(10, memory_);
        put(out, "evseId", from.evseId);
        list(out, "meterValue", from.meterValue);
        may(out, "customData", from.customData);
        return out;
    }

    object of(const ocpp::v201::SetChargingProfileRequest& from) {
        object out(10, memory_);
        put(out, "evseId", from.evseId);
        out.emplace("chargingProfile", of(from.chargingProfile));
        may(out, "customData", from.customData);
        return out;
    }

    object of(const openadr::v3::Event& from) {
        object out(10, memory_);
        put(out, "programID", from.programID);
        may(out, "eventName", from.eventName);
        may(out, "duration", from.duration);
        may(out, "priority", from.priority);
        targets(out, from.targets);
        if (from.reportDescriptors) list(out, "reportDescriptors", *from.reportDescriptors);
        if (from.payloadDescriptors) list(out, "payloadDescriptors", *from.payloadDescriptors);
        if (from.intervalPeriod) out.emplace("intervalPeriod", of(*from.intervalPeriod));
        if (from.intervals) list(out, "intervals", *from.intervals);
        put(out, "id", from.id);
        put(out, "createdDateTime", from.createdDateTime);
        put(out, "modificationDateTime", from.modificationDateTime);
        put(out, "objectType", from.objectType);
        return out;
    }

  private:
    object of(const ocpp::v201::MeterValue& from) {
        object out(10, memory_);
        list(out, "sampledValue", from.sampledValue);
        put(out, "timestamp", from.timestamp);
        may(out, "customData", from.customData);
        return out;
    }

    object of(const ocpp::v201::SampledValue& from) {
        object out(10, memory_);
        put(out, "value", from.value);
        may(out, "context", from.context);
        may(out, "measurand", from.measurand);
        may(out, "phase", from.phase);
        may(out, "location", from.location);
        if (from.unitOfMeasure) {
            object unit(3, memory_);
            may(unit, "unit", from.unitOfMeasure->unit);
            may(unit, "multiplier", from.unitOfMeasure->multiplier);
            may(unit, "customData", from.unitOfMeasure->customData);
            out.emplace("unitOfMeasure", std::move(unit));
        }
        may(out, "customData", from.customData);
        return out;
    }

    object of(const ocpp::v201::ChargingProfile& from) {
        object out(10, memory_);
        put(out, "id", from.id);
        put(out, "stackLevel", from.stackLevel);
        put(out, "chargingProfilePurpose", from.chargingProfilePurpose);
        put(out, "chargingProfileKind", from.chargingProfileKind);
        may(out, "recurrencyKind", from.recurrencyKind);
        may(out, "validFrom", from.validFrom);
        may(out, "validTo", from.validTo);
        list(out, "chargingSchedule", from.chargingSchedule);
        may(out, "transactionId", from.transactionId);
        may(out, "customData", from.customData);
        return out;
    }

    object of(const ocpp::v201::ChargingSchedule& from) {
        object out(10, memory_);
        put(out, "id", from.id);
        may(out, "startSchedule", from.startSchedule);
        may(out, "duration", from.duration);
        put(out, "chargingRateUnit", from.chargingRateUnit);
        list(out, "chargingSchedulePeriod", from.chargingSchedulePeriod);
        may(out, "minChargingRate", from.minChargingRate);
        may(out, "customData", from.customData);
        return out;
    }

    object of(const ocpp::v201::ChargingSchedulePeriod& from) {
        object out(10, memory_);
        put(out, "startPeriod", from.startPeriod);
        put(out, "limit", from.limit);
        may(out, "numberPhases", from.numberPhases);
        may(out, "phaseToUse", from.phaseToUse);
        may(out, "customData", from.customData);
        return out;
    }

    object of(const openadr::v3::IntervalPeriod& from) {
        object out(10, memory_);
        may(out, "start", from.start);
        may(out, "duration", from.duration);
        may(out, "randomizeStart", from.randomizeStart);
        return out;
    }

    object of(const openadr::v3::Interval& from) {
        object out(10, memory_);
        put(out, "id", from.id);
        if (from.intervalPeriod) out.emplace("intervalPeriod", of(*from.intervalPeriod));
        list(out, "payloads", from.payloads);
        return out;
    }

    object of(const openadr::v3::ValuesMap& from) {
        object out(10, memory_);
        put(out, "type", from.type);
        json::array values(memory_);
        values.reserve(from.values.size());
        for (const auto& each : from.values) values.push_back(floor::of(each, memory_));
        out.emplace("values", std::move(values));
        return out;
    }

    object of(const openadr::v3::PayloadDescriptor& from) {
        object out(10, memory_);
        may(out, "objectType", from.objectType);
        put(out, "payloadType", from.payloadType);
        may(out, "units", from.units);
        may(out, "currency", from.currency);
        may(out, "readingType", from.readingType);
        may(out, "accuracy", from.accuracy);
        may(out, "confidence", from.confidence);
        return out;
    }

    object of(const openadr::v3::ReportDescriptor& from) {
        object out(10, memory_);
        put(out, "payloadType", from.payloadType);
        may(out, "readingType", from.readingType);
        may(out, "units", from.units);
        targets(out, from.targets);
        may(out, "aggregate", from.aggregate);
        may(out, "startInterval", from.startInterval);
        may(out, "numIntervals", from.numIntervals);
        may(out, "historical", from.historical);
        may(out, "frequency", from.frequency);
        may(out, "repeat", from.repeat);
        may(out, "reportIntervals", from.reportIntervals);
        return out;
    }

    void targets(object& out, const openadr::v3::Targets& from) {
        if (!from) return;
        json::array names(memory_);
        names.reserve(from->size());
        for (const auto& each : *from) names.push_back(floor::of(each, memory_));
        out.emplace("targets", std::move(names));
    }

    void put(object& out, std::string_view name, const auto& member) {
        out.emplace(view(name), floor::of(member, memory_));
    }
    template <class T>
    void may(object& out, std::string_view name, const std::optional<T>& member) {
        if (member) out.emplace(view(name), floor::of(*member, memory_));
    }
    void list(object& out, std::string_view name, const auto& members) {
        json::array all(memory_);
        all.reserve(members.size());
        for (const auto& each : members) all.push_back(of(each));
        out.emplace(view(name), std::move(all));
    }

    json::storage_ptr memory_;
};

template <class T>
std::string write_tree(const T& from) {
    unsigned char buffer[16384];
    json::monotonic_resource memory(buffer, sizeof buffer);
    return json::serialize(Writer(&memory).of(from));
}

}  // namespace

std::string write(const ocpp::v201::MeterValuesRequest& value) {
    return write_tree(value);
}
std::string write(const ocpp::v201::SetChargingProfileRequest& value) {
    return write_tree(value);
}
std::string write(const openadr::v3::Event& value) {
    return write_tree(value);
}

}  // namespace busbar::bench::floor
