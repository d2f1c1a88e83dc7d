#include "protocols/ieee2030_5/rendered.hpp"

#include "protocols/ieee2030_5/state.hpp"

namespace busbar::ieee2030_5 {
namespace {

constexpr std::size_t most_answers = 8;  // of one device: the lists of its walk

void drop_oldest(State& state, Device& device) {
    const std::size_t bytes = device.rendered.front().bytes();
    state.rendered_bytes -= bytes;
    device.rendered_bytes -= bytes;
    device.rendered.erase(device.rendered.begin());
}

}  // namespace

const std::string* rendered(const Device& device, std::string_view target) {
    for (const Rendered& each : device.rendered) {
        if (each.target == target) return &each.body;
    }
    return nullptr;
}

void keep_rendered(State& state, Device& device, std::string_view target, const std::string& body) {
    Rendered added{std::string(target), body};
    const std::size_t bytes = added.bytes();
    if (bytes > state.policy.rendered_device) return;
    while (device.rendered.size() >= most_answers || device.rendered_bytes + bytes > state.policy.rendered_device) {
        drop_oldest(state, device);
    }
    if (state.rendered_bytes + bytes > state.policy.rendered) return;
    state.rendered_bytes += bytes;
    device.rendered_bytes += bytes;
    device.rendered.push_back(std::move(added));
}

void drop_rendered(State& state, Device& device) {
    state.rendered_bytes -= device.rendered_bytes;
    device.rendered_bytes = 0;
    device.rendered = {};
}

void changed(State& state, Device& device) {
    drop_rendered(state, device);
    device.settled_from_us = 0;
    device.settled_until_us = 0;
    device.shown.clear();
}

}  // namespace busbar::ieee2030_5
