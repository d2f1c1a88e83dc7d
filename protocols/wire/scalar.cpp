#include "protocols/wire/scalar.hpp"

#include <charconv>
#include <cmath>

#include "protocols/wire/json.hpp"

namespace busbar::wire {
namespace {

[[gnu::cold, gnu::noinline]] bool fail(Problem& problem, Fault fault, std::string detail) {
    problem.fault = fault;
    problem.detail = std::move(detail);
    return false;
}

[[gnu::cold, gnu::noinline]] bool out_of_range(const Type& type, std::string got, Problem& problem) {
    std::string detail = std::move(got);
    if (type.bounded) {
        detail.append(", expected ").append(std::to_string(type.low)).append(" to ").append(std::to_string(type.high));
    }
    return fail(problem, Fault::out_of_range, std::move(detail));
}

// A decimal number text taken apart: ±0.d1d2d3… × 10^point, with d1 and the last digit not zero (0 has no digits).
struct Digits {
    bool negative = false;
    int point = 0;
    std::string_view whole;     // digits before the point, leading zeros cut off
    std::string_view fraction;  // digits after it, trailing zeros cut off
};

bool skip_digits(const char*& at, const char* end) {
    const char* start = at;
    while (at != end && *at >= '0' && *at <= '9') ++at;
    return at != start;
}

// False: not of the form [+-]digits[.digits][e[+-]digits]. The exponent is cut off at ±99999.
bool take_apart(std::string_view text, Digits& out) {
    const char* at = text.data();
    const char* end = at + text.size();
    if (at != end && (*at == '-' || *at == '+')) out.negative = *at++ == '-';
    const char* start = at;
    const bool has_whole = skip_digits(at, end);
    out.whole = {start, at};
    bool has_fraction = false;
    if (at != end && *at == '.') {
        start = ++at;
        has_fraction = skip_digits(at, end);
        out.fraction = {start, at};
    }
    if (!has_whole && !has_fraction) return false;
    if (at != end && (*at == 'e' || *at == 'E')) {
        ++at;
        const bool minus = at != end && *at == '-';
        if (at != end && (*at == '-' || *at == '+')) ++at;
        start = at;
        if (!skip_digits(at, end)) return false;
        int exponent = 0;
        for (; start != at && exponent < 10'000; ++start) exponent = exponent * 10 + (*start - '0');
        out.point = minus ? -exponent : exponent;
    }
    while (out.fraction.ends_with('0')) out.fraction.remove_suffix(1);
    while (out.whole.starts_with('0')) out.whole.remove_prefix(1);
    return at == end;
}

enum class WholeText { ok, fraction, overflow };

// The number as a whole one, if it is: 5, 5.0, 50e-1 and 0.5e1 all are 5.
WholeText whole_of(const Digits& digits, std::uint64_t& magnitude) {
    const auto size = static_cast<std::int64_t>(digits.whole.size() + digits.fraction.size());
    const std::int64_t before_point = static_cast<std::int64_t>(digits.whole.size()) + digits.point;
    auto digit = [&](std::int64_t i) {
        const auto at = static_cast<std::size_t>(i);
        return at < digits.whole.size() ? digits.whole[at] - '0' : digits.fraction[at - digits.whole.size()] - '0';
    };
    magnitude = 0;
    for (std::int64_t i = std::max<std::int64_t>(before_point, 0); i < size; ++i) {
        if (digit(i) != 0) return WholeText::fraction;
    }
    for (std::int64_t i = 0; i < before_point; ++i) {
        if (i >= size && magnitude == 0) return WholeText::ok;
        if (__builtin_mul_overflow(magnitude, std::uint64_t{10}, &magnitude)) return WholeText::overflow;
        const auto next = static_cast<std::uint64_t>(i < size ? digit(i) : 0);
        if (__builtin_add_overflow(magnitude, next, &magnitude)) return WholeText::overflow;
    }
    return WholeText::ok;
}

bool is_multiple(double number, int decimals) {
    constexpr double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    if (static_cast<std::size_t>(decimals) < std::size(powers)) {
        // If number is the double that is nearest to k / 10^decimals, then that k is the rounded product, and its
        // quotient, correctly rounded, is number again. So it holds as long as k is exact.
        const double power = powers[decimals];
        const double k = std::nearbyint(number * power);
        if (std::fabs(k) < 1e15) return k / power == number;
    }
    char text[40];
    const auto end = std::to_chars(text, text + sizeof text, number).ptr;
    Digits digits;
    take_apart({text, end}, digits);
    return static_cast<int>(digits.fraction.size()) - digits.point <= decimals;
}

[[gnu::cold, gnu::noinline]] bool out_of_bounds(const Type& type, double number, Problem& problem) {
    if (!std::isfinite(number)) return fail(problem, Fault::out_of_range, "not a finite number");
    std::string got;
    append_json_number(got, number);
    return out_of_range(type, std::move(got), problem);
}
[[gnu::cold, gnu::noinline]] bool out_of_range(const Type& type, std::int64_t number, Problem& problem) {
    return out_of_range(type, std::to_string(number), problem);
}
[[gnu::cold, gnu::noinline]] bool out_of_range(const Type& type, std::uint64_t number, Problem& problem) {
    return out_of_range(type, std::to_string(number), problem);
}

bool check_bounds(const Type& type, double number, Problem& problem) {
    const bool outside =
        type.bounded && (number < static_cast<double>(type.low) || number > static_cast<double>(type.high));
    return (std::isfinite(number) && !outside) || out_of_bounds(type, number, problem);
}

[[gnu::cold, gnu::noinline]] bool too_many_decimals(const Type& type, double number, Problem& problem) {
    std::string detail;
    append_json_number(detail, number);
    detail.append(", at most ").append(std::to_string(type.decimals)).append(" decimals are allowed");
    return fail(problem, Fault::out_of_range, std::move(detail));
}

bool check_number(const Type& type, double number, Problem& problem) {
    if (!check_bounds(type, number, problem)) return false;
    return type.decimals < 0 || is_multiple(number, type.decimals) || too_many_decimals(type, number, problem);
}

bool in_range(const Type& type, std::int64_t number) {
    return number >= type.low && (number < 0 || static_cast<std::uint64_t>(number) <= type.high);
}
bool in_range(const Type& type, std::uint64_t number) {
    return number <= type.high && (type.low <= 0 || number >= static_cast<std::uint64_t>(type.low));
}

template <class Number>
void store_whole(Kind kind, Number number, void* target) {
    switch (kind) {
        case Kind::int8:
            *static_cast<std::int8_t*>(target) = static_cast<std::int8_t>(number);
            break;
        case Kind::int16:
            *static_cast<std::int16_t*>(target) = static_cast<std::int16_t>(number);
            break;
        case Kind::int32:
            *static_cast<std::int32_t*>(target) = static_cast<std::int32_t>(number);
            break;
        case Kind::int64:
            *static_cast<std::int64_t*>(target) = static_cast<std::int64_t>(number);
            break;
        case Kind::uint8:
            *static_cast<std::uint8_t*>(target) = static_cast<std::uint8_t>(number);
            break;
        case Kind::uint16:
            *static_cast<std::uint16_t*>(target) = static_cast<std::uint16_t>(number);
            break;
        case Kind::uint32:
            *static_cast<std::uint32_t*>(target) = static_cast<std::uint32_t>(number);
            break;
        case Kind::uint64:
            *static_cast<std::uint64_t*>(target) = static_cast<std::uint64_t>(number);
            break;
        default:
            break;
    }
}

bool check_text_size(const Type& type, std::string_view text, Problem& problem) {
    // A character is one to four bytes, so most texts need no counting.
    if (text.size() <= type.max_size && type.min_size == 0) return true;
    const std::size_t size = code_points(text);
    if (size > type.max_size) {
        return fail(problem, Fault::too_long, sized_detail(size, "characters", "at most", type.max_size));
    }
    if (size < type.min_size) {
        return fail(problem, Fault::too_short, sized_detail(size, "characters", "at least", type.min_size));
    }
    return true;
}

bool check_hex(const Type& type, std::string_view digits, Problem& problem) {
    for (const char c : digits) {
        const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        if (!hex) return fail(problem, Fault::bad_format, "expected hexadecimal digits only");
    }
    const std::size_t bytes = digits.size() / 2 + digits.size() % 2;
    if (bytes <= type.max_size) return true;
    return fail(problem, Fault::too_long, sized_detail(bytes, "bytes", "at most", type.max_size));
}

bool set_enumeration(const Type& type, std::string_view text, void* target, Problem& problem) {
    const EnumOps& ops = *type.enumeration;
    for (std::size_t i = 0; i < ops.names.size(); ++i) {
        if (same_name(ops.names[i], text)) {
            ops.set(target, i);
            return true;
        }
    }
    if (type.kind == Kind::open_enumeration) {
        ops.other(target)->assign(text);
        return true;
    }
    std::string detail = quoted(text) + ", expected one of";
    for (std::size_t i = 0; i < ops.names.size() && i < 12; ++i) {
        detail.append(i == 0 ? " " : ", ").append(ops.names[i]);
    }
    if (ops.names.size() > 12) detail += " …";
    return fail(problem, Fault::not_in_enum, std::move(detail));
}

bool check_utf8(std::string_view text, Problem& problem) {
    return is_utf8(text) || fail(problem, Fault::syntax, "text that is not valid UTF-8");
}

bool check_any(const AnyValue& any, Problem& problem) {
    if (const auto* real = std::get_if<double>(&any.value)) {
        return std::isfinite(*real) || fail(problem, Fault::out_of_range, "not a finite number");
    }
    if (const auto* text = std::get_if<std::string>(&any.value)) return check_utf8(*text, problem);
    if (const auto* raw = std::get_if<RawJson>(&any.value)) {
        return is_json(raw->text) || fail(problem, Fault::bad_format, "not valid JSON");
    }
    return true;
}

bool check_date_time(DateTime when, Problem& problem) {
    return parse_date_time(to_text(when)) == when ||
           fail(problem, Fault::out_of_range, "an instant before the year 1 or after the year 9999");
}

bool check_enumeration(const Type& type, const void* value, Problem& problem) {
    const EnumOps& ops = *type.enumeration;
    if (ops.get(value) < ops.names.size()) return true;
    if (type.kind == Kind::enumeration) {
        return fail(problem, Fault::not_in_enum, "a value without a name in its enumeration");
    }
    return check_utf8(*ops.other_text(value), problem);
}

}  // namespace

std::string quoted(std::string_view text) {
    std::size_t end = std::min<std::size_t>(text.size(), 40);
    while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
    std::string out;
    append_json_string(out, text.substr(0, end));
    if (end < text.size()) out.insert(out.size() - 1, "…");
    return out;
}

std::string sized_detail(std::size_t size, std::string_view unit, std::string_view bound, std::size_t limit) {
    std::string out = std::to_string(size);
    out.append(" ").append(unit).append(", ").append(bound).append(" ").append(std::to_string(limit));
    return out;
}

std::string_view name_of(Kind kind) {
    if (is_whole(kind)) return "a whole number";
    switch (kind) {
        case Kind::boolean:
            return "true or false";
        case Kind::number:
            return "a number";
        case Kind::hex:
            return "hexadecimal digits as text";
        case Kind::date_time:
            return "a date-time as text";
        case Kind::duration:
            return "a duration as text";
        case Kind::record:
            return "an object";
        case Kind::list:
            return "a list";
        default:
            return "text";
    }
}

[[gnu::cold, gnu::noinline]] bool wrong_type(const Type& type, std::string_view got, Problem& problem) {
    std::string detail(got);
    detail.append(", expected ").append(name_of(type.kind));
    return fail(problem, Fault::wrong_type, std::move(detail));
}

bool check_list_size(const Type& list, std::size_t size, Problem& problem) {
    if (size > list.max_size) {
        return fail(problem, Fault::too_many, sized_detail(size, "members", "at most", list.max_size));
    }
    if (size < list.min_size) {
        return fail(problem, Fault::too_few, sized_detail(size, "members", "at least", list.min_size));
    }
    return true;
}

bool set_signed(const Type& type, std::int64_t number, void* target, Problem& problem) {
    if (type.kind == Kind::number) {
        *static_cast<double*>(target) = static_cast<double>(number);
        return !type.bounded || check_number(type, static_cast<double>(number), problem);
    }
    if (!is_whole(type.kind)) return wrong_type(type, "a number", problem);
    if (!in_range(type, number)) return out_of_range(type, number, problem);
    store_whole(type.kind, number, target);
    return true;
}

bool set_unsigned(const Type& type, std::uint64_t number, void* target, Problem& problem) {
    if (type.kind == Kind::number) {
        *static_cast<double*>(target) = static_cast<double>(number);
        return !type.bounded || check_number(type, static_cast<double>(number), problem);
    }
    if (!is_whole(type.kind)) return wrong_type(type, "a number", problem);
    if (!in_range(type, number)) return out_of_range(type, number, problem);
    store_whole(type.kind, number, target);
    return true;
}

namespace {

// Most numbers: [-]digits[.digits], at most 15 digits. Digits and power of ten are then exact doubles, so that their
// quotient, rounded once, is the nearest double to the decimal.
bool read_simple_double(std::string_view text, double& number, int& decimals) {
    constexpr double powers[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    if (text.empty() || text.size() > 16) return false;
    const char* at = text.data();
    const char* end = at + text.size();
    const bool negative = *at == '-';
    if (negative) ++at;
    const char* start = at;
    std::int64_t digits = 0;
    for (; at != end && *at >= '0' && *at <= '9'; ++at) digits = digits * 10 + (*at - '0');
    if (at == start || at - start > 15) return false;
    decimals = 0;
    if (at != end) {
        if (*at != '.' || ++at == end) return false;
        start = at;
        for (; at != end && *at >= '0' && *at <= '9'; ++at) digits = digits * 10 + (*at - '0');
        if (at != end) return false;
        decimals = static_cast<int>(at - start);
    }
    number = static_cast<double>(negative ? -digits : digits) / powers[decimals];
    return true;
}

// Most whole numbers: [-]digits, at most 18 of them.
bool read_simple_whole(std::string_view text, std::int64_t& number) {
    if (text.empty() || text.size() > 18) return false;
    const char* at = text.data();
    const char* end = at + text.size();
    const bool negative = *at == '-';
    if (negative && ++at == end) return false;
    number = 0;
    for (; at != end; ++at) {
        if (*at < '0' || *at > '9') return false;
        number = number * 10 + (*at - '0');
    }
    if (negative) number = -number;
    return true;
}

}  // namespace

bool read_double(std::string_view digits, double& number, int& decimals) {
    if (read_simple_double(digits, number, decimals)) return true;
    decimals = -1;
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    const char* end = digits.data() + digits.size();
    const auto [rest, error] = std::from_chars(digits.data(), end, number);
    if (error == std::errc{} && rest == end && std::isfinite(number)) {
        if (number == 0) number = 0;  // there is no minus zero on the wire
        return true;
    }
    Digits parts;
    if (!take_apart(digits, parts)) return false;
    // Too large for a double, or too small for one: where the first digit stands says which.
    const auto zeros = std::min(parts.fraction.find_first_not_of('0'), parts.fraction.size());
    const std::int64_t first =
        parts.whole.empty() ? -static_cast<std::int64_t>(zeros) : static_cast<std::int64_t>(parts.whole.size());
    const bool zero = parts.whole.empty() && parts.fraction.empty();
    number = !zero && first + parts.point > 0 ? std::numeric_limits<double>::infinity() : 0.0;
    return true;
}

namespace {

bool set_odd_whole(const Type& type, std::string_view text, void* target, Problem& problem) {
    Digits digits;
    if (!take_apart(text, digits)) return wrong_type(type, quoted(text), problem);
    std::uint64_t magnitude = 0;
    const WholeText kind = whole_of(digits, magnitude);
    if (kind == WholeText::fraction) return wrong_type(type, quoted(text), problem);
    if (kind == WholeText::overflow) return out_of_range(type, quoted(text), problem);
    if (!digits.negative) return set_unsigned(type, magnitude, target, problem);
    if (magnitude > std::uint64_t{1} << 63) return out_of_range(type, quoted(text), problem);
    return set_signed(type, static_cast<std::int64_t>(std::uint64_t{0} - magnitude), target, problem);
}

bool set_number(const Type& type, std::string_view text, void* target, Problem& problem) {
    double& number = *static_cast<double*>(target);
    int decimals = -1;
    if (!read_double(text, number, decimals)) return wrong_type(type, quoted(text), problem);
    if (decimals >= 0 && decimals <= type.decimals) return check_bounds(type, number, problem);
    return check_number(type, number, problem);
}

}  // namespace

bool set_decimal(const Type& type, std::string_view text, void* target, Problem& problem) {
    if (type.kind == Kind::number) return set_number(type, text, target, problem);
    if (!is_whole(type.kind)) return wrong_type(type, "a number", problem);
    std::int64_t simple = 0;
    if (read_simple_whole(text, simple)) return set_signed(type, simple, target, problem);
    return set_odd_whole(type, text, target, problem);
}

bool set_text(const Type& type, std::string_view text, void* target, Problem& problem) {
    switch (type.kind) {
        case Kind::text:
        case Kind::secret:
            if (!check_text_size(type, text, problem)) return false;
            static_cast<std::string*>(target)->assign(text);
            return true;
        case Kind::hex:
            if (!check_hex(type, text, problem)) return false;
            static_cast<std::string*>(target)->assign(text);
            return true;
        case Kind::date_time: {
            const auto when = parse_date_time(text);
            if (!when) return fail(problem, Fault::bad_format, quoted(text) + ", expected a date-time (RFC 3339)");
            *static_cast<DateTime*>(target) = *when;
            return true;
        }
        case Kind::duration: {
            const auto span = parse_duration(text);
            if (!span) return fail(problem, Fault::bad_format, quoted(text) + ", expected a duration (ISO 8601)");
            *static_cast<Duration*>(target) = *span;
            return true;
        }
        case Kind::enumeration:
        case Kind::open_enumeration:
            return set_enumeration(type, text, target, problem);
        default:
            return wrong_type(type, "text", problem);
    }
}

std::uint64_t load_whole(Kind kind, const void* value, bool& negative) {
    std::int64_t number = 0;
    switch (kind) {
        case Kind::int8:
            number = *static_cast<const std::int8_t*>(value);
            break;
        case Kind::int16:
            number = *static_cast<const std::int16_t*>(value);
            break;
        case Kind::int32:
            number = *static_cast<const std::int32_t*>(value);
            break;
        case Kind::int64:
            number = *static_cast<const std::int64_t*>(value);
            break;
        case Kind::uint8:
            number = *static_cast<const std::uint8_t*>(value);
            break;
        case Kind::uint16:
            number = *static_cast<const std::uint16_t*>(value);
            break;
        case Kind::uint32:
            number = *static_cast<const std::uint32_t*>(value);
            break;
        default:
            negative = false;
            return *static_cast<const std::uint64_t*>(value);
    }
    negative = number < 0;
    return static_cast<std::uint64_t>(number);
}

bool check_scalar(const Type& type, const void* value, Problem& problem) {
    if (is_whole(type.kind)) {
        bool negative = false;
        const std::uint64_t number = load_whole(type.kind, value, negative);
        if (!negative) return in_range(type, number) || out_of_range(type, number, problem);
        const auto below_zero = static_cast<std::int64_t>(number);
        return in_range(type, below_zero) || out_of_range(type, below_zero, problem);
    }
    switch (type.kind) {
        case Kind::number:
            return check_number(type, *static_cast<const double*>(value), problem);
        case Kind::text:
        case Kind::secret: {
            const auto& text = *static_cast<const std::string*>(value);
            return check_utf8(text, problem) && check_text_size(type, text, problem);
        }
        case Kind::hex:
            return check_hex(type, *static_cast<const std::string*>(value), problem);
        case Kind::date_time:
            return check_date_time(*static_cast<const DateTime*>(value), problem);
        case Kind::enumeration:
        case Kind::open_enumeration:
            return check_enumeration(type, value, problem);
        case Kind::raw_json:
            return is_json(static_cast<const RawJson*>(value)->text) ||
                   fail(problem, Fault::bad_format, "not valid JSON");
        case Kind::any_value:
            return check_any(*static_cast<const AnyValue*>(value), problem);
        default:
            return true;
    }
}

std::size_t code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    return count;
}

bool is_utf8(std::string_view text) {
    const auto* at = reinterpret_cast<const unsigned char*>(text.data());
    const auto* end = at + text.size();
    while (at != end) {
        while (end - at >= 32) {
            std::uint64_t words[4];
            std::memcpy(words, at, 32);
            if ((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080) break;
            at += 32;
        }
        while (end - at >= 8) {
            std::uint64_t word;
            std::memcpy(&word, at, 8);
            if (word & 0x8080808080808080) break;
            at += 8;
        }
        if (at == end) break;
        const unsigned char lead = *at++;
        if (lead < 0x80) continue;
        // Unicode table 3-7: which second bytes may follow a lead, and how many more there are.
        if (lead < 0xC2 || lead > 0xF4) return false;
        const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
        if (end - at < more) return false;
        const unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
        const unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
        if (*at < low || *at > high) return false;
        for (int i = 1; i < more; ++i) {
            if ((at[i] & 0xC0) != 0x80) return false;
        }
        at += more;
    }
    return true;
}

}  // namespace busbar::wire
