// The gateway's configuration in a simulated world: every protocol, one utility, what the world adds.
#pragma once

#include <string>

#include "gateway/app/config.hpp"
#include "tests/sim/world.hpp"

namespace busbar::sim {

// `meter_us`: between a charger's meter values; `poll_us`: between a 2030.5 device's visits.
app::Config base_configuration(Us meter_us, Us poll_us);
app::DeviceConfig charger_configuration(const std::string& id, const std::string& node);
app::DeviceConfig der_configuration(const std::string& lfdi, const std::string& resource, const std::string& node,
                                    model::ResourceKind kind);

}  // namespace busbar::sim
