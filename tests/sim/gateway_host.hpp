// The gateway under test in its simulated process: it is woken when something has come or is due, its clock may be
// wrong, and it can die at any step and come back from its journal.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gateway/app/gateway.hpp"
#include "gateway/observe/log.hpp"
#include "tests/sim/journal.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/world.hpp"

namespace busbar::sim {

enum class Death : std::uint8_t {
    between_steps,
    before_commit,
    after_commit,   // durable, and nothing has left yet
    while_sending,  // a part has left
    power_loss,     // and what was not durable is gone
    full_disk,      // the journal refuses; the gateway gives up by itself
};

class GatewayHost final : public Actor {
  public:
    GatewayHost(World& world, Network& network, Journal& journal, app::Config config, Random random);

    void start();
    void die(Death death, Us down_us);  // now, or at the next step that fits
    void jump_clock(Us by_us) { offset_us_ += by_us; }
    void wake(Us now) override;

    const app::Gateway* gateway() const { return gateway_.get(); }  // nullptr while it is down
    Us clock() const { return world_.now() + offset_us_; }
    Us last_clock() const { return last_clock_us_; }  // of its last turn
    std::uint64_t deaths() const { return deaths_; }
    std::uint64_t idle_turns_at_once() const {
        return worst_spin_;
    }  // the most turns at one instant with nothing come in

    std::function<void()> on_start;                     // it is back
    std::function<void(const std::string&)> on_broken;  // it could not start, or threw what it must not throw

    static constexpr net::ListenerId api = 1, ocpp = 2, ieee2030_5 = 3, openadr3 = 4;

  private:
    void fall();

    World& world_;
    Network& network_;
    Journal& journal_;
    app::Config config_;
    Random random_;
    observe::Log log_;
    std::unique_ptr<app::Gateway> gateway_;
    Us offset_us_ = 0, last_clock_us_ = 0;
    Us down_us_ = 0;
    bool power_ = true;  // false: it dies of a power loss
    std::uint64_t deaths_ = 0, spin_ = 0, worst_spin_ = 0;
    Us turned_us_ = 0;
};

}  // namespace busbar::sim
