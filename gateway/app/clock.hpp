// The one place where the gateway asks what time it is. Everything below the loop is told.
#pragma once

#include "dispatch/model/units.hpp"

namespace busbar::app {

model::Us wall_clock_us();
model::Us steady_clock_us();  // of no particular origin, and nobody sets it

// The gateway's time. Nothing below may be told a time before one that it has been told; yet if time stood still when
// somebody sets the clock of the machine back, no order would end, no peer be missed and nothing be corrected for as
// long as it was ahead. So time goes on at half its pace until the clock on the wall has caught up.
class Clock {
  public:
    Clock(model::Us earliest_us, model::Us steady_us) : led_us_(earliest_us), led_steady_us_(steady_us) {}

    model::Us read(model::Us wall_us, model::Us steady_us);  // in the order in which they were taken
    model::Us ahead_us() const { return ahead_us_; }         // of the wall, at the last read; 0: not

  private:
    model::Us led_us_;  // the last time that was the wall's own, and the steady clock then
    model::Us led_steady_us_;
    model::Us ahead_us_ = 0;
};

}  // namespace busbar::app
