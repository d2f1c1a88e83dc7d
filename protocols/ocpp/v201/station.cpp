// A charging station's side of OCPP 2.0.1.
#include <array>
#include <cmath>

#include "protocols/ocpp/metering.hpp"
#include "protocols/ocpp/station_state.hpp"
#include "protocols/ocpp/v201/charging.hpp"
#include "protocols/ocpp/v201/provisioning.hpp"
#include "protocols/ocpp/v201/transactions.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ocpp::v201 {
namespace {

using wire::DateTime;
using Kind = Saying::Kind;

// ---- what it says -------------------------------------------------------------------------------------------------

ConnectorStatusEnum status_of(OutletState state) {
    switch (state) {
        case OutletState::available:
            return ConnectorStatusEnum::Available;
        case OutletState::reserved:
            return ConnectorStatusEnum::Reserved;
        case OutletState::unavailable:
            return ConnectorStatusEnum::Unavailable;
        case OutletState::faulted:
            return ConnectorStatusEnum::Faulted;
        default:
            return ConnectorStatusEnum::Occupied;
    }
}

ChargingStateEnum charging_state_of(OutletState state) {
    switch (state) {
        case OutletState::charging:
            return ChargingStateEnum::Charging;
        case OutletState::suspended_ev:
            return ChargingStateEnum::SuspendedEV;
        case OutletState::suspended_evse:
            return ChargingStateEnum::SuspendedEVSE;
        case OutletState::preparing:
            return ChargingStateEnum::EVConnected;
        default:
            return ChargingStateEnum::Idle;
    }
}

void add(std::vector<SampledValue>& values, double value, MeasurandEnum measurand, const char* unit,
         ReadingContextEnum context, std::optional<PhaseEnum> phase = {}) {
    SampledValue& row = values.emplace_back();
    row.value = std::round(value * 1000) / 1000;
    row.context = context;
    row.measurand = measurand;
    row.phase = phase;
    row.unitOfMeasure.emplace().unit = wire::Text<20>(unit);
}

std::optional<MeterValue> meter_value(Station::State& state, const Saying& saying, ReadingContextEnum context) {
    MeterValue value;
    value.timestamp = DateTime(saying.at_us);
    auto& rows = value.sampledValue;
    if (state.samples("Power.Active.Import")) add(rows, saying.power_w, MeasurandEnum::PowerActiveImport, "W", context);
    if (state.samples("Energy.Active.Import.Register")) {
        add(rows, saying.energy_wh, MeasurandEnum::EnergyActiveImportRegister, "Wh", context);
    }
    if (state.samples("Current.Import")) {
        constexpr std::array phases{PhaseEnum::L1, PhaseEnum::L2, PhaseEnum::L3};
        for (std::size_t i = 0; i < state.options.phases && i < phases.size(); ++i) {
            add(rows, saying.power_w / state.volts() / state.options.phases, MeasurandEnum::CurrentImport, "A", context,
                phases[i]);
        }
    }
    if (state.samples("Voltage")) add(rows, state.volts(), MeasurandEnum::Voltage, "V", context);
    if (state.samples("SoC") && saying.soc) add(rows, *saying.soc, MeasurandEnum::SoC, "Percent", context);
    return rows.empty() ? std::nullopt : std::optional(std::move(value));
}

StationCall boot_call(const StationOptions& options) {
    BootNotificationRequest request;
    request.chargingStation.vendorName = options.vendor;
    request.chargingStation.model = options.model;
    request.chargingStation.serialNumber = wire::Text<25>(options.serial);
    request.chargingStation.firmwareVersion = wire::Text<50>(options.firmware);
    request.reason = BootReasonEnum::PowerUp;
    return {"BootNotification", wire::to_json(request)};
}

StationCall status_call(const Saying& saying) {
    StatusNotificationRequest request;
    request.timestamp = DateTime(saying.at_us);
    request.connectorStatus = status_of(saying.state);
    request.evseId = saying.evse;
    request.connectorId = 1;
    return {"StatusNotification", wire::to_json(request)};
}

StationCall event_call(Station::State& state, const Saying& saying, TransactionEventEnum type,
                       TriggerReasonEnum trigger, ReadingContextEnum context) {
    TransactionEventRequest request;
    request.eventType = type;
    request.timestamp = DateTime(saying.at_us);
    request.triggerReason = trigger;
    request.seqNo = saying.charge.seq_no;
    if (saying.offline) request.offline = true;
    request.transactionInfo.transactionId = saying.charge.id;
    request.transactionInfo.chargingState = charging_state_of(saying.state);
    request.evse = EVSE{saying.evse, 1, {}};
    if (type != TransactionEventEnum::Updated) {
        IdToken& token = request.idToken.emplace();
        token.idToken = saying.charge.token;
        token.type = IdTokenEnum::ISO14443;
    }
    const bool metered = saying.kind != Kind::update;
    auto value = metered ? meter_value(state, saying, context) : std::nullopt;
    if (value) request.meterValue.emplace().push_back(std::move(*value));
    if (saying.kind == Kind::stop) {
        request.transactionInfo.stoppedReason =
            saying.reason == "Remote" ? ReasonEnum::Remote : ReasonEnum::EVDisconnected;
    }
    return {"TransactionEvent", wire::to_json(request)};
}

std::optional<StationCall> meter_call(Station::State& state, const Saying& saying) {
    const auto context = saying.triggered ? ReadingContextEnum::Trigger : ReadingContextEnum::SamplePeriodic;
    if (saying.charge.serial != 0) {
        return event_call(state, saying, TransactionEventEnum::Updated,
                          saying.triggered ? TriggerReasonEnum::Trigger : TriggerReasonEnum::MeterValuePeriodic,
                          context);
    }
    auto value = meter_value(state, saying, context);
    if (!value) return std::nullopt;
    MeterValuesRequest request;
    request.evseId = saying.evse;
    request.meterValue.push_back(std::move(*value));
    return StationCall{"MeterValues", wire::to_json(request)};
}

StationCall authorize_call(const Saying& saying) {
    AuthorizeRequest request;
    request.idToken.idToken = saying.token;
    request.idToken.type = IdTokenEnum::ISO14443;
    return {"Authorize", wire::to_json(request)};
}

std::optional<StationCall> say(Station::State& state, Saying& saying) {
    switch (saying.kind) {
        case Kind::boot:
            return boot_call(state.options);
        case Kind::heartbeat:
            return StationCall{"Heartbeat", "{}"};
        case Kind::status:
            return status_call(saying);
        case Kind::authorize:
            return authorize_call(saying);
        case Kind::start:
            return event_call(state, saying, TransactionEventEnum::Started, TriggerReasonEnum::Authorized,
                              ReadingContextEnum::TransactionBegin);
        case Kind::update:
            return event_call(state, saying, TransactionEventEnum::Updated, TriggerReasonEnum::ChargingStateChanged,
                              ReadingContextEnum::Other);
        case Kind::meter:
            return meter_call(state, saying);
        case Kind::stop:
            return event_call(state, saying, TransactionEventEnum::Ended, TriggerReasonEnum::EVDeparted,
                              ReadingContextEnum::TransactionEnd);
    }
    return std::nullopt;
}

// ---- what it hears ------------------------------------------------------------------------------------------------

void heard(Station::State& state, model::Us now, const Saying& saying, std::string_view payload) {
    if (saying.kind == Kind::boot) {
        BootNotificationResponse response;
        const bool readable = !wire::from_json(payload, response);
        boot_answered(state, now, readable && response.status == RegistrationStatusEnum::Accepted,
                      readable ? response.interval : 10);
    } else if (saying.kind == Kind::authorize) {
        AuthorizeResponse response;
        const bool accepted =
            !wire::from_json(payload, response) && response.idTokenInfo.status == AuthorizationStatusEnum::Accepted;
        authorized(state, now, saying.evse, accepted);
    } else if (saying.kind == Kind::start) {
        TransactionEventResponse response;
        Evse& evse = *state.evse(saying.evse);
        const bool runs = evse.charge && evse.charge->serial == saying.charge.serial;
        const bool refused = !wire::from_json(payload, response) && response.idTokenInfo &&
                             response.idTokenInfo->status != AuthorizationStatusEnum::Accepted;
        if (runs && refused) end_charge(state, now, evse, "Other");
    }
}

// ---- what it answers ----------------------------------------------------------------------------------------------

// Component and variable must both be right for a setting to be found.
Setting* find(Station::State& state, const Component& component, const Variable& variable, bool& component_known) {
    for (Setting& setting : state.settings) {
        if (setting.component != component.name) continue;
        component_known = true;
        if (setting.variable == variable.name) return &setting;
    }
    return nullptr;
}

GetVariablesResponse handle(Station::State& state, model::Us, const GetVariablesRequest& request) {
    GetVariablesResponse response;
    for (const GetVariableData& data : request.getVariableData) {
        bool component_known = false;
        const Setting* setting = find(state, data.component, data.variable, component_known);
        GetVariableResult& row = response.getVariableResult.emplace_back();
        row.component = data.component;
        row.variable = data.variable;
        row.attributeStatus = setting           ? GetVariableStatusEnum::Accepted
                              : component_known ? GetVariableStatusEnum::UnknownVariable
                                                : GetVariableStatusEnum::UnknownComponent;
        if (setting) row.attributeValue = wire::Text<2500>(setting->value);
    }
    return response;
}

SetVariableStatusEnum status_of(SettingResult result, bool component_known) {
    switch (result) {
        case SettingResult::accepted:
            return SetVariableStatusEnum::Accepted;
        case SettingResult::unknown:
            return component_known ? SetVariableStatusEnum::UnknownVariable : SetVariableStatusEnum::UnknownComponent;
        default:
            return SetVariableStatusEnum::Rejected;
    }
}

SetVariablesResponse handle(Station::State& state, model::Us now, const SetVariablesRequest& request) {
    SetVariablesResponse response;
    for (const SetVariableData& data : request.setVariableData) {
        bool component_known = false;
        Setting* setting = find(state, data.component, data.variable, component_known);
        const SettingResult result = change_setting(state, now, setting, data.attributeValue);
        SetVariableResult& row = response.setVariableResult.emplace_back();
        row.component = data.component;
        row.variable = data.variable;
        row.attributeStatus = status_of(result, component_known);
    }
    return response;
}

TriggerMessageResponse trigger_answer(TriggerMessageStatusEnum status) {
    TriggerMessageResponse response;
    response.status = status;
    return response;
}

TriggerMessageResponse handle(Station::State& state, model::Us now, const TriggerMessageRequest& request) {
    const std::int32_t only = request.evse ? request.evse->id : 0;
    if (only != 0 && !state.evse(only)) return trigger_answer(TriggerMessageStatusEnum::Rejected);
    switch (request.requestedMessage) {
        case MessageTriggerEnum::BootNotification:
            // F06.FR.17: a station that was accepted does not boot on request.
            if (state.booted) return trigger_answer(TriggerMessageStatusEnum::Rejected);
            say(state, Saying{Kind::boot, 0, now}, true);
            break;
        case MessageTriggerEnum::Heartbeat:
            say(state, Saying{Kind::heartbeat, 0, now});
            break;
        case MessageTriggerEnum::StatusNotification:
            for (const Evse& evse : state.evses) {
                if (only == 0 || only == evse.number) say_status(state, now, evse.number, true);
            }
            break;
        case MessageTriggerEnum::MeterValues:
            for (const Evse& evse : state.evses) {
                if (only == 0 || only == evse.number) say_meter(state, now, evse, true);
            }
            break;
        default:
            return trigger_answer(TriggerMessageStatusEnum::NotImplemented);
    }
    return trigger_answer(TriggerMessageStatusEnum::Accepted);
}

std::optional<Purpose> purpose_of(ChargingProfilePurposeEnum purpose) {
    switch (purpose) {
        case ChargingProfilePurposeEnum::ChargingStationMaxProfile:
            return Purpose::station_max;
        case ChargingProfilePurposeEnum::TxDefaultProfile:
            return Purpose::tx_default;
        case ChargingProfilePurposeEnum::TxProfile:
            return Purpose::tx;
        case ChargingProfilePurposeEnum::ChargingStationExternalConstraints:
            return std::nullopt;
    }
    return std::nullopt;
}

StoredProfile stored(std::int32_t evse, Purpose purpose, const ChargingProfile& profile) {
    StoredProfile stored;
    stored.evse = static_cast<std::uint16_t>(evse);
    stored.id = profile.id;
    stored.stack_level = profile.stackLevel;
    stored.purpose = purpose;
    if (profile.transactionId) stored.transaction = *profile.transactionId;
    if (profile.validFrom) stored.valid_from_us = instant_us(*profile.validFrom);
    if (profile.validTo) stored.valid_to_us = instant_us(*profile.validTo);
    const ChargingSchedule& schedule = profile.chargingSchedule.front();
    if (profile.chargingProfileKind != ChargingProfileKindEnum::Relative && schedule.startSchedule) {
        stored.start_us = instant_us(*schedule.startSchedule);
    }
    if (profile.chargingProfileKind == ChargingProfileKindEnum::Recurring) {
        stored.recurs_us = (profile.recurrencyKind == RecurrencyKindEnum::Weekly ? 7 : 1) * 24 * model::hour_us;
    }
    stored.duration_s = schedule.duration;
    stored.unit = schedule.chargingRateUnit == ChargingRateUnitEnum::A ? RateUnit::A : RateUnit::W;
    for (const ChargingSchedulePeriod& period : schedule.chargingSchedulePeriod) {
        stored.periods.push_back({period.startPeriod, period.limit, period.numberPhases});
    }
    return stored;
}

SetChargingProfileResponse handle(Station::State& state, model::Us now, const SetChargingProfileRequest& request) {
    const ChargingProfile& profile = request.chargingProfile;
    const auto purpose = purpose_of(profile.chargingProfilePurpose);
    const bool absolute = profile.chargingProfileKind != ChargingProfileKindEnum::Relative;
    std::string reason;
    if (!purpose) {
        reason = "InvalidProfile";  // K01.FR.22
    } else if (absolute != profile.chargingSchedule.front().startSchedule.has_value()) {
        reason = "InvalidSchedule";  // K01.FR.40, K01.FR.41
    } else if (purpose == Purpose::station_max && !absolute) {
        reason = "InvalidProfile";  // K01.FR.38
    } else if (request.evseId < 0 || request.evseId > state.options.evses) {
        reason = "UnknownEvse";  // K01.FR.28
    } else {
        reason = take_profile(state, now, stored(request.evseId, *purpose, profile));
    }
    SetChargingProfileResponse response;
    response.status = reason.empty() ? ChargingProfileStatusEnum::Accepted : ChargingProfileStatusEnum::Rejected;
    if (!reason.empty()) response.statusInfo.emplace().reasonCode = reason;
    return response;
}

ClearChargingProfileResponse handle(Station::State& state, model::Us now, const ClearChargingProfileRequest& request) {
    ProfileFilter filter;
    filter.id = request.chargingProfileId;
    if (request.chargingProfileCriteria) {
        const ClearChargingProfile& criteria = *request.chargingProfileCriteria;
        if (criteria.evseId) filter.evse = static_cast<std::uint16_t>(*criteria.evseId);
        if (criteria.chargingProfilePurpose) filter.purpose = purpose_of(*criteria.chargingProfilePurpose);
        filter.stack_level = criteria.stackLevel;
    }
    ClearChargingProfileResponse response;
    const bool any = state.profiles.clear(filter) > 0;
    response.status = any ? ClearChargingProfileStatusEnum::Accepted : ClearChargingProfileStatusEnum::Unknown;
    update_states(state, now);
    return response;
}

GetCompositeScheduleResponse handle(Station::State& state, model::Us now, const GetCompositeScheduleRequest& request) {
    GetCompositeScheduleResponse response;
    response.status = GenericStatusEnum::Rejected;
    const Evse* evse = state.evse(request.evseId);
    const bool amps = request.chargingRateUnit == ChargingRateUnitEnum::A;
    if (!evse || request.duration <= 0) {
        response.statusInfo.emplace().reasonCode = "UnknownEvse";  // K08.FR.05
        return response;
    }
    if (request.chargingRateUnit && !(amps ? state.options.amps : state.options.watts)) {
        response.statusInfo.emplace().reasonCode = "UnsupportedRateUnit";  // K08.FR.07
        return response;
    }
    const RateUnit unit = amps || !state.options.watts ? RateUnit::A : RateUnit::W;
    const Composite composite = state.profiles.composite(now, request.duration, unit, state.context(*evse));
    response.status = GenericStatusEnum::Accepted;
    CompositeSchedule& schedule = response.schedule.emplace();
    schedule.evseId = request.evseId;
    schedule.duration = composite.duration_s;
    schedule.scheduleStart = DateTime(now);
    schedule.chargingRateUnit = unit == RateUnit::A ? ChargingRateUnitEnum::A : ChargingRateUnitEnum::W;
    for (const Composite::Part& part : composite.parts) {
        ChargingSchedulePeriod& row = schedule.chargingSchedulePeriod.emplace_back();
        row.startPeriod = part.start_s;
        row.limit = part.limit;
        row.numberPhases = part.phases;
    }
    return response;
}

RequestStartTransactionResponse handle(Station::State& state, model::Us now,
                                       const RequestStartTransactionRequest& request) {
    RequestStartTransactionResponse response;
    response.status = RequestStartStopStatusEnum::Rejected;
    Evse* evse = state.evse(request.evseId.value_or(1));
    if (!evse || !evse->plugged || evse->charge) return response;
    begin_charge(state, now, *evse, request.idToken.idToken);
    response.status = RequestStartStopStatusEnum::Accepted;
    return response;
}

RequestStopTransactionResponse handle(Station::State& state, model::Us now,
                                      const RequestStopTransactionRequest& request) {
    RequestStopTransactionResponse response;
    response.status = RequestStartStopStatusEnum::Rejected;
    for (Evse& evse : state.evses) {
        if (!evse.charge || evse.charge->id != request.transactionId) continue;
        end_charge(state, now, evse, "Remote");
        evse.state = OutletState::finishing;
        response.status = RequestStartStopStatusEnum::Accepted;
    }
    return response;
}

template <class Request>
StationReply answer(Station::State& state, model::Us now, std::string_view payload) {
    Request request;
    if (const auto failure = wire::from_json(payload, request)) {
        return {{}, error_code(failure->fault), failure->text(), error_details(*failure)};
    }
    return {wire::to_json(handle(state, now, request)), std::nullopt, {}, {}};
}

constexpr std::array handlers{
    StationHandler{"SetChargingProfile", answer<SetChargingProfileRequest>},
    StationHandler{"ClearChargingProfile", answer<ClearChargingProfileRequest>},
    StationHandler{"GetCompositeSchedule", answer<GetCompositeScheduleRequest>},
    StationHandler{"GetVariables", answer<GetVariablesRequest>},
    StationHandler{"SetVariables", answer<SetVariablesRequest>},
    StationHandler{"TriggerMessage", answer<TriggerMessageRequest>},
    StationHandler{"RequestStartTransaction", answer<RequestStartTransactionRequest>},
    StationHandler{"RequestStopTransaction", answer<RequestStopTransactionRequest>},
};

}  // namespace
}  // namespace busbar::ocpp::v201

namespace busbar::ocpp {
constinit const StationDialect station_v201{v201::say, v201::heard, v201::handlers};
}
