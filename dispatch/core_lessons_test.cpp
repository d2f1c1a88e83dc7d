// What days in the simulated world (tests/sim) have taught, each as the smallest case in which it went wrong.
#include <gtest/gtest.h>

#include "dispatch/test_desk.hpp"

namespace busbar::dispatch {
namespace {

constexpr Us ms = second_us / 1000;

model::Resource device(const std::string& id, model::ResourceKind kind, const std::string& parent, MilliW low,
                       MilliW high) {
    model::Resource resource;
    resource.id = id;
    resource.kind = kind;
    resource.parent = parent;
    resource.capability.min_mw = low;
    resource.capability.max_mw = high;
    resource.connected = resource.controllable = true;
    resource.settles_us = 3 * second_us;
    return resource;
}

const ResourceView* find(const std::vector<ResourceView>& views, const std::string& id) {
    for (const auto& view : views)
        if (view.resource.id == id) return &view;
    return nullptr;
}

CommandState state_of(const Core& core, const std::string& id) {
    for (const auto& view : core.commands())
        if (view.command.id == id) return view.state;
    return CommandState::expired;
}

// A limit somewhere in the tree made a plan for everybody, and an array that gives nothing at night looked capped.
TEST(CoreLessons, an_array_that_no_limit_can_bind_is_left_alone_at_night) {
    Desk desk;
    desk.node("limited", "", 5 * kw);
    desk.node("free");
    desk.charger("ev", "limited");
    desk.set(device("pv", model::ResourceKind::pv, "free", -7 * kw, 0));
    for (int i = 0; i < 30; ++i) {
        desk.run(2 * second_us);
        desk.sample("pv", 0);
    }
    for (const auto& command : desk.all.commands) EXPECT_NE(command.resource, "pv");
}

// With an import limit above, a battery was to discharge for cars that might not be there.
TEST(CoreLessons, the_fallback_of_a_battery_does_not_count_on_what_others_take) {
    Desk desk;
    desk.node("site", "", 12 * kw);
    desk.set(device("battery", model::ResourceKind::storage, "site", -5 * kw, 5 * kw));
    for (const char* id : {"a", "b", "c"}) desk.charger(id, "site");
    auto order = event("e", t0 + 5 * second_us, 60 * second_us, {8 * kw});
    order.targets = {"site"};
    desk.post(order);
    desk.run(10 * second_us);
    MilliW chargers = 0;
    for (const auto& command : desk.accept_all()) {
        if (command.resource == "battery") {
            EXPECT_TRUE(!command.has_fallback || command.fallback_mw == 0);
        }
        if (command.resource == "a") chargers = command.has_fallback ? command.fallback_mw : 22 * kw;
    }
    EXPECT_LE(3 * chargers, 12 * kw);
}

TEST(CoreLessons, a_battery_that_says_it_is_empty_is_not_counted_on) {
    Desk desk;
    desk.set(device("battery", model::ResourceKind::storage, "", -5 * kw, 5 * kw));
    desk.charger("ev");
    model::Input charge;
    charge.sample.emplace();
    charge.sample->resource = "battery";
    charge.sample->measured_us = charge.sample->received_us = desk.now;
    charge.sample->state_of_charge_ppm = 0;
    desk.step(charge);
    desk.run(100 * ms);
    desk.sample("battery", 0);  // says nothing of the charge; it is as it was said last
    desk.post(event("e", desk.now + second_us, 60 * second_us, {4 * kw}));
    desk.run(5 * second_us);
    desk.accept_all();
    const auto views = desk.core.resources();
    EXPECT_GE(find(views, "battery")->wanted_mw.value_or(0), 0);
    EXPECT_LE(find(views, "ev")->wanted_mw.value_or(22 * kw), 4 * kw);
}

// A meter read at the moment when a vehicle begins to charge shows nothing of what the vehicle can.
TEST(CoreLessons, a_vehicle_that_begins_is_given_its_time_before_it_is_judged) {
    Desk desk;
    desk.charger("a");
    auto begins = desk.resource("a");
    begins.controllable = false;
    desk.set(begins);
    desk.sample("a", 0);
    desk.run(60 * second_us);
    begins.controllable = true;
    desk.set(begins);
    desk.run(100 * ms);
    desk.sample("a", 0);
    desk.run(20 * second_us);
    desk.post(event("e", desk.now + second_us, 600 * second_us, {10 * kw}));
    desk.run(3 * second_us);
    EXPECT_NEAR(static_cast<double>(find(desk.core.resources(), "a")->wanted_mw.value_or(0)), 10 * kw, 0.1 * kw);
    const auto snapshot = desk.core.snapshot();
    EXPECT_FALSE(snapshot.resources[0].response.cap_high);
}

// A battery that is polled runs empty and does not say so. It is told more before it has settled, again and again; but
// nothing on the way from four kilowatts of discharge to five is none.
TEST(CoreLessons, a_slow_device_that_is_not_on_its_way_is_believed_before_it_has_settled) {
    Desk desk;
    auto battery = device("battery", model::ResourceKind::storage, "", -5 * kw, 5 * kw);
    battery.settles_us = 330 * second_us;
    desk.set(battery);
    desk.post(event("e", desk.now + second_us, 400 * second_us, {-3 * kw, -5 * kw}));
    desk.run(2 * second_us);
    desk.accept_all();
    desk.run(380 * second_us);
    desk.sample("battery", -3 * kw);
    desk.run(80 * second_us);
    desk.sample("battery", -4 * kw);
    desk.run(2 * second_us);
    EXPECT_FALSE(desk.core.snapshot().resources[0].response.cap_low) << "it may be on its way";
    desk.run(60 * second_us);
    desk.sample("battery", 0);
    desk.run(2 * second_us);
    EXPECT_TRUE(desk.core.snapshot().resources[0].response.cap_low);
    EXPECT_EQ(desk.core.snapshot().resources[0].response.low_mw, 0);
}

// A second look of a meter that is read each five minutes would come five minutes later.
TEST(CoreLessons, a_battery_that_ran_empty_is_not_counted_on_for_one_more_reading) {
    Desk desk;
    desk.set(device("battery", model::ResourceKind::storage, "", -5 * kw, 5 * kw));
    desk.post(event("e", desk.now + second_us, 7200 * second_us, {-5 * kw}));
    desk.run(2 * second_us);
    desk.accept_all();
    for (int reading = 0; reading < 5; ++reading) {
        desk.run(300 * second_us);
        desk.sample("battery", -5 * kw);
    }
    EXPECT_FALSE(desk.core.snapshot().resources[0].response.cap_low);
    desk.run(300 * second_us);
    desk.sample("battery", 0);
    EXPECT_TRUE(desk.core.snapshot().resources[0].response.cap_low);
}

TEST(CoreLessons, who_did_not_answer_a_past_event_is_asked_in_the_next) {
    Desk desk;
    desk.charger("mute");
    desk.charger("well");
    desk.post(event("first", t0 + second_us, 20 * second_us, {10 * kw}));
    desk.run(15 * 60 * second_us);
    desk.fresh();
    ASSERT_TRUE(find(desk.core.resources(), "mute")->silent);
    desk.post(event("second", desk.now + second_us, 60 * second_us, {10 * kw}));
    desk.run(5 * second_us);
    bool asked = false;
    for (const auto& command : desk.fresh()) asked = asked || (command.resource == "mute" && command.event == "second");
    EXPECT_TRUE(asked);
}

TEST(CoreLessons, a_command_that_was_received_and_never_begun_is_not_answered) {
    Desk desk;
    desk.charger("ev");
    desk.post(event("e", t0 + second_us, 300 * second_us, {5 * kw}));
    desk.run(2 * second_us);
    const auto commands = desk.fresh();
    ASSERT_FALSE(commands.empty());
    desk.ack(commands.back(), model::AckState::received);
    desk.run(3 * second_us);
    EXPECT_EQ(state_of(desk.core, commands.back().id), CommandState::received);
    desk.run(10 * second_us);
    EXPECT_EQ(state_of(desk.core, commands.back().id), CommandState::timeout);
}

}  // namespace
}  // namespace busbar::dispatch
