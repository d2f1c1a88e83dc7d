// Records for the tests of this folder and for the fuzz targets: between them they have every kind of member, every
// shape, bases, attributes, content, and three namespaces, one of them the default one.
#pragma once

#include "protocols/wire/record.hpp"

namespace busbar::wire::test {

inline constexpr Namespace grid{"", "urn:example:grid"};
inline constexpr Namespace tariff{"t", "urn:example:tariff"};
inline constexpr Namespace vendor{"v", "https://vendor.example/ns"};

enum class Unit : std::uint8_t { W, A };
NAMES(Unit, "W", "A")
enum class Measurand : std::uint8_t { energy, power, soc };
NAMES(Measurand, "Energy.Active.Import.Register", "Power.Active.Import", "SoC")

struct Numbers {
    std::int8_t int8{};
    std::int16_t int16{};
    std::int32_t int32{};
    std::int64_t int64{};
    std::uint8_t uint8{};
    std::uint16_t uint16{};
    std::uint32_t uint32{};
    std::uint64_t uint64{};
    Whole<std::int16_t, -10, 10> small{};
    Whole<std::uint8_t, 1, 3> phases{1};
    double any{};
    Decimal<1> tenths{};
    Decimal<0> units{};
    Bounded<-100, 100> percent{};
    std::optional<Decimal<3>> thousandths;
    bool operator==(const Numbers&) const = default;
};
XML_NAMES(Numbers, grid)
RECORD(Numbers, int8, int16, int32, int64, uint8, uint16, uint32, uint64, small, phases, any, tenths, units, percent,
       thousandths)

struct Texts {
    std::string free;
    Text<10> short_text;
    Text<8, 2> bounded{"ab"};
    std::optional<Secret<40>> password;
    Hex<16> hex;
    std::optional<DateTime> when;
    std::optional<Duration> span;
    Unit unit{};
    Open<Measurand> measurand{Measurand::energy};
    bool flag{};
    bool operator==(const Texts&) const = default;
};
XML_NAMES(Texts, grid, {"short_text", "short-text", nullptr})
RECORD(Texts, free, short_text, bounded, password, hex, when, span, unit, measurand, flag)

struct Period {
    std::int32_t startPeriod{};  // s
    Decimal<1> limit{};
    std::optional<Whole<std::int32_t, 0, 3>> numberPhases;
    bool operator==(const Period&) const = default;
};
XML_NAMES(Period, grid)
RECORD(Period, startPeriod, limit, numberPhases)

struct Schedule {
    Attr<std::optional<Text<20>>> href;
    Attr<std::int32_t> id{};
    Unit chargingRateUnit{};
    List<Period, 1, 6> period{Period{}};
    std::optional<List<Text<5>, 1, 4>> label;
    RequiredList<std::int32_t, 0, 3> priority;
    List<double> weight;
    bool operator==(const Schedule&) const = default;
};
XML_NAMES(Schedule, grid, {"label", "", &vendor})
RECORD(Schedule, href, id, chargingRateUnit, period, label, priority, weight)

struct Nothing {
    bool operator==(const Nothing&) const = default;
};
XML_NAMES(Nothing, grid)
EMPTY_RECORD(Nothing)

struct Price {
    Attr<Text<3>> currency{"EUR"};
    Attr<std::optional<bool>> estimate;
    Content<Decimal<4>> amount{};
    bool operator==(const Price&) const = default;
};
XML_NAMES(Price, tariff, {"currency", "", &tariff})
RECORD(Price, currency, estimate, amount)

struct Identified {
    Attr<std::optional<Text<30>>> mRID;
    std::optional<Text<32>> description;
    std::int32_t version{};
    bool operator==(const Identified&) const = default;
};
XML_NAMES(Identified, grid)
RECORD(Identified, mRID, description, version)

struct Priced : Identified {
    Price price;
    std::optional<Price> fee;
    bool operator==(const Priced&) const = default;
};
XML_NAMES(Priced, tariff)
RECORD_OF(Priced, Identified, price, fee)

struct Alias : Priced {
    bool operator==(const Alias&) const = default;
};
XML_NAMES(Alias, tariff)
EMPTY_RECORD_OF(Alias, Priced)

struct Target {
    std::optional<Text<20>> site;
    std::optional<Period> period;
    std::optional<Nothing> everything;
    List<std::int32_t, 0, 5> device;
    bool operator==(const Target&) const = default;
};
XML_NAMES(Target, tariff, {"device", "", &vendor})
CHOICE(Target, site, period, everything, device)

struct Resource {
    std::optional<Schedule> schedule;
    std::optional<Alias> alias;
    std::optional<Price> price;
    bool operator==(const Resource&) const = default;
};
XML_NAMES(Resource, grid, {"price", "PriceType", &tariff})
TYPE_CHOICE(Resource, schedule, alias, price)

struct Everything {
    Attr<std::uint32_t> revision{};
    Numbers numbers;
    Texts texts;
    std::optional<Nothing> nothing;
    List<Schedule, 0, 3> schedule;
    List<Target, 1, 4> target{Target{"north", {}, {}, {}}};
    Resource resource{.schedule = Schedule{}, .alias = {}, .price = {}};
    List<Resource> other;
    std::optional<RawJson> customData;
    List<AnyValue, 0, 4> values;
    std::optional<Priced> priced;
    bool operator==(const Everything&) const = default;
};
XML_NAMES(Everything, grid, {"customData", "custom-data", &vendor})
RECORD(Everything, revision, numbers, texts, nothing, schedule, target, resource, other, customData, values, priced)

}  // namespace busbar::wire::test
