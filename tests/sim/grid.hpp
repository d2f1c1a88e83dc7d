// What is physically so, known to nobody in the simulated world but those who judge it: the power of every device,
// summed up the tree at every change, and the energy that flowed. Powers in W, load convention.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/resource.hpp"
#include "tests/sim/world.hpp"

namespace busbar::sim {

inline constexpr double no_limit_w = 1e12;

struct PlaceState {  // of a node
    std::string id;
    int parent = -1;
    double import_limit_w = no_limit_w, export_limit_w = no_limit_w;
    double power_w = 0;
    double least_w = 0, most_w = 0;  // what the well-behaved and reachable below could do now, the others as they are
    double hidden_w = 0;   // consumption below that nobody can know of: out of reach, or with a meter that errs
    double energy_wh = 0;  // net, since the beginning
    Us since_us = 0;       // of power_w
    int astray = 0;        // below, and polling: can be reached, and does not obey
};

// What a device is and does; as it was told at each change.
struct DeviceState {
    std::string id;
    int place = 0;
    model::ResourceKind kind = model::ResourceKind::ev;
    bool obeys = true;       // takes its commands and does them, and measures right
    bool reachable = false;  // its link is up (a device that polls: it got an answer within its rate)
    double power_w = 0;
    double least_w = 0, most_w = 0;  // what it could do now
    double known_w = 0;              // what its meter last said while it could be reached
};

class Grid {
  public:
    explicit Grid(const World& world);

    int add_place(const model::Node& node);
    int add_device(std::string id, std::string_view place, model::ResourceKind kind);
    void update(int device, const DeviceState& state);  // id, place and kind stay

    const DeviceState& device(int index) const { return devices_[static_cast<std::size_t>(index)]; }
    const std::vector<DeviceState>& devices() const { return devices_; }
    const std::vector<PlaceState>& places() const { return places_; }
    int place(std::string_view id) const;  // -1: none
    double energy_wh(int place, Us at) const;

    // Called for each place of which something changed, after the change, with the time.
    std::function<void(int place, Us now)> on_change;

  private:
    const World& world_;
    std::vector<PlaceState> places_;
    std::vector<DeviceState> devices_;
    std::map<std::string, int, std::less<>> by_id_;
};

}  // namespace busbar::sim
