#include "protocols/ieee2030_5/publisher.hpp"

#include <algorithm>
#include <limits>

#include "protocols/ieee2030_5/acknowledgement.hpp"
#include "protocols/ieee2030_5/units.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::AckState;
using model::Us;
using sep::CurrentStatus;

// The standard knows no endless interval: an open one is published in days, each before the last one ends.
constexpr std::int64_t longest_s = 86'400;
constexpr std::int64_t lead_s = 3'600;
constexpr std::int64_t horizon_s = 2 * longest_s;  // how far ahead controls are published
constexpr std::int64_t kept_s = 3'600;             // responses are taken this long after a control's end
constexpr std::int64_t open_s = std::numeric_limits<std::int64_t>::max();

struct Piece {
    std::int64_t start_s = 0;
    std::int64_t end_s = 0;
    sep::DERControlBase base;
    bool last = false;
};

CurrentStatus status_of(const ControlRecord& control) {
    return static_cast<CurrentStatus>(control.status);
}

bool is_live(const ControlRecord& control) {
    return status_of(control) == CurrentStatus::scheduled || status_of(control) == CurrentStatus::active;
}

bool same_base(const sep::DERControlBase& a, const sep::DERControlBase& b) {
    return wire::to_json(a) == wire::to_json(b);
}

CommandRecord record_of_command(const model::Command& command, Us now) {
    CommandRecord record;
    record.id = command.id;
    record.start_us = command.start_us;
    record.end_us = command.end_us;
    for (const model::Step& step : command.steps) record.steps.push_back({step.start_us, step.power_mw});
    record.published_s = seconds_of(std::max(command.start_us, now));
    return record;
}

// What follows `from_s` of the command, in whole seconds; steps that ask for the same are one piece.
std::vector<Piece> pieces_of(const State& state, const Device& device, const CommandRecord& command,
                             std::int64_t from_s) {
    const Ratings ratings = device.ratings();
    std::vector<Piece> pieces;
    for (std::size_t i = 0; i < command.steps.size(); ++i) {
        const bool last = i + 1 == command.steps.size();
        const Us end_us = last ? command.end_us : std::min(command.steps[i + 1].start_us, command.end_us);
        const std::int64_t start_s = std::max(seconds_of(command.steps[i].start_us), from_s);
        const std::int64_t end_s = end_us == model::never ? open_s : seconds_of(end_us);
        if (end_s <= start_s) continue;
        Piece piece{start_s, end_s,
                    control_for(device.kind(), ratings, command.steps[i].power_mw, state.policy.csip_aus), false};
        if (!pieces.empty() && pieces.back().end_s == start_s && same_base(pieces.back().base, piece.base)) {
            pieces.back().end_s = end_s;
        } else {
            pieces.push_back(std::move(piece));
        }
    }
    if (!pieces.empty()) pieces.back().last = true;
    return pieces;
}

void add_control(State& state, Device& device, const Piece& piece, Us now, model::Changes& changes) {
    ControlRecord control;
    control.number = ++device.record.last_control;
    // Unique over reinstallations too, and rising: 32 bits of the second, 24 of the control's number.
    const auto second = static_cast<std::uint64_t>(seconds_of(now)) & 0xffff'ffff;
    control.mrid = state.mrid(mrid_control, device.record.number, second << 24 | (control.number & 0xff'ffff));
    control.command = device.record.command->id;
    control.last = piece.last;
    control.base = piece.base;
    control.start_s = piece.start_s;
    control.end_s = piece.end_s;
    control.created_s = seconds_of(now);
    const bool started = control.start_s <= control.created_s;
    control.status = static_cast<std::uint8_t>(started ? CurrentStatus::active : CurrentStatus::scheduled);
    control.status_s = control.created_s;
    keep(changes, device.record.number, control);
    device.controls.emplace(control.number, std::move(control));
}

// What stands ahead of the device: {how many, the end of the first}.
std::pair<std::size_t, std::int64_t> standing(const Device& device, std::int64_t now_s) {
    std::pair<std::size_t, std::int64_t> result{0, open_s};
    for (const auto& entry : device.controls) {
        const ControlRecord& control = entry.second;
        if (!is_live(control) || control.retire_s || control.end_s <= now_s) continue;
        ++result.first;
        result.second = std::min(result.second, control.end_s);
    }
    return result;
}

// A control of the command stands for the piece already.
bool stands(const Device& device, const std::string& command, const Piece& piece) {
    return std::any_of(device.controls.begin(), device.controls.end(), [&](const auto& entry) {
        const ControlRecord& control = entry.second;
        return is_live(control) && !control.retire_s && control.command == command && control.end_s == piece.end_s &&
               control.start_s <= piece.start_s && same_base(control.base, piece.base);
    });
}

// Publishes pieces of the command in force until the horizon or the number of controls is reached, and notes when to go
// on.
void publish_pieces(State& state, Device& device, Us now, model::Changes& changes) {
    CommandRecord& command = *device.record.command;
    const std::int64_t now_s = seconds_of(now);
    std::size_t live = standing(device, now_s).first;
    command.publish_us = model::never;
    for (Piece& piece : pieces_of(state, device, command, std::max(command.published_s, now_s))) {
        if (stands(device, command.id, piece)) {
            command.published_s = piece.end_s;
            continue;
        }
        if (live >= state.policy.published || piece.start_s > now_s + horizon_s) {
            const std::int64_t again_s =
                live >= state.policy.published ? standing(device, now_s).second : piece.start_s - horizon_s;
            command.publish_us = us_of(std::max(again_s, now_s + 1));
            return;
        }
        const bool whole = piece.end_s != open_s && piece.end_s - piece.start_s <= longest_s;
        if (!whole) {
            piece.end_s = piece.start_s + longest_s;
            piece.last = false;
        }
        add_control(state, device, piece, now, changes);
        command.published_s = piece.end_s;
        ++live;
        if (!whole) {
            command.publish_us = us_of(std::max(piece.end_s - lead_s, now_s + 1));
            return;
        }
    }
}

void retire(ControlRecord& control, std::int64_t at_s, std::int64_t now_s, CurrentStatus as, const std::string& by) {
    control.retired_by = by;
    if (at_s <= now_s) {
        control.status = static_cast<std::uint8_t>(as);
        control.status_s = now_s;
        control.retire_s.reset();
        return;
    }
    control.retire_s = at_s;
    control.retire_as = static_cast<std::uint8_t>(as);
    if (as == CurrentStatus::superseded) control.marked_s = now_s;
}

// Takes back a control that the new plan does not repeat: superseded from where a new one with the same modes overlaps
// it, else cancelled from where the new command begins.
void retire_for(ControlRecord& control, const std::vector<Piece>& plan, std::int64_t from_s, std::int64_t now_s,
                const std::string& by) {
    for (const Piece& piece : plan) {
        if (piece.start_s >= control.end_s || piece.end_s <= control.start_s) continue;
        if (!same_modes(piece.base, control.base)) break;
        retire(control, std::max(piece.start_s, from_s), now_s, CurrentStatus::superseded, by);
        return;
    }
    const std::int64_t at_s = control.start_s >= from_s ? now_s : from_s;
    retire(control, at_s, now_s, CurrentStatus::cancelled, by);
}

// The control already asks for the piece: the new command takes it over, with what the device said of it.
bool take_over(Device& device, ControlRecord& control, const Piece& piece, std::int64_t now_s,
               const std::string& command, Us now, model::Changes& changes) {
    const bool same_start = control.start_s == piece.start_s || (control.start_s <= now_s && piece.start_s <= now_s);
    if (!same_start || control.end_s != piece.end_s || !same_base(control.base, piece.base)) return false;
    control.command = command;
    control.last = piece.last;
    if (has_response(control, 1))
        acknowledge(changes, command, device, AckState::received, now, "the control stands already");
    if (has_response(control, 2))
        acknowledge(changes, command, device, AckState::started, now, "the control runs already");
    return true;
}

// Live controls against the new plan: those that ask for one of its pieces go on, the others are taken back.
void replace_controls(Device& device, Us now, std::int64_t from_s, const std::vector<Piece>& plan,
                      const std::string& command, model::Changes& changes) {
    const std::int64_t now_s = seconds_of(now);
    for (auto& [number, control] : device.controls) {
        if (!is_live(control) || control.end_s <= from_s) continue;
        const bool taken = std::any_of(plan.begin(), plan.end(), [&, &kept = control](const Piece& piece) {
            return !kept.retire_s && take_over(device, kept, piece, now_s, command, now, changes);
        });
        if (!taken) retire_for(control, plan, from_s, now_s, command);
        keep(changes, device.record.number, control);
    }
}

void set_default(Device& device, const model::Command& command) {
    const std::optional<std::int64_t> fallback =
        command.has_fallback ? std::optional<std::int64_t>(command.fallback_mw) : std::nullopt;
    if (fallback == device.record.fallback_mw) return;
    device.record.fallback_mw = fallback;
    ++device.record.default_version;
}

void drop_control(Device& device, std::map<std::uint32_t, ControlRecord>::iterator control, model::Changes& changes) {
    forget(changes, folder::controls, std::to_string(device.record.number) + "/" + std::to_string(control->first));
    device.past.erase(control);
}

Us forgotten_us(const ControlRecord& control) {
    return us_of(control.end_s + kept_s);
}

// What is over, or no longer shown, is not looked at any more before each answer.
void set_past_aside(Device& device, Us now) {
    for (auto control = device.controls.begin(); control != device.controls.end();) {
        const auto next = std::next(control);
        if (!is_visible(control->second, seconds_of(now))) {
            device.past_due_us = std::min(device.past_due_us, forgotten_us(control->second));
            device.past_since_us = now;
            device.past.insert(device.controls.extract(control));
        }
        control = next;
    }
}

// Our clock was set back: what is past may not be.
void recall_past(Device& device, Us now) {
    if (now >= device.past_since_us) return;
    device.controls.merge(device.past);
    device.past_since_us = 0;
    device.past_due_us = model::never;
}

// Too many, oldest first, and those that are past for too long.
void forget_past(const State& state, Device& device, Us now, model::Changes& changes) {
    while (!device.past.empty() && device.controls.size() + device.past.size() > state.policy.remembered)
        drop_control(device, device.past.begin(), changes);
    if (now < device.past_due_us) return;
    device.past_due_us = model::never;
    for (auto control = device.past.begin(); control != device.past.end();) {
        const auto next = std::next(control);
        const Us due = forgotten_us(control->second);
        if (due <= now) {
            drop_control(device, control, changes);
        } else {
            device.past_due_us = std::min(device.past_due_us, due);
        }
        control = next;
    }
}

// Room: the oldest retired controls leave the list first, then the oldest of all that nobody needs are forgotten.
void make_room(const State& state, Device& device, Us now, model::Changes& changes) {
    set_past_aside(device, now);
    std::vector<ControlRecord*> retired;
    for (auto& entry : device.controls) {
        if (!is_live(entry.second)) retired.push_back(&entry.second);
    }
    for (std::size_t i = 0; i + state.policy.retired < retired.size(); ++i) {
        retired[i]->hidden = true;
        keep(changes, device.record.number, *retired[i]);
    }
    if (retired.size() > state.policy.retired) set_past_aside(device, now);
    forget_past(state, device, now, changes);
}

std::optional<std::string> reason_against(const Device& device, const model::Command& command, Us now) {
    if (now >= command.expires_us || command.end_us <= now) return "over before it could be published";
    if (command.kind == model::CommandKind::release) return std::nullopt;
    if (command.steps.empty()) return "no step";
    if (!has_base(device.kind(), device.ratings())) return "neither the device nor its enrolment says its ratings";
    return std::nullopt;
}

void publish_release(const State& state, Device& device, Us now, std::int64_t from_s, const model::Command& command,
                     model::Changes& changes) {
    device.record.command.reset();
    const bool known = std::any_of(device.controls.begin(), device.controls.end(), [&](const auto& entry) {
        return is_live(entry.second) && entry.second.end_s > from_s && !entry.second.responses.empty();
    });
    replace_controls(device, now, from_s, {}, command.id, changes);
    device.record.awaited.reset();
    if (known) {
        await_word(state, device, command, now);
    } else {
        acknowledge(changes, command.id, device, AckState::accepted, now, "the device holds no control of ours");
    }
}

void publish_setpoint(State& state, Device& device, Us now, std::int64_t from_s, const model::Command& command,
                      model::Changes& changes) {
    CommandRecord record = record_of_command(command, now);
    const std::vector<Piece> plan = pieces_of(state, device, record, from_s);
    if (plan.empty()) {
        acknowledge(changes, command.id, device, AckState::accepted, now, "less than a second of it is left");
        return;
    }
    device.record.command = std::move(record);
    replace_controls(device, now, from_s, plan, command.id, changes);
    publish_pieces(state, device, now, changes);
    await_word(state, device, command, now);
}

void advance_control(ControlRecord& control, std::int64_t now_s) {
    if (!is_live(control)) return;
    if (control.retire_s && *control.retire_s <= now_s) {
        control.status = control.retire_as;
        control.status_s = *control.retire_s;
        control.retire_s.reset();
    } else if (status_of(control) == CurrentStatus::scheduled && control.start_s <= now_s) {
        control.status = static_cast<std::uint8_t>(CurrentStatus::active);
        control.status_s = control.start_s;
    }
}

// When advance() has something to do.
Us controls_due(const Device& device) {
    Us due = device.past_due_us;
    const auto sooner = [&](Us at) { due = std::min(due, at); };
    for (const auto& [number, control] : device.controls) {
        sooner(forgotten_us(control));
        if (!is_live(control)) continue;
        if (control.retire_s) sooner(us_of(*control.retire_s));
        if (status_of(control) == CurrentStatus::scheduled) sooner(us_of(control.start_s));
    }
    if (device.record.command) sooner(std::min(device.record.command->publish_us, device.record.command->end_us));
    return due;
}

// Nothing to do until then, and nothing that ends and is no longer shown.
void settle(Device& device, Us now) {
    device.controls_due_us = controls_due(device);
    device.settled_from_us = now;
    device.settled_until_us = device.controls_due_us;
    device.shown.clear();
    for (const auto& [number, control] : device.controls) {
        const Us end = us_of(control.end_s);
        if (end > now) device.settled_until_us = std::min(device.settled_until_us, end);
        if (is_visible(control, seconds_of(now))) device.shown.push_back(&control);
    }
}

}  // namespace

void publish(State& state, Device& device, Us now, const model::Command& command, model::Changes& changes) {
    if (const auto reason = reason_against(device, command, now)) {
        acknowledge(changes, command.id, device, AckState::rejected, now, *reason);
        return;
    }
    advance(state, device, now, changes);
    const std::int64_t from_s = seconds_of(std::max(command.start_us, now));
    set_default(device, command);
    if (command.kind == model::CommandKind::release) {
        publish_release(state, device, now, from_s, command, changes);
    } else {
        publish_setpoint(state, device, now, from_s, command, changes);
    }
    make_room(state, device, now, changes);
    keep(changes, device.record);
    changed(state, device);
    settle(device, now);
    schedule(state, device);
}

void advance(State& state, Device& device, Us now, model::Changes& changes) {
    if (device.settled_from_us <= now && now < device.settled_until_us) return;
    changed(state, device);
    recall_past(device, now);
    const std::int64_t now_s = seconds_of(now);
    for (auto& entry : device.controls) advance_control(entry.second, now_s);
    if (device.record.command) {
        if (device.record.command->end_us <= now) {
            device.record.command.reset();
            keep(changes, device.record);
        } else if (device.record.command->publish_us <= now) {
            publish_pieces(state, device, now, changes);
            keep(changes, device.record);
        }
    }
    make_room(state, device, now, changes);
    settle(device, now);
}

void ratings_changed(State& state, Device& device, Us now, model::Changes& changes) {
    if (device.record.fallback_mw) ++device.record.default_version;
    if (device.record.command) {
        CommandRecord& command = *device.record.command;
        const std::int64_t from_s = seconds_of(std::max(command.start_us, now));
        for (auto& [number, control] : device.controls) {
            if (!is_live(control) || control.end_s <= from_s || control.command != command.id) continue;
            control.command.clear();  // what the device says of its end is not said of the command
        }
        replace_controls(device, now, from_s, pieces_of(state, device, command, from_s), command.id, changes);
        command.published_s = from_s;
        publish_pieces(state, device, now, changes);
    }
    keep(changes, device.record);
    changed(state, device);
}

Us next_due(const State& state, const Device& device) {
    Us due = device.settled_until_us != 0 ? device.controls_due_us : controls_due(device);
    const auto sooner = [&](Us at) { due = std::min(due, at); };
    if (device.record.awaited) sooner(device.record.awaited->until_us);
    if (device.record.connected) {
        sooner(device.last_seen_us == 0 ? 0 : device.last_seen_us + patience(state, device));
    }
    return due;
}

bool is_visible(const ControlRecord& control, std::int64_t now_s) {
    return !control.hidden && control.end_s > now_s;
}

std::vector<const ControlRecord*> shown_controls(const Device& device, std::int64_t now_s) {
    if (device.settled_until_us != 0) return device.shown;
    std::vector<const ControlRecord*> shown;
    for (const auto& [number, control] : device.controls) {
        if (is_visible(control, now_s)) shown.push_back(&control);
    }
    return shown;
}

bool is_running(const ControlRecord& control, std::int64_t now_s) {
    return is_visible(control, now_s) && status_of(control) == CurrentStatus::active;
}

sep::DERControl control_record(const State& state, const Device& device, const ControlRecord& control) {
    sep::DERControl record;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/derp/1/derc/" + std::to_string(control.number)));
    record.replyTo =
        sep::Maybe<sep::Href>(state.policy.prefix + "/rsps/" + std::to_string(device.record.number) + "/rsp");
    record.responseRequired = sep::Maybe<wire::Hex<1>>(wire::Hex<1>("03"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.mRID = control.mrid;
    record.creationTime = control.created_s;
    record.EventStatus.currentStatus = control.status;
    record.EventStatus.dateTime = control.status_s;
    record.EventStatus.potentiallySuperseded = control.marked_s.has_value();
    record.EventStatus.potentiallySupersededTime = control.marked_s;
    record.interval.start = control.start_s;
    record.interval.duration = static_cast<std::uint32_t>(control.end_s - control.start_s);
    record.DERControlBase = control.base;
    return record;
}

sep::DefaultDERControl default_control(const State& state, const Device& device) {
    sep::DefaultDERControl record;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/derp/1/dderc"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.mRID = state.mrid(mrid_default, device.record.number, 1);
    record.version = device.record.default_version;
    if (device.record.fallback_mw && has_base(device.kind(), device.ratings())) {
        record.DERControlBase =
            control_for(device.kind(), device.ratings(), *device.record.fallback_mw, state.policy.csip_aus);
    }
    return record;
}

}  // namespace busbar::ieee2030_5
