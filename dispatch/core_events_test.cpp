// Events in the dispatcher: whom they reach, which of them hold, and how they end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dispatch/test_desk.hpp"

namespace busbar::dispatch {
namespace {

using model::EventStatus;
using model::OptState;
using testing::Contains;
using testing::HasSubstr;

MilliW told_at(const model::Command& command, Us at) {
    const auto* step = step_at(command.steps, command.end_us, at);
    return step == nullptr ? -1 : step->power_mw;
}

// Where each device ends up with the commands sent so far; -1 = untold.
MilliW told(const Desk& desk, const std::string& id, Us at) {
    MilliW power = -1;
    for (const auto& command : desk.all.commands) {
        if (command.resource != id) continue;
        power = command.kind == model::CommandKind::release ? -1 : told_at(command, at);
    }
    return power;
}

model::GridEvent with(model::Signal signal, Us start = t0, Us length = 60 * second_us) {
    auto made = event("e", start, length, {0});
    made.intervals[0].signals = {std::move(signal)};
    return made;
}

model::Signal of_kind(model::SignalKind kind, MilliW power = 0, model::Ppm ratio = 0, std::int64_t value = 0) {
    model::Signal signal;
    signal.kind = kind;
    signal.power_mw = power;
    signal.ratio_ppm = ratio;
    signal.value = value;
    return signal;
}

// An event an hour ahead, cancelled at once and settled.
void post_and_cancel(Desk& desk, const std::string& id) {
    auto made = event(id, t0 + 3600 * second_us, 60 * second_us, {20 * kw});
    desk.post(made);
    made.revision = 1;
    made.cancelled = true;
    desk.post(made);
    desk.run(5 * second_us);
}

Desk two_chargers() {
    Desk desk;
    desk.charger("a");
    desk.charger("b");
    return desk;
}

TEST(CoreEvents, the_weaker_event_waits_and_resumes) {
    Desk desk;
    desk.charger("a");
    auto weak = event("weak", t0, 300 * second_us, {10 * kw});
    weak.priority.rank = 9;
    desk.post(weak);
    auto strong = event("strong", t0 + 60 * second_us, 60 * second_us, {4 * kw});
    strong.priority.rank = 1;
    desk.post(strong);
    EXPECT_EQ(told(desk, "a", t0 + 30 * second_us), 10 * kw);
    EXPECT_EQ(told(desk, "a", t0 + 90 * second_us), 4 * kw);
    EXPECT_EQ(told(desk, "a", t0 + 150 * second_us), 10 * kw);
}

TEST(CoreEvents, limits_of_weaker_events_hold_too) {
    auto desk = two_chargers();
    auto strong = event("strong", t0, 60 * second_us, {30 * kw});
    strong.priority = {model::PriorityClass::emergency, 0};
    desk.post(strong);
    auto limit = with(of_kind(model::SignalKind::import_limit, 12 * kw));
    limit.priority = {model::PriorityClass::price, 9};
    desk.post(limit);
    EXPECT_EQ(told(desk, "a", t0) + told(desk, "b", t0), 12 * kw);
}

TEST(CoreEvents, of_two_limits_the_tighter_holds) {
    auto desk = two_chargers();
    auto wide = with(of_kind(model::SignalKind::import_limit, 20 * kw));
    wide.id = "wide";
    desk.post(with(of_kind(model::SignalKind::import_limit, 10 * kw)));
    desk.post(wide);
    EXPECT_EQ(told(desk, "a", t0) + told(desk, "b", t0), 10 * kw);
}

TEST(CoreEvents, a_limit_that_does_not_bind_tells_nobody) {
    auto desk = two_chargers();
    desk.post(with(of_kind(model::SignalKind::import_limit, 50 * kw)));
    EXPECT_TRUE(desk.all.commands.empty());
    EXPECT_EQ(desk.all.opts.back().state, OptState::in);
}

TEST(CoreEvents, level_0_and_prices_order_nothing_and_are_taken_part_in) {
    for (const auto& signal : {of_kind(model::SignalKind::level), of_kind(model::SignalKind::price)}) {
        auto desk = two_chargers();
        desk.post(with(signal));
        EXPECT_TRUE(desk.all.commands.empty());
        EXPECT_EQ(desk.all.opts.back().state, OptState::in);
        EXPECT_FALSE(desk.last_report().intervals[0].has_order);
    }
}

TEST(CoreEvents, level_2_halves_the_largest_import) {
    auto desk = two_chargers();
    desk.post(with(of_kind(model::SignalKind::level, 0, 0, 2)));
    EXPECT_EQ(told(desk, "a", t0), 11 * kw);
    EXPECT_TRUE(desk.last_report().intervals[0].has_order);
    EXPECT_EQ(desk.last_report().intervals[0].ordered_mw, 22 * kw);
}

TEST(CoreEvents, scale_is_of_the_largest_import) {
    auto desk = two_chargers();
    desk.post(with(of_kind(model::SignalKind::scale, 0, 250'000)));
    EXPECT_EQ(told(desk, "a", t0) + told(desk, "b", t0), 11 * kw);
}

TEST(CoreEvents, delta_is_against_what_was_measured_when_the_event_became_known) {
    auto desk = two_chargers();
    desk.run(10 * second_us);
    desk.sample("a", 10 * kw);
    desk.sample("b", 6 * kw);
    desk.post(with(of_kind(model::SignalKind::delta, -6 * kw), desk.now + 30 * second_us));
    desk.run(10 * second_us);
    desk.sample("a", 2 * kw);
    desk.run(10 * second_us);
    EXPECT_EQ(desk.core.events()[0].report.intervals[0].ordered_mw, 10 * kw);
}

TEST(CoreEvents, without_measurements_delta_is_against_what_the_devices_prefer_just_before_the_start) {
    auto desk = two_chargers();
    desk.post(with(of_kind(model::SignalKind::delta, -14 * kw), t0 + 30 * second_us));
    desk.run(40 * second_us);
    EXPECT_EQ(desk.core.events()[0].report.intervals[0].ordered_mw, 30 * kw);
}

TEST(CoreEvents, a_target_of_which_little_is_measured_has_its_baseline_frozen_just_before_the_start) {
    auto desk = two_chargers();
    desk.charger("c");
    desk.sample("a", 9 * kw);
    desk.post(with(of_kind(model::SignalKind::delta, 0), t0 + 60 * second_us));
    for (int second = 0; second < 61; ++second) {
        desk.run(second_us);
        for (const auto* id : {"a", "b", "c"}) desk.sample(id, 2 * kw);
    }
    EXPECT_EQ(desk.core.events()[0].report.intervals[0].ordered_mw, 6 * kw);
}

TEST(CoreEvents, a_node_that_moves_takes_its_resources_along) {
    Desk desk;
    desk.node("north");
    desk.node("site");
    desk.charger("a", "site");
    auto made = event("e", t0 + 60 * second_us, 60 * second_us, {5 * kw});
    made.targets = {"north"};
    desk.post(made);
    EXPECT_EQ(desk.all.opts.back().state, OptState::out);
    desk.node("site", "north");
    desk.run(second_us);
    EXPECT_EQ(desk.all.opts.back().state, OptState::in);
    desk.node("site");
    desk.run(second_us);
    EXPECT_EQ(desk.core.events()[0].report.resources, 0);
}

TEST(CoreEvents, no_target_is_everything) {
    Desk desk;
    desk.node("site");
    desk.charger("a", "site");
    desk.charger("b");
    desk.post(event("e", t0, 60 * second_us, {20 * kw}));
    EXPECT_EQ(desk.last_report().resources, 2);
    EXPECT_EQ(told(desk, "a", t0), 10 * kw);
}

TEST(CoreEvents, several_targets_share_one_order_and_each_resource_counts_once) {
    Desk desk;
    desk.node("north");
    desk.node("south");
    desk.node("cellar", "south");
    for (const auto* parent : {"north", "cellar", ""}) desk.charger(std::string("in-") + parent, parent);
    auto made = event("e", t0, 60 * second_us, {20 * kw});
    made.targets = {"north", "south", "in-cellar", "in-north"};
    desk.post(made);
    EXPECT_EQ(desk.last_report().resources, 2);
    EXPECT_EQ(told(desk, "in-north", t0), 10 * kw);
    EXPECT_EQ(told(desk, "in-cellar", t0), 10 * kw);
    EXPECT_EQ(told(desk, "in-", t0), -1);
}

TEST(CoreEvents, targets_across_sites_are_met_together) {
    Desk desk;
    desk.node("north", "", 15 * kw);
    desk.node("south");
    for (const auto* id : {"n1", "n2"}) desk.charger(id, "north");
    for (const auto* id : {"s1", "s2"}) desk.charger(id, "south");
    auto made = event("e", t0, 60 * second_us, {20 * kw});
    made.targets = {"n1", "s1"};
    desk.post(made);
    EXPECT_EQ(told(desk, "n1", t0) + told(desk, "s1", t0), 20 * kw);
    EXPECT_LE(told(desk, "n1", t0) + told(desk, "n2", t0), 15 * kw);
}

TEST(CoreEvents, rule_065_a_modification_keeps_the_shift_unless_the_range_changes) {
    auto desk = two_chargers();
    auto made = event("e", t0 + 600 * second_us, 60 * second_us, {20 * kw});
    made.randomise = {0, 300 * second_us};
    desk.post(made);
    const Us start = desk.core.events()[0].start_us;
    EXPECT_GT(start, t0 + 600 * second_us);
    made.revision = 1;
    made.intervals[0].start_us += 60 * second_us;
    made.intervals[0].end_us += 60 * second_us;
    desk.post(made);
    EXPECT_EQ(desk.core.events()[0].start_us, start + 60 * second_us);
    made.revision = 2;
    made.randomise = {};
    desk.post(made);
    EXPECT_EQ(desk.core.events()[0].start_us, made.intervals[0].start_us);
}

TEST(CoreEvents, a_shift_moves_all_intervals) {
    auto desk = two_chargers();
    auto made = event("e", t0 + 600 * second_us, 60 * second_us, {20 * kw, 10 * kw});
    made.randomise = {-100 * second_us, 100 * second_us};
    desk.post(made);
    const auto view = desk.core.events()[0];
    EXPECT_EQ(view.report.intervals[1].start_us - view.report.intervals[0].start_us, 60 * second_us);
    EXPECT_EQ(view.start_us, view.report.intervals[0].start_us);
}

TEST(CoreEvents, an_event_in_the_past_is_over_at_once) {
    auto desk = two_chargers();
    desk.post(event("e", t0 - 600 * second_us, 60 * second_us, {20 * kw}));
    EXPECT_EQ(desk.all.opts.back().state, OptState::out);
    EXPECT_TRUE(desk.last_report().final);
    EXPECT_EQ(desk.last_report().status, EventStatus::completed);
    EXPECT_TRUE(desk.all.commands.empty());
}

TEST(CoreEvents, an_event_for_nobody_is_declined_and_says_why) {
    auto desk = two_chargers();
    auto made = event("e", t0 + 60 * second_us, 60 * second_us, {20 * kw});
    made.targets = {"nowhere"};
    desk.post(made);
    EXPECT_EQ(desk.all.opts.back().state, OptState::out);
    EXPECT_THAT(desk.all.opts.back().reason, HasSubstr("nowhere"));
    EXPECT_TRUE(desk.last_report().final);
    EXPECT_THAT(desk.last_report().problems, Contains(HasSubstr("nowhere")));
}

TEST(CoreEvents, an_event_for_nobody_comes_to_life_with_its_first_resource) {
    Desk desk;
    auto made = event("e", t0 + 60 * second_us, 60 * second_us, {5 * kw});
    made.targets = {"site"};
    desk.post(made);
    desk.node("site");
    desk.charger("a", "site");
    desk.run(second_us);
    EXPECT_EQ(desk.all.opts.back().state, OptState::in);
    EXPECT_EQ(told(desk, "a", t0 + 60 * second_us), 5 * kw);
}

TEST(CoreEvents, resources_that_come_later_take_part) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 600 * second_us, {20 * kw}));
    desk.accept_all();
    desk.run(5 * second_us);
    desk.charger("b");
    desk.run(5 * second_us);
    EXPECT_EQ(told(desk, "a", desk.now), 10 * kw);
    EXPECT_EQ(told(desk, "b", desk.now), 10 * kw);
}

TEST(CoreEvents, a_resource_that_is_gone_is_made_up_for) {
    auto desk = two_chargers();
    desk.post(event("e", t0, 600 * second_us, {20 * kw}));
    desk.accept_all();
    model::Input input;
    input.resource_gone = "a";
    desk.step(input);
    desk.run(second_us);
    EXPECT_EQ(told(desk, "b", desk.now), 20 * kw);
    EXPECT_EQ(desk.core.events()[0].report.resources, 1);
}

TEST(CoreEvents, a_test_event_is_answered_and_reported_and_reaches_no_device) {
    auto desk = two_chargers();
    auto made = event("e", t0 + 5 * second_us, 10 * second_us, {20 * kw});
    made.test = true;
    desk.post(made);
    desk.run(60 * second_us);
    EXPECT_TRUE(desk.all.commands.empty());
    EXPECT_EQ(desk.all.opts.back().state, OptState::in);
    EXPECT_TRUE(desk.last_report().final);
    EXPECT_TRUE(desk.last_report().intervals[0].has_order);
}

TEST(CoreEvents, a_lower_or_equal_revision_changes_nothing) {
    auto desk = two_chargers();
    auto made = event("e", t0, 60 * second_us, {20 * kw});
    made.revision = 5;
    desk.post(made);
    const auto hash = desk.core.state_hash();
    desk.post(made);
    EXPECT_EQ(desk.core.state_hash(), hash);
    made.revision = 4;
    made.intervals[0].signals[0].power_mw = kw;
    desk.post(made);
    EXPECT_EQ(told(desk, "a", t0), 10 * kw);
}

TEST(CoreEvents, a_modification_is_carried_out_and_answered_again) {
    auto desk = two_chargers();
    auto made = event("e", t0, 60 * second_us, {20 * kw});
    desk.post(made);
    made.revision = 1;
    made.intervals[0].signals[0].power_mw = 12 * kw;
    desk.post(made);
    EXPECT_EQ(told(desk, "a", t0), 6 * kw);
    EXPECT_EQ(desk.all.opts.size(), 2U);
    EXPECT_EQ(desk.all.opts.back().revision, 1U);
    EXPECT_EQ(desk.last_report().revision, 1U);
}

TEST(CoreEvents, what_was_delivered_before_a_modification_stays_counted) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 600 * second_us, {20 * kw}));
    for (int second = 0; second < 30; ++second) {
        desk.run(second_us);
        desk.sample("a", 20 * kw);
    }
    const auto before = desk.core.events()[0].report.intervals[0].delivered_mwh;
    auto next = event("e", t0, 600 * second_us, {10 * kw});
    next.revision = 1;
    desk.post(next);
    EXPECT_EQ(desk.core.events()[0].report.intervals[0].delivered_mwh, before);
}

TEST(CoreEvents, a_cancelled_event_releases_its_devices) {
    auto desk = two_chargers();
    auto made = event("e", t0, 600 * second_us, {20 * kw});
    desk.post(made);
    desk.accept_all();
    desk.run(5 * second_us);
    made.revision = 1;
    made.cancelled = true;
    desk.post(made);
    const auto commands = desk.fresh();
    ASSERT_EQ(commands.size(), 2U);
    EXPECT_EQ(commands[0].kind, model::CommandKind::release);
    EXPECT_EQ(desk.last_report().status, EventStatus::cancelled);
    desk.run(60 * second_us);
    EXPECT_TRUE(desk.last_report().final);
    EXPECT_EQ(desk.last_report().intervals[0].end_us, t0 + 5 * second_us);
}

TEST(CoreEvents, cancelling_the_stronger_of_two_restores_the_weaker) {
    Desk desk;
    desk.charger("a");
    auto weak = event("weak", t0, 600 * second_us, {10 * kw});
    weak.priority.rank = 2;
    auto strong = event("strong", t0, 600 * second_us, {4 * kw});
    strong.priority.rank = 1;
    desk.post(weak);
    desk.post(strong);
    strong.cancelled = true;
    strong.revision = 1;
    desk.run(second_us);
    desk.post(strong);
    EXPECT_EQ(told(desk, "a", desk.now), 10 * kw);
}

TEST(CoreEvents, rule_030_a_running_randomised_event_ends_randomised_too) {
    Desk desk;
    desk.charger("a");
    auto made = event("e", t0, 6000 * second_us, {10 * kw});
    made.randomise = {0, 300 * second_us};
    desk.post(made);
    desk.run(400 * second_us);
    const Us shift = desk.core.events()[0].start_us - t0;
    ASSERT_GT(shift, second_us);
    made.cancelled = true;
    made.revision = 1;
    desk.post(made);
    EXPECT_EQ(desk.core.events()[0].status, EventStatus::active);
    desk.run(shift);
    EXPECT_EQ(desk.core.events()[0].status, EventStatus::cancelled);
}

TEST(CoreEvents, cancelling_what_is_unknown_does_nothing) {
    auto desk = two_chargers();
    auto made = event("e", t0, 60 * second_us, {20 * kw});
    made.cancelled = true;
    desk.post(made);
    EXPECT_TRUE(desk.core.events().empty());
    EXPECT_TRUE(desk.all.reports.empty());
}

TEST(CoreEvents, a_deleted_event_ends_and_is_forgotten) {
    auto desk = two_chargers();
    desk.post(event("e", t0, 600 * second_us, {20 * kw}));
    desk.accept_all();
    desk.run(second_us);
    model::Input input;
    input.event_gone = "e";
    desk.step(input);
    EXPECT_EQ(desk.fresh().size(), 2U);
    desk.run(60 * second_us);
    EXPECT_TRUE(desk.last_report().final);
    EXPECT_TRUE(desk.core.events().empty());
}

TEST(CoreEvents, finished_events_are_forgotten_after_their_time) {
    Settings settings;
    settings.event_kept_us = 600 * second_us;
    Desk desk(settings);
    desk.charger("a");
    desk.post(event("e", t0, 60 * second_us, {20 * kw}));
    desk.run(300 * second_us);
    EXPECT_EQ(desk.core.events().size(), 1U);
    desk.run(600 * second_us);
    EXPECT_TRUE(desk.core.events().empty());
}

TEST(CoreEvents, of_many_finished_events_the_last_are_remembered) {
    Settings settings;
    settings.events_kept = 8;
    Desk desk(settings);
    desk.charger("a");
    desk.post(event("later", t0 + 3000 * second_us, 60 * second_us, {20 * kw}));
    for (int each = 0; each < 30; ++each) {
        post_and_cancel(desk, "e" + std::to_string(each));
        EXPECT_LE(desk.core.events().size(), 8U + 2U);
    }
    const auto known = [&](const std::string& id) {
        const auto events = desk.core.events();
        return std::any_of(events.begin(), events.end(), [&](const auto& view) { return view.event.id == id; });
    };
    EXPECT_TRUE(known("later")) << "an event that is not over does not count";
    EXPECT_TRUE(known("e29"));
    EXPECT_TRUE(known("e25"));
    EXPECT_FALSE(known("e15"));
}

TEST(CoreEvents, finished_events_with_many_members_are_forgotten_sooner) {
    Settings settings;
    settings.members_kept = 16;
    Desk desk(settings);
    for (int each = 0; each < 10; ++each) desk.charger("c" + std::to_string(each));
    for (const auto* id : {"first", "second", "third"}) post_and_cancel(desk, id);
    ASSERT_EQ(desk.core.events().size(), 1U);
    EXPECT_EQ(desk.core.events()[0].event.id, "third") << "the last one stays, however many members it has";
}

TEST(CoreEvents, intervals_out_of_order_or_overlapping_are_put_right) {
    Desk desk;
    desk.charger("a");
    auto made = event("e", t0, 60 * second_us, {8 * kw, 12 * kw});
    made.intervals[0].end_us += 30 * second_us;
    std::swap(made.intervals[0], made.intervals[1]);
    made.intervals.push_back({t0 + 900 * second_us, t0 + 900 * second_us, "empty", {setpoint(kw)}});
    desk.post(made);
    EXPECT_EQ(told(desk, "a", t0 + 59 * second_us), 8 * kw);
    EXPECT_EQ(told(desk, "a", t0 + 60 * second_us), 12 * kw);
    EXPECT_EQ(desk.core.events()[0].report.intervals.size(), 2U);
}

TEST(CoreEvents, a_disorderly_event_sent_again_is_no_news) {
    Desk desk;
    desk.charger("a");
    auto made = event("e", t0, 60 * second_us, {8 * kw, 12 * kw});
    std::swap(made.intervals[0], made.intervals[1]);
    desk.post(made);
    const auto hash = desk.core.state_hash();
    desk.post(made);
    EXPECT_EQ(desk.core.state_hash(), hash);
}

TEST(CoreEvents, an_open_event_goes_on_until_it_is_ended) {
    Desk desk;
    desk.charger("a");
    auto made = event("e", t0, 60 * second_us, {8 * kw});
    made.intervals[0].end_us = model::never;
    desk.post(made);
    desk.accept_all();
    EXPECT_EQ(desk.all.commands[0].end_us, model::never);
    desk.run(3600 * second_us);
    EXPECT_EQ(desk.core.events()[0].status, EventStatus::active);
    made.cancelled = true;
    desk.post(made);
    EXPECT_EQ(desk.all.commands.back().kind, model::CommandKind::release);
}

TEST(CoreEvents, opt_out_when_nobody_can_act_and_in_again_when_somebody_can) {
    Desk desk;
    desk.charger("a");
    auto resource = desk.resource("a");
    resource.connected = false;
    desk.set(resource);
    desk.post(event("e", t0 + 60 * second_us, 600 * second_us, {8 * kw}));
    EXPECT_EQ(desk.all.opts.back().state, OptState::out);
    resource.connected = true;
    desk.set(resource);
    desk.run(second_us);
    EXPECT_EQ(desk.all.opts.back().state, OptState::in);
}

TEST(CoreEvents, a_target_that_cannot_be_met_is_met_as_far_as_it_goes_and_reported) {
    auto desk = two_chargers();
    desk.post(event("e", t0, 60 * second_us, {-20 * kw}));
    EXPECT_EQ(told(desk, "a", t0), 0);
    EXPECT_THAT(desk.last_report().problems, Contains(HasSubstr("20.00 kW")));
}

}  // namespace
}  // namespace busbar::dispatch
