// Commands: when a device is told, what became of it, and what it has been told for now.
#include <algorithm>
#include <optional>
#include <string>

#include "dispatch/core_state.hpp"

namespace busbar::dispatch {

using model::AckState;
using model::MilliW;
using model::second_us;
using model::Us;

namespace {

constexpr std::size_t most_commands = 4;              // kept for each resource
constexpr Us first_retry_us = 30 * model::second_us;  // to a device that is silent; doubles
constexpr Us slow_to_show_us = model::minute_us;      // of a device that takes longer, much less is asked in between
constexpr Us last_retry_us = 10 * model::minute_us;
constexpr Us slow_meter_us = 4 * second_us;        // one sample of such a meter must do
constexpr Us slowest_meter_us = model::minute_us;  // of such a one even against those before
constexpr Us answers_gathered_us = second_us, each_answer_us = 1'000;
constexpr Us release_life_us = 5 * model::minute_us;
constexpr Us refusal_life_us = 5 * model::minute_us;  // a device that refused may be asked for something else then

bool is_open(CommandState state) {
    return state == CommandState::sent || state == CommandState::received || state == CommandState::accepted ||
           state == CommandState::started;
}

bool is_refusal(CommandState state) {
    return state == CommandState::rejected || state == CommandState::opted_out;
}

// How far along its life a state is; a late acknowledgement does not take it back.
int progress(CommandState state) {
    switch (state) {
        case CommandState::sent:
        case CommandState::timeout:
            return 0;
        case CommandState::received:
            return 1;
        case CommandState::accepted:
            return 2;
        case CommandState::started:
            return 3;
        case CommandState::completed:
        case CommandState::rejected:
        case CommandState::opted_out:
        case CommandState::superseded:
        case CommandState::cancelled:
        case CommandState::aborted:
        case CommandState::expired:
            break;
    }
    return 4;
}

CommandState state_of(AckState ack) {
    switch (ack) {
        case AckState::received:
            return CommandState::received;
        case AckState::accepted:
            return CommandState::accepted;
        case AckState::started:
            return CommandState::started;
        case AckState::completed:
            return CommandState::completed;
        case AckState::rejected:
            return CommandState::rejected;
        case AckState::opted_out:
            return CommandState::opted_out;
        case AckState::superseded:
            return CommandState::superseded;
        case AckState::cancelled:
            return CommandState::cancelled;
        case AckState::aborted:
            return CommandState::aborted;
        case AckState::timeout:
            break;
    }
    return CommandState::timeout;
}

std::string command_id(std::uint64_t number) {
    std::string digits = std::to_string(number);
    return "c" + std::string(digits.size() < 10 ? 10 - digits.size() : 0, '0') + digits;
}

// Whether an acknowledgement that things go well means that the device takes part.
bool goes_well(AckState ack) {
    return ack == AckState::received || ack == AckState::accepted || ack == AckState::started ||
           ack == AckState::completed;
}

}  // namespace

Us settled_us(const ResourceState& resource) {
    return shifted(resource.told_us, resource.resource.settles_us);
}

MilliW Core::State::deadband(const ResourceState& resource) const {
    const Box box = nominal_box(resource.resource);
    return std::max(settings.deadband_mw, (box.high_mw - box.low_mw) / 100);
}

// A device that did so far what was expected of it, in the direction in which it is told to go, is believed beforehand.
bool Core::State::has_shown(const ResourceState& resource) const {
    const Regime& present = resource.response.present;
    const Box nominal = nominal_box(resource.resource);
    const bool same_way = present.told_mw != 0 && (present.told_mw < 0) == (resource.told_mw < 0);
    if (resource.resource.settles_us > slow_to_show_us && present.count > 0 && same_way) {
        const MilliW off = present.mean_mw - expected(resource.response, nominal, present.told_mw);
        const MilliW much = 2 * tolerance_mw(nominal, settings.deadband_mw);
        if (off <= much && off >= -much) return true;
    }
    if (!is_fresh(resource.meter, s.now_us)) return s.now_us >= settled_us(resource);
    return resource.meter.power_us >= settled_us(resource);
}

// A device that has just been told something is left alone until its meter can have shown it, unless much has changed:
// told something else each time, it would never show what it makes of anything. And a device at its cap does what it
// can whatever it is told beyond: how far beyond need not be told again and again.
MilliW Core::State::deadband_now(const ResourceState& resource) const {
    MilliW band = deadband(resource);
    const Box box = nominal_box(resource.resource);
    if (resource.told && !has_shown(resource) && resource.resource.settles_us > slow_to_show_us)
        band = std::max(band, (box.high_mw - box.low_mw) / 10);
    const auto& response = resource.response;
    const auto* step = step_at(resource.wanted.steps, resource.wanted.end_us, s.now_us);
    if (step == nullptr || !resource.told || response.ignores) return band;
    const bool above = response.cap_high && std::min(step->power_mw, resource.told_mw) > response.high_mw;
    const bool below = response.cap_low && std::max(step->power_mw, resource.told_mw) < response.low_mw;
    if (!above && !below) return band;
    return std::max(band, tolerance_mw(nominal_box(resource.resource), settings.deadband_mw));
}

// What the device has been told for now, from its last command that it has not refused.
void Core::State::refresh_told(ResourceState& resource) {
    const model::Step* step = nullptr;
    Us since = s.now_us;
    for (auto record = resource.commands.rbegin(); record != resource.commands.rend(); ++record) {
        const bool hoped = record->state == CommandState::sent;  // what is on its way is expected to be taken
        if (is_refusal(record->state) || (!record->taken && !hoped)) continue;
        if (record->command.kind == model::CommandKind::setpoint) {
            step = step_at(record->command.steps, record->command.end_us, s.now_us);
            if (step != nullptr) since = std::max(step->start_us, record->issued_us);
        }
        break;
    }
    if (step == nullptr) {
        if (resource.told) resource.told_us = s.now_us;
        resource.told = false;
        resource.passage = {};
        return;
    }
    const MilliW change = step->power_mw - resource.told_mw;
    const MilliW small = tolerance_mw(nominal_box(resource.resource), settings.deadband_mw) / 2;
    if (!resource.told || change > small || change < -small) resource.told_us = since;
    resource.told = true;
    resource.told_mw = step->power_mw;
    note_told(resource.passage, step->power_mw, s.now_us, resource.resource.settles_us);
}

// What a sample is measured against. A device that has not settled may be anywhere in its passage; what lies clearly
// outside is news where settling takes long.
std::optional<MilliW> Core::State::judged_by(const ResourceState& resource) const {
    const MilliW done = resource.meter.power_mw;
    if (resource.meter.power_us >= settled_us(resource)) return resource.told_mw;
    const Passage& passage = resource.passage;
    if (resource.resource.settles_us <= slow_to_show_us || !holds(passage, resource.meter.power_us))
        return std::nullopt;
    const MilliW end = std::clamp(done, passage.low_mw, passage.high_mw), off = done - end;
    const MilliW tolerance = tolerance_mw(nominal_box(resource.resource), settings.deadband_mw);
    const MilliW clear = (end < 0 ? -end : end) / 4 + 2 * tolerance;
    if (off <= clear && off >= -clear) return std::nullopt;
    return end;
}

void Core::State::learn(std::uint32_t place) {
    auto& resource = s.resources[place];
    if (!follows(resource) || refused(place)) return;
    refresh_told(resource);
    const auto judged_by_mw = judged_by(resource);
    if (!judged_by_mw) return;
    Told told{nominal_box(resource.resource), *judged_by_mw, settings.deadband_mw};
    if (resource.meter.gap_us >= slow_meter_us) told.samples_needed = 1;
    if (resource.meter.gap_us >= slowest_meter_us) told.samples_against = 1;
    if (!resource.told) {
        told.told_mw = preferred_power(resource.resource);
        observe_free(resource.response, told, resource.meter.power_mw);
        return;
    }
    observe(resource.response, told, resource.meter.power_mw);
    auto& record = resource.commands.back();
    const bool settled = resource.meter.power_us >= settled_us(resource);
    const bool taken = record.state == CommandState::accepted || record.state == CommandState::received;
    if (settled && taken && record.command.start_us <= s.now_us && !resource.response.ignores) {
        resource.ack_due_us = model::never;
        note_due(place);
        record.state = CommandState::started;
        record.changed_us = s.now_us;
        record.reason = "seen at its meter";
        mark_members(place, record.command, MemberState::started);
    }
}

void Core::State::mark_members(std::uint32_t place, const model::Command& command, MemberState state) {
    for (const auto& ref : refs[place]) {
        auto& event = s.events[ref.event];
        const bool meets = start_of(event) < command.end_us && end_of(event) > command.start_us;
        if (!meets || command.kind == model::CommandKind::release || event.event.test) continue;
        auto& member = event.members[ref.member];
        const bool takes_part = member.state == MemberState::accepted || member.state == MemberState::started;
        const bool earlier = state == MemberState::asked || state == MemberState::received;
        const bool again = state == MemberState::accepted && member.state == MemberState::started;
        if (member.state == state || again || (takes_part && earlier)) continue;  // it is only told something else
        if (state == MemberState::rejected || state == MemberState::opted_out) {
            const auto* step = step_at(command.steps, command.end_us, std::max(s.now_us, command.start_us));
            member.refused_mw = step == nullptr ? 0 : step->power_mw;
            member.refused_us = s.now_us;
        }
        member.state = state;
        hasten_report(event);
    }
}

// A thousand devices that answer make one report, not a thousand.
void Core::State::hasten_report(EventState& event) {
    const Us gathered_us = each_answer_us * static_cast<Us>(event.members.size());
    const Us wait_us = std::max(answers_gathered_us, std::min(gathered_us, settings.report_period_us));
    event.next_report_us = std::min(event.next_report_us, shifted(s.now_us, wait_us));
    s.work_us = std::min(s.work_us, event.next_report_us);
}

// Whether the device has refused the event that asks for it now, and there is no reason to ask again.
bool Core::State::refused(std::uint32_t place) const {
    const auto& resource = s.resources[place];
    for (const auto& ref : refs[place]) {
        const auto& event = s.events[ref.event];
        const auto& member = event.members[ref.member];
        if (event.number != resource.wanted_event) continue;
        if (member.state != MemberState::rejected && member.state != MemberState::opted_out) return false;
        if (s.now_us - member.refused_us < refusal_life_us) return true;
        const auto* step = step_at(resource.wanted.steps, resource.wanted.end_us, s.now_us);
        const MilliW change = step == nullptr ? 0 : step->power_mw - member.refused_mw;
        const MilliW much = tolerance_mw(nominal_box(resource.resource), settings.deadband_mw) * 5;
        return change <= much && change >= -much;
    }
    return false;
}

// The last command gives way to a new one.
void Core::State::close_command(std::uint32_t place) {
    auto& resource = s.resources[place];
    if (resource.commands.empty()) return;
    auto& record = resource.commands.back();
    if (!is_open(record.state) && record.state != CommandState::timeout) return;
    record.state = CommandState::superseded;
    record.changed_us = s.now_us;
}

void Core::State::issue(std::uint32_t place, model::CommandKind kind, model::Outputs& out) {
    auto& resource = s.resources[place];
    // A device that owes an answer already is not given more time by being told again.
    const bool owes = !resource.commands.empty() && resource.commands.back().state == CommandState::sent;
    const Us owed_us = owes ? resource.ack_due_us : model::never;
    close_command(place);
    CommandRecord record;
    auto& command = record.command;
    command.id = command_id(s.next_command++);
    command.resource = resource.resource.id;
    command.kind = kind;
    command.start_us = s.now_us;
    command.fallback_mw = resource.fallback_mw;
    command.has_fallback = resource.has_fallback;
    if (kind == model::CommandKind::setpoint) {
        command.steps = resource.wanted.steps;
        command.start_us = command.steps.front().start_us;
        command.end_us = command.expires_us = resource.wanted.end_us;
        for (const auto& ref : refs[place]) {
            if (s.events[ref.event].number == resource.wanted_event) command.event = s.events[ref.event].event.id;
        }
    } else {
        command.expires_us = s.now_us + release_life_us;
    }
    record.issued_us = record.changed_us = s.now_us;
    out.commands.push_back(command);
    mark_members(place, command, MemberState::asked);
    resource.commands.push_back(std::move(record));
    if (resource.commands.size() > most_commands) resource.commands.erase(resource.commands.begin());
    resource.resend = false;
    // Who fetches its commands cannot answer before it has come for them.
    const auto patience_us = std::max(settings.silent_after_us, resource.resource.settles_us);
    resource.ack_due_us = std::min(owed_us, shifted(s.now_us, patience_us));
    resource.retry_us = model::never;
    refresh_told(resource);
}

// The last command once more, by the same id: the device has come back, and whether it still knows is its session's to
// find out.
void Core::State::repeat(std::uint32_t place, model::Outputs& out) {
    auto& resource = s.resources[place];
    auto& record = resource.commands.back();
    record.state = CommandState::sent;
    record.changed_us = s.now_us;
    record.reason = "told again after it came back";
    out.commands.push_back(record.command);
    resource.resend = false;
    resource.ack_due_us = shifted(s.now_us, std::max(settings.silent_after_us, resource.resource.settles_us));
    resource.retry_us = model::never;
    refresh_told(resource);
}

void Core::State::tell(std::uint32_t place, model::Outputs& out) {
    auto& resource = s.resources[place];
    if (!resource.resource.connected || !resource.resource.controllable) return;
    const auto* last = resource.commands.empty() ? nullptr : &resource.commands.back();
    const bool waits = (resource.silent || resource.balks) && !resource.resend && resource.retry_us > s.now_us;
    if (resource.wanted.steps.empty()) {
        if (last == nullptr) {
            resource.resend = false;
            return;
        }
        const bool holds = last->command.kind == model::CommandKind::setpoint && !is_refusal(last->state);
        const bool lost = resource.resend && last->command.kind == model::CommandKind::release &&
                          !is_refusal(last->state) && last->state != CommandState::accepted &&
                          last->state != CommandState::completed;
        resource.resend = false;
        if (holds || lost) issue(place, model::CommandKind::release, out);
        return;
    }
    if (waits || refused(place)) return;
    const bool stands = last != nullptr && last->command.kind == model::CommandKind::setpoint &&
                        (is_open(last->state) || last->state == CommandState::completed);
    const Schedule told = stands ? Schedule{last->command.steps, last->command.end_us, false} : Schedule{};
    const bool small = place < nudged.size() && nudged[place] != 0;
    const MilliW band = small ? settings.deadband_mw / 10 : deadband_now(resource);
    if (!stands || differs(told, resource.wanted, s.now_us, band)) {
        issue(place, model::CommandKind::setpoint, out);
    } else if (resource.resend) {
        repeat(place, out);
    }
}

void Core::State::upkeep(std::uint32_t place, model::Outputs& out) {
    auto& resource = s.resources[place];
    if (!resource.commands.empty()) {
        auto& record = resource.commands.back();
        if (resource.ack_due_us <= s.now_us) {
            resource.ack_due_us = model::never;
            if (record.state == CommandState::sent || record.state == CommandState::received) {
                const bool heard = record.state == CommandState::received;
                record.state = CommandState::timeout;
                record.changed_us = s.now_us;
                record.reason = heard ? "received, but never begun" : "no acknowledgement";
                resource.silent = true;
                plan_soon();
                mark_members(place, record.command, MemberState::silent);
            }
        }
        const bool over = record.command.end_us <= s.now_us;
        if (over && is_open(record.state) && record.state != CommandState::sent) {
            record.state = CommandState::completed;
            record.changed_us = s.now_us;
            mark_members(place, record.command, MemberState::completed);
        }
        const bool late = record.command.expires_us <= s.now_us;
        if (late && (record.state == CommandState::timeout || record.state == CommandState::sent)) {
            record.state = CommandState::expired;
            record.changed_us = s.now_us;
        }
        if ((resource.silent || resource.balks) && late && !resource.wanted.steps.empty()) {
            resource.retry_us = s.now_us;  // what it did not answer is past; this is another matter
        } else if ((resource.silent || resource.balks) && resource.retry_us == model::never && !late) {
            resource.retry_us = s.now_us + std::min(last_retry_us, first_retry_us << std::min(resource.retries, 8));
            ++resource.retries;
        }
    }
    tell(place, out);
    refresh_told(resource);
    note_due(place);
}

// When time alone changes something for a device: an answer is overdue, it may be asked again, what it was told begins,
// goes on to its next step, ends.
Us Core::State::due_of(const ResourceState& resource) const {
    Us found = resource.ack_due_us;
    const auto at = [&](Us time_us) {
        if (time_us > s.now_us) found = std::min(found, time_us);
    };
    at(resource.retry_us);
    for (const auto& record : resource.commands) {
        for (const auto& step : record.command.steps) at(step.start_us);
        at(record.command.end_us);
    }
    if (!resource.commands.empty()) {
        const auto& last = resource.commands.back();
        if (last.state == CommandState::sent || last.state == CommandState::timeout) at(last.command.expires_us);
    }
    return found;
}

void Core::State::take_ack(const model::Ack& ack) {
    const auto found = resource_at.find(ack.resource);
    if (found == resource_at.end()) return;
    const auto place = found->second;
    auto& resource = s.resources[place];
    const auto record = std::find_if(resource.commands.begin(), resource.commands.end(),
                                     [&](const CommandRecord& each) { return each.command.id == ack.command; });
    if (record == resource.commands.end()) return;
    const bool current = &*record == &resource.commands.back();
    const CommandState next = state_of(ack.state);
    if (progress(next) <= progress(record->state) &&
        !(next == CommandState::timeout && record->state == CommandState::sent))
        return;
    if (goes_well(ack.state)) record->taken = true;
    if (!current && record->state == CommandState::superseded) return;
    record->state = next;
    record->changed_us = s.now_us;
    record->reason = ack.reason;
    if (!current) return;
    resource.ack_due_us = model::never;
    // Heard of is not begun: whoever only says that he has it is asked whether he does it once it has started.
    if (ack.state == AckState::received)
        resource.ack_due_us = shifted(std::max(s.now_us, record->command.start_us),
                                      std::max(settings.silent_after_us, resource.resource.settles_us));
    if (goes_well(ack.state)) {
        if (resource.silent || resource.balks) plan_soon();
        resource.silent = resource.balks = false;
        resource.retry_us = model::never;
        resource.retries = 0;
        note_due(place);
        const MemberState state = ack.state == AckState::received   ? MemberState::received
                                  : ack.state == AckState::accepted ? MemberState::accepted
                                  : ack.state == AckState::started  ? MemberState::started
                                                                    : MemberState::completed;
        mark_members(place, record->command, state);
        return;
    }
    if (ack.state == AckState::rejected || ack.state == AckState::opted_out) {
        resource.silent = resource.balks = false;
        mark_members(place, record->command,
                     ack.state == AckState::rejected ? MemberState::rejected : MemberState::opted_out);
    } else if (ack.state == AckState::timeout) {
        resource.silent = true;
        mark_members(place, record->command, MemberState::silent);
    } else {
        resource.balks = record->command.kind == model::CommandKind::setpoint;
    }
    note_due(place);
    plan_soon();
}

}  // namespace busbar::dispatch
