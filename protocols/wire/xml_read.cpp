// XML into records. pugixml makes a tree of the document (it knows no DTD, so no entity can grow); one walk of that tree
// stores what the record's table names and skips the rest. pugixml passes over much that is not well-formed, and it knows
// no namespaces: both are seen to here.
#include "protocols/wire/xml.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <pugixml.hpp>

#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"
#include "protocols/wire/xml_names.hpp"

namespace busbar::wire {
namespace {

constexpr unsigned parse_flags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                 pugi::parse_wconv_attribute | pugi::parse_doctype | pugi::parse_fragment |
                                 pugi::parse_ws_pcdata_single | pugi::parse_embed_pcdata;
constexpr std::size_t max_bindings = 64;  // namespace declarations in scope at one place

Error syntax(std::string detail) { return {Fault::syntax, "", std::move(detail)}; }

constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

std::string_view trimmed(std::string_view text) {
    if (!text.empty() && text.front() > ' ' && text.back() > ' ') return text;
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// `&#…;` must name a character; pugixml would take 0 for the end of the text and make broken UTF-8 of a surrogate.
bool good_reference(std::string_view rest) {
    const bool hex = rest.starts_with('x');
    if (hex) rest.remove_prefix(1);
    std::uint32_t code = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && rest[digits] != ';'; ++digits) {
        const char c = rest[digits];
        const int digit = c >= '0' && c <= '9'          ? c - '0'
                          : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                          : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0) return false;
        code = code * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
        if (code > 0x10FFFF) return false;
    }
    if (digits == 0 || digits == rest.size()) return false;
    return code != 0 && (code < 0xD800 || code > 0xDFFF);
}

Failure check_characters(std::string_view text, const Limits& limits) {
    if (text.size() > limits.bytes) {
        return Error{Fault::too_large, "", sized_detail(text.size(), "bytes", "at most", limits.bytes)};
    }
    if (!is_utf8(text)) return syntax("not valid UTF-8");
    if (text.find('\0') != std::string_view::npos) return syntax("a zero byte");
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
        if (text.substr(at + 1).starts_with('#') && !good_reference(text.substr(at + 2))) {
            return syntax("a reference to a character that there is not, at byte " + std::to_string(at));
        }
    }
    return std::nullopt;
}

// A parsed document. Its names and values point into `bytes`, which go on for a while after the text, so that a name
// may be compared with a longer one without a look at where it ends.
struct Document {
    static constexpr std::size_t padding = 256;
    std::unique_ptr<char[]> bytes;
    pugi::xml_document tree;
    pugi::xml_node root;

    Failure load(std::string_view text, const Limits& limits) {
        if (Failure failure = check_characters(text, limits)) return failure;
        bytes = std::make_unique_for_overwrite<char[]>(text.size() + padding);
        if (!text.empty()) std::memcpy(bytes.get(), text.data(), text.size());
        std::memset(bytes.get() + text.size(), 0, padding);
        const auto result = tree.load_buffer_inplace(bytes.get(), text.size() + 1, parse_flags, pugi::encoding_utf8);
        if (!result) {
            return syntax("not well-formed XML at byte " + std::to_string(result.offset) + ": " + result.description());
        }
        for (const pugi::xml_node node : tree) {
            if (node.type() == pugi::node_doctype) return syntax("a document type declaration, which is refused");
            if (node.type() != pugi::node_element) return syntax("text outside the root element");
            if (root) return syntax("more than one root element");
            root = node;
        }
        return root ? std::nullopt : Failure(syntax("no root element"));
    }
};

// ---- namespaces ----------------------------------------------------------------------------------------------------

struct Name {
    std::string_view prefix;
    std::string_view local;

    explicit Name(std::string_view text) {
        const std::size_t colon = text.find(':');
        if (colon != std::string_view::npos) prefix = text.substr(0, colon);
        local = colon == std::string_view::npos ? text : text.substr(colon + 1);
    }
};

// The declarations in scope, innermost last.
class Scope {
  public:
    // False: too many declarations.
    bool declare(pugi::xml_node element) {
        for (pugi::xml_attribute a = element.first_attribute(); a; a = a.next_attribute()) {
            const char* name = a.name();
            if (std::strncmp(name, "xmlns", 5) != 0 || (name[5] != '\0' && name[5] != ':')) continue;
            if (bindings_.size() == max_bindings) return false;
            default_ = nullptr;
            bindings_.push_back({name[5] == ':' ? name + 6 : "", a.value(), nullptr});
        }
        return true;
    }
    std::size_t size() const { return bindings_.size(); }
    void restore(std::size_t size) {
        if (size == bindings_.size()) return;
        bindings_.resize(size);
        default_ = nullptr;
    }

    bool default_is(const Namespace* wanted) {
        if (wanted && wanted == default_) return true;
        if (!is({}, wanted)) return false;
        default_ = wanted;
        return true;
    }

    // nullptr: not declared. No default namespace is the namespace "".
    const std::string_view* uri(std::string_view prefix) {
        static constexpr std::string_view none;
        Binding* binding = find(prefix);
        if (binding) return &binding->uri;
        return prefix.empty() ? &none : nullptr;
    }

    bool is(std::string_view prefix, const Namespace* wanted) {
        Binding* binding = find(prefix);
        if (!binding || !wanted) return (!binding || binding->uri.empty()) && !wanted && prefix.empty();
        if (binding->matched == wanted) return true;
        if (!same_name(binding->uri, wanted->uri)) return false;
        binding->matched = wanted;
        return true;
    }

  private:
    struct Binding {
        std::string_view prefix;
        std::string_view uri;
        const Namespace* matched;  // the last of our namespaces that it was found to be
    };

    Binding* find(std::string_view prefix) {
        for (std::size_t i = bindings_.size(); i-- > 0;) {
            if (bindings_[i].prefix == prefix) return &bindings_[i];
        }
        return nullptr;
    }

    std::vector<Binding> bindings_;
    const Namespace* default_ = nullptr;  // which of ours the default namespace was found to be; nullptr: not known
};

// ---- the walk ------------------------------------------------------------------------------------------------------

struct Step {
    const Step* up;
    const Field* field;
    std::size_t index;  // in a list; unlimited: no list
};

struct Seen {
    std::uint64_t words[2] = {0, 0};
    bool mark(std::size_t i) {  // false: already seen
        const std::uint64_t bit = std::uint64_t{1} << i % 64;
        const bool first = (words[i / 64] & bit) == 0;
        words[i / 64] |= bit;
        return first;
    }
};

std::string path_to(const Step* step) {
    if (!step) return {};
    std::string path = path_to(step->up);
    append_path(path, step->field->name);
    if (step->index != unlimited) append_path(path, step->index);
    return path;
}

const Type& without_optional(const Type& type) { return type.kind == Kind::optional ? *type.element : type; }

void* engage(const Type& optional, void* maybe) {
    const void* held = optional.optional->get(maybe);
    return held ? const_cast<void*>(held) : optional.optional->emplace(maybe);
}

class Reader {
  public:
    explicit Reader(const XmlOptions& options)
        : options_(options), depth_limit_(std::min<std::size_t>(options.limits.depth, 512)) {}

    Failure read(pugi::xml_node root, const Record& record, void* value) {
        if (!scope_.declare(root)) return too_many_declarations();
        const Name name(root.name());
        if (!options_.root.empty() && !same(name.local, options_.root)) {
            return Error{Fault::unknown_type, "", quoted(name.local) + ", expected " + std::string(options_.root)};
        }
        if (!options_.any_namespace && !scope_.is(name.prefix, record.ns)) {
            return Error{Fault::unknown_type, "", "the root element is in another namespace, expected " +
                                                      std::string(record.ns ? record.ns->uri : "none")};
        }
        if (count() && enter()) read_record(root, record, value, nullptr);
        return std::move(failure_);
    }

    static Failure too_many_declarations() {
        return Error{Fault::too_large, "", "more than 64 namespace declarations in one place"};
    }

  private:
    bool read_record(pugi::xml_node node, const Record& record, void* target, const Step* step) {
        if (record.shape != Shape::sequence) reset_choice(record, target);  // it may be declared with a default
        if (record.shape == Shape::type_choice) return read_type_choice(node, record, target, step);
        Seen seen;
        if (record.has_attributes && !read_attributes(node, record, target, step, seen)) return false;
        std::size_t next = 0;
        for (pugi::xml_node child = node.first_child(); child; child = child.next_sibling()) {
            if (child.type() == pugi::node_element && !read_child(child, record, target, step, seen, next)) return false;
        }
        if (record.has_content && !read_content(node, record, target, step, seen)) return false;
        return check_complete(record, target, step, seen);
    }

    bool read_attributes(pugi::xml_node node, const Record& record, void* target, const Step* step, Seen& seen) {
        for (pugi::xml_attribute a = node.first_attribute(); a; a = a.next_attribute()) {
            const Name name(a.name());
            for (std::size_t i = 0; i < record.all.size(); ++i) {
                const Field& field = record.all[i];
                if (field.place != Place::attribute || !same(field.name, name.local)) continue;
                if (!options_.any_namespace && !is_attribute_of(name, field)) continue;
                const Step here{step, &field, unlimited};
                if (!seen.mark(i)) return fail(Fault::duplicate, "an attribute that stands twice", &here);
                if (!read_text(a.value(), *field.type, member_of(field, target), &here)) return false;
                break;
            }
        }
        return true;
    }

    // An attribute without a prefix is in no namespace, whatever the default is.
    bool is_attribute_of(const Name& name, const Field& field) {
        return name.prefix.empty() ? !field.ns : field.ns && scope_.is(name.prefix, namespace_of(field));
    }

    bool read_child(pugi::xml_node child, const Record& record, void* target, const Step* step, Seen& seen,
                    std::size_t& next) {
        if (!count()) return false;
        const std::size_t outer = scope_.size();
        if (child.first_attribute() && !scope_.declare(child)) {
            failure_ = too_many_declarations();
            return false;
        }
        const std::size_t i = find_field(child.name(), record, next);
        const bool ok = i == record.all.size() ? skip(child) : read_member(child, record.all[i], i, target, step, seen);
        scope_.restore(outer);
        return ok;
    }

    // The field that an element of this name is; the number of fields if it is none. `next` is where a message in the
    // order of the table would go on: the member of a list again, or the one after it.
    std::size_t find_field(const char* text, const Record& record, std::size_t& next) {
        const std::size_t size = record.all.size();
        for (std::size_t i = next; i < size && i < next + 2; ++i) {
            const Field& field = record.all[i];
            if (field.place != Place::element || !is_whole_name(text, field.name)) continue;
            if (!options_.any_namespace && !scope_.default_is(namespace_of(field))) continue;
            next = i + (without_optional(*field.type).kind == Kind::list ? 0 : 1);
            return i;
        }
        const Name name(text);
        std::size_t i = next;
        for (std::size_t tried = 0; tried < size; ++tried, ++i) {
            if (i >= size) i = 0;
            const Field& field = record.all[i];
            if (field.place != Place::element || !same(field.name, name.local)) continue;
            if (!options_.any_namespace && !scope_.is(name.prefix, namespace_of(field))) continue;
            next = i;
            return i;
        }
        return size;
    }

    // `text` is a name in the document; see Document for why it may be shorter.
    static bool is_whole_name(const char* text, std::string_view name) {
        return name.size() < Document::padding && same_bytes(text, name.data(), name.size()) && text[name.size()] == '\0';
    }

    bool read_member(pugi::xml_node child, const Field& field, std::size_t i, void* target, const Step* step,
                     Seen& seen) {
        const bool first = seen.mark(i);
        const Type* type = field.type;
        void* member = member_of(field, target);
        Step here{step, &field, unlimited};
        if (type->kind == Kind::optional) {
            member = engage(*type, member);
            type = type->element;
        }
        if (type->kind == Kind::list) {
            if (first) type->list->clear(member);  // a member may be declared with a default
            const std::size_t size = type->list->size(member);
            if (size >= type->max_size) {
                return fail(Fault::too_many, "at most " + std::to_string(type->max_size) + " members", &here);
            }
            here.index = size;
            member = type->list->append(member);
            type = type->element;
        } else if (!first) {
            return fail(Fault::duplicate, "an element that may stand once", &here);
        }
        return read_element(child, *type, member, &here);
    }

    bool read_element(pugi::xml_node node, const Type& type, void* target, const Step* step) {
        if (type.kind == Kind::optional) {
            return read_element(node, *type.element, type.optional->emplace(target), step);
        }
        if (!enter()) return false;
        const bool ok = type.kind == Kind::record ? read_record(node, *type.record, target, step)
                                                  : read_simple(node, type, target, step);
        --depth_;
        return ok;
    }

    bool read_simple(pugi::xml_node node, const Type& type, void* target, const Step* step) {
        if (!node.first_child()) return read_text(node.value(), type, target, step);
        for (const pugi::xml_node child : node) {
            if (child.type() == pugi::node_element) {
                return fail(Fault::wrong_type, "an element, expected " + std::string(name_of(type.kind)), step);
            }
        }
        return read_text(text_of(node), type, target, step);
    }

    bool read_content(pugi::xml_node node, const Record& record, void* target, const Step* step, Seen& seen) {
        for (std::size_t i = 0; i < record.all.size(); ++i) {
            const Field& field = record.all[i];
            if (field.place != Place::content) continue;
            const std::string text = text_of(node);
            seen.mark(i);
            if (field.type->kind == Kind::optional && text.empty()) return true;
            const Step here{step, &field, unlimited};
            return read_text(text, *field.type, member_of(field, target), &here);
        }
        return true;
    }

    static std::string text_of(pugi::xml_node node) {
        std::string text = node.value();
        for (const pugi::xml_node child : node) {
            if (child.type() != pugi::node_element) text += child.value();
        }
        return text;
    }

    // xsi:type names the alternative; the element's attributes and children are the alternative's.
    bool read_type_choice(pugi::xml_node node, const Record& choice, void* target, const Step* step) {
        const std::string_view type_name = xsi_type(node);
        if (type_name.empty()) return fail(Fault::bad_choice, "no xsi:type, " + choice_detail(choice, 0), step);
        const Name name(type_name);
        for (const Field& field : choice.all) {
            if (field.place != Place::element || !same(field.name, name.local)) continue;
            if (!options_.any_namespace && !scope_.is(name.prefix, namespace_of(field))) continue;
            const Step here{step, &field, unlimited};
            return read_element(node, *field.type, member_of(field, target), &here);
        }
        return fail(Fault::unknown_type, "xsi:type " + quoted(type_name), step);
    }

    std::string_view xsi_type(pugi::xml_node node) {
        for (pugi::xml_attribute a = node.first_attribute(); a; a = a.next_attribute()) {
            const Name name(a.name());
            if (name.local == "type" && !name.prefix.empty() && scope_.is(name.prefix, &xsi)) return trimmed(a.value());
        }
        return {};
    }

    bool check_complete(const Record& record, const void* target, const Step* step, const Seen& seen) {
        const std::uint64_t missing[2] = {record.required[0] & ~seen.words[0], record.required[1] & ~seen.words[1]};
        if ((missing[0] | missing[1]) && !check_missing(record, missing, step)) return false;
        if (record.has_counted && !check_counts(record, target, step)) return false;
        if (record.shape == Shape::sequence) return true;
        const std::size_t present = count_present(record, target);
        return present == 1 || fail(Fault::bad_choice, choice_detail(record, present), step);
    }

    bool check_missing(const Record& record, const std::uint64_t (&missing)[2], const Step* step) {
        for (std::size_t i = 0; i < record.all.size(); ++i) {
            if (!(missing[i / 64] >> i % 64 & 1)) continue;
            const Field& field = record.all[i];
            if (field.type->kind == Kind::list && field.type->min_size == 0) continue;  // it may be empty
            const Step here{step, &field, unlimited};
            return fail(Fault::missing, "a required member is absent", &here);
        }
        return true;
    }

    bool check_counts(const Record& record, const void* target, const Step* step) {
        for (const Field& field : record.all) {
            const Type& type = without_optional(*field.type);
            if (type.kind != Kind::list) continue;
            const void* list = member_of(field, target);
            if (field.type->kind == Kind::optional) list = field.type->optional->get(list);
            const std::size_t size = list ? type.list->size(list) : 0;
            const Step here{step, &field, unlimited};
            if (size > 0 && !check_list_size(type, size, problem_)) return fail(&here);
        }
        return true;
    }

    // ---- text ------------------------------------------------------------------------------------------------------

    bool read_text(std::string_view text, const Type& type, void* target, const Step* step) {
        if (type.kind == Kind::optional) return read_text(text, *type.element, type.optional->emplace(target), step);
        return set_any_text(text, type, target, problem_) || fail(step);
    }

    static bool set_any_text(std::string_view text, const Type& type, void* target, Problem& problem) {
        if (is_whole(type.kind) || type.kind == Kind::number) return set_decimal(type, trimmed(text), target, problem);
        switch (type.kind) {
            case Kind::text:
            case Kind::secret: return set_text(type, text, target, problem);
            case Kind::boolean: return set_boolean(trimmed(text), type, target, problem);
            case Kind::raw_json:
            case Kind::any_value:
                if (!read_json_value(text, type, target)) return true;
                problem = {Fault::bad_format, "not valid JSON"};
                return false;
            default: return set_text(type, trimmed(text), target, problem);
        }
    }

    static bool set_boolean(std::string_view text, const Type& type, void* target, Problem& problem) {
        const bool yes = text == "true" || text == "1";
        if (!yes && text != "false" && text != "0") return wrong_type(type, quoted(text), problem);
        *static_cast<bool*>(target) = yes;
        return true;
    }

    // ---- limits and failures ---------------------------------------------------------------------------------------

    bool count() { return ++values_ <= options_.limits.members || fail_count(); }
    [[gnu::cold, gnu::noinline]] bool fail_count() {
        failure_ = Error{Fault::too_large, "",
                         "more than " + std::to_string(options_.limits.members) + " elements in one message"};
        return false;
    }

    bool enter() { return ++depth_ <= depth_limit_ || fail_depth(); }
    [[gnu::cold, gnu::noinline]] bool fail_depth() {
        failure_ = Error{Fault::too_deep, "", "more than " + std::to_string(depth_limit_) + " levels"};
        return false;
    }

    // Passes over an element that no table knows. What is within it is counted like the rest.
    bool skip(pugi::xml_node top) {
        if (!enter()) return false;
        const std::size_t outer = depth_ - 1;
        pugi::xml_node node = top.first_child();
        while (node) {
            if (node.type() == pugi::node_element) {
                if (!count() || !enter()) return false;
                if (node.first_child()) {
                    node = node.first_child();
                    continue;
                }
                --depth_;
            }
            while (node != top && !node.next_sibling()) {
                node = node.parent();
                --depth_;
            }
            if (node == top) break;
            node = node.next_sibling();
        }
        depth_ = outer;
        return true;
    }

    bool same(std::string_view a, std::string_view b) const {
        return options_.any_case ? same_any_case(a, b) : same_name(a, b);
    }

    [[gnu::cold, gnu::noinline]] bool fail(Fault fault, std::string detail, const Step* step) {
        failure_ = Error{fault, path_to(step), std::move(detail)};
        return false;
    }
    [[gnu::cold, gnu::noinline]] bool fail(const Step* step) {  // what problem_ says
        return fail(problem_.fault, std::move(problem_.detail), step);
    }

    const XmlOptions& options_;
    std::size_t depth_limit_;
    std::size_t depth_ = 0;
    std::size_t values_ = 0;
    Scope scope_;
    Problem problem_;
    Failure failure_;
};

// The root's start tag as an element of its own: all that read_xml_root needs. "" if there is none.
std::string root_tag(std::string_view text) {
    std::size_t at = 0;
    while ((at = text.find('<', at)) != std::string_view::npos) {
        const std::string_view rest = text.substr(at);
        const std::string_view end = rest.starts_with("<?") ? "?>" : rest.starts_with("<!--") ? "-->" : "";
        if (end.empty()) break;
        at = text.find(end, at + 2);
    }
    if (at == std::string_view::npos || text.substr(at).starts_with("<!")) return {};
    char quote = 0;
    for (std::size_t i = at; i < text.size(); ++i) {
        const char c = text[i];
        if (quote) {
            if (c == quote) quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '>') {
            std::string tag(text.substr(at, i - at));
            if (!tag.ends_with('/')) tag += '/';
            return tag += '>';
        }
    }
    return {};
}

}  // namespace

Failure read_xml(std::string_view text, const Record& record, void* value, const XmlOptions& options) {
    Document document;
    if (Failure failure = document.load(text, options.limits)) return failure;
    return Reader(options).read(document.root, record, value);
}

Failure read_xml_root(std::string_view text, XmlRoot& out, const Limits& limits) {
    if (text.size() > limits.bytes) {
        return Error{Fault::too_large, "", sized_detail(text.size(), "bytes", "at most", limits.bytes)};
    }
    const std::string tag = root_tag(text);
    if (tag.empty()) return syntax("no root element");
    Document document;
    if (Failure failure = document.load(tag, limits)) return failure;
    const pugi::xml_node root = document.root;
    Scope scope;
    if (!scope.declare(root)) return Reader::too_many_declarations();
    const Name name(root.name());
    const std::string_view* uri = scope.uri(name.prefix);
    if (!uri) return syntax("the prefix " + quoted(name.prefix) + " is not declared");
    out = {std::string(name.local), std::string(*uri), ""};
    for (const pugi::xml_attribute a : root.attributes()) {
        const Name attribute(a.name());
        if (attribute.local != "type" || attribute.prefix.empty() || !scope.is(attribute.prefix, &xsi)) continue;
        out.xsi_type = Name(trimmed(a.value())).local;
    }
    return std::nullopt;
}

}  // namespace busbar::wire
