// EiEvent, EiOpt and oadrPoll: the payloads about events.
#pragma once

#include "protocols/openadr/v2b/report_records.hpp"

namespace busbar::openadr::v2b {

// ---- an event ------------------------------------------------------------------------------------------------------

struct EiMarketContext {
    Words marketContext;
};
XML_NAMES(EiMarketContext, ei, {"marketContext", "", &emix})
RECORD(EiMarketContext, marketContext)

struct EventDescriptor {
    Id eventID;
    std::uint32_t modificationNumber{};  // from 0 (rule 4), + 1 for every change and cancellation (rules 5, 10)
    std::optional<DateTime> modificationDateTime;
    std::optional<Words> modificationReason;
    std::optional<std::uint32_t> priority;  // 1 = highest; 0 or absent = none = lowest (rule 3)
    EiMarketContext eiMarketContext;
    DateTime createdDateTime;
    Text<16> eventStatus;            // none, far, near, active, completed, cancelled
    std::optional<Words> testEvent;  // anything but "false" is a test (rule 6)
    std::optional<Words> vtnComment;
};
XML_NAMES(EventDescriptor, ei)
RECORD(EventDescriptor, eventID, modificationNumber, modificationDateTime, modificationReason, priority,
       eiMarketContext, createdDateTime, eventStatus, testEvent, vtnComment)

struct EiActivePeriod {
    Properties properties;
    std::optional<Components> components;  // the schema wants it there, and empty
};
XML_NAMES(EiActivePeriod, ei, {"properties", "", &xcal}, {"components", "", &xcal})
RECORD(EiActivePeriod, properties, components)

struct CurrentValue {
    PayloadFloat payloadFloat;
};
XML_NAMES(CurrentValue, ei)
RECORD(CurrentValue, payloadFloat)

struct EiEventSignal : Units {
    Intervals intervals;
    std::optional<EiTarget> eiTarget;  // device classes only (rule 111)
    Id signalName;
    Id signalType;
    Id signalID;
    std::optional<CurrentValue> currentValue;
};
XML_NAMES(EiEventSignal, ei, {"intervals", "", &strm}, OADR_UNIT_NAMES)
RECORD(EiEventSignal, intervals, eiTarget, signalName, signalType, signalID, OADR_UNITS, currentValue)

struct EiEventBaseline : Units {
    DtStart dtstart;
    DurationProp duration;
    Intervals intervals;
    Id baselineID;
    List<Id, 0, max_members> resourceID;
    Id baselineName;
};
XML_NAMES(EiEventBaseline, ei, {"dtstart", "", &xcal}, {"duration", "", &xcal}, {"intervals", "", &strm},
          OADR_UNIT_NAMES)
RECORD(EiEventBaseline, dtstart, duration, intervals, baselineID, resourceID, baselineName, OADR_UNITS)

struct EiEventSignals {
    List<EiEventSignal, 1, max_members> eiEventSignal;
    std::optional<EiEventBaseline> eiEventBaseline;
};
XML_NAMES(EiEventSignals, ei)
RECORD(EiEventSignals, eiEventSignal, eiEventBaseline)

struct EiEvent {
    EventDescriptor eventDescriptor;
    EiActivePeriod eiActivePeriod;
    EiEventSignals eiEventSignals;
    EiTarget eiTarget;
};
XML_NAMES(EiEvent, ei)
RECORD(EiEvent, eventDescriptor, eiActivePeriod, eiEventSignals, eiTarget)

struct OadrEvent {
    EiEvent eiEvent;
    Text<16> oadrResponseRequired;  // always, never
};
XML_NAMES(OadrEvent, oadr, {"eiEvent", "", &ei})
RECORD(OadrEvent, eiEvent, oadrResponseRequired)

// ---- payloads ------------------------------------------------------------------------------------------------------

struct OadrDistributeEvent {
    SchemaVersion schemaVersion;
    std::optional<EiResponse> eiResponse;
    Id requestID;
    Id vtnID;
    List<OadrEvent, 0, max_events> oadrEvent;
};
XML_NAMES(OadrDistributeEvent, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"requestID", "", &pyld},
          {"vtnID", "", &ei})
RECORD(OadrDistributeEvent, schemaVersion, eiResponse, requestID, vtnID, oadrEvent)

struct EventResponse {
    Text<3, 3> responseCode;
    std::optional<Words> responseDescription;
    Id requestID;
    QualifiedEventID qualifiedEventID;
    Text<16> optType;  // optIn, optOut
};
XML_NAMES(EventResponse, ei, {"requestID", "", &pyld})
RECORD(EventResponse, responseCode, responseDescription, requestID, qualifiedEventID, optType)

struct EventResponses {
    List<EventResponse, 0, max_events> eventResponse;
};
XML_NAMES(EventResponses, ei)
RECORD(EventResponses, eventResponse)

struct EiCreatedEvent {
    EiResponse eiResponse;
    std::optional<EventResponses> eventResponses;
    Id venID;
};
XML_NAMES(EiCreatedEvent, pyld, {"eiResponse", "", &ei}, {"eventResponses", "", &ei}, {"venID", "", &ei})
RECORD(EiCreatedEvent, eiResponse, eventResponses, venID)

struct OadrCreatedEvent {
    SchemaVersion schemaVersion;
    EiCreatedEvent eiCreatedEvent;
};
XML_NAMES(OadrCreatedEvent, oadr, {"schemaVersion", "", &ei}, {"eiCreatedEvent", "", &pyld})
RECORD(OadrCreatedEvent, schemaVersion, eiCreatedEvent)

struct EiRequestEvent {
    Id requestID;
    Id venID;
    std::optional<std::uint32_t> replyLimit;
};
XML_NAMES(EiRequestEvent, pyld, {"venID", "", &ei})
RECORD(EiRequestEvent, requestID, venID, replyLimit)

struct OadrRequestEvent {
    SchemaVersion schemaVersion;
    EiRequestEvent eiRequestEvent;
};
XML_NAMES(OadrRequestEvent, oadr, {"schemaVersion", "", &ei}, {"eiRequestEvent", "", &pyld})
RECORD(OadrRequestEvent, schemaVersion, eiRequestEvent)

struct OadrResponse {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    std::optional<Id> venID;
};
XML_NAMES(OadrResponse, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"venID", "", &ei})
RECORD(OadrResponse, schemaVersion, eiResponse, venID)

struct OadrPoll {
    SchemaVersion schemaVersion;
    Id venID;
};
XML_NAMES(OadrPoll, oadr, {"schemaVersion", "", &ei}, {"venID", "", &ei})
RECORD(OadrPoll, schemaVersion, venID)

// ---- opt -----------------------------------------------------------------------------------------------------------

struct Available {
    Properties properties;
};
XML_NAMES(Available, xcal)
RECORD(Available, properties)

struct AvailableComponents {
    List<Available, 0, max_members> available;
};
XML_NAMES(AvailableComponents, xcal)
RECORD(AvailableComponents, available)

struct Vavailability {
    AvailableComponents components;
};
XML_NAMES(Vavailability, xcal)
RECORD(Vavailability, components)

struct OadrCreateOpt {
    SchemaVersion schemaVersion;
    Id optID;
    Text<16> optType;
    Id optReason;
    std::optional<Words> marketContext;
    Id venID;
    std::optional<Vavailability> vavailability;
    DateTime createdDateTime;
    Id requestID;
    std::optional<QualifiedEventID> qualifiedEventID;
    EiTarget eiTarget;
    std::optional<EiTarget> oadrDeviceClass;
};
XML_NAMES(OadrCreateOpt, oadr, {"schemaVersion", "", &ei}, {"optID", "", &ei}, {"optType", "", &ei},
          {"optReason", "", &ei}, {"marketContext", "", &emix}, {"venID", "", &ei}, {"vavailability", "", &xcal},
          {"createdDateTime", "", &ei}, {"requestID", "", &pyld}, {"qualifiedEventID", "", &ei}, {"eiTarget", "", &ei})
RECORD(OadrCreateOpt, schemaVersion, optID, optType, optReason, marketContext, venID, vavailability, createdDateTime,
       requestID, qualifiedEventID, eiTarget, oadrDeviceClass)

struct OadrCreatedOpt {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    Id optID;
};
XML_NAMES(OadrCreatedOpt, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"optID", "", &ei})
RECORD(OadrCreatedOpt, schemaVersion, eiResponse, optID)

struct OadrCancelOpt {
    SchemaVersion schemaVersion;
    Id requestID;
    Id optID;
    Id venID;
};
XML_NAMES(OadrCancelOpt, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld}, {"optID", "", &ei},
          {"venID", "", &ei})
RECORD(OadrCancelOpt, schemaVersion, requestID, optID, venID)

struct OadrCanceledOpt {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    std::optional<Id> optID;
};
XML_NAMES(OadrCanceledOpt, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"optID", "", &ei})
RECORD(OadrCanceledOpt, schemaVersion, eiResponse, optID)

}  // namespace busbar::openadr::v2b
