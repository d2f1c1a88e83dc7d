// Everything that the core can be told, as one value: what the journal keeps and a replay gives back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/model/command.hpp"
#include "dispatch/model/event.hpp"
#include "dispatch/model/report.hpp"
#include "dispatch/model/resource.hpp"

namespace busbar::model {

// Exactly one member of these is present (`tick`: none is).
struct Input {
    std::optional<GridEvent> event;          // new, or a higher revision of a known one (cancelled = true cancels)
    std::optional<std::string> event_gone;   // id of an event that its sender deleted: cancelled and forgotten later
    std::optional<Node> node;                // new or changed
    std::optional<std::string> node_gone;
    std::optional<Resource> resource;        // new or changed: capability, connected, controllable
    std::optional<std::string> resource_gone;
    std::optional<Sample> sample;
    std::optional<Ack> ack;
    bool operator==(const Input&) const = default;
};

// What the core wants done, in this order.
struct Outputs {
    std::vector<Command> commands;
    std::vector<EventReport> reports;  // whenever something in one changed; the last one has final = true
    std::vector<EventOpt> opts;
    Us next_due_us = never;            // call step() again no later than this
};

// A protocol's own durable state: one document in one folder, kept in the same transaction as the inputs.
struct Document {
    std::string folder;  // "openadr3/events", "ieee2030_5/end_devices" …
    std::string key;
    std::string body;    // "" = deleted
    bool operator==(const Document&) const = default;
};

enum class Severity : std::uint8_t { info, warning, security };

// Something that an operator should see: becomes a log line and a counter.
struct Notice {
    Severity severity = Severity::info;
    std::string code;  // stable, snake_case: "wrong_password", "schema_violation", "unknown_station"
    std::string peer;  // who: station id, LFDI, client id, address
    std::string text;  // one sentence, no secrets
    bool operator==(const Notice&) const = default;
};

// What a session learnt from one call. All of it is durable before any answer of that call leaves.
struct Changes {
    std::vector<Input> inputs;
    std::vector<Document> documents;
    std::vector<Notice> notices;
};

}  // namespace busbar::model
