// The resources of IEEE 2030.5-2018 as records: base types, discovery, devices, function set assignments, responses,
// log events. DER types stand in records_der.hpp, metering in records_metering.hpp.
//
// Members stand in the order of the standard's schema, because strict clients read in sequence; reading takes any
// order. What the schema requires but clients in the field leave out is optional here and checked where it matters.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocols/wire/record.hpp"

namespace busbar::ieee2030_5::sep {

inline constexpr wire::Namespace sep_ns{"", "urn:ieee:std:2030.5:ns"};
inline constexpr wire::Namespace csipaus_ns{"csipaus", "https://csipaus.org/ns"};
inline constexpr std::string_view draft_uri = "http://ieee.org/2030.5";  // namespace of the 2013 edition's drafts

// A record whose elements all live in the standard's namespace.
#define SEP_RECORD(T, ...) XML_NAMES(T, sep_ns) RECORD(T, __VA_ARGS__)
#define SEP_RECORD_OF(T, Base, ...) XML_NAMES(T, sep_ns) RECORD_OF(T, Base, __VA_ARGS__)
#define SEP_EMPTY_RECORD_OF(T, Base) XML_NAMES(T, sep_ns) EMPTY_RECORD_OF(T, Base)

using Href = wire::Text<255>;   // anyURI; we write less than 50 characters
using MRid = wire::Hex<16>;     // HexBinary128
using LfdiHex = wire::Hex<20>;  // HexBinary160
using Seconds = std::int64_t;   // TimeType: s since 1970-01-01T00:00:00Z
using Version = std::uint16_t;
using PerCent = wire::Whole<std::int32_t, 0, 10000>;             // hundredths of a percent
using SignedPerCent = wire::Whole<std::int32_t, -10000, 10000>;  // hundredths of a percent
template <class T>
using Maybe = std::optional<T>;
template <class T>
using MaybeAttr = wire::Attr<std::optional<T>>;

// ---- base types ----------------------------------------------------------------------------------------------------

struct Link {
    wire::Attr<Href> href;
};
SEP_RECORD(Link, href)

struct ListLink : Link {
    MaybeAttr<std::uint32_t> all;  // members of the list
};
SEP_RECORD_OF(ListLink, Link, all)

struct Resource {
    MaybeAttr<Href> href;
};
SEP_RECORD(Resource, href)

struct SubscribableResource : Resource {
    MaybeAttr<std::uint8_t> subscribable;  // 0 no, 1 plain, 2 conditional, 3 both
};
SEP_RECORD_OF(SubscribableResource, Resource, subscribable)

// `all` and `results` are required in an answer and ignored in a request.
struct List : Resource {
    MaybeAttr<std::uint32_t> all;
    MaybeAttr<std::uint32_t> results;
};
SEP_RECORD_OF(List, Resource, all, results)

struct SubscribableList : SubscribableResource {
    MaybeAttr<std::uint32_t> all;
    MaybeAttr<std::uint32_t> results;
};
SEP_RECORD_OF(SubscribableList, SubscribableResource, all, results)

struct IdentifiedObject : Resource {
    MRid mRID;
    Maybe<wire::Text<32>> description;
    Maybe<Version> version;
};
SEP_RECORD_OF(IdentifiedObject, Resource, mRID, description, version)

struct SubscribableIdentifiedObject : SubscribableResource {
    MRid mRID;
    Maybe<wire::Text<32>> description;
    Maybe<Version> version;
};
SEP_RECORD_OF(SubscribableIdentifiedObject, SubscribableResource, mRID, description, version)

struct RespondableResource : Resource {
    MaybeAttr<Href> replyTo;
    MaybeAttr<wire::Hex<1>> responseRequired;  // bits: 0 received, 1 specific to the function set, 2 user's choice
};
SEP_RECORD_OF(RespondableResource, Resource, replyTo, responseRequired)

struct RespondableSubscribableIdentifiedObject : RespondableResource {
    MaybeAttr<std::uint8_t> subscribable;
    MRid mRID;
    Maybe<wire::Text<32>> description;
    Maybe<Version> version;
};
SEP_RECORD_OF(RespondableSubscribableIdentifiedObject, RespondableResource, subscribable, mRID, description, version)

struct DateTimeInterval {
    std::uint32_t duration{};  // s
    Seconds start{};
};
SEP_RECORD(DateTimeInterval, duration, start)

// Table "EventStatus" of 10.2.3.3.
enum class CurrentStatus : std::uint8_t {
    scheduled = 0,
    active = 1,
    cancelled = 2,
    cancelled_with_randomization = 3,
    superseded = 4,
};

struct EventStatus {
    std::uint8_t currentStatus{};
    Seconds dateTime{};
    bool potentiallySuperseded{};
    Maybe<Seconds> potentiallySupersededTime;
    Maybe<wire::Text<192>> reason;
};
SEP_RECORD(EventStatus, currentStatus, dateTime, potentiallySuperseded, potentiallySupersededTime, reason)

struct Event : RespondableSubscribableIdentifiedObject {
    Seconds creationTime{};
    sep::EventStatus EventStatus;
    DateTimeInterval interval;
};
SEP_RECORD_OF(Event, RespondableSubscribableIdentifiedObject, creationTime, EventStatus, interval)

using OneHourRange = wire::Whole<std::int16_t, -3600, 3600>;  // s

struct RandomizableEvent : Event {
    Maybe<OneHourRange> randomizeDuration;
    Maybe<OneHourRange> randomizeStart;
};
SEP_RECORD_OF(RandomizableEvent, Event, randomizeDuration, randomizeStart)

// Reason codes: 0 invalid format, 1 invalid values, 2 resource limit reached, 3 conditional subscription not supported,
// 4 maximum request frequency exceeded.
struct Error {
    Maybe<std::uint16_t> maxRetryDuration;  // s
    std::uint16_t reasonCode{};
};
SEP_RECORD(Error, maxRetryDuration, reasonCode)

// ---- discovery, time, assignments ----------------------------------------------------------------------------------

struct FunctionSetAssignmentsBase : Resource {
    Maybe<ListLink> CustomerAccountListLink;
    Maybe<ListLink> DemandResponseProgramListLink;
    Maybe<ListLink> DERProgramListLink;
    Maybe<ListLink> FileListLink;
    Maybe<ListLink> MessagingProgramListLink;
    Maybe<ListLink> PrepaymentListLink;
    Maybe<ListLink> ResponseSetListLink;
    Maybe<ListLink> TariffProfileListLink;
    Maybe<Link> TimeLink;
    Maybe<ListLink> UsagePointListLink;
};
SEP_RECORD_OF(FunctionSetAssignmentsBase, Resource, CustomerAccountListLink, DemandResponseProgramListLink,
              DERProgramListLink, FileListLink, MessagingProgramListLink, PrepaymentListLink, ResponseSetListLink,
              TariffProfileListLink, TimeLink, UsagePointListLink)

struct DeviceCapability : FunctionSetAssignmentsBase {
    MaybeAttr<std::uint32_t> pollRate;
    Maybe<ListLink> EndDeviceListLink;
    Maybe<ListLink> MirrorUsagePointListLink;
    Maybe<Link> SelfDeviceLink;
};
SEP_RECORD_OF(DeviceCapability, FunctionSetAssignmentsBase, pollRate, EndDeviceListLink, MirrorUsagePointListLink,
              SelfDeviceLink)

struct Time : Resource {
    MaybeAttr<std::uint32_t> pollRate;
    Seconds currentTime{};
    Seconds dstEndTime{};
    std::int32_t dstOffset{};  // s
    Seconds dstStartTime{};
    Maybe<Seconds> localTime;
    std::uint8_t quality{};   // 3 external authoritative … 6, 7 intentionally uncoordinated
    std::int32_t tzOffset{};  // s
};
SEP_RECORD_OF(Time, Resource, pollRate, currentTime, dstEndTime, dstOffset, dstStartTime, localTime, quality, tzOffset)

struct FunctionSetAssignments : FunctionSetAssignmentsBase {
    MaybeAttr<std::uint8_t> subscribable;
    MRid mRID;
    Maybe<wire::Text<32>> description;
    Maybe<Version> version;
};
SEP_RECORD_OF(FunctionSetAssignments, FunctionSetAssignmentsBase, subscribable, mRID, description, version)

struct FunctionSetAssignmentsList : SubscribableList {
    MaybeAttr<std::uint32_t> pollRate;
    wire::List<sep::FunctionSetAssignments> FunctionSetAssignments;
};
SEP_RECORD_OF(FunctionSetAssignmentsList, SubscribableList, pollRate, FunctionSetAssignments)

// ---- devices -------------------------------------------------------------------------------------------------------

struct AbstractDevice : SubscribableResource {
    Maybe<Link> ConfigurationLink;
    Maybe<ListLink> DERListLink;
    Maybe<wire::Hex<4>> deviceCategory;
    Maybe<Link> DeviceInformationLink;
    Maybe<Link> DeviceStatusLink;
    Maybe<Link> FileStatusLink;
    Maybe<ListLink> IPInterfaceListLink;
    Maybe<LfdiHex> lFDI;
    Maybe<ListLink> LoadShedAvailabilityListLink;
    Maybe<ListLink> LogEventListLink;
    Maybe<Link> PowerStatusLink;
    wire::Whole<std::uint64_t, 0, 999'999'999'999> sFDI{};
};
SEP_RECORD_OF(AbstractDevice, SubscribableResource, ConfigurationLink, DERListLink, deviceCategory,
              DeviceInformationLink, DeviceStatusLink, FileStatusLink, IPInterfaceListLink, lFDI,
              LoadShedAvailabilityListLink, LogEventListLink, PowerStatusLink, sFDI)

struct EndDevice : AbstractDevice {
    Seconds changedTime{};
    Maybe<bool> enabled;
    Maybe<ListLink> FlowReservationRequestListLink;
    Maybe<ListLink> FlowReservationResponseListLink;
    Maybe<ListLink> FunctionSetAssignmentsListLink;
    Maybe<std::uint32_t> postRate;  // s
    Maybe<Link> RegistrationLink;
    Maybe<ListLink> SubscriptionListLink;
    Maybe<Link> ConnectionPointLink;  // CSIP-AUS
};
XML_NAMES(EndDevice, sep_ns, {"ConnectionPointLink", "", &csipaus_ns})
RECORD_OF(EndDevice, AbstractDevice, changedTime, enabled, FlowReservationRequestListLink,
          FlowReservationResponseListLink, FunctionSetAssignmentsListLink, postRate, RegistrationLink,
          SubscriptionListLink, ConnectionPointLink)

struct EndDeviceList : SubscribableList {
    MaybeAttr<std::uint32_t> pollRate;
    wire::List<sep::EndDevice> EndDevice;
};
SEP_RECORD_OF(EndDeviceList, SubscribableList, pollRate, EndDevice)

struct Registration : Resource {
    MaybeAttr<std::uint32_t> pollRate;
    Seconds dateTimeRegistered{};
    wire::Whole<std::uint32_t, 0, 999999> pIN{};  // five digits and a check digit
};
SEP_RECORD_OF(Registration, Resource, pollRate, dateTimeRegistered, pIN)

// CSIP-AUS: where the device hangs on the network.
struct ConnectionPoint : Resource {
    Maybe<wire::Text<32>> connectionPointId;
    Maybe<wire::Text<32>> id;  // its name in CSIP-AUS 1.1; never written
};
XML_NAMES(ConnectionPoint, csipaus_ns)
RECORD_OF(ConnectionPoint, Resource, connectionPointId, id)

// ---- responses -----------------------------------------------------------------------------------------------------

struct Response : Resource {
    Maybe<Seconds> createdDateTime;
    LfdiHex endDeviceLFDI;
    Maybe<std::uint8_t> status;  // Table 27
    MRid subject;                // mRID of what is answered
};
SEP_RECORD_OF(Response, Resource, createdDateTime, endDeviceLFDI, status, subject)

struct DERControlResponse : Response {};
SEP_EMPTY_RECORD_OF(DERControlResponse, Response)

struct ResponseList : List {
    wire::List<sep::Response> Response;
};
SEP_RECORD_OF(ResponseList, List, Response)

struct ResponseSet : IdentifiedObject {
    Maybe<ListLink> ResponseListLink;
};
SEP_RECORD_OF(ResponseSet, IdentifiedObject, ResponseListLink)

struct ResponseSetList : List {
    MaybeAttr<std::uint32_t> pollRate;
    wire::List<sep::ResponseSet> ResponseSet;
};
SEP_RECORD_OF(ResponseSetList, List, pollRate, ResponseSet)

// ---- log events ----------------------------------------------------------------------------------------------------

struct LogEvent : Resource {
    Seconds createdDateTime{};
    Maybe<wire::Text<32>> details;
    Maybe<std::uint32_t> extendedData;
    std::uint8_t functionSet{};  // 11 = DER
    std::uint8_t logEventCode{};
    std::uint16_t logEventID{};
    std::uint32_t logEventPEN{};
    std::uint8_t profileID{};  // 2 = IEEE 2030.5
};
SEP_RECORD_OF(LogEvent, Resource, createdDateTime, details, extendedData, functionSet, logEventCode, logEventID,
              logEventPEN, profileID)

struct LogEventList : SubscribableList {
    MaybeAttr<std::uint32_t> pollRate;
    wire::List<sep::LogEvent> LogEvent;
};
SEP_RECORD_OF(LogEventList, SubscribableList, pollRate, LogEvent)

}  // namespace busbar::ieee2030_5::sep
