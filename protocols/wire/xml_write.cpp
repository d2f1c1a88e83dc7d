// Records into XML: one walk of the table that appends to one string. The root's namespace declarations are put in at
// the end, when it is known which namespaces stand in the message.
#include <algorithm>
#include <array>
#include <charconv>

#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"
#include "protocols/wire/xml.hpp"
#include "protocols/wire/xml_names.hpp"

namespace busbar::wire {
namespace {

// 0: the byte stands for itself. 1: escaped or replaced everywhere; 2: in attributes only; 3: perhaps U+FFFE or U+FFFF.
constexpr std::array<char, 256> special = [] {
    std::array<char, 256> table{};
    for (std::size_t i = 0; i < 0x20; ++i) table[i] = 1;
    for (const char c : {'&', '<', '>', '\r'}) table[static_cast<unsigned char>(c)] = 1;
    for (const char c : {'"', '\t', '\n'}) table[static_cast<unsigned char>(c)] = 2;
    table[0xEF] = 3;
    return table;
}();

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD, for characters that XML 1.0 cannot hold

std::string_view escape_of(char c) {
    switch (c) {
        case '&':
            return "&amp;";
        case '<':
            return "&lt;";
        case '>':
            return "&gt;";
        case '"':
            return "&quot;";
        case '\t':
            return "&#9;";
        case '\n':
            return "&#10;";
        case '\r':
            return "&#13;";
        default:
            return replacement;
    }
}

void append_escaped(std::string& out, std::string_view text, bool attribute) {
    const char* at = text.data();
    const char* end = at + text.size();
    const char* plain = at;
    while (at != end) {
        const char kind = special[static_cast<unsigned char>(*at)];
        if (kind == 0 || (kind == 2 && !attribute)) {
            ++at;
            continue;
        }
        if (kind == 3) {
            const std::string_view rest(at, end);
            if (!rest.starts_with("\xEF\xBF\xBE") && !rest.starts_with("\xEF\xBF\xBF")) {
                ++at;
                continue;
            }
            out.append(plain, at).append(replacement);
            at += 3;
        } else {
            out.append(plain, at).append(escape_of(*at));
            ++at;
        }
        plain = at;
    }
    out.append(plain, static_cast<std::size_t>(end - plain));  // of two pointers is a replace: twice the instructions
}

template <class Int>
void append_whole(std::string& out, Int number) {
    char digits[24];
    const char* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, static_cast<std::size_t>(end - digits));
}

class Writer {
  public:
    explicit Writer(std::string& out) : out_(out) {}

    void document(const Record& record, const void* value, std::string_view root, const XmlStyle& style) {
        if (style.declaration) out_ += "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
        const std::string_view name = root.empty() ? record.name : root;
        for (const Namespace* ns : style.namespaces) use(ns);
        open(record.ns, name);
        const std::size_t declarations_at = out_.size();
        if (!style.schema_location.empty()) {
            use(&xsi);
            out_ += " xsi:schemaLocation=\"";
            append_escaped(out_, style.schema_location, true);
            out_ += '"';
        }
        Type type{Kind::record};
        type.record = &record;
        if (contents(type, value)) close(record.ns, name);
        insert_declarations(declarations_at, record.ns);
    }

  private:
    void use(const Namespace* ns) {
        if (!ns || ns == last_used_) return;
        last_used_ = ns;
        for (const Namespace* used : used_) {
            if (*used == *ns) return;
        }
        used_.push_back(ns);
    }

    void insert_declarations(std::size_t at, const Namespace* first) {
        std::string text;
        auto declare = [&text](const Namespace& ns) {
            text += ns.prefix.empty() ? " xmlns" : " xmlns:";
            text.append(ns.prefix).append("=\"");
            append_escaped(text, ns.uri, true);
            text += '"';
        };
        if (first) declare(*first);
        for (const Namespace* ns : used_) {
            if (ns != first) declare(*ns);
        }
        out_.insert(at, text);
    }

    void qualified(const Namespace* ns, std::string_view name) {
        if (ns && !ns->prefix.empty()) {
            out_ += ns->prefix;
            out_ += ':';
        }
        out_ += name;
    }
    void open(const Namespace* ns, std::string_view name) {
        use(ns);
        out_ += '<';
        qualified(ns, name);
    }
    void close(const Namespace* ns, std::string_view name) {
        out_ += "</";
        qualified(ns, name);
        out_ += '>';
    }

    void element(const Field& field, const Type& type, const void* value) {
        const Namespace* ns = namespace_of(field);
        open(ns, field.name);
        if (contents(type, value)) close(ns, field.name);
    }

    // What follows the name in the start tag, up to the end tag. False: it was "/>", there is no end tag.
    bool contents(const Type& type, const void* value) {
        if (type.kind == Kind::record) {
            const Record& record = *type.record;
            return record.shape == Shape::type_choice ? alternative(record, value) : members(record, value);
        }
        out_ += '>';
        text(type, value, false);
        return true;
    }

    bool members(const Record& record, const void* value) {
        if (!attributes(record, value)) {
            out_ += "/>";
            return false;
        }
        out_ += '>';
        const std::size_t empty_size = out_.size();
        for (const Field& field : record.all) {
            if (field.place != Place::attribute) member(field, value);
        }
        if (out_.size() > empty_size) return true;
        out_.insert(empty_size - 1, 1, '/');
        return false;
    }

    // False: the record has nothing but attributes.
    bool attributes(const Record& record, const void* value) {
        if (!record.has_attributes) return !record.all.empty();
        bool has_elements = false;
        for (const Field& field : record.all) {
            if (field.place != Place::attribute) {
                has_elements = true;
            } else if (const void* held = held_of(field, value)) {
                attribute(field, held);
            }
        }
        return has_elements;
    }

    void member(const Field& field, const void* record) {
        const void* held = held_of(field, record);
        if (!held) return;
        const Type& type = *field.held;
        if (field.place == Place::content) {
            text(type, held, false);
        } else if (type.kind == Kind::list) {
            const std::size_t size = type.list->size(held);
            for (std::size_t i = 0; i < size; ++i) element(field, *type.element, type.list->at(held, i));
        } else {
            element(field, type, held);
        }
    }

    void attribute(const Field& field, const void* held) {
        use(field.ns);
        out_ += ' ';
        qualified(field.ns, field.name);
        out_ += "=\"";
        text(*field.held, held, true);
        out_ += '"';
    }

    bool alternative(const Record& choice, const void* value) {
        for (const Field& field : choice.all) {
            const void* held = field.place == Place::element ? held_of(field, value) : nullptr;
            if (!held) continue;
            use(&xsi);
            use(namespace_of(field));
            out_ += " xsi:type=\"";
            qualified(namespace_of(field), field.name);
            out_ += '"';
            return contents(*field.held, held);
        }
        out_ += "/>";  // check() refuses a choice of nothing
        return false;
    }

    void text(const Type& type, const void* value, bool attribute) {
        switch (type.kind) {
            case Kind::boolean:
                out_ += *static_cast<const bool*>(value) ? "true" : "false";
                break;
            case Kind::number:
                append_json_number(out_, *static_cast<const double*>(value));
                break;
            case Kind::text:
            case Kind::secret:
            case Kind::hex:
                append_escaped(out_, *static_cast<const std::string*>(value), attribute);
                break;
            case Kind::date_time:
                out_ += to_text(*static_cast<const DateTime*>(value));
                break;
            case Kind::duration:
                out_ += to_text(*static_cast<const Duration*>(value));
                break;
            case Kind::enumeration:
            case Kind::open_enumeration:
                enumeration(type, value, attribute);
                break;
            case Kind::raw_json:
            case Kind::any_value: {
                std::string json;
                write_json_value(type, value, json);
                append_escaped(out_, json, attribute);
                break;
            }
            default:
                whole(type.kind, value);
                break;
        }
    }

    void whole(Kind kind, const void* value) {
        bool negative = false;
        const std::uint64_t number = load_whole(kind, value, negative);
        if (negative) {
            append_whole(out_, static_cast<std::int64_t>(number));
        } else {
            append_whole(out_, number);
        }
    }

    void enumeration(const Type& type, const void* value, bool attribute) {
        const EnumOps& ops = *type.enumeration;
        const std::size_t index = ops.get(value);
        if (index < ops.names.size()) {
            append_escaped(out_, ops.names[index], attribute);
        } else if (type.kind == Kind::open_enumeration) {
            append_escaped(out_, *ops.other_text(value), attribute);
        }
    }

    std::string& out_;
    std::vector<const Namespace*> used_;
    const Namespace* last_used_ = nullptr;
};

}  // namespace

void write_xml(const Record& record, const void* value, std::string& out, std::string_view root,
               const XmlStyle& style) {
    Writer(out).document(record, value, root, style);
}

}  // namespace busbar::wire
