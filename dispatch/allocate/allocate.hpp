// Sharing an order among devices, exactly.
//
// The devices hang as leaves in a tree of nodes. Each device has a box [low, high] and a power that it prefers; each
// node may have hard limits on the sum below it; orders ask for more. Wanted is the one answer that
//
//     minimises  sum of (power - preferred)^2 / weight      over all devices
//     subject to low <= power <= high, node_low <= sum below a node <= node_high, and the orders, strongest first.
//
// At the optimum a device stands at clamp(preferred + lambda * weight, low, high), with one lambda for all devices that
// no binding node separates. The sum below a node is therefore a rising piecewise linear function of lambda, clamped at
// the node: the answer is found by looking for lambda at each binding node (water-filling), without an optimiser. All
// is integer arithmetic; what is left between two neighbouring lambdas is handed out by largest remainder, so that sums
// are exact to the milliwatt. No overflow up to a million devices of `device_limit_mw` each.
#pragma once

#include <cstdint>
#include <vector>

#include "dispatch/model/units.hpp"

namespace busbar::dispatch {

// Boxes beyond this are cut: 1 GW for one device.
inline constexpr model::MilliW device_limit_mw = 1'000'000'000'000;

// Asks for `low <= sum <= high` (an exact power: low == high) below a node, or over single devices.
// An order that cannot be had is brought as near as the boxes, the hard limits and the stronger orders let it.
struct AllocationOrder {
    std::uint32_t node = 0;
    model::MilliW low = -model::unlimited_mw;
    model::MilliW high = model::unlimited_mw;
    std::vector<std::uint32_t> devices;  // not empty: the sum over these (distinct) instead of `node`
    bool hard = false;                   // a limit: counts before all orders that are not
};

// One array for each property, index = device or node. Node 0 is the root.
struct AllocationProblem {
    std::vector<model::MilliW> low, high;  // mW, low <= high
    std::vector<model::MilliW> preferred;  // mW
    std::vector<model::MilliW> weight;     // mW, > 0: how far it moves for the same lambda; its range is a good choice
    std::vector<model::MilliW> lowest_on;  // mW, >= 0: power is 0 or at least this far from 0; 0 = any
    std::vector<model::MilliW> step;       // mW: power is a multiple; 0 = any. A box with low == high is taken as it is
    std::vector<std::uint8_t> on;          // runs now: keeps running rather than another when not all can
    std::vector<std::uint32_t> parent;     // node; fastest if these rise and the nodes stand in preorder
    std::vector<std::uint32_t> node_parent;          // node_parent[0] is not looked at
    std::vector<model::MilliW> node_low, node_high;  // mW, hard; +-unlimited_mw = none
    std::vector<AllocationOrder> orders;             // strongest first

    std::uint32_t add_node(std::uint32_t parent_node, model::MilliW low_mw = -model::unlimited_mw,
                           model::MilliW high_mw = model::unlimited_mw);
    // A device without gap and step; weight is its range, at least 1.
    std::uint32_t add_device(std::uint32_t parent_node, model::MilliW low_mw, model::MilliW high_mw,
                             model::MilliW preferred_mw);
};

// A hard limit that the boxes below it make impossible; the answer is the nearest.
struct Breach {
    std::uint32_t node = 0;
    model::MilliW excess_mw = 0;  // > 0 above the upper limit, < 0 below the lower one
    bool operator==(const Breach&) const = default;
};

struct Allocation {
    std::vector<model::MilliW> power;  // mW by device
    std::vector<model::MilliW> wish;   // mW by device: where the same lambda puts it without its box (cut at +-weight)
    std::vector<model::MilliW> order_sum;  // mW by order: what the devices of the order add up to
    std::vector<Breach> breaches;          // by node
};

// An order (still without bounds) over exactly these devices. If they make up whole subtrees of one node it is put on a
// node of its own, new if need be, which is searched far faster than a list; devices keep their indices.
AllocationOrder order_over(AllocationProblem& problem, const std::vector<std::uint32_t>& devices);

// Throws std::invalid_argument if the arrays do not fit together or the nodes are no tree.
Allocation allocate(const AllocationProblem& problem);

}  // namespace busbar::dispatch
