// A charging station with one outlet and a vehicle that is there when the station comes up.
#include <algorithm>

#include "gateway/demo/device.hpp"
#include "protocols/ocpp/station.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::demo {
namespace {

constexpr std::uint16_t outlet = 1;
constexpr model::Us first_retry_us = model::second_us / 2;
constexpr model::Us longest_retry_us = 4 * model::second_us;

ocpp::StationOptions options_of(const ChargerSpec& spec) {
    ocpp::StationOptions options;
    options.id = spec.id;
    options.version = spec.subprotocol == "ocpp1.6" ? ocpp::Version::v16 : ocpp::Version::v201;
    options.max_a = 16;
    options.serial = spec.id;
    options.model = "Demo";
    options.meter_s = 1;
    return options;
}

class Charger : public Device {
  public:
    Charger(const Scenario& scenario, const ChargerSpec& spec, std::size_t index)
        : Device(spec.id, spec.subprotocol, spec.node, spec.behaviour),
          station_(options_of(spec)),
          url_(scenario.ocpp_url(spec.id)),
          trust_(scenario.charger_trust) {
        authorization_ = "Basic " + http::base64_encoded(spec.id + ":" + spec.password);
        vehicle_.charged_wh = 12'000 + 1'500.0 * static_cast<double>(index);
        vehicle_.uptake = 0.97 + 0.003 * static_cast<double>(index);
    }

    void tick(model::Us now, Switchboard& switchboard) override {
        if (connection_ == 0 && now >= retry_at_us_) connect(switchboard);
        if (!open_) return;
        ocpp::Frames frames;
        if (!plugged_ && station_.booted()) {
            plugged_ = true;
            station_.plug_in(now, outlet, "04A1B2C3", frames);
        }
        station_.tick(now, frames);
        send(switchboard, frames);
    }

    void connected(model::Us now, Switchboard& switchboard, net::ConnectionId) override {
        open_ = true;
        retry_us_ = first_retry_us;
        ocpp::Frames frames;
        station_.opened(now, frames);
        send(switchboard, frames);
    }

    void text(model::Us now, Switchboard& switchboard, net::ConnectionId, const std::string& text) override {
        ocpp::Frames frames;
        station_.receive(now, text, frames);
        send(switchboard, frames);
    }

    void closed(model::Us now, Switchboard&, net::ConnectionId connection, const std::string&) override {
        if (connection != connection_) return;
        if (open_) station_.closed(now);
        open_ = false;
        connection_ = 0;
        retry_at_us_ = now + retry_us_;
        retry_us_ = std::min(2 * retry_us_, longest_retry_us);
    }

    void advance(model::Us now, double seconds) override {
        const bool charging = plugged_ && station_.state(outlet) == ocpp::OutletState::charging;
        std::optional<double> offered_w = charging ? station_.limit_w(now, outlet) : 0;
        if (charging && ignores_) offered_w.reset();
        run(vehicle_, meter_, offered_w, seconds);
        station_.meter(now, outlet, meter_.power_w, meter_.import_wh, 100 * vehicle_.state_of_charge());
    }

    void misbehave() override {
        ignores_ = behaviour_ != Behaviour::obeys;
        if (behaviour_ == Behaviour::silent) station_.behave(ocpp::Behaviour::silent);
        if (behaviour_ == Behaviour::refuses) station_.behave(ocpp::Behaviour::refuse_profiles);
    }

  private:
    void connect(Switchboard& switchboard) {
        net::SocketRequest request;
        request.url = url_;
        request.subprotocols = {protocol_};
        request.headers.emplace_back("Authorization", authorization_);
        request.tls = {certs::TlsProfile::ocpp_basic, trust_};
        connection_ = switchboard.connect(*this, std::move(request));
    }

    void send(Switchboard& switchboard, ocpp::Frames& frames) {
        for (std::string& frame : frames) switchboard.send(connection_, std::move(frame));
    }

    ocpp::Station station_;
    Vehicle vehicle_;
    std::string url_, authorization_;
    certs::TlsFiles trust_;
    net::ConnectionId connection_ = 0;
    bool open_ = false, plugged_ = false, ignores_ = false;
    model::Us retry_us_ = first_retry_us, retry_at_us_ = 0;
};

}  // namespace

std::unique_ptr<Device> make_charger(const Scenario& scenario, const ChargerSpec& spec, std::size_t index) {
    return std::make_unique<Charger>(scenario, spec, index);
}

}  // namespace busbar::demo
