// The allocator against an independent judge: linear programs solved by CLP say what is feasible and how far a sum can
// go, and the conditions that hold at any optimum say whether the shares are the best ones.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <coin/ClpSimplex.hpp>
#include <numeric>
#include <random>

#include "dispatch/allocate/allocate.hpp"

namespace busbar::dispatch {
namespace {

using model::MilliW;

using Random = std::mt19937_64;

MilliW draw(Random& random, MilliW low, MilliW high) {
    return low + static_cast<MilliW>(random() % static_cast<std::uint64_t>(high - low + 1));
}

struct Kinds {
    bool fixed_loads = true;
    bool gaps = false, steps = false;
};

// A tree of a few nodes, some limited, with chargers, batteries, solar plants and loads that nobody controls.
AllocationProblem random_problem(Random& random, Kinds kinds) {
    AllocationProblem problem;
    const auto nodes = 1 + random() % 8;
    for (std::size_t node = 0; node < nodes; ++node) {
        const bool limited = random() % 2 == 0;
        problem.add_node(node == 0 ? 0 : static_cast<std::uint32_t>(random() % node),
                         limited && random() % 2 == 0 ? -draw(random, 0, 40'000'000) : -model::unlimited_mw,
                         limited ? draw(random, 0, 60'000'000) : model::unlimited_mw);
    }
    const auto devices = 1 + random() % 24;
    for (std::size_t device = 0; device < devices; ++device) {
        const auto node = static_cast<std::uint32_t>(random() % nodes);
        switch (random() % (kinds.fixed_loads ? 4 : 3)) {
            case 0: {
                const MilliW most = draw(random, 3'700'000, 22'000'000);
                problem.add_device(node, 0, most, most);
                if (kinds.gaps) problem.lowest_on.back() = draw(random, 1'000'000, 4'200'000);
                if (kinds.steps && random() % 2 == 0) problem.step.back() = draw(random, 2, 700'000);
                break;
            }
            case 1:
                problem.add_device(node, -draw(random, 1, 10'000'000), draw(random, 1, 10'000'000), 0);
                if (kinds.gaps && random() % 3 == 0) problem.lowest_on.back() = draw(random, 1, 500'000);
                break;
            case 2: {
                const MilliW least = -draw(random, 1, 15'000'000);
                problem.add_device(node, least, 0, least);
                break;
            }
            default: {
                const MilliW load = draw(random, -2'000'000, 8'000'000);
                problem.add_device(node, load, load, load);
            }
        }
        problem.on.back() = random() % 2 == 0;
    }
    return problem;
}

std::vector<MilliW> node_sums(const AllocationProblem& problem, const std::vector<MilliW>& power) {
    std::vector<MilliW> sums(problem.node_parent.size(), 0);
    for (std::size_t device = 0; device < power.size(); ++device) sums[problem.parent[device]] += power[device];
    for (std::size_t node = sums.size(); node-- > 1;) sums[problem.node_parent[node]] += sums[node];
    return sums;
}

bool is_below(const AllocationProblem& problem, std::uint32_t node, std::uint32_t top) {
    while (node > top) node = problem.node_parent[node];
    return node == top;
}

// The least and the largest sum over `members`, with boxes and hard limits; nothing if those contradict each other.
std::optional<std::pair<MilliW, MilliW>> extremes(const AllocationProblem& problem, const std::vector<bool>& members) {
    const int devices = static_cast<int>(problem.parent.size());
    MilliW found[2];
    for (int direction = 0; direction < 2; ++direction) {
        ClpSimplex solver;
        solver.setLogLevel(0);
        solver.resize(0, devices);
        for (int device = 0; device < devices; ++device) {
            solver.setColumnBounds(device, static_cast<double>(problem.low[device]),
                                   static_cast<double>(problem.high[device]));
            solver.setObjectiveCoefficient(device, members[device] ? (direction == 0 ? 1.0 : -1.0) : 0.0);
        }
        for (std::uint32_t node = 0; node < problem.node_parent.size(); ++node) {
            std::vector<int> columns;
            for (int device = 0; device < devices; ++device) {
                if (is_below(problem, problem.parent[device], node)) columns.push_back(device);
            }
            const std::vector<double> ones(columns.size(), 1.0);
            solver.addRow(static_cast<int>(columns.size()), columns.data(), ones.data(),
                          static_cast<double>(problem.node_low[node]), static_cast<double>(problem.node_high[node]));
        }
        solver.setPrimalTolerance(1e-9);
        solver.dual();
        if (!solver.primalFeasible()) return std::nullopt;
        found[direction] = static_cast<MilliW>(std::llround(solver.objectiveValue())) * (direction == 0 ? 1 : -1);
    }
    return std::pair{found[0], found[1]};
}

std::vector<bool> below(const AllocationProblem& problem, std::uint32_t node) {
    std::vector<bool> members;
    for (const auto parent : problem.parent) members.push_back(is_below(problem, parent, node));
    return members;
}

void expect_within(const AllocationProblem& problem, const Allocation& result) {
    for (std::size_t device = 0; device < result.power.size(); ++device) {
        EXPECT_GE(result.power[device], problem.low[device]);
        EXPECT_LE(result.power[device], problem.high[device]);
    }
    const auto sums = node_sums(problem, result.power);
    for (std::size_t node = 0; node < sums.size(); ++node) {
        EXPECT_GE(sums[node], problem.node_low[node]) << "node " << node;
        EXPECT_LE(sums[node], problem.node_high[node]) << "node " << node;
    }
}

TEST(AllocateOracle, an_order_is_met_exactly_whenever_a_linear_program_can_meet_it) {
    Random random(1);
    int feasible = 0;
    for (int round = 0; round < 3000; ++round) {
        SCOPED_TRACE(round);
        auto problem = random_problem(random, {});
        const auto node = static_cast<std::uint32_t>(random() % problem.node_parent.size());
        const MilliW target = draw(random, -60'000'000, 120'000'000);
        const auto reach = extremes(problem, below(problem, node));
        problem.orders.push_back({node, target, target, {}, false});
        const auto result = allocate(problem);
        EXPECT_EQ(result.breaches.empty(), reach.has_value());
        if (!reach) continue;
        ++feasible;
        expect_within(problem, result);
        EXPECT_EQ(result.order_sum[0], std::clamp(target, reach->first, reach->second));
        if (HasFailure()) return;
    }
    EXPECT_GT(feasible, 1000);
}

TEST(AllocateOracle, an_order_over_scattered_devices_is_met_whenever_a_linear_program_can_meet_it) {
    Random random(2);
    for (int round = 0; round < 1500; ++round) {
        SCOPED_TRACE(round);
        auto problem = random_problem(random, {});
        std::vector<bool> members(problem.parent.size(), false);
        AllocationOrder order;
        for (std::uint32_t device = 0; device < members.size(); ++device) {
            members[device] = random() % 2 == 0;
            if (members[device]) order.devices.push_back(device);
        }
        if (order.devices.empty()) continue;
        order.low = order.high = draw(random, -60'000'000, 80'000'000);
        const auto reach = extremes(problem, members);
        problem.orders.push_back(order);
        const auto result = allocate(problem);
        if (!reach) continue;
        expect_within(problem, result);
        EXPECT_NEAR(static_cast<double>(result.order_sum[0]),
                    static_cast<double>(std::clamp(order.low, reach->first, reach->second)), 30.0);
        if (HasFailure()) return;
    }
}

// At the optimum no milliwatt moved from one device to another, or to or from the outside, makes the answer better.
class Exchange {
  public:
    Exchange(const AllocationProblem& problem, const std::vector<MilliW>& power)
        : problem_(problem),
          power_(power),
          sums_(node_sums(problem, power)),
          low_(problem.node_low),
          high_(problem.node_high) {
        for (const auto& order : problem.orders) {  // what it got is what it holds
            low_[order.node] = high_[order.node] = sums_[order.node];
        }
    }
    // Cost of one more (direction 1) or less (-1) milliwatt, times the weight's inverse.
    double cost(std::size_t device, int direction) const {
        const double away = static_cast<double>(power_[device] - problem_.preferred[device]);
        return direction * 2.0 * away / static_cast<double>(problem_.weight[device]);
    }
    bool can_move(std::size_t device, int direction, std::uint32_t up_to) const {
        if (direction > 0 ? power_[device] >= problem_.high[device] : power_[device] <= problem_.low[device])
            return false;
        for (auto node = problem_.parent[device]; node != up_to; node = problem_.node_parent[node]) {
            if (!has_room(node, direction)) return false;
        }
        return true;
    }
    bool has_room(std::uint32_t node, int direction) const {
        return direction > 0 ? sums_[node] < high_[node] : sums_[node] > low_[node];
    }
    std::uint32_t common(std::size_t left, std::size_t right) const {
        auto a = problem_.parent[left], b = problem_.parent[right];
        while (a != b) (a > b ? a : b) = problem_.node_parent[a > b ? a : b];
        return a;
    }

  private:
    const AllocationProblem& problem_;
    const std::vector<MilliW>& power_;
    std::vector<MilliW> sums_, low_, high_;
};

TEST(AllocateOracle, no_exchange_of_power_between_devices_improves_the_answer) {
    Random random(3);
    for (int round = 0; round < 2000; ++round) {
        SCOPED_TRACE(round);
        auto problem = random_problem(random, {});
        const auto node = static_cast<std::uint32_t>(random() % problem.node_parent.size());
        const MilliW target = draw(random, -60'000'000, 120'000'000);
        problem.orders.push_back({node, target, target, {}, false});
        const auto result = allocate(problem);
        if (!result.breaches.empty()) continue;
        const Exchange exchange(problem, result.power);
        const auto slack = [&](std::size_t device) { return 8.0 / static_cast<double>(problem.weight[device]); };
        for (std::size_t to = 0; to < result.power.size(); ++to) {
            for (const int direction : {1, -1}) {
                if (exchange.can_move(to, direction, 0) && exchange.has_room(0, direction)) {
                    EXPECT_GE(exchange.cost(to, direction), -slack(to)) << "device " << to << " alone";
                }
            }
            for (std::size_t from = 0; from < result.power.size(); ++from) {
                if (from == to) continue;
                const auto top = exchange.common(from, to);
                if (!exchange.can_move(to, 1, top) || !exchange.can_move(from, -1, top)) continue;
                EXPECT_GE(exchange.cost(to, 1) + exchange.cost(from, -1), -slack(to) - slack(from))
                    << from << " to " << to;
            }
        }
        if (HasFailure()) return;
    }
}

bool holds_with(const AllocationProblem& problem, std::vector<MilliW> power, std::size_t device, MilliW other) {
    power[device] = other;
    if (other < problem.low[device] || other > problem.high[device]) return false;
    const auto sums = node_sums(problem, power);
    for (std::size_t node = 0; node < sums.size(); ++node) {
        if (sums[node] < problem.node_low[node] || sums[node] > problem.node_high[node]) return false;
    }
    return true;
}

TEST(AllocateOracle, rounding_never_breaches_a_box_or_a_hard_limit) {
    Random random(4);
    int left_over = 0;
    for (int round = 0; round < 20000; ++round) {
        SCOPED_TRACE(round);
        auto problem = random_problem(random, {.fixed_loads = false, .gaps = true, .steps = true});
        const auto node = static_cast<std::uint32_t>(random() % problem.node_parent.size());
        const MilliW target = draw(random, -60'000'000, 120'000'000);
        problem.orders.push_back({node, target, target, {}, false});
        const auto result = allocate(problem);
        expect_within(problem, result);
        for (std::size_t device = 0; device < result.power.size(); ++device) {
            const MilliW power = result.power[device];
            const MilliW step = std::max<MilliW>(problem.step[device], 1), sign = power < 0 ? -1 : 1;
            // Only a hard limit may keep a device between two of its steps or between off and its lowest power.
            if (power != 0 && std::abs(power) < problem.lowest_on[device]) {
                ++left_over;
                EXPECT_FALSE(holds_with(problem, result.power, device, 0)) << device;
                const MilliW lowest = (problem.lowest_on[device] + step - 1) / step * step;
                EXPECT_FALSE(holds_with(problem, result.power, device, sign * lowest)) << device;
            } else if (power % step != 0) {
                ++left_over;
                const MilliW below_it = power - (power % step + step) % step;
                const bool may_stop_there = std::abs(below_it) >= problem.lowest_on[device];
                EXPECT_FALSE(may_stop_there && holds_with(problem, result.power, device, below_it)) << device;
                EXPECT_FALSE(holds_with(problem, result.power, device, below_it + step)) << device;
            }
        }
        if (HasFailure()) return;
    }
    EXPECT_LT(left_over, 200);
}

// Every choice of which devices run, with a linear program for the rest of each.
MilliW least_error(const AllocationProblem& problem, MilliW target) {
    std::vector<std::size_t> switched;
    for (std::size_t device = 0; device < problem.parent.size(); ++device) {
        if (problem.lowest_on[device] > 0) switched.push_back(device);
    }
    MilliW best = model::unlimited_mw;
    for (std::size_t choice = 0; choice < (std::size_t{1} << switched.size()); ++choice) {
        auto fixed = problem;
        for (std::size_t each = 0; each < switched.size(); ++each) {
            const bool runs = (choice >> each & 1) != 0;
            (runs ? fixed.low : fixed.high)[switched[each]] = runs ? problem.lowest_on[switched[each]] : 0;
        }
        const auto reach = extremes(fixed, std::vector<bool>(problem.parent.size(), true));
        if (reach) best = std::min(best, std::abs(std::clamp(target, reach->first, reach->second) - target));
    }
    return best;
}

TEST(AllocateOracle, switching_chargers_misses_an_order_by_hardly_more_than_the_best_choice) {
    Random random(5);
    MilliW missed = 0, best = 0;
    for (int round = 0; round < 150; ++round) {
        AllocationProblem problem;
        problem.add_node(0);
        const auto chargers = 1 + random() % 6;
        for (std::size_t device = 0; device < chargers; ++device) {
            problem.add_device(0, 0, 11'000'000, 11'000'000);
            problem.lowest_on.back() = random() % 2 == 0 ? 1'380'000 : 4'140'000;
        }
        if (random() % 2 == 0) problem.add_device(0, -1'000'000, 1'000'000, 0);
        const MilliW target = draw(random, 0, 11'000'000 * static_cast<MilliW>(chargers));
        problem.orders.push_back({0, target, target, {}, false});
        missed += std::abs(allocate(problem).order_sum[0] - target);
        best += least_error(problem, target);
    }
    EXPECT_LE(missed, best + best / 4 + 1'000'000);
}

TEST(AllocateOracle, more_for_the_group_is_less_for_nobody) {
    Random random(6);
    for (int round = 0; round < 1000; ++round) {
        auto problem = random_problem(random, {});
        problem.orders.push_back({0, 0, 0, {}, false});
        std::vector<MilliW> before;
        for (MilliW target = -40'000'000; target < 80'000'000; target += draw(random, 1, 20'000'000)) {
            problem.orders[0].low = problem.orders[0].high = target;
            const auto result = allocate(problem);
            for (std::size_t device = 0; device < before.size(); ++device) {
                EXPECT_GE(result.power[device], before[device] - 1)
                    << round;  // a milliwatt may change hands in rounding
            }
            before = result.power;
        }
        if (HasFailure()) return;
    }
}

TEST(AllocateOracle, the_order_in_which_devices_are_listed_does_not_matter) {
    Random random(7);
    for (int round = 0; round < 1000; ++round) {
        auto problem = random_problem(random, {});
        const MilliW target = draw(random, -60'000'000, 120'000'000);
        problem.orders.push_back({0, target, target, {}, false});
        std::vector<std::size_t> places(problem.parent.size());
        std::iota(places.begin(), places.end(), 0U);
        std::shuffle(places.begin(), places.end(), random);
        AllocationProblem other;
        for (std::size_t node = 0; node < problem.node_parent.size(); ++node) {
            other.add_node(problem.node_parent[node], problem.node_low[node], problem.node_high[node]);
        }
        for (const auto place : places) {
            other.add_device(problem.parent[place], problem.low[place], problem.high[place], problem.preferred[place]);
        }
        other.orders = problem.orders;
        const auto left = allocate(problem), right = allocate(other);
        EXPECT_EQ(left.order_sum, right.order_sum);
        for (std::size_t each = 0; each < places.size(); ++each) {
            EXPECT_LE(std::abs(left.power[places[each]] - right.power[each]), 1) << round;
        }
        if (HasFailure()) return;
    }
}

TEST(AllocateOracle, extreme_numbers_neither_overflow_nor_hang) {
    Random random(8);
    for (int round = 0; round < 200; ++round) {
        AllocationProblem problem;
        problem.add_node(0);
        problem.add_node(0, -draw(random, 0, 1'000'000'000'000'000), draw(random, 0, 1'000'000'000'000'000));
        for (int device = 0; device < 50; ++device) {
            const MilliW scale = MilliW{1} << (random() % 50);
            const MilliW low = draw(random, -scale, scale);
            problem.add_device(static_cast<std::uint32_t>(random() % 2), low, low + draw(random, 0, scale),
                               draw(random, -scale, scale));
            problem.weight.back() = draw(random, 1, scale);
        }
        const MilliW target = draw(random, -model::unlimited_mw, model::unlimited_mw);
        problem.orders.push_back({0, target, target, {}, false});
        const auto result = allocate(problem);
        MilliW least = 0, most = 0;
        for (std::size_t device = 0; device < 50; ++device) {
            least += std::clamp(problem.low[device], -device_limit_mw, device_limit_mw);
            most += std::clamp(problem.high[device], -device_limit_mw, device_limit_mw);
        }
        EXPECT_GE(result.order_sum[0], least);
        EXPECT_LE(result.order_sum[0], most);
    }
}

}  // namespace
}  // namespace busbar::dispatch
