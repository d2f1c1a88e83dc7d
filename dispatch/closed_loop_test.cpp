// The loop closed over a small plant: chargers that ramp, take less than they may, are silent or refuse; solar plants
// and batteries; meters with noise, each at its own moment. What is judged is the energy that really flowed, not what
// the core believes.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <random>
#include <string>

#include "dispatch/core.hpp"

namespace busbar::dispatch {
namespace {

using model::MilliW;
using model::second_us;
using model::Us;

constexpr MilliW kw = 1'000'000;
constexpr Us t0 = 1'700'000'000 * second_us;
constexpr Us tick_us = second_us / 10;

enum class Temper { obeys, silent, refuses, deaf };  // deaf: accepts and does nothing

struct Device {
    model::Resource resource;
    Temper temper = Temper::obeys;
    double gain = 1.0;                   // of what it is told
    MilliW able_low = 0, able_high = 0;  // what it can really do
    MilliW free_power = 0;               // what it does untold
    Us ramp_us = 2 * second_us;          // over its whole range
    Us answer_us = 0;                    // until it acknowledges and begins
    Us sample_us = second_us, next_sample_us = 0;
    std::optional<model::Command> command;
    double power = 0;

    double wanted(Us now) const {
        if (!command || command->kind == model::CommandKind::release || now >= command->end_us) return free_power;
        const model::Step* step = nullptr;
        for (const auto& each : command->steps) {
            if (each.start_us <= now) step = &each;
        }
        if (step == nullptr) return free_power;
        const auto lowest = static_cast<double>(resource.capability.lowest_on_mw);
        double told = static_cast<double>(step->power_mw);
        if (std::abs(told) < lowest) told = 0;
        return std::clamp(told * gain, static_cast<double>(able_low), static_cast<double>(able_high));
    }
    void advance(Us now) {
        const double range = static_cast<double>(resource.capability.max_mw - resource.capability.min_mw);
        const double most = range * static_cast<double>(tick_us) / static_cast<double>(ramp_us);
        power += std::clamp(wanted(now) - power, -most, most);
    }
};

struct Options {
    int devices = 15;
    Us sample_us = second_us;
    Us settles_us = 4 * second_us;
    Us interval_us = 60 * second_us;
    Us judged_from_us = 10 * second_us;
    std::uint64_t seed = 1;
    int silent_percent = 12, refusing_percent = 5, deaf_percent = 0;
    double noise = 0.01;
    MilliW step_mw = 0;
    MilliW site_limit_mw = 0;  // of every five devices; 0 = none
};

class Plant {
  public:
    explicit Plant(const Options& options) : options_(options), random_(options.seed), core_(Settings{}) {
        for (int each = 0; each < options.devices; ++each) add(each);
        for (int site = 0; options.site_limit_mw > 0 && site * 5 < options.devices; ++site) {
            model::Input input;
            input.node = model::Node{"s" + std::to_string(site), "", model::NodeKind::site, "", options.site_limit_mw,
                                     model::unlimited_mw};
            step(input);
        }
        for (const auto& device : devices_) {
            model::Input input;
            input.resource = device.resource;
            step(input);
        }
    }

    void run(Us span) {
        for (const Us end = now_ + span; now_ < end;) {
            now_ += tick_us;
            for (auto& device : devices_) device.advance(now_);
            while (!mail_.empty() && mail_.front().at <= now_) deliver();
            for (auto& device : devices_) meter(device);
            while (due_ <= now_) step({});
            judge();
            judge_sites();
        }
    }
    // How far a site was above its limit once everybody had settled.
    double worst_excess() const { return worst_excess_; }

    void post(const std::vector<double>& shares) {
        MilliW all = 0;
        for (const auto& device : devices_) all += static_cast<MilliW>(device.free_power > 0 ? device.free_power : 0);
        model::GridEvent event;
        event.id = "event";
        event.modified_us = now_;
        Us start = now_ + 5 * second_us;
        for (const double share : shares) {
            model::Signal signal;
            signal.kind = model::SignalKind::setpoint;
            signal.power_mw = static_cast<MilliW>(static_cast<double>(all) * share);
            event.intervals.push_back({start, start + options_.interval_us, "", {signal}});
            start += options_.interval_us;
        }
        intervals_ = event.intervals;
        real_.assign(intervals_.size(), 0.0);
        worst_.assign(intervals_.size(), 0.0);
        crossings_.assign(intervals_.size(), 0);
        model::Input input;
        input.event = event;
        step(input);
    }

    double ordered_power(std::size_t interval) const {
        return static_cast<double>(intervals_[interval].signals[0].power_mw);
    }
    // Energy that flowed against energy ordered, from judged_from_us after the interval's start.
    double ratio(std::size_t interval) const {
        const auto span = static_cast<double>(options_.interval_us - options_.judged_from_us - tick_us) /
                          static_cast<double>(tick_us);
        return real_[interval] / (ordered_power(interval) * span);
    }
    // Whether those that obey can bring the sum there at all.
    bool can_be_met(std::size_t interval) const {
        double least = 0, most = 0;
        for (const auto& device : devices_) {
            const bool obeys = device.temper == Temper::obeys;
            least += static_cast<double>(obeys ? device.able_low : device.free_power);
            most += static_cast<double>(obeys ? device.able_high : device.free_power);
        }
        return ordered_power(interval) > least && ordered_power(interval) < most;
    }
    double worst(std::size_t interval) const { return worst_[interval]; }
    int crossings(std::size_t interval) const { return crossings_[interval]; }
    std::size_t intervals() const { return intervals_.size(); }
    std::size_t commands() const { return commands_; }
    const model::EventReport& report() const { return report_; }
    double real(std::size_t interval) const { return real_[interval]; }

  private:
    struct Mail {
        Us at;
        std::size_t device;
        model::Command command;
        bool operator<(const Mail& other) const { return at < other.at; }
    };

    double chance() { return static_cast<double>(random_() >> 11) / 9007199254740992.0; }

    void add(int each) {
        Device device;
        auto& resource = device.resource;
        resource.id = "d" + std::to_string(10000 + each);
        if (options_.site_limit_mw > 0) resource.parent = "s" + std::to_string(each / 5);
        resource.connected = resource.controllable = true;
        resource.settles_us = options_.settles_us;
        const int kind = each % 5;
        if (kind < 3) {
            resource.kind = model::ResourceKind::ev;
            resource.capability.max_mw = chance() < 0.5 ? 22 * kw : 11 * kw;
            resource.capability.lowest_on_mw = 4'140'000;
            resource.capability.step_mw = options_.step_mw;
            device.able_high = chance() < 0.3 ? resource.capability.max_mw / 2 : resource.capability.max_mw;
            device.gain = chance() < 0.5 ? 0.93 + 0.07 * chance() : 1.0;
            device.free_power = static_cast<MilliW>(static_cast<double>(device.able_high) * device.gain);
        } else if (kind == 3) {
            resource.kind = model::ResourceKind::pv;
            resource.capability.min_mw = -5 * kw;
            device.able_low = -static_cast<MilliW>(5e6 * (0.4 + 0.6 * chance()));
            device.free_power = device.able_low;
        } else {
            resource.kind = model::ResourceKind::storage;
            resource.capability.min_mw = -5 * kw;
            resource.capability.max_mw = 5 * kw;
            device.able_low = -5 * kw;
            device.able_high = 5 * kw;
        }
        const double temper = chance() * 100;
        if (temper < options_.silent_percent)
            device.temper = Temper::silent;
        else if (temper < options_.silent_percent + options_.refusing_percent)
            device.temper = Temper::refuses;
        else if (temper < options_.silent_percent + options_.refusing_percent + options_.deaf_percent)
            device.temper = Temper::deaf;
        device.ramp_us = 2 * second_us + static_cast<Us>(chance() * 1e6);
        device.answer_us = static_cast<Us>(1e5 + chance() * 6e5);
        device.sample_us = options_.sample_us;
        device.next_sample_us = t0 + static_cast<Us>(chance() * static_cast<double>(options_.sample_us));
        device.power = static_cast<double>(device.free_power);
        devices_.push_back(std::move(device));
    }

    void step(const model::Input& input) {
        model::Outputs out;
        core_.step(now_, input, out);
        due_ = out.next_due_us;
        for (const auto& command : out.commands) {
            const auto device = static_cast<std::size_t>(std::stoi(command.resource.substr(1)) - 10000);
            if (devices_[device].temper == Temper::silent) continue;
            const Mail mail{now_ + devices_[device].answer_us, device, command};
            mail_.insert(std::upper_bound(mail_.begin(), mail_.end(), mail), mail);
        }
        commands_ += out.commands.size();
        if (!out.reports.empty()) report_ = out.reports.back();
    }

    void deliver() {
        const Mail mail = mail_.front();
        mail_.pop_front();
        auto& device = devices_[mail.device];
        model::Input input;
        input.ack = model::Ack{mail.command.id, mail.command.resource, model::AckState::accepted, now_, ""};
        if (device.temper == Temper::refuses) input.ack->state = model::AckState::rejected;
        if (device.temper == Temper::obeys) device.command = mail.command;
        step(input);
    }

    void meter(Device& device) {
        if (device.next_sample_us > now_) return;
        device.next_sample_us += device.sample_us;
        model::Input input;
        input.sample.emplace();
        input.sample->resource = device.resource.id;
        input.sample->measured_us = input.sample->received_us = now_;
        input.sample->power_mw = static_cast<MilliW>(device.power * (1 + options_.noise * (2 * chance() - 1)));
        step(input);
    }

    void judge() {
        for (std::size_t each = 0; each < intervals_.size(); ++each) {
            if (now_ <= intervals_[each].start_us + options_.judged_from_us || now_ >= intervals_[each].end_us)
                continue;
            double sum = 0;
            for (const auto& device : devices_) sum += device.power;
            real_[each] += sum;
            const double error = sum / ordered_power(each) - 1;
            worst_[each] = std::max(worst_[each], std::abs(error));
            // An oscillation swings from clearly above to clearly below and back.
            if (std::abs(error) > 0.02 && (error > 0) != (side_ > 0)) {
                if (side_ != 0) ++crossings_[each];
                side_ = error > 0 ? 1 : -1;
            }
        }
    }

    void judge_sites() {
        if (options_.site_limit_mw == 0 || now_ < t0 + 15 * second_us) return;
        for (std::size_t first = 0; first < devices_.size(); first += 5) {
            double sum = 0;
            for (std::size_t each = first; each < std::min(first + 5, devices_.size()); ++each)
                sum += devices_[each].power;
            worst_excess_ = std::max(worst_excess_, sum / static_cast<double>(options_.site_limit_mw) - 1);
        }
    }

    Options options_;
    double worst_excess_ = 0;
    std::mt19937_64 random_;
    Core core_;
    Us now_ = t0, due_ = model::never;
    std::vector<Device> devices_;
    std::deque<Mail> mail_;
    std::vector<model::Interval> intervals_;
    std::vector<double> real_, worst_;
    std::vector<int> crossings_;
    int side_ = 0;
    std::size_t commands_ = 0;
    model::EventReport report_;
};

void run_and_judge(const Options& options, const std::vector<double>& shares = {0.6, 0.4, 0.5}) {
    SCOPED_TRACE("seed " + std::to_string(options.seed) + ", " + std::to_string(options.devices) + " devices");
    Plant plant(options);
    plant.run(2 * options.sample_us + 5 * second_us);
    plant.post(shares);
    plant.run(5 * second_us + static_cast<Us>(shares.size()) * options.interval_us + 60 * second_us);
    for (std::size_t each = 0; each < plant.intervals(); ++each) {
        if (!plant.can_be_met(each)) continue;
        EXPECT_GT(plant.ratio(each), 0.98) << "interval " << each;
        EXPECT_LT(plant.ratio(each), 1.02) << "interval " << each;
        EXPECT_LE(plant.crossings(each), 1) << "interval " << each;
    }
    EXPECT_LT(plant.commands(), 12U * static_cast<std::size_t>(options.devices));
    EXPECT_TRUE(plant.report().final);
}

TEST(ClosedLoop, fifteen_devices_deliver_what_is_ordered) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) run_and_judge({.seed = seed});
}

TEST(ClosedLoop, so_do_two_hundred) {
    run_and_judge({.devices = 200});
}

TEST(ClosedLoop, so_do_two_thousand) {
    run_and_judge({.devices = 2000});
}

TEST(ClosedLoop, short_intervals_are_met_from_their_tenth_second_on) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) run_and_judge({.interval_us = 20 * second_us, .seed = seed});
}

TEST(ClosedLoop, devices_that_are_slow_to_believe_do_no_harm) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) run_and_judge({.settles_us = 10 * second_us, .seed = seed});
}

TEST(ClosedLoop, devices_that_accept_and_do_nothing_are_made_up_for) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed)
        run_and_judge({.seed = seed, .silent_percent = 0, .deaf_percent = 12});
}

TEST(ClosedLoop, noisy_meters_are_averaged_out) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) run_and_judge({.devices = 50, .seed = seed, .noise = 0.03});
}

TEST(ClosedLoop, chargers_with_current_steps) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) run_and_judge({.seed = seed, .step_mw = 69'000});
}

TEST(ClosedLoop, sites_stay_below_their_limits_before_during_and_after_an_event) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        Plant plant(
            {.devices = 50, .seed = seed, .silent_percent = 0, .refusing_percent = 0, .site_limit_mw = 25 * kw});
        plant.run(30 * second_us);
        plant.post({0.3, 0.2, 0.25});
        plant.run(300 * second_us);
        EXPECT_LT(plant.worst_excess(), 0.01);
        for (std::size_t each = 0; each < plant.intervals(); ++each) {
            EXPECT_GT(plant.ratio(each), 0.98);
            EXPECT_LT(plant.ratio(each), 1.02);
        }
    }
}

TEST(ClosedLoop, samples_every_five_seconds) {
    for (const int devices : {15, 200, 2000}) {
        run_and_judge({.devices = devices,
                       .sample_us = 5 * second_us,
                       .interval_us = 120 * second_us,
                       .judged_from_us = 15 * second_us});
    }
}

TEST(ClosedLoop, samples_every_half_minute) {
    for (const int devices : {15, 200, 2000}) {
        run_and_judge({.devices = devices,
                       .sample_us = 30 * second_us,
                       .interval_us = 300 * second_us,
                       .judged_from_us = 60 * second_us});
    }
}

}  // namespace
}  // namespace busbar::dispatch
