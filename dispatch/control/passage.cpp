// See passage.hpp.
#include "dispatch/control/passage.hpp"

#include <algorithm>

namespace busbar::dispatch {

void note_told(Passage& passage, model::MilliW told_mw, model::Us now_us, model::Us settles_us) {
    const bool begins = passage.since_us == 0;
    if (!begins && now_us - passage.since_us >= settles_us) {
        // What was before has had its time to go; what is told now begins the next part.
        passage.low_mw = passage.new_low_mw;
        passage.high_mw = passage.new_high_mw;
        passage.new_low_mw = passage.new_high_mw = told_mw;
    }
    if (begins || now_us - passage.since_us >= settles_us) passage.since_us = now_us;
    passage.new_low_mw = std::min(passage.new_low_mw, told_mw);
    passage.new_high_mw = std::max(passage.new_high_mw, told_mw);
    passage.low_mw = std::min(passage.low_mw, told_mw);
    passage.high_mw = std::max(passage.high_mw, told_mw);
}

bool holds(const Passage& passage, model::Us measured_us) {
    return passage.since_us != 0 && measured_us >= passage.since_us;
}

}  // namespace busbar::dispatch
