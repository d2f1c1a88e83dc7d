// The CSMS's side of OCPP 2.0.1: what each message of a charging station means, and what we say to it.
#include <array>

#include "protocols/ocpp/dialect.hpp"
#include "protocols/ocpp/v201/translate.hpp"

namespace busbar::ocpp::v201 {
namespace {

using model::Severity;
using wire::DateTime;

template <class T>
std::string text_of(const std::optional<T>& text) {
    return text ? std::string(*text) : std::string();
}

std::string words_of(std::string_view status, const std::optional<StatusInfo>& info) {
    std::string words(status);
    if (info) words += " (" + info->reasonCode + (info->additionalInfo ? ", " + *info->additionalInfo : "") + ")";
    return words;
}

// ---- what a station says ------------------------------------------------------------------------------------------

BootNotificationResponse handle(Turn& turn, const BootNotificationRequest& request) {
    const ChargingStation& station = request.chargingStation;
    const bool accepted = take_boot(
        turn, {station.vendorName, station.model, text_of(station.serialNumber), text_of(station.firmwareVersion)});
    BootNotificationResponse response;
    response.currentTime = DateTime(turn.now);
    response.interval = turn.policy().heartbeat_s;
    response.status = accepted ? RegistrationStatusEnum::Accepted : RegistrationStatusEnum::Rejected;
    return response;
}

HeartbeatResponse handle(Turn& turn, const HeartbeatRequest&) {
    HeartbeatResponse response;
    response.currentTime = DateTime(turn.now);
    return response;
}

StatusNotificationResponse handle(Turn& turn, const StatusNotificationRequest& request) {
    hear_clock(turn, instant_us(request.timestamp));
    take_status(turn, {request.evseId, request.connectorId, to_state(request.connectorStatus),
                       our_time(turn, instant_us(request.timestamp))});
    return {};
}

IdTokenInfo verdict(const Turn& turn, const IdToken& token) {
    IdTokenInfo info;
    const bool accepted = token.type == IdTokenEnum::NoAuthorization || token_accepted(turn, token.idToken);
    info.status = accepted ? AuthorizationStatusEnum::Accepted : AuthorizationStatusEnum::Unknown;
    return info;
}

AuthorizeResponse handle(Turn& turn, const AuthorizeRequest& request) {
    AuthorizeResponse response;
    response.idTokenInfo = verdict(turn, request.idToken);
    return response;
}

TransactionStep step_of(const TransactionEventRequest& request) {
    using Kind = TransactionStep::Kind;
    TransactionStep step;
    step.kind = request.eventType == TransactionEventEnum::Started ? Kind::started
                : request.eventType == TransactionEventEnum::Ended ? Kind::ended
                                                                   : Kind::updated;
    step.id = request.transactionInfo.transactionId;
    step.outlet = request.evse ? request.evse->id : 0;
    if (request.idToken) step.token = request.idToken->idToken;
    step.seq_no = request.seqNo;
    step.at_us = instant_us(request.timestamp);
    if (request.transactionInfo.chargingState) step.state = to_state(*request.transactionInfo.chargingState);
    return step;
}

void hear_newest(Turn& turn, const std::vector<MeterValue>& values) {
    model::Us newest_us = 0;
    for (const MeterValue& value : values) newest_us = std::max(newest_us, instant_us(value.timestamp));
    hear_clock(turn, newest_us);
}

void take_meter_values(Turn& turn, std::int64_t evse, const std::vector<MeterValue>& values, bool zoneless) {
    for (const MeterValue& value : values) {
        const model::Us at_us = zoneless ? turn.now : our_time(turn, instant_us(value.timestamp));
        take_readings(turn, evse, to_readings(value), at_us);
    }
}

Reply answer_transaction_event(Turn& turn, std::string_view action, std::string_view payload) {
    TransactionEventRequest request;
    bool zoneless = false;
    if (const auto failure = read_message(turn, action, payload, request, &zoneless)) return refuse(*failure);
    if (!zoneless && !request.offline.value_or(false)) hear_clock(turn, instant_us(request.timestamp));
    const TransactionStep step = step_of(request);
    const Outlet* before = outlet_of_transaction(turn.peer, step.id);
    const std::uint16_t number = before ? before->number : static_cast<std::uint16_t>(0);
    if (take_step(turn, step) && request.meterValue) {
        const Outlet* outlet = outlet_of_transaction(turn.peer, step.id);
        take_meter_values(turn, outlet ? outlet->number : number, *request.meterValue, zoneless);
    }
    TransactionEventResponse response;
    if (request.idToken) response.idTokenInfo = verdict(turn, *request.idToken);
    return answer_with(wire::to_json(response));
}

Reply answer_meter_values(Turn& turn, std::string_view action, std::string_view payload) {
    MeterValuesRequest request;
    bool zoneless = false;
    if (const auto failure = read_message(turn, action, payload, request, &zoneless)) return refuse(*failure);
    if (!zoneless) hear_newest(turn, request.meterValue);
    take_meter_values(turn, request.evseId, request.meterValue, zoneless);
    return answer_with("{}");
}

NotifyEventResponse handle(Turn& turn, const NotifyEventRequest& request) {
    for (const EventData& event : request.eventData) {
        if (event.trigger != EventTriggerEnum::Alerting) continue;
        turn.notice(Severity::warning, "station_alert",
                    event.component.name + "." + event.variable.name + " = " + event.actualValue + " " +
                        text_of(event.techInfo));
    }
    return {};
}

NotifyReportResponse handle(Turn&, const NotifyReportRequest&) {
    return {};
}

NotifyChargingLimitResponse handle(Turn& turn, const NotifyChargingLimitRequest& request) {
    turn.notice(Severity::warning, "external_limit",
                "EVSE " + std::to_string(request.evseId.value_or(0)) + " is limited by " +
                    std::string(to_text(request.chargingLimit.chargingLimitSource)));
    return {};
}

ClearedChargingLimitResponse handle(Turn& turn, const ClearedChargingLimitRequest& request) {
    turn.notice(Severity::info, "external_limit_cleared",
                "EVSE " + std::to_string(request.evseId.value_or(0)) + " is no longer limited by " +
                    std::string(to_text(request.chargingLimitSource)));
    return {};
}

// K15.FR.04: Rejected says that no schedule will be made from the vehicle's needs; the profiles in force hold for it.
NotifyEVChargingNeedsResponse handle(Turn& turn, const NotifyEVChargingNeedsRequest& request) {
    turn.notice(Severity::info, "charging_needs",
                "EVSE " + std::to_string(request.evseId) + ": the vehicle asks for " +
                    std::string(to_text(request.chargingNeeds.requestedEnergyTransfer)));
    NotifyEVChargingNeedsResponse response;
    response.status = NotifyEVChargingNeedsStatusEnum::Rejected;
    return response;
}

NotifyEVChargingScheduleResponse handle(Turn&, const NotifyEVChargingScheduleRequest&) {
    NotifyEVChargingScheduleResponse response;
    response.status = GenericStatusEnum::Accepted;
    return response;
}

ReportChargingProfilesResponse handle(Turn& turn, const ReportChargingProfilesRequest& request) {
    for (const ChargingProfile& profile : request.chargingProfile) {
        turn.notice(Severity::info, "profile_reported",
                    "EVSE " + std::to_string(request.evseId) + ": profile " + std::to_string(profile.id) + ", " +
                        std::string(to_text(profile.chargingProfilePurpose)) + ", stack level " +
                        std::to_string(profile.stackLevel));
    }
    return {};
}

SecurityEventNotificationResponse handle(Turn& turn, const SecurityEventNotificationRequest& request) {
    turn.notice(Severity::security, "station_security_event", request.type + " " + text_of(request.techInfo));
    return {};
}

LogStatusNotificationResponse handle(Turn& turn, const LogStatusNotificationRequest& request) {
    turn.notice(Severity::info, "log_status", std::string(to_text(request.status)));
    return {};
}

FirmwareStatusNotificationResponse handle(Turn& turn, const FirmwareStatusNotificationRequest& request) {
    turn.notice(Severity::info, "firmware_status", std::string(to_text(request.status)));
    return {};
}

DataTransferResponse handle(Turn& turn, const DataTransferRequest& request) {
    turn.notice(Severity::info, "data_transfer",
                request.vendorId + " " + text_of(request.messageId) + ": not known here");
    DataTransferResponse response;
    response.status = DataTransferStatusEnum::UnknownVendorId;
    return response;
}

template <class Request>
Reply answer(Turn& turn, std::string_view action, std::string_view payload) {
    Request request;
    if (const auto failure = read_message(turn, action, payload, request)) return refuse(*failure);
    return answer_with(wire::to_json(handle(turn, request)));
}

constexpr std::array handlers{
    Handler{"TransactionEvent", answer_transaction_event},
    Handler{"MeterValues", answer_meter_values},
    Handler{"Heartbeat", answer<HeartbeatRequest>},
    Handler{"StatusNotification", answer<StatusNotificationRequest>},
    Handler{"BootNotification", answer<BootNotificationRequest>},
    Handler{"Authorize", answer<AuthorizeRequest>},
    Handler{"NotifyEvent", answer<NotifyEventRequest>},
    Handler{"NotifyReport", answer<NotifyReportRequest>},
    Handler{"NotifyChargingLimit", answer<NotifyChargingLimitRequest>},
    Handler{"ClearedChargingLimit", answer<ClearedChargingLimitRequest>},
    Handler{"NotifyEVChargingNeeds", answer<NotifyEVChargingNeedsRequest>},
    Handler{"NotifyEVChargingSchedule", answer<NotifyEVChargingScheduleRequest>},
    Handler{"ReportChargingProfiles", answer<ReportChargingProfilesRequest>},
    Handler{"SecurityEventNotification", answer<SecurityEventNotificationRequest>},
    Handler{"LogStatusNotification", answer<LogStatusNotificationRequest>},
    Handler{"FirmwareStatusNotification", answer<FirmwareStatusNotificationRequest>},
    Handler{"DataTransfer", answer<DataTransferRequest>},
};

// ---- what we say to it --------------------------------------------------------------------------------------------

struct Name {
    const char* component;
    const char* variable;
};

std::optional<Rendered> learn_request(Turn&, Work&) {
    GetVariablesRequest request;
    for (const Name& name :
         {Name{"SmartChargingCtrlr", "RateUnit"}, Name{"SmartChargingCtrlr", "ProfileStackLevel"},
          Name{"SmartChargingCtrlr", "PeriodsPerSchedule"}, Name{"SampledDataCtrlr", "TxUpdatedInterval"},
          Name{"SampledDataCtrlr", "TxUpdatedMeasurands"}}) {
        GetVariableData& row = request.getVariableData.emplace_back();
        row.component.name = name.component;
        row.variable.name = name.variable;
    }
    return Rendered{"GetVariables", wire::to_json(request)};
}

std::optional<Rendered> configure_request(Turn&, Work& work) {
    SetVariablesRequest request;
    SetVariableData& row = request.setVariableData.emplace_back();
    row.component.name = "SampledDataCtrlr";
    row.variable.name = work.action;
    row.attributeValue = work.payload;
    return Rendered{"SetVariables", wire::to_json(request)};
}

std::optional<Rendered> boot_request(Turn&, Work&) {
    TriggerMessageRequest request;
    request.requestedMessage = MessageTriggerEnum::BootNotification;
    return Rendered{"TriggerMessage", wire::to_json(request)};
}

std::optional<Rendered> clear_request(Turn&, Work& work) {
    ClearChargingProfileRequest request;
    request.chargingProfileId = profile_id(work.outlet, work.role);
    return Rendered{"ClearChargingProfile", wire::to_json(request)};
}

std::optional<Rendered> composite_request(Turn& turn, Work& work) {
    GetCompositeScheduleRequest request;
    request.duration = asked_s(turn, work);
    request.evseId = work.outlet;
    request.chargingRateUnit =
        turn.peer.learnt.profiles.unit() == RateUnit::A ? ChargingRateUnitEnum::A : ChargingRateUnitEnum::W;
    return Rendered{"GetCompositeSchedule", wire::to_json(request)};
}

std::optional<Rendered> profile_request(Turn& turn, Work& work) {
    const auto profile = profile_of(turn, work);
    if (!profile) return std::nullopt;
    return Rendered{"SetChargingProfile", wire::to_json(to_request(*profile, work.outlet))};
}

// ---- what it answers ----------------------------------------------------------------------------------------------

void take_variables(Turn& turn, const GetVariablesResponse& response) {
    Learnt& learnt = turn.peer.learnt;
    for (const GetVariableResult& row : response.getVariableResult) {
        if (row.attributeStatus != GetVariableStatusEnum::Accepted || !row.attributeValue) continue;
        const std::string& value = *row.attributeValue;
        const auto number = number_of(value);
        const auto whole = number && *number >= 0 && *number < 1e6 ? static_cast<std::int32_t>(*number) : -1;
        const std::string& name = row.variable.name;
        if (name == "RateUnit") read_rate_units(value, learnt.profiles);
        if (name == "ProfileStackLevel") learnt.profiles.max_stack_level = whole;
        if (name == "PeriodsPerSchedule") learnt.profiles.max_periods = std::max(whole, 0);
        if (name == "TxUpdatedInterval" && whole >= 0) learnt.meter_s = whole;
        if (name == "TxUpdatedMeasurands") learnt.measurands = value;
    }
    learnt_all(turn);
}

wire::Failure setting_answered(Turn& turn, const Work& work, std::string_view payload) {
    SetVariablesResponse response;
    if (auto failure = read_message(turn, "SetVariablesResponse", payload, response)) return failure;
    for (const SetVariableResult& row : response.setVariableResult) {
        if (row.attributeStatus == SetVariableStatusEnum::Accepted) continue;
        turn.notice(Severity::info, "setting_refused",
                    work.action + " = " + work.payload + ": " +
                        words_of(to_text(row.attributeStatus), row.attributeStatusInfo));
    }
    return std::nullopt;
}

wire::Failure boot_answered(Turn& turn, const Work&, std::string_view payload) {
    TriggerMessageResponse response;
    if (auto failure = read_message(turn, "TriggerMessageResponse", payload, response)) return failure;
    if (response.status != TriggerMessageStatusEnum::Accepted) {
        take_unbootable(turn, words_of(to_text(response.status), response.statusInfo));
    }
    return std::nullopt;
}

wire::Failure learn_answered(Turn& turn, const Work&, std::string_view payload) {
    GetVariablesResponse response;
    if (auto failure = read_message(turn, "GetVariablesResponse", payload, response)) return failure;
    take_variables(turn, response);
    return std::nullopt;
}

wire::Failure profile_answered(Turn& turn, const Work& work, std::string_view payload) {
    SetChargingProfileResponse response;
    if (auto failure = read_message(turn, "SetChargingProfileResponse", payload, response)) return failure;
    ocpp::profile_answered(turn, work, response.status == ChargingProfileStatusEnum::Accepted,
                           words_of(to_text(response.status), response.statusInfo));
    return std::nullopt;
}

wire::Failure clear_answered(Turn& turn, const Work& work, std::string_view payload) {
    ClearChargingProfileResponse response;
    if (auto failure = read_message(turn, "ClearChargingProfileResponse", payload, response)) return failure;
    ocpp::clear_answered(turn, work, words_of(to_text(response.status), response.statusInfo));
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
    Question{"ClearChargingProfile", check_as<ClearChargingProfileRequest>},
    Question{"DataTransfer", check_as<DataTransferRequest>},
    Question{"GetBaseReport", check_as<GetBaseReportRequest>},
    Question{"GetChargingProfiles", check_as<GetChargingProfilesRequest>},
    Question{"GetCompositeSchedule", check_as<GetCompositeScheduleRequest>},
    Question{"GetVariables", check_as<GetVariablesRequest>},
    Question{"RequestStartTransaction", check_as<RequestStartTransactionRequest>},
    Question{"RequestStopTransaction", check_as<RequestStopTransactionRequest>},
    Question{"Reset", check_as<ResetRequest>},
    Question{"SetChargingProfile", check_as<SetChargingProfileRequest>},
    Question{"SetVariables", check_as<SetVariablesRequest>},
    Question{"TriggerMessage", check_as<TriggerMessageRequest>},
};

}  // namespace
}  // namespace busbar::ocpp::v201

namespace busbar::ocpp {
constinit const Dialect dialect_v201{
    .handlers = v201::handlers,
    .learn = {v201::learn_request, v201::learn_answered},
    .configure = {v201::configure_request, v201::setting_answered},
    .ask_boot = {v201::boot_request, v201::boot_answered},
    .profile = {v201::profile_request, v201::profile_answered},
    .clear = {v201::clear_request, v201::clear_answered},
    .composite = {v201::composite_request, v201::composite_answered},
    .questions = v201::questions,
};
}
