// One turn of the loop: what came in has been worked through, what became of it is gathered here, and only when the
// store has taken all of it does anything leave. That is how an answer is never given in vain.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "dispatch/model/input.hpp"
#include "gateway/net/net.hpp"
#include "gateway/store/store.hpp"

namespace busbar::app {

struct Answer {
    net::ConnectionId connection;
    http::Response response;
};
struct AcceptSocket {
    net::ConnectionId connection;
    std::string subprotocol;
};
struct SendText {
    net::ConnectionId connection;
    std::string text;
};
struct CloseSocket {
    net::ConnectionId connection;
    std::uint16_t code;
    std::string reason;
};
using Leaving = std::variant<Answer, AcceptSocket, SendText, CloseSocket>;

struct Turn {
    model::Us now = 0;
    std::vector<store::Entry> entries;
    std::vector<store::DocumentChange> documents;
    bool durable = false;  // something in it was, or will be, acknowledged to a peer
    std::vector<Leaving> leaving;
};

}  // namespace busbar::app
