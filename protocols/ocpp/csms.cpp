// The doors of the CSMS: who is let in, what comes from a socket, what the clock asks for. What is behind them stands
// in stations.cpp, transactions.cpp, calls.cpp, commands.cpp, discovery.cpp and the two dialects.
#include "protocols/ocpp/csms.hpp"

#include <algorithm>

#include "protocols/ocpp/csms_state.hpp"
#include "protocols/ocpp/kept.hpp"
#include "protocols/ocpp/leniency.hpp"

namespace busbar::ocpp {

using model::Severity;
using model::Us;

namespace {

// A station that does not answer is asked now and then as long as it is connected: it may only be busy, and without a
// boot it is never commanded.
constexpr int quick_boot_questions = 3;
constexpr Us slower = 30;

std::string resource_of(const model::Enrolment& enrolment, std::uint16_t outlet) {
    const std::string& base = enrolment.resource.empty() ? enrolment.id : enrolment.resource;
    return enrolment.outlets > 1 ? base + "/" + std::to_string(outlet) : base;
}

void set_due(Turn& turn) {
    Peer& peer = turn.peer;
    Us due_us = commands_next_due(peer);
    if (peer.flight) due_us = std::min(due_us, peer.flight->deadline_us);
    if (peer.connected && !peer.booted) due_us = std::min(due_us, peer.ask_boot_us);
    if (due_us == peer.due_us) return;
    auto& due = turn.csms.due;
    due.erase({peer.due_us, &peer});
    peer.due_us = due_us;
    if (due_us != model::never) due.insert({due_us, &peer});
}

// Ends every call into the CSMS: sends what may be sent, and says when it must be called again.
void finish(Turn& turn) {
    pump(turn);
    set_due(turn);
}

void ask_for_boot(Turn& turn) {
    Peer& peer = turn.peer;
    if (!peer.connected || peer.booted || peer.ask_boot_us > turn.now) return;
    const Us wait_us = turn.policy().boot_wait_us * (peer.asked_boot + 1 < quick_boot_questions ? 1 : slower);
    peer.asked_boot = std::min(peer.asked_boot + 1, quick_boot_questions);
    peer.ask_boot_us = turn.now + wait_us;
    enqueue(turn, Work{Task::ask_boot}, true);
}

bool repeats_matter(std::string_view action) {
    return action == "StartTransaction" || action == "StopTransaction" || action == "TransactionEvent";
}

// B01.FR.10, B02.FR.09: nothing but a BootNotification before one was accepted. 1.6 stations are known to report status
// first; they lose nothing by being heard.
bool barred_by_boot(const Turn& turn, std::string_view action) {
    if (turn.peer.booted || action == "BootNotification") return false;
    return turn.peer.version == Version::v201 || turn.policy().strict;
}

void answer_call(Turn& turn, const Received& call) {
    Peer& peer = turn.peer;
    const std::string& id = peer.enrolment.id;
    if (barred_by_boot(turn, call.action)) {
        ++peer.errors;
        if (peer.asked_boot == 0 && peer.ask_boot_us != model::never) peer.ask_boot_us = turn.now;
        turn.notice(Severity::warning, "not_booted", call.action + " before an accepted BootNotification; refused");
        turn.out.frames.push_back({id, error_frame(call.id, peer.version, ErrorCode::security_error,
                                                   "a BootNotification must be accepted first")});
        return;
    }
    const bool again = repeats_matter(call.action) && peer.answered_id == call.id && peer.answered_call == call.payload;
    if (again) {
        turn.out.frames.push_back({id, peer.answer});
        return;
    }
    const Reply reply = answer_call(turn, call.action, call.payload);
    std::string frame;
    if (reply.error) {
        ++peer.errors;
        const std::string code(name_of(*reply.error, peer.version));
        turn.notice(Severity::warning, "call_refused", call.action + ": " + code + ", " + reply.description);
        frame = error_frame(call.id, peer.version, *reply.error, reply.description, reply.details);
    } else {
        frame = result_frame(call.id, reply.payload);
        if (repeats_matter(call.action)) {
            peer.answered_id = call.id;
            peer.answered_call = call.payload;
            peer.answer = frame;
        }
    }
    turn.out.frames.push_back({id, std::move(frame)});
}

void answer_unreadable(Turn& turn, const Received& received) {
    ++turn.peer.errors;
    turn.notice(Severity::warning, "bad_frame", received.text);
    if (!received.answerable) return;
    ++turn.peer.sent;
    turn.out.frames.push_back(
        {turn.peer.enrolment.id, error_frame(received.id, turn.peer.version, received.fault, received.text)});
}

}  // namespace

Csms::Csms(Policy policy) : state_(std::make_unique<State>()) {
    state_->policy = std::move(policy);
}
Csms::~Csms() = default;
Csms::Csms(Csms&&) noexcept = default;
Csms& Csms::operator=(Csms&&) noexcept = default;

void Csms::enrol(Us now, const model::Enrolment& enrolment, Output& output) {
    Peer& peer = state_->peers[enrolment.id];
    Turn turn{*state_, peer, now, output};
    for (const Outlet& outlet : peer.outlets) state_->resources.erase(outlet.resource);
    const auto outlets = std::max<std::size_t>(enrolment.outlets, 1);
    // What is not its own any more: other names, fewer outlets.
    for (std::size_t i = 0; i < peer.outlets.size(); ++i) {
        const auto& told = peer.outlets[i].told;
        const bool stays = i < outlets && told && told->id == resource_of(enrolment, peer.outlets[i].number);
        if (!told || stays) continue;
        model::Input input;
        input.resource_gone = told->id;
        turn.input(std::move(input));
        peer.outlets[i].told.reset();
    }
    peer.enrolment = enrolment;
    peer.enrolled = true;
    peer.outlets.resize(outlets);
    for (std::size_t i = 0; i < outlets; ++i) {
        Outlet& outlet = peer.outlets[i];
        outlet.number = static_cast<std::uint16_t>(i + 1);
        outlet.resource = resource_of(enrolment, outlet.number);
        state_->resources[outlet.resource] = {&peer, outlet.number};
    }
    tell_resources(turn);
    finish(turn);
}

void Csms::remove(Us now, std::string_view station, Output& output) {
    const auto found = state_->peers.find(station);
    if (found == state_->peers.end()) return;
    Peer& peer = found->second;
    Turn turn{*state_, peer, now, output};
    lose_calls(turn, "the station was removed");
    if (peer.connected) output.closings.push_back({peer.enrolment.id, 1008, "no longer enrolled"});
    for (const Outlet& outlet : peer.outlets) {
        state_->resources.erase(outlet.resource);
        model::Input input;
        input.resource_gone = outlet.resource;
        turn.input(std::move(input));
    }
    output.changes.documents.push_back({std::string(kept_folder), peer.enrolment.id, {}});
    state_->due.erase({peer.due_us, &peer});
    state_->peers.erase(found);
}

void Csms::connected(Us now, std::string_view station, Version version, Output& output) {
    const auto found = state_->peers.find(station);
    if (found == state_->peers.end() || !found->second.enrolled) return;
    Peer& peer = found->second;
    Turn turn{*state_, peer, now, output};
    if (peer.connected) {
        turn.notice(Severity::info, "socket_replaced", "a newer connection takes the place of the older one");
        lose_calls(turn, "connection replaced");
    }
    if (peer.version != version) {
        // Another version is another station as far as its abilities go; it will boot.
        peer.version = version;
        peer.booted = false;
    }
    peer.connected = true;
    peer.heard_us = now;
    peer.asked_boot = 0;
    peer.ask_boot_us = turn.policy().quiet ? model::never : now + turn.policy().boot_wait_us;
    for (Outlet& outlet : peer.outlets) {
        outlet.asked = outlet.held = false;
        outlet.verify_us = model::never;
    }
    tell_resources(turn);
    if (peer.booted) {
        // A mere reconnect is not followed by a BootNotification. What the station holds may have been lost all the
        // same.
        if (!peer.learnt.done) start_learning(turn);
        for (Outlet& outlet : peer.outlets) reapply(turn, outlet);
    }
    finish(turn);
}

void Csms::disconnected(Us now, std::string_view station, Output& output) {
    const auto found = state_->peers.find(station);
    if (found == state_->peers.end() || !found->second.connected) return;
    Turn turn{*state_, found->second, now, output};
    found->second.connected = false;
    lose_calls(turn, "connection lost");
    tell_resources(turn);
    finish(turn);
}

void Csms::receive(Us now, std::string_view station, std::string_view frame, Output& output) {
    const auto found = state_->peers.find(station);
    if (found == state_->peers.end() || !found->second.connected) return;
    Peer& peer = found->second;
    Turn turn{*state_, peer, now, output};
    ++peer.received;
    peer.silence_us = now - peer.heard_us;
    peer.heard_us = now;
    const Received received = read_frame(frame, turn.policy().limits);
    switch (received.kind) {
        case Received::Kind::call:
            answer_call(turn, received);
            ++peer.sent;
            break;
        case Received::Kind::result:
            take_result(turn, received);
            break;
        case Received::Kind::error:
            take_error(turn, received);
            break;
        case Received::Kind::ignored:
            turn.notice(Severity::info, "unknown_message_type", received.text + "; ignored");
            break;
        case Received::Kind::unreadable:
            answer_unreadable(turn, received);
            break;
    }
    finish(turn);
}

void Csms::send(Us now, const model::Command& command, Output& output) {
    const auto found = state_->resources.find(command.resource);
    if (found == state_->resources.end()) {
        model::Input input;
        input.ack = model::Ack{command.id, command.resource, model::AckState::rejected, now, "no such outlet here"};
        output.changes.inputs.push_back(std::move(input));
        return;
    }
    Turn turn{*state_, *found->second.first, now, output};
    take_command(turn, *turn.peer.outlet(found->second.second), command);
    finish(turn);
}

wire::Failure Csms::request(Us now, std::string_view station, std::string_view action, std::string_view payload,
                            Output& output) {
    const auto found = state_->peers.find(station);
    if (found == state_->peers.end() || !found->second.connected) {
        return wire::Error{wire::Fault::missing, "", "the station is not connected"};
    }
    Turn turn{*state_, found->second, now, output};
    if (auto failure = check_request(turn, action, payload)) return failure;
    Work work{Task::request};
    work.action = action;
    work.payload = payload;
    enqueue(turn, std::move(work));
    finish(turn);
    return std::nullopt;
}

void Csms::tick(Us now, Output& output) {
    while (!state_->due.empty() && state_->due.begin()->at_us <= now) {
        Turn turn{*state_, *state_->due.begin()->peer, now, output};
        time_out(turn);
        ask_for_boot(turn);
        commands_due(turn);
        finish(turn);
    }
}

Us Csms::next_due() const {
    return state_->due.empty() ? model::never : state_->due.begin()->at_us;
}

bool Csms::knows_resource(std::string_view resource) const {
    return state_->resources.contains(resource);
}

wire::Failure Csms::restore(const model::Document& document) {
    if (document.folder != kept_folder || document.body.empty()) return std::nullopt;
    return restore_peer(state_->peers[document.key], document.body);
}

namespace {

StationView view_of(const std::string& id, const Peer& peer) {
    StationView view{id, peer.enrolment.name, peer.connected, peer.booted, peer.version};
    view.vendor = peer.vendor;
    view.model = peer.model_name;
    view.serial = peer.serial;
    view.firmware = peer.firmware;
    const ProfileLimits& limits = peer.learnt.profiles;
    view.rate_units = limits.amps ? (limits.watts ? "A,W" : "A") : (limits.watts ? "W" : "");
    view.max_stack_level = limits.max_stack_level;
    view.max_periods = limits.max_periods;
    view.heard_us = peer.heard_us;
    view.received = peer.received;
    view.sent = peer.sent;
    view.errors = peer.errors;
    view.mended = peer.mended;
    view.waiting = peer.queue.size();
    for (const Outlet& outlet : peer.outlets) {
        OutletView& row = view.outlets.emplace_back();
        row.resource = outlet.resource;
        row.state = outlet.state;
        if (outlet.transaction) row.transaction = outlet.transaction->id;
        if (outlet.transaction) row.token = outlet.transaction->token;
        if (outlet.wanted) row.command = outlet.wanted->id;
    }
    return view;
}

}  // namespace

std::vector<Mended> Csms::mended() const {
    std::vector<Mended> rows;
    for (const auto& [index, count] : state_->mended) {
        const Leniency& row = leniency_table()[index];
        rows.push_back({std::string(row.action), std::string(row.path), std::string(wire::name_of(row.fault)),
                        std::string(name_of(row.remedy)), count});
    }
    return rows;
}

std::optional<StationView> Csms::station(std::string_view id) const {
    const auto found = state_->peers.find(id);
    if (found == state_->peers.end() || !found->second.enrolled) return std::nullopt;
    return view_of(found->first, found->second);
}

std::vector<StationView> Csms::stations() const {
    std::vector<StationView> views;
    for (const auto& [id, peer] : state_->peers) {
        if (peer.enrolled) views.push_back(view_of(id, peer));
    }
    std::sort(views.begin(), views.end(),
              [](const StationView& left, const StationView& right) { return left.id < right.id; });
    return views;
}

}  // namespace busbar::ocpp
