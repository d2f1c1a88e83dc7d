// A record's table as JSON Schema, so that a declaration can be compared with the standard's own file. Records within
// records become definitions; enumerations stand where they are used, as a table does not know their names.
#include <vector>

#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {
namespace {

class Schema {
  public:
    std::string write(const Record& root) {
        std::string out = "{\"$schema\":\"http://json-schema.org/draft-06/schema#\",\"title\":";
        append_json_string(out, root.name);
        std::string body = object(root);
        std::string definitions;
        // object() of a definition may find more of them.
        for (std::size_t i = 0; i < defined_.size(); ++i) {
            if (i > 0) definitions += ',';
            append_json_string(definitions, name_of_definition(i));
            definitions += ":{" + object(*defined_[i]) + '}';
        }
        if (!definitions.empty()) out += ",\"definitions\":{" + definitions + '}';
        return out + ',' + body + '}';
    }

  private:
    std::string object(const Record& record) {
        std::string properties;
        std::string required;
        for (std::size_t i = 0; i < record.all.size(); ++i) {
            const Field& field = record.all[i];
            if (i > 0) properties += ',';
            append_json_string(properties, field.name);
            properties += ":{" + type(*field.type) + '}';
            if (!(record.required[i / 64] >> i % 64 & 1)) continue;
            if (!required.empty()) required += ',';
            append_json_string(required, field.name);
        }
        std::string out = "\"type\":\"object\",\"properties\":{" + properties + '}';
        if (record.shape != Shape::sequence) out += ",\"minProperties\":1,\"maxProperties\":1";
        if (!required.empty()) out += ",\"required\":[" + required + ']';
        return out;
    }

    std::string type(const Type& type) {
        if (is_whole(type.kind)) return whole(type);
        switch (type.kind) {
            case Kind::optional:
                return this->type(*type.element);
            case Kind::boolean:
                return "\"type\":\"boolean\"";
            case Kind::number:
                return number(type);
            case Kind::text:
            case Kind::secret:
                return "\"type\":\"string\"" + sizes(type, "Length", 1);
            case Kind::hex:
                return "\"type\":\"string\",\"pattern\":\"^[0-9A-Fa-f]*$\"" + sizes(type, "Length", 2);
            case Kind::date_time:
                return "\"type\":\"string\",\"format\":\"date-time\"";
            case Kind::duration:
                return "\"type\":\"string\",\"format\":\"duration\"";
            case Kind::enumeration:
                return "\"type\":\"string\",\"enum\":" + names(type);
            case Kind::open_enumeration:
                return "\"type\":\"string\",\"examples\":" + names(type);
            case Kind::list:
                return "\"type\":\"array\",\"items\":{" + this->type(*type.element) + '}' + sizes(type, "Items", 1);
            case Kind::record:
                return reference(*type.record);
            default:
                return {};  // any JSON
        }
    }

    static std::string whole(const Type& type) {
        // What the C++ type alone cannot hold is no limit of the standard.
        const unsigned bits = 8u << (static_cast<unsigned>(type.kind) - static_cast<unsigned>(Kind::int8)) % 4;
        const bool is_signed = type.kind <= Kind::int64;
        const std::int64_t natural_low = is_signed ? std::numeric_limits<std::int64_t>::min() >> (64 - bits) : 0;
        const std::uint64_t natural_high = ~std::uint64_t{0} >> (64 - bits + (is_signed ? 1 : 0));
        std::string out = "\"type\":\"integer\"";
        if (type.low != natural_low || !is_signed) out += ",\"minimum\":" + std::to_string(type.low);
        if (type.high != natural_high) out += ",\"maximum\":" + std::to_string(type.high);
        return out;
    }

    static std::string number(const Type& type) {
        std::string out = "\"type\":\"number\"";
        if (type.bounded) {
            out += ",\"minimum\":" + std::to_string(type.low) + ",\"maximum\":" + std::to_string(type.high);
        }
        if (type.decimals == 0) out += ",\"multipleOf\":1";
        if (type.decimals > 0)
            out += ",\"multipleOf\":0." + std::string(static_cast<std::size_t>(type.decimals - 1), '0') + '1';
        return out;
    }

    static std::string sizes(const Type& type, std::string_view what, std::size_t factor) {
        std::string out;
        auto limit = [&](std::string_view bound, std::size_t size) {
            out.append(",\"").append(bound).append(what).append("\":").append(std::to_string(size * factor));
        };
        if (type.min_size > 0) limit("min", type.min_size);
        if (type.max_size != unlimited) limit("max", type.max_size);
        return out;
    }

    static std::string names(const Type& type) {
        std::string out = "[";
        for (const std::string_view name : type.enumeration->names) {
            if (out.size() > 1) out += ',';
            append_json_string(out, name);
        }
        return out + ']';
    }

    std::string reference(const Record& record) {
        std::size_t i = 0;
        while (i < defined_.size() && defined_[i] != &record) ++i;
        if (i == defined_.size()) defined_.push_back(&record);
        std::string out = "\"$ref\":";
        append_json_string(out, "#/definitions/" + name_of_definition(i));
        return out;
    }

    // Two records of one name (of two namespaces) are told apart by a number.
    std::string name_of_definition(std::size_t index) const {
        std::size_t namesakes = 0;
        for (std::size_t i = 0; i < index; ++i) namesakes += defined_[i]->name == defined_[index]->name;
        std::string name(defined_[index]->name);
        return namesakes == 0 ? name : name + std::to_string(namesakes + 1);
    }

    std::vector<const Record*> defined_;
};

}  // namespace

std::string json_schema(const Record& record) {
    return Schema().write(record);
}

}  // namespace busbar::wire
