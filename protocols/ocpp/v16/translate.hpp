// OCPP 1.6 records to and from what both versions share: profiles, composite schedules, readings, states.
#pragma once

#include <optional>
#include <vector>

#include "protocols/ocpp/csms.hpp"
#include "protocols/ocpp/metering.hpp"
#include "protocols/ocpp/profiles.hpp"
#include "protocols/ocpp/v16/records.hpp"

namespace busbar::ocpp::v16 {

// The transaction of a TxProfile is its decimal number.
SetChargingProfileRequest to_request(const Profile& profile, std::int32_t connector);
std::optional<Composite> to_composite(const GetCompositeScheduleResponse& response);
// Values that are signed, or at another place than the outlet, are left out (SoC counts wherever it was measured).
std::vector<Reading> to_readings(const MeterValue& value);
OutletState to_state(ChargePointStatus status);

}  // namespace busbar::ocpp::v16
