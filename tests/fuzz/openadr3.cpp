// Requests to the OpenADR 3 VTN, parted by the byte 0x1e: who asks (u, a, b or anything else for nobody), a blank,
// method, target and, after a line break, the body. The VTN must answer with a status of HTTP and JSON that reads, hand
// on only grid events that are in order, show no client what is another's, and come out of a restart as it went in.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "protocols/openadr/v3/vtn.hpp"
#include "protocols/wire/json.hpp"

using namespace busbar;
using namespace busbar::openadr::v3;

constexpr model::Us start_us = 1'767'225'600 * model::second_us;

static std::string weak_hmac(std::string_view key, std::string_view message) {
    std::uint64_t hash = 1469598103934665603ULL;
    for (const std::string_view part : {key, message}) {
        for (const char c : part) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        hash = (hash ^ 0xff) * 1099511628211ULL;
    }
    return std::to_string(hash);
}

static Policy policy() {
    Policy policy;
    policy.accounts = {{"u", "su", {"read_all", "write_programs", "write_events", "write_vens", "write_subscriptions"}},
                       {"a", "sa", {"read_targets", "read_ven_objects", "write_reports", "write_vens"}},
                       {"b", "sb", {"read_targets", "read_ven_objects", "write_reports", "write_vens"}}};
    policy.max_objects = 50;
    return policy;
}

struct Owner {
    std::optional<Name> clientID;
};
RECORD(Owner, clientID)

struct Bench {
    Vtn vtn{policy(),
            [n = 0](std::size_t bytes) mutable { return std::string(bytes, static_cast<char>('a' + n++ % 26)); },
            weak_hmac};
    model::Us now = start_us;
    std::map<std::string, std::string> tokens;
    std::map<std::pair<std::string, std::string>, std::string> documents;
    std::map<std::string, std::uint64_t> revisions;

    void keep(const model::Changes& changes) {
        for (const model::Document& document : changes.documents)
            documents[{document.folder, document.key}] = document.body;
        for (const model::Input& input : changes.inputs) {
            if (input.event) check(*input.event);
        }
    }

    void check(const model::GridEvent& event) {
        if (event.intervals.empty()) std::abort();
        model::Us before = event.intervals.front().start_us;
        for (const model::Interval& interval : event.intervals) {
            if (interval.start_us < before || interval.end_us <= interval.start_us) std::abort();
            before = interval.end_us;
            for (const model::Signal& signal : interval.signals) {
                if (signal.power_mw > model::unlimited_mw || signal.power_mw < -model::unlimited_mw) std::abort();
                const bool limit =
                    signal.kind == model::SignalKind::import_limit || signal.kind == model::SignalKind::export_limit;
                if (limit && signal.power_mw < 0) std::abort();
            }
        }
        const auto known = revisions.find(event.id);
        if (known != revisions.end() && event.revision <= known->second) std::abort();
        revisions[event.id] = event.revision;
        deliver(event);
    }

    // What the core might say of it.
    void deliver(const model::GridEvent& event) {
        model::EventReport report;
        report.event = event.id;
        report.revision = event.revision;
        report.at_us = now;
        for (const model::Interval& interval : event.intervals) {
            report.intervals.push_back({interval.native_id, interval.start_us, interval.end_us, 0, -5});
        }
        reports.push_back(report);
    }
    std::vector<model::EventReport> reports;

    http::Response ask(const std::string& who, std::string method, std::string target, std::string body) {
        http::Request request{std::move(method), std::move(target), {}, std::move(body)};
        if (tokens.contains(who)) request.headers.emplace_back("Authorization", "Bearer " + tokens[who]);
        model::Changes changes;
        http::Response response = vtn.handle(now, "192.0.2.1:1", request, changes);
        keep(changes);
        if (response.status < 200 || response.status > 599) std::abort();
        std::vector<Owner> list;
        Owner one;
        if (wire::from_json(response.body, one) && wire::from_json(response.body, list)) std::abort();
        return response;
    }

    void log_in(const std::string& who) {
        const http::Response response =
            ask("", "POST", "/openadr3/3.1.0/auth/token",
                "grant_type=client_credentials&client_id=" + who + "&client_secret=s" + who);
        TokenAnswer answer;
        if (wire::from_json(response.body, answer)) std::abort();
        tokens[who] = answer.access_token;
    }

    void hear(std::string_view line) {
        const std::string who(line.substr(0, 1));
        const std::size_t first = std::min(line.find(' '), line.size());
        const std::size_t second = std::min(line.find(' ', first + 1), line.size());
        const std::size_t third = std::min(line.find('\n', second), line.size());
        const auto part = [&](std::size_t from, std::size_t to) {
            return from < to ? std::string(line.substr(from + 1, to - from - 1)) : std::string();
        };
        ask(who, part(first, second), "/openadr3/3.1.0" + part(second, third),
            std::string(line.substr(std::min(third + 1, line.size()))));
        for (const model::EventReport& report : std::exchange(reports, {})) {
            model::Changes changes;
            vtn.report(now, report, changes);
            vtn.opt(now, {report.event, report.revision, model::OptState::out, ""}, changes);
            keep(changes);
        }
        now += model::second_us;
    }

    void see_only_ones_own() {
        for (const std::string who : {"a", "b"}) {
            for (const char* path : {"/vens", "/resources", "/reports"}) {
                std::vector<Owner> owners;
                if (wire::from_json(ask(who, "GET", std::string("/openadr3/3.1.0") + path, "").body, owners))
                    std::abort();
                for (const Owner& owner : owners) {
                    if (owner.clientID != Name(who)) std::abort();
                }
            }
        }
    }

    std::string everything() {
        std::string all;
        for (const char* path : {"/programs", "/events", "/reports", "/vens", "/resources"}) {
            all += ask("u", "GET", std::string("/openadr3/3.1.0") + path, "").body;
        }
        return all;
    }
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Bench bench;
    for (const char* who : {"u", "a", "b"}) bench.log_in(who);
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\x1e'), text.size());
        bench.hear(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    bench.see_only_ones_own();
    const std::string before = bench.everything();
    Vtn again(
        policy(), [](std::size_t bytes) { return std::string(bytes, 'z'); }, weak_hmac);
    for (const auto& [key, body] : bench.documents) again.restore({key.first, key.second, body});
    bench.vtn = std::move(again);
    if (bench.everything() != before) std::abort();
    return 0;
}
