#include "gateway/app/clock.hpp"

#include <chrono>

namespace busbar::app {

model::Us wall_clock_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

}  // namespace busbar::app
