// One resource's meter: from samples that come late, twice or not at all to a power that may be believed and to spans
// of energy that join without gap or overlap.
//
// Energy between two samples is the trapezoid under their powers. When they lie far apart, a register knows better what
// happened in between; when they lie close, a register's last digit is too coarse. So powers count over short spans and
// registers over long ones (`trapezoid_limit_us`), or always if no powers come.
#pragma once

#include <cstdint>
#include <optional>

#include "dispatch/model/resource.hpp"
#include "dispatch/model/units.hpp"

namespace busbar::dispatch {

inline constexpr model::Us trapezoid_limit_us = 60 * model::second_us;
inline constexpr model::Us stale_after_us = 15 * model::second_us;  // at least; slow meters have three of their periods

struct MeterState {
    bool has_power = false;
    model::MilliW power_mw = 0;
    model::MilliW steady_mw =
        0;                   // without the noise: follows a change of more than some percent at once, others slowly
    model::Us power_us = 0;  // when it was measured, never later than it came
    model::Us gap_us = 0;    // usual time between samples, smoothed; 0 = not known yet
    model::Us counted_until_us = 0;  // energy up to here is in a span; 0 = none yet
    bool has_register = false;
    model::MilliWh register_mwh = 0;  // import - export
    model::Us register_us = 0;
    bool operator==(const MeterState&) const = default;
};

// Energy over [from_us, to_us): a line of power from `from_mw` to `to_mw`, or, if by_register, `energy_mwh` spread
// evenly.
struct EnergySpan {
    model::Us from_us = 0, to_us = 0;
    model::MilliW from_mw = 0, to_mw = 0;
    bool by_register = false;
    model::MilliWh energy_mwh = 0;
    bool good = true;  // false: stretched over a hole in the telemetry
};

// A sum that loses nothing to rounding.
struct EnergySum {
    model::MilliWh whole_mwh = 0;
    std::int64_t rest_mw_us = 0;  // below one mWh
    bool operator==(const EnergySum&) const = default;
};
void add(EnergySum& sum, model::Wide mw_us);

// Takes a sample that came at `now_us`; gives the span of energy that it closes, if any. A sample older than the last
// one moves nothing; one that claims to be from the future counts as measured now.
std::optional<EnergySpan> take(MeterState& meter, const model::Sample& sample, model::Us now_us);

// Whether the power still says something about `now_us`.
bool is_fresh(const MeterState& meter, model::Us now_us);

// Energy of the span inside [from_us, to_us), in mW·µs.
model::Wide energy_inside(const EnergySpan& span, model::Us from_us, model::Us to_us);

}  // namespace busbar::dispatch
