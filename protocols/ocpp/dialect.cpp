// What the versions have in common: the right line of the right table.
#include "protocols/ocpp/dialect.hpp"

namespace busbar::ocpp {

namespace {

const Dialect& dialect_of(const Turn& turn) {
    return turn.peer.version == Version::v16 ? dialect_v16 : dialect_v201;
}

// nullptr: the operator's own words.
const Phrase* phrase_of(const Turn& turn, Task task) {
    const Dialect& dialect = dialect_of(turn);
    switch (task) {
        case Task::learn:
            return &dialect.learn;
        case Task::configure:
            return &dialect.configure;
        case Task::ask_boot:
            return &dialect.ask_boot;
        case Task::fallback:
        case Task::command:
            return &dialect.profile;
        case Task::clear:
            return &dialect.clear;
        case Task::compare:
        case Task::verify:
            return &dialect.composite;
        case Task::request:
            return nullptr;
    }
    return nullptr;
}

}  // namespace

Reply answer_call(Turn& turn, std::string_view action, std::string_view payload) {
    for (const Handler& handler : dialect_of(turn).handlers) {
        if (handler.action == action) return handler.answer(turn, action, payload);
    }
    return {{}, ErrorCode::not_implemented, "no such action here: " + std::string(action), {}};
}

std::optional<Rendered> render(Turn& turn, Work& work) {
    const Phrase* phrase = phrase_of(turn, work.task);
    return phrase ? phrase->render(turn, work) : Rendered{work.action, work.payload};
}

wire::Failure answered(Turn& turn, const Work& work, std::string_view payload) {
    if (const Phrase* phrase = phrase_of(turn, work.task)) return phrase->answered(turn, work, payload);
    turn.notice(model::Severity::info, "call_answered", work.action + ": " + std::string(payload));
    return std::nullopt;
}

wire::Failure check_request(const Turn& turn, std::string_view action, std::string_view payload) {
    for (const Question& question : dialect_of(turn).questions) {
        if (question.action == action) return question.check(payload);
    }
    return wire::Error{wire::Fault::unknown_type, "", std::string(action) + " is not spoken here"};
}

}  // namespace busbar::ocpp
