// Discovery, time, and what a device says of itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

std::string status_xml(const std::string& inside, int reading_time = 1'760'000'000) {
    return "<DERStatus xmlns=\"urn:ieee:std:2030.5:ns\">" + inside + "<readingTime>" + std::to_string(reading_time) +
           "</readingTime></DERStatus>";
}

TEST(Discovery, S_ALL_01_every_link_of_the_walk_answers) {
    Bench bench;
    const auto dcap = bench.get<sep::DeviceCapability>(pv_lfdi, "/dcap");
    EXPECT_EQ(bench.get<sep::Time>(pv_lfdi, dcap.TimeLink->href.value).currentTime, 1'760'000'000);
    const auto edev = bench.get<sep::EndDeviceList>(pv_lfdi, dcap.EndDeviceListLink->href.value).EndDevice.at(0);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", edev.RegistrationLink->href.value).status, 200);
    const auto fsa =
        bench.get<sep::FunctionSetAssignmentsList>(pv_lfdi, edev.FunctionSetAssignmentsListLink->href.value);
    const auto derp =
        bench.get<sep::DERProgramList>(pv_lfdi, fsa.FunctionSetAssignments.at(0).DERProgramListLink->href.value);
    const sep::DERProgram& program = derp.DERProgram.at(0);
    EXPECT_EQ(program.primacy, 65);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", program.DERControlListLink->href.value).status, 200);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", program.ActiveDERControlListLink->href.value).status, 200);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", program.DefaultDERControlLink->href.value).status, 200);
    const auto der = bench.get<sep::DERList>(pv_lfdi, edev.DERListLink->href.value).DER.at(0);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", der.CurrentDERProgramLink->href.value).status, 200);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", der.AssociatedDERProgramListLink->href.value).status, 200);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", der.DERStatusLink->href.value).status, 404);  // nothing put yet
}

TEST(Discovery, S_ALL_43_controls_are_polled_as_enrolled_the_rest_as_the_policy_says) {
    Bench bench;
    EXPECT_EQ(bench.get<sep::DERProgramList>(pv_lfdi, "/edev/1/derp").pollRate.value, 10u);
    EXPECT_EQ(*bench.get<sep::EndDevice>(pv_lfdi, "/edev/1").postRate, 10u);
    EXPECT_EQ(bench.get<sep::DeviceCapability>(pv_lfdi, "/dcap").pollRate.value, 300u);
    EXPECT_EQ(bench.get<sep::FunctionSetAssignmentsList>(pv_lfdi, "/edev/1/fsa").pollRate.value, 300u);
}

TEST(Discovery, CORE_005_time_with_zone_and_daylight_saving) {
    Policy policy;
    policy.tz_offset_s = 3600;
    policy.dst_offset_s = 3600;
    policy.dst_start_s = 1'743'296'400;
    policy.dst_end_s = 1'761'440'400;
    policy.time_quality = 7;
    Bench bench(policy);
    const auto time = bench.get<sep::Time>(pv_lfdi, "/tm");
    EXPECT_EQ(*time.localTime - time.currentTime, 7200);
    EXPECT_EQ(time.tzOffset, 3600);
    EXPECT_EQ(time.quality, 7);
}

TEST(Der, S_ALL_10_settings_come_back_as_put) {
    Bench bench;
    EXPECT_EQ(bench
                  .ask(battery_lfdi, "PUT", "/edev/2/der/1/derg",
                       settings_of("<csipaus:doeModesEnabled>0F</csipaus:doeModesEnabled>"))
                  .status,
              204);
    const auto settings = bench.get<sep::DERSettings>(battery_lfdi, "/edev/2/der/1/derg");
    EXPECT_EQ(settings.setMaxW.value, 5000);
    EXPECT_EQ(*settings.doeModesEnabled, "0F");
    EXPECT_EQ(*settings.href.value, "/edev/2/der/1/derg");
}

TEST(Der, settings_become_the_resources_box) {
    Bench bench;
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of());
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_EQ(bench.resource()->capability.min_mw, -5 * kilowatt_mw);
    EXPECT_EQ(bench.resource()->capability.max_mw, 4 * kilowatt_mw);
    EXPECT_TRUE(bench.resource()->connected);
    EXPECT_TRUE(bench.resource()->controllable);
}

TEST(Der, the_last_of_puts_in_quick_succession_holds) {
    Bench bench;
    for (int watts = 1; watts <= 300; ++watts) {
        std::string body = settings_of();
        const std::string from = "<setMaxW><multiplier>0</multiplier><value>5000";
        body.replace(body.find(from), from.size(),
                     "<setMaxW><multiplier>0</multiplier><value>" + std::to_string(watts));
        ASSERT_EQ(bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", body).status, 204);
        bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/ders", status_xml(""));
    }
    EXPECT_EQ(bench.get<sep::DERSettings>(pv_lfdi, "/edev/1/der/1/derg").setMaxW.value, 300);
    Server other{Policy{}};
    bench.restore_into(other);
    model::Changes changes;
    http::Request request;
    request.target = "/edev/1/der/1/derg";
    const http::Response response = other.handle(bench.now, {pv_lfdi, 0, ""}, request, changes);
    EXPECT_EQ(parsed<sep::DERSettings>(response.body).setMaxW.value, 300);
}

TEST(Der, draft_capability_is_understood) {
    Bench bench;
    EXPECT_EQ(bench
                  .ask(pv_lfdi, "PUT", "/edev/1/der/1/dercap",
                       "<DERCapability xmlns=\"http://ieee.org/2030.5\"><modesSupported>01fffd</modesSupported><rtgW>"
                       "<multiplier>0</multiplier><value>2000</value></rtgW><type>4</type></DERCapability>")
                  .status,
              204);
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_EQ(bench.resource()->capability.min_mw, -2 * kilowatt_mw);
    EXPECT_EQ(bench.get<sep::DERCapability>(pv_lfdi, "/edev/1/der/1/dercap").rtgMaxW.value, 2000);
}

TEST(Der, S_ALL_08_disconnected_device_takes_no_commands) {
    Bench bench;
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of());
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/ders",
              status_xml("<genConnectStatus><dateTime>1</dateTime><value>00</value></genConnectStatus>"));
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_FALSE(bench.resource()->controllable);
    EXPECT_TRUE(bench.resource()->connected);
}

TEST(Der, BASIC_028_state_of_charge_is_a_sample) {
    Bench bench;
    bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/ders",
              status_xml("<stateOfChargeStatus><dateTime>1</dateTime><value>7050</value></stateOfChargeStatus>",
                         1'759'999'990));
    ASSERT_EQ(bench.samples().size(), 1u);
    EXPECT_EQ(bench.samples()[0].resource, "battery");
    EXPECT_EQ(bench.samples()[0].state_of_charge_ppm, 705'000);
    EXPECT_EQ(bench.samples()[0].measured_us, 1'759'999'990 * model::second_us);
    EXPECT_EQ(bench.samples()[0].received_us, bench.now);
}

TEST(Der, reading_time_of_a_clock_that_is_off_counts_as_now) {
    Bench bench;
    for (const int time : {0, 1'760'000'999}) {
        bench.ask(
            battery_lfdi, "PUT", "/edev/2/der/1/ders",
            status_xml("<stateOfChargeStatus><dateTime>1</dateTime><value>1</value></stateOfChargeStatus>", time));
        EXPECT_EQ(bench.samples().at(0).measured_us, bench.now);
    }
}

TEST(Der, BASIC_027_alarms_are_noted_when_they_change) {
    Bench bench;
    bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/ders", status_xml("<alarmStatus>00000002</alarmStatus>"));
    EXPECT_TRUE(bench.noted("der_alarm"));
    bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/ders", status_xml("<alarmStatus>00000002</alarmStatus>"));
    EXPECT_FALSE(bench.noted("der_alarm"));
}

TEST(Der, availability_is_kept) {
    Bench bench;
    EXPECT_EQ(
        bench
            .ask(pv_lfdi, "PUT", "/edev/1/der/1/dera",
                 "<DERAvailability xmlns=\"urn:ieee:std:2030.5:ns\"><readingTime>5</readingTime><reservePercent>40"
                 "</reservePercent></DERAvailability>")
            .status,
        204);
    EXPECT_EQ(*bench.get<sep::DERAvailability>(pv_lfdi, "/edev/1/der/1/dera").reservePercent, 40);
}

TEST(Der, S_ALL_53_connection_point_by_either_name) {
    Bench bench;
    const auto put = [&](const std::string& name) {
        return bench.ask(
            pv_lfdi, "PUT", "/edev/1/cp",
            "<ConnectionPoint xmlns=\"https://csipaus.org/ns\"><" + name + ">NMI1</" + name + "></ConnectionPoint>");
    };
    EXPECT_EQ(put("connectionPointId").header("Location"), "/edev/1/cp");
    EXPECT_EQ(put("id").status, 204);
    EXPECT_EQ(*bench.get<sep::ConnectionPoint>(pv_lfdi, "/edev/1/cp").connectionPointId, "NMI1");
    const http::Response response = put("other");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(parsed<sep::Error>(response.body).reasonCode, 1);  // S-OPT-02
}

TEST(Der, quiet_for_three_polls_is_not_connected_and_any_request_is) {
    Bench bench;
    bench.ask(pv_lfdi, "GET", "/dcap");
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_TRUE(bench.resource()->connected);
    EXPECT_EQ(bench.server.next_due(), t0 + 30 * model::second_us);
    bench.tick(t0 + 30 * model::second_us - 1);
    EXPECT_EQ(bench.resource(), nullptr);
    bench.tick(t0 + 30 * model::second_us);
    ASSERT_NE(bench.resource(), nullptr);
    EXPECT_FALSE(bench.resource()->connected);
    EXPECT_TRUE(bench.noted("device_quiet"));
    EXPECT_EQ(bench.server.next_due(), model::never);
    bench.ask(pv_lfdi, "GET", "/tm");
    EXPECT_TRUE(bench.resource()->connected);
}

}  // namespace
}  // namespace busbar::ieee2030_5
