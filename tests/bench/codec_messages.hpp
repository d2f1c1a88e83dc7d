// The messages that codecs are measured with: what passes through the program most, filled as stations, inverters and
// utilities fill them.
#pragma once

#include "tests/bench/floor_codec.hpp"

namespace busbar::bench {

ocpp::v201::MeterValuesRequest meter_values();                 // 0.8 KB
ocpp::v201::SetChargingProfileRequest set_charging_profile();  // 0.8 KB
openadr::v3::Event openadr3_event();                           // 1 KB
ieee2030_5::sep::DERControlList control_list();                // 2.3 KB
openadr::v2b::OadrDistributeEvent distribute_event();          // 4 KB

}  // namespace busbar::bench
