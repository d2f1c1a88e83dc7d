#include "gateway/app/toml_reader.hpp"

#include <toml++/toml.h>

#include <cmath>
#include <utility>

#include "protocols/wire/check.hpp"

namespace busbar::app {
namespace {

using wire::Field;
using wire::Kind;
using wire::Record;
using wire::Type;

class Reader {
  public:
    explicit Reader(const std::string& file) : file_(file) {}

    void table(const toml::table& table, const Record& record, void* value, const std::string& path) {
        for (const auto& [key, node] : table) {
            const std::string where = below(path, key.str());
            const Field* field = find(record, key.str());
            if (!field) fail(key.source().begin.line, where, "unknown key; known here: " + names(record));
            lines_[where] = key.source().begin.line;
            read(node, *field->type, static_cast<char*>(value) + field->offset, where);
        }
        for (const Field& field : record.fields)
            if (has_no_default(*field.type) && !table.contains(field.name))
                fail(table, below(path, field.name), "missing; it has no default");
    }
    Lines take_lines() { return std::move(lines_); }

  private:
    static std::string below(const std::string& path, std::string_view key) {
        return path.empty() ? std::string(key) : path + "." + std::string(key);
    }
    // A text that may not be empty: the only kind of value here that nothing can stand in for.
    static bool has_no_default(const Type& type) {
        return (type.kind == Kind::text || type.kind == Kind::secret) && type.min_size > 0;
    }
    static const Field* find(const Record& record, std::string_view name) {
        for (const Field& field : record.fields)
            if (field.name == name) return &field;
        return record.base ? find(*record.base, name) : nullptr;
    }
    static std::string names(const Record& record) {
        std::string all = record.base ? names(*record.base) : "";
        for (const Field& field : record.fields) all += (all.empty() ? "" : ", ") + std::string(field.name);
        return all;
    }

    void read(const toml::node& node, const Type& type, void* value, const std::string& path) {
        switch (type.kind) {
            case Kind::optional: return read(node, *type.element, type.optional->emplace(value), path);
            case Kind::list: return list(node, type, value, path);
            case Kind::record:
                if (!node.is_table()) fail(node, path, "expected a table");
                return table(*node.as_table(), *type.record, value, path);
            case Kind::boolean:
                if (!node.is_boolean()) fail(node, path, "expected true or false");
                *static_cast<bool*>(value) = node.as_boolean()->get();
                return;
            case Kind::number: return number(node, type, value, path);
            case Kind::text:
            case Kind::secret: return text(node, type, value, path);
            case Kind::enumeration: return enumeration(node, type, value, path);
            default: return whole(node, type, value, path);
        }
    }

    void list(const toml::node& node, const Type& type, void* value, const std::string& path) {
        if (!node.is_array()) fail(node, path, "expected a list");
        type.list->clear(value);
        std::size_t index = 0;
        for (const toml::node& member : *node.as_array()) {
            const std::string where = path + "[" + std::to_string(index++) + "]";
            lines_[where] = member.source().begin.line;
            read(member, *type.element, type.list->append(value), where);
        }
    }

    void number(const toml::node& node, const Type& type, void* value, const std::string& path) {
        const auto number = node.value<double>();
        if (!number || !node.is_number() || !std::isfinite(*number)) fail(node, path, "expected a number");
        if (type.bounded && (*number < static_cast<double>(type.low) || *number > static_cast<double>(type.high)))
            fail(node, path, range(type));
        *static_cast<double*>(value) = *number;
    }

    void text(const toml::node& node, const Type& type, void* value, const std::string& path) {
        if (!node.is_string()) fail(node, path, "expected a string in quotes");
        const std::string& text = node.as_string()->get();
        if (text.size() < type.min_size || text.size() > type.max_size)
            fail(node, path,
                 "expected " + std::to_string(type.min_size) + " to " + std::to_string(type.max_size) + " characters");
        *static_cast<std::string*>(value) = text;
    }

    void enumeration(const toml::node& node, const Type& type, void* value, const std::string& path) {
        const auto names = type.enumeration->names;
        std::string known;
        for (std::size_t i = 0; i < names.size(); ++i) {
            if (node.is_string() && node.as_string()->get() == names[i]) return type.enumeration->set(value, i);
            known += (i ? ", \"" : "\"") + std::string(names[i]) + '"';
        }
        fail(node, path, "expected one of " + known);
    }

    void whole(const toml::node& node, const Type& type, void* value, const std::string& path) {
        if (!node.is_integer()) fail(node, path, "expected a whole number");
        const std::int64_t number = node.as_integer()->get();
        if (number < type.low || (number > 0 && static_cast<std::uint64_t>(number) > type.high))
            fail(node, path, range(type));
        switch (type.kind) {
            case Kind::int8: *static_cast<std::int8_t*>(value) = static_cast<std::int8_t>(number); return;
            case Kind::uint8: *static_cast<std::uint8_t*>(value) = static_cast<std::uint8_t>(number); return;
            case Kind::int16: *static_cast<std::int16_t*>(value) = static_cast<std::int16_t>(number); return;
            case Kind::uint16: *static_cast<std::uint16_t*>(value) = static_cast<std::uint16_t>(number); return;
            case Kind::int32: *static_cast<std::int32_t*>(value) = static_cast<std::int32_t>(number); return;
            case Kind::uint32: *static_cast<std::uint32_t*>(value) = static_cast<std::uint32_t>(number); return;
            case Kind::int64: *static_cast<std::int64_t*>(value) = number; return;
            case Kind::uint64: *static_cast<std::uint64_t*>(value) = static_cast<std::uint64_t>(number); return;
            default: fail(node, path, "this kind of value cannot stand in a configuration");
        }
    }

    static std::string range(const Type& type) {
        return "out of range: " + std::to_string(type.low) + " to " + std::to_string(type.high);
    }
    [[noreturn]] void fail(const toml::node& node, const std::string& path, const std::string& what) const {
        fail(node.source().begin.line, path, what);
    }
    [[noreturn]] void fail(toml::source_index line, const std::string& path, const std::string& what) const {
        throw ConfigError(file_ + ":" + std::to_string(line) + ": " + path + ": " + what);
    }

    const std::string& file_;
    Lines lines_;
};

}  // namespace

Lines read_toml(std::string_view text, const std::string& file, const wire::Record& record, void* value) {
    try {
        const toml::table table = toml::parse(text, file);
        Reader reader(file);
        reader.table(table, record, value, "");
        return reader.take_lines();
    } catch (const toml::parse_error& error) {
        throw ConfigError(file + ":" + std::to_string(error.source().begin.line) + ": not TOML: " +
                          std::string(error.description()));
    }
}

}  // namespace busbar::app
