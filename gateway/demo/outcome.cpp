#include "gateway/demo/outcome.hpp"

#include <cmath>

namespace busbar::demo {
namespace {

// Not "superseded": the gateway says that of a command that nobody answered, too.
constexpr std::string_view answered_states[] = {"received", "accepted",  "started",   "completed",
                                                "rejected", "opted_out", "cancelled", "aborted"};

// To 1 / parts; a division, so that the nearest decimal comes out.
double rounded(double value, double parts) { return std::round(value * parts) / parts; }

}  // namespace

Accountant::Accountant(const std::vector<std::unique_ptr<Device>>& devices, const std::vector<Ordered>& ordered,
                       model::Us settle_us)
    : devices_(devices), ordered_(ordered), settle_us_(settle_us), from_(ordered.size()), to_(ordered.size()) {}

std::vector<double> Accountant::read() const {
    std::vector<double> readings;
    for (const auto& device : devices_) readings.push_back(device->meter().net_wh());
    return readings;
}

void Accountant::look(model::Us now) {
    for (std::size_t i = 0; i < ordered_.size(); ++i) {
        if (from_[i].at_us == 0 && now >= ordered_[i].start_us + settle_us_) from_[i] = {now, read()};
        if (to_[i].at_us == 0 && now >= ordered_[i].end_us) to_[i] = {now, read()};
    }
}

void Accountant::see(const std::vector<api::CommandAnswer>& commands, const std::vector<api::ResourceAnswer>& resources) {
    for (const api::CommandAnswer& command : commands) {
        auto& seen = commands_[command.id];
        seen.first = command.resource;
        for (const std::string_view state : answered_states) seen.second |= command.state == state;
    }
    for (const api::ResourceAnswer& resource : resources) {
        silent_[resource.id] |= resource.silent;
        refused_[resource.id] |= resource.refused;
    }
}

ProtocolOutcome& Accountant::of(Outcome& outcome, const std::string& protocol) const {
    if (protocol == "ocpp1.6") return outcome.by_protocol.ocpp16;
    if (protocol == "ocpp2.0.1") return outcome.by_protocol.ocpp201;
    return outcome.by_protocol.ieee2030_5;
}

Outcome Accountant::outcome(bool report_received) const {
    Outcome outcome;
    outcome.settle_s = static_cast<double>(settle_us_) / 1e6;
    outcome.report_received = report_received;
    for (std::size_t i = 0; i < ordered_.size(); ++i) {
        if (to_[i].at_us == 0 || from_[i].at_us == 0) continue;
        outcome.ordered_wh += ordered_[i].power_w * static_cast<double>(to_[i].at_us - from_[i].at_us) / 3.6e9;
        for (std::size_t d = 0; d < devices_.size(); ++d)
            of(outcome, devices_[d]->protocol()).delivered_wh += to_[i].net_wh[d] - from_[i].net_wh[d];
    }
    for (const auto& device : devices_) {
        ProtocolOutcome& protocol = of(outcome, device->protocol());
        ++protocol.devices;
        for (const auto& [id, command] : commands_) {
            if (command.first != device->resource()) continue;
            ++outcome.commands;
            ++protocol.commands;
            outcome.acks += command.second;
        }
        outcome.silent += silent_.contains(device->resource()) && silent_.at(device->resource());
        outcome.refused += refused_.contains(device->resource()) && refused_.at(device->resource());
    }
    for (ProtocolOutcome* protocol :
         {&outcome.by_protocol.ocpp16, &outcome.by_protocol.ocpp201, &outcome.by_protocol.ieee2030_5}) {
        outcome.delivered_wh += protocol->delivered_wh;
        protocol->delivered_wh = rounded(protocol->delivered_wh, 1000);
    }
    if (outcome.ordered_wh != 0) outcome.delivered_ratio = rounded(outcome.delivered_wh / outcome.ordered_wh, 10000);
    outcome.ordered_wh = rounded(outcome.ordered_wh, 1000);
    outcome.delivered_wh = rounded(outcome.delivered_wh, 1000);
    return outcome;
}

bool Accountant::succeeded(const Outcome& outcome) const {
    for (const Reading& reading : to_)
        if (reading.at_us == 0) return false;
    const ProtocolOutcomes& by = outcome.by_protocol;
    const bool all_delivered = by.ocpp16.delivered_wh > 0 && by.ocpp201.delivered_wh > 0 && by.ieee2030_5.delivered_wh > 0;
    return outcome.report_received && all_delivered && outcome.delivered_ratio >= 0.98 && outcome.delivered_ratio <= 1.02;
}

}  // namespace busbar::demo
