#include "protocols/wire/types.hpp"

#include <gtest/gtest.h>

namespace busbar::wire {
namespace {

constexpr std::int64_t second = 1'000'000;
constexpr std::int64_t day = 86'400 * second;

std::int64_t instant(std::string_view text) {
    const auto when = parse_date_time(text);
    EXPECT_TRUE(when) << text;
    return when ? when->us : 0;
}

TEST(DateTime, reads_rfc_3339) {
    EXPECT_EQ(instant("1970-01-01T00:00:00Z"), 0);
    EXPECT_EQ(instant("2024-02-29T12:34:56Z"), 1'709'210'096 * second);
    EXPECT_EQ(instant("1969-12-31T23:59:59.5Z"), -second / 2);
    EXPECT_EQ(instant("2000-03-01T00:00:00Z"), 951'868'800 * second);
    EXPECT_EQ(instant("2024-02-29t12:34:56z"), 1'709'210'096 * second);
}

TEST(DateTime, reads_fractions_of_any_length_to_the_microsecond) {
    EXPECT_EQ(instant("1970-01-01T00:00:00.1Z"), 100'000);
    EXPECT_EQ(instant("1970-01-01T00:00:00.000001Z"), 1);
    EXPECT_EQ(instant("1970-01-01T00:00:00.123456789012Z"), 123'456);
}

TEST(DateTime, reads_zones) {
    const std::int64_t noon = instant("2024-06-01T12:00:00Z");
    EXPECT_EQ(instant("2024-06-01T12:00:00"), noon);
    EXPECT_EQ(instant("2024-06-01T14:00:00+02:00"), noon);
    EXPECT_EQ(instant("2024-06-01T14:00:00+0200"), noon);
    EXPECT_EQ(instant("2024-06-01T14:00:00+02"), noon);
    EXPECT_EQ(instant("2024-06-01T06:30:00-05:30"), noon);
    EXPECT_EQ(instant("2024-06-01T12:00:00-00:00"), noon);
}

TEST(DateTime, reads_midnight_as_24_and_leap_seconds) {
    EXPECT_EQ(instant("2024-06-01T24:00:00Z"), instant("2024-06-02T00:00:00Z"));
    EXPECT_EQ(instant("2016-12-31T23:59:60Z"), instant("2017-01-01T00:00:00Z"));
}

TEST(DateTime, the_year_0_or_1_means_now) {
    for (const char* text : {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00", "0000-01-01T00:00:00Z",
                             "0000-00-00T00:00:00Z", "0001-01-01T05:00:00+01:00", "0001-01-01", "0000-00-00"}) {
        EXPECT_EQ(instant(text), DateTime::now_sentinel) << text;
    }
    EXPECT_EQ(to_text(DateTime{DateTime::now_sentinel}), "0001-01-01T00:00:00Z");
}

TEST(DateTime, refuses_what_is_none) {
    for (const char* text : {"",
                             "now",
                             "2024",
                             "2024-01-01",
                             "2024-01-01T",
                             "2024-01-01T00:00",
                             "2024-13-01T00:00:00Z",
                             "2024-00-01T00:00:00Z",
                             "2024-02-30T00:00:00Z",
                             "2023-02-29T00:00:00Z",
                             "1900-02-29T00:00:00Z",
                             "2024-01-01T25:00:00Z",
                             "2024-01-01T24:00:01Z",
                             "2024-01-01T00:60:00Z",
                             "2024-01-01T00:00:61Z",
                             "2024-01-01T00:00:00.Z",
                             "2024-01-01T00:00:00+",
                             "2024-01-01T00:00:00+2",
                             "2024-01-01T00:00:00+02:",
                             "2024-01-01T00:00:00+24:00",
                             "2024-01-01T00:00:00+02:60",
                             "2024-01-01T00:00:00Z ",
                             " 2024-01-01T00:00:00Z",
                             "2024-01-01T00:00:00X",
                             "24-01-01T00:00:00Z",
                             "+2024-01-01T00:00:00Z",
                             "0000-06-01T00:00:00Z",
                             "2024-1-1T00:00:00Z"}) {
        EXPECT_FALSE(parse_date_time(text)) << text;
    }
}

TEST(DateTime, writes_utc_with_the_digits_that_are_needed) {
    EXPECT_EQ(to_text(DateTime{0}), "1970-01-01T00:00:00Z");
    EXPECT_EQ(to_text(DateTime{1'709'210'096 * second}), "2024-02-29T12:34:56Z");
    EXPECT_EQ(to_text(DateTime{1'500'000}), "1970-01-01T00:00:01.5Z");
    EXPECT_EQ(to_text(DateTime{1'000'001}), "1970-01-01T00:00:01.000001Z");
    EXPECT_EQ(to_text(DateTime{-1}), "1969-12-31T23:59:59.999999Z");
}

TEST(DateTime, what_has_no_text_form_is_written_as_the_nearest_that_has_one) {
    EXPECT_EQ(to_text(DateTime{std::numeric_limits<std::int64_t>::max()}), "9999-12-31T23:59:59.999999Z");
    EXPECT_EQ(to_text(DateTime{std::numeric_limits<std::int64_t>::min() + 1}), "0001-01-02T00:00:00Z");
}

TEST(DateTime, every_day_of_four_centuries_reads_back) {
    for (std::int64_t d = -135'140; d < 146'097; ++d) {  // from 1600-01-01
        const DateTime when{d * day + 1};
        ASSERT_EQ(parse_date_time(to_text(when)), when) << d;
    }
}

std::int64_t span(std::string_view text) {
    const auto read = parse_duration(text);
    EXPECT_TRUE(read) << text;
    return read ? read->us : 0;
}

TEST(Duration, reads_iso_8601) {
    EXPECT_EQ(span("PT15M"), 900 * second);
    EXPECT_EQ(span("P1DT2H"), day + 7200 * second);
    EXPECT_EQ(span("-PT5S"), -5 * second);
    EXPECT_EQ(span("+PT5S"), 5 * second);
    EXPECT_EQ(span("PT0.5S"), second / 2);
    EXPECT_EQ(span("PT0,5S"), second / 2);
    EXPECT_EQ(span("P2W"), 14 * day);
    EXPECT_EQ(span("P1Y"), 365 * day);
    EXPECT_EQ(span("P1M"), 30 * day);
    EXPECT_EQ(span("PT1M"), 60 * second);
    EXPECT_EQ(span("P1Y2M3W4DT5H6M7.25S"), (365 + 60 + 21 + 4) * day + (5 * 3600 + 6 * 60 + 7) * second + second / 4);
    EXPECT_EQ(span("PT36H"), 36 * 3600 * second);
    EXPECT_EQ(span("PT0S"), 0);
    EXPECT_EQ(span("P0D"), 0);
    EXPECT_EQ(span("PT1.5H"), 5400 * second);
}

TEST(Duration, P9999Y_is_endless) {
    EXPECT_EQ(span("P9999Y"), Duration::endless);
    EXPECT_EQ(span("P12000Y"), Duration::endless);
    EXPECT_EQ(to_text(Duration{Duration::endless}), "P9999Y");
    EXPECT_EQ(to_text(Duration{9999 * 365 * day}), "P9999Y");
}

TEST(Duration, refuses_what_is_none) {
    for (const char* text : {"",         "P",        "PT",    "-P",       "15M",   "PT15",     "P15",
                             "P1S",      "PT1D",     "P1DT",  "PT1M1H",   "P1D1D", "PT1M1M",   "PT.5S",
                             "PT1.S",    "PT1.5M3S", "P1D ",  " P1D",     "P-1D",  "PT1H T1M", "P99999999999999999999D",
                             "P300000Y", "pt1h",     "--P1D", "P1DT1HT1M"}) {
        EXPECT_FALSE(parse_duration(text)) << text;
    }
}

TEST(Duration, writes_days_hours_minutes_seconds) {
    EXPECT_EQ(to_text(Duration{0}), "PT0S");
    EXPECT_EQ(to_text(Duration{900 * second}), "PT15M");
    EXPECT_EQ(to_text(Duration{2 * day}), "P2D");
    EXPECT_EQ(to_text(Duration{day + 2 * 3600 * second}), "P1DT2H");
    EXPECT_EQ(to_text(Duration{-5 * second}), "-PT5S");
    EXPECT_EQ(to_text(Duration{second / 2}), "PT0.5S");
    EXPECT_EQ(to_text(Duration{61 * second + 1}), "PT1M1.000001S");
    EXPECT_EQ(parse_duration(to_text(Duration{std::numeric_limits<std::int64_t>::min() + 1}))->us,
              std::numeric_limits<std::int64_t>::min() + 1);
    EXPECT_EQ(to_text(Duration{std::numeric_limits<std::int64_t>::min()}), "-P106751991DT4H54.775808S");
}

TEST(AnyValue, number_and_string_views) {
    EXPECT_EQ(AnyValue{std::int64_t{5}}.number(), 5.0);
    EXPECT_EQ(AnyValue{2.5}.number(), 2.5);
    EXPECT_EQ(AnyValue{std::string("x")}.number(), std::nullopt);
    EXPECT_EQ(AnyValue{std::string("x")}.string(), "x");
    EXPECT_EQ(AnyValue{true}.string(), std::nullopt);
}

TEST(Attr, takes_what_its_value_takes) {
    Attr<std::optional<Text<20>>> href = "/dcap";
    EXPECT_EQ(href.value, "/dcap");
    href = std::nullopt;
    EXPECT_EQ(href.value, std::nullopt);
}

}  // namespace
}  // namespace busbar::wire
