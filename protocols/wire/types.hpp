// The member types of records. Each says what a standard's table says of a field: how long, how many, which range,
// required or optional, element or attribute. They behave like the plain value they hold; the limits are read by the
// codec (json.hpp, xml.hpp) and by check(), never by an assignment.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace busbar::wire {

inline constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();

// Text of Min..Max characters (Unicode code points, as JSON Schema's maxLength and XSD's maxLength count them).
template <std::size_t Max = unlimited, std::size_t Min = 0>
struct Text : std::string {
    using std::string::string;
    Text() = default;
    Text(std::string text) : std::string(std::move(text)) {}
    explicit Text(std::string_view text) : std::string(text) {}
};

// Text that must not be seen: a password, a token, a PIN. Written like Text, redacted by redact().
template <std::size_t Max = unlimited, std::size_t Min = 0>
struct Secret : std::string {
    using std::string::string;
    Secret() = default;
    Secret(std::string text) : std::string(std::move(text)) {}
};

// Hexadecimal digits of at most MaxBytes bytes, kept as written (upper or lower case, odd length tolerated on input).
template <std::size_t MaxBytes>
struct Hex : std::string {
    using std::string::string;
    Hex() = default;
    Hex(std::string digits) : std::string(std::move(digits)) {}
};

// A whole number of the range Lo..Hi.
template <class Int, Int Lo = std::numeric_limits<Int>::min(), Int Hi = std::numeric_limits<Int>::max()>
struct Whole {
    Int value{};
    constexpr Whole() = default;
    constexpr Whole(Int number) : value(number) {}
    constexpr operator Int() const { return value; }
};

// A decimal number: a multiple of 10^-Digits, held as a double but checked in decimal (OCPP 1.6 `multipleOf: 0.1`).
// Digits = -1: any double.
template <int Digits>
struct Decimal {
    double value{};
    constexpr Decimal() = default;
    constexpr Decimal(double number) : value(number) {}
    constexpr operator double() const { return value; }
};

// A number within closed bounds that are whole (most standards' are).
template <std::int64_t Lo, std::int64_t Hi>
struct Bounded {
    double value{};
    constexpr Bounded() = default;
    constexpr Bounded(double number) : value(number) {}
    constexpr operator double() const { return value; }
};

// A list of Min..Max members. In XML the element is repeated; an absent list and an empty one are the same.
template <class T, std::size_t Min = 0, std::size_t Max = unlimited>
struct List : std::vector<T> {
    using std::vector<T>::vector;
    List() = default;
    List(std::vector<T> members) : std::vector<T>(std::move(members)) {}
};

// A list that is written even when it is empty and must not be absent on input (JSON Schema: in `required`, no minItems).
// Any other list of no members is left out.
template <class T, std::size_t Min = 0, std::size_t Max = unlimited>
struct RequiredList : std::vector<T> {
    using std::vector<T>::vector;
    RequiredList() = default;
    RequiredList(std::vector<T> members) : std::vector<T>(std::move(members)) {}
};

// An open enumeration: a known member, or the text that came instead of one.
template <class E>
struct Open {
    std::optional<E> known;
    std::string other;  // only if not known
    Open() = default;
    Open(E member) : known(member) {}
    bool operator==(const Open&) const = default;
    bool is(E member) const { return known == member; }
};

// XML attribute. Optional attributes are Attr<std::optional<T>>.
template <class T>
struct Attr {
    T value{};
    Attr() = default;
    Attr(T v) : value(std::move(v)) {}
    template <class U>
        requires std::is_convertible_v<U, T> && (!std::is_same_v<std::remove_cvref_t<U>, Attr>)
    Attr(U&& v) : value(std::forward<U>(v)) {}
    bool operator==(const Attr&) const = default;
};

// XML simple content: the text of an element that also has attributes.
template <class T>
struct Content {
    T value{};
    Content() = default;
    Content(T v) : value(std::move(v)) {}
    template <class U>
        requires std::is_convertible_v<U, T> && (!std::is_same_v<std::remove_cvref_t<U>, Content>)
    Content(U&& v) : value(std::forward<U>(v)) {}
    bool operator==(const Content&) const = default;
};

// An instant: µs since 1970-01-01T00:00:00Z. Text form RFC 3339 / xs:dateTime; written in UTC with the digits that are
// needed (none, or up to six). On input a missing zone means UTC and offsets such as +02:00, +0200 and +02 are
// understood; `0001-01-01…`, `0000-01-01…` and `0000-00-00…` (OpenADR 3's "now") all read as DateTime::now_sentinel.
struct DateTime {
    std::int64_t us{};
    static constexpr std::int64_t now_sentinel = std::numeric_limits<std::int64_t>::min();
    constexpr DateTime() = default;
    constexpr explicit DateTime(std::int64_t micros) : us(micros) {}
    auto operator<=>(const DateTime&) const = default;
};
std::optional<DateTime> parse_date_time(std::string_view text);
std::string to_text(DateTime when);  // now_sentinel is written 0001-01-01T00:00:00Z

// A span: µs. Text form ISO 8601 (P1DT2H, PT15M, -PT5S, PT0.5S, P2W); a year counts 365 days and a month 30;
// `P9999Y` reads as and is written for Duration::endless.
struct Duration {
    std::int64_t us{};
    static constexpr std::int64_t endless = std::numeric_limits<std::int64_t>::max();
    constexpr Duration() = default;
    constexpr explicit Duration(std::int64_t micros) : us(micros) {}
    auto operator<=>(const Duration&) const = default;
};
std::optional<Duration> parse_duration(std::string_view text);
std::string to_text(Duration span);

// JSON of any shape, kept as its (valid, compact) text: customData, vendor extensions.
struct RawJson {
    std::string text;
    bool operator==(const RawJson&) const = default;
};

// A scalar of any JSON type, or a structured value as RawJson: OpenADR 3's valuesMap values.
struct AnyValue {
    std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, RawJson> value;
    bool operator==(const AnyValue&) const = default;
    std::optional<double> number() const;            // of an integer or a double
    std::optional<std::string_view> string() const;  // of a string
};

}  // namespace busbar::wire
