// What an event of OpenADR 3 means in the common model.
#include "protocols/openadr/v3/translate.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "protocols/wire/json.hpp"

namespace busbar::openadr::v3 {

namespace {

using model::SignalKind;
using model::Us;

constexpr Us noon = 1'760'000'400'000'000;  // 2025-10-09T09:00:00Z
constexpr Us minute = model::minute_us;

EventKeep event(const std::string& members) {
    EventKeep keep;
    const std::string text = R"({"programID":"program-1",)" + members + "}";
    const wire::Failure failure = wire::from_json(text, static_cast<EventRequest&>(keep.event));
    EXPECT_EQ(failure, std::nullopt) << failure->text() << text;
    keep.event.id = "event-1";
    keep.received_us = noon;
    return keep;
}
model::GridEvent grid(const std::string& members, const TranslateOptions& options = {}) {
    return to_model(event(members), nullptr, options);
}
std::string intervals(const std::string& type, const std::string& values) {
    return R"("intervals":[{"id":0,"payloads":[{"type":")" + type + R"(","values":)" + values + "}]}]";
}
const std::string hour_from_noon = R"("intervalPeriod":{"start":"2025-10-09T09:00:00Z","duration":"PT1H"},)";

bool has_loss(const model::GridEvent& event, std::string_view code) {
    for (const model::LossNote& loss : event.losses) {
        if (loss.code == code) return true;
    }
    return false;
}
model::Signal only_signal(const model::GridEvent& event) {
    EXPECT_EQ(event.intervals.size(), 1U);
    return event.intervals.empty() ? model::Signal{} : event.intervals[0].signals.at(0);
}

}  // namespace

// ---- time
// ------------------------------------------------------------------------------------------------------------

TEST(OpenAdr3Time, OA3_51_the_events_period_is_the_default_of_every_interval) {
    const model::GridEvent out = grid(hour_from_noon + R"("intervals":[{"id":0,"payloads":[]},
        {"id":1,"intervalPeriod":{"duration":"PT2H"},"payloads":[]},{"id":2,"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 3U);
    EXPECT_EQ(out.intervals[0].start_us, noon);
    EXPECT_EQ(out.intervals[1].start_us, noon + 60 * minute);
    EXPECT_EQ(out.intervals[1].end_us, noon + 180 * minute);
    EXPECT_EQ(out.intervals[2].end_us, noon + 240 * minute);
    EXPECT_EQ(out.intervals[2].native_id, "2");
}

TEST(OpenAdr3Time, OA3_52_now_at_the_event_and_after_one_another) {
    const model::GridEvent out = grid(R"("intervalPeriod":{"start":"0001-01-01T00:00:00Z","duration":"PT10M"},
        "intervals":[{"id":0,"intervalPeriod":{"start":"0001-01-01"},"payloads":[]},
                     {"id":1,"intervalPeriod":{"start":"0000-00-00T00:00:00Z","duration":"PT5M"},"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 2U);
    EXPECT_EQ(out.intervals[0].start_us, noon);
    EXPECT_EQ(out.intervals[1].start_us, noon + 10 * minute);
    EXPECT_EQ(out.intervals[1].end_us, noon + 15 * minute);
}

TEST(OpenAdr3Time, an_intervals_own_start_wins_and_the_next_follows_it) {
    const model::GridEvent out = grid(hour_from_noon + R"("intervals":[
        {"id":0,"intervalPeriod":{"start":"2025-10-09T12:00:00Z"},"payloads":[]},{"id":1,"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 2U);
    EXPECT_EQ(out.intervals[0].start_us, noon + 180 * minute);
    EXPECT_EQ(out.intervals[1].start_us, noon + 240 * minute);
}

TEST(OpenAdr3Time, without_any_start_it_is_now) {
    const model::GridEvent out = grid(R"("intervalPeriod":{"duration":"PT1H"},"intervals":[{"id":0,"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 1U);
    EXPECT_EQ(out.intervals[0].start_us, noon);
}

TEST(OpenAdr3Time, OA3_55_P9999Y_has_no_end) {
    const model::GridEvent out = grid(R"("intervalPeriod":{"start":"2025-10-09T09:00:00Z","duration":"P9999Y"},
        "intervals":[{"id":0,"payloads":[]},{"id":1,"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 1U);
    EXPECT_EQ(out.intervals[0].end_us, model::never);
    EXPECT_TRUE(has_loss(out, "unreachable"));
}

TEST(OpenAdr3Time, OA3_56_n_values_cut_the_interval_into_n_parts) {
    const model::GridEvent out = grid(R"("intervalPeriod":{"start":"2025-10-09T09:00:00Z","duration":"PT3H"},)" +
                                      intervals("PRICE", "[0.17,0.03,0.11]"));
    ASSERT_EQ(out.intervals.size(), 3U);
    EXPECT_EQ(out.intervals[1].start_us, noon + 60 * minute);
    EXPECT_EQ(out.intervals[1].end_us, noon + 120 * minute);
    EXPECT_EQ(out.intervals[1].signals.at(0).price_micro, 30'000);
    EXPECT_EQ(out.intervals[1].native_id, "0.1");
}

TEST(OpenAdr3Time, OA3_56_payloads_of_different_counts_are_cut_where_any_changes) {
    const model::GridEvent out = grid(hour_from_noon + R"("intervals":[{"id":4,"payloads":[
        {"type":"DISPATCH_SETPOINT","values":[1,2]},{"type":"PRICE","values":[10,20,30]},{"type":"GHG","values":[5]}]}])");
    ASSERT_EQ(out.intervals.size(), 4U);  // 0, 20, 30, 40 min
    EXPECT_EQ(out.intervals[1].start_us, noon + 20 * minute);
    EXPECT_EQ(out.intervals[2].start_us, noon + 30 * minute);
    EXPECT_EQ(out.intervals[1].signals.at(0).power_mw, 1'000'000);
    EXPECT_EQ(out.intervals[2].signals.at(0).power_mw, 2'000'000);
    EXPECT_EQ(out.intervals[2].signals.at(1).price_micro, 20'000'000);
    EXPECT_EQ(out.intervals[3].signals.at(2).value, 5);
}

TEST(OpenAdr3Time, a_list_that_is_one_value_is_not_cut) {
    const model::GridEvent out = grid(hour_from_noon + intervals("DISPATCH_INSTRUCTION", R"(["shed","standby"])"));
    ASSERT_EQ(out.intervals.size(), 1U);
    EXPECT_EQ(out.intervals[0].signals.at(0).native, "DISPATCH_INSTRUCTION shed standby");
}

TEST(OpenAdr3Time, several_values_without_an_end_keep_the_first) {
    const model::GridEvent out = grid(R"("intervalPeriod":{"duration":"P9999Y"},)" + intervals("PRICE", "[1,2]"));
    EXPECT_EQ(only_signal(out).price_micro, 1'000'000);
    EXPECT_TRUE(has_loss(out, "open_interval"));
}

TEST(OpenAdr3Time, OA3_58_the_events_duration_cuts) {
    const model::GridEvent out =
        grid(R"("duration":"PT90M",)" + hour_from_noon +
             R"("intervals":[{"id":0,"payloads":[]},{"id":1,"payloads":[]},{"id":2,"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 2U);
    EXPECT_EQ(out.intervals[1].end_us, noon + 90 * minute);
}

TEST(OpenAdr3Time, OA3_58_the_events_duration_repeats) {
    const model::GridEvent out = grid(R"("duration":"PT5H",)" + hour_from_noon +
                                      R"("intervals":[{"id":0,"payloads":[]},{"id":1,"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 5U);
    EXPECT_EQ(out.intervals[2].native_id, "0#1");
    EXPECT_EQ(out.intervals[4].native_id, "0#2");
    EXPECT_EQ(out.intervals[4].end_us, noon + 300 * minute);
}

TEST(OpenAdr3Time, OA3_58_repeating_for_ever_is_bounded_and_noted) {
    TranslateOptions options;
    options.max_intervals = 10;
    const model::GridEvent out = grid(
        R"("duration":"P9999Y",)" + hour_from_noon + R"("intervals":[{"id":0,"payloads":[]},{"id":1,"payloads":[]}])",
        options);
    EXPECT_EQ(out.intervals.size(), 10U);
    EXPECT_TRUE(has_loss(out, "repetition_cut"));
}

TEST(OpenAdr3Time, overlapping_intervals_are_disentangled_and_noted) {
    const model::GridEvent out = grid(hour_from_noon + R"("intervals":[{"id":0,"payloads":[]},
        {"id":1,"intervalPeriod":{"start":"2025-10-09T09:30:00Z"},"payloads":[]},
        {"id":2,"intervalPeriod":{"start":"2025-10-09T08:00:00Z","duration":"PT10M"},"payloads":[]}])");
    ASSERT_EQ(out.intervals.size(), 3U);
    EXPECT_EQ(out.intervals[0].native_id, "2");
    EXPECT_EQ(out.intervals[1].end_us, noon + 30 * minute);
    EXPECT_TRUE(has_loss(out, "overlap"));
    for (std::size_t i = 1; i < out.intervals.size(); ++i)
        EXPECT_LE(out.intervals[i - 1].end_us, out.intervals[i].start_us);
}

TEST(OpenAdr3Time, an_interval_of_no_time_is_left_out_and_noted) {
    const model::GridEvent out = grid(R"("intervals":[{"id":0,"payloads":[]}])");
    EXPECT_TRUE(out.intervals.empty());
    EXPECT_TRUE(has_loss(out, "no_duration"));
}

TEST(OpenAdr3Time, OA3_57_the_start_is_randomised_either_way) {
    const model::GridEvent out =
        grid(R"("intervalPeriod":{"start":"2025-10-09T09:00:00Z","duration":"PT1H","randomizeStart":"PT5M"},)" +
             intervals("SIMPLE", "[1]"));
    EXPECT_EQ(out.randomise, (model::Randomise{-5 * minute, 5 * minute}));
}

TEST(OpenAdr3Time, extreme_times_do_no_harm) {
    const model::GridEvent out =
        grid(R"("duration":"P9998Y","intervalPeriod":{"start":"9999-12-31T23:59:59Z","duration":"P9998Y"},
        "intervals":[{"id":0,"payloads":[]},{"id":1,"payloads":[]},{"id":-2147483648,"payloads":[]}])");
    for (const model::Interval& interval : out.intervals) EXPECT_LT(interval.start_us, interval.end_us);
}

TEST(OpenAdr3Time, more_intervals_than_can_be_carried_are_cut_off_and_noted) {
    std::string values = "[0";
    for (int i = 1; i < 2000; ++i) values += ",1";
    const model::GridEvent out = grid(hour_from_noon + R"("intervals":[{"id":0,"payloads":[{"type":"PRICE","values":)" +
                                      values + R"(]}]},{"id":1,"payloads":[]}])");
    EXPECT_EQ(out.intervals.size(), 1000U);
    EXPECT_TRUE(has_loss(out, "too_many_intervals"));
}

TEST(OpenAdr3Time, interval_keys_read_as_written) {
    for (const char* text : {"0", "-3", "7.2", "7#1", "7.2#11"}) {
        const std::optional<IntervalKey> key = IntervalKey::parse(text);
        ASSERT_TRUE(key) << text;
        EXPECT_EQ(key->text(), text);
    }
    for (const char* text : {"", "x", "7.", "7#", "7.2.3", "7#1.2", "99999999999"})
        EXPECT_FALSE(IntervalKey::parse(text)) << text;
}

// ---- signals
// ---------------------------------------------------------------------------------------------------------

TEST(OpenAdr3Signal, OA3_59_priority_0_is_highest_and_none_is_lowest) {
    EXPECT_EQ(grid(R"("priority":0,)" + hour_from_noon + intervals("SIMPLE", "[1]")).priority.rank, 0U);
    EXPECT_EQ(grid(hour_from_noon + intervals("SIMPLE", "[1]")).priority.rank, model::Priority::no_rank);
}

TEST(OpenAdr3Signal, power_is_in_kw_unless_said_otherwise) {
    EXPECT_EQ(only_signal(grid(hour_from_noon + intervals("DISPATCH_SETPOINT", "[1.5]"))).power_mw, 1'500'000);
    const auto in = [](const std::string& unit) {
        return only_signal(grid(R"("payloadDescriptors":[{"payloadType":"DISPATCH_SETPOINT","units":")" + unit +
                                R"("}],)" + hour_from_noon + intervals("DISPATCH_SETPOINT", "[0.5]")));
    };
    EXPECT_EQ(in("KW").power_mw, 500'000);
    EXPECT_EQ(in("PERCENT").kind, SignalKind::scale);
    EXPECT_EQ(in("PERCENT").ratio_ppm, 500'000);
    EXPECT_EQ(in("CELSIUS").kind, SignalKind::opaque);
}

TEST(OpenAdr3Signal, units_of_the_program_hold_where_the_event_says_none) {
    Program program;
    program.programName = "p";
    program.payloadDescriptors.emplace().push_back(
        {std::nullopt, Name("DISPATCH_SETPOINT"), Name("MW"), {}, {}, {}, {}});
    const model::GridEvent out = to_model(event(hour_from_noon + intervals("DISPATCH_SETPOINT", "[2]")), &program, {});
    EXPECT_EQ(only_signal(out).power_mw, 2'000'000'000);
    EXPECT_EQ(out.program, "p");
}

TEST(OpenAdr3Signal, a_negative_setpoint_is_export_and_noted) {
    const model::GridEvent out = grid(hour_from_noon + intervals("DISPATCH_SETPOINT", "[-3]"));
    EXPECT_EQ(only_signal(out).power_mw, -3'000'000);
    EXPECT_TRUE(has_loss(out, "below_minimum"));
}

TEST(OpenAdr3Signal, a_relative_setpoint_points_as_configured) {
    const std::string members = hour_from_noon + intervals("DISPATCH_SETPOINT_RELATIVE", "[4]");
    EXPECT_EQ(only_signal(grid(members)).power_mw, 4'000'000);
    TranslateOptions reduction;
    reduction.relative_is_reduction = true;
    EXPECT_EQ(only_signal(grid(members, reduction)).power_mw, -4'000'000);
    EXPECT_EQ(only_signal(grid(members)).kind, SignalKind::delta);
}

TEST(OpenAdr3Signal, limits_are_never_loosened_and_come_first) {
    const model::GridEvent out = grid(hour_from_noon + intervals("IMPORT_CAPACITY_LIMIT", "[1.0000009]"));
    EXPECT_EQ(only_signal(out).kind, SignalKind::import_limit);
    EXPECT_EQ(only_signal(out).power_mw, 1'000'000);
    EXPECT_EQ(out.priority.priority_class, model::PriorityClass::operating_envelope);
    EXPECT_EQ(only_signal(grid(hour_from_noon + intervals("EXPORT_CAPACITY_LIMIT", "[-5]"))).power_mw, 0);
    EXPECT_EQ(only_signal(grid(hour_from_noon + intervals("EXPORT_CAPACITY_LIMIT", "[1e300]"))).power_mw,
              model::unlimited_mw);
}

TEST(OpenAdr3Signal, levels_are_0_to_3) {
    EXPECT_EQ(only_signal(grid(hour_from_noon + intervals("SIMPLE", "[2]"))).value, 2);
    EXPECT_EQ(only_signal(grid(hour_from_noon + intervals("SIMPLE", "[0]"))).kind, SignalKind::level);
    for (const char* wrong : {"[4]", "[-1]", "[1.5]", "[\"high\"]", "[true]"}) {
        EXPECT_EQ(only_signal(grid(hour_from_noon + intervals("SIMPLE", wrong))).kind, SignalKind::opaque) << wrong;
    }
}

TEST(OpenAdr3Signal, prices_keep_sign_and_currency) {
    const model::GridEvent out =
        grid(R"("payloadDescriptors":[{"payloadType":"PRICE","units":"KWH","currency":"EUR"}],)" + hour_from_noon +
             intervals("PRICE", "[-0.05]"));
    EXPECT_EQ(only_signal(out).price_micro, -50'000);
    EXPECT_EQ(only_signal(out).native, "EUR");
    EXPECT_EQ(out.priority.priority_class, model::PriorityClass::price);
}

TEST(OpenAdr3Signal, charge_states_are_ratio_or_energy) {
    const auto in = [](const std::string& unit, const std::string& value) {
        return only_signal(grid(R"("payloadDescriptors":[{"payloadType":"CHARGE_STATE_SETPOINT","units":")" + unit +
                                R"("}],)" + hour_from_noon + intervals("CHARGE_STATE_SETPOINT", value)));
    };
    EXPECT_EQ(in("PERCENT", "[0.8]").ratio_ppm, 800'000);
    EXPECT_EQ(in("PERCENT", "[80]").ratio_ppm, 800'000);
    EXPECT_EQ(in("KWH", "[12.5]").value, 12'500);
}

TEST(OpenAdr3Signal, a_grid_emergency_is_an_emergency) {
    EXPECT_EQ(grid(hour_from_noon + intervals("ALERT_GRID_EMERGENCY", R"(["help"])")).priority.priority_class,
              model::PriorityClass::emergency);
}

TEST(OpenAdr3Signal, every_loss_says_where_what_and_what_instead) {
    const model::GridEvent out = grid(hour_from_noon + intervals("CURVE", R"([[{"x":1,"y":2}]])"));
    ASSERT_EQ(out.losses.size(), 1U);
    EXPECT_EQ(out.losses[0].field, "/intervals/0/payloads/0/values/0");
    EXPECT_NE(out.losses[0].native.find("CURVE"), std::string::npos);
    EXPECT_FALSE(out.losses[0].kept.empty());
}

TEST(OpenAdr3Signal, targets_are_renamed_as_configured) {
    TranslateOptions options;
    options.targets = {{"VEN-9", {"site-a", "site-b"}}};
    const model::GridEvent out =
        grid(R"("targets":["VEN-9","group-1","VEN-9"],)" + hour_from_noon + intervals("SIMPLE", "[1]"), options);
    EXPECT_EQ(out.targets, (std::vector<std::string>{"site-a", "site-b", "group-1"}));
}

// ---- the User Guide's examples
// -----------------------------------------------------------------------------------------

TEST(OpenAdr3Examples, every_event_of_the_user_guide_is_read_and_translated) {
    const char* set = std::getenv("BUSBAR_STANDARDS");
    const char* source = std::getenv("BUSBAR_SOURCE_DIR");
    const std::filesystem::path standards =
        set ? std::filesystem::path(set) : std::filesystem::path(source ? source : ".") / "../shared/standards";
    const std::filesystem::path folder = standards / "openadr3/examples/3.1.0";
    if (!std::filesystem::exists(folder)) {
        if (std::getenv("CI")) FAIL() << "no OpenADR 3 examples at " << folder;
        GTEST_SKIP() << "no OpenADR 3 examples at " << folder << " (set BUSBAR_STANDARDS)";
    }
    int read = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        std::ostringstream text;
        text << std::ifstream(entry.path()).rdbuf();
        if (text.str().find("\"programID\"") == std::string::npos || text.str().starts_with("[")) continue;
        if (text.str().find("payLoadType") != std::string::npos) continue;  // a misspelt member: rightly refused
        EventKeep keep;
        const wire::Failure failure = wire::from_json(text.str(), static_cast<EventRequest&>(keep.event));
        EXPECT_EQ(failure, std::nullopt) << entry.path() << ": " << failure->text();
        to_model(keep, nullptr, {});
        ++read;
    }
    EXPECT_GE(read, 20);
}

}  // namespace busbar::openadr::v3
