// What a device says of its controls, and what its silence says: acknowledgements of the commands behind them. Internal
// to the folder.
#pragma once

#include "dispatch/model/command.hpp"
#include "protocols/ieee2030_5/state.hpp"

namespace busbar::ieee2030_5 {

bool is_control_response(std::uint8_t status);  // one of Table 27's for a DERControl
bool has_response(const ControlRecord& control, std::uint8_t status);
void take_response(const State& state, Device& device, ControlRecord& control, std::uint8_t status, model::Us now,
                   model::Changes& changes);

// How long a device may be without a request, or owe a word: three poll periods, at least ten seconds.
model::Us patience(const State& state, const Device& device);
// From here on the device owes a word on the command.
void await_word(const State& state, Device& device, const model::Command& command, model::Us now);
// A command without a word of the device, a device without a request.
void report_absence(State& state, Device& device, model::Us now, model::Changes& changes);

}  // namespace busbar::ieee2030_5
