// What a hostile VTN may answer to the OpenADR 2.0b VEN: bodies parted by the byte 0x1e, one for each request in turn;
// an empty one is what a good VTN says. The VEN must go on sending messages that read, hand on only grid events that
// are in order with rising revisions, never spin, and come out of a restart with what it knew. The same bodies go to
// our own VTN.
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

#include "protocols/openadr/v2b/ven.hpp"
#include "protocols/openadr/v2b/vtn.hpp"

using namespace busbar;
using namespace busbar::openadr::v2b;

constexpr model::Us start_us = 1'767'225'600 * model::second_us;

struct Bench {
    Ven ven{VenPolicy{}, 1};
    Vtn vtn{VtnSettings{}};
    model::Us now = start_us;
    std::uint64_t revision = 0;
    std::map<std::pair<std::string, std::string>, std::string> documents;

    void keep(model::Changes& changes) {
        for (const model::Document& document : changes.documents)
            documents[{document.folder, document.key}] = document.body;
        for (const model::Input& input : changes.inputs) {
            if (input.event) check(*input.event);
        }
        changes = {};
    }

    void check(const model::GridEvent& event) {
        if (event.intervals.empty() || event.revision <= revision) std::abort();
        revision = event.revision;
        model::Us before = event.intervals.front().start_us;
        for (const model::Interval& interval : event.intervals) {
            if (interval.start_us < before || interval.end_us <= interval.start_us) std::abort();
            before = interval.end_us;
            for (const model::Signal& signal : interval.signals) {
                if (signal.power_mw > model::unlimited_mw || signal.power_mw < -model::unlimited_mw) std::abort();
            }
        }
        model::Changes changes;
        ven.opt(now, {event.id, event.revision, revision % 2 ? model::OptState::in : model::OptState::out, ""},
                changes);
        keep(changes);
    }

    // One request, answered with `body`, or by our VTN if that is empty.
    void turn(std::string_view body) {
        model::Changes changes;
        ven.tick(now, changes);
        keep(changes);
        const std::optional<http::Request> request = ven.next(now);
        if (!request) {
            const model::Us due = ven.next_due();
            if (due <= now) std::abort();
            now = std::min(due, now + 400 * model::second_us);
            return;
        }
        Message message;
        if (read_message(request->body, message)) std::abort();
        http::Response response = vtn.handle(now, *request);
        if (response.status != 200) std::abort();
        if (!body.empty()) response.body = body;
        ven.receive(now, response, changes);
        keep(changes);
        ven.measured(now, "busbar", {static_cast<model::MilliW>(body.size()) * 1'000'000});
    }
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Bench bench;
    Vtn vtn{VtnSettings{}};
    bench.vtn.put_event(
        to_event({"seed", start_us + model::minute_us, {{model::minute_us, 5}}, model::second_us}, start_us));
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\x1e'), text.size());
        const std::string_view body = text.substr(0, end);
        bench.turn(body);
        for (const char* service : {"EiEvent", "EiReport", "EiRegisterParty", "OadrPoll"}) {
            const http::Request request{"POST",
                                        std::string("/OpenADR2/Simple/2.0b/") + service,
                                        {{"Content-Type", "application/xml"}},
                                        std::string(body)};
            Message answer;
            const http::Response response = vtn.handle(start_us, request);
            if (response.status == 200 && read_message(response.body, answer)) std::abort();
        }
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    for (int i = 0; i < 20; ++i) bench.turn({});
    Ven again(VenPolicy{}, 2);
    for (const auto& [key, body] : bench.documents) again.restore({key.first, key.second, body});
    if (again.registration_id() != bench.ven.registration_id()) std::abort();
    bench.ven = std::move(again);
    for (int i = 0; i < 20; ++i) bench.turn({});
    return 0;
}
