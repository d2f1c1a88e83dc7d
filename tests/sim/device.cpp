#include "tests/sim/device.hpp"

#include <algorithm>
#include <utility>

namespace busbar::sim {

Device::Device(Place& place, DeviceOptions options, model::ResourceKind kind, Random random)
    : place_(place),
      options_(std::move(options)),
      random_(random),
      index_(place.grid.add_device(options_.enrolment.resource, options_.enrolment.node, kind)),
      since_us_(place.world.now()) {}

double Device::measured_w() {
    const std::int64_t error_ppm =
        options_.meter_gain_ppm + random_.between(-options_.meter_noise_ppm, options_.meter_noise_ppm);
    const double shown_w = power_w_ * static_cast<double>(model::ppm_one + error_ppm) / 1e6;
    return fault_ == Fault::wrong_unit ? shown_w / 1000 : shown_w;
}

void Device::change_fault(Us now) {
    const FaultWindow& window = options_.fault;
    const Fault current = now >= window.from_us && now < window.until_us ? window.fault : Fault::none;
    if (current == fault_) return;
    fault_ = current;
    fault_changed(now, current);
}

void Device::settle(Us now) {
    const double wh = power_w_ * static_cast<double>(now - since_us_) / static_cast<double>(model::hour_us);
    (wh >= 0 ? import_wh_ : export_wh_) += wh >= 0 ? wh : -wh;
    since_us_ = now;
    if (wh != 0) flowed(wh);
    Doing doing = physics(now);
    doing.reachable = doing.reachable && enrolled_;
    if (retired_) doing = {};
    power_w_ = doing.power_w;
    DeviceState state = place_.grid.device(index_);
    if (doing.reachable || state.reachable) state.known_w = power_w_;
    if (fault_ == Fault::wrong_unit) state.known_w = power_w_ / 1000;
    if (!enrolled_) state.known_w = 0;  // nobody asks its meter
    state.obeys = fault_ == Fault::none && enrolled_;
    state.reachable = doing.reachable;
    state.power_w = doing.power_w;
    state.least_w = doing.least_w;
    state.most_w = doing.most_w;
    place_.grid.update(index_, state);
}

void Device::set_clock(Us by_us) {
    settle(place_.world.now());
    clock_set(by_us);
    look();
}

void Device::set_enrolled(bool enrolled) {
    enrolled_ = enrolled;
    enrolled_us_ = place_.world.now();
    settle(place_.world.now());
}

void Device::retire() {
    retired_ = true;
    settle(place_.world.now());
}

void Device::severed(Us now) {
    settle(now);
}

void Device::wake(Us now) {
    settle(now);
    change_fault(now);
    if (reboots_ < options_.reboots_us.size() && options_.reboots_us[reboots_] <= now) {
        ++reboots_;
        reboot(now);
    }
    Us next_us = live(now);
    settle(now);
    next_us = std::min(next_us, now + place_.step_us);
    if (options_.fault.from_us > now) next_us = std::min(next_us, options_.fault.from_us);
    if (options_.fault.until_us > now) next_us = std::min(next_us, options_.fault.until_us);
    if (reboots_ < options_.reboots_us.size()) next_us = std::min(next_us, options_.reboots_us[reboots_]);
    place_.world.wake(*this, std::max(next_us, now + 1));
}

}  // namespace busbar::sim
