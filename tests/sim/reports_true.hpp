// Who judges what the gateway tells the utility above it: in the healed world its telemetry (OpenADR 2.0b,
// TELEMETRY_USAGE) comes in time and without a gap, and says the power that flowed, as exactly as the meters below it
// speak often.
#pragma once

#include <vector>

#include "tests/sim/checkers.hpp"

namespace busbar::sim {

class ReportsTrue {
  public:
    ReportsTrue(Evidence& evidence, const UpstreamVtn& vtn) : evidence_(evidence), vtn_(vtn) {}
    void watch(Us from_us);  // from then on
    void end();

  private:
    void note();
    void judge(const UsageInterval& interval) const;
    Evidence& evidence_;
    const UpstreamVtn& vtn_;
    Us from_us_ = model::never;
    std::vector<std::vector<float>> powers_w_;  // each minute since from_us_, of each device
};

}  // namespace busbar::sim
