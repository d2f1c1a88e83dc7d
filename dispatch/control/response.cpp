// See response.hpp.
#include "dispatch/control/response.hpp"

#include <algorithm>

namespace busbar::dispatch {

using model::MilliW;
using model::Ppm;
using model::ppm_one;
using model::Wide;

namespace {

constexpr Ppm lowest_gain = 800'000, highest_gain = 1'200'000;  // beyond, it is no gain but a cap, or it ignores us
constexpr Ppm likely_gain = 900'000;  // a free device this near to its largest import loses it rather than lacks it
constexpr Ppm least_gain_change = 3'000;
constexpr std::int32_t longest_look = 8;
constexpr std::int32_t most_probes = 6;

MilliW scaled(MilliW power, Ppm ratio) {
    return static_cast<MilliW>(static_cast<Wide>(power) * ratio / ppm_one);
}
MilliW unscaled(MilliW power, Ppm ratio) {
    return static_cast<MilliW>(static_cast<Wide>(power) * ppm_one / ratio);
}
MilliW size(MilliW power) {
    return power < 0 ? -power : power;
}

// The same judgement serves import and export: everything seen in the direction in which the device was told to go.
struct View {
    bool exports;
    MilliW told, done;  // told >= 0
    MilliW slack;       // what noise and tolerance may make of nothing
};

bool is_capped(const ResponseState& response, bool exports) {
    return exports ? response.cap_low : response.cap_high;
}
MilliW edge_of(const ResponseState& response, bool exports) {
    return exports ? -response.low_mw : response.high_mw;
}

void forget_caps(ResponseState& response) {
    response.cap_low = response.cap_high = response.ignores = false;
}

void set_cap(ResponseState& response, bool exports, MilliW done) {
    response.ignores = false;
    (exports ? response.cap_low : response.cap_high) = true;
    (exports ? response.low_mw : response.high_mw) = std::max<MilliW>(done, 0) * (exports ? -1 : 1);
}

// Stuck at `done`, on the side away from what it was told.
void set_ignores(ResponseState& response, MilliW told, MilliW done) {
    forget_caps(response);
    response.ignores = true;
    (done > told ? response.cap_low : response.cap_high) = true;
    (done > told ? response.low_mw : response.high_mw) = done;
}

// Takes the sample into the mean; false if it is a glitch.
bool note(ResponseState& response, const Told& told, MilliW done) {
    auto& present = response.present;
    const MilliW tolerance = tolerance_mw(told.nominal, told.deadband_mw);
    if (present.count == 0 || size(told.told_mw - present.told_mw) > tolerance / 2) {
        if (present.count > 0) response.before = present;
        present = {told.told_mw, done, 0, 0};
    }
    const MilliW off = size(done - present.mean_mw), band = std::max(tolerance, 4 * response.noise_mw);
    if (present.count >= told.samples_needed && off > band) {
        response.noise_mw += (std::min(off, band) - response.noise_mw) / 16;
        if (++present.outliers < std::min(told.samples_against, present.count)) return false;
        present = {told.told_mw, done, 0, 0};
    } else if (present.count > 0) {
        response.noise_mw = response.noise_mw == 0 ? off : response.noise_mw + (off - response.noise_mw) / 8;
    }
    present.outliers = 0;
    present.count = std::min(present.count + 1, longest_look);
    present.mean_mw += (done - present.mean_mw) / present.count;
    return true;
}

// How far the mean may be from the truth.
MilliW unsure_mw(const ResponseState& response) {
    return 4 * response.noise_mw / (response.present.count + 1);
}

bool has_before(const ResponseState& response, bool exports) {
    return response.before.count > 0 && (response.before.told_mw < 0) == exports;
}

// Told clearly more than before, or less, and did what it did before: that is no gain but a cap.
bool moved_in_vain(const ResponseState& response, const View& view) {
    if (!has_before(response, view.exports)) return false;
    const MilliW told = view.told - size(response.before.told_mw), done = view.done - size(response.before.mean_mw);
    const MilliW clear = std::max(view.slack / 2, 2 * unsure_mw(response));
    return size(told) > clear && (told < 0 ? -done : done) < size(told) / 4 && view.done < view.told - view.slack / 2;
}

// How much less than told may still be a gain. As long as it was never told anything else, little: a cap that is taken
// for a gain would be counted on to give way when it is told less.
MilliW lost_by_gain(const ResponseState& response, const View& view) {
    return std::max(view.slack, has_before(response, view.exports) ? view.told / 5 : view.told / 10);
}

void learn_gain(ResponseState& response, const View& view, MilliW tolerance) {
    if (view.told < 4 * tolerance) return;
    const auto measured = static_cast<Ppm>(static_cast<Wide>(view.done) * ppm_one / view.told);
    const Ppm ratio = std::clamp(measured, lowest_gain, highest_gain);
    const auto noise = static_cast<Ppm>(static_cast<Wide>(unsure_mw(response)) * ppm_one / view.told / 2);
    const Ppm change = ratio - response.gain_ppm, least = std::max(noise, least_gain_change);
    if (change > least || change < -least) response.gain_ppm = ratio;
}

void judge(ResponseState& response, const View& view, MilliW tolerance) {
    const MilliW edge = edge_of(response, view.exports);
    const MilliW band = std::max(view.slack, view.told / 5);
    if (is_capped(response, view.exports) && view.told > edge + tolerance / 2) {
        // It was asked for a little more than it could. If it follows it is counted on for that, and asked for twice as
        // much more; a cap is not gone because of one step.
        response.probes = view.done >= view.told - view.slack ? std::min(response.probes + 1, most_probes) : 0;
        set_cap(response, view.exports, view.done);
    } else if (view.done > view.told + band || view.done < -view.slack) {
        set_ignores(response, view.exports ? -view.told : view.told, view.exports ? -view.done : view.done);
    } else if (view.done < view.told - lost_by_gain(response, view) || moved_in_vain(response, view)) {
        response.gain_ppm = ppm_one;
        set_cap(response, view.exports, view.done);
    } else {
        learn_gain(response, view, tolerance);
    }
}

}  // namespace

MilliW tolerance_mw(const Box& nominal, MilliW deadband_mw) {
    return std::max(deadband_mw, (nominal.high_mw - nominal.low_mw) / 50);
}

void observe(ResponseState& response, const Told& told, MilliW done_mw) {
    if (!note(response, told, done_mw) || response.present.count < told.samples_needed) return;
    const MilliW tolerance = tolerance_mw(told.nominal, told.deadband_mw);
    const MilliW slack = std::max(tolerance, unsure_mw(response)), done = response.present.mean_mw;
    if (response.ignores) {
        const bool follows = size(done - told.told_mw) <= std::max(slack, size(told.told_mw) / 5);
        if (follows) {
            forget_caps(response);
        } else {
            set_ignores(response, told.told_mw, done);
        }
        return;
    }
    if (told.told_mw == 0) {
        if (size(done) > slack) set_ignores(response, 0, done);
        return;
    }
    const bool exports = told.told_mw < 0;
    judge(response, {exports, size(told.told_mw), exports ? -done : done, slack}, tolerance);
    const MilliW end = size(exports ? told.nominal.low_mw : told.nominal.high_mw);
    if (is_capped(response, exports) && !response.ignores && edge_of(response, exports) >= end - slack)
        forget_caps(response);
}

void observe_free(ResponseState& response, const Told& told, MilliW done_mw) {
    const bool noted = note(response, told, done_mw);
    if (response.present.count == 0) forget_caps(response);
    if (!noted || response.present.count < told.samples_needed) return;
    forget_caps(response);
    const MilliW slack = std::max(tolerance_mw(told.nominal, told.deadband_mw), unsure_mw(response));
    const MilliW done = response.present.mean_mw, wanted = told.told_mw;
    if (wanted > 0 && wanted == told.nominal.high_mw) {
        if (done < wanted - slack) set_cap(response, false, done);
        const auto ratio = static_cast<Ppm>(static_cast<Wide>(done) * ppm_one / wanted);
        response.gain_ppm = ratio >= likely_gain && ratio < ppm_one ? ratio : ppm_one;
    } else if (wanted < 0 && wanted == told.nominal.low_mw && done > wanted + slack) {
        set_cap(response, true, -done);
    }
}

Box reachable(const ResponseState& response, const Box& nominal) {
    Box box = nominal;
    if (nominal.low_mw < 0) box.low_mw = scaled(nominal.low_mw, response.gain_ppm);
    if (nominal.high_mw > 0) box.high_mw = scaled(nominal.high_mw, response.gain_ppm);
    if (response.ignores) {
        const MilliW stuck = response.cap_low ? response.low_mw : response.high_mw;
        return {stuck, stuck};
    }
    if (response.cap_low) box.low_mw = std::clamp(response.low_mw, box.low_mw, box.high_mw);
    if (response.cap_high) box.high_mw = std::clamp(response.high_mw, box.low_mw, box.high_mw);
    return box;
}

MilliW expected(const ResponseState& response, const Box& nominal, MilliW told_mw) {
    const Box box = reachable(response, nominal);
    return std::clamp(scaled(told_mw, response.gain_ppm), box.low_mw, box.high_mw);
}

MilliW to_tell(const ResponseState& response, const Box& nominal, const Wish& wish) {
    MilliW told = unscaled(wish.wanted_mw, response.gain_ppm);
    const MilliW headroom = (2 * tolerance_mw(nominal, wish.deadband_mw)) << response.probes, wanted = wish.wanted_mw;
    if (response.ignores) {
        told = wish.unbounded_mw;
    } else if (response.cap_high && wanted >= response.high_mw && wish.unbounded_mw > wanted) {
        told = std::max(response.high_mw + headroom, wish.lowest_on_mw);
    } else if (response.cap_low && wanted <= response.low_mw && wish.unbounded_mw < wanted) {
        told = std::min(response.low_mw - headroom, -wish.lowest_on_mw);
    } else if (response.cap_high && wanted > 0) {
        told = std::max(told, wish.lowest_on_mw);
    }
    told = std::clamp(told, nominal.low_mw, nominal.high_mw);
    const MilliW step = wish.step_mw;
    if (step > 1) {
        const MilliW nearest = (told >= 0 ? told + step / 2 : told - step / 2) / step * step;
        told = nearest > nominal.high_mw ? nearest - step : nearest < nominal.low_mw ? nearest + step : nearest;
    }
    // Between off and its lowest power there is nothing to be told.
    if (size(told) < wish.lowest_on_mw && told != 0)
        told = 2 * size(told) < wish.lowest_on_mw ? 0 : told < 0 ? -wish.lowest_on_mw : wish.lowest_on_mw;
    return std::clamp(told, nominal.low_mw, nominal.high_mw);
}

}  // namespace busbar::dispatch
