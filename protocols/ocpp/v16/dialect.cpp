// The central system's side of OCPP 1.6J: what each message of a charge point means, and what we say to it.
#include <array>

#include "protocols/ocpp/csms_state.hpp"
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
    take_status(turn, request.connectorId, to_state(request.status),
                request.timestamp ? our_time(turn, instant_us(*request.timestamp)) : 0);
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

struct Handler {
    std::string_view action;
    Reply (*answer)(Turn& turn, std::string_view action, std::string_view payload);
};
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

Reply receive(Turn& turn, std::string_view action, std::string_view payload) {
    for (const Handler& handler : handlers) {
        if (handler.action == action) return handler.answer(turn, action, payload);
    }
    return {{}, ErrorCode::not_implemented, "no such action here: " + std::string(action), {}};
}

// ---- what we say to it --------------------------------------------------------------------------------------------

Rendered learn_request() {
    GetConfigurationRequest request;
    auto& keys = request.key.emplace();
    for (const char* key : {"ChargingScheduleAllowedChargingRateUnit", "ChargeProfileMaxStackLevel",
                            "ChargingScheduleMaxPeriods", "MeterValueSampleInterval", "MeterValuesSampledData"}) {
        keys.emplace_back(key);
    }
    return {"GetConfiguration", wire::to_json(request)};
}

Rendered configure_request(const Work& work) {
    ChangeConfigurationRequest request;
    request.key = work.action;
    request.value = work.payload;
    return {"ChangeConfiguration", wire::to_json(request)};
}

Rendered boot_request() {
    TriggerMessageRequest request;
    request.requestedMessage = MessageTrigger::BootNotification;
    return {"TriggerMessage", wire::to_json(request)};
}

Rendered clear_request(const Work& work) {
    ClearChargingProfileRequest request;
    request.id = profile_id(work.outlet, work.role);
    return {"ClearChargingProfile", wire::to_json(request)};
}

Rendered composite_request(const Turn& turn, const Work& work) {
    GetCompositeScheduleRequest request;
    request.connectorId = work.outlet;
    request.duration = asked_s(turn, work);
    request.chargingRateUnit =
        turn.peer.learnt.profiles.unit() == RateUnit::A ? ChargingRateUnit::A : ChargingRateUnit::W;
    return {"GetCompositeSchedule", wire::to_json(request)};
}

std::optional<Rendered> render(Turn& turn, Work& work) {
    switch (work.task) {
        case Task::learn:
            return learn_request();
        case Task::configure:
            return configure_request(work);
        case Task::ask_boot:
            return boot_request();
        case Task::fallback:
        case Task::command:
            if (const auto profile = profile_of(turn, work)) {
                return Rendered{"SetChargingProfile", wire::to_json(to_request(*profile, work.outlet))};
            }
            return std::nullopt;
        case Task::clear:
            return clear_request(work);
        case Task::compare:
        case Task::verify:
            return composite_request(turn, work);
        case Task::request:
            return Rendered{work.action, work.payload};
    }
    return std::nullopt;
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

wire::Failure status_answered(Turn& turn, const Work& work, std::string_view payload) {
    ChangeConfigurationResponse response;
    if (auto failure = read_message(turn, "ChangeConfigurationResponse", payload, response)) return failure;
    if (response.status == ConfigurationStatus::Accepted) return std::nullopt;
    turn.notice(Severity::info, "setting_refused",
                work.action + " = " + work.payload + ": " + std::string(to_text(response.status)));
    return std::nullopt;
}

wire::Failure boot_answered(Turn& turn, std::string_view payload) {
    TriggerMessageResponse response;
    if (auto failure = read_message(turn, "TriggerMessageResponse", payload, response)) return failure;
    if (response.status != TriggerMessageStatus::Accepted) take_unbootable(turn, to_text(response.status));
    return std::nullopt;
}

wire::Failure answered(Turn& turn, const Work& work, std::string_view payload) {
    switch (work.task) {
        case Task::learn: {
            GetConfigurationResponse response;
            if (auto failure = read_message(turn, "GetConfigurationResponse", payload, response)) return failure;
            take_configuration(turn, response);
            return std::nullopt;
        }
        case Task::configure:
            return status_answered(turn, work, payload);
        case Task::ask_boot:
            return boot_answered(turn, payload);
        case Task::fallback:
        case Task::command: {
            SetChargingProfileResponse response;
            if (auto failure = read_message(turn, "SetChargingProfileResponse", payload, response)) return failure;
            profile_answered(turn, work, response.status == ChargingProfileStatus::Accepted,
                             std::string(to_text(response.status)));
            return std::nullopt;
        }
        case Task::clear: {
            ClearChargingProfileResponse response;
            if (auto failure = read_message(turn, "ClearChargingProfileResponse", payload, response)) return failure;
            clear_answered(turn, work, std::string(to_text(response.status)));
            return std::nullopt;
        }
        case Task::compare:
        case Task::verify: {
            GetCompositeScheduleResponse response;
            if (auto failure = read_message(turn, "GetCompositeScheduleResponse", payload, response)) return failure;
            composite_answered(turn, work, to_composite(response));
            return std::nullopt;
        }
        case Task::request:
            turn.notice(Severity::info, "call_answered", work.action + ": " + std::string(payload));
            return std::nullopt;
    }
    return std::nullopt;
}

// ---- what the operator may ask ------------------------------------------------------------------------------------

template <class Request>
wire::Failure valid(std::string_view payload) {
    Request request;
    return wire::from_json(payload, request);
}
struct Question {
    std::string_view action;
    wire::Failure (*valid)(std::string_view payload);
};
constexpr std::array questions{
    Question{"ChangeAvailability", valid<ChangeAvailabilityRequest>},
    Question{"ChangeConfiguration", valid<ChangeConfigurationRequest>},
    Question{"ClearChargingProfile", valid<ClearChargingProfileRequest>},
    Question{"DataTransfer", valid<DataTransferRequest>},
    Question{"GetCompositeSchedule", valid<GetCompositeScheduleRequest>},
    Question{"GetConfiguration", valid<GetConfigurationRequest>},
    Question{"RemoteStartTransaction", valid<RemoteStartTransactionRequest>},
    Question{"RemoteStopTransaction", valid<RemoteStopTransactionRequest>},
    Question{"Reset", valid<ResetRequest>},
    Question{"SetChargingProfile", valid<SetChargingProfileRequest>},
    Question{"TriggerMessage", valid<TriggerMessageRequest>},
};

wire::Failure check(std::string_view action, std::string_view payload) {
    for (const Question& question : questions) {
        if (question.action == action) return question.valid(payload);
    }
    return wire::Error{wire::Fault::unknown_type, "", std::string(action) + " is not spoken here"};
}

}  // namespace
}  // namespace busbar::ocpp::v16

namespace busbar::ocpp {
const Dialect dialect_v16{v16::receive, v16::render, v16::answered, v16::check};
}
