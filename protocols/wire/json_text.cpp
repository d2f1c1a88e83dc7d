// Small services on JSON texts that read no record: an array cut into the texts of its members, one string's value.
#include <array>

#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"

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

// The end of the string that begins at `at`, after its closing quote; npos if it has none. A quote closes the string
// unless an odd number of backslashes stands before it.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    for (std::size_t quote = at; (quote = text.find('"', quote + 1)) != std::string_view::npos;) {
        std::size_t before = quote;
        while (text[before - 1] == '\\') --before;
        if ((quote - before) % 2 == 0) return quote + 1;
    }
    return std::string_view::npos;
}

constexpr std::array<bool, 256> structural = [] {
    std::array<bool, 256> table{};
    for (const char c : {'"', '[', ']', '{', '}', ','}) table[static_cast<unsigned char>(c)] = true;
    return table;
}();

// Cuts the inside of an array at its commas.
class Splitter {
  public:
    Splitter(std::string_view text, std::vector<std::string_view>& members, const Limits& limits)
        : text_(text), members_(members), limits_(limits) {}

    Failure split() {
        std::size_t at = 0;
        while (at < text_.size()) {
            if (!structural[static_cast<unsigned char>(text_[at])]) {
                ++at;
            } else if (text_[at] == '"') {
                at = end_of_string(text_, at);
                if (at == std::string_view::npos) return syntax("a string without an end");
            } else if (Failure failure = take(text_[at], at)) {
                return failure;
            } else {
                ++at;
            }
        }
        if (depth_ != 1) return syntax("a bracket that is not closed");
        return end_member(text_.size());
    }

  private:
    Failure take(char c, std::size_t at) {
        if (c == ',') return depth_ == 1 ? end_member(at) : std::nullopt;
        if (c == ']' || c == '}')
            return --depth_ == 0 ? Failure(syntax("a bracket that closes nothing")) : std::nullopt;
        if (++depth_ <= limits_.depth) return std::nullopt;
        return Error{Fault::too_deep, "", "more than " + std::to_string(limits_.depth) + " levels"};
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
};

}  // namespace

Failure split_json_array(std::string_view text, std::vector<std::string_view>& members, const Limits& limits) {
    members.clear();
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
    std::string value;
    if (read_json_value(text, type_of<std::string>, &value)) return std::nullopt;
    return value;
}

}  // namespace busbar::wire
