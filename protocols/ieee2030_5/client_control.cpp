// Controls as the client carries them out: by the server's clock, the lowest primacy first and of equals the newest,
// each opMod on its own; what is superseded ends at once (10.2.3.3 and the rules for overlapping events).
#include <algorithm>

#include "protocols/ieee2030_5/client.hpp"
#include "protocols/ieee2030_5/client_body.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::Us;
using sep::CurrentStatus;

constexpr Us clock_tolerance_us = 2 * model::second_us;

// Uniform in [0, range] or [range, 0], the same for the same control and device.
std::int64_t drawn(std::int64_t range, std::string_view mrid, std::string_view lfdi) {
    if (range == 0) return 0;
    std::uint64_t hash = 14695981039346656037ull;
    for (std::string_view text : {mrid, lfdi}) {
        for (unsigned char c : text) hash = (hash ^ c) * 1099511628211ull;
    }
    const std::int64_t size = range < 0 ? -range : range;
    const auto part = static_cast<std::int64_t>(hash % static_cast<std::uint64_t>(size + 1));
    return range < 0 ? -part : part;
}

template <class T>
void overlay(std::optional<T>& below, const std::optional<T>& above) {
    if (above) below = above;
}

void overlay(sep::DERControlBase& below, const sep::DERControlBase& above) {
    overlay(below.opModConnect, above.opModConnect);
    overlay(below.opModEnergize, above.opModEnergize);
    overlay(below.opModFixedW, above.opModFixedW);
    overlay(below.opModMaxLimW, above.opModMaxLimW);
    overlay(below.opModTargetW, above.opModTargetW);
    overlay(below.opModImpLimW, above.opModImpLimW);
    overlay(below.opModExpLimW, above.opModExpLimW);
    overlay(below.opModGenLimW, above.opModGenLimW);
    overlay(below.opModLoadLimW, above.opModLoadLimW);
}

bool was_taken_back(const sep::DERControl& control) {
    return control.EventStatus.currentStatus >= static_cast<std::uint8_t>(CurrentStatus::cancelled);
}

}  // namespace

Ratings Client::ratings() const {
    return ratings_of(options_.kind, stated_capability(options_), stated_settings(options_), {});
}

void Client::replace_controls(Us now, const std::string& program, std::vector<sep::DERControl> records) {
    const std::uint8_t primacy = programs_[program].primacy;
    std::set<std::string> present;
    for (sep::DERControl& record : records) {
        const std::string mrid = upper_case(record.mRID);
        present.insert(mrid);
        Control& control = controls_[mrid];
        control.program = program;
        control.primacy = primacy;
        const std::int64_t shift = record.randomizeStart ? drawn(*record.randomizeStart, mrid, options_.lfdi) : 0;
        const std::int64_t stretch =
            record.randomizeDuration ? drawn(*record.randomizeDuration, mrid, options_.lfdi) : 0;
        control.start_us = us_of(record.interval.start + shift);
        control.end_us = control.start_us + us_of(std::max<std::int64_t>(record.interval.duration + stretch, 0));
        control.record = std::move(record);
    }
    // What is not listed any more has come to its end, as the two clocks see it, or was taken back without a word.
    const Us at = server_time(now);
    for (auto& [mrid, control] : controls_) {
        if (control.program != program || present.contains(mrid)) continue;
        if (control.running && at + clock_tolerance_us >= control.end_us) continue;
        control.over = true;
        control.running = false;
    }
    std::erase_if(controls_, [&](const auto& entry) {
        return entry.second.program == program && entry.second.over && !present.contains(entry.first);
    });
}

void Client::evaluate(Us now) {
    const Us at = server_time(now);
    for (auto& entry : controls_) {
        if (!entry.second.over) evaluate_one(entry.second, at);
    }
}

void Client::evaluate_one(Control& control, Us at) {
    if (options_.behaviour == Behaviour::silent) return;
    tell(control, 1, at);
    if (options_.behaviour == Behaviour::refuses) {
        tell(control, 4, at);
        control.over = true;
        return;
    }
    if (was_taken_back(control.record)) {
        const auto superseded = static_cast<std::uint8_t>(CurrentStatus::superseded);
        tell(control, control.record.EventStatus.currentStatus == superseded ? 7 : 6, at);
        control.over = true;
    } else if (at >= control.end_us) {
        if (control.running) tell(control, 3, at);
        control.over = true;
    } else if (at >= control.start_us) {
        if (beaten(control, at)) {
            tell(control, 7, at);
            control.over = true;
        } else {
            control.running = true;
            tell(control, 2, at);
        }
    }
    if (control.over) control.running = false;
}

// Another control with the same opMods is in its time and goes before this one.
bool Client::beaten(const Control& control, Us at) const {
    return std::any_of(controls_.begin(), controls_.end(), [&](const auto& entry) {
        const Control& other = entry.second;
        if (&other == &control || other.over || was_taken_back(other.record)) return false;
        if (at < other.start_us || at >= other.end_us) return false;
        if (!same_modes(other.record.DERControlBase, control.record.DERControlBase)) return false;
        if (other.primacy != control.primacy) return other.primacy < control.primacy;
        if (other.record.creationTime != control.record.creationTime) {
            return other.record.creationTime > control.record.creationTime;
        }
        return upper_case(other.record.mRID) > upper_case(control.record.mRID);
    });
}

void Client::tell(Control& control, std::uint8_t status, Us at) {
    const std::uint32_t required =
        control.record.responseRequired.value ? bits_of(*control.record.responseRequired.value) : 0;
    const bool asked = (required & (status == 1 ? 1u : 2u)) != 0;
    if (!asked || !control.record.replyTo.value || !control.told.insert(status).second) return;
    Task task;
    task.step = Step::post_response;
    task.method = "POST";
    task.href = *control.record.replyTo.value;
    task.body = response_body(options_, control.record.mRID, status, seconds_of(at));
    task.status = status;
    responses_.push_back(std::move(task));
}

sep::DERControlBase Client::in_force(Us at) const {
    // Weakest first, so that the strongest has the last word on each opMod.
    std::vector<const Program*> defaults;
    for (const auto& entry : programs_) defaults.push_back(&entry.second);
    std::sort(defaults.begin(), defaults.end(),
              [](const Program* a, const Program* b) { return a->primacy > b->primacy; });
    std::vector<const Control*> running;
    for (const auto& entry : controls_) {
        const Control& control = entry.second;
        if (control.running && at >= control.start_us && at < control.end_us) running.push_back(&control);
    }
    std::sort(running.begin(), running.end(), [](const Control* a, const Control* b) {
        if (a->primacy != b->primacy) return a->primacy > b->primacy;
        return a->record.creationTime < b->record.creationTime;
    });
    sep::DERControlBase base;
    for (const Program* program : defaults) {
        if (program->fallback) overlay(base, *program->fallback);
    }
    for (const Control* control : running) overlay(base, control->record.DERControlBase);
    return base;
}

Wanted Client::wanted(Us now) {
    evaluate(now);
    if (options_.behaviour != Behaviour::obeys) return {};
    return wanted_of(ratings(), in_force(server_time(now)));
}

}  // namespace busbar::ieee2030_5
