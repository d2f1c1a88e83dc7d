// For tests: a CSMS with one enrolled station, spoken to in frames as they stand on the wire.
#pragma once

#include <gtest/gtest.h>

#include "protocols/ocpp/test_pair.hpp"

namespace busbar::ocpp {

struct Wire {
    Csms csms;
    Version version;
    model::Us now = test_start_us;
    Output out;  // of the last call
    Output all;  // of all calls; frames are of all too
    int calls = 0;

    explicit Wire(Version version_spoken, Policy policy = {}, std::uint16_t outlets = 1)
        : csms(std::move(policy)), version(version_spoken) {
        model::Enrolment enrolment;
        enrolment.id = "cs-1";
        enrolment.outlets = outlets;
        enrolment.rated_import_mw = 22'080'000;
        call([&](Output& output) { csms.enrol(now, enrolment, output); });
    }

    template <class Function>
    void call(Function function) {
        out = {};
        function(out);
        auto append = [](auto& to, auto& from) { to.insert(to.end(), from.begin(), from.end()); };
        append(all.frames, out.frames);
        append(all.closings, out.closings);
        append(all.changes.inputs, out.changes.inputs);
        append(all.changes.documents, out.changes.documents);
        append(all.changes.notices, out.changes.notices);
    }
    void connect() {
        call([&](Output& output) { csms.connected(now, "cs-1", version, output); });
    }
    void receive(std::string_view frame) {
        call([&](Output& output) { csms.receive(now, "cs-1", frame, output); });
    }
    // The first frame that this gave, as a station would see it.
    std::string reply() const { return out.frames.empty() ? std::string() : out.frames.front().text; }
    // A CALL of the station; gives back the answer to it.
    std::string ask(std::string_view action, std::string_view payload) {
        receive("[2,\"s" + std::to_string(++calls) + "\",\"" + std::string(action) + "\"," + std::string(payload) +
                "]");
        return reply();
    }
    void tick(model::Us span_us) {
        now += span_us;
        call([&](Output& output) { csms.tick(now, output); });
    }
    void send(const model::Command& command) {
        call([&](Output& output) { csms.send(now, command, output); });
    }
    // The last CALL that the CSMS made: its id, action and payload.
    Received last_call() const {
        for (auto frame = all.frames.rbegin(); frame != all.frames.rend(); ++frame) {
            Received received = read_frame(frame->text);
            if (received.kind == Received::Kind::call) return received;
        }
        return {};
    }
    void answer(std::string_view payload) { receive(result_frame(last_call().id, payload)); }

    // Connected, booted, with everything asked for answered.
    void boot(std::string_view learnt = {}) {
        connect();
        if (version == Version::v16) {
            ask("BootNotification", R"({"chargePointVendor":"V","chargePointModel":"M"})");
        } else {
            ask("BootNotification", R"({"reason":"PowerUp","chargingStation":{"vendorName":"V","model":"M"}})");
        }
        const std::string_view none = version == Version::v16 ? "{}" : nothing_known;
        answer(learnt.empty() ? none : learnt);
        while (idle() == false)
            answer(last_call().action == "SetVariables" ? set_accepted : R"({"status":"Accepted"})");
    }
    static constexpr std::string_view nothing_known =
        R"({"getVariableResult":[{"attributeStatus":"UnknownComponent","component":{"name":"x"},"variable":{"name":"x"}}]})";
    static constexpr std::string_view set_accepted =
        R"({"setVariableResult":[{"attributeStatus":"Accepted","component":{"name":"x"},"variable":{"name":"x"}}]})";

    // No CALL of the CSMS is outstanding.
    bool idle() const {
        for (auto frame = out.frames.rbegin(); frame != out.frames.rend(); ++frame) {
            if (read_frame(frame->text).kind == Received::Kind::call) return false;
        }
        return true;
    }
    std::vector<model::Ack> acks() const {
        std::vector<model::Ack> found;
        for (const auto& input : all.changes.inputs) {
            if (input.ack) found.push_back(*input.ack);
        }
        return found;
    }
    std::vector<model::Sample> samples() const {
        std::vector<model::Sample> found;
        for (const auto& input : all.changes.inputs) {
            if (input.sample) found.push_back(*input.sample);
        }
        return found;
    }
    model::Resource resource(std::string_view id) const {
        model::Resource last;
        for (const auto& input : all.changes.inputs) {
            if (input.resource && input.resource->id == id) last = *input.resource;
        }
        return last;
    }
    bool noticed(std::string_view code) const {
        for (const auto& notice : all.changes.notices) {
            if (notice.code == code) return true;
        }
        return false;
    }
};

}  // namespace busbar::ocpp
