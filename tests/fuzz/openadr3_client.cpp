// Any bytes as what a VTN answers to a utility's client, parted by the byte 0x1e: one digit of the status, then the
// body; an empty one is a lost connection. The client must go on or say why not, at a pace, with requests that can be
// sent.
#include "protocols/openadr/v3/client.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using namespace busbar::openadr::v3;
using fuzz::require;

namespace {

ClientSettings settings() {
    ClientSettings settings;
    settings.client_id = "utility";
    settings.client_secret = "secret";
    settings.program_name = "walk";
    settings.event.intervals.emplace();
    Interval interval;
    interval.payloads.push_back({Name("SIMPLE"), {AnyValue{1.0}}});
    settings.event.intervals->push_back(interval);
    return settings;
}

void answer(Client& client, model::Us now, std::string_view text) {
    if (text.empty()) return client.failed(now, "the connection was lost");
    const int status = 100 * (text[0] >= '2' && text[0] <= '5' ? text[0] - '0' : 2) + (text[0] == '2' ? 0 : 1);
    client.receive(now, {status, {{"Content-Type", "application/json"}}, std::string(text.substr(1))});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    Client client(settings());
    model::Us now = 1'767'225'600 * model::second_us;
    for (int turns = 0; !text.empty() && !client.finished() && turns < 100; ++turns) {
        const std::optional<http::Request> request = client.next(now);
        if (!request) {
            require(client.next_due() > now && client.next_due() <= now + 2 * model::minute_us);
            now = client.next_due();
            continue;
        }
        require(request->target.starts_with("/openadr3/3.1.0/"));
        for (const char c : request->target) require(static_cast<unsigned char>(c) > ' ' && c != '\x7f');
        answer(client, now, fuzz::cut(text, '\x1e'));
        if (turns == 50) client.cancel();
    }
    for (const Report& report : client.reports()) {
        (void)is_complete(report, settings().event);
        (void)reported_wh(report, 0);
    }
    return 0;
}
