// For the tests of this folder: a core with a clock, and short words for its inputs.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "dispatch/core.hpp"
#include "dispatch/snapshot.hpp"

namespace busbar::dispatch {

using model::MilliW;
using model::second_us;
using model::Us;

inline constexpr MilliW kw = 1'000'000;
inline constexpr Us t0 = 1'700'000'000 * second_us;

// A core with a clock, and everything that it ever put out.
struct Desk {
    Core core;
    Us now = t0;
    model::Outputs all;
    std::size_t seen = 0;

    explicit Desk(Settings settings = {}) : core(settings) {}

    void step(const model::Input& input = {}) {
        model::Outputs out;
        core.step(now, input, out);
        all.next_due_us = out.next_due_us;
        all.commands.insert(all.commands.end(), out.commands.begin(), out.commands.end());
        all.reports.insert(all.reports.end(), out.reports.begin(), out.reports.end());
        all.opts.insert(all.opts.end(), out.opts.begin(), out.opts.end());
    }
    // Runs every pass that falls due until `until`.
    void run_to(Us until) {
        while (all.next_due_us <= until) {
            now = std::max(now, all.next_due_us);
            step();
        }
        now = until;
        step();
    }
    void run(Us span) { run_to(now + span); }

    void charger(const std::string& id, const std::string& parent = "", MilliW max = 22 * kw) {
        model::Input input;
        input.resource.emplace();
        input.resource->id = id;
        input.resource->parent = parent;
        input.resource->kind = model::ResourceKind::ev;
        input.resource->capability.max_mw = max;
        input.resource->connected = input.resource->controllable = true;
        input.resource->settles_us = 3 * second_us;
        step(input);
    }
    void set(const model::Resource& resource) {
        model::Input input;
        input.resource = resource;
        step(input);
    }
    model::Resource resource(const std::string& id) const {
        for (const auto& view : core.resources()) {
            if (view.resource.id == id) return view.resource;
        }
        return {};
    }
    void node(const std::string& id, const std::string& parent = "", MilliW import_limit = model::unlimited_mw) {
        model::Input input;
        input.node = model::Node{id, parent, model::NodeKind::site, "", import_limit, model::unlimited_mw};
        step(input);
    }
    void post(const model::GridEvent& event) {
        model::Input input;
        input.event = event;
        step(input);
    }
    void ack(const model::Command& command, model::AckState state, const std::string& reason = "") {
        model::Input input;
        input.ack = model::Ack{command.id, command.resource, state, now, reason};
        step(input);
    }
    void sample(const std::string& id, MilliW power) {
        model::Input input;
        input.sample.emplace();
        input.sample->resource = id;
        input.sample->measured_us = input.sample->received_us = now;
        input.sample->power_mw = power;
        step(input);
    }
    // The commands since the last call.
    std::vector<model::Command> fresh() {
        const std::vector<model::Command> commands(all.commands.begin() + static_cast<std::ptrdiff_t>(seen),
                                                   all.commands.end());
        seen = all.commands.size();
        return commands;
    }
    std::vector<model::Command> accept_all() {
        auto commands = fresh();
        for (const auto& command : commands) ack(command, model::AckState::accepted);
        return commands;
    }
    const model::EventReport& last_report() const { return all.reports.back(); }
};

inline model::Signal setpoint(MilliW power) {
    model::Signal signal;
    signal.kind = model::SignalKind::setpoint;
    signal.power_mw = power;
    return signal;
}

inline model::GridEvent event(const std::string& id, Us start, Us length, std::vector<MilliW> powers) {
    model::GridEvent event;
    event.id = id;
    event.created_us = event.modified_us = t0;
    for (const auto power : powers) {
        event.intervals.push_back({start, start + length, std::to_string(event.intervals.size()), {setpoint(power)}});
        start += length;
    }
    return event;
}

}  // namespace busbar::dispatch
