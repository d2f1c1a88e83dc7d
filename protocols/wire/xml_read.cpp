// XML into records. One walk of the document stores what the record's table names, and passes over the rest; there is
// no tree. Namespaces are resolved here.
#include <algorithm>

#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"
#include "protocols/wire/xml.hpp"
#include "protocols/wire/xml_names.hpp"
#include "protocols/wire/xml_scan.hpp"

namespace busbar::wire {
namespace {

constexpr std::size_t max_bindings = 64;  // namespace declarations in scope at one place

std::string_view trimmed(std::string_view text) {
    constexpr auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
    if (!text.empty() && text.front() > ' ' && text.back() > ' ') return text;
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

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
    // The declarations among the attributes of an element. False: too many.
    bool declare(const std::vector<XmlAttribute>& attributes) {
        for (const XmlAttribute& attribute : attributes) {
            std::string_view name = attribute.name;
            if (!name.starts_with("xmlns") || (name.size() > 5 && name[5] != ':')) continue;
            if (bindings_.size() == max_bindings) return false;
            name.remove_prefix(std::min<std::size_t>(name.size(), 6));
            default_ = nullptr;
            bindings_.push_back({name, attribute.value, nullptr});
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
    Reader(std::string_view text, const XmlOptions& options)
        : options_(options),
          depth_limit_(std::min<std::size_t>(options.limits.depth, 512)),
          scan_(text, options.limits) {}

    Failure read(const Record& record, void* value) {
        XmlTag root;
        if (scan_.failure() || !start_root(root, record) || !count()) return scan_.take_failure();
        if (read_record(root, record, value, nullptr)) scan_.finish();
        return scan_.take_failure();
    }

    Failure read_root(XmlRoot& out) {
        XmlTag root;
        if (scan_.failure() || !start_tag(root)) return scan_.take_failure();
        const Name name(root.name);
        const std::string_view* uri = scope_.uri(name.prefix);
        if (!uri) scan_.fail_syntax("the prefix " + quoted(name.prefix) + " is not declared");
        if (!scan_.failure()) {
            out = {std::string(name.local), std::string(*uri), std::string(Name(xsi_type()).local)};
        }
        return scan_.take_failure();
    }

  private:
    bool start_root(XmlTag& root, const Record& record) {
        if (!start_tag(root)) return false;
        const Name name(root.name);
        if (!options_.root.empty() && !same(name.local, options_.root)) {
            return scan_.fail(Fault::unknown_type, "", quoted(name.local) + ", expected " + std::string(options_.root));
        }
        if (options_.any_namespace || scope_.is(name.prefix, record.ns)) return true;
        return scan_.fail(
            Fault::unknown_type, "",
            "the root element is in another namespace, expected " + std::string(record.ns ? record.ns->uri : "none"));
    }

    bool start_tag(XmlTag& tag) { return scan_.scan_name(tag.name) && rest_of_tag(tag); }

    bool rest_of_tag(XmlTag& tag) {
        attributes_.clear();
        if (!scan_.rest_of_tag(tag, attributes_)) return false;
        return attributes_.empty() || scope_.declare(attributes_) || fail_declarations();
    }

    bool read_record(const XmlTag& tag, const Record& record, void* target, const Frame* up) {
        if (!enter()) return false;
        if (record.shape != Shape::sequence) reset_choice(record, target);  // it may be declared with a default
        if (record.shape == Shape::type_choice) return read_type_choice(tag, record, target, up) && leave();
        Frame frame{record, target, up};
        if (record.has_attributes && !attributes_.empty() && !read_attributes(frame)) return false;
        if (record.has_content) {
            if (!read_content(tag, frame)) return false;
        } else if (!tag.empty && !read_children(tag, frame, nullptr)) {
            return false;
        }
        return check_complete(frame) && leave();
    }

    bool read_children(const XmlTag& tag, Frame& frame, std::string* text) {
        for (;;) {
            switch (scan_.next_tag(text)) {
                case Scanner::Token::start:
                    if (!read_child(frame)) return false;
                    break;
                case Scanner::Token::end:
                    return scan_.end_tag(tag.name);
                case Scanner::Token::failed:
                    return false;
            }
        }
    }

    bool read_attributes(Frame& frame) {
        for (const XmlAttribute& attribute : attributes_) {
            const Name name(attribute.name);
            for (std::size_t i = 0; i < frame.record.all.size(); ++i) {
                const Field& field = frame.record.all[i];
                if (field.place != Place::attribute || !same(field.name, name.local)) continue;
                if (!options_.any_namespace && !is_attribute_of(name, field)) continue;
                frame.field = &field;
                if (!frame.mark(i)) return fail(Fault::duplicate, "an attribute that stands twice", &frame);
                if (!set_member(attribute.value, *field.type, member_of(field, frame.target), frame)) return false;
                break;
            }
        }
        return true;
    }

    // An attribute without a prefix is in no namespace, whatever the default is.
    bool is_attribute_of(const Name& name, const Field& field) {
        return name.prefix.empty() ? !field.ns : field.ns && scope_.is(name.prefix, field.ns);
    }

    // ---- elements --------------------------------------------------------------------------------------------------

    bool read_child(Frame& frame) {
        if (!count()) return false;
        const std::size_t outer = scope_.size();
        XmlTag tag;
        std::size_t i = take_next_name(tag, frame);
        if (i == unlimited && !scan_.scan_name(tag.name)) return false;
        if (!rest_of_tag(tag)) return false;
        if (i == unlimited || !has_default_namespace(frame.record.all[i])) i = find_field(tag.name, frame);
        const bool ok = i < frame.record.all.size() ? read_member(tag, i, frame) : skip(tag);
        if (scope_.size() != outer) scope_.restore(outer);
        return ok;
    }

    // The field whose name stands next, if it is what comes next in the order of the table: the member of a list again,
    // or the one after it. Its namespace is still to be looked at.
    std::size_t take_next_name(XmlTag& tag, Frame& frame) {
        const std::span<const Field> fields = frame.record.all;
        int tried = 0;
        for (std::size_t i = frame.next; i < fields.size() && tried < 2; ++i) {
            const Field& field = fields[i];
            if (field.place != Place::element) continue;
            ++tried;
            if (!scan_.take_name(field.name)) continue;
            tag.name = field.name;
            frame.next = i + (without_optional(*field.type).kind == Kind::list ? 0 : 1);
            return i;
        }
        return unlimited;
    }

    bool has_default_namespace(const Field& field) {
        return options_.any_namespace || scope_.default_is(namespace_of(field));
    }

    std::size_t find_field(std::string_view text, Frame& frame) {
        const Name name(text);
        const std::size_t size = frame.record.all.size();
        std::size_t i = frame.next;
        for (std::size_t tried = 0; tried < size; ++tried, ++i) {
            if (i >= size) i = 0;
            const Field& field = frame.record.all[i];
            if (field.place != Place::element || !same(field.name, name.local)) continue;
            if (!options_.any_namespace && !scope_.is(name.prefix, namespace_of(field))) continue;
            frame.next = i;
            return i;
        }
        return size;
    }

    bool read_member(const XmlTag& tag, std::size_t i, Frame& frame) {
        const Field& field = frame.record.all[i];
        const bool first = frame.mark(i);
        const Type& type = without_optional(*field.type);
        void* member = member_of(field, frame.target);
        frame.field = &field;
        frame.index = unlimited;
        if (type.kind == Kind::list) {
            if (&type != field.type) member = engage(*field.type, member);
            if (first) type.list->clear(member);  // a member may be declared with a default
            return read_list_member(tag, type, member, frame);
        }
        if (!first) return fail(Fault::duplicate, "an element that may stand once", &frame);
        if (&type != field.type) member = field.type->optional->emplace(member);
        return read_element(tag, type, member, frame);
    }

    bool read_list_member(const XmlTag& tag, const Type& list, void* target, Frame& frame) {
        const std::size_t size = list.list->size(target);
        if (size >= list.max_size) {
            return fail(Fault::too_many, "at most " + std::to_string(list.max_size) + " members", &frame);
        }
        frame.index = size;
        return read_element(tag, *list.element, list.list->append(target), frame);
    }

    bool read_element(const XmlTag& tag, const Type& type, void* target, const Frame& frame) {
        if (type.kind < Kind::record) return read_simple(tag, type, target, frame);
        if (type.kind == Kind::record) return read_record(tag, *type.record, target, &frame);
        if (type.kind == Kind::list) return fail(Fault::wrong_type, "a list of lists has no XML form", &frame);
        return read_element(tag, *type.element, type.optional->emplace(target), frame);
    }

    bool read_simple(const XmlTag& tag, const Type& type, void* target, const Frame& frame) {
        if (depth_ >= depth_limit_) return fail_depth();
        std::int64_t whole = 0;
        if (is_whole(type.kind) && !tag.empty && scan_.simple_whole(whole)) {
            return scan_.end_tag(tag.name) && (set_signed(type, whole, target, problem_) || fail(&frame));
        }
        std::string_view text;
        bool element = false;
        if (!tag.empty && !scan_.simple_text(tag.name, text, element)) {
            if (!element) return false;
            return fail(Fault::wrong_type, "an element, expected " + std::string(name_of(type.kind)), &frame);
        }
        return set_any_text(text, type, target, problem_) || fail(&frame);
    }

    bool read_content(const XmlTag& tag, Frame& frame) {
        std::string text;
        if (!tag.empty && !read_children(tag, frame, &text)) return false;
        for (std::size_t i = 0; i < frame.record.all.size(); ++i) {
            const Field& field = frame.record.all[i];
            if (field.place != Place::content) continue;
            frame.mark(i);
            frame.field = &field;
            frame.index = unlimited;
            if (field.type->kind == Kind::optional && text.empty()) return true;
            return set_member(text, *field.type, member_of(field, frame.target), frame);
        }
        return true;
    }

    // xsi:type names the alternative; the element's attributes and children are the alternative's.
    bool read_type_choice(const XmlTag& tag, const Record& choice, void* target, const Frame* up) {
        const std::string_view type_name = xsi_type();
        if (type_name.empty()) return fail(Fault::bad_choice, "no xsi:type, " + choice_detail(choice, 0), up);
        const Name name(type_name);
        for (const Field& field : choice.all) {
            if (field.place != Place::element || !same(field.name, name.local)) continue;
            if (!options_.any_namespace && !scope_.is(name.prefix, namespace_of(field))) continue;
            const Frame frame{choice, target, up, &field};
            return read_element(tag, *field.type, member_of(field, target), frame);
        }
        return fail(Fault::unknown_type, "xsi:type " + quoted(type_name), up);
    }

    std::string_view xsi_type() {
        for (const XmlAttribute& attribute : attributes_) {
            const Name name(attribute.name);
            if (name.local == "type" && !name.prefix.empty() && scope_.is(name.prefix, &xsi)) {
                return trimmed(attribute.value);
            }
        }
        return {};
    }

    // Passes over an element that no table knows. What is within it is counted like the rest.
    bool skip(const XmlTag& tag) {
        if (!enter()) return false;
        while (!tag.empty) {
            const Scanner::Token token = scan_.next_tag(nullptr);
            if (token == Scanner::Token::failed) return false;
            if (token == Scanner::Token::end) {
                if (!scan_.end_tag(tag.name)) return false;
                break;
            }
            XmlTag child;
            attributes_.clear();
            if (!count() || !scan_.scan_name(child.name) || !scan_.rest_of_tag(child, attributes_)) return false;
            if (!skip(child)) return false;
        }
        return leave();
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

    bool set_member(std::string_view text, const Type& type, void* target, const Frame& frame) {
        if (type.kind == Kind::optional) return set_member(text, *type.element, type.optional->emplace(target), frame);
        return set_any_text(text, type, target, problem_) || fail(&frame);
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
        return scan_.fail(Fault::too_large, "",
                          "more than " + std::to_string(options_.limits.members) + " elements in one message");
    }

    bool enter() { return ++depth_ <= depth_limit_ || fail_depth(); }
    bool leave() {
        --depth_;
        return true;
    }
    [[gnu::cold, gnu::noinline]] bool fail_depth() {
        return scan_.fail(Fault::too_deep, "", "more than " + std::to_string(depth_limit_) + " levels");
    }
    [[gnu::cold, gnu::noinline]] bool fail_declarations() {
        return scan_.fail(Fault::too_large, "",
                          "more than " + std::to_string(max_bindings) + " namespace declarations in one place");
    }

    bool same(std::string_view a, std::string_view b) const {
        return options_.any_case ? same_any_case(a, b) : same_name(a, b);
    }

    // Of the member that is being read in `frame`; nullptr: of the whole message.
    [[gnu::cold, gnu::noinline]] bool fail(Fault fault, std::string detail, const Frame* frame) {
        return scan_.fail(fault, path_to(frame), std::move(detail));
    }
    [[gnu::cold, gnu::noinline]] bool fail(const Frame* frame) {  // what problem_ says
        return fail(problem_.fault, std::move(problem_.detail), frame);
    }

    const XmlOptions& options_;
    std::size_t depth_limit_;
    std::size_t depth_ = 0;
    std::size_t values_ = 0;
    Scanner scan_;
    Scope scope_;
    std::vector<XmlAttribute> attributes_;  // of the element that was begun last
    Problem problem_;
};

}  // namespace

Failure read_xml(std::string_view text, const Record& record, void* value, const XmlOptions& options) {
    return Reader(text, options).read(record, value);
}

Failure read_xml_root(std::string_view text, XmlRoot& root, const Limits& limits) {
    XmlOptions options;
    options.limits = limits;
    return Reader(text, options).read_root(root);
}

}  // namespace busbar::wire
