// What an operator sees of the running gateway, asked every half second over its REST interface: the demo's table shows
// this beside what the devices really do.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gateway/api/bodies.hpp"
#include "gateway/demo/scenario.hpp"
#include "gateway/demo/switchboard.hpp"

namespace busbar::demo {

class OperatorView : public Agent {
  public:
    explicit OperatorView(const Scenario& scenario) : scenario_(scenario) {}
    void tick(model::Us now, Switchboard& switchboard) override;
    void response(model::Us now, Switchboard& switchboard, net::RequestId id, const http::Response& response) override;
    void failed(model::Us now, Switchboard& switchboard, net::RequestId id, const std::string& reason) override;

    bool answered() const { return answered_; }  // since the start, or since forget()
    void forget() { answered_ = false; }
    const std::vector<api::NodeAnswer>& nodes() const { return nodes_; }
    const std::vector<api::ResourceAnswer>& resources() const { return resources_; }
    const std::vector<api::EventAnswer>& events() const { return events_; }
    const std::vector<api::CommandAnswer>& commands() const { return commands_; }

  private:
    void ask(Switchboard& switchboard, const char* target, net::RequestId& id);

    const Scenario& scenario_;
    model::Us due_us_ = 0;
    net::RequestId nodes_id_ = 0, resources_id_ = 0, events_id_ = 0, commands_id_ = 0;
    bool answered_ = false;
    std::vector<api::NodeAnswer> nodes_;
    std::vector<api::ResourceAnswer> resources_;
    std::vector<api::EventAnswer> events_;
    std::vector<api::CommandAnswer> commands_;
};

}  // namespace busbar::demo
