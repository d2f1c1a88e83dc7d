#include "protocols/ocpp/v16/translate.hpp"

namespace busbar::ocpp::v16 {

SetChargingProfileRequest to_request(const Profile& profile, std::int32_t connector) {
    SetChargingProfileRequest request;
    request.connectorId = connector;
    ChargingProfile& wire_profile = request.csChargingProfiles;
    wire_profile.chargingProfileId = profile.id;
    wire_profile.stackLevel = profile.stack_level;
    wire_profile.chargingProfileKind = ChargingProfileKind::Absolute;
    if (profile.role == Role::transaction) {
        wire_profile.chargingProfilePurpose = ChargingProfilePurpose::TxProfile;
        wire_profile.transactionId = static_cast<std::int32_t>(number_of(profile.transaction).value_or(0));
    } else {
        wire_profile.chargingProfilePurpose = ChargingProfilePurpose::TxDefaultProfile;
        if (profile.duration_s) wire_profile.validTo = wire::DateTime(profile.end_us());
    }
    ChargingSchedule& schedule = wire_profile.chargingSchedule;
    schedule.startSchedule = wire::DateTime(profile.start_us);
    schedule.duration = profile.duration_s;
    schedule.chargingRateUnit = profile.unit == RateUnit::A ? ChargingRateUnit::A : ChargingRateUnit::W;
    for (const Period& period : profile.periods) {
        ChargingSchedulePeriod& row = schedule.chargingSchedulePeriod.emplace_back();
        row.startPeriod = period.start_s;
        row.limit = period.limit;
        if (profile.phases != 3) row.numberPhases = profile.phases;
    }
    return request;
}

std::optional<Composite> to_composite(const GetCompositeScheduleResponse& response) {
    if (response.status != GetCompositeScheduleStatus::Accepted || !response.chargingSchedule) return std::nullopt;
    const ChargingSchedule& schedule = *response.chargingSchedule;
    const auto start = response.scheduleStart ? response.scheduleStart : schedule.startSchedule;
    if (!start) return std::nullopt;
    Composite composite;
    composite.start_us = instant_us(*start);
    composite.unit = schedule.chargingRateUnit == ChargingRateUnit::A ? RateUnit::A : RateUnit::W;
    composite.duration_s = schedule.duration.value_or(0);
    for (const ChargingSchedulePeriod& period : schedule.chargingSchedulePeriod) {
        composite.parts.push_back({period.startPeriod, period.limit, period.numberPhases});
    }
    return composite;
}

std::vector<Reading> to_readings(const MeterValue& value) {
    std::vector<Reading> readings;
    for (const SampledValue& sampled : value.sampledValue) {
        if (sampled.format == ValueFormat::SignedData) continue;
        const auto quantity = quantity_of(sampled.measurand ? to_text(*sampled.measurand) : std::string_view());
        const auto number = number_of(sampled.value);
        if (!quantity || !number) continue;
        const bool outlet = !sampled.location || *sampled.location == Location::Outlet;
        if (!outlet && quantity != Quantity::state_of_charge) continue;
        const double factor = factor_of(sampled.unit ? to_text(*sampled.unit) : std::string_view());
        readings.push_back({*quantity, sampled.phase ? to_text(*sampled.phase) : std::string_view(), *number * factor});
    }
    return readings;
}

OutletState to_state(ChargePointStatus status) {
    switch (status) {
        case ChargePointStatus::Available:
            return OutletState::available;
        case ChargePointStatus::Preparing:
            return OutletState::preparing;
        case ChargePointStatus::Charging:
            return OutletState::charging;
        case ChargePointStatus::SuspendedEVSE:
            return OutletState::suspended_evse;
        case ChargePointStatus::SuspendedEV:
            return OutletState::suspended_ev;
        case ChargePointStatus::Finishing:
            return OutletState::finishing;
        case ChargePointStatus::Reserved:
            return OutletState::reserved;
        case ChargePointStatus::Unavailable:
            return OutletState::unavailable;
        case ChargePointStatus::Faulted:
            return OutletState::faulted;
    }
    return OutletState::unknown;
}

}  // namespace busbar::ocpp::v16
