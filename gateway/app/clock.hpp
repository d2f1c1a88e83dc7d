// The one place where the gateway asks what time it is. Everything below the loop is told.
#pragma once

#include "dispatch/model/units.hpp"

namespace busbar::app {

model::Us wall_clock_us();

}  // namespace busbar::app
