// What a device makes of what it is told, learnt from its settled samples.
//
// Three things are told apart, since each calls for another answer:
//   gain     it does somewhat less (or more) than told, in proportion: another voltage, losses. Ask for more.
//   cap      it cannot do as much as told: an EV with a small charger, a full battery, little sun. Do not count on
//   more,
//            and ask for a little above what it does, so that it shows when it can.
//   ignores  it does more than told, or the wrong way: it does not follow at all. Count on what it does, keep asking.
// A device is believed only once it had its time to settle; until then it is expected to do as it was told.
#pragma once

#include <cstdint>

#include "dispatch/model/units.hpp"

namespace busbar::dispatch {

struct Box {
    model::MilliW low_mw = 0, high_mw = 0;
    bool operator==(const Box&) const = default;
};

struct ResponseState {
    model::Ppm gain_ppm = model::ppm_one;
    bool cap_low = false, cap_high = false;  // the box ends at low_mw, at high_mw
    model::MilliW low_mw = 0, high_mw = 0;
    bool ignores = false;
    std::int32_t misses = 0;         // settled samples in a row that contradict what was expected
    model::MilliW last_told_mw = 0;  // at the last gain step: what it was told and did
    model::MilliW last_done_mw = 0;
    bool has_last = false;
    bool operator==(const ResponseState&) const = default;
};

// How far a reading may be off without meaning anything: noise, and commands held back by the deadband.
model::MilliW tolerance_mw(const Box& nominal, model::MilliW deadband_mw);

// A settled sample: the device was told `told_mw` and does `done_mw`.
void observe(ResponseState& response, const Box& nominal, model::MilliW told_mw, model::MilliW done_mw,
             model::MilliW deadband_mw);

// A sample of a device that was told nothing and is known to want as much as it can get in the direction of
// `preferred_mw`, an end of its box.
void observe_free(ResponseState& response, const Box& nominal, model::MilliW preferred_mw, model::MilliW done_mw,
                  model::MilliW deadband_mw);

// The powers that may be counted on.
Box reachable(const ResponseState& response, const Box& nominal);

// What it will do when told so.
model::MilliW expected(const ResponseState& response, const Box& nominal, model::MilliW told_mw);

// What to tell it so that it does `wanted_mw`; `wish_mw` is what it would be asked for if it followed.
model::MilliW to_tell(const ResponseState& response, const Box& nominal, model::MilliW wanted_mw, model::MilliW wish_mw,
                      model::MilliW deadband_mw);

}  // namespace busbar::dispatch
