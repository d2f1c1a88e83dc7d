// The demo's own end of the network: each simulated peer is an Agent with connections and requests of its own, and the
// switchboard brings each what is for it.
#pragma once

#include <string>
#include <unordered_map>

#include "dispatch/model/units.hpp"
#include "gateway/net/net.hpp"

namespace busbar::demo {

class Switchboard;

class Agent {
  public:
    virtual ~Agent() = default;
    virtual void tick(model::Us now, Switchboard& switchboard) = 0;
    virtual void connected(model::Us, Switchboard&, net::ConnectionId) {}
    virtual void text(model::Us, Switchboard&, net::ConnectionId, const std::string&) {}
    virtual void closed(model::Us, Switchboard&, net::ConnectionId, const std::string& /*reason*/) {}
    virtual void response(model::Us, Switchboard&, net::RequestId, const http::Response&) {}
    virtual void failed(model::Us, Switchboard&, net::RequestId, const std::string& /*reason*/) {}
};

class Switchboard {
  public:
    net::RequestId request(Agent& agent, net::ClientRequest request);
    net::ConnectionId connect(Agent& agent, net::SocketRequest request);
    void send(net::ConnectionId connection, std::string text);
    void close(net::ConnectionId connection, std::string reason);
    // Waits at most `timeout_us` for something to come and hands it on.
    void pump(model::Us timeout_us);

  private:
    template <class Id>
    Agent* take(std::unordered_map<Id, Agent*>& agents, Id id);

    net::Network network_;
    std::unordered_map<net::RequestId, Agent*> requests_;
    std::unordered_map<net::ConnectionId, Agent*> connections_;
    std::vector<net::Event> events_;
};

}  // namespace busbar::demo
