// Desired states over time, and when two of them are so near that nobody need be told.
#pragma once

#include <vector>

#include "dispatch/model/command.hpp"

namespace busbar::dispatch {

struct Schedule {
    std::vector<model::Step> steps;  // ascending; empty = nothing wanted
    model::Us end_us = 0;            // exclusive; never = open
    bool cut = false;                // goes on after end_us, further than is planned now
    bool operator==(const Schedule&) const = default;
};

// The power at `at_us`; nullptr before the first step and after the end.
const model::Step* step_at(const std::vector<model::Step>& steps, model::Us end_us, model::Us at_us);

// Whether from `now_us` on the told schedule differs from the wanted one by more than the deadband, or ends otherwise.
bool differs(const Schedule& told, const Schedule& wanted, model::Us now_us, model::MilliW deadband_mw);

}  // namespace busbar::dispatch
