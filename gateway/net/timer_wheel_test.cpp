// The wheel with time as an argument: nothing here waits.
#include "gateway/net/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <random>

namespace busbar::net {
namespace {

struct Recorder : Timer {
    explicit Recorder(std::function<void(Recorder&)> act = {}) : act_(std::move(act)) {}
    void on_timer(std::int64_t now_us) override {
        fired_us.push_back(now_us);
        if (act_) act_(*this);
    }
    std::vector<std::int64_t> fired_us;

  private:
    std::function<void(Recorder&)> act_;
};

TEST(TimerWheel, fires_once_and_never_early) {
    TimerWheel wheel(10, 8, 1000);
    Recorder timer;
    wheel.arm(timer, 1025);
    wheel.advance(1020);
    EXPECT_TRUE(timer.fired_us.empty());
    wheel.advance(1030);
    EXPECT_EQ(timer.fired_us, (std::vector<std::int64_t>{1030}));
    EXPECT_FALSE(timer.armed());
    wheel.advance(5000);
    EXPECT_EQ(timer.fired_us.size(), 1u);
}

TEST(TimerWheel, deadline_beyond_a_turn_is_kept) {
    TimerWheel wheel(10, 8, 0);
    Recorder timer;
    wheel.arm(timer, 1000);
    for (std::int64_t now = 0; now < 1000; now += 10) wheel.advance(now);
    EXPECT_TRUE(timer.fired_us.empty());
    wheel.advance(1000);
    EXPECT_EQ(timer.fired_us.size(), 1u);
}

TEST(TimerWheel, long_pause_fires_everything_that_fell_into_it) {
    TimerWheel wheel(10, 8, 0);
    Recorder timers[30];
    for (int i = 0; i < 30; ++i) wheel.arm(timers[i], 10 * i);
    wheel.advance(10'000);
    for (const Recorder& timer : timers) EXPECT_EQ(timer.fired_us.size(), 1u);
}

TEST(TimerWheel, later_deadline_replaces_the_earlier) {
    TimerWheel wheel(10, 8, 0);
    Recorder timer;
    wheel.arm(timer, 20);
    wheel.arm(timer, 75);
    wheel.advance(70);
    EXPECT_TRUE(timer.fired_us.empty());
    wheel.advance(80);
    EXPECT_EQ(timer.fired_us.size(), 1u);
}

TEST(TimerWheel, earlier_deadline_replaces_the_later) {
    TimerWheel wheel(10, 8, 0);
    Recorder timer;
    wheel.arm(timer, 75);
    wheel.arm(timer, 20);
    wheel.advance(20);
    EXPECT_EQ(timer.fired_us.size(), 1u);
    wheel.advance(80);
    EXPECT_EQ(timer.fired_us.size(), 1u);
}

TEST(TimerWheel, past_deadline_fires_at_the_next_tick) {
    TimerWheel wheel(10, 8, 1000);
    Recorder timer;
    wheel.arm(timer, 3);
    wheel.advance(1010);
    EXPECT_EQ(timer.fired_us.size(), 1u);
}

TEST(TimerWheel, disarmed_and_destroyed_timers_stay_silent) {
    TimerWheel wheel(10, 8, 0);
    Recorder disarmed;
    wheel.arm(disarmed, 20);
    {  // destroyed while armed
        Recorder gone;
        wheel.arm(gone, 20);
    }
    disarmed.disarm();
    wheel.advance(100);
    EXPECT_TRUE(disarmed.fired_us.empty());
}

TEST(TimerWheel, one_that_fires_may_destroy_another_that_is_due) {
    TimerWheel wheel(10, 8, 0);
    auto victim = std::make_unique<Recorder>();
    Recorder killer([&victim](Recorder&) { victim.reset(); });
    wheel.arm(killer, 10);
    wheel.arm(*victim, 10);
    wheel.advance(50);
    EXPECT_EQ(victim, nullptr);
}

TEST(TimerWheel, may_be_armed_again_while_it_fires) {
    TimerWheel wheel(10, 8, 0);
    Recorder timer([&wheel](Recorder& self) { wheel.arm(self, self.fired_us.back() + 10); });
    wheel.arm(timer, 10);
    for (std::int64_t now = 0; now <= 100; now += 10) wheel.advance(now);
    EXPECT_EQ(timer.fired_us.size(), 10u);
}

TEST(TimerWheel, outliving_the_wheel_is_safe) {
    Recorder timer;
    {
        TimerWheel wheel(10, 8, 0);
        wheel.arm(timer, 10);
    }
    EXPECT_FALSE(timer.armed());
}

TEST(TimerWheel, random_deadlines_fire_within_one_tick) {
    std::mt19937 random(7);
    TimerWheel wheel(10, 16, 0);
    std::vector<std::unique_ptr<Recorder>> timers;
    std::vector<std::int64_t> due;
    std::int64_t now = 0;
    for (int i = 0; i < 2000; ++i) {
        timers.push_back(std::make_unique<Recorder>());
        due.push_back(now + static_cast<std::int64_t>(random() % 900));
        wheel.arm(*timers.back(), due.back());
        if (random() % 3 == 0) {  // moved, either way
            const std::size_t which = random() % timers.size();
            if (timers[which]->armed())
                wheel.arm(*timers[which], due[which] = now + static_cast<std::int64_t>(random() % 900));
        }
        wheel.advance(now += static_cast<std::int64_t>(random() % 7));
    }
    for (; now < 20'000; now += 10) wheel.advance(now);
    for (std::size_t i = 0; i < timers.size(); ++i) {
        ASSERT_EQ(timers[i]->fired_us.size(), 1u) << i;
        EXPECT_GE(timers[i]->fired_us[0], due[i]);
        EXPECT_LT(timers[i]->fired_us[0], due[i] + 10 + 10 + 7);
    }
}

}  // namespace
}  // namespace busbar::net
