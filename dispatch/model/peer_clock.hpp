// A peer's clock as far as its messages show it. Peers stamp what they say by clocks of their own, which may stand
// before their first setting, keep another zone's time, or be set forward or back at any moment. What is stamped
// wrongly must not be taken for old: a meter whose clock went back by ten minutes would not be believed for ten
// minutes.
//
// An old stamp has two causes. Either the message waited (a station that was cut off sends what it has queued, at once,
// one after the other), or the clock is behind. A message that did not wait shows the clock: one that came after a
// pause, for a queue makes none; or one whose stamp has moved on since the last by as much as time has.
#pragma once

#include <algorithm>

#include "dispatch/model/units.hpp"

namespace busbar::model {

class PeerClock {
  public:
    // A message came at `now_us`, after `silence_us` without any, and says that it was made at `stated_us`. A clock
    // that is wrong by no more than `tolerance_us` is right: messages take their time.
    void hear(Us stated_us, Us now_us, Us silence_us, Us tolerance_us) {
        const Us waited_us = now_us - heard_us_, moved_us = stated_us - stated_us_;
        const Us difference_us = waited_us > moved_us ? waited_us - moved_us : moved_us - waited_us;
        const bool keeps_time = heard_us_ != 0 && waited_us >= second_us && difference_us <= second_us;
        heard_us_ = now_us;
        stated_us_ = stated_us;
        if (silence_us < pause_us && !keeps_time) return;
        const Us behind_us = now_us - stated_us;
        behind_us_ = behind_us > tolerance_us || behind_us < -tolerance_us ? behind_us : 0;
    }

    // The same instant by the gateway's clock, never later than `now_us`.
    Us gateway_time(Us stated_us, Us now_us) const { return std::min(stated_us + behind_us_, now_us); }

    Us behind_us() const { return behind_us_; }

    static constexpr Us pause_us = 10 * second_us;

  private:
    Us behind_us_ = 0;
    Us heard_us_ = 0, stated_us_ = 0;  // of the last message with a stamp
};

}  // namespace busbar::model
