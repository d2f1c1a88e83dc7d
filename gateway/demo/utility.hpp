// The demo's utility: an OpenADR 3 business-logic client that makes a programme, posts one event with three intervals and
// reads the report until every number in it is final.
#pragma once

#include <optional>
#include <vector>

#include "gateway/demo/scenario.hpp"
#include "gateway/demo/switchboard.hpp"
#include "protocols/openadr/v3/client.hpp"

namespace busbar::demo {

struct Ordered {
    model::Us start_us = 0, end_us = 0;
    double power_w = 0;  // net, + = consumption
};

class Utility : public Agent {
  public:
    // `kilowatts`: one interval each, of `interval_us`, the first at `start_us`.
    Utility(const Scenario& scenario, model::Us start_us, model::Us interval_us, const std::vector<double>& kilowatts);
    void tick(model::Us now, Switchboard& switchboard) override;
    void response(model::Us now, Switchboard& switchboard, net::RequestId id, const http::Response& response) override;
    void failed(model::Us now, Switchboard& switchboard, net::RequestId id, const std::string& reason) override;

    const std::vector<Ordered>& ordered() const { return ordered_; }
    bool has_posted() const { return !client_.event_id().empty(); }
    bool has_report() const { return client_.stage() == openadr::v3::Client::Stage::done && !client_.reports().empty(); }
    bool was_refused() const { return client_.stage() == openadr::v3::Client::Stage::refused; }
    const std::string& event_id() const { return client_.event_id(); }
    const std::string& problem() const { return client_.problem(); }
    // As reported for interval `index`; nothing if the report does not say.
    std::optional<double> reported_wh(std::size_t index) const;

  private:
    const Scenario& scenario_;
    std::vector<Ordered> ordered_;
    openadr::v3::Client client_;
};

}  // namespace busbar::demo
