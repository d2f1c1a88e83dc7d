#include "protocols/ocpp/station.hpp"

#include <algorithm>

#include "protocols/ocpp/metering.hpp"
#include "protocols/ocpp/station_state.hpp"

namespace busbar::ocpp {

using model::second_us;
using model::Us;
using Kind = Saying::Kind;

namespace {

constexpr std::size_t most_sayings = 1000;
constexpr int most_attempts = 3;

bool lists(std::string_view list, std::string_view member) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        if (list.substr(0, comma) == member) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

std::vector<Setting> settings_of(const StationOptions& options) {
    const std::string units16 = options.amps ? (options.watts ? "Current,Power" : "Current") : "Power";
    const std::string units201 = options.amps ? (options.watts ? "A,W" : "A") : "W";
    const bool v16 = options.version == Version::v16;
    return {
        {"ChargingScheduleAllowedChargingRateUnit", "SmartChargingCtrlr", "RateUnit", false, v16 ? units16 : units201},
        {"ChargeProfileMaxStackLevel", "SmartChargingCtrlr", "ProfileStackLevel", false,
         std::to_string(options.max_stack_level)},
        {"ChargingScheduleMaxPeriods", "SmartChargingCtrlr", "PeriodsPerSchedule", false,
         std::to_string(options.max_periods)},
        {"NumberOfConnectors", "ChargingStation", "EVSECount", false, std::to_string(options.evses)},
        {"MeterValueSampleInterval", "SampledDataCtrlr", "TxUpdatedInterval", true, std::to_string(options.meter_s)},
        {"MeterValuesSampledData", "SampledDataCtrlr", "TxUpdatedMeasurands", true, options.measurands},
        {"HeartbeatInterval", "OCPPCommCtrlr", "HeartbeatInterval", true, "300"},
    };
}

void after_sending(Station::State& state, Us now) {
    state.heartbeat_us = now + std::max(state.heartbeat_s, 1) * second_us;
}

void pump(Station::State& state, Us now, Frames& frames) {
    while (state.open && !state.sent && !state.sayings.empty()) {
        // Before the boot is accepted nothing else is said.
        if (!state.booted && state.sayings.front().kind != Kind::boot) return;
        Saying saying = std::move(state.sayings.front());
        state.sayings.pop_front();
        const auto call = state.dialect->say(state, saying);
        if (!call) continue;
        std::string id = std::to_string(now) + '-' + std::to_string(++state.calls % 1'000'000);
        frames.push_back(call_frame(id, call->action, call->payload));
        state.sent = Station::State::Sent{std::move(saying), std::move(id), now + state.options.call_timeout_us};
        after_sending(state, now);
    }
}

// The CSMS did not answer, or with an error. What belongs to a transaction is said again, but not for ever.
void not_heard(Station::State& state, Us now) {
    Saying saying = std::move(state.sent->saying);
    state.sent.reset();
    if (saying.kind == Kind::boot) {
        state.boot_us = now + 10 * second_us;
    } else if (saying.of_transaction() && ++saying.attempts < most_attempts) {
        say(state, std::move(saying), true);
    }
}

StationReply answer_call(Station::State& state, Us now, const Received& call) {
    for (const StationHandler& handler : state.dialect->handlers) {
        if (handler.action == call.action) return handler.answer(state, now, call.payload);
    }
    return {{}, ErrorCode::not_implemented, "no such action here: " + call.action, {}};
}

void take_call(Station::State& state, Us now, const Received& call, Frames& frames) {
    if (state.options.behaviour == Behaviour::silent) return;
    const StationReply reply = answer_call(state, now, call);
    frames.push_back(reply.error
                         ? error_frame(call.id, state.options.version, *reply.error, reply.description, reply.details)
                         : result_frame(call.id, reply.payload));
}

Us meter_interval_us(Station::State& state) {
    return static_cast<Us>(number_of(state.value_of("MeterValueSampleInterval")).value_or(0)) * second_us;
}

void meters_due(Station::State& state, Us now) {
    const Us interval_us = meter_interval_us(state);
    for (Evse& evse : state.evses) {
        if (!evse.charge || interval_us <= 0) {
            evse.meter_us = model::never;
            continue;
        }
        // A shorter interval holds at once.
        evse.meter_us = std::min(evse.meter_us, now + interval_us);
        if (evse.meter_us > now) continue;
        say_meter(state, now, evse);
        evse.meter_us += interval_us;
        if (evse.meter_us <= now) evse.meter_us = now + interval_us;
    }
}

void set_state(Station::State& state, Us now, Evse& evse, OutletState outlet_state) {
    if (evse.state == outlet_state) return;
    evse.state = outlet_state;
    const bool v16 = state.options.version == Version::v16;
    // 2.0.1 tells what happens within a transaction by TransactionEvent, 1.6 by StatusNotification.
    if (v16 || !evse.charge) return say_status(state, now, evse.number);
    Saying saying{Kind::update, evse.number, now, outlet_state};
    saying.charge = *evse.charge;
    saying.offline = !state.open;
    ++evse.charge->seq_no;
    say(state, std::move(saying));
}

}  // namespace

Setting* Station::State::setting(std::string_view name) {
    for (Setting& row : settings) {
        if (row.key == name || row.variable == name) return &row;
    }
    return nullptr;
}

bool Station::State::samples(std::string_view measurand) {
    return lists(value_of("MeterValuesSampledData"), measurand);
}

std::string Station::State::number_of_charge(const Charge& charge) const {
    for (const auto& [serial, number] : numbers) {
        if (serial == charge.serial) return number;
    }
    return charge.id;
}

LimitContext Station::State::context(const Evse& evse) const {
    LimitContext context{evse.number, electrical(), hardware_w(), {}, 0};
    if (evse.charge) {
        context.transaction = number_of_charge(*evse.charge);
        context.transaction_start_us = evse.charge->started_us;
    }
    return context;
}

void say(Station::State& state, Saying saying, bool first) {
    if (state.sayings.size() >= most_sayings) {
        // Periodic values are what can best be missed.
        const auto old = std::find_if(state.sayings.begin(), state.sayings.end(),
                                      [](const Saying& waiting) { return waiting.kind == Kind::meter; });
        state.sayings.erase(old == state.sayings.end() ? state.sayings.begin() : old);
    }
    if (first) {
        state.sayings.push_front(std::move(saying));
    } else {
        state.sayings.push_back(std::move(saying));
    }
}

void say_status(Station::State& state, Us now, std::uint16_t evse, bool triggered) {
    Saying saying{Kind::status, evse, now};
    saying.state = evse == 0 ? OutletState::available : state.evse(evse)->state;
    saying.triggered = triggered;
    say(state, std::move(saying));
}

void say_meter(Station::State& state, Us now, const Evse& evse, bool triggered) {
    Saying saying{Kind::meter, evse.number, now, evse.state};
    saying.power_w = evse.power_w;
    saying.energy_wh = evse.energy_wh;
    saying.soc = evse.soc;
    saying.triggered = triggered;
    saying.offline = !state.open;
    if (evse.charge) {
        saying.charge = *evse.charge;
        ++state.evse(evse.number)->charge->seq_no;
    }
    say(state, std::move(saying));
}

void boot_answered(Station::State& state, Us now, bool accepted, std::int32_t interval_s) {
    if (!accepted) {
        state.boot_us = now + std::clamp(interval_s, 1, 3600) * second_us;
        return;
    }
    state.booted = true;
    state.boot_us = model::never;
    state.heartbeat_s = std::clamp(interval_s, 1, 86'400);
    state.setting("HeartbeatInterval")->value = std::to_string(state.heartbeat_s);
    after_sending(state, now);
    if (state.options.version == Version::v16) say_status(state, now, 0);
    for (const Evse& evse : state.evses) say_status(state, now, evse.number);
}

void authorized(Station::State& state, Us now, std::uint16_t number, bool accepted) {
    Evse& evse = *state.evse(number);
    if (accepted && evse.plugged && !evse.charge) begin_charge(state, now, evse, evse.token);
}

void begin_charge(Station::State& state, Us now, Evse& evse, std::string_view token) {
    Charge charge;
    charge.serial = ++state.serials;
    charge.token = token;
    charge.started_us = now;
    charge.start_wh = evse.energy_wh;
    if (state.options.version == Version::v201) charge.id = state.options.id + "-" + std::to_string(now / 1000);
    Saying saying{Kind::start, evse.number, now, OutletState::charging};
    saying.charge = charge;
    saying.energy_wh = evse.energy_wh;
    saying.power_w = evse.power_w;
    saying.offline = !state.open;
    ++charge.seq_no;
    evse.charge = std::move(charge);
    evse.ev_suspended = false;
    if (const Us interval_us = meter_interval_us(state); interval_us > 0) evse.meter_us = now + interval_us;
    say(state, std::move(saying));
    if (state.options.version == Version::v201) {
        evse.state = OutletState::charging;  // the Started event says so
    }
    update_states(state, now);
}

void end_charge(Station::State& state, Us now, Evse& evse, std::string_view reason) {
    Saying saying{Kind::stop, evse.number, now, OutletState::finishing};
    saying.charge = *evse.charge;
    saying.energy_wh = evse.energy_wh;
    saying.reason = reason;
    saying.offline = !state.open;
    say(state, std::move(saying));
    state.profiles.end_transaction(state.number_of_charge(*evse.charge));
    evse.charge.reset();
    evse.power_w = 0;
    evse.meter_us = model::never;
}

void update_states(Station::State& state, Us now) {
    for (Evse& evse : state.evses) {
        OutletState outlet_state = evse.plugged ? OutletState::preparing : OutletState::available;
        if (evse.charge) {
            const bool limited = state.options.behaviour != Behaviour::accept_and_ignore &&
                                 state.profiles.limit_w(now, state.context(evse)) < state.lowest_w() - 0.5;
            outlet_state = limited             ? OutletState::suspended_evse
                           : evse.ev_suspended ? OutletState::suspended_ev
                                               : OutletState::charging;
        } else if (evse.plugged && evse.state == OutletState::finishing) {
            outlet_state = OutletState::finishing;
        }
        set_state(state, now, evse, outlet_state);
    }
}

SettingResult change_setting(Station::State& state, Us now, Setting* setting, std::string_view value) {
    if (!setting) return SettingResult::unknown;
    if (!setting->writable) return SettingResult::read_only;
    if (setting->key == "MeterValuesSampledData") {
        std::string_view rest = value;
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            if (!quantity_of(rest.substr(0, comma))) return SettingResult::rejected;
            if (comma == std::string_view::npos) break;
            rest.remove_prefix(comma + 1);
        }
    } else {
        const auto number = number_of(value);
        if (!number || *number < 0 || *number > 86'400 || *number != static_cast<int>(*number)) {
            return SettingResult::rejected;
        }
        if (setting->key == "HeartbeatInterval") state.heartbeat_s = std::max(static_cast<int>(*number), 1);
    }
    setting->value = value;
    meters_due(state, now);
    return SettingResult::accepted;
}

std::string take_profile(Station::State& state, Us now, StoredProfile profile) {
    if (state.options.behaviour == Behaviour::refuse_profiles) return "Unspecified";
    if (state.options.behaviour == Behaviour::accept_and_ignore) return {};
    const Evse* evse = state.evse(profile.evse);
    if (profile.evse != 0 && !evse) return "UnknownEvse";
    if (profile.stack_level < 0 || profile.stack_level > state.options.max_stack_level) return "InvalidStackLevel";
    const bool unit = profile.unit == RateUnit::A ? state.options.amps : state.options.watts;
    if (!unit) return "UnsupportedRateUnit";
    if (profile.periods.empty() || static_cast<std::int32_t>(profile.periods.size()) > state.options.max_periods) {
        return "InvalidSchedule";
    }
    for (std::size_t i = 0; i < profile.periods.size(); ++i) {
        const std::int32_t start_s = profile.periods[i].start_s;
        if (i == 0 ? start_s != 0 : start_s <= profile.periods[i - 1].start_s) return "InvalidSchedule";
    }
    if (profile.purpose == Purpose::tx) {
        // It must be the one that runs there; 1.6 lets the name be left out.
        if (!evse || !evse->charge) return "TxNotFound";
        const std::string running = state.number_of_charge(*evse->charge);
        if (profile.transaction.empty() && state.options.version == Version::v16) profile.transaction = running;
        if (profile.transaction != running) return "TxNotFound";
    }
    if (profile.purpose == Purpose::station_max && profile.evse != 0) return "InvalidProfile";  // K01.FR.03
    if (state.options.version == Version::v201 && state.profiles.rival_of(profile)) return "DuplicateProfile";
    if (!state.profiles.set(std::move(profile))) return "TooManyElements";
    update_states(state, now);
    return {};
}

Station::Station(StationOptions options) : state_(std::make_unique<State>()) {
    state_->settings = settings_of(options);
    state_->dialect = options.version == Version::v16 ? &station_v16 : &station_v201;
    state_->evses.resize(std::max<std::size_t>(options.evses, 1));
    for (std::size_t i = 0; i < state_->evses.size(); ++i) state_->evses[i].number = static_cast<std::uint16_t>(i + 1);
    state_->options = std::move(options);
}
Station::~Station() = default;
Station::Station(Station&&) noexcept = default;
Station& Station::operator=(Station&&) noexcept = default;

void Station::opened(Us now, Frames& frames) {
    state_->open = true;
    // A mere reconnect needs no BootNotification.
    if (!state_->booted) say(*state_, Saying{Kind::boot, 0, now}, true);
    after_sending(*state_, now);
    pump(*state_, now, frames);
}

void Station::closed(Us) {
    state_->open = false;
    state_->boot_us = model::never;
    if (!state_->sent) return;
    // Not answered for sure: what belongs to a transaction is said again.
    Saying saying = std::move(state_->sent->saying);
    state_->sent.reset();
    if (saying.of_transaction() || saying.kind == Kind::status) say(*state_, std::move(saying), true);
}

void Station::receive(Us now, std::string_view frame, Frames& frames) {
    const Received received = read_frame(frame);
    switch (received.kind) {
        case Received::Kind::call:
            take_call(*state_, now, received, frames);
            break;
        case Received::Kind::result:
            if (state_->sent && state_->sent->id == received.id) {
                const Saying saying = std::move(state_->sent->saying);
                state_->sent.reset();
                state_->dialect->heard(*state_, now, saying, received.payload);
            }
            break;
        case Received::Kind::error:
            if (state_->sent && state_->sent->id == received.id) not_heard(*state_, now);
            break;
        case Received::Kind::ignored:
            break;
        case Received::Kind::unreadable:
            if (received.answerable) {
                frames.push_back(error_frame(received.id, state_->options.version, received.fault, received.text));
            }
            break;
    }
    pump(*state_, now, frames);
}

void Station::tick(Us now, Frames& frames) {
    if (state_->sent && state_->sent->deadline_us <= now) not_heard(*state_, now);
    if (state_->open && !state_->booted && state_->boot_us <= now) {
        state_->boot_us = model::never;
        say(*state_, Saying{Kind::boot, 0, now}, true);
    }
    update_states(*state_, now);
    meters_due(*state_, now);
    if (state_->open && state_->booted && state_->heartbeat_us <= now) {
        say(*state_, Saying{Kind::heartbeat, 0, now});
        after_sending(*state_, now);
    }
    pump(*state_, now, frames);
}

Us Station::next_due() const {
    Us due_us = model::never;
    if (state_->sent) due_us = std::min(due_us, state_->sent->deadline_us);
    if (state_->open) due_us = std::min({due_us, state_->booted ? state_->heartbeat_us : state_->boot_us});
    for (const Evse& evse : state_->evses) due_us = std::min(due_us, evse.meter_us);
    return due_us;
}

void Station::plug_in(Us now, std::uint16_t number, std::string_view token, Frames& frames) {
    Evse* evse = state_->evse(number);
    if (!evse || evse->plugged) return;
    evse->plugged = true;
    evse->token = token;
    set_state(*state_, now, *evse, OutletState::preparing);
    if (state_->open && state_->booted) {
        Saying saying{Kind::authorize, number, now};
        saying.token = token;
        say(*state_, std::move(saying));
    } else {
        begin_charge(*state_, now, *evse, token);
    }
    pump(*state_, now, frames);
}

void Station::unplug(Us now, std::uint16_t number, Frames& frames) {
    Evse* evse = state_->evse(number);
    if (!evse || !evse->plugged) return;
    evse->plugged = false;
    if (evse->charge) end_charge(*state_, now, *evse, "EVDisconnected");
    set_state(*state_, now, *evse, OutletState::available);
    pump(*state_, now, frames);
}

void Station::meter(Us, std::uint16_t number, double power_w, double energy_wh, std::optional<double> soc) {
    Evse* evse = state_->evse(number);
    if (!evse) return;
    evse->power_w = power_w;
    evse->energy_wh = energy_wh;
    evse->soc = soc;
}

void Station::suspend_ev(Us now, std::uint16_t number, bool suspended, Frames& frames) {
    Evse* evse = state_->evse(number);
    if (!evse) return;
    evse->ev_suspended = suspended;
    update_states(*state_, now);
    pump(*state_, now, frames);
}

double Station::limit_w(Us now, std::uint16_t number) const {
    const Evse* evse = state_->evse(number);
    if (!evse || !evse->charge) return 0;
    if (state_->options.behaviour == Behaviour::accept_and_ignore) return state_->hardware_w();
    const double limit = state_->profiles.limit_w(now, state_->context(*evse));
    return limit < state_->lowest_w() - 0.5 ? 0 : limit;
}

void Station::clock_set(Us by_us) {
    const auto shift = [by_us](Us& due_us) {
        if (due_us != model::never) due_us += by_us;
    };
    shift(state_->boot_us);
    shift(state_->heartbeat_us);
    if (state_->sent) shift(state_->sent->deadline_us);
    for (Evse& evse : state_->evses) shift(evse.meter_us);
}

void Station::behave(Behaviour behaviour) {
    state_->options.behaviour = behaviour;
}
bool Station::booted() const {
    return state_->booted;
}
OutletState Station::state(std::uint16_t evse) const {
    const Evse* found = state_->evse(evse);
    return found ? found->state : OutletState::unknown;
}
std::string Station::transaction(std::uint16_t evse) const {
    const Evse* found = state_->evse(evse);
    return found && found->charge ? state_->number_of_charge(*found->charge) : std::string();
}
std::size_t Station::profiles() const {
    return state_->profiles.all().size();
}
std::string Station::setting(std::string_view name) const {
    const Setting* found = state_->setting(name);
    return found ? found->value : std::string();
}

}  // namespace busbar::ocpp
