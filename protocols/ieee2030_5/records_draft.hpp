// Names of the 2013 edition that clients in the field still send (namespace http://ieee.org/2030.5). Read, never
// written: each becomes its record of 2018. Only what is called otherwise there stands here.
#pragma once

#include "protocols/ieee2030_5/records_der.hpp"

namespace busbar::ieee2030_5::draft {

inline constexpr wire::Namespace draft_ns{"", sep::draft_uri};

struct DERCapability {
    sep::Maybe<wire::Hex<4>> modesSupported;
    sep::Maybe<sep::Quantity> rtgA;
    sep::Maybe<std::uint8_t> rtgAbnormalCategory;
    sep::Maybe<sep::Quantity> rtgAh;
    sep::Maybe<sep::Quantity> rtgMaxChargeRateVA;
    sep::Maybe<sep::Quantity> rtgMaxChargeRateW;
    sep::Maybe<sep::Quantity> rtgMaxDischargeRateVA;
    sep::Maybe<sep::Quantity> rtgMaxDischargeRateW;
    sep::Maybe<sep::PowerFactor> rtgMinPF;
    sep::Maybe<sep::PowerFactor> rtgMinPFNeg;
    sep::Maybe<std::uint8_t> rtgNormalCategory;
    sep::Maybe<sep::Quantity> rtgVA;
    sep::Maybe<sep::Quantity> rtgVar;
    sep::Maybe<sep::Quantity> rtgVarNeg;
    sep::Quantity rtgW;
    sep::Maybe<sep::Quantity> rtgWh;
    std::uint8_t type{};
};
XML_NAMES(DERCapability, draft_ns)
RECORD(DERCapability, modesSupported, rtgA, rtgAbnormalCategory, rtgAh, rtgMaxChargeRateVA, rtgMaxChargeRateW,
       rtgMaxDischargeRateVA, rtgMaxDischargeRateW, rtgMinPF, rtgMinPFNeg, rtgNormalCategory, rtgVA, rtgVar, rtgVarNeg,
       rtgW, rtgWh, type)

inline sep::DERCapability to_2018(const DERCapability& old) {
    sep::DERCapability record;
    record.modesSupported = old.modesSupported.value_or(wire::Hex<4>("00000000"));
    record.rtgAbnormalCategory = old.rtgAbnormalCategory;
    record.rtgMaxA = old.rtgA;
    record.rtgMaxAh = old.rtgAh;
    record.rtgMaxChargeRateVA = old.rtgMaxChargeRateVA;
    record.rtgMaxChargeRateW = old.rtgMaxChargeRateW;
    record.rtgMaxDischargeRateVA = old.rtgMaxDischargeRateVA;
    record.rtgMaxDischargeRateW = old.rtgMaxDischargeRateW;
    record.rtgMaxVA = old.rtgVA;
    record.rtgMaxVar = old.rtgVar;
    record.rtgMaxVarNeg = old.rtgVarNeg;
    record.rtgMaxW = old.rtgW;
    record.rtgMaxWh = old.rtgWh;
    record.rtgMinPFOverExcited = old.rtgMinPF;
    record.rtgMinPFUnderExcited = old.rtgMinPFNeg;
    record.rtgNormalCategory = old.rtgNormalCategory;
    record.type = old.type;
    return record;
}

}  // namespace busbar::ieee2030_5::draft
