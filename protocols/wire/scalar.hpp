// What a member type demands of one value, said once for the readers and for check(): sizes, ranges, formats, names.
// Each function takes a Type whose kind is a scalar and answers false with the Problem filled. Internal to this folder.
#pragma once

#include <bit>
#include <cstring>
#include <string>
#include <string_view>

#include "protocols/wire/error.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::wire {

struct Problem {
    Fault fault{};
    std::string detail;
};

bool is_utf8(std::string_view text);
std::size_t code_points(std::string_view text);  // of valid UTF-8
std::string_view name_of(Kind kind);             // "text", "a whole number": what was expected

// Values that arrive as a token of JSON or as text of XML. The target is the member, already there.
bool set_signed(const Type& type, std::int64_t number, void* target, Problem& problem);
bool set_unsigned(const Type& type, std::uint64_t number, void* target, Problem& problem);
bool set_decimal(const Type& type, std::string_view digits, void* target, Problem& problem);  // any decimal number text
bool set_text(const Type& type, std::string_view text, void* target, Problem& problem);

bool check_scalar(const Type& type, const void* value, Problem& problem);

bool wrong_type(const Type& type, std::string_view got, Problem& problem);  // always false
bool check_list_size(const Type& list, std::size_t size, Problem& problem);

// A decimal text as a double: false if it is not a number; ±infinity if it is too large for one.
bool read_double(std::string_view digits, double& number);

constexpr bool is_whole(Kind kind) { return kind >= Kind::int8 && kind <= Kind::uint64; }
constexpr bool is_text(Kind kind) { return kind >= Kind::text && kind <= Kind::open_enumeration; }

// The whole number at `value`, sign-extended; `negative` says whether to read it as a signed one.
std::uint64_t load_whole(Kind kind, const void* value, bool& negative);

// A text as a part of a message to a person: cut after 40 characters.
std::string quoted(std::string_view text);
std::string sized_detail(std::size_t size, std::string_view unit, std::string_view bound, std::size_t limit);

// Equality of short names; quicker than a call of memcmp.
inline bool same_name(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    const char* x = a.data();
    const char* y = b.data();
    std::size_t left = a.size();
    for (; left >= 8; left -= 8, x += 8, y += 8) {
        std::uint64_t p, q;
        std::memcpy(&p, x, 8);
        std::memcpy(&q, y, 8);
        if (p != q) return false;
    }
    for (; left > 0; --left) {
        if (*x++ != *y++) return false;
    }
    return true;
}

}  // namespace busbar::wire
