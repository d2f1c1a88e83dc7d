// A version of OCPP as tables, for the CSMS: what each message of a station means, how each Work is said and what its
// answer means, and what the operator may ask. One for each folder v16, v201. Internal to the folder.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "protocols/ocpp/csms_state.hpp"

namespace busbar::ocpp {

// A CALL of the station.
struct Handler {
    std::string_view action;
    Reply (*answer)(Turn& turn, std::string_view action, std::string_view payload);
};

struct Phrase {
    // Nothing: there is no need to say it any more.
    std::optional<Rendered> (*render)(Turn& turn, Work& work);
    // Its CALLRESULT. An unreadable one is told by the returned failure.
    wire::Failure (*answered)(Turn& turn, const Work& work, std::string_view payload);
};

// A request of the operator, checked against the record of its action.
struct Question {
    std::string_view action;
    wire::Failure (*check)(std::string_view payload);
};
template <class Request>
wire::Failure check_as(std::string_view payload) {
    Request request;
    return wire::from_json(payload, request);
}

struct Dialect {
    std::span<const Handler> handlers;
    Phrase learn, configure, ask_boot, profile, clear, composite;
    std::span<const Question> questions;
};
extern const Dialect dialect_v16;
extern const Dialect dialect_v201;

}  // namespace busbar::ocpp
