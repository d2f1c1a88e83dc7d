// Any bytes as frames, one a line, to a booted station's CSMS and to a charging station, in both versions, strict and
// tolerant. Neither may fall over, close the socket for bad input, answer an answer, or say what is no OCPP-J.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "protocols/ocpp/csms.hpp"
#include "protocols/ocpp/station.hpp"

using namespace busbar;
using namespace busbar::ocpp;

constexpr model::Us start_us = 1'767'225'600 * model::second_us;

// What either end says must be a message, and an error only to what was no answer.
void expect_sound(std::string_view said, const Received& heard) {
    const Received received = read_frame(said);
    if (received.kind == Received::Kind::unreadable || received.kind == Received::Kind::ignored) std::abort();
    const bool answer = heard.kind == Received::Kind::result || heard.kind == Received::Kind::error;
    if (answer && received.kind != Received::Kind::call) std::abort();
}

struct Both {
    Csms csms;
    Station station;
    model::Us now = start_us;
    Output out;

    Both(Version version, bool strict) : csms(policy(strict)), station(options(version)) {
        model::Enrolment enrolment;
        enrolment.id = "cs";
        enrolment.outlets = 2;
        csms.enrol(now, enrolment, out);
        csms.connected(now, "cs", version, out);
        csms.receive(
            now, "cs",
            version == Version::v16
                ? R"([2,"b","BootNotification",{"chargePointVendor":"v","chargePointModel":"m"}])"
                : R"([2,"b","BootNotification",{"reason":"PowerUp","chargingStation":{"vendorName":"v","model":"m"}}])",
            out);
        Frames frames;
        station.opened(now, frames);
        if (frames.empty()) std::abort();
        const std::string id = read_frame(frames[0]).id;
        station.receive(now,
                        result_frame(id, R"({"currentTime":"2026-01-01T00:00:00Z","interval":60,"status":"Accepted"})"),
                        frames);
        station.plug_in(now, 1, "TOKEN", frames);
    }
    static Policy policy(bool strict) {
        Policy policy;
        policy.strict = strict;
        return policy;
    }
    static StationOptions options(Version version) {
        StationOptions options;
        options.id = "cs";
        options.version = version;
        options.evses = 2;
        return options;
    }

    void hear(std::string_view frame) {
        const Received heard = read_frame(frame);
        out = {};
        csms.receive(now, "cs", frame, out);
        if (!out.closings.empty()) std::abort();
        for (const Frame& said : out.frames) expect_sound(said.text, heard);
        model::Command command{"c", "cs/1", "", model::CommandKind::setpoint, now, model::never, {{now, 5'000'000}}};
        csms.send(now, command, out);
        Frames frames;
        station.receive(now, frame, frames);
        for (const std::string& said : frames) expect_sound(said, heard);
        now += 7 * model::second_us;
        csms.tick(now, out);
        station.tick(now, frames);
        if (station.limit_w(now, 1) < 0 || station.limit_w(now, 1) > 23'000) std::abort();
    }
};

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    Both both(data[0] & 1 ? Version::v201 : Version::v16, data[0] & 2);
    std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    while (!text.empty()) {
        const auto end = text.find('\n');
        both.hear(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return 0;
}
