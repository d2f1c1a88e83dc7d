// Answers kept as bytes. Devices ask for the same few lists every poll period and mostly get what they got before; what
// a GET of them was answered with is kept with the device until something that stands in them changes. Which resources
// and what writes these are says the table in resources.cpp; changes by time are seen by advance(). Internal to the
// folder.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace busbar::ieee2030_5 {

struct State;
struct Device;

// A body as it was answered with, for the target as it was asked for.
struct Rendered {
    std::string target;
    std::string body;

    std::size_t bytes() const { return sizeof(Rendered) + target.size() + body.size(); }
};

// nullptr: not kept.
const std::string* rendered(const Device& device, std::string_view target);
// The device's oldest make room; what finds none, of the device's or of all, is not kept.
void keep_rendered(State& state, Device& device, std::string_view target, const std::string& body);
void drop_rendered(State& state, Device& device);
// Something of the device has changed: what was rendered of it and what advance() knew of its controls hold no longer.
void changed(State& state, Device& device);

}  // namespace busbar::ieee2030_5
