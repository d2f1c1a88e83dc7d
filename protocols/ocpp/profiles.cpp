#include "protocols/ocpp/profiles.hpp"

#include <algorithm>
#include <cmath>

namespace busbar::ocpp {

using model::MilliW;
using model::second_us;
using model::Us;

namespace {

// A charger whose clock is behind would hold nothing at all until its own clock comes to the start of a schedule that is
// in force already: such a schedule begins this much earlier.
constexpr Us clock_margin_us = 10 * model::minute_us;

constexpr Us whole_seconds(Us at_us) {
    return at_us - (at_us % second_us + second_us) % second_us;
}
constexpr std::int64_t rounded_seconds(Us span_us) {
    return (span_us + second_us / 2) / second_us;
}

std::int32_t seconds(std::int64_t count) {
    return static_cast<std::int32_t>(std::clamp<std::int64_t>(count, 0, std::numeric_limits<std::int32_t>::max()));
}

// The step in force at `now`, or the first if none is yet.
std::size_t current_step(const model::Command& command, Us now) {
    std::size_t step = 0;
    while (step + 1 < command.steps.size() && command.steps[step + 1].start_us <= now) ++step;
    return step;
}

std::vector<Period> all_periods(const model::Command& command, std::size_t from, const Profile& profile,
                                const Electrical& electrical) {
    std::vector<Period> periods;
    for (std::size_t i = from; i < command.steps.size(); ++i) {
        const model::Step& step = command.steps[i];
        const Period period{seconds(i == from ? 0 : rounded_seconds(step.start_us - profile.start_us)),
                            limit_in(profile.unit, step.power_mw, electrical)};
        if (!periods.empty() && periods.back().start_s == period.start_s) periods.pop_back();
        if (!periods.empty() && periods.back().limit == period.limit) continue;
        periods.push_back(period);
    }
    return periods;
}

void fit(Profile& profile, std::int32_t max_periods) {
    const auto most = static_cast<std::size_t>(max_periods);
    if (max_periods <= 0 || profile.periods.size() <= most) return;
    Period& last = profile.periods[most - 1];
    for (std::size_t i = most; i < profile.periods.size(); ++i)
        last.limit = std::min(last.limit, profile.periods[i].limit);
    // With one period only, the second step's time is when the first one is over.
    const std::int32_t renew_s = most > 1 ? last.start_s : profile.periods[most].start_s;
    profile.renew_us = profile.start_us + renew_s * second_us;
    profile.periods.resize(most);
}

}  // namespace

std::int32_t profile_id(std::uint16_t outlet, Role role) {
    return outlet * 10 + static_cast<std::int32_t>(role) + 1;
}

double limit_in(RateUnit unit, MilliW power_mw, const Electrical& electrical) {
    if (power_mw <= 0) return 0;
    if (unit == RateUnit::W) return static_cast<double>(power_mw / 100) / 10;
    const auto line_mv = static_cast<model::Wide>(electrical.voltage_mv) * electrical.phases;
    if (line_mv <= 0) return 0;
    return static_cast<double>(static_cast<std::int64_t>(static_cast<model::Wide>(power_mw) * 10 / line_mv)) / 10;
}

MilliW power_of(RateUnit unit, double limit, const Electrical& electrical, std::optional<std::int32_t> phases) {
    constexpr double most = 1e12;
    const double bounded = std::isfinite(limit) ? std::clamp(limit, -most, most) : 0;
    if (unit == RateUnit::W) return std::llround(bounded * 1000);
    const int used = phases && *phases >= 1 && *phases <= 3 ? *phases : electrical.phases;
    return std::llround(std::min(bounded, 1e6) * static_cast<double>(electrical.voltage_mv) * used);
}

Profile command_profile(Us now, const model::Command& command, std::uint16_t outlet, const std::string& transaction,
                        const Electrical& electrical, const ProfileLimits& limits) {
    Profile profile;
    profile.role = transaction.empty() ? Role::standing : Role::transaction;
    profile.id = profile_id(outlet, profile.role);
    profile.stack_level = limits.command_level();
    profile.transaction = transaction;
    profile.unit = limits.unit();
    profile.phases = electrical.phases;
    const std::size_t from = current_step(command, now);
    profile.start_us = whole_seconds(command.steps.empty() ? command.start_us : command.steps[from].start_us);
    if (profile.start_us <= now) profile.start_us -= clock_margin_us;
    if (command.end_us != model::never) {
        profile.duration_s = seconds((command.end_us - profile.start_us + second_us - 1) / second_us);
    }
    profile.periods = all_periods(command, from, profile, electrical);
    if (profile.periods.empty()) profile.periods.push_back({});
    fit(profile, limits.max_periods);
    return profile;
}

Profile fallback_profile(Us now, MilliW fallback_mw, std::uint16_t outlet, const Electrical& electrical,
                         const ProfileLimits& limits) {
    Profile profile;
    profile.role = Role::fallback;
    profile.id = profile_id(outlet, Role::fallback);
    profile.unit = limits.unit();
    profile.phases = electrical.phases;
    profile.start_us = whole_seconds(now) - clock_margin_us;
    profile.periods.push_back({0, limit_in(profile.unit, fallback_mw, electrical)});
    return profile;
}

MilliW ordered_mw(const model::Command& command, Us when) {
    if (command.kind != model::CommandKind::setpoint || when < command.start_us || when >= command.end_us) {
        return model::unlimited_mw;
    }
    MilliW power_mw = model::unlimited_mw;
    for (const model::Step& step : command.steps) {
        if (step.start_us <= when) power_mw = std::max<MilliW>(step.power_mw, 0);
    }
    return power_mw;
}

namespace {

// What holds at `when`; nothing: outside of it.
std::optional<MilliW> offered_mw(const Composite& composite, Us when, const Electrical& electrical) {
    if (when >= composite.start_us + composite.duration_s * second_us) return std::nullopt;
    const Composite::Part* part = nullptr;
    for (const Composite::Part& each : composite.parts) {
        if (composite.start_us + each.start_s * second_us <= when) part = &each;
    }
    if (part == nullptr) return std::nullopt;
    return power_of(composite.unit, part->limit, electrical, part->phases);
}

std::optional<MilliW> profiled_mw(const Profile& profile, Us when, const Electrical& electrical) {
    if (when < profile.start_us || when >= std::min(profile.end_us(), profile.renew_us)) return std::nullopt;
    double limit = 0;
    for (const Period& period : profile.periods) {
        if (profile.start_us + period.start_s * second_us <= when) limit = period.limit;
    }
    return power_of(profile.unit, limit, electrical);
}

}  // namespace

bool follows(const Composite& composite, const Profile& profile, Us now, const Electrical& electrical) {
    const RateUnit coarser = composite.unit == profile.unit ? profile.unit : RateUnit::A;
    const MilliW tolerance_mw = power_of(coarser, 0.1, electrical);
    // The second around each change belongs to rounding: ask inside.
    std::vector<Us> instants;
    for (const Period& period : profile.periods)
        instants.push_back(std::max(profile.start_us + period.start_s * second_us, now) + second_us);
    for (const Composite::Part& part : composite.parts)
        instants.push_back(std::max(composite.start_us + part.start_s * second_us, now) + second_us);
    bool seen = false;
    for (const Us at_us : instants) {
        const auto ordered = profiled_mw(profile, at_us, electrical);
        if (!ordered) continue;
        const auto offered = offered_mw(composite, at_us, electrical);
        if (!offered || std::abs(*offered - *ordered) > tolerance_mw) return false;
        seen = true;
    }
    return seen;
}

std::optional<Excess> excess_of(const Composite& composite, const model::Command& command, Us now,
                                const Electrical& electrical) {
    const MilliW tolerance_mw = electrical.voltage_mv * electrical.phases / 10 + 1000;
    for (std::size_t i = 0; i < composite.parts.size(); ++i) {
        const Composite::Part& part = composite.parts[i];
        const Us from_us = std::max(composite.start_us + part.start_s * second_us, now);
        const Us to_us =
            composite.start_us +
            (i + 1 < composite.parts.size() ? composite.parts[i + 1].start_s : composite.duration_s) * second_us;
        // The second around each change belongs to rounding: ask inside.
        const Us at_us = from_us + second_us;
        if (at_us >= to_us) continue;
        const MilliW power_mw = power_of(composite.unit, part.limit, electrical, part.phases);
        const MilliW ordered = ordered_mw(command, at_us);
        if (power_mw > ordered + tolerance_mw) return Excess{at_us, ordered, power_mw};
    }
    return std::nullopt;
}

}  // namespace busbar::ocpp
