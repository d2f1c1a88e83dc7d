#include "tests/sim/reports_true.hpp"

#include <algorithm>
#include <cmath>
#include <string>

namespace busbar::sim {
namespace {

std::string minute_of(Us at_us) {
    const Us minutes = at_us / model::minute_us % (24 * 60);
    return std::to_string(minutes / 60) + " h " + std::to_string(minutes % 60) + " min";
}

}  // namespace

void ReportsTrue::watch(Us from_us) {
    from_us_ = from_us;
    evidence_.world.at(from_us, [this] { note(); });
}

void ReportsTrue::note() {
    std::vector<float>& now = powers_w_.emplace_back();
    for (const DeviceState& device : evidence_.grid.devices()) now.push_back(static_cast<float>(device.power_w));
    evidence_.world.at(evidence_.world.now() + model::minute_us, [this] { note(); });
}

// What a device does is known within the reaction time; so the mean of an interval lies between what each device gave
// least and most since then.
void ReportsTrue::judge(const UsageInterval& interval) const {
    const auto index = [this](Us at_us) { return static_cast<std::size_t>((at_us - from_us_) / model::minute_us); };
    const std::size_t first = index(interval.from_us - evidence_.reaction_us());
    const std::size_t last = std::min(index(interval.to_us) + 1, powers_w_.size() - 1);
    double least_w = 0, most_w = 0, gross_w = 0;
    for (std::size_t device = 0; device < powers_w_[first].size(); ++device) {
        float low = powers_w_[first][device], high = low;
        for (std::size_t i = first; i <= last; ++i) {
            low = std::min(low, powers_w_[i][device]);
            high = std::max(high, powers_w_[i][device]);
        }
        least_w += low;
        most_w += high;
        gross_w += std::max(std::abs(low), std::abs(high));
    }
    const double room_w = 0.02 * gross_w + 500;
    if (interval.power_w >= least_w - room_w && interval.power_w <= most_w + room_w) return;
    evidence_.find("reports_true", "the utility was told " + std::to_string(std::lround(interval.power_w)) +
                                       " W from " + minute_of(interval.from_us) + " on; it was between " +
                                       std::to_string(std::lround(least_w)) + " and " +
                                       std::to_string(std::lround(most_w)) + " W");
}

void ReportsTrue::end() {
    if (from_us_ == model::never) return;
    const Us now = evidence_.world.now();
    const Us late_us = UpstreamVtn::report_back_us + evidence_.poll_us + 2 * model::minute_us;
    const Us first_us = from_us_ + evidence_.reaction_us() + model::minute_us;
    std::vector<UsageInterval> all;
    for (const UsageInterval& one : vtn_.usage())
        if (one.from_us >= first_us) all.push_back(one);
    std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.from_us < b.from_us; });
    Us until_us = first_us + UpstreamVtn::report_back_us;
    for (const UsageInterval& one : all) {
        if (one.from_us > until_us)
            evidence_.find("reports_true", "the utility was told nothing from " + minute_of(until_us) + " to " +
                                               minute_of(one.from_us));
        until_us = std::max(until_us, one.to_us);
        if (one.came_us > one.to_us + late_us)
            evidence_.find("reports_true", "the report on " + minute_of(one.from_us) + " came " +
                                               std::to_string((one.came_us - one.to_us) / model::second_us) +
                                               " s late");
        judge(one);
    }
    if (until_us + late_us + UpstreamVtn::report_back_us < now)
        evidence_.find("reports_true", "the utility was told nothing after " + minute_of(until_us));
}

}  // namespace busbar::sim
