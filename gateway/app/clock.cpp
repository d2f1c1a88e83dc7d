#include "gateway/app/clock.hpp"

#include <chrono>

namespace busbar::app {
namespace {

template <class Clock>
model::Us now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Clock::now().time_since_epoch()).count();
}

}  // namespace

model::Us wall_clock_us() {
    return now_us<std::chrono::system_clock>();
}

model::Us steady_clock_us() {
    return now_us<std::chrono::steady_clock>();
}

model::Us Clock::read(model::Us wall_us, model::Us steady_us) {
    const model::Us held_us = led_us_ + (steady_us - led_steady_us_) / 2;
    if (wall_us >= held_us) {
        led_us_ = wall_us;
        led_steady_us_ = steady_us;
        ahead_us_ = 0;
        return wall_us;
    }
    ahead_us_ = held_us - wall_us;
    return held_us;
}

}  // namespace busbar::app
