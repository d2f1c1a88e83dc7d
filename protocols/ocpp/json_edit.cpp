#include "protocols/ocpp/json_edit.hpp"

#include <charconv>

#include "protocols/wire/json.hpp"

namespace busbar::ocpp {
namespace {

constexpr std::size_t npos = std::string_view::npos;

std::size_t skip_blanks(std::string_view text, std::size_t at) {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\t' || text[at] == '\n' || text[at] == '\r')) ++at;
    return at;
}

// Just behind the closing quote of the string that begins at `at`; npos if it does not end.
std::size_t skip_string(std::string_view text, std::size_t at) {
    for (++at; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '"') {
            return at + 1;
        }
    }
    return npos;
}

// Just behind the value that begins at `at`.
std::size_t skip_value(std::string_view text, std::size_t at) {
    if (at >= text.size()) return npos;
    if (text[at] == '"') return skip_string(text, at);
    if (text[at] != '{' && text[at] != '[') {
        const std::size_t end = text.find_first_of(",]} \t\r\n", at);
        return end == npos ? text.size() : end;
    }
    std::size_t depth = 0;
    while (at < text.size()) {
        if (text[at] == '"') {
            at = skip_string(text, at);
            if (at == npos) return npos;
            continue;
        }
        if (text[at] == '{' || text[at] == '[') ++depth;
        if (text[at] == '}' || text[at] == ']') --depth;
        ++at;
        if (depth == 0) return at;
    }
    return npos;
}

struct Member {
    std::size_t begin = 0;  // of the name, or of the value in a list
    std::size_t value = 0;
    std::size_t end = 0;
};

// Walks over the members of the object or list at `at`; stops early when `visit` says true.
template <class Visit>
bool walk(std::string_view text, std::size_t at, Visit visit) {
    const bool object = at < text.size() && text[at] == '{';
    if (!object && !(at < text.size() && text[at] == '[')) return false;
    at = skip_blanks(text, at + 1);
    while (at < text.size() && text[at] != '}' && text[at] != ']') {
        Member member;
        member.begin = member.value = at;
        if (object) {
            const std::size_t colon = text[at] == '"' ? skip_string(text, at) : npos;
            if (colon == npos) return false;
            const std::size_t mark = skip_blanks(text, colon);
            if (mark >= text.size() || text[mark] != ':') return false;
            member.value = skip_blanks(text, mark + 1);
        }
        member.end = skip_value(text, member.value);
        if (member.end == npos || visit(member)) return member.end != npos;
        at = skip_blanks(text, member.end);
        if (at < text.size() && text[at] == ',') at = skip_blanks(text, at + 1);
    }
    return at < text.size();
}

std::string unescaped(std::string_view step) {
    std::string name;
    for (std::size_t i = 0; i < step.size(); ++i) {
        const bool escape = step[i] == '~' && i + 1 < step.size();
        name += !escape ? step[i] : step[i + 1] == '1' ? '/' : '~';
        if (escape) ++i;
    }
    return name;
}

std::string name_of(std::string_view text, const Member& member) {
    const std::size_t end = skip_string(text, member.begin);
    return wire::json_string(text.substr(member.begin, end - member.begin)).value_or("");
}

std::optional<Member> child(std::string_view text, std::size_t parent, std::string_view step) {
    std::optional<Member> found;
    const bool object = parent < text.size() && text[parent] == '{';
    const std::string name = unescaped(step);
    std::size_t wanted = npos;
    if (!object && std::from_chars(step.data(), step.data() + step.size(), wanted).ec != std::errc{}) return found;
    std::size_t index = 0;
    walk(text, parent, [&](const Member& member) {
        if (object ? name_of(text, member) == name : index == wanted) found = member;
        ++index;
        return found.has_value();
    });
    return found;
}

std::optional<Member> locate(std::string_view text, std::string_view pointer) {
    Member member;
    member.begin = member.value = skip_blanks(text, 0);
    member.end = skip_value(text, member.value);
    if (member.end == npos) return std::nullopt;
    while (!pointer.empty()) {
        pointer.remove_prefix(1);
        const std::size_t slash = pointer.find('/');
        const auto next = child(text, member.value, pointer.substr(0, slash));
        if (!next) return std::nullopt;
        member = *next;
        pointer.remove_prefix(slash == npos ? pointer.size() : slash);
    }
    return member;
}

}  // namespace

std::optional<std::vector<std::pair<std::string, std::string_view>>> json_members(std::string_view text) {
    const std::size_t start = skip_blanks(text, 0);
    if (start >= text.size() || text[start] != '{') return std::nullopt;
    std::vector<std::pair<std::string, std::string_view>> members;
    const bool whole = walk(text, start, [&](const Member& member) {
        members.emplace_back(name_of(text, member), text.substr(member.value, member.end - member.value));
        return false;
    });
    return whole ? std::optional(std::move(members)) : std::nullopt;
}

std::optional<std::string_view> json_at(std::string_view text, std::string_view pointer) {
    const auto member = locate(text, pointer);
    return member ? std::optional(text.substr(member->value, member->end - member->value)) : std::nullopt;
}

bool json_replace(std::string& text, std::string_view pointer, std::string_view value) {
    const auto member = locate(text, pointer);
    if (member) text.replace(member->value, member->end - member->value, value);
    return member.has_value();
}

bool json_remove(std::string& text, std::string_view pointer) {
    const auto member = locate(text, pointer);
    if (!member || pointer.empty()) return false;
    std::size_t begin = member->begin;
    std::size_t end = skip_blanks(text, member->end);
    if (end < text.size() && text[end] == ',') {
        end = skip_blanks(text, end + 1);
    } else {
        // The last one takes the comma before it along.
        const std::size_t before = text.find_last_not_of(" \t\r\n", begin - 1);
        if (before != npos && text[before] == ',') begin = before;
    }
    text.erase(begin, end - begin);
    return true;
}

bool json_insert(std::string& text, std::string_view pointer, std::string_view value) {
    const std::size_t slash = pointer.rfind('/');
    if (slash == npos) return false;
    const auto parent = locate(text, pointer.substr(0, slash));
    if (!parent || text[parent->value] != '{') return false;
    std::string member;
    const std::size_t first = skip_blanks(text, parent->value + 1);
    if (first < text.size() && text[first] != '}') member += ',';
    wire::append_json_string(member, unescaped(pointer.substr(slash + 1)));
    member += ':';
    member += value;
    text.insert(parent->end - 1, member);
    return true;
}

}  // namespace busbar::ocpp
