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
constexpr std::int32_t misses_to_believe = 2;

MilliW scaled(MilliW power, Ppm ratio) {
    return static_cast<MilliW>(static_cast<Wide>(power) * ratio / ppm_one);
}
MilliW unscaled(MilliW power, Ppm ratio) {
    return static_cast<MilliW>(static_cast<Wide>(power) * ppm_one / ratio);
}
MilliW size(MilliW power) {
    return power < 0 ? -power : power;
}

void forget_caps(ResponseState& response) {
    response.cap_low = response.cap_high = response.ignores = false;
    response.misses = 0;
}

// Everything below works on magnitudes in the direction that the device was told; caps are set for that direction.
void cap(ResponseState& response, bool export_side, MilliW done) {
    forget_caps(response);
    response.gain_ppm = ppm_one;
    response.has_last = false;
    if (export_side) {
        response.cap_low = true;
        response.low_mw = std::min<MilliW>(done, 0);
    } else {
        response.cap_high = true;
        response.high_mw = std::max<MilliW>(done, 0);
    }
}

void ignore(ResponseState& response, MilliW told, MilliW done) {
    forget_caps(response);
    response.has_last = false;
    response.ignores = true;
    (done > told ? response.cap_low : response.cap_high) = true;
    (done > told ? response.low_mw : response.high_mw) = done;
}

bool is_capped(const ResponseState& response) {
    return response.cap_low || response.cap_high;
}

// Told clearly more than before, and did not do more: that was no gain but a cap.
bool raised_in_vain(const ResponseState& response, MilliW told, MilliW done, MilliW tolerance) {
    if (!response.has_last) return false;
    const MilliW more_told = size(told) - size(response.last_told_mw),
                 more_done = size(done) - size(response.last_done_mw);
    return more_told > tolerance / 2 && more_done < more_told / 4 && size(done) < size(told);
}

void learn_gain(ResponseState& response, MilliW told, MilliW done, MilliW tolerance) {
    const Ppm ratio = std::clamp(static_cast<Ppm>(static_cast<Wide>(done) * ppm_one / told), lowest_gain, highest_gain);
    response.gain_ppm += (ratio - response.gain_ppm) / 2;
    if (!response.has_last || size(told - response.last_told_mw) > tolerance / 2) {
        response.last_told_mw = told;
        response.last_done_mw = done;
        response.has_last = true;
    }
}

}  // namespace

MilliW tolerance_mw(const Box& nominal, MilliW deadband_mw) {
    return std::max(deadband_mw, (nominal.high_mw - nominal.low_mw) / 50);
}

void observe(ResponseState& response, const Box& nominal, MilliW told_mw, MilliW done_mw, MilliW deadband_mw) {
    const MilliW tolerance = tolerance_mw(nominal, deadband_mw);
    if (size(done_mw - expected(response, nominal, told_mw)) <= tolerance / 2 && is_capped(response)) {
        response.misses = 0;  // as expected: still capped; follow it slowly
        MilliW& edge = response.cap_low ? response.low_mw : response.high_mw;
        edge += (done_mw - edge) / 4;
        return;
    }
    const MilliW slack = told_mw == 0 ? tolerance : std::max(tolerance, size(told_mw) / 5);
    const MilliW miss = done_mw - told_mw;
    const bool export_side = told_mw < 0;
    const bool less = export_side ? miss > slack : miss < -slack;
    const bool more = export_side ? miss < -slack : miss > slack;
    if (told_mw == 0 ? size(miss) > slack : less || more || raised_in_vain(response, told_mw, done_mw, tolerance)) {
        if (++response.misses < misses_to_believe) return;
        if (told_mw != 0 && !more && (export_side ? done_mw <= slack : done_mw >= -slack)) {
            cap(response, export_side, done_mw);
        } else {
            ignore(response, told_mw, done_mw);
        }
        return;
    }
    if (is_capped(response)) forget_caps(response);
    response.misses = 0;
    if (size(told_mw) >= 4 * tolerance) learn_gain(response, told_mw, done_mw, tolerance);
}

void observe_free(ResponseState& response, const Box& nominal, MilliW preferred_mw, MilliW done_mw,
                  MilliW deadband_mw) {
    const MilliW tolerance = tolerance_mw(nominal, deadband_mw);
    response.ignores = false;
    response.misses = 0;
    response.cap_high = preferred_mw > 0 && preferred_mw == nominal.high_mw && done_mw < preferred_mw - tolerance;
    response.cap_low = preferred_mw < 0 && preferred_mw == nominal.low_mw && done_mw > preferred_mw + tolerance;
    if (response.cap_high) response.high_mw = std::max<MilliW>(done_mw, 0);
    if (response.cap_low) response.low_mw = std::min<MilliW>(done_mw, 0);
}

Box reachable(const ResponseState& response, const Box& nominal) {
    Box box{std::min(scaled(nominal.low_mw, response.gain_ppm), nominal.high_mw),
            std::max(scaled(nominal.high_mw, response.gain_ppm), nominal.low_mw)};
    if (nominal.low_mw > 0) box.low_mw = nominal.low_mw;
    if (nominal.high_mw < 0) box.high_mw = nominal.high_mw;
    if (response.cap_low) box.low_mw = response.ignores ? response.low_mw : std::max(box.low_mw, response.low_mw);
    if (response.cap_high) box.high_mw = response.ignores ? response.high_mw : std::min(box.high_mw, response.high_mw);
    if (box.low_mw > box.high_mw)
        (response.cap_low ? box.high_mw : box.low_mw) = response.cap_low ? box.low_mw : box.high_mw;
    return box;
}

MilliW expected(const ResponseState& response, const Box& nominal, MilliW told_mw) {
    const Box box = reachable(response, nominal);
    return std::clamp(scaled(told_mw, response.gain_ppm), box.low_mw, box.high_mw);
}

MilliW to_tell(const ResponseState& response, const Box& nominal, MilliW wanted_mw, MilliW wish_mw,
               MilliW deadband_mw) {
    if (response.ignores) return std::clamp(wish_mw, nominal.low_mw, nominal.high_mw);
    const MilliW headroom = 2 * tolerance_mw(nominal, deadband_mw);
    MilliW told = unscaled(wanted_mw, response.gain_ppm);
    if (response.cap_high && wanted_mw >= response.high_mw && wish_mw > wanted_mw) told = response.high_mw + headroom;
    if (response.cap_low && wanted_mw <= response.low_mw && wish_mw < wanted_mw) told = response.low_mw - headroom;
    return std::clamp(told, nominal.low_mw, nominal.high_mw);
}

}  // namespace busbar::dispatch
