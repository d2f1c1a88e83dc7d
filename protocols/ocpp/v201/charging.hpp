// OCPP 2.0.1. Block K: charging profiles and what stations and vehicles say of them.
// Member types carry the limits of the official JSON schemas; records_test.cpp compares them member by member.
#pragma once

#include <cstdint>
#include <optional>

#include "protocols/ocpp/v201/types.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::ocpp::v201 {

struct SetChargingProfileRequest {
    std::int32_t evseId{};
    ChargingProfile chargingProfile;
    std::optional<wire::RawJson> customData;
};
RECORD(SetChargingProfileRequest, evseId, chargingProfile, customData)

enum class ChargingProfileStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
};
NAMES(ChargingProfileStatusEnum, "Accepted", "Rejected")

struct SetChargingProfileResponse {
    ChargingProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(SetChargingProfileResponse, status, statusInfo, customData)

struct ClearChargingProfile {
    std::optional<std::int32_t> evseId;
    std::optional<ChargingProfilePurposeEnum> chargingProfilePurpose;
    std::optional<std::int32_t> stackLevel;  // the higher wins within its purpose
    std::optional<wire::RawJson> customData;
};
RECORD(ClearChargingProfile, evseId, chargingProfilePurpose, stackLevel, customData)

struct ClearChargingProfileRequest {
    std::optional<std::int32_t> chargingProfileId;
    std::optional<ClearChargingProfile> chargingProfileCriteria;
    std::optional<wire::RawJson> customData;
};
RECORD(ClearChargingProfileRequest, chargingProfileId, chargingProfileCriteria, customData)

enum class ClearChargingProfileStatusEnum : std::uint8_t {
    Accepted,
    Unknown,
};
NAMES(ClearChargingProfileStatusEnum, "Accepted", "Unknown")

struct ClearChargingProfileResponse {
    ClearChargingProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(ClearChargingProfileResponse, status, statusInfo, customData)

enum class ChargingLimitSourceEnum : std::uint8_t {
    EMS,
    Other,
    SO,
    CSO,
};
NAMES(ChargingLimitSourceEnum, "EMS", "Other", "SO", "CSO")

struct ChargingProfileCriterion {
    std::optional<ChargingProfilePurposeEnum> chargingProfilePurpose;
    std::optional<std::int32_t> stackLevel;  // the higher wins within its purpose
    std::optional<wire::List<std::int32_t, 1>> chargingProfileId;
    std::optional<wire::List<ChargingLimitSourceEnum, 1, 4>> chargingLimitSource;
    std::optional<wire::RawJson> customData;
};
RECORD(ChargingProfileCriterion, chargingProfilePurpose, stackLevel, chargingProfileId, chargingLimitSource, customData)

struct GetChargingProfilesRequest {
    std::int32_t requestId{};
    std::optional<std::int32_t> evseId;
    ChargingProfileCriterion chargingProfile;
    std::optional<wire::RawJson> customData;
};
RECORD(GetChargingProfilesRequest, requestId, evseId, chargingProfile, customData)

enum class GetChargingProfileStatusEnum : std::uint8_t {
    Accepted,
    NoProfiles,
};
NAMES(GetChargingProfileStatusEnum, "Accepted", "NoProfiles")

struct GetChargingProfilesResponse {
    GetChargingProfileStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(GetChargingProfilesResponse, status, statusInfo, customData)

struct ReportChargingProfilesRequest {
    std::int32_t requestId{};
    ChargingLimitSourceEnum chargingLimitSource{};
    wire::List<ChargingProfile, 1> chargingProfile;
    std::optional<bool> tbc;  // to be continued: more reports of this request follow
    std::int32_t evseId{};
    std::optional<wire::RawJson> customData;
};
RECORD(ReportChargingProfilesRequest, requestId, chargingLimitSource, chargingProfile, tbc, evseId, customData)

struct ReportChargingProfilesResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(ReportChargingProfilesResponse, customData)

struct GetCompositeScheduleRequest {
    std::int32_t duration{};  // s
    std::optional<ChargingRateUnitEnum> chargingRateUnit;
    std::int32_t evseId{};
    std::optional<wire::RawJson> customData;
};
RECORD(GetCompositeScheduleRequest, duration, chargingRateUnit, evseId, customData)

enum class GenericStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
};
NAMES(GenericStatusEnum, "Accepted", "Rejected")

struct CompositeSchedule {
    wire::List<ChargingSchedulePeriod, 1> chargingSchedulePeriod;
    std::int32_t evseId{};
    std::int32_t duration{};  // s
    wire::DateTime scheduleStart;
    ChargingRateUnitEnum chargingRateUnit{};
    std::optional<wire::RawJson> customData;
};
RECORD(CompositeSchedule, chargingSchedulePeriod, evseId, duration, scheduleStart, chargingRateUnit, customData)

struct GetCompositeScheduleResponse {
    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<CompositeSchedule> schedule;
    std::optional<wire::RawJson> customData;
};
RECORD(GetCompositeScheduleResponse, status, statusInfo, schedule, customData)

struct ChargingLimit {
    ChargingLimitSourceEnum chargingLimitSource{};
    std::optional<bool> isGridCritical;
    std::optional<wire::RawJson> customData;
};
RECORD(ChargingLimit, chargingLimitSource, isGridCritical, customData)

struct NotifyChargingLimitRequest {
    std::optional<wire::List<ChargingSchedule, 1>> chargingSchedule;
    std::optional<std::int32_t> evseId;
    ChargingLimit chargingLimit;
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyChargingLimitRequest, chargingSchedule, evseId, chargingLimit, customData)

struct NotifyChargingLimitResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyChargingLimitResponse, customData)

struct ClearedChargingLimitRequest {
    ChargingLimitSourceEnum chargingLimitSource{};
    std::optional<std::int32_t> evseId;
    std::optional<wire::RawJson> customData;
};
RECORD(ClearedChargingLimitRequest, chargingLimitSource, evseId, customData)

struct ClearedChargingLimitResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(ClearedChargingLimitResponse, customData)

struct ACChargingParameters {
    std::int32_t energyAmount{};  // Wh
    std::int32_t evMinCurrent{};  // A
    std::int32_t evMaxCurrent{};  // A
    std::int32_t evMaxVoltage{};  // V
    std::optional<wire::RawJson> customData;
};
RECORD(ACChargingParameters, energyAmount, evMinCurrent, evMaxCurrent, evMaxVoltage, customData)

struct DCChargingParameters {
    std::int32_t evMaxCurrent{};                                     // A
    std::int32_t evMaxVoltage{};                                     // V
    std::optional<std::int32_t> energyAmount;                        // Wh
    std::optional<std::int32_t> evMaxPower;                          // W
    std::optional<wire::Whole<std::int32_t, 0, 100>> stateOfCharge;  // %
    std::optional<std::int32_t> evEnergyCapacity;                    // Wh
    std::optional<wire::Whole<std::int32_t, 0, 100>> fullSoC;        // %
    std::optional<wire::Whole<std::int32_t, 0, 100>> bulkSoC;        // %
    std::optional<wire::RawJson> customData;
};
RECORD(DCChargingParameters, evMaxCurrent, evMaxVoltage, energyAmount, evMaxPower, stateOfCharge, evEnergyCapacity,
       fullSoC, bulkSoC, customData)

enum class EnergyTransferModeEnum : std::uint8_t {
    DC,
    AC_single_phase,
    AC_two_phase,
    AC_three_phase,
};
NAMES(EnergyTransferModeEnum, "DC", "AC_single_phase", "AC_two_phase", "AC_three_phase")

struct ChargingNeeds {
    std::optional<ACChargingParameters> acChargingParameters;
    std::optional<DCChargingParameters> dcChargingParameters;
    EnergyTransferModeEnum requestedEnergyTransfer{};
    std::optional<wire::DateTime> departureTime;
    std::optional<wire::RawJson> customData;
};
RECORD(ChargingNeeds, acChargingParameters, dcChargingParameters, requestedEnergyTransfer, departureTime, customData)

struct NotifyEVChargingNeedsRequest {
    std::optional<std::int32_t> maxScheduleTuples;
    ChargingNeeds chargingNeeds;
    std::int32_t evseId{};
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyEVChargingNeedsRequest, maxScheduleTuples, chargingNeeds, evseId, customData)

enum class NotifyEVChargingNeedsStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    Processing,
};
NAMES(NotifyEVChargingNeedsStatusEnum, "Accepted", "Rejected", "Processing")

struct NotifyEVChargingNeedsResponse {
    NotifyEVChargingNeedsStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyEVChargingNeedsResponse, status, statusInfo, customData)

struct NotifyEVChargingScheduleRequest {
    wire::DateTime timeBase;
    ChargingSchedule chargingSchedule;
    std::int32_t evseId{};
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyEVChargingScheduleRequest, timeBase, chargingSchedule, evseId, customData)

struct NotifyEVChargingScheduleResponse {
    GenericStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyEVChargingScheduleResponse, status, statusInfo, customData)

}  // namespace busbar::ocpp::v201
