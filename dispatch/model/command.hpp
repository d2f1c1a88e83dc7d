// What a device is told: its whole desired state over time, idempotent; and what became of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dispatch/model/units.hpp"

namespace busbar::model {

enum class CommandKind : std::uint8_t {
    setpoint,  // be at power_mw (an EV charger takes it as the upper limit of what it offers)
    release,   // nothing of ours holds any more: do what you prefer
};

struct Step {
    Us start_us = 0;
    MilliW power_mw = 0;
    bool operator==(const Step&) const = default;
};

struct Command {
    std::string id;        // unique, rises with time for one resource
    std::string resource;
    std::string event;     // the event that asked for it; "" = none (release after an event, operator)
    CommandKind kind = CommandKind::setpoint;
    Us start_us = 0;
    Us end_us = never;     // exclusive; after it the fallback holds
    std::vector<Step> steps;        // kind setpoint: at least one, ascending, the first at start_us
    MilliW fallback_mw = 0;         // what the device shall do when the command is over and nobody can be reached;
    bool has_fallback = false;      //   false = what it prefers
    Us expires_us = never;          // not worth sending or acknowledging after this
    bool operator==(const Command&) const = default;
};

enum class AckState : std::uint8_t {
    received, accepted, started, completed,                  // going well
    rejected, opted_out, superseded, cancelled, aborted,     // not (any more) done; reason says why
    timeout,                                                  // the peer did not answer in time
};

struct Ack {
    std::string command;
    std::string resource;
    AckState state = AckState::received;
    Us at_us = 0;
    std::string reason;  // for people, native words included
    bool operator==(const Ack&) const = default;
};

}  // namespace busbar::model
