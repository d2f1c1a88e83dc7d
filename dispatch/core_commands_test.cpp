// Commands: when a device is told, and what becomes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "dispatch/test_desk.hpp"

namespace busbar::dispatch {
namespace {

using model::AckState;
using model::CommandKind;

CommandState state_of(const Desk& desk, const std::string& id) {
    for (const auto& view : desk.core.commands()) {
        if (view.command.id == id) return view.state;
    }
    ADD_FAILURE() << id << " is not known";
    return CommandState::sent;
}

ResourceView view_of(const Desk& desk, const std::string& id) {
    for (const auto& view : desk.core.resources()) {
        if (view.resource.id == id) return view;
    }
    return {};
}

// One charger under an event of ten minutes at 10 kW, told and not yet answered.
struct Told : Desk {
    model::Command command;
    explicit Told(Settings settings = {}) : Desk(settings) {
        charger("a");
        post(event("e", t0, 600 * second_us, {10 * kw}));
        command = fresh().at(0);
    }
};

TEST(CoreCommands, nobody_is_told_without_an_order) {
    Desk desk;
    desk.charger("a");
    desk.run(600 * second_us);
    EXPECT_TRUE(desk.all.commands.empty());
}

TEST(CoreCommands, a_command_is_the_whole_schedule_with_end_and_expiry) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0 + 10 * second_us, 60 * second_us, {10 * kw, 5 * kw, 8 * kw}));
    const auto command = desk.fresh().at(0);
    EXPECT_EQ(command.start_us, t0 + 10 * second_us);
    ASSERT_EQ(command.steps.size(), 3U);
    EXPECT_EQ(command.steps[2], (model::Step{t0 + 130 * second_us, 8 * kw}));
    EXPECT_EQ(command.end_us, t0 + 190 * second_us);
    EXPECT_EQ(command.expires_us, command.end_us);
    EXPECT_FALSE(command.has_fallback);
    EXPECT_EQ(command.fallback_mw, 22 * kw);
}

TEST(CoreCommands, between_two_events_a_device_does_what_it_prefers) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 60 * second_us, {10 * kw}));
    desk.post(event("f", t0 + 120 * second_us, 60 * second_us, {5 * kw}));
    const auto command = desk.all.commands.back();
    ASSERT_EQ(command.steps.size(), 3U);
    EXPECT_EQ(command.steps[1], (model::Step{t0 + 60 * second_us, 22 * kw}));
}

TEST(CoreCommands, an_order_far_ahead_is_told_when_its_time_comes_near) {
    Settings settings;
    settings.lead_us = 600 * second_us;
    Desk desk(settings);
    desk.charger("a");
    desk.post(event("e", t0 + 3600 * second_us, 60 * second_us, {10 * kw}));
    desk.run(2990 * second_us);
    EXPECT_TRUE(desk.all.commands.empty());
    desk.run(20 * second_us);
    EXPECT_EQ(desk.all.commands.size(), 1U);
}

TEST(CoreCommands, the_next_interval_of_a_known_schedule_needs_no_new_command) {
    Desk desk;
    desk.charger("a");
    desk.post(event("e", t0, 60 * second_us, {10 * kw, 5 * kw}));
    desk.accept_all();
    for (int second = 0; second < 110; ++second) {
        desk.run(second_us);
        desk.sample("a", desk.now < t0 + 60 * second_us ? 10 * kw : 5 * kw);
    }
    EXPECT_EQ(desk.all.commands.size(), 1U);
}

TEST(CoreCommands, changes_within_the_deadband_are_not_told) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    auto next = event("e", t0, 600 * second_us, {10 * kw + 200'000});  // one percent of 22 kW is 220 W
    next.revision = 1;
    desk.post(next);
    EXPECT_TRUE(desk.fresh().empty());
    next.revision = 2;
    next.intervals[0].signals[0].power_mw = 10 * kw + 300'000;
    desk.post(next);
    EXPECT_EQ(desk.fresh().size(), 1U);
}

TEST(CoreCommands, a_device_at_its_cap_is_not_told_again_for_every_cloud) {
    Desk desk;
    model::Resource solar;
    solar.id = "pv";
    solar.kind = model::ResourceKind::pv;
    solar.capability.min_mw = -10 * kw;
    solar.connected = solar.controllable = true;
    solar.settles_us = 3 * second_us;
    desk.set(solar);
    desk.post(event("e", t0, 600 * second_us, {-9 * kw}));
    std::size_t commands = 0;
    for (int second = 0; second < 590; ++second) {
        desk.run(second_us);
        commands += desk.accept_all().size();
        desk.sample("pv", -4 * kw + (second / 10 % 2 == 0 ? 80'000 : -80'000));  // all that the sun gives
    }
    EXPECT_LE(commands, 5U);
}

TEST(CoreCommands, many_small_changes_do_not_add_up) {
    Desk desk;
    for (int each = 0; each < 100; ++each) desk.charger("c" + std::to_string(each));
    desk.post(event("e", t0, 600 * second_us, {1000 * kw}));
    desk.accept_all();
    desk.run(10 * second_us);
    auto next = event("e", t0, 600 * second_us, {1015 * kw});  // 150 W for each: within the deadband
    next.revision = 1;
    desk.post(next);
    std::size_t told = 0;
    for (int second = 0; second < 20; ++second) {
        desk.run(second_us);
        told += desk.accept_all().size();
    }
    EXPECT_GT(told, 50U);
    EXPECT_LT(told, 100U);
}

TEST(CoreCommands, only_devices_that_can_act_are_told) {
    Desk desk;
    for (const auto* id : {"a", "b", "c"}) desk.charger(id);
    auto resource = desk.resource("a");
    resource.connected = false;
    desk.set(resource);
    resource = desk.resource("b");
    resource.controllable = false;
    desk.set(resource);
    desk.post(event("e", t0, 60 * second_us, {10 * kw}));
    const auto commands = desk.fresh();
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].resource, "c");
    EXPECT_EQ(commands[0].steps[0].power_mw, 10 * kw);
}

TEST(CoreCommands, a_device_that_cannot_be_told_is_made_up_for) {
    Desk desk;
    desk.charger("a");
    desk.charger("b");
    desk.run(10 * second_us);
    desk.sample("a", 7 * kw);
    auto resource = desk.resource("a");
    resource.controllable = false;
    desk.set(resource);
    desk.post(event("e", desk.now, 60 * second_us, {20 * kw}));
    EXPECT_EQ(desk.fresh().at(0).steps[0].power_mw, 13 * kw);
}

TEST(CoreCommands, a_device_that_comes_back_is_told_again) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    desk.run(5 * second_us);
    auto resource = desk.resource("a");
    resource.connected = false;
    desk.set(resource);
    desk.run(5 * second_us);
    EXPECT_TRUE(desk.fresh().empty());
    resource.connected = true;
    desk.set(resource);
    desk.run(second_us);
    const auto commands = desk.fresh();
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0], desk.command);  // the same command: its session finds out whether the device still knows it
}

TEST(CoreCommands, what_is_told_again_must_be_answered_again) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    auto resource = desk.resource("a");
    resource.connected = false;
    desk.set(resource);
    desk.run(second_us);
    resource.connected = true;
    desk.set(resource);
    desk.run(second_us);
    EXPECT_EQ(desk.core.commands().at(0).state, CommandState::sent);
    EXPECT_EQ(desk.core.commands().size(), 1U);
    desk.ack(desk.command, AckState::timeout);
    desk.run(second_us);
    EXPECT_EQ(desk.core.commands().at(0).state, CommandState::timeout);
}

TEST(CoreCommands, a_device_that_missed_its_release_gets_it_when_it_comes_back) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    auto resource = desk.resource("a");
    resource.connected = false;
    desk.set(resource);
    desk.run(700 * second_us);
    EXPECT_TRUE(desk.fresh().empty());
    resource.connected = true;
    desk.set(resource);
    desk.run(second_us);
    const auto commands = desk.fresh();
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].kind, CommandKind::release);
}

TEST(CoreCommands, a_release_that_was_not_answered_is_sent_again_when_the_device_comes_back) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    desk.run(601 * second_us);
    ASSERT_EQ(desk.fresh().size(), 1U);
    auto resource = desk.resource("a");
    resource.connected = false;
    desk.set(resource);
    desk.run(second_us);
    resource.connected = true;
    desk.set(resource);
    desk.run(second_us);
    const auto commands = desk.accept_all();
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].kind, CommandKind::release);
}

TEST(CoreCommands, a_new_command_supersedes_the_former) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    auto next = event("e", t0, 600 * second_us, {5 * kw});
    next.revision = 1;
    desk.post(next);
    EXPECT_EQ(state_of(desk, desk.command.id), CommandState::superseded);
    EXPECT_GT(desk.fresh().at(0).id, desk.command.id);
}

TEST(CoreCommands, acknowledgements_move_the_state) {
    for (const auto& [ack, state] : {std::pair{AckState::received, CommandState::received},
                                     {AckState::accepted, CommandState::accepted},
                                     {AckState::started, CommandState::started},
                                     {AckState::completed, CommandState::completed},
                                     {AckState::rejected, CommandState::rejected},
                                     {AckState::opted_out, CommandState::opted_out},
                                     {AckState::superseded, CommandState::superseded},
                                     {AckState::cancelled, CommandState::cancelled},
                                     {AckState::aborted, CommandState::aborted},
                                     {AckState::timeout, CommandState::timeout}}) {
        Told desk;
        desk.ack(desk.command, ack, "why");
        EXPECT_EQ(state_of(desk, desk.command.id), state);
        EXPECT_EQ(desk.core.commands()[0].reason, "why");
    }
}

TEST(CoreCommands, late_repeated_and_unknown_acknowledgements_do_no_harm) {
    Told desk;
    desk.ack(desk.command, AckState::started);
    const auto hash = desk.core.state_hash();
    desk.ack(desk.command, AckState::started);
    desk.ack(desk.command, AckState::received);
    desk.ack(desk.command, AckState::timeout);
    auto unknown = desk.command;
    unknown.id = "c9999999999";
    desk.ack(unknown, AckState::rejected);
    unknown.resource = "nobody";
    desk.ack(unknown, AckState::rejected);
    EXPECT_EQ(desk.core.state_hash(), hash);
}

TEST(CoreCommands, a_late_refusal_of_a_superseded_command_does_not_touch_the_current_one) {
    Told desk;
    auto next = event("e", t0, 600 * second_us, {5 * kw});
    next.revision = 1;
    desk.post(next);
    desk.accept_all();
    desk.ack(desk.command, AckState::rejected);
    EXPECT_FALSE(view_of(desk, "a").refused);
}

TEST(CoreCommands, a_device_that_refuses_is_made_up_for_and_left_alone) {
    Desk desk;
    desk.charger("a");
    desk.charger("b");
    desk.sample("a", 3 * kw);
    desk.post(event("e", t0, 3600 * second_us, {20 * kw}));
    for (const auto& command : desk.fresh()) {
        desk.ack(command, command.resource == "a" ? AckState::rejected : AckState::accepted);
    }
    desk.run(second_us);
    const auto commands = desk.accept_all();
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].resource, "b");
    EXPECT_EQ(commands[0].steps[0].power_mw, 17 * kw);
    EXPECT_TRUE(view_of(desk, "a").refused);
    desk.run(290 * second_us);
    for (const auto& command : desk.fresh()) EXPECT_EQ(command.resource, "b");
}

TEST(CoreCommands, a_device_that_refused_is_asked_again_when_the_event_changes) {
    Told desk;
    desk.ack(desk.command, AckState::opted_out);
    desk.run(10 * second_us);
    EXPECT_TRUE(desk.fresh().empty());
    auto next = event("e", t0, 600 * second_us, {5 * kw});
    next.revision = 1;
    desk.post(next);
    EXPECT_EQ(desk.fresh().size(), 1U);
}

TEST(CoreCommands, a_device_that_refused_may_be_asked_for_something_else_after_five_minutes) {
    Desk desk;
    desk.charger("a");
    desk.charger("b");
    desk.sample("a", 10 * kw);  // what it was asked for anyway: nothing changes for the other
    desk.post(event("e", t0, 400 * second_us, {20 * kw, 8 * kw}));
    for (const auto& command : desk.fresh()) {
        desk.ack(command, command.resource == "a" ? AckState::rejected : AckState::accepted);
    }
    Us asked = 0;
    for (int second = 0; second < 420 && asked == 0; ++second) {
        desk.run(second_us);
        for (const auto& command : desk.accept_all()) {
            if (command.resource == "a") asked = desk.now;
        }
    }
    EXPECT_GE(asked, t0 + 400 * second_us);
}

TEST(CoreCommands, no_answer_is_silence_and_is_made_up_for) {
    Desk desk;
    desk.charger("a");
    desk.charger("b");
    desk.sample("a", 22 * kw);
    desk.post(event("e", t0, 3600 * second_us, {30 * kw}));
    for (const auto& command : desk.fresh()) {
        if (command.resource == "b") desk.ack(command, AckState::accepted);
    }
    desk.run(7 * second_us);
    EXPECT_TRUE(view_of(desk, "a").silent);
    const auto commands = desk.fresh();
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].resource, "b");
    EXPECT_EQ(commands[0].steps[0].power_mw, 8 * kw);
}

TEST(CoreCommands, being_told_again_gives_no_more_time_to_answer) {
    Told desk;
    for (std::uint64_t revision = 1; revision < 8; ++revision) {
        desk.run(second_us);
        auto next = event("e", t0, 600 * second_us, {static_cast<MilliW>(revision) * kw});
        next.revision = revision;
        desk.post(next);
    }
    EXPECT_TRUE(view_of(desk, "a").silent);
}

TEST(CoreCommands, a_silent_device_is_tried_again_ever_more_rarely) {
    Told desk;
    std::vector<Us> times;
    for (int second = 0; second < 590; ++second) {
        desk.run(second_us);
        if (!desk.fresh().empty()) times.push_back((desk.now - t0) / second_us);
    }
    ASSERT_GE(times.size(), 3U);
    EXPECT_LE(times.size(), 5U);
    EXPECT_GT(times[2] - times[1], times[1] - times[0]);
}

TEST(CoreCommands, a_late_answer_ends_the_silence) {
    Told desk;
    desk.run(10 * second_us);
    EXPECT_EQ(state_of(desk, desk.command.id), CommandState::timeout);
    desk.ack(desk.command, AckState::accepted);
    EXPECT_FALSE(view_of(desk, "a").silent);
    EXPECT_EQ(state_of(desk, desk.command.id), CommandState::accepted);
}

TEST(CoreCommands, every_command_ends_answered_refused_or_expired) {
    Told silent;
    silent.run(3600 * second_us);
    for (const auto& view : silent.core.commands()) {
        EXPECT_TRUE(view.state == CommandState::expired || view.state == CommandState::superseded) << view.command.id;
    }
    Told answers;
    answers.ack(answers.command, AckState::accepted);
    answers.run(700 * second_us);
    EXPECT_EQ(state_of(answers, answers.command.id), CommandState::completed);
}

TEST(CoreCommands, a_command_to_a_device_that_comes_back_and_is_gone_at_once_ends_too) {
    Told desk;
    auto resource = desk.resource("a");
    for (const bool connected : {false, true, false}) {
        resource.connected = connected;
        desk.set(resource);
    }
    ASSERT_TRUE(desk.fresh().empty()) << "it was there for too short a time";
    desk.run(60 * second_us);
    EXPECT_EQ(state_of(desk, desk.command.id), CommandState::timeout);
}

TEST(CoreCommands, a_device_that_gives_up_is_tried_again_later) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    desk.ack(desk.command, AckState::aborted, "fault");
    desk.run(20 * second_us);
    EXPECT_TRUE(desk.fresh().empty());
    desk.run(20 * second_us);
    EXPECT_EQ(desk.fresh().size(), 1U);
}

TEST(CoreCommands, a_release_follows_the_end_of_an_event_and_is_sent_once) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    desk.run(605 * second_us);
    const auto commands = desk.accept_all();
    ASSERT_EQ(commands.size(), 1U);
    EXPECT_EQ(commands[0].kind, CommandKind::release);
    EXPECT_EQ(commands[0].event, "");
    desk.run(3600 * second_us);
    EXPECT_TRUE(desk.fresh().empty());
}

TEST(CoreCommands, a_site_limit_holds_without_any_event) {
    Desk desk;
    desk.node("site", "", 20 * kw);
    desk.charger("a", "site");
    desk.charger("b", "site");
    desk.run(second_us);
    MilliW sum = 0;
    for (const auto& command : desk.accept_all()) {
        EXPECT_EQ(command.event, "");
        EXPECT_EQ(command.end_us, model::never);
        EXPECT_TRUE(command.has_fallback);
        sum += command.steps[0].power_mw;
    }
    EXPECT_EQ(sum, 20 * kw);
    desk.node("site");
    desk.run(second_us);
    EXPECT_EQ(desk.fresh().at(0).kind, CommandKind::release);
}

TEST(CoreCommands, what_capped_devices_are_told_stays_within_a_site_limit) {
    Desk desk;
    desk.node("site", "", 20 * kw);
    for (const auto* id : {"a", "b", "c"}) desk.charger(id, "site");
    for (int second = 0; second < 60; ++second) {
        desk.run(second_us);
        desk.accept_all();
        desk.sample("a",
                    std::min<MilliW>(desk.core.resources()[0].commanded_mw.value_or(2 * kw), 2 * kw));  // can no more
        desk.sample("b", desk.core.resources()[1].commanded_mw.value_or(0));
        desk.sample("c", desk.core.resources()[2].commanded_mw.value_or(0));
    }
    MilliW sum = 0;
    for (const auto& view : desk.core.resources()) sum += view.commanded_mw.value_or(22 * kw);
    EXPECT_LE(sum, 20 * kw);
    EXPECT_GT(sum, 19 * kw);
    EXPECT_LT(*desk.core.resources()[0].commanded_mw, 3 * kw);
}

TEST(CoreCommands, a_site_limit_counts_loads_that_nobody_controls) {
    Desk desk;
    desk.node("site", "", 20 * kw);
    desk.charger("a", "site");
    model::Resource load;
    load.id = "house";
    load.parent = "site";
    load.kind = model::ResourceKind::meter;
    desk.set(load);
    desk.sample("house", 12 * kw);
    desk.run(5 * second_us);
    EXPECT_EQ(desk.all.commands.back().steps[0].power_mw, 8 * kw);
}

TEST(CoreCommands, a_site_s_own_meter_shows_loads_that_nobody_named) {
    Desk desk;
    desk.node("site", "", 20 * kw);
    desk.charger("a", "site");
    desk.run(second_us);
    desk.accept_all();
    desk.run(10 * second_us);
    desk.sample("a", 10 * kw);
    desk.sample("site", 15 * kw);
    desk.run(3 * second_us);
    EXPECT_EQ(desk.fresh().at(0).steps[0].power_mw, 15 * kw);
}

TEST(CoreCommands, a_plain_sample_makes_no_pass) {
    Told desk;
    desk.ack(desk.command, AckState::accepted);
    desk.run(2 * second_us);
    const auto before = desk.core.snapshot();
    desk.now += 1000;
    desk.sample("a", 10 * kw);
    const auto after = desk.core.snapshot();
    EXPECT_EQ(after.last_pass_us, before.last_pass_us);
    EXPECT_EQ(after.work_us, before.work_us);
}

TEST(CoreCommands, few_commands_are_kept_for_each_device) {
    Told desk;
    for (std::uint64_t revision = 1; revision < 30; ++revision) {
        auto next = event("e", t0, 600 * second_us, {static_cast<MilliW>(revision % 7 + 1) * kw});
        next.revision = revision;
        desk.post(next);
        desk.accept_all();
    }
    EXPECT_LE(desk.core.commands().size(), 4U);
    EXPECT_GT(desk.core.commands()[0].command.id, desk.core.commands()[1].command.id);
}

}  // namespace
}  // namespace busbar::dispatch
