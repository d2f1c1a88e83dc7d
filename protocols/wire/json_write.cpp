// Records into JSON: one walk of the table that appends to one string.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {
namespace {

// What stands after the backslash for each byte that must not stand bare in a string; 'u': four hexadecimal digits.
constexpr std::array<char, 256> escapes = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < 0x20; ++i) table[i] = 'u';
    table['"'] = '"';
    table['\\'] = '\\';
    table['\b'] = 'b';
    table['\f'] = 'f';
    table['\n'] = 'n';
    table['\r'] = 'r';
    table['\t'] = 't';
    return table;
}();

template <class Int>
void append_whole(std::string& out, Int number) {
    char digits[24];
    out.append(digits, std::to_chars(digits, digits + sizeof digits, number).ptr);
}

class Writer {
  public:
    Writer(std::string& out, bool redact) : out_(out), redact_(redact) {}

    void record(const Record& record, const void* value) {
        char separator = '{';
        for (const Field& field : record.all) {
            const void* held = held_of(field, value);
            if (!held || (field.type->kind == Kind::list && !is_present(*field.type, held))) continue;
            out_ += separator;
            separator = ',';
            if (field.key.empty()) {
                append_json_string(out_, field.name);
                out_ += ':';
            } else {
                out_ += field.key;
            }
            this->value(*field.held, held);
        }
        if (separator == '{') out_ += '{';
        out_ += '}';
    }

    void value(const Type& type, const void* value) {
        switch (type.kind) {
            case Kind::boolean:
                out_ += *static_cast<const bool*>(value) ? "true" : "false";
                break;
            case Kind::int8:
                append_whole(out_, *static_cast<const std::int8_t*>(value));
                break;
            case Kind::int16:
                append_whole(out_, *static_cast<const std::int16_t*>(value));
                break;
            case Kind::int32:
                append_whole(out_, *static_cast<const std::int32_t*>(value));
                break;
            case Kind::int64:
                append_whole(out_, *static_cast<const std::int64_t*>(value));
                break;
            case Kind::uint8:
                append_whole(out_, *static_cast<const std::uint8_t*>(value));
                break;
            case Kind::uint16:
                append_whole(out_, *static_cast<const std::uint16_t*>(value));
                break;
            case Kind::uint32:
                append_whole(out_, *static_cast<const std::uint32_t*>(value));
                break;
            case Kind::uint64:
                append_whole(out_, *static_cast<const std::uint64_t*>(value));
                break;
            case Kind::number:
                append_json_number(out_, *static_cast<const double*>(value));
                break;
            case Kind::text:
            case Kind::hex:
                append_json_string(out_, *static_cast<const std::string*>(value));
                break;
            case Kind::secret:
                append_json_string(out_, redact_ ? "***" : *static_cast<const std::string*>(value));
                break;
            case Kind::date_time:
                quoted_text(to_text(*static_cast<const DateTime*>(value)));
                break;
            case Kind::duration:
                quoted_text(to_text(*static_cast<const Duration*>(value)));
                break;
            case Kind::enumeration:
            case Kind::open_enumeration:
                enumeration(type, value);
                break;
            case Kind::raw_json:
                raw(*static_cast<const RawJson*>(value));
                break;
            case Kind::any_value:
                any(*static_cast<const AnyValue*>(value));
                break;
            case Kind::record:
                record(*type.record, value);
                break;
            case Kind::list:
                list(type, value);
                break;
            case Kind::optional:
                optional(type, value);
                break;
        }
    }

  private:
    void quoted_text(std::string_view text) {  // text that needs no escapes
        out_ += '"';
        out_ += text;
        out_ += '"';
    }

    void enumeration(const Type& type, const void* value) {
        const EnumOps& ops = *type.enumeration;
        const std::size_t index = ops.get(value);
        if (index < ops.names.size()) {
            append_json_string(out_, ops.names[index]);
        } else if (type.kind == Kind::open_enumeration) {
            append_json_string(out_, *ops.other_text(value));
        } else {
            out_ += "null";  // check() refuses it
        }
    }

    void raw(const RawJson& raw) { out_ += raw.text.empty() ? std::string_view("null") : std::string_view(raw.text); }

    void any(const AnyValue& any) {
        if (const auto* flag = std::get_if<bool>(&any.value)) {
            out_ += *flag ? "true" : "false";
        } else if (const auto* whole = std::get_if<std::int64_t>(&any.value)) {
            append_whole(out_, *whole);
        } else if (const auto* real = std::get_if<double>(&any.value)) {
            append_json_number(out_, *real);
        } else if (const auto* text = std::get_if<std::string>(&any.value)) {
            append_json_string(out_, *text);
        } else if (const auto* structured = std::get_if<RawJson>(&any.value)) {
            raw(*structured);
        } else {
            out_ += "null";
        }
    }

    void list(const Type& type, const void* list) {
        const std::size_t size = type.list->size(list);
        out_ += '[';
        for (std::size_t i = 0; i < size; ++i) {
            if (i > 0) out_ += ',';
            value(*type.element, type.list->at(list, i));
        }
        out_ += ']';
    }

    void optional(const Type& type, const void* maybe) {
        const void* held = type.optional->get(maybe);
        if (held) {
            value(*type.element, held);
        } else {
            out_ += "null";
        }
    }

    std::string& out_;
    bool redact_;
};

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
    out += '"';
    const char* at = text.data();
    const char* end = at + text.size();
    const char* plain = at;
    for (; at != end; ++at) {
        const char escape = escapes[static_cast<unsigned char>(*at)];
        if (escape == 0) continue;
        out.append(plain, at);
        plain = at + 1;
        out += '\\';
        out += escape;
        if (escape == 'u') {
            constexpr char hex[] = "0123456789abcdef";
            out += "00";
            out += hex[static_cast<unsigned char>(*at) >> 4];
            out += hex[static_cast<unsigned char>(*at) & 15];
        }
    }
    out.append(plain, end);
    out += '"';
}

void append_json_number(std::string& out, double number) {
    char text[40];
    const double magnitude = std::fabs(number);
    // A decimal of at most 15 digits that rounds to the number is the shortest one that does. Most numbers are
    // thousandths.
    const double thousandths = std::nearbyint(magnitude * 1000);
    if (thousandths < 1e15 && thousandths / 1000 == magnitude) {
        const auto whole = static_cast<std::uint64_t>(thousandths);
        char* at = text;
        if (number < 0) *at++ = '-';
        at = std::to_chars(at, text + sizeof text, whole / 1000).ptr;
        if (const std::uint64_t rest = whole % 1000; rest > 0) {
            *at++ = '.';
            *at++ = static_cast<char>('0' + rest / 100);
            *at++ = static_cast<char>('0' + rest / 10 % 10);
            *at++ = static_cast<char>('0' + rest % 10);
            while (at[-1] == '0') --at;
        }
        out.append(text, at);
    } else if (std::isfinite(number)) {
        out.append(text, std::to_chars(text, text + sizeof text, number).ptr);
    } else {
        out += "null";  // check() refuses it
    }
}

void write_json_value(const Type& type, const void* value, std::string& out) {
    Writer(out, false).value(type, value);
}

void write_json(const Record& record, const void* value, std::string& out) {
    Writer(out, false).record(record, value);
}

std::string redacted_json(const Record& record, const void* value) {
    std::string out;
    Writer(out, true).record(record, value);
    return out;
}

}  // namespace busbar::wire
