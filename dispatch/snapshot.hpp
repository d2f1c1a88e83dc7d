// Everything that the core knows, as plain values: what a restart begins with instead of a replay from the first input.
// Whatever makes a difference to what the core does is a member here; indices and scratch are rebuilt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/control/passage.hpp"
#include "dispatch/control/response.hpp"
#include "dispatch/control/schedule.hpp"
#include "dispatch/core.hpp"
#include "dispatch/measure/meter.hpp"
#include "dispatch/model/input.hpp"

namespace busbar::dispatch {

struct NodeState {
    bool used = false;  // a free place otherwise, taken by the next node
    model::Node node;
    MeterState meter;             // of its own, if it has one
    bool has_background = false;  // then: what its meter shows beyond all that is known below, slowly followed
    model::MilliW background_mw = 0;
    bool operator==(const NodeState&) const = default;
};

struct CommandRecord {
    model::Command command;
    CommandState state = CommandState::sent;
    bool taken = false;  // the device acknowledged it at some time
    model::Us issued_us = 0;
    model::Us changed_us = 0;
    std::string reason;
    bool operator==(const CommandRecord&) const = default;
};

struct ResourceState {
    bool used = false;  // a free place otherwise, taken by the next resource
    model::Resource resource;
    std::optional<model::Sample> last_sample;
    MeterState meter;
    ResponseState response;
    model::MilliW told_mw = 0;  // what the device has been told for now, and since when it has
    model::Us told_us = 0;
    bool told = false;               // false: nothing of ours holds
    Passage passage;                 // as long as it is told something
    Schedule wanted;                 // as planned last
    std::uint32_t wanted_event = 0;  // EventState::number that asks for it; 0 = a limit that stands without an event
    bool has_fallback = false;
    model::MilliW fallback_mw = 0;
    std::vector<CommandRecord> commands;  // the last few, newest last
    bool resend = false;                  // it has come back: tell it again, whatever it was told before
    bool silent = false;                  // it did not acknowledge
    bool balks = false;                   // it took a command and gave it up
    model::Us ack_due_us = model::never;
    model::Us retry_us = model::never;
    std::int32_t retries = 0;
    bool operator==(const ResourceState&) const = default;
};

enum class MemberState : std::uint8_t {
    idle,
    asked,
    received,
    accepted,
    started,
    completed,
    rejected,
    opted_out,
    silent
};

// One resource that an event reaches.
struct Member {
    std::uint32_t resource = 0;  // its place in Snapshot::resources
    MemberState state = MemberState::idle;
    model::MilliW refused_mw = 0;  // state rejected or opted_out: what it refused, and when
    model::Us refused_us = 0;
    bool operator==(const Member&) const = default;
};

struct IntervalState {
    EnergySum delivered;
    model::Us covered_us = 0;  // member time with good telemetry
    model::Us bridged_us = 0;  // member time that was filled up
    bool valued = false;       // the next two are known
    bool ordered = false;      // its signals order power
    model::MilliW ordered_mw = 0;
    bool operator==(const IntervalState&) const = default;
};

struct EventState {
    std::uint32_t number = 0;  // rises; never used twice
    model::GridEvent event;
    model::Us known_us = 0;
    model::Us shift_us = 0;            // randomised start
    model::Us stop_us = model::never;  // cancelled: when it ends or ended
    model::EventStatus status = model::EventStatus::scheduled;
    bool gone = false;     // deleted by its sender
    bool metered = false;  // its target is a node whose own meter says what is delivered
    bool baseline_known = false;
    model::MilliW baseline_mw = 0;
    std::vector<IntervalState> intervals;
    std::vector<Member> members;
    bool has_opt = false;
    model::OptState opt = model::OptState::in;
    std::string opt_reason;
    bool report_due = true;
    model::Us next_report_us = 0;
    bool final = false;
    model::Us final_us = model::never;  // when it became final
    model::MilliW correction_mw = 0;    // what its devices do beyond what their responses explain
    model::MilliW shortfall_mw = 0;     // of the running interval: ordered less what can be done
    bool operator==(const EventState&) const = default;
};

struct Snapshot {
    std::uint32_t version = 1;
    model::Us now_us = 0;
    std::uint64_t next_command = 1;
    std::uint32_t next_event = 1;
    std::vector<NodeState> nodes;  // [0] is the root
    std::vector<ResourceState> resources;
    std::vector<EventState> events;    // in the order they came
    model::Us work_us = model::never;  // when the next pass is due: something changed, or a time comes
    model::Us last_pass_us = 0;
    bool plan_due = false;     // something changed that a plan must know of
    bool members_due = false;  // and looks first whom each event reaches
    model::Us next_control_us = model::never;
    model::Us plan_until_us = model::never;  // the next change in what is in force, or in what may be told ahead
    model::Us last_plan_us = 0;
    bool operator==(const Snapshot&) const = default;
};

}  // namespace busbar::dispatch
