// The charging profiles that a station holds, and what they allow: its side of smart charging, for both versions.
//
// Of each purpose the valid profile of the highest stack level counts; a transaction's own profiles overrule the
// default ones; the lowest over the purposes is the limit (1.6 section 3.13, 2.0.1 K01 and K08).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/units.hpp"
#include "protocols/ocpp/profiles.hpp"

namespace busbar::ocpp {

enum class Purpose : std::uint8_t { station_max, tx_default, tx };

struct StoredProfile {
    std::uint16_t evse = 0;  // 0 = the station
    std::int32_t id = 0;
    std::int32_t stack_level = 0;
    Purpose purpose = Purpose::tx_default;
    std::string transaction;  // purpose tx
    std::optional<model::Us> valid_from_us, valid_to_us;
    std::optional<model::Us> start_us;  // absent: counted from the start of the transaction
    model::Us recurs_us = 0;            // a day, a week; 0 = once
    std::optional<std::int32_t> duration_s;
    RateUnit unit = RateUnit::W;
    std::vector<Composite::Part> periods;
};

struct ProfileFilter {
    std::optional<std::int32_t> id;
    std::optional<std::uint16_t> evse;
    std::optional<Purpose> purpose;
    std::optional<std::int32_t> stack_level;
};

// An outlet as its limits are reckoned.
struct LimitContext {
    std::uint16_t evse = 1;
    Electrical electrical;
    double hardware_w = 0;    // what it can do at most
    std::string transaction;  // "" = none: then the default profiles count
    model::Us transaction_start_us = 0;
};

class ProfileStore {
  public:
    // Takes the place of the profile with the same id (K01.FR.05), or with the same purpose, level and EVSE (1.6).
    // False: there is no room for another one.
    bool set(StoredProfile profile);
    // The profile that `profile` would stand beside with the same purpose and level and another id (K01.FR.06,
    // K01.FR.52).
    const StoredProfile* rival_of(const StoredProfile& profile) const;
    std::size_t clear(const ProfileFilter& filter);
    void end_transaction(std::string_view id);
    const std::vector<StoredProfile>& all() const { return profiles_; }

    // W, total over the phases.
    double limit_w(model::Us at_us, const LimitContext& outlet) const;
    // The same over time, from `from_us`, in whole seconds; limits in `unit`.
    Composite composite(model::Us from_us, std::int32_t duration_s, RateUnit unit, const LimitContext& outlet) const;

  private:
    static constexpr std::size_t most = 100;
    std::optional<double> purpose_w(Purpose purpose, model::Us at_us, const LimitContext& outlet) const;
    std::vector<model::Us> changes(model::Us from_us, model::Us to_us, const LimitContext& outlet) const;

    std::vector<StoredProfile> profiles_;
};

}  // namespace busbar::ocpp
