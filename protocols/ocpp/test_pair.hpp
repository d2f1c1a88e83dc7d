// For tests: a CSMS and a charging station that talk to each other in memory, with a clock that the test moves.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "protocols/ocpp/csms.hpp"
#include "protocols/ocpp/station.hpp"

namespace busbar::ocpp {

inline constexpr model::Us test_start_us = 1'767'225'600 * model::second_us;  // 2026-01-01T00:00:00Z

struct Pair {
    Csms csms;
    Station station;
    Version version;
    model::Us now = test_start_us;
    Output all;  // everything that the CSMS ever gave
    std::vector<std::string> to_csms, to_station;
    std::vector<std::string> heard;  // every frame that the station received
    std::vector<std::string> said;   // every frame that it sent
    bool open = false;

    explicit Pair(StationOptions options, Policy policy = {})
        : csms(policy), station(options), version(options.version) {
        model::Enrolment enrolment;
        enrolment.id = options.id;
        enrolment.phases = options.phases;
        enrolment.outlets = options.evses;
        enrolment.rated_import_mw = static_cast<model::MilliW>(options.max_a * options.phases) * options.voltage_mv;
        id = options.id;
        call([&](Output& output) { csms.enrol(now, enrolment, output); });
    }

    std::string id;

    template <class Function>
    void call(Function function) {
        Output output;
        function(output);
        for (Frame& frame : output.frames) to_station.push_back(frame.text);
        all.frames.insert(all.frames.end(), output.frames.begin(), output.frames.end());
        all.closings.insert(all.closings.end(), output.closings.begin(), output.closings.end());
        auto append = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
        append(all.changes.inputs, output.changes.inputs);
        append(all.changes.documents, output.changes.documents);
        append(all.changes.notices, output.changes.notices);
    }

    // Carries frames to and fro until both are silent.
    void settle() {
        for (int rounds = 0; rounds < 1000 && (!to_csms.empty() || !to_station.empty()); ++rounds) {
            std::vector<std::string> up, down;
            up.swap(to_csms);
            down.swap(to_station);
            for (const std::string& frame : up) {
                said.push_back(frame);
                if (open) call([&](Output& output) { csms.receive(now, id, frame, output); });
            }
            for (const std::string& frame : down) {
                if (!open) continue;
                heard.push_back(frame);
                station.receive(now, frame, to_csms);
            }
        }
    }

    void connect() {
        open = true;
        call([&](Output& output) { csms.connected(now, id, version, output); });
        station.opened(now, to_csms);
        settle();
    }

    void disconnect() {
        open = false;
        to_csms.clear();
        to_station.clear();
        station.closed(now);
        call([&](Output& output) { csms.disconnected(now, id, output); });
    }

    void advance(model::Us span_us, model::Us step_us = model::second_us) {
        for (const model::Us end_us = now + span_us; now < end_us;) {
            now = std::min(now + step_us, end_us);
            station.tick(now, to_csms);
            call([&](Output& output) { csms.tick(now, output); });
            settle();
        }
    }

    void plug_in(std::uint16_t evse = 1, std::string_view token = "TOKEN") {
        station.plug_in(now, evse, token, to_csms);
        settle();
    }

    void send(const model::Command& command) {
        call([&](Output& output) { csms.send(now, command, output); });
        settle();
    }

    std::vector<model::Ack> acks() const {
        std::vector<model::Ack> acks;
        for (const auto& input : all.changes.inputs) {
            if (input.ack) acks.push_back(*input.ack);
        }
        return acks;
    }
    std::vector<model::Sample> samples() const {
        std::vector<model::Sample> samples;
        for (const auto& input : all.changes.inputs) {
            if (input.sample) samples.push_back(*input.sample);
        }
        return samples;
    }
    // As last told; a default one if never.
    model::Resource resource(std::string_view resource_id) const {
        model::Resource last;
        for (const auto& input : all.changes.inputs) {
            if (input.resource && input.resource->id == resource_id) last = *input.resource;
        }
        return last;
    }
    bool noticed(std::string_view code) const {
        return std::any_of(all.changes.notices.begin(), all.changes.notices.end(),
                           [&](const model::Notice& notice) { return notice.code == code; });
    }
    // Frames to the station that name this action.
    std::vector<std::string> calls(std::string_view action) const {
        std::vector<std::string> found;
        for (const std::string& frame : heard) {
            if (frame.find("\"" + std::string(action) + "\"") != std::string::npos) found.push_back(frame);
        }
        return found;
    }
};

inline model::Command setpoint(std::string id, std::string resource, model::Us start_us, model::Us end_us,
                               std::vector<model::Step> steps) {
    model::Command command;
    command.id = std::move(id);
    command.resource = std::move(resource);
    command.start_us = start_us;
    command.end_us = end_us;
    command.steps = std::move(steps);
    return command;
}

inline model::Command release(std::string id, std::string resource) {
    model::Command command;
    command.id = std::move(id);
    command.resource = std::move(resource);
    command.kind = model::CommandKind::release;
    return command;
}

}  // namespace busbar::ocpp
