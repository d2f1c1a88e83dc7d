#include "protocols/ieee2030_5/units.hpp"

#include <algorithm>
#include <limits>

namespace busbar::ieee2030_5 {
namespace {

using model::Wide;

bool is_hex_digit(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::uint64_t digit_of(char c) {
    if (c <= '9') return static_cast<std::uint64_t>(c - '0');
    return static_cast<std::uint64_t>((c | 0x20) - 'a' + 10);
}

char upper(char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

std::optional<std::int64_t> thousandths(std::int64_t value, int multiplier) {
    int exponent = multiplier + 3;
    Wide result = value;
    for (; exponent > 0 && result != 0; --exponent) {
        result *= 10;
        if (result > std::numeric_limits<std::int64_t>::max() || result < std::numeric_limits<std::int64_t>::min()) {
            return std::nullopt;
        }
    }
    Wide divisor = 1;
    for (; exponent < 0 && divisor <= std::numeric_limits<std::int64_t>::max(); ++exponent) divisor *= 10;
    const Wide half = divisor / 2;
    result = (result + (result < 0 ? -half : half)) / divisor;
    return static_cast<std::int64_t>(result);
}

std::optional<model::MilliW> power_mw(const sep::Quantity& quantity) {
    return thousandths(quantity.value, quantity.multiplier);
}

std::optional<model::MilliW> power_mw(const sep::ActivePower& power) {
    return thousandths(power.value, power.multiplier);
}

sep::ActivePower active_power(model::MilliW power) {
    constexpr std::int64_t most = std::numeric_limits<std::int16_t>::max();
    int multiplier = -3;
    while (power > most || power < -most) {
        power /= 10;
        ++multiplier;
    }
    while (multiplier < 0 && power % 10 == 0) {
        power /= 10;
        ++multiplier;
    }
    sep::ActivePower result;
    result.multiplier = static_cast<std::int8_t>(multiplier);
    result.value = static_cast<std::int16_t>(power);
    return result;
}

std::int32_t hundredths_of(model::MilliW part, model::MilliW whole) {
    if (whole <= 0) return 0;
    const Wide hundredths = static_cast<Wide>(part) * 10'000 / whole;
    return static_cast<std::int32_t>(std::clamp<Wide>(hundredths, -10'000, 10'000));
}

model::MilliW part_of(std::int32_t hundredths, model::MilliW whole) {
    return static_cast<model::MilliW>(static_cast<Wide>(whole) * hundredths / 10'000);
}

std::uint32_t bits_of(std::string_view hex) {
    std::uint64_t bits = 0;
    for (char c : hex) {
        if (!is_hex_digit(c) || bits >> 28 != 0) return 0;
        bits = bits << 4 | digit_of(c);
    }
    return static_cast<std::uint32_t>(bits);
}

std::string hex_of(std::uint64_t bits, int bytes) {
    std::string text(static_cast<std::size_t>(bytes) * 2, '0');
    for (auto digit = text.rbegin(); digit != text.rend(); ++digit, bits >>= 4) {
        *digit = "0123456789ABCDEF"[bits & 15];
    }
    return text;
}

std::string upper_case(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), upper);
    return result;
}

bool same_hex(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return upper(x) == upper(y); });
}

bool is_lfdi(std::string_view text) {
    return text.size() == 40 && std::all_of(text.begin(), text.end(), is_hex_digit);
}

std::uint64_t sfdi_of(std::string_view lfdi) {
    std::uint64_t number = 0;
    for (char c : lfdi.substr(0, 9)) number = number << 4 | (is_hex_digit(c) ? digit_of(c) : 0);
    std::uint64_t sum = 0;
    for (std::uint64_t rest = number; rest != 0; rest /= 10) sum += rest % 10;
    return number * 10 + (10 - sum % 10) % 10;
}

}  // namespace busbar::ieee2030_5
