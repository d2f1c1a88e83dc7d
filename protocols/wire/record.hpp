// A record is a wire type declared once: a plain struct, then one line that makes a constexpr table of its members.
//
//     enum class ChargingRateUnit : std::uint8_t { W, A };
//     NAMES(ChargingRateUnit, "W", "A")                          // wire names in the order of the enumerators from 0
//
//     struct ChargingSchedulePeriod {
//         std::int32_t                             startPeriod{};   // s from the start of the schedule
//         Decimal<1>                               limit{};         // in the schedule's chargingRateUnit
//         std::optional<Whole<std::int32_t, 0, 3>> numberPhases;
//     };
//     RECORD(ChargingSchedulePeriod, startPeriod, limit, numberPhases)
//
// What is instantiated for each type is this table and nothing else; reading, writing, checking, schemas, random values,
// mutants and redaction are plain functions over it. All of these macros stand in the namespace of the type.
//
//     RECORD(T, members…)                 a record; members in the order in which they are written
//     RECORD_OF(T, Base, members…)        a record that extends Base (struct T : Base); the base's members come first
//     CHOICE(T, members…)                 all members std::optional (or List), exactly one present
//     TYPE_CHOICE(T, members…)            the same, but in XML the element keeps its name and xsi:type names the member
//     XML_NAMES(T, ns, {member, wire name, ns}…)  *before* RECORD: the namespace of T and its members, and the members
//                                         that have another name (in JSON too) or another namespace. XML only needs it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "protocols/wire/types.hpp"

namespace busbar::wire {

struct Namespace {
    std::string_view prefix;  // the prefix that we write; "" = the default namespace
    std::string_view uri;
    bool operator==(const Namespace&) const = default;
};
inline constexpr Namespace no_namespace{};  // of records that are JSON only and still rename a member

enum class Kind : std::uint8_t {
    boolean, int8, int16, int32, int64, uint8, uint16, uint32, uint64, number,
    text, secret, hex, date_time, duration, enumeration, open_enumeration, raw_json, any_value,
    record, list, optional,
};

struct Record;
struct Type;

// The few operations that need the C++ type: containers and enumerations reach their parts through these.
struct ListOps {
    std::size_t (*size)(const void* list);
    const void* (*at)(const void* list, std::size_t index);
    void* (*append)(void* list);  // a value-initialised member at the end
    void (*clear)(void* list);
    void (*reserve)(void* list, std::size_t size);
};
struct OptionalOps {
    const void* (*get)(const void* optional);  // nullptr: absent
    void* (*emplace)(void* optional);          // value-initialised
    void (*reset)(void* optional);
};
struct EnumOps {
    std::span<const std::string_view> names;
    std::size_t (*get)(const void* value);             // index into names; names.size() for an unknown member of an Open
    void (*set)(void* value, std::size_t index);
    std::string* (*other)(void* value);                // Open only: where an unknown text is to go
    const std::string* (*other_text)(const void* value);  // Open only: the unknown text
};

struct Type {
    Kind kind{};
    std::int8_t decimals = -1;                  // Decimal<N>
    std::size_t min_size = 0;                   // characters, hex bytes, list members
    std::size_t max_size = unlimited;
    std::int64_t low = std::numeric_limits<std::int64_t>::min();   // whole numbers and Bounded
    std::uint64_t high = std::numeric_limits<std::uint64_t>::max();
    bool bounded = false;                       // low and high hold for a number
    bool required = false;                      // RequiredList: written even when empty, an error when absent
    const Type* element = nullptr;              // of a list or an optional
    const Record* record = nullptr;
    const ListOps* list = nullptr;
    const OptionalOps* optional = nullptr;
    const EnumOps* enumeration = nullptr;
};

enum class Place : std::uint8_t { element, attribute, content };

struct Field {
    std::string_view name;   // as on the wire
    std::size_t offset{};
    const Type* type{};
    Place place = Place::element;
    const Namespace* ns = nullptr;  // nullptr: the record's
    const Namespace* record_ns = nullptr;  // of the record that declares it; it does not hold for attributes
    std::string_view key;    // "name": as JSON writes it; empty if the wire name is not the member's
    const Type* held{};      // of the value: the type, or the one in the optional
    const void* (*maybe)(const void* member) = nullptr;  // OptionalOps::get; nullptr: the member is the value
};

inline const Namespace* namespace_of(const Field& field) {
    return field.ns || field.place == Place::attribute ? field.ns : field.record_ns;
}

enum class Shape : std::uint8_t { sequence, choice, type_choice };

struct Record {
    std::string_view name;
    const Record* base = nullptr;      // its subobject lies at base_offset
    std::size_t base_offset = 0;
    std::span<const Field> fields;
    Shape shape = Shape::sequence;
    const Namespace* ns = nullptr;     // of its elements; nullptr: none
    std::span<const Field> all;        // the base's fields first, then its own
    std::array<std::uint64_t, 2> required{};  // bit i: all[i] must be present
    bool has_attributes = false;
    bool has_content = false;
    bool has_counted = false;          // lists of two members or more
};

inline constexpr std::size_t max_fields = 128;  // of one record with its bases: one bit each

template <class T>
struct Tag {};

// ---- how a member type becomes a Type ------------------------------------------------------------------------------

struct XmlName {
    std::string_view member;
    std::string_view wire;
    const Namespace* ns;
};
struct XmlNames {
    const Namespace* ns = nullptr;
    std::span<const XmlName> exceptions;
};
template <class T>
constexpr XmlNames xml_names_of(Tag<T>) { return {}; }

template <class T>
struct TypeOf;
template <class T>
inline constexpr Type type_of = TypeOf<T>::make();

template <class T>
concept IsRecord = requires { record_of(Tag<T>{}); };
template <class T>
concept IsEnum = std::is_enum_v<T>;

template <class V>
struct VectorOps {
    static std::size_t size(const void* l) { return static_cast<const V*>(l)->size(); }
    static const void* at(const void* l, std::size_t i) { return std::addressof((*static_cast<const V*>(l))[i]); }
    static void* append(void* l) { return std::addressof(static_cast<V*>(l)->emplace_back()); }
    static void clear(void* l) { static_cast<V*>(l)->clear(); }
    static void reserve(void* l, std::size_t size) { static_cast<V*>(l)->reserve(size); }
    static constexpr ListOps ops{size, at, append, clear, reserve};
};
template <class O>
struct MaybeOps {
    static const void* get(const void* o) {
        auto& maybe = *static_cast<const O*>(o);
        return maybe ? std::addressof(*maybe) : nullptr;
    }
    static void* emplace(void* o) { return std::addressof(static_cast<O*>(o)->emplace()); }
    static void reset(void* o) { static_cast<O*>(o)->reset(); }
    static constexpr OptionalOps ops{get, emplace, reset};
};
template <class E>
struct ClosedEnumOps {
    static std::size_t get(const void* v) { return static_cast<std::size_t>(*static_cast<const E*>(v)); }
    static void set(void* v, std::size_t i) { *static_cast<E*>(v) = static_cast<E>(i); }
    static constexpr EnumOps ops{enum_names_of(Tag<E>{}), get, set, nullptr, nullptr};
};
template <class E>
struct OpenEnumOps {
    static std::size_t get(const void* v) {
        auto& open = *static_cast<const Open<E>*>(v);
        return open.known ? static_cast<std::size_t>(*open.known) : enum_names_of(Tag<E>{}).size();
    }
    static void set(void* v, std::size_t i) { *static_cast<Open<E>*>(v) = Open<E>(static_cast<E>(i)); }
    static std::string* other(void* v) {
        auto& open = *static_cast<Open<E>*>(v);
        open.known.reset();
        return &open.other;
    }
    static const std::string* other_text(const void* v) { return &static_cast<const Open<E>*>(v)->other; }
    static constexpr EnumOps ops{enum_names_of(Tag<E>{}), get, set, other, other_text};
};

template <class Int>
constexpr Type whole(Int low, Int high) {
    constexpr bool is_signed = std::is_signed_v<Int>;
    constexpr Kind kind = sizeof(Int) == 1   ? (is_signed ? Kind::int8 : Kind::uint8)
                          : sizeof(Int) == 2 ? (is_signed ? Kind::int16 : Kind::uint16)
                          : sizeof(Int) == 4 ? (is_signed ? Kind::int32 : Kind::uint32)
                                             : (is_signed ? Kind::int64 : Kind::uint64);
    Type t{kind};
    t.low = is_signed ? static_cast<std::int64_t>(low)
                      : static_cast<std::int64_t>(low > static_cast<Int>(std::numeric_limits<std::int64_t>::max())
                                                      ? static_cast<Int>(0)
                                                      : low);
    if (high < 0) throw "a range of negative numbers only has no place in Type::high";  // does not compile
    t.high = static_cast<std::uint64_t>(high);
    t.bounded = true;
    return t;
}
constexpr Type sized(Kind kind, std::size_t min, std::size_t max) {
    Type t{kind};
    t.min_size = min;
    t.max_size = max;
    return t;
}

template <class T>
    requires std::is_integral_v<T>
struct TypeOf<T> {
    static constexpr Type make() {
        return whole<T>(std::numeric_limits<T>::min(), std::numeric_limits<T>::max());
    }
};
template <>
struct TypeOf<bool> { static constexpr Type make() { return {Kind::boolean}; } };
template <>
struct TypeOf<double> { static constexpr Type make() { return {Kind::number}; } };
template <>
struct TypeOf<std::string> { static constexpr Type make() { return {Kind::text}; } };
template <>
struct TypeOf<DateTime> { static constexpr Type make() { return {Kind::date_time}; } };
template <>
struct TypeOf<Duration> { static constexpr Type make() { return {Kind::duration}; } };
template <>
struct TypeOf<RawJson> { static constexpr Type make() { return {Kind::raw_json}; } };
template <>
struct TypeOf<AnyValue> { static constexpr Type make() { return {Kind::any_value}; } };
template <std::size_t Max, std::size_t Min>
struct TypeOf<Text<Max, Min>> { static constexpr Type make() { return sized(Kind::text, Min, Max); } };
template <std::size_t Max, std::size_t Min>
struct TypeOf<Secret<Max, Min>> { static constexpr Type make() { return sized(Kind::secret, Min, Max); } };
template <std::size_t Max>
struct TypeOf<Hex<Max>> { static constexpr Type make() { return sized(Kind::hex, 0, Max); } };
template <class Int, Int Lo, Int Hi>
struct TypeOf<Whole<Int, Lo, Hi>> {
    static_assert(sizeof(Whole<Int, Lo, Hi>) == sizeof(Int));
    static constexpr Type make() { return whole<Int>(Lo, Hi); }
};
template <int Digits>
struct TypeOf<Decimal<Digits>> {
    static constexpr Type make() {
        Type t{Kind::number};
        t.decimals = Digits;
        return t;
    }
};
template <std::int64_t Lo, std::int64_t Hi>
struct TypeOf<Bounded<Lo, Hi>> {
    static constexpr Type make() {
        static_assert(Hi >= 0);
        Type t{Kind::number};
        t.low = Lo;
        t.high = static_cast<std::uint64_t>(Hi);
        t.bounded = true;
        return t;
    }
};
template <IsEnum E>
struct TypeOf<E> {
    static constexpr Type make() {
        Type t{Kind::enumeration};
        t.enumeration = &ClosedEnumOps<E>::ops;
        return t;
    }
};
template <class E>
struct TypeOf<Open<E>> {
    static constexpr Type make() {
        Type t{Kind::open_enumeration};
        t.enumeration = &OpenEnumOps<E>::ops;
        return t;
    }
};
template <IsRecord T>
struct TypeOf<T> {
    static constexpr Type make() {
        Type t{Kind::record};
        t.record = &record_of(Tag<T>{});
        return t;
    }
};
template <class V, class T>
constexpr Type list_type(std::size_t min, std::size_t max) {
    Type t = sized(Kind::list, min, max);
    t.element = &type_of<T>;
    t.list = &VectorOps<V>::ops;
    return t;
}
template <class T, std::size_t Min, std::size_t Max>
struct TypeOf<List<T, Min, Max>> { static constexpr Type make() { return list_type<std::vector<T>, T>(Min, Max); } };
template <class T, std::size_t Min, std::size_t Max>
struct TypeOf<RequiredList<T, Min, Max>> {
    static constexpr Type make() {
        Type t = list_type<std::vector<T>, T>(Min, Max);
        t.required = true;
        return t;
    }
};
template <class T>
struct TypeOf<std::vector<T>> { static constexpr Type make() { return list_type<std::vector<T>, T>(0, unlimited); } };
template <class T>
struct TypeOf<std::optional<T>> {
    static constexpr Type make() {
        Type t{Kind::optional};
        t.element = &type_of<T>;
        t.optional = &MaybeOps<std::optional<T>>::ops;
        return t;
    }
};

// ---- how a table is made -------------------------------------------------------------------------------------------

template <class M>
struct MemberOf { using Value = M; static constexpr Place place = Place::element; };
template <class M>
struct MemberOf<Attr<M>> { using Value = M; static constexpr Place place = Place::attribute; };
template <class M>
struct MemberOf<Content<M>> { using Value = M; static constexpr Place place = Place::content; };

template <class V>
struct Held { static constexpr const Type* type = &type_of<V>; static constexpr const void* (*maybe)(const void*) = nullptr; };
template <class V>
struct Held<std::optional<V>> {
    static constexpr const Type* type = &type_of<V>;
    static constexpr const void* (*maybe)(const void*) = MaybeOps<std::optional<V>>::get;
};

template <class T, class M>
constexpr Field make_field(std::string_view key, std::size_t offset) {
    using Value = typename MemberOf<M>::Value;
    const std::string_view member = key.substr(1, key.size() - 3);
    Field field{member, offset, &type_of<Value>, MemberOf<M>::place, nullptr,
                xml_names_of(Tag<T>{}).ns, key, Held<Value>::type, Held<Value>::maybe};
    for (const XmlName& exception : xml_names_of(Tag<T>{}).exceptions) {
        if (exception.member == member) {
            if (!exception.wire.empty()) {
                field.name = exception.wire;
                field.key = {};
            }
            field.ns = exception.ns;
        }
    }
    return field;
}
template <class T>
constexpr const Namespace* namespace_of() { return xml_names_of(Tag<T>{}).ns; }

inline constexpr std::size_t max_name = 200;  // characters of a wire name; the XML reader counts on it

template <std::size_t Size>
constexpr std::array<Field, Size> all_fields(std::span<const Field> base, std::span<const Field> own) {
    static_assert(Size <= max_fields);
    std::array<Field, Size> all{};
    std::size_t next = 0;
    for (const Field& field : base) all[next++] = field;
    for (const Field& field : own) all[next++] = field;
    return all;
}

constexpr bool is_required(const Type& type) {
    if (type.kind == Kind::list) return type.required || type.min_size > 0;
    return type.kind != Kind::optional;
}

constexpr Record make_record(std::string_view name, const Record* base, std::span<const Field> own,
                             std::span<const Field> all, Shape shape, const Namespace* ns) {
    Record record{name, base, 0, own, shape, ns, all, {}};
    for (std::size_t i = 0; i < all.size(); ++i) {
        const bool alternative = shape != Shape::sequence && all[i].place == Place::element;
        if (all[i].name.size() > max_name) throw "a name that is too long";  // does not compile
        if (all[i].place == Place::attribute) record.has_attributes = true;
        if (all[i].place == Place::content) record.has_content = true;
        const Type& type = all[i].type->kind == Kind::optional ? *all[i].type->element : *all[i].type;
        if (type.kind == Kind::list && type.min_size > 1) record.has_counted = true;
        if (!alternative && is_required(*all[i].type)) record.required[i / 64] |= std::uint64_t{1} << i % 64;
    }
    return record;
}

}  // namespace busbar::wire

// ---- macros --------------------------------------------------------------------------------------------------------

#define BUSBAR_PARENS ()
#define BUSBAR_EXPAND(...) BUSBAR_EXPAND3(BUSBAR_EXPAND3(BUSBAR_EXPAND3(BUSBAR_EXPAND3(__VA_ARGS__))))
#define BUSBAR_EXPAND3(...) BUSBAR_EXPAND2(BUSBAR_EXPAND2(BUSBAR_EXPAND2(BUSBAR_EXPAND2(__VA_ARGS__))))
#define BUSBAR_EXPAND2(...) BUSBAR_EXPAND1(BUSBAR_EXPAND1(BUSBAR_EXPAND1(BUSBAR_EXPAND1(__VA_ARGS__))))
#define BUSBAR_EXPAND1(...) __VA_ARGS__
#define BUSBAR_FOR_EACH(macro, T, ...) __VA_OPT__(BUSBAR_EXPAND(BUSBAR_FOR_EACH_STEP(macro, T, __VA_ARGS__)))
#define BUSBAR_FOR_EACH_STEP(macro, T, first, ...) \
    macro(T, first) __VA_OPT__(, BUSBAR_FOR_EACH_AGAIN BUSBAR_PARENS(macro, T, __VA_ARGS__))
#define BUSBAR_FOR_EACH_AGAIN() BUSBAR_FOR_EACH_STEP
#define BUSBAR_FIELD(T, member) ::busbar::wire::make_field<T, decltype(T::member)>("\"" #member "\":", offsetof(T, member))

// `base` is a pointer to the base's table, `base_fields` its fields: compared with nullptr, the address of an inline
// variable is no constant expression for g++ when UBSan is on.
#define BUSBAR_TABLE(T, base, base_fields, shape, own)                                                                \
    inline constexpr auto T##_all =                                                                                   \
        ::busbar::wire::all_fields<(base_fields).size() + (own).size()>(base_fields, own);                            \
    inline constexpr ::busbar::wire::Record T##_record = ::busbar::wire::make_record(                                 \
        #T, base, own, T##_all, ::busbar::wire::Shape::shape, ::busbar::wire::namespace_of<T>());                     \
    constexpr const ::busbar::wire::Record& record_of(::busbar::wire::Tag<T>) { return T##_record; }

#define BUSBAR_NO_FIELDS ::std::span<const ::busbar::wire::Field>{}
#define BUSBAR_OWN_FIELDS(T, ...) inline constexpr std::array T##_fields{BUSBAR_FOR_EACH(BUSBAR_FIELD, T, __VA_ARGS__)};
#define BUSBAR_RECORD_TABLE(T, shape, ...)                                                                            \
    BUSBAR_OWN_FIELDS(T, __VA_ARGS__)                                                                                 \
    BUSBAR_TABLE(T, nullptr, BUSBAR_NO_FIELDS, shape, T##_fields)
// A base must be the first base of T, non-virtual: its subobject then lies at offset 0 (asserted where tables are tested).
#define BUSBAR_TABLE_OF(T, Base, own)                                                                                 \
    static_assert(std::is_base_of_v<Base, T> && !std::is_polymorphic_v<T>);                                           \
    static_assert(record_of(::busbar::wire::Tag<Base>{}).shape == ::busbar::wire::Shape::sequence);                   \
    BUSBAR_TABLE(T, &record_of(::busbar::wire::Tag<Base>{}), record_of(::busbar::wire::Tag<Base>{}).all, sequence, own)

#define RECORD(T, ...) BUSBAR_RECORD_TABLE(T, sequence, __VA_ARGS__)
#define CHOICE(T, ...) BUSBAR_RECORD_TABLE(T, choice, __VA_ARGS__)
#define TYPE_CHOICE(T, ...) BUSBAR_RECORD_TABLE(T, type_choice, __VA_ARGS__)
#define RECORD_OF(T, Base, ...)                                                                                       \
    BUSBAR_OWN_FIELDS(T, __VA_ARGS__)                                                                                 \
    BUSBAR_TABLE_OF(T, Base, T##_fields)
// Records without members of their own.
#define EMPTY_RECORD(T) BUSBAR_TABLE(T, nullptr, BUSBAR_NO_FIELDS, sequence, BUSBAR_NO_FIELDS)
#define EMPTY_RECORD_OF(T, Base) BUSBAR_TABLE_OF(T, Base, BUSBAR_NO_FIELDS)

#define NAMES(E, ...)                                                                                                 \
    inline constexpr std::string_view E##_names[] = {__VA_ARGS__};                                                    \
    constexpr std::span<const std::string_view> enum_names_of(::busbar::wire::Tag<E>) { return E##_names; }           \
    inline std::string_view to_text(E value) { return E##_names[static_cast<std::size_t>(value)]; }

#define XML_NAMES(T, space, ...)                                                                                      \
    inline constexpr auto T##_xml_names = ::std::to_array<::busbar::wire::XmlName>({__VA_ARGS__ __VA_OPT__(,) {"", "", nullptr}}); \
    constexpr ::busbar::wire::XmlNames xml_names_of(::busbar::wire::Tag<T>) { return {&space, T##_xml_names}; }
