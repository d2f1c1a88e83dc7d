// What closing the loop is worth: the same fleet, the same hour, the same silent and flapping devices, and three ways
// of sharing the order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace busbar::sim {

enum class Strategy : std::uint8_t {
    closed_loop,  // one event for the feeder; the gateway shares it, watches and corrects
    pro_rata,     // each device is given its share once, the same part of what it can; nobody makes up for another
    equal_split,  // each device is asked for the same change from what it does
};
std::string name_of(Strategy strategy);

struct Delivery {
    Strategy strategy = Strategy::closed_loop;
    double ordered_wh = 0, delivered_wh = 0;
    double worst_five_minutes = 0;  // |delivered / ordered - 1| of the worst of the hour's twelve
    double breach_s = 0;            // that a hard limit was exceeded by more than 2 %, all places together
};

// One-hour event; of `devices` 12 % answer nothing, 8 % lose their link every few minutes.
Delivery deliver(Strategy strategy, std::uint64_t seed, int devices);

}  // namespace busbar::sim
