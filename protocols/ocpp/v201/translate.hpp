// OCPP 2.0.1 records to and from what both versions share: profiles, composite schedules, readings, states.
#pragma once

#include <optional>
#include <vector>

#include "protocols/ocpp/csms.hpp"
#include "protocols/ocpp/metering.hpp"
#include "protocols/ocpp/profiles.hpp"
#include "protocols/ocpp/v201/charging.hpp"
#include "protocols/ocpp/v201/provisioning.hpp"
#include "protocols/ocpp/v201/transactions.hpp"

namespace busbar::ocpp::v201 {

SetChargingProfileRequest to_request(const Profile& profile, std::int32_t evse);
std::optional<Composite> to_composite(const GetCompositeScheduleResponse& response);
// Values at another place than the outlet are left out (SoC counts wherever it was measured).
std::vector<Reading> to_readings(const MeterValue& value);
OutletState to_state(ConnectorStatusEnum status);
OutletState to_state(ChargingStateEnum state);

}  // namespace busbar::ocpp::v201
