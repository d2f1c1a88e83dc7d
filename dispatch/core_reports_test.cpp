// What goes back up, and what the operator sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dispatch/test_desk.hpp"

namespace busbar::dispatch {
namespace {

using model::AckState;
using model::EventStatus;
using model::Quality;

// Samples of `power` every second for every device.
void live(Desk& desk, int seconds, MilliW power, const std::vector<std::string>& ids = {"a"}) {
    for (int second = 0; second < seconds; ++second) {
        desk.run(second_us);
        for (const auto& id : ids) desk.sample(id, power);
    }
}

std::size_t reports_with(const Desk& desk, EventStatus status) {
    std::size_t count = 0;
    for (const auto& report : desk.all.reports) count += report.status == status ? 1 : 0;
    return count;
}

TEST(CoreReports, each_status_is_reported_and_progress_in_between) {
    Settings settings;
    settings.report_period_us = 10 * second_us;
    Desk desk(settings);
    desk.charger("a");
    desk.post(event("e", t0 + 20 * second_us, 60 * second_us, {10 * kw}));
    desk.accept_all();
    live(desk, 90, 10 * kw);
    EXPECT_GE(reports_with(desk, EventStatus::scheduled), 1U);
    EXPECT_GE(reports_with(desk, EventStatus::active), 6U);
    EXPECT_LE(reports_with(desk, EventStatus::active), 10U);
    EXPECT_TRUE(desk.last_report().final);
    std::size_t finals = 0;
    for (const auto& report : desk.all.reports) finals += report.final ? 1 : 0;
    EXPECT_EQ(finals, 1U);
}

TEST(CoreReports, the_final_report_waits_a_little_for_late_samples) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 60 * second_us, {10 * kw}));
    desk.accept_all();
    live(desk, 58, 10 * kw);
    desk.run_to(t0 + 61 * second_us);
    EXPECT_FALSE(desk.core.events()[0].report.final);
    desk.sample("a", 10 * kw);
    desk.run(5 * second_us);
    EXPECT_TRUE(desk.core.events()[0].report.final);
    EXPECT_EQ(desk.last_report().intervals[0].quality, Quality::good);
    EXPECT_NEAR(static_cast<double>(desk.last_report().intervals[0].delivered_mwh), 10e6 / 60, 3e3);
}

TEST(CoreReports, ordered_and_delivered_grow_together) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 600 * second_us, {10 * kw}));
    desk.accept_all();
    desk.sample("a", 10 * kw);
    live(desk, 36, 10 * kw);
    const auto interval = desk.core.events()[0].report.intervals[0];
    EXPECT_EQ(interval.ordered_mwh, 100'000);
    EXPECT_NEAR(static_cast<double>(interval.delivered_mwh), 100e3, 1);
    EXPECT_EQ(interval.measured_mw, 10 * kw);
}

TEST(CoreReports, what_flowed_since_the_last_sample_is_counted_as_it_was) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 600 * second_us, {10 * kw}));
    desk.accept_all();
    desk.sample("a", 10 * kw);
    live(desk, 4, 10 * kw);
    desk.run(3 * second_us);
    const auto interval = desk.core.events()[0].report.intervals[0];
    EXPECT_EQ(interval.delivered_mwh, interval.ordered_mwh);
}

TEST(CoreReports, a_meter_that_is_dark_does_not_hold_up_the_final_report) {
    Desk desk;
    desk.charger("a");
    desk.charger("b");
    desk.post(event("e", t0, 120 * second_us, {20 * kw}));
    desk.accept_all();
    desk.sample("b", 10 * kw);
    live(desk, 121, 10 * kw);
    desk.run_to(t0 + 124 * second_us);
    EXPECT_TRUE(desk.last_report().final);
}

TEST(CoreReports, a_meter_that_comes_late_makes_an_estimate) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 120 * second_us, {10 * kw}));
    desk.accept_all();
    desk.run(60 * second_us);
    live(desk, 70, 10 * kw);
    EXPECT_TRUE(desk.last_report().final);
    EXPECT_EQ(desk.last_report().intervals[0].quality, Quality::estimated);
}

TEST(CoreReports, registers_alone_settle_an_event) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 1800 * second_us, {10 * kw}));
    desk.accept_all();
    for (int minute = 0; minute <= 31; ++minute) {
        model::Input input;
        input.sample.emplace();
        input.sample->resource = "a";
        input.sample->measured_us = input.sample->received_us = desk.now;
        input.sample->import_mwh = 7'000'000 + minute * (10 * kw / 60);
        desk.step(input);
        desk.run(60 * second_us);
    }
    const auto& interval = desk.last_report().intervals[0];
    EXPECT_TRUE(desk.last_report().final);
    EXPECT_NEAR(static_cast<double>(interval.delivered_mwh), 5e6, 1e3);
    EXPECT_EQ(interval.quality, Quality::good);
}

TEST(CoreReports, no_telemetry_is_bad_and_a_hole_is_an_estimate) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 120 * second_us, {10 * kw, 10 * kw, 10 * kw}));
    desk.accept_all();
    live(desk, 120, 10 * kw);
    desk.run(90 * second_us);  // most of the second interval is dark
    desk.sample("a", 10 * kw);
    live(desk, 28, 10 * kw);
    desk.run(400 * second_us);
    const auto& report = desk.last_report();
    EXPECT_EQ(report.intervals[0].quality, Quality::good);
    EXPECT_EQ(report.intervals[1].quality, Quality::estimated);
    Desk dark;
    dark.charger("a");
    dark.post(event("e", t0, 120 * second_us, {10 * kw}));
    dark.accept_all();
    dark.run(200 * second_us);
    EXPECT_EQ(dark.last_report().intervals[0].quality, Quality::bad);
}

TEST(CoreReports, counts_say_how_the_devices_took_it) {
    Desk desk;
    for (const auto* id : {"a", "b", "c", "d", "e"}) desk.charger(id);
    desk.post(event("e", t0, 600 * second_us, {60 * kw}));
    for (const auto& command : desk.fresh()) {
        if (command.resource == "a") desk.ack(command, AckState::accepted);
        if (command.resource == "b") desk.ack(command, AckState::rejected);
        if (command.resource == "c") desk.ack(command, AckState::opted_out);
        if (command.resource == "d") desk.ack(command, AckState::started);
    }
    for (int second = 0; second < 10; ++second) {
        desk.run(second_us);
        for (const auto& command : desk.fresh()) {
            if (command.resource == "a" || command.resource == "d") desk.ack(command, AckState::received);
        }
    }
    const auto report = desk.core.events()[0].report;
    EXPECT_EQ(report.resources, 5);
    EXPECT_EQ(report.accepted, 2);
    EXPECT_EQ(report.started, 1);
    EXPECT_EQ(report.rejected, 1);
    EXPECT_EQ(report.opted_out, 1);
    EXPECT_EQ(report.silent, 1);
    EXPECT_EQ(report.problems.size(), 3U);  // silent, refused, and 60 kW is out of reach
}

TEST(CoreReports, answers_before_the_start_are_reported_together) {
    Desk desk;
    for (const auto* id : {"a", "b", "c"}) desk.charger(id);
    desk.post(event("e", t0 + 600 * second_us, 600 * second_us, {60 * kw}));
    const auto before = desk.all.reports.size();
    desk.accept_all();
    desk.run(5 * second_us);
    EXPECT_EQ(desk.all.reports.size(), before + 1);
    EXPECT_EQ(desk.last_report().accepted, 3);
}

TEST(CoreReports, a_device_that_is_seen_to_follow_has_started) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 600 * second_us, {10 * kw}));
    desk.accept_all();
    live(desk, 8, 10 * kw);
    EXPECT_EQ(desk.core.events()[0].report.started, 1);
    EXPECT_EQ(desk.core.commands()[0].state, CommandState::started);
}

TEST(CoreReports, all_refusing_is_an_opt_out) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 600 * second_us, {10 * kw}));
    EXPECT_EQ(desk.all.opts.back().state, model::OptState::in);
    desk.ack(desk.fresh().at(0), AckState::opted_out);
    desk.run(second_us);
    EXPECT_EQ(desk.all.opts.back().state, model::OptState::out);
    EXPECT_THAT(desk.all.opts.back().reason, testing::HasSubstr("refuse"));
}

TEST(CoreReports, a_node_with_a_meter_settles_its_event_by_it) {
    Desk desk;
    desk.node("site");
    desk.charger("a", "site");
    desk.sample("site", 15 * kw);
    desk.sample("a", 10 * kw);
    auto made = event("e", t0 + 10 * second_us, 60 * second_us, {12 * kw});
    made.targets = {"site"};
    desk.post(made);
    EXPECT_EQ(desk.fresh().at(0).steps[0].power_mw, 7 * kw);  // 5 kW in the house are none of ours
    for (int second = 0; second < 80; ++second) {
        desk.run(second_us);
        desk.sample("a", 7 * kw);
        desk.sample("site", 12 * kw);
    }
    EXPECT_NEAR(static_cast<double>(desk.last_report().intervals[0].delivered_mwh), 12e6 / 60, 2e3);
    EXPECT_EQ(desk.last_report().intervals[0].quality, Quality::good);
}

TEST(CoreReports, nodes_show_what_is_below_them) {
    Desk desk;
    desk.node("feeder");
    desk.node("site", "feeder");
    desk.charger("a", "site");
    desk.charger("b");
    desk.sample("a", 4 * kw);
    desk.sample("b", 5 * kw);
    auto made = event("e", t0, 600 * second_us, {10 * kw});
    made.targets = {"feeder"};
    desk.post(made);
    const auto nodes = desk.core.nodes();
    ASSERT_EQ(nodes.size(), 3U);
    EXPECT_EQ(nodes[0].node.id, "all");
    EXPECT_EQ(nodes[0].measured_mw, 9 * kw);
    EXPECT_EQ(nodes[0].resources, 2);
    EXPECT_FALSE(nodes[0].ordered_mw);
    EXPECT_EQ(nodes[1].node.id, "feeder");
    EXPECT_EQ(nodes[1].measured_mw, 4 * kw);
    EXPECT_EQ(nodes[1].ordered_mw, 10 * kw);
}

TEST(CoreReports, resources_show_what_they_are_wanted_to_do_and_were_told) {
    Desk desk;
    desk.charger("a");
    desk.sample("a", 4 * kw);
    desk.post(event("e", t0, 600 * second_us, {10 * kw}));
    desk.accept_all();
    const auto view = desk.core.resources().at(0);
    EXPECT_EQ(view.wanted_mw, 10 * kw);
    EXPECT_EQ(view.commanded_mw, 10 * kw);
    EXPECT_EQ(view.last_sample->power_mw, 4 * kw);
}

TEST(CoreReports, nodes_in_a_circle_hang_at_the_root) {
    Desk desk;
    desk.node("x", "y");
    desk.node("y", "x");
    desk.charger("a", "x");
    desk.post(event("e", t0, 600 * second_us, {10 * kw}));
    EXPECT_EQ(desk.fresh().size(), 1U);
    EXPECT_EQ(desk.core.nodes()[0].resources, 1);
}

TEST(CoreReports, a_damaged_snapshot_is_not_taken) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 600 * second_us, {10 * kw}));
    auto snapshot = desk.core.snapshot();
    snapshot.events[0].members[0].resource = 7;
    EXPECT_THROW(Core({}, snapshot), std::invalid_argument);
    snapshot = desk.core.snapshot();
    snapshot.version = 99;
    EXPECT_THROW(Core({}, snapshot), std::invalid_argument);
}

TEST(CoreReports, a_snapshot_with_numbers_that_nothing_has_is_not_taken) {
    Desk desk;
    desk.charger("a");
    const auto good = desk.core.snapshot();
    const auto refused = [&good](const auto& damage) {
        auto snapshot = good;
        damage(snapshot);
        EXPECT_THROW(Core({}, snapshot), std::invalid_argument);
    };
    EXPECT_NO_THROW(Core({}, good));
    refused([](Snapshot& snapshot) { snapshot.resources[0].response.gain_ppm = 0; });
    refused([](Snapshot& snapshot) { snapshot.resources[0].meter.power_mw = model::never; });
    refused([](Snapshot& snapshot) { snapshot.resources[0].meter.gap_us = model::never; });
    refused([](Snapshot& snapshot) { snapshot.nodes[0].node.export_limit_mw = -model::never - 1; });
    refused([](Snapshot& snapshot) { snapshot.now_us = model::never; });
}

}  // namespace
}  // namespace busbar::dispatch
