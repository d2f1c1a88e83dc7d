// What there is to dispatch: a tree of nodes (group, feeder, site) with limits, and resources (devices) as its leaves.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/model/units.hpp"

namespace busbar::model {

enum class NodeKind : std::uint8_t { group, feeder, site };

struct Node {
    std::string id;
    std::string parent;  // "" = the root, which always exists, has the id "all" and no limit of its own unless it is set
    NodeKind kind = NodeKind::group;
    std::string name;
    MilliW import_limit_mw = unlimited_mw;  // hard, >= 0: net power of all below <= this
    MilliW export_limit_mw = unlimited_mw;  // hard, >= 0: net power of all below >= -this
    bool operator==(const Node&) const = default;
};
inline constexpr const char* root_id = "all";

enum class ResourceKind : std::uint8_t { pv, wind, storage, ev, load, generator, meter };

// The box that the device can be in now, at its point of connection.
struct Capability {
    MilliW min_mw = 0;   // most negative: largest export or discharge (<= 0)
    MilliW max_mw = 0;   // largest import or charge (>= 0)
    MilliW lowest_on_mw = 0;  // semi-continuous: power is 0 or at least this far from 0 (an EV below 6 A stops); 0 = none
    MilliW step_mw = 0;  // commands are multiples of this; 0 = any
    std::optional<MilliW> preferred_mw;  // what it does when nobody asks; absent = 0 for storage, max for EV, min for PV
    std::uint8_t phases = 0;             // 0 = unknown
    bool operator==(const Capability&) const = default;
};

struct Resource {
    std::string id;       // unique here; opaque to the core
    std::string parent;   // node id; "" = the root
    ResourceKind kind = ResourceKind::load;
    std::string name;
    Capability capability;
    bool connected = false;     // its peer can be reached now (or polls within its rate)
    bool controllable = false;  // it takes commands now (an EV is there, the inverter is energised, consent is given)
    Us settles_us = 10 * second_us;  // from a command's start until its meter may be believed to show it
    bool operator==(const Resource&) const = default;
};

enum class Quality : std::uint8_t { good, estimated, questionable, bad };

// One measurement of one resource (or of a node that has a meter of its own).
struct Sample {
    std::string resource;
    Us measured_us = 0;
    Us received_us = 0;
    std::optional<MilliW> power_mw;          // net, load convention
    std::optional<MilliWh> import_mwh;       // register, never falls
    std::optional<MilliWh> export_mwh;       // register, never falls
    std::optional<Ppm> state_of_charge_ppm;
    std::optional<MilliV> voltage_mv;
    std::optional<MilliHz> frequency_mhz;
    Quality quality = Quality::good;
    bool operator==(const Sample&) const = default;
};

}  // namespace busbar::model
