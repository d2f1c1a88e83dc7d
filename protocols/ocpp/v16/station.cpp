// A charge point's side of OCPP 1.6J.
#include <algorithm>
#include <array>
#include <cmath>

#include "protocols/ocpp/metering.hpp"
#include "protocols/ocpp/station_state.hpp"
#include "protocols/ocpp/v16/records.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ocpp::v16 {
namespace {

using wire::DateTime;
using Kind = Saying::Kind;

// ---- what it says -------------------------------------------------------------------------------------------------

ChargePointStatus status_of(OutletState state) {
    switch (state) {
        case OutletState::preparing:
            return ChargePointStatus::Preparing;
        case OutletState::charging:
            return ChargePointStatus::Charging;
        case OutletState::suspended_ev:
            return ChargePointStatus::SuspendedEV;
        case OutletState::suspended_evse:
            return ChargePointStatus::SuspendedEVSE;
        case OutletState::finishing:
            return ChargePointStatus::Finishing;
        case OutletState::reserved:
            return ChargePointStatus::Reserved;
        case OutletState::unavailable:
            return ChargePointStatus::Unavailable;
        case OutletState::faulted:
            return ChargePointStatus::Faulted;
        default:
            return ChargePointStatus::Available;
    }
}

std::string number_text(double value) {
    std::string text;
    wire::append_json_number(text, std::round(value * 1000) / 1000);
    return text;
}

void add(std::vector<SampledValue>& values, double value, Measurand measurand, UnitOfMeasure unit, bool triggered,
         std::optional<Phase> phase = {}) {
    SampledValue& row = values.emplace_back();
    row.value = number_text(value);
    row.context = triggered ? ReadingContext::Trigger : ReadingContext::SamplePeriodic;
    row.measurand = measurand;
    row.phase = phase;
    row.unit = unit;
}

MeterValue meter_value(Station::State& state, const Saying& saying) {
    MeterValue value;
    value.timestamp = DateTime(saying.at_us);
    auto& rows = value.sampledValue;
    const bool triggered = saying.triggered;
    if (state.samples("Power.Active.Import")) {
        add(rows, saying.power_w, Measurand::PowerActiveImport, UnitOfMeasure::W, triggered);
    }
    if (state.samples("Energy.Active.Import.Register")) {
        add(rows, saying.energy_wh, Measurand::EnergyActiveImportRegister, UnitOfMeasure::Wh, triggered);
    }
    if (state.samples("Current.Import")) {
        constexpr std::array phases{Phase::L1, Phase::L2, Phase::L3};
        for (std::size_t i = 0; i < state.options.phases && i < phases.size(); ++i) {
            add(rows, saying.power_w / state.volts() / state.options.phases, Measurand::CurrentImport, UnitOfMeasure::A,
                triggered, phases[i]);
        }
    }
    if (state.samples("Voltage")) add(rows, state.volts(), Measurand::Voltage, UnitOfMeasure::V, triggered);
    if (state.samples("SoC") && saying.soc) add(rows, *saying.soc, Measurand::SoC, UnitOfMeasure::Percent, triggered);
    return value;
}

StationCall boot_call(const StationOptions& options) {
    BootNotificationRequest request;
    request.chargePointVendor = options.vendor;
    request.chargePointModel = options.model;
    request.chargePointSerialNumber = options.serial;
    request.firmwareVersion = options.firmware;
    return {"BootNotification", wire::to_json(request)};
}

StationCall status_call(const Saying& saying) {
    StatusNotificationRequest request;
    request.connectorId = saying.evse;
    request.errorCode = ChargePointErrorCode::NoError;
    request.status = status_of(saying.state);
    request.timestamp = DateTime(saying.at_us);
    return {"StatusNotification", wire::to_json(request)};
}

std::int32_t whole_wh(double wh) {
    return static_cast<std::int32_t>(std::clamp(wh, 0.0, 2e9));
}

StationCall start_call(const Saying& saying) {
    StartTransactionRequest request;
    request.connectorId = saying.evse;
    request.idTag = saying.charge.token;
    request.meterStart = whole_wh(saying.charge.start_wh);
    request.timestamp = DateTime(saying.at_us);
    return {"StartTransaction", wire::to_json(request)};
}

std::int32_t number_of_charge(const Station::State& state, const Charge& charge) {
    return static_cast<std::int32_t>(number_of(state.number_of_charge(charge)).value_or(-1));
}

StationCall stop_call(const Station::State& state, const Saying& saying) {
    StopTransactionRequest request;
    request.idTag = saying.charge.token;
    request.meterStop = whole_wh(saying.energy_wh);
    request.timestamp = DateTime(saying.at_us);
    request.transactionId = number_of_charge(state, saying.charge);
    request.reason = saying.reason == "Remote" ? Reason::Remote : Reason::EVDisconnected;
    return {"StopTransaction", wire::to_json(request)};
}

std::optional<StationCall> meter_call(Station::State& state, const Saying& saying) {
    MeterValuesRequest request;
    request.connectorId = saying.evse;
    if (saying.charge.serial) request.transactionId = number_of_charge(state, saying.charge);
    request.meterValue.push_back(meter_value(state, saying));
    if (request.meterValue.front().sampledValue.empty()) return std::nullopt;
    return StationCall{"MeterValues", wire::to_json(request)};
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
            return StationCall{"Authorize", wire::to_json(AuthorizeRequest{saying.token})};
        case Kind::start:
            return start_call(saying);
        case Kind::update:
            return std::nullopt;  // StatusNotification tells it
        case Kind::meter:
            return meter_call(state, saying);
        case Kind::stop:
            return stop_call(state, saying);
    }
    return std::nullopt;
}

// ---- what it hears ------------------------------------------------------------------------------------------------

void start_heard(Station::State& state, model::Us now, const Saying& saying, std::string_view payload) {
    StartTransactionResponse response;
    if (wire::from_json(payload, response)) return;
    constexpr std::size_t numbers_kept = 64;
    state.numbers.emplace_back(saying.charge.serial, std::to_string(response.transactionId));
    if (state.numbers.size() > numbers_kept) state.numbers.erase(state.numbers.begin());
    Evse& evse = *state.evse(saying.evse);
    const bool runs = evse.charge && evse.charge->serial == saying.charge.serial;
    if (runs && response.idTagInfo.status != AuthorizationStatus::Accepted) end_charge(state, now, evse, "Other");
    update_states(state, now);
}

void heard(Station::State& state, model::Us now, const Saying& saying, std::string_view payload) {
    if (saying.kind == Kind::boot) {
        BootNotificationResponse response;
        const bool readable = !wire::from_json(payload, response);
        boot_answered(state, now, readable && response.status == RegistrationStatus::Accepted,
                      readable ? response.interval : 10);
    } else if (saying.kind == Kind::authorize) {
        AuthorizeResponse response;
        const bool accepted =
            !wire::from_json(payload, response) && response.idTagInfo.status == AuthorizationStatus::Accepted;
        authorized(state, now, saying.evse, accepted);
    } else if (saying.kind == Kind::start) {
        start_heard(state, now, saying, payload);
    }
}

// ---- what it answers ----------------------------------------------------------------------------------------------

StationReply answer_with(std::string payload) {
    return {std::move(payload), std::nullopt, {}, {}};
}

GetConfigurationResponse handle(Station::State& state, model::Us, const GetConfigurationRequest& request) {
    GetConfigurationResponse response;
    const auto add_row = [&](const Setting& setting) {
        KeyValue& row = (response.configurationKey ? *response.configurationKey : response.configurationKey.emplace())
                            .emplace_back();
        row.key = std::string(setting.key);
        row.readonly = !setting.writable;
        row.value = setting.value;
    };
    if (!request.key || request.key->empty()) {
        for (const Setting& setting : state.settings) add_row(setting);
        return response;
    }
    for (const auto& key : *request.key) {
        const Setting* setting = state.setting(key);
        if (setting) {
            add_row(*setting);
        } else {
            (response.unknownKey ? *response.unknownKey : response.unknownKey.emplace()).push_back(key);
        }
    }
    return response;
}

ChangeConfigurationResponse handle(Station::State& state, model::Us now, const ChangeConfigurationRequest& request) {
    switch (change_setting(state, now, state.setting(request.key), request.value)) {
        case SettingResult::accepted:
            return {ConfigurationStatus::Accepted};
        case SettingResult::unknown:
            return {ConfigurationStatus::NotSupported};
        default:
            return {ConfigurationStatus::Rejected};
    }
}

TriggerMessageResponse handle(Station::State& state, model::Us now, const TriggerMessageRequest& request) {
    const std::uint16_t only = request.connectorId ? static_cast<std::uint16_t>(*request.connectorId) : 0;
    if (only != 0 && !state.evse(only)) return {TriggerMessageStatus::Rejected};
    switch (request.requestedMessage) {
        case MessageTrigger::BootNotification:
            say(state, Saying{Kind::boot, 0, now}, true);
            break;
        case MessageTrigger::Heartbeat:
            say(state, Saying{Kind::heartbeat, 0, now});
            break;
        case MessageTrigger::StatusNotification:
            for (const Evse& evse : state.evses) {
                if (only == 0 || only == evse.number) say_status(state, now, evse.number, true);
            }
            break;
        case MessageTrigger::MeterValues:
            for (const Evse& evse : state.evses) {
                if (only == 0 || only == evse.number) say_meter(state, now, evse, true);
            }
            break;
        default:
            return {TriggerMessageStatus::NotImplemented};
    }
    return {TriggerMessageStatus::Accepted};
}

Purpose purpose_of(ChargingProfilePurpose purpose) {
    switch (purpose) {
        case ChargingProfilePurpose::ChargePointMaxProfile:
            return Purpose::station_max;
        case ChargingProfilePurpose::TxDefaultProfile:
            return Purpose::tx_default;
        case ChargingProfilePurpose::TxProfile:
            return Purpose::tx;
    }
    return Purpose::tx_default;
}

StoredProfile stored(std::int32_t connector, const ChargingProfile& profile) {
    StoredProfile stored;
    stored.evse = static_cast<std::uint16_t>(connector);
    stored.id = profile.chargingProfileId;
    stored.stack_level = profile.stackLevel;
    stored.purpose = purpose_of(profile.chargingProfilePurpose);
    if (profile.transactionId) stored.transaction = std::to_string(*profile.transactionId);
    if (profile.validFrom) stored.valid_from_us = instant_us(*profile.validFrom);
    if (profile.validTo) stored.valid_to_us = instant_us(*profile.validTo);
    const ChargingSchedule& schedule = profile.chargingSchedule;
    if (profile.chargingProfileKind != ChargingProfileKind::Relative && schedule.startSchedule) {
        stored.start_us = instant_us(*schedule.startSchedule);
    }
    if (profile.chargingProfileKind == ChargingProfileKind::Recurring) {
        stored.recurs_us = (profile.recurrencyKind == RecurrencyKind::Weekly ? 7 : 1) * 24 * model::hour_us;
    }
    stored.duration_s = schedule.duration;
    stored.unit = schedule.chargingRateUnit == ChargingRateUnit::A ? RateUnit::A : RateUnit::W;
    for (const ChargingSchedulePeriod& period : schedule.chargingSchedulePeriod) {
        stored.periods.push_back({period.startPeriod, period.limit, period.numberPhases});
    }
    return stored;
}

SetChargingProfileResponse handle(Station::State& state, model::Us now, const SetChargingProfileRequest& request) {
    if (request.connectorId < 0 || request.connectorId > state.options.evses) return {ChargingProfileStatus::Rejected};
    const bool taken = take_profile(state, now, stored(request.connectorId, request.csChargingProfiles)).empty();
    return {taken ? ChargingProfileStatus::Accepted : ChargingProfileStatus::Rejected};
}

ClearChargingProfileResponse handle(Station::State& state, model::Us now, const ClearChargingProfileRequest& request) {
    ProfileFilter filter;
    filter.id = request.id;
    if (request.connectorId) filter.evse = static_cast<std::uint16_t>(*request.connectorId);
    if (request.chargingProfilePurpose) filter.purpose = purpose_of(*request.chargingProfilePurpose);
    filter.stack_level = request.stackLevel;
    const bool any = state.profiles.clear(filter) > 0;
    update_states(state, now);
    return {any ? ClearChargingProfileStatus::Accepted : ClearChargingProfileStatus::Unknown};
}

GetCompositeScheduleResponse handle(Station::State& state, model::Us now, const GetCompositeScheduleRequest& request) {
    GetCompositeScheduleResponse response;
    response.status = GetCompositeScheduleStatus::Rejected;
    const Evse* evse = state.evse(request.connectorId);
    const bool amps = request.chargingRateUnit == ChargingRateUnit::A;
    if (!evse || request.duration <= 0 ||
        !(amps ? state.options.amps : state.options.watts || !request.chargingRateUnit)) {
        return response;
    }
    const RateUnit unit = amps || !state.options.watts ? RateUnit::A : RateUnit::W;
    const Composite composite = state.profiles.composite(now, request.duration, unit, state.context(*evse));
    response.status = GetCompositeScheduleStatus::Accepted;
    response.connectorId = request.connectorId;
    response.scheduleStart = DateTime(now);
    ChargingSchedule& schedule = response.chargingSchedule.emplace();
    schedule.duration = composite.duration_s;
    schedule.chargingRateUnit = unit == RateUnit::A ? ChargingRateUnit::A : ChargingRateUnit::W;
    for (const Composite::Part& part : composite.parts) {
        ChargingSchedulePeriod& row = schedule.chargingSchedulePeriod.emplace_back();
        row.startPeriod = part.start_s;
        row.limit = part.limit;
        row.numberPhases = part.phases;
    }
    return response;
}

RemoteStartTransactionResponse handle(Station::State& state, model::Us now,
                                      const RemoteStartTransactionRequest& request) {
    Evse* evse = state.evse(request.connectorId.value_or(1));
    if (!evse || !evse->plugged || evse->charge) return {RemoteStartStopStatus::Rejected};
    begin_charge(state, now, *evse, request.idTag);
    return {RemoteStartStopStatus::Accepted};
}

RemoteStopTransactionResponse handle(Station::State& state, model::Us now,
                                     const RemoteStopTransactionRequest& request) {
    for (Evse& evse : state.evses) {
        if (!evse.charge || number_of_charge(state, *evse.charge) != request.transactionId) continue;
        end_charge(state, now, evse, "Remote");
        evse.state = OutletState::finishing;
        say_status(state, now, evse.number);
        return {RemoteStartStopStatus::Accepted};
    }
    return {RemoteStartStopStatus::Rejected};
}

template <class Request>
StationReply answer(Station::State& state, model::Us now, std::string_view payload) {
    Request request;
    if (const auto failure = wire::from_json(payload, request)) {
        return {{}, error_code(failure->fault), failure->text(), error_details(*failure)};
    }
    return answer_with(wire::to_json(handle(state, now, request)));
}

constexpr std::array handlers{
    StationHandler{"SetChargingProfile", answer<SetChargingProfileRequest>},
    StationHandler{"ClearChargingProfile", answer<ClearChargingProfileRequest>},
    StationHandler{"GetCompositeSchedule", answer<GetCompositeScheduleRequest>},
    StationHandler{"GetConfiguration", answer<GetConfigurationRequest>},
    StationHandler{"ChangeConfiguration", answer<ChangeConfigurationRequest>},
    StationHandler{"TriggerMessage", answer<TriggerMessageRequest>},
    StationHandler{"RemoteStartTransaction", answer<RemoteStartTransactionRequest>},
    StationHandler{"RemoteStopTransaction", answer<RemoteStopTransactionRequest>},
};

}  // namespace
}  // namespace busbar::ocpp::v16

namespace busbar::ocpp {
constinit const StationDialect station_v16{v16::say, v16::heard, v16::handlers};
}
