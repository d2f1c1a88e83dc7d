// A charging station with one outlet, and the vehicles that come and go.
#include <algorithm>
#include <limits>
#include <optional>

#include "protocols/ocpp/station.hpp"
#include "protocols/wire/http.hpp"
#include "tests/sim/device.hpp"

namespace busbar::sim {
namespace {

constexpr std::uint16_t outlet = 1;
constexpr double lowest_w = 6 * 3 * 230.0;
constexpr Us first_retry_us = 2 * model::second_us;
constexpr Us longest_retry_us = 5 * model::minute_us;

ocpp::StationOptions options_of(const ChargerOptions& options) {
    ocpp::StationOptions station;
    station.id = options.device.enrolment.id;
    station.version = options.v201 ? ocpp::Version::v201 : ocpp::Version::v16;
    station.max_a = 16;
    station.amps = options.amps;
    station.serial = station.id;
    station.meter_s = 900;
    return station;
}

class Charger final : public Device {
  public:
    Charger(Place& place, ChargerOptions options, Random random)
        : Device(place, options.device, model::ResourceKind::ev, random),
          charger_(std::move(options)),
          station_(options_of(charger_)) {}

    void opened(Us now, LinkId link) override {
        if (link != link_) return;
        open_ = true;
        retry_us_ = first_retry_us;
        ocpp::Frames frames;
        station_.opened(local(now), frames);
        send(frames);
        look();
    }

    void text(Us now, LinkId link, const std::string& text) override {
        if (link != link_) return;
        told_us_ = now;
        settle(now);
        ocpp::Frames frames;
        station_.receive(local(now), text, frames);
        send(frames);
        look();
    }

    void closed(Us now, LinkId link) override {
        if (link != link_) return;
        if (open_) station_.closed(local(now));
        open_ = false;
        link_ = 0;
        retry_at_us_ = std::max(now + retry_us_ + random_.between(0, retry_us_), away_until_us_);
        retry_us_ = std::min(2 * retry_us_, longest_retry_us);
        look();
    }

    void severed(Us now) override {
        passing_ = false;
        Device::severed(now);
    }

    void lose_link(Us away_us) override {
        if (link_ != 0) place_.network.cut(link_, false);
        away_until_us_ = place_.world.now() + away_us;
    }

    Us told_us() const override { return told_us_; }
    bool is_linked() const override { return open_ && passing_; }
    bool is_held() const override {
        const Us now = local(place_.world.now());
        return present_ && plugged_ && !station_.transaction(outlet).empty() && missing_wh_ > 0 &&
               station_.limit_w(now, outlet) < 0.99 * 16 * 3 * 230;
    }

    std::string doing() const override {
        return std::string(ocpp::name_of(station_.state(outlet))) + (open_ ? "" : ", not connected");
    }

  private:
    Us live(Us now) override {
        if (link_ == 0 && now >= retry_at_us_) connect();
        ocpp::Frames frames;
        come_and_go(now, frames);
        station_.meter(local(now), outlet, measured_w(), import_wh(), soc_percent());
        station_.tick(local(now), frames);
        send(frames);
        Us next_us = world_time(station_.next_due());
        if (link_ == 0) next_us = std::min(next_us, retry_at_us_);
        if (visit_ < charger_.visits.size())
            next_us =
                std::min(next_us, present_ ? charger_.visits[visit_].leaves_us : charger_.visits[visit_].arrives_us);
        if (power_w_ > 0) next_us = std::min(next_us, now + static_cast<Us>(missing_wh_ / power_w_ * 3.6e9) + 1);
        return next_us;
    }

    void come_and_go(Us now, ocpp::Frames& frames) {
        if (present_ && visit_ < charger_.visits.size() && charger_.visits[visit_].leaves_us <= now) {
            present_ = plugged_ = false;
            station_.unplug(local(now), outlet, frames);
            ++visit_;
        }
        if (!present_ && visit_ < charger_.visits.size() && charger_.visits[visit_].arrives_us <= now) {
            present_ = true;
            full_ = false;
            missing_wh_ = charger_.visits[visit_].energy_wh;
        }
        if (present_ && !plugged_ && station_.booted()) {
            plugged_ = true;
            station_.plug_in(local(now), outlet, "04A1B2C3", frames);
        }
        if (present_ && plugged_ && !full_ && missing_wh_ <= 0) {
            full_ = true;
            station_.suspend_ev(local(now), outlet, true, frames);
        }
    }

    Doing physics(Us now) override {
        Doing doing;
        doing.reachable = open_ && passing_ && station_.booted();
        const ocpp::OutletState state = station_.state(outlet);
        const bool charging = present_ && plugged_ && missing_wh_ > 0 &&
                              (state == ocpp::OutletState::charging || state == ocpp::OutletState::suspended_evse);
        if (!charging) return doing;
        const double max_w = charger_.vehicle_max_w;
        doing.most_w = max_w;
        double offered_w = station_.limit_w(local(now), outlet);
        if (fault() == Fault::silent || fault() == Fault::ignores) offered_w = std::numeric_limits<double>::max();
        if (offered_w < lowest_w * 0.999) return doing;
        doing.power_w = std::min(offered_w * static_cast<double>(charger_.uptake_ppm) / 1e6, max_w);
        return doing;
    }

    void flowed(double wh) override { missing_wh_ -= wh * 0.92; }

    std::optional<double> soc_percent() const {
        if (!present_ || visit_ >= charger_.visits.size()) return std::nullopt;
        const double share = missing_wh_ / charger_.visits[visit_].energy_wh;
        return std::clamp(100 * (1 - share * 0.7), 0.0, 100.0);
    }

    void clock_set(Us by_us) override {
        options_.clock_skew_us += by_us;
        station_.clock_set(by_us);
    }

    void fault_changed(Us, Fault fault) override {
        ocpp::Behaviour behaviour = ocpp::Behaviour::normal;
        if (fault == Fault::silent) behaviour = ocpp::Behaviour::silent;
        if (fault == Fault::refuses) behaviour = ocpp::Behaviour::refuse_profiles;
        if (fault == Fault::ignores) behaviour = ocpp::Behaviour::accept_and_ignore;
        station_.behave(behaviour);
        late_ = fault == Fault::late;
    }

    // It forgets what it held; the vehicle is still there.
    void reboot(Us now) override {
        if (link_ != 0) {
            place_.network.close(link_);
            link_ = 0;
        }
        open_ = plugged_ = false;
        station_ = ocpp::Station(options_of(charger_));
        fault_changed(now, fault());
        retry_at_us_ = now + 40 * model::second_us;
    }

    void connect() {
        http::Request upgrade;
        upgrade.target = "/" + options_.enrolment.id;
        upgrade.headers = {{"Authorization",
                            "Basic " + http::base64_encoded(options_.enrolment.id + ":" + options_.enrolment.password)},
                           {"Sec-WebSocket-Protocol", charger_.v201 ? "ocpp2.0.1" : "ocpp1.6"}};
        passing_ = true;
        link_ = place_.network.connect(*this, place_.stations, {"192.0.2.1:1", true, {}}, std::move(upgrade));
    }

    void send(ocpp::Frames& frames) {
        for (std::string& frame : frames) place_.network.send(link_, std::move(frame), late_ ? late_us : 0);
        frames.clear();
    }

    ChargerOptions charger_;
    ocpp::Station station_;
    LinkId link_ = 0;
    bool open_ = false, passing_ = true, late_ = false;
    Us told_us_ = 0;
    Us retry_us_ = first_retry_us, retry_at_us_ = 0, away_until_us_ = 0;
    std::size_t visit_ = 0;
    bool present_ = false, plugged_ = false, full_ = false;
    double missing_wh_ = 0;
};

}  // namespace

std::unique_ptr<Device> make_charger(Place& place, ChargerOptions options, Random random) {
    return std::make_unique<Charger>(place, std::move(options), random);
}

}  // namespace busbar::sim
