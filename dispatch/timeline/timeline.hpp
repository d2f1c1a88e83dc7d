// From events to orders over time: who may say what, when.
//
// Each interval of an event that orders power is a claim. At any moment all limits hold at once, and of the claims of
// one kind on one target only the strongest does; the others resume when it is over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/model/event.hpp"

namespace busbar::dispatch {

// Class first, then rank (low wins), then the newest, then the id: whether `left` wins over `right`.
bool stronger(const model::GridEvent& left, const model::GridEvent& right);

// How far an event's start is shifted. A pure function of seed, id and range: the same after a modification that leaves
// the range alone (OpenADR 2.0b rules 30 and 65), and another for each event.
model::Us draw_shift(std::uint64_t seed, const std::string& id, const model::Randomise& range);

// `at` + `shift`, without overflow; `never` stays.
model::Us shifted(model::Us at_us, model::Us shift_us);

enum class ClaimKind : std::uint8_t {
    limit,  // hard, all of them hold
    level,  // an upper bound, by priority
    power,  // an exact power, by priority
};

// A span of net power that a claim asks of its target.
struct Ask {
    ClaimKind kind = ClaimKind::power;
    model::MilliW low_mw = -model::unlimited_mw;
    model::MilliW high_mw = model::unlimited_mw;
};

// What the target could do and did: what relative signals refer to.
struct Reference {
    model::MilliW baseline_mw = 0;        // signal `delta`
    model::MilliW largest_import_mw = 0;  // signals `scale` and `level`
    std::array<model::Ppm, 3> level_ratio_ppm{};
};

// Nothing for a signal that orders no power (level 0, price, ghg, charge_state, opaque).
std::optional<Ask> ask_of(const model::Signal& signal, const Reference& reference);

struct Claim {
    std::uint32_t event = 0;  // position in the caller's list
    std::uint32_t interval = 0;
    std::uint32_t target = 0;  // equal for equal targets
    model::Us start_us = 0, end_us = 0;
    Ask ask;
};

// The claims in force at `at_us`, in the order given (strongest first).
std::vector<const Claim*> in_force(const std::vector<Claim>& strongest_first, model::Us at_us);

// When what is in force may change: the starts and ends in (from, until), ascending, each once, at most `most`.
std::vector<model::Us> changes(const std::vector<Claim>& claims, model::Us from_us, model::Us until_us,
                               std::size_t most);

}  // namespace busbar::dispatch
