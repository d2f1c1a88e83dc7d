#include "dispatch/timeline/timeline.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace busbar::dispatch {
namespace {

using model::GridEvent;
using model::PriorityClass;
using model::second_us;
using model::Signal;
using model::SignalKind;
using model::Us;
using testing::ElementsAre;

constexpr model::MilliW kw = 1'000'000;

GridEvent event(PriorityClass priority, std::uint32_t rank, Us modified, const std::string& id) {
    GridEvent made;
    made.priority = {priority, rank};
    made.modified_us = modified;
    made.id = id;
    return made;
}

TEST(Timeline, class_decides_before_rank_before_age_before_id) {
    const auto weakest = event(PriorityClass::price, 0, 9, "a");
    const auto by_class = event(PriorityClass::contract, 5, 1, "d");
    const auto by_rank = event(PriorityClass::contract, 4, 1, "c");
    const auto newer = event(PriorityClass::contract, 4, 2, "z");
    const auto by_id = event(PriorityClass::contract, 4, 1, "b");
    EXPECT_TRUE(stronger(by_class, weakest));
    EXPECT_TRUE(stronger(by_rank, by_class));
    EXPECT_TRUE(stronger(newer, by_rank));
    EXPECT_TRUE(stronger(by_id, by_rank));
    EXPECT_FALSE(stronger(by_rank, by_id));
}

TEST(Timeline, no_rank_is_the_weakest_of_its_class) {
    const auto none = event(PriorityClass::emergency, model::Priority::no_rank, 2, "a");
    EXPECT_TRUE(stronger(event(PriorityClass::emergency, 1'000'000, 1, "b"), none));
    EXPECT_TRUE(stronger(none, event(PriorityClass::contract, 0, 2, "c")));
}

TEST(Timeline, rule_030_the_shift_is_drawn_once_and_stays_while_the_range_does) {
    const model::Randomise range{0, 600 * second_us};
    const Us first = draw_shift(7, "event", range);
    EXPECT_GE(first, range.low_us);
    EXPECT_LE(first, range.high_us);
    EXPECT_EQ(draw_shift(7, "event", range), first);
    EXPECT_NE(draw_shift(8, "event", range), first);
    EXPECT_NE(draw_shift(7, "other", range), first);
    EXPECT_EQ(draw_shift(7, "event", {}), 0);
}

TEST(Timeline, shifts_fill_their_range_evenly) {
    const model::Randomise range{-10, 9};
    std::vector<int> counts(20, 0);
    for (int each = 0; each < 20'000; ++each) {
        ++counts[static_cast<std::size_t>(draw_shift(1, std::to_string(each), range) + 10)];
    }
    EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 800);
    EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 1200);
}

TEST(Timeline, shifting_neither_overflows_nor_moves_never) {
    EXPECT_EQ(shifted(model::never, 5), model::never);
    EXPECT_LT(shifted(model::never - 3, 100), model::never);
    EXPECT_EQ(shifted(5, -100), 0);
}

Signal signal(SignalKind kind, model::MilliW power = 0, model::Ppm ratio = 0, std::int64_t value = 0) {
    Signal made;
    made.kind = kind;
    made.power_mw = power;
    made.ratio_ppm = ratio;
    made.value = value;
    return made;
}

const Reference reference{30 * kw, 100 * kw, {750'000, 500'000, 250'000}};

TEST(Timeline, powers_are_asked_exactly) {
    EXPECT_EQ(ask_of(signal(SignalKind::setpoint, -4 * kw), reference)->low_mw, -4 * kw);
    EXPECT_EQ(ask_of(signal(SignalKind::setpoint, -4 * kw), reference)->high_mw, -4 * kw);
    EXPECT_EQ(ask_of(signal(SignalKind::delta, -10 * kw), reference)->high_mw, 20 * kw);
    EXPECT_EQ(ask_of(signal(SignalKind::scale, 0, 400'000), reference)->high_mw, 40 * kw);
}

TEST(Timeline, level_0_is_normal_and_the_others_bound_the_import) {
    EXPECT_FALSE(ask_of(signal(SignalKind::level, 0, 0, 0), reference));
    const auto second = ask_of(signal(SignalKind::level, 0, 0, 2), reference);
    EXPECT_EQ(second->kind, ClaimKind::level);
    EXPECT_EQ(second->high_mw, 50 * kw);
    EXPECT_EQ(second->low_mw, -model::unlimited_mw);
    EXPECT_EQ(ask_of(signal(SignalKind::level, 0, 0, 9), reference)->high_mw, 25 * kw);
}

TEST(Timeline, limits_bound_one_side_and_are_never_negative) {
    EXPECT_EQ(ask_of(signal(SignalKind::import_limit, 7 * kw), reference)->high_mw, 7 * kw);
    EXPECT_EQ(ask_of(signal(SignalKind::import_limit, -7 * kw), reference)->high_mw, 0);
    EXPECT_EQ(ask_of(signal(SignalKind::export_limit, 7 * kw), reference)->low_mw, -7 * kw);
    EXPECT_EQ(ask_of(signal(SignalKind::export_limit, 7 * kw), reference)->high_mw, model::unlimited_mw);
}

TEST(Timeline, prices_and_the_like_order_nothing) {
    for (const auto kind : {SignalKind::price, SignalKind::ghg, SignalKind::charge_state, SignalKind::opaque}) {
        EXPECT_FALSE(ask_of(signal(kind, kw, 1, 1), reference));
    }
}

TEST(Timeline, absurd_numbers_are_bounded) {
    const auto most = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(ask_of(signal(SignalKind::setpoint, most), reference)->high_mw, model::unlimited_mw);
    EXPECT_EQ(ask_of(signal(SignalKind::delta, most), reference)->high_mw, model::unlimited_mw);
    EXPECT_EQ(ask_of(signal(SignalKind::scale, 0, most), reference)->high_mw, model::unlimited_mw);
}

Claim claim(std::uint32_t event_place, std::uint32_t target, Us start, Us end, ClaimKind kind = ClaimKind::power) {
    return {event_place, 0, target, start, end, {kind, 0, 0}};
}

std::vector<std::uint32_t> events_at(const std::vector<Claim>& claims, Us at) {
    std::vector<std::uint32_t> found;
    for (const auto* each : in_force(claims, at)) found.push_back(each->event);
    return found;
}

TEST(Timeline, the_weaker_of_two_on_one_target_waits_and_resumes) {
    const std::vector<Claim> claims{claim(0, 1, 10, 20), claim(1, 1, 0, 30)};
    EXPECT_THAT(events_at(claims, 5), ElementsAre(1));
    EXPECT_THAT(events_at(claims, 10), ElementsAre(0));
    EXPECT_THAT(events_at(claims, 20), ElementsAre(1));
    EXPECT_THAT(events_at(claims, 30), ElementsAre());
}

TEST(Timeline, other_targets_and_other_kinds_do_not_compete) {
    const std::vector<Claim> claims{claim(0, 1, 0, 9), claim(1, 2, 0, 9), claim(2, 1, 0, 9, ClaimKind::level),
                                    claim(3, 1, 0, 9, ClaimKind::limit), claim(4, 1, 0, 9, ClaimKind::limit)};
    EXPECT_THAT(events_at(claims, 0), ElementsAre(0, 1, 2, 3, 4));
}

TEST(Timeline, changes_are_every_start_and_end_ahead_once) {
    const std::vector<Claim> claims{claim(0, 1, 10, 20), claim(1, 1, 0, 20), claim(2, 1, 15, model::never)};
    EXPECT_THAT(changes(claims, 0, model::never, 9), ElementsAre(10, 15, 20));
    EXPECT_THAT(changes(claims, 10, 20, 9), ElementsAre(15));
    EXPECT_THAT(changes(claims, 0, model::never, 2), ElementsAre(10, 15));
}

}  // namespace
}  // namespace busbar::dispatch
