// OCPP 2.0.1. Blocks C, E, F and J: who charges, since when, and what the meter says.
// Member types carry the limits of the official JSON schemas; records_test.cpp compares them member by member.
#pragma once

#include <cstdint>
#include <optional>

#include "protocols/ocpp/v201/types.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::ocpp::v201 {

struct AdditionalInfo {
    wire::Text<36> additionalIdToken;
    wire::Text<50> type;
    std::optional<wire::RawJson> customData;
};
RECORD(AdditionalInfo, additionalIdToken, type, customData)

enum class IdTokenEnum : std::uint8_t {
    Central,
    eMAID,
    ISO14443,
    ISO15693,
    KeyCode,
    Local,
    MacAddress,
    NoAuthorization,
};
NAMES(IdTokenEnum, "Central", "eMAID", "ISO14443", "ISO15693", "KeyCode", "Local", "MacAddress", "NoAuthorization")

struct IdToken {
    std::optional<wire::List<AdditionalInfo, 1>> additionalInfo;
    wire::Text<36> idToken;
    IdTokenEnum type{};
    std::optional<wire::RawJson> customData;
};
RECORD(IdToken, additionalInfo, idToken, type, customData)

enum class HashAlgorithmEnum : std::uint8_t {
    SHA256,
    SHA384,
    SHA512,
};
NAMES(HashAlgorithmEnum, "SHA256", "SHA384", "SHA512")

struct OCSPRequestData {
    HashAlgorithmEnum hashAlgorithm{};
    wire::Text<128> issuerNameHash;
    wire::Text<128> issuerKeyHash;
    wire::Text<40> serialNumber;
    wire::Text<512> responderURL;
    std::optional<wire::RawJson> customData;
};
RECORD(OCSPRequestData, hashAlgorithm, issuerNameHash, issuerKeyHash, serialNumber, responderURL, customData)

struct AuthorizeRequest {
    IdToken idToken;
    std::optional<wire::Text<5500>> certificate;
    std::optional<wire::List<OCSPRequestData, 1, 4>> iso15118CertificateHashData;
    std::optional<wire::RawJson> customData;
};
RECORD(AuthorizeRequest, idToken, certificate, iso15118CertificateHashData, customData)

enum class AuthorizationStatusEnum : std::uint8_t {
    Accepted,
    Blocked,
    ConcurrentTx,
    Expired,
    Invalid,
    NoCredit,
    NotAllowedTypeEVSE,
    NotAtThisLocation,
    NotAtThisTime,
    Unknown,
};
NAMES(AuthorizationStatusEnum, "Accepted", "Blocked", "ConcurrentTx", "Expired", "Invalid", "NoCredit",
      "NotAllowedTypeEVSE", "NotAtThisLocation", "NotAtThisTime", "Unknown")

enum class MessageFormatEnum : std::uint8_t {
    ASCII,
    HTML,
    URI,
    UTF8,
};
NAMES(MessageFormatEnum, "ASCII", "HTML", "URI", "UTF8")

struct MessageContent {
    MessageFormatEnum format{};
    std::optional<wire::Text<8>> language;
    wire::Text<512> content;
    std::optional<wire::RawJson> customData;
};
RECORD(MessageContent, format, language, content, customData)

struct IdTokenInfo {
    AuthorizationStatusEnum status{};
    std::optional<wire::DateTime> cacheExpiryDateTime;
    std::optional<std::int32_t> chargingPriority;
    std::optional<wire::Text<8>> language1;
    std::optional<wire::List<std::int32_t, 1>> evseId;
    std::optional<IdToken> groupIdToken;
    std::optional<wire::Text<8>> language2;
    std::optional<MessageContent> personalMessage;
    std::optional<wire::RawJson> customData;
};
RECORD(IdTokenInfo, status, cacheExpiryDateTime, chargingPriority, language1, evseId, groupIdToken, language2,
       personalMessage, customData)

enum class AuthorizeCertificateStatusEnum : std::uint8_t {
    Accepted,
    SignatureError,
    CertificateExpired,
    CertificateRevoked,
    NoCertificateAvailable,
    CertChainError,
    ContractCancelled,
};
NAMES(AuthorizeCertificateStatusEnum, "Accepted", "SignatureError", "CertificateExpired", "CertificateRevoked",
      "NoCertificateAvailable", "CertChainError", "ContractCancelled")

struct AuthorizeResponse {
    IdTokenInfo idTokenInfo;
    std::optional<AuthorizeCertificateStatusEnum> certificateStatus;
    std::optional<wire::RawJson> customData;
};
RECORD(AuthorizeResponse, idTokenInfo, certificateStatus, customData)

enum class TransactionEventEnum : std::uint8_t {
    Ended,
    Started,
    Updated,
};
NAMES(TransactionEventEnum, "Ended", "Started", "Updated")

enum class ReadingContextEnum : std::uint8_t {
    InterruptionBegin,
    InterruptionEnd,
    Other,
    SampleClock,
    SamplePeriodic,
    TransactionBegin,
    TransactionEnd,
    Trigger,
};
NAMES(ReadingContextEnum, "Interruption.Begin", "Interruption.End", "Other", "Sample.Clock", "Sample.Periodic",
      "Transaction.Begin", "Transaction.End", "Trigger")

enum class MeasurandEnum : std::uint8_t {
    CurrentExport,
    CurrentImport,
    CurrentOffered,
    EnergyActiveExportRegister,
    EnergyActiveImportRegister,
    EnergyReactiveExportRegister,
    EnergyReactiveImportRegister,
    EnergyActiveExportInterval,
    EnergyActiveImportInterval,
    EnergyActiveNet,
    EnergyReactiveExportInterval,
    EnergyReactiveImportInterval,
    EnergyReactiveNet,
    EnergyApparentNet,
    EnergyApparentImport,
    EnergyApparentExport,
    Frequency,
    PowerActiveExport,
    PowerActiveImport,
    PowerFactor,
    PowerOffered,
    PowerReactiveExport,
    PowerReactiveImport,
    SoC,
    Voltage,
};
NAMES(MeasurandEnum, "Current.Export", "Current.Import", "Current.Offered", "Energy.Active.Export.Register",
      "Energy.Active.Import.Register", "Energy.Reactive.Export.Register", "Energy.Reactive.Import.Register",
      "Energy.Active.Export.Interval", "Energy.Active.Import.Interval", "Energy.Active.Net",
      "Energy.Reactive.Export.Interval", "Energy.Reactive.Import.Interval", "Energy.Reactive.Net",
      "Energy.Apparent.Net", "Energy.Apparent.Import", "Energy.Apparent.Export", "Frequency", "Power.Active.Export",
      "Power.Active.Import", "Power.Factor", "Power.Offered", "Power.Reactive.Export", "Power.Reactive.Import", "SoC",
      "Voltage")

enum class PhaseEnum : std::uint8_t {
    L1,
    L2,
    L3,
    N,
    L1N,
    L2N,
    L3N,
    L1L2,
    L2L3,
    L3L1,
};
NAMES(PhaseEnum, "L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")

enum class LocationEnum : std::uint8_t {
    Body,
    Cable,
    EV,
    Inlet,
    Outlet,
};
NAMES(LocationEnum, "Body", "Cable", "EV", "Inlet", "Outlet")

struct SignedMeterValue {
    wire::Text<2500> signedMeterData;
    wire::Text<50> signingMethod;
    wire::Text<50> encodingMethod;
    wire::Text<2500> publicKey;
    std::optional<wire::RawJson> customData;
};
RECORD(SignedMeterValue, signedMeterData, signingMethod, encodingMethod, publicKey, customData)

struct UnitOfMeasure {
    std::optional<wire::Text<20>> unit;
    std::optional<std::int32_t> multiplier;  // the value is multiplied by 10^multiplier
    std::optional<wire::RawJson> customData;
};
RECORD(UnitOfMeasure, unit, multiplier, customData)

struct SampledValue {
    double value{};
    std::optional<ReadingContextEnum> context;
    std::optional<MeasurandEnum> measurand;
    std::optional<PhaseEnum> phase;
    std::optional<LocationEnum> location;
    std::optional<SignedMeterValue> signedMeterValue;
    std::optional<UnitOfMeasure> unitOfMeasure;
    std::optional<wire::RawJson> customData;
};
RECORD(SampledValue, value, context, measurand, phase, location, signedMeterValue, unitOfMeasure, customData)

struct MeterValue {
    wire::List<SampledValue, 1> sampledValue;
    wire::DateTime timestamp;
    std::optional<wire::RawJson> customData;
};
RECORD(MeterValue, sampledValue, timestamp, customData)

enum class TriggerReasonEnum : std::uint8_t {
    Authorized,
    CablePluggedIn,
    ChargingRateChanged,
    ChargingStateChanged,
    Deauthorized,
    EnergyLimitReached,
    EVCommunicationLost,
    EVConnectTimeout,
    MeterValueClock,
    MeterValuePeriodic,
    TimeLimitReached,
    Trigger,
    UnlockCommand,
    StopAuthorized,
    EVDeparted,
    EVDetected,
    RemoteStop,
    RemoteStart,
    AbnormalCondition,
    SignedDataReceived,
    ResetCommand,
};
NAMES(TriggerReasonEnum, "Authorized", "CablePluggedIn", "ChargingRateChanged", "ChargingStateChanged", "Deauthorized",
      "EnergyLimitReached", "EVCommunicationLost", "EVConnectTimeout", "MeterValueClock", "MeterValuePeriodic",
      "TimeLimitReached", "Trigger", "UnlockCommand", "StopAuthorized", "EVDeparted", "EVDetected", "RemoteStop",
      "RemoteStart", "AbnormalCondition", "SignedDataReceived", "ResetCommand")

enum class ChargingStateEnum : std::uint8_t {
    Charging,
    EVConnected,
    SuspendedEV,
    SuspendedEVSE,
    Idle,
};
NAMES(ChargingStateEnum, "Charging", "EVConnected", "SuspendedEV", "SuspendedEVSE", "Idle")

enum class ReasonEnum : std::uint8_t {
    DeAuthorized,
    EmergencyStop,
    EnergyLimitReached,
    EVDisconnected,
    GroundFault,
    ImmediateReset,
    Local,
    LocalOutOfCredit,
    MasterPass,
    Other,
    OvercurrentFault,
    PowerLoss,
    PowerQuality,
    Reboot,
    Remote,
    SOCLimitReached,
    StoppedByEV,
    TimeLimitReached,
    Timeout,
};
NAMES(ReasonEnum, "DeAuthorized", "EmergencyStop", "EnergyLimitReached", "EVDisconnected", "GroundFault",
      "ImmediateReset", "Local", "LocalOutOfCredit", "MasterPass", "Other", "OvercurrentFault", "PowerLoss",
      "PowerQuality", "Reboot", "Remote", "SOCLimitReached", "StoppedByEV", "TimeLimitReached", "Timeout")

struct Transaction {
    wire::Text<36> transactionId;
    std::optional<ChargingStateEnum> chargingState;
    std::optional<std::int32_t> timeSpentCharging;  // s
    std::optional<ReasonEnum> stoppedReason;
    std::optional<std::int32_t> remoteStartId;
    std::optional<wire::RawJson> customData;
};
RECORD(Transaction, transactionId, chargingState, timeSpentCharging, stoppedReason, remoteStartId, customData)

struct TransactionEventRequest {
    TransactionEventEnum eventType{};
    std::optional<wire::List<MeterValue, 1>> meterValue;
    wire::DateTime timestamp;
    TriggerReasonEnum triggerReason{};
    std::int32_t seqNo{};  // from 0, per transaction
    std::optional<bool> offline;
    std::optional<std::int32_t> numberOfPhasesUsed;
    std::optional<std::int32_t> cableMaxCurrent;
    std::optional<std::int32_t> reservationId;
    Transaction transactionInfo;
    std::optional<EVSE> evse;
    std::optional<IdToken> idToken;
    std::optional<wire::RawJson> customData;
};
RECORD(TransactionEventRequest, eventType, meterValue, timestamp, triggerReason, seqNo, offline, numberOfPhasesUsed,
       cableMaxCurrent, reservationId, transactionInfo, evse, idToken, customData)

struct TransactionEventResponse {
    std::optional<double> totalCost;
    std::optional<std::int32_t> chargingPriority;
    std::optional<IdTokenInfo> idTokenInfo;
    std::optional<MessageContent> updatedPersonalMessage;
    std::optional<wire::RawJson> customData;
};
RECORD(TransactionEventResponse, totalCost, chargingPriority, idTokenInfo, updatedPersonalMessage, customData)

struct MeterValuesRequest {
    std::int32_t evseId{};
    wire::List<MeterValue, 1> meterValue;
    std::optional<wire::RawJson> customData;
};
RECORD(MeterValuesRequest, evseId, meterValue, customData)

struct MeterValuesResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(MeterValuesResponse, customData)

struct RequestStartTransactionRequest {
    std::optional<std::int32_t> evseId;
    std::optional<IdToken> groupIdToken;
    IdToken idToken;
    std::int32_t remoteStartId{};
    std::optional<ChargingProfile> chargingProfile;
    std::optional<wire::RawJson> customData;
};
RECORD(RequestStartTransactionRequest, evseId, groupIdToken, idToken, remoteStartId, chargingProfile, customData)

enum class RequestStartStopStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
};
NAMES(RequestStartStopStatusEnum, "Accepted", "Rejected")

struct RequestStartTransactionResponse {
    RequestStartStopStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::Text<36>> transactionId;
    std::optional<wire::RawJson> customData;
};
RECORD(RequestStartTransactionResponse, status, statusInfo, transactionId, customData)

struct RequestStopTransactionRequest {
    wire::Text<36> transactionId;
    std::optional<wire::RawJson> customData;
};
RECORD(RequestStopTransactionRequest, transactionId, customData)

struct RequestStopTransactionResponse {
    RequestStartStopStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(RequestStopTransactionResponse, status, statusInfo, customData)

}  // namespace busbar::ocpp::v201
