// The DER function set of IEEE 2030.5-2018 with the elements that CSIP-AUS 1.2 adds to it.
//
// Powers are value * 10^multiplier in the unit of the type; percentages are hundredths of a percent of the device's own
// setting. In a DERControl, power that the device delivers is positive: the model's sign is the other way round, and
// translate.hpp is where it is turned.
#pragma once

#include "protocols/ieee2030_5/records.hpp"

namespace busbar::ieee2030_5::sep {

// ---- quantities ----------------------------------------------------------------------------------------------------

// A mantissa (16 bits in the standard, wider is read) and a power of ten. The unit is the member's: W, VA, var …
struct Quantity {
    std::int8_t multiplier{};
    std::int32_t value{};
};
SEP_RECORD(Quantity, multiplier, value)

struct ActivePower {
    std::int8_t multiplier{};
    std::int16_t value{};  // W
};
SEP_RECORD(ActivePower, multiplier, value)

struct PowerFactor {
    std::uint16_t displacement{};
    std::int8_t multiplier{};
};
SEP_RECORD(PowerFactor, displacement, multiplier)

struct PowerFactorWithExcitation {
    std::uint16_t displacement{};
    bool excitation{};  // true: absorbing reactive power
    std::int8_t multiplier{};
};
SEP_RECORD(PowerFactorWithExcitation, displacement, excitation, multiplier)

struct FixedVar {
    std::uint8_t refType{};  // DERUnitRefType: what the percentage is of
    SignedPerCent value{};
};
SEP_RECORD(FixedVar, refType, value)

struct FreqDroopType {
    std::uint32_t dBOF{};         // mHz
    std::uint32_t dBUF{};         // mHz
    std::uint16_t kOF{};          // thousandths
    std::uint16_t kUF{};          // thousandths
    std::uint16_t openLoopTms{};  // hundredths of a second
};
SEP_RECORD(FreqDroopType, dBOF, dBUF, kOF, kUF, openLoopTms)

// ---- controls ------------------------------------------------------------------------------------------------------

struct DERControlBase {
    Maybe<bool> opModConnect;
    Maybe<bool> opModEnergize;
    Maybe<PowerFactorWithExcitation> opModFixedPFAbsorbW;
    Maybe<PowerFactorWithExcitation> opModFixedPFInjectW;
    Maybe<FixedVar> opModFixedVar;
    Maybe<SignedPerCent> opModFixedW;  // - charges: % of setMaxChargeRateW; + delivers: % of setMax(Discharge)W
    Maybe<FreqDroopType> opModFreqDroop;
    Maybe<Link> opModFreqWatt;  // this and the following name DERCurves
    Maybe<Link> opModHFRTMayTrip;
    Maybe<Link> opModHFRTMustTrip;
    Maybe<Link> opModHVRTMayTrip;
    Maybe<Link> opModHVRTMomentaryCessation;
    Maybe<Link> opModHVRTMustTrip;
    Maybe<Link> opModLFRTMayTrip;
    Maybe<Link> opModLFRTMustTrip;
    Maybe<Link> opModLVRTMayTrip;
    Maybe<Link> opModLVRTMomentaryCessation;
    Maybe<Link> opModLVRTMustTrip;
    Maybe<PerCent> opModMaxLimW;  // most that the device may deliver: % of setMaxW
    Maybe<Quantity> opModTargetVar;
    Maybe<ActivePower> opModTargetW;
    Maybe<Link> opModVoltVar;
    Maybe<Link> opModVoltWatt;
    Maybe<Link> opModWattPF;
    Maybe<Link> opModWattVar;
    Maybe<std::uint16_t> rampTms;  // hundredths of a second
    // CSIP-AUS; magnitudes
    Maybe<ActivePower> opModImpLimW;   // import at the connection point
    Maybe<ActivePower> opModExpLimW;   // export at the connection point
    Maybe<ActivePower> opModGenLimW;   // what the device delivers
    Maybe<ActivePower> opModLoadLimW;  // what the device takes
};
XML_NAMES(DERControlBase, sep_ns, {"opModImpLimW", "", &csipaus_ns}, {"opModExpLimW", "", &csipaus_ns},
          {"opModGenLimW", "", &csipaus_ns}, {"opModLoadLimW", "", &csipaus_ns})
RECORD(DERControlBase, opModConnect, opModEnergize, opModFixedPFAbsorbW, opModFixedPFInjectW, opModFixedVar,
       opModFixedW, opModFreqDroop, opModFreqWatt, opModHFRTMayTrip, opModHFRTMustTrip, opModHVRTMayTrip,
       opModHVRTMomentaryCessation, opModHVRTMustTrip, opModLFRTMayTrip, opModLFRTMustTrip, opModLVRTMayTrip,
       opModLVRTMomentaryCessation, opModLVRTMustTrip, opModMaxLimW, opModTargetVar, opModTargetW, opModVoltVar,
       opModVoltWatt, opModWattPF, opModWattVar, rampTms, opModImpLimW, opModExpLimW, opModGenLimW, opModLoadLimW)

struct DERControl : RandomizableEvent {
    sep::DERControlBase DERControlBase;
    Maybe<wire::Hex<4>> deviceCategory;
};
SEP_RECORD_OF(DERControl, RandomizableEvent, DERControlBase, deviceCategory)

struct DERControlList : SubscribableList {
    wire::List<sep::DERControl> DERControl;
};
SEP_RECORD_OF(DERControlList, SubscribableList, DERControl)

struct DefaultDERControl : SubscribableIdentifiedObject {
    sep::DERControlBase DERControlBase;
    Maybe<std::uint32_t> setESDelay;     // hundredths of a second
    Maybe<std::uint16_t> setESHighFreq;  // hundredths of a hertz
    Maybe<std::int16_t> setESHighVolt;   // hundredths of a percent
    Maybe<std::uint16_t> setESLowFreq;
    Maybe<std::int16_t> setESLowVolt;
    Maybe<std::uint32_t> setESRampTms;
    Maybe<std::uint32_t> setESRandomDelay;
    Maybe<std::uint16_t> setGradW;  // hundredths of a percent of setMaxW per second
    Maybe<std::uint16_t> setSoftGradW;
};
SEP_RECORD_OF(DefaultDERControl, SubscribableIdentifiedObject, DERControlBase, setESDelay, setESHighFreq, setESHighVolt,
              setESLowFreq, setESLowVolt, setESRampTms, setESRandomDelay, setGradW, setSoftGradW)

struct DERProgram : SubscribableIdentifiedObject {
    Maybe<ListLink> ActiveDERControlListLink;
    Maybe<Link> DefaultDERControlLink;
    Maybe<ListLink> DERControlListLink;
    Maybe<ListLink> DERCurveListLink;
    std::uint8_t primacy{};  // lower wins
};
SEP_RECORD_OF(DERProgram, SubscribableIdentifiedObject, ActiveDERControlListLink, DefaultDERControlLink,
              DERControlListLink, DERCurveListLink, primacy)

struct DERProgramList : SubscribableList {
    MaybeAttr<std::uint32_t> pollRate;  // of this list and of all below it
    wire::List<sep::DERProgram> DERProgram;
};
SEP_RECORD_OF(DERProgramList, SubscribableList, pollRate, DERProgram)

// ---- what the device says of itself --------------------------------------------------------------------------------

struct DER : SubscribableResource {
    Maybe<ListLink> AssociatedDERProgramListLink;
    Maybe<Link> AssociatedUsagePointLink;
    Maybe<Link> CurrentDERProgramLink;
    Maybe<Link> DERAvailabilityLink;
    Maybe<Link> DERCapabilityLink;
    Maybe<Link> DERSettingsLink;
    Maybe<Link> DERStatusLink;
};
SEP_RECORD_OF(DER, SubscribableResource, AssociatedDERProgramListLink, AssociatedUsagePointLink, CurrentDERProgramLink,
              DERAvailabilityLink, DERCapabilityLink, DERSettingsLink, DERStatusLink)

struct DERList : List {
    MaybeAttr<std::uint32_t> pollRate;
    wire::List<sep::DER> DER;
};
SEP_RECORD_OF(DERList, List, pollRate, DER)

struct DERCapability : Resource {
    wire::Hex<4> modesSupported;  // DERControlType bits
    Maybe<std::uint8_t> rtgAbnormalCategory;
    Maybe<Quantity> rtgMaxA;
    Maybe<Quantity> rtgMaxAh;
    Maybe<Quantity> rtgMaxChargeRateVA;
    Maybe<Quantity> rtgMaxChargeRateW;
    Maybe<Quantity> rtgMaxDischargeRateVA;
    Maybe<Quantity> rtgMaxDischargeRateW;
    Maybe<Quantity> rtgMaxV;
    Maybe<Quantity> rtgMaxVA;
    Maybe<Quantity> rtgMaxVar;
    Maybe<Quantity> rtgMaxVarNeg;
    Quantity rtgMaxW;
    Maybe<Quantity> rtgMaxWh;
    Maybe<PowerFactor> rtgMinPFOverExcited;
    Maybe<PowerFactor> rtgMinPFUnderExcited;
    Maybe<Quantity> rtgMinV;
    Maybe<std::uint8_t> rtgNormalCategory;
    Maybe<PowerFactor> rtgOverExcitedPF;
    Maybe<Quantity> rtgOverExcitedW;
    Maybe<Quantity> rtgReactiveSusceptance;
    Maybe<PowerFactor> rtgUnderExcitedPF;
    Maybe<Quantity> rtgUnderExcitedW;
    Maybe<Quantity> rtgVNom;
    std::uint8_t type{};                    // DERType: 4 PV, 80 storage, 81 vehicle, 83 PV and storage …
    Maybe<wire::Hex<1>> doeModesSupported;  // CSIP-AUS bits: 0 export, 1 import, 2 generation, 3 load limit
};
XML_NAMES(DERCapability, sep_ns, {"doeModesSupported", "", &csipaus_ns})
RECORD_OF(DERCapability, Resource, modesSupported, rtgAbnormalCategory, rtgMaxA, rtgMaxAh, rtgMaxChargeRateVA,
          rtgMaxChargeRateW, rtgMaxDischargeRateVA, rtgMaxDischargeRateW, rtgMaxV, rtgMaxVA, rtgMaxVar, rtgMaxVarNeg,
          rtgMaxW, rtgMaxWh, rtgMinPFOverExcited, rtgMinPFUnderExcited, rtgMinV, rtgNormalCategory, rtgOverExcitedPF,
          rtgOverExcitedW, rtgReactiveSusceptance, rtgUnderExcitedPF, rtgUnderExcitedW, rtgVNom, type,
          doeModesSupported)

struct DERSettings : SubscribableResource {
    Maybe<wire::Hex<4>> modesEnabled;  // DERControlType bits
    Maybe<std::uint32_t> setESDelay;
    Maybe<std::uint16_t> setESHighFreq;
    Maybe<std::int16_t> setESHighVolt;
    Maybe<std::uint16_t> setESLowFreq;
    Maybe<std::int16_t> setESLowVolt;
    Maybe<std::uint32_t> setESRampTms;
    Maybe<std::uint32_t> setESRandomDelay;
    std::uint16_t setGradW{};
    Maybe<Quantity> setMaxA;
    Maybe<Quantity> setMaxAh;
    Maybe<Quantity> setMaxChargeRateVA;
    Maybe<Quantity> setMaxChargeRateW;
    Maybe<Quantity> setMaxDischargeRateVA;
    Maybe<Quantity> setMaxDischargeRateW;
    Maybe<Quantity> setMaxV;
    Maybe<Quantity> setMaxVA;
    Maybe<Quantity> setMaxVar;
    Maybe<Quantity> setMaxVarNeg;
    Quantity setMaxW;
    Maybe<Quantity> setMaxWh;
    Maybe<PowerFactor> setMinPFOverExcited;
    Maybe<PowerFactor> setMinPFUnderExcited;
    Maybe<Quantity> setMinV;
    Maybe<std::uint16_t> setSoftGradW;
    Maybe<Quantity> setVNom;
    Maybe<Quantity> setVRef;
    Maybe<Quantity> setVRefOfs;
    Seconds updatedTime{};
    Maybe<wire::Hex<1>> doeModesEnabled;  // CSIP-AUS, bits as in doeModesSupported
};
XML_NAMES(DERSettings, sep_ns, {"doeModesEnabled", "", &csipaus_ns})
RECORD_OF(DERSettings, SubscribableResource, modesEnabled, setESDelay, setESHighFreq, setESHighVolt, setESLowFreq,
          setESLowVolt, setESRampTms, setESRandomDelay, setGradW, setMaxA, setMaxAh, setMaxChargeRateVA,
          setMaxChargeRateW, setMaxDischargeRateVA, setMaxDischargeRateW, setMaxV, setMaxVA, setMaxVar, setMaxVarNeg,
          setMaxW, setMaxWh, setMinPFOverExcited, setMinPFUnderExcited, setMinV, setSoftGradW, setVNom, setVRef,
          setVRefOfs, updatedTime, doeModesEnabled)

struct ConnectStatusType {
    Seconds dateTime{};
    wire::Hex<1> value;  // bits: 0 connected, 1 available, 2 operating, 3 test, 4 fault
};
SEP_RECORD(ConnectStatusType, dateTime, value)

struct StatusNumber {
    Seconds dateTime{};
    std::uint8_t value{};
};
SEP_RECORD(StatusNumber, dateTime, value)

struct ManufacturerStatusType {
    Seconds dateTime{};
    wire::Text<6> value;
};
SEP_RECORD(ManufacturerStatusType, dateTime, value)

struct StateOfChargeStatusType {
    Seconds dateTime{};
    PerCent value{};
};
SEP_RECORD(StateOfChargeStatusType, dateTime, value)

struct DERStatus : SubscribableResource {
    Maybe<wire::Hex<4>> alarmStatus;
    Maybe<ConnectStatusType> genConnectStatus;
    Maybe<StatusNumber> inverterStatus;          // 1 off … 4 tracking, 6 shutting down, 7 fault
    Maybe<StatusNumber> localControlModeStatus;  // 0 local, 1 remote
    Maybe<ManufacturerStatusType> manufacturerStatus;
    Maybe<StatusNumber> operationalModeStatus;  // 0 unknown, 1 off, 2 operational, 3 test
    Seconds readingTime{};
    Maybe<StateOfChargeStatusType> stateOfChargeStatus;
    Maybe<StatusNumber> storageModeStatus;  // 0 charging, 1 discharging, 2 holding
    Maybe<ConnectStatusType> storConnectStatus;
};
SEP_RECORD_OF(DERStatus, SubscribableResource, alarmStatus, genConnectStatus, inverterStatus, localControlModeStatus,
              manufacturerStatus, operationalModeStatus, readingTime, stateOfChargeStatus, storageModeStatus,
              storConnectStatus)

struct DERAvailability : SubscribableResource {
    Maybe<std::uint32_t> availabilityDuration;  // s
    Maybe<std::uint32_t> maxChargeDuration;     // s
    Seconds readingTime{};
    Maybe<PerCent> reserveChargePercent;
    Maybe<PerCent> reservePercent;
    Maybe<Quantity> statVarAvail;
    Maybe<Quantity> statWAvail;
};
SEP_RECORD_OF(DERAvailability, SubscribableResource, availabilityDuration, maxChargeDuration, readingTime,
              reserveChargePercent, reservePercent, statVarAvail, statWAvail)

}  // namespace busbar::ieee2030_5::sep
