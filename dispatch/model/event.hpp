// What a utility (or the operator) asks for: an event with intervals of signals, whatever protocol it came by.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "dispatch/model/units.hpp"

namespace busbar::model {

// Strongest first. A weaker class moves only inside what a stronger one leaves.
enum class PriorityClass : std::uint8_t { safety, operating_envelope, emergency, contract, economic, price };

struct Priority {
    PriorityClass priority_class = PriorityClass::contract;
    std::uint32_t rank = no_rank;  // lower wins within a class; no_rank = none given = weakest
    static constexpr std::uint32_t no_rank = 0xffff'ffff;
    auto operator<=>(const Priority&) const = default;
};

enum class SignalKind : std::uint8_t {
    level,          // 0 normal … 3 special: SIMPLE. value = the level
    setpoint,       // net power of the target: power_mw
    delta,          // change against the target's baseline, frozen at notice: power_mw, - = consume less
    scale,          // of the target's capability: ratio_ppm of the largest import
    import_limit,   // hard: net power <= power_mw (>= 0)
    export_limit,   // hard: net power >= -power_mw (>= 0)
    price,          // price_micro per kWh
    ghg,            // value in g/kWh
    charge_state,   // energy target: ratio_ppm of the storage, or value in Wh
    opaque,         // kept and reported, not acted on
};

struct Signal {
    SignalKind kind = SignalKind::opaque;
    MilliW power_mw = 0;
    Ppm ratio_ppm = 0;
    std::int64_t value = 0;
    std::int64_t price_micro = 0;
    std::string native;  // the native name (and unit) of an opaque signal
    bool operator==(const Signal&) const = default;
};

struct Interval {
    Us start_us = 0;
    Us end_us = 0;  // exclusive; `never` = open
    std::string native_id;  // the interval's id as its sender named it
    std::vector<Signal> signals;
    bool operator==(const Interval&) const = default;
};

enum class EventStatus : std::uint8_t { scheduled, active, completed, cancelled };
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"  // g++ 12 takes the scoped enumerator for one that hides model::never
enum class ResponsePolicy : std::uint8_t { never, always };
#pragma GCC diagnostic pop

// How far the start is shifted: drawn once for an event, uniform in [low_us, high_us].
struct Randomise {
    Us low_us = 0;
    Us high_us = 0;
    bool operator==(const Randomise&) const = default;
};

// Something of the sender's message that the model cannot carry, or carries otherwise.
struct LossNote {
    std::string code;    // "unsupported_signal", "rounded", "untargeted" …
    std::string field;   // where in the native message
    std::string native;  // what it said
    std::string kept;    // what is done instead
    bool operator==(const LossNote&) const = default;
};

struct GridEvent {
    std::string id;          // unique here: source and native id
    std::string source;      // the endpoint that it came by, as configured ("vtn", "ven:upstream", "operator")
    std::string native_id;   // the sender's id
    std::uint64_t revision = 0;
    std::string program;     // programme or market context
    std::string name;        // for people
    Us created_us = 0;
    Us modified_us = 0;
    Priority priority;
    std::vector<std::string> targets;  // ids of groups, feeders, sites or resources; empty = all
    std::vector<Interval> intervals;   // ascending, not overlapping, absolute times
    Randomise randomise;
    ResponsePolicy response = ResponsePolicy::always;
    bool test = false;       // answered and reported, never sent to a device
    bool cancelled = false;  // cancelled by its sender; intervals stand as they were
    std::vector<LossNote> losses;
    bool operator==(const GridEvent&) const = default;

    Us start_us() const { return intervals.empty() ? never : intervals.front().start_us; }
    Us end_us() const { return intervals.empty() ? 0 : intervals.back().end_us; }
};

}  // namespace busbar::model
