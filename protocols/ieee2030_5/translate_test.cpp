#include "protocols/ieee2030_5/translate.hpp"

#include <gtest/gtest.h>

#include "protocols/ieee2030_5/test_support.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::ResourceKind;

sep::DERSettings settings(int max_w, int charge_w, int discharge_w) {
    sep::DERSettings record;
    record.setMaxW.value = max_w;
    record.setMaxChargeRateW.emplace().value = charge_w;
    record.setMaxDischargeRateW.emplace().value = discharge_w;
    return record;
}

Ratings battery() {
    return ratings_of(ResourceKind::storage, std::nullopt, settings(6000, 4000, 5000), {});
}
Ratings array() {
    return ratings_of(ResourceKind::pv, std::nullopt, settings(6000, 0, 0), {});
}

TEST(Translate, charging_is_negative_there_and_positive_here) {
    const sep::DERControlBase base = control_for(ResourceKind::storage, battery(), 2 * kilowatt_mw, false);
    EXPECT_EQ(*base.opModFixedW, -5000);  // half of setMaxChargeRateW
    EXPECT_FALSE(base.opModMaxLimW);
    EXPECT_EQ(wanted_of(battery(), base).setpoint_mw, 2 * kilowatt_mw);
}

TEST(Translate, discharging_is_a_share_of_the_discharge_rate) {
    const sep::DERControlBase base = control_for(ResourceKind::storage, battery(), -kilowatt_mw, false);
    EXPECT_EQ(*base.opModFixedW, 2000);
    EXPECT_EQ(wanted_of(battery(), base).setpoint_mw, -kilowatt_mw);
}

TEST(Translate, discharging_is_a_share_of_setMaxW_if_no_rate_is_stated) {
    sep::DERSettings record = settings(6000, 4000, 0);
    record.setMaxDischargeRateW.reset();
    const Ratings ratings = ratings_of(ResourceKind::storage, std::nullopt, record, {});
    EXPECT_EQ(*control_for(ResourceKind::storage, ratings, -3 * kilowatt_mw, false).opModFixedW, 5000);
}

TEST(Translate, generators_are_limited) {
    const sep::DERControlBase base = control_for(ResourceKind::pv, array(), -1'500'001, false);
    EXPECT_EQ(*base.opModMaxLimW, 2500);  // never looser: 1.500001 kW -> 1.5 kW
    EXPECT_FALSE(base.opModFixedW);
    EXPECT_EQ(wanted_of(array(), base).export_limit_mw, 1'500'000);
}

TEST(Translate, a_generator_asked_to_consume_stops) {
    EXPECT_EQ(*control_for(ResourceKind::pv, array(), kilowatt_mw, false).opModMaxLimW, 0);
}

TEST(Translate, rounding_never_loosens) {
    for (model::MilliW power = -5 * kilowatt_mw; power <= 4 * kilowatt_mw; power += 37'123) {
        const Wanted wanted = wanted_of(battery(), control_for(ResourceKind::storage, battery(), power, true));
        ASSERT_TRUE(wanted.setpoint_mw);
        EXPECT_LE(std::abs(*wanted.setpoint_mw), std::abs(power));
        EXPECT_GE(std::abs(*wanted.setpoint_mw), std::abs(power) - 500);
    }
}

TEST(Translate, csip_aus_limits_go_by_what_the_device_enabled) {
    Ratings ratings = battery();
    ratings.doe = 1u << doe_generation | 1u << doe_load | 1u << doe_export | 1u << doe_import;
    const sep::DERControlBase own = control_for(ResourceKind::storage, ratings, -2 * kilowatt_mw, true);
    EXPECT_EQ(power_mw(*own.opModGenLimW), 2 * kilowatt_mw);
    EXPECT_EQ(power_mw(*own.opModLoadLimW), 0);
    EXPECT_FALSE(own.opModExpLimW);
    EXPECT_FALSE(own.opModImpLimW);
    ratings.doe = 1u << doe_export | 1u << doe_import;
    const sep::DERControlBase site = control_for(ResourceKind::storage, ratings, 3 * kilowatt_mw, true);
    EXPECT_EQ(power_mw(*site.opModImpLimW), 3 * kilowatt_mw);
    EXPECT_EQ(power_mw(*site.opModExpLimW), 0);
    const sep::DERControlBase none = control_for(ResourceKind::storage, ratings, kilowatt_mw, false);
    EXPECT_FALSE(none.opModImpLimW);
}

TEST(Translate, modes_that_the_device_enabled_decide_the_element) {
    Ratings ratings = battery();
    ratings.modes = 1u << mode_target_w;
    EXPECT_EQ(power_mw(*control_for(ResourceKind::storage, ratings, kilowatt_mw, false).opModTargetW), -kilowatt_mw);
    ratings = array();
    ratings.modes = 1u << mode_fixed_w;
    const sep::DERControlBase base = control_for(ResourceKind::pv, ratings, -3 * kilowatt_mw, false);
    EXPECT_FALSE(base.opModMaxLimW);
    EXPECT_EQ(wanted_of(ratings, base).setpoint_mw, -3 * kilowatt_mw);
}

TEST(Translate, settings_win_over_ratings_and_the_nameplate_narrows) {
    sep::DERCapability capability;
    capability.rtgMaxW.value = 10'000;
    EXPECT_EQ(ratings_of(ResourceKind::pv, capability, std::nullopt, {}).export_mw, 10 * kilowatt_mw);
    const Ratings ratings = ratings_of(ResourceKind::pv, capability, settings(6000, 0, 0), {5 * kilowatt_mw, 0});
    EXPECT_EQ(ratings.max_mw, 6 * kilowatt_mw);  // percentages are of the device's own setting
    EXPECT_EQ(ratings.export_mw, 5 * kilowatt_mw);
    EXPECT_EQ(ratings_of(ResourceKind::pv, std::nullopt, std::nullopt, {5 * kilowatt_mw, 0}).max_mw, 5 * kilowatt_mw);
}

TEST(Translate, multipliers_of_ratings) {
    sep::DERSettings record = settings(3276, 0, 0);
    record.setMaxW.multiplier = 2;
    EXPECT_EQ(ratings_of(ResourceKind::pv, std::nullopt, record, {}).export_mw, 327'600 * 1000LL);
    record.setMaxW.multiplier = -2;
    EXPECT_EQ(ratings_of(ResourceKind::pv, std::nullopt, record, {}).export_mw, 32'760);
}

TEST(Translate, capability_is_the_box_in_the_models_sign) {
    const model::Capability box = capability_of(ResourceKind::storage, battery());
    EXPECT_EQ(box.min_mw, -5 * kilowatt_mw);
    EXPECT_EQ(box.max_mw, 4 * kilowatt_mw);
    EXPECT_EQ(box.preferred_mw, 0);
    EXPECT_EQ(capability_of(ResourceKind::pv, array()).max_mw, 0);
}

TEST(Translate, S_ALL_08_S_ALL_09_status_says_whether_commands_are_taken) {
    sep::DERStatus status;
    EXPECT_TRUE(takes_commands(std::nullopt));
    EXPECT_TRUE(takes_commands(status));
    status.operationalModeStatus.emplace().value = 1;
    EXPECT_FALSE(takes_commands(status));
    status.operationalModeStatus->value = 2;
    status.genConnectStatus.emplace().value = "00";
    EXPECT_FALSE(takes_commands(status));
    status.storConnectStatus.emplace().value = "0a";
    EXPECT_TRUE(takes_commands(status));
    status.genConnectStatus->value = "17";
    EXPECT_FALSE(takes_commands(status));
}

TEST(Translate, connect_and_energize_stop_everything) {
    sep::DERControlBase base;
    base.opModEnergize = false;
    const Wanted wanted = wanted_of(array(), base);
    EXPECT_TRUE(wanted.controlled);
    EXPECT_EQ(wanted.power(-kilowatt_mw), 0);
}

}  // namespace
}  // namespace busbar::ieee2030_5
