// The CSMS as a station sees it, frame by frame: refusals, the boot gate, transactions, one call at a time.
#include "protocols/ocpp/csms.hpp"

#include "protocols/ocpp/test_csms.hpp"

namespace busbar::ocpp {
namespace {

using model::AckState;
using model::second_us;

std::string code_of(const std::string& frame) {
    return read_frame(frame).code;
}

class OcppCsms : public testing::TestWithParam<Version> {};
INSTANTIATE_TEST_SUITE_P(BothVersions, OcppCsms, testing::Values(Version::v16, Version::v201),
                         [](const auto& test) { return test.param == Version::v16 ? "v16" : "v201"; });

// A transaction, however the version begins one.
void start_transaction(Wire& wire, std::string_view id = "t1") {
    if (wire.version == Version::v16) {
        wire.ask("StartTransaction",
                 R"({"connectorId":1,"idTag":"A","meterStart":100,"timestamp":"2026-01-01T00:00:00Z"})");
        wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":"Charging"})");
    } else {
        wire.ask("TransactionEvent",
                 R"({"eventType":"Started","timestamp":"2026-01-01T00:00:00Z","triggerReason":"Authorized","seqNo":0,)"
                 R"("transactionInfo":{"transactionId":")" +
                     std::string(id) + R"(","chargingState":"Charging"},"evse":{"id":1,"connectorId":1}})");
    }
}

model::Command command(const Wire& wire, std::string id, model::MilliW power_mw) {
    return setpoint(std::move(id), "cs-1", wire.now, model::never, {{wire.now, power_mw}});
}

// ---- what cannot be read
// ---------------------------------------------------------------------------------------------

TEST_P(OcppCsms, broken_frames_get_an_error_and_the_session_lives) {
    Wire wire(GetParam());
    wire.boot();
    for (const char* frame : {"", "{", "[2,\"1\"", "\"text\"", "[2,5,\"Heartbeat\",{}]", "\xff\xfe"}) {
        wire.receive(frame);
        ASSERT_EQ(wire.out.frames.size(), 1U) << frame;
        EXPECT_EQ(read_frame(wire.reply()).id, "-1") << wire.reply();
        EXPECT_EQ(read_frame(wire.reply()).kind, Received::Kind::error) << wire.reply();
    }
    EXPECT_TRUE(wire.noticed("bad_frame"));
    EXPECT_TRUE(wire.all.closings.empty());
    EXPECT_EQ(wire.ask("Heartbeat", "{}").substr(0, 3), "[3,");
}

TEST_P(OcppCsms, an_unknown_action_is_not_implemented) {
    Wire wire(GetParam());
    wire.boot();
    EXPECT_EQ(code_of(wire.ask("MakeCoffee", "{}")), "NotImplemented");
    EXPECT_EQ(code_of(wire.ask("SetChargingProfile", "{}")), "NotImplemented");  // not for a station to ask
}

TEST_P(OcppCsms, a_wrong_type_is_named_with_its_path) {
    Wire wire(GetParam());
    wire.boot();
    const bool v16 = GetParam() == Version::v16;
    const std::string reply = v16 ? wire.ask("MeterValues", R"({"connectorId":{},"meterValue":[]})")
                                  : wire.ask("MeterValues", R"({"evseId":{},"meterValue":[]})");
    EXPECT_EQ(code_of(reply), "TypeConstraintViolation");
    EXPECT_NE(read_frame(reply).details.find(v16 ? "\"/connectorId\"" : "\"/evseId\""), std::string::npos) << reply;
}

TEST_P(OcppCsms, too_long_and_too_deep_are_refused) {
    Policy policy;
    policy.limits.bytes = 2000;
    policy.limits.depth = 10;
    Wire wire(GetParam(), policy);
    wire.boot();
    EXPECT_EQ(read_frame(wire.ask("Heartbeat", "{\"x\":\"" + std::string(3000, 'x') + "\"}")).kind,
              Received::Kind::error);
    EXPECT_EQ(read_frame(wire.ask("Heartbeat", "{\"x\":" + std::string(20, '[') + std::string(20, ']') + "}")).kind,
              Received::Kind::error);
    EXPECT_EQ(wire.ask("Heartbeat", "{}").substr(0, 3), "[3,");
}

TEST_P(OcppCsms, a_bad_answer_is_not_answered_and_settles_its_call) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    wire.answer(R"({"status":"Perhaps"})");
    EXPECT_TRUE(wire.out.frames.empty());
    EXPECT_TRUE(wire.noticed("bad_answer"));
    ASSERT_EQ(wire.acks().size(), 1U);
    EXPECT_EQ(wire.acks()[0].state, AckState::rejected);
}

TEST_P(OcppCsms, message_types_of_the_future_are_ignored) {
    Wire wire(GetParam());
    wire.boot();
    wire.receive(R"([6,"1","NotifyPeriodicEventStream",{}])");
    EXPECT_TRUE(wire.out.frames.empty());
    EXPECT_TRUE(wire.noticed("unknown_message_type"));
}

// ---- boot
// ------------------------------------------------------------------------------------------------------------

TEST(OcppBoot, B01_FR_10_v201_refuses_all_else_before_the_boot) {
    Wire wire(Version::v201);
    wire.connect();
    EXPECT_EQ(code_of(wire.ask("Heartbeat", "{}")), "SecurityError");
    EXPECT_TRUE(wire.noticed("not_booted"));
    EXPECT_FALSE(wire.resource("cs-1").connected);
}

TEST(OcppBoot, v16_stations_that_report_before_they_boot_are_heard_unless_strict) {
    Wire wire(Version::v16);
    wire.connect();
    EXPECT_EQ(
        wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":"Available"})").substr(0, 3),
        "[3,");
    Policy policy;
    policy.strict = true;
    Wire strict(Version::v16, policy);
    strict.connect();
    EXPECT_EQ(code_of(strict.ask("Heartbeat", "{}")), "SecurityError");
}

TEST_P(OcppCsms, who_does_not_boot_is_asked_to) {
    Wire wire(GetParam());
    wire.connect();
    EXPECT_TRUE(wire.out.frames.empty());
    wire.tick(10 * second_us);
    EXPECT_EQ(wire.last_call().action, "TriggerMessage");
    EXPECT_EQ(wire.last_call().payload, R"({"requestedMessage":"BootNotification"})");
}

TEST_P(OcppCsms, who_was_deaf_to_the_first_questions_is_asked_again_later) {
    Wire wire(GetParam());
    wire.connect();
    for (int i = 0; i < 30; ++i) wire.tick(10 * second_us);
    wire.tick(300 * second_us);
    ASSERT_FALSE(wire.out.frames.empty());
    EXPECT_EQ(wire.last_call().action, "TriggerMessage");
    wire.answer(R"({"status":"Rejected"})");
    EXPECT_TRUE(wire.resource("cs-1").connected);
}

TEST_P(OcppCsms, F06_FR_17_who_holds_itself_booted_is_taken_as_it_is) {
    Wire wire(GetParam());
    wire.connect();
    wire.tick(10 * second_us);
    wire.answer(R"({"status":"Rejected"})");
    EXPECT_TRUE(wire.resource("cs-1").connected);
    EXPECT_EQ(wire.ask("Heartbeat", "{}").substr(0, 3), "[3,");
}

TEST_P(OcppCsms, a_reconnect_needs_no_boot_even_after_a_restart) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    Wire later(GetParam());
    for (const auto& document : wire.all.changes.documents) later.csms.restore(document);
    later.connect();
    EXPECT_TRUE(later.resource("cs-1").connected);
    EXPECT_TRUE(later.resource("cs-1").controllable);
    EXPECT_EQ(later.csms.station("cs-1")->outlets[0].transaction, wire.csms.station("cs-1")->outlets[0].transaction);
}

TEST_P(OcppCsms, a_document_may_come_before_its_enrolment) {
    Wire wire(GetParam());
    wire.boot();
    Csms csms;
    for (const auto& document : wire.all.changes.documents) csms.restore(document);
    EXPECT_TRUE(csms.stations().empty());
    Output output;
    model::Enrolment enrolment;
    enrolment.id = "cs-1";
    csms.enrol(wire.now, enrolment, output);
    EXPECT_TRUE(csms.station("cs-1")->booted);
}

TEST_P(OcppCsms, strict_closes_on_another_serial_number_than_the_certificates) {
    Policy policy;
    policy.strict = true;
    Wire wire(GetParam(), policy);
    wire.call([&](Output& output) {
        Upgrade upgrade;
        upgrade.path = "/cs-1";
        upgrade.certificate_common_name = "cs-1";
        upgrade.subprotocols = "ocpp1.6, ocpp2.0.1";
        wire.csms.admit(wire.now, upgrade, output);
    });
    wire.connect();
    // B01.FR.11, B01.FR.12
    if (GetParam() == Version::v16) {
        wire.ask("BootNotification",
                 R"({"chargePointVendor":"V","chargePointModel":"M","chargePointSerialNumber":"77"})");
    } else {
        wire.ask("BootNotification",
                 R"({"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M","serialNumber":"77"}})");
    }
    EXPECT_EQ(wire.all.closings.size(), 1U);
    EXPECT_TRUE(wire.noticed("serial_mismatch"));
}

// ---- calls
// -----------------------------------------------------------------------------------------------------------

TEST_P(OcppCsms, one_call_at_a_time_and_the_newest_command_waits) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    EXPECT_EQ(wire.out.frames.size(), 1U);
    wire.send(command(wire, "c2", 7'000'000));
    wire.send(command(wire, "c3", 8'000'000));
    EXPECT_TRUE(wire.out.frames.empty());
    ASSERT_EQ(wire.acks().size(), 1U);
    EXPECT_EQ(wire.acks()[0].command, "c2");
    EXPECT_EQ(wire.acks()[0].state, AckState::superseded);
    wire.answer(R"({"status":"Accepted"})");
    ASSERT_EQ(wire.out.frames.size(), 1U);
    EXPECT_NE(wire.reply().find("8000"), std::string::npos);
    wire.answer(R"({"status":"Accepted"})");
    ASSERT_EQ(wire.acks().size(), 3U);
    EXPECT_EQ(wire.acks()[2].command, "c3");
    EXPECT_EQ(wire.acks()[2].state, AckState::accepted);
}

TEST_P(OcppCsms, a_station_may_call_while_it_owes_an_answer) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    EXPECT_EQ(wire.ask("Heartbeat", "{}").substr(0, 3), "[3,");
}

TEST_P(OcppCsms, a_timeout_belongs_to_its_own_call_and_a_late_answer_to_none) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    const std::string first = wire.last_call().id;
    wire.tick(29 * second_us);
    EXPECT_TRUE(wire.acks().empty());
    wire.tick(second_us);
    ASSERT_EQ(wire.acks().size(), 1U);
    EXPECT_EQ(wire.acks()[0].state, AckState::timeout);
    wire.send(command(wire, "c2", 7'000'000));
    EXPECT_NE(wire.last_call().id, first);
    wire.receive(result_frame(first, R"({"status":"Rejected"})"));
    EXPECT_EQ(wire.acks().size(), 1U);
    EXPECT_TRUE(wire.noticed("late_answer"));
    wire.answer(R"({"status":"Accepted"})");
    EXPECT_EQ(wire.acks().back().command, "c2");
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
}

TEST_P(OcppCsms, other_work_that_falls_due_times_nothing_out) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    wire.answer(R"({"status":"Accepted"})");
    wire.send(command(wire, "c2", 7'000'000));
    wire.tick(6 * second_us);  // c1 would be verified now
    EXPECT_EQ(wire.acks().size(), 1U);
    wire.answer(R"({"status":"Accepted"})");
    EXPECT_EQ(wire.acks().back().command, "c2");
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
}

TEST_P(OcppCsms, an_answer_that_nobody_asked_for_is_ignored) {
    Wire wire(GetParam());
    wire.boot();
    wire.receive(R"([3,"never",{"status":"Accepted"}])");
    wire.receive(R"([4,"never","GenericError","",{}])");
    EXPECT_TRUE(wire.noticed("unasked_answer"));
    EXPECT_TRUE(wire.out.frames.empty());
}

TEST_P(OcppCsms, the_newest_socket_wins_and_what_was_asked_on_the_old_one_is_lost) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    const std::string old = wire.last_call().id;
    wire.connect();
    ASSERT_EQ(wire.acks().size(), 1U);
    EXPECT_EQ(wire.acks()[0].state, AckState::timeout);
    EXPECT_TRUE(wire.noticed("socket_replaced"));
    EXPECT_TRUE(wire.resource("cs-1").connected);
    wire.receive(result_frame(old, R"({"status":"Accepted"})"));
    EXPECT_EQ(wire.acks().size(), 1U);
    EXPECT_TRUE(wire.noticed("late_answer"));
}

TEST_P(OcppCsms, a_lost_connection_fails_what_is_outstanding_and_what_comes_then) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    wire.call([&](Output& output) { wire.csms.disconnected(wire.now, "cs-1", output); });
    EXPECT_EQ(wire.acks().back().reason, "connection lost");
    EXPECT_FALSE(wire.resource("cs-1").connected);
    wire.send(command(wire, "c2", 6'000'000));
    EXPECT_EQ(wire.acks().back().command, "c2");
    EXPECT_EQ(wire.acks().back().state, AckState::timeout);
    EXPECT_TRUE(wire.out.frames.empty());
}

TEST_P(OcppCsms, an_error_in_answer_to_a_command_rejects_it_in_native_words) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    wire.receive("[4,\"" + wire.last_call().id + R"(","NotSupported","no smart charging",{}])");
    EXPECT_EQ(wire.acks().back().state, AckState::rejected);
    EXPECT_EQ(wire.acks().back().reason, "NotSupported (no smart charging)");
}

TEST_P(OcppCsms, the_queue_has_an_end) {
    Policy policy;
    policy.queue = 3;
    Wire wire(GetParam(), policy);
    wire.boot();
    for (int i = 0; i < 6; ++i) {
        wire.call([&](Output& output) {
            EXPECT_FALSE(
                wire.csms.request(wire.now, "cs-1", "TriggerMessage", R"({"requestedMessage":"Heartbeat"})", output));
        });
    }
    EXPECT_TRUE(wire.noticed("queue_full"));
    EXPECT_EQ(wire.csms.station("cs-1")->waiting, 3U);
}

TEST_P(OcppCsms, the_operators_call_is_checked_before_it_is_sent) {
    Wire wire(GetParam());
    wire.boot();
    Output output;
    const auto failure = wire.csms.request(wire.now, "cs-1", "TriggerMessage", R"({"requestedMessage":"Tea"})", output);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->path, "/requestedMessage");
    EXPECT_TRUE(wire.csms.request(wire.now, "cs-1", "MakeCoffee", "{}", output));
    EXPECT_TRUE(wire.csms.request(wire.now, "cs-2", "TriggerMessage", "{}", output));
    EXPECT_TRUE(output.frames.empty());
}

TEST_P(OcppCsms, quiet_says_nothing_of_its_own) {
    Policy policy;
    policy.quiet = true;
    Wire wire(GetParam(), policy);
    wire.connect();
    wire.ask("BootNotification", GetParam() == Version::v16
                                     ? R"({"chargePointVendor":"V","chargePointModel":"M"})"
                                     : R"({"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}})");
    EXPECT_EQ(wire.out.frames.size(), 1U);
    wire.tick(600 * second_us);
    EXPECT_TRUE(wire.out.frames.empty());
}

// ---- commands
// --------------------------------------------------------------------------------------------------------

TEST_P(OcppCsms, a_release_of_nothing_is_accepted_at_once) {
    Wire wire(GetParam());
    wire.boot();
    wire.send(release("c1", "cs-1"));
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
    EXPECT_TRUE(wire.out.frames.empty());
}

TEST_P(OcppCsms, a_released_command_does_not_come_back_with_the_next_vehicle) {
    Wire wire(GetParam());
    wire.boot();
    wire.send(command(wire, "c1", 6'000'000));
    wire.send(release("c2", "cs-1"));  // while the answer to c1 is outstanding
    wire.answer(R"({"status":"Accepted"})");
    EXPECT_EQ(wire.last_call().action, "ClearChargingProfile");
    wire.answer(R"({"status":"Accepted"})");
    EXPECT_EQ(wire.acks().back().command, "c2");
    start_transaction(wire);
    EXPECT_EQ(wire.last_call().action, "ClearChargingProfile");
    EXPECT_TRUE(wire.csms.station("cs-1")->outlets[0].command.empty());
}

TEST_P(OcppCsms, a_profile_that_may_be_there_is_cleared) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    wire.tick(30 * second_us);  // no answer: it may have been taken
    wire.send(release("c2", "cs-1"));
    EXPECT_EQ(wire.last_call().action, "ClearChargingProfile");
    wire.answer(R"({"status":"Unknown"})");
    EXPECT_EQ(wire.acks().back().command, "c2");
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
}

TEST_P(OcppCsms, a_refused_replacement_leaves_the_old_one_to_be_cleared) {
    Wire wire(GetParam());
    wire.boot();
    start_transaction(wire);
    wire.send(command(wire, "c1", 6'000'000));
    wire.answer(R"({"status":"Accepted"})");
    wire.send(command(wire, "c2", 7'000'000));
    wire.answer(R"({"status":"Rejected"})");
    EXPECT_EQ(wire.csms.station("cs-1")->outlets[0].command, "c1");
    wire.send(release("c3", "cs-1"));
    EXPECT_EQ(wire.last_call().action, "ClearChargingProfile");
}

TEST_P(OcppCsms, a_command_that_is_over_is_not_sent) {
    Wire wire(GetParam());
    wire.boot();
    wire.send(
        setpoint("c1", "cs-1", wire.now - 20 * second_us, wire.now - second_us, {{wire.now - 20 * second_us, 1}}));
    EXPECT_EQ(wire.acks().back().state, AckState::aborted);
    EXPECT_TRUE(wire.out.frames.empty());
    wire.send(setpoint("c2", "cs-1", wire.now, model::never, {}));
    EXPECT_EQ(wire.acks().back().state, AckState::rejected);
    wire.send(command(wire, "c3", 1));
    EXPECT_EQ(wire.out.frames.size(), 1U);
}

TEST_P(OcppCsms, an_unknown_resource_is_rejected) {
    Wire wire(GetParam());
    wire.send(setpoint("c1", "nobody", wire.now, model::never, {{wire.now, 1}}));
    EXPECT_EQ(wire.acks().back().state, AckState::rejected);
    EXPECT_FALSE(wire.csms.knows_resource("nobody"));
    EXPECT_TRUE(wire.csms.knows_resource("cs-1"));
}

TEST_P(OcppCsms, outlets_are_resources_of_their_own) {
    Wire wire(GetParam(), {}, 2);
    wire.boot();
    EXPECT_TRUE(wire.csms.knows_resource("cs-1/2"));
    EXPECT_FALSE(wire.csms.knows_resource("cs-1"));
    start_transaction(wire);
    EXPECT_TRUE(wire.resource("cs-1/1").controllable);
    EXPECT_FALSE(wire.resource("cs-1/2").controllable);
    wire.send(setpoint("c1", "cs-1/2", wire.now, model::never, {{wire.now, 5'000'000}}));
    EXPECT_NE(wire.last_call().payload.find(GetParam() == Version::v16 ? "\"connectorId\":2" : "\"evseId\":2"),
              std::string::npos);
}

TEST(OcppCommands, one_stack_level_leaves_no_room_for_a_fallback_before_a_vehicle_comes) {
    Wire wire(Version::v16);
    wire.boot(R"({"configurationKey":[{"key":"ChargeProfileMaxStackLevel","readonly":true,"value":"0"}]})");
    model::Command one = command(wire, "c1", 6'000'000);
    one.has_fallback = true;
    wire.send(one);
    EXPECT_TRUE(wire.noticed("no_fallback"));
    EXPECT_NE(wire.last_call().payload.find("\"stackLevel\":0"), std::string::npos);
    wire.answer(R"({"status":"Accepted"})");
    EXPECT_TRUE(wire.idle());
}

TEST(OcppCommands, steps_that_did_not_fit_are_sent_when_their_time_comes) {
    Wire wire(Version::v16);
    wire.boot(R"({"configurationKey":[{"key":"ChargingScheduleMaxPeriods","readonly":true,"value":"1"}]})");
    start_transaction(wire);
    const model::Us start = wire.now;
    wire.send(setpoint("c1", "cs-1", start, start + 1000 * second_us,
                       {{start, 6'000'000}, {start + 100 * second_us, 9'000'000}}));
    EXPECT_NE(wire.last_call().payload.find("6000"), std::string::npos);
    wire.answer(R"({"status":"Accepted"})");
    wire.tick(6 * second_us);  // the composite schedule is asked for
    wire.answer(R"({"status":"Rejected"})");
    wire.tick(94 * second_us);
    EXPECT_EQ(wire.last_call().action, "SetChargingProfile");
    EXPECT_NE(wire.last_call().payload.find("9000"), std::string::npos);
    wire.answer(R"({"status":"Accepted"})");
    EXPECT_EQ(wire.acks().size(), 1U);  // one command, one Ack
}

}  // namespace
}  // namespace busbar::ocpp
