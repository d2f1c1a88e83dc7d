// OCPP 1.6J: the messages that a dispatching central system and its charge points exchange.
// Member types carry the limits of the official JSON schemas; records_test.cpp compares them member by member.
#pragma once

#include <cstdint>
#include <optional>

#include "protocols/wire/record.hpp"

namespace busbar::ocpp::v16 {

struct BootNotificationRequest {
    wire::Text<20> chargePointVendor;
    wire::Text<20> chargePointModel;
    std::optional<wire::Text<25>> chargePointSerialNumber;
    std::optional<wire::Text<25>> chargeBoxSerialNumber;
    std::optional<wire::Text<50>> firmwareVersion;
    std::optional<wire::Text<20>> iccid;
    std::optional<wire::Text<20>> imsi;
    std::optional<wire::Text<25>> meterType;
    std::optional<wire::Text<25>> meterSerialNumber;
};
RECORD(BootNotificationRequest, chargePointVendor, chargePointModel, chargePointSerialNumber, chargeBoxSerialNumber,
       firmwareVersion, iccid, imsi, meterType, meterSerialNumber)

enum class RegistrationStatus : std::uint8_t {
    Accepted,
    Pending,
    Rejected,
};
NAMES(RegistrationStatus, "Accepted", "Pending", "Rejected")

struct BootNotificationResponse {
    RegistrationStatus status{};
    wire::DateTime currentTime;
    std::int32_t interval{};
};
RECORD(BootNotificationResponse, status, currentTime, interval)

struct HeartbeatRequest {};
EMPTY_RECORD(HeartbeatRequest)

struct HeartbeatResponse {
    wire::DateTime currentTime;
};
RECORD(HeartbeatResponse, currentTime)

enum class ChargePointErrorCode : std::uint8_t {
    ConnectorLockFailure,
    EVCommunicationError,
    GroundFailure,
    HighTemperature,
    InternalError,
    LocalListConflict,
    NoError,
    OtherError,
    OverCurrentFailure,
    PowerMeterFailure,
    PowerSwitchFailure,
    ReaderFailure,
    ResetFailure,
    UnderVoltage,
    OverVoltage,
    WeakSignal,
};
NAMES(ChargePointErrorCode, "ConnectorLockFailure", "EVCommunicationError", "GroundFailure", "HighTemperature",
      "InternalError", "LocalListConflict", "NoError", "OtherError", "OverCurrentFailure", "PowerMeterFailure",
      "PowerSwitchFailure", "ReaderFailure", "ResetFailure", "UnderVoltage", "OverVoltage", "WeakSignal")

enum class ChargePointStatus : std::uint8_t {
    Available,
    Preparing,
    Charging,
    SuspendedEVSE,
    SuspendedEV,
    Finishing,
    Reserved,
    Unavailable,
    Faulted,
};
NAMES(ChargePointStatus, "Available", "Preparing", "Charging", "SuspendedEVSE", "SuspendedEV", "Finishing", "Reserved",
      "Unavailable", "Faulted")

struct StatusNotificationRequest {
    std::int32_t connectorId{};
    ChargePointErrorCode errorCode{};
    std::optional<wire::Text<50>> info;
    ChargePointStatus status{};
    std::optional<wire::DateTime> timestamp;
    std::optional<wire::Text<255>> vendorId;
    std::optional<wire::Text<50>> vendorErrorCode;
};
RECORD(StatusNotificationRequest, connectorId, errorCode, info, status, timestamp, vendorId, vendorErrorCode)

struct StatusNotificationResponse {};
EMPTY_RECORD(StatusNotificationResponse)

struct AuthorizeRequest {
    wire::Text<20> idTag;
};
RECORD(AuthorizeRequest, idTag)

enum class AuthorizationStatus : std::uint8_t {
    Accepted,
    Blocked,
    Expired,
    Invalid,
    ConcurrentTx,
};
NAMES(AuthorizationStatus, "Accepted", "Blocked", "Expired", "Invalid", "ConcurrentTx")

struct IdTagInfo {
    std::optional<wire::DateTime> expiryDate;
    std::optional<wire::Text<20>> parentIdTag;
    AuthorizationStatus status{};
};
RECORD(IdTagInfo, expiryDate, parentIdTag, status)

struct AuthorizeResponse {
    IdTagInfo idTagInfo;
};
RECORD(AuthorizeResponse, idTagInfo)

struct StartTransactionRequest {
    std::int32_t connectorId{};
    wire::Text<20> idTag;
    std::int32_t meterStart{};  // Wh
    std::optional<std::int32_t> reservationId;
    wire::DateTime timestamp;
};
RECORD(StartTransactionRequest, connectorId, idTag, meterStart, reservationId, timestamp)

struct StartTransactionResponse {
    IdTagInfo idTagInfo;
    std::int32_t transactionId{};
};
RECORD(StartTransactionResponse, idTagInfo, transactionId)

enum class Reason : std::uint8_t {
    EmergencyStop,
    EVDisconnected,
    HardReset,
    Local,
    Other,
    PowerLoss,
    Reboot,
    Remote,
    SoftReset,
    UnlockCommand,
    DeAuthorized,
};
NAMES(Reason, "EmergencyStop", "EVDisconnected", "HardReset", "Local", "Other", "PowerLoss", "Reboot", "Remote",
      "SoftReset", "UnlockCommand", "DeAuthorized")

enum class ReadingContext : std::uint8_t {
    InterruptionBegin,
    InterruptionEnd,
    SampleClock,
    SamplePeriodic,
    TransactionBegin,
    TransactionEnd,
    Trigger,
    Other,
};
NAMES(ReadingContext, "Interruption.Begin", "Interruption.End", "Sample.Clock", "Sample.Periodic", "Transaction.Begin",
      "Transaction.End", "Trigger", "Other")

enum class ValueFormat : std::uint8_t {
    Raw,
    SignedData,
};
NAMES(ValueFormat, "Raw", "SignedData")

enum class Measurand : std::uint8_t {
    EnergyActiveExportRegister,
    EnergyActiveImportRegister,
    EnergyReactiveExportRegister,
    EnergyReactiveImportRegister,
    EnergyActiveExportInterval,
    EnergyActiveImportInterval,
    EnergyReactiveExportInterval,
    EnergyReactiveImportInterval,
    PowerActiveExport,
    PowerActiveImport,
    PowerOffered,
    PowerReactiveExport,
    PowerReactiveImport,
    PowerFactor,
    CurrentImport,
    CurrentExport,
    CurrentOffered,
    Voltage,
    Frequency,
    Temperature,
    SoC,
    RPM,
};
NAMES(Measurand, "Energy.Active.Export.Register", "Energy.Active.Import.Register", "Energy.Reactive.Export.Register",
      "Energy.Reactive.Import.Register", "Energy.Active.Export.Interval", "Energy.Active.Import.Interval",
      "Energy.Reactive.Export.Interval", "Energy.Reactive.Import.Interval", "Power.Active.Export",
      "Power.Active.Import", "Power.Offered", "Power.Reactive.Export", "Power.Reactive.Import", "Power.Factor",
      "Current.Import", "Current.Export", "Current.Offered", "Voltage", "Frequency", "Temperature", "SoC", "RPM")

enum class Phase : std::uint8_t {
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
NAMES(Phase, "L1", "L2", "L3", "N", "L1-N", "L2-N", "L3-N", "L1-L2", "L2-L3", "L3-L1")

enum class Location : std::uint8_t {
    Cable,
    EV,
    Inlet,
    Outlet,
    Body,
};
NAMES(Location, "Cable", "EV", "Inlet", "Outlet", "Body")

enum class UnitOfMeasure : std::uint8_t {
    Wh,
    kWh,
    varh,
    kvarh,
    W,
    kW,
    VA,
    kVA,
    var,
    kvar,
    A,
    V,
    K,
    Celcius,
    Celsius,
    Fahrenheit,
    Percent,
};
NAMES(UnitOfMeasure, "Wh", "kWh", "varh", "kvarh", "W", "kW", "VA", "kVA", "var", "kvar", "A", "V", "K", "Celcius",
      "Celsius", "Fahrenheit", "Percent")

struct SampledValue {
    wire::Text<> value;
    std::optional<ReadingContext> context;
    std::optional<ValueFormat> format;
    std::optional<Measurand> measurand;
    std::optional<Phase> phase;
    std::optional<Location> location;
    std::optional<UnitOfMeasure> unit;
};
RECORD(SampledValue, value, context, format, measurand, phase, location, unit)

struct MeterValue {
    wire::DateTime timestamp;
    wire::RequiredList<SampledValue> sampledValue;
};
RECORD(MeterValue, timestamp, sampledValue)

struct StopTransactionRequest {
    std::optional<wire::Text<20>> idTag;
    std::int32_t meterStop{};  // Wh
    wire::DateTime timestamp;
    std::int32_t transactionId{};
    std::optional<Reason> reason;
    std::optional<wire::List<MeterValue>> transactionData;
};
RECORD(StopTransactionRequest, idTag, meterStop, timestamp, transactionId, reason, transactionData)

struct StopTransactionResponse {
    std::optional<IdTagInfo> idTagInfo;
};
RECORD(StopTransactionResponse, idTagInfo)

struct MeterValuesRequest {
    std::int32_t connectorId{};
    std::optional<std::int32_t> transactionId;
    wire::RequiredList<MeterValue> meterValue;
};
RECORD(MeterValuesRequest, connectorId, transactionId, meterValue)

struct MeterValuesResponse {};
EMPTY_RECORD(MeterValuesResponse)

struct DataTransferRequest {
    wire::Text<255> vendorId;
    std::optional<wire::Text<50>> messageId;
    std::optional<wire::Text<>> data;
};
RECORD(DataTransferRequest, vendorId, messageId, data)

enum class DataTransferStatus : std::uint8_t {
    Accepted,
    Rejected,
    UnknownMessageId,
    UnknownVendorId,
};
NAMES(DataTransferStatus, "Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId")

struct DataTransferResponse {
    DataTransferStatus status{};
    std::optional<wire::Text<>> data;
};
RECORD(DataTransferResponse, status, data)

enum class ChargingProfilePurpose : std::uint8_t {
    ChargePointMaxProfile,
    TxDefaultProfile,
    TxProfile,
};
NAMES(ChargingProfilePurpose, "ChargePointMaxProfile", "TxDefaultProfile", "TxProfile")

enum class ChargingProfileKind : std::uint8_t {
    Absolute,
    Recurring,
    Relative,
};
NAMES(ChargingProfileKind, "Absolute", "Recurring", "Relative")

enum class RecurrencyKind : std::uint8_t {
    Daily,
    Weekly,
};
NAMES(RecurrencyKind, "Daily", "Weekly")

enum class ChargingRateUnit : std::uint8_t {
    A,
    W,
};
NAMES(ChargingRateUnit, "A", "W")

struct ChargingSchedulePeriod {
    std::int32_t startPeriod{};                // s from the start of the schedule
    wire::Decimal<1> limit;                    // in the schedule's chargingRateUnit: A per phase, or W in total
    std::optional<std::int32_t> numberPhases;  // absent = 3
};
RECORD(ChargingSchedulePeriod, startPeriod, limit, numberPhases)

struct ChargingSchedule {
    std::optional<std::int32_t> duration;         // s
    std::optional<wire::DateTime> startSchedule;  // absent with chargingProfileKind Relative
    ChargingRateUnit chargingRateUnit{};
    wire::RequiredList<ChargingSchedulePeriod> chargingSchedulePeriod;
    std::optional<wire::Decimal<1>> minChargingRate;  // in the schedule's chargingRateUnit
};
RECORD(ChargingSchedule, duration, startSchedule, chargingRateUnit, chargingSchedulePeriod, minChargingRate)

struct ChargingProfile {
    std::int32_t chargingProfileId{};
    std::optional<std::int32_t> transactionId;
    std::int32_t stackLevel{};  // the higher wins within its purpose
    ChargingProfilePurpose chargingProfilePurpose{};
    ChargingProfileKind chargingProfileKind{};
    std::optional<RecurrencyKind> recurrencyKind;  // only with chargingProfileKind Recurring
    std::optional<wire::DateTime> validFrom;
    std::optional<wire::DateTime> validTo;
    ChargingSchedule chargingSchedule;
};
RECORD(ChargingProfile, chargingProfileId, transactionId, stackLevel, chargingProfilePurpose, chargingProfileKind,
       recurrencyKind, validFrom, validTo, chargingSchedule)

struct SetChargingProfileRequest {
    std::int32_t connectorId{};
    ChargingProfile csChargingProfiles;
};
RECORD(SetChargingProfileRequest, connectorId, csChargingProfiles)

enum class ChargingProfileStatus : std::uint8_t {
    Accepted,
    Rejected,
    NotSupported,
};
NAMES(ChargingProfileStatus, "Accepted", "Rejected", "NotSupported")

struct SetChargingProfileResponse {
    ChargingProfileStatus status{};
};
RECORD(SetChargingProfileResponse, status)

struct ClearChargingProfileRequest {
    std::optional<std::int32_t> id;
    std::optional<std::int32_t> connectorId;
    std::optional<ChargingProfilePurpose> chargingProfilePurpose;
    std::optional<std::int32_t> stackLevel;  // the higher wins within its purpose
};
RECORD(ClearChargingProfileRequest, id, connectorId, chargingProfilePurpose, stackLevel)

enum class ClearChargingProfileStatus : std::uint8_t {
    Accepted,
    Unknown,
};
NAMES(ClearChargingProfileStatus, "Accepted", "Unknown")

struct ClearChargingProfileResponse {
    ClearChargingProfileStatus status{};
};
RECORD(ClearChargingProfileResponse, status)

struct GetCompositeScheduleRequest {
    std::int32_t connectorId{};
    std::int32_t duration{};  // s
    std::optional<ChargingRateUnit> chargingRateUnit;
};
RECORD(GetCompositeScheduleRequest, connectorId, duration, chargingRateUnit)

enum class GetCompositeScheduleStatus : std::uint8_t {
    Accepted,
    Rejected,
};
NAMES(GetCompositeScheduleStatus, "Accepted", "Rejected")

struct GetCompositeScheduleResponse {
    GetCompositeScheduleStatus status{};
    std::optional<std::int32_t> connectorId;
    std::optional<wire::DateTime> scheduleStart;
    std::optional<ChargingSchedule> chargingSchedule;
};
RECORD(GetCompositeScheduleResponse, status, connectorId, scheduleStart, chargingSchedule)

struct GetConfigurationRequest {
    std::optional<wire::List<wire::Text<50>>> key;
};
RECORD(GetConfigurationRequest, key)

struct KeyValue {
    wire::Text<50> key;
    bool readonly{};
    std::optional<wire::Text<500>> value;
};
RECORD(KeyValue, key, readonly, value)

struct GetConfigurationResponse {
    std::optional<wire::List<KeyValue>> configurationKey;
    std::optional<wire::List<wire::Text<50>>> unknownKey;
};
RECORD(GetConfigurationResponse, configurationKey, unknownKey)

struct ChangeConfigurationRequest {
    wire::Text<50> key;
    wire::Text<500> value;
};
RECORD(ChangeConfigurationRequest, key, value)

enum class ConfigurationStatus : std::uint8_t {
    Accepted,
    Rejected,
    RebootRequired,
    NotSupported,
};
NAMES(ConfigurationStatus, "Accepted", "Rejected", "RebootRequired", "NotSupported")

struct ChangeConfigurationResponse {
    ConfigurationStatus status{};
};
RECORD(ChangeConfigurationResponse, status)

enum class MessageTrigger : std::uint8_t {
    BootNotification,
    DiagnosticsStatusNotification,
    FirmwareStatusNotification,
    Heartbeat,
    MeterValues,
    StatusNotification,
};
NAMES(MessageTrigger, "BootNotification", "DiagnosticsStatusNotification", "FirmwareStatusNotification", "Heartbeat",
      "MeterValues", "StatusNotification")

struct TriggerMessageRequest {
    MessageTrigger requestedMessage{};
    std::optional<std::int32_t> connectorId;
};
RECORD(TriggerMessageRequest, requestedMessage, connectorId)

enum class TriggerMessageStatus : std::uint8_t {
    Accepted,
    Rejected,
    NotImplemented,
};
NAMES(TriggerMessageStatus, "Accepted", "Rejected", "NotImplemented")

struct TriggerMessageResponse {
    TriggerMessageStatus status{};
};
RECORD(TriggerMessageResponse, status)

struct RemoteStartTransactionRequest {
    std::optional<std::int32_t> connectorId;
    wire::Text<20> idTag;
    std::optional<ChargingProfile> chargingProfile;
};
RECORD(RemoteStartTransactionRequest, connectorId, idTag, chargingProfile)

enum class RemoteStartStopStatus : std::uint8_t {
    Accepted,
    Rejected,
};
NAMES(RemoteStartStopStatus, "Accepted", "Rejected")

struct RemoteStartTransactionResponse {
    RemoteStartStopStatus status{};
};
RECORD(RemoteStartTransactionResponse, status)

struct RemoteStopTransactionRequest {
    std::int32_t transactionId{};
};
RECORD(RemoteStopTransactionRequest, transactionId)

struct RemoteStopTransactionResponse {
    RemoteStartStopStatus status{};
};
RECORD(RemoteStopTransactionResponse, status)

enum class ResetType : std::uint8_t {
    Hard,
    Soft,
};
NAMES(ResetType, "Hard", "Soft")

struct ResetRequest {
    ResetType type{};
};
RECORD(ResetRequest, type)

enum class ResetStatus : std::uint8_t {
    Accepted,
    Rejected,
};
NAMES(ResetStatus, "Accepted", "Rejected")

struct ResetResponse {
    ResetStatus status{};
};
RECORD(ResetResponse, status)

enum class AvailabilityType : std::uint8_t {
    Inoperative,
    Operative,
};
NAMES(AvailabilityType, "Inoperative", "Operative")

struct ChangeAvailabilityRequest {
    std::int32_t connectorId{};
    AvailabilityType type{};
};
RECORD(ChangeAvailabilityRequest, connectorId, type)

enum class AvailabilityStatus : std::uint8_t {
    Accepted,
    Rejected,
    Scheduled,
};
NAMES(AvailabilityStatus, "Accepted", "Rejected", "Scheduled")

struct ChangeAvailabilityResponse {
    AvailabilityStatus status{};
};
RECORD(ChangeAvailabilityResponse, status)

struct SecurityEventNotificationRequest {
    wire::Text<50> type;
    wire::DateTime timestamp;
    std::optional<wire::Text<255>> techInfo;
};
RECORD(SecurityEventNotificationRequest, type, timestamp, techInfo)

struct SecurityEventNotificationResponse {};
EMPTY_RECORD(SecurityEventNotificationResponse)

enum class DiagnosticsStatus : std::uint8_t {
    Idle,
    Uploaded,
    UploadFailed,
    Uploading,
};
NAMES(DiagnosticsStatus, "Idle", "Uploaded", "UploadFailed", "Uploading")

struct DiagnosticsStatusNotificationRequest {
    DiagnosticsStatus status{};
};
RECORD(DiagnosticsStatusNotificationRequest, status)

struct DiagnosticsStatusNotificationResponse {};
EMPTY_RECORD(DiagnosticsStatusNotificationResponse)

enum class FirmwareStatus : std::uint8_t {
    Downloaded,
    DownloadFailed,
    Downloading,
    Idle,
    InstallationFailed,
    Installing,
    Installed,
};
NAMES(FirmwareStatus, "Downloaded", "DownloadFailed", "Downloading", "Idle", "InstallationFailed", "Installing",
      "Installed")

struct FirmwareStatusNotificationRequest {
    FirmwareStatus status{};
};
RECORD(FirmwareStatusNotificationRequest, status)

struct FirmwareStatusNotificationResponse {};
EMPTY_RECORD(FirmwareStatusNotificationResponse)

}  // namespace busbar::ocpp::v16
