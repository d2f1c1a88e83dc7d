// A simulated device: a peer on the network, something physical behind it, and a meter of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/demo/physics.hpp"
#include "gateway/demo/scenario.hpp"
#include "gateway/demo/switchboard.hpp"

namespace busbar::demo {

class Device : public Agent {
  public:
    Device(std::string resource, std::string protocol, std::string node, Behaviour behaviour)
        : resource_(std::move(resource)), protocol_(std::move(protocol)), node_(std::move(node)), behaviour_(behaviour) {}

    virtual void advance(model::Us now, double seconds) = 0;  // physics; tick() is its protocol
    virtual void misbehave() {}  // from now on as its Behaviour says; until then every device is well

    const std::string& resource() const { return resource_; }  // as the gateway names it
    const std::string& protocol() const { return protocol_; }
    const std::string& node() const { return node_; }
    Behaviour behaviour() const { return behaviour_; }
    const Meter& meter() const { return meter_; }

  protected:
    std::string resource_, protocol_, node_;
    Behaviour behaviour_;
    Meter meter_;
};

std::unique_ptr<Device> make_charger(const Scenario& scenario, const ChargerSpec& spec, std::size_t index);
std::unique_ptr<Device> make_der(const Scenario& scenario, const DerSpec& spec, std::size_t index);

}  // namespace busbar::demo
