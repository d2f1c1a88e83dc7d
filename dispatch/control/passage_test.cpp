#include "dispatch/control/passage.hpp"

#include <gtest/gtest.h>

namespace busbar::dispatch {
namespace {

using model::second_us;
using model::Us;

constexpr model::MilliW kw = 1'000'000;
constexpr Us t0 = 1'700'000'000 * second_us, settles = 600 * second_us;

TEST(Passage, whoever_was_told_nothing_before_may_be_anywhere_until_he_has_settled) {
    Passage passage;
    EXPECT_FALSE(holds(passage, t0));
    note_told(passage, -5 * kw, t0, settles);
    note_told(passage, -6 * kw, t0 + 300 * second_us, settles);
    EXPECT_EQ(passage.low_mw, -model::unlimited_mw);
    note_told(passage, -6 * kw, t0 + settles, settles);
    EXPECT_EQ(passage.low_mw, -6 * kw);
    EXPECT_EQ(passage.high_mw, -5 * kw);
}

TEST(Passage, told_something_else_all_the_time_is_bounded_all_the_same) {
    Passage passage;
    note_told(passage, -1 * kw, t0, settles);
    for (int each = 1; each <= 12; ++each) {
        const Us now = t0 + each * 200 * second_us;
        note_told(passage, -(5 * kw + each * kw / 10), now, settles);
        if (each < 6) continue;
        EXPECT_GE(passage.low_mw, -(5 * kw + each * kw / 10)) << each;
        EXPECT_LE(passage.high_mw, -5 * kw) << "what was told before that has had its time";
    }
}

TEST(Passage, what_was_measured_before_its_bounds_is_not_judged_by_them) {
    Passage passage;
    note_told(passage, 3 * kw, t0, settles);
    note_told(passage, 3 * kw, t0 + settles, settles);
    EXPECT_FALSE(holds(passage, t0 + settles - 1));
    EXPECT_TRUE(holds(passage, t0 + settles));
}

}  // namespace
}  // namespace busbar::dispatch
