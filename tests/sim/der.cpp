// A battery or a photovoltaic array: a 2030.5 client that polls, obeys by the server's clock and posts its readings.
#include <algorithm>
#include <cmath>

#include "protocols/ieee2030_5/client.hpp"
#include "tests/sim/device.hpp"

namespace busbar::sim {
namespace {

constexpr Us request_timeout_us = 20 * model::second_us;
constexpr Us cloud_us = 5 * model::minute_us;

std::int64_t milli(double whole) {
    return std::llround(whole * 1000);
}

class Der : public Device {
  public:
    Der(Place& place, const DeviceOptions& options, model::ResourceKind kind, double rated_w, Random random)
        : Device(place, options, kind, random), kind_(kind), rated_w_(rated_w), client_(client_options()) {}

    void response(Us now, const http::Response& response) override {
        if (fault() == Fault::late && !held_) {  // what it has heard it takes in later
            held_ = true;
            place_.world.at(now + late_us, [this, response] {
                held_ = false;
                heard(place_.world.now(), response);
            });
            return;
        }
        if (!held_) heard(now, response);
    }

    void failed(Us now, const std::string& reason) override {
        if (held_) return;
        client_.failed(local(now), reason);
        look();
    }

    Us told_us() const override { return heard_us_; }
    bool is_linked() const override { return false; }
    bool is_held() const override { return wanted_.controlled && held_by_control(wanted_); }
    std::string doing() const override {
        std::string text = std::string(kind_ == model::ResourceKind::storage ? "battery" : "array") + " at " +
                           std::to_string(std::lround(power_w_)) + " W, ";
        if (wanted_.setpoint_mw) text += "set to " + std::to_string(*wanted_.setpoint_mw / 1000) + " W, ";
        if (wanted_.export_limit_mw < model::unlimited_mw)
            text += "at most " + std::to_string(wanted_.export_limit_mw / 1000) + " W out, ";
        return text + std::to_string(client_.controls()) + " controls; " + client_.problem();
    }

  protected:
    virtual void measure(ieee2030_5::Measurement& measurement) = 0;
    virtual Doing follow(Us now, const ieee2030_5::Wanted& wanted) = 0;
    virtual Us life(Us now) = 0;

    model::ResourceKind kind_;
    double rated_w_;

  private:
    ieee2030_5::ClientOptions client_options() const {
        ieee2030_5::ClientOptions options;
        options.lfdi = options_.enrolment.id;
        options.kind = kind_;
        options.max_export_mw = milli(rated_w_);
        options.max_import_mw = kind_ == model::ResourceKind::storage ? milli(rated_w_) : 0;
        return options;
    }

    bool held_by_control(const ieee2030_5::Wanted& wanted) const {
        if (kind_ == model::ResourceKind::storage) return wanted.power(0) != 0;
        return !wanted.energize || wanted.export_limit_mw < milli(0.99 * rated_w_);
    }

    void heard(Us now, const http::Response& response) {
        client_.receive(local(now), response);
        if (response.status < 300) heard_us_ = now;
        look();
    }

    Us live(Us now) override {
        const Us next_us = life(now);
        ieee2030_5::Measurement measurement;
        measurement.power_mw = milli(measured_w());
        measurement.import_mwh = milli(import_wh());
        measurement.export_mwh = milli(export_wh());
        measure(measurement);
        client_.meter(local(now), measurement);
        if (held_) return next_us;
        if (auto request = client_.next(local(now))) {
            certs::Identity identity;
            identity.lfdi = options_.enrolment.id;
            net::Peer peer{"192.0.2.2:1", true, identity};
            place_.network.request(*this, place_.ders, std::move(peer), std::move(*request), request_timeout_us);
        }
        return std::min(next_us, world_time(client_.next_due()));
    }

    Doing physics(Us now) override {
        ieee2030_5::Wanted wanted = client_.wanted(local(now));
        if (fault() == Fault::silent || fault() == Fault::refuses || fault() == Fault::ignores) wanted = {};
        wanted_ = wanted;
        Doing doing = follow(now, wanted);
        doing.reachable = client_.ready() && now - heard_us_ < 2 * options_.poll_us;
        return doing;
    }

    void clock_set(Us by_us) override { client_.clock_set(by_us); }

    void fault_changed(Us, Fault fault) override {
        ieee2030_5::Behaviour behaviour = ieee2030_5::Behaviour::obeys;
        if (fault == Fault::silent) behaviour = ieee2030_5::Behaviour::silent;
        if (fault == Fault::refuses) behaviour = ieee2030_5::Behaviour::refuses;
        client_.behave(behaviour);
    }

    void reboot(Us now) override {
        client_ = ieee2030_5::Client(client_options());
        fault_changed(now, fault());
    }

    ieee2030_5::Client client_;
    ieee2030_5::Wanted wanted_;
    Us heard_us_ = 0;
    bool held_ = false;
};

class Battery final : public Der {
  public:
    Battery(Place& place, BatteryOptions options, Random random)
        : Der(place, options.device, model::ResourceKind::storage, options.rated_w, random),
          battery_(std::move(options)),
          charged_wh_(battery_.charged_wh) {}

  private:
    double efficiency() const { return static_cast<double>(battery_.efficiency_ppm) / 1e6; }

    void measure(ieee2030_5::Measurement& measurement) override {
        measurement.state_of_charge_ppm = std::llround(charged_wh_ / battery_.capacity_wh * 1e6);
    }

    Doing follow(Us, const ieee2030_5::Wanted& wanted) override {
        Doing doing;
        doing.least_w = charged_wh_ > 1 ? -rated_w_ : 0;
        doing.most_w = charged_wh_ < battery_.capacity_wh - 1 ? rated_w_ : 0;
        const double wanted_w = static_cast<double>(wanted.power(0)) / 1000;
        doing.power_w = std::clamp(wanted_w, doing.least_w, doing.most_w);
        return doing;
    }

    Us life(Us now) override {
        if (power_w_ == 0) return model::never;
        const double wh =
            power_w_ > 0 ? (battery_.capacity_wh - charged_wh_) / efficiency() : charged_wh_ * efficiency();
        return now + static_cast<Us>(wh / std::abs(power_w_) * 3.6e9) + 1;
    }

    void flowed(double wh) override {
        charged_wh_ += wh > 0 ? wh * efficiency() : wh / efficiency();
        charged_wh_ = std::clamp(charged_wh_, 0.0, battery_.capacity_wh);
    }

    BatteryOptions battery_;
    double charged_wh_;
};

class Array final : public Der {
  public:
    Array(Place& place, ArrayOptions options, Random random)
        : Der(place, options.device, model::ResourceKind::pv, options.rated_w, random) {}

  private:
    void measure(ieee2030_5::Measurement&) override {}
    void flowed(double) override {}

    Doing follow(Us now, const ieee2030_5::Wanted& wanted) override {
        Doing doing;
        const double sun_w = rated_w_ * daylight(now) * static_cast<double>(clouds_ppm_) / 1e6;
        const double allowed_w = wanted.energize ? static_cast<double>(wanted.export_limit_mw) / 1000 : 0;
        doing.least_w = -sun_w;
        doing.power_w = -std::min(sun_w, allowed_w);
        return doing;
    }

    // Sunrise at six, sunset at eight in the evening.
    static double daylight(Us now) {
        const double hour = static_cast<double>(now % (24 * model::hour_us)) / static_cast<double>(model::hour_us);
        const double share = (hour - 6) / 14;
        return share <= 0 || share >= 1 ? 0 : 4 * share * (1 - share);
    }

    Us life(Us now) override {
        if (now >= cloud_at_us_) {
            cloud_at_us_ = now + cloud_us;
            clouds_ppm_ =
                std::clamp<std::int64_t>(clouds_ppm_ + random_.between(-150'000, 150'000), 200'000, 1'000'000);
        }
        return cloud_at_us_;
    }

    std::int64_t clouds_ppm_ = 800'000;
    Us cloud_at_us_ = 0;
};

}  // namespace

std::unique_ptr<Device> make_battery(Place& place, BatteryOptions options, Random random) {
    return std::make_unique<Battery>(place, std::move(options), random);
}

std::unique_ptr<Device> make_array(Place& place, ArrayOptions options, Random random) {
    return std::make_unique<Array>(place, std::move(options), random);
}

}  // namespace busbar::sim
