// What a command becomes: exact periods and units, on the wire of both versions.
#include "protocols/ocpp/profiles.hpp"

#include <gtest/gtest.h>

#include "protocols/ocpp/test_pair.hpp"
#include "protocols/ocpp/v16/translate.hpp"
#include "protocols/ocpp/v201/translate.hpp"
#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ocpp {
namespace {

using model::second_us;

constexpr model::Us start = test_start_us;
constexpr model::Us ahead = start - second_us;  // when a command that starts at `start` is not in force yet
constexpr Electrical three{3, 230'000};

model::Command three_steps() {
    return setpoint("c", "r", start, start + 900 * second_us,
                    {{start, 11'040'000}, {start + 300 * second_us, 4'999'999}, {start + 600 * second_us, 22'000'000}});
}

TEST(OcppProfile, watts_and_amperes_round_toward_zero_to_a_tenth) {
    EXPECT_DOUBLE_EQ(limit_in(RateUnit::W, 7'360'199, three), 7'360.1);
    EXPECT_DOUBLE_EQ(limit_in(RateUnit::A, 7'360'199, three), 10.6);  // 10.667
    EXPECT_DOUBLE_EQ(limit_in(RateUnit::A, 5'589'000, three), 8.1);
    EXPECT_DOUBLE_EQ(limit_in(RateUnit::W, -5'000'000, three), 0);
    EXPECT_DOUBLE_EQ(limit_in(RateUnit::A, 3'680'000, {1, 230'000}), 16);
}

TEST(OcppProfile, no_limit_is_ever_loosened_by_rounding) {
    for (model::MilliW power_mw = 0; power_mw < 23'000'000; power_mw += 12'347) {
        for (const RateUnit unit : {RateUnit::A, RateUnit::W}) {
            const double limit = limit_in(unit, power_mw, three);
            EXPECT_LE(power_of(unit, limit, three), power_mw) << power_mw;
            EXPECT_GT(power_of(unit, limit + 0.1, three), power_mw - 2) << power_mw;
        }
    }
}

TEST(OcppProfile, steps_become_periods_in_seconds) {
    const Profile profile = command_profile(ahead, three_steps(), 1, "42", three, {true, true, 8, 24});
    EXPECT_EQ(profile.unit, RateUnit::W);
    EXPECT_EQ(profile.start_us, start);
    EXPECT_EQ(profile.duration_s, 900);
    EXPECT_EQ(profile.periods, (std::vector<Period>{{0, 11'040}, {300, 4'999.9}, {600, 22'000}}));
    EXPECT_EQ(profile.stack_level, 8);
    EXPECT_EQ(profile.renew_us, model::never);
}

TEST(OcppProfile, amperes_if_the_station_takes_nothing_else) {
    const Profile profile = command_profile(ahead, three_steps(), 1, "42", three, {true, false, 8, 24});
    EXPECT_EQ(profile.unit, RateUnit::A);
    EXPECT_EQ(profile.periods, (std::vector<Period>{{0, 16}, {300, 7.2}, {600, 31.8}}));
}

TEST(OcppProfile, steps_that_are_over_are_left_out) {
    const Profile profile =
        command_profile(start + 650 * second_us, three_steps(), 1, "42", three, {true, true, 8, 24});
    EXPECT_EQ(profile.periods, (std::vector<Period>{{0, 22'000}}));
    EXPECT_EQ(profile.end_us(), start + 900 * second_us);
}

// It would charge without any limit until its own clock comes to the start.
TEST(OcppProfile, what_is_in_force_holds_on_a_charger_whose_clock_is_ten_minutes_behind_too) {
    const Profile profile = command_profile(start + second_us, three_steps(), 1, "42", three, {true, true, 8, 24});
    EXPECT_EQ(profile.start_us, start - 600 * second_us);
    EXPECT_EQ(profile.end_us(), start + 900 * second_us);
    EXPECT_EQ(profile.periods, (std::vector<Period>{{0, 11'040}, {900, 4'999.9}, {1200, 22'000}}));
    EXPECT_EQ(fallback_profile(start, 5'000'000, 1, three, {true, true, 8, 24}).start_us, start - 600 * second_us);
}

TEST(OcppProfile, equal_neighbours_become_one) {
    model::Command command = three_steps();
    command.steps[1].power_mw = command.steps[0].power_mw + 10;
    const Profile profile = command_profile(ahead, command, 1, "42", three, {true, true, 8, 24});
    EXPECT_EQ(profile.periods, (std::vector<Period>{{0, 11'040}, {600, 22'000}}));
}

TEST(OcppProfile, what_does_not_fit_is_merged_at_its_lowest_and_renewed_in_time) {
    model::Command command = three_steps();
    command.steps.push_back({start + 800 * second_us, 6'000'000});
    const Profile profile = command_profile(ahead, command, 1, "42", three, {true, true, 8, 3});
    EXPECT_EQ(profile.periods, (std::vector<Period>{{0, 11'040}, {300, 4'999.9}, {600, 6'000}}));
    EXPECT_EQ(profile.renew_us, start + 600 * second_us);
    const Profile single = command_profile(ahead, command, 1, "42", three, {true, true, 8, 1});
    EXPECT_EQ(single.periods, (std::vector<Period>{{0, 4'999.9}}));
    EXPECT_EQ(single.renew_us, start + 300 * second_us);
}

TEST(OcppProfile, fractions_of_a_second_end_late_rather_than_early) {
    const model::Us odd = start + 400'000;
    const auto command =
        setpoint("c", "r", odd, odd + 10 * second_us, {{odd, 5'000'000}, {odd + 2'700'000, 4'500'000}});
    const Profile profile = command_profile(odd - second_us, command, 1, "42", three, {true, true, 8, 24});
    EXPECT_EQ(profile.start_us, start);
    EXPECT_EQ(profile.periods[1].start_s, 3);
    EXPECT_EQ(profile.duration_s, 11);
}

TEST(OcppProfile, K01_FR_06_the_three_roles_never_share_an_id_or_a_level_of_one_purpose) {
    std::set<std::int32_t> ids;
    for (std::uint16_t outlet = 1; outlet <= 40; ++outlet) {
        for (const Role role : {Role::transaction, Role::standing, Role::fallback})
            ids.insert(profile_id(outlet, role));
    }
    EXPECT_EQ(ids.size(), 120U);
    const ProfileLimits limits{true, true, 8, 24};
    const Profile standing = command_profile(ahead, three_steps(), 1, "", three, limits);
    const Profile fallback = fallback_profile(start, 5'000'000, 1, three, limits);
    EXPECT_EQ(standing.role, Role::standing);
    EXPECT_NE(standing.stack_level, fallback.stack_level);
}

TEST(OcppProfile, v16_a_transaction_profile_on_the_wire) {
    const Profile profile = command_profile(ahead, three_steps(), 2, "42", three, {true, false, 3, 24});
    const auto request = v16::to_request(profile, 2);
    EXPECT_FALSE(wire::check(request));
    EXPECT_EQ(
        wire::to_json(request),
        R"({"connectorId":2,"csChargingProfiles":{"chargingProfileId":21,"transactionId":42,"stackLevel":3,)"
        R"("chargingProfilePurpose":"TxProfile","chargingProfileKind":"Absolute","chargingSchedule":{)"
        R"("duration":900,"startSchedule":"2026-01-01T00:00:00Z","chargingRateUnit":"A","chargingSchedulePeriod":[)"
        R"({"startPeriod":0,"limit":16},{"startPeriod":300,"limit":7.2},{"startPeriod":600,"limit":31.8}]}}})");
}

TEST(OcppProfile, v201_a_standing_profile_on_the_wire) {
    const Profile profile = command_profile(ahead, three_steps(), 1, "", {1, 230'000}, {true, true, 3, 24});
    const auto request = v201::to_request(profile, 1);
    EXPECT_FALSE(wire::check(request));
    const std::string json = wire::to_json(request);
    EXPECT_NE(json.find(R"("chargingProfilePurpose":"TxDefaultProfile")"), std::string::npos) << json;
    EXPECT_NE(json.find(R"("validTo":"2026-01-01T00:15:00Z")"), std::string::npos) << json;
    EXPECT_NE(json.find(R"({"startPeriod":0,"limit":11040,"numberPhases":1})"), std::string::npos) << json;
    EXPECT_EQ(json.find("transactionId"), std::string::npos) << json;
}

TEST(OcppProfile, a_composite_above_the_order_is_found) {
    const model::Command command = three_steps();
    Composite composite{start, RateUnit::A, {{0, 16, 3}, {300, 7.2, 3}, {600, 31.8, 3}, {900, 32, 3}}, 3600};
    EXPECT_FALSE(excess_of(composite, command, start, three));
    composite.parts[1].limit = 7.5;
    const auto excess = excess_of(composite, command, start, three);
    ASSERT_TRUE(excess);
    EXPECT_EQ(excess->ordered_mw, 4'999'999);
    EXPECT_EQ(excess->composite_mw, 5'175'000);
    EXPECT_FALSE(excess_of(composite, command, start + 650 * second_us, three));  // what is past is past
}

}  // namespace
}  // namespace busbar::ocpp
