// Commands of the core as charging profiles. A command is the whole desired state of one outlet, so only the newest one
// matters: one that still waits is replaced, and what the station holds is replaced by profile id (K01.FR.05).
#include <algorithm>
#include <utility>

#include "protocols/ocpp/csms_state.hpp"

namespace busbar::ocpp {

using model::AckState;
using model::Command;
using model::CommandKind;
using model::Severity;
using model::Us;

namespace {

constexpr std::string_view held_already = "the station holds it already";

constexpr std::size_t index(Role role) {
    return static_cast<std::size_t>(role);
}

bool is_profile_work(const Work& work) {
    return work.task == Task::fallback || work.task == Task::command || work.task == Task::clear ||
           work.task == Task::compare;
}

bool holds_command(const Outlet& outlet) {
    return outlet.installed[index(Role::transaction)] || outlet.installed[index(Role::standing)];
}

// It has come back, and a profile of ours may be there still.
bool asks_first(const Turn& turn, const Outlet& outlet) {
    return !outlet.asked && !turn.policy().quiet && holds_command(outlet);
}

bool compares(const Work& work, const Outlet& outlet) {
    return work.task == Task::compare && work.outlet == outlet.number;
}

// What waits for this outlet is overtaken.
void supersede_waiting(Turn& turn, const Outlet& outlet, const Command& by) {
    auto& queue = turn.peer.queue;
    for (auto work = queue.begin(); work != queue.end();) {
        if (!is_profile_work(*work) || work->outlet != outlet.number) {
            ++work;
            continue;
        }
        if (work->acknowledge && work->command.id != by.id) {
            acknowledge(turn, work->command, AckState::superseded, "replaced by " + by.id + " before it was sent");
        }
        work = queue.erase(work);
    }
}

void enqueue_clear(Turn& turn, const Outlet& outlet, Role role, const Command& command, bool last) {
    Work work{Task::clear, outlet.number};
    work.role = role;
    work.command = command;
    work.acknowledge = last;
    enqueue(turn, std::move(work));
}

void take_release(Turn& turn, Outlet& outlet, const Command& command) {
    outlet.wanted.reset();
    outlet.renew_us = model::never;
    outlet.verify_us = model::never;
    std::size_t left = static_cast<std::size_t>(std::count(outlet.installed.begin(), outlet.installed.end(), true));
    // A profile that is on its way counts as installed from the moment it was sent.
    if (left == 0) {
        acknowledge(turn, command, AckState::accepted, "nothing of ours was set");
        return;
    }
    for (const Role role : {Role::transaction, Role::standing, Role::fallback}) {
        if (outlet.installed[index(role)]) enqueue_clear(turn, outlet, role, command, --left == 0);
    }
}

void settle_fallback(Turn& turn, Outlet& outlet, const Command& command) {
    const bool room = turn.peer.learnt.profiles.has_fallback_level() || outlet.transaction;
    const bool installed = outlet.installed[index(Role::fallback)];
    if (command.has_fallback && room && (!installed || outlet.fallback_mw != command.fallback_mw)) {
        Work work{Task::fallback, outlet.number};
        work.command = command;
        enqueue(turn, std::move(work));
    } else if (command.has_fallback && !room) {
        turn.notice(Severity::warning, "no_fallback",
                    "the station has one stack level only: no fallback below the command");
    } else if (!command.has_fallback && installed) {
        enqueue_clear(turn, outlet, Role::fallback, {}, false);
    }
}

void enqueue_command(Turn& turn, Task task, const Outlet& outlet, const Command& command, bool acknowledge) {
    Work work{task, outlet.number};
    work.command = command;
    work.acknowledge = acknowledge;
    enqueue(turn, std::move(work));
}

void say_command(Turn& turn, Outlet& outlet, const Command& command, bool acknowledge) {
    outlet.asked = true;  // from now on it holds what it is told
    settle_fallback(turn, outlet, command);
    enqueue_command(turn, Task::command, outlet, command, acknowledge);
}

bool asks_the_same(const Command& one, const Command& other) {
    return one.kind == other.kind && one.steps == other.steps && one.end_us == other.end_us &&
           one.has_fallback == other.has_fallback && one.fallback_mw == other.fallback_mw;
}

void take_setpoint(Turn& turn, Outlet& outlet, const Command& command, bool held) {
    if (held && outlet.wanted && asks_the_same(*outlet.wanted, command) && holds_command(outlet)) {
        outlet.wanted = command;
        acknowledge(turn, command, AckState::accepted, std::string(held_already));
        return;
    }
    auto& flight = turn.peer.flight;
    if (flight && compares(flight->work, outlet)) {  // the question that is on its way serves this command as well
        flight->work.command = command;
        flight->work.acknowledge = true;
        return;
    }
    if (asks_first(turn, outlet)) {
        enqueue_command(turn, Task::compare, outlet, command, true);
    } else {
        say_command(turn, outlet, command, true);
    }
}

void command_accepted(Turn& turn, Outlet& outlet, const Work& work) {
    const Profile& profile = *work.sent;
    if (work.acknowledge) acknowledge(turn, work.command, AckState::accepted, {});
    if (work.command.id != outlet.newest) return;  // the core has changed its mind meanwhile
    outlet.wanted = work.command;
    outlet.renew_us = profile.renew_us;
    // The command for a waiting outlet must not outlive the transaction that has its own now.
    if (profile.role == Role::transaction && outlet.installed[index(Role::standing)]) {
        enqueue_clear(turn, outlet, Role::standing, {}, false);
    }
    const Policy& policy = turn.policy();
    if (policy.verify_after_us > 0 && !policy.quiet && turn.now >= outlet.verified_us + policy.verify_gap_us) {
        outlet.verify_us = turn.now + policy.verify_after_us;
    }
}

// The station holds it already: nothing is sent, and it counts as told.
void command_held(Turn& turn, Outlet& outlet, const Work& work, const Profile& profile) {
    if (work.acknowledge) acknowledge(turn, work.command, AckState::accepted, std::string(held_already));
    outlet.held = !work.acknowledge;
    outlet.wanted = work.command;
    outlet.renew_us = profile.renew_us;
    outlet.verified_us = turn.now;
    settle_fallback(turn, outlet, work.command);
    keep(turn);
}

bool in_force(const std::optional<Command>& command, Us now) {
    return command && command->kind == CommandKind::setpoint && command->end_us > now;
}

}  // namespace

void acknowledge(Turn& turn, const Command& command, AckState state, std::string reason) {
    model::Input input;
    input.ack = model::Ack{command.id, command.resource, state, turn.now, std::move(reason)};
    turn.input(std::move(input));
}

void take_command(Turn& turn, Outlet& outlet, const Command& command) {
    Peer& peer = turn.peer;
    if (!peer.connected || !peer.booted) {
        acknowledge(turn, command, AckState::timeout, peer.connected ? "the station has not booted" : "not connected");
        return;
    }
    if (command.kind == CommandKind::setpoint && command.steps.empty()) {
        acknowledge(turn, command, AckState::rejected, "a setpoint needs at least one step");
        return;
    }
    supersede_waiting(turn, outlet, command);
    auto& flight = peer.flight;
    if (flight && compares(flight->work, outlet) && flight->work.acknowledge && flight->work.command.id != command.id) {
        acknowledge(turn, flight->work.command, AckState::superseded,
                    "replaced by " + command.id + " before it was sent");
        flight->work.acknowledge = false;
    }
    outlet.newest = command.id;
    const bool held = std::exchange(outlet.held, false);
    if (command.kind == CommandKind::release) {
        take_release(turn, outlet, command);
    } else {
        take_setpoint(turn, outlet, command, held);
    }
}

std::optional<Profile> profile_of(Turn& turn, Work& work) {
    Outlet& outlet = *turn.peer.outlet(work.outlet);
    const Electrical electrical = turn.peer.electrical();
    const ProfileLimits& limits = turn.peer.learnt.profiles;
    if (work.task == Task::fallback) {
        work.sent = fallback_profile(turn.now, work.command.fallback_mw, work.outlet, electrical, limits);
    } else {
        if (turn.now >= work.command.expires_us) return std::nullopt;
        if (turn.now >= work.command.end_us) {
            if (work.acknowledge) acknowledge(turn, work.command, AckState::aborted, "over before it could be sent");
            return std::nullopt;
        }
        const std::string transaction = outlet.transaction ? outlet.transaction->id : std::string();
        work.sent = command_profile(turn.now, work.command, work.outlet, transaction, electrical, limits);
    }
    bool& installed = outlet.installed[index(work.sent->role)];
    work.replaces = installed;
    installed = true;  // from now on it may be there, whatever becomes of the answer
    return work.sent;
}

void profile_answered(Turn& turn, const Work& work, bool accepted, const std::string& words) {
    Outlet& outlet = *turn.peer.outlet(work.outlet);
    if (!accepted) {
        work_failed(turn, work, AckState::rejected, words);
        return;
    }
    if (work.task == Task::fallback) {
        outlet.fallback_mw = work.command.fallback_mw;
    } else {
        command_accepted(turn, outlet, work);
    }
    keep(turn);
}

void clear_answered(Turn& turn, const Work& work, const std::string& words) {
    // "Unknown" is as good: it is not there.
    Outlet& outlet = *turn.peer.outlet(work.outlet);
    outlet.installed[index(work.role)] = false;
    if (work.acknowledge) acknowledge(turn, work.command, AckState::accepted, words == "Accepted" ? "" : words);
    keep(turn);
}

void work_failed(Turn& turn, const Work& work, AckState state, const std::string& reason) {
    // Refused: what was there before is there still.
    if (state == AckState::rejected && work.sent) {
        turn.peer.outlet(work.outlet)->installed[index(work.sent->role)] = work.replaces;
    }
    if (work.acknowledge) {
        acknowledge(turn, work.command, state, reason);
        return;
    }
    const char* what = work.task == Task::fallback ? "fallback profile: " : "charging profile: ";
    turn.notice(Severity::warning, "profile_failed", what + reason);
}

void composite_answered(Turn& turn, const Work& work, const std::optional<Composite>& composite) {
    if (work.task == Task::compare) return compared(turn, work, composite);
    const Outlet& outlet = *turn.peer.outlet(work.outlet);
    if (!outlet.wanted || outlet.wanted->id != work.command.id) return;  // overtaken meanwhile
    if (!composite) {
        turn.notice(Severity::info, "no_composite",
                    "outlet " + std::to_string(work.outlet) + ": no composite schedule");
        return;
    }
    const auto excess = excess_of(*composite, work.command, turn.now, turn.peer.electrical());
    if (!excess) return;
    turn.notice(Severity::warning, "composite_above_order",
                "outlet " + std::to_string(work.outlet) + ": the station means to allow " +
                    std::to_string(excess->composite_mw / 1000) + " W where " +
                    std::to_string(excess->ordered_mw / 1000) + " W were ordered and accepted");
}

std::int32_t asked_s(const Turn& turn, const Work& work) {
    constexpr std::int64_t least_s = 3'600;
    constexpr std::int64_t most_s = 86'400;
    if (work.task == Task::verify || work.command.steps.empty()) return least_s;
    const Us span_us = work.command.steps.back().start_us - turn.now + model::minute_us;
    return static_cast<std::int32_t>(std::clamp(span_us / model::second_us, least_s, most_s));
}

void compared(Turn& turn, const Work& work, const std::optional<Composite>& composite) {
    Outlet& outlet = *turn.peer.outlet(work.outlet);
    outlet.asked = true;
    const std::string current = work.acknowledge ? outlet.newest : outlet.wanted ? outlet.wanted->id : "";
    if (current != work.command.id || turn.now >= work.command.end_us) {
        if (work.acknowledge) acknowledge(turn, work.command, AckState::aborted, "over before it could be sent");
        return;
    }
    const std::string transaction = outlet.transaction ? outlet.transaction->id : std::string();
    const Electrical electrical = turn.peer.electrical();
    const Profile profile =
        command_profile(turn.now, work.command, work.outlet, transaction, electrical, turn.peer.learnt.profiles);
    std::optional<Composite> known = composite;
    if (known && known->duration_s == 0) known->duration_s = asked_s(turn, work);  // not said: as it was asked for
    if (known && holds_command(outlet) && follows(*known, profile, turn.now, electrical)) {
        command_held(turn, outlet, work, profile);
    } else {
        say_command(turn, outlet, work.command, work.acknowledge);
    }
}

void reapply(Turn& turn, Outlet& outlet) {
    if (!in_force(outlet.wanted, turn.now)) return;
    const auto waits = [&](const Work& work) {
        return compares(work, outlet) || (work.task == Task::command && work.outlet == outlet.number);
    };
    if (std::any_of(turn.peer.queue.begin(), turn.peer.queue.end(), waits)) return;
    if (turn.peer.flight && compares(turn.peer.flight->work, outlet)) return;
    const Task task = asks_first(turn, outlet) ? Task::compare : Task::command;
    outlet.asked = outlet.asked || task == Task::command;
    outlet.held = false;
    enqueue_command(turn, task, outlet, *outlet.wanted, false);
}

void commands_due(Turn& turn) {
    for (Outlet& outlet : turn.peer.outlets) {
        if (outlet.renew_us <= turn.now) {
            outlet.renew_us = model::never;
            if (turn.peer.connected) reapply(turn, outlet);
        }
        if (outlet.verify_us > turn.now) continue;
        outlet.verify_us = model::never;
        if (!turn.peer.connected || !in_force(outlet.wanted, turn.now)) continue;
        outlet.verified_us = turn.now;
        Work work{Task::verify, outlet.number};
        work.command = *outlet.wanted;
        enqueue(turn, std::move(work));
    }
}

Us commands_next_due(const Peer& peer) {
    Us due_us = model::never;
    for (const Outlet& outlet : peer.outlets) due_us = std::min({due_us, outlet.renew_us, outlet.verify_us});
    return due_us;
}

}  // namespace busbar::ocpp
