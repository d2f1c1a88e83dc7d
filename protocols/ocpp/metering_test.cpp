#include "protocols/ocpp/metering.hpp"

#include <gtest/gtest.h>

#include "protocols/ocpp/v16/translate.hpp"
#include "protocols/ocpp/v201/translate.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ocpp {
namespace {

constexpr Electrical three{3, 230'000};

std::optional<model::Sample> sample(const std::vector<Reading>& readings) {
    return sample_of(readings, "r", 1, 2, three);
}

TEST(OcppMetering, the_total_goes_before_the_phases) {
    const auto found = sample({{Quantity::power_import, "", 7'000}, {Quantity::power_import, "L1", 1'000}});
    EXPECT_EQ(found->power_mw, 7'000'000);
    EXPECT_EQ(found->quality, model::Quality::good);
}

TEST(OcppMetering, phases_add_up) {
    const auto found = sample({{Quantity::power_import, "L1", 1'000},
                               {Quantity::power_import, "L2-N", 2'000},
                               {Quantity::power_import, "L3", 3'000.5},
                               {Quantity::power_import, "N", 9}});
    EXPECT_EQ(found->power_mw, 6'000'500);
}

TEST(OcppMetering, export_counts_against_import) {
    EXPECT_EQ(sample({{Quantity::power_import, "", 0}, {Quantity::power_export, "", 5'000}})->power_mw, -5'000'000);
}

TEST(OcppMetering, currents_alone_give_an_estimate) {
    auto found = sample({{Quantity::current_import, "L1", 10},
                         {Quantity::current_import, "L2", 10},
                         {Quantity::current_import, "L3", 9}});
    EXPECT_EQ(found->power_mw, 6'670'000);
    EXPECT_EQ(found->quality, model::Quality::estimated);
    found = sample({{Quantity::current_import, "L1", 10}, {Quantity::voltage, "L1-N", 240}});
    EXPECT_EQ(found->power_mw, 2'400'000);
    EXPECT_EQ(sample({{Quantity::current_import, "", 10}})->power_mw, 6'900'000);
    // 400 V is between lines, whatever the meter calls it.
    EXPECT_EQ(sample({{Quantity::current_import, "L1", 10}, {Quantity::voltage, "", 400}})->power_mw, 2'300'000);
}

TEST(OcppMetering, the_other_quantities) {
    const auto found = sample({{Quantity::energy_import, "", 1'234.5678},
                               {Quantity::energy_export, "L1", 1},
                               {Quantity::state_of_charge, "", 63.25},
                               {Quantity::voltage, "L1-N", 229},
                               {Quantity::voltage, "L2-N", 231},
                               {Quantity::frequency, "", 49.98}});
    EXPECT_FALSE(found->power_mw);
    EXPECT_EQ(found->import_mwh, 1'234'568);
    EXPECT_EQ(found->export_mwh, 1'000);
    EXPECT_EQ(found->state_of_charge_ppm, 632'500);
    EXPECT_EQ(found->voltage_mv, 230'000);
    EXPECT_EQ(found->frequency_mhz, 49'980);
}

TEST(OcppMetering, nothing_to_tell_is_no_sample) {
    EXPECT_FALSE(sample({}));
    EXPECT_FALSE(sample({{Quantity::power_import, "L1-L2", 1}}));
    EXPECT_FALSE(sample({{Quantity::power_import, "", std::numeric_limits<double>::infinity()}}));
    EXPECT_FALSE(sample({{Quantity::state_of_charge, "", 255}}));
}

TEST(OcppMetering, numbers_as_stations_write_them) {
    EXPECT_EQ(number_of(" 12.50 "), 12.5);
    EXPECT_EQ(number_of("12,5"), 12.5);
    EXPECT_EQ(number_of("+3"), 3);
    EXPECT_FALSE(number_of(""));
    EXPECT_FALSE(number_of("12 A"));
    EXPECT_FALSE(number_of("nan"));
}

TEST(OcppMetering, v16_defaults_units_places_and_signed_values) {
    v16::MeterValue value;
    ASSERT_FALSE(wire::from_json(R"({"timestamp":"2026-01-01T00:00:00Z","sampledValue":[
        {"value":"1.5","unit":"kWh"},
        {"value":"3.2","measurand":"Power.Active.Import","unit":"kW"},
        {"value":"99","measurand":"Power.Active.Import","location":"Inlet","unit":"W"},
        {"value":"AB12","measurand":"Energy.Active.Import.Register","format":"SignedData"},
        {"value":"55","measurand":"SoC","location":"EV","unit":"Percent"},
        {"value":"25","measurand":"Temperature","unit":"Celcius"}]})",
                                 value));
    const auto found = sample(v16::to_readings(value));
    EXPECT_EQ(found->import_mwh, 1'500'000);
    EXPECT_EQ(found->power_mw, 3'200'000);
    EXPECT_EQ(found->state_of_charge_ppm, 550'000);
}

TEST(OcppMetering, v201_multipliers) {
    v201::MeterValue value;
    ASSERT_FALSE(wire::from_json(R"({"timestamp":"2026-01-01T00:00:00Z","sampledValue":[
        {"value":1.5,"unitOfMeasure":{"multiplier":3}},
        {"value":3.2,"measurand":"Power.Active.Import","unitOfMeasure":{"unit":"kW"}}]})",
                                 value));
    const auto found = sample(v201::to_readings(value));
    EXPECT_EQ(found->import_mwh, 1'500'000);
    EXPECT_EQ(found->power_mw, 3'200'000);
}

TEST(OcppMetering, a_clock_that_was_never_set_is_known_by_its_year) {
    EXPECT_FALSE(is_set(0));
    EXPECT_FALSE(is_set(31'536'000 * model::second_us));
    EXPECT_TRUE(is_set(1'767'225'600 * model::second_us));
}

}  // namespace
}  // namespace busbar::ocpp
