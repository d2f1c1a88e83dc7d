#include "protocols/ieee2030_5/units.hpp"

#include <gtest/gtest.h>

#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

TEST(Units, powers_of_ten_are_exact) {
    EXPECT_EQ(thousandths(5, 3), 5'000'000);
    EXPECT_EQ(thousandths(12'345, -3), 12'345);
    EXPECT_EQ(thousandths(-1, 0), -1000);
    EXPECT_EQ(thousandths(0, 127), 0);
}

TEST(Units, below_a_thousandth_it_rounds_half_away_from_zero) {
    EXPECT_EQ(thousandths(15, -4), 2);
    EXPECT_EQ(thousandths(14, -4), 1);
    EXPECT_EQ(thousandths(-15, -4), -2);
    EXPECT_EQ(thousandths(32'767, -128), 0);
}

TEST(Units, what_does_not_fit_is_nothing) {
    EXPECT_EQ(thousandths(1, 127), std::nullopt);
    EXPECT_EQ(thousandths(10, 15), std::nullopt);
    EXPECT_EQ(thousandths(9, 15), 9'000'000'000'000'000'000);
}

TEST(Units, active_power_never_grows) {
    const auto check = [](model::MilliW power, int value, int multiplier) {
        const sep::ActivePower result = active_power(power);
        EXPECT_EQ(result.value, value) << power;
        EXPECT_EQ(result.multiplier, multiplier) << power;
    };
    check(5'000'000, 5000, 0);
    check(45'678'000, 4567, 1);  // 45 678 W -> 45 670 W
    check(-45'678'000, -4567, 1);
    check(1, 1, -3);
    check(0, 0, 0);
    check(32'767'000, 32767, 0);
    check(32'768'000, 3276, 1);
}

TEST(Units, active_power_reads_back_within_its_digits) {
    for (model::MilliW power = 1; power < model::unlimited_mw; power = power * 3 + 7) {
        const auto again = power_mw(active_power(power));
        ASSERT_TRUE(again);
        EXPECT_LE(*again, power);
        EXPECT_GE(*again, power - power / 3000 - 1);
    }
}

TEST(Units, hundredths_round_toward_zero) {
    EXPECT_EQ(hundredths_of(1'999'999, 3'000'000), 6666);
    EXPECT_EQ(hundredths_of(-1'999'999, 3'000'000), -6666);
    EXPECT_EQ(hundredths_of(9'000'000, 3'000'000), 10'000);
    EXPECT_EQ(hundredths_of(1, 0), 0);
    EXPECT_EQ(part_of(6666, 3'000'000), 1'999'800);
}

TEST(Units, bits_and_hexadecimal) {
    EXPECT_EQ(bits_of("01fffd"), 0x1fffdu);
    EXPECT_EQ(bits_of("FFFFFFFF"), 0xffff'ffffu);
    EXPECT_EQ(bits_of("1FFFFFFFF"), 0u);
    EXPECT_EQ(bits_of("xy"), 0u);
    EXPECT_EQ(hex_of(0x2a, 4), "0000002A");
}

// The examples of the notes and of EPRI's client.
TEST(Units, sfdi_has_its_check_digit) {
    EXPECT_EQ(sfdi_of(pv_lfdi), 167'261'211'391u);
    EXPECT_EQ(sfdi_of("0671c144d27dc9e612afe7dc6c79ec089ed3dcc5"), 17'298'934'539u);
}

TEST(Units, lfdi_has_forty_digits) {
    EXPECT_TRUE(is_lfdi(pv_lfdi));
    EXPECT_FALSE(is_lfdi(pv_lfdi.substr(1)));
    EXPECT_FALSE(is_lfdi("Z" + pv_lfdi.substr(1)));
}

TEST(Units, seconds_go_toward_the_past) {
    EXPECT_EQ(seconds_of(1'999'999), 1);
    EXPECT_EQ(seconds_of(-1), -1);
    EXPECT_EQ(us_of(std::numeric_limits<std::int64_t>::max()), model::never);
}

}  // namespace
}  // namespace busbar::ieee2030_5
