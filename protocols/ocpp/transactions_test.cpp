// Transactions as stations tell them: repeated, out of order, unknown, replayed after an outage.
#include "protocols/ocpp/test_csms.hpp"
#include "protocols/wire/types.hpp"

namespace busbar::ocpp {
namespace {

using model::second_us;

std::string number_in(const std::string& frame) {
    const auto at = frame.find("\"transactionId\":");
    return at == std::string::npos ? "" : frame.substr(at + 16, frame.find_first_of(",}", at) - at - 16);
}

constexpr std::string_view start_v16 =
    R"({"connectorId":1,"idTag":"A","meterStart":100,"timestamp":"2026-01-01T00:00:00Z"})";

std::string event(std::string_view type, int seq_no, std::string_view rest = "", std::string_view id = "t1",
                  std::string_view info = "") {
    return R"({"eventType":")" + std::string(type) +
           R"(","timestamp":"2026-01-01T00:00:00Z","triggerReason":"Trigger","seqNo":)" + std::to_string(seq_no) +
           R"(,"transactionInfo":{"transactionId":")" + std::string(id) + "\"" + std::string(info) + "}" +
           std::string(rest) + "}";
}
constexpr std::string_view evse = R"(,"evse":{"id":1})";

std::string metered(double wh) {
    return R"(,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":)" + std::to_string(wh) +
           "}]}]";
}

TEST(OcppTransactions, v16_numbers_are_given_and_rise) {
    Wire wire(Version::v16);
    wire.boot();
    const std::string first = number_in(wire.ask("StartTransaction", start_v16));
    wire.ask("StopTransaction",
             R"({"transactionId":)" + first + R"(,"meterStop":600,"timestamp":"2026-01-01T00:00:00Z"})");
    const std::string second = number_in(wire.ask(
        "StartTransaction", R"({"connectorId":1,"idTag":"B","meterStart":600,"timestamp":"2026-01-01T00:00:00Z"})"));
    EXPECT_GT(std::stoll(second), std::stoll(first));
    EXPECT_GT(std::stoll(first), 0);
}

TEST(OcppTransactions, v16_a_start_told_twice_is_one_transaction) {
    Wire wire(Version::v16);
    wire.boot();
    const std::string first = number_in(wire.ask("StartTransaction", start_v16));
    EXPECT_EQ(number_in(wire.ask("StartTransaction", start_v16)), first);
    // The very same frame gets the very same answer.
    const std::string frame = R"([2,"same","StartTransaction",)" + std::string(start_v16) + "]";
    wire.receive(frame);
    const std::string answer = wire.reply();
    wire.receive(frame);
    EXPECT_EQ(wire.reply(), answer);
}

TEST(OcppTransactions, v16_stop_of_an_unknown_one_is_acknowledged) {
    Wire wire(Version::v16);
    wire.boot();
    for (const char* id : {"0", "-1", "12345"}) {
        const std::string reply =
            wire.ask("StopTransaction", R"({"transactionId":)" + std::string(id) +
                                            R"(,"meterStop":1,"timestamp":"2026-01-01T00:00:00Z"})");
        EXPECT_EQ(reply.substr(0, 3), "[3,") << reply;
    }
    EXPECT_TRUE(wire.noticed("unknown_transaction"));
}

TEST(OcppTransactions, v16_a_stop_ends_control_and_tells_the_register) {
    Wire wire(Version::v16);
    wire.boot();
    const std::string id = number_in(wire.ask("StartTransaction", start_v16));
    EXPECT_EQ(wire.samples().back().import_mwh, 100'000);
    EXPECT_TRUE(wire.resource("cs-1").controllable);
    wire.ask("StopTransaction", R"({"transactionId":)" + id +
                                    R"(,"meterStop":2600,"timestamp":"2026-01-01T00:00:00Z","transactionData":[)"
                                    R"({"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":"2599"}]}]})");
    EXPECT_FALSE(wire.resource("cs-1").controllable);
    ASSERT_GE(wire.samples().size(), 3U);
    EXPECT_EQ(wire.samples()[1].import_mwh, 2'599'000);
    EXPECT_EQ(wire.samples()[2].import_mwh, 2'600'000);
    EXPECT_EQ(wire.samples()[2].power_mw, 0);
}

TEST(OcppTransactions, v16_a_start_on_a_connector_it_does_not_have_is_acknowledged) {
    Wire wire(Version::v16);
    wire.boot();
    const std::string reply = wire.ask(
        "StartTransaction", R"({"connectorId":7,"idTag":"A","meterStart":100,"timestamp":"2026-01-01T00:00:00Z"})");
    EXPECT_FALSE(number_in(reply).empty());
    EXPECT_TRUE(wire.noticed("unknown_outlet"));
    EXPECT_FALSE(wire.resource("cs-1").controllable);
}

TEST(OcppTransactions, v16_a_transaction_that_never_stopped_makes_room) {
    Wire wire(Version::v16);
    wire.boot();
    wire.ask("StartTransaction", start_v16);
    const std::string second = number_in(wire.ask(
        "StartTransaction", R"({"connectorId":1,"idTag":"B","meterStart":700,"timestamp":"2026-01-01T00:00:00Z"})"));
    EXPECT_TRUE(wire.noticed("transaction_unfinished"));
    EXPECT_EQ(wire.csms.station("cs-1")->outlets[0].transaction, second);
}

TEST(OcppTransactions, v16_status_says_whether_there_is_anything_to_control) {
    Wire wire(Version::v16);
    wire.boot();
    wire.ask("StartTransaction", start_v16);
    const auto status = [&](const char* text) {
        wire.ask("StatusNotification",
                 R"({"connectorId":1,"errorCode":"NoError","status":")" + std::string(text) + "\"}");
        return wire.resource("cs-1").controllable;
    };
    EXPECT_TRUE(status("Charging"));
    EXPECT_FALSE(status("SuspendedEV"));
    EXPECT_TRUE(status("SuspendedEVSE"));
    EXPECT_FALSE(status("Faulted"));
    EXPECT_TRUE(status("Charging"));
    wire.ask("StatusNotification", R"({"connectorId":0,"errorCode":"NoError","status":"Unavailable"})");
    EXPECT_FALSE(wire.resource("cs-1").controllable);
    wire.ask("StatusNotification", R"({"connectorId":0,"errorCode":"NoError","status":"Available"})");
    EXPECT_TRUE(wire.resource("cs-1").controllable);
}

TEST(OcppTransactions, v16_a_status_that_was_overtaken_changes_nothing) {
    Wire wire(Version::v16);
    wire.boot();
    wire.tick(660 * second_us);
    wire.ask("Heartbeat", "{}");
    const auto status = [&](const char* text, const char* time) {
        wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":")" + std::string(text) +
                                           R"(","timestamp":"2026-01-01T)" + time + "Z\"}");
        return wire.csms.station("cs-1")->outlets[0].state;
    };
    EXPECT_EQ(status("Charging", "00:10:00"), OutletState::charging);
    EXPECT_EQ(status("Preparing", "00:09:59"), OutletState::charging);
    EXPECT_EQ(status("Available", "00:10:01"), OutletState::available);
}

TEST(OcppTransactions, v16_tokens_are_accepted_by_list) {
    Policy policy;
    policy.tokens = {"GOOD"};
    Wire wire(Version::v16, policy);
    wire.boot();
    EXPECT_NE(wire.ask("Authorize", R"({"idTag":"GOOD"})").find("Accepted"), std::string::npos);
    EXPECT_NE(wire.ask("Authorize", R"({"idTag":"BAD"})").find("Invalid"), std::string::npos);
    const std::string reply = wire.ask(
        "StartTransaction", R"({"connectorId":1,"idTag":"BAD","meterStart":1,"timestamp":"2026-01-01T00:00:00Z"})");
    EXPECT_NE(reply.find("Invalid"), std::string::npos);
    EXPECT_FALSE(number_in(reply).empty());
}

TEST(OcppTransactions, v201_events_in_order_and_the_vehicles_state) {
    Wire wire(Version::v201);
    wire.boot();
    wire.ask("TransactionEvent", event("Started", 0, evse, "t1", R"(,"chargingState":"EVConnected")"));
    EXPECT_FALSE(wire.resource("cs-1").controllable);
    wire.ask("TransactionEvent", event("Updated", 1, "", "t1", R"(,"chargingState":"Charging")"));
    EXPECT_TRUE(wire.resource("cs-1").controllable);
    wire.ask("TransactionEvent", event("Updated", 2, metered(50)));
    EXPECT_EQ(wire.samples().back().import_mwh, 50'000);
    wire.ask("TransactionEvent", event("Ended", 3, metered(60)));
    EXPECT_FALSE(wire.resource("cs-1").controllable);
    EXPECT_EQ(wire.samples().back().import_mwh, 60'000);
}

TEST(OcppTransactions, v201_an_old_event_once_more_is_acknowledged_and_not_taken) {
    Wire wire(Version::v201);
    wire.boot();
    wire.ask("TransactionEvent", event("Started", 0, evse));
    wire.ask("TransactionEvent", event("Updated", 1, metered(50)));
    const std::size_t before = wire.samples().size();
    EXPECT_EQ(wire.ask("TransactionEvent", event("Updated", 1, metered(50))).substr(0, 3), "[3,");
    EXPECT_EQ(wire.samples().size(), before);
    wire.ask("TransactionEvent", event("Ended", 2));
    wire.ask("TransactionEvent", event("Updated", 1, metered(50)));
    EXPECT_TRUE(wire.csms.station("cs-1")->outlets[0].transaction.empty());
}

TEST(OcppTransactions, v201_gaps_and_a_lost_start_are_noticed_not_refused) {
    Wire wire(Version::v201);
    wire.boot();
    wire.ask("TransactionEvent", event("Updated", 4));
    EXPECT_TRUE(wire.noticed("transaction_start_missing"));
    EXPECT_TRUE(wire.resource("cs-1").controllable);
    wire.ask("TransactionEvent", event("Updated", 7));
    EXPECT_TRUE(wire.noticed("transaction_gap"));
}

TEST(OcppTransactions, v201_a_connectors_status_does_not_overrule_the_transaction) {
    Wire wire(Version::v201);
    wire.boot();
    wire.ask("TransactionEvent", event("Started", 0, evse, "t1", R"(,"chargingState":"SuspendedEVSE")"));
    wire.ask("StatusNotification",
             R"({"timestamp":"2026-01-01T00:00:00Z","connectorStatus":"Occupied","evseId":1,"connectorId":1})");
    EXPECT_EQ(wire.csms.station("cs-1")->outlets[0].state, OutletState::suspended_evse);
    wire.ask("StatusNotification",
             R"({"timestamp":"2026-01-01T00:00:01Z","connectorStatus":"Faulted","evseId":1,"connectorId":1})");
    EXPECT_FALSE(wire.resource("cs-1").controllable);
}

TEST(OcppTransactions, v201_a_token_is_judged_where_it_is_shown) {
    Policy policy;
    policy.tokens = {"GOOD"};
    Wire wire(Version::v201, policy);
    wire.boot();
    EXPECT_NE(wire.ask("Authorize", R"({"idToken":{"idToken":"GOOD","type":"Central"}})").find("Accepted"),
              std::string::npos);
    const std::string token = std::string(evse) + R"(,"idToken":{"idToken":"BAD","type":"Central"})";
    EXPECT_NE(wire.ask("TransactionEvent", event("Started", 0, token)).find("Unknown"), std::string::npos);
}

// The transaction was begun when another gateway, or none, knew the station; it tells of what it measured meanwhile,
// and its end names a number that is not known here.
TEST(OcppTransactions, a_station_that_says_it_is_free_draws_nothing_whatever_it_measured_before) {
    Wire wire(Version::v16);
    wire.boot();
    wire.ask("MeterValues", R"({"connectorId":1,"transactionId":77,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z",)"
                            R"("sampledValue":[{"measurand":"Power.Active.Import","unit":"W","value":"10671"}]}]})");
    ASSERT_EQ(wire.samples().back().power_mw, 10'671'000);
    wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":"Available"})");
    EXPECT_EQ(wire.samples().back().power_mw, 0);
    EXPECT_EQ(wire.samples().back().measured_us, wire.now);
    const std::size_t told = wire.samples().size();
    wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":"Preparing"})");
    EXPECT_EQ(wire.samples().size(), told);
}

std::string connector_status(int connector, const std::string& status, int second) {
    return R"({"timestamp":"2026-01-01T00:00:0)" + std::to_string(second) + R"(Z","connectorStatus":")" + status +
           R"(","evseId":1,"connectorId":)" + std::to_string(connector) + "}";
}

// 1.6: 4.9; 2.0.1: ChargingStateEnumType: suspended by either side, the vehicle takes no energy.
TEST(OcppTransactions, a_suspended_vehicle_takes_nothing_from_that_moment_on) {
    Wire old(Version::v16);
    old.boot();
    old.ask("StartTransaction", R"({"connectorId":1,"idTag":"A","meterStart":0,"timestamp":"2026-01-01T00:00:00Z"})");
    old.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":"Charging"})");
    old.ask("MeterValues", R"({"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z",)"
                           R"("sampledValue":[{"measurand":"Power.Active.Import","unit":"W","value":"9000"}]}]})");
    ASSERT_EQ(old.samples().back().power_mw, 9'000'000);
    old.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":"SuspendedEV"})");
    EXPECT_EQ(old.samples().back().power_mw, 0);

    Wire wire(Version::v201);
    wire.boot();
    wire.ask("TransactionEvent", event("Started", 0, evse, "t1", R"(,"chargingState":"Charging")"));
    const std::size_t told = wire.samples().size();
    wire.ask("TransactionEvent", event("Updated", 1, "", "t1", R"(,"chargingState":"SuspendedEV")"));
    ASSERT_EQ(wire.samples().size(), told + 1);
    EXPECT_EQ(wire.samples().back().power_mw, 0);
    wire.ask("TransactionEvent", event("Updated", 2, "", "t1", R"(,"chargingState":"SuspendedEVSE")"));
    EXPECT_EQ(wire.samples().size(), told + 1);
}

// A station that rebooted within a transaction may never end it.
TEST(OcppTransactions, v201_no_cable_means_no_vehicle_even_within_a_transaction) {
    Wire wire(Version::v201);
    wire.boot();
    wire.ask("TransactionEvent", event("Started", 0, evse, "t1", R"(,"chargingState":"Charging")"));
    ASSERT_TRUE(wire.resource("cs-1").controllable);
    wire.ask("StatusNotification", connector_status(1, "Available", 1));
    EXPECT_EQ(wire.samples().back().power_mw, 0);
    EXPECT_FALSE(wire.resource("cs-1").controllable);
    wire.ask("StatusNotification", connector_status(1, "Occupied", 2));
    EXPECT_TRUE(wire.resource("cs-1").controllable) << "it goes on, and need not say its state again";
}

TEST(OcppTransactions, v201_an_evse_is_in_use_if_one_of_its_connectors_is) {
    Wire wire(Version::v201);
    wire.boot();
    wire.ask("StatusNotification", connector_status(1, "Occupied", 1));
    wire.ask("StatusNotification", connector_status(2, "Unavailable", 1));
    wire.ask("TransactionEvent", event("Started", 0, evse, "t1", R"(,"chargingState":"Charging")"));
    EXPECT_TRUE(wire.resource("cs-1").controllable) << "the other connector cannot be used meanwhile";
    const std::size_t told = wire.samples().size();
    wire.ask("StatusNotification", connector_status(2, "Available", 2));
    EXPECT_TRUE(wire.resource("cs-1").controllable);
    EXPECT_EQ(wire.samples().size(), told);
    wire.ask("StatusNotification", connector_status(1, "Faulted", 3));
    wire.ask("StatusNotification", connector_status(2, "Faulted", 3));
    EXPECT_FALSE(wire.resource("cs-1").controllable);
    EXPECT_EQ(wire.samples().back().power_mw, 0);
}

TEST(OcppTransactions, v201_an_evse_may_have_sixteen_connectors) {
    Wire wire(Version::v201);
    wire.boot();
    for (int connector = 1; connector <= 17; ++connector)
        wire.ask("StatusNotification", connector_status(connector, "Available", 1));
    EXPECT_EQ(wire.csms.station("cs-1")->outlets[0].state, OutletState::available);
    EXPECT_TRUE(wire.noticed("too_many_connectors"));
}

TEST(OcppTransactions, samples_of_a_clock_that_is_not_set_carry_the_time_of_receipt) {
    Wire wire(Version::v16);
    wire.boot();
    wire.tick(100 * second_us);
    wire.ask("MeterValues",
             R"({"connectorId":1,"meterValue":[{"timestamp":"1970-01-01T00:00:07Z","sampledValue":[{"value":"1"}]}]})");
    EXPECT_EQ(wire.samples().back().measured_us, wire.now);
    wire.ask("MeterValues",
             R"({"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:07","sampledValue":[{"value":"1"}]}]})");
    EXPECT_EQ(wire.samples().back().measured_us, wire.now);
    wire.ask(
        "MeterValues",
        R"({"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T02:00:07+02","sampledValue":[{"value":"1"}]}]})");
    EXPECT_EQ(wire.samples().back().measured_us, test_start_us + 7 * second_us);
}

std::string values_at(model::Us at_us) {
    return R"({"connectorId":1,"meterValue":[{"timestamp":")" + wire::to_text(wire::DateTime(at_us)) +
           R"(","sampledValue":[{"value":"1"}]}]})";
}

TEST(OcppTransactions, a_clock_that_was_set_back_during_a_connection_does_not_make_samples_old) {
    Wire wire(Version::v16);
    wire.boot();
    for (int minute = 0; minute < 4; ++minute) {
        wire.tick(60 * second_us);
        const model::Us back_us = minute < 2 ? 0 : 600 * second_us;
        wire.ask("MeterValues", values_at(wire.now - back_us));
        EXPECT_EQ(wire.samples().back().measured_us, wire.now) << minute;
    }
    EXPECT_TRUE(wire.noticed("clock_wrong"));
}

TEST(OcppTransactions, what_a_station_had_queued_while_it_was_away_keeps_its_time) {
    Wire wire(Version::v16);
    wire.boot();
    wire.tick(60 * second_us);
    wire.ask("MeterValues", values_at(wire.now));
    wire.csms.disconnected(wire.now, "cs-1", wire.out);
    const model::Us away_us = wire.now;
    wire.now += 600 * second_us;
    wire.connect();
    for (int i = 1; i < 5; ++i) {
        wire.now += second_us;
        wire.ask("MeterValues", values_at(away_us + i * 60 * second_us));
        EXPECT_EQ(wire.samples().back().measured_us, away_us + i * 60 * second_us);
    }
}

TEST(OcppTransactions, a_status_stamped_by_a_clock_that_was_set_back_is_heard) {
    Wire wire(Version::v16);
    wire.boot();
    const auto status = [&](const char* state, model::Us at_us) {
        wire.tick(60 * second_us);
        wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":")" + std::string(state) +
                                           R"(","timestamp":")" + wire::to_text(wire::DateTime(wire.now + at_us)) +
                                           "\"}");
    };
    status("Available", 0);
    status("Faulted", -600 * second_us);
    status("Available", -600 * second_us);
    EXPECT_FALSE(wire.noticed("old_status"));
}

TEST(OcppTransactions, one_sample_without_a_zone_makes_all_of_its_message_doubtful) {
    Wire wire(Version::v201);
    wire.boot();
    wire.tick(100 * second_us);
    wire.ask("Heartbeat", "{}");  // not after a pause: they may have waited
    const auto ask = [&](const std::string& zone, const std::string& more) {
        wire.ask(
            "MeterValues",
            R"({"evseId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:07)" + zone +
                R"(","sampledValue":[{"value":1}]},{"timestamp":"2026-01-01T00:00:08Z","sampledValue":[{"value":1)" +
                more + "}]}]}");
        return wire.samples().back().measured_us;
    };
    EXPECT_EQ(ask("Z", ""), test_start_us + 8 * second_us);
    EXPECT_EQ(ask("", ""), wire.now);
    EXPECT_EQ(ask("", R"(,"location":"Roof")"), wire.now);  // a message that had to be mended
    EXPECT_EQ(ask("-00:00", R"(,"location":"Roof")"), test_start_us + 8 * second_us);
}

}  // namespace
}  // namespace busbar::ocpp
