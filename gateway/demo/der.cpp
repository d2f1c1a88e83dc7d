// A photovoltaic inverter or a battery: a 2030.5 client that polls the gateway with its certificate.
#include <cmath>

#include "gateway/demo/device.hpp"
#include "protocols/ieee2030_5/client.hpp"

namespace busbar::demo {
namespace {

constexpr double array_rated_w = 4'000;
constexpr double battery_rated_w = 8'000;

std::int64_t milli(double whole) { return std::llround(whole * 1000); }

ieee2030_5::ClientOptions options_of(const DerSpec& spec) {
    ieee2030_5::ClientOptions options;
    options.lfdi = spec.identity.lfdi;
    options.kind = spec.kind;
    const bool is_array = spec.kind == model::ResourceKind::pv;
    options.max_export_mw = milli(is_array ? array_rated_w : battery_rated_w);
    options.max_import_mw = is_array ? 0 : milli(battery_rated_w);
    if (spec.behaviour == Behaviour::silent) options.behaviour = ieee2030_5::Behaviour::silent;
    if (spec.behaviour == Behaviour::refuses) options.behaviour = ieee2030_5::Behaviour::refuses;
    return options;
}

class Der : public Device {
  public:
    Der(const Scenario& scenario, const DerSpec& spec, std::size_t index)
        : Device(spec.name, "ieee2030_5", spec.node, spec.behaviour),
          kind_(spec.kind),
          client_(options_of(spec)),
          url_(scenario.ieee2030_5_url()),
          files_(spec.files) {
        array_.rated_w = array_rated_w;
        array_.phase = static_cast<double>(index);
        battery_.max_charge_w = battery_.max_discharge_w = battery_rated_w;
        battery_.preferred_w = battery_rated_w;  // it fills up from the afternoon's sun
    }

    void tick(model::Us now, Switchboard& switchboard) override {
        auto request = client_.next(now);
        if (!request) return;
        net::ClientRequest outgoing;
        outgoing.base_url = url_;
        outgoing.request = std::move(*request);
        outgoing.tls = {certs::TlsProfile::ieee2030_5, files_};
        outgoing.timeout_us = 5 * model::second_us;
        switchboard.request(*this, std::move(outgoing));
    }

    void response(model::Us now, Switchboard& switchboard, net::RequestId, const http::Response& response) override {
        client_.receive(now, response);
        tick(now, switchboard);
    }

    void failed(model::Us now, Switchboard&, net::RequestId, const std::string& reason) override {
        client_.failed(now, reason);
    }

    void advance(model::Us now, double seconds) override {
        const ieee2030_5::Wanted wanted = client_.wanted(now);
        if (kind_ == model::ResourceKind::pv) {
            const double most_w = wanted.energize ? static_cast<double>(wanted.export_limit_mw) / 1000 : 0;
            run(array_, meter_, most_w, static_cast<double>(now % model::hour_us) / 1e6, seconds);
        } else {
            const model::MilliW power_mw = wanted.power(milli(battery_.preferred_w));
            run(battery_, meter_, static_cast<double>(power_mw) / 1000, seconds);
        }
        ieee2030_5::Measurement measurement;
        measurement.power_mw = milli(meter_.power_w);
        measurement.import_mwh = milli(meter_.import_wh);
        measurement.export_mwh = milli(meter_.export_wh);
        if (kind_ == model::ResourceKind::storage)
            measurement.state_of_charge_ppm = std::llround(battery_.state_of_charge() * 1e6);
        client_.meter(now, measurement);
    }

  private:
    model::ResourceKind kind_;
    ieee2030_5::Client client_;
    std::string url_;
    certs::TlsFiles files_;
    Array array_;
    Battery battery_;
};

}  // namespace

std::unique_ptr<Device> make_der(const Scenario& scenario, const DerSpec& spec, std::size_t index) {
    return std::make_unique<Der>(scenario, spec, index);
}

}  // namespace busbar::demo
