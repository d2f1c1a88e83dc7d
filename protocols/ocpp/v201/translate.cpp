#include "protocols/ocpp/v201/translate.hpp"

#include <algorithm>
#include <cmath>

namespace busbar::ocpp::v201 {

SetChargingProfileRequest to_request(const Profile& profile, std::int32_t evse) {
    SetChargingProfileRequest request;
    request.evseId = evse;
    ChargingProfile& wire_profile = request.chargingProfile;
    wire_profile.id = profile.id;
    wire_profile.stackLevel = profile.stack_level;
    wire_profile.chargingProfileKind = ChargingProfileKindEnum::Absolute;
    if (profile.role == Role::transaction) {
        wire_profile.chargingProfilePurpose = ChargingProfilePurposeEnum::TxProfile;
        wire_profile.transactionId = wire::Text<36>(profile.transaction);
    } else {
        wire_profile.chargingProfilePurpose = ChargingProfilePurposeEnum::TxDefaultProfile;
        if (profile.duration_s) wire_profile.validTo = wire::DateTime(profile.end_us());
    }
    ChargingSchedule& schedule = wire_profile.chargingSchedule.emplace_back();
    schedule.id = profile.id;
    schedule.startSchedule = wire::DateTime(profile.start_us);
    schedule.duration = profile.duration_s;
    schedule.chargingRateUnit = profile.unit == RateUnit::A ? ChargingRateUnitEnum::A : ChargingRateUnitEnum::W;
    for (const Period& period : profile.periods) {
        ChargingSchedulePeriod& row = schedule.chargingSchedulePeriod.emplace_back();
        row.startPeriod = period.start_s;
        row.limit = period.limit;
        if (profile.phases != 3) row.numberPhases = profile.phases;
    }
    return request;
}

std::optional<Composite> to_composite(const GetCompositeScheduleResponse& response) {
    if (response.status != GenericStatusEnum::Accepted || !response.schedule) return std::nullopt;
    const CompositeSchedule& schedule = *response.schedule;
    Composite composite;
    composite.start_us = instant_us(schedule.scheduleStart);
    composite.unit = schedule.chargingRateUnit == ChargingRateUnitEnum::A ? RateUnit::A : RateUnit::W;
    composite.duration_s = schedule.duration;
    for (const ChargingSchedulePeriod& period : schedule.chargingSchedulePeriod) {
        composite.parts.push_back({period.startPeriod, period.limit, period.numberPhases});
    }
    return composite;
}

std::vector<Reading> to_readings(const MeterValue& value) {
    std::vector<Reading> readings;
    for (const SampledValue& sampled : value.sampledValue) {
        const auto quantity = quantity_of(sampled.measurand ? to_text(*sampled.measurand) : std::string_view());
        if (!quantity) continue;
        const bool outlet = !sampled.location || *sampled.location == LocationEnum::Outlet;
        if (!outlet && quantity != Quantity::state_of_charge) continue;
        double factor = 1;
        if (sampled.unitOfMeasure) {
            const auto& unit = sampled.unitOfMeasure->unit;
            factor = factor_of(unit ? std::string_view(*unit) : std::string_view());
            factor *= std::pow(10.0, std::clamp(sampled.unitOfMeasure->multiplier.value_or(0), -12, 12));
        }
        readings.push_back(
            {*quantity, sampled.phase ? to_text(*sampled.phase) : std::string_view(), sampled.value * factor});
    }
    return readings;
}

OutletState to_state(ConnectorStatusEnum status) {
    switch (status) {
        case ConnectorStatusEnum::Available:
            return OutletState::available;
        case ConnectorStatusEnum::Occupied:
            return OutletState::preparing;
        case ConnectorStatusEnum::Reserved:
            return OutletState::reserved;
        case ConnectorStatusEnum::Unavailable:
            return OutletState::unavailable;
        case ConnectorStatusEnum::Faulted:
            return OutletState::faulted;
    }
    return OutletState::unknown;
}

OutletState to_state(ChargingStateEnum state) {
    switch (state) {
        case ChargingStateEnum::Charging:
            return OutletState::charging;
        case ChargingStateEnum::EVConnected:
            return OutletState::preparing;
        case ChargingStateEnum::SuspendedEV:
            return OutletState::suspended_ev;
        case ChargingStateEnum::SuspendedEVSE:
            return OutletState::suspended_evse;
        case ChargingStateEnum::Idle:
            return OutletState::finishing;
    }
    return OutletState::unknown;
}

}  // namespace busbar::ocpp::v201
