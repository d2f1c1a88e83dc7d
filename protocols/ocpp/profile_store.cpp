#include "protocols/ocpp/profile_store.hpp"

#include <algorithm>

namespace busbar::ocpp {

using model::second_us;
using model::Us;

namespace {

bool same_place(const StoredProfile& a, const StoredProfile& b) {
    return a.purpose == b.purpose && a.stack_level == b.stack_level && a.evse == b.evse &&
           a.transaction == b.transaction;
}

bool concerns(const StoredProfile& profile, const LimitContext& outlet) {
    if (profile.evse != 0 && profile.evse != outlet.evse) return false;
    return profile.purpose != Purpose::tx || (!outlet.transaction.empty() && profile.transaction == outlet.transaction);
}

// When the schedule began that runs at `at_us`; nothing before its first run.
std::optional<Us> run_start(const StoredProfile& profile, Us at_us, const LimitContext& outlet) {
    const Us start_us = profile.start_us.value_or(outlet.transaction.empty() ? at_us : outlet.transaction_start_us);
    if (at_us < start_us) return std::nullopt;
    return profile.recurs_us > 0 ? at_us - (at_us - start_us) % profile.recurs_us : start_us;
}

// The period that the profile has for this instant; nullptr: it says nothing about it.
const Composite::Part* period_at(const StoredProfile& profile, Us at_us, const LimitContext& outlet) {
    if (profile.valid_from_us && at_us < *profile.valid_from_us) return nullptr;
    if (profile.valid_to_us && at_us >= *profile.valid_to_us) return nullptr;
    const auto start_us = run_start(profile, at_us, outlet);
    if (!start_us) return nullptr;
    if (profile.duration_s && at_us >= *start_us + *profile.duration_s * second_us) return nullptr;
    const Composite::Part* found = nullptr;
    for (const Composite::Part& period : profile.periods) {
        if (*start_us + period.start_s * second_us <= at_us) found = &period;
    }
    return found;
}

double watts(const StoredProfile& profile, const Composite::Part& period, const Electrical& electrical) {
    return static_cast<double>(power_of(profile.unit, period.limit, electrical, period.phases)) / 1000;
}

}  // namespace

bool ProfileStore::set(StoredProfile profile) {
    std::erase_if(profiles_,
                  [&](const StoredProfile& old) { return old.id == profile.id || same_place(old, profile); });
    if (profiles_.size() >= most) return false;
    profiles_.push_back(std::move(profile));
    return true;
}

const StoredProfile* ProfileStore::rival_of(const StoredProfile& profile) const {
    for (const StoredProfile& other : profiles_) {
        const bool same_level = other.purpose == profile.purpose && other.stack_level == profile.stack_level &&
                                other.transaction == profile.transaction;
        const bool meet = other.evse == profile.evse || other.evse == 0 || profile.evse == 0;
        if (same_level && meet && other.id != profile.id) return &other;
    }
    return nullptr;
}

std::size_t ProfileStore::clear(const ProfileFilter& filter) {
    return std::erase_if(profiles_, [&](const StoredProfile& profile) {
        if (filter.id) return profile.id == *filter.id;
        return (!filter.evse || profile.evse == *filter.evse) &&
               (!filter.purpose || profile.purpose == *filter.purpose) &&
               (!filter.stack_level || profile.stack_level == *filter.stack_level);
    });
}

void ProfileStore::end_transaction(std::string_view id) {
    std::erase_if(profiles_, [&](const StoredProfile& profile) {
        return profile.purpose == Purpose::tx && profile.transaction == id;
    });
}

std::optional<double> ProfileStore::purpose_w(Purpose purpose, Us at_us, const LimitContext& outlet) const {
    const StoredProfile* best = nullptr;
    const Composite::Part* period = nullptr;
    for (const StoredProfile& profile : profiles_) {
        if (profile.purpose != purpose || !concerns(profile, outlet)) continue;
        const auto* candidate = period_at(profile, at_us, outlet);
        if (!candidate) continue;
        const bool higher = !best || profile.stack_level > best->stack_level ||
                            (profile.stack_level == best->stack_level && profile.evse > best->evse);
        if (!higher) continue;
        best = &profile;
        period = candidate;
    }
    return best ? std::optional(watts(*best, *period, outlet.electrical)) : std::nullopt;
}

double ProfileStore::limit_w(Us at_us, const LimitContext& outlet) const {
    double limit = outlet.hardware_w;
    if (const auto most = purpose_w(Purpose::station_max, at_us, outlet)) limit = std::min(limit, *most);
    auto session = purpose_w(Purpose::tx, at_us, outlet);
    if (!session) session = purpose_w(Purpose::tx_default, at_us, outlet);
    return std::max(0.0, session ? std::min(limit, *session) : limit);
}

std::vector<Us> ProfileStore::changes(Us from_us, Us to_us, const LimitContext& outlet) const {
    std::vector<Us> at{from_us};
    const auto add = [&](Us us) {
        if (us > from_us && us < to_us) at.push_back(us);
    };
    for (const StoredProfile& profile : profiles_) {
        if (!concerns(profile, outlet)) continue;
        if (profile.valid_from_us) add(*profile.valid_from_us);
        if (profile.valid_to_us) add(*profile.valid_to_us);
        const Us first_us =
            profile.start_us.value_or(outlet.transaction.empty() ? from_us : outlet.transaction_start_us);
        Us run_us = run_start(profile, from_us, outlet).value_or(first_us);
        for (int runs = 0; run_us < to_us && runs < 100; ++runs) {
            for (const Composite::Part& period : profile.periods) add(run_us + period.start_s * second_us);
            if (profile.duration_s) add(run_us + *profile.duration_s * second_us);
            if (profile.recurs_us <= 0) break;
            run_us += profile.recurs_us;
        }
    }
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
    return at;
}

Composite ProfileStore::composite(Us from_us, std::int32_t duration_s, RateUnit unit,
                                  const LimitContext& outlet) const {
    Composite composite;
    composite.start_us = from_us;
    composite.unit = unit;
    composite.duration_s = duration_s;
    for (const Us at_us : changes(from_us, from_us + duration_s * second_us, outlet)) {
        const auto power_mw = static_cast<model::MilliW>(limit_w(at_us, outlet) * 1000);
        const Composite::Part part{static_cast<std::int32_t>((at_us - from_us) / second_us),
                                   limit_in(unit, power_mw, outlet.electrical), outlet.electrical.phases};
        if (!composite.parts.empty() && composite.parts.back().limit == part.limit) continue;
        composite.parts.push_back(part);
    }
    return composite;
}

}  // namespace busbar::ocpp
