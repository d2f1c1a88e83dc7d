// Every record against the official schema of its message, member by member: names, required, types, lengths,
// enumerations, ranges and counts. The schemas are not part of the repository; BUSBAR_STANDARDS says where they are.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "protocols/ocpp/json_edit.hpp"
#include "protocols/ocpp/v16/records.hpp"
#include "protocols/ocpp/v201/charging.hpp"
#include "protocols/ocpp/v201/provisioning.hpp"
#include "protocols/ocpp/v201/transactions.hpp"
#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ocpp {
namespace {

namespace fs = std::filesystem;

fs::path standards() {
    if (const char* folder = std::getenv("BUSBAR_STANDARDS")) return fs::path(folder) / "ocpp";
    const char* source = std::getenv("BUSBAR_SOURCE_DIR");
    return fs::path(source ? source : ".") / ".." / "shared" / "standards" / "ocpp";
}

std::string read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

std::string member(std::string_view object, std::string_view name) {
    return std::string(json_at(object, "/" + std::string(name)).value_or(""));
}

// A schema as text, with the document that its references lead into.
struct Node {
    const std::string& document;
    std::string text;

    // The same node without a reference.
    Node plain() const {
        const auto reference = wire::json_string(member(text, "$ref"));
        if (!reference) return *this;
        return Node{document, std::string(json_at(document, reference->substr(1)).value_or(""))};
    }
};

std::vector<std::string> sorted_list(std::string_view list) {
    std::vector<std::string_view> members;
    if (!list.empty()) wire::split_json_array(list, members);
    std::vector<std::string> sorted(members.begin(), members.end());
    std::sort(sorted.begin(), sorted.end());
    return sorted;
}

using Members = decltype(json_members({}))::value_type;

void compare(const Node& ours_at, const Node& theirs_at, const std::string& path);

void compare_members(const Node& ours, const Node& theirs, const std::string& path) {
    EXPECT_EQ(sorted_list(member(ours.text, "required")), sorted_list(member(theirs.text, "required"))) << path;
    const std::string ours_text = member(ours.text, "properties");
    const std::string theirs_text = member(theirs.text, "properties");
    const auto ours_members = json_members(ours_text).value_or(Members{});
    const auto theirs_members = json_members(theirs_text).value_or(Members{});
    std::size_t found = 0;
    for (const auto& [name, schema] : theirs_members) {
        const auto mine = std::find_if(ours_members.begin(), ours_members.end(),
                                       [&](const auto& candidate) { return candidate.first == name; });
        if (mine == ours_members.end()) {
            ADD_FAILURE() << path << " lacks " << name;
            continue;
        }
        ++found;
        compare({ours.document, std::string(mine->second)}, {theirs.document, std::string(schema)}, path + "/" + name);
    }
    EXPECT_EQ(found, ours_members.size()) << path << " has members that the standard does not know";
}

void compare(const Node& ours_at, const Node& theirs_at, const std::string& path) {
    const Node ours = ours_at.plain();
    const Node theirs = theirs_at.plain();
    // customData and DataTransfer's data may be anything: kept as it is.
    if (member(ours.text, "type").empty()) {
        EXPECT_TRUE(path.ends_with("/customData") || path.ends_with("/data")) << path;
        return;
    }
    for (const char* rule :
         {"type", "maxLength", "minItems", "maxItems", "minimum", "maximum", "multipleOf", "format"}) {
        std::string expected = member(theirs.text, rule);
        if (expected.ends_with(".0")) expected.resize(expected.size() - 2);
        EXPECT_EQ(member(ours.text, rule), expected) << path << ": " << rule;
    }
    EXPECT_EQ(sorted_list(member(ours.text, "enum")), sorted_list(member(theirs.text, "enum"))) << path;
    if (member(theirs.text, "type") == "\"object\"") compare_members(ours, theirs, path);
    if (member(theirs.text, "type") == "\"array\"") {
        compare({ours.document, member(ours.text, "items")}, {theirs.document, member(theirs.text, "items")},
                path + "/*");
    }
}

struct Message {
    std::string file;
    const wire::Record* record;
};

void compare_with(const fs::path& folder, const Message& message) {
    const fs::path path = folder / (message.file + ".json");
    const std::string theirs = read_file(path);
    ASSERT_FALSE(theirs.empty()) << path;
    const std::string ours = wire::json_schema(*message.record);
    compare({ours, ours}, {theirs, theirs}, message.file);
}

bool absent() {
    return !fs::is_directory(standards());
}
bool must_be_there() {
    return std::getenv("CI") && std::string(std::getenv("CI")) == "true";
}

#define SKIP_WITHOUT_STANDARDS()                                                                    \
    if (absent()) {                                                                                 \
        if (must_be_there()) FAIL() << "no schemas at " << standards() << ": set BUSBAR_STANDARDS"; \
        GTEST_SKIP() << "no schemas at " << standards() << ": set BUSBAR_STANDARDS";                \
    }

#define MESSAGE(space, type, file)                 \
    Message {                                      \
        file, &record_of(wire::Tag<space::type>{}) \
    }
#define BOTH_16(action) MESSAGE(v16, action##Request, #action), MESSAGE(v16, action##Response, #action "Response")
#define BOTH_201(action) \
    MESSAGE(v201, action##Request, #action "Request"), MESSAGE(v201, action##Response, #action "Response")

TEST(OcppRecords, v16_core_is_as_the_schemas_say) {
    SKIP_WITHOUT_STANDARDS();
    for (const Message& message : {BOTH_16(BootNotification),
                                   BOTH_16(Heartbeat),
                                   BOTH_16(StatusNotification),
                                   BOTH_16(Authorize),
                                   BOTH_16(StartTransaction),
                                   BOTH_16(StopTransaction),
                                   BOTH_16(MeterValues),
                                   BOTH_16(DataTransfer),
                                   BOTH_16(SetChargingProfile),
                                   BOTH_16(ClearChargingProfile),
                                   BOTH_16(GetCompositeSchedule),
                                   BOTH_16(GetConfiguration),
                                   BOTH_16(ChangeConfiguration),
                                   BOTH_16(TriggerMessage),
                                   BOTH_16(RemoteStartTransaction),
                                   BOTH_16(RemoteStopTransaction),
                                   BOTH_16(Reset),
                                   BOTH_16(ChangeAvailability),
                                   BOTH_16(DiagnosticsStatusNotification),
                                   BOTH_16(FirmwareStatusNotification)}) {
        compare_with(standards() / "1.6" / "core", message);
    }
}

TEST(OcppRecords, v16_security_is_as_the_schemas_say) {
    SKIP_WITHOUT_STANDARDS();
    for (const Message& message : {BOTH_16(SecurityEventNotification)}) {
        compare_with(standards() / "1.6" / "security", message);
    }
}

TEST(OcppRecords, v201_is_as_the_schemas_say) {
    SKIP_WITHOUT_STANDARDS();
    for (const Message& message : {BOTH_201(BootNotification),
                                   BOTH_201(Heartbeat),
                                   BOTH_201(StatusNotification),
                                   BOTH_201(Authorize),
                                   BOTH_201(TransactionEvent),
                                   BOTH_201(MeterValues),
                                   BOTH_201(NotifyEvent),
                                   BOTH_201(NotifyReport),
                                   BOTH_201(NotifyChargingLimit),
                                   BOTH_201(ClearedChargingLimit),
                                   BOTH_201(NotifyEVChargingNeeds),
                                   BOTH_201(NotifyEVChargingSchedule),
                                   BOTH_201(ReportChargingProfiles),
                                   BOTH_201(SecurityEventNotification),
                                   BOTH_201(DataTransfer),
                                   BOTH_201(LogStatusNotification),
                                   BOTH_201(FirmwareStatusNotification),
                                   BOTH_201(SetChargingProfile),
                                   BOTH_201(ClearChargingProfile),
                                   BOTH_201(GetChargingProfiles),
                                   BOTH_201(GetCompositeSchedule),
                                   BOTH_201(GetVariables),
                                   BOTH_201(SetVariables),
                                   BOTH_201(GetBaseReport),
                                   BOTH_201(TriggerMessage),
                                   BOTH_201(RequestStartTransaction),
                                   BOTH_201(RequestStopTransaction),
                                   BOTH_201(Reset),
                                   BOTH_201(ChangeAvailability)}) {
        compare_with(standards() / "2.0.1" / "schemas", message);
    }
}

// 8.1 is no multiple of 0.1 in binary; of the limits from 0 to 40 A in tenths a third are not.
TEST(OcppRecords, every_tenth_of_an_ampere_is_a_multiple_of_a_tenth) {
    for (int tenths = 0; tenths <= 400; ++tenths) {
        v16::ChargingSchedulePeriod period;
        const std::string text = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10);
        EXPECT_FALSE(wire::from_json("{\"startPeriod\":0,\"limit\":" + text + "}", period)) << text;
        period.limit = tenths / 10.0;
        EXPECT_FALSE(wire::check(period)) << text;
    }
    v16::ChargingSchedulePeriod period;
    EXPECT_TRUE(wire::from_json(R"({"startPeriod":0,"limit":8.15})", period));
}

}  // namespace
}  // namespace busbar::ocpp
