// The tokens of an XML document: names, attributes, text, tags, comments. UTF-8 only, and no document type declaration,
// so there are no entities but the five of XML itself. The Scanner walks over a copy of the text that ends in zeros: no
// character of XML is a zero, so every loop ends there without a look at the end, and a name may be compared with a
// longer one. References are resolved in place. Internal to this folder.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/wire/json.hpp"
#include "protocols/wire/record.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {

struct XmlAttribute {
    std::string_view name;  // with its prefix
    std::string_view value;
};

struct XmlTag {
    std::string_view name;  // with its prefix
    bool empty = false;     // <name/>: there is no end tag
};

// What a byte may be: part of a name, of text as it stands, blank.
inline constexpr std::uint8_t xml_name_start = 1;
inline constexpr std::uint8_t xml_name = 2;
inline constexpr std::uint8_t xml_plain = 4;   // in text, stands for itself and is not '<'
inline constexpr std::uint8_t xml_quoted = 8;  // in an attribute value, the same, and is no quote or line break
inline constexpr std::uint8_t xml_blank = 16;
extern const std::array<std::uint8_t, 256> xml_bytes;

class Scanner {
  public:
    static constexpr std::size_t max_attributes = 256;  // of one element

    // Copies the text; an empty failure() afterwards means that the root's start tag is next.
    Scanner(std::string_view text, const Limits& limits);

    const Failure& failure() const { return failure_; }
    Failure take_failure() { return std::move(failure_); }
    bool fail_syntax(std::string_view detail);  // at this place; always false
    bool fail(Fault fault, std::string path, std::string detail);

    char next() const { return *at_; }

    // Whether the start tag at hand (after its '<') has this name; if so, passes over it.
    bool take_name(std::string_view name) {
        static_assert(padding >= max_name + 8);
        if (!same_bytes(at_, name.data(), name.size()) || is(at_[name.size()], xml_name)) return false;
        at_ += name.size();
        return true;
    }
    bool scan_name(std::string_view& name);

    // The rest of a start tag, after its name.
    bool rest_of_tag(XmlTag& tag, std::vector<XmlAttribute>& attributes) {
        if (*at_ != '>') return scan_attributes(tag, attributes);
        ++at_;
        return true;
    }

    // Passes over an end tag whose "</" is at hand.
    bool end_tag(std::string_view name) {
        at_ += 2;
        if (!same_bytes(at_, name.data(), name.size()) || at_[name.size()] != '>') return odd_end_tag(name);
        at_ += name.size() + 1;
        return true;
    }

    enum class Token { start, end, failed };
    // The next tag within an element, after its '<' if it starts an element, at its "</" if it ends one. Comments and
    // instructions are passed over, text is appended to `text` if there is one.
    Token next_tag(std::string* text) {
        if (!text && *at_ == '<' && is(at_[1], xml_name_start)) {
            ++at_;
            return Token::start;
        }
        return *at_ == '<' && at_[1] == '/' ? Token::end : search_tag(text);
    }

    // The text of an element without elements within, and its end tag. `element` is set, and false the answer, if there
    // is an element.
    bool simple_text(std::string_view name, std::string_view& text, bool& element) {
        char* start = at_;
        while (is(*at_, xml_plain)) ++at_;
        if (*at_ != '<' || at_[1] != '/') return odd_text(start, name, text, element);
        text = {start, at_};
        return end_tag(name);
    }
    // The same if the text is a whole number in its most usual form: [-]digits, at most 18 of them. False: nothing
    // done.
    bool simple_whole(std::int64_t& number) {
        const char* at = at_;
        const bool negative = *at == '-';
        if (negative) ++at;
        const char* start = at;
        number = 0;
        for (; at - start < 18 && *at >= '0' && *at <= '9'; ++at) number = number * 10 + (*at - '0');
        if (at == start || *at != '<' || at[1] != '/') return false;
        if (negative) number = -number;
        at_ += at - at_;
        return true;
    }

    bool finish();  // after the root: nothing but blanks, comments and instructions

  private:
    static constexpr std::size_t padding = max_name + 8;
    static bool is(char c, std::uint8_t what) { return xml_bytes[static_cast<unsigned char>(c)] & what; }

    bool scan_attributes(XmlTag& tag, std::vector<XmlAttribute>& attributes);
    bool scan_attribute(XmlAttribute& attribute);
    bool scan_value(std::string_view& value);
    bool resolve_reference(char*& to);
    Token search_tag(std::string* text);
    bool odd_end_tag(std::string_view name);
    bool odd_text(char* start, std::string_view name, std::string_view& text, bool& element);
    bool scan_text(std::string* text);
    bool skip_markup(std::string* text);
    bool skip_past(std::string_view end);
    bool skip_prolog();
    bool skip_misc();
    void skip_blanks() {
        while (is(*at_, xml_blank)) ++at_;
    }
    bool at_text(std::string_view wanted) const { return same_bytes(at_, wanted.data(), wanted.size()); }

    std::unique_ptr<char[]> bytes_;
    char* at_ = nullptr;
    char* end_ = nullptr;
    std::string parts_;  // text that does not stand in one piece
    Failure failure_;
};

}  // namespace busbar::wire
