// EiRegisterParty, and the whole of OpenADR 2.0b: the 23 payloads, one of which is a message. A message stands bare or
// wrapped in oadrPayload/oadrSignedObject; both occur, and both are read.
#pragma once

#include <string>
#include <string_view>

#include "protocols/openadr/v2b/event_records.hpp"
#include "protocols/wire/error.hpp"

namespace busbar::openadr::v2b {

// ---- registration --------------------------------------------------------------------------------------------------

struct OadrQueryRegistration {
    SchemaVersion schemaVersion;
    Id requestID;
};
XML_NAMES(OadrQueryRegistration, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld})
RECORD(OadrQueryRegistration, schemaVersion, requestID)

struct OadrCreatePartyRegistration {
    SchemaVersion schemaVersion;
    Id requestID;
    std::optional<Id> registrationID;  // of the registration that is renewed
    std::optional<Id> venID;           // when renewing, or assigned out of band (rule 402)
    Text<8> oadrProfileName;           // 2.0b
    Text<16> oadrTransportName;        // simpleHttp, xmpp
    std::optional<Words> oadrTransportAddress;
    bool oadrReportOnly{};
    bool oadrXmlSignature{};
    std::optional<Words> oadrVenName;
    std::optional<bool> oadrHttpPullModel;
};
XML_NAMES(OadrCreatePartyRegistration, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld},
          {"registrationID", "", &ei}, {"venID", "", &ei})
RECORD(OadrCreatePartyRegistration, schemaVersion, requestID, registrationID, venID, oadrProfileName, oadrTransportName,
       oadrTransportAddress, oadrReportOnly, oadrXmlSignature, oadrVenName, oadrHttpPullModel)

struct OadrTransport {
    Text<16> oadrTransportName;
};
XML_NAMES(OadrTransport, oadr)
RECORD(OadrTransport, oadrTransportName)

struct OadrTransports {
    List<OadrTransport, 1, max_members> oadrTransport;
};
XML_NAMES(OadrTransports, oadr)
RECORD(OadrTransports, oadrTransport)

struct OadrProfile {
    Text<8> oadrProfileName;
    OadrTransports oadrTransports;
};
XML_NAMES(OadrProfile, oadr)
RECORD(OadrProfile, oadrProfileName, oadrTransports)

struct OadrProfiles {
    List<OadrProfile, 1, max_members> oadrProfile;
};
XML_NAMES(OadrProfiles, oadr)
RECORD(OadrProfiles, oadrProfile)

struct OadrInfo {
    Words oadrKey;
    Words oadrValue;
};
XML_NAMES(OadrInfo, oadr)
RECORD(OadrInfo, oadrKey, oadrValue)

struct OadrService {
    Text<32> oadrServiceName;
    List<OadrInfo, 1, max_members> oadrInfo;
};
XML_NAMES(OadrService, oadr)
RECORD(OadrService, oadrServiceName, oadrInfo)

struct OadrServiceSpecificInfo {
    List<OadrService, 0, max_members> oadrService;
};
XML_NAMES(OadrServiceSpecificInfo, oadr)
RECORD(OadrServiceSpecificInfo, oadrService)

struct OadrExtension {
    Words oadrExtensionName;
    List<OadrInfo, 0, max_members> oadrInfo;
};
XML_NAMES(OadrExtension, oadr)
RECORD(OadrExtension, oadrExtensionName, oadrInfo)

struct OadrExtensions {
    List<OadrExtension, 0, max_members> oadrExtension;
};
XML_NAMES(OadrExtensions, oadr)
RECORD(OadrExtensions, oadrExtension)

struct OadrCreatedPartyRegistration {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    std::optional<Id> registrationID;  // not in the answer to a query of a VEN that is not registered (rule 404)
    std::optional<Id> venID;
    Id vtnID;
    std::optional<OadrProfiles> oadrProfiles;  // the schema wants it; some VTNs leave it out of an error
    std::optional<DurationProp> oadrRequestedOadrPollFreq;
    std::optional<OadrServiceSpecificInfo> oadrServiceSpecificInfo;
    std::optional<OadrExtensions> oadrExtensions;
};
XML_NAMES(OadrCreatedPartyRegistration, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei},
          {"registrationID", "", &ei}, {"venID", "", &ei}, {"vtnID", "", &ei})
RECORD(OadrCreatedPartyRegistration, schemaVersion, eiResponse, registrationID, venID, vtnID, oadrProfiles,
       oadrRequestedOadrPollFreq, oadrServiceSpecificInfo, oadrExtensions)

struct OadrCancelPartyRegistration {
    SchemaVersion schemaVersion;
    Id requestID;
    Id registrationID;
    std::optional<Id> venID;
};
XML_NAMES(OadrCancelPartyRegistration, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld},
          {"registrationID", "", &ei}, {"venID", "", &ei})
RECORD(OadrCancelPartyRegistration, schemaVersion, requestID, registrationID, venID)

struct OadrCanceledPartyRegistration {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    std::optional<Id> registrationID;
    std::optional<Id> venID;
};
XML_NAMES(OadrCanceledPartyRegistration, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei},
          {"registrationID", "", &ei}, {"venID", "", &ei})
RECORD(OadrCanceledPartyRegistration, schemaVersion, eiResponse, registrationID, venID)

struct OadrRequestReregistration {
    SchemaVersion schemaVersion;
    Id venID;
};
XML_NAMES(OadrRequestReregistration, oadr, {"schemaVersion", "", &ei}, {"venID", "", &ei})
RECORD(OadrRequestReregistration, schemaVersion, venID)

// ---- the message ---------------------------------------------------------------------------------------------------

// oadrSignedObject: exactly one of the payloads.
struct Payload {
    std::optional<OadrDistributeEvent> oadrDistributeEvent;
    std::optional<OadrCreatedEvent> oadrCreatedEvent;
    std::optional<OadrRequestEvent> oadrRequestEvent;
    std::optional<OadrResponse> oadrResponse;
    std::optional<OadrCancelOpt> oadrCancelOpt;
    std::optional<OadrCanceledOpt> oadrCanceledOpt;
    std::optional<OadrCreateOpt> oadrCreateOpt;
    std::optional<OadrCreatedOpt> oadrCreatedOpt;
    std::optional<OadrCancelReport> oadrCancelReport;
    std::optional<OadrCanceledReport> oadrCanceledReport;
    std::optional<OadrCreateReport> oadrCreateReport;
    std::optional<OadrCreatedReport> oadrCreatedReport;
    std::optional<OadrRegisterReport> oadrRegisterReport;
    std::optional<OadrRegisteredReport> oadrRegisteredReport;
    std::optional<OadrUpdateReport> oadrUpdateReport;
    std::optional<OadrUpdatedReport> oadrUpdatedReport;
    std::optional<OadrCancelPartyRegistration> oadrCancelPartyRegistration;
    std::optional<OadrCanceledPartyRegistration> oadrCanceledPartyRegistration;
    std::optional<OadrCreatePartyRegistration> oadrCreatePartyRegistration;
    std::optional<OadrCreatedPartyRegistration> oadrCreatedPartyRegistration;
    std::optional<OadrRequestReregistration> oadrRequestReregistration;
    std::optional<OadrQueryRegistration> oadrQueryRegistration;
    std::optional<OadrPoll> oadrPoll;
};
XML_NAMES(Payload, oadr)
CHOICE(Payload, oadrDistributeEvent, oadrCreatedEvent, oadrRequestEvent, oadrResponse, oadrCancelOpt, oadrCanceledOpt,
       oadrCreateOpt, oadrCreatedOpt, oadrCancelReport, oadrCanceledReport, oadrCreateReport, oadrCreatedReport,
       oadrRegisterReport, oadrRegisteredReport, oadrUpdateReport, oadrUpdatedReport, oadrCancelPartyRegistration,
       oadrCanceledPartyRegistration, oadrCreatePartyRegistration, oadrCreatedPartyRegistration,
       oadrRequestReregistration, oadrQueryRegistration, oadrPoll)

struct OadrPayload {
    Payload oadrSignedObject;
};
XML_NAMES(OadrPayload, oadr)
RECORD(OadrPayload, oadrSignedObject)

struct Message {
    Payload payload;
    bool wrapped = true;  // in oadrPayload/oadrSignedObject
};

// Reads a wrapped or bare message of at most `max_bytes`. A signature is passed over. Green Button payloads are not
// read.
wire::Failure read_message(std::string_view xml, Message& message, std::size_t max_bytes = 1 << 20);
// Writes it as the schema has it; every payload gets schemaVersion 2.0b.
std::string write_message(const Message& message);
// The name of the payload: "oadrPoll".
std::string_view name_of(const Payload& payload);

}  // namespace busbar::openadr::v2b
