// Commands as DERControls: what is published, how statuses go, what Responses mean, what a restart keeps.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "protocols/ieee2030_5/documents.hpp"
#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::AckState;
using model::minute_us;
using model::second_us;
using testing::ElementsAre;
using testing::IsEmpty;

// The documents of controls that stand when everything said so far was stored.
std::size_t kept_controls(const Bench& bench) {
    std::map<std::string, bool> kept;
    for (const auto& document : bench.documents) {
        if (document.folder == folder::controls) kept[document.key] = !document.body.empty();
    }
    return static_cast<std::size_t>(
        std::count_if(kept.begin(), kept.end(), [](const auto& entry) { return entry.second; }));
}

struct Controls : testing::Test {
    Bench bench;

    void SetUp() override { bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of()); }

    std::vector<sep::DERControl> list(const std::string& query = "?l=255") {
        return bench.get<sep::DERControlList>(battery_lfdi, "/edev/2/derp/1/derc" + query).DERControl;
    }
    std::vector<int> statuses() {
        std::vector<int> result;
        for (const auto& control : list()) result.push_back(control.EventStatus.currentStatus);
        return result;
    }
    http::Response respond(const std::string& mrid, int status) {
        return bench.ask(battery_lfdi, "POST", "/rsps/2/rsp", response_to(battery_lfdi, mrid, status));
    }
    std::vector<std::pair<std::string, AckState>> acks() const {
        std::vector<std::pair<std::string, AckState>> result;
        for (const auto& ack : bench.acks()) result.emplace_back(ack.command, ack.state);
        return result;
    }
    model::Command run(const std::string& id, model::MilliW power, model::Us from = 0,
                       model::Us length = 10 * minute_us) {
        const model::Command command = setpoint(id, "battery", bench.now + from, bench.now + from + length, power);
        bench.send(command);
        return command;
    }
};

TEST_F(Controls, one_control_an_interval_in_order) {
    model::Command command = setpoint("c1", "battery", bench.now + minute_us, bench.now + 4 * minute_us, kilowatt_mw);
    command.steps.push_back({bench.now + 2 * minute_us, -kilowatt_mw});
    command.steps.push_back({bench.now + 3 * minute_us, -2 * kilowatt_mw});
    bench.send(command);
    const auto controls = list();
    ASSERT_EQ(controls.size(), 3u);
    EXPECT_EQ(*controls[0].DERControlBase.opModFixedW, -2500);
    EXPECT_EQ(*controls[1].DERControlBase.opModFixedW, 2000);
    EXPECT_EQ(*controls[2].DERControlBase.opModFixedW, 4000);
    for (const auto& control : controls) {
        EXPECT_EQ(control.interval.duration, 60u);
        EXPECT_EQ(control.EventStatus.currentStatus, 0);
        EXPECT_EQ(*control.responseRequired.value, "03");
        EXPECT_EQ(*control.replyTo.value, "/rsps/2/rsp");
        EXPECT_EQ(control.mRID.size(), 32u);
    }
    EXPECT_EQ(controls[0].interval.start, 1'760'000'060);
    EXPECT_NE(controls[0].mRID, controls[1].mRID);
}

TEST_F(Controls, mrids_end_in_the_pen) {
    Policy policy;
    policy.pen = 0x1234;
    Bench other(policy);
    other.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of());
    other.send(setpoint("c1", "battery", other.now, other.now + minute_us, 1));
    const auto controls = other.get<sep::DERControlList>(battery_lfdi, "/edev/2/derp/1/derc").DERControl;
    EXPECT_TRUE(controls.at(0).mRID.ends_with("00001234"));
}

TEST_F(Controls, steps_that_ask_for_the_same_are_one_control) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 2 * minute_us, kilowatt_mw);
    command.steps.push_back({bench.now + minute_us, kilowatt_mw});
    bench.send(command);
    EXPECT_EQ(list().size(), 1u);
}

TEST_F(Controls, never_scheduled_once_its_time_has_come) {
    run("c1", kilowatt_mw);
    EXPECT_THAT(statuses(), ElementsAre(1));
    EXPECT_LE(list()[0].interval.start, 1'760'000'000);
}

TEST_F(Controls, S_ALL_44_scheduled_becomes_active_at_its_start) {
    run("c1", kilowatt_mw, minute_us);
    EXPECT_THAT(statuses(), ElementsAre(0));
    EXPECT_EQ(bench.server.next_due(), t0 + 30 * second_us);  // no word from the device by then
    bench.now = t0 + minute_us;
    EXPECT_THAT(statuses(), ElementsAre(1));
    EXPECT_EQ(list()[0].EventStatus.dateTime, 1'760'000'060);
    EXPECT_EQ(bench.get<sep::DERControlList>(battery_lfdi, "/edev/2/derp/1/actderc?l=9").DERControl.size(), 1u);
}

TEST_F(Controls, S_ALL_41_completed_control_leaves_the_list_and_is_still_answered) {
    run("c1", kilowatt_mw, 0, minute_us);
    const std::string mrid = list()[0].mRID;
    respond(mrid, 1);
    respond(mrid, 2);
    bench.now = t0 + minute_us;
    EXPECT_THAT(list(), IsEmpty());
    EXPECT_EQ(bench.ask(battery_lfdi, "GET", "/edev/2/derp/1/derc/1").status, 404);
    EXPECT_EQ(respond(mrid, 3).status, 201);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::completed)));
}

TEST_F(Controls, S_ALL_41_other_power_supersedes_at_once) {
    run("c1", kilowatt_mw);
    bench.now += 10 * second_us;
    run("c2", 2 * kilowatt_mw);
    const auto controls = list();
    ASSERT_EQ(controls.size(), 2u);
    EXPECT_EQ(controls[0].EventStatus.currentStatus, 4);
    EXPECT_EQ(controls[0].EventStatus.dateTime, 1'760'000'010);
    EXPECT_EQ(controls[1].EventStatus.currentStatus, 1);
    EXPECT_NE(controls[0].mRID, controls[1].mRID);
    EXPECT_GT(controls[1].creationTime, controls[0].creationTime);
}

TEST_F(Controls, superseded_only_when_the_overlapping_one_starts) {
    run("c1", kilowatt_mw);
    run("c2", 2 * kilowatt_mw, minute_us);
    auto controls = list();
    ASSERT_EQ(controls.size(), 2u);
    EXPECT_EQ(controls[0].EventStatus.currentStatus, 1);
    EXPECT_TRUE(controls[0].EventStatus.potentiallySuperseded);
    EXPECT_EQ(*controls[0].EventStatus.potentiallySupersededTime, 1'760'000'000);
    bench.now = t0 + minute_us;
    EXPECT_THAT(statuses(), ElementsAre(4, 1));
}

TEST_F(Controls, what_the_new_command_leaves_out_is_cancelled) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 2 * minute_us, kilowatt_mw);
    command.steps.push_back({bench.now + minute_us, -kilowatt_mw});
    bench.send(command);
    run("c2", 2 * kilowatt_mw, 0, 30 * second_us);
    EXPECT_THAT(statuses(), testing::UnorderedElementsAre(4, 1, 2));
}

TEST_F(Controls, BASIC_015_release_cancels_and_keeps_them_visible_to_their_end) {
    run("c1", kilowatt_mw);
    bench.send(release("c2", "battery", bench.now));
    EXPECT_THAT(statuses(), ElementsAre(2));
    bench.now += 5 * minute_us;
    EXPECT_THAT(statuses(), ElementsAre(2));
    bench.now += 5 * minute_us;
    EXPECT_THAT(list(), IsEmpty());
}

TEST_F(Controls, S_ALL_42_response_to_a_cancelled_control_is_taken) {
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    respond(mrid, 1);
    bench.send(release("c2", "battery", bench.now));
    EXPECT_THAT(acks(), IsEmpty());
    bench.now += 30 * second_us;
    EXPECT_EQ(respond(mrid, 6).status, 201);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c2", AckState::accepted), std::pair("c1", AckState::cancelled)));
}

TEST_F(Controls, release_with_nothing_to_take_back_is_done_at_once) {
    bench.send(release("c1", "battery", bench.now));
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::accepted)));
}

TEST_F(Controls, the_same_wish_again_keeps_its_control_and_its_answers) {
    const model::Command first = run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    respond(mrid, 1);
    respond(mrid, 2);
    bench.now += 10 * second_us;
    model::Command again = setpoint("c2", "battery", bench.now, first.end_us, kilowatt_mw);
    bench.send(again);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c2", AckState::received), std::pair("c2", AckState::started)));
    ASSERT_EQ(list().size(), 1u);
    EXPECT_EQ(list()[0].mRID, mrid);
    respond(mrid, 3);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c2", AckState::completed)));
}

TEST_F(Controls, a_later_part_may_change_while_the_running_one_goes_on) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 2 * minute_us, kilowatt_mw);
    command.steps.push_back({bench.now + minute_us, -kilowatt_mw});
    bench.send(command);
    const std::string running = list()[0].mRID;
    bench.now += 10 * second_us;
    command.id = "c2";
    command.start_us = bench.now;
    command.steps = {{bench.now, kilowatt_mw}, {t0 + minute_us, -2 * kilowatt_mw}};
    bench.send(command);
    const auto controls = list();
    ASSERT_EQ(controls.size(), 3u);
    EXPECT_EQ(controls[0].mRID, running);
    EXPECT_EQ(controls[0].EventStatus.currentStatus, 1);
    EXPECT_FALSE(controls[0].EventStatus.potentiallySuperseded);
    bench.now = t0 + minute_us;
    EXPECT_THAT(statuses(), ElementsAre(1, 4));  // of equal starts the newest first
}

TEST_F(Controls, list_is_ordered_by_start_then_newest_first) {
    run("c1", kilowatt_mw, 2 * minute_us);
    bench.now += second_us;
    run("c2", -kilowatt_mw, minute_us, 30 * second_us);
    const auto controls = list();
    for (std::size_t i = 1; i < controls.size(); ++i) {
        EXPECT_LE(controls[i - 1].interval.start, controls[i].interval.start);
    }
}

TEST_F(Controls, after_counts_from_the_start_of_controls) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 2 * minute_us, kilowatt_mw);
    command.steps.push_back({bench.now + minute_us, -kilowatt_mw});
    bench.send(command);
    EXPECT_EQ(list("?l=9&a=1760000000").size(), 1u);
}

TEST_F(Controls, fallback_is_the_default_control_with_a_new_version) {
    EXPECT_FALSE(bench.get<sep::DefaultDERControl>(battery_lfdi, "/edev/2/derp/1/dderc").DERControlBase.opModFixedW);
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + minute_us, kilowatt_mw);
    command.has_fallback = true;
    command.fallback_mw = 2 * kilowatt_mw;
    bench.send(command);
    const auto set = bench.get<sep::DefaultDERControl>(battery_lfdi, "/edev/2/derp/1/dderc");
    EXPECT_EQ(*set.DERControlBase.opModFixedW, -5000);
    EXPECT_EQ(*set.version, 1);
    bench.send(release("c2", "battery", bench.now));
    const auto gone = bench.get<sep::DefaultDERControl>(battery_lfdi, "/edev/2/derp/1/dderc");
    EXPECT_FALSE(gone.DERControlBase.opModFixedW);
    EXPECT_EQ(gone.mRID, set.mRID);
    EXPECT_EQ(*gone.version, 2);
}

TEST_F(Controls, open_end_is_renewed_without_a_gap) {
    bench.send(setpoint("c1", "battery", bench.now, model::never, kilowatt_mw));
    ASSERT_EQ(list().size(), 1u);
    EXPECT_EQ(list()[0].interval.duration, 86'400u);
    const model::Us day = 24 * model::hour_us;
    while (bench.now < t0 + 2 * day) {
        bench.tick(std::min(bench.server.next_due(), t0 + 2 * day));
        std::int64_t last = 0;
        for (const auto& control : list()) {
            EXPECT_TRUE(last == 0 || control.interval.start == last);
            last = control.interval.start + control.interval.duration;
        }
        EXPECT_GT(last, bench.now / second_us);
        bench.now += minute_us;
    }
}

TEST_F(Controls, G10_many_intervals_are_published_as_room_comes) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 60 * minute_us, kilowatt_mw);
    for (int i = 1; i < 60; ++i) {
        command.steps.push_back({bench.now + i * minute_us, i % 2 == 0 ? kilowatt_mw : -kilowatt_mw});
    }
    bench.send(command);
    EXPECT_EQ(list().size(), 24u);
    for (int minute = 0; minute < 60; ++minute) {
        bench.tick(t0 + minute * minute_us);
        const auto controls = list();
        ASSERT_FALSE(controls.empty()) << minute;
        EXPECT_EQ(controls[0].interval.start, 1'760'000'000 + minute * 60) << minute;
        EXPECT_LE(controls.size(), 24u);
    }
    bench.tick(t0 + 60 * minute_us);
    EXPECT_THAT(list(), IsEmpty());
}

TEST_F(Controls, superseded_ones_do_not_fill_the_list) {
    for (int i = 0; i < 500; ++i) {
        bench.now += second_us;
        run("c" + std::to_string(i), (i % 4 + 1) * 500'000, 0, 30 * minute_us);
    }
    const auto controls = list();
    EXPECT_EQ(controls.size(), 25u);
    EXPECT_EQ(
        std::count_if(controls.begin(), controls.end(), [](const auto& c) { return c.EventStatus.currentStatus == 1; }),
        1);
    EXPECT_EQ(controls.back().EventStatus.currentStatus, 1);
}

TEST_F(Controls, commands_that_cannot_be_carried_out_are_rejected) {
    bench.send(setpoint("c1", "nobody", bench.now, bench.now + minute_us, 1));
    EXPECT_EQ(bench.acks().at(0).state, AckState::rejected);
    bench.send(setpoint("c2", "battery", bench.now - 2 * minute_us, bench.now - minute_us, 1));
    EXPECT_EQ(bench.acks().at(0).state, AckState::rejected);
    bench.send(setpoint("c3", "pv", bench.now, bench.now + minute_us, 1));  // has not said its ratings
    EXPECT_EQ(bench.acks().at(0).reason, "neither the device nor its enrolment says its ratings");
    model::Command empty = setpoint("c4", "battery", bench.now, bench.now + minute_us, 1);
    empty.steps.clear();
    bench.send(empty);
    EXPECT_EQ(bench.acks().at(0).state, AckState::rejected);
    EXPECT_THAT(list(), IsEmpty());
}

TEST_F(Controls, no_word_within_three_polls_is_a_timeout_and_a_late_word_still_counts) {
    run("c1", kilowatt_mw);
    bench.tick(t0 + 29 * second_us);
    EXPECT_THAT(acks(), IsEmpty());
    bench.tick(t0 + 30 * second_us);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::timeout)));
    respond(list()[0].mRID, 1);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::received)));
}

TEST_F(Controls, patience_runs_from_the_first_command_that_was_not_answered) {
    run("c1", kilowatt_mw);
    bench.now += 20 * second_us;
    run("c2", 2 * kilowatt_mw);
    bench.tick(t0 + 30 * second_us);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c2", AckState::timeout)));
}

TEST_F(Controls, a_device_that_speaks_of_what_was_before_is_not_silent) {
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    for (int i = 0; i < 10; ++i) {
        bench.tick(bench.now + 20 * second_us);
        EXPECT_THAT(acks(), IsEmpty());
        run("d" + std::to_string(i), (i % 4 + 1) * 500'000);
        respond(mrid, 2);
    }
}

TEST_F(Controls, word_of_a_start_does_not_answer_a_release) {
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    respond(mrid, 1);
    bench.send(release("c2", "battery", bench.now));
    respond(mrid, 2);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::started)));
}

TEST_F(Controls, a_command_that_ends_before_the_device_had_its_time_is_no_timeout) {
    run("c1", kilowatt_mw, 0, 5 * second_us);
    bench.tick(t0 + 40 * second_us);
    EXPECT_THAT(acks(), IsEmpty());
}

TEST_F(Controls, less_than_a_second_is_not_worth_a_control) {
    run("c1", kilowatt_mw, 0, second_us / 2);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::accepted)));
    EXPECT_THAT(list(), IsEmpty());
}

TEST_F(Controls, other_settings_publish_the_same_watts_as_other_percentages) {
    run("c1", 2 * kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    respond(mrid, 1);
    std::string body = settings_of();
    body.replace(body.find("<value>4000"), 11, "<value>8000");
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", body);
    EXPECT_EQ(bench.resource()->capability.max_mw, 8 * kilowatt_mw);
    const auto controls = list();
    ASSERT_EQ(controls.size(), 2u);
    EXPECT_THAT(statuses(), ElementsAre(1, 4));
    EXPECT_EQ(*controls[0].DERControlBase.opModFixedW, -2500);
    respond(mrid, 7);
    EXPECT_THAT(acks(), IsEmpty());  // the command itself goes on
    respond(controls[0].mRID, 2);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::started)));
}

TEST_F(Controls, a_control_of_other_modes_is_cancelled_not_superseded) {
    run("c1", 2 * kilowatt_mw);
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of("<modesEnabled>00400000</modesEnabled>"));
    const auto controls = list();
    ASSERT_EQ(controls.size(), 2u);
    EXPECT_TRUE(controls[0].DERControlBase.opModTargetW);
    EXPECT_THAT(statuses(), ElementsAre(1, 2));
}

TEST_F(Controls, the_same_settings_again_change_nothing) {
    run("c1", 2 * kilowatt_mw);
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of());
    EXPECT_EQ(bench.resource(), nullptr);
    EXPECT_EQ(list().size(), 1u);
}

// ---- Responses -----------------------------------------------------------------------------------------------------

TEST_F(Controls, table_27_responses_become_acknowledgements) {
    const std::pair<int, AckState> meanings[] = {
        {1, AckState::received}, {2, AckState::started},    {3, AckState::completed},  {4, AckState::opted_out},
        {5, AckState::accepted}, {6, AckState::cancelled},  {7, AckState::superseded}, {8, AckState::opted_out},
        {9, AckState::accepted}, {10, AckState::completed}, {11, AckState::accepted},  {13, AckState::aborted},
        {14, AckState::aborted}, {252, AckState::rejected}, {253, AckState::rejected}, {254, AckState::rejected}};
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    for (const auto& [status, state] : meanings) {
        EXPECT_EQ(respond(mrid, status).status, 201) << status;
        EXPECT_THAT(acks(), ElementsAre(std::pair("c1", state))) << status;
    }
}

TEST_F(Controls, S_ALL_57_responses_that_make_no_sense_are_refused) {
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    const auto status = [&](const std::string& body) {
        return bench.ask(battery_lfdi, "POST", "/rsps/2/rsp", body).status;
    };
    EXPECT_EQ(status(response_to(battery_lfdi, "FFFFFFFF", 1)), 400);
    EXPECT_EQ(status(response_to(battery_lfdi, "0xFFFFFFFF", 1)), 400);
    EXPECT_EQ(status(response_to(pv_lfdi, mrid, 1)), 400);
    EXPECT_EQ(status(response_to("0F423F", mrid, 1)), 400);
    for (int wrong : {0, 12, 15, 251, 255}) EXPECT_EQ(status(response_to(battery_lfdi, mrid, wrong)), 400) << wrong;
    EXPECT_THAT(bench.acks(), IsEmpty());
    EXPECT_EQ(bench.get<sep::ResponseList>(battery_lfdi, "/rsps/2/rsp").all.value, 0u);
}

TEST_F(Controls, response_is_addressable_and_listed) {
    run("c1", kilowatt_mw);
    const std::string location{respond(list()[0].mRID, 1).header("Location")};
    EXPECT_EQ(location, "/rsps/2/rsp/1");
    EXPECT_EQ(*bench.get<sep::DERControlResponse>(battery_lfdi, location).status, 1);
    EXPECT_EQ(bench.get<sep::ResponseList>(battery_lfdi, "/rsps/2/rsp?l=9").Response.size(), 1u);
    EXPECT_EQ(bench.get<sep::ResponseSetList>(battery_lfdi, "/rsps").ResponseSet.at(0).ResponseListLink->all.value, 1u);
}

TEST_F(Controls, response_as_its_base_type_and_lower_case_is_taken) {
    run("c1", kilowatt_mw);
    std::string body = response_to("0671c144d27dc9e612afe7dc6c79ec089ed3dcc5", list()[0].mRID, 1);
    for (std::size_t at = body.find("DERControl"); at != std::string::npos; at = body.find("DERControl"))
        body.erase(at, 10);
    EXPECT_EQ(bench.ask(battery_lfdi, "POST", "/rsps/2/rsp", body).status, 201);
}

TEST_F(Controls, the_same_response_again_is_told_once) {
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    respond(mrid, 1);
    EXPECT_EQ(respond(mrid, 1).status, 201);
    EXPECT_THAT(acks(), IsEmpty());
}

TEST_F(Controls, parts_of_a_command_complete_it_only_together) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 2 * minute_us, kilowatt_mw);
    command.steps.push_back({bench.now + minute_us, -kilowatt_mw});
    bench.send(command);
    const auto controls = list();
    respond(controls[0].mRID, 1);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::received)));
    respond(controls[1].mRID, 1);
    EXPECT_THAT(acks(), IsEmpty());
    respond(controls[0].mRID, 3);
    EXPECT_THAT(acks(), IsEmpty());
    respond(controls[1].mRID, 3);
    EXPECT_THAT(acks(), ElementsAre(std::pair("c1", AckState::completed)));
}

TEST_F(Controls, responses_are_bounded) {
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    for (int i = 0; i < 200; ++i) {
        std::string body = response_to(battery_lfdi, mrid, 2);
        body.replace(body.find("1760000000"), 10, std::to_string(1760000000 + i));
        bench.ask(battery_lfdi, "POST", "/rsps/2/rsp", body);
    }
    EXPECT_EQ(bench.get<sep::ResponseList>(battery_lfdi, "/rsps/2/rsp").all.value, 128u);
}

TEST_F(Controls, a_response_that_is_sent_again_is_the_same_one) {
    run("c1", kilowatt_mw);
    const std::string mrid = list()[0].mRID;
    const auto first = respond(mrid, 2);
    const auto again = respond(mrid, 2);
    EXPECT_EQ(again.status, 201);
    EXPECT_EQ(again.header("Location"), first.header("Location"));
    EXPECT_EQ(bench.get<sep::ResponseList>(battery_lfdi, "/rsps/2/rsp").all.value, 1u);
    EXPECT_NE(respond(mrid, 3).header("Location"), first.header("Location"));
}

// ---- restart -------------------------------------------------------------------------------------------------------

TEST_F(Controls, restart_goes_on_where_it_was) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 60 * minute_us, kilowatt_mw);
    for (int i = 1; i < 60; ++i) command.steps.push_back({bench.now + i * minute_us, i * 50'000});
    command.has_fallback = true;
    command.fallback_mw = kilowatt_mw;
    bench.send(command);
    respond(list()[0].mRID, 1);
    ClientOptions options;
    options.lfdi = battery_lfdi;
    bench.ask(battery_lfdi, "POST", "/mup", mirror_body(options));

    const std::vector<std::string> paths = {"/dcap",
                                            "/edev?l=9",
                                            "/edev/2/rg",
                                            "/edev/2/derp/1/derc?l=255",
                                            "/edev/2/derp/1/dderc",
                                            "/edev/2/der/1/derg",
                                            "/rsps/2/rsp?l=9",
                                            "/mup?l=9"};
    std::vector<std::string> before;
    for (const auto& path : paths) before.push_back(bench.ask(battery_lfdi, "GET", path).body);
    Server restored{Policy{}};
    bench.restore_into(restored);
    bench.server = std::move(restored);
    EXPECT_EQ(bench.server.next_due(), 0);
    bench.tick(bench.now);
    EXPECT_THAT(bench.changes.inputs, IsEmpty());
    for (std::size_t i = 0; i < paths.size(); ++i) EXPECT_EQ(bench.ask(battery_lfdi, "GET", paths[i]).body, before[i]);

    for (int minute = 0; minute < 60; ++minute) {
        bench.tick(t0 + minute * minute_us);
        EXPECT_EQ(list()[0].interval.start, 1'760'000'000 + minute * 60);
    }
}

TEST_F(Controls, restart_gives_a_device_its_time_before_it_counts_as_quiet) {
    Server restored{Policy{}};
    bench.restore_into(restored);
    bench.server = std::move(restored);
    bench.tick(t0 + model::hour_us);
    EXPECT_EQ(bench.resource(), nullptr);
    bench.tick(t0 + model::hour_us + 30 * second_us);
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_FALSE(bench.resource()->connected);
}

TEST_F(Controls, enrolling_again_after_a_restart_keeps_what_was_known) {
    run("c1", kilowatt_mw);
    Server restored{Policy{}};
    bench.restore_into(restored);
    bench.server = std::move(restored);
    bench.enrol(battery_lfdi, "battery", model::ResourceKind::storage);
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_TRUE(bench.resource()->controllable);
    EXPECT_EQ(list().size(), 1u);
}

// What was damaged on the disk must not lead to a device that is not there, nor to times that cannot be reckoned with.
TEST_F(Controls, documents_that_contradict_themselves_are_restored_by_their_keys) {
    run("c1", kilowatt_mw);
    for (model::Document& document : bench.documents) {
        if (document.folder == folder::devices) document.body.replace(0, document.body.find(','), "{\"number\":77");
        const std::size_t start = document.body.find("\"start_s\":");
        if (document.folder == folder::controls && start != std::string::npos)
            document.body.replace(start, document.body.find(',', start) - start, "\"start_s\":-9223372036854775808");
    }
    Server restored{Policy{}};
    bench.restore_into(restored);
    bench.server = std::move(restored);
    bench.tick(bench.now);
    EXPECT_EQ(bench.ask(battery_lfdi, "GET", "/edev/2/rg").status, 200);
    EXPECT_TRUE(list().empty());
    bench.enrol(battery_lfdi, "battery", model::ResourceKind::storage);
    run("c2", kilowatt_mw);
    EXPECT_EQ(list().size(), 1u);
}

TEST_F(Controls, a_clock_that_is_set_back_shows_again_what_is_not_over) {
    run("c1", -kilowatt_mw);
    ASSERT_EQ(list().size(), 1u);
    bench.tick(t0 + 11 * minute_us);
    EXPECT_THAT(list(), IsEmpty());
    bench.now = t0 + 5 * minute_us;
    EXPECT_EQ(list().size(), 1u);
    bench.tick(t0 + 11 * minute_us);
    EXPECT_THAT(list(), IsEmpty());
    EXPECT_EQ(kept_controls(bench), 1u);
    bench.tick(t0 + 80 * minute_us);
    EXPECT_EQ(kept_controls(bench), 0u) << "an hour after it is over";
}

TEST_F(Controls, what_a_past_part_said_of_its_command_is_not_told_again_by_the_next) {
    model::Command command = setpoint("c1", "battery", bench.now, bench.now + 2 * minute_us, kilowatt_mw);
    command.steps.push_back({bench.now + minute_us, -kilowatt_mw});
    bench.send(command);
    const auto parts = list();
    ASSERT_EQ(parts.size(), 2u);
    respond(parts[0].mRID, 2);
    EXPECT_THAT(acks(), ElementsAre(std::pair(std::string("c1"), AckState::started)));
    bench.tick(t0 + 61 * second_us);
    ASSERT_EQ(list().size(), 1u);
    respond(parts[1].mRID, 2);
    EXPECT_THAT(acks(), IsEmpty());
}

TEST_F(Controls, a_device_that_is_removed_leaves_nothing_of_what_is_past) {
    run("c1", -kilowatt_mw, 0, minute_us);
    bench.tick(t0 + 2 * minute_us);
    run("c2", kilowatt_mw);
    ASSERT_EQ(kept_controls(bench), 2u);
    bench.remove(battery_lfdi);
    EXPECT_EQ(kept_controls(bench), 0u);
}

TEST(ControlsBound, no_more_than_the_policy_says_are_remembered) {
    Policy policy;
    policy.remembered = 4;
    Bench bench(policy);
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of());
    for (int i = 0; i < 20; ++i) {
        bench.send(setpoint("c" + std::to_string(i), "battery", bench.now, bench.now + minute_us, kilowatt_mw));
        bench.tick(bench.now + 2 * minute_us);
        EXPECT_LE(kept_controls(bench), 4u);
    }
    EXPECT_EQ(kept_controls(bench), 4u);
}

TEST_F(Controls, documents_of_what_is_over_are_deleted) {
    for (int i = 0; i < 300; ++i) {
        bench.now += second_us;
        run("c" + std::to_string(i), (i % 4 + 1) * 500'000, 0, minute_us);
    }
    bench.tick(bench.now + 2 * model::hour_us);
    const bool any = std::any_of(bench.documents.begin(), bench.documents.end(), [](const auto& document) {
        return document.folder == folder::controls && document.key.ends_with("/300");
    });
    EXPECT_TRUE(any);
    EXPECT_EQ(kept_controls(bench), 0u);
}

}  // namespace
}  // namespace busbar::ieee2030_5
