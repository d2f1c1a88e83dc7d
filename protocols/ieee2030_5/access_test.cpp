// Who may see and do what; enrolment; bodies that are not what they should be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(Access, unknown_device_gets_403_for_everything) {
    Bench bench;
    for (const char* path : {"/dcap", "/tm", "/edev", "/edev/1", "/mup", "/nothing"}) {
        const http::Response response = bench.ask(stranger_lfdi, "GET", path);
        EXPECT_EQ(response.status, 403) << path;
        EXPECT_THAT(response.body, testing::Not(HasSubstr("href"))) << path;
        EXPECT_TRUE(bench.noted("unknown_device"));
        EXPECT_THAT(bench.changes.documents, IsEmpty());
    }
    EXPECT_EQ(bench.ask(stranger_lfdi, "POST", "/edev", "<EndDevice/>").status, 403);
}

TEST(Access, lfdi_of_a_certificate_is_compared_in_any_case) {
    Bench bench;
    EXPECT_EQ(bench.ask("3e4f45ab31edfe5b67e343e5e4562e31984e23e5", "GET", "/dcap").status, 200);
}

TEST(Access, S_ALL_05_other_devices_resources_look_as_if_they_were_not) {
    Bench bench;
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of());
    bench.send(setpoint("c1", "battery", bench.now, bench.now + model::hour_us, kilowatt_mw));
    const std::string nothing = bench.ask(pv_lfdi, "GET", "/edev/77").body;
    for (const char* path : {"/edev/2", "/edev/2/rg", "/edev/2/derp/1/derc", "/edev/2/derp/1/derc/1",
                             "/edev/2/der/1/derg", "/rsps/2/rsp", "/edev/2/lel"}) {
        const http::Response response = bench.ask(pv_lfdi, "GET", path);
        EXPECT_EQ(response.status, 404) << path;
        EXPECT_EQ(response.body, nothing);
        EXPECT_TRUE(bench.noted("foreign_resource")) << path;
    }
    const std::string before = bench.ask(battery_lfdi, "GET", "/edev/2/der/1/derg").body;
    EXPECT_EQ(bench.ask(pv_lfdi, "PUT", "/edev/2/der/1/derg", settings_of("<x/>")).status, 404);
    EXPECT_EQ(bench.ask(battery_lfdi, "GET", "/edev/2/der/1/derg").body, before);
}

TEST(Access, S_ALL_05_the_end_device_list_shows_the_caller_alone) {
    Bench bench;
    const auto list = bench.get<sep::EndDeviceList>(battery_lfdi, "/edev?l=255");
    ASSERT_EQ(list.EndDevice.size(), 1u);
    EXPECT_EQ(*list.EndDevice[0].lFDI, battery_lfdi);
    EXPECT_EQ(list.EndDevice[0].sFDI, 17'298'934'539u);
    EXPECT_EQ(*list.EndDevice[0].deviceCategory, "02000000");  // other storage
}

TEST(Access, removed_device_has_no_rights_and_leaves_nothing) {
    Bench bench;
    bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", settings_of());
    ClientOptions options;
    options.lfdi = pv_lfdi;
    bench.ask(pv_lfdi, "POST", "/mup", mirror_body(options));
    bench.remove(pv_lfdi);
    ASSERT_EQ(bench.changes.inputs.size(), 1u);
    EXPECT_EQ(bench.changes.inputs[0].resource_gone, "pv");
    EXPECT_FALSE(bench.server.knows_resource("pv"));
    EXPECT_TRUE(bench.server.knows_resource("battery"));
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", "/dcap").status, 403);
    std::map<std::pair<std::string, std::string>, std::string> kept;
    for (const auto& document : bench.documents) kept[{document.folder, document.key}] = document.body;
    for (const auto& [key, body] : kept) {
        const bool of_device = key.second == "1" || key.second.starts_with("1/");
        EXPECT_TRUE(!of_device || body.empty()) << key.first << " " << key.second << ": " << body;
    }
}

TEST(Access, numbers_of_removed_devices_are_not_given_again) {
    Bench bench;
    bench.remove(battery_lfdi);
    bench.enrol(stranger_lfdi, "new", model::ResourceKind::pv);
    EXPECT_EQ(*bench.get<sep::EndDeviceList>(stranger_lfdi, "/edev").EndDevice[0].href.value, "/edev/3");
}

TEST(Access, enrolment_refuses_what_is_no_lfdi_and_a_resource_twice) {
    Bench bench;
    bench.enrol("ABC", "x", model::ResourceKind::pv);
    EXPECT_TRUE(bench.noted("bad_enrolment"));
    bench.enrol(stranger_lfdi, "pv", model::ResourceKind::pv);
    EXPECT_TRUE(bench.noted("bad_enrolment"));
    EXPECT_EQ(bench.ask(stranger_lfdi, "GET", "/dcap").status, 403);
}

TEST(Access, enrolling_again_changes_what_is_known) {
    Bench bench;
    bench.enrol(pv_lfdi, "roof", model::ResourceKind::pv);
    bench.documents.insert(bench.documents.end(), bench.changes.documents.begin(), bench.changes.documents.end());
    EXPECT_FALSE(bench.server.knows_resource("pv"));
    EXPECT_TRUE(bench.server.knows_resource("roof"));
    EXPECT_EQ(*bench.get<sep::EndDeviceList>(pv_lfdi, "/edev").EndDevice[0].href.value, "/edev/1");
}

TEST(Access, registration_shows_the_pin) {
    Bench bench;
    EXPECT_EQ(bench.get<sep::Registration>(pv_lfdi, "/edev/1/rg").pIN, 111115u);
    model::Enrolment enrolment;
    enrolment.id = pv_lfdi;
    enrolment.pin = 123455;
    bench.server.enrol(bench.now, enrolment, bench.changes);
    EXPECT_EQ(bench.get<sep::Registration>(pv_lfdi, "/edev/1/rg").pIN, 123455u);
}

// ---- registration in band ------------------------------------------------------------------------------------------

std::string end_device(const std::string& inside) {
    return "<EndDevice xmlns=\"urn:ieee:std:2030.5:ns\">" + inside + "<changedTime>0</changedTime></EndDevice>";
}

struct InBand : testing::Test {
    static Policy open() {
        Policy policy;
        policy.in_band_registration = true;
        return policy;
    }
    Bench bench{open()};
};

TEST_F(InBand, S_ALL_02_device_registers_itself) {
    EXPECT_EQ(bench.get<sep::DeviceCapability>(stranger_lfdi, "/dcap").EndDeviceListLink->all.value, 0u);
    EXPECT_EQ(bench.get<sep::EndDeviceList>(stranger_lfdi, "/edev?l=9").all.value, 0u);
    EXPECT_EQ(bench.ask(stranger_lfdi, "GET", "/edev/1").status, 403);
    const http::Response response = bench.ask(
        stranger_lfdi, "POST", "/edev", end_device("<lFDI>" + stranger_lfdi + "</lFDI><sFDI>687194767351</sFDI>"));
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.header("Location"), "/edev/3");
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_EQ(bench.resource()->id, "ffffffffffffffffffffffffffffffffffffffff");
    EXPECT_EQ(bench.ask(stranger_lfdi, "GET", "/edev/3/rg").status, 200);
}

TEST_F(InBand, sfdi_alone_is_enough_if_it_is_the_certificates) {
    EXPECT_EQ(bench.ask(stranger_lfdi, "POST", "/edev", end_device("<sFDI>1</sFDI>")).status, 403);
    const std::uint64_t sfdi = 687'194'767'357;
    EXPECT_EQ(bench.ask(stranger_lfdi, "POST", "/edev", end_device("<sFDI>" + std::to_string(sfdi) + "</sFDI>")).status,
              201);
}

TEST_F(InBand, S_ALL_52_another_devices_lfdi_is_refused) {
    EXPECT_EQ(
        bench.ask(stranger_lfdi, "POST", "/edev", end_device("<lFDI>" + pv_lfdi + "</lFDI><sFDI>167261211391</sFDI>"))
            .status,
        403);
    EXPECT_TRUE(bench.noted("foreign_lfdi"));
}

TEST_F(InBand, S_ALL_51_second_registration_is_refused) {
    const http::Response response =
        bench.ask(pv_lfdi, "POST", "/edev", end_device("<lFDI>" + pv_lfdi + "</lFDI><sFDI>167261211391</sFDI>"));
    EXPECT_EQ(response.status, 409);
    EXPECT_EQ(response.header("Location"), "/edev/1");
}

TEST_F(InBand, S_ALL_56_lfdi_that_is_no_hexadecimal_is_refused) {
    EXPECT_EQ(
        bench.ask(stranger_lfdi, "POST", "/edev", end_device("<lFDI>ZZZZZZZZZZZZZZZZ</lFDI><sFDI>1</sFDI>")).status,
        400);
}

TEST_F(InBand, no_more_devices_than_the_policy_lets_in) {
    Policy policy = open();
    policy.in_band_devices = 0;
    Bench full(policy);
    EXPECT_EQ(full.ask(stranger_lfdi, "POST", "/edev", end_device("<sFDI>687194767357</sFDI>")).status, 403);
    EXPECT_EQ(full.ask(stranger_lfdi, "GET", "/edev/3").status, 403);
}

TEST_F(InBand, kind_is_what_the_device_says_it_is) {
    bench.ask(stranger_lfdi, "POST", "/edev", end_device("<lFDI>" + stranger_lfdi + "</lFDI><sFDI>1</sFDI>"));
    bench.ask(
        stranger_lfdi, "PUT", "/edev/3/der/1/dercap",
        "<DERCapability xmlns=\"urn:ieee:std:2030.5:ns\"><modesSupported>00</modesSupported><rtgMaxW><multiplier>0"
        "</multiplier><value>3000</value></rtgMaxW><type>80</type></DERCapability>");
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_EQ(bench.resource()->kind, model::ResourceKind::storage);
}

// ---- bad bodies ----------------------------------------------------------------------------------------------------

struct BadBody : testing::Test {
    Bench bench;
    http::Response put(const std::string& body) { return bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", body); }
    void refused(const std::string& body, const char* words) {
        const http::Response response = put(body);
        EXPECT_EQ(response.status, 400) << body;
        EXPECT_EQ(parsed<sep::Error>(response.body).reasonCode, 0);
        EXPECT_THAT(response.body, HasSubstr(words));
        EXPECT_TRUE(bench.noted("request_refused"));
        EXPECT_EQ(bench.ask(pv_lfdi, "GET", "/edev/1/der/1/derg").status, 404);  // nothing was kept
    }
};

TEST_F(BadBody, broken_xml) {
    refused("<DERSettings><setGradW>1</DERSettings>", "syntax error");
}
TEST_F(BadBody, nothing) {
    refused("", "syntax error");
}
TEST_F(BadBody, document_type) {
    refused("<!DOCTYPE a [<!ENTITY b \"c\">]><DERSettings/>", "syntax error");
}
TEST_F(BadBody, another_resource) {
    refused("<DERStatus/>", "expected DERSettings");
}
TEST_F(BadBody, S_ALL_55_missing_element) {
    std::string body = settings_of();
    body.replace(body.find("<updatedTime>"), std::string("<updatedTime>1760000000</updatedTime>").size(), "");
    refused(body, "/updatedTime");
}
TEST_F(BadBody, wrong_type) {
    std::string body = settings_of();
    body.replace(body.find("<value>4000"), 11, "<value>many");
    refused(body, "/setMaxChargeRateW");
}
TEST_F(BadBody, too_long) {
    refused(settings_of("<modesEnabled>0123456789</modesEnabled>"), "/modesEnabled");
}
TEST_F(BadBody, too_deep) {
    std::string body;
    for (int i = 0; i < 100; ++i) body += "<a>";
    for (int i = 0; i < 100; ++i) body += "</a>";
    refused(settings_of(body), "too deep");
}
TEST_F(BadBody, too_large_is_413) {
    EXPECT_EQ(put(settings_of(std::string(300'000, ' '))).status, 413);
}

TEST_F(BadBody, words_for_people_cannot_break_the_answer) {
    const http::Response response = bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", "<a--\x01-- xmlns=\"x\"/>");
    EXPECT_EQ(response.status, 400);
    sep::Error error;
    EXPECT_FALSE(wire::from_xml(response.body, error));
}

TEST(Access, too_many_writes_in_a_minute_are_429) {
    Policy policy;
    policy.writes_per_minute = 3;
    Bench bench(policy);
    for (int i = 0; i < 3; ++i) EXPECT_EQ(bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", settings_of()).status, 204);
    const http::Response response = bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", settings_of());
    EXPECT_EQ(response.status, 429);
    EXPECT_EQ(parsed<sep::Error>(response.body).reasonCode, 4);
    EXPECT_EQ(response.header("Retry-After"), "60");
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", "/dcap").status, 200);
    EXPECT_EQ(bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of()).status, 204);
    bench.now += model::minute_us;
    EXPECT_EQ(bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", settings_of()).status, 204);
}

}  // namespace
}  // namespace busbar::ieee2030_5
