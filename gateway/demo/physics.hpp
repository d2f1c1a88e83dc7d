// What a simulated device physically does: it follows what it is told with a delay, within what it can, and its own meter
// counts what really flowed. Powers in W, load convention: + = consumption, - = production.
#pragma once

#include <cstdint>
#include <optional>

namespace busbar::demo {

struct Meter {
    double power_w = 0;
    double import_wh = 0;
    double export_wh = 0;
    double net_wh() const { return import_wh - export_wh; }
};

// An electric vehicle at a charging station: draws what it is offered, a little less, ramps, and stops below 6 A.
struct Vehicle {
    double battery_wh = 60'000;
    double charged_wh = 20'000;
    double max_w = 11'040;    // 16 A, three phases, 230 V
    double lowest_w = 4'140;  // 6 A, three phases, 230 V
    double uptake = 0.985;    // of the offer: on-board chargers stay a little below it
    double ramp_w_per_s = 6'000;
    double state_of_charge() const { return charged_wh / battery_wh; }
};

struct Battery {
    double capacity_wh = 20'000;
    double charged_wh = 6'000;
    double max_charge_w = 5'000;
    double max_discharge_w = 5'000;
    double preferred_w = 0;
    double ramp_w_per_s = 4'000;
    double state_of_charge() const { return charged_wh / capacity_wh; }
};

// A photovoltaic array under light clouds.
struct Array {
    double rated_w = 6'000;
    double phase = 0;  // of its clouds, rad
};

// Moves `power` towards `target` by at most what the ramp allows in `seconds`.
double ramped(double power_w, double target_w, double ramp_w_per_s, double seconds);
void count(Meter& meter, double power_w, double seconds);  // power before and now: trapezoid

void run(Vehicle& vehicle, Meter& meter, std::optional<double> offered_w, double seconds);
void run(Battery& battery, Meter& meter, std::optional<double> wanted_w, double seconds);
// `most_w`: the largest production that is allowed (>= 0); `at_s`: time, for the clouds
void run(const Array& array, Meter& meter, std::optional<double> most_w, double at_s, double seconds);

}  // namespace busbar::demo
