// From the sampled values of a meter message to one Sample of the model. Both versions turn their records into Readings
// first; what a reading means, and how phases, units and gaps are dealt with, is decided here once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/resource.hpp"
#include "protocols/ocpp/profiles.hpp"
#include "protocols/wire/types.hpp"

namespace busbar::ocpp {

enum class Quantity : std::uint8_t {
    power_import,
    power_export,
    energy_import,
    energy_export,
    current_import,
    voltage,
    frequency,
    state_of_charge,
};
// By the measurand's wire name (the same in both versions); nothing for those that the model has no room for.
// "" = Energy.Active.Import.Register, the default.
std::optional<Quantity> quantity_of(std::string_view measurand);

struct Reading {
    Quantity quantity{};
    std::string_view phase;  // wire name; "" = none: the total
    double value = 0;        // W, Wh, A, V, Hz, %
};
// 1000 for kW, kWh, kVA …; 1 else.
double factor_of(std::string_view unit);
// A number as stations write it: blanks around, a comma as the point. Nothing if it is none or not finite.
std::optional<double> number_of(std::string_view text);

// Power is the total, else the sum of the phases, else an estimate from the currents (quality estimated). Nothing if
// there is nothing to tell.
std::optional<model::Sample> sample_of(const std::vector<Reading>& readings, const std::string& resource,
                                       model::Us measured_us, model::Us received_us, const Electrical& electrical);

// The instant of a date-time; 0 for one that is none (the year 1).
constexpr model::Us instant_us(wire::DateTime when) {
    return when.us == wire::DateTime::now_sentinel ? 0 : when.us;
}
// A clock that stands before 2015 was never set.
bool is_set(model::Us stated_us);

}  // namespace busbar::ocpp
