#include "protocols/wire/xml_scan.hpp"

#include <cstring>

namespace busbar::wire {

constexpr std::array<std::uint8_t, 256> xml_bytes = [] {
    std::array<std::uint8_t, 256> table{};
    for (std::size_t c = 0x20; c < 256; ++c) table[c] = xml_plain | xml_quoted;
    // Which characters beyond ASCII may stand in a name is not looked at.
    for (std::size_t c = 0x80; c < 256; ++c) table[c] |= xml_name_start | xml_name;
    for (std::size_t c = 'a'; c <= 'z'; ++c) {
        table[c] |= xml_name_start | xml_name;
        table[c - 'a' + 'A'] |= xml_name_start | xml_name;
    }
    for (std::size_t c = '0'; c <= '9'; ++c) table[c] |= xml_name;
    for (const char c : {'_', ':'}) table[static_cast<std::size_t>(c)] |= xml_name_start | xml_name;
    for (const char c : {'-', '.'}) table[static_cast<std::size_t>(c)] |= xml_name;
    for (const char c : {'\t', '\n'}) table[static_cast<std::size_t>(c)] = xml_plain | xml_blank;
    table[' '] |= xml_blank;
    table['\r'] = xml_blank;
    for (const char c : {'<', '&'}) table[static_cast<std::size_t>(c)] = 0;
    for (const char c : {'"', '\''}) table[static_cast<std::size_t>(c)] = xml_plain;
    return table;
}();

namespace {

// A character that XML 1.0 may hold.
bool is_character(std::uint32_t code) {
    if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
    return code < 0xD800 || (code > 0xDFFF && code < 0xFFFE) || (code > 0xFFFF && code <= 0x10FFFF);
}

char* put_utf8(char* to, std::uint32_t code) {
    auto continuation = [&](int shift) { *to++ = static_cast<char>(0x80 | (code >> shift & 0x3F)); };
    if (code < 0x80) {
        *to++ = static_cast<char>(code);
    } else if (code < 0x800) {
        *to++ = static_cast<char>(0xC0 | code >> 6);
        continuation(0);
    } else if (code < 0x10000) {
        *to++ = static_cast<char>(0xE0 | code >> 12);
        continuation(6);
        continuation(0);
    } else {
        *to++ = static_cast<char>(0xF0 | code >> 18);
        continuation(12);
        continuation(6);
        continuation(0);
    }
    return to;
}

int digit_of(char c, int base) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return base == 16 && lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

Scanner::Scanner(std::string_view text, const Limits& limits) {
    if (text.size() > limits.bytes) {
        fail(Fault::too_large, "", sized_detail(text.size(), "bytes", "at most", limits.bytes));
        return;
    }
    bytes_ = std::make_unique_for_overwrite<char[]>(text.size() + padding);
    if (!text.empty()) std::memcpy(bytes_.get(), text.data(), text.size());
    std::memset(bytes_.get() + text.size(), 0, padding);
    at_ = bytes_.get();
    end_ = at_ + text.size();
    if (!is_utf8(text)) {
        fail_syntax("not valid UTF-8");
    } else if (text.find('\0') != std::string_view::npos) {
        fail_syntax("a zero byte");
    } else {
        skip_prolog();
    }
}

bool Scanner::fail(Fault fault, std::string path, std::string detail) {
    failure_ = Error{fault, std::move(path), std::move(detail)};
    return false;
}

bool Scanner::fail_syntax(std::string_view detail) {
    return fail(Fault::syntax, "", std::string(detail) + ", at byte " + std::to_string(at_ - bytes_.get()));
}

bool Scanner::skip_prolog() {
    if (at_text("\xEF\xBB\xBF")) at_ += 3;
    if (!skip_misc()) return false;
    if (at_text("<!")) return fail_syntax("a document type declaration, which is refused");
    if (*at_ != '<' || !is(at_[1], xml_name_start)) return fail_syntax("not an XML document: no root element");
    ++at_;
    return true;
}

bool Scanner::skip_misc() {
    for (;;) {
        skip_blanks();
        if (!at_text("<?") && !at_text("<!--")) return true;
        if (!skip_markup(nullptr)) return false;
    }
}

bool Scanner::finish() {
    if (!skip_misc()) return false;
    return at_ == end_ || fail_syntax("something after the root element");
}

bool Scanner::scan_name(std::string_view& name) {
    char* start = at_;
    if (!is(*at_, xml_name_start)) return fail_syntax("expected a name");
    while (is(*at_, xml_name)) ++at_;
    name = {start, at_};
    return true;
}

// ---- tags ----------------------------------------------------------------------------------------------------------

bool Scanner::scan_attributes(XmlTag& tag, std::vector<XmlAttribute>& attributes) {
    for (;;) {
        const char* before = at_;
        skip_blanks();
        if (*at_ == '>') {
            ++at_;
            return true;
        }
        if (*at_ == '/' && at_[1] == '>') {
            at_ += 2;
            tag.empty = true;
            return true;
        }
        if (at_ == before) return fail_syntax("expected a blank, > or />");
        if (attributes.size() == max_attributes) {
            return fail(Fault::too_large, "",
                        "more than " + std::to_string(max_attributes) + " attributes of one element");
        }
        if (!scan_attribute(attributes.emplace_back())) return false;
    }
}

bool Scanner::scan_attribute(XmlAttribute& attribute) {
    if (!scan_name(attribute.name)) return false;
    skip_blanks();
    if (*at_ != '=') return fail_syntax("expected = after the name of an attribute");
    ++at_;
    skip_blanks();
    return scan_value(attribute.value);
}

// Line breaks and tabs become blanks (XML 1.0 clause 3.3.3).
bool Scanner::scan_value(std::string_view& value) {
    const char quote = *at_;
    if (quote != '"' && quote != '\'') return fail_syntax("expected a quoted value");
    char* start = ++at_;
    while (is(*at_, xml_quoted)) ++at_;
    char* to = at_;
    while (*at_ != quote) {
        if (*at_ == '&') {
            if (!resolve_reference(to)) return false;
        } else if (is(*at_, xml_blank)) {
            at_ += *at_ == '\r' && at_[1] == '\n' ? 2 : 1;
            *to++ = ' ';
        } else if (is(*at_, xml_plain)) {
            *to++ = *at_++;
        } else {
            return fail_syntax("a character that may not stand in the value of an attribute");
        }
    }
    ++at_;
    value = {start, to};
    return true;
}

// The character that `&…;` stands for, put at `to`, which never overtakes the text.
bool Scanner::resolve_reference(char*& to) {
    static constexpr struct {
        std::string_view text;
        char character;
    } entities[] = {{"&lt;", '<'}, {"&gt;", '>'}, {"&amp;", '&'}, {"&quot;", '"'}, {"&apos;", '\''}};
    for (const auto& entity : entities) {
        if (!at_text(entity.text)) continue;
        at_ += entity.text.size();
        *to++ = entity.character;
        return true;
    }
    if (at_[1] != '#') return fail_syntax("a reference to an entity that is not declared");
    const int base = at_[2] == 'x' ? 16 : 10;
    char* at = at_ + (base == 16 ? 3 : 2);
    const char* start = at;
    std::uint32_t code = 0;
    for (int digit = 0; code <= 0x10FFFF && (digit = digit_of(*at, base)) >= 0; ++at) {
        code = code * static_cast<std::uint32_t>(base) + static_cast<std::uint32_t>(digit);
    }
    if (at == start || *at != ';' || !is_character(code))
        return fail_syntax("a reference to a character that XML cannot hold");
    at_ = at + 1;
    to = put_utf8(to, code);
    return true;
}

bool Scanner::odd_end_tag(std::string_view name) {
    if (same_bytes(at_, name.data(), name.size())) {
        at_ += name.size();
        skip_blanks();
        if (*at_ == '>') {
            ++at_;
            return true;
        }
    }
    return fail_syntax("expected the end tag of " + quoted(name));
}

// ---- text ----------------------------------------------------------------------------------------------------------

Scanner::Token Scanner::search_tag(std::string* text) {
    for (;;) {
        if (!scan_text(text)) return Token::failed;
        if (at_[1] == '/') return Token::end;
        if (is(at_[1], xml_name_start)) {
            ++at_;
            return Token::start;
        }
        if (!skip_markup(text)) return Token::failed;
    }
}

// Up to the next '<'. References are resolved in place, line ends become \n.
bool Scanner::scan_text(std::string* text) {
    char* start = at_;
    char* to = at_;
    for (;;) {
        char* plain = at_;
        while (is(*at_, xml_plain)) ++at_;
        if (to != plain) std::memmove(to, plain, static_cast<std::size_t>(at_ - plain));
        to += at_ - plain;
        if (*at_ == '<') break;
        if (*at_ == '&') {
            if (!resolve_reference(to)) return false;
        } else if (*at_ == '\r') {
            if (*++at_ != '\n') *to++ = '\n';
        } else {
            return fail_syntax(at_ == end_ ? "the document ends within an element"
                                           : "a character that XML cannot hold");
        }
    }
    if (text) text->append(start, to);
    return true;
}

// A comment, an instruction or a CDATA section; the last is text.
bool Scanner::skip_markup(std::string* text) {
    if (at_text("<!--")) {
        at_ += 4;
        return skip_past("-->");
    }
    if (at_text("<?")) {
        at_ += 2;
        std::string_view target;
        return scan_name(target) && skip_past("?>");
    }
    if (!at_text("<![CDATA[")) return fail_syntax("expected an element, a comment or text");
    at_ += 9;
    char* start = at_;
    if (!skip_past("]]>")) return false;
    for (char* at = start; text && at < at_ - 3; ++at) {
        if (*at == '\r') {
            if (at[1] != '\n') *text += '\n';
        } else if (is(*at, xml_plain | xml_quoted) || *at == '<' || *at == '&') {
            *text += *at;
        } else {
            return fail_syntax("a character that XML cannot hold");
        }
    }
    return true;
}

bool Scanner::skip_past(std::string_view end) {
    const std::string_view rest(at_, end_);
    const std::size_t found = rest.find(end);
    if (found == std::string_view::npos) return fail_syntax("a comment, instruction or section without an end");
    at_ += found + end.size();
    return true;
}

bool Scanner::odd_text(char* start, std::string_view name, std::string_view& text, bool& element) {
    at_ = start;
    parts_.clear();
    switch (search_tag(&parts_)) {
        case Token::failed:
            return false;
        case Token::start:
            element = true;
            return false;
        case Token::end:
            break;
    }
    text = parts_;
    return end_tag(name);
}

}  // namespace busbar::wire
