// What the server knows, and the small things that all of its parts do with it: announce a resource, acknowledge, note,
// keep a document. Internal to the folder.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "dispatch/model/by_id.hpp"
#include "dispatch/model/input.hpp"
#include "dispatch/model/peer_clock.hpp"
#include "protocols/ieee2030_5/documents.hpp"
#include "protocols/ieee2030_5/policy.hpp"
#include "protocols/ieee2030_5/rendered.hpp"
#include "protocols/ieee2030_5/translate.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ieee2030_5 {

struct Device {
    DeviceRecord record;
    std::optional<sep::DERCapability> capability;
    std::optional<sep::DERSettings> settings;
    std::optional<sep::DERStatus> status;
    std::optional<sep::DERAvailability> availability;
    std::optional<sep::ConnectionPoint> connection_point;
    std::map<std::uint32_t, ControlRecord> controls;  // by number; those that stand or are still shown
    std::map<std::uint32_t, ControlRecord> past;      // the others, for as long as a Response to them is taken
    model::Us past_since_us = 0;                      // when one was last found to be past
    model::Us past_due_us = model::never;             // when the first of them is forgotten
    std::map<std::uint32_t, sep::Response> responses;
    std::map<std::uint32_t, sep::LogEvent> log_events;
    std::map<std::uint32_t, MirrorRecord> mirrors;

    model::Us last_seen_us = 0;  // 0: not since the start of this process
    model::Us due_us = model::never;
    std::optional<model::Resource> announced;
    model::Us writes_since_us = 0;
    std::uint32_t writes = 0;
    bool premises_noted = false;
    model::PeerClock clock;
    model::Us readings_us = 0;  // when readings last came

    // From when to when nothing of its controls changes by time: statuses, who is visible. Both 0: not known.
    model::Us settled_from_us = 0;
    model::Us settled_until_us = 0;
    model::Us controls_due_us = model::never;  // when advance() has something to do; as long as the above is known
    std::vector<const ControlRecord*> shown;   // its visible controls, by their numbers; as long as the above is known
    std::vector<Rendered> rendered;            // oldest first
    std::size_t rendered_bytes = 0;

    model::ResourceKind kind() const { return static_cast<model::ResourceKind>(record.kind); }
    Ratings ratings() const {
        return ratings_of(kind(), capability, settings, {record.rated_export_mw, record.rated_import_mw});
    }
};

using NumberOfText = model::ById<std::uint32_t>;

struct State {
    explicit State(Policy given) : policy(std::move(given)) {}

    Policy policy;
    Counters counters;
    std::map<std::uint32_t, Device> devices;
    NumberOfText by_lfdi;  // upper case
    NumberOfText by_resource;
    std::unordered_map<std::uint32_t, std::uint32_t> mirror_owners;  // device of a mirror's number
    std::unordered_map<std::string, std::uint32_t> meter_owners;  // device of a MirrorMeterReading's mRID, upper case
    std::set<std::pair<model::Us, std::uint32_t>> agenda;         // {due, device}
    std::size_t rendered_bytes = 0;                               // of all devices

    Device* device_of(std::string_view lfdi);
    Device* device_of_resource(std::string_view resource);
    std::string href(const Device& device, std::string_view rest) const;  // "/edev/<n>" + rest
    std::uint32_t poll_s(const Device& device) const;                     // of its controls and readings
    std::uint32_t slow_poll_s(const Device& device) const;  // of what seldom changes: discovery, assignments
    // 12 bytes of ours and the PEN: `kind` and `device` tell apart, `number` is unique among them.
    std::string mrid(std::uint8_t kind, std::uint32_t device, std::uint64_t number) const;
};

// Kinds of objects in our mRIDs.
enum MridKind : std::uint8_t { mrid_assignments = 1, mrid_program, mrid_default, mrid_control, mrid_response_set };

void note(model::Changes& changes, model::Severity severity, std::string code, std::string peer, std::string text);
void acknowledge(model::Changes& changes, std::string command, const Device& device, model::AckState state,
                 model::Us at, std::string reason);
// Emits the resource if anything of it differs from what was last emitted.
void announce(Device& device, const State& state, model::Changes& changes);
// Enters the device in the agenda for the time at which it next needs tick().
void schedule(State& state, Device& device);

void keep(model::Changes& changes, const Counters& counters);
void keep(model::Changes& changes, const DeviceRecord& device);
void keep(model::Changes& changes, std::uint32_t device, const ControlRecord& control);
void keep(model::Changes& changes, const MirrorRecord& mirror);
// `rest` is what follows "<device>/".
template <class T>
void keep(model::Changes& changes, const char* folder, std::uint32_t device, std::string_view rest, const T& record) {
    changes.documents.push_back({folder, std::to_string(device) + "/" + std::string(rest), wire::to_json(record)});
}
void forget(model::Changes& changes, const char* folder, std::string key);
// A device that registers itself, where the policy lets it: its resource is named by its LFDI.
Device& register_in_band(State& state, model::Us now, const std::string& lfdi, model::ResourceKind kind,
                         model::Changes& changes);
// A new device with the next number, its LFDI and resource; the rest of its record is the caller's to fill.
Device& add_device(State& state, model::Us now, const std::string& lfdi, const std::string& resource,
                   model::Changes& changes);
// A mirror new or changed, and gone, with what is looked up by.
void store_mirror(State& state, Device& device, MirrorRecord mirror);
void erase_mirror(State& state, Device& device, std::uint32_t number);
void forget_device(State& state, Device& device, model::Changes& changes);  // `device` is gone afterwards
wire::Failure restore(State& state, const model::Document& document);

}  // namespace busbar::ieee2030_5
