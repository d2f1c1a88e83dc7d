// A station that comes back is asked what it holds before it is told anything: after a cut connection, a reboot, a
// restart of the gateway. What it holds already is not sent again; whatever else it answers, it is told.
#include "protocols/ocpp/csms.hpp"

#include "protocols/ocpp/test_csms.hpp"

namespace busbar::ocpp {
namespace {

using model::AckState;
using model::second_us;

constexpr std::string_view accepted = R"({"status":"Accepted"})";

model::Command order(const Wire& wire, std::string id, model::MilliW power_mw) {
    return setpoint(std::move(id), "cs-1", wire.now, wire.now + 1800 * second_us, {{wire.now, power_mw}});
}

// A composite schedule of one hour from the start of the test: {second, watts}.
std::string composite(Version version, std::vector<std::pair<int, double>> parts) {
    std::string periods;
    for (const auto& [start_s, watts] : parts) {
        if (!periods.empty()) periods += ',';
        periods += R"({"startPeriod":)" + std::to_string(start_s) + R"(,"limit":)" + std::to_string(watts) + "}";
    }
    const std::string schedule = R"("chargingRateUnit":"W","duration":3600,"chargingSchedulePeriod":[)" + periods + "]";
    const std::string start = R"("scheduleStart":"2026-01-01T00:00:00Z")";
    if (version == Version::v16) {
        return R"({"status":"Accepted","connectorId":1,)" + start + R"(,"chargingSchedule":{)" + schedule + "}}";
    }
    return R"({"status":"Accepted","schedule":{"evseId":1,)" + start + "," + schedule + "}}";
}

// A station with a vehicle and an accepted order of 6 kW, cut off and back again. It has been asked, and owes the
// answer.
struct Returned : Wire {
    explicit Returned(Version version_spoken, Policy policy = {}) : Wire(version_spoken, std::move(policy)) {
        boot();
        start_transaction();
        first = order(*this, "c1", 6'000'000);
        send(first);
        answer(accepted);
        call([&](Output& output) { csms.disconnected(now, "cs-1", output); });
        all.frames.clear();
        connect();
    }
    void start_transaction() {
        if (version == Version::v16) {
            ask("StartTransaction",
                R"({"connectorId":1,"idTag":"A","meterStart":100,"timestamp":"2026-01-01T00:00:00Z"})");
        } else {
            ask("TransactionEvent",
                R"({"eventType":"Started","timestamp":"2026-01-01T00:00:00Z","triggerReason":"Authorized","seqNo":0,)"
                R"("transactionInfo":{"transactionId":"t1","chargingState":"Charging"},"evse":{"id":1,"connectorId":1}})");
        }
    }
    std::size_t count(std::string_view action) const {
        std::size_t found = 0;
        for (const Frame& frame : all.frames) found += read_frame(frame.text).action == action ? 1 : 0;
        return found;
    }
    std::size_t questions() const { return count("GetCompositeSchedule"); }
    std::size_t told() const { return count("SetChargingProfile"); }

    model::Command first;
};

class OcppResync : public testing::TestWithParam<Version> {};
INSTANTIATE_TEST_SUITE_P(BothVersions, OcppResync, testing::Values(Version::v16, Version::v201),
                         [](const auto& test) { return test.param == Version::v16 ? "v16" : "v201"; });

// ---- it holds what is wanted

TEST_P(OcppResync, is_asked_first) {
    Returned wire(GetParam());
    EXPECT_EQ(wire.last_call().action, "GetCompositeSchedule");
    EXPECT_EQ(wire.told(), 0U);
}

TEST_P(OcppResync, what_it_holds_is_not_sent_again) {
    Returned wire(GetParam());
    wire.send(wire.first);  // the core says it once more
    wire.answer(composite(GetParam(), {{0, 6000}, {1800, 22080}}));
    EXPECT_TRUE(wire.idle());
    EXPECT_EQ(wire.questions(), 1U);
    EXPECT_EQ(wire.told(), 0U);
    ASSERT_EQ(wire.acks().size(), 2U);
    EXPECT_EQ(wire.acks()[1].command, "c1");
    EXPECT_EQ(wire.acks()[1].state, AckState::accepted);
    EXPECT_EQ(wire.acks()[1].reason, "the station holds it already");
}

TEST_P(OcppResync, an_equal_order_of_another_id_counts_as_accepted) {
    Returned wire(GetParam());
    wire.answer(composite(GetParam(), {{0, 6000}}));
    wire.send(order(wire, "c2", 6'000'000));  // the station has said so just now
    EXPECT_EQ(wire.told(), 0U);
    EXPECT_EQ(wire.acks().back().command, "c2");
    wire.send(order(wire, "c3", 6'000'000));  // whoever asks once more has his reasons
    EXPECT_EQ(wire.told(), 1U);
    Returned other(GetParam());
    other.send(order(other, "c2", 6'000'000));
    other.answer(composite(GetParam(), {{0, 6000}}));
    EXPECT_EQ(other.told(), 0U);
    EXPECT_EQ(other.acks().back().command, "c2");
    EXPECT_EQ(other.csms.station("cs-1")->outlets[0].command, "c2");
}

TEST_P(OcppResync, after_a_restart_too) {
    Returned before(GetParam());
    Wire wire(GetParam());
    for (const auto& document : before.all.changes.documents) wire.csms.restore(document);
    wire.connect();
    if (!wire.idle()) wire.answer(GetParam() == Version::v16 ? "{}" : Wire::nothing_known);  // it learns anew
    while (!wire.idle()) wire.answer(wire.last_call().action == "SetVariables" ? Wire::set_accepted : accepted);
    wire.send(before.first);
    EXPECT_EQ(wire.last_call().action, "GetCompositeSchedule");
    wire.answer(composite(GetParam(), {{0, 6000}, {1800, 22080}}));
    EXPECT_TRUE(wire.idle());
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
    EXPECT_EQ(wire.csms.station("cs-1")->outlets[0].command, "c1");
}

TEST_P(OcppResync, what_was_on_its_way_when_the_gateway_died_is_asked_for) {
    Wire before(GetParam());
    before.boot();
    const model::Command standing = order(before, "c1", 6'000'000);
    before.send(standing);  // no answer, and no document that tells of it
    Wire wire(GetParam());
    for (const auto& document : before.all.changes.documents) wire.csms.restore(document);
    wire.connect();
    if (!wire.idle()) wire.answer(GetParam() == Version::v16 ? "{}" : Wire::nothing_known);
    while (!wire.idle()) wire.answer(wire.last_call().action == "SetVariables" ? Wire::set_accepted : accepted);
    wire.send(standing);
    EXPECT_EQ(wire.last_call().action, "GetCompositeSchedule");
}

TEST_P(OcppResync, what_may_be_there_after_a_restart_is_cleared_by_a_release) {
    Wire before(GetParam());
    before.boot();
    before.send(order(before, "c1", 6'000'000));
    Wire wire(GetParam());
    for (const auto& document : before.all.changes.documents) wire.csms.restore(document);
    wire.connect();
    if (!wire.idle()) wire.answer(GetParam() == Version::v16 ? "{}" : Wire::nothing_known);
    while (!wire.idle())
        wire.answer(wire.last_call().action == "SetVariables" ? Wire::set_accepted : accepted);
    wire.send(release("c2", "cs-1"));
    EXPECT_EQ(wire.last_call().action, "ClearChargingProfile");
}

TEST_P(OcppResync, who_reboots_on_its_socket_is_asked_again) {
    Returned wire(GetParam());
    wire.answer(composite(GetParam(), {{0, 6000}}));
    ASSERT_TRUE(wire.idle());
    wire.ask("BootNotification", GetParam() == Version::v16
                                     ? R"({"chargePointVendor":"V","chargePointModel":"M"})"
                                     : R"({"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}})");
    while (!wire.idle() && wire.last_call().action != "GetCompositeSchedule")
        wire.answer(GetParam() == Version::v16 ? "{}" : Wire::nothing_known);
    EXPECT_EQ(wire.questions(), 2U);
    wire.answer(composite(GetParam(), {{0, 22080}}));  // it has lost it
    while (!wire.idle() && wire.last_call().action != "SetChargingProfile")
        wire.answer(wire.last_call().action == "SetVariables" ? Wire::set_accepted : accepted);
    EXPECT_EQ(wire.told(), 1U);
}

// ---- it holds something else, or says nothing that can be used

TEST_P(OcppResync, who_allows_more_is_told) {
    Returned wire(GetParam());
    wire.answer(composite(GetParam(), {{0, 22080}}));
    EXPECT_EQ(wire.last_call().action, "SetChargingProfile");
    wire.answer(accepted);
    EXPECT_EQ(wire.acks().size(), 1U);  // nobody asked for another
}

TEST_P(OcppResync, who_allows_less_is_told) {
    Returned wire(GetParam());
    wire.answer(composite(GetParam(), {{0, 4200}}));
    EXPECT_EQ(wire.told(), 1U);
}

TEST_P(OcppResync, who_allows_more_later_is_told) {
    Returned wire(GetParam());
    wire.answer(composite(GetParam(), {{0, 6000}, {900, 22080}}));
    EXPECT_EQ(wire.told(), 1U);
}

TEST_P(OcppResync, an_order_that_changed_meanwhile_is_told_and_the_old_one_is_not) {
    Returned wire(GetParam());
    wire.send(order(wire, "c2", 9'000'000));
    wire.answer(composite(GetParam(), {{0, 6000}, {1800, 22080}}));
    EXPECT_EQ(wire.told(), 1U);
    EXPECT_NE(wire.last_call().payload.find("9000"), std::string::npos);
    wire.answer(accepted);
    EXPECT_EQ(wire.acks().back().command, "c2");
}

TEST_P(OcppResync, only_the_newest_of_two_orders_is_told) {
    Returned wire(GetParam());
    wire.send(order(wire, "c2", 9'000'000));
    wire.send(order(wire, "c3", 8'000'000));
    EXPECT_EQ(wire.acks().back().command, "c2");
    EXPECT_EQ(wire.acks().back().state, AckState::superseded);
    wire.answer(composite(GetParam(), {{0, 6000}}));
    EXPECT_EQ(wire.told(), 1U);
    EXPECT_NE(wire.last_call().payload.find("8000"), std::string::npos);
}

TEST_P(OcppResync, who_has_no_schedule_is_told) {
    Returned wire(GetParam());
    wire.send(wire.first);
    wire.answer(R"({"status":"Rejected"})");
    EXPECT_EQ(wire.told(), 1U);
    wire.answer(accepted);
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
}

TEST_P(OcppResync, who_does_not_know_the_question_is_told) {
    for (const char* code : {"NotSupported", "NotImplemented"}) {
        Returned wire(GetParam());
        wire.send(wire.first);
        wire.receive("[4,\"" + wire.last_call().id + "\",\"" + code + R"(","",{}])");
        EXPECT_EQ(wire.told(), 1U) << code;
        wire.answer(accepted);
        EXPECT_EQ(wire.acks().back().state, AckState::accepted);
    }
}

TEST_P(OcppResync, who_answers_nonsense_is_told) {
    Returned wire(GetParam());
    wire.answer(R"({"status":"Perhaps"})");
    EXPECT_TRUE(wire.noticed("bad_answer"));
    EXPECT_EQ(wire.told(), 1U);
}

TEST_P(OcppResync, who_does_not_answer_is_told) {
    Returned wire(GetParam());
    wire.send(wire.first);
    wire.tick(29 * second_us);
    EXPECT_EQ(wire.told(), 0U);
    wire.tick(second_us);
    EXPECT_EQ(wire.told(), 1U);
    EXPECT_EQ(wire.acks().size(), 1U);  // not given up yet
    wire.answer(accepted);
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
}

TEST_P(OcppResync, an_answer_that_does_not_reach_far_enough_says_nothing) {
    Returned wire(GetParam());
    std::string brief = composite(GetParam(), {{0, 6000}});
    brief.replace(brief.find("3600"), 4, "1");
    wire.answer(brief);
    EXPECT_EQ(wire.told(), 1U);
}

// Nothing on the wire tells this lie from the truth: the meter does, and the core's closed loop corrects by it.
TEST_P(OcppResync, who_lies_is_believed_here) {
    Returned wire(GetParam());
    wire.send(wire.first);
    wire.answer(composite(GetParam(), {{0, 6000}}));
    EXPECT_EQ(wire.told(), 0U);
    wire.send(order(wire, "c2", 5'000'000));  // which the core gives when the meter shows more
    EXPECT_EQ(wire.told(), 1U);
}

TEST_P(OcppResync, a_vehicle_that_came_meanwhile_is_told) {
    Returned wire(GetParam());
    if (GetParam() == Version::v16) {
        wire.ask("StartTransaction",
                 R"({"connectorId":1,"idTag":"B","meterStart":900,"timestamp":"2026-01-01T00:00:00Z"})");
    } else {
        wire.ask(
            "TransactionEvent",
            R"({"eventType":"Started","timestamp":"2026-01-01T00:00:00Z","triggerReason":"Authorized","seqNo":0,)"
            R"("transactionInfo":{"transactionId":"t2","chargingState":"Charging"},"evse":{"id":1,"connectorId":1}})");
    }
    // The schedule of the former transaction ended with it, whatever the station says.
    wire.receive(result_frame(read_frame(wire.all.frames.front().text).id, composite(GetParam(), {{0, 6000}})));
    EXPECT_EQ(wire.told(), 1U);
}

// ---- while the question is under way

TEST_P(OcppResync, a_release_ends_it) {
    Returned wire(GetParam());
    wire.send(release("c2", "cs-1"));
    wire.answer(composite(GetParam(), {{0, 22080}}));
    EXPECT_EQ(wire.told(), 0U);
    EXPECT_EQ(wire.last_call().action, "ClearChargingProfile");
    wire.answer(accepted);
    EXPECT_EQ(wire.acks().back().command, "c2");
    EXPECT_EQ(wire.acks().back().state, AckState::accepted);
}

TEST_P(OcppResync, an_order_that_is_over_when_the_answer_comes_is_not_sent) {
    Returned wire(GetParam());
    wire.send(setpoint("c2", "cs-1", wire.now, wire.now + 10 * second_us, {{wire.now, 5'000'000}}));
    wire.tick(20 * second_us);
    wire.answer(composite(GetParam(), {{0, 22080}}));
    EXPECT_EQ(wire.told(), 0U);
    EXPECT_EQ(wire.acks().back().command, "c2");
    EXPECT_EQ(wire.acks().back().state, AckState::aborted);
}

TEST_P(OcppResync, who_is_cut_off_again_has_not_answered) {
    Returned wire(GetParam());
    wire.send(wire.first);
    wire.call([&](Output& output) { wire.csms.disconnected(wire.now, "cs-1", output); });
    EXPECT_EQ(wire.acks().back().command, "c1");
    EXPECT_EQ(wire.acks().back().state, AckState::timeout);
    wire.connect();
    EXPECT_EQ(wire.questions(), 2U);
    EXPECT_EQ(wire.told(), 0U);
}

TEST_P(OcppResync, quiet_asks_nothing) {
    Policy policy;
    policy.quiet = true;
    Wire wire(GetParam(), policy);
    wire.connect();
    wire.ask("BootNotification", GetParam() == Version::v16
                                     ? R"({"chargePointVendor":"V","chargePointModel":"M"})"
                                     : R"({"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}})");
    const model::Command one = order(wire, "c1", 6'000'000);
    wire.send(one);
    wire.answer(accepted);
    wire.call([&](Output& output) { wire.csms.disconnected(wire.now, "cs-1", output); });
    wire.connect();
    EXPECT_EQ(wire.last_call().action, "SetChargingProfile");
}

}  // namespace
}  // namespace busbar::ocpp
