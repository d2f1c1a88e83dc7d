// OCPP 2.0.1. Blocks A, B, G and L, N, P as far as they are spoken: boot, variables and reports, heartbeat,
// availability, notices. Member types carry the limits of the official JSON schemas; records_test.cpp compares them
// member by member.
#pragma once

#include <cstdint>
#include <optional>

#include "protocols/ocpp/v201/types.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::ocpp::v201 {

struct Modem {
    std::optional<wire::Text<20>> iccid;
    std::optional<wire::Text<20>> imsi;
    std::optional<wire::RawJson> customData;
};
RECORD(Modem, iccid, imsi, customData)

struct ChargingStation {
    std::optional<wire::Text<25>> serialNumber;
    wire::Text<20> model;
    std::optional<Modem> modem;
    wire::Text<50> vendorName;
    std::optional<wire::Text<50>> firmwareVersion;
    std::optional<wire::RawJson> customData;
};
RECORD(ChargingStation, serialNumber, model, modem, vendorName, firmwareVersion, customData)

enum class BootReasonEnum : std::uint8_t {
    ApplicationReset,
    FirmwareUpdate,
    LocalReset,
    PowerUp,
    RemoteReset,
    ScheduledReset,
    Triggered,
    Unknown,
    Watchdog,
};
NAMES(BootReasonEnum, "ApplicationReset", "FirmwareUpdate", "LocalReset", "PowerUp", "RemoteReset", "ScheduledReset",
      "Triggered", "Unknown", "Watchdog")

struct BootNotificationRequest {
    ChargingStation chargingStation;
    BootReasonEnum reason{};
    std::optional<wire::RawJson> customData;
};
RECORD(BootNotificationRequest, chargingStation, reason, customData)

enum class RegistrationStatusEnum : std::uint8_t {
    Accepted,
    Pending,
    Rejected,
};
NAMES(RegistrationStatusEnum, "Accepted", "Pending", "Rejected")

struct BootNotificationResponse {
    wire::DateTime currentTime;
    std::int32_t interval{};
    RegistrationStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(BootNotificationResponse, currentTime, interval, status, statusInfo, customData)

struct HeartbeatRequest {
    std::optional<wire::RawJson> customData;
};
RECORD(HeartbeatRequest, customData)

struct HeartbeatResponse {
    wire::DateTime currentTime;
    std::optional<wire::RawJson> customData;
};
RECORD(HeartbeatResponse, currentTime, customData)

enum class ConnectorStatusEnum : std::uint8_t {
    Available,
    Occupied,
    Reserved,
    Unavailable,
    Faulted,
};
NAMES(ConnectorStatusEnum, "Available", "Occupied", "Reserved", "Unavailable", "Faulted")

struct StatusNotificationRequest {
    wire::DateTime timestamp;
    ConnectorStatusEnum connectorStatus{};
    std::int32_t evseId{};
    std::int32_t connectorId{};
    std::optional<wire::RawJson> customData;
};
RECORD(StatusNotificationRequest, timestamp, connectorStatus, evseId, connectorId, customData)

struct StatusNotificationResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(StatusNotificationResponse, customData)

enum class ResetEnum : std::uint8_t {
    Immediate,
    OnIdle,
};
NAMES(ResetEnum, "Immediate", "OnIdle")

struct ResetRequest {
    ResetEnum type{};
    std::optional<std::int32_t> evseId;
    std::optional<wire::RawJson> customData;
};
RECORD(ResetRequest, type, evseId, customData)

enum class ResetStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    Scheduled,
};
NAMES(ResetStatusEnum, "Accepted", "Rejected", "Scheduled")

struct ResetResponse {
    ResetStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(ResetResponse, status, statusInfo, customData)

enum class OperationalStatusEnum : std::uint8_t {
    Inoperative,
    Operative,
};
NAMES(OperationalStatusEnum, "Inoperative", "Operative")

struct ChangeAvailabilityRequest {
    std::optional<EVSE> evse;
    OperationalStatusEnum operationalStatus{};
    std::optional<wire::RawJson> customData;
};
RECORD(ChangeAvailabilityRequest, evse, operationalStatus, customData)

enum class ChangeAvailabilityStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    Scheduled,
};
NAMES(ChangeAvailabilityStatusEnum, "Accepted", "Rejected", "Scheduled")

struct ChangeAvailabilityResponse {
    ChangeAvailabilityStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(ChangeAvailabilityResponse, status, statusInfo, customData)

enum class MessageTriggerEnum : std::uint8_t {
    BootNotification,
    LogStatusNotification,
    FirmwareStatusNotification,
    Heartbeat,
    MeterValues,
    SignChargingStationCertificate,
    SignV2GCertificate,
    StatusNotification,
    TransactionEvent,
    SignCombinedCertificate,
    PublishFirmwareStatusNotification,
};
NAMES(MessageTriggerEnum, "BootNotification", "LogStatusNotification", "FirmwareStatusNotification", "Heartbeat",
      "MeterValues", "SignChargingStationCertificate", "SignV2GCertificate", "StatusNotification", "TransactionEvent",
      "SignCombinedCertificate", "PublishFirmwareStatusNotification")

struct TriggerMessageRequest {
    std::optional<EVSE> evse;
    MessageTriggerEnum requestedMessage{};
    std::optional<wire::RawJson> customData;
};
RECORD(TriggerMessageRequest, evse, requestedMessage, customData)

enum class TriggerMessageStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    NotImplemented,
};
NAMES(TriggerMessageStatusEnum, "Accepted", "Rejected", "NotImplemented")

struct TriggerMessageResponse {
    TriggerMessageStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(TriggerMessageResponse, status, statusInfo, customData)

enum class AttributeEnum : std::uint8_t {
    Actual,
    Target,
    MinSet,
    MaxSet,
};
NAMES(AttributeEnum, "Actual", "Target", "MinSet", "MaxSet")

struct Component {
    std::optional<EVSE> evse;
    wire::Text<50> name;
    std::optional<wire::Text<50>> instance;
    std::optional<wire::RawJson> customData;
};
RECORD(Component, evse, name, instance, customData)

struct Variable {
    wire::Text<50> name;
    std::optional<wire::Text<50>> instance;
    std::optional<wire::RawJson> customData;
};
RECORD(Variable, name, instance, customData)

struct GetVariableData {
    std::optional<AttributeEnum> attributeType;
    Component component;
    Variable variable;
    std::optional<wire::RawJson> customData;
};
RECORD(GetVariableData, attributeType, component, variable, customData)

struct GetVariablesRequest {
    wire::List<GetVariableData, 1> getVariableData;
    std::optional<wire::RawJson> customData;
};
RECORD(GetVariablesRequest, getVariableData, customData)

enum class GetVariableStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    UnknownComponent,
    UnknownVariable,
    NotSupportedAttributeType,
};
NAMES(GetVariableStatusEnum, "Accepted", "Rejected", "UnknownComponent", "UnknownVariable", "NotSupportedAttributeType")

struct GetVariableResult {
    std::optional<StatusInfo> attributeStatusInfo;
    GetVariableStatusEnum attributeStatus{};
    std::optional<AttributeEnum> attributeType;
    std::optional<wire::Text<2500>> attributeValue;
    Component component;
    Variable variable;
    std::optional<wire::RawJson> customData;
};
RECORD(GetVariableResult, attributeStatusInfo, attributeStatus, attributeType, attributeValue, component, variable,
       customData)

struct GetVariablesResponse {
    wire::List<GetVariableResult, 1> getVariableResult;
    std::optional<wire::RawJson> customData;
};
RECORD(GetVariablesResponse, getVariableResult, customData)

struct SetVariableData {
    std::optional<AttributeEnum> attributeType;
    wire::Text<1000> attributeValue;
    Component component;
    Variable variable;
    std::optional<wire::RawJson> customData;
};
RECORD(SetVariableData, attributeType, attributeValue, component, variable, customData)

struct SetVariablesRequest {
    wire::List<SetVariableData, 1> setVariableData;
    std::optional<wire::RawJson> customData;
};
RECORD(SetVariablesRequest, setVariableData, customData)

enum class SetVariableStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    UnknownComponent,
    UnknownVariable,
    NotSupportedAttributeType,
    RebootRequired,
};
NAMES(SetVariableStatusEnum, "Accepted", "Rejected", "UnknownComponent", "UnknownVariable", "NotSupportedAttributeType",
      "RebootRequired")

struct SetVariableResult {
    std::optional<AttributeEnum> attributeType;
    SetVariableStatusEnum attributeStatus{};
    std::optional<StatusInfo> attributeStatusInfo;
    Component component;
    Variable variable;
    std::optional<wire::RawJson> customData;
};
RECORD(SetVariableResult, attributeType, attributeStatus, attributeStatusInfo, component, variable, customData)

struct SetVariablesResponse {
    wire::List<SetVariableResult, 1> setVariableResult;
    std::optional<wire::RawJson> customData;
};
RECORD(SetVariablesResponse, setVariableResult, customData)

enum class ReportBaseEnum : std::uint8_t {
    ConfigurationInventory,
    FullInventory,
    SummaryInventory,
};
NAMES(ReportBaseEnum, "ConfigurationInventory", "FullInventory", "SummaryInventory")

struct GetBaseReportRequest {
    std::int32_t requestId{};
    ReportBaseEnum reportBase{};
    std::optional<wire::RawJson> customData;
};
RECORD(GetBaseReportRequest, requestId, reportBase, customData)

enum class GenericDeviceModelStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    NotSupported,
    EmptyResultSet,
};
NAMES(GenericDeviceModelStatusEnum, "Accepted", "Rejected", "NotSupported", "EmptyResultSet")

struct GetBaseReportResponse {
    GenericDeviceModelStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(GetBaseReportResponse, status, statusInfo, customData)

enum class MutabilityEnum : std::uint8_t {
    ReadOnly,
    WriteOnly,
    ReadWrite,
};
NAMES(MutabilityEnum, "ReadOnly", "WriteOnly", "ReadWrite")

struct VariableAttribute {
    std::optional<AttributeEnum> type;
    std::optional<wire::Text<2500>> value;
    std::optional<MutabilityEnum> mutability;
    std::optional<bool> persistent;
    std::optional<bool> constant;
    std::optional<wire::RawJson> customData;
};
RECORD(VariableAttribute, type, value, mutability, persistent, constant, customData)

enum class DataEnum : std::uint8_t {
    string,
    decimal,
    integer,
    dateTime,
    boolean,
    OptionList,
    SequenceList,
    MemberList,
};
NAMES(DataEnum, "string", "decimal", "integer", "dateTime", "boolean", "OptionList", "SequenceList", "MemberList")

struct VariableCharacteristics {
    std::optional<wire::Text<16>> unit;
    DataEnum dataType{};
    std::optional<double> minLimit;
    std::optional<double> maxLimit;
    std::optional<wire::Text<1000>> valuesList;
    bool supportsMonitoring{};
    std::optional<wire::RawJson> customData;
};
RECORD(VariableCharacteristics, unit, dataType, minLimit, maxLimit, valuesList, supportsMonitoring, customData)

struct ReportData {
    Component component;
    Variable variable;
    wire::List<VariableAttribute, 1, 4> variableAttribute;
    std::optional<VariableCharacteristics> variableCharacteristics;
    std::optional<wire::RawJson> customData;
};
RECORD(ReportData, component, variable, variableAttribute, variableCharacteristics, customData)

struct NotifyReportRequest {
    std::int32_t requestId{};
    wire::DateTime generatedAt;
    std::optional<wire::List<ReportData, 1>> reportData;
    std::optional<bool> tbc;  // to be continued: more reports of this request follow
    std::int32_t seqNo{};     // from 0, per request
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyReportRequest, requestId, generatedAt, reportData, tbc, seqNo, customData)

struct NotifyReportResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyReportResponse, customData)

enum class EventTriggerEnum : std::uint8_t {
    Alerting,
    Delta,
    Periodic,
};
NAMES(EventTriggerEnum, "Alerting", "Delta", "Periodic")

enum class EventNotificationEnum : std::uint8_t {
    HardWiredNotification,
    HardWiredMonitor,
    PreconfiguredMonitor,
    CustomMonitor,
};
NAMES(EventNotificationEnum, "HardWiredNotification", "HardWiredMonitor", "PreconfiguredMonitor", "CustomMonitor")

struct EventData {
    std::int32_t eventId{};
    wire::DateTime timestamp;
    EventTriggerEnum trigger{};
    std::optional<std::int32_t> cause;
    wire::Text<2500> actualValue;
    std::optional<wire::Text<50>> techCode;
    std::optional<wire::Text<500>> techInfo;
    std::optional<bool> cleared;
    std::optional<wire::Text<36>> transactionId;
    Component component;
    std::optional<std::int32_t> variableMonitoringId;
    EventNotificationEnum eventNotificationType{};
    Variable variable;
    std::optional<wire::RawJson> customData;
};
RECORD(EventData, eventId, timestamp, trigger, cause, actualValue, techCode, techInfo, cleared, transactionId,
       component, variableMonitoringId, eventNotificationType, variable, customData)

struct NotifyEventRequest {
    wire::DateTime generatedAt;
    std::optional<bool> tbc;  // to be continued: more reports of this request follow
    std::int32_t seqNo{};     // from 0, per request
    wire::List<EventData, 1> eventData;
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyEventRequest, generatedAt, tbc, seqNo, eventData, customData)

struct NotifyEventResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(NotifyEventResponse, customData)

struct SecurityEventNotificationRequest {
    wire::Text<50> type;
    wire::DateTime timestamp;
    std::optional<wire::Text<255>> techInfo;
    std::optional<wire::RawJson> customData;
};
RECORD(SecurityEventNotificationRequest, type, timestamp, techInfo, customData)

struct SecurityEventNotificationResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(SecurityEventNotificationResponse, customData)

enum class UploadLogStatusEnum : std::uint8_t {
    BadMessage,
    Idle,
    NotSupportedOperation,
    PermissionDenied,
    Uploaded,
    UploadFailure,
    Uploading,
    AcceptedCanceled,
};
NAMES(UploadLogStatusEnum, "BadMessage", "Idle", "NotSupportedOperation", "PermissionDenied", "Uploaded",
      "UploadFailure", "Uploading", "AcceptedCanceled")

struct LogStatusNotificationRequest {
    UploadLogStatusEnum status{};
    std::optional<std::int32_t> requestId;
    std::optional<wire::RawJson> customData;
};
RECORD(LogStatusNotificationRequest, status, requestId, customData)

struct LogStatusNotificationResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(LogStatusNotificationResponse, customData)

enum class FirmwareStatusEnum : std::uint8_t {
    Downloaded,
    DownloadFailed,
    Downloading,
    DownloadScheduled,
    DownloadPaused,
    Idle,
    InstallationFailed,
    Installing,
    Installed,
    InstallRebooting,
    InstallScheduled,
    InstallVerificationFailed,
    InvalidSignature,
    SignatureVerified,
};
NAMES(FirmwareStatusEnum, "Downloaded", "DownloadFailed", "Downloading", "DownloadScheduled", "DownloadPaused", "Idle",
      "InstallationFailed", "Installing", "Installed", "InstallRebooting", "InstallScheduled",
      "InstallVerificationFailed", "InvalidSignature", "SignatureVerified")

struct FirmwareStatusNotificationRequest {
    FirmwareStatusEnum status{};
    std::optional<std::int32_t> requestId;
    std::optional<wire::RawJson> customData;
};
RECORD(FirmwareStatusNotificationRequest, status, requestId, customData)

struct FirmwareStatusNotificationResponse {
    std::optional<wire::RawJson> customData;
};
RECORD(FirmwareStatusNotificationResponse, customData)

struct DataTransferRequest {
    std::optional<wire::Text<50>> messageId;
    std::optional<wire::RawJson> data;
    wire::Text<255> vendorId;
    std::optional<wire::RawJson> customData;
};
RECORD(DataTransferRequest, messageId, data, vendorId, customData)

enum class DataTransferStatusEnum : std::uint8_t {
    Accepted,
    Rejected,
    UnknownMessageId,
    UnknownVendorId,
};
NAMES(DataTransferStatusEnum, "Accepted", "Rejected", "UnknownMessageId", "UnknownVendorId")

struct DataTransferResponse {
    DataTransferStatusEnum status{};
    std::optional<StatusInfo> statusInfo;
    std::optional<wire::RawJson> data;
    std::optional<wire::RawJson> customData;
};
RECORD(DataTransferResponse, status, statusInfo, data, customData)

}  // namespace busbar::ocpp::v201
