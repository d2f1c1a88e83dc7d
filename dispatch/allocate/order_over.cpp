// Where in the tree an order over some devices belongs.
#include <algorithm>

#include "dispatch/allocate/allocate.hpp"

namespace busbar::dispatch {

namespace {

constexpr std::uint32_t nowhere = 0xffff'ffff;

struct Counts {
    std::vector<std::uint32_t> all, chosen;  // devices below each node
    bool whole(std::uint32_t node) const { return chosen[node] > 0 && chosen[node] == all[node]; }
};

Counts count(const AllocationProblem& problem, const std::vector<std::uint8_t>& chosen) {
    Counts counts;
    counts.all.assign(problem.node_parent.size(), 0);
    counts.chosen.assign(problem.node_parent.size(), 0);
    for (std::size_t device = 0; device < problem.parent.size(); ++device) {
        for (auto node = problem.parent[device];; node = problem.node_parent[node]) {
            ++counts.all[node];
            counts.chosen[node] += chosen[device];
            if (node == 0) break;
        }
    }
    return counts;
}

}  // namespace

AllocationOrder order_over(AllocationProblem& problem, const std::vector<std::uint32_t>& devices) {
    AllocationOrder order;
    order.devices = devices;
    std::vector<std::uint8_t> chosen(problem.parent.size(), 0);
    for (const auto device : devices) chosen[device] = 1;
    const Counts counts = count(problem, chosen);
    if (counts.whole(0)) return {};
    // The largest whole subtrees and the devices beside them: they must all hang at the same node.
    std::vector<std::uint32_t> subtrees, singles;
    std::uint32_t top = nowhere;
    bool together = true;
    const auto found = [&](std::uint32_t parent) {
        together = together && (top == nowhere || top == parent);
        top = parent;
    };
    for (std::uint32_t node = 1; node < problem.node_parent.size(); ++node) {
        if (!counts.whole(node) || counts.whole(problem.node_parent[node])) continue;
        subtrees.push_back(node);
        found(problem.node_parent[node]);
    }
    for (const auto device : devices) {
        if (counts.whole(problem.parent[device])) continue;
        singles.push_back(device);
        found(problem.parent[device]);
    }
    if (!together || (subtrees.empty() && singles.size() <= 1)) return order;
    order.devices.clear();
    if (subtrees.size() == 1 && singles.empty()) {
        order.node = subtrees.front();
        return order;
    }
    order.node = problem.add_node(top);
    for (const auto node : subtrees) problem.node_parent[node] = order.node;
    for (const auto device : singles) problem.parent[device] = order.node;
    return order;
}

}  // namespace busbar::dispatch
