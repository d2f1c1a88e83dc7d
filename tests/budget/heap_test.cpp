// Heap bytes that one more peer costs, connected and settled, over ten thousand of them.
#include <gtest/gtest.h>
#include <malloc.h>

#include <cstdio>

#include "protocols/ieee2030_5/server.hpp"
#include "protocols/ocpp/csms.hpp"
#include "protocols/ocpp/rpc.hpp"
#include "protocols/ocpp/test_csms.hpp"
#include "tests/budget/budget.hpp"

namespace busbar::budget {
namespace {

constexpr int peers = 10'000;

double heap_bytes() {
    const auto info = mallinfo2();
    return static_cast<double>(info.uordblks) + static_cast<double>(info.hblkhd);
}

// A station connects, boots, and answers all that it is asked.
void boot(ocpp::Csms& csms, const std::string& id) {
    model::Us now = ocpp::test_start_us;
    ocpp::Output output;
    model::Enrolment enrolment;
    enrolment.id = id;
    enrolment.rated_import_mw = 22'080'000;
    csms.enrol(now, enrolment, output);
    csms.connected(now, id, ocpp::Version::v201, output);
    output = {};
    csms.receive(now, id,
                 R"([2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}}])",
                 output);
    for (bool asked = true; asked;) {
        asked = false;
        const auto frames = std::move(output.frames);
        output = {};
        for (const auto& frame : frames) {
            const ocpp::Received call = ocpp::read_frame(frame.text);
            if (call.kind != ocpp::Received::Kind::call) continue;
            asked = true;
            const std::string_view answer = call.action == "GetVariables"   ? ocpp::Wire::nothing_known
                                            : call.action == "SetVariables" ? ocpp::Wire::set_accepted
                                                                            : R"({"status":"Accepted"})";
            csms.receive(now, id, ocpp::result_frame(call.id, answer), output);
        }
    }
    const auto view = csms.station(id);
    ASSERT_TRUE(view && view->booted);
}

TEST(Heap, an_ocpp_station_that_has_booted) {
    ocpp::Csms csms;
    boot(csms, "warm");
    const double before = heap_bytes();
    for (int i = 0; i < peers; ++i) boot(csms, "station-" + std::to_string(100'000 + i));
    expect_budget("heap bytes of an OCPP station", 4096, (heap_bytes() - before) / peers);
}

TEST(Heap, a_2030_5_device_that_has_fetched_its_controls) {
    ieee2030_5::Server server{ieee2030_5::Policy{}};
    const model::Us now = 1'790'000'000 * model::second_us;
    const auto enter = [&](int number) {
        char lfdi[41];
        std::snprintf(lfdi, sizeof lfdi, "%040X", 0x10000 + number);
        model::Changes changes;
        model::Enrolment enrolment;
        enrolment.id = lfdi;
        enrolment.resource = "inverter-" + std::to_string(number);
        enrolment.kind = model::ResourceKind::pv;
        server.enrol(now, enrolment, changes);
        http::Request request;
        request.method = "GET";
        request.target = "/dcap";
        ASSERT_EQ(server.handle(now, {lfdi, 0, "192.0.2.1"}, request, changes).status, 200);
        request.target = "/edev/" + std::to_string(number + 1) + "/derp/1/derc?l=10";
        ASSERT_EQ(server.handle(now, {lfdi, 0, "192.0.2.1"}, request, changes).status, 200);
    };
    enter(0);
    const double before = heap_bytes();
    for (int i = 1; i <= peers; ++i) enter(i);
    expect_budget("heap bytes of a 2030.5 device", 2913, (heap_bytes() - before) / peers);
}

}  // namespace
}  // namespace busbar::budget
