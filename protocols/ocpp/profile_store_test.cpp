#include "protocols/ocpp/profile_store.hpp"

#include <gtest/gtest.h>

namespace busbar::ocpp {
namespace {

using model::second_us;

constexpr model::Us start = 1'767'225'600 * second_us;

LimitContext outlet(std::string transaction = "t") {
    return {1, {3, 230'000}, 22'080, std::move(transaction), start};
}

StoredProfile profile(std::int32_t id, Purpose purpose, std::int32_t level, double watts) {
    StoredProfile stored;
    stored.id = id;
    stored.evse = purpose == Purpose::station_max ? 0 : 1;
    stored.purpose = purpose;
    stored.stack_level = level;
    if (purpose == Purpose::tx) stored.transaction = "t";
    stored.start_us = start;
    stored.periods.push_back({0, watts, {}});
    return stored;
}

TEST(OcppProfileStore, without_profiles_the_hardware_is_the_limit) {
    EXPECT_DOUBLE_EQ(ProfileStore().limit_w(start, outlet()), 22'080);
}

TEST(OcppProfileStore, the_highest_level_counts_within_a_purpose) {
    ProfileStore store;
    store.set(profile(1, Purpose::tx_default, 0, 5'000));
    store.set(profile(2, Purpose::tx_default, 3, 9'000));
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet()), 9'000);
}

TEST(OcppProfileStore, a_transaction_profile_overrules_the_default_even_upward) {
    ProfileStore store;
    store.set(profile(1, Purpose::tx_default, 8, 5'000));
    store.set(profile(2, Purpose::tx, 0, 9'000));
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet()), 9'000);
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet("")), 5'000);  // K08.FR.06: none running
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet("other")), 5'000);
}

TEST(OcppProfileStore, the_lowest_over_the_purposes_counts) {
    ProfileStore store;
    store.set(profile(1, Purpose::station_max, 0, 7'000));
    store.set(profile(2, Purpose::tx, 0, 9'000));
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet()), 7'000);
}

TEST(OcppProfileStore, validity_and_duration_end_it) {
    ProfileStore store;
    StoredProfile one = profile(1, Purpose::tx_default, 1, 5'000);
    one.valid_from_us = start + 10 * second_us;
    one.duration_s = 60;
    store.set(one);
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet()), 22'080);
    EXPECT_DOUBLE_EQ(store.limit_w(start + 10 * second_us, outlet()), 5'000);
    EXPECT_DOUBLE_EQ(store.limit_w(start + 60 * second_us, outlet()), 22'080);
}

TEST(OcppProfileStore, amperes_of_fewer_phases_are_less_power) {
    ProfileStore store;
    StoredProfile one = profile(1, Purpose::tx, 1, 16);
    one.unit = RateUnit::A;
    store.set(one);
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet()), 11'040);
    one.periods[0].phases = 1;
    store.set(one);
    EXPECT_DOUBLE_EQ(store.limit_w(start, outlet()), 3'680);
}

TEST(OcppProfileStore, a_daily_profile_comes_back) {
    ProfileStore store;
    StoredProfile one = profile(1, Purpose::tx_default, 1, 5'000);
    one.recurs_us = 24 * model::hour_us;
    one.duration_s = 3600;
    store.set(one);
    EXPECT_DOUBLE_EQ(store.limit_w(start + 48 * model::hour_us + second_us, outlet()), 5'000);
    EXPECT_DOUBLE_EQ(store.limit_w(start + 50 * model::hour_us, outlet()), 22'080);
}

TEST(OcppProfileStore, K01_FR_05_and_the_same_place_replace) {
    ProfileStore store;
    store.set(profile(1, Purpose::tx, 1, 5'000));
    store.set(profile(1, Purpose::tx_default, 4, 6'000));
    EXPECT_EQ(store.all().size(), 1U);
    store.set(profile(2, Purpose::tx_default, 4, 7'000));
    EXPECT_EQ(store.all().size(), 1U);
    EXPECT_EQ(store.rival_of(profile(3, Purpose::tx_default, 4, 1))->id, 2);
    EXPECT_EQ(store.rival_of(profile(2, Purpose::tx_default, 4, 1)), nullptr);
}

TEST(OcppProfileStore, K10_criteria_are_a_logical_and) {
    ProfileStore store;
    store.set(profile(1, Purpose::tx_default, 1, 5'000));
    store.set(profile(2, Purpose::tx_default, 2, 5'000));
    store.set(profile(3, Purpose::tx, 2, 5'000));
    ProfileFilter filter;
    filter.purpose = Purpose::tx_default;
    filter.stack_level = 2;
    EXPECT_EQ(store.clear(filter), 1U);
    EXPECT_EQ(store.clear(filter), 0U);
    store.end_transaction("t");
    EXPECT_EQ(store.all().size(), 1U);
    EXPECT_EQ(store.clear({}), 1U);
}

TEST(OcppProfileStore, the_composite_has_every_change_once) {
    ProfileStore store;
    StoredProfile tx = profile(1, Purpose::tx, 1, 9'000);
    tx.periods.push_back({100, 5'000, {}});
    tx.duration_s = 200;
    store.set(tx);
    store.set(profile(2, Purpose::tx_default, 0, 9'000));
    const Composite composite = store.composite(start, 300, RateUnit::W, outlet());
    ASSERT_EQ(composite.parts.size(), 3U);
    EXPECT_DOUBLE_EQ(composite.parts[0].limit, 9'000);
    EXPECT_EQ(composite.parts[1].start_s, 100);
    EXPECT_DOUBLE_EQ(composite.parts[1].limit, 5'000);
    EXPECT_EQ(composite.parts[2].start_s, 200);
    EXPECT_DOUBLE_EQ(composite.parts[2].limit, 9'000);
    EXPECT_DOUBLE_EQ(store.composite(start, 300, RateUnit::A, outlet()).parts[1].limit, 7.2);
}

}  // namespace
}  // namespace busbar::ocpp
