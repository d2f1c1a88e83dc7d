// The central system's side of OCPP 1.6J: what each message of a charge point means, and what we say to it.
#include <array>

#include "protocols/ocpp/dialect.hpp"
#include "protocols/ocpp/v16/translate.hpp"
#include "protocols/wire/check.hpp"

namespace busbar::ocpp::v16 {
namespace {

using model::Severity;
using wire::DateTime;

template <class T>
std::string text_of(const std::optional<T>& text) {
    return text ? std::string(*text) : std::string();
}

// ---- what a charge point says -------------------------------------------------------------------------------------

BootNotificationResponse handle(Turn& turn, const BootNotificationRequest& request) {
    const std::string serial =
        text_of(request.chargePointSerialNumber ? request.chargePointSerialNumber : request.chargeBoxSerialNumber);
    const bool accepted = take_boot(
        turn, {request.chargePointVendor, request.chargePointModel, serial, text_of(request.firmwareVersion)});
    BootNotificationResponse response;
    response.status = accepted ? RegistrationStatus::Accepted : RegistrationStatus::Rejected;
    response.currentTime = DateTime(turn.now);
    response.interval = turn.policy().heartbeat_s;
    return response;
}

HeartbeatResponse handle(Turn& turn, const HeartbeatRequest&) {
    return {DateTime(turn.now)};
}

StatusNotificationResponse handle(Turn& turn, const StatusNotificationRequest& request) {
    if (request.errorCode != ChargePointErrorCode::NoError) {
        turn.notice(Severity::warning, "station_error",
                    "connector " + std::to_string(request.connectorId) + ": " +
                        std::string(to_text(request.errorCode)) + " " + text_of(request.vendorErrorCode) + " " +
                        text_of(request.info));
    }
    if (request.timestamp) hear_clock(turn, instant_us(*request.timestamp));
    take_status(turn, {request.connectorId, request.connectorId, to_state(request.status),
                       request.timestamp ? our_time(turn, instant_us(*request.timestamp)) : 0});
    return {};
}

IdTagInfo verdict(const Turn& turn, std::string_view token) {
    IdTagInfo info;
    info.status = token_accepted(turn, token) ? AuthorizationStatus::Accepted : AuthorizationStatus::Invalid;
    return info;
}

AuthorizeResponse handle(Turn& turn, const AuthorizeRequest& request) {
    return {verdict(turn, request.idTag)};
}

StartTransactionResponse handle(Turn& turn, const StartTransactionRequest& request) {
    hear_clock(turn, instant_us(request.timestamp));
    StartTransactionResponse response;
    response.idTagInfo = verdict(turn, request.idTag);
    response.transactionId =
        start_numbered(turn, request.connectorId, request.idTag, instant_us(request.timestamp), request.meterStart);
    return response;
}

void hear_newest(Turn& turn, const std::vector<MeterValue>& values) {
    model::Us newest_us = 0;
    for (const MeterValue& value : values) newest_us = std::max(newest_us, instant_us(value.timestamp));
    hear_clock(turn, newest_us);
}

void take_meter_values(Turn& turn, std::int64_t connector, const std::vector<MeterValue>& values, bool zoneless) {
    for (const MeterValue& value : values) {
        const model::Us at_us = zoneless ? turn.now : our_time(turn, instant_us(value.timestamp));
        take_readings(turn, connector, to_readings(value), at_us);
    }
}

StopTransactionResponse handle(Turn& turn, const StopTransactionRequest& request) {
    hear_clock(turn, instant_us(request.timestamp));
    StopTransactionResponse response;
    if (request.idTag) response.idTagInfo = verdict(turn, *request.idTag);
    const Outlet* outlet = outlet_of_transaction(turn.peer, std::to_string(request.transactionId));
    if (outlet && request.transactionData) take_meter_values(turn, outlet->number, *request.transactionData, false);
    stop_numbered(turn, request.transactionId, instant_us(request.timestamp), request.meterStop);
    return response;
}

DataTransferResponse handle(Turn& turn, const DataTransferRequest& request) {
    turn.notice(Severity::info, "data_transfer",
                request.vendorId + " " + text_of(request.messageId) + ": not known here");
    DataTransferResponse response;
    response.status = DataTransferStatus::UnknownVendorId;
    return response;
}

SecurityEventNotificationResponse handle(Turn& turn, const SecurityEventNotificationRequest& request) {
    turn.notice(Severity::security, "station_security_event", request.type + " " + text_of(request.techInfo));
    return {};
}

DiagnosticsStatusNotificationResponse handle(Turn& turn, const DiagnosticsStatusNotificationRequest& request) {
    turn.notice(Severity::info, "diagnostics_status", std::string(to_text(request.status)));
    return {};
}

FirmwareStatusNotificationResponse handle(Turn& turn, const FirmwareStatusNotificationRequest& request) {
    turn.notice(Severity::info, "firmware_status", std::string(to_text(request.status)));
    return {};
}

template <class Request>
Reply answer(Turn& turn, std::string_view action, std::string_view payload) {
    Request request;
    if (const auto failure = read_message(turn, action, payload, request)) return refuse(*failure);
    return answer_with(wire::to_json(handle(turn, request)));
}

Reply answer_meter_values(Turn& turn, std::string_view action, std::string_view payload) {
    MeterValuesRequest request;
    bool zoneless = false;
    if (const auto failure = read_message(turn, action, payload, request, &zoneless)) return refuse(*failure);
    // Replays are known to leave the connector out; their transaction knows it.
    const Outlet* outlet = request.connectorId == 0 && request.transactionId
                               ? outlet_of_transaction(turn.peer, std::to_string(*request.transactionId))
                               : nullptr;
    if (!zoneless) hear_newest(turn, request.meterValue);
    take_meter_values(turn, outlet ? outlet->number : request.connectorId, request.meterValue, zoneless);
    return answer_with("{}");
}

constexpr std::array handlers{
    Handler{"MeterValues", answer_meter_values},
    Handler{"Heartbeat", answer<HeartbeatRequest>},
    Handler{"StatusNotification", answer<StatusNotificationRequest>},
    Handler{"BootNotification", answer<BootNotificationRequest>},
    Handler{"Authorize", answer<AuthorizeRequest>},
    Handler{"StartTransaction", answer<StartTransactionRequest>},
    Handler{"StopTransaction", answer<StopTransactionRequest>},
    Handler{"DataTransfer", answer<DataTransferRequest>},
    Handler{"SecurityEventNotification", answer<SecurityEventNotificationRequest>},
    Handler{"DiagnosticsStatusNotification", answer<DiagnosticsStatusNotificationRequest>},
    Handler{"FirmwareStatusNotification", answer<FirmwareStatusNotificationRequest>},
};

// ---- what we say to it --------------------------------------------------------------------------------------------

std::optional<Rendered> learn_request(Turn&, Work&) {
    GetConfigurationRequest request;
    auto& keys = request.key.emplace();
    for (const char* key : {"ChargingScheduleAllowedChargingRateUnit", "ChargeProfileMaxStackLevel",
                            "ChargingScheduleMaxPeriods", "MeterValueSampleInterval", "MeterValuesSampledData"}) {
        keys.emplace_back(key);
    }
    return Rendered{"GetConfiguration", wire::to_json(request)};
}

std::optional<Rendered> configure_request(Turn&, Work& work) {
    ChangeConfigurationRequest request;
    request.key = work.action;
    request.value = work.payload;
    return Rendered{"ChangeConfiguration", wire::to_json(request)};
}

std::optional<Rendered> boot_request(Turn&, Work&) {
    TriggerMessageRequest request;
    request.requestedMessage = MessageTrigger::BootNotification;
    return Rendered{"TriggerMessage", wire::to_json(request)};
}

std::optional<Rendered> clear_request(Turn&, Work& work) {
    ClearChargingProfileRequest request;
    request.id = profile_id(work.outlet, work.role);
    return Rendered{"ClearChargingProfile", wire::to_json(request)};
}

std::optional<Rendered> composite_request(Turn& turn, Work& work) {
    GetCompositeScheduleRequest request;
    request.connectorId = work.outlet;
    request.duration = asked_s(turn, work);
    request.chargingRateUnit =
        turn.peer.learnt.profiles.unit() == RateUnit::A ? ChargingRateUnit::A : ChargingRateUnit::W;
    return Rendered{"GetCompositeSchedule", wire::to_json(request)};
}

std::optional<Rendered> profile_request(Turn& turn, Work& work) {
    const auto profile = profile_of(turn, work);
    if (!profile) return std::nullopt;
    return Rendered{"SetChargingProfile", wire::to_json(to_request(*profile, work.outlet))};
}

// ---- what it answers ----------------------------------------------------------------------------------------------

void take_configuration(Turn& turn, const GetConfigurationResponse& response) {
    Learnt& learnt = turn.peer.learnt;
    for (const KeyValue& row : response.configurationKey.value_or(wire::List<KeyValue>{})) {
        const std::string value = text_of(row.value);
        const auto number = number_of(value);
        const auto whole = number && *number >= 0 && *number < 1e6 ? static_cast<std::int32_t>(*number) : -1;
        if (row.key == "ChargingScheduleAllowedChargingRateUnit") read_rate_units(value, learnt.profiles);
        if (row.key == "ChargeProfileMaxStackLevel") learnt.profiles.max_stack_level = whole;
        if (row.key == "ChargingScheduleMaxPeriods") learnt.profiles.max_periods = std::max(whole, 0);
        if (row.key == "MeterValueSampleInterval" && whole >= 0) learnt.meter_s = whole;
        if (row.key == "MeterValuesSampledData") learnt.measurands = value;
    }
    learnt_all(turn);
}

wire::Failure setting_answered(Turn& turn, const Work& work, std::string_view payload) {
    ChangeConfigurationResponse response;
    if (auto failure = read_message(turn, "ChangeConfigurationResponse", payload, response)) return failure;
    if (response.status == ConfigurationStatus::Accepted) return std::nullopt;
    turn.notice(Severity::info, "setting_refused",
                work.action + " = " + work.payload + ": " + std::string(to_text(response.status)));
    return std::nullopt;
}

wire::Failure boot_answered(Turn& turn, const Work&, std::string_view payload) {
    TriggerMessageResponse response;
    if (auto failure = read_message(turn, "TriggerMessageResponse", payload, response)) return failure;
    if (response.status != TriggerMessageStatus::Accepted) take_unbootable(turn, to_text(response.status));
    return std::nullopt;
}

wire::Failure learn_answered(Turn& turn, const Work&, std::string_view payload) {
    GetConfigurationResponse response;
    if (auto failure = read_message(turn, "GetConfigurationResponse", payload, response)) return failure;
    take_configuration(turn, response);
    return std::nullopt;
}

wire::Failure profile_answered(Turn& turn, const Work& work, std::string_view payload) {
    SetChargingProfileResponse response;
    if (auto failure = read_message(turn, "SetChargingProfileResponse", payload, response)) return failure;
    ocpp::profile_answered(turn, work, response.status == ChargingProfileStatus::Accepted,
                           std::string(to_text(response.status)));
    return std::nullopt;
}

wire::Failure clear_answered(Turn& turn, const Work& work, std::string_view payload) {
    ClearChargingProfileResponse response;
    if (auto failure = read_message(turn, "ClearChargingProfileResponse", payload, response)) return failure;
    ocpp::clear_answered(turn, work, std::string(to_text(response.status)));
    return std::nullopt;
}

wire::Failure composite_answered(Turn& turn, const Work& work, std::string_view payload) {
    GetCompositeScheduleResponse response;
    if (auto failure = read_message(turn, "GetCompositeScheduleResponse", payload, response)) return failure;
    ocpp::composite_answered(turn, work, to_composite(response));
    return std::nullopt;
}

// ---- what the operator may ask ------------------------------------------------------------------------------------

constexpr std::array questions{
    Question{"ChangeAvailability", check_as<ChangeAvailabilityRequest>},
    Question{"ChangeConfiguration", check_as<ChangeConfigurationRequest>},
    Question{"ClearChargingProfile", check_as<ClearChargingProfileRequest>},
    Question{"DataTransfer", check_as<DataTransferRequest>},
    Question{"GetCompositeSchedule", check_as<GetCompositeScheduleRequest>},
    Question{"GetConfiguration", check_as<GetConfigurationRequest>},
    Question{"RemoteStartTransaction", check_as<RemoteStartTransactionRequest>},
    Question{"RemoteStopTransaction", check_as<RemoteStopTransactionRequest>},
    Question{"Reset", check_as<ResetRequest>},
    Question{"SetChargingProfile", check_as<SetChargingProfileRequest>},
    Question{"TriggerMessage", check_as<TriggerMessageRequest>},
};

}  // namespace
}  // namespace busbar::ocpp::v16

namespace busbar::ocpp {
constinit const Dialect dialect_v16{
    .handlers = v16::handlers,
    .learn = {v16::learn_request, v16::learn_answered},
    .configure = {v16::configure_request, v16::setting_answered},
    .ask_boot = {v16::boot_request, v16::boot_answered},
    .profile = {v16::profile_request, v16::profile_answered},
    .clear = {v16::clear_request, v16::clear_answered},
    .composite = {v16::composite_request, v16::composite_answered},
    .questions = v16::questions,
};
}
