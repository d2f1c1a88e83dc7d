// Where a device may be while it has not settled: somewhere among what it was told lately. A device that is told
// something else before it could show what it makes of the last is never settled; but whatever it was told within the
// time that it takes bounds what it may be doing if it follows.
#pragma once

#include "dispatch/model/units.hpp"

namespace busbar::dispatch {

// Until something was told for as long as it takes, a device may be doing anything.
struct Passage {
    // All that it was told since `since_us`, and what it may have been doing then.
    model::MilliW low_mw = -model::unlimited_mw, high_mw = model::unlimited_mw;
    // Only what it was told since.
    model::MilliW new_low_mw = model::unlimited_mw, new_high_mw = -model::unlimited_mw;
    model::Us since_us = 0;
    bool operator==(const Passage&) const = default;
};

// It was told to do this from now on. To be called at each change, and now and then in between.
void note_told(Passage& passage, model::MilliW told_mw, model::Us now_us, model::Us settles_us);

// Whether the bounds hold for what was measured then.
bool holds(const Passage& passage, model::Us measured_us);

}  // namespace busbar::dispatch
