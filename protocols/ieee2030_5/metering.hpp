// Mirrored readings as samples of the model.
//
// Which way is positive, in this order:
//   1. flowDirection 1 (forward, delivered to the customer): positive is import. Power may be negative: it then flows
//   out.
//   2. flowDirection 19 (reverse, received from the customer): positive is export.
//   3. none given: at a DER that is not the premises' connection (roleFlags bit 3 without bit 1) positive is what the
//   DER
//      delivers, as in its controls; everywhere else positive is import.
// Powers of one time in both directions are taken together; a reading of all phases goes before the sum of single
// phases. Averages, plain and "normal" readings count; maxima and minima do not.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "dispatch/model/peer_clock.hpp"
#include "dispatch/model/resource.hpp"
#include "protocols/ieee2030_5/documents.hpp"

namespace busbar::ieee2030_5 {

class SampleBuilder {
  public:
    explicit SampleBuilder(std::uint32_t role_flags, model::PeerClock clock = {})
        : role_flags_(role_flags), clock_(clock) {}

    // One MirrorMeterReading as posted, of a known type. Readings without a time are of `now`. Differences of energy
    // are added to `total_mwh`. False: a value does not fit the model.
    bool add(const sep::ReadingType& type, const sep::MirrorMeterReading& posted, model::Us now,
             std::int64_t& total_mwh);

    // In the order of time; `resource` and `received_us` are the caller's to fill.
    std::vector<model::Sample> samples() const;

  private:
    struct Slot {
        std::map<std::pair<std::uint8_t, int>, model::MilliW> power;  // by {phase, direction}
        model::Sample sample;
    };
    bool add_one(const sep::ReadingType& type, const sep::Reading& reading, model::Us at, std::int64_t& total_mwh);
    bool add_energy(const sep::ReadingType& type, std::int64_t mwh, Slot& slot, std::int64_t& total_mwh) const;
    int direction(const sep::ReadingType& type) const;  // +1: positive is import

    model::Us believed(model::Us stated, model::Us now) const;

    std::uint32_t role_flags_;
    model::PeerClock clock_;
    std::map<model::Us, Slot> slots_;
};

// The newest time that the readings say themselves; 0: none of them does.
model::Us newest_in(const std::vector<sep::MirrorMeterReading>& posted);
std::size_t readings_in(const sep::MirrorMeterReading& posted);
// The mirror measures the device itself, not (only) the premises behind whose meter it stands.
bool measures_device(std::uint32_t role_flags);

}  // namespace busbar::ieee2030_5
