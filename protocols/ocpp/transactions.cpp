// Who charges where, since when. A station's account of its own transactions is always acknowledged, even where it does
// not fit ours: a charger that is refused an answer repeats itself for ever.
#include <algorithm>

#include "protocols/ocpp/csms_state.hpp"

namespace busbar::ocpp {

using model::Severity;
using model::Us;

namespace {

constexpr std::size_t ended_kept = 8;

// Transaction numbers rise with time, so that a number from before a lost store is not given again.
std::int32_t next_number(const Peer& peer, Us now) {
    constexpr std::int64_t epoch_s = 1'700'000'000;
    const std::int64_t by_clock = std::clamp<std::int64_t>(now / model::second_us - epoch_s, 1, 2'000'000'000);
    return static_cast<std::int32_t>(std::max<std::int64_t>(peer.last_transaction + std::int64_t{1}, by_clock));
}

void begin(Turn& turn, Outlet& outlet, Transaction transaction) {
    if (outlet.transaction && outlet.transaction->id != transaction.id) {
        turn.notice(Severity::warning, "transaction_unfinished",
                    "transaction " + outlet.transaction->id + " never ended; " + transaction.id + " took its place");
        outlet.ended.push_back(outlet.transaction->id);
    }
    outlet.transaction = std::move(transaction);
    outlet.installed[static_cast<std::size_t>(Role::transaction)] = false;
}

void end(Outlet& outlet) {
    outlet.ended.push_back(outlet.transaction->id);
    if (outlet.ended.size() > ended_kept) outlet.ended.pop_front();
    outlet.transaction.reset();
    outlet.installed[static_cast<std::size_t>(Role::transaction)] = false;  // the station drops TxProfiles with it
    outlet.verify_us = model::never;
}

// A command that stands as a default profile holds for the new transaction; one that was given to the last one went
// with it.
void command_for_new_transaction(Turn& turn, Outlet& outlet) {
    if (!outlet.installed[static_cast<std::size_t>(Role::standing)]) reapply(turn, outlet);
}

// Suspended by either side, no energy is taken (1.6: 4.9 StatusNotification; 2.0.1: ChargingStateEnumType).
bool may_flow(OutletState state) {
    return state == OutletState::unknown || state == OutletState::charging;
}

bool has_ended(const Peer& peer, std::string_view id) {
    return std::any_of(peer.outlets.begin(), peer.outlets.end(), [&](const Outlet& outlet) {
        return std::find(outlet.ended.begin(), outlet.ended.end(), id) != outlet.ended.end();
    });
}

}  // namespace

void give_sample(Turn& turn, const Outlet& outlet, Us at_us, std::optional<std::int64_t> power_mw,
                 std::optional<std::int64_t> meter_wh) {
    model::Sample sample;
    sample.resource = outlet.resource;
    sample.measured_us = at_us;
    sample.received_us = turn.now;
    sample.power_mw = power_mw;
    constexpr std::int64_t most_wh = 1'000'000'000'000;
    if (meter_wh && *meter_wh >= 0 && *meter_wh < most_wh) sample.import_mwh = *meter_wh * 1000;
    model::Input input;
    input.sample = std::move(sample);
    turn.input(std::move(input));
}

void change_state(Turn& turn, Outlet& outlet, OutletState state, Us at_us) {
    if (may_flow(outlet.state) && !may_flow(state)) give_sample(turn, outlet, at_us, 0, std::nullopt);
    outlet.state = state;
}

Outlet* outlet_of_transaction(Peer& peer, std::string_view id) {
    for (Outlet& outlet : peer.outlets) {
        if (outlet.transaction && outlet.transaction->id == id) return &outlet;
    }
    return nullptr;
}

std::int32_t start_numbered(Turn& turn, std::int64_t number, std::string_view token, Us at_us, std::int64_t meter_wh) {
    Peer& peer = turn.peer;
    Outlet* outlet = peer.outlet(number == 0 && peer.outlets.size() == 1 ? 1 : number);
    // The answer to a first attempt may have been lost: the same start again is the same transaction.
    if (outlet && outlet->transaction && outlet->transaction->started_us == at_us &&
        outlet->transaction->token == token && outlet->transaction->meter_start_wh == meter_wh) {
        return static_cast<std::int32_t>(number_of(outlet->transaction->id).value_or(0));
    }
    peer.last_transaction = next_number(peer, turn.now);
    if (!outlet) {
        turn.notice(Severity::warning, "unknown_outlet",
                    "transaction on outlet " + std::to_string(number) + ", which it is not enrolled with");
        keep(turn);
        return peer.last_transaction;
    }
    begin(turn, *outlet, {std::to_string(peer.last_transaction), std::string(token), at_us, meter_wh, -1});
    give_sample(turn, *outlet, our_time(turn, at_us), std::nullopt, meter_wh);
    tell_resource(turn, *outlet);
    command_for_new_transaction(turn, *outlet);
    keep(turn);
    return peer.last_transaction;
}

bool stop_numbered(Turn& turn, std::int64_t number, Us at_us, std::int64_t meter_wh) {
    Outlet* outlet = outlet_of_transaction(turn.peer, std::to_string(number));
    if (!outlet) {
        turn.notice(Severity::warning, "unknown_transaction",
                    "StopTransaction of " + std::to_string(number) + ", which is not running here");
        return false;
    }
    end(*outlet);
    // 1.6 says the rest by StatusNotification; until it comes, nothing flows.
    if (outlet->state != OutletState::available) outlet->state = OutletState::finishing;
    give_sample(turn, *outlet, our_time(turn, at_us), 0, meter_wh);
    tell_resource(turn, *outlet);
    keep(turn);
    return true;
}

bool take_step(Turn& turn, const TransactionStep& step) {
    using Kind = TransactionStep::Kind;
    Peer& peer = turn.peer;
    Outlet* outlet = outlet_of_transaction(peer, step.id);
    if (!outlet && has_ended(peer, step.id)) return false;
    if (!outlet) {
        // The EVSE may be left out after the first message; with one outlet there is no doubt.
        const std::int64_t number = step.outlet == 0 && peer.outlets.size() == 1 ? 1 : step.outlet;
        outlet = peer.outlet(number);
        if (!outlet) {
            turn.notice(Severity::warning, "unknown_outlet",
                        "transaction " + step.id + " on outlet " + std::to_string(step.outlet));
            return false;
        }
        if (step.kind != Kind::started) {
            turn.notice(Severity::info, "transaction_start_missing", "transaction " + step.id + " began unheard");
        }
        begin(turn, *outlet, {step.id, step.token, step.at_us, 0, -1});
    }
    Transaction& transaction = *outlet->transaction;
    if (transaction.seq_no >= 0 && step.seq_no <= transaction.seq_no && step.kind != Kind::ended) return false;
    if (transaction.seq_no >= 0 && step.seq_no > transaction.seq_no + 1) {
        turn.notice(Severity::info, "transaction_gap",
                    "transaction " + step.id + ": seqNo " + std::to_string(transaction.seq_no) + " is followed by " +
                        std::to_string(step.seq_no));
    }
    const bool fresh = transaction.seq_no < 0;
    const bool plain =
        !fresh && step.kind == Kind::updated && step.token.empty() && (!step.state || *step.state == outlet->state);
    transaction.seq_no = step.seq_no;
    if (plain) return true;  // most are: meter values of a transaction that goes on
    if (!step.token.empty()) transaction.token = step.token;
    if (step.state) change_state(turn, *outlet, *step.state, our_time(turn, step.at_us));
    if (step.kind == Kind::ended) {
        end(*outlet);
        outlet->state = OutletState::finishing;
        give_sample(turn, *outlet, our_time(turn, step.at_us), 0, std::nullopt);
    } else if (fresh) {
        if (!step.state) outlet->state = OutletState::charging;
        command_for_new_transaction(turn, *outlet);
    }
    tell_resource(turn, *outlet);
    keep(turn);
    return true;
}

void take_readings(Turn& turn, std::int64_t number, const std::vector<Reading>& readings, Us measured_us) {
    const Outlet* outlet = turn.peer.outlet(number);
    if (!outlet) return;  // 0: the station's main meter, which is no outlet's
    auto sample = sample_of(readings, outlet->resource, measured_us, turn.now, turn.peer.electrical());
    if (!sample) return;
    model::Input input;
    input.sample = std::move(*sample);
    turn.input(std::move(input));
}

}  // namespace busbar::ocpp
