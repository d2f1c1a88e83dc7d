#include "protocols/ieee2030_5/acknowledgement.hpp"

#include <algorithm>

#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::AckState;
using model::Us;

constexpr Us least_patience_us = 10 * model::second_us;  // a short poll period and a hiccup of the network

struct Meaning {
    std::uint8_t status;
    AckState ack;
    const char* words;
};
// Table 27: Response types by function set, those of DER.
constexpr Meaning meanings[] = {
    {1, AckState::received, "event received"},
    {2, AckState::started, "event started"},
    {3, AckState::completed, "event completed"},
    {4, AckState::opted_out, "user opted out"},
    {5, AckState::accepted, "user opted in"},
    {6, AckState::cancelled, "event cancelled"},
    {7, AckState::superseded, "event superseded"},
    {8, AckState::opted_out, "partly completed, user opted out"},
    {9, AckState::accepted, "partly completed, user opted in"},
    {10, AckState::completed, "completed without participation"},
    {11, AckState::accepted, "user acknowledged"},
    {13, AckState::aborted, "aborted for an event of another server"},
    {14, AckState::aborted, "aborted for an event of another program"},
    {252, AckState::rejected, "parameter not applicable"},
    {253, AckState::rejected, "invalid"},
    {254, AckState::rejected, "received too late"},
};

const Meaning* meaning_of(std::uint8_t status) {
    const auto found =
        std::find_if(std::begin(meanings), std::end(meanings), [&](const Meaning& m) { return m.status == status; });
    return found == std::end(meanings) ? nullptr : found;
}

// Those that are past included.
template <class Test>
bool any_control(const Device& device, Test test) {
    const auto of_entry = [&](const auto& entry) { return test(entry.second); };
    return std::any_of(device.controls.begin(), device.controls.end(), of_entry) ||
           std::any_of(device.past.begin(), device.past.end(), of_entry);
}

// Whether another control of the same command has had the response already: the core is told once for each command.
bool told_before(const Device& device, const ControlRecord& control, std::uint8_t status) {
    return any_control(device, [&](const ControlRecord& other) {
        return other.number != control.number && other.command == control.command && has_response(other, status);
    });
}

void report_silence(Device& device, Us now, model::Changes& changes) {
    if (!device.record.awaited || now < device.record.awaited->until_us) return;
    // A command that was over before the device had its time says nothing of the device.
    const AwaitedRecord& awaited = *device.record.awaited;
    if (now < awaited.expires_us) {
        acknowledge(changes, awaited.command, device, AckState::timeout, now, "no Response from the device");
    }
    device.record.awaited.reset();
    keep(changes, device.record);
}

void report_quiet(State& state, Device& device, Us now, model::Changes& changes) {
    if (!device.record.connected) return;
    if (device.last_seen_us == 0) device.last_seen_us = now;  // just restored: it has its time
    if (now < device.last_seen_us + patience(state, device)) return;
    device.record.connected = false;
    drop_rendered(state, device);
    keep(changes, device.record);
    note(changes, model::Severity::warning, "device_quiet", device.record.lfdi, "no request for three poll periods");
    announce(device, state, changes);
}

// What the word says of the command that one waits for: it has arrived; a control that it took back is over, so it has
// arrived; or the device speaks, but of something before it.
void hear(const State& state, Device& device, const ControlRecord& control, const Meaning& meaning, Us now,
          model::Changes& changes) {
    std::optional<AwaitedRecord>& awaited = device.record.awaited;
    if (!awaited) return;
    const bool goes_on =
        meaning.ack == AckState::received || meaning.ack == AckState::started || meaning.ack == AckState::accepted;
    const bool released = !device.record.command && awaited->command == control.retired_by && !goes_on;
    if (released) acknowledge(changes, awaited->command, device, AckState::accepted, now, meaning.words);
    if (released || awaited->command == control.command) {
        awaited.reset();
    } else {
        awaited->until_us = std::max(awaited->until_us, now + patience(state, device));
    }
}

}  // namespace

Us patience(const State& state, const Device& device) {
    return std::max(3 * us_of(state.poll_s(device)), least_patience_us);
}

bool is_control_response(std::uint8_t status) {
    return meaning_of(status) != nullptr;
}

bool has_response(const ControlRecord& control, std::uint8_t status) {
    return std::find(control.responses.begin(), control.responses.end(), status) != control.responses.end();
}

void take_response(const State& state, Device& device, ControlRecord& control, std::uint8_t status, Us now,
                   model::Changes& changes) {
    const Meaning& meaning = *meaning_of(status);
    hear(state, device, control, meaning, now, changes);
    // The last part completes a command; everything else is told by the first that says it.
    const bool completion = meaning.ack == AckState::completed;
    const bool tells = completion ? control.last : !told_before(device, control, status);
    if (tells && !control.command.empty() && !has_response(control, status)) {
        acknowledge(changes, control.command, device, meaning.ack, now,
                    "Response " + std::to_string(status) + ": " + meaning.words);
    }
    if (!has_response(control, status)) {
        control.responses.push_back(status);
        keep(changes, device.record.number, control);
    }
}

// The device has three poll periods from the first command that it has not spoken of.
void await_word(const State& state, Device& device, const model::Command& command, Us now) {
    const bool known = any_control(device, [&](const ControlRecord& control) {
        return control.command == command.id && !control.responses.empty();
    });
    if (known) {
        device.record.awaited.reset();
        return;
    }
    const Us until = device.record.awaited ? device.record.awaited->until_us : now + patience(state, device);
    device.record.awaited = AwaitedRecord{command.id, until, std::min(command.expires_us, command.end_us)};
}

void report_absence(State& state, Device& device, Us now, model::Changes& changes) {
    report_silence(device, now, changes);
    report_quiet(state, device, now, changes);
}

}  // namespace busbar::ieee2030_5
