// JSON into records. Boost.JSON's parser calls the Reader for every token; the Reader keeps a stack of the objects and
// lists that are open (which table, which C++ object, which members were seen) and stores each value where the table
// says. Nothing else is built: no tree, no copy of a key. Members that no table knows are skipped, whatever they hold.
#include "protocols/wire/json.hpp"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <memory>

#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {
namespace {

using boost::json::error_code;

struct Frame {
    const Record* record;  // of an open object; nullptr: an open list
    const Type* type;      // of the list
    void* target;          // the record or the list
    std::size_t index;     // the member that is being read; before_first: none yet
    std::uint64_t seen[2];
    std::uint8_t
        after[16];  // [i]: which member came after the member i - 1 in the last object here; [0]: the first one
};

constexpr std::size_t before_first = std::size_t(-1);

enum class Mode : std::uint8_t { value, skip, raw };

// Of a text that is a date-time: no offset stands after its time of day.
bool lacks_zone(std::string_view date_time) {
    constexpr std::size_t date_size = 10;
    if (date_time.size() <= date_size || date_time.back() == 'Z') return false;
    return date_time.find_first_of("z+-", date_size) == std::string_view::npos;
}

class Reader {
  public:
    static constexpr std::size_t max_object_size = std::size_t(-1);
    static constexpr std::size_t max_array_size = std::size_t(-1);
    static constexpr std::size_t max_key_size = std::size_t(-1);
    static constexpr std::size_t max_string_size = std::size_t(-1);

    Reader(const Type& type, void* value, const JsonOptions& options, std::size_t depth)
        : options_(options),
          slot_type_(&type),
          slot_target_(value),
          deep_(depth < std::size(shallow_) ? nullptr : std::make_unique_for_overwrite<Frame[]>(depth + 1)),
          frames_(deep_ ? deep_.get() : shallow_) {}

    Failure take_failure() { return std::move(failure_); }
    std::string path() const { return path_of(mode_ == Mode::skip ? depth_ - 1 : depth_); }

    bool on_document_begin(error_code&) { return true; }
    bool on_document_end(error_code&) { return true; }
    bool on_comment_part(boost::json::string_view, error_code&) { return true; }
    bool on_comment(boost::json::string_view, error_code&) { return true; }

    bool on_object_begin(error_code& ec) {
        if (!count(ec)) return false;
        if (mode_ != Mode::value) return open_unread('{');
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        if (type->kind == Kind::record) {
            if (type->record->shape != Shape::sequence) reset_choice(*type->record, target);
            open_record(*type->record, target);
            return true;
        }
        return open_raw(*type, target, '{', ec);
    }

    bool on_object_end(std::size_t, error_code& ec) {
        if (mode_ != Mode::value) return close_unread('}');
        const Frame& frame = frames_[depth_ - 1];
        const Record& record = *frame.record;
        const std::uint64_t missing[2] = {record.required[0] & ~frame.seen[0], record.required[1] & ~frame.seen[1]};
        if ((missing[0] | missing[1]) && !options_.absent_is_default) return fail_missing(record, missing, ec);
        if (record.shape != Shape::sequence && !check_choice(record, frame.target, ec)) return false;
        --depth_;
        return true;
    }

    bool on_array_begin(error_code& ec) {
        if (!count(ec)) return false;
        if (mode_ != Mode::value) return open_unread('[');
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        if (type->kind == Kind::list) {
            type->list->clear(target);  // a member may be declared with a default
            open_list(*type, target);
            return true;
        }
        return open_raw(*type, target, '[', ec);
    }

    bool on_array_end(std::size_t, error_code& ec) {
        if (mode_ != Mode::value) return close_unread(']');
        const Frame& frame = frames_[--depth_];
        const Type& list = *frame.type;
        if (list.min_size == 0) return true;
        return check_list_size(list, frame.index + 1, problem_) || fail(ec);
    }

    bool on_key_part(boost::json::string_view part, std::size_t, error_code&) {
        if (!(mode_ == Mode::skip)) text_.append(part.data(), part.size());
        return true;
    }

    bool on_key(boost::json::string_view rest, std::size_t total, error_code& ec) {
        if (mode_ == Mode::skip) return true;
        const std::string_view key = whole_text(rest, total);
        if (mode_ == Mode::raw) {
            separate();
            append_json_string(*raw_, key);
            *raw_ += ':';
            text_.clear();
            return true;
        }
        const bool ok = find_member(key, ec);
        text_.clear();
        return ok;
    }

    bool on_string_part(boost::json::string_view part, std::size_t, error_code&) {
        if (!(mode_ == Mode::skip)) text_.append(part.data(), part.size());
        return true;
    }

    bool on_string(boost::json::string_view rest, std::size_t total, error_code& ec) {
        if (!count(ec)) return false;
        if (mode_ == Mode::skip) return leave_unread();
        const bool ok = take_string(whole_text(rest, total), ec);
        text_.clear();
        return ok;
    }

    bool on_number_part(boost::json::string_view, error_code&) { return true; }

    bool on_int64(std::int64_t number, boost::json::string_view digits, error_code& ec) {
        if (!count(ec)) return false;
        if (mode_ != Mode::value) return unread_scalar(digits);
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        if (type->kind == Kind::any_value) {
            static_cast<AnyValue*>(target)->value = number;
            return true;
        }
        if (type->kind == Kind::raw_json) return set_raw(target, digits);
        return set_signed(*type, number, target, problem_) || fail(ec);
    }

    bool on_uint64(std::uint64_t number, boost::json::string_view digits, error_code& ec) {
        if (!count(ec)) return false;
        if (mode_ != Mode::value) return unread_scalar(digits);
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        if (type->kind == Kind::any_value) {
            static_cast<AnyValue*>(target)->value = static_cast<double>(number);
            return true;
        }
        if (type->kind == Kind::raw_json) return set_raw(target, digits);
        return set_unsigned(*type, number, target, problem_) || fail(ec);
    }

    // Boost.JSON 1.81 rounds some doubles wrongly, so its value is not used; the digits are read again.
    bool on_double(double, boost::json::string_view digits, error_code& ec) {
        if (!count(ec)) return false;
        if (mode_ != Mode::value) return unread_scalar(digits);
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        if (type->kind == Kind::raw_json) return set_raw(target, digits);
        const std::string_view text(digits.data(), digits.size());
        if (type->kind != Kind::any_value) return set_decimal(*type, text, target, problem_) || fail(ec);
        double number = 0;
        if (!set_decimal(type_of<double>, text, &number, problem_)) return fail(ec);
        static_cast<AnyValue*>(target)->value = number;
        return true;
    }

    bool on_bool(bool flag, error_code& ec) {
        if (!count(ec)) return false;
        const boost::json::string_view text = flag ? "true" : "false";
        if (mode_ != Mode::value) return unread_scalar(text);
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        switch (type->kind) {
            case Kind::boolean:
                *static_cast<bool*>(target) = flag;
                return true;
            case Kind::any_value:
                static_cast<AnyValue*>(target)->value = flag;
                return true;
            case Kind::raw_json:
                return set_raw(target, text);
            default:
                return fail_type(*type, flag ? "true" : "false", ec);
        }
    }

    bool on_null(error_code& ec) {
        if (!count(ec)) return false;
        if (mode_ != Mode::value) return unread_scalar("null");
        const bool in_list = depth_ > 0 && !frames_[depth_ - 1].record;
        if (!in_list && options_.null_is_absent && depth_ > 0 && !is_required(*slot_type_)) return true;
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        switch (type->kind) {
            case Kind::any_value:
                static_cast<AnyValue*>(target)->value = nullptr;
                return true;
            case Kind::raw_json:
                return set_raw(target, "null");
            default:
                return fail_type(*type, "null", ec);
        }
    }

  private:
    bool count(error_code& ec) { return ++values_ <= options_.limits.members || fail_count(ec); }
    [[gnu::cold, gnu::noinline]] bool fail_count(error_code& ec) {
        return fail_at("", Fault::too_large,
                       "more than " + std::to_string(options_.limits.members) + " values in one message", ec);
    }

    std::string_view whole_text(boost::json::string_view rest, std::size_t total) {
        if (rest.size() == total) return {rest.data(), rest.size()};
        text_.append(rest.data(), rest.size());
        return text_;
    }

    Frame& open_frame(void* target) {
        Frame& frame = frames_[depth_];
        if (depth_++ == used_) {
            ++used_;
            frame.record = nullptr;
        }
        frame.target = target;
        frame.index = before_first;
        return frame;
    }

    void open_record(const Record& record, void* target) {
        Frame& frame = open_frame(target);
        frame.seen[0] = frame.seen[1] = 0;
        if (frame.record == &record) return;  // the next row of a list: it will be written as the last one
        frame.record = &record;
        for (std::size_t i = 0; i < std::size(frame.after); ++i) frame.after[i] = static_cast<std::uint8_t>(i);
    }

    void open_list(const Type& list, void* target) {
        Frame& frame = open_frame(target);
        frame.record = nullptr;
        frame.type = &list;
    }

    // Where the value that begins now is to go. Optionals are engaged, list members appended.
    bool next_slot(const Type*& type, void*& target, error_code& ec) {
        type = slot_type_;
        target = slot_target_;
        if (depth_ > 0) {
            Frame& frame = frames_[depth_ - 1];
            if (!frame.record) {
                if (++frame.index >= frame.type->max_size) return fail_too_many(*frame.type, ec);
                type = frame.type->element;
                if (frame.index == 0 && options_.room) frame.type->list->reserve(frame.target, options_.room);
                target = frame.type->list->append(frame.target);
            }
        }
        while (type->kind == Kind::optional) {
            target = type->optional->emplace(target);
            type = type->element;
        }
        return true;
    }

    // Most senders write in the standard's order, or at least in one order of their own: looked at first is the member
    // that came next in the row before, or that comes next in the table.
    bool find_member(std::string_view key, error_code& ec) {
        Frame& frame = frames_[depth_ - 1];
        const std::span<const Field> fields = frame.record->all;
        const std::size_t next = frame.index + 1;
        std::size_t i = next < std::size(frame.after) ? frame.after[next] : next;
        if (i >= fields.size() || !same_name(fields[i].name, key)) {
            i = search(frame, key);
            if (i == fields.size()) {
                mode_ = Mode::skip;
                return true;
            }
        }
        frame.index = i;
        std::uint64_t& word = frame.seen[i / 64];
        const std::uint64_t bit = std::uint64_t{1} << i % 64;
        if (word & bit) return fail_twice(ec);
        word |= bit;
        slot_type_ = fields[i].type;
        slot_target_ = static_cast<char*>(frame.target) + fields[i].offset;
        return true;
    }

    // From the member after the last one on, then from the first one; the number of members if there is none.
    [[gnu::noinline]] std::size_t search(Frame& frame, std::string_view key) {
        const std::span<const Field> fields = frame.record->all;
        const std::size_t next = frame.index + 1;
        std::size_t i = next;
        for (std::size_t tried = 0; tried < fields.size(); ++tried, ++i) {
            if (i >= fields.size()) i = 0;
            if (!same_name(fields[i].name, key)) continue;
            if (next < std::size(frame.after)) frame.after[next] = static_cast<std::uint8_t>(i);
            return i;
        }
        return fields.size();
    }

    bool take_string(std::string_view text, error_code& ec) {
        if (mode_ == Mode::raw) {
            separate();
            append_json_string(*raw_, text);
            return true;
        }
        void* target = nullptr;
        const Type* type = nullptr;
        if (!next_slot(type, target, ec)) return false;
        if (type->kind == Kind::any_value) {
            static_cast<AnyValue*>(target)->value = std::string(text);
            return true;
        }
        if (type->kind == Kind::raw_json) {
            std::string& raw = static_cast<RawJson*>(target)->text;
            raw.clear();
            append_json_string(raw, text);
            return true;
        }
        if (!set_text(*type, text, target, problem_)) return fail(ec);
        if (type->kind == Kind::date_time && options_.zoneless) note_zone(text);
        return true;
    }

    [[gnu::noinline]] void note_zone(std::string_view date_time) {
        if (lacks_zone(date_time)) *options_.zoneless = true;
    }

    // ---- values that go into no record: skipped ones, and those that are kept as their text ------------------------

    bool open_raw(const Type& type, void* target, char bracket, error_code& ec) {
        if (type.kind == Kind::any_value) {
            raw_ = &static_cast<AnyValue*>(target)->value.emplace<RawJson>().text;
        } else if (type.kind == Kind::raw_json) {
            raw_ = &static_cast<RawJson*>(target)->text;
            raw_->clear();
        } else {
            return fail_type(type, bracket == '{' ? "an object" : "a list", ec);
        }
        mode_ = Mode::raw;
        nested_ = 1;
        *raw_ += bracket;
        return true;
    }

    bool open_unread(char bracket) {
        if (mode_ == Mode::raw) {
            separate();
            *raw_ += bracket;
        }
        ++nested_;
        return true;
    }

    bool close_unread(char bracket) {
        if (mode_ == Mode::raw) *raw_ += bracket;
        --nested_;
        return leave_unread();
    }

    bool unread_scalar(boost::json::string_view text) {
        if (mode_ == Mode::raw) {
            separate();
            raw_->append(text.data(), text.size());
        }
        return leave_unread();
    }

    bool leave_unread() {
        if (nested_ == 0) mode_ = Mode::value;
        return true;
    }

    void separate() {
        const char last = raw_->back();
        if (last != '{' && last != '[' && last != ':') *raw_ += ',';
    }

    bool set_raw(void* target, boost::json::string_view text) {
        static_cast<RawJson*>(target)->text.assign(text.data(), text.size());
        return true;
    }

    // ---- failures --------------------------------------------------------------------------------------------------

    // The path of the member that is being read, through the first `depth` frames.
    std::string path_of(std::size_t depth) const {
        std::string path;
        for (std::size_t i = 0; i < depth; ++i) {
            const Frame& frame = frames_[i];
            if (frame.record) {
                append_path(path, frame.record->all[frame.index].name);
            } else {
                append_path(path, frame.index);
            }
        }
        return path;
    }

    bool fail_at(std::string path, Fault fault, std::string detail, error_code& ec) {
        failure_ = Error{fault, std::move(path), std::move(detail)};
        ec = boost::json::error::syntax;
        return false;
    }
    [[gnu::cold, gnu::noinline]] bool fail(error_code& ec) {  // what problem_ says of the member that is being read
        return fail_at(path(), problem_.fault, std::move(problem_.detail), ec);
    }
    bool fail_type(const Type& type, std::string_view got, error_code& ec) {
        return wrong_type(type, got, problem_) || fail(ec);
    }
    [[gnu::cold, gnu::noinline]] bool fail_twice(error_code& ec) {
        return fail_at(path(), Fault::duplicate, "a member that stands twice", ec);
    }
    [[gnu::cold, gnu::noinline]] bool fail_too_many(const Type& list, error_code& ec) {
        return fail_at(path_of(depth_ - 1), Fault::too_many, "at most " + std::to_string(list.max_size) + " members",
                       ec);
    }

    [[gnu::cold, gnu::noinline]] bool fail_missing(const Record& record, const std::uint64_t (&missing)[2],
                                                   error_code& ec) {
        std::size_t i = 0;
        while (!(missing[i / 64] >> i % 64 & 1)) ++i;
        std::string path = path_of(depth_ - 1);
        append_path(path, record.all[i].name);
        return fail_at(std::move(path), Fault::missing, "a required member is absent", ec);
    }

    bool check_choice(const Record& record, const void* target, error_code& ec) {
        const std::size_t present = count_present(record, target);
        if (present == 1) return true;
        return fail_at(path_of(depth_ - 1), Fault::bad_choice, choice_detail(record, present), ec);
    }

    const JsonOptions& options_;
    const Type* slot_type_;
    void* slot_target_;
    Frame shallow_[33];
    std::unique_ptr<Frame[]> deep_;  // if there may be more of them
    Frame* const frames_;
    std::size_t depth_ = 0;
    std::size_t used_ = 0;  // frames that were ever in use
    std::size_t values_ = 0;
    Mode mode_ = Mode::value;
    std::size_t nested_ = 0;      // objects and lists that are open within a skipped or raw value
    std::string* raw_ = nullptr;  // where a raw value goes
    Problem problem_;
    std::string text_;  // of a key or string that came in parts
    Failure failure_;
};

Failure syntax_failure(const error_code& ec, std::size_t at, const Reader& reader, const Limits& limits) {
    if (ec == boost::json::error::too_deep) {
        return Error{Fault::too_deep, "", "more than " + std::to_string(limits.depth) + " levels"};
    }
    if (ec == boost::json::error::exponent_overflow) {
        return Error{Fault::out_of_range, reader.path(), "a number with an exponent that is too large"};
    }
    return Error{Fault::syntax, "", "not valid JSON at byte " + std::to_string(at) + ": " + ec.message()};
}

}  // namespace

Failure read_json_value(std::string_view text, const Type& type, void* value, const JsonOptions& options) {
    const Limits& limits = options.limits;
    if (text.size() > limits.bytes) {
        return Error{Fault::too_large, "", sized_detail(text.size(), "bytes", "at most", limits.bytes)};
    }
    boost::json::parse_options parse_options;
    parse_options.max_depth = std::min<std::size_t>(limits.depth, 512);  // the parser calls itself for each level
    boost::json::basic_parser<Reader> parser(parse_options, type, value, options, parse_options.max_depth);
    error_code ec;
    const std::size_t used = parser.write_some(false, text.data(), text.size(), ec);
    if (Failure failure = parser.handler().take_failure()) return failure;
    if (ec) return syntax_failure(ec, used, parser.handler(), limits);
    if (used < text.size())
        return Error{Fault::syntax, "", "more text after the value, at byte " + std::to_string(used)};
    return std::nullopt;
}

Failure read_json(std::string_view text, const Record& record, void* value, const JsonOptions& options) {
    Type type{Kind::record};
    type.record = &record;
    return read_json_value(text, type, value, options);
}

Failure read_json_list(std::string_view text, const Type& list, void* value, const JsonOptions& options) {
    return read_json_value(text, list, value, options);
}

bool is_json(std::string_view text, const Limits& limits) {
    RawJson raw;
    return !read_json_value(text, type_of<RawJson>, &raw, {.limits = limits});
}

}  // namespace busbar::wire
