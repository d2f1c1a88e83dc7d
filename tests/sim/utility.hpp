// Utilities: business-logic clients of the OpenADR 3 server, one for each event that they post, change or cancel; and a
// 2.0b VTN that the gateway polls.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "protocols/openadr/v2b/vtn.hpp"
#include "protocols/openadr/v3/client.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/world.hpp"

namespace busbar::sim {

struct EventOrder {
    std::string name, target;
    Us start_us = 0, interval_us = 0;
    std::vector<double> powers_w;    // one interval each, net, load convention
    Us cancelled_us = model::never;  // when its utility changes its mind
    Us end_us() const { return start_us + interval_us * static_cast<Us>(powers_w.size()); }
};

class Utility final : public Peer {
  public:
    Utility(World& world, Network& network, net::ListenerId listener, EventOrder order);

    void wake(Us now) override;
    void response(Us now, const http::Response& response) override;
    void failed(Us now, const std::string& reason) override;

    const EventOrder& order() const { return order_; }
    const std::string& event_id() const { return client_.event_id(); }  // "" = not acknowledged yet
    bool cancelled() const { return cancelled_; }                       // it has said so, and was heard
    std::string problem() const { return client_.problem(); }
    const openadr::v3::Client& client() const { return client_; }

  private:
    World& world_;
    Network& network_;
    net::ListenerId listener_;
    EventOrder order_;
    openadr::v3::Client client_;
    bool cancelling_ = false, cancelled_ = false;
};

// One interval of a TELEMETRY_USAGE report as it came.
struct UsageInterval {
    Us came_us = 0, from_us = 0, to_us = 0;
    double power_w = 0;  // mean
};

class UpstreamVtn final : public Upstream {
  public:
    static constexpr Us report_back_us = 5 * model::minute_us;

    explicit UpstreamVtn(Us poll_us);
    http::Response handle(Us now, const http::Request& request) override;
    const std::vector<UsageInterval>& usage() const { return usage_; }
    void put(const EventOrder& order, Us now);
    void cancel(const EventOrder& order) { vtn_.cancel_event(order.name); }

  private:
    void take(Us now, const openadr::v2b::OadrReport& report);
    openadr::v2b::Vtn vtn_;
    std::size_t taken_ = 0;  // of its reports
    std::vector<UsageInterval> usage_;
};

}  // namespace busbar::sim
