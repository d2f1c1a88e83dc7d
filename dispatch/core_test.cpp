// The dispatcher as its callers see it: the whole walk, and what it costs.
#include <gtest/gtest.h>

#include "dispatch/core.hpp"
#include "dispatch/test_desk.hpp"

namespace busbar::dispatch {
namespace {

TEST(Core, one_event_walks_from_order_to_report) {
    Desk desk;
    desk.charger("a");
    desk.charger("b");
    desk.run(second_us);
    desk.sample("a", 22 * kw);
    desk.sample("b", 22 * kw);
    desk.post(event("e", desk.now + 5 * second_us, 60 * second_us, {20 * kw, 10 * kw}));
    ASSERT_EQ(desk.all.opts.size(), 1U);
    EXPECT_EQ(desk.all.opts[0].state, model::OptState::in);
    const auto commands = desk.accept_all();
    ASSERT_EQ(commands.size(), 2U);
    EXPECT_EQ(commands[0].steps,
              (std::vector<model::Step>{{t0 + 6 * second_us, 10 * kw}, {t0 + 66 * second_us, 5 * kw}}));
    EXPECT_EQ(commands[0].end_us, t0 + 126 * second_us);
    EXPECT_EQ(commands[0].event, "e");
    for (int second = 0; second < 140; ++second) {
        desk.run(second_us);
        const Us since = desk.now - (t0 + 6 * second_us);
        const MilliW power = since < 0 || since >= 120 * second_us ? 22 * kw
                             : since < 60 * second_us              ? 10 * kw
                                                                   : 5 * kw;
        desk.sample("a", power);
        desk.sample("b", power);
    }
    const auto& report = desk.last_report();
    EXPECT_TRUE(report.final);
    EXPECT_EQ(report.status, model::EventStatus::completed);
    EXPECT_EQ(report.accepted, 2);
    ASSERT_EQ(report.intervals.size(), 2U);
    EXPECT_EQ(report.intervals[0].ordered_mwh, model::energy_mwh(20 * kw, 60 * second_us));
    EXPECT_NEAR(static_cast<double>(report.intervals[0].delivered_mwh),
                static_cast<double>(report.intervals[0].ordered_mwh), 1e4);
    EXPECT_NEAR(static_cast<double>(report.intervals[1].delivered_mwh),
                static_cast<double>(report.intervals[1].ordered_mwh), 1e4);
    EXPECT_EQ(report.intervals[0].quality, model::Quality::good);
    const auto after = desk.fresh();
    ASSERT_EQ(after.size(), 2U);
    EXPECT_EQ(after[0].kind, model::CommandKind::release);
}

// Twenty batteries told so little that no proportion can be learnt, each doing 150 W more than told.
struct Offset : Desk {
    explicit Offset(MilliW order) {
        model::Resource battery;
        battery.kind = model::ResourceKind::storage;
        battery.capability.min_mw = -5 * kw;
        battery.capability.max_mw = 5 * kw;
        battery.connected = battery.controllable = true;
        battery.settles_us = 3 * second_us;
        for (int each = 0; each < 20; ++each) {
            battery.id = "b" + std::to_string(10 + each);
            set(battery);
        }
        post(event("e", now, 600 * second_us, {order}));
    }
    MilliW live(int seconds) {
        MilliW sum = 0;
        for (int second = 0; second < seconds; ++second) {
            run(second_us);
            accept_all();
            sum = 0;
            for (const auto& view : core.resources()) {
                const MilliW power = view.commanded_mw.value_or(0) + 150'000;
                sum += power;
                sample(view.resource.id, power);
            }
        }
        return sum;
    }
};

TEST(Core, what_the_group_does_beyond_its_orders_is_corrected) {
    Offset desk(10 * kw);
    EXPECT_NEAR(static_cast<double>(desk.live(2)), 13e6, 1e4);
    EXPECT_NEAR(static_cast<double>(desk.live(120)), 10e6, 3e5);
}

TEST(Core, nothing_is_wound_up_while_an_order_is_out_of_reach) {
    Offset desk(200 * kw);
    desk.live(120);
    EXPECT_EQ(desk.core.snapshot().events[0].correction_mw, 0);
}

TEST(Core, a_change_among_many_devices_waits_for_the_loop_and_an_event_does_not) {
    Settings settings;
    settings.control_period_us = 60 * second_us;
    Desk desk(settings);
    desk.node("site", "", 1000 * kw);
    for (int each = 0; each < 500; ++each) desk.charger("c" + std::to_string(each), "site");
    desk.run(60 * second_us);
    desk.charger("first", "site");
    const Us planned_us = desk.core.snapshot().last_plan_us;
    EXPECT_EQ(planned_us, desk.now) << "nothing was planned for long";
    desk.run(second_us);
    desk.charger("second", "site");
    desk.run(3 * second_us);
    EXPECT_EQ(desk.core.snapshot().last_plan_us, planned_us) << "ten milliseconds for each device are not over";
    desk.run(60 * second_us);
    EXPECT_GT(desk.core.snapshot().last_plan_us, planned_us);
    desk.charger("third", "site");
    desk.post(event("e", desk.now, 600 * second_us, {100 * kw}));
    EXPECT_EQ(desk.core.snapshot().last_plan_us, desk.now);
}

TEST(Core, no_clock_shows_more_than_the_year_9999) {
    Core core;
    model::Outputs out;
    core.step(model::never - 1, {}, out);
    EXPECT_EQ(core.snapshot().now_us, model::last_us);
    const Core again({}, core.snapshot());
    EXPECT_EQ(again.state_hash(), core.state_hash());
}

TEST(Core, what_all_resources_measure_is_what_the_root_shows) {
    Desk desk;
    desk.node("site");
    desk.charger("a", "site");
    desk.charger("b");
    desk.sample("a", 3 * kw);
    desk.sample("b", 5 * kw);
    desk.now += second_us;
    desk.sample("a", 4 * kw);
    EXPECT_EQ(desk.core.measured_mw(), 9 * kw);
    model::Input gone;
    gone.resource_gone = "b";
    desk.step(gone);
    EXPECT_EQ(desk.core.measured_mw(), 4 * kw);
    EXPECT_EQ(Core({}, desk.core.snapshot()).measured_mw(), 4 * kw);
    for (const auto& view : desk.core.nodes()) EXPECT_EQ(view.measured_mw, 4 * kw);
}

}  // namespace
}  // namespace busbar::dispatch
