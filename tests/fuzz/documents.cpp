// Any bytes as the documents that the protocols' sessions keep, one a line: folder, blank, key, blank, body. After such
// a restore every session must go on with its peers.
#include "protocols/ieee2030_5/server.hpp"
#include "protocols/ocpp/csms.hpp"
#include "protocols/openadr/v2b/ven.hpp"
#include "protocols/openadr/v3/vtn.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

constexpr model::Us start_us = 1'767'225'600 * model::second_us;
const std::string lfdi = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5";

openadr::v3::Policy vtn_policy() {
    openadr::v3::Policy policy;
    policy.accounts = {{"u", "su", {"read_all", "write_programs", "write_events", "write_vens"}}};
    return policy;
}

struct Bench {
    ocpp::Csms csms;
    ieee2030_5::Server server{ieee2030_5::Policy{}};
    openadr::v2b::Ven ven{openadr::v2b::VenPolicy{}, 1};
    openadr::v3::Vtn vtn{
        vtn_policy(), [](std::size_t bytes) { return std::string(bytes, 'r'); },
        [](std::string_view key, std::string_view) { return std::string(32, key.empty() ? 'e' : key[0]); }};
    model::Us now = start_us;

    void restore(std::string_view line) {
        model::Document document;
        document.folder = fuzz::cut(line, ' ');
        document.key = fuzz::cut(line, ' ');
        document.body = line;
        csms.restore(document);
        server.restore(document);
        ven.restore(document);
        vtn.restore(document);
    }

    void stations(const model::Command& command) {
        ocpp::Output output;
        model::Enrolment enrolment;
        enrolment.id = "cs";
        enrolment.outlets = 2;
        csms.enrol(now, enrolment, output);
        csms.connected(now, "cs", ocpp::Version::v16, output);
        csms.receive(now, "cs", R"([2,"1","Heartbeat",{}])", output);
        csms.send(now, command, output);
        for (int i = 0; i < 3; ++i, now += model::minute_us) csms.tick(now, output);
        (void)csms.stations();
    }

    void inverters(model::Command command) {
        model::Changes changes;
        model::Enrolment enrolment;
        enrolment.id = lfdi;
        enrolment.kind = model::ResourceKind::storage;
        server.enrol(now, enrolment, changes);
        command.resource = "3e4f45ab31edfe5b67e343e5e4562e31984e23e5";
        server.send(now, command, changes);
        for (const char* path :
             {"/dcap", "/edev?l=9", "/edev/1/derp/1/derc?l=99", "/mup?l=9", "/rsps/1/rsp?l=9", "/edev/1/lel"}) {
            const http::Request request{"GET", path, {}, {}};
            const http::Response response = server.handle(now, {lfdi, 0, "192.0.2.1"}, request, changes);
            require(response.status >= 200 && response.status < 600);
            server.tick(now, changes);
        }
        require(server.next_due() > now);
    }

    void utilities() {
        model::Changes changes;
        for (int i = 0; i < 20; ++i, now += model::minute_us) {
            ven.tick(now, changes);
            if (ven.next(now)) ven.failed(now, "nobody there", changes);
        }
        http::Request request{
            "POST", "/openadr3/3.1.0/auth/token", {}, "grant_type=client_credentials&client_id=u&client_secret=su"};
        require(vtn.handle(now, "192.0.2.1", request, changes).status < 600);
        for (const char* path : {"/programs", "/events", "/reports", "/vens", "/resources"}) {
            request = {"GET", std::string("/openadr3/3.1.0") + path, {{"Authorization", "Bearer x"}}, {}};
            require(vtn.handle(now, "192.0.2.1", request, changes).status < 600);
        }
        vtn.tick(now, changes);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    Bench bench;
    for (int lines = 0; !text.empty() && lines < 200; ++lines) bench.restore(fuzz::cut(text, '\n'));
    const model::Us end_us = start_us + model::hour_us;
    const model::Command command{
        "c", "cs/1", "", model::CommandKind::setpoint, start_us, end_us, {{start_us, 5'000'000}}};
    bench.stations(command);
    bench.inverters(command);
    bench.utilities();
    return 0;
}
