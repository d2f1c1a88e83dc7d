// The dispatcher: grid events in, device commands and reports out. Deterministic: the same inputs at the same times
// give the same outputs, on every machine; time is an argument and nothing here asks a clock.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/model/input.hpp"

namespace busbar::dispatch {

struct Snapshot;  // dispatch/snapshot.hpp

struct Settings {
    model::Us control_period_us = 2 * model::second_us;  // of the closed loop while an event is active
    model::MilliW deadband_mw = 50'000;                  // a device whose wanted power moves less is left alone
    model::Us silent_after_us = 6 * model::second_us;    // no acknowledgement for so long, or for the device's own
                                                         // settles_us if that is longer: it counts as silent
    model::Us report_period_us = 10 * model::second_us;  // of progress reports while an event is active
    model::Us event_kept_us = 24 * model::hour_us;       // how long a finished event is remembered
    std::size_t events_kept = 2'000;                     // how many of them, and with how many members together:
    std::size_t members_kept = 2'000'000;                // beyond either the first to finish go sooner
    std::uint64_t seed = 1;                              // of randomised starts
    model::Us lead_us = model::hour_us;                  // how long before its start an order is told to the devices
    // Signal `level` 1, 2, 3: the net power allowed, as a share of the target's largest import.
    std::array<model::Ppm, 3> level_ratio_ppm = {750'000, 500'000, 250'000};
};

enum class CommandState : std::uint8_t {
    sent,
    received,
    accepted,
    started,
    completed,
    rejected,
    opted_out,
    superseded,
    cancelled,
    aborted,
    timeout,
    expired,
};

// Read-only views for the operator's interface; valid until the next step().
struct CommandView {
    model::Command command;
    CommandState state = CommandState::sent;
    model::Us changed_us = 0;
    std::string reason;
};
struct ResourceView {
    model::Resource resource;
    std::optional<model::Sample> last_sample;
    std::optional<model::MilliW> wanted_mw;     // by the loop; absent = not commanded
    std::optional<model::MilliW> commanded_mw;  // last command in force
    bool silent = false;
    bool refused = false;
};
struct NodeView {
    model::Node node;
    std::optional<model::MilliW> ordered_mw;  // by the event in force; absent = none
    model::MilliW measured_mw = 0;            // sum below
    std::int32_t resources = 0;
};
struct EventView {
    model::GridEvent event;
    model::EventStatus status{};
    model::Us start_us = 0;  // after randomisation
    model::EventReport report;
};

class Core {
  public:
    explicit Core(Settings settings = {});
    Core(Settings settings, const Snapshot& snapshot);  // throws std::invalid_argument if it cannot be one of ours
    ~Core();
    Core(Core&&) noexcept;
    Core& operator=(Core&&) noexcept;

    // Takes one input (an Input with no member is a tick) at `now_us`, which never runs backwards: an earlier time
    // counts as the latest one seen, one after model::last_us as that. Appends to `out` and sets out.next_due_us.
    void step(model::Us now_us, const model::Input& input, model::Outputs& out);

    std::vector<CommandView> commands() const;    // current and recent, newest first
    std::vector<ResourceView> resources() const;  // by id
    std::vector<NodeView> nodes() const;          // by id, the root "all" included
    std::vector<EventView> events() const;        // by start
    model::MilliW measured_mw() const;            // net, of all resources: what the root's NodeView has, at once

    // The whole state as plain values (snapshot.hpp): Core(settings, snapshot()) goes on exactly where this one is.
    Snapshot snapshot() const;
    // The same number for the same state: what replay is compared by.
    std::uint64_t state_hash() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace busbar::dispatch
