// One simulated world from one seed: what is in it, what goes wrong in it, and what was found.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/sim/checkers.hpp"

namespace busbar::sim {

struct Options {
    std::uint64_t seed = 1;
    int devices = 100;
    int hours = 24;
    bool faults = true;
    bool keep_journal = true;     // all of it, so that it can be replayed from its start
    int meter_s = 0, poll_s = 0;  // how often devices report; 0 = drawn
};

struct Outcome {
    std::uint64_t seed = 0;
    std::uint64_t hash = 0;  // of every frame and of the final state: the same for the same seed and options
    std::vector<Finding> findings;
    std::uint64_t frames = 0, entries = 0;
    std::uint64_t deaths = 0, cuts = 0, lost = 0;
    int events = 0;
    double healed_ratio = 0;  // delivered over ordered in the healed world; 0 = nothing that could be delivered
};

Outcome simulate(const Options& options);

}  // namespace busbar::sim
