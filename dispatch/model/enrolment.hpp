// A device that the operator lets in: what he knows of it before it first speaks. Default deny: who is not enrolled is not
// answered.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "dispatch/model/resource.hpp"
#include "dispatch/model/units.hpp"

namespace busbar::model {

struct Enrolment {
    std::string id;        // the name by which the peer is known: a charging station's identity, an inverter's LFDI
    std::string resource;  // resource id given to it; "" = the same as id (lower case letters, digits, - _ . : /)
    std::string node;      // where it hangs in the tree; "" = the root
    ResourceKind kind = ResourceKind::ev;
    std::string name;
    std::string password;  // of Basic authentication; "" = none may be used. Never shown or logged
    std::uint32_t pin = 0; // registration PIN with its check digit; 0 = the default 111115
    MilliW rated_import_mw = 0;  // nameplate; 0 = as the device says, else what its kind suggests
    MilliW rated_export_mw = 0;
    std::optional<MilliW> preferred_mw;  // what it does when nobody asks; absent = as its kind suggests
    std::uint8_t phases = 0;     // 0 = as the device says, else 3
    MilliV voltage_mv = 230'000;  // phase to neutral
    std::uint16_t outlets = 1;   // EVSEs of a station; each is a resource of its own: "<resource>" or "<resource>/<n>"
    Us poll_us = 0;              // how often the device shall ask and report; 0 = the default
    bool operator==(const Enrolment&) const = default;
};

}  // namespace busbar::model
