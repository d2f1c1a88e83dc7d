// Boot, status and what the core is told of each outlet; and the one document that is kept of each station.
#include <algorithm>

#include "protocols/ocpp/csms_state.hpp"
#include "protocols/ocpp/kept.hpp"

namespace busbar::ocpp {

using model::Severity;

namespace {

constexpr model::MilliW default_current_a = 32;

model::Capability capability_of(const Peer& peer) {
    const Electrical electrical = peer.electrical();
    const model::MilliW per_ampere_mw = electrical.voltage_mv * electrical.phases;
    model::Capability capability;
    capability.max_mw =
        peer.enrolment.rated_import_mw > 0 ? peer.enrolment.rated_import_mw : default_current_a * per_ampere_mw;
    capability.lowest_on_mw = std::min(6 * per_ampere_mw, capability.max_mw);  // IEC 61851: no car charges below 6 A
    capability.phases = electrical.phases;
    return capability;
}

bool is_operative(OutletState state) {
    return state != OutletState::faulted && state != OutletState::unavailable;
}

bool is_operative(const Outlet& outlet) {
    return outlet.connectors.empty() ||
           std::any_of(outlet.connectors.begin(), outlet.connectors.end(),
                       [](const Connector& each) { return is_operative(each.state); });
}

// A vehicle is there, in a transaction, and takes what it is offered. A suspended vehicle does not want more; a
// suspended outlet waits for us.
bool is_controllable(const Peer& peer, const Outlet& outlet) {
    if (!outlet.transaction || !is_operative(outlet) || !peer.operative) return false;
    switch (outlet.state) {
        case OutletState::suspended_ev:
        case OutletState::finishing:
        case OutletState::unavailable:
        case OutletState::faulted:
            return false;
        // 2.0.1 EVConnected: nothing flows yet. 1.6 stations start the transaction before they report Charging.
        case OutletState::available:
        case OutletState::preparing:
            return peer.version == Version::v16;
        default:
            return true;
    }
}

KeptStation kept_of(const Peer& peer) {
    KeptStation kept;
    kept.version = peer.version == Version::v16 ? 16 : 201;
    kept.booted = peer.booted;
    kept.vendor = peer.vendor;
    kept.model = peer.model_name;
    kept.serial = peer.serial;
    kept.firmware = peer.firmware;
    kept.amps = peer.learnt.profiles.amps;
    kept.watts = peer.learnt.profiles.watts;
    kept.maxStackLevel = peer.learnt.profiles.max_stack_level;
    kept.maxPeriods = peer.learnt.profiles.max_periods;
    kept.lastTransaction = peer.last_transaction;
    for (const Outlet& outlet : peer.outlets) {
        KeptOutlet& row = kept.outlets.emplace_back();
        row.state = outlet.state;
        row.fallbackMw = outlet.fallback_mw;
        for (std::size_t role = 0; role < role_count; ++role) {
            if (outlet.installed[role]) row.installed.push_back(static_cast<std::int32_t>(role));
        }
        if (!outlet.connectors.empty()) {
            auto& connectors = row.connectors.emplace();
            for (const Connector& each : outlet.connectors) connectors.push_back({each.number, each.state});
        }
        if (!outlet.transaction) continue;
        row.transaction = KeptTransaction{outlet.transaction->id, outlet.transaction->token,
                                          outlet.transaction->started_us, outlet.transaction->meter_start_wh};
    }
    return kept;
}

}  // namespace

std::string_view name_of(OutletState state) {
    return to_text(state);
}

void Turn::notice(model::Severity severity, std::string code, std::string text) {
    out.changes.notices.push_back({severity, std::move(code), peer.enrolment.id, std::move(text)});
}

bool token_accepted(const Turn& turn, std::string_view token) {
    const auto& tokens = turn.policy().tokens;
    return tokens.empty() || std::find(tokens.begin(), tokens.end(), token) != tokens.end();
}

bool take_boot(Turn& turn, const Boot& boot) {
    Peer& peer = turn.peer;
    // B01.FR.11, B01.FR.12: the serial number stated shall be the one certified. The certificate was compared with the
    // station's identity at admission; many stations state yet another number here.
    if (!peer.certificate.empty() && !boot.serial.empty() && boot.serial != peer.certificate) {
        turn.notice(Severity::security, "serial_mismatch",
                    "serial number " + boot.serial + " is not the certificate's " + peer.certificate);
        if (turn.policy().strict) {
            turn.out.closings.push_back({peer.enrolment.id, 1008, "serial number differs from the certificate's"});
            return false;
        }
    }
    peer.vendor = boot.vendor;
    peer.model_name = boot.model;
    peer.serial = boot.serial;
    peer.firmware = boot.firmware;
    peer.booted = true;
    peer.ask_boot_us = model::never;
    turn.notice(Severity::info, "station_booted", boot.vendor + " " + boot.model + ", firmware " + boot.firmware);
    tell_resources(turn);
    start_learning(turn);
    for (Outlet& outlet : peer.outlets) {
        for (Connector& each : outlet.connectors) each.at_us = 0;  // its clock may have begun anew
        outlet.asked = outlet.held = false;
        reapply(turn, outlet);
    }
    keep(turn);
    return true;
}

void take_unbootable(Turn& turn, std::string_view words) {
    Peer& peer = turn.peer;
    turn.notice(Severity::info, "boot_not_triggered", "asked for a BootNotification: " + std::string(words));
    if (peer.booted || turn.policy().strict) return;
    peer.booted = true;
    peer.ask_boot_us = model::never;
    tell_resources(turn);
    start_learning(turn);
    keep(turn);
}

namespace {

constexpr std::size_t most_connectors = 16;  // of an EVSE

// False: overtaken by a later one that came first, or one too many.
bool note_connector(Turn& turn, Outlet& outlet, const ConnectorStatus& status) {
    auto known = std::find_if(outlet.connectors.begin(), outlet.connectors.end(),
                              [&](const Connector& each) { return each.number == status.connector; });
    const std::string name = "outlet " + std::to_string(status.outlet);
    if (known == outlet.connectors.end()) {
        if (outlet.connectors.size() == most_connectors) {
            turn.notice(Severity::warning, "too_many_connectors",
                        name + " has more than " + std::to_string(most_connectors) + " connectors; connector " +
                            std::to_string(status.connector) + " is not listened to");
            return false;
        }
        known = outlet.connectors.insert(known, {status.connector, status.state, 0});
    }
    if (status.at_us != 0 && status.at_us < known->at_us) {
        turn.notice(Severity::info, "old_status", "status of " + name + " is out of date");
        return false;
    }
    known->state = status.state;
    if (status.at_us != 0) known->at_us = status.at_us;
    return true;
}

// Of an EVSE's connectors one can be in use. While it is, the others say that they are not available; what is not in
// use says nothing of a vehicle.
OutletState state_of(const std::vector<Connector>& connectors) {
    OutletState found = connectors.front().state;
    const auto is_rest = [](OutletState state) {
        return state == OutletState::available || state == OutletState::reserved || !is_operative(state);
    };
    for (const Connector& each : connectors) {
        if (!is_rest(each.state)) return each.state;
        if (!is_operative(found)) found = each.state;
    }
    return found;
}

// In 2.0.1 TransactionEvent tells what happens within a transaction. Of a connector's status only that counts which
// leaves no doubt: no cable, or out of order.
void hear_within_transaction(Turn& turn, Outlet& outlet, OutletState state, model::Us at_us) {
    if (!is_operative(state)) {
        give_sample(turn, outlet, at_us, 0, std::nullopt);
    } else if (state == OutletState::available) {
        change_state(turn, outlet, state, at_us);
    } else if (outlet.state == OutletState::available) {
        outlet.state = OutletState::charging;
    }
}

}  // namespace

void take_status(Turn& turn, const ConnectorStatus& status) {
    Peer& peer = turn.peer;
    if (status.outlet == 0) {
        peer.operative = is_operative(status.state);
        tell_resources(turn);
        return;
    }
    Outlet* outlet = peer.outlet(status.outlet);
    if (!outlet) {
        turn.notice(Severity::warning, "unknown_outlet",
                    "status of outlet " + std::to_string(status.outlet) + ", which it is not enrolled with");
        return;
    }
    if (!note_connector(turn, *outlet, status)) return;
    const OutletState state = state_of(outlet->connectors);
    const model::Us at_us = status.at_us != 0 ? status.at_us : turn.now;
    if (peer.version == Version::v16 || !outlet->transaction) {
        change_state(turn, *outlet, state, at_us);
    } else {
        hear_within_transaction(turn, *outlet, state, at_us);
    }
    tell_resource(turn, *outlet);
    keep(turn);
}

void hear_clock(Turn& turn, model::Us stated_us) {
    constexpr model::Us tolerance_us = 10 * model::second_us;
    if (!is_set(stated_us)) return;
    model::PeerClock& clock = turn.peer.clock;
    const model::Us before_us = clock.behind_us();
    clock.hear(stated_us, turn.now, turn.peer.silence_us, tolerance_us);
    const model::Us behind_us = clock.behind_us(), change_us = behind_us - before_us;
    if (change_us >= -model::minute_us && change_us <= model::minute_us) return;
    if (behind_us == 0) return turn.notice(Severity::info, "clock_right", "its clock is right again");
    turn.notice(Severity::warning, "clock_wrong",
                "its clock is " + std::to_string((behind_us > 0 ? behind_us : -behind_us) / model::second_us) + " s " +
                    (behind_us > 0 ? "behind" : "ahead") + "; what it says is taken by ours");
}

model::Us our_time(const Turn& turn, model::Us stated_us) {
    return is_set(stated_us) ? turn.peer.clock.gateway_time(stated_us, turn.now) : turn.now;
}

void tell_resource(Turn& turn, Outlet& outlet) {
    const Peer& peer = turn.peer;
    model::Resource resource;
    resource.id = outlet.resource;
    resource.parent = peer.enrolment.node;
    resource.kind = peer.enrolment.kind;
    resource.name = peer.enrolment.name.empty() ? peer.enrolment.id : peer.enrolment.name;
    if (peer.outlets.size() > 1) resource.name += " outlet " + std::to_string(outlet.number);
    resource.capability = capability_of(peer);
    resource.connected = peer.connected && peer.booted;
    resource.controllable = resource.connected && is_controllable(peer, outlet);
    const std::int32_t meter_s = turn.policy().meter_s > 0 ? turn.policy().meter_s : peer.learnt.meter_s.value_or(60);
    resource.settles_us = turn.policy().settles_us > 0 ? turn.policy().settles_us : (meter_s + 3) * model::second_us;
    if (outlet.told == resource) return;
    outlet.told = resource;
    model::Input input;
    input.resource = std::move(resource);
    turn.input(std::move(input));
}

void tell_resources(Turn& turn) {
    for (Outlet& outlet : turn.peer.outlets) tell_resource(turn, outlet);
}

void keep(Turn& turn) {
    std::string body = wire::to_json(kept_of(turn.peer));
    if (body == turn.peer.kept) return;
    turn.peer.kept = body;
    turn.out.changes.documents.push_back({std::string(kept_folder), turn.peer.enrolment.id, std::move(body)});
}

wire::Failure restore_peer(Peer& peer, std::string_view body) {
    KeptStation kept;
    if (auto failure = wire::from_json(body, kept)) return failure;
    peer.kept = body;
    peer.version = kept.version == 16 ? Version::v16 : Version::v201;
    peer.booted = kept.booted;
    peer.vendor = kept.vendor;
    peer.model_name = kept.model;
    peer.serial = kept.serial;
    peer.firmware = kept.firmware;
    peer.learnt.profiles = {kept.amps, kept.watts, kept.maxStackLevel, kept.maxPeriods};
    peer.last_transaction = kept.lastTransaction;
    peer.outlets.resize(std::max(peer.outlets.size(), kept.outlets.size()));
    for (std::size_t i = 0; i < kept.outlets.size(); ++i) {
        const KeptOutlet& row = kept.outlets[i];
        Outlet& outlet = peer.outlets[i];
        outlet.state = row.state;
        outlet.fallback_mw = row.fallbackMw;
        if (row.connectors) {
            for (const KeptConnector& each : *row.connectors) outlet.connectors.push_back({each.number, each.state, 0});
        }
        for (const std::int32_t role : row.installed) {
            if (role >= 0 && static_cast<std::size_t>(role) < role_count)
                outlet.installed[static_cast<std::size_t>(role)] = true;
        }
        // Kept is what was answered; one more may have been on its way when we ended.
        const Role on_its_way = row.transaction ? Role::transaction : Role::standing;
        outlet.installed[static_cast<std::size_t>(on_its_way)] = true;
        if (!row.transaction) continue;
        outlet.transaction = Transaction{row.transaction->id, row.transaction->token, row.transaction->startedUs,
                                         row.transaction->meterStartWh, -1};
    }
    return std::nullopt;
}

}  // namespace busbar::ocpp
