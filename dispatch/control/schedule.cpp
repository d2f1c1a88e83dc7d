// See schedule.hpp.
#include "dispatch/control/schedule.hpp"

#include <algorithm>

namespace busbar::dispatch {

using model::Us;

namespace {

// A schedule that is planned only so far is renewed when less than this is left of it.
constexpr Us renew_before_us = 10 * model::minute_us;

}  // namespace

const model::Step* step_at(const std::vector<model::Step>& steps, Us end_us, Us at_us) {
    if (at_us >= end_us) return nullptr;
    const auto after = std::upper_bound(steps.begin(), steps.end(), at_us,
                                        [](Us at, const model::Step& step) { return at < step.start_us; });
    return after == steps.begin() ? nullptr : &*(after - 1);
}

bool differs(const Schedule& told, const Schedule& wanted, Us now_us, model::MilliW deadband_mw) {
    const bool same_end = told.end_us == wanted.end_us;
    if (!same_end && !(wanted.cut && told.end_us > now_us + renew_before_us)) return true;
    const Us end = std::min(told.end_us, wanted.end_us);
    std::vector<Us> moments{now_us};
    for (const auto* steps : {&told.steps, &wanted.steps}) {
        for (const auto& step : *steps) {
            if (step.start_us > now_us && step.start_us < end) moments.push_back(step.start_us);
        }
    }
    for (const Us at : moments) {
        const auto* was = step_at(told.steps, told.end_us, at);
        const auto* is = step_at(wanted.steps, wanted.end_us, at);
        if ((was == nullptr) != (is == nullptr)) return true;
        if (was == nullptr) continue;
        const auto change = was->power_mw - is->power_mw;
        if (change > deadband_mw || change < -deadband_mw) return true;
    }
    return false;
}

}  // namespace busbar::dispatch
