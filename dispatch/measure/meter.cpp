// See meter.hpp.
#include "dispatch/measure/meter.hpp"

#include <algorithm>

namespace busbar::dispatch {

using model::MilliW;
using model::MilliWh;
using model::Us;
using model::Wide;

namespace {

// Beyond this a meter is wrong: 1 GW, 1 PWh.
constexpr MilliW power_limit_mw = 1'000'000'000'000;
constexpr MilliWh register_limit_mwh = 1'000'000'000'000'000'000;

struct Reading {
    Us at_us;
    std::optional<MilliW> power_mw;
    std::optional<MilliWh> register_mwh;
};

Reading read(const model::Sample& sample, Us now_us) {
    Reading reading{std::min(sample.measured_us, now_us), sample.power_mw, std::nullopt};
    if (reading.at_us <= 0) reading.at_us = now_us;
    if (reading.power_mw) reading.power_mw = std::clamp(*reading.power_mw, -power_limit_mw, power_limit_mw);
    if (sample.import_mwh || sample.export_mwh) {
        const auto cut = [](std::optional<MilliWh> value) {
            return std::clamp<MilliWh>(value.value_or(0), 0, register_limit_mwh);
        };
        reading.register_mwh = cut(sample.import_mwh) - cut(sample.export_mwh);
    }
    return reading;
}

MilliW mean_power(MilliWh energy_mwh, Us span_us) {
    return static_cast<MilliW>(
        std::clamp<Wide>(static_cast<Wide>(energy_mwh) * model::hour_us / span_us, -power_limit_mw, power_limit_mw));
}

MilliW steadied(MilliW steady, MilliW power) {
    const MilliW change = power - steady, little = (steady < 0 ? -steady : steady) / 20;
    return change > little || change < -little ? power : steady + change / 8;
}

// The registers' difference, if both ends are known and it can be true.
std::optional<MilliWh> register_step(const MeterState& meter, const Reading& reading) {
    if (!meter.has_register || !reading.register_mwh || reading.at_us <= meter.register_us) return std::nullopt;
    const MilliWh step = *reading.register_mwh - meter.register_mwh;
    const Wide most = static_cast<Wide>(power_limit_mw) * (reading.at_us - meter.register_us) / model::hour_us + 1;
    if (step > most || step < -most) return std::nullopt;
    return step;
}

std::optional<EnergySpan> close_span(const MeterState& meter, const Reading& reading, MilliW power,
                                     std::optional<MilliWh> step) {
    if (meter.counted_until_us == 0 || reading.at_us <= meter.counted_until_us) return std::nullopt;
    EnergySpan span{meter.counted_until_us, reading.at_us, meter.power_mw, power, false, 0, true};
    const Us length = span.to_us - span.from_us;
    const bool powers = meter.has_power && reading.power_mw.has_value();
    if (powers && length <= trapezoid_limit_us) return span;
    if (step) {
        const Us covered = reading.at_us - meter.register_us;
        span.by_register = true;
        span.energy_mwh = static_cast<MilliWh>(static_cast<Wide>(*step) * length / std::max(covered, length));
        return span;
    }
    span.good = length <= std::max(trapezoid_limit_us, 3 * meter.gap_us);
    return span;
}

}  // namespace

void add(EnergySum& sum, Wide mw_us) {
    const Wide total = mw_us + sum.rest_mw_us;
    sum.whole_mwh += static_cast<MilliWh>(total / model::hour_us);
    sum.rest_mw_us = static_cast<std::int64_t>(total % model::hour_us);
}

std::optional<EnergySpan> take(MeterState& meter, const model::Sample& sample, Us now_us) {
    const Reading reading = read(sample, now_us);
    if (sample.quality == model::Quality::bad || (!reading.power_mw && !reading.register_mwh)) return std::nullopt;
    const Us last_us = std::max(meter.has_power ? meter.power_us : 0, meter.has_register ? meter.register_us : 0);
    if (reading.at_us <= last_us) return std::nullopt;
    const auto step = register_step(meter, reading);
    std::optional<EnergySpan> span;
    if (reading.power_mw || step) {
        const MilliW power =
            reading.power_mw ? *reading.power_mw : mean_power(*step, reading.at_us - meter.register_us);
        span = close_span(meter, reading, power, step);
        if (meter.has_power) {
            const Us gap = reading.at_us - meter.power_us;
            meter.gap_us = meter.gap_us == 0 ? gap : meter.gap_us + (gap - meter.gap_us) / 4;
        }
        meter.steady_mw = meter.has_power ? steadied(meter.steady_mw, power) : power;
        meter.has_power = true;
        meter.power_mw = power;
        meter.power_us = reading.at_us;
        meter.counted_until_us = reading.at_us;
    } else if (meter.counted_until_us == 0) {
        meter.counted_until_us = reading.at_us;  // a first register: energy counts from here
    }
    if (reading.register_mwh) {
        meter.has_register = true;
        meter.register_mwh = *reading.register_mwh;
        meter.register_us = reading.at_us;
    }
    return span;
}

bool is_fresh(const MeterState& meter, Us now_us) {
    return meter.has_power && now_us - meter.power_us <= std::max(stale_after_us, 3 * meter.gap_us);
}

Wide energy_inside(const EnergySpan& span, Us from_us, Us to_us) {
    const Us from = std::max(from_us, span.from_us), to = std::min(to_us, span.to_us);
    if (from >= to) return 0;
    const Us length = span.to_us - span.from_us;
    if (span.by_register) return static_cast<Wide>(span.energy_mwh) * model::hour_us / length * (to - from);
    const auto power_at = [&](Us at) {
        return span.from_mw +
               static_cast<MilliW>(static_cast<Wide>(span.to_mw - span.from_mw) * (at - span.from_us) / length);
    };
    return static_cast<Wide>(power_at(from) + power_at(to)) * (to - from) / 2;
}

}  // namespace busbar::dispatch
