#include "gateway/demo/table.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <map>

namespace busbar::demo {
namespace {

constexpr model::Us plain_period_us = 5 * model::second_us;

struct Row {
    std::int32_t devices = 0, connected = 0, silent = 0, refuses = 0;
    double wanted_w = 0, commanded_w = 0, measured_w = 0, meter_w = 0;
    bool has_order = false;
};

void add(Row& row, const api::ResourceAnswer& resource, const Device& device) {
    ++row.devices;
    row.connected += resource.connected;
    row.silent += resource.silent;
    row.refuses += resource.refused;
    row.has_order |= resource.wanted_w.has_value();
    row.wanted_w += resource.wanted_w.value_or(0);
    row.commanded_w += resource.commanded_w.value_or(0);
    row.measured_w += resource.measured_w.value_or(0);
    row.meter_w += device.meter().power_w;
}

std::string line_of(const std::string& name, const Row& row) {
    char ordered[16] = "       -", commanded[16] = "       -", state[64] = "";
    if (row.has_order) {
        std::snprintf(ordered, sizeof ordered, "%8.2f", row.wanted_w / 1000);
        std::snprintf(commanded, sizeof commanded, "%8.2f", row.commanded_w / 1000);
    }
    int used = 0;
    if (row.silent) used += std::snprintf(state, sizeof state, "%d silent ", row.silent);
    if (row.refuses) std::snprintf(state + used, sizeof state - static_cast<std::size_t>(used), "%d refuses", row.refuses);
    char line[160];
    std::snprintf(line, sizeof line, "  %-14s %3d/%-3d %10s %10s %10.2f %10.2f   %s\n", name.c_str(), row.connected,
                  row.devices, ordered, commanded, row.measured_w / 1000, row.meter_w / 1000, state);
    return line;
}

}  // namespace

std::string table_of(const OperatorView& view, const std::vector<std::unique_ptr<Device>>& devices,
                     const std::string& target) {
    Row all;
    std::map<std::string, Row> by_group, by_protocol;
    for (const api::ResourceAnswer& resource : view.resources()) {
        const auto device = std::find_if(devices.begin(), devices.end(),
                                         [&](const auto& one) { return one->resource() == resource.id; });
        if (device == devices.end()) continue;
        add(all, resource, **device);
        add(by_group[(*device)->node()], resource, **device);
        add(by_protocol[(*device)->protocol()], resource, **device);
    }
    std::string text = "  kW             up/all    ordered  commanded   measured  own meter\n";
    for (const api::NodeAnswer& node : view.nodes()) {
        if (node.id != target) continue;
        all.has_order = node.ordered_w.has_value();
        all.wanted_w = node.ordered_w.value_or(0);
    }
    text += line_of(target, all);
    for (const auto& [group, row] : by_group) text += line_of("  " + group, row);
    for (const auto& [protocol, row] : by_protocol) text += line_of(protocol, row);
    return text;
}

Screen::Screen(std::FILE* to) : to_(to), terminal_(isatty(fileno(to)) == 1) {}

void Screen::show(model::Us now, const std::string& headline, const std::string& table) {
    if (!terminal_ && now - shown_us_ < plain_period_us) return;
    shown_us_ = now;
    if (terminal_ && lines_ > 0) std::fprintf(to_, "\x1b[%zuA\x1b[J", lines_);
    const std::string text = headline + '\n' + table;
    lines_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    std::fputs(text.c_str(), to_);
    std::fflush(to_);
}

void Screen::line(const std::string& text) {
    lines_ = 0;
    std::fprintf(to_, "%s\n", text.c_str());
    std::fflush(to_);
}

}  // namespace busbar::demo
