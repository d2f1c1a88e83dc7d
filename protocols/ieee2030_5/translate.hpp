// Between the DER records and the model: what a device can do, whether it takes commands, and wanted power as a
// control. Pure functions, used by both ends.
//
// Signs. The model counts consumption positive. A DERControl counts what the device delivers positive, so opModFixedW
// and opModTargetW are turned here; limits (opModMaxLimW and CSIP-AUS's) are magnitudes and take their direction by
// name.
#pragma once

#include <optional>

#include "dispatch/model/resource.hpp"
#include "protocols/ieee2030_5/records_der.hpp"

namespace busbar::ieee2030_5 {

// DERControlType bits that are used here.
enum ModeBit : int { mode_fixed_w = 7, mode_max_lim_w = 20, mode_target_w = 22 };
// doeModesEnabled bits of CSIP-AUS.
enum DoeBit : int { doe_export = 0, doe_import = 1, doe_generation = 2, doe_load = 3 };

// What percentages refer to, and the box of the device, in mW, all >= 0.
struct Ratings {
    model::MilliW max_mw = 0;            // setMaxW: what opModMaxLimW is a share of
    model::MilliW discharge_mw = 0;      // base of a positive opModFixedW: setMaxDischargeRateW if stated, else setMaxW
    model::MilliW charge_mw = 0;         // base of a negative opModFixedW: setMaxChargeRateW
    model::MilliW export_mw = 0;         // most that it delivers
    model::MilliW import_mw = 0;         // most that it takes
    std::optional<std::uint32_t> modes;  // modesEnabled, else modesSupported; absent = not stated
    std::uint32_t doe = 0;               // doeModesEnabled
    bool operator==(const Ratings&) const = default;
};

struct Nameplate {  // what the operator enrolled; 0 = unknown
    model::MilliW export_mw = 0;
    model::MilliW import_mw = 0;
};

// Settings win over ratings, both are narrowed by the nameplate where one is given; the nameplate stands in for what
// the device has not said.
Ratings ratings_of(model::ResourceKind kind, const std::optional<sep::DERCapability>& capability,
                   const std::optional<sep::DERSettings>& settings, const Nameplate& nameplate);
model::Capability capability_of(model::ResourceKind kind, const Ratings& ratings);
bool has_base(model::ResourceKind kind, const Ratings& ratings);  // percentages can be computed

// Operational, connected and without a fault, as far as the status says anything of it.
bool takes_commands(const std::optional<sep::DERStatus>& status);

// The control that asks for `power` (load convention). Generators get a limit on what they deliver, all others a
// set-point; with `csip_aus` the limits that the device enabled are added. Rounded toward zero power.
sep::DERControlBase control_for(model::ResourceKind kind, const Ratings& ratings, model::MilliW power, bool csip_aus);

// What a control asks of a device, in the model's sign: a set-point, and limits as magnitudes.
struct Wanted {
    bool controlled = false;  // something below was said by a control or a default
    std::optional<model::MilliW> setpoint_mw;
    model::MilliW export_limit_mw = model::unlimited_mw;
    model::MilliW import_limit_mw = model::unlimited_mw;
    bool energize = true;  // false: opModEnergize or opModConnect said no
    bool operator==(const Wanted&) const = default;

    // What the device does that would prefer `preferred_mw`.
    model::MilliW power(model::MilliW preferred_mw) const;
};
Wanted wanted_of(const Ratings& ratings, const sep::DERControlBase& base);

bool same_modes(const sep::DERControlBase& a, const sep::DERControlBase& b);  // the same opMods, whatever their values
bool is_generator(model::ResourceKind kind);                                  // delivers only

}  // namespace busbar::ieee2030_5
