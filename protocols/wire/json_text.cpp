// Small services on JSON texts that read no record: an array cut into the texts of its members, one string's value.
#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {
namespace {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

Error syntax(std::string detail) { return {Fault::syntax, "", std::move(detail)}; }

// The end of the string that begins at `at`, after its closing quote; npos if it has none.
std::size_t end_of_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '"') return at + 1;
        if (text[at] == '\\') ++at;
    }
    return std::string_view::npos;
}

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
    std::size_t depth = 1;
    std::size_t start = 0;
    for (std::size_t at = 0; at <= text.size();) {
        const char c = at < text.size() ? text[at] : ',';
        if (c == '"') {
            at = end_of_string(text, at);
            if (at == std::string_view::npos) return syntax("a string without an end");
            continue;
        }
        if (c == '[' || c == '{') {
            if (++depth > limits.depth) {
                return Error{Fault::too_deep, "", "more than " + std::to_string(limits.depth) + " levels"};
            }
        } else if (c == ']' || c == '}') {
            if (--depth == 0) return syntax("a bracket that closes nothing");
        } else if (c == ',' && depth == 1) {
            const std::string_view member = trimmed(text.substr(start, at - start));
            if (member.empty()) return syntax("an array member that is empty");
            if (members.size() == limits.members) {
                return Error{Fault::too_large, "", "more than " + std::to_string(limits.members) + " members"};
            }
            members.push_back(member);
            start = at + 1;
        }
        ++at;
    }
    if (depth != 1) return syntax("a bracket that is not closed");
    return std::nullopt;
}

std::optional<std::string> json_string(std::string_view text) {
    std::string value;
    if (read_json_value(text, type_of<std::string>, &value)) return std::nullopt;
    return value;
}

}  // namespace busbar::wire
