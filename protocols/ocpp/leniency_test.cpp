#include "protocols/ocpp/leniency.hpp"

#include "protocols/ocpp/test_csms.hpp"

namespace busbar::ocpp {
namespace {

bool accepted(const std::string& frame) {
    return frame.substr(0, 3) == "[3,";
}

struct Case {
    Version version;
    const char* action;
    const char* payload;
};

// What stations are known to send; each was refused by somebody.
const std::vector<Case>& known_cases() {
    static const std::vector<Case> cases{
        // A serial number of 26 characters.
        {Version::v16, "BootNotification",
         R"({"chargePointVendor":"V","chargePointModel":"M","chargePointSerialNumber":"12345678901234567890123456"})"},
        {Version::v16, "BootNotification", R"({"chargePointModel":"M"})"},
        {Version::v201, "BootNotification",
         R"({"reason":"Whim","chargingStation":{"vendorName":"V","model":"A model name that is too long"}})"},
        {Version::v16, "StatusNotification", R"({"connectorId":1,"errorCode":"Error","status":"Available"})"},
        {Version::v16, "StatusNotification", R"({"connectorId":1,"status":"Available"})"},
        {Version::v16, "StatusNotification",
         R"({"connectorId":1,"errorCode":"NoError","status":"Available","timestamp":"yesterday"})"},
        {Version::v16, "StatusNotification",
         R"({"connectorId":1,"errorCode":"NoError","status":"Available","info":"more than fifty characters of explanation of nothing at all"})"},
        {Version::v16, "StatusNotification", R"({"connectorId":"1","errorCode":"NoError","status":"Available"})"},
        {Version::v16, "StartTransaction",
         R"({"connectorId":1,"idTag":"A","meterStart":"100.5","timestamp":"2026-01-01T00:00:00Z"})"},
        {Version::v16, "StartTransaction", R"({"idTag":"A","meterStart":100,"timestamp":"2026-01-01T00:00:00Z"})"},
        {Version::v16, "StartTransaction",
         R"({"connectorId":1,"idTag":1234,"meterStart":100,"timestamp":"2026-01-01T00:00:00Z"})"},
        {Version::v16, "StopTransaction",
         R"({"transactionId":1,"meterStop":1,"timestamp":"2026-01-01T00:00:00Z","reason":"Bored"})"},
        {Version::v16, "DataTransfer", R"({"vendorId":"v","data":{"a":[1,"x"]}})"},
        {Version::v16, "MeterValues",
         R"({"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[{"value":17,"context":"Now","unit":"Wh"}]}]})"},
        {Version::v16, "MeterValues",
         R"({"connectorId":1,"meterValue":[{"sampledValue":[{"value":"50","measurand":"Frequency","unit":"Hertz"}]}]})"},
        {Version::v201, "TransactionEvent",
         R"({"eventType":"Updated","timestamp":"2026-01-01T00:00:00Z","triggerReason":"Odd","seqNo":"3","transactionInfo":{"transactionId":"t","chargingState":"Odd"},"meterValue":[]})"},
        {Version::v201, "StatusNotification",
         R"({"timestamp":"2026-01-01T00:00:00Z","connectorStatus":"Available","evseId":1})"},
    };
    return cases;
}

TEST(OcppLeniency, what_stations_are_known_to_send_is_taken_and_counted) {
    for (const Case& one : known_cases()) {
        Wire wire(one.version);
        wire.boot();
        EXPECT_TRUE(accepted(wire.ask(one.action, one.payload))) << one.payload << "\n" << wire.reply();
        EXPECT_GT(wire.csms.station("cs-1")->mended, 0U) << one.payload;
        EXPECT_FALSE(wire.csms.mended().empty());
        EXPECT_TRUE(wire.noticed("mended"));
    }
}

TEST(OcppLeniency, strict_refuses_all_of_it) {
    Policy policy;
    policy.strict = true;
    for (const Case& one : known_cases()) {
        Wire wire(one.version, policy);
        wire.boot();
        EXPECT_FALSE(accepted(wire.ask(one.action, one.payload))) << one.payload;
        EXPECT_TRUE(wire.csms.mended().empty());
    }
}

TEST(OcppLeniency, one_unknown_measurand_does_not_cost_the_others) {
    Wire wire(Version::v16);
    wire.boot();
    wire.ask(
        "MeterValues",
        R"({"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[)"
        R"({"value":"1","measurand":"Mood"},{"value":"2","measurand":"Energy.Active.Import.Register","unit":"Btu"},)"
        R"({"value":"7000","measurand":"Power.Active.Import","unit":"W"}]}]})");
    ASSERT_EQ(wire.samples().size(), 1U);
    EXPECT_EQ(wire.samples()[0].power_mw, 7'000'000);
    EXPECT_FALSE(wire.samples()[0].import_mwh);  // without its unit the value would mislead
}

TEST(OcppLeniency, identities_are_never_shortened) {
    Wire wire(Version::v16);
    wire.boot();
    EXPECT_FALSE(accepted(wire.ask("Authorize", R"({"idTag":"more than twenty characters"})")));
    Wire later(Version::v201);
    later.boot();
    EXPECT_FALSE(accepted(later.ask(
        "TransactionEvent",
        R"({"eventType":"Started","timestamp":"2026-01-01T00:00:00Z","triggerReason":"Trigger","seqNo":0,"transactionInfo":{"transactionId":"1234567890123456789012345678901234567"}})")));
}

TEST(OcppLeniency, what_is_not_in_the_table_is_refused_with_its_path) {
    Wire wire(Version::v16);
    wire.boot();
    const std::string reply =
        wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"NoError","status":"Tired"})");
    EXPECT_EQ(read_frame(reply).code, "PropertyConstraintViolation");
    EXPECT_NE(reply.find("/status"), std::string::npos);
    EXPECT_FALSE(
        accepted(wire.ask("StatusNotification", R"({"connectorId":null,"errorCode":"NoError","status":"Available"})")));
    EXPECT_FALSE(accepted(
        wire.ask("StatusNotification", R"({"connectorId":"one","errorCode":"NoError","status":"Available"})")));
}

TEST(OcppLeniency, a_message_that_is_wrong_all_over_is_given_up) {
    Wire wire(Version::v16);
    wire.boot();
    std::string values;
    for (int i = 0; i < 100; ++i) values += std::string(i ? "," : "") + R"({"value":"1","measurand":"Mood"})";
    EXPECT_FALSE(accepted(wire.ask(
        "MeterValues",
        R"({"connectorId":1,"meterValue":[{"timestamp":"2026-01-01T00:00:00Z","sampledValue":[)" + values + "]}]}")));
}

TEST(OcppLeniency, a_fault_is_told_once_and_counted_always) {
    Wire wire(Version::v16);
    wire.boot();
    for (int i = 0; i < 3; ++i)
        wire.ask("StatusNotification", R"({"connectorId":1,"errorCode":"Error","status":"Available"})");
    std::size_t told = 0;
    for (const auto& notice : wire.all.changes.notices) told += notice.code == "mended";
    EXPECT_EQ(told, 1U);
    ASSERT_EQ(wire.csms.mended().size(), 1U);
    EXPECT_EQ(wire.csms.mended()[0].count, 3U);
    EXPECT_EQ(wire.csms.mended()[0].path, "/errorCode");
}

TEST(OcppLeniency, answers_are_mended_too) {
    Wire wire(Version::v16);
    wire.boot(R"({"configurationKey":[{"key":"ChargingScheduleAllowedChargingRateUnit","value":"Current"},)"
              R"({"key":"ChargeProfileMaxStackLevel","readonly":"true","value":5}],"unknownKey":[]})");
    EXPECT_EQ(wire.csms.station("cs-1")->rate_units, "A");
    EXPECT_EQ(wire.csms.station("cs-1")->max_stack_level, 5);
}

TEST(OcppLeniency, every_row_can_be_reached) {
    // A row behind a wider one of the same fault would never be taken.
    const auto table = leniency_table();
    for (std::size_t i = 0; i < table.size(); ++i) {
        std::string path(table[i].path);
        for (auto at = path.find("**"); at != std::string::npos; at = path.find("**")) path.replace(at, 2, "some");
        for (auto at = path.find('*'); at != std::string::npos; at = path.find('*')) path.replace(at, 1, "0");
        std::string payload = "{}";
        if (!table[i].said.empty()) {
            payload = R"({"0":{"0":{"sampledValue":{"0":{"unit":")" + std::string(table[i].said) + "\"}}}}}";
        }
        const Version version = table[i].version.value_or(Version::v16);
        const std::string action = table[i].action == "*" ? "Any" : std::string(table[i].action);
        EXPECT_EQ(leniency_for(version, action, payload, {table[i].fault, path, ""}), i) << i << " " << table[i].path;
    }
}

}  // namespace
}  // namespace busbar::ocpp
