#include "gateway/demo/demo.hpp"

#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "gateway/app/clock.hpp"
#include "gateway/demo/device.hpp"
#include "gateway/demo/gateway_process.hpp"
#include "gateway/demo/operator_view.hpp"
#include "gateway/demo/outcome.hpp"
#include "gateway/demo/scenario.hpp"
#include "gateway/demo/table.hpp"
#include "gateway/demo/utility.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::demo {
namespace {

constexpr model::Us beat_us = 50'000;                      // of physics
constexpr model::Us start_within_us = 40 * model::second_us;
constexpr model::Us lead_us = 6 * model::second_us;        // from posting the event to its start
constexpr model::Us report_within_us = 30 * model::second_us;
constexpr model::Us longest_settle_us = 10 * model::second_us;
constexpr double default_seconds = 60;
constexpr double shortest_seconds = 15;

// Net power of the fleet, kW. Left alone it draws about 128: the vehicles 110, the batteries 24, less 6 of sun.
const std::vector<double> ordered_kw = {105, 92, 108};

volatile std::sig_atomic_t interrupted = 0;
void interrupt(int) { interrupted = 1; }

class Demo {
  public:
    explicit Demo(const DemoOptions& options)
        : options_(options),
          screen_(options.json ? stderr : stdout),
          scenario_(make_scenario(options.directory)),
          gateway_(scenario_.config_path, scenario_.log_path),
          view_(scenario_) {}

    int run() {
        screen_.line("busbar demo in " + scenario_.directory + ": starting the gateway");
        gateway_.start();
        until(start_within_us, "the gateway does not answer; its log is " + scenario_.log_path,
              [&] { return view_.answered(); });
        make_fleet();
        until(start_within_us, "not all devices are ready", [&] { return all_ready(); });
        for (const auto& device : devices_) device->misbehave();
        screen_.line("15 devices are up: 5 chargers by OCPP 1.6J, 5 by OCPP 2.0.1 (TLS), 5 DERs by IEEE 2030.5 (mutual TLS)");
        run_event();
        const Outcome outcome = finish();
        if (options_.seconds == 0) stay_up();
        return accountant_->succeeded(outcome) ? 0 : 1;
    }

  private:
    double event_seconds() const { return options_.seconds == 0 ? default_seconds : options_.seconds; }

    void make_fleet() {
        for (std::size_t i = 0; i < scenario_.chargers.size(); ++i)
            devices_.push_back(make_charger(scenario_, scenario_.chargers[i], i));
        for (std::size_t i = 0; i < scenario_.ders.size(); ++i)
            devices_.push_back(make_der(scenario_, scenario_.ders[i], i));
    }

    bool all_ready() const {
        std::size_t ready = 0;
        for (const api::ResourceAnswer& resource : view_.resources())
            ready += resource.connected && resource.controllable && resource.measured_w.has_value();
        return ready == devices_.size();
    }

    // One beat of everything: sockets, protocols, physics.
    void beat() {
        switchboard_.pump(beat_us / 2);
        const model::Us now = app::wall_clock_us();
        const double seconds = last_us_ == 0 ? 0 : static_cast<double>(now - last_us_) / 1e6;
        if (last_us_ == 0 || now - last_us_ >= beat_us) {
            last_us_ = now;
            for (const auto& device : devices_) device->advance(now, seconds);
            for (const auto& device : devices_) device->tick(now, switchboard_);
        }
        if (accountant_) accountant_->look(now);
        view_.tick(now, switchboard_);
        if (utility_) utility_->tick(now, switchboard_);
    }

    template <class Condition>
    void until(model::Us within_us, const std::string& otherwise, const Condition& holds) {
        const model::Us deadline = app::wall_clock_us() + within_us;
        while (!holds()) {
            beat();
            if (interrupted) throw std::runtime_error("interrupted");
            if (!gateway_.is_running()) throw std::runtime_error("the gateway ended; its log is " + scenario_.log_path);
            if (app::wall_clock_us() > deadline) throw std::runtime_error(otherwise);
        }
    }

    void show(model::Us now) {
        std::string headline = "waiting for the event";
        const auto& ordered = utility_->ordered();
        for (std::size_t i = 0; i < ordered.size(); ++i) {
            if (now < ordered[i].start_us || now >= ordered[i].end_us) continue;
            char text[120];
            std::snprintf(text, sizeof text, "interval %zu of %zu: the utility ordered %.1f kW, %.0f s to go", i + 1,
                          ordered.size(), ordered[i].power_w / 1000, static_cast<double>(ordered[i].end_us - now) / 1e6);
            headline = text;
        }
        screen_.show(now, headline, table_of(view_, devices_, scenario_.target));
    }

    void run_event() {
        const auto interval_us = static_cast<model::Us>(event_seconds() * 1e6 / static_cast<double>(ordered_kw.size()));
        const model::Us start_us = (app::wall_clock_us() + lead_us) / model::second_us * model::second_us;
        utility_ = std::make_unique<Utility>(scenario_, start_us, interval_us, ordered_kw);
        accountant_ = std::make_unique<Accountant>(devices_, utility_->ordered(),
                                                   std::min(longest_settle_us, interval_us / 2));
        until(lead_us, "the event could not be posted: " + utility_->problem(),
              [&] { return utility_->has_posted() || utility_->was_refused(); });
        if (utility_->was_refused()) throw std::runtime_error("the event was refused: " + utility_->problem());
        screen_.line("the utility posted event " + utility_->event_id() + " over OpenADR 3.1: three intervals");
        const model::Us crash_us = options_.crash ? start_us + interval_us * 3 / 2 : model::never;
        bool crashed = false;
        while (!accountant_->is_over(app::wall_clock_us())) {
            beat();
            const model::Us now = app::wall_clock_us();
            if (now >= crash_us && !crashed) {
                crashed = true;
                crash();
            }
            accountant_->see(view_.commands(), view_.resources());
            if (now - shown_us_ >= model::second_us) show(shown_us_ = now);
            if (interrupted) throw std::runtime_error("interrupted");
            if (!gateway_.is_running()) throw std::runtime_error("the gateway ended; its log is " + scenario_.log_path);
        }
    }

    void crash() {
        gateway_.kill_hard();
        screen_.line("the gateway was killed (SIGKILL) in the middle of the event; starting it again");
        view_.forget();
        gateway_.start();
    }

    Outcome finish() {
        const model::Us deadline = app::wall_clock_us() + report_within_us;
        while (!utility_->has_report() && !utility_->was_refused() && app::wall_clock_us() < deadline && !interrupted) {
            beat();
            accountant_->see(view_.commands(), view_.resources());
        }
        accountant_->look(app::wall_clock_us());
        const Outcome outcome = accountant_->outcome(utility_->has_report());
        print_report();
        print_outcome(outcome);
        return outcome;
    }

    void print_report() {
        if (!utility_->has_report()) return screen_.line("the utility has no complete report: " + utility_->problem());
        screen_.line("the report as the utility reads it:");
        const auto& ordered = utility_->ordered();
        for (std::size_t i = 0; i < ordered.size(); ++i) {
            const double ordered_wh = ordered[i].power_w * static_cast<double>(ordered[i].end_us - ordered[i].start_us) / 3.6e9;
            const double reported_wh = utility_->reported_wh(i).value_or(0);
            char text[160];
            std::snprintf(text, sizeof text, "  interval %zu: ordered %8.1f Wh, reported %8.1f Wh (%5.1f %%, with its ramp)",
                          i, ordered_wh, reported_wh, ordered_wh != 0 ? 100 * reported_wh / ordered_wh : 0);
            screen_.line(text);
        }
    }

    void print_outcome(const Outcome& outcome) {
        char text[200];
        std::snprintf(text, sizeof text,
                      "by the devices' own meters, from %.0f s after each interval's start: ordered %.1f Wh, delivered %.1f "
                      "Wh, ratio %.4f",
                      outcome.settle_s, outcome.ordered_wh, outcome.delivered_wh, outcome.delivered_ratio);
        screen_.line(text);
        std::snprintf(text, sizeof text, "%d commands, %d answered; %d device silent, %d refused; the loop made up for them",
                      outcome.commands, outcome.acks, outcome.silent, outcome.refused);
        screen_.line(text);
        if (options_.json) std::printf("%s\n", wire::to_json(outcome).c_str());
        std::fflush(stdout);
    }

    void stay_up() {
        screen_.line("everything stays up; Ctrl-C ends it. Try, in another terminal:\n  busbar devices --url " +
                     scenario_.api_url() + " list\n  busbar event --url " + scenario_.api_url() +
                     " create --minutes 1 --setpoint-kw 70");
        while (!interrupted && gateway_.is_running()) {
            beat();
            const model::Us now = app::wall_clock_us();
            if (now - shown_us_ >= model::second_us)
                screen_.show(shown_us_ = now, "", table_of(view_, devices_, scenario_.target));
        }
    }

    const DemoOptions& options_;
    Screen screen_;
    Scenario scenario_;
    GatewayProcess gateway_;
    Switchboard switchboard_;
    OperatorView view_;
    std::vector<std::unique_ptr<Device>> devices_;
    std::unique_ptr<Utility> utility_;
    std::unique_ptr<Accountant> accountant_;
    model::Us last_us_ = 0, shown_us_ = 0;
};

}  // namespace

int run_demo(const DemoOptions& options) {
    if (options.seconds != 0 && options.seconds < shortest_seconds)
        throw std::runtime_error("--seconds: expected 0 or at least 15, so that each interval has time to settle");
    std::signal(SIGINT, interrupt);
    std::signal(SIGTERM, interrupt);
    return Demo(options).run();
}

}  // namespace busbar::demo
