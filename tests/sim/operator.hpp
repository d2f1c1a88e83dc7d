// An operator at work: enrols devices and takes them away again, by the gateway's own REST interface, one request after
// the other. What is not answered is asked again.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/device.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/world.hpp"

namespace busbar::sim {

enum class Deed : std::uint8_t {
    enrols,
    removes,
    retires,  // removes, and the device is taken off the grid
};

struct OperatorPlan {
    Us at_us = 0;
    Device* device = nullptr;
    Deed deed = Deed::enrols;
};

class Operator final : public Peer {
  public:
    enum class Standing : std::uint8_t { absent, unsure, enrolled };
    struct Managed {
        Device* device = nullptr;
        Standing standing = Standing::absent;  // as the gateway has acknowledged it
        Us since_us = 0;
    };

    Operator(World& world, Network& network, net::ListenerId listener);

    void plan(std::vector<OperatorPlan> plans);  // begins as well
    void wake(Us now) override;
    void response(Us now, const http::Response& response) override;
    void failed(Us now, const std::string& reason) override;

    const std::vector<Managed>& devices() const { return devices_; }
    const std::string& problem() const { return problem_; }  // an answer that it did not expect

  private:
    Managed& managed(Device* device);

    World& world_;
    Network& network_;
    net::ListenerId listener_;
    std::vector<OperatorPlan> plans_;
    std::size_t next_ = 0;
    bool under_way_ = false;
    Us again_us_ = 0;
    std::vector<Managed> devices_;
    std::string problem_;
};

}  // namespace busbar::sim
