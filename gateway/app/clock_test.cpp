#include "gateway/app/clock.hpp"

#include <gtest/gtest.h>

namespace busbar::app {
namespace {

constexpr model::Us start = 1'700'000'000 * model::second_us;
constexpr model::Us minute = 60 * model::second_us;

TEST(Clock, is_the_wall_s_while_that_runs_forward) {
    Clock clock(0, 7);
    EXPECT_EQ(clock.read(start, 7), start);
    EXPECT_EQ(clock.read(start + 1, 8), start + 1);
    EXPECT_EQ(clock.read(start + 10 * minute, 9), start + 10 * minute);  // set forward
    EXPECT_EQ(clock.ahead_us(), 0);
}

TEST(Clock, goes_on_at_half_its_pace_when_set_back_until_the_wall_has_caught_up) {
    Clock clock(0, 0);
    clock.read(start, 0);
    const model::Us back = start - 10 * minute;
    EXPECT_EQ(clock.read(back, 0), start);
    EXPECT_EQ(clock.ahead_us(), 10 * minute);
    for (model::Us s = 1; s <= 99; ++s) clock.read(back + s, s);  // many short reads add up to a long one
    EXPECT_EQ(clock.read(back + 2 * minute, 2 * minute), start + minute);
    EXPECT_EQ(clock.read(back + 20 * minute, 20 * minute), start + 10 * minute);
    EXPECT_EQ(clock.ahead_us(), 0);
    EXPECT_EQ(clock.read(back + 21 * minute, 21 * minute), start + 11 * minute);
}

TEST(Clock, is_the_wall_s_again_when_that_is_set_forth) {
    Clock clock(0, 0);
    clock.read(start, 0);
    clock.read(start - 10 * minute, 0);
    EXPECT_EQ(clock.read(start + minute, minute), start + minute);
    EXPECT_EQ(clock.ahead_us(), 0);
}

TEST(Clock, begins_no_earlier_than_what_was_told_before_a_restart) {
    Clock clock(start, 0);
    EXPECT_EQ(clock.read(start - minute, 0), start);
    EXPECT_EQ(clock.read(start - minute + 2, 2), start + 1);
}

}  // namespace
}  // namespace busbar::app
