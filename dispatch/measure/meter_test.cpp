#include "dispatch/measure/meter.hpp"

#include <gtest/gtest.h>

namespace busbar::dispatch {
namespace {

using model::hour_us;
using model::MilliW;
using model::second_us;
using model::Us;
using model::Wide;

constexpr MilliW kw = 1'000'000;
constexpr Us t0 = 1'700'000'000 * second_us;

model::Sample power(Us at, MilliW value) {
    model::Sample sample;
    sample.measured_us = sample.received_us = at;
    sample.power_mw = value;
    return sample;
}

model::Sample registers(Us at, model::MilliWh import_mwh, model::MilliWh export_mwh = 0) {
    model::Sample sample;
    sample.measured_us = sample.received_us = at;
    sample.import_mwh = import_mwh;
    sample.export_mwh = export_mwh;
    return sample;
}

model::MilliWh energy(const EnergySpan& span, Us from, Us to) {
    return static_cast<model::MilliWh>(energy_inside(span, from, to) / hour_us);
}

TEST(Meter, energy_between_two_powers_is_the_trapezoid) {
    MeterState meter;
    EXPECT_FALSE(take(meter, power(t0, 10 * kw), t0));
    const auto span = take(meter, power(t0 + 36 * second_us, 20 * kw), t0 + 36 * second_us);
    ASSERT_TRUE(span);
    EXPECT_TRUE(span->good);
    EXPECT_EQ(energy(*span, t0, t0 + 36 * second_us), 150'000);  // 15 kW over 1/100 h
    EXPECT_EQ(energy(*span, t0, t0 + 18 * second_us), 62'500);   // the lower half of the slope
    EXPECT_EQ(energy(*span, t0 - second_us, t0), 0);
}

TEST(Meter, parts_of_a_span_add_up_to_the_whole_without_a_rest) {
    const EnergySpan span{0, 7'000'003, 3'000'001, -1'999'999, false, 0, true};
    EnergySum parts, whole;
    for (Us from = 0; from < span.to_us; from += 1'000'001) add(parts, energy_inside(span, from, from + 1'000'001));
    add(whole, energy_inside(span, 0, span.to_us));
    EXPECT_NEAR(static_cast<double>(parts.whole_mwh), static_cast<double>(whole.whole_mwh), 1.0);
    EXPECT_LT(std::abs(parts.rest_mw_us), hour_us);
}

TEST(Meter, a_register_alone_gives_power_and_energy) {
    MeterState meter;
    EXPECT_FALSE(take(meter, registers(t0, 1'000'000), t0));
    EXPECT_FALSE(meter.has_power);
    const Us later = t0 + 60 * second_us;
    const auto span = take(meter, registers(later, 1'100'000), later);
    ASSERT_TRUE(span);
    EXPECT_TRUE(span->by_register);
    EXPECT_EQ(energy(*span, t0, later), 100'000);
    EXPECT_EQ(energy(*span, t0, t0 + 30 * second_us), 50'000);
    EXPECT_EQ(meter.power_mw, 6 * kw);
}

TEST(Meter, export_registers_count_the_other_way) {
    MeterState meter;
    take(meter, registers(t0, 0, 500'000), t0);
    take(meter, registers(t0 + 3600 * second_us, 0, 2'500'000), t0 + 3600 * second_us);
    EXPECT_EQ(meter.power_mw, -2 * kw);
}

TEST(Meter, over_a_long_hole_the_register_knows_better_than_the_powers) {
    MeterState meter;
    auto first = power(t0, 10 * kw);
    first.import_mwh = 0;
    take(meter, first, t0);
    const Us later = t0 + 1800 * second_us;
    auto second = power(later, 10 * kw);
    second.import_mwh = 1'000'000;  // 1 kWh: it was off most of the time
    const auto span = take(meter, second, later);
    ASSERT_TRUE(span && span->by_register);
    EXPECT_EQ(energy(*span, t0, later), 1'000'000);
}

TEST(Meter, over_a_long_hole_without_registers_energy_is_an_estimate) {
    MeterState meter;
    take(meter, power(t0, 10 * kw), t0);
    const auto span = take(meter, power(t0 + 1800 * second_us, 10 * kw), t0 + 1800 * second_us);
    ASSERT_TRUE(span);
    EXPECT_FALSE(span->good);
}

TEST(Meter, a_register_that_jumps_or_falls_is_not_believed) {
    MeterState meter;
    take(meter, registers(t0, 5'000'000), t0);
    const Us later = t0 + 60 * second_us;
    EXPECT_FALSE(take(meter, registers(later, 900'000'000'000'000'000), later));
}

TEST(Meter, late_and_repeated_samples_move_nothing) {
    MeterState meter;
    take(meter, power(t0 + 5 * second_us, 10 * kw), t0 + 6 * second_us);
    EXPECT_FALSE(take(meter, power(t0 + 5 * second_us, 99 * kw), t0 + 6 * second_us));
    EXPECT_FALSE(take(meter, power(t0, 99 * kw), t0 + 6 * second_us));
    EXPECT_EQ(meter.power_mw, 10 * kw);
}

TEST(Meter, a_sample_from_the_future_counts_as_measured_now) {
    MeterState meter;
    take(meter, power(t0 + hour_us, 10 * kw), t0);
    EXPECT_EQ(meter.power_us, t0);
}

TEST(Meter, bad_quality_is_not_believed) {
    MeterState meter;
    auto sample = power(t0, 10 * kw);
    sample.quality = model::Quality::bad;
    take(meter, sample, t0);
    EXPECT_FALSE(meter.has_power);
}

TEST(Meter, a_power_is_stale_after_fifteen_seconds_or_three_of_its_periods) {
    MeterState meter;
    take(meter, power(t0, kw), t0);
    EXPECT_TRUE(is_fresh(meter, t0 + 15 * second_us));
    EXPECT_FALSE(is_fresh(meter, t0 + 16 * second_us));
    take(meter, power(t0 + 30 * second_us, kw), t0 + 30 * second_us);
    EXPECT_TRUE(is_fresh(meter, t0 + 119 * second_us));
    EXPECT_FALSE(is_fresh(meter, t0 + 121 * second_us));
}

TEST(Meter, the_steady_power_follows_changes_and_leaves_noise_out) {
    MeterState meter;
    Us now = t0;
    for (const MilliW value : {10'000'000, 10'200'000, 9'800'000, 10'200'000, 9'800'000}) {
        take(meter, power(now, value), now);
        now += second_us;
    }
    EXPECT_NEAR(static_cast<double>(meter.steady_mw), 10e6, 30e3);
    take(meter, power(now, 3 * kw), now);
    EXPECT_EQ(meter.steady_mw, 3 * kw);
}

}  // namespace
}  // namespace busbar::dispatch
