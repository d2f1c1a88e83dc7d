// The objects of OpenADR 3.1 (openadr3.yaml of 3.1.0/3.1.1) as records.
//
// Each object is written by a client as a request and answered by the VTN as the same members plus metadata: Program is
// a ProgramRequest with an id and times. We read tolerantly (null is absent, defaults may be left out, enumerations are
// plain text since private strings are allowed everywhere) and write strictly. Names of members are the standard's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocols/wire/record.hpp"

namespace busbar::openadr::v3 {

using wire::AnyValue;
using wire::DateTime;
using wire::Duration;
using wire::List;
using wire::RequiredList;
using wire::Text;
using wire::Whole;

using ObjectId = Text<128, 1>;  // characters [a-zA-Z0-9_-]; the pattern is checked where an id is looked up
using Name = Text<128, 1>;

inline constexpr std::size_t max_intervals = 4096;  // ours: of one event or report resource
inline constexpr std::size_t max_values = 4096;     // ours: of one payload
inline constexpr std::size_t max_members = 256;     // ours: of every other list

using Targets = std::optional<List<Name, 0, max_members>>;

// One or more values of one type: {"type": "PRICE", "values": [0.17]}. A value is a number, text, boolean or point.
struct ValuesMap {
    Name type;
    RequiredList<AnyValue, 0, max_values> values;
};
RECORD(ValuesMap, type, values)

using Attributes = std::optional<List<ValuesMap, 0, max_members>>;

struct IntervalPeriod {
    std::optional<DateTime> start;           // DateTime::now_sentinel = "now"
    std::optional<Duration> duration;        // Duration::endless = without end
    std::optional<Duration> randomizeStart;  // the start may move by up to this, either way
};
RECORD(IntervalPeriod, start, duration, randomizeStart)

struct Interval {
    std::int32_t id{};  // the client's, not a sequence number
    std::optional<IntervalPeriod> intervalPeriod;
    RequiredList<ValuesMap, 0, max_members> payloads;
};
RECORD(Interval, id, intervalPeriod, payloads)

// eventPayloadDescriptor and reportPayloadDescriptor in one: objectType tells them apart, and both may stand in a
// program's list.
struct PayloadDescriptor {
    std::optional<Text<128>> objectType;  // EVENT_PAYLOAD_DESCRIPTOR, REPORT_PAYLOAD_DESCRIPTOR
    Name payloadType;
    std::optional<Name> units;
    std::optional<Text<128>> currency;  // event
    std::optional<Name> readingType;    // report, as all that follow
    std::optional<double> accuracy;
    std::optional<Whole<std::int32_t, 0, 100>> confidence;  // %
};
RECORD(PayloadDescriptor, objectType, payloadType, units, currency, readingType, accuracy, confidence)

using PayloadDescriptors = std::optional<List<PayloadDescriptor, 0, max_members>>;

// How an event asks for a report (OA3-62 has the defaults).
struct ReportDescriptor {
    Name payloadType;
    std::optional<Name> readingType;
    std::optional<Name> units;
    Targets targets;
    std::optional<bool> aggregate;              // false
    std::optional<std::int32_t> startInterval;  // -1
    std::optional<std::int32_t> numIntervals;   // -1 = all
    std::optional<bool> historical;             // true
    std::optional<std::int32_t> frequency;      // -1 = as numIntervals
    std::optional<std::int32_t> repeat;         // 1; -1 = for ever
    std::optional<Text<128>> reportIntervals;   // INTERVALS, SUB_INTERVALS, OPEN_INTERVALS
};
RECORD(ReportDescriptor, payloadType, readingType, units, targets, aggregate, startInterval, numIntervals, historical,
       frequency, repeat, reportIntervals)

// ---- programs ------------------------------------------------------------------------------------------------------

struct ProgramDescription {
    Text<8000, 2> URL;
};
RECORD(ProgramDescription, URL)

struct ProgramRequest {
    Name programName;  // unique within a VTN (OA3-13)
    std::optional<IntervalPeriod> intervalPeriod;
    std::optional<List<ProgramDescription, 0, max_members>> programDescriptions;
    PayloadDescriptors payloadDescriptors;
    Attributes attributes;
    Targets targets;
};
RECORD(ProgramRequest, programName, intervalPeriod, programDescriptions, payloadDescriptors, attributes, targets)

struct Program : ProgramRequest {
    ObjectId id;
    DateTime createdDateTime;
    DateTime modificationDateTime;
    Text<128> objectType;  // PROGRAM
};
RECORD_OF(Program, ProgramRequest, id, createdDateTime, modificationDateTime, objectType)

// ---- events --------------------------------------------------------------------------------------------------------

struct EventRequest {
    ObjectId programID;
    std::optional<Text<1024>> eventName;
    std::optional<Duration> duration;                             // cuts or loops the intervals (OA3-58)
    std::optional<Whole<std::int64_t, 0, 0xffff'fffe>> priority;  // 0 = highest (OA3-59)
    Targets targets;
    std::optional<List<ReportDescriptor, 0, max_members>> reportDescriptors;
    PayloadDescriptors payloadDescriptors;
    std::optional<IntervalPeriod> intervalPeriod;  // default of every interval (OA3-51)
    std::optional<List<Interval, 0, max_intervals>> intervals;
};
RECORD(EventRequest, programID, eventName, duration, priority, targets, reportDescriptors, payloadDescriptors,
       intervalPeriod, intervals)

struct Event : EventRequest {
    ObjectId id;
    DateTime createdDateTime;
    DateTime modificationDateTime;
    Text<128> objectType;  // EVENT
};
RECORD_OF(Event, EventRequest, id, createdDateTime, modificationDateTime, objectType)

// ---- reports -------------------------------------------------------------------------------------------------------

struct ReportResource {
    Name resourceName;  // AGGREGATED_REPORT = several resources together (OA3-67)
    std::optional<IntervalPeriod> intervalPeriod;
    RequiredList<Interval, 0, max_intervals> intervals;
};
RECORD(ReportResource, resourceName, intervalPeriod, intervals)

struct ReportRequest {
    ObjectId eventID;
    Name clientName;
    std::optional<Text<1024>> reportName;
    PayloadDescriptors payloadDescriptors;
    RequiredList<ReportResource, 0, max_members> resources;
};
RECORD(ReportRequest, eventID, clientName, reportName, payloadDescriptors, resources)

struct Report : ReportRequest {
    ObjectId id;
    DateTime createdDateTime;
    DateTime modificationDateTime;
    Text<128> objectType;  // REPORT
    Name clientID;         // of the token that it came with (OA3-16)
};
RECORD_OF(Report, ReportRequest, id, createdDateTime, modificationDateTime, objectType, clientID)

// ---- vens and resources --------------------------------------------------------------------------------------------

// BlVenRequest and VenVenRequest in one: objectType says whose words these are; only business logic may name clientID
// and targets (OA3-22).
struct VenRequest {
    std::optional<Name> clientID;
    Name venName;  // unique within a VTN (OA3-14)
    Targets targets;
    Attributes attributes;
};
RECORD(VenRequest, clientID, venName, targets, attributes)

struct Ven : VenRequest {
    ObjectId id;
    DateTime createdDateTime;
    DateTime modificationDateTime;
    Text<128> objectType;  // VEN
};
RECORD_OF(Ven, VenRequest, id, createdDateTime, modificationDateTime, objectType)

struct ResourceRequest {
    std::optional<Name> clientID;
    Name resourceName;  // unique within its ven (OA3-15)
    ObjectId venID;
    Targets targets;
    Attributes attributes;
};
RECORD(ResourceRequest, clientID, resourceName, venID, targets, attributes)

struct Resource : ResourceRequest {
    ObjectId id;
    DateTime createdDateTime;
    DateTime modificationDateTime;
    Text<128> objectType;  // RESOURCE
};
RECORD_OF(Resource, ResourceRequest, id, createdDateTime, modificationDateTime, objectType)

// Whose words a ven or resource request is: BL_VEN_REQUEST, VEN_VEN_REQUEST, BL_RESOURCE_REQUEST, VEN_RESOURCE_REQUEST.
struct RequestKind {
    std::optional<Text<128>> objectType;
};
RECORD(RequestKind, objectType)

// ---- subscriptions -------------------------------------------------------------------------------------------------

struct ObjectOperation {
    RequiredList<Text<64>, 0, max_members> objects;     // PROGRAM, EVENT, REPORT, SUBSCRIPTION, VEN, RESOURCE
    RequiredList<Text<64>, 0, max_members> operations;  // CREATE, READ, UPDATE, DELETE
    Text<8000, 2> callbackUrl;
    std::optional<wire::Secret<4096>> bearerToken;
};
RECORD(ObjectOperation, objects, operations, callbackUrl, bearerToken)

struct SubscriptionRequest {
    Name clientName;
    std::optional<ObjectId> programID;
    RequiredList<ObjectOperation, 0, max_members> objectOperations;
    Targets targets;
};
RECORD(SubscriptionRequest, clientName, programID, objectOperations, targets)

// ---- answers that are no objects -----------------------------------------------------------------------------------

struct Problem {  // RFC 9457
    std::optional<Text<8000>> type;
    std::optional<Text<1024>> title;
    std::optional<Whole<std::int32_t, 100, 599>> status;
    std::optional<Text<8000>> detail;
    std::optional<Text<8000>> instance;
};
RECORD(Problem, type, title, status, detail, instance)

struct AuthServerInfo {
    Text<8000, 2> tokenURL;
};
RECORD(AuthServerInfo, tokenURL)

struct TokenAnswer {  // clientCredentialResponse
    wire::Secret<4096, 1> access_token;
    Text<64> token_type;                     // Bearer
    std::optional<std::int64_t> expires_in;  // s
    std::optional<Text<4096>> scope;
};
RECORD(TokenAnswer, access_token, token_type, expires_in, scope)

struct AuthError {  // RFC 6749 section 5.2
    Text<64> error;
    std::optional<Text<8000>> error_description;
};
RECORD(AuthError, error, error_description)

struct NotifiersAnswer {
    bool WEBHOOK{};
};
RECORD(NotifiersAnswer, WEBHOOK)

// ---- what we keep of an event beside the object itself
// ---------------------------------------------------------------

struct EventKeep {
    Event event;
    std::uint64_t revision{};
    std::int64_t received_us{};  // when this revision came: what "now" means in it
    bool dispatched{};           // a grid event of it has been handed on
    bool opted_out{};
};
RECORD(EventKeep, event, revision, received_us, dispatched, opted_out)

struct ReportKeep {
    Report report;
    Text<128> programID;  // of its event, which may be gone
    bool ours{};          // written by the gateway itself
};
RECORD(ReportKeep, report, programID, ours)

struct CounterKeep {
    std::uint64_t next{};
};
RECORD(CounterKeep, next)

}  // namespace busbar::openadr::v3
