#include "protocols/ieee2030_5/state.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/ieee2030_5/publisher.hpp"
#include "protocols/ieee2030_5/units.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::Us;

struct Key {
    std::uint32_t first = 0;
    std::string_view rest;
};

Key split_key(std::string_view key) {
    Key result;
    const auto parsed = std::from_chars(key.data(), key.data() + key.size(), result.first);
    key.remove_prefix(static_cast<std::size_t>(parsed.ptr - key.data()));
    if (!key.empty()) key.remove_prefix(1);
    result.rest = key;
    return result;
}

std::uint32_t number_of(std::string_view text) {
    return split_key(text).first;
}

template <class T>
wire::Failure restore_member(std::optional<T>& member, const std::string& body) {
    T value;
    auto failure = wire::from_json(body, value);
    if (!failure) member = std::move(value);
    return failure;
}

template <class T>
wire::Failure restore_member(std::map<std::uint32_t, T>& members, std::string_view key, const std::string& body) {
    T value;
    auto failure = wire::from_json(body, value);
    if (!failure) members[number_of(key)] = std::move(value);
    return failure;
}

wire::Failure restore_der(Device& device, std::string_view what, const std::string& body) {
    if (what == "dercap") return restore_member(device.capability, body);
    if (what == "derg") return restore_member(device.settings, body);
    if (what == "ders") return restore_member(device.status, body);
    if (what == "dera") return restore_member(device.availability, body);
    if (what == "cp") return restore_member(device.connection_point, body);
    return std::nullopt;
}

// Times that no control has would not survive being reckoned with.
wire::Failure restore_control(Device& device, std::string_view key, const std::string& body) {
    ControlRecord control;
    if (auto failure = wire::from_json(body, control)) return failure;
    control.number = number_of(key);
    if (control.start_s < 0 || control.end_s < control.start_s || control.end_s > model::last_us / model::second_us)
        return wire::Error{wire::Fault::out_of_range, "/start_s",
                           "a control ends after it starts, before the year 10000"};
    device.controls[control.number] = std::move(control);
    return std::nullopt;
}

wire::Failure restore_mirror(State& state, const std::string& body) {
    MirrorRecord mirror;
    if (auto failure = wire::from_json(body, mirror)) return failure;
    Device& device = state.devices[mirror.device];
    store_mirror(state, device, std::move(mirror));
    return std::nullopt;
}

wire::Failure restore_device(State& state, std::uint32_t number, const std::string& body) {
    DeviceRecord record;
    if (auto failure = wire::from_json(body, record)) return failure;
    Device& device = state.devices[number];
    device.record = std::move(record);
    device.record.number = number;  // the key it was kept under
    state.counters.device = std::max(state.counters.device, number);
    state.by_lfdi[upper_case(device.record.lfdi)] = number;
    state.by_resource[device.record.resource] = number;
    device.due_us = 0;
    state.agenda.insert({0, number});
    return std::nullopt;
}

wire::Failure restore_counters(State& state, const std::string& body) {
    Counters counters;
    if (auto failure = wire::from_json(body, counters)) return failure;
    state.counters.device = std::max(state.counters.device, counters.device);
    state.counters.mirror = std::max(state.counters.mirror, counters.mirror);
    return std::nullopt;
}

}  // namespace

Device* State::device_of(std::string_view lfdi) {
    std::array<char, 40> upper{};
    if (lfdi.size() != upper.size()) return nullptr;
    std::transform(lfdi.begin(), lfdi.end(), upper.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
    const auto found = by_lfdi.find(std::string_view(upper.data(), upper.size()));
    return found == by_lfdi.end() ? nullptr : &devices.at(found->second);
}

Device* State::device_of_resource(std::string_view resource) {
    const auto found = by_resource.find(resource);
    return found == by_resource.end() ? nullptr : &devices.at(found->second);
}

std::string State::href(const Device& device, std::string_view rest) const {
    std::string result = policy.prefix;
    result += "/edev/";
    result += std::to_string(device.record.number);
    result += rest;
    return result;
}

std::uint32_t State::poll_s(const Device& device) const {
    if (device.record.poll_us <= 0) return policy.poll_s;
    const std::int64_t seconds = (device.record.poll_us + model::second_us - 1) / model::second_us;
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds, 1, 86'400));
}

std::uint32_t State::slow_poll_s(const Device& device) const {
    return std::max(policy.poll_s, poll_s(device));
}

std::string State::mrid(std::uint8_t kind, std::uint32_t device, std::uint64_t number) const {
    return hex_of(kind, 1) + hex_of(device, 4) + hex_of(number, 7) + hex_of(policy.pen, 4);
}

void note(model::Changes& changes, model::Severity severity, std::string code, std::string peer, std::string text) {
    changes.notices.push_back({severity, std::move(code), std::move(peer), std::move(text)});
}

void acknowledge(model::Changes& changes, std::string command, const Device& device, model::AckState state,
                 model::Us at, std::string reason) {
    model::Input input;
    input.ack = model::Ack{std::move(command), device.record.resource, state, at, std::move(reason)};
    changes.inputs.push_back(std::move(input));
}

void announce(Device& device, const State& state, model::Changes& changes) {
    const Ratings ratings = device.ratings();
    model::Resource resource;
    resource.id = device.record.resource;
    resource.parent = device.record.node;
    resource.kind = device.kind();
    resource.name = device.record.name;
    resource.capability = capability_of(resource.kind, ratings);
    resource.connected = device.record.connected;
    resource.controllable = resource.connected && has_base(resource.kind, ratings) && takes_commands(device.status);
    // A control is fetched within one poll period and shows in a reading within another.
    resource.settles_us = (2 * static_cast<model::Us>(state.poll_s(device)) + 1) * model::second_us;
    if (device.announced == resource) return;
    device.announced = resource;
    model::Input input;
    input.resource = std::move(resource);
    changes.inputs.push_back(std::move(input));
}

void schedule(State& state, Device& device) {
    const model::Us due = next_due(state, device);
    if (due == device.due_us) return;
    auto entry = state.agenda.extract({device.due_us, device.record.number});
    device.due_us = due;
    if (due == model::never) return;
    if (entry.empty()) {
        state.agenda.insert({due, device.record.number});
    } else {
        entry.value().first = due;
        state.agenda.insert(std::move(entry));
    }
}

void keep(model::Changes& changes, const Counters& counters) {
    changes.documents.push_back({folder::server, "counters", wire::to_json(counters)});
}

void keep(model::Changes& changes, const DeviceRecord& device) {
    changes.documents.push_back({folder::devices, std::to_string(device.number), wire::to_json(device)});
}

void keep(model::Changes& changes, std::uint32_t device, const ControlRecord& control) {
    keep(changes, folder::controls, device, std::to_string(control.number), control);
}

void keep(model::Changes& changes, const MirrorRecord& mirror) {
    changes.documents.push_back({folder::mirrors, std::to_string(mirror.number), wire::to_json(mirror)});
}

void forget(model::Changes& changes, const char* folder, std::string key) {
    changes.documents.push_back({folder, std::move(key), ""});
}

Device& add_device(State& state, Us now, const std::string& lfdi, const std::string& resource,
                   model::Changes& changes) {
    const std::uint32_t number = ++state.counters.device;
    keep(changes, state.counters);
    Device& device = state.devices[number];
    device.record.number = number;
    device.record.lfdi = lfdi;
    device.record.resource = resource;
    device.record.pin = state.policy.default_pin;
    device.record.registered_s = seconds_of(now);
    device.record.changed_s = seconds_of(now);
    state.by_lfdi[upper_case(lfdi)] = number;
    state.by_resource[resource] = number;
    return device;
}

Device& register_in_band(State& state, Us now, const std::string& lfdi, model::ResourceKind kind,
                         model::Changes& changes) {
    std::string resource = upper_case(lfdi);
    std::transform(resource.begin(), resource.end(), resource.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    Device& device = add_device(state, now, lfdi, resource, changes);
    device.record.kind = static_cast<std::uint8_t>(kind);
    device.record.in_band = true;
    device.record.connected = true;
    device.last_seen_us = now;
    keep(changes, device.record);
    announce(device, state, changes);
    schedule(state, device);
    return device;
}

void store_mirror(State& state, Device& device, MirrorRecord mirror) {
    const std::uint32_t number = mirror.number;
    erase_mirror(state, device, number);
    state.mirror_owners[number] = mirror.device;
    for (const auto& reading : mirror.usage_point.MirrorMeterReading) {
        state.meter_owners[upper_case(reading.mRID)] = mirror.device;
    }
    device.mirrors[number] = std::move(mirror);
}

void erase_mirror(State& state, Device& device, std::uint32_t number) {
    const auto found = device.mirrors.find(number);
    if (found == device.mirrors.end()) return;
    for (const auto& reading : found->second.usage_point.MirrorMeterReading) {
        state.meter_owners.erase(upper_case(reading.mRID));
    }
    state.mirror_owners.erase(number);
    device.mirrors.erase(found);
    for (const auto& entry : device.mirrors) {  // what another of its mirrors has as well
        for (const auto& reading : entry.second.usage_point.MirrorMeterReading) {
            state.meter_owners[upper_case(reading.mRID)] = entry.second.device;
        }
    }
}

void forget_device(State& state, Device& device, model::Changes& changes) {
    const std::uint32_t number = device.record.number;
    const std::string prefix = std::to_string(number);
    drop_rendered(state, device);
    for (const auto* controls : {&device.controls, &device.past}) {
        for (const auto& control : *controls)
            forget(changes, folder::controls, prefix + "/" + std::to_string(control.first));
    }
    for (const auto& response : device.responses) {
        forget(changes, folder::responses, prefix + "/" + std::to_string(response.first));
    }
    for (const auto& event : device.log_events)
        forget(changes, folder::log_events, prefix + "/" + std::to_string(event.first));
    for (const char* part : {"dercap", "derg", "ders", "dera", "cp"}) forget(changes, folder::der, prefix + "/" + part);
    while (!device.mirrors.empty()) {
        const std::uint32_t mirror = device.mirrors.begin()->first;
        forget(changes, folder::mirrors, std::to_string(mirror));
        erase_mirror(state, device, mirror);
    }
    forget(changes, folder::devices, prefix);
    state.agenda.erase({device.due_us, number});
    state.by_lfdi.erase(upper_case(device.record.lfdi));
    state.by_resource.erase(device.record.resource);
    state.devices.erase(number);
}

wire::Failure restore(State& state, const model::Document& document) {
    const std::string& body = document.body;
    if (body.empty()) return std::nullopt;
    const Key key = split_key(document.key);
    if (document.folder == folder::server) return restore_counters(state, body);
    if (document.folder == folder::devices) return restore_device(state, key.first, body);
    if (document.folder == folder::mirrors) return restore_mirror(state, body);
    if (document.folder == folder::der) return restore_der(state.devices[key.first], key.rest, body);
    if (document.folder == folder::controls) return restore_control(state.devices[key.first], key.rest, body);
    if (document.folder == folder::responses) return restore_member(state.devices[key.first].responses, key.rest, body);
    if (document.folder == folder::log_events)
        return restore_member(state.devices[key.first].log_events, key.rest, body);
    return std::nullopt;
}

}  // namespace busbar::ieee2030_5
