#include "tests/sim/simulate.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <utility>

#include "tests/sim/configuration.hpp"
#include "tests/sim/reports_true.hpp"

namespace busbar::sim {
namespace {

constexpr Us begin_us = 1'780'272'000 * model::second_us;  // 2026-06-01T00:00:00Z
constexpr Us healed_hours = 4;                             // at the end of the day nothing fails any more
constexpr const char* upstream_url = "https://vtn.example";

class Day {
  public:
    explicit Day(const Options& options);
    Outcome run();

  private:
    Us hour(double hours) const { return begin_us + static_cast<Us>(hours * static_cast<double>(model::hour_us)); }
    Us between(Random& random, double from_h, double to_h) const { return random.between(hour(from_h), hour(to_h)); }

    app::Config configuration();
    void plan_tree(app::Config& config);
    void plan_devices(app::Config& config);
    DeviceOptions plan_device(app::DeviceConfig config);
    void plan_charger(app::Config& config, int number, const std::string& node);
    void plan_der(app::Config& config, int number, const std::string& node, bool battery);
    std::vector<Visit> plan_visits();
    void plan_faults();
    void plan_clocks();
    void plan_operator();
    void leave_to_operator(app::Config& config);
    void plan_events();
    void plan_last_event();
    void post(EventOrder order, bool upstream);
    void look_regularly(Us every_us);

    Options options_;
    Random random_;
    Us end_us_, heal_us_;
    Us meter_us_, poll_us_;
    World world_;
    Network network_;
    Journal journal_;
    Grid grid_;
    Place place_;
    std::vector<std::string> sites_, feeders_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::vector<Device*> managed_;  // by the operator; the configuration does not know them
    std::vector<std::unique_ptr<Utility>> utilities_;
    std::vector<EventOrder> orders_;
    UpstreamVtn vtn_;
    app::Config config_;
    GatewayHost host_;
    std::vector<Finding> findings_;
    Evidence evidence_;
    HardLimits hard_limits_;
    CommandsEnd commands_end_;
    NothingOutlives nothing_outlives_;
    Operator operator_;
    MetersBelieved meters_believed_;
    EnrolmentsHold enrolments_hold_;
    EnergyBalances energy_balances_;
    NothingLost nothing_lost_;
    ReplayIsExact replay_is_exact_;
    Converges converges_;
    ReportsTrue reports_true_;
};

// So many devices report and poll each quarter of an hour.
bool is_fleet(const Options& options) {
    return options.devices > 1000;
}

Us drawn(Random& random, int given_s, std::initializer_list<int> choices, bool fleet) {
    const auto index = static_cast<std::size_t>(random.between(0, static_cast<std::int64_t>(choices.size()) - 1));
    const int chosen = fleet ? 900 : *(choices.begin() + index);
    return (given_s > 0 ? given_s : chosen) * model::second_us;
}

Day::Day(const Options& options)
    : options_(options),
      random_(options.seed),
      end_us_(hour(options.hours)),
      heal_us_(hour(std::max(0, options.hours - static_cast<int>(healed_hours)))),
      meter_us_(drawn(random_, options.meter_s, {60, 300, 300, 300, 300, 300, 300, 900}, is_fleet(options))),
      poll_us_(drawn(random_, options.poll_s, {60, 300, 300, 300, 300, 300}, is_fleet(options))),
      world_(begin_us),
      network_(world_, random_.fork("network")),
      journal_(options.keep_journal),
      grid_(world_),
      place_{world_, network_, grid_, GatewayHost::ocpp, GatewayHost::ieee2030_5},
      vtn_(poll_us_),
      config_(configuration()),
      host_(world_, network_, journal_, config_, random_.fork("gateway")),
      evidence_{world_,    grid_,      host_,    journal_,
                devices_,  utilities_, orders_,  app::settings_of(config_.dispatch),
                meter_us_, poll_us_,   findings_},
      hard_limits_(evidence_),
      commands_end_(evidence_),
      nothing_outlives_(evidence_),
      operator_(world_, network_, GatewayHost::api),
      meters_believed_(evidence_),
      enrolments_hold_(evidence_, operator_),
      energy_balances_(evidence_),
      nothing_lost_(evidence_),
      replay_is_exact_(evidence_),
      converges_(evidence_),
      reports_true_(evidence_, vtn_) {
    network_.add_upstream(upstream_url, vtn_);
    if (is_fleet(options)) place_.step_us = 10 * model::minute_us;
    grid_.on_change = [this](int place, Us now) { hard_limits_.changed(place, now); };
    host_.on_start = [this] {
        hard_limits_.restart();
        meters_believed_.restart();
        world_.at(world_.now() + 5 * model::second_us, [this] { nothing_lost_.look(); });  // after its first turn
    };
    host_.on_broken = [this](const std::string& text) { evidence_.find("stays_up", text); };
}

// ---- what is there -------------------------------------------------------------------------------------------------

app::Config Day::configuration() {
    app::Config config = base_configuration(meter_us_, poll_us_);
    app::OpenAdr2bConfig upstream;
    upstream.name = wire::Text<64, 1>("upstream");
    upstream.url = wire::Text<1024, 1>(upstream_url);
    upstream.poll_s = app::Seconds(static_cast<double>(poll_us_) / 1e6);
    config.openadr2b.push_back(upstream);
    const auto meter_s = static_cast<double>(meter_us_) / 1e6;
    const double period_s = is_fleet(options_) ? 300 : std::clamp(meter_s / 10, 6.0, 60.0);
    if (is_fleet(options_)) config.ocpp->heartbeat_s = 3600;
    config.dispatch.control_period_s = app::Seconds(period_s);
    config.dispatch.report_period_s = app::Seconds(5 * period_s);
    plan_tree(config);
    plan_devices(config);
    return config;
}

void Day::plan_tree(app::Config& config) {
    const auto feeders = static_cast<int>(random_.between(1, 3));
    const int per_site = is_fleet(options_) ? 100 : 12;
    const int sites = std::max(feeders, options_.devices / per_site);
    const auto add = [&](const std::string& id, const std::string& parent, model::NodeKind kind, double installed_w) {
        app::NodeConfig node;
        node.id = wire::Text<128, 1>(id);
        node.parent = parent;
        node.kind = kind;
        if (random_.chance(350'000))
            node.import_limit_w = app::Watts(installed_w * static_cast<double>(random_.between(35, 80)) / 100);
        if (random_.chance(150'000))
            node.export_limit_w = app::Watts(installed_w * static_cast<double>(random_.between(10, 30)) / 100);
        config.nodes.push_back(node);
        grid_.add_place(app::node_of(node));
    };
    const double installed_w = 11'000.0 * options_.devices;
    for (int i = 0; i < feeders; ++i) {
        feeders_.push_back("feeder-" + std::to_string(i + 1));
        add(feeders_.back(), "", model::NodeKind::feeder, installed_w / feeders);
    }
    for (int i = 0; i < sites; ++i) {
        sites_.push_back("site-" + std::to_string(i + 1));
        add(sites_.back(), feeders_[static_cast<std::size_t>(i % feeders)], model::NodeKind::site, installed_w / sites);
    }
}

void Day::plan_devices(app::Config& config) {
    const bool many = is_fleet(options_);  // mostly chargers
    for (int i = 0; i < options_.devices; ++i) {
        const std::string& node =
            sites_[static_cast<std::size_t>(random_.between(0, static_cast<Us>(sites_.size()) - 1))];
        const std::int64_t draw = random_.between(0, 99);
        if (draw < (many ? 90 : 68))
            plan_charger(config, i, node);
        else
            plan_der(config, i, node, draw < (many ? 96 : 86));
    }
    leave_to_operator(config);
}

// Some devices stand in no file: the operator enrols them.
void Day::leave_to_operator(app::Config& config) {
    if (!options_.faults || options_.hours <= healed_hours + 2) return;
    Random random = Random(options_.seed).fork("operator");
    const std::int64_t ppm = is_fleet(options_) ? 5'000 : 100'000;
    std::vector<app::DeviceConfig> stay;
    for (std::size_t i = 0; i < devices_.size(); ++i) {
        if (random.chance(ppm))
            managed_.push_back(devices_[i].get());
        else
            stay.push_back(config.devices[i]);
    }
    config.devices = std::move(stay);
}

DeviceOptions Day::plan_device(app::DeviceConfig config) {
    DeviceOptions device;
    device.enrolment = app::enrolment_of(config);
    device.poll_us = poll_us_;
    device.meter_gain_ppm = random_.between(-5'000, 5'000);
    device.meter_noise_ppm = random_.between(0, 5'000);
    if (!options_.faults) return device;
    device.clock_skew_us = random_.chance(800'000) ? random_.between(-2, 2) * model::second_us
                                                   : random_.between(-120, 120) * model::second_us;
    const double last_h = options_.hours - static_cast<double>(healed_hours);
    if (last_h > 1 && random_.chance(250'000)) {
        constexpr std::array<Fault, 5> faults = {Fault::silent, Fault::refuses, Fault::ignores, Fault::late,
                                                 Fault::wrong_unit};
        device.fault.fault = faults[static_cast<std::size_t>(random_.between(0, 4))];
        device.fault.from_us = between(random_, 0.5, last_h);
        device.fault.until_us = std::min(heal_us_, device.fault.from_us + random_.between(1, 8) * model::hour_us);
    }
    if (last_h > 1 && random_.chance(100'000)) device.reboots_us.push_back(between(random_, 0.5, last_h));
    return device;
}

std::vector<Visit> Day::plan_visits() {
    std::vector<Visit> visits;
    if (random_.chance(500'000)) {
        Visit visit;
        visit.arrives_us = between(random_, 6.5, 11);
        visit.leaves_us = visit.arrives_us + random_.between(90, 420) * model::minute_us;
        visit.energy_wh = static_cast<double>(random_.between(5'000, 30'000));
        visits.push_back(visit);
    }
    if (random_.chance(850'000)) {
        Visit visit;
        visit.arrives_us = between(random_, 18.5, 21.5);
        if (random_.chance(300'000)) visit.arrives_us = begin_us + model::minute_us;  // it stood there at midnight
        if (!visits.empty() && visit.arrives_us < visits[0].leaves_us) return visits;
        visit.leaves_us = visit.arrives_us + random_.between(120, 720) * model::minute_us;
        visit.energy_wh = static_cast<double>(random_.between(8'000, 50'000));
        visits.push_back(visit);
    }
    return visits;
}

void Day::plan_charger(app::Config& config, int number, const std::string& node) {
    char id[32];
    std::snprintf(id, sizeof id, "cp-%05d", number);
    const app::DeviceConfig device = charger_configuration(id, node);
    config.devices.push_back(device);

    ChargerOptions charger;
    charger.device = plan_device(device);
    charger.v201 = random_.chance(500'000);
    charger.amps = random_.chance(700'000);
    charger.uptake_ppm = random_.between(960'000, 1'000'000);
    charger.visits = plan_visits();
    devices_.push_back(make_charger(place_, std::move(charger), random_.fork("charger")));
}

void Day::plan_der(app::Config& config, int number, const std::string& node, bool battery) {
    char lfdi[48];
    std::snprintf(lfdi, sizeof lfdi, "%08X%032X", static_cast<unsigned>(random_.next() >> 32),
                  static_cast<unsigned>(number));
    const app::DeviceConfig device =
        der_configuration(lfdi, (battery ? "battery-" : "pv-") + std::to_string(number), node,
                          battery ? model::ResourceKind::storage : model::ResourceKind::pv);
    config.devices.push_back(device);
    if (battery) {
        BatteryOptions options;
        options.device = plan_device(device);
        options.charged_wh = static_cast<double>(random_.between(1'000, 13'000));
        devices_.push_back(make_battery(place_, std::move(options), random_.fork("battery")));
    } else {
        ArrayOptions options;
        options.device = plan_device(device);
        options.rated_w = static_cast<double>(random_.between(3, 9)) * 1000;
        devices_.push_back(make_array(place_, std::move(options), random_.fork("array")));
    }
}

// ---- what goes wrong -----------------------------------------------------------------------------------------------

void Day::plan_faults() {
    if (!options_.faults) return;
    const double last_h = options_.hours - static_cast<double>(healed_hours);
    if (last_h <= 1) return;
    Random random = random_.fork("faults");
    Weather bad;
    bad.delay_high_us = random.between(50, 3'000) * 1'000;
    bad.request_lost_ppm = random.between(0, 20'000);
    bad.duplicated_ppm = random.between(0, 5'000);
    bad.cut_every_us = random.between(2, 24) * model::hour_us;
    bad.half_open_ppm = random.between(0, 600'000);
    bad.straggling_ppm = 500'000;
    world_.at(hour(0.4), [this, bad] { network_.set_weather(bad); });
    world_.at(heal_us_, [this] { network_.set_weather({}); });
    const auto disturb = [this] { energy_balances_.disturbed(); };
    world_.at(hour(0.4), disturb);
    world_.at(heal_us_, disturb);
    const std::int64_t deaths = random.between(0, 5);
    for (std::int64_t i = 0; i < deaths; ++i) {
        const auto death = static_cast<Death>(random.between(0, 5));
        const Us down_us = random.between(1, 300) * model::second_us;
        world_.at(between(random, 0.5, last_h - 0.2), [this, death, down_us] { host_.die(death, down_us); });
    }
    const std::int64_t jumps = random.between(0, 2);
    for (std::int64_t i = 0; i < jumps; ++i) {
        const Us by_us = random.between(-90, 90) * model::second_us;
        const Us at_us = between(random, 0.5, last_h - 1);
        world_.at(at_us, [this, by_us] { host_.jump_clock(by_us); });
        world_.at(at_us + model::hour_us / 2, [this, by_us] { host_.jump_clock(-by_us); });
    }
}

// Clocks of devices are set, and set right again. Nothing else is drawn from here: the rest of the day stays as it is.
void Day::plan_clocks() {
    const double last_h = options_.hours - static_cast<double>(healed_hours);
    if (!options_.faults || last_h <= 2) return;
    Random random = Random(options_.seed).fork("clocks");
    for (const auto& device : devices_) {
        if (!random.chance(200'000)) continue;
        const Us most_s = random.chance(400'000) ? 7'200 : 600;  // more is a wrong time zone
        const Us by_us = random.between(5, most_s) * model::second_us * (random.chance(500'000) ? 1 : -1);
        const Us at_us = between(random, 0.5, last_h - 1.5);
        const Us back_us = at_us + random.between(5, 240) * model::minute_us;
        world_.at(at_us, [&device, by_us] { device->set_clock(by_us); });
        world_.at(std::min(back_us, heal_us_), [&device, by_us] { device->set_clock(-by_us); });
    }
}

void Day::plan_operator() {
    Random random = Random(options_.seed).fork("operator's day");
    const double last_h = options_.hours - static_cast<double>(healed_hours) - 1;
    std::vector<OperatorPlan> plans;
    for (Device* device : managed_) {
        Us at_us = random.chance(700'000) ? between(random, 0, 0.3) : between(random, 0.3, last_h);
        plans.push_back({at_us, device, Deed::enrols});
        for (std::int64_t i = random.between(0, 2); i > 0; --i) {
            at_us += random.between(20, 600) * model::minute_us;
            const bool retires = random.chance(150'000);
            if (at_us > hour(last_h)) break;
            plans.push_back({at_us, device, retires ? Deed::retires : Deed::removes});
            if (retires) break;
            at_us = std::min(at_us + random.between(1, 90) * model::minute_us, hour(last_h));
            plans.push_back({at_us, device, Deed::enrols});
        }
    }
    operator_.plan(std::move(plans));
}

// ---- what is ordered -----------------------------------------------------------------------------------------------

void Day::post(EventOrder order, bool upstream) {
    orders_.push_back(order);
    if (upstream) {
        world_.at(order.start_us - model::hour_us, [this, order] { vtn_.put(order, world_.now()); });
        if (order.cancelled_us < model::never) world_.at(order.cancelled_us, [this, order] { vtn_.cancel(order); });
        return;
    }
    energy_balances_.watch(order);
    utilities_.push_back(std::make_unique<Utility>(world_, network_, GatewayHost::openadr3, std::move(order)));
}

void Day::plan_events() {
    Random random = random_.fork("events");
    const double last_h = options_.hours - static_cast<double>(healed_hours);
    const std::int64_t count = last_h > 4 ? random.between(3, 8) : 0;
    for (std::int64_t i = 0; i < count; ++i) {
        EventOrder order;
        order.name = "event-" + std::to_string(i + 1);
        const std::int64_t where = random.between(0, static_cast<Us>(feeders_.size()));
        order.target = where == 0 ? model::root_id : feeders_[static_cast<std::size_t>(where - 1)];
        order.start_us = between(random, 1.5, last_h - 2) / model::minute_us * model::minute_us;
        order.interval_us = random.between(1, 4) * 15 * model::minute_us;
        const std::int64_t intervals = random.between(1, 3);
        const double installed_w =
            11'000.0 * options_.devices / (where == 0 ? 1 : static_cast<double>(feeders_.size()));
        for (std::int64_t k = 0; k < intervals; ++k)
            order.powers_w.push_back(installed_w * static_cast<double>(random.between(-5, 40)) / 100);
        if (random.chance(200'000)) order.cancelled_us = order.start_us + random.between(-20, 20) * model::minute_us;
        if (order.end_us() > heal_us_) continue;
        const bool upstream = random.chance(250'000);
        const Us posted_us = order.start_us - random.between(2, 80) * model::minute_us;
        if (upstream)
            post(order, true);
        else
            world_.at(posted_us, [this, order] {
                post(order, false);
                utilities_.back()->wake(world_.now());
            });
    }
    if (options_.hours >= 6) world_.at(end_us_ - 170 * model::minute_us, [this] { plan_last_event(); });
}

// Posted in the healed world, with an order that can be delivered as far as anybody knows.
void Day::plan_last_event() {
    EventOrder order;
    order.name = "last";
    order.target = model::root_id;
    order.start_us = world_.now() + 10 * model::minute_us;
    order.interval_us = 80 * model::minute_us;
    const PlaceState& all = grid_.places()[0];
    order.powers_w = {all.least_w + (all.most_w - all.least_w) * 0.45};
    converges_.watch(order);
    post(order, false);
    utilities_.back()->wake(world_.now());
}

// ---- the day -------------------------------------------------------------------------------------------------------

void Day::look_regularly(Us every_us) {
    commands_end_.look();
    nothing_outlives_.look();
    meters_believed_.look();
    enrolments_hold_.look();
    if (world_.now() + every_us <= end_us_)
        world_.at(world_.now() + every_us, [this, every_us] { look_regularly(every_us); });
}

Outcome Day::run() {
    plan_faults();
    plan_clocks();
    plan_operator();
    plan_events();
    if (!is_fleet(options_) && options_.hours > healed_hours) reports_true_.watch(heal_us_ + 30 * model::minute_us);
    host_.start();
    Random random = random_.fork("start");
    for (const auto& device : devices_) world_.wake(*device, begin_us + random.between(0, 60) * model::second_us);
    world_.at(begin_us, [this] { look_regularly((is_fleet(options_) ? 30 : 5) * model::minute_us); });
    world_.run(end_us_);
    energy_balances_.end();
    nothing_lost_.end();
    replay_is_exact_.look();
    converges_.end();
    reports_true_.end();

    Outcome outcome;
    outcome.seed = options_.seed;
    outcome.hash = network_.hash() ^ (host_.gateway() ? host_.gateway()->core().state_hash() : 0);
    outcome.findings = findings_;
    outcome.frames = network_.frames();
    outcome.entries = journal_.counters().entries;
    outcome.deaths = host_.deaths();
    outcome.cuts = network_.cuts();
    outcome.lost = network_.lost();
    outcome.events = static_cast<int>(orders_.size());
    outcome.healed_ratio = converges_.delivered_ratio();
    return outcome;
}

}  // namespace

Outcome simulate(const Options& options) {
    return Day(options).run();
}

}  // namespace busbar::sim
