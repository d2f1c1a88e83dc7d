// Text forms of instants and spans. Both are read by small cursors over the text: no locale, no time zone data, no
// exception, and every figure is bounded before it is multiplied.
#include "protocols/wire/types.hpp"

#include <array>
#include <charconv>

namespace busbar::wire {
namespace {

constexpr std::int64_t us_per_second = 1'000'000;
constexpr std::int64_t us_per_minute = 60 * us_per_second;
constexpr std::int64_t us_per_hour = 60 * us_per_minute;
constexpr std::int64_t us_per_day = 24 * us_per_hour;
constexpr std::int64_t us_per_year = 365 * us_per_day;
constexpr std::int64_t endless_from = 9999 * us_per_year;

struct Cursor {
    const char* at;
    const char* end;

    explicit Cursor(std::string_view text) : at(text.data()), end(text.data() + text.size()) {}
    bool done() const { return at == end; }
    bool next_is_digit() const { return at != end && *at >= '0' && *at <= '9'; }
    bool skip(char wanted) {
        if (at == end || *at != wanted) return false;
        ++at;
        return true;
    }
    // Exactly `count` digits; -1 if there are fewer.
    int digits(int count) {
        int number = 0;
        for (int i = 0; i < count; ++i) {
            if (!next_is_digit()) return -1;
            number = number * 10 + (*at++ - '0');
        }
        return number;
    }
};

// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, counted in eras of 400 years that begin in March.
constexpr std::int64_t days_from_civil(int year, int month, int day) {
    const int shifted = month <= 2 ? year - 1 : year;
    const int era = (shifted >= 0 ? shifted : shifted - 399) / 400;
    const int year_of_era = shifted - era * 400;
    const int day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    const int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return std::int64_t{era} * 146'097 + day_of_era - 719'468;
}

constexpr std::int64_t first_writable_us = days_from_civil(1, 1, 2) * us_per_day;
constexpr std::int64_t last_writable_us = days_from_civil(10'000, 1, 1) * us_per_day - 1;

constexpr int days_in_month(int year, int month) {
    constexpr std::array<int, 12> days{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[static_cast<std::size_t>(month - 1)];
}

struct Date {
    int year, month, day;
};

Date civil_from_days(std::int64_t days) {
    days += 719'468;
    const std::int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
    const int day_of_era = static_cast<int>(days - era * 146'097);
    const int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
    const int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const int shifted_month = (5 * day_of_year + 2) / 153;
    const int day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    const int month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    return {static_cast<int>(era * 400) + year_of_era + (month <= 2 ? 1 : 0), month, day};
}

// Digits after a decimal point as µs; further digits are cut off. False if there is none.
bool read_fraction(Cursor& in, std::int64_t& us) {
    if (!in.next_is_digit()) return false;
    std::int64_t weight = us_per_second / 10;
    for (; in.next_is_digit(); ++in.at) {
        us += (*in.at - '0') * weight;
        weight /= 10;
    }
    return true;
}

std::optional<std::int64_t> read_time_of_day(Cursor& in) {
    const int hour = in.digits(2);
    if (hour < 0 || !in.skip(':')) return std::nullopt;
    const int minute = in.digits(2);
    if (minute < 0 || minute > 59 || !in.skip(':')) return std::nullopt;
    const int second = in.digits(2);
    if (second < 0 || second > 60) return std::nullopt;  // 60: a leap second
    std::int64_t us = hour * us_per_hour + minute * us_per_minute + second * us_per_second;
    if ((in.skip('.') || in.skip(',')) && !read_fraction(in, us)) return std::nullopt;
    if (hour > 23 && us != us_per_day) return std::nullopt;  // 24:00:00 is the midnight that follows
    return us;
}

// What to take off the local time to have UTC.
std::optional<std::int64_t> read_zone(Cursor& in) {
    if (in.done() || in.skip('Z') || in.skip('z')) return 0;
    const bool west = in.skip('-');
    if (!west && !in.skip('+')) return std::nullopt;
    const int hours = in.digits(2);
    if (hours < 0 || hours > 23) return std::nullopt;
    int minutes = 0;
    if (in.skip(':') || !in.done()) minutes = in.digits(2);
    if (minutes < 0 || minutes > 59) return std::nullopt;
    const std::int64_t offset = hours * us_per_hour + minutes * us_per_minute;
    return west ? -offset : offset;
}

char* put(char* at, int number, int digits) {
    for (int i = digits - 1; i >= 0; --i) {
        at[i] = static_cast<char>('0' + number % 10);
        number /= 10;
    }
    return at + digits;
}

char* put_fraction(char* at, std::int64_t us) {
    if (us == 0) return at;
    *at++ = '.';
    at = put(at, static_cast<int>(us), 6);
    while (at[-1] == '0') --at;
    return at;
}

// The parts of a duration in the order in which they may stand.
struct Part {
    char letter;
    bool time;  // stands after the T
    std::int64_t us;
};
constexpr std::array<Part, 7> parts{{
    {'Y', false, us_per_year},
    {'M', false, 30 * us_per_day},
    {'W', false, 7 * us_per_day},
    {'D', false, us_per_day},
    {'H', true, us_per_hour},
    {'M', true, us_per_minute},
    {'S', true, us_per_second},
}};

// One figure of a duration with its letter, added to `sum`. False: not a figure, wrong order, too large for int64.
bool read_part(Cursor& in, bool time, std::size_t& next, std::int64_t& sum, bool& had_fraction) {
    std::int64_t count = 0;
    const auto [rest, error] = std::from_chars(in.at, in.end, count);
    if (error != std::errc{} || had_fraction) return false;
    in.at = rest;
    std::int64_t fraction = 0;
    if (in.skip('.') || in.skip(',')) {
        if (!read_fraction(in, fraction)) return false;
        had_fraction = true;
    }
    if (in.done()) return false;
    while (next < parts.size() && (parts[next].letter != *in.at || parts[next].time != time)) ++next;
    if (next == parts.size()) return false;
    ++in.at;
    const std::int64_t unit = parts[next++].us;
    std::int64_t whole = 0;
    if (__builtin_mul_overflow(count, unit, &whole)) return false;
    return !__builtin_add_overflow(sum, whole, &sum) &&
           !__builtin_add_overflow(sum, fraction * (unit / us_per_second), &sum);
}

void append_part(std::string& out, std::uint64_t count, char letter) {
    if (count == 0) return;
    char digits[20];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, count).ptr);
    out += letter;
}

}  // namespace

// OpenADR 3's "now", in any of the three ways in which its texts write it.
static bool is_sentinel(int year, int month, int day) {
    return (year <= 1 && month == 1 && day == 1) || (year == 0 && month == 0 && day == 0);
}

std::optional<DateTime> parse_date_time(std::string_view text) {
    Cursor in(text);
    const int year = in.digits(4);
    if (year < 0 || !in.skip('-')) return std::nullopt;
    const int month = in.digits(2);
    if (month < 0 || !in.skip('-')) return std::nullopt;
    const int day = in.digits(2);
    if (day < 0) return std::nullopt;
    if (in.done() && is_sentinel(year, month, day)) return DateTime{DateTime::now_sentinel};
    if (!(in.skip('T') || in.skip('t') || in.skip(' '))) return std::nullopt;
    const auto time = read_time_of_day(in);
    if (!time) return std::nullopt;
    const auto zone = read_zone(in);
    if (!zone || !in.done()) return std::nullopt;
    if (is_sentinel(year, month, day)) return DateTime{DateTime::now_sentinel};
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month)) return std::nullopt;
    const std::int64_t us = days_from_civil(year, month, day) * us_per_day + *time - *zone;
    if (us < first_writable_us || us > last_writable_us) return std::nullopt;
    return DateTime{us};
}

std::string to_text(DateTime when) {
    if (when.us == DateTime::now_sentinel) return "0001-01-01T00:00:00Z";
    const std::int64_t us = std::min(std::max(when.us, first_writable_us), last_writable_us);
    const std::int64_t days = (us >= 0 ? us : us - (us_per_day - 1)) / us_per_day;
    const std::int64_t rest = us - days * us_per_day;
    const Date date = civil_from_days(days);
    char text[32];
    char* at = put(text, date.year, 4);
    *at++ = '-';
    at = put(at, date.month, 2);
    *at++ = '-';
    at = put(at, date.day, 2);
    *at++ = 'T';
    at = put(at, static_cast<int>(rest / us_per_hour), 2);
    *at++ = ':';
    at = put(at, static_cast<int>(rest / us_per_minute % 60), 2);
    *at++ = ':';
    at = put(at, static_cast<int>(rest / us_per_second % 60), 2);
    at = put_fraction(at, rest % us_per_second);
    *at++ = 'Z';
    return {text, at};
}

std::optional<Duration> parse_duration(std::string_view text) {
    Cursor in(text);
    const bool negative = in.skip('-');
    if (!negative) in.skip('+');
    if (!in.skip('P') || in.done()) return std::nullopt;
    std::int64_t sum = 0;
    std::size_t next = 0;
    bool had_fraction = false;
    bool time = false;
    while (!in.done()) {
        if (!time && in.skip('T')) {
            time = true;
            if (in.done()) return std::nullopt;
        }
        if (!in.next_is_digit() || !read_part(in, time, next, sum, had_fraction)) return std::nullopt;
    }
    if (negative) return Duration{-sum};
    return Duration{sum >= endless_from ? Duration::endless : sum};
}

std::string to_text(Duration span) {
    if (span.us >= endless_from) return "P9999Y";
    if (span.us == 0) return "PT0S";
    const bool negative = span.us < 0;
    const auto us =
        negative ? std::uint64_t{0} - static_cast<std::uint64_t>(span.us) : static_cast<std::uint64_t>(span.us);
    std::string out = negative ? "-P" : "P";
    append_part(out, us / us_per_day, 'D');
    const std::uint64_t rest = us % us_per_day;
    if (rest == 0) return out;
    out += 'T';
    append_part(out, rest / us_per_hour, 'H');
    append_part(out, rest / us_per_minute % 60, 'M');
    const std::uint64_t seconds = rest / us_per_second % 60;
    const auto fraction = static_cast<std::int64_t>(rest % us_per_second);
    if (fraction == 0) {
        append_part(out, seconds, 'S');
        return out;
    }
    char digits[16];
    char* at = std::to_chars(digits, digits + sizeof digits, seconds).ptr;
    out.append(digits, put_fraction(at, fraction));
    return out += 'S';
}

std::optional<double> AnyValue::number() const {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* real = std::get_if<double>(&value)) return *real;
    return std::nullopt;
}

std::optional<std::string_view> AnyValue::string() const {
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    return std::nullopt;
}

}  // namespace busbar::wire
