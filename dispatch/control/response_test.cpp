#include "dispatch/control/response.hpp"

#include <gtest/gtest.h>

namespace busbar::dispatch {
namespace {

using model::MilliW;

constexpr MilliW kw = 1'000'000, deadband = 50'000;
constexpr Box charger{0, 22 * kw}, solar{-10 * kw, 0}, battery{-5 * kw, 5 * kw};

void observe_twice(ResponseState& response, const Box& box, MilliW told, MilliW done) {
    for (int sample = 0; sample < 2; ++sample) observe(response, {box, told, deadband, 2}, done);
}

MilliW tell(const ResponseState& response, const Box& box, MilliW wanted, MilliW unbounded) {
    return to_tell(response, box, {wanted, unbounded, 0, 0, deadband});
}

TEST(Response, nothing_is_concluded_from_one_sample) {
    ResponseState response;
    observe(response, {charger, 16 * kw, deadband, 2}, 7 * kw);
    EXPECT_EQ(reachable(response, charger), charger);
}

TEST(Response, a_device_that_takes_less_is_capped_at_what_it_takes) {
    ResponseState response;
    observe_twice(response, charger, 16 * kw, 7 * kw);
    EXPECT_EQ(reachable(response, charger), (Box{0, 7 * kw}));
    EXPECT_EQ(expected(response, charger, 16 * kw), 7 * kw);
    EXPECT_EQ(expected(response, charger, 5 * kw), 5 * kw);
}

TEST(Response, a_capped_device_is_asked_for_a_little_more_than_it_does) {
    ResponseState response;
    observe_twice(response, charger, 16 * kw, 7 * kw);
    EXPECT_EQ(tell(response, charger, 7 * kw, 16 * kw), 7 * kw + 880'000);
    EXPECT_EQ(tell(response, charger, 5 * kw, 5 * kw), 5 * kw);
}

TEST(Response, a_cap_that_goes_away_is_found_in_doubling_steps) {
    ResponseState response;
    observe_twice(response, charger, 16 * kw, 7 * kw);
    int steps = 0;
    for (; reachable(response, charger).high_mw < 22 * kw && steps < 20; ++steps) {
        const MilliW told = tell(response, charger, reachable(response, charger).high_mw, 22 * kw);
        observe_twice(response, charger, told, told);
    }
    EXPECT_LT(steps, 7);
}

TEST(Response, following_below_its_cap_says_nothing_about_the_cap) {
    ResponseState response;
    observe_twice(response, charger, 16 * kw, 7 * kw);
    observe_twice(response, charger, 4 * kw, 4 * kw);
    EXPECT_EQ(reachable(response, charger).high_mw, 7 * kw);
}

TEST(Response, a_small_loss_in_proportion_is_asked_for_on_top) {
    ResponseState response;
    observe_twice(response, charger, 10 * kw, 9'500'000);
    EXPECT_EQ(expected(response, charger, 20 * kw), 19 * kw);
    EXPECT_NEAR(static_cast<double>(tell(response, charger, 19 * kw, 19 * kw)), 20e6, 10);
}

TEST(Response, asked_for_more_in_vain_is_a_cap_and_no_loss) {
    ResponseState response;
    observe_twice(response, charger, 10 * kw, 9'500'000);
    observe_twice(response, charger, 11 * kw, 9'520'000);
    EXPECT_EQ(reachable(response, charger).high_mw, 9'520'000);
}

TEST(Response, told_less_and_doing_the_same_is_a_cap_and_no_loss) {
    ResponseState response;
    observe_twice(response, charger, 5 * kw, 4'800'000);
    observe_twice(response, charger, 13 * kw, 10'900'000);
    EXPECT_GT(reachable(response, charger).high_mw, 18 * kw) << "so far it may be one";
    observe_twice(response, charger, 12 * kw, 10'890'000);
    EXPECT_EQ(reachable(response, charger).high_mw, 10'890'000);
}

// Counted on to give way when it is told less, it would keep a site above its limit.
TEST(Response, a_fifth_less_than_told_is_a_cap_as_long_as_nothing_else_was_tried) {
    ResponseState response;
    observe_twice(response, charger, 13 * kw, 10'900'000);
    EXPECT_EQ(reachable(response, charger).high_mw, 10'900'000);
    EXPECT_EQ(expected(response, charger, 10 * kw), 10 * kw);
}

TEST(Response, solar_plants_are_capped_on_their_side) {
    ResponseState response;
    observe_twice(response, solar, -8 * kw, -3 * kw);
    EXPECT_EQ(reachable(response, solar), (Box{-3 * kw, 0}));
    EXPECT_EQ(tell(response, solar, -3 * kw, -8 * kw), -3 * kw - 400'000);
}

TEST(Response, a_device_that_does_not_follow_is_counted_on_for_what_it_does_and_asked_on) {
    ResponseState response;
    observe_twice(response, charger, 5 * kw, 22 * kw);
    EXPECT_TRUE(response.ignores);
    EXPECT_EQ(reachable(response, charger), (Box{22 * kw, 22 * kw}));
    EXPECT_EQ(tell(response, charger, 22 * kw, 5 * kw), 5 * kw);
    for (int sample = 0; sample < 3; ++sample) observe(response, {charger, 5 * kw, deadband, 2}, 5 * kw);
    EXPECT_FALSE(response.ignores);
}

TEST(Response, a_battery_that_runs_the_wrong_way_ignores_us) {
    ResponseState response;
    observe_twice(response, battery, -3 * kw, 2 * kw);
    EXPECT_TRUE(response.ignores);
}

TEST(Response, off_means_off) {
    ResponseState response;
    observe_twice(response, charger, 0, 100'000);
    EXPECT_FALSE(response.ignores);
    observe_twice(response, charger, 0, 9 * kw);
    observe(response, {charger, 0, deadband, 2}, 9 * kw);
    EXPECT_TRUE(response.ignores);
}

TEST(Response, a_glitch_is_passed_over_and_a_change_is_seen_at_once) {
    ResponseState response;
    for (int sample = 0; sample < 8; ++sample) observe(response, {charger, 16 * kw, deadband, 2}, 16 * kw);
    observe(response, {charger, 16 * kw, deadband, 2}, 0);
    observe(response, {charger, 16 * kw, deadband, 2}, 16 * kw);
    EXPECT_EQ(reachable(response, charger).high_mw, 22 * kw);
    for (int sample = 0; sample < 3; ++sample) observe(response, {charger, 16 * kw, deadband, 2}, 4 * kw);
    EXPECT_EQ(reachable(response, charger).high_mw, 4 * kw);
}

TEST(Response, of_two_samples_of_a_slow_meter_that_contradict_each_other_the_newer_holds) {
    ResponseState response;
    observe_free(response, {charger, 22 * kw, deadband, 1}, 0);
    observe_free(response, {charger, 22 * kw, deadband, 1}, 21 * kw);
    EXPECT_GE(reachable(response, charger).high_mw, 20 * kw);
}

// Of a meter read each five minutes a second look costs five minutes more.
TEST(Response, one_sample_of_a_slow_meter_against_many_is_a_change) {
    ResponseState response;
    const Told told{charger, 11 * kw, deadband, 1, 1};
    for (int sample = 0; sample < 5; ++sample) observe(response, told, 11 * kw);
    observe(response, told, 0);
    EXPECT_EQ(reachable(response, charger).high_mw, 0);
    EXPECT_EQ(expected(response, charger, 11 * kw), 0);
    observe(response, told, 11 * kw);
    EXPECT_GE(reachable(response, charger).high_mw, 11 * kw) << "it was a glitch, and the next sample says so";
}

TEST(Response, a_free_device_shows_what_it_can_before_it_is_told_anything) {
    ResponseState response;
    for (int sample = 0; sample < 3; ++sample) observe_free(response, {charger, 22 * kw, deadband, 2}, 7 * kw);
    EXPECT_EQ(reachable(response, charger).high_mw, 7 * kw);
    ResponseState sun;
    for (int sample = 0; sample < 3; ++sample) observe_free(sun, {solar, -10 * kw, deadband, 2}, -4 * kw);
    EXPECT_EQ(reachable(sun, solar).low_mw, -4 * kw);
    ResponseState idle;
    for (int sample = 0; sample < 3; ++sample) observe_free(idle, {battery, 0, deadband, 2}, 0);
    EXPECT_EQ(reachable(idle, battery), battery);
}

TEST(Response, noise_neither_caps_nor_moves_the_gain) {
    ResponseState response;
    for (int sample = 0; sample < 200; ++sample) {
        const MilliW noise = (sample % 2 == 0 ? 1 : -1) * 400'000;
        observe(response, {charger, 12 * kw, deadband, 2}, 12 * kw + noise);
    }
    EXPECT_EQ(reachable(response, charger).high_mw, 22 * kw);
    EXPECT_NEAR(static_cast<double>(response.gain_ppm), 1e6, 15'000);
}

TEST(Response, commands_keep_to_steps_and_to_the_gap) {
    const ResponseState response;
    const auto told = [&](MilliW wanted) {
        return to_tell(response, charger, {wanted, wanted, 4'140'000, 690'000, deadband});
    };
    EXPECT_EQ(told(10 * kw) % 690'000, 0);
    EXPECT_EQ(told(0), 0);
    EXPECT_EQ(told(1 * kw), 0);
    EXPECT_EQ(told(4 * kw), 4'140'000);
    EXPECT_LE(told(22 * kw), 22 * kw);
}

TEST(Response, a_device_that_only_trickles_is_not_switched_off) {
    ResponseState response;
    observe_twice(response, charger, 10 * kw, 1 * kw);
    EXPECT_GE(to_tell(response, charger, {1 * kw, 10 * kw, 4'140'000, 0, deadband}), 4'140'000);
}

}  // namespace
}  // namespace busbar::dispatch
