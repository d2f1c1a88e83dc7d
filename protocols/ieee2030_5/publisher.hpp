// Commands as DERControls. A command is a device's whole wanted power over time; a DERControl is one interval of it
// that, once published, does not change: other power is another control, and the one before is superseded or cancelled
// but stays visible for its original duration (10.2.3.3).
#pragma once

#include "dispatch/model/command.hpp"
#include "dispatch/model/input.hpp"
#include "protocols/ieee2030_5/state.hpp"

namespace busbar::ieee2030_5 {

void publish(State& state, Device& device, model::Us now, const model::Command& command, model::Changes& changes);

// Brings event statuses to `now`, publishes what became due, drops what nobody can ask for any more.
void advance(State& state, Device& device, model::Us now, model::Changes& changes);
// A command without a word of the device, a device without a request.
void report_absence(const State& state, Device& device, model::Us now, model::Changes& changes);
model::Us next_due(const State& state, const Device& device);

// The device spoke of a control (Table 27): acknowledges the commands behind it.
void take_response(Device& device, ControlRecord& control, std::uint8_t status, model::Us at, model::Changes& changes);
bool is_control_response(std::uint8_t status);  // one of Table 27's for a DERControl

bool is_visible(const ControlRecord& control, std::int64_t now_s);  // in the DERControlList
bool is_running(const ControlRecord& control, std::int64_t now_s);  // visible and active

sep::DERControl control_record(const State& state, const Device& device, const ControlRecord& control);
sep::DefaultDERControl default_control(const State& state, const Device& device);

}  // namespace busbar::ieee2030_5
