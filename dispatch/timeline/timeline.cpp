// See timeline.hpp.
#include "dispatch/timeline/timeline.hpp"

#include <algorithm>

namespace busbar::dispatch {

using model::MilliW;
using model::Ppm;
using model::SignalKind;
using model::Us;

namespace {

constexpr Us furthest_shift_us = 7 * 24 * model::hour_us;

// SplitMix64 (Steele, Lea, Flood 2014): one well mixed number from another.
std::uint64_t mix(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15ULL;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9ULL;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebULL;
    return value ^ (value >> 31);
}

MilliW share(Ppm ratio_ppm, MilliW power_mw) {
    const auto product = static_cast<model::Wide>(ratio_ppm) * power_mw / model::ppm_one;
    return static_cast<MilliW>(std::clamp<model::Wide>(product, -model::unlimited_mw, model::unlimited_mw));
}

MilliW bounded(MilliW power_mw) {
    return std::clamp(power_mw, -model::unlimited_mw, model::unlimited_mw);
}

}  // namespace

bool stronger(const model::GridEvent& left, const model::GridEvent& right) {
    if (left.priority != right.priority) return left.priority < right.priority;
    if (left.modified_us != right.modified_us) return left.modified_us > right.modified_us;
    return left.id < right.id;
}

Us draw_shift(std::uint64_t seed, const std::string& id, const model::Randomise& range) {
    const Us low = std::clamp(range.low_us, -furthest_shift_us, furthest_shift_us);
    const Us high = std::clamp(range.high_us, low, furthest_shift_us);
    std::uint64_t hash = mix(seed);
    for (const char letter : id) hash = mix(hash ^ static_cast<unsigned char>(letter));
    return low + static_cast<Us>(hash % (static_cast<std::uint64_t>(high - low) + 1));
}

Us shifted(Us at_us, Us shift_us) {
    if (at_us == model::never) return at_us;
    return static_cast<Us>(std::clamp<model::Wide>(static_cast<model::Wide>(at_us) + shift_us, 0, model::never - 1));
}

std::optional<Ask> ask_of(const model::Signal& signal, const Reference& reference) {
    switch (signal.kind) {
        case SignalKind::setpoint:
            return Ask{ClaimKind::power, bounded(signal.power_mw), bounded(signal.power_mw)};
        case SignalKind::delta: {
            const MilliW power = bounded(reference.baseline_mw + bounded(signal.power_mw));
            return Ask{ClaimKind::power, power, power};
        }
        case SignalKind::scale: {
            const MilliW power = bounded(share(signal.ratio_ppm, reference.largest_import_mw));
            return Ask{ClaimKind::power, power, power};
        }
        case SignalKind::level: {
            if (signal.value <= 0) return std::nullopt;
            const auto row = static_cast<std::size_t>(std::min<std::int64_t>(signal.value, 3) - 1);
            const MilliW most = share(reference.level_ratio_ppm[row], reference.largest_import_mw);
            return Ask{ClaimKind::level, -model::unlimited_mw, bounded(most)};
        }
        case SignalKind::import_limit:
            return Ask{ClaimKind::limit, -model::unlimited_mw, std::max<MilliW>(bounded(signal.power_mw), 0)};
        case SignalKind::export_limit:
            return Ask{ClaimKind::limit, -std::max<MilliW>(bounded(signal.power_mw), 0), model::unlimited_mw};
        case SignalKind::price:
        case SignalKind::ghg:
        case SignalKind::charge_state:
        case SignalKind::opaque:
            break;
    }
    return std::nullopt;
}

std::vector<const Claim*> in_force(const std::vector<Claim>& strongest_first, Us at_us) {
    std::vector<const Claim*> found;
    for (const auto& claim : strongest_first) {
        if (claim.start_us > at_us || claim.end_us <= at_us) continue;
        const bool beaten =
            claim.ask.kind != ClaimKind::limit && std::any_of(found.begin(), found.end(), [&](auto* won) {
                return won->target == claim.target && won->ask.kind == claim.ask.kind;
            });
        if (!beaten) found.push_back(&claim);
    }
    return found;
}

std::vector<Us> changes(const std::vector<Claim>& claims, Us from_us, Us until_us, std::size_t most) {
    std::vector<Us> found;
    for (const auto& claim : claims) {
        for (const Us at : {claim.start_us, claim.end_us}) {
            if (at > from_us && at < until_us) found.push_back(at);
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    if (found.size() > most) found.resize(most);
    return found;
}

}  // namespace busbar::dispatch
