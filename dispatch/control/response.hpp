// What a device makes of what it is told, learnt from its settled samples.
//
// Three things are told apart, since each calls for another answer:
//   gain     it does somewhat less (or more) than told, in proportion: another voltage, losses. Ask for more.
//   cap      it cannot do as much as told: an EV with a small charger, a full battery, little sun. Do not count on
//   more,
//            and ask for a little above what it does, so that it shows when it can.
//   ignores  it does more than told, or the wrong way: it does not follow at all. Count on what it does, keep asking.
// Single samples are noisy: what counts is their mean while the device is told about the same, and how sure that is. A
// device is believed only once it had its time to settle; until then it is expected to do as it was told.
#pragma once

#include <cstdint>

#include "dispatch/model/units.hpp"

namespace busbar::dispatch {

struct Box {
    model::MilliW low_mw = 0, high_mw = 0;
    bool operator==(const Box&) const = default;
};

// Settled samples taken while the device was told about the same.
struct Regime {
    model::MilliW told_mw = 0;
    model::MilliW mean_mw = 0;
    std::int32_t count = 0;     // up to what the mean looks back
    std::int32_t outliers = 0;  // samples in a row that are far from the mean: one is a glitch, two are a change
    bool operator==(const Regime&) const = default;
};

struct ResponseState {
    model::Ppm gain_ppm = model::ppm_one;
    bool cap_low = false, cap_high = false;  // the box ends at low_mw, at high_mw
    model::MilliW low_mw = 0, high_mw = 0;
    bool ignores = false;
    std::int32_t probes =
        0;  // how often in a row a capped device has followed when asked for more: the next step doubles
    Regime present, before;
    model::MilliW noise_mw = 0;  // mean distance of a sample from the mean
    bool operator==(const ResponseState&) const = default;
};

struct Told {
    Box nominal;
    model::MilliW told_mw = 0;
    model::MilliW deadband_mw = 0;
    std::int32_t samples_needed = 2;   // before anything is concluded
    std::int32_t samples_against = 2;  // in a row, against those before: fewer are a glitch
};

// How far a power may be off without meaning anything: commands held back by the deadband, small losses.
model::MilliW tolerance_mw(const Box& nominal, model::MilliW deadband_mw);

// A settled sample of a device that was told `told.told_mw`.
void observe(ResponseState& response, const Told& told, model::MilliW done_mw);

// A sample of a device that was told nothing; `told.told_mw` is what it prefers. If that is an end of its box, the
// device is taken to do as much as it can.
void observe_free(ResponseState& response, const Told& told, model::MilliW done_mw);

// The powers that may be counted on.
Box reachable(const ResponseState& response, const Box& nominal);

// What it will do when told so.
model::MilliW expected(const ResponseState& response, const Box& nominal, model::MilliW told_mw);

struct Wish {
    model::MilliW wanted_mw = 0;     // what it shall do
    model::MilliW unbounded_mw = 0;  // what it would be asked for if its response set no bounds
    model::MilliW lowest_on_mw = 0, step_mw = 0, deadband_mw = 0;
};

// What to tell it: within its box, off or at least lowest_on, in whole steps.
model::MilliW to_tell(const ResponseState& response, const Box& nominal, const Wish& wish);

}  // namespace busbar::dispatch
