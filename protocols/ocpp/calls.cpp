// One CALL at a time to each station, its time-out bound to its own message id. What cannot be sent yet waits in a
// queue of limited length; what the station answers is given to whoever asked.
#include <algorithm>

#include "protocols/ocpp/csms_state.hpp"

namespace busbar::ocpp {

using model::AckState;
using model::Severity;

namespace {

constexpr std::size_t lost_kept = 16;

std::string new_id(Turn& turn) {
    // Unique over all connections and restarts: time has moved on, and within one instant the count differs.
    return std::to_string(turn.now) + '-' + std::to_string(++turn.peer.calls % 1'000'000);
}

std::string action_words(const Work& work) {
    switch (work.task) {
        case Task::learn:
            return "asking for the configuration";
        case Task::configure:
            return "setting " + work.action;
        case Task::ask_boot:
            return "asking for a BootNotification";
        case Task::fallback:
            return "setting the fallback profile";
        case Task::command:
            return "setting the charging profile";
        case Task::clear:
            return "clearing the charging profile";
        case Task::compare:
        case Task::verify:
            return "asking for the composite schedule";
        case Task::request:
            return work.action;
    }
    return {};
}

// The flight that `id` answers, taken off; nothing (and a notice) if there is none.
std::optional<Work> land(Turn& turn, const std::string& id) {
    Peer& peer = turn.peer;
    if (peer.flight && peer.flight->id == id) {
        std::optional<Work> work = std::move(peer.flight->work);
        peer.flight.reset();
        return work;
    }
    const auto late = std::find(peer.lost.begin(), peer.lost.end(), id);
    if (late != peer.lost.end()) {
        peer.lost.erase(late);
        turn.notice(Severity::info, "late_answer", "answer to " + id + ", which had been given up; ignored");
    } else {
        turn.notice(Severity::warning, "unasked_answer", "answer to " + id + ", which was never asked; ignored");
    }
    return std::nullopt;
}

void give_up(Peer& peer, const std::string& id) {
    peer.lost.push_back(id);
    if (peer.lost.size() > lost_kept) peer.lost.pop_front();
}

// An answer that is no success, whatever kind.
void failed(Turn& turn, const Work& work, AckState state, const std::string& reason) {
    Peer& peer = turn.peer;
    switch (work.task) {
        case Task::learn:
            peer.learnt.done = true;
            turn.notice(Severity::info, "not_learnt", action_words(work) + ": " + reason + "; assuming little");
            break;
        case Task::ask_boot:
            if (state == AckState::rejected) {
                take_unbootable(turn, reason);
            } else {
                turn.notice(Severity::info, "boot_not_triggered", reason);
            }
            break;
        case Task::request:
        case Task::configure:
        case Task::verify:
            turn.notice(Severity::info, "call_failed", action_words(work) + ": " + reason);
            break;
        case Task::compare:
            turn.notice(Severity::info, "call_failed", action_words(work) + ": " + reason);
            compared(turn, work, std::nullopt);
            break;
        case Task::fallback:
        case Task::command:
        case Task::clear:
            work_failed(turn, work, state, reason);
            break;
    }
}

}  // namespace

void enqueue(Turn& turn, Work work, bool first) {
    if (turn.peer.queue.size() >= turn.policy().queue) {
        turn.notice(Severity::warning, "queue_full", action_words(work) + ": too many calls wait already");
        if (work.acknowledge)
            acknowledge(turn, work.command, AckState::rejected, "too many calls wait for the station");
        return;
    }
    if (first) {
        turn.peer.queue.push_front(std::move(work));
    } else {
        turn.peer.queue.push_back(std::move(work));
    }
}

void pump(Turn& turn) {
    Peer& peer = turn.peer;
    while (peer.connected && !peer.flight && !peer.queue.empty()) {
        Work work = std::move(peer.queue.front());
        peer.queue.pop_front();
        const auto rendered = render(turn, work);
        if (!rendered) continue;
        std::string id = new_id(turn);
        turn.out.frames.push_back({peer.enrolment.id, call_frame(id, rendered->action, rendered->payload)});
        ++peer.sent;
        peer.flight = Flight{std::move(work), std::move(id), turn.now + turn.policy().call_timeout_us};
    }
}

void take_result(Turn& turn, const Received& received) {
    auto work = land(turn, received.id);
    if (!work) return;
    const auto failure = answered(turn, *work, received.payload);
    if (!failure) return;
    // A bad answer is not answered: OCPP-J knows no error for it.
    ++turn.peer.errors;
    turn.notice(Severity::warning, "bad_answer", action_words(*work) + ": the answer is " + failure->text());
    failed(turn, *work, AckState::rejected, "its answer cannot be read: " + failure->text());
}

void take_error(Turn& turn, const Received& received) {
    auto work = land(turn, received.id);
    ++turn.peer.errors;
    if (!work) return;
    std::string words = received.code.empty() ? "CALLERROR" : received.code;
    if (!received.description.empty()) words += " (" + received.description + ")";
    failed(turn, *work, AckState::rejected, words);
}

void time_out(Turn& turn) {
    Peer& peer = turn.peer;
    if (!peer.flight || peer.flight->deadline_us > turn.now) return;
    const Work work = std::move(peer.flight->work);
    give_up(peer, peer.flight->id);
    peer.flight.reset();
    const auto seconds = turn.policy().call_timeout_us / model::second_us;
    turn.notice(Severity::warning, "call_timeout",
                action_words(work) + ": no answer within " + std::to_string(seconds) + " s");
    failed(turn, work, AckState::timeout, "no answer within " + std::to_string(seconds) + " s");
}

void lose_calls(Turn& turn, std::string_view reason) {
    Peer& peer = turn.peer;
    std::deque<Work> works;
    works.swap(peer.queue);
    if (peer.flight) {
        give_up(peer, peer.flight->id);
        works.push_front(std::move(peer.flight->work));
        peer.flight.reset();
    }
    for (const Work& work : works) {
        const bool profile = work.task == Task::fallback || work.task == Task::command || work.task == Task::clear;
        if (profile) work_failed(turn, work, AckState::timeout, std::string(reason));
        if (work.task == Task::compare && work.acknowledge)
            acknowledge(turn, work.command, AckState::timeout, std::string(reason));
        if (work.task == Task::request) {
            turn.notice(Severity::info, "call_failed", action_words(work) + ": " + std::string(reason));
        }
    }
}

}  // namespace busbar::ocpp
