// Metering mirror of IEEE 2030.5-2018: a device that cannot be asked for its readings posts them to a mirror that the
// server keeps.
#pragma once

#include "protocols/ieee2030_5/records.hpp"

namespace busbar::ieee2030_5::sep {

using Int48 = wire::Whole<std::int64_t, -(1LL << 47), (1LL << 47) - 1>;

struct UnitValueType {
    std::int8_t multiplier{};
    std::uint8_t unit{};
    std::int32_t value{};
};
SEP_RECORD(UnitValueType, multiplier, unit, value)

struct ReadingType : Resource {
    Maybe<std::uint8_t> accumulationBehaviour;  // 3 cumulative, 4 delta, 6 indicating, 9 summation, 12 instantaneous
    Maybe<UnitValueType> calorificValue;
    Maybe<std::uint8_t> commodity;  // 1 electricity, secondary metered
    Maybe<UnitValueType> conversionFactor;
    Maybe<std::uint8_t> dataQualifier;    // 0 none, 2 average, 8 maximum, 9 minimum, 12 normal
    Maybe<std::uint8_t> flowDirection;    // 1 forward: delivered to the customer; 19 reverse
    Maybe<std::uint32_t> intervalLength;  // s
    Maybe<std::uint8_t> kind;             // 8 demand, 12 energy, 37 power
    Maybe<std::uint8_t> maxNumberOfIntervals;
    Maybe<std::uint8_t> numberOfConsumptionBlocks;
    Maybe<std::uint8_t> numberOfTouTiers;
    Maybe<std::uint8_t> phase;  // 0 none, 128 A, 64 B, 32 C (+1: to neutral), 224 all
    Maybe<std::int8_t> powerOfTenMultiplier;
    Maybe<std::uint32_t> subIntervalLength;  // s
    Maybe<wire::Whole<std::uint64_t, 0, (1ULL << 48) - 1>> supplyLimit;
    Maybe<bool> tieredConsumptionBlocks;
    Maybe<std::uint8_t> uom;  // 29 V, 33 Hz, 38 W, 61 VA, 63 var, 72 Wh
};
SEP_RECORD_OF(ReadingType, Resource, accumulationBehaviour, calorificValue, commodity, conversionFactor, dataQualifier,
              flowDirection, intervalLength, kind, maxNumberOfIntervals, numberOfConsumptionBlocks, numberOfTouTiers,
              phase, powerOfTenMultiplier, subIntervalLength, supplyLimit, tieredConsumptionBlocks, uom)

struct ReadingBase : Resource {
    Maybe<std::uint8_t> consumptionBlock;
    Maybe<wire::Hex<2>>
        qualityFlags;  // bits: 0 valid, 1 edited, 2 and 3 estimated, 4 questionable, 5 derived, 6 forecast
    Maybe<DateTimeInterval> timePeriod;
    Maybe<std::uint8_t> touTier;
    Maybe<Int48> value;
};
SEP_RECORD_OF(ReadingBase, Resource, consumptionBlock, qualityFlags, timePeriod, touTier, value)

struct Reading : ReadingBase {
    MaybeAttr<std::uint8_t> subscribable;
    Maybe<wire::Hex<2>> localID;
};
SEP_RECORD_OF(Reading, ReadingBase, subscribable, localID)

struct MirrorReadingSet : IdentifiedObject {
    DateTimeInterval timePeriod;
    wire::List<sep::Reading> Reading;
};
SEP_RECORD_OF(MirrorReadingSet, IdentifiedObject, timePeriod, Reading)

struct MirrorMeterReading : IdentifiedObject {
    Maybe<Seconds> lastUpdateTime;
    wire::List<sep::MirrorReadingSet> MirrorReadingSet;
    Maybe<Seconds> nextUpdateTime;
    Maybe<sep::Reading> Reading;
    Maybe<sep::ReadingType> ReadingType;
};
SEP_RECORD_OF(MirrorMeterReading, IdentifiedObject, lastUpdateTime, MirrorReadingSet, nextUpdateTime, Reading,
              ReadingType)

struct MirrorMeterReadingList : List {
    wire::List<sep::MirrorMeterReading> MirrorMeterReading;
};
SEP_RECORD_OF(MirrorMeterReadingList, List, MirrorMeterReading)

struct UsagePointBase : IdentifiedObject {
    wire::Hex<2> roleFlags;  // bits: 0 mirror, 1 premises, 2 vehicle, 3 DER, 4 revenue quality, 5 DC, 6 submeter
    std::uint8_t serviceCategoryKind{};  // 0 electricity
    std::uint8_t status{};               // 0 off, 1 on
};
SEP_RECORD_OF(UsagePointBase, IdentifiedObject, roleFlags, serviceCategoryKind, status)

struct MirrorUsagePoint : UsagePointBase {
    LfdiHex deviceLFDI;
    wire::List<sep::MirrorMeterReading> MirrorMeterReading;
    Maybe<std::uint32_t> postRate;  // s
};
SEP_RECORD_OF(MirrorUsagePoint, UsagePointBase, deviceLFDI, MirrorMeterReading, postRate)

struct MirrorUsagePointList : List {
    MaybeAttr<std::uint32_t> pollRate;
    wire::List<sep::MirrorUsagePoint> MirrorUsagePoint;
};
SEP_RECORD_OF(MirrorUsagePointList, List, pollRate, MirrorUsagePoint)

}  // namespace busbar::ieee2030_5::sep
