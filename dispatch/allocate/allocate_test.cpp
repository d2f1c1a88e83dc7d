// What an allocation must always hold, checked on seeded random problems and on a few that can be worked out by hand.
#include "dispatch/allocate/allocate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <stdexcept>

namespace busbar::dispatch {
namespace {

using model::MilliW;

constexpr MilliW kw = 1'000'000;

AllocationProblem with_root() {
    AllocationProblem problem;
    problem.add_node(0);
    return problem;
}

MilliW total(const Allocation& result) {
    return std::accumulate(result.power.begin(), result.power.end(), MilliW{0});
}

TEST(Allocate, without_orders_each_does_what_it_prefers) {
    auto problem = with_root();
    problem.add_device(0, 0, 22 * kw, 22 * kw);
    problem.add_device(0, -5 * kw, 5 * kw, 0);
    EXPECT_EQ(allocate(problem).power, (std::vector<MilliW>{22 * kw, 0}));
}

TEST(Allocate, shares_a_cut_in_proportion_to_the_range) {
    auto problem = with_root();
    problem.add_device(0, 0, 10 * kw, 10 * kw);
    problem.add_device(0, 0, 20 * kw, 20 * kw);
    problem.orders.push_back({0, 15 * kw, 15 * kw, {}, false});
    EXPECT_EQ(allocate(problem).power, (std::vector<MilliW>{5 * kw, 10 * kw}));
}

TEST(Allocate, sums_are_exact_to_the_milliwatt) {
    auto problem = with_root();
    for (int device = 0; device < 7; ++device) problem.add_device(0, 0, 22 * kw, 22 * kw);
    problem.orders.push_back({0, 100'000'001, 100'000'001, {}, false});
    EXPECT_EQ(total(allocate(problem)), 100'000'001);
}

TEST(Allocate, many_equal_devices_differ_by_a_milliwatt_at_most) {
    for (MilliW target = 1'000 * kw + 1; target < 9'000 * kw; target += 977 * kw + 13) {
        auto problem = with_root();
        for (int site = 0; site < 100; ++site) {
            const auto node = problem.add_node(0);
            for (int device = 0; device < 10; ++device) problem.add_device(node, 0, 11 * kw, 11 * kw);
        }
        problem.orders.push_back({0, target, target, {}, false});
        const auto result = allocate(problem);
        EXPECT_EQ(total(result), target);
        const auto [least, most] = std::minmax_element(result.power.begin(), result.power.end());
        EXPECT_LE(*most - *least, 1);
    }
}

TEST(Allocate, an_answer_does_not_depend_on_the_problem_before) {
    auto one = with_root(), other = with_root();
    const auto site = one.add_node(0, -model::unlimited_mw, 30 * kw);
    for (int device = 0; device < 9; ++device) {
        one.add_device(device % 2 == 0 ? site : 0, 0, (7 + device) * kw, (7 + device) * kw);
        one.lowest_on.back() = 4 * kw;
        one.step.back() = device % 3 == 0 ? kw / 2 : 0;
    }
    one.orders.push_back({0, 41 * kw + 1, 41 * kw + 1, {}, false});
    for (int device = 0; device < 30; ++device) other.add_device(0, -5 * kw, 5 * kw, 0);
    other.orders.push_back({0, -100 * kw, -100 * kw, {}, false});
    const auto first = allocate(one);
    allocate(other);
    const auto again = allocate(one);
    EXPECT_EQ(again.power, first.power);
    EXPECT_EQ(again.wish, first.wish);
    EXPECT_EQ(again.order_sum, first.order_sum);
    EXPECT_EQ(again.breaches, first.breaches);
}

TEST(Allocate, a_site_limit_holds_and_the_others_make_up) {
    auto problem = with_root();
    const auto site = problem.add_node(0, -model::unlimited_mw, 4 * kw);
    problem.add_device(site, 0, 10 * kw, 10 * kw);
    problem.add_device(0, 0, 10 * kw, 10 * kw);
    problem.orders.push_back({0, 12 * kw, 12 * kw, {}, false});
    EXPECT_EQ(allocate(problem).power, (std::vector<MilliW>{4 * kw, 8 * kw}));
}

TEST(Allocate, an_order_beyond_reach_is_met_as_far_as_it_goes) {
    auto problem = with_root();
    problem.add_device(0, -3 * kw, 5 * kw, 0);
    problem.orders.push_back({0, -9 * kw, -9 * kw, {}, false});
    const auto result = allocate(problem);
    EXPECT_EQ(result.power.front(), -3 * kw);
    EXPECT_EQ(result.order_sum.front(), -3 * kw);
}

TEST(Allocate, a_limit_below_the_uncontrollable_load_is_a_breach_and_the_nearest_is_done) {
    auto problem = with_root();
    problem.node_high[0] = 5 * kw;
    problem.add_device(0, 8 * kw, 8 * kw, 8 * kw);
    problem.add_device(0, -2 * kw, 2 * kw, 0);
    const auto result = allocate(problem);
    EXPECT_EQ(result.power[1], -2 * kw);
    ASSERT_EQ(result.breaches.size(), 1U);
    EXPECT_EQ(result.breaches[0], (Breach{0, 1 * kw}));
}

TEST(Allocate, the_stronger_of_two_nested_orders_is_met_whole) {
    auto problem = with_root();
    const auto site = problem.add_node(0);
    problem.add_device(site, 0, 10 * kw, 10 * kw);
    problem.add_device(0, 0, 10 * kw, 10 * kw);
    problem.orders.push_back({0, 15 * kw, 15 * kw, {}, false});
    problem.orders.push_back({site, 2 * kw, 2 * kw, {}, false});
    EXPECT_EQ(allocate(problem).power, (std::vector<MilliW>{5 * kw, 10 * kw}));
    std::swap(problem.orders[0], problem.orders[1]);
    EXPECT_EQ(allocate(problem).power, (std::vector<MilliW>{2 * kw, 10 * kw}));
}

TEST(Allocate, an_order_over_devices_of_two_sites_crosses_their_limits) {
    auto problem = with_root();
    const auto south = problem.add_node(0, -model::unlimited_mw, 9 * kw);
    problem.add_device(south, 0, 8 * kw, 8 * kw);
    problem.add_device(south, 0, 8 * kw, 8 * kw);
    problem.add_device(0, 0, 8 * kw, 8 * kw);
    problem.orders.push_back({0, 10 * kw, 10 * kw, {0, 2}, false});
    const auto result = allocate(problem);
    EXPECT_EQ(result.power[0] + result.power[2], 10 * kw);
    EXPECT_LE(result.power[0] + result.power[1], 9 * kw);
}

TEST(Allocate, an_order_over_whole_sites_gets_a_node_of_its_own) {
    auto problem = with_root();
    const auto north = problem.add_node(0), south = problem.add_node(0), west = problem.add_node(0);
    for (const auto node : {north, north, south, west}) problem.add_device(node, 0, 10 * kw, 10 * kw);
    auto order = order_over(problem, {0, 1, 2});
    EXPECT_TRUE(order.devices.empty());
    EXPECT_EQ(problem.node_parent[north], order.node);
    EXPECT_EQ(problem.node_parent[south], order.node);
    EXPECT_EQ(problem.node_parent[west], 0U);
    order.low = order.high = 6 * kw;
    problem.orders.push_back(order);
    EXPECT_EQ(allocate(problem).power, (std::vector<MilliW>{2 * kw, 2 * kw, 2 * kw, 10 * kw}));
}

TEST(Allocate, an_order_over_devices_of_several_sites_stays_a_list) {
    auto problem = with_root();
    const auto north = problem.add_node(0), south = problem.add_node(0);
    for (const auto node : {north, north, south, south}) problem.add_device(node, 0, 10 * kw, 10 * kw);
    EXPECT_EQ(order_over(problem, {0, 2}).devices.size(), 2U);
    EXPECT_EQ(problem.node_parent.size(), 3U);
}

TEST(Allocate, rejects_nodes_in_a_circle) {
    auto problem = with_root();
    problem.add_node(2);
    problem.add_node(1);
    EXPECT_THROW(allocate(problem), std::invalid_argument);
}

TEST(Allocate, chargers_below_their_lowest_current_are_switched_rather_than_starved) {
    auto problem = with_root();
    for (int device = 0; device < 10; ++device) {
        problem.add_device(0, 0, 22 * kw, 22 * kw);
        problem.lowest_on.back() = 4'140'000;
    }
    problem.orders.push_back({0, 10 * kw, 10 * kw, {}, false});
    const auto result = allocate(problem);
    EXPECT_EQ(total(result), 10 * kw);
    for (const auto power : result.power) EXPECT_TRUE(power == 0 || power >= 4'140'000) << power;
}

TEST(Allocate, those_that_run_keep_running) {
    auto problem = with_root();
    for (int device = 0; device < 4; ++device) {
        problem.add_device(0, 0, 22 * kw, 22 * kw);
        problem.lowest_on.back() = 4 * kw;
    }
    problem.on = {0, 0, 1, 1};
    problem.orders.push_back({0, 8 * kw, 8 * kw, {}, false});
    EXPECT_EQ(allocate(problem).power, (std::vector<MilliW>{0, 0, 4 * kw, 4 * kw}));
}

TEST(Allocate, steps_are_kept_and_a_stepless_device_takes_the_rest) {
    auto problem = with_root();
    for (int device = 0; device < 3; ++device) {
        problem.add_device(0, 0, 22'080'000, 22'080'000);
        problem.step.back() = 690'000;
    }
    problem.add_device(0, -5 * kw, 5 * kw, 0);
    problem.orders.push_back({0, 30 * kw, 30 * kw, {}, false});
    const auto result = allocate(problem);
    EXPECT_EQ(total(result), 30 * kw);
    for (int device = 0; device < 3; ++device) EXPECT_EQ(result.power[device] % 690'000, 0);
}

TEST(Allocate, what_rounding_leaves_over_below_a_limit_is_taken_up_outside) {
    auto problem = with_root();
    for (int each = 0; each < 20; ++each) {  // a site that holds 600 W more than its charger can be told
        const auto site = problem.add_node(0, -model::unlimited_mw, 5 * kw + 600'000);
        problem.add_device(site, 0, 22 * kw, 22 * kw);
        problem.step.back() = kw;
    }
    for (int each = 0; each < 20; ++each) {
        problem.add_device(0, 0, 22 * kw, 22 * kw);
        problem.step.back() = kw;
    }
    problem.orders.push_back({0, 300 * kw, 300 * kw, {}, false});
    EXPECT_LE(std::abs(total(allocate(problem)) - 300 * kw), kw / 2);
}

TEST(Allocate, rejects_arrays_that_do_not_fit_together) {
    auto problem = with_root();
    problem.add_device(0, 0, 1, 0);
    problem.weight.clear();
    EXPECT_THROW(allocate(problem), std::invalid_argument);
}

}  // namespace
}  // namespace busbar::dispatch
