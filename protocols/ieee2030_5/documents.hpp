// What the server keeps over a restart: one document for each thing, as JSON through the same record tables.
//
//     folder                        key          body
//     ieee2030_5/server             counters     Counters
//     ieee2030_5/devices            <device>     DeviceRecord
//     ieee2030_5/der                <device>/x   x = dercap, derg, ders, dera (records_der.hpp), cp (ConnectionPoint)
//     ieee2030_5/controls           <device>/<n> ControlRecord
//     ieee2030_5/responses          <device>/<n> Response
//     ieee2030_5/log_events         <device>/<n> LogEvent
//     ieee2030_5/mirrors            <n>          MirrorRecord
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocols/ieee2030_5/records_der.hpp"
#include "protocols/ieee2030_5/records_metering.hpp"

namespace busbar::ieee2030_5 {

namespace folder {
inline constexpr const char* server = "ieee2030_5/server";
inline constexpr const char* devices = "ieee2030_5/devices";
inline constexpr const char* der = "ieee2030_5/der";
inline constexpr const char* controls = "ieee2030_5/controls";
inline constexpr const char* responses = "ieee2030_5/responses";
inline constexpr const char* log_events = "ieee2030_5/log_events";
inline constexpr const char* mirrors = "ieee2030_5/mirrors";
}  // namespace folder

struct Counters {
    std::uint32_t device = 0;  // last number given
    std::uint32_t mirror = 0;
};
RECORD(Counters, device, mirror)

struct StepRecord {
    std::int64_t start_us = 0;
    std::int64_t power_mw = 0;
};
RECORD(StepRecord, start_us, power_mw)

// The set-point command in force. A release leaves none.
struct CommandRecord {
    std::string id;
    std::int64_t start_us = 0;
    std::int64_t end_us = 0;
    std::vector<StepRecord> steps;
    std::int64_t published_s = 0;  // controls stand for everything before this
    std::int64_t publish_us = 0;   // when more of it is to be published; model::never = all is
};
RECORD(CommandRecord, id, start_us, end_us, steps, published_s, publish_us)

// A command that waits for a first word of the device.
struct AwaitedRecord {
    std::string command;
    std::int64_t until_us = 0;
    std::int64_t expires_us = 0;  // of the command
};
RECORD(AwaitedRecord, command, until_us, expires_us)

struct DeviceRecord {
    std::uint32_t number = 0;  // in its hrefs
    std::string lfdi;          // as enrolled
    std::string resource;
    std::string node;
    std::uint8_t kind = 0;  // model::ResourceKind
    std::string name;
    std::uint32_t pin = 0;
    std::int64_t rated_import_mw = 0;
    std::int64_t rated_export_mw = 0;
    std::int64_t poll_us = 0;
    bool in_band = false;  // it registered itself: its kind is what it says
    std::int64_t registered_s = 0;
    std::int64_t changed_s = 0;
    bool connected = false;
    std::uint32_t last_control = 0;  // numbers given
    std::uint32_t last_response = 0;
    std::uint32_t last_log_event = 0;
    std::optional<std::int64_t> fallback_mw;  // of the DefaultDERControl; absent = as it prefers
    std::uint16_t default_version = 0;
    std::optional<CommandRecord> command;
    std::optional<AwaitedRecord> awaited;
};
RECORD(DeviceRecord, number, lfdi, resource, node, kind, name, pin, rated_import_mw, rated_export_mw, poll_us, in_band,
       registered_s, changed_s, connected, last_control, last_response, last_log_event, fallback_mw, default_version,
       command, awaited)

// First, side by side, what is looked at in all controls of a device before each answer.
struct ControlRecord {
    std::uint32_t number = 0;
    std::uint8_t status = 0;  // sep::CurrentStatus
    std::uint8_t retire_as = 0;
    bool last = false;    // of its command
    bool hidden = false;  // no room in the list any more
    std::int64_t end_s = 0;
    std::int64_t start_s = 0;
    std::optional<std::int64_t> retire_s;  // when it becomes retire_as
    std::optional<std::int64_t> marked_s;  // potentiallySupersededTime
    std::int64_t status_s = 0;
    std::int64_t created_s = 0;
    std::string mrid;
    std::string command;                  // that it carries out; "" = none any more
    std::string retired_by;               // the command that took it back
    std::vector<std::uint8_t> responses;  // statuses received
    sep::DERControlBase base;
};
RECORD(ControlRecord, number, mrid, command, last, retired_by, base, start_s, end_s, created_s, status, status_s,
       marked_s, retire_s, retire_as, hidden, responses)

// Energy that a device reports as differences, summed.
struct RegisterRecord {
    std::string mrid;  // of the MirrorMeterReading
    std::int64_t total_mwh = 0;
};
RECORD(RegisterRecord, mrid, total_mwh)

struct MirrorRecord {
    std::uint32_t number = 0;
    std::uint32_t device = 0;
    sep::MirrorUsagePoint usage_point;
    std::vector<RegisterRecord> registers;
};
RECORD(MirrorRecord, number, device, usage_point, registers)

}  // namespace busbar::ieee2030_5
