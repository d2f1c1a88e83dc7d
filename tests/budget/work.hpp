// The work that is counted: one message from the frame to the answer, in sessions that have settled.
#pragma once

#include <memory>
#include <string>

namespace busbar::budget {

class Work {
  public:
    virtual ~Work() = default;
    virtual void once() = 0;
};

// A booted OCPP 2.0.1 station sends MeterValues of 800 B: read, checked, made samples of, answered.
std::unique_ptr<Work> meter_values();
// An inverter gets its list of two controls as it got it before: found, given back as a response from the bytes kept.
std::unique_ptr<Work> control_list();
// The same of a server that keeps no bytes: found, rendered, given back.
std::unique_ptr<Work> control_list_anew();
// A sample as the journal keeps it.
std::unique_ptr<Work> journal_input();

}  // namespace busbar::budget
