// What a command becomes on a charger: a charging profile. This is the part of the translation that both versions
// share; v16/translate.hpp and v201/translate.hpp turn a Profile into their own records.
//
// A charger knows upper limits only: power_mw is the most that it offers. Rounding never loosens: toward zero, to the
// tenth of an ampere or watt that OCPP carries.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/model/command.hpp"
#include "dispatch/model/units.hpp"

namespace busbar::ocpp {

enum class RateUnit : std::uint8_t { A, W };  // A per phase, W in total

// What turns W into A at one outlet.
struct Electrical {
    std::uint8_t phases = 3;
    model::MilliV voltage_mv = 230'000;  // phase to neutral
};

// What a station said of its charging profiles; what it did not say is assumed on the safe side.
struct ProfileLimits {
    bool amps = false;  // ChargingScheduleAllowedChargingRateUnit, SmartChargingCtrlr.RateUnit; neither: not known
    bool watts = false;
    std::int32_t max_stack_level = -1;  // ChargeProfileMaxStackLevel, ProfileStackLevel; -1: not known
    std::int32_t max_periods = 0;       // ChargingScheduleMaxPeriods, PeriodsPerSchedule; 0: not known

    RateUnit unit() const { return watts || !amps ? RateUnit::W : RateUnit::A; }
    std::int32_t command_level() const { return max_stack_level < 0 ? 1 : max_stack_level; }
    bool has_fallback_level() const { return command_level() > 0; }
};

// The three profiles that we ever put on an outlet. Each has an id of its own, so that a new one replaces the old one
// (K01.FR.05), and no two share purpose and stack level (K01.FR.06).
enum class Role : std::uint8_t {
    transaction,  // TxProfile: the command, while a vehicle is there
    standing,     // TxDefaultProfile at the same level: the command, while none is there
    fallback,     // TxDefaultProfile at level 0, without end: what holds when the command is over
};
inline constexpr std::size_t role_count = 3;
std::int32_t profile_id(std::uint16_t outlet, Role role);

struct Period {
    std::int32_t start_s = 0;  // from start_us of the profile
    double limit = 0;          // in its unit, a multiple of 0.1
    bool operator==(const Period&) const = default;
};

struct Profile {
    Role role = Role::transaction;
    std::int32_t id = 0;
    std::int32_t stack_level = 0;
    std::string transaction;                 // role transaction only
    model::Us start_us = 0;                  // whole seconds
    std::optional<std::int32_t> duration_s;  // absent: without end
    RateUnit unit = RateUnit::W;
    std::uint8_t phases = 3;
    std::vector<Period> periods;        // ascending, the first at 0
    model::Us renew_us = model::never;  // when it must be sent again, because not all steps fitted

    model::Us end_us() const { return duration_s ? start_us + *duration_s * model::second_us : model::never; }
};

// Tenths of the unit, rounded toward zero; never negative: a charger's limit cannot ask for export.
double limit_in(RateUnit unit, model::MilliW power_mw, const Electrical& electrical);
model::MilliW power_of(RateUnit unit, double limit, const Electrical& electrical,
                       std::optional<std::int32_t> phases = {});

// The command as it stands at `now`: steps that are over are left out, equal neighbours become one; what does not fit
// into max_periods is merged into the last period at the lowest of its limits, with renew_us set to that period's
// start.
Profile command_profile(model::Us now, const model::Command& command, std::uint16_t outlet,
                        const std::string& transaction, const Electrical& electrical, const ProfileLimits& limits);
Profile fallback_profile(model::Us now, model::MilliW fallback_mw, std::uint16_t outlet, const Electrical& electrical,
                         const ProfileLimits& limits);

// A composite schedule as a station reports it.
struct Composite {
    model::Us start_us = 0;
    RateUnit unit = RateUnit::W;
    struct Part {
        std::int32_t start_s = 0;
        double limit = 0;
        std::optional<std::int32_t> phases;
    };
    std::vector<Part> parts;
    std::int32_t duration_s = 0;
};

// The most that a command allows at `when`; unlimited_mw outside of it.
model::MilliW ordered_mw(const model::Command& command, model::Us when);
// Whether the composite is what the profile orders, from `now` on and at each of its changes, within the rounding of
// the wire. What is not in the composite any more is not known: false.
bool follows(const Composite& composite, const Profile& profile, model::Us now, const Electrical& electrical);
// The first instant at which the composite lies above the command by more than a tenth of an ampere per phase.
struct Excess {
    model::Us at_us = 0;
    model::MilliW ordered_mw = 0;
    model::MilliW composite_mw = 0;
};
std::optional<Excess> excess_of(const Composite& composite, const model::Command& command, model::Us now,
                                const Electrical& electrical);

}  // namespace busbar::ocpp
