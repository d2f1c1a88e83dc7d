#include "tests/sim/comparison.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <utility>

#include "tests/sim/configuration.hpp"
#include "tests/sim/device.hpp"
#include "tests/sim/gateway_host.hpp"
#include "tests/sim/utility.hpp"

namespace busbar::sim {
namespace {

constexpr Us begin_us = 1'780'333'200 * model::second_us;  // 2026-06-01T17:00:00Z
constexpr Us report_us = 10 * model::second_us;            // meters and polls
constexpr Us posted_us = begin_us + 50 * model::minute_us;
constexpr Us start_us = begin_us + model::hour_us;
constexpr Us end_us = start_us + model::hour_us;
constexpr int sites = 5;
constexpr double ordered_share = 0.55;  // of what the feeder takes when the event is posted
constexpr double site_share = 0.85;     // a site's hard limit, of the chargers that hang there

class Hour {
  public:
    Hour(Strategy strategy, std::uint64_t seed, int devices);
    Delivery run();

  private:
    std::string site_of(int number) const { return "site-" + std::to_string(number % sites + 1); }
    app::Config configuration(int devices);
    void add_charger(app::Config& config, int number);
    void add_battery(app::Config& config, int number);
    void misbehave(DeviceOptions& device);
    void flap(std::size_t device);
    void post();
    void order(const std::string& target, double power_w);
    void watch_limit(int place, Us now);

    Strategy strategy_;
    Random random_;
    World world_{begin_us};
    Network network_;
    Journal journal_{false};
    Grid grid_;
    Place place_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<std::size_t> flapping_;
    std::vector<std::unique_ptr<Utility>> utilities_;
    GatewayHost host_;
    double ordered_w_ = 0;
    std::vector<double> register_wh_;
    std::vector<Us> over_since_us_;
    double breach_s_ = 0;
};

Hour::Hour(Strategy strategy, std::uint64_t seed, int devices)
    : strategy_(strategy),
      random_(seed),
      network_(world_, random_.fork("network")),
      grid_(world_),
      place_{world_, network_, grid_, GatewayHost::ocpp, GatewayHost::ieee2030_5, report_us},
      host_(world_, network_, journal_, configuration(devices), random_.fork("gateway")) {}

app::Config Hour::configuration(int devices) {
    app::Config config = base_configuration(report_us, report_us);
    const auto add_node = [&](const std::string& id, const std::string& parent, double limit_w) {
        app::NodeConfig node;
        node.id = wire::Text<128, 1>(id);
        node.parent = parent;
        node.kind = parent.empty() ? model::NodeKind::feeder : model::NodeKind::site;
        if (limit_w > 0) node.import_limit_w = app::Watts(limit_w);
        config.nodes.push_back(node);
        grid_.add_place(app::node_of(node));
    };
    add_node("feeder-1", "", 0);
    const double chargers_at_a_site = 0.8 * devices / sites;
    for (int i = 0; i < sites; ++i) add_node(site_of(i), "feeder-1", site_share * chargers_at_a_site * 11'040);
    for (int i = 0; i < devices; ++i) i % 5 == 4 ? add_battery(config, i) : add_charger(config, i);
    return config;
}

void Hour::misbehave(DeviceOptions& device) {
    const std::int64_t draw = random_.between(0, 99);
    if (draw < 12) device.fault = {Fault::silent, start_us - 5 * model::minute_us, end_us};
    if (draw >= 12 && draw < 20) flapping_.push_back(devices_.size());
}

void Hour::add_charger(app::Config& config, int number) {
    char id[32];
    std::snprintf(id, sizeof id, "cp-%05d", number);
    config.devices.push_back(charger_configuration(id, site_of(number)));
    ChargerOptions charger;
    charger.device.enrolment = app::enrolment_of(config.devices.back());
    charger.device.poll_us = report_us;
    charger.device.meter_noise_ppm = 5'000;
    charger.v201 = random_.chance(500'000);
    charger.vehicle_max_w = random_.chance(300'000) ? 7'360 : 11'040;
    charger.uptake_ppm = random_.between(960'000, 1'000'000);
    charger.visits.push_back(
        {begin_us + random_.between(1, 1'200) * model::second_us, end_us + 2 * model::hour_us, 60'000});
    misbehave(charger.device);
    devices_.push_back(make_charger(place_, std::move(charger), random_.fork("charger")));
}

void Hour::add_battery(app::Config& config, int number) {
    char lfdi[48];
    std::snprintf(lfdi, sizeof lfdi, "%040X", static_cast<unsigned>(number));
    config.devices.push_back(
        der_configuration(lfdi, "battery-" + std::to_string(number), site_of(number), model::ResourceKind::storage));
    BatteryOptions battery;
    battery.device.enrolment = app::enrolment_of(config.devices.back());
    battery.device.poll_us = report_us;
    battery.device.meter_noise_ppm = 5'000;
    battery.charged_wh = 7'000;
    misbehave(battery.device);
    devices_.push_back(make_battery(place_, std::move(battery), random_.fork("battery")));
}

void Hour::flap(std::size_t device) {
    devices_[device]->lose_link(random_.between(20, 90) * model::second_us);
    if (world_.now() < end_us)
        world_.at(world_.now() + random_.between(120, 360) * model::second_us, [this, device] { flap(device); });
}

void Hour::order(const std::string& target, double power_w) {
    EventOrder order;
    order.name = "hour for " + target;
    order.target = target;
    order.start_us = start_us;
    order.interval_us = end_us - start_us;
    order.powers_w = {power_w};
    utilities_.push_back(std::make_unique<Utility>(world_, network_, GatewayHost::openadr3, std::move(order)));
    utilities_.back()->wake(world_.now());
}

void Hour::post() {
    const PlaceState& feeder = grid_.places()[1];
    const double now_w = feeder.power_w;
    ordered_w_ = ordered_share * now_w;
    if (strategy_ == Strategy::closed_loop) return order("feeder-1", ordered_w_);
    double least_w = 0, most_w = 0;
    for (const DeviceState& device : grid_.devices()) {
        least_w += device.least_w;
        most_w += device.most_w;
    }
    const double share = (ordered_w_ - least_w) / (most_w - least_w);
    const double change_w = (ordered_w_ - now_w) / static_cast<double>(grid_.devices().size());
    for (const DeviceState& device : grid_.devices()) {
        const double part_w = device.least_w + share * (device.most_w - device.least_w);
        const double equal_w = std::clamp(device.power_w + change_w, device.least_w, device.most_w);
        order(device.id, strategy_ == Strategy::pro_rata ? part_w : equal_w);
    }
}

void Hour::watch_limit(int index, Us now) {
    const PlaceState& place = grid_.places()[static_cast<std::size_t>(index)];
    over_since_us_.resize(grid_.places().size(), model::never);
    Us& since_us = over_since_us_[static_cast<std::size_t>(index)];
    if (since_us != model::never && now > start_us)
        breach_s_ += static_cast<double>(now - std::max(since_us, start_us)) / 1e6;
    since_us = place.power_w > 1.02 * place.import_limit_w ? now : model::never;
}

Delivery Hour::run() {
    grid_.on_change = [this](int place, Us now) { watch_limit(place, now); };
    host_.start();
    for (const auto& device : devices_) world_.wake(*device, begin_us + random_.between(0, 60) * model::second_us);
    for (const std::size_t device : flapping_)
        world_.at(start_us - random_.between(1, 300) * model::second_us, [this, device] { flap(device); });
    world_.at(posted_us, [this] { post(); });
    for (Us at = start_us; at <= end_us; at += 5 * model::minute_us)
        world_.at(at, [this] { register_wh_.push_back(grid_.energy_wh(1, world_.now())); });
    world_.run(end_us + model::minute_us);

    Delivery delivery;
    delivery.strategy = strategy_;
    delivery.ordered_wh = ordered_w_;
    delivery.delivered_wh = register_wh_.back() - register_wh_.front();
    for (std::size_t i = 1; i < register_wh_.size(); ++i)
        delivery.worst_five_minutes = std::max(
            delivery.worst_five_minutes, std::abs((register_wh_[i] - register_wh_[i - 1]) / (ordered_w_ / 12) - 1));
    delivery.breach_s = breach_s_;
    return delivery;
}

}  // namespace

std::string name_of(Strategy strategy) {
    constexpr const char* names[] = {"closed loop", "open-loop pro-rata", "equal split"};
    return names[static_cast<std::size_t>(strategy)];
}

Delivery deliver(Strategy strategy, std::uint64_t seed, int devices) {
    return Hour(strategy, seed, devices).run();
}

}  // namespace busbar::sim
