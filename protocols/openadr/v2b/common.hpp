// What all payloads of OpenADR 2.0b share, as records: namespaces, identifiers, times, targets, units and responses.
// Each record stands in the namespace in which the schema (oadr_20b.xsd and what it imports) declares its element, and
// its members in the order of the schema. Names of members are the schema's; `x_eiNotification` is "x-eiNotification".
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocols/wire/record.hpp"

namespace busbar::openadr::v2b {

using wire::Attr;
using wire::DateTime;
using wire::Duration;
using wire::List;
using wire::Text;

inline constexpr wire::Namespace oadr{"oadr", "http://openadr.org/oadr-2.0b/2012/07"};
inline constexpr wire::Namespace pyld{"pyld", "http://docs.oasis-open.org/ns/energyinterop/201110/payloads"};
inline constexpr wire::Namespace ei{"ei", "http://docs.oasis-open.org/ns/energyinterop/201110"};
inline constexpr wire::Namespace scale{"scale", "http://docs.oasis-open.org/ns/emix/2011/06/siscale"};
inline constexpr wire::Namespace emix{"emix", "http://docs.oasis-open.org/ns/emix/2011/06"};
inline constexpr wire::Namespace strm{"strm", "urn:ietf:params:xml:ns:icalendar-2.0:stream"};
inline constexpr wire::Namespace xcal{"xcal", "urn:ietf:params:xml:ns:icalendar-2.0"};
inline constexpr wire::Namespace power{"power", "http://docs.oasis-open.org/ns/emix/2011/06/power"};
inline constexpr wire::Namespace gml{"gml", "http://www.opengis.net/gml/3.2"};

// The schema bounds none of these; we do.
using Id = Text<256>;
using Words = Text<4096>;
using SchemaVersion = Attr<std::optional<Text<16>>>;  // "2.0b"; in every payload (rule 509)

inline constexpr std::size_t max_events = 512;      // of one payload
inline constexpr std::size_t max_intervals = 4096;  // of one signal or report
inline constexpr std::size_t max_members = 512;     // of every other list

// ---- times ---------------------------------------------------------------------------------------------------------

struct DurationProp {
    Duration duration;
};
XML_NAMES(DurationProp, xcal)
RECORD(DurationProp, duration)

struct DtStart {
    DateTime date_time;
};
XML_NAMES(DtStart, xcal, {"date_time", "date-time", nullptr})
RECORD(DtStart, date_time)

struct Uid {
    Id text;  // of an interval: 0, 1, 2 …
};
XML_NAMES(Uid, xcal)
RECORD(Uid, text)

struct Tolerate {
    std::optional<Duration> startafter;  // the start is drawn from [dtstart, dtstart + startafter] (rule 30)
};
XML_NAMES(Tolerate, xcal)
RECORD(Tolerate, startafter)

struct Tolerance {
    Tolerate tolerate;
};
XML_NAMES(Tolerance, xcal)
RECORD(Tolerance, tolerate)

struct Properties {
    DtStart dtstart;
    DurationProp duration;  // 0 = open-ended (rule 47)
    std::optional<Tolerance> tolerance;
    std::optional<DurationProp> x_eiNotification;
    std::optional<DurationProp> x_eiRampUp;
    std::optional<DurationProp> x_eiRecovery;
};
XML_NAMES(Properties, xcal, {"x_eiNotification", "x-eiNotification", &ei}, {"x_eiRampUp", "x-eiRampUp", &ei},
          {"x_eiRecovery", "x-eiRecovery", &ei})
RECORD(Properties, dtstart, duration, tolerance, x_eiNotification, x_eiRampUp, x_eiRecovery)

struct Components {};
XML_NAMES(Components, xcal)
EMPTY_RECORD(Components)

struct WsCalendarInterval {
    Properties properties;
};
XML_NAMES(WsCalendarInterval, xcal)
RECORD(WsCalendarInterval, properties)

// ---- targets -------------------------------------------------------------------------------------------------------

struct LinearRing {
    Words posList;
};
XML_NAMES(LinearRing, gml)
RECORD(LinearRing, posList)

struct Exterior {
    LinearRing linear_ring;
};
XML_NAMES(Exterior, gml, {"linear_ring", "LinearRing", nullptr})
RECORD(Exterior, linear_ring)

struct Polygon {
    Attr<std::optional<Id>> id;
    Exterior exterior;
};
XML_NAMES(Polygon, gml, {"id", "", &gml})
RECORD(Polygon, id, exterior)

struct Location {
    Polygon polygon;
};
XML_NAMES(Location, gml, {"polygon", "Polygon", nullptr})
RECORD(Location, polygon)

struct FeatureCollection {
    Attr<std::optional<Id>> id;
    Location location;
};
XML_NAMES(FeatureCollection, gml, {"id", "", &gml})
RECORD(FeatureCollection, id, location)

struct ServiceArea {
    FeatureCollection feature_collection;
};
XML_NAMES(ServiceArea, emix, {"feature_collection", "FeatureCollection", &gml})
RECORD(ServiceArea, feature_collection)

struct ServiceLocation {
    FeatureCollection feature_collection;
};
XML_NAMES(ServiceLocation, power, {"feature_collection", "FeatureCollection", &gml})
RECORD(ServiceLocation, feature_collection)

struct Asset {
    Id mrid;  // of an endDeviceAsset: a device class (rule 111)
};
XML_NAMES(Asset, power)
RECORD(Asset, mrid)

struct Node {
    Id node;
};
XML_NAMES(Node, power)
RECORD(Node, node)

struct TransportInterface {
    Id pointOfReceipt;
    Id pointOfDelivery;
};
XML_NAMES(TransportInterface, power)
RECORD(TransportInterface, pointOfReceipt, pointOfDelivery)

// EiTargetType: empty = the whole VEN; several criteria = any of them (rule 22).
struct EiTarget {
    List<Node, 0, max_members> aggregatedPnode;
    List<Asset, 0, max_members> endDeviceAsset;
    List<Asset, 0, max_members> meterAsset;
    List<Node, 0, max_members> pnode;
    List<ServiceArea, 0, max_members> serviceArea;
    List<Node, 0, max_members> serviceDeliveryPoint;
    List<ServiceLocation, 0, max_members> serviceLocation;
    List<TransportInterface, 0, max_members> transportInterface;
    List<Id, 0, max_members> groupID;
    List<Id, 0, max_members> groupName;
    List<Id, 0, max_members> resourceID;
    List<Id, 0, max_members> venID;
    List<Id, 0, max_members> partyID;
};
XML_NAMES(EiTarget, ei, {"aggregatedPnode", "", &power}, {"endDeviceAsset", "", &power}, {"meterAsset", "", &power},
          {"pnode", "", &power}, {"serviceArea", "", &emix}, {"serviceDeliveryPoint", "", &power},
          {"serviceLocation", "", &power}, {"transportInterface", "", &power})
RECORD(EiTarget, aggregatedPnode, endDeviceAsset, meterAsset, pnode, serviceArea, serviceDeliveryPoint, serviceLocation,
       transportInterface, groupID, groupName, resourceID, venID, partyID)

// ---- units: the substitution group of emix:itemBase
// ------------------------------------------------------------------

struct PowerAttributes {
    double hertz{};
    double voltage{};
    bool ac{};
};
XML_NAMES(PowerAttributes, power)
RECORD(PowerAttributes, hertz, voltage, ac)

struct PowerItem {  // powerReal: RealPower in W; powerApparent, powerReactive
    Id itemDescription;
    Id itemUnits;
    Text<8> siScaleCode;  // p n micro m c d k M G T none
    PowerAttributes powerAttributes;
};
XML_NAMES(PowerItem, power, {"siScaleCode", "", &scale})
RECORD(PowerItem, itemDescription, itemUnits, siScaleCode, powerAttributes)

struct EnergyItem {  // energyReal: RealEnergy in Wh; energyApparent, energyReactive, voltage
    Id itemDescription;
    Id itemUnits;
    Text<8> siScaleCode;
};
XML_NAMES(EnergyItem, power, {"siScaleCode", "", &scale})
RECORD(EnergyItem, itemDescription, itemUnits, siScaleCode)

struct OadrItem {  // current, currency…, frequency, Therm, temperature, customUnit
    Id itemDescription;
    Id itemUnits;
    Text<8> siScaleCode;
};
XML_NAMES(OadrItem, oadr, {"siScaleCode", "", &scale})
RECORD(OadrItem, itemDescription, itemUnits, siScaleCode)

struct PulseCount {
    Id itemDescription;
    Id itemUnits;
    double pulseFactor{};  // kWh per count
};
XML_NAMES(PulseCount, oadr)
RECORD(PulseCount, itemDescription, itemUnits, pulseFactor)

// At most one of these stands where the schema has emix:itemBase; a record that has units inherits them and names them
// with the two macros below.
struct Units {
    std::optional<PowerItem> powerReal, powerApparent, powerReactive;
    std::optional<EnergyItem> energyReal, energyApparent, energyReactive, voltage;
    std::optional<OadrItem> current, currency, currencyPerKW, currencyPerKWh, currencyPerThm, frequency, Therm,
        temperature, customUnit;
    std::optional<PulseCount> pulseCount;
};
#define OADR_UNITS                                                                                                   \
    powerReal, powerApparent, powerReactive, energyReal, energyApparent, energyReactive, voltage, current, currency, \
        currencyPerKW, currencyPerKWh, currencyPerThm, frequency, Therm, temperature, customUnit, pulseCount
#define OADR_UNIT_NAMES                                                                                               \
    {"powerReal", "", &power}, {"powerApparent", "", &power}, {"powerReactive", "", &power},                          \
        {"energyReal", "", &power}, {"energyApparent", "", &power}, {"energyReactive", "", &power},                   \
        {"voltage", "", &power}, {"current", "", &oadr}, {"currency", "", &oadr}, {"currencyPerKW", "", &oadr},       \
        {"currencyPerKWh", "", &oadr}, {"currencyPerThm", "", &oadr}, {"frequency", "", &oadr}, {"Therm", "", &oadr}, \
        {"temperature", "", &oadr}, {"customUnit", "", &oadr}, {                                                      \
        "pulseCount", "", &oadr                                                                                       \
    }

// ---- responses -----------------------------------------------------------------------------------------------------

struct EiResponse {
    Text<3, 3> responseCode;  // 200; 4xx: section 2.7 of the notes, response_codes.hpp
    std::optional<Words> responseDescription;
    Id requestID;
};
XML_NAMES(EiResponse, ei, {"requestID", "", &pyld})
RECORD(EiResponse, responseCode, responseDescription, requestID)

struct QualifiedEventID {
    Id eventID;
    std::uint32_t modificationNumber{};
};
XML_NAMES(QualifiedEventID, ei)
RECORD(QualifiedEventID, eventID, modificationNumber)

struct PayloadFloat {
    double value{};
};
XML_NAMES(PayloadFloat, ei)
RECORD(PayloadFloat, value)

}  // namespace busbar::openadr::v2b
