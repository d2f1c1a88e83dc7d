// The queue from the I/O threads to the loop.
#include "gateway/net/hub.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace busbar::net {
namespace {

// The alarm of an event may ring after the event has been taken: that must not end the next wait.
TEST(EventQueue, take_does_not_return_empty_before_its_time) {
    EventQueue queue;
    constexpr int pushed = 200'000;
    std::thread pushing([&queue] {
        std::vector<Event> one;
        for (int i = 0; i < pushed; ++i) {
            one.emplace_back(ConnectionClosed{});
            queue.push(one);
        }
    });
    std::vector<Event> events;
    int empty = 0;
    for (int got = 0; got < pushed;) {
        events.clear();
        queue.take(5'000'000, events);
        if (events.empty()) ++empty;
        got += static_cast<int>(events.size());
    }
    pushing.join();
    EXPECT_EQ(empty, 0);
}

TEST(EventQueue, wake_ends_a_wait_once) {
    EventQueue queue;
    std::vector<Event> events;
    queue.wake();
    queue.take(-1, events);
    const std::int64_t start = steady_us();
    queue.take(50'000, events);
    EXPECT_GE(steady_us() - start, 49'000);
}

TEST(EventQueue, congestion_is_told_to_whoever_takes) {
    EventQueue queue;
    std::vector<Event> events;
    EXPECT_FALSE(queue.congested());
    std::vector<Event> big{TextArrived{1, std::string(40'000'000, 'x')}};
    queue.push(big);
    EXPECT_TRUE(queue.congested());
    EXPECT_TRUE(queue.take(0, events));
    EXPECT_FALSE(queue.congested());
    EXPECT_FALSE(queue.take(0, events));
}

}  // namespace
}  // namespace busbar::net
