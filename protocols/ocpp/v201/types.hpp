// OCPP 2.0.1: data types that messages of several blocks share.
// Member types carry the limits of the official JSON schemas; records_test.cpp compares them member by member.
#pragma once

#include <cstdint>
#include <optional>

#include "protocols/wire/record.hpp"

namespace busbar::ocpp::v201 {

struct StatusInfo {
    wire::Text<20> reasonCode;
    std::optional<wire::Text<512>> additionalInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(StatusInfo, reasonCode, additionalInfo, customData)

struct EVSE {
    std::int32_t id{};
    std::optional<std::int32_t> connectorId;
    std::optional<wire::RawJson> customData;
};
RECORD(EVSE, id, connectorId, customData)

enum class ChargingProfilePurposeEnum : std::uint8_t {
    ChargingStationExternalConstraints,
    ChargingStationMaxProfile,
    TxDefaultProfile,
    TxProfile,
};
NAMES(ChargingProfilePurposeEnum, "ChargingStationExternalConstraints", "ChargingStationMaxProfile", "TxDefaultProfile",
      "TxProfile")

enum class ChargingProfileKindEnum : std::uint8_t {
    Absolute,
    Recurring,
    Relative,
};
NAMES(ChargingProfileKindEnum, "Absolute", "Recurring", "Relative")

enum class RecurrencyKindEnum : std::uint8_t {
    Daily,
    Weekly,
};
NAMES(RecurrencyKindEnum, "Daily", "Weekly")

enum class ChargingRateUnitEnum : std::uint8_t {
    W,
    A,
};
NAMES(ChargingRateUnitEnum, "W", "A")

struct ChargingSchedulePeriod {
    std::int32_t startPeriod{};                // s from the start of the schedule
    double limit{};                            // in the schedule's chargingRateUnit: A per phase, or W in total
    std::optional<std::int32_t> numberPhases;  // absent = 3
    std::optional<std::int32_t> phaseToUse;    // only with numberPhases 1
    std::optional<wire::RawJson> customData;
};
RECORD(ChargingSchedulePeriod, startPeriod, limit, numberPhases, phaseToUse, customData)

struct RelativeTimeInterval {
    std::int32_t start{};
    std::optional<std::int32_t> duration;  // s
    std::optional<wire::RawJson> customData;
};
RECORD(RelativeTimeInterval, start, duration, customData)

enum class CostKindEnum : std::uint8_t {
    CarbonDioxideEmission,
    RelativePricePercentage,
    RenewableGenerationPercentage,
};
NAMES(CostKindEnum, "CarbonDioxideEmission", "RelativePricePercentage", "RenewableGenerationPercentage")

struct Cost {
    CostKindEnum costKind{};
    std::int32_t amount{};
    std::optional<std::int32_t> amountMultiplier;
    std::optional<wire::RawJson> customData;
};
RECORD(Cost, costKind, amount, amountMultiplier, customData)

struct ConsumptionCost {
    double startValue{};
    wire::List<Cost, 1, 3> cost;
    std::optional<wire::RawJson> customData;
};
RECORD(ConsumptionCost, startValue, cost, customData)

struct SalesTariffEntry {
    RelativeTimeInterval relativeTimeInterval;
    std::optional<wire::Whole<std::int32_t, 0>> ePriceLevel;
    std::optional<wire::List<ConsumptionCost, 1, 3>> consumptionCost;
    std::optional<wire::RawJson> customData;
};
RECORD(SalesTariffEntry, relativeTimeInterval, ePriceLevel, consumptionCost, customData)

struct SalesTariff {
    std::int32_t id{};
    std::optional<wire::Text<32>> salesTariffDescription;
    std::optional<std::int32_t> numEPriceLevels;
    wire::List<SalesTariffEntry, 1, 1024> salesTariffEntry;
    std::optional<wire::RawJson> customData;
};
RECORD(SalesTariff, id, salesTariffDescription, numEPriceLevels, salesTariffEntry, customData)

struct ChargingSchedule {
    std::int32_t id{};
    std::optional<wire::DateTime> startSchedule;  // absent with chargingProfileKind Relative
    std::optional<std::int32_t> duration;         // s
    ChargingRateUnitEnum chargingRateUnit{};
    wire::List<ChargingSchedulePeriod, 1, 1024> chargingSchedulePeriod;
    std::optional<double> minChargingRate;  // in the schedule's chargingRateUnit
    std::optional<SalesTariff> salesTariff;
    std::optional<wire::RawJson> customData;
};
RECORD(ChargingSchedule, id, startSchedule, duration, chargingRateUnit, chargingSchedulePeriod, minChargingRate,
       salesTariff, customData)

struct ChargingProfile {
    std::int32_t id{};
    std::int32_t stackLevel{};  // the higher wins within its purpose
    ChargingProfilePurposeEnum chargingProfilePurpose{};
    ChargingProfileKindEnum chargingProfileKind{};
    std::optional<RecurrencyKindEnum> recurrencyKind;  // only with chargingProfileKind Recurring
    std::optional<wire::DateTime> validFrom;
    std::optional<wire::DateTime> validTo;
    wire::List<ChargingSchedule, 1, 3> chargingSchedule;
    std::optional<wire::Text<36>> transactionId;
    std::optional<wire::RawJson> customData;
};
RECORD(ChargingProfile, id, stackLevel, chargingProfilePurpose, chargingProfileKind, recurrencyKind, validFrom, validTo,
       chargingSchedule, transactionId, customData)

}  // namespace busbar::ocpp::v201
