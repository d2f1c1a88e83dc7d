#include "protocols/ieee2030_5/translate.hpp"

#include <algorithm>
#include <array>

#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::MilliW;
using model::ResourceKind;

// The first of the stated quantities, as a magnitude.
template <class... Q>
MilliW first_of(const Q&... quantities) {
    MilliW result = 0;
    bool found = false;
    auto look = [&](const std::optional<sep::Quantity>& quantity) {
        if (found || !quantity) return;
        if (auto power = power_mw(*quantity)) {
            result = std::min(*power < 0 ? -*power : *power, model::unlimited_mw);
            found = true;
        }
    };
    (look(quantities), ...);
    return result;
}

MilliW narrowed(MilliW stated, MilliW nameplate) {
    if (stated == 0) return nameplate;
    return nameplate == 0 ? stated : std::min(stated, nameplate);
}

bool has(const std::optional<std::uint32_t>& bits, int bit) {
    return bits && (*bits >> bit & 1) != 0;
}

void add_setpoint(sep::DERControlBase& base, const Ratings& ratings, MilliW power) {
    if (has(ratings.modes, mode_target_w) && !has(ratings.modes, mode_fixed_w)) {
        base.opModTargetW = active_power(-power);
        return;
    }
    base.opModFixedW =
        power > 0 ? -hundredths_of(power, ratings.charge_mw) : hundredths_of(-power, ratings.discharge_mw);
}

void add_generation_limit(sep::DERControlBase& base, const Ratings& ratings, MilliW power) {
    const bool limit = !ratings.modes || has(ratings.modes, mode_max_lim_w);
    if (!limit && (has(ratings.modes, mode_fixed_w) || has(ratings.modes, mode_target_w))) {
        add_setpoint(base, ratings, power);
    } else {
        base.opModMaxLimW = hundredths_of(-power, ratings.max_mw);
    }
}

// The device's own limits where it enabled them, else those of its connection point.
void add_csip_aus(sep::DERControlBase& base, const Ratings& ratings, MilliW power, bool takes_load) {
    const auto enabled = [&](DoeBit bit) { return (ratings.doe >> bit & 1) != 0; };
    const sep::ActivePower generation = active_power(std::max<MilliW>(-power, 0));
    if (enabled(doe_generation)) {
        base.opModGenLimW = generation;
    } else if (enabled(doe_export)) {
        base.opModExpLimW = generation;
    }
    if (!takes_load) return;
    const sep::ActivePower load = active_power(std::max<MilliW>(power, 0));
    if (enabled(doe_load)) {
        base.opModLoadLimW = load;
    } else if (enabled(doe_import)) {
        base.opModImpLimW = load;
    }
}

void narrow(MilliW& limit, const std::optional<sep::ActivePower>& power) {
    if (!power) return;
    if (auto value = power_mw(*power)) limit = std::min(limit, std::max<MilliW>(*value, 0));
}

}  // namespace

bool is_generator(ResourceKind kind) {
    return kind == ResourceKind::pv || kind == ResourceKind::wind || kind == ResourceKind::generator;
}

Ratings ratings_of(ResourceKind kind, const std::optional<sep::DERCapability>& capability,
                   const std::optional<sep::DERSettings>& settings, const Nameplate& nameplate) {
    const sep::DERCapability rtg = capability.value_or(sep::DERCapability{});
    const sep::DERSettings set = settings.value_or(sep::DERSettings{});
    const auto max_w = settings ? std::optional(set.setMaxW) : std::nullopt;
    const auto rtg_w = capability ? std::optional(rtg.rtgMaxW) : std::nullopt;

    Ratings ratings;
    ratings.max_mw = first_of(max_w, rtg_w);
    if (ratings.max_mw == 0) ratings.max_mw = nameplate.export_mw;
    ratings.discharge_mw = first_of(set.setMaxDischargeRateW, rtg.rtgMaxDischargeRateW);
    if (ratings.discharge_mw == 0) ratings.discharge_mw = ratings.max_mw;
    ratings.charge_mw = first_of(set.setMaxChargeRateW, rtg.rtgMaxChargeRateW);
    if (ratings.charge_mw == 0) ratings.charge_mw = nameplate.import_mw;

    const bool delivers = kind != ResourceKind::load && kind != ResourceKind::meter;
    const bool takes = !is_generator(kind) && kind != ResourceKind::meter;
    if (delivers)
        ratings.export_mw = narrowed(is_generator(kind) ? ratings.max_mw : ratings.discharge_mw, nameplate.export_mw);
    if (takes) ratings.import_mw = narrowed(ratings.charge_mw, nameplate.import_mw);

    if (set.modesEnabled) {
        ratings.modes = bits_of(*set.modesEnabled);
    } else if (capability) {
        ratings.modes = bits_of(rtg.modesSupported);
    }
    if (set.doeModesEnabled) ratings.doe = bits_of(*set.doeModesEnabled);
    return ratings;
}

model::Capability capability_of(ResourceKind kind, const Ratings& ratings) {
    model::Capability capability;
    capability.min_mw = -ratings.export_mw;
    capability.max_mw = ratings.import_mw;
    if (kind == ResourceKind::storage) capability.preferred_mw = 0;
    return capability;
}

bool has_base(ResourceKind kind, const Ratings& ratings) {
    if (kind == ResourceKind::meter) return false;
    return is_generator(kind) ? ratings.max_mw > 0 : ratings.charge_mw > 0 || ratings.discharge_mw > 0;
}

bool takes_commands(const std::optional<sep::DERStatus>& status) {
    if (!status) return true;
    constexpr std::uint8_t off = 1;
    if (status->operationalModeStatus && status->operationalModeStatus->value == off) return false;
    constexpr std::uint32_t usable = 0b00111;  // connected, available, operating
    constexpr std::uint32_t fault = 0b10000;
    std::uint32_t bits = 0;
    bool stated = false;
    for (const auto& connect : {status->genConnectStatus, status->storConnectStatus}) {
        if (!connect) continue;
        stated = true;
        bits |= bits_of(connect->value);
    }
    return !stated || ((bits & usable) != 0 && (bits & fault) == 0);
}

sep::DERControlBase control_for(ResourceKind kind, const Ratings& ratings, MilliW power, bool csip_aus) {
    sep::DERControlBase base;
    if (is_generator(kind)) {
        power = std::min<MilliW>(power, 0);
        add_generation_limit(base, ratings, power);
    } else {
        add_setpoint(base, ratings, power);
    }
    if (csip_aus) add_csip_aus(base, ratings, power, !is_generator(kind));
    return base;
}

MilliW Wanted::power(MilliW preferred_mw) const {
    if (!energize) return 0;
    return std::clamp(setpoint_mw.value_or(preferred_mw), -export_limit_mw, import_limit_mw);
}

Wanted wanted_of(const Ratings& ratings, const sep::DERControlBase& base) {
    Wanted wanted;
    if (base.opModConnect && !*base.opModConnect) wanted.energize = false;
    if (base.opModEnergize && !*base.opModEnergize) wanted.energize = false;
    if (base.opModFixedW) {
        const std::int32_t share = *base.opModFixedW;
        wanted.setpoint_mw = share < 0 ? part_of(-share, ratings.charge_mw) : -part_of(share, ratings.discharge_mw);
    } else if (base.opModTargetW) {
        if (auto target = power_mw(*base.opModTargetW)) wanted.setpoint_mw = -*target;
    }
    if (base.opModMaxLimW) wanted.export_limit_mw = part_of(*base.opModMaxLimW, ratings.max_mw);
    narrow(wanted.export_limit_mw, base.opModGenLimW);
    narrow(wanted.export_limit_mw, base.opModExpLimW);
    narrow(wanted.import_limit_mw, base.opModLoadLimW);
    narrow(wanted.import_limit_mw, base.opModImpLimW);
    wanted.controlled = wanted != Wanted{};
    return wanted;
}

bool same_modes(const sep::DERControlBase& a, const sep::DERControlBase& b) {
    const auto present = [](const sep::DERControlBase& base) {
        return std::array{
            base.opModConnect.has_value(), base.opModEnergize.has_value(), base.opModFixedW.has_value(),
            base.opModMaxLimW.has_value(), base.opModTargetW.has_value(),  base.opModImpLimW.has_value(),
            base.opModExpLimW.has_value(), base.opModGenLimW.has_value(),  base.opModLoadLimW.has_value()};
    };
    return present(a) == present(b);
}

}  // namespace busbar::ieee2030_5
