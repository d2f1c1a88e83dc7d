#include "protocols/ieee2030_5/client_body.hpp"

#include <algorithm>

#include "protocols/ieee2030_5/records_metering.hpp"
#include "protocols/ieee2030_5/units.hpp"
#include "protocols/wire/xml.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::ResourceKind;

// Modes of DERControlType: charge and discharge, opModFixedW, opModMaxLimW.
std::uint32_t modes_of(ResourceKind kind) {
    const std::uint32_t limit = 1u << mode_max_lim_w;
    return is_generator(kind) ? limit : limit | 1u << mode_fixed_w | 0b11;
}

std::uint32_t doe_of(const ClientOptions& options) {
    if (!options.csip_aus) return 0;
    const std::uint32_t generation = 1u << doe_generation;
    return is_generator(options.kind) ? generation : generation | 1u << doe_load;
}

std::uint8_t type_of_kind(ResourceKind kind) {
    switch (kind) {
        case ResourceKind::pv:
            return 4;
        case ResourceKind::storage:
            return 80;
        case ResourceKind::ev:
            return 81;
        case ResourceKind::wind:
        case ResourceKind::generator:
            return 6;
        default:
            return 0;
    }
}

sep::Quantity watts(model::MilliW power) {
    const sep::ActivePower exact = active_power(power);
    sep::Quantity quantity;
    quantity.multiplier = exact.multiplier;
    quantity.value = exact.value;
    return quantity;
}

std::string mrid(const ClientOptions& options, std::uint8_t kind) {
    return options.lfdi.substr(0, 22) + hex_of(kind, 1) + hex_of(options.pen, 4);
}

enum Meter : std::uint8_t { mirror = 0, power, energy_in, energy_out, voltage, frequency };

struct MeterType {
    Meter meter;
    const char* description;
    std::uint8_t accumulation;
    std::uint8_t flow;
    std::uint8_t kind;
    std::uint8_t uom;
};
// Power is one signed reading (forward: positive is taken from the grid); energy is a register each way.
constexpr MeterType meter_types[] = {
    {power, "Real power", 12, 1, 37, 38},        {energy_in, "Energy taken", 9, 1, 12, 72},
    {energy_out, "Energy given", 9, 19, 12, 72}, {voltage, "Voltage", 12, 1, 0, 29},
    {frequency, "Frequency", 12, 1, 0, 33},
};

sep::MirrorMeterReading reading(const ClientOptions& options, Meter meter, std::int64_t value, std::int64_t now_s) {
    sep::MirrorMeterReading record;
    record.mRID = mrid(options, meter);
    record.lastUpdateTime = now_s;
    record.Reading.emplace();
    record.Reading->value = value;
    return record;
}

}  // namespace

sep::DERCapability stated_capability(const ClientOptions& options) {
    sep::DERCapability record;
    record.modesSupported = hex_of(modes_of(options.kind), 4);
    record.rtgMaxW = watts(options.max_export_mw);
    if (!is_generator(options.kind)) {
        record.rtgMaxChargeRateW = watts(options.max_import_mw);
        record.rtgMaxDischargeRateW = watts(options.max_export_mw);
    }
    record.type = type_of_kind(options.kind);
    if (options.csip_aus) record.doeModesSupported = wire::Hex<1>(hex_of(doe_of(options), 1));
    return record;
}

sep::DERSettings stated_settings(const ClientOptions& options) {
    sep::DERSettings record;
    record.modesEnabled = wire::Hex<4>(hex_of(modes_of(options.kind), 4));
    record.setMaxW = watts(options.max_export_mw);
    if (!is_generator(options.kind)) {
        record.setMaxChargeRateW = watts(options.max_import_mw);
        record.setMaxDischargeRateW = watts(options.max_export_mw);
    }
    if (options.csip_aus) record.doeModesEnabled = wire::Hex<1>(hex_of(doe_of(options), 1));
    return record;
}

std::string capability_body(const ClientOptions& options) {
    wire::XmlStyle style;
    style.namespaces = {&sep::csipaus_ns};
    return wire::to_xml(stated_capability(options), {}, style);
}

std::string settings_body(const ClientOptions& options) {
    wire::XmlStyle style;
    style.namespaces = {&sep::csipaus_ns};
    return wire::to_xml(stated_settings(options), {}, style);
}

std::string status_body(const ClientOptions& options, const std::optional<Measurement>& measurement,
                        std::int64_t now_s) {
    sep::DERStatus record;
    sep::ConnectStatusType connected;
    connected.dateTime = now_s;
    connected.value = "07";  // connected, available, operating
    (is_generator(options.kind) ? record.genConnectStatus : record.storConnectStatus) = connected;
    record.operationalModeStatus.emplace();
    record.operationalModeStatus->dateTime = now_s;
    record.operationalModeStatus->value = 2;
    record.readingTime = now_s;
    if (measurement && measurement->state_of_charge_ppm) {
        record.stateOfChargeStatus.emplace();
        record.stateOfChargeStatus->dateTime = now_s;
        record.stateOfChargeStatus->value =
            static_cast<std::int32_t>(std::clamp<std::int64_t>(*measurement->state_of_charge_ppm / 100, 0, 10'000));
    }
    return wire::to_xml(record);
}

std::string availability_body() {
    return wire::to_xml(sep::DERAvailability{});
}

std::string mirror_body(const ClientOptions& options) {
    sep::MirrorUsagePoint record;
    record.mRID = mrid(options, mirror);
    record.roleFlags = "0049";  // mirror, DER, submeter
    record.status = 1;
    record.deviceLFDI = options.lfdi;
    for (const MeterType& type : meter_types) {
        sep::MirrorMeterReading& one = record.MirrorMeterReading.emplace_back();
        one.mRID = mrid(options, type.meter);
        one.description = wire::Text<32>(type.description);
        sep::ReadingType& kind = one.ReadingType.emplace();
        kind.accumulationBehaviour = type.accumulation;
        kind.commodity = 1;
        kind.dataQualifier = 0;
        kind.flowDirection = type.flow;
        kind.kind = type.kind;
        kind.powerOfTenMultiplier = -3;
        kind.uom = type.uom;
    }
    return wire::to_xml(record);
}

std::string readings_body(const ClientOptions& options, const Measurement& measurement, std::int64_t now_s) {
    sep::MirrorMeterReadingList list;
    auto& readings = list.MirrorMeterReading;
    readings.push_back(reading(options, power, measurement.power_mw, now_s));
    readings.push_back(reading(options, energy_in, measurement.import_mwh, now_s));
    readings.push_back(reading(options, energy_out, measurement.export_mwh, now_s));
    if (measurement.voltage_mv) readings.push_back(reading(options, voltage, *measurement.voltage_mv, now_s));
    if (measurement.frequency_mhz) readings.push_back(reading(options, frequency, *measurement.frequency_mhz, now_s));
    const auto count = static_cast<std::uint32_t>(readings.size());
    list.all = sep::Maybe<std::uint32_t>(count);
    list.results = sep::Maybe<std::uint32_t>(count);
    return wire::to_xml(list);
}

std::string response_body(const ClientOptions& options, const std::string& subject, std::uint8_t status,
                          std::int64_t now_s) {
    sep::DERControlResponse record;
    record.createdDateTime = now_s;
    record.endDeviceLFDI = options.lfdi;
    record.status = status;
    record.subject = subject;
    return wire::to_xml(record);
}

}  // namespace busbar::ieee2030_5
