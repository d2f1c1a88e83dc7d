// What goes back up: for each event what was ordered and delivered, and how the devices took it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "dispatch/model/event.hpp"
#include "dispatch/model/resource.hpp"
#include "dispatch/model/units.hpp"

namespace busbar::model {

// One interval of one event, over all resources of the event's target. Complete once `final`.
struct IntervalDelivery {
    std::string native_id;
    Us start_us = 0;          // as carried out: after randomisation
    Us end_us = 0;
    MilliWh ordered_mwh = 0;  // net, load convention; meaningful if has_order
    MilliWh delivered_mwh = 0;  // net, measured, so far
    MilliW ordered_mw = 0;
    MilliW measured_mw = 0;   // last known net power of the target
    bool has_order = false;   // false: the interval's signals order no power (price, level 0, opaque)
    bool final = false;
    Quality quality = Quality::good;  // bad: no telemetry; estimated: part of it missing
    bool operator==(const IntervalDelivery&) const = default;
};

struct EventReport {
    std::string event;        // GridEvent::id
    std::uint64_t revision = 0;
    EventStatus status = EventStatus::scheduled;
    Us at_us = 0;
    std::vector<IntervalDelivery> intervals;
    std::int32_t resources = 0;  // that the target reaches
    std::int32_t accepted = 0, rejected = 0, opted_out = 0, silent = 0, started = 0;  // of them
    std::vector<std::string> problems;  // for people: "group north: 5 kW short, 3 of 10 devices silent"
    bool final = false;          // nothing more will come for this revision
    bool operator==(const EventReport&) const = default;
};

// Whether we take part: known as soon as the event is, and again when devices change their mind.
enum class OptState : std::uint8_t { in, out };
struct EventOpt {
    std::string event;
    std::uint64_t revision = 0;
    OptState state = OptState::in;
    std::string reason;
    bool operator==(const EventOpt&) const = default;
};

}  // namespace busbar::model
