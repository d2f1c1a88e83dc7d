// What an eiEvent means in the common model.
#include "protocols/openadr/v2b/translate.hpp"

#include <gtest/gtest.h>

#include "protocols/openadr/v2b/vtn.hpp"

namespace busbar::openadr::v2b {

namespace {

using model::minute_us;
using model::second_us;
using model::SignalKind;
using model::Us;

constexpr Us noon = 1'760'000'400'000'000;

EventPlan plan(std::string name, std::string type, double value) {
    EventPlan plan;
    plan.id = "e1";
    plan.start_us = noon;
    plan.intervals = {{10 * minute_us, value}};
    plan.signal_name = std::move(name);
    plan.signal_type = std::move(type);
    return plan;
}
OadrEvent event(std::string name, std::string type, double value) {
    return to_event(plan(std::move(name), std::move(type), value), noon);
}
EiEventSignal& signal(OadrEvent& event, std::size_t index = 0) {
    return event.eiEvent.eiEventSignals.eiEventSignal.at(index);
}
void add_signal(OadrEvent& event, std::string name, std::string type, std::vector<std::pair<Us, double>> intervals) {
    EventPlan other = plan(std::move(name), std::move(type), 0);
    other.intervals = std::move(intervals);
    event.eiEvent.eiEventSignals.eiEventSignal.push_back(
        to_event(other, noon).eiEvent.eiEventSignals.eiEventSignal.at(0));
}
model::Signal only_signal(const Translation& out) {
    EXPECT_EQ(out.code, Code::ok) << out.description;
    EXPECT_EQ(out.event.intervals.size(), 1U);
    return out.event.intervals.empty() ? model::Signal{} : out.event.intervals[0].signals.at(0);
}
bool has_loss(const Translation& out, std::string_view code) {
    for (const model::LossNote& loss : out.event.losses) {
        if (loss.code == code) return true;
    }
    return false;
}

}  // namespace

// ---- signals
// ---------------------------------------------------------------------------------------------------------

TEST(OpenAdr2bSignal, rule_510_setpoints_have_unit_and_scale) {
    OadrEvent native = event("LOAD_DISPATCH", "setpoint", 1.5);
    EXPECT_EQ(only_signal(to_model(native, {})).power_mw, 1'500'000);
    const std::vector<std::pair<std::string, model::MilliW>> scales{
        {"none", 1500}, {"M", 1'500'000'000}, {"m", 2}, {"G", 1'500'000'000'000}};
    for (const auto& [code, power] : scales) {
        signal(native).powerReal->siScaleCode = Text<8>(code);
        EXPECT_EQ(only_signal(to_model(native, {})).power_mw, power) << code;
    }
}

TEST(OpenAdr2bSignal, rule_109_power_without_a_known_unit_is_460) {
    OadrEvent native = event("LOAD_DISPATCH", "setpoint", 1.5);
    signal(native).powerReal->siScaleCode = "dozen";
    EXPECT_EQ(to_model(native, {}).code, Code::signal_not_supported);
    signal(native).powerReal.reset();
    EXPECT_EQ(to_model(native, {}).code, Code::signal_not_supported);
}

TEST(OpenAdr2bSignal, a_delta_points_as_configured) {
    const OadrEvent native = event("LOAD_DISPATCH", "delta", 3);
    EXPECT_EQ(only_signal(to_model(native, {})).kind, SignalKind::delta);
    EXPECT_EQ(only_signal(to_model(native, {})).power_mw, 3'000'000);
    TranslateOptions reduction;
    reduction.delta_is_reduction = true;
    EXPECT_EQ(only_signal(to_model(native, reduction)).power_mw, -3'000'000);
}

TEST(OpenAdr2bSignal, ratios_are_parts_of_the_capability) {
    const Translation multiplier = to_model(event("LOAD_DISPATCH", "multiplier", 0.5), {});
    EXPECT_EQ(only_signal(multiplier).kind, SignalKind::scale);
    EXPECT_TRUE(has_loss(multiplier, "multiplier"));
    EXPECT_EQ(only_signal(to_model(event("LOAD_CONTROL", "x-loadControlCapacity", 0.25), {})).ratio_ppm, 250'000);
}

TEST(OpenAdr2bSignal, rule_009_simple_levels_are_0_to_3) {
    EXPECT_EQ(only_signal(to_model(event("SIMPLE", "level", 2), {})).value, 2);
    EXPECT_EQ(only_signal(to_model(event("simple", "level", 0), {})).kind, SignalKind::level);
    EXPECT_EQ(to_model(event("SIMPLE", "level", 4), {}).code, Code::signal_not_supported);
    EXPECT_EQ(to_model(event("SIMPLE", "level", 1.5), {}).code, Code::signal_not_supported);
}

TEST(OpenAdr2bSignal, prices_are_per_kwh_with_currency_and_sign) {
    OadrEvent native = event("ELECTRICITY_PRICE", "price", -0.05);
    signal(native).currencyPerKWh = OadrItem{Id("currencyPerKWh"), Id("EUR"), Text<8>("none")};
    const Translation out = to_model(native, {});
    EXPECT_EQ(only_signal(out).price_micro, -50'000);
    EXPECT_EQ(only_signal(out).native, "EUR");
    EXPECT_EQ(out.event.priority.priority_class, model::PriorityClass::price);
    EXPECT_EQ(to_model(event("ELECTRICITY_PRICE", "priceMultiplier", 2), {}).code, Code::signal_not_supported);
}

TEST(OpenAdr2bSignal, charge_states_are_energy_or_ratio) {
    OadrEvent native = event("CHARGE_STATE", "setpoint", 12.5);
    signal(native).energyReal = EnergyItem{Id("RealEnergy"), Id("Wh"), Text<8>("k")};
    EXPECT_EQ(only_signal(to_model(native, {})).value, 12'500);
    EXPECT_EQ(only_signal(to_model(event("CHARGE_STATE", "multiplier", 0.8), {})).ratio_ppm, 800'000);
    EXPECT_EQ(to_model(event("CHARGE_STATE", "delta", 1), {}).code, Code::signal_not_supported);
}

TEST(OpenAdr2bSignal, rule_106_simple_beside_power_is_for_others) {
    OadrEvent native = event("SIMPLE", "level", 2);
    add_signal(native, "LOAD_DISPATCH", "setpoint", {{10 * minute_us, 7}});
    const Translation out = to_model(native, {});
    EXPECT_EQ(only_signal(out).kind, SignalKind::setpoint);
    EXPECT_EQ(out.event.intervals[0].signals.size(), 1U);
    EXPECT_TRUE(has_loss(out, "simple_superseded"));
}

TEST(OpenAdr2bSignal, what_is_not_acted_on_beside_what_is_is_kept_and_noted) {
    OadrEvent native = event("SIMPLE", "level", 2);
    add_signal(native, "DEMAND_CHARGE", "price", {{10 * minute_us, 7}});
    const Translation out = to_model(native, {});
    ASSERT_EQ(out.code, Code::ok);
    ASSERT_EQ(out.event.intervals.at(0).signals.size(), 2U);
    EXPECT_EQ(out.event.intervals[0].signals[1].kind, SignalKind::opaque);
    EXPECT_TRUE(has_loss(out, "unsupported_signal"));
}

TEST(OpenAdr2bSignal, not_a_number_and_infinities_stay_within_bounds) {
    for (const double value :
         {1e300, -1e300, std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
        const model::MilliW power = only_signal(to_model(event("LOAD_DISPATCH", "setpoint", value), {})).power_mw;
        EXPECT_LE(power, model::unlimited_mw);
        EXPECT_GE(power, -model::unlimited_mw);
    }
}

// ---- time
// ------------------------------------------------------------------------------------------------------------

TEST(OpenAdr2bTime, rule_032_intervals_follow_one_another_from_dtstart) {
    EventPlan three = plan("SIMPLE", "level", 1);
    three.intervals = {{minute_us, 1}, {2 * minute_us, 2}, {3 * minute_us, 3}};
    const Translation out = to_model(to_event(three, noon), {});
    ASSERT_EQ(out.event.intervals.size(), 3U);
    EXPECT_EQ(out.event.intervals[2].start_us, noon + 3 * minute_us);
    EXPECT_EQ(out.event.intervals[2].end_us, noon + 6 * minute_us);
    EXPECT_EQ(out.event.intervals[2].native_id, "2");
}

TEST(OpenAdr2bTime, rule_047_duration_0_has_no_end) {
    OadrEvent native = event("SIMPLE", "level", 1);
    native.eiEvent.eiActivePeriod.properties.duration.duration = Duration(0);
    signal(native).intervals.interval.at(0).duration->duration = Duration(0);
    const Translation out = to_model(native, {});
    ASSERT_EQ(out.event.intervals.size(), 1U);
    EXPECT_EQ(out.event.intervals[0].end_us, model::never);
    EXPECT_EQ(end_of(native.eiEvent), model::never);
}

TEST(OpenAdr2bTime, rule_008_what_lies_beyond_the_active_period_is_cut_and_noted) {
    OadrEvent native = event("SIMPLE", "level", 1);
    native.eiEvent.eiActivePeriod.properties.duration.duration = Duration(4 * minute_us);
    const Translation out = to_model(native, {});
    ASSERT_EQ(out.event.intervals.size(), 1U);
    EXPECT_EQ(out.event.intervals[0].end_us, noon + 4 * minute_us);
    EXPECT_TRUE(has_loss(out, "beyond_active_period"));
}

TEST(OpenAdr2bTime, signals_of_different_intervals_are_cut_where_any_changes) {
    OadrEvent native = event("LOAD_DISPATCH", "setpoint", 5);
    add_signal(native, "ELECTRICITY_PRICE", "price", {{4 * minute_us, 1}, {6 * minute_us, 2}});
    const Translation out = to_model(native, {});
    ASSERT_EQ(out.event.intervals.size(), 2U);
    EXPECT_EQ(out.event.intervals[1].start_us, noon + 4 * minute_us);
    EXPECT_EQ(out.event.intervals[0].native_id, "0");
    EXPECT_EQ(out.event.intervals[1].native_id, "0.1");
    EXPECT_EQ(out.event.intervals[1].signals.at(1).price_micro, 2'000'000);
}

TEST(OpenAdr2bTime, rule_030_the_start_is_put_off_never_brought_forward) {
    EventPlan random = plan("SIMPLE", "level", 1);
    random.start_after_us = 3 * minute_us;
    const OadrEvent native = to_event(random, noon);
    EXPECT_EQ(to_model(native, {}).event.randomise, (model::Randomise{0, 3 * minute_us}));
    EXPECT_EQ(end_of(native.eiEvent), noon + 13 * minute_us);
}

TEST(OpenAdr2bTime, a_negative_duration_is_454) {
    OadrEvent native = event("SIMPLE", "level", 1);
    native.eiEvent.eiActivePeriod.properties.duration.duration = Duration(-minute_us);
    EXPECT_EQ(to_model(native, {}).code, Code::invalid_data);
}

TEST(OpenAdr2bTime, rule_031_ramps_are_noted) {
    OadrEvent native = event("SIMPLE", "level", 1);
    native.eiEvent.eiActivePeriod.properties.x_eiRampUp.emplace().duration = Duration(minute_us);
    EXPECT_TRUE(has_loss(to_model(native, {}), "ramp"));
}

// ---- who and how urgent
// ------------------------------------------------------------------------------------------------

TEST(OpenAdr2bEvent, rule_003_priority_0_is_none_which_is_lowest) {
    EventPlan one = plan("SIMPLE", "level", 1);
    one.priority = 0;
    EXPECT_EQ(to_model(to_event(one, noon), {}).event.priority.rank, model::Priority::no_rank);
    one.priority = 1;
    EXPECT_EQ(to_model(to_event(one, noon), {}).event.priority.rank, 1U);
}

TEST(OpenAdr2bEvent, rule_006_anything_but_false_is_a_test) {
    OadrEvent native = event("SIMPLE", "level", 1);
    const std::vector<std::pair<std::string, bool>> cases{
        {"false", false}, {"", false}, {"true", true}, {"FALSE", true}, {"no", true}};
    for (const auto& [text, test] : cases) {
        native.eiEvent.eventDescriptor.testEvent = Words(text);
        EXPECT_EQ(to_model(native, {}).event.test, test) << text;
    }
    native.eiEvent.eventDescriptor.testEvent.reset();
    EXPECT_FALSE(to_model(native, {}).event.test);
}

TEST(OpenAdr2bEvent, rule_022_an_empty_target_or_our_venid_is_the_whole_ven) {
    TranslateOptions options;
    options.ven_id = "ven-1";
    options.everything = {"site"};
    options.targets = {{"north", {"feeder-1"}}};
    OadrEvent native = event("SIMPLE", "level", 1);
    EXPECT_EQ(to_model(native, options).event.targets, std::vector<std::string>{"site"});
    native.eiEvent.eiTarget.resourceID.push_back(Id("north"));
    EXPECT_EQ(to_model(native, options).event.targets, std::vector<std::string>{"feeder-1"});
    native.eiEvent.eiTarget.venID.push_back(Id("ven-1"));
    EXPECT_EQ(to_model(native, options).event.targets, std::vector<std::string>{"site"});
}

TEST(OpenAdr2bEvent, rule_048_somebody_elses_venid_is_462) {
    TranslateOptions options;
    options.ven_id = "ven-1";
    OadrEvent native = event("SIMPLE", "level", 1);
    native.eiEvent.eiTarget.venID.push_back(Id("ven-2"));
    EXPECT_EQ(to_model(native, options).code, Code::target_mismatch);
}

TEST(OpenAdr2bEvent, names_go_on_as_they_are_if_none_is_configured) {
    OadrEvent native = event("SIMPLE", "level", 1);
    native.eiEvent.eiTarget.groupID.push_back(Id("g"));
    native.eiEvent.eiTarget.resourceID.push_back(Id("r"));
    EXPECT_EQ(to_model(native, {}).event.targets, (std::vector<std::string>{"g", "r"}));
}

TEST(OpenAdr2bEvent, rule_111_device_classes_are_noted) {
    OadrEvent native = event("SIMPLE", "level", 1);
    signal(native).eiTarget.emplace().endDeviceAsset.push_back({Id("Thermostat")});
    EXPECT_TRUE(has_loss(to_model(native, {}), "device_class"));
}

}  // namespace busbar::openadr::v2b
