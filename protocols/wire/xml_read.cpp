// XML into records. pugixml makes a tree of the document (it knows no DTD, so no entity can grow); one walk of that
// tree stores what the record's table names and skips the rest. pugixml passes over much that is not well-formed, and
// it knows no namespaces: both are seen to here.
#include "protocols/wire/xml.hpp"

#include <algorithm>
#include <bit>
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

Error syntax(std::string detail) {
    return {Fault::syntax, "", std::move(detail)};
}

constexpr bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

std::string_view trimmed(std::string_view text) {
    if (!text.empty() && text.front() > ' ' && text.back() > ' ') return text;
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

// `&#…;` must name a character that XML can hold; pugixml would take 0 for the end of the text and make broken UTF-8 of
// a surrogate.
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
    if (code < 0x20) return is_blank(static_cast<char>(code));
    return (code < 0xD800 || code > 0xDFFF) && code != 0xFFFE && code != 0xFFFF;
}

constexpr bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 && !is_blank(c);
}

struct Bytes {
    bool beyond_ascii = false;
    bool control = false;
};

// Four words at a time. A byte below 0x20 is a line break, mostly, so the words that hold one are looked at byte by
// byte.
Bytes look_over(std::string_view text) {
    constexpr std::uint64_t ones = 0x0101010101010101;
    const char* at = text.data();
    const char* end = at + text.size();
    Bytes found;
    std::uint64_t all = 0;
    for (; end - at >= 32; at += 32) {
        std::uint64_t words[4];
        std::memcpy(words, at, 32);
        all |= words[0] | words[1] | words[2] | words[3];
        const std::uint64_t low = ((words[0] - ones * 0x20) & ~words[0]) | ((words[1] - ones * 0x20) & ~words[1]) |
                                  ((words[2] - ones * 0x20) & ~words[2]) | ((words[3] - ones * 0x20) & ~words[3]);
        if (low & ones * 0x80) found.control = found.control || std::any_of(at, at + 32, is_control);
    }
    for (; at != end; ++at) {
        all |= static_cast<unsigned char>(*at);
        found.control = found.control || is_control(*at);
    }
    found.beyond_ascii = (all & ones * 0x80) != 0;
    return found;
}

Failure check_characters(std::string_view text, const Limits& limits) {
    if (text.size() > limits.bytes) {
        return Error{Fault::too_large, "", sized_detail(text.size(), "bytes", "at most", limits.bytes)};
    }
    const Bytes bytes = look_over(text);
    if (bytes.beyond_ascii && !is_utf8(text)) return syntax("not valid UTF-8");
    if (bytes.control) return syntax("a control character");
    for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&', at + 1)) {
        if (text.substr(at + 1).starts_with('#') && !good_reference(text.substr(at + 2))) {
            return syntax("a reference to a character that there is not, at byte " + std::to_string(at));
        }
    }
    return std::nullopt;
}

// pugixml's own test is a call.
template <class Handle>
bool is_there(const Handle& handle) {
    static_assert(sizeof(Handle) == sizeof(void*));
    return std::bit_cast<const void*>(handle) != nullptr;
}

// A parsed document. Its names and values point into `bytes`, which go on for a while after the text, so that a name
// may be compared with a longer one without a look at where it ends.
struct Document {
    static constexpr std::size_t padding = max_name + 8;
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
    // An element's or attribute's name, and the declaration that its prefix stands for.
    struct Resolved {
        const char* local;
        std::size_t binding;  // none: not declared; for no prefix: no default namespace
        bool prefixed;
    };
    static constexpr std::size_t none = static_cast<std::size_t>(-1);

    // False: too many declarations.
    bool declare(pugi::xml_node element) {
        for (pugi::xml_attribute a = element.first_attribute(); is_there(a); a = a.next_attribute()) {
            const char* name = a.name();
            if (std::strncmp(name, "xmlns", 5) != 0 || (name[5] != '\0' && name[5] != ':')) continue;
            if (bindings_.size() == max_bindings) return false;
            bindings_.push_back({name[5] == ':' ? name + 6 : "", a.value(), nullptr});
            changed();
        }
        return true;
    }
    std::size_t size() const { return bindings_.size(); }
    void restore(std::size_t size) {
        if (size == bindings_.size()) return;
        bindings_.resize(size);
        changed();
    }

    bool default_is(const Namespace* wanted) {
        if (wanted && wanted == default_namespace_) return true;
        if (!is(Resolved{nullptr, default_, false}, wanted)) return false;
        default_namespace_ = wanted;
        return true;
    }

    // Names of neighbours have the same prefix, mostly, or none.
    bool likely_prefixed() const { return recent_ != none; }
    Resolved unprefixed(const char* text) const { return {text, default_, false}; }
    Resolved resolve(const char* text) {
        if (recent_ != none && has_prefix(text, bindings_[recent_].prefix)) {
            return {text + bindings_[recent_].prefix.size() + 1, recent_, true};
        }
        for (std::size_t i = bindings_.size(); i-- > 0;) {
            if (bindings_[i].prefix.empty() || !has_prefix(text, bindings_[i].prefix)) continue;
            recent_ = i;
            return {text + bindings_[i].prefix.size() + 1, i, true};
        }
        recent_ = none;
        if (const char* colon = std::strchr(text, ':')) return {colon + 1, none, true};
        return {text, default_, false};
    }

    // nullptr: not declared. No default namespace is the namespace "".
    const std::string_view* uri(std::string_view prefix) const {
        static constexpr std::string_view empty;
        const std::size_t binding = find(prefix);
        if (binding != none) return &bindings_[binding].uri;
        return prefix.empty() ? &empty : nullptr;
    }

    bool is(std::string_view prefix, const Namespace* wanted) {
        return is(Resolved{nullptr, find(prefix), !prefix.empty()}, wanted);
    }
    bool is(const Resolved& name, const Namespace* wanted) {
        if (name.binding == none) return !wanted && !name.prefixed;
        Binding& binding = bindings_[name.binding];
        if (!wanted) return binding.uri.empty() && !name.prefixed;
        if (binding.matched == wanted) return true;
        if (!same_name(binding.uri, wanted->uri)) return false;
        binding.matched = wanted;
        return true;
    }

  private:
    struct Binding {
        std::string_view prefix;
        std::string_view uri;
        const Namespace* matched;  // the last of our namespaces that it was found to be
    };

    // `text` is a name in the document; see Document for why it may be shorter, but not by how much.
    static bool has_prefix(const char* text, std::string_view prefix) {
        if (prefix.size() > max_name && std::strncmp(text, prefix.data(), prefix.size()) != 0) return false;
        return text[prefix.size()] == ':' && same_bytes(text, prefix.data(), prefix.size());
    }

    std::size_t find(std::string_view prefix) const {
        for (std::size_t i = bindings_.size(); i-- > 0;) {
            if (bindings_[i].prefix == prefix) return i;
        }
        return none;
    }
    void changed() {
        default_ = find({});
        default_namespace_ = nullptr;
        recent_ = none;
    }

    std::vector<Binding> bindings_;
    std::size_t default_ = none;                    // the innermost declaration without a prefix
    const Namespace* default_namespace_ = nullptr;  // which of ours that was found to be; nullptr: not known
    std::size_t recent_ = none;                     // the prefix of the last name; none: it had none
};

// ---- the walk ------------------------------------------------------------------------------------------------------

// A record that is being read. Through `up` the frames are the path from the root to the member at hand.
struct Frame {
    const Record& record;
    void* target;
    const Frame* up;
    const Field* field = nullptr;   // the member that is being read
    std::size_t index = unlimited;  // within it, if it is a list
    std::size_t next = 0;           // where a message in the order of the table would go on
    std::uint64_t seen[2] = {0, 0};

    bool mark(std::size_t i) {  // false: already seen
        const std::uint64_t bit = std::uint64_t{1} << i % 64;
        const bool first = (seen[i / 64] & bit) == 0;
        seen[i / 64] |= bit;
        return first;
    }
};

std::string path_to(const Frame* frame) {
    if (!frame) return {};
    std::string path = path_to(frame->up);
    append_path(path, frame->field->name);
    if (frame->index != unlimited) append_path(path, frame->index);
    return path;
}

const Type& without_optional(const Type& type) {
    return type.kind == Kind::optional ? *type.element : type;
}

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
            return Error{Fault::unknown_type, "",
                         "the root element is in another namespace, expected " +
                             std::string(record.ns ? record.ns->uri : "none")};
        }
        if (count()) read_record(root, record, value, nullptr);
        return std::move(failure_);
    }

    static Failure too_many_declarations() {
        return Error{Fault::too_large, "", "more than 64 namespace declarations in one place"};
    }

  private:
    bool read_record(pugi::xml_node node, const Record& record, void* target, const Frame* up) {
        if (!enter()) return false;
        if (record.shape != Shape::sequence) reset_choice(record, target);  // it may be declared with a default
        if (record.shape == Shape::type_choice) return read_type_choice(node, record, target, up) && leave();
        Frame frame{record, target, up};
        if (record.has_attributes && !read_attributes(node, frame)) return false;
        for (pugi::xml_node child = node.first_child(); is_there(child); child = child.next_sibling()) {
            const char* name = child.name();  // only an element has one: instructions are not parsed
            if (*name != '\0' && !read_child(child, name, frame)) return false;
        }
        if (record.has_content && !read_content(node, frame)) return false;
        return check_complete(frame) && leave();
    }

    bool read_attributes(pugi::xml_node node, Frame& frame) {
        for (pugi::xml_attribute a = node.first_attribute(); is_there(a); a = a.next_attribute()) {
            const Name name(a.name());
            for (std::size_t i = 0; i < frame.record.all.size(); ++i) {
                const Field& field = frame.record.all[i];
                if (field.place != Place::attribute || !same(field.name, name.local)) continue;
                if (!options_.any_namespace && !is_attribute_of(name, field)) continue;
                frame.field = &field;
                if (!frame.mark(i)) return fail(Fault::duplicate, "an attribute that stands twice", &frame);
                if (!read_text(a.value(), *field.type, member_of(field, frame.target), frame)) return false;
                break;
            }
        }
        return true;
    }

    // An attribute without a prefix is in no namespace, whatever the default is.
    bool is_attribute_of(const Name& name, const Field& field) {
        return name.prefix.empty() ? !field.ns : field.ns && scope_.is(name.prefix, field.ns);
    }

    bool read_child(pugi::xml_node child, const char* name, Frame& frame) {
        if (!count()) return false;
        if (is_there(child.first_attribute())) return read_scoped_child(child, name, frame);
        const std::size_t i = find_field(name, frame);
        return i < frame.record.all.size() ? read_member(child, i, frame) : skip(child);
    }

    [[gnu::noinline]] bool read_scoped_child(pugi::xml_node child, const char* name, Frame& frame) {
        const std::size_t outer = scope_.size();
        if (!scope_.declare(child)) {
            failure_ = too_many_declarations();
            return false;
        }
        const std::size_t i = find_field(name, frame);
        const bool ok = i < frame.record.all.size() ? read_member(child, i, frame) : skip(child);
        scope_.restore(outer);
        return ok;
    }

    // The field that an element of this name is; the number of fields if it is none. Tried first is the next one in the
    // order of the table, without a prefix.
    std::size_t find_field(const char* text, Frame& frame) {
        const std::size_t i = frame.next;
        if (i < frame.record.all.size()) {
            const Field& field = frame.record.all[i];
            if (is_whole_name(text, field.name) && field.place == Place::element &&
                (options_.any_namespace || scope_.default_is(namespace_of(field)))) {
                if (without_optional(*field.type).kind != Kind::list) ++frame.next;
                return i;
            }
        }
        return find_other_field(text, frame);
    }

    [[gnu::noinline]] std::size_t find_other_field(const char* text, Frame& frame) {
        if (!scope_.likely_prefixed()) {
            const std::size_t i = near_field(scope_.unprefixed(text), frame);
            if (i != Scope::none) return i;
        }
        const Scope::Resolved name = scope_.resolve(text);
        if (name.prefixed) {
            const std::size_t i = near_field(name, frame);
            if (i != Scope::none) return i;
        }
        return search_field(name, frame);
    }

    // Among the next few in the order of the table: optional members are left out.
    std::size_t near_field(const Scope::Resolved& name, Frame& frame) {
        const std::span<const Field> all = frame.record.all;
        const std::size_t end = std::min(frame.next + 3, all.size());
        for (std::size_t i = frame.next; i < end; ++i) {
            if (!is_whole_name(name.local, all[i].name) || !is_element_of(name, all[i])) continue;
            frame.next = i + (without_optional(*all[i].type).kind == Kind::list ? 0 : 1);
            return i;
        }
        return Scope::none;
    }

    bool is_element_of(const Scope::Resolved& name, const Field& field) {
        return field.place == Place::element && is_of(name, field);
    }

    bool is_of(const Scope::Resolved& name, const Field& field) {
        return options_.any_namespace || scope_.is(name, namespace_of(field));
    }

    // `text` is a name in the document; see Document for why it may be shorter.
    static bool is_whole_name(const char* text, std::string_view name) {
        return text[name.size()] == '\0' && same_bytes(text, name.data(), name.size());
    }

    std::size_t search_field(const Scope::Resolved& name, Frame& frame) {
        const Field* all = frame.record.all.data();
        const std::size_t size = frame.record.all.size();
        std::size_t i = frame.next;
        for (std::size_t tried = 0; tried < size; ++tried, ++i) {
            if (i >= size) i = 0;
            const Field& field = all[i];
            const bool same =
                options_.any_case ? same_any_case(field.name, name.local) : is_whole_name(name.local, field.name);
            if (!same || field.place != Place::element || !is_of(name, field)) continue;
            frame.next = i + (without_optional(*field.type).kind == Kind::list ? 0 : 1);
            return i;
        }
        return size;
    }

    bool read_member(pugi::xml_node child, std::size_t i, Frame& frame) {
        const Field& field = frame.record.all[i];
        const bool first = frame.mark(i);
        const Type& type = without_optional(*field.type);
        void* member = member_of(field, frame.target);
        frame.field = &field;
        frame.index = unlimited;
        if (type.kind == Kind::list) {
            if (&type != field.type) member = engage(*field.type, member);
            if (first) type.list->clear(member);  // a member may be declared with a default
            return read_list_member(child, type, member, frame);
        }
        if (!first) return fail(Fault::duplicate, "an element that may stand once", &frame);
        if (&type != field.type) member = field.type->optional->emplace(member);
        return read_element(child, type, member, frame);
    }

    bool read_list_member(pugi::xml_node child, const Type& list, void* target, Frame& frame) {
        const std::size_t size = list.list->size(target);
        if (size >= list.max_size) {
            return fail(Fault::too_many, "at most " + std::to_string(list.max_size) + " members", &frame);
        }
        frame.index = size;
        return read_element(child, *list.element, list.list->append(target), frame);
    }

    bool read_element(pugi::xml_node node, const Type& type, void* target, const Frame& frame) {
        if (type.kind < Kind::record) return read_simple(node, type, target, frame);
        if (type.kind == Kind::record) return read_record(node, *type.record, target, &frame);
        if (type.kind == Kind::list) return fail(Fault::wrong_type, "a list of lists has no XML form", &frame);
        return read_element(node, *type.element, type.optional->emplace(target), frame);
    }

    bool read_simple(pugi::xml_node node, const Type& type, void* target, const Frame& frame) {
        if (depth_ >= depth_limit_) return fail_depth();
        if (is_there(node.first_child())) return read_parts(node, type, target, frame);
        return read_text(node.value(), type, target, frame);
    }

    // Text that comes in parts, with comments or CDATA sections between them.
    [[gnu::noinline]] bool read_parts(pugi::xml_node node, const Type& type, void* target, const Frame& frame) {
        for (const pugi::xml_node child : node) {
            if (child.type() == pugi::node_element) {
                return fail(Fault::wrong_type, "an element, expected " + std::string(name_of(type.kind)), &frame);
            }
        }
        return read_text(text_of(node).c_str(), type, target, frame);
    }

    bool read_content(pugi::xml_node node, Frame& frame) {
        for (std::size_t i = 0; i < frame.record.all.size(); ++i) {
            const Field& field = frame.record.all[i];
            if (field.place != Place::content) continue;
            const std::string text = text_of(node);
            frame.mark(i);
            frame.field = &field;
            frame.index = unlimited;
            if (field.type->kind == Kind::optional && text.empty()) return true;
            return read_text(text.c_str(), *field.type, member_of(field, frame.target), frame);
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
    bool read_type_choice(pugi::xml_node node, const Record& choice, void* target, const Frame* up) {
        const std::string_view type_name = xsi_type(node);
        if (type_name.empty()) return fail(Fault::bad_choice, "no xsi:type, " + choice_detail(choice, 0), up);
        const Name name(type_name);
        for (const Field& field : choice.all) {
            if (field.place != Place::element || !same(field.name, name.local)) continue;
            if (!options_.any_namespace && !scope_.is(name.prefix, namespace_of(field))) continue;
            const Frame frame{choice, target, up, &field};
            return read_element(node, *field.type, member_of(field, target), frame);
        }
        return fail(Fault::unknown_type, "xsi:type " + quoted(type_name), up);
    }

    std::string_view xsi_type(pugi::xml_node node) {
        for (pugi::xml_attribute a = node.first_attribute(); a; a = a.next_attribute()) {
            const Name name(a.name());
            if (name.local == "type" && !name.prefix.empty() && scope_.is(name.prefix, &xsi)) return trimmed(a.value());
        }
        return {};
    }

    bool check_complete(Frame& frame) {
        const Record& record = frame.record;
        const std::uint64_t missing[2] = {record.required[0] & ~frame.seen[0], record.required[1] & ~frame.seen[1]};
        if ((missing[0] | missing[1]) && !check_missing(missing, frame)) return false;
        if (record.has_counted && !check_counts(frame)) return false;
        if (record.shape == Shape::sequence) return true;
        const std::size_t present = count_present(record, frame.target);
        return present == 1 || fail(Fault::bad_choice, choice_detail(record, present), frame.up);
    }

    [[gnu::noinline]] bool check_missing(const std::uint64_t (&missing)[2], Frame& frame) {
        for (std::size_t i = 0; i < frame.record.all.size(); ++i) {
            if (!(missing[i / 64] >> i % 64 & 1)) continue;
            const Field& field = frame.record.all[i];
            if (field.type->kind == Kind::list && field.type->min_size == 0) continue;  // it may be empty
            frame.field = &field;
            frame.index = unlimited;
            return fail(Fault::missing, "a required member is absent", &frame);
        }
        return true;
    }

    bool check_counts(Frame& frame) {
        for (const Field& field : frame.record.all) {
            const Type& type = without_optional(*field.type);
            if (type.kind != Kind::list) continue;
            const void* list = member_of(field, frame.target);
            if (field.type->kind == Kind::optional) list = field.type->optional->get(list);
            const std::size_t size = list ? type.list->size(list) : 0;
            if (size == 0 || check_list_size(type, size, problem_)) continue;
            frame.field = &field;
            frame.index = unlimited;
            return fail(&frame);
        }
        return true;
    }

    // ---- text ------------------------------------------------------------------------------------------------------

    bool read_text(const char* text, const Type& type, void* target, const Frame& frame) {
        std::int64_t whole = 0;
        if (is_whole(type.kind) && read_simple_whole(text, whole)) {
            return set_signed(type, whole, target, problem_) || fail(&frame);
        }
        if (type.kind == Kind::optional) return read_text(text, *type.element, type.optional->emplace(target), frame);
        return set_any_text(text, type, target, problem_) || fail(&frame);
    }

    // Most whole numbers: [-]digits, at most 18 of them, to the end of the text.
    static bool read_simple_whole(const char* text, std::int64_t& number) {
        const bool negative = *text == '-';
        if (negative) ++text;
        const char* start = text;
        for (; *text >= '0' && *text <= '9' && text - start < 18; ++text) number = number * 10 + (*text - '0');
        if (negative) number = -number;
        return *text == '\0' && text != start;
    }

    static bool set_any_text(std::string_view text, const Type& type, void* target, Problem& problem) {
        switch (type.kind) {
            case Kind::text:
            case Kind::secret:
                return set_text(type, text, target, problem);
            case Kind::boolean:
                return set_boolean(trimmed(text), type, target, problem);
            case Kind::raw_json:
            case Kind::any_value:
                if (!read_json_value(text, type, target)) return true;
                problem = {Fault::bad_format, "not valid JSON"};
                return false;
            default:
                break;
        }
        text = trimmed(text);
        if (is_text(type.kind)) return set_text(type, text, target, problem);
        return set_decimal(type, text, target, problem);
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
    bool leave() {
        --depth_;
        return true;
    }
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

    // Of the member that is being read in `frame`; nullptr: of the whole message.
    [[gnu::cold, gnu::noinline]] bool fail(Fault fault, std::string detail, const Frame* frame) {
        failure_ = Error{fault, path_to(frame), std::move(detail)};
        return false;
    }
    [[gnu::cold, gnu::noinline]] bool fail(const Frame* frame) {  // what problem_ says
        return fail(problem_.fault, std::move(problem_.detail), frame);
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
