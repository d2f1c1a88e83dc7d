#include "dispatch/model/peer_clock.hpp"

#include <gtest/gtest.h>

namespace busbar::model {
namespace {

constexpr Us start_us = 1'767'225'600 * second_us;
constexpr Us tolerance_us = 10 * second_us;

TEST(PeerClock, a_clock_that_is_right_within_tolerance_is_left_alone) {
    PeerClock clock;
    clock.hear(start_us - 9 * second_us, start_us, minute_us, tolerance_us);
    EXPECT_EQ(clock.gateway_time(start_us - 9 * second_us, start_us), start_us - 9 * second_us);
}

TEST(PeerClock, nothing_is_of_the_future) {
    PeerClock clock;
    EXPECT_EQ(clock.gateway_time(start_us + 3 * second_us, start_us), start_us);
}

TEST(PeerClock, what_comes_after_a_pause_shows_the_clock) {
    PeerClock clock;
    clock.hear(start_us - 600 * second_us, start_us, minute_us, tolerance_us);
    EXPECT_EQ(clock.behind_us(), 600 * second_us);
    EXPECT_EQ(clock.gateway_time(start_us - 660 * second_us, start_us), start_us - 60 * second_us);
    clock.hear(start_us + minute_us, start_us + minute_us, minute_us, tolerance_us);
    EXPECT_EQ(clock.behind_us(), 0);
}

TEST(PeerClock, a_queue_that_is_sent_at_once_shows_nothing) {
    PeerClock clock;
    for (int i = 0; i < 10; ++i)
        clock.hear(start_us + i * minute_us, start_us + hour_us + i * second_us, second_us, tolerance_us);
    EXPECT_EQ(clock.behind_us(), 0);
}

TEST(PeerClock, a_peer_that_never_pauses_shows_its_clock_by_keeping_time) {
    PeerClock clock;
    for (int i = 0; i < 3; ++i)
        clock.hear(start_us + i * 2 * second_us, start_us + hour_us + i * 2 * second_us, 2 * second_us, tolerance_us);
    EXPECT_EQ(clock.behind_us(), hour_us);
}

TEST(PeerClock, a_clock_ahead_is_translated_too) {
    PeerClock clock;
    clock.hear(start_us + 300 * second_us, start_us, minute_us, tolerance_us);
    EXPECT_EQ(clock.gateway_time(start_us + 240 * second_us, start_us), start_us - 60 * second_us);
}

}  // namespace
}  // namespace busbar::model
