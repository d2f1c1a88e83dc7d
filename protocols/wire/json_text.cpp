// Small services on JSON texts that read no record: an array cut into the texts of its members, one string's value.
#include <algorithm>
#include <bit>

#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace busbar::wire {
namespace {

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

Error syntax(std::string detail) {
    return {Fault::syntax, "", std::move(detail)};
}

// Where the bytes that matter stand among 64 of them: bit i is byte i.
struct Marks {
    std::uint64_t quotes = 0, opens = 0, closes = 0;
    bool backslashes = false;  // whether there are any
};
constexpr std::size_t block_size = 64;

#if defined(__SSE2__)
std::uint64_t bits_of(__m128i same, int at) {
    return std::uint64_t{static_cast<std::uint32_t>(_mm_movemask_epi8(same))} << at;
}
Marks marks_of(const char* block) {
    Marks marks;
    __m128i backslashes = _mm_setzero_si128();
    for (int at = 0; at < 64; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + at));
        const __m128i braces = _mm_or_si128(bytes, _mm_set1_epi8(0x20));  // makes a brace of a bracket
        backslashes = _mm_or_si128(backslashes, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')));
        marks.quotes |= bits_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), at);
        marks.opens |= bits_of(_mm_cmpeq_epi8(braces, _mm_set1_epi8('{')), at);
        marks.closes |= bits_of(_mm_cmpeq_epi8(braces, _mm_set1_epi8('}')), at);
    }
    marks.backslashes = _mm_movemask_epi8(backslashes) != 0;
    return marks;
}
std::uint64_t marks_of(const char* block, char wanted) {
    std::uint64_t marks = 0;
    for (int at = 0; at < 64; at += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(block + at));
        marks |= bits_of(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)), at);
    }
    return marks;
}
#else
Marks marks_of(const char* block) {
    Marks marks;
    for (std::size_t at = 0; at < block_size; ++at) {
        const char c = block[at];
        marks.quotes |= std::uint64_t{c == '"'} << at;
        marks.opens |= std::uint64_t{c == '{' || c == '['} << at;
        marks.closes |= std::uint64_t{c == '}' || c == ']'} << at;
        marks.backslashes |= c == '\\';
    }
    return marks;
}
std::uint64_t marks_of(const char* block, char wanted) {
    std::uint64_t marks = 0;
    for (std::size_t at = 0; at < block_size; ++at) marks |= std::uint64_t{block[at] == wanted} << at;
    return marks;
}
#endif

// Few bits are set in most blocks.
std::size_t count_of(std::uint64_t marks) {
    std::size_t count = 0;
    for (; marks; marks &= marks - 1) ++count;
    return count;
}

std::size_t first_of(std::uint64_t marks) {
    return static_cast<std::size_t>(std::countr_zero(marks));
}

// Bit i: whether the bits 0 to i that are set are odd in number.
std::uint64_t parities(std::uint64_t bits) {
    for (int shift = 1; shift < 64; shift *= 2) bits ^= bits << shift;
    return bits;
}

// Cuts the inside of an array at its commas, a block of bytes at a time.
class Splitter {
  public:
    Splitter(std::string_view text, std::vector<std::string_view>& members, const Limits& limits)
        : text_(text), members_(members), limits_(limits) {}

    Failure split() {
        std::size_t at = 0;
        for (; at + block_size <= text_.size(); at += block_size) {
            if (Failure failure = take_block(text_.data() + at, at)) return failure;
        }
        char rest[block_size] = {};
        text_.copy(rest, block_size, at);
        if (Failure failure = take_block(rest, at)) return failure;
        if (in_string_) return syntax("a string without an end");
        if (depth_ != 1) return syntax("a bracket that is not closed");
        return end_member(text_.size());
    }

  private:
    Failure take_block(const char* block, std::size_t at) {
        Marks marks = marks_of(block);
        if (marks.backslashes || escapes_) marks.quotes = unescaped(marks.quotes, marks_of(block, '\\'));
        const std::uint64_t inside = parities(marks.quotes) ^ (in_string_ ? ~std::uint64_t{0} : 0);
        in_string_ = inside >> 63;
        marks.opens &= ~inside;
        marks.closes &= ~inside;
        const std::size_t opened = count_of(marks.opens);
        const std::size_t closed = count_of(marks.closes);
        if (depth_ > closed + 1 && depth_ + opened <= limits_.depth) {  // all of it lies within one member
            depth_ += opened - closed;
            return std::nullopt;
        }
        return cut(marks.opens, marks.closes, marks_of(block, ',') & ~inside, at);
    }

    // The quotes that open or close a string: within one, a backslash takes what follows it for itself.
    std::uint64_t unescaped(std::uint64_t quotes, std::uint64_t backslashes) {
        std::uint64_t left = quotes | backslashes;
        if (escapes_) left &= ~std::uint64_t{1};
        escapes_ = false;
        std::uint64_t found = 0;
        bool within = in_string_;
        while (left) {
            const std::uint64_t mark = left & -left;
            left ^= mark;
            if (quotes & mark) {
                found |= mark;
                within = !within;
            } else if (within) {
                left &= ~(mark << 1);
                escapes_ = mark >> 63;
            }
        }
        return found;
    }

    Failure cut(std::uint64_t opens, std::uint64_t closes, std::uint64_t commas, std::size_t at) {
        for (std::uint64_t left = opens | closes | commas; left; left &= left - 1) {
            const std::uint64_t mark = left & -left;
            if (commas & mark) {
                if (depth_ > 1) continue;
                if (Failure failure = end_member(at + first_of(mark))) return failure;
            } else if (closes & mark) {
                if (--depth_ == 0) return syntax("a bracket that closes nothing");
            } else if (++depth_ > limits_.depth) {
                return Error{Fault::too_deep, "", "more than " + std::to_string(limits_.depth) + " levels"};
            }
        }
        return std::nullopt;
    }

    Failure end_member(std::size_t end) {
        const std::string_view member = trimmed(text_.substr(start_, end - start_));
        start_ = end + 1;
        if (member.empty()) return syntax("an array member that is empty");
        if (members_.size() == limits_.members) {
            return Error{Fault::too_large, "", "more than " + std::to_string(limits_.members) + " members"};
        }
        members_.push_back(member);
        return std::nullopt;
    }

    std::string_view text_;
    std::vector<std::string_view>& members_;
    const Limits& limits_;
    std::size_t depth_ = 1;
    std::size_t start_ = 0;
    bool in_string_ = false;  // at the end of the last block
    bool escapes_ = false;    // its last byte takes the next one for itself
};

// The text between quotes if no byte of it needs a second look: nothing escaped, no control character, all of it ASCII.
bool is_plain(std::string_view inside) {
    return std::all_of(inside.begin(), inside.end(),
                       [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

Failure split_json_array(std::string_view text, std::vector<std::string_view>& members, const Limits& limits) {
    members.clear();
    members.reserve(4);  // of a call
    if (text.size() > limits.bytes) {
        return Error{Fault::too_large, "", sized_detail(text.size(), "bytes", "at most", limits.bytes)};
    }
    text = trimmed(text);
    if (text.size() < 2 || text.front() != '[' || text.back() != ']') return syntax("not a JSON array");
    text = text.substr(1, text.size() - 2);
    if (trimmed(text).empty()) return std::nullopt;
    return Splitter(text, members, limits).split();
}

std::optional<std::string> json_string(std::string_view text) {
    if (text.size() >= 2 && text.size() <= Limits{}.bytes && text.front() == '"' && text.back() == '"') {
        const std::string_view inside = text.substr(1, text.size() - 2);
        if (is_plain(inside)) return std::string(inside);
    }
    std::string value;
    if (read_json_value(text, type_of<std::string>, &value)) return std::nullopt;
    return value;
}

}  // namespace busbar::wire
