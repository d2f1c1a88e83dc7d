#include "gateway/demo/switchboard.hpp"

#include <utility>

#include "gateway/app/clock.hpp"

namespace busbar::demo {

net::RequestId Switchboard::request(Agent& agent, net::ClientRequest request) {
    const net::RequestId id = network_.request(std::move(request));
    requests_[id] = &agent;
    return id;
}

net::ConnectionId Switchboard::connect(Agent& agent, net::SocketRequest request) {
    const net::ConnectionId id = network_.connect_websocket(std::move(request));
    connections_[id] = &agent;
    return id;
}

void Switchboard::send(net::ConnectionId connection, std::string text) {
    network_.send(connection, std::make_shared<const std::string>(std::move(text)));
}

void Switchboard::close(net::ConnectionId connection, std::string reason) {
    network_.close(connection, 1000, std::move(reason));
}

template <class Id>
Agent* Switchboard::take(std::unordered_map<Id, Agent*>& agents, Id id) {
    const auto found = agents.find(id);
    if (found == agents.end()) return nullptr;
    Agent* agent = found->second;
    agents.erase(found);
    return agent;
}

void Switchboard::pump(model::Us timeout_us) {
    events_.clear();
    network_.wait(timeout_us, events_);
    const model::Us now = app::wall_clock_us();
    for (net::Event& event : events_) {
        if (auto* response = std::get_if<net::ResponseArrived>(&event)) {
            if (Agent* agent = take(requests_, response->id)) agent->response(now, *this, response->id, response->response);
        } else if (auto* failed = std::get_if<net::RequestFailed>(&event)) {
            if (Agent* agent = take(requests_, failed->id)) agent->failed(now, *this, failed->id, failed->reason);
        } else if (auto* closed = std::get_if<net::ConnectionClosed>(&event)) {
            if (Agent* agent = take(connections_, closed->connection))
                agent->closed(now, *this, closed->connection, closed->reason);
        } else if (auto* open = std::get_if<net::SocketConnected>(&event)) {
            if (const auto found = connections_.find(open->connection); found != connections_.end())
                found->second->connected(now, *this, open->connection);
        } else if (auto* text = std::get_if<net::TextArrived>(&event)) {
            if (const auto found = connections_.find(text->connection); found != connections_.end())
                found->second->text(now, *this, text->connection, text->text);
        }
    }
}

}  // namespace busbar::demo
