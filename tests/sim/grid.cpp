#include "tests/sim/grid.hpp"

#include <stdexcept>
#include <utility>

namespace busbar::sim {
namespace {

struct Share {  // of one device in the sums of a place
    double power_w, least_w, most_w, hidden_w;
    int astray;
};

bool polls(model::ResourceKind kind) {
    return kind == model::ResourceKind::pv || kind == model::ResourceKind::storage;
}

Share share_of(const DeviceState& device) {
    const bool usable = device.obeys && device.reachable;
    const double hidden_w = usable ? 0 : device.power_w - device.known_w;
    return {device.power_w, usable ? device.least_w : device.power_w, usable ? device.most_w : device.power_w,
            hidden_w, device.reachable && !device.obeys && polls(device.kind)};
}

}  // namespace

Grid::Grid(const World& world) : world_(world) {
    places_.push_back({});
    places_[0].id = model::root_id;
    places_[0].since_us = world.now();
    by_id_[model::root_id] = 0;
}

int Grid::add_place(const model::Node& node) {
    const int parent = place(node.parent.empty() ? std::string_view(model::root_id) : node.parent);
    if (parent < 0) throw std::invalid_argument("no place " + node.parent);
    PlaceState state;
    state.id = node.id;
    state.parent = parent;
    state.since_us = world_.now();
    if (node.import_limit_mw < model::unlimited_mw)
        state.import_limit_w = static_cast<double>(node.import_limit_mw) / 1000;
    if (node.export_limit_mw < model::unlimited_mw)
        state.export_limit_w = static_cast<double>(node.export_limit_mw) / 1000;
    places_.push_back(state);
    return by_id_[node.id] = static_cast<int>(places_.size()) - 1;
}

int Grid::place(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? -1 : found->second;
}

int Grid::add_device(std::string id, std::string_view place_id, model::ResourceKind kind) {
    DeviceState state;
    state.id = std::move(id);
    state.place = place(place_id);
    state.kind = kind;
    devices_.push_back(std::move(state));
    return static_cast<int>(devices_.size()) - 1;
}

void Grid::update(int index, const DeviceState& state) {
    DeviceState& device = devices_[static_cast<std::size_t>(index)];
    const Us now = world_.now();
    const Share before = share_of(device);
    device.obeys = state.obeys;
    device.reachable = state.reachable;
    device.power_w = state.power_w;
    device.least_w = state.least_w;
    device.most_w = state.most_w;
    device.known_w = state.known_w;
    const Share after = share_of(device);
    for (int at = device.place; at >= 0; at = places_[static_cast<std::size_t>(at)].parent) {
        PlaceState& place = places_[static_cast<std::size_t>(at)];
        place.energy_wh +=
            place.power_w * static_cast<double>(now - place.since_us) / static_cast<double>(model::hour_us);
        place.since_us = now;
        place.power_w += after.power_w - before.power_w;
        place.least_w += after.least_w - before.least_w;
        place.most_w += after.most_w - before.most_w;
        place.hidden_w += after.hidden_w - before.hidden_w;
        place.astray += after.astray - before.astray;
        if (on_change) on_change(at, now);
    }
}

double Grid::energy_wh(int index, Us at) const {
    const PlaceState& place = places_[static_cast<std::size_t>(index)];
    return place.energy_wh +
           place.power_w * static_cast<double>(at - place.since_us) / static_cast<double>(model::hour_us);
}

}  // namespace busbar::sim
