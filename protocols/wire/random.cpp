// Random valid values for property tests, drawn from a record's table. The generator is SplitMix64 and every choice is
// made with whole numbers, so a seed means the same value on every machine. Limits are met often: the shortest and the
// longest text, the lowest and the highest number. Texts hold nothing that XML 1.0 cannot hold.
#include <bit>
#include <cmath>

#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {
namespace {

class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9E3779B97F4A7C15);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    std::uint64_t below(std::uint64_t count) { return next() % count; }  // count > 0
    std::uint64_t between(std::uint64_t low, std::uint64_t high) { return low + below(high - low + 1); }
    bool one_in(std::uint64_t count) { return below(count) == 0; }

  private:
    std::uint64_t state_;
};

class Filler {
  public:
    explicit Filler(std::uint64_t seed) : random_(seed) {}

    void record(const Record& record, void* value, std::size_t depth) {
        if (record.shape != Shape::sequence) return choice(record, value, depth);
        for (const Field& field : record.all) this->value(*field.type, member_of(field, value), depth + 1);
    }

    void value(const Type& type, void* target, std::size_t depth) {
        if (is_whole(type.kind)) return whole(type, target);
        switch (type.kind) {
            case Kind::boolean:
                *static_cast<bool*>(target) = random_.one_in(2);
                break;
            case Kind::number:
                *static_cast<double*>(target) = number(type);
                break;
            case Kind::text:
            case Kind::secret:
                *static_cast<std::string*>(target) = text(type.min_size, type.max_size);
                break;
            case Kind::hex:
                *static_cast<std::string*>(target) = hex(type.max_size);
                break;
            case Kind::date_time:
                *static_cast<DateTime*>(target) = date_time();
                break;
            case Kind::duration:
                *static_cast<Duration*>(target) = duration();
                break;
            case Kind::enumeration:
            case Kind::open_enumeration:
                enumeration(type, target);
                break;
            case Kind::raw_json:
                static_cast<RawJson*>(target)->text = raw();
                break;
            case Kind::any_value:
                any(*static_cast<AnyValue*>(target));
                break;
            case Kind::record:
                record(*type.record, target, depth);
                break;
            case Kind::list:
                list(type, target, depth);
                break;
            default:
                optional(type, target, depth);
                break;
        }
    }

  private:
    void choice(const Record& record, void* value, std::size_t depth) {
        std::size_t alternatives = 0;
        for (const Field& field : record.all) alternatives += field.place == Place::element;
        reset_choice(record, value);
        std::size_t chosen = alternatives == 0 ? 0 : random_.below(alternatives);
        for (const Field& field : record.all) {
            void* member = member_of(field, value);
            if (field.place != Place::element) {
                this->value(*field.type, member, depth + 1);
            } else if (chosen-- == 0) {
                alternative(*field.type, member, depth + 1);
            }
        }
    }

    // The chosen alternative must be there: an engaged optional, a list of one member or more.
    void alternative(const Type& type, void* member, std::size_t depth) {
        if (type.kind == Kind::optional) return value(*type.element, type.optional->emplace(member), depth);
        value(type, member, depth);
        if (type.kind == Kind::list && type.list->size(member) == 0) {
            value(*type.element, type.list->append(member), depth + 1);
        }
    }

    void optional(const Type& type, void* target, std::size_t depth) {
        if (random_.one_in(depth < 3 ? 2 : 3)) {
            value(*type.element, type.optional->emplace(target), depth);
        } else {
            type.optional->reset(target);
        }
        const void* held = type.optional->get(target);
        if (held && is_like_absent(*type.element, held)) type.optional->reset(target);
    }

    // What an optional may hold that reads back as absent: a list of no members in XML, null in JSON.
    static bool is_like_absent(const Type& type, const void* value) {
        if (type.kind == Kind::list) return type.list->size(value) == 0;
        return type.kind == Kind::any_value &&
               std::holds_alternative<std::nullptr_t>(static_cast<const AnyValue*>(value)->value);
    }

    void list(const Type& type, void* target, std::size_t depth) {
        const std::size_t most = std::min(type.max_size, type.min_size + (depth < 3 ? 3 : 1));
        const std::size_t size = random_.between(type.min_size, most);
        type.list->clear(target);
        for (std::size_t i = 0; i < size; ++i) value(*type.element, type.list->append(target), depth + 1);
    }

    void whole(const Type& type, void* target) {
        const auto low = static_cast<std::uint64_t>(type.low);
        const std::uint64_t range = type.high - low;  // right for a negative low, too: modulo 2^64
        std::uint64_t offset = 0;
        switch (random_.below(4)) {
            case 0:
                offset = 0;
                break;
            case 1:
                offset = range;
                break;
            case 2:
                offset = std::min<std::uint64_t>(range, random_.below(100));
                break;
            default:
                offset = range == ~std::uint64_t{0} ? random_.next() : random_.below(range + 1);
        }
        const std::uint64_t number = low + offset;
        Problem none;
        if (type.low < 0 && offset < std::uint64_t{0} - low) {
            set_signed(type, static_cast<std::int64_t>(number), target, none);
        } else {
            set_unsigned(type, number, target, none);
        }
    }

    double number(const Type& type) {
        if (type.bounded) {
            const double low = static_cast<double>(type.low);
            const double high = static_cast<double>(type.high);
            if (random_.one_in(4)) return random_.one_in(2) ? low : high;
            const double share = static_cast<double>(random_.below(1'000'001)) / 1e6;
            return std::min(high, std::max(low, low + (high - low) * share)) + 0.0;
        }
        const auto whole = static_cast<std::int64_t>(random_.below(2'000'001)) - 1'000'000;
        if (type.decimals < 0 && random_.one_in(3)) {
            const double any = std::bit_cast<double>(random_.next());
            return std::isfinite(any) ? any : 0.0;
        }
        const int decimals = type.decimals < 0 ? static_cast<int>(random_.below(6)) : type.decimals;
        double power = 1;
        for (int i = 0; i < decimals; ++i) power *= 10;
        return static_cast<double>(whole) / power + 0.0;
    }

    std::string text(std::size_t min, std::size_t max) {
        std::size_t size = min + random_.below(12);
        if (random_.one_in(5)) size = min;
        if (random_.one_in(5) && max < 3000) size = max;
        size = std::min(size, max);
        const bool plain = random_.one_in(2);
        std::string out;
        for (std::size_t i = 0; i < size; ++i) out += plain ? letter() : character();
        return out;
    }

    std::string letter() { return std::string(1, static_cast<char>('a' + random_.below(26))); }

    std::string character() {
        static constexpr std::string_view samples[] = {
            "\"",     "\\",     "/",      "<",          ">",          "&",         "'",      "]]>",
            "\t",     "\n",     "\r",     "~",          " ",          "\u00E9",    "\u07FF", "\u0800",
            "\u20AC", "\uFFFD", "\uE000", "\U00010000", "\U0001F50C", "\U0010FFFF"};
        if (random_.one_in(2)) return std::string(1, static_cast<char>(' ' + random_.below(95)));
        const std::string_view sample = samples[random_.below(std::size(samples))];
        return std::string(sample == "]]>" ? "]" : sample);
    }

    std::string hex(std::size_t max_bytes) {
        static constexpr std::string_view digits = "0123456789abcdefABCDEF";
        const std::size_t most = std::min<std::size_t>(max_bytes, 64);
        const std::size_t bytes = random_.one_in(4) ? most : random_.between(0, most);
        std::string out;
        for (std::size_t i = 0; i < 2 * bytes; ++i) out += digits[random_.below(digits.size())];
        return out;
    }

    DateTime date_time() {
        if (random_.one_in(20)) return DateTime{DateTime::now_sentinel};
        constexpr std::int64_t seconds_2000 = 946'684'800;
        const std::int64_t seconds = seconds_2000 + static_cast<std::int64_t>(random_.below(2'000'000'000));
        const std::int64_t us = random_.one_in(2) ? 0 : static_cast<std::int64_t>(random_.below(1'000'000));
        return DateTime{seconds * 1'000'000 + (random_.one_in(2) ? us : us / 1000 * 1000)};
    }

    Duration duration() {
        if (random_.one_in(20)) return Duration{Duration::endless};
        const std::int64_t seconds =
            static_cast<std::int64_t>(random_.below(random_.one_in(2) ? 100'000 : 100'000'000));
        const std::int64_t us = random_.one_in(4) ? static_cast<std::int64_t>(random_.below(1'000'000)) : 0;
        const std::int64_t span = seconds * 1'000'000 + us;
        return Duration{random_.one_in(8) ? -span : span};
    }

    void enumeration(const Type& type, void* target) {
        const EnumOps& ops = *type.enumeration;
        if (type.kind == Kind::open_enumeration && random_.one_in(4)) {
            *ops.other(target) = "x-" + letter() + character() + letter();
            return;
        }
        ops.set(target, random_.below(ops.names.size()));
    }

    void any(AnyValue& any) {
        switch (random_.below(7)) {
            case 0:
                any.value = nullptr;
                break;
            case 1:
                any.value = random_.one_in(2);
                break;
            case 2:
                any.value = static_cast<std::int64_t>(random_.next());
                break;
            case 3:
                any.value = static_cast<double>(random_.below(1'000'000)) + 0.5;
                break;
            case 4:
                any.value = text(0, 20);
                break;
            case 5:
                any.value = RawJson{list_json(0)};
                break;
            default:
                any.value = RawJson{object_json(0)};
                break;
        }
    }

    // ---- JSON of any shape, compact ------------------------------------------------------------------------------

    std::string raw() {  // not null, which an optional member reads as absent
        switch (random_.below(3)) {
            case 0:
                return string_json();
            case 1:
                return list_json(0);
            default:
                return object_json(0);
        }
    }
    std::string json(std::size_t depth) {
        switch (random_.below(depth < 3 ? 7 : 5)) {
            case 0:
                return "null";
            case 1:
                return random_.one_in(2) ? "true" : "false";
            case 2:
                return std::to_string(static_cast<std::int64_t>(random_.next()));
            case 3:
                return std::to_string(random_.below(1000)) + ".25";
            case 4:
                return string_json();
            case 5:
                return list_json(depth + 1);
            default:
                return object_json(depth + 1);
        }
    }
    std::string string_json() {
        std::string out;
        append_json_string(out, text(0, 10));
        return out;
    }
    std::string list_json(std::size_t depth) {
        std::string out = "[";
        const std::size_t size = random_.below(3);
        for (std::size_t i = 0; i < size; ++i) out += (i > 0 ? "," : "") + json(depth + 1);
        return out + ']';
    }
    std::string object_json(std::size_t depth) {
        std::string out = "{";
        const std::size_t size = random_.below(3);
        for (std::size_t i = 0; i < size; ++i) {
            out += i > 0 ? ",\"" : "\"";
            out += letter() + std::to_string(i) + "\":" + json(depth + 1);
        }
        return out + '}';
    }

    Random random_;
};

}  // namespace

void fill_random(const Record& record, void* value, std::uint64_t seed) {
    Filler(seed).record(record, value, 0);
}

}  // namespace busbar::wire
