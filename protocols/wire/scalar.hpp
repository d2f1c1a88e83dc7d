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

// A decimal text as a double: false if it is not a number; ±infinity if it is too large for one. `decimals` is the
// number of digits after the point if that is as simple as it looks, else -1.
bool read_double(std::string_view digits, double& number, int& decimals);

constexpr bool is_whole(Kind kind) {
    return kind >= Kind::int8 && kind <= Kind::uint64;
}
constexpr bool is_text(Kind kind) {
    return kind >= Kind::text && kind <= Kind::open_enumeration;
}

// The whole number at `value`, sign-extended; `negative` says whether to read it as a signed one.
std::uint64_t load_whole(Kind kind, const void* value, bool& negative);

// A text as a part of a message to a person: cut after 40 characters.
std::string quoted(std::string_view text);
std::string sized_detail(std::size_t size, std::string_view unit, std::string_view bound, std::size_t limit);

// Equality of `size` bytes; for names, which are short, quicker than a call of memcmp. What does not fill a word is
// read as the word that ends with it.
template <class Word>
inline bool same_word(const char* a, const char* b) {
    Word x, y;
    std::memcpy(&x, a, sizeof x);
    std::memcpy(&y, b, sizeof y);
    return x == y;
}
inline bool same_bytes(const char* a, const char* b, std::size_t size) {
    if (size >= 8) {
        for (std::size_t i = 0; i + 8 < size; i += 8) {
            if (!same_word<std::uint64_t>(a + i, b + i)) return false;
        }
        return same_word<std::uint64_t>(a + size - 8, b + size - 8);
    }
    if (size >= 4) return same_word<std::uint32_t>(a, b) && same_word<std::uint32_t>(a + size - 4, b + size - 4);
    if (size >= 2) return same_word<std::uint16_t>(a, b) && same_word<std::uint16_t>(a + size - 2, b + size - 2);
    return size == 0 || *a == *b;
}
inline bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && same_bytes(a.data(), b.data(), a.size());
}

}  // namespace busbar::wire
