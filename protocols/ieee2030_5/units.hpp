// Numbers and identifiers between IEEE 2030.5 and the model: powers of ten, hundredths of a percent, bit fields in
// hexadecimal, device identifiers. All exact in whole numbers; where rounding is unavoidable it never loosens a limit.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dispatch/model/units.hpp"
#include "protocols/ieee2030_5/records_der.hpp"

namespace busbar::ieee2030_5 {

// value * 10^multiplier of a unit, in thousandths of that unit (W -> mW): exact, halves of a thousandth away from zero;
// nothing if it does not fit.
std::optional<std::int64_t> thousandths(std::int64_t value, int multiplier);
std::optional<model::MilliW> power_mw(const sep::Quantity& quantity);
std::optional<model::MilliW> power_mw(const sep::ActivePower& power);

// Power in 16 bits and a power of ten; what does not fit is rounded toward zero.
sep::ActivePower active_power(model::MilliW power_mw);

// `part` as hundredths of a percent of `whole` (> 0), toward zero, within ±10000.
std::int32_t hundredths_of(model::MilliW part, model::MilliW whole);
model::MilliW part_of(std::int32_t hundredths, model::MilliW whole);

std::uint32_t bits_of(std::string_view hex);        // "01fffd"; 0 if it is no number of up to 32 bits
std::string hex_of(std::uint64_t bits, int bytes);  // upper case, two digits a byte

std::string upper_case(std::string_view text);
bool same_hex(std::string_view a, std::string_view b);  // in any case
bool is_lfdi(std::string_view text);                    // 40 hexadecimal digits
// First 36 bits of the LFDI as a decimal number with a check digit that makes the sum of digits a multiple of 10
// (3E4F45AB3… -> 167261211391).
std::uint64_t sfdi_of(std::string_view lfdi);

constexpr std::int64_t seconds_of(model::Us us) {  // toward the past
    return us >= 0 ? us / model::second_us : -((-us + model::second_us - 1) / model::second_us);
}
constexpr model::Us us_of(std::int64_t seconds) {
    constexpr std::int64_t most = model::never / model::second_us;
    if (seconds >= most) return model::never;
    return (seconds <= -most ? -most : seconds) * model::second_us;
}

}  // namespace busbar::ieee2030_5
