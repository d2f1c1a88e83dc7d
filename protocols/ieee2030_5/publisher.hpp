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
// The device states other ratings than those that percentages were computed with: what stands is published anew.
void ratings_changed(State& state, Device& device, model::Us now, model::Changes& changes);
model::Us next_due(const State& state, const Device& device);

bool is_visible(const ControlRecord& control, std::int64_t now_s);  // in the DERControlList
bool is_running(const ControlRecord& control, std::int64_t now_s);  // visible and active
// The visible ones, by their numbers.
std::vector<const ControlRecord*> shown_controls(const Device& device, std::int64_t now_s);

sep::DERControl control_record(const State& state, const Device& device, const ControlRecord& control);
sep::DefaultDERControl default_control(const State& state, const Device& device);

}  // namespace busbar::ieee2030_5
