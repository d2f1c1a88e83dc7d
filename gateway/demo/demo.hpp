// The main job, seen: the gateway, a utility and fifteen devices, each a separate peer over a real socket; one event with
// three intervals goes down, and its report comes back.
#pragma once

#include <string>

namespace busbar::demo {

struct DemoOptions {
    double seconds = 60;       // of the event; 0: one of 60 s, and everything stays up until it is interrupted
    bool json = false;         // the result as one object on standard output; the table goes to standard error
    std::string directory = "busbar-demo";
    bool crash = false;        // the gateway is killed in the middle of the event and started again
};

// 0 if the report came back, every protocol delivered, and delivered energy is within 0.98 to 1.02 of what was ordered.
int run_demo(const DemoOptions& options);

}  // namespace busbar::demo
