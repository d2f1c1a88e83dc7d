// Any method, path and body from a known device to the 2030.5 server, one request a line ("PUT /edev/1/der/1/ders
// <…>"), and any body as the answer to each request of a client. The server must answer with a status of HTTP and an
// XML that reads, show nothing of the other device, and come out of a restart as it went in.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "protocols/ieee2030_5/client.hpp"
#include "protocols/ieee2030_5/server.hpp"
#include "protocols/wire/xml.hpp"

using namespace busbar;
using namespace busbar::ieee2030_5;

constexpr model::Us start_us = 1'767'225'600 * model::second_us;
const std::string ours = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5";
const std::string theirs = "0671C144D27DC9E612AFE7DC6C79EC089ED3DCC5";

struct Bench {
    Server server{Policy{}};
    model::Us now = start_us;
    std::map<std::pair<std::string, std::string>, std::string> documents;

    Bench() {
        model::Changes changes;
        for (const std::string& lfdi : {ours, theirs}) {
            model::Enrolment enrolment;
            enrolment.id = lfdi;
            enrolment.kind = model::ResourceKind::storage;
            enrolment.rated_export_mw = enrolment.rated_import_mw = 5'000'000;
            enrolment.poll_us = model::second_us;
            server.enrol(now, enrolment, changes);
        }
        keep(changes);
        command(1'000'000);
    }

    void keep(const model::Changes& changes) {
        for (const auto& document : changes.documents) documents[{document.folder, document.key}] = document.body;
        for (const auto& input : changes.inputs) {
            if (input.sample && input.sample->resource == resource_of(theirs)) std::abort();
            if (input.ack && input.ack->resource == resource_of(theirs)) std::abort();
        }
    }

    static std::string resource_of(std::string lfdi) {
        for (char& c : lfdi) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
        return lfdi;
    }

    void command(model::MilliW power_mw) {
        model::Changes changes;
        const model::Us end_us = now + model::hour_us;
        server.send(now, {"c", resource_of(ours), "", model::CommandKind::setpoint, now, end_us, {{now, power_mw}}},
                    changes);
        keep(changes);
    }

    http::Response ask(std::string method, std::string target, std::string body) {
        http::Request request;
        request.method = std::move(method);
        request.target = std::move(target);
        request.body = std::move(body);
        model::Changes changes;
        const http::Response response = server.handle(now, {ours, 0, "192.0.2.1"}, request, changes);
        keep(changes);
        if (response.status < 200 || response.status > 501) std::abort();
        wire::XmlRoot root;
        if (!response.body.empty() && wire::read_xml_root(response.body, root)) std::abort();
        if (response.body.find("/edev/2") != std::string::npos) std::abort();
        return response;
    }

    void hear(std::string_view line) {
        const std::size_t first = line.find(' ');
        const std::size_t second = line.find(' ', first == line.npos ? first : first + 1);
        const std::string method(line.substr(0, first));
        const std::string target(first == line.npos ? "/" : line.substr(first + 1, second - first - 1));
        ask(method, target, std::string(second == line.npos ? "" : line.substr(second + 1)));
        now += model::second_us;
        model::Changes changes;
        server.tick(now, changes);
        keep(changes);
        if (server.next_due() <= now) std::abort();
    }

    void restart() {
        const std::string paths[] = {"/edev?l=9", "/edev/1/derp/1/derc?l=99", "/mup?l=99", "/rsps/1/rsp?l=99",
                                     "/edev/1/lel?l=99"};
        Server other{Policy{}};
        for (const auto& [key, body] : documents) other.restore({key.first, key.second, body});
        std::map<std::string, std::string> before;
        for (const std::string& path : paths) {
            // The last readings of a mirror are not kept: what is compared is all the rest.
            before[path] = path.starts_with("/mup") ? "" : ask("GET", path, "").body;
        }
        server = std::move(other);
        for (const std::string& path : paths) {
            const std::string after = ask("GET", path, "").body;
            if (!before[path].empty() && after != before[path]) std::abort();
        }
    }
};

void answer_client(std::string_view body) {
    ClientOptions options;
    options.lfdi = ours;
    options.kind = model::ResourceKind::storage;
    options.max_export_mw = options.max_import_mw = 5'000'000;
    Client client(options);
    client.meter(start_us, {});
    model::Us now = start_us;
    for (int i = 0; i < 40; ++i, now += 10 * model::second_us) {
        if (!client.next(now)) continue;
        const http::Response response{200, {{"Location", "/mup/1"}}, std::string(body.substr(0, body.find('\n')))};
        client.receive(now, response);
        const model::MilliW power = client.wanted(now).power(0);
        if (power < -model::unlimited_mw || power > model::unlimited_mw) std::abort();
        const std::size_t next = body.find('\n');
        if (next != body.npos) body.remove_prefix(next + 1);
    }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    if (data[0] & 1) {
        answer_client(text);
        return 0;
    }
    Bench bench;
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        bench.hear(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    bench.restart();
    return 0;
}
