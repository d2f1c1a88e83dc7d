#include "dispatch/control/schedule.hpp"

#include <gtest/gtest.h>

namespace busbar::dispatch {
namespace {

using model::Step;
using model::Us;

constexpr Us minute = model::minute_us;
const Schedule told{{{0, 1000}, {10 * minute, 2000}}, 20 * minute, false};

TEST(Schedule, the_step_in_force_is_the_last_one_that_has_begun) {
    EXPECT_EQ(step_at(told.steps, told.end_us, 0)->power_mw, 1000);
    EXPECT_EQ(step_at(told.steps, told.end_us, 10 * minute)->power_mw, 2000);
    EXPECT_EQ(step_at(told.steps, told.end_us, 20 * minute), nullptr);
    EXPECT_EQ(step_at(told.steps, told.end_us, -1), nullptr);
}

TEST(Schedule, changes_within_the_deadband_are_no_difference) {
    auto wanted = told;
    wanted.steps[1].power_mw = 2050;
    EXPECT_FALSE(differs(told, wanted, 0, 50));
    EXPECT_TRUE(differs(told, wanted, 0, 49));
}

TEST(Schedule, what_is_past_does_not_matter) {
    auto wanted = told;
    wanted.steps[0].power_mw = 9000;
    EXPECT_TRUE(differs(told, wanted, 5 * minute, 50));
    EXPECT_FALSE(differs(told, wanted, 10 * minute, 50));
}

TEST(Schedule, another_time_is_a_difference) {
    auto wanted = told;
    wanted.steps[1].start_us += 1;
    EXPECT_TRUE(differs(told, wanted, 0, 50));
    wanted = told;
    wanted.end_us += minute;
    EXPECT_TRUE(differs(told, wanted, 0, 50));
}

TEST(Schedule, a_plan_that_is_cut_is_renewed_only_when_little_of_it_is_left) {
    auto wanted = told;
    wanted.end_us = 30 * minute;
    wanted.cut = true;
    EXPECT_FALSE(differs(told, wanted, 0, 50));
    EXPECT_TRUE(differs(told, wanted, 12 * minute, 50));
}

}  // namespace
}  // namespace busbar::dispatch
