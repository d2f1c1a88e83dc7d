#include "protocols/ieee2030_5/metering.hpp"

#include <algorithm>
#include <limits>

#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::Quality;
using model::Us;

enum Uom : std::uint8_t { uom_volt = 29, uom_hertz = 33, uom_watt = 38, uom_watt_hour = 72 };
enum Flow : std::uint8_t { flow_forward = 1, flow_reverse = 19 };
enum Role : std::uint32_t { role_premises = 1u << 1, role_der = 1u << 3 };
constexpr std::uint8_t delta_data = 4;
constexpr std::uint8_t phase_all = 224;

bool counts(const sep::ReadingType& type) {
    const std::uint8_t qualifier = type.dataQualifier.value_or(0);
    return qualifier == 0 || qualifier == 2 || qualifier == 12;
}

Quality quality_of(const sep::Reading& reading) {
    const std::uint32_t flags = reading.qualityFlags ? bits_of(*reading.qualityFlags) : 0;
    if ((flags & 1u << 4) != 0) return Quality::questionable;
    return (flags & (1u << 2 | 1u << 3 | 1u << 6)) != 0 ? Quality::estimated : Quality::good;
}

Us end_of(const sep::DateTimeInterval& period) {
    return us_of(period.start) + us_of(period.duration);
}

// Readings without a time of their own divide their set's.
Us time_of(const sep::MirrorReadingSet& set, std::size_t index) {
    const sep::Reading& reading = set.Reading[index];
    if (reading.timePeriod) return end_of(*reading.timePeriod);
    const auto count = static_cast<Us>(set.Reading.size());
    return us_of(set.timePeriod.start) + us_of(set.timePeriod.duration) / count * static_cast<Us>(index + 1);
}

}  // namespace

bool measures_device(std::uint32_t role_flags) {
    return (role_flags & role_der) != 0 || (role_flags & role_premises) == 0;
}

Us newest_in(const std::vector<sep::MirrorMeterReading>& posted) {
    Us newest = 0;
    for (const sep::MirrorMeterReading& one : posted) {
        if (one.Reading && one.Reading->timePeriod) newest = std::max(newest, end_of(*one.Reading->timePeriod));
        for (const sep::MirrorReadingSet& set : one.MirrorReadingSet)
            for (std::size_t i = 0; i < set.Reading.size(); ++i) newest = std::max(newest, time_of(set, i));
    }
    return newest;
}

std::size_t readings_in(const sep::MirrorMeterReading& posted) {
    std::size_t count = posted.Reading ? 1 : 0;
    for (const sep::MirrorReadingSet& set : posted.MirrorReadingSet) count += set.Reading.size();
    return count;
}

Us SampleBuilder::believed(Us stated, Us now) const {
    if (stated <= 0) return now;
    const Us at = clock_.gateway_time(stated, now);
    return at <= 0 ? now : at;
}

int SampleBuilder::direction(const sep::ReadingType& type) const {
    const std::uint8_t flow = type.flowDirection.value_or(0);
    if (flow == flow_forward) return 1;
    if (flow == flow_reverse) return -1;
    return (role_flags_ & (role_der | role_premises)) == role_der ? -1 : 1;
}

bool SampleBuilder::add(const sep::ReadingType& type, const sep::MirrorMeterReading& posted, Us now,
                        std::int64_t& total_mwh) {
    for (const sep::MirrorReadingSet& set : posted.MirrorReadingSet) {
        for (std::size_t i = 0; i < set.Reading.size(); ++i) {
            if (!add_one(type, set.Reading[i], believed(time_of(set, i), now), total_mwh)) return false;
        }
    }
    if (!posted.Reading) return true;
    const Us at = posted.Reading->timePeriod ? end_of(*posted.Reading->timePeriod) : now;
    return add_one(type, *posted.Reading, believed(at, now), total_mwh);
}

bool SampleBuilder::add_one(const sep::ReadingType& type, const sep::Reading& reading, Us at, std::int64_t& total_mwh) {
    if (!reading.value || !type.uom || !counts(type)) return true;
    const auto value = thousandths(*reading.value, type.powerOfTenMultiplier.value_or(0));
    if (!value) return false;
    Slot& slot = slots_[at];
    slot.sample.measured_us = at;
    slot.sample.quality = std::max(slot.sample.quality, quality_of(reading));
    switch (*type.uom) {
        case uom_watt:
            if (*value > model::unlimited_mw || *value < -model::unlimited_mw) return false;
            slot.power[{type.phase.value_or(0), direction(type)}] = direction(type) * *value;
            return true;
        case uom_watt_hour:
            return add_energy(type, *value, slot, total_mwh);
        case uom_volt:
            slot.sample.voltage_mv = *value;
            return true;
        case uom_hertz:
            slot.sample.frequency_mhz = *value;
            return true;
        default:
            return true;
    }
}

bool SampleBuilder::add_energy(const sep::ReadingType& type, std::int64_t mwh, Slot& slot,
                               std::int64_t& total_mwh) const {
    if (mwh < 0) return true;  // no register runs backwards
    if (type.accumulationBehaviour.value_or(0) == delta_data) {
        if (mwh > std::numeric_limits<std::int64_t>::max() - total_mwh) return false;
        total_mwh += mwh;
        mwh = total_mwh;
    }
    (direction(type) > 0 ? slot.sample.import_mwh : slot.sample.export_mwh) = mwh;
    return true;
}

std::vector<model::Sample> SampleBuilder::samples() const {
    std::vector<model::Sample> result;
    for (const auto& entry : slots_) {
        model::Sample sample = entry.second.sample;
        std::optional<model::MilliW> whole;
        std::optional<model::MilliW> phases;
        for (const auto& [key, power] : entry.second.power) {
            std::optional<model::MilliW>& sum = key.first == 0 || key.first == phase_all ? whole : phases;
            sum = sum.value_or(0) + power;
        }
        sample.power_mw = whole ? whole : phases;
        if (sample.power_mw || sample.import_mwh || sample.export_mwh || sample.voltage_mv || sample.frequency_mhz) {
            result.push_back(std::move(sample));
        }
    }
    return result;
}

}  // namespace busbar::ieee2030_5
