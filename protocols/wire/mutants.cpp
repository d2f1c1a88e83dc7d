// Near misses. The valid value is written as JSON while the span of every member's text is noted; each mutant is that
// text with one span exchanged, taken out or doubled, so that exactly one rule is broken and the answer is known.
#include <algorithm>

#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {
namespace {

constexpr std::size_t largest_text = 20'000;     // characters; a longer limit is not tried
constexpr std::size_t largest_mutant = 500'000;  // bytes, below a reader's limit

struct Node {
    const Type* type;
    const void* value;
    std::string path;
    std::size_t begin;  // of the value's text
    std::size_t end;
    std::size_t key_begin;  // of "name": in an object; unlimited: no member of an object
    bool first;             // first member of its object
    bool must_stand;        // a required member of a sequence, or a list member: null is refused
    bool removable;         // a required member of a sequence
};

class Mutator {
  public:
    std::vector<Mutant> run(const Record& record, const void* valid) {
        Type root{Kind::record};
        root.record = &record;
        walk(root, valid, "", unlimited, true, true, false);
        whole_message();
        for (const Node& node : nodes_) mutate(node);
        return std::move(mutants_);
    }

  private:
    void walk(const Type& type, const void* value, const std::string& path, std::size_t key_begin, bool first,
              bool must_stand, bool removable) {
        const std::size_t begin = text_.size();
        switch (type.kind) {
            case Kind::optional:
                return walk(*type.element, type.optional->get(value), path, key_begin, first, false, false);
            case Kind::record:
                walk_record(*type.record, value, path);
                break;
            case Kind::list:
                walk_list(type, value, path);
                break;
            default:
                write_json_value(type, value, text_);
                break;
        }
        nodes_.push_back({&type, value, path, begin, text_.size(), key_begin, first, must_stand, removable});
    }

    void walk_record(const Record& record, const void* value, const std::string& path) {
        const std::size_t begin = text_.size();
        text_ += '{';
        bool first = true;
        for (std::size_t i = 0; i < record.all.size(); ++i) {
            const Field& field = record.all[i];
            const void* member = member_of(field, value);
            if (!is_present(*field.type, member)) continue;
            if (!first) text_ += ',';
            const std::size_t key_begin = text_.size();
            append_json_string(text_, field.name);
            text_ += ':';
            std::string member_path = path;
            append_path(member_path, field.name);
            const bool required = record.required[i / 64] >> i % 64 & 1;
            walk(*field.type, member, member_path, key_begin, first, required, required);
            first = false;
        }
        text_ += '}';
        if (record.shape != Shape::sequence) choices_.push_back({&record, value, path, begin, text_.size()});
    }

    void walk_list(const Type& type, const void* list, const std::string& path) {
        text_ += '[';
        const std::size_t size = type.list->size(list);
        for (std::size_t i = 0; i < size; ++i) {
            if (i > 0) text_ += ',';
            std::string member_path = path;
            append_path(member_path, i);
            walk(*type.element, type.list->at(list, i), member_path, unlimited, i == 0, true, false);
        }
        text_ += ']';
    }

    // ---- mutants -------------------------------------------------------------------------------------------------

    void add(std::string json, Fault fault, std::string path) {
        if (json.size() <= largest_mutant) mutants_.push_back({std::move(json), {fault, std::move(path), ""}});
    }
    void replace(const Node& node, std::string_view text, Fault fault) {
        add(text_.substr(0, node.begin).append(text).append(text_, node.end), fault, node.path);
    }
    void replace_text(const Node& node, std::string_view text, Fault fault) {
        std::string quoted;
        append_json_string(quoted, text);
        replace(node, quoted, fault);
    }

    void whole_message() {
        add("", Fault::syntax, "");
        add(text_.substr(0, text_.size() - 1), Fault::syntax, "");
        add(text_ + '}', Fault::syntax, "");
        add(text_ + " x", Fault::syntax, "");
        const std::string more = text_.size() > 2 ? "," : "";
        const std::string open = text_.substr(0, text_.size() - 1) + more;
        add(open + "\"x-text\":\"\xC3\x28\"}", Fault::syntax, "");
        add(open + "\"x-text\":\"\n\"}", Fault::syntax, "");
        add(open + "\"x-deep\":" + std::string(40, '[') + std::string(40, ']') + '}', Fault::too_deep, "");
        for (const Choice& choice : choices_) mutate_choice(choice);
    }

    void mutate(const Node& node) {
        if (node.must_stand) {
            const bool any = node.type->kind == Kind::raw_json || node.type->kind == Kind::any_value;
            if (!any) replace(node, "null", Fault::wrong_type);
        }
        if (node.removable) {
            // The comma that goes with it is the one before it, or after it if it is the first.
            const std::size_t from = node.first ? node.key_begin : node.key_begin - 1;
            const std::size_t to = node.first && text_[node.end] == ',' ? node.end + 1 : node.end;
            add(text_.substr(0, from).append(text_, to), Fault::missing, node.path);
        }
        if (node.key_begin != unlimited) {
            const std::string member = text_.substr(node.key_begin, node.end - node.key_begin);
            add(text_.substr(0, node.end).append(",").append(member).append(text_, node.end), Fault::duplicate,
                node.path);
        }
        mutate_type(node);
        mutate_value(node);
    }

    void mutate_type(const Node& node) {
        const Kind kind = node.type->kind;
        if (kind == Kind::raw_json || kind == Kind::any_value) return;
        if (kind != Kind::record) replace(node, "{\"x\":1}", Fault::wrong_type);
        if (kind != Kind::list) replace(node, "[]", Fault::wrong_type);
        if (kind != Kind::boolean) replace(node, "true", Fault::wrong_type);
        if (!is_whole(kind) && kind != Kind::number) replace(node, "1", Fault::wrong_type);
        if (!is_text(kind)) replace(node, "\"1\"", Fault::wrong_type);
    }

    void mutate_value(const Node& node) {
        const Type& type = *node.type;
        if (is_whole(type.kind)) return mutate_whole(node);
        switch (type.kind) {
            case Kind::number:
                mutate_number(node);
                break;
            case Kind::text:
            case Kind::secret:
                mutate_text(node);
                break;
            case Kind::hex:
                replace(node, "\"0g\"", Fault::bad_format);
                if (type.max_size < largest_text) {
                    replace_text(node, std::string(2 * type.max_size + 2, 'A'), Fault::too_long);
                }
                break;
            case Kind::date_time:
                for (const char* text : {"", "now", "2024-02-30T00:00:00Z", "2024-01-01", "2024-01-01T25:00:00Z"}) {
                    replace_text(node, text, Fault::bad_format);
                }
                break;
            case Kind::duration:
                for (const char* text : {"", "P", "PT", "15M", "PT15", "P1S"})
                    replace_text(node, text, Fault::bad_format);
                break;
            case Kind::enumeration:
                for (const char* text : {"", "no such name"}) replace_text(node, text, Fault::not_in_enum);
                replace_text(node, std::string(type.enumeration->names[0]) + "_", Fault::not_in_enum);
                break;
            case Kind::list:
                mutate_list(node);
                break;
            default:
                break;
        }
    }

    void mutate_whole(const Node& node) {
        const Type& type = *node.type;
        replace(node, "0.5", Fault::wrong_type);
        replace(node, "1e30", Fault::out_of_range);
        replace(node, type.high == ~std::uint64_t{0} ? "18446744073709551616" : std::to_string(type.high + 1),
                Fault::out_of_range);
        replace(node,
                type.low == std::numeric_limits<std::int64_t>::min() ? "-9223372036854775809"
                                                                     : std::to_string(type.low - 1),
                Fault::out_of_range);
    }

    void mutate_number(const Node& node) {
        const Type& type = *node.type;
        replace(node, "1e999", Fault::out_of_range);
        if (type.bounded) {
            replace(node, std::to_string(type.high) + ".5", Fault::out_of_range);
            replace(node, std::to_string(type.low - 1), Fault::out_of_range);
        }
        if (type.decimals >= 0) {
            replace(node, "0." + std::string(static_cast<std::size_t>(type.decimals), '0') + "5", Fault::out_of_range);
        }
    }

    void mutate_text(const Node& node) {
        const Type& type = *node.type;
        if (type.min_size > 0) replace_text(node, std::string(type.min_size - 1, 'x'), Fault::too_short);
        if (type.max_size >= largest_text) return;
        replace_text(node, std::string(type.max_size + 1, 'x'), Fault::too_long);
        std::string wide;  // counted in characters, not in bytes
        for (std::size_t i = 0; i <= type.max_size; ++i) wide += "\U0001F50C";
        replace_text(node, wide, Fault::too_long);
    }

    void mutate_list(const Node& node) {
        const Type& type = *node.type;
        const std::size_t size = type.list->size(node.value);
        if (size == 0) return;
        std::string member;
        write_json_value(*type.element, type.list->at(node.value, 0), member);
        auto repeated = [&](std::size_t count) {
            std::string text = "[";
            for (std::size_t i = 0; i < count; ++i) text.append(i > 0 ? "," : "").append(member);
            return text + ']';
        };
        if (type.min_size > 0) replace(node, repeated(type.min_size - 1), Fault::too_few);
        if (type.max_size < largest_mutant / (member.size() + 1)) {
            replace(node, repeated(type.max_size + 1), Fault::too_many);
        }
    }

    struct Choice {
        const Record* record;
        const void* value;
        std::string path;
        std::size_t begin;
        std::size_t end;
    };

    void mutate_choice(const Choice& choice) {
        for (const Field& field : choice.record->all) {
            if (field.place == Place::attribute) return;  // the empty object would lack it, too
        }
        add(text_.substr(0, choice.begin).append("{}").append(text_, choice.end), Fault::bad_choice, choice.path);
        const std::string one = text_.substr(choice.begin, choice.end - choice.begin - 1);
        for (const Field& field : choice.record->all) {
            if (is_present(*field.type, member_of(field, choice.value))) continue;
            if (const std::string text = valid_text(*field.type); !text.empty()) {
                std::string both = one + ',';
                append_json_string(both, field.name);
                both += ':' + text + '}';
                add(text_.substr(0, choice.begin).append(both).append(text_, choice.end), Fault::bad_choice,
                    choice.path);
            }
        }
    }

    // JSON of a valid value; "" where the table does not say how to make one.
    static std::string valid_text(const Type& type) {
        switch (type.kind) {
            case Kind::optional:
                return valid_text(*type.element);
            case Kind::list: {
                const std::string member = valid_text(*type.element);
                return member.empty() || type.min_size > 1 ? "" : '[' + member + ']';
            }
            case Kind::boolean:
                return "true";
            case Kind::duration:
                return "\"PT1S\"";
            case Kind::date_time:
                return "\"2024-01-01T00:00:00Z\"";
            case Kind::text:
            case Kind::secret:
                return '"' + std::string(type.min_size, 'x') + '"';
            case Kind::record:
                return valid_object(*type.record);
            default:
                return is_whole(type.kind) ? std::to_string(type.low) : "";
        }
    }
    static std::string valid_object(const Record& record) {
        if (record.shape != Shape::sequence) return {};
        std::string out = "{";
        for (std::size_t i = 0; i < record.all.size(); ++i) {
            if (!(record.required[i / 64] >> i % 64 & 1)) continue;
            const std::string text = valid_text(*record.all[i].type);
            if (text.empty()) return {};
            if (out.size() > 1) out += ',';
            append_json_string(out, record.all[i].name);
            out += ':' + text;
        }
        return out + '}';
    }

    std::string text_;
    std::vector<Node> nodes_;
    std::vector<Choice> choices_;
    std::vector<Mutant> mutants_;
};

}  // namespace

std::vector<Mutant> json_mutants(const Record& record, const void* valid) {
    return Mutator().run(record, valid);
}

}  // namespace busbar::wire
