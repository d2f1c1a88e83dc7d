#include "dispatch/due_list.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>

namespace busbar::dispatch {
namespace {

using Places = std::vector<std::uint32_t>;

TEST(DueList, gives_the_places_that_are_due_and_no_place_twice) {
    DueList list;
    list.set(2, 20);
    list.set(0, 10);
    list.set(1, 30);
    EXPECT_EQ(list.next(), 10);
    EXPECT_EQ(list.take(25), (Places{0, 2}));
    EXPECT_EQ(list.take(25), Places{});
    EXPECT_EQ(list.next(), 30);
}

TEST(DueList, the_last_time_that_was_set_counts) {
    DueList list;
    list.set(0, 10);
    list.set(0, 40);
    EXPECT_EQ(list.next(), 40);
    list.set(0, 5);
    EXPECT_EQ(list.take(5), Places{0});
    list.set(0, 7);
    list.set(0, model::never);
    EXPECT_EQ(list.next(), model::never);
    EXPECT_EQ(list.take(model::never), Places{});
}

TEST(DueList, agrees_with_a_map_however_often_times_change) {
    DueList list;
    std::map<std::uint32_t, model::Us> expected;
    std::mt19937 random(7);
    for (model::Us now = 0; now < 20'000; ++now) {
        const std::uint32_t place = random() % 50;
        const model::Us due_us = random() % 10 == 0 ? model::never : now + random() % 100;
        list.set(place, due_us);
        expected[place] = due_us;
        if (random() % 8 != 0) continue;
        Places due;
        for (auto& [each, time] : expected) {
            if (time > now) continue;
            due.push_back(each);
            time = model::never;
        }
        ASSERT_EQ(list.take(now), due);
    }
}

}  // namespace
}  // namespace busbar::dispatch
