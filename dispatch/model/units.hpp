// Units and time of the common model: fixed-point integers, so that translation is exact and settlement reproducible.
//
// Sign, one rule everywhere inside: load convention at the reference point. + = import, consumption, charge;
// - = export, production, discharge. Q + = absorbing. Adapters flip; no other code may.
#pragma once

#include <cstdint>
#include <limits>

namespace busbar::model {

using Us = std::int64_t;       // µs: an instant since 1970-01-01T00:00:00Z, or a span
using MilliW = std::int64_t;   // active power, mW
using MilliWh = std::int64_t;  // energy, mWh
using MilliV = std::int64_t;
using MilliA = std::int64_t;
using MilliHz = std::int64_t;
using Ppm = std::int64_t;      // ratio, 1e-6

inline constexpr Us second_us = 1'000'000;
inline constexpr Us minute_us = 60 * second_us;
inline constexpr Us hour_us = 60 * minute_us;
inline constexpr Us never = std::numeric_limits<Us>::max();  // an instant that does not come; a span without end
// Of the year 9999: no clock shows more, and spans can be added to it.
inline constexpr Us last_us = 253'402'300'800 * second_us - 1;
inline constexpr Ppm ppm_one = 1'000'000;

// Beyond any device or group; small enough that a thousand of them add up without overflow.
inline constexpr MilliW unlimited_mw = 1'000'000'000'000'000;  // 1 TW

__extension__ using Wide = __int128;  // products of power and time overflow 64 bits

// power over a span, rounded toward zero
constexpr MilliWh energy_mwh(MilliW power_mw, Us span_us) {
    return static_cast<MilliWh>(static_cast<Wide>(power_mw) * span_us / hour_us);
}

}  // namespace busbar::model
