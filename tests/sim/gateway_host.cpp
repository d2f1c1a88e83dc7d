#include "tests/sim/gateway_host.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace busbar::sim {
namespace {

// A loop that is always due would stand still in virtual time: it gets a millisecond each turn, but not for ever.
constexpr Us spin_step_us = model::second_us / 1000;
constexpr std::uint64_t most_spins = 2'000;

}  // namespace

GatewayHost::GatewayHost(World& world, Network& network, Journal& journal, app::Config config, Random random)
    : world_(world), network_(network), journal_(journal), config_(std::move(config)), random_(random) {
    log_.configure(observe::Format::text, observe::Level::silent);
    network_.set_gateway(this);
}

void GatewayHost::start() {
    if (gateway_) return;
    try {
        last_clock_us_ = clock();
        gateway_ = std::make_unique<app::Gateway>(
            config_,
            app::Surroundings{log_, network_, journal_, [this](std::size_t count) { return random_.bytes(count); }},
            last_clock_us_);
    } catch (const Crash&) {
        return fall();
    } catch (const std::exception& error) {
        if (on_broken) on_broken(std::string("it does not start: ") + error.what());
        return;
    }
    gateway_->serve({api, "operator", "", 0, false}, app::Role::api);
    gateway_->serve({ocpp, "ocpp", "", 0, true}, app::Role::ocpp);
    gateway_->serve({ieee2030_5, "ieee2030_5", "", 0, true}, app::Role::ieee2030_5);
    gateway_->serve({openadr3, "openadr3", "", 0, true}, app::Role::openadr3);
    network_.gateway_up();
    if (on_start) on_start();
    world_.wake(*this, world_.now());
}

void GatewayHost::die(Death death, Us down_us) {
    if (!gateway_) return;
    down_us_ = down_us;
    power_ = death != Death::power_loss;
    switch (death) {
        case Death::between_steps:
        case Death::power_loss:
            return fall();
        case Death::before_commit:
            return journal_.fail_next(StoreFault::crash_before_commit);
        case Death::after_commit:
            return journal_.fail_next(StoreFault::crash_after_commit);
        case Death::full_disk:
            return journal_.fail_next(StoreFault::refuses);
        case Death::while_sending:
            return network_.crash_after(static_cast<std::uint32_t>(random_.between(1, 6)));
    }
}

void GatewayHost::fall() {
    ++deaths_;
    gateway_.reset();
    journal_.fail_next(StoreFault::none);
    if (!std::exchange(power_, true)) journal_.lose_power();
    network_.gateway_down();
    world_.at(world_.now() + std::max<Us>(down_us_, model::second_us), [this] { start(); });
}

void GatewayHost::wake(Us now) {
    if (!gateway_) return;
    std::vector<net::Event> events = network_.take();
    spin_ = now - turned_us_ <= spin_step_us && events.empty() ? spin_ + 1 : 0;
    worst_spin_ = std::max(worst_spin_, spin_);
    if (spin_ > most_spins) {
        if (on_broken) on_broken("it turns and turns with nothing to do");
        gateway_.reset();  // and stays away: time would not pass any more
        return network_.gateway_down();
    }
    turned_us_ = now;
    last_clock_us_ = clock();
    try {
        gateway_->turn(last_clock_us_, events);
    } catch (const Crash&) {
        return fall();
    } catch (const store::StoreError&) {
        return fall();
    } catch (const std::exception& error) {
        if (on_broken) on_broken(std::string("a turn threw: ") + error.what());
        return fall();
    }
    const Us due = gateway_->next_due();
    if (due == model::never) return;
    world_.wake(*this, spin_ > 16 ? std::max(due - offset_us_, now + spin_step_us) : due - offset_us_);
}

}  // namespace busbar::sim
