// Both ends of both versions against each other: from boot to release.
#include "protocols/ocpp/test_pair.hpp"

namespace busbar::ocpp {
namespace {

using model::AckState;
using model::second_us;

class OcppPair : public testing::TestWithParam<Version> {
  protected:
    StationOptions options() const {
        StationOptions options;
        options.id = "cs-1";
        options.version = GetParam();
        return options;
    }
};

INSTANTIATE_TEST_SUITE_P(BothVersions, OcppPair, testing::Values(Version::v16, Version::v201),
                         [](const auto& test) { return test.param == Version::v16 ? "v16" : "v201"; });

TEST_P(OcppPair, boot_makes_the_resource_connected) {
    Pair pair(options());
    EXPECT_FALSE(pair.resource("cs-1").connected);
    pair.connect();
    EXPECT_TRUE(pair.station.booted());
    EXPECT_TRUE(pair.resource("cs-1").connected);
    EXPECT_FALSE(pair.resource("cs-1").controllable);
    EXPECT_EQ(pair.resource("cs-1").capability.max_mw, 22'080'000);
    EXPECT_EQ(pair.resource("cs-1").capability.lowest_on_mw, 4'140'000);
}

TEST_P(OcppPair, abilities_are_learnt_and_the_meter_is_set_after_boot) {
    Policy policy;
    policy.meter_s = 7;
    Pair pair(options(), policy);
    pair.connect();
    const auto view = pair.csms.station("cs-1");
    ASSERT_TRUE(view);
    EXPECT_EQ(view->rate_units, "A,W");
    EXPECT_EQ(view->max_stack_level, 8);
    EXPECT_EQ(view->max_periods, 24);
    EXPECT_EQ(pair.station.setting("MeterValueSampleInterval"), "7");
    EXPECT_EQ(pair.station.setting("MeterValuesSampledData"), "Power.Active.Import,Energy.Active.Import.Register");
    EXPECT_EQ(pair.resource("cs-1").settles_us, 10 * second_us);
}

TEST_P(OcppPair, a_vehicle_makes_it_controllable_and_its_leaving_ends_that) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    EXPECT_TRUE(pair.resource("cs-1").controllable);
    EXPECT_FALSE(pair.station.transaction(1).empty());
    EXPECT_EQ(pair.csms.station("cs-1")->outlets[0].transaction, pair.station.transaction(1));
    pair.station.unplug(pair.now, 1, pair.to_csms);
    pair.settle();
    EXPECT_FALSE(pair.resource("cs-1").controllable);
    EXPECT_TRUE(pair.resource("cs-1").connected);
    EXPECT_EQ(pair.samples().back().power_mw, 0);
}

TEST_P(OcppPair, a_command_is_obeyed_step_by_step_then_over) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 22'080);
    const model::Us start = pair.now;
    pair.send(setpoint("c1", "cs-1", start, start + 60 * second_us,
                       {{start, 11'000'000}, {start + 20 * second_us, 7'360'500}}));
    ASSERT_EQ(pair.acks().size(), 1U);
    EXPECT_EQ(pair.acks()[0].state, AckState::accepted);
    EXPECT_EQ(pair.acks()[0].command, "c1");
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 11'000);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(start + 20 * second_us, 1), 7'360.5);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(start + 60 * second_us, 1), 22'080);
}

TEST_P(OcppPair, meter_values_become_samples) {
    Policy policy;
    policy.meter_s = 5;
    Pair pair(options(), policy);
    pair.connect();
    pair.plug_in();
    pair.station.meter(pair.now, 1, 11'000, 1'234.5);
    pair.advance(5 * second_us);
    const model::Sample sample = pair.samples().back();
    EXPECT_EQ(sample.resource, "cs-1");
    EXPECT_EQ(sample.power_mw, 11'000'000);
    EXPECT_EQ(sample.import_mwh, 1'234'500);
    EXPECT_EQ(sample.measured_us, pair.now);
    EXPECT_EQ(sample.quality, model::Quality::good);
}

TEST_P(OcppPair, release_clears_what_was_set) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    model::Command command = setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 5'000'000}});
    command.has_fallback = true;
    command.fallback_mw = 4'500'000;
    pair.send(command);
    EXPECT_EQ(pair.station.profiles(), 2U);
    pair.send(release("c2", "cs-1"));
    EXPECT_EQ(pair.station.profiles(), 0U);
    EXPECT_EQ(pair.acks().back().command, "c2");
    EXPECT_EQ(pair.acks().back().state, AckState::accepted);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 22'080);
}

TEST_P(OcppPair, the_fallback_holds_when_the_command_is_over) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    model::Command command = setpoint("c1", "cs-1", pair.now, pair.now + 30 * second_us, {{pair.now, 11'000'000}});
    command.has_fallback = true;
    command.fallback_mw = 6'000'000;
    pair.send(command);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 11'000);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now + 31 * second_us, 1), 6'000);
}

TEST_P(OcppPair, amperes_are_rounded_toward_zero) {
    StationOptions only_amps = options();
    only_amps.watts = false;
    Pair pair(only_amps);
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 11'000'000}}));
    EXPECT_EQ(pair.acks().back().state, AckState::accepted);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 15.9 * 690);  // 15.94 A
}

TEST_P(OcppPair, K01_FR_05_a_new_command_replaces_the_old_by_id) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 11'000'000}}));
    pair.send(setpoint("c2", "cs-1", pair.now, model::never, {{pair.now, 9'000'000}}));
    EXPECT_EQ(pair.station.profiles(), 1U);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 9'000);
}

TEST_P(OcppPair, a_command_before_the_vehicle_holds_for_it) {
    Pair pair(options());
    pair.connect();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    EXPECT_EQ(pair.acks().back().state, AckState::accepted);
    pair.plug_in();
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 6'000);
    EXPECT_EQ(pair.station.profiles(), 1U);
}

TEST_P(OcppPair, a_standing_command_does_not_outlive_the_one_that_follows_it) {
    Pair pair(options());
    pair.connect();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    pair.plug_in();
    pair.send(setpoint("c2", "cs-1", pair.now, pair.now + 10 * second_us, {{pair.now, 9'000'000}}));
    EXPECT_EQ(pair.station.profiles(), 1U);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now + 11 * second_us, 1), 22'080);
}

TEST_P(OcppPair, composite_schedules_are_asked_for_at_a_low_rate) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    for (int i = 0; i < 10; ++i) {
        pair.send(
            setpoint("c" + std::to_string(i), "cs-1", pair.now, model::never, {{pair.now, 6'000'000 + i * 100'000}}));
        pair.advance(6 * second_us);
    }
    EXPECT_EQ(pair.calls("GetCompositeSchedule").size(), 1U);
}

TEST_P(OcppPair, a_limit_below_six_amperes_suspends_but_stays_controllable) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 0}}));
    EXPECT_EQ(pair.station.state(1), OutletState::suspended_evse);
    EXPECT_EQ(pair.csms.station("cs-1")->outlets[0].state, OutletState::suspended_evse);
    EXPECT_TRUE(pair.resource("cs-1").controllable);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 0);
}

TEST_P(OcppPair, a_vehicle_that_wants_nothing_is_not_controllable) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.station.suspend_ev(pair.now, 1, true, pair.to_csms);
    pair.settle();
    EXPECT_FALSE(pair.resource("cs-1").controllable);
    pair.station.suspend_ev(pair.now, 1, false, pair.to_csms);
    pair.settle();
    EXPECT_TRUE(pair.resource("cs-1").controllable);
}

TEST_P(OcppPair, a_refusing_station_rejects) {
    StationOptions refusing = options();
    refusing.behaviour = Behaviour::refuse_profiles;
    Pair pair(refusing);
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    EXPECT_EQ(pair.acks().back().state, AckState::rejected);
    EXPECT_NE(pair.acks().back().reason.find("Rejected"), std::string::npos);
}

TEST_P(OcppPair, a_silent_station_times_out_and_its_own_messages_are_heard_still) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.station.behave(Behaviour::silent);
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    EXPECT_TRUE(pair.acks().empty());
    const std::size_t before = pair.samples().size();
    pair.advance(31 * second_us);
    ASSERT_EQ(pair.acks().size(), 1U);
    EXPECT_EQ(pair.acks()[0].state, AckState::timeout);
    EXPECT_GT(pair.samples().size(), before);
}

TEST_P(OcppPair, a_station_that_accepts_and_ignores_is_found_out) {
    StationOptions ignoring = options();
    ignoring.behaviour = Behaviour::accept_and_ignore;
    Pair pair(ignoring);
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    EXPECT_EQ(pair.acks().back().state, AckState::accepted);
    EXPECT_FALSE(pair.noticed("composite_above_order"));
    pair.advance(6 * second_us);
    EXPECT_TRUE(pair.noticed("composite_above_order"));
}

TEST_P(OcppPair, an_obeying_station_is_asked_for_its_composite_once_and_not_complained_of) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, pair.now + 600 * second_us,
                       {{pair.now, 6'000'000}, {pair.now + 100 * second_us, 9'000'000}}));
    pair.advance(20 * second_us);
    EXPECT_EQ(pair.calls("GetCompositeSchedule").size(), 1U);
    EXPECT_FALSE(pair.noticed("composite_above_order"));
    EXPECT_FALSE(pair.noticed("no_composite"));
}

TEST_P(OcppPair, a_transaction_that_ended_offline_is_told_later) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.station.meter(pair.now, 1, 7'000, 500);
    pair.disconnect();
    pair.now += 60 * second_us;
    const model::Us ended = pair.now;
    pair.station.meter(pair.now, 1, 0, 900);
    Frames none;
    pair.station.unplug(pair.now, 1, none);
    EXPECT_TRUE(none.empty());
    pair.now += 600 * second_us;
    pair.connect();
    EXPECT_TRUE(pair.csms.station("cs-1")->outlets[0].transaction.empty());
    EXPECT_FALSE(pair.resource("cs-1").controllable);
    const auto samples = pair.samples();
    const bool told = std::any_of(samples.begin(), samples.end(), [&](const model::Sample& sample) {
        return sample.import_mwh == 900'000 && sample.measured_us == ended;
    });
    EXPECT_TRUE(told);
    EXPECT_EQ(pair.csms.station("cs-1")->errors, 0U);
}

TEST_P(OcppPair, what_was_cut_off_is_said_again_and_counted_once) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    const std::string transaction = pair.station.transaction(1);
    pair.station.unplug(pair.now, 1, pair.to_csms);
    // The end is heard, the answer to it is lost.
    for (const std::string& frame : pair.to_csms) {
        Output lost;
        pair.csms.receive(pair.now, "cs-1", frame, lost);
    }
    pair.disconnect();
    pair.connect();
    EXPECT_TRUE(pair.csms.station("cs-1")->outlets[0].transaction.empty());
    EXPECT_EQ(pair.csms.station("cs-1")->outlets[0].state, OutletState::available);
    EXPECT_EQ(pair.csms.station("cs-1")->errors, 0U);
}

TEST_P(OcppPair, a_reconnecting_station_is_asked_for_its_command_and_not_told_again) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    pair.disconnect();
    EXPECT_FALSE(pair.resource("cs-1").connected);
    const std::size_t before = pair.calls("SetChargingProfile").size();
    pair.connect();
    EXPECT_EQ(pair.calls("GetCompositeSchedule").size(), 1U);
    EXPECT_EQ(pair.calls("SetChargingProfile").size(), before);
    EXPECT_EQ(pair.acks().size(), 1U);
}

TEST_P(OcppPair, a_station_that_lost_its_memory_is_told_again) {
    Pair pair(options());
    pair.connect();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    const std::size_t before = pair.calls("SetChargingProfile").size();
    pair.disconnect();
    pair.station = Station(options());
    pair.connect();
    EXPECT_EQ(pair.calls("SetChargingProfile").size(), before + 1);
    pair.plug_in();
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 6'000);
}

TEST_P(OcppPair, the_next_vehicle_is_under_the_command_too) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    pair.station.unplug(pair.now, 1, pair.to_csms);
    pair.settle();
    EXPECT_EQ(pair.station.profiles(), 0U);
    pair.advance(10 * second_us);
    pair.plug_in();
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 6'000);
}

TEST_P(OcppPair, the_operator_stops_and_starts_a_transaction) {
    Pair pair(options());
    pair.connect();
    pair.plug_in();
    const bool v16 = GetParam() == Version::v16;
    const std::string id = pair.station.transaction(1);
    const auto ask = [&](const char* action, const std::string& payload) {
        pair.call([&](Output& output) { EXPECT_FALSE(pair.csms.request(pair.now, "cs-1", action, payload, output)); });
        pair.settle();
    };
    ask(v16 ? "RemoteStopTransaction" : "RequestStopTransaction",
        v16 ? R"({"transactionId":)" + id + "}" : R"({"transactionId":")" + id + "\"}");
    EXPECT_TRUE(pair.station.transaction(1).empty());
    EXPECT_FALSE(pair.resource("cs-1").controllable);
    pair.advance(second_us);
    ask(v16 ? "RemoteStartTransaction" : "RequestStartTransaction",
        v16 ? R"({"idTag":"T"})" : R"({"idToken":{"idToken":"T","type":"Central"},"remoteStartId":1})");
    EXPECT_TRUE(pair.resource("cs-1").controllable);
    EXPECT_TRUE(pair.noticed("call_answered"));
}

TEST_P(OcppPair, two_outlets_are_limited_apart) {
    StationOptions two = options();
    two.evses = 2;
    Pair pair(two);
    pair.connect();
    pair.plug_in(1);
    pair.plug_in(2);
    pair.send(setpoint("c1", "cs-1/1", pair.now, model::never, {{pair.now, 6'000'000}}));
    pair.send(setpoint("c2", "cs-1/2", pair.now, model::never, {{pair.now, 8'000'000}}));
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 6'000);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 2), 8'000);
    pair.send(release("c3", "cs-1/1"));
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 1), 22'080);
    EXPECT_DOUBLE_EQ(pair.station.limit_w(pair.now, 2), 8'000);
}

TEST_P(OcppPair, who_may_not_charge_gets_no_transaction) {
    Policy policy;
    policy.tokens = {"GOOD"};
    Pair pair(options(), policy);
    pair.connect();
    pair.plug_in(1, "BAD");
    EXPECT_TRUE(pair.station.transaction(1).empty());
    EXPECT_FALSE(pair.resource("cs-1").controllable);
}

TEST_P(OcppPair, heartbeats_come_when_nothing_else_does) {
    Policy policy;
    policy.heartbeat_s = 30;
    Pair pair(options(), policy);
    pair.connect();
    const std::size_t before = pair.said.size();
    pair.advance(91 * second_us);
    EXPECT_EQ(pair.said.size(), before + 3);
    EXPECT_NE(pair.said.back().find("\"Heartbeat\""), std::string::npos);
}

TEST_P(OcppPair, no_message_of_either_end_is_refused_by_the_other) {
    Policy policy;
    policy.strict = true;
    Pair pair(options(), policy);
    pair.connect();
    pair.plug_in();
    pair.send(setpoint("c1", "cs-1", pair.now, model::never, {{pair.now, 6'000'000}}));
    pair.advance(400 * second_us);
    pair.send(release("c2", "cs-1"));
    pair.station.unplug(pair.now, 1, pair.to_csms);
    pair.settle();
    EXPECT_EQ(pair.csms.station("cs-1")->errors, 0U);
    for (const std::string& frame : pair.heard) EXPECT_NE(frame.substr(0, 3), "[4,") << frame;
    for (const std::string& frame : pair.said) EXPECT_NE(frame.substr(0, 3), "[4,") << frame;
}

}  // namespace
}  // namespace busbar::ocpp
