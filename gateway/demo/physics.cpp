#include "gateway/demo/physics.hpp"

#include <algorithm>
#include <cmath>

namespace busbar::demo {

double ramped(double power_w, double target_w, double ramp_w_per_s, double seconds) {
    const double most = ramp_w_per_s * seconds;
    return power_w + std::clamp(target_w - power_w, -most, most);
}

void count(Meter& meter, double power_w, double seconds) {
    const double mean_w = (meter.power_w + power_w) / 2;
    (mean_w >= 0 ? meter.import_wh : meter.export_wh) += std::abs(mean_w) * seconds / 3600;
    meter.power_w = power_w;
}

void run(Vehicle& vehicle, Meter& meter, std::optional<double> offered_w, double seconds) {
    double target_w = std::min(offered_w.value_or(vehicle.max_w) * vehicle.uptake, vehicle.max_w);
    if (offered_w && *offered_w < vehicle.lowest_w * 0.999) target_w = 0;
    if (vehicle.charged_wh >= vehicle.battery_wh) target_w = 0;
    const double before_wh = meter.import_wh;
    count(meter, ramped(meter.power_w, target_w, vehicle.ramp_w_per_s, seconds), seconds);
    vehicle.charged_wh += (meter.import_wh - before_wh) * 0.92;
}

void run(Battery& battery, Meter& meter, std::optional<double> wanted_w, double seconds) {
    double target_w = std::clamp(wanted_w.value_or(battery.preferred_w), -battery.max_discharge_w, battery.max_charge_w);
    if (target_w > 0 && battery.charged_wh >= battery.capacity_wh) target_w = 0;
    if (target_w < 0 && battery.charged_wh <= 0) target_w = 0;
    const double before_wh = meter.net_wh();
    count(meter, ramped(meter.power_w, target_w, battery.ramp_w_per_s, seconds), seconds);
    const double moved_wh = meter.net_wh() - before_wh;
    battery.charged_wh += moved_wh > 0 ? moved_wh * 0.95 : moved_wh / 0.95;
}

void run(const Array& array, Meter& meter, std::optional<double> most_w, double at_s, double seconds) {
    const double clouds = 0.72 + 0.06 * std::sin(at_s / 17 + array.phase) + 0.03 * std::sin(at_s / 5 + 2 * array.phase);
    const double produced_w = std::min(array.rated_w * clouds, most_w.value_or(array.rated_w));
    count(meter, -produced_w, seconds);
}

}  // namespace busbar::demo
