// The bodies of the operator's interface.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gateway/records/model_records.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::api {

using wire::DateTime;
using Watts = wire::Bounded<-1'000'000'000, 1'000'000'000>;

struct Problem {
    std::string type = "about:blank";
    std::string title;
    std::int32_t status = 0;
    std::string detail;
    std::optional<std::string> instance;
};
RECORD(Problem, type, title, status, detail, instance)

// ---- in ------------------------------------------------------------------------------------------------------------

// One interval: how long, and what is asked. At least one of the asks.
struct IntervalBody {
    wire::Bounded<1, 31'536'000> duration_s;
    std::optional<Watts> setpoint_w;                           // net power of the target, + = consumption
    std::optional<Watts> delta_w;                              // against its baseline, - = consume less
    std::optional<wire::Bounded<0, 1'000'000'000>> import_limit_w;
    std::optional<wire::Bounded<0, 1'000'000'000>> export_limit_w;
    std::optional<wire::Whole<std::int32_t, 0, 3>> level;      // as OpenADR's SIMPLE
};
RECORD(IntervalBody, duration_s, setpoint_w, delta_w, import_limit_w, export_limit_w, level)

struct EventBody {
    std::optional<wire::Text<128, 1>> id;       // absent: one is made
    std::optional<wire::Text<256>> name;
    wire::List<wire::Text<128, 1>, 0, 1000> targets;  // groups, feeders, sites, resources; empty = all
    std::optional<model::PriorityClass> priority;  // default contract
    std::optional<std::uint32_t> rank;          // lower wins
    std::optional<DateTime> start;              // absent = now
    wire::List<IntervalBody, 1, 1000> intervals;
    std::optional<bool> test;
};
RECORD(EventBody, id, name, targets, priority, rank, start, intervals, test)

struct NodeBody {
    std::optional<wire::Text<128>> parent;
    std::optional<model::NodeKind> kind;
    std::optional<wire::Text<256>> name;
    std::optional<wire::Bounded<0, 1'000'000'000>> import_limit_w;
    std::optional<wire::Bounded<0, 1'000'000'000>> export_limit_w;
};
RECORD(NodeBody, parent, kind, name, import_limit_w, export_limit_w)

struct DeviceBody {
    wire::Text<32, 1> protocol;   // "ocpp", "ieee2030_5"
    wire::Text<128, 1> id;        // station identity, LFDI
    std::optional<wire::Text<128>> resource;
    std::optional<wire::Text<128>> node;
    std::optional<model::ResourceKind> kind;
    std::optional<wire::Text<256>> name;
    std::optional<wire::Secret<64, 1>> password;
    std::optional<wire::Whole<std::uint32_t>> pin;
    std::optional<wire::Bounded<0, 100'000'000>> rated_import_w;
    std::optional<wire::Bounded<0, 100'000'000>> rated_export_w;
    std::optional<Watts> preferred_w;  // what it does when nobody asks
    std::optional<wire::Whole<std::uint8_t, 0, 3>> phases;
    std::optional<wire::Bounded<1, 100'000>> voltage_v;
    std::optional<wire::Whole<std::uint16_t, 1, 64>> outlets;
    std::optional<wire::Bounded<0, 86'400>> poll_s;
};
RECORD(DeviceBody, protocol, id, resource, node, kind, name, password, pin, rated_import_w, rated_export_w, preferred_w,
       phases, voltage_v, outlets, poll_s)

// ---- out -----------------------------------------------------------------------------------------------------------

struct NodeAnswer {
    std::string id, parent;
    model::NodeKind kind{};
    std::string name;
    std::optional<double> import_limit_w, export_limit_w, ordered_w;
    double measured_w = 0;
    std::int32_t resources = 0;
};
RECORD(NodeAnswer, id, parent, kind, name, import_limit_w, export_limit_w, ordered_w, measured_w, resources)

struct ResourceAnswer {
    std::string id, node;
    model::ResourceKind kind{};
    std::string name, protocol;
    bool connected = false, controllable = false, silent = false, refused = false;
    double min_w = 0, max_w = 0;
    std::optional<double> wanted_w, commanded_w, measured_w, import_wh, export_wh, state_of_charge_percent;
    std::optional<DateTime> measured_at;
};
RECORD(ResourceAnswer, id, node, kind, name, protocol, connected, controllable, silent, refused, min_w, max_w, wanted_w,
       commanded_w, measured_w, import_wh, export_wh, state_of_charge_percent, measured_at)

struct IntervalAnswer {
    std::string id;
    DateTime start;
    std::optional<DateTime> end;
    std::optional<double> ordered_w, ordered_wh;
    double measured_w = 0, delivered_wh = 0;
    bool final = false;
    model::Quality quality{};
};
RECORD(IntervalAnswer, id, start, end, ordered_w, ordered_wh, measured_w, delivered_wh, final, quality)

struct EventAnswer {
    std::string id, source, native_id;
    std::uint64_t revision = 0;
    std::string name, program;
    model::EventStatus status{};
    model::PriorityClass priority{};
    std::optional<std::uint32_t> rank;
    std::vector<std::string> targets;
    bool test = false;
    std::vector<IntervalAnswer> intervals;
    std::int32_t resources = 0, accepted = 0, rejected = 0, opted_out = 0, silent = 0, started = 0;
    std::vector<std::string> problems;
    std::vector<model::LossNote> losses;
    bool final = false;
};
RECORD(EventAnswer, id, source, native_id, revision, name, program, status, priority, rank, targets, test, intervals,
       resources, accepted, rejected, opted_out, silent, started, problems, losses, final)

struct StepAnswer {
    DateTime start;
    double power_w = 0;
};
RECORD(StepAnswer, start, power_w)

struct CommandAnswer {
    std::string id, resource, event, state, reason;
    model::CommandKind kind{};
    DateTime start, changed_at;
    std::optional<DateTime> end, expires;
    std::vector<StepAnswer> steps;
    std::optional<double> fallback_w;
};
RECORD(CommandAnswer, id, resource, event, state, reason, kind, start, changed_at, end, expires, steps, fallback_w)

struct SampleAnswer {
    std::string resource;
    DateTime measured_at, received_at;
    std::optional<double> power_w, import_wh, export_wh, state_of_charge_percent, voltage_v, frequency_hz;
    model::Quality quality{};
};
RECORD(SampleAnswer, resource, measured_at, received_at, power_w, import_wh, export_wh, state_of_charge_percent, voltage_v,
       frequency_hz, quality)

struct DeviceAnswer {  // without its password
    std::string protocol, id, resource, node;
    model::ResourceKind kind{};
    std::string name;
    bool has_password = false;
    double rated_import_w = 0, rated_export_w = 0, voltage_v = 0, poll_s = 0;
    std::optional<double> preferred_w;
    std::uint8_t phases = 0;
    std::uint16_t outlets = 1;
};
RECORD(DeviceAnswer, protocol, id, resource, node, kind, name, has_password, rated_import_w, rated_export_w, preferred_w,
       voltage_v, poll_s, phases, outlets)

struct HealthAnswer {
    std::string status = "ok";
    DateTime time;
    std::uint64_t resources = 0, connected = 0, events_active = 0;
    std::string state_hash;
};
RECORD(HealthAnswer, status, time, resources, connected, events_active, state_hash)

}  // namespace busbar::api
