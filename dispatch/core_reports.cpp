// What goes back up, what the operator sees, and when the next pass is due.
#include <algorithm>
#include <string>

#include "dispatch/core_state.hpp"

namespace busbar::dispatch {

using model::EventStatus;
using model::MilliW;
using model::Us;

namespace {

constexpr Us least_grace_us = 3 * model::second_us;  // after an event, for late samples
constexpr Us most_grace_us = 45 * model::second_us;
constexpr Us bridged_us = 5 * model::minute_us;  // a power is stretched over no longer hole than this

std::string kilowatts(MilliW power_mw) {
    const MilliW tens = (power_mw < 0 ? -power_mw : power_mw) / 10'000;
    std::string fraction = std::to_string(tens % 100);
    if (fraction.size() < 2) fraction.insert(0, "0");
    return std::string(power_mw < 0 ? "-" : "") + std::to_string(tens / 100) + "." + fraction + " kW";
}

std::string target_name(const model::GridEvent& event) {
    if (event.targets.empty()) return model::root_id;
    std::string text = event.targets.front();
    if (event.targets.size() > 1) text += " and " + std::to_string(event.targets.size() - 1) + " more";
    return text;
}

bool is_over(const EventState& event) {
    return event.status == EventStatus::completed || event.status == EventStatus::cancelled;
}

}  // namespace

std::vector<const MeterState*> Core::State::meters(const EventState& event) const {
    std::vector<const MeterState*> found;
    const auto* node = event.metered ? meter_of(event) : nullptr;
    if (node != nullptr) return {&node->meter};
    for (const auto& member : event.members) found.push_back(&s.resources[member.resource].meter);
    return found;
}

// Energy from the last sample of each meter on, as if it went on as it was.
Core::State::Tail Core::State::tail_of(const EventState& event, Us from_us, Us until_us) const {
    Tail tail;
    for (const auto* meter : meters(event)) {
        if (!meter->has_power || until_us - meter->counted_until_us > bridged_us) continue;
        const Us from = std::max(from_us, meter->counted_until_us);
        if (from >= until_us) continue;
        tail.mw_us += static_cast<model::Wide>(meter->power_mw) * (until_us - from);
        tail.span_us += until_us - from;
    }
    return tail;
}

MilliW Core::State::measured(const EventState& event) const {
    const auto* node = event.metered ? meter_of(event) : nullptr;
    if (node != nullptr) return node->meter.power_mw;
    MilliW sum = 0;
    for (const auto& member : event.members) {
        const auto& resource = s.resources[member.resource];
        sum += is_fresh(resource.meter, s.now_us) || !resource.told ? assumed_power(resource) : resource.told_mw;
    }
    return sum;
}

model::EventReport Core::State::report_of(const EventState& event) const {
    model::EventReport report;
    report.event = event.event.id;
    report.revision = event.event.revision;
    report.status = event.status;
    report.at_us = s.now_us;
    report.final = event.final;
    report.resources = static_cast<std::int32_t>(event.members.size());
    for (const auto& member : event.members) {
        switch (member.state) {
            case MemberState::idle:
            case MemberState::asked:
            case MemberState::received:
                break;
            case MemberState::started:
            case MemberState::completed:
                ++report.started;
                [[fallthrough]];
            case MemberState::accepted:
                ++report.accepted;
                break;
            case MemberState::rejected:
                ++report.rejected;
                break;
            case MemberState::opted_out:
                ++report.opted_out;
                break;
            case MemberState::silent:
                ++report.silent;
                break;
        }
    }
    for (std::size_t each = 0; each < event.intervals.size(); ++each)
        report.intervals.push_back(delivery_of(event, each));
    const MilliW power = measured(event);
    for (auto& interval : report.intervals) interval.measured_mw = power;
    name_problems(event, report);
    return report;
}

model::IntervalDelivery Core::State::delivery_of(const EventState& event, std::size_t each) const {
    const auto& state = event.intervals[each];
    const Times times = times_of(event, each);
    const Us until = std::clamp(s.now_us, times.start_us, times.end_us), length = until - times.start_us;
    model::IntervalDelivery interval;
    interval.native_id = event.event.intervals[each].native_id;
    interval.start_us = times.start_us;
    interval.end_us = times.end_us;
    interval.has_order = state.ordered;
    interval.ordered_mw = state.ordered ? state.ordered_mw : 0;
    interval.ordered_mwh = model::energy_mwh(interval.ordered_mw, length);
    EnergySum sum = state.delivered;
    if (!event.final && length > 0) add(sum, tail_of(event, times.start_us, until).mw_us);
    interval.delivered_mwh = sum.whole_mwh;
    interval.final = event.final;
    // Meters' time that should be covered; ten seconds of each may be missing while they wait for their next sample.
    const auto meter_count = static_cast<model::Wide>(event.metered ? 1 : event.members.size());
    const model::Wide due = meter_count * std::max<Us>(length - 10 * model::second_us, 0);
    const model::Wide covered = state.covered_us, bridged = state.bridged_us;
    if (length > 0 && covered == 0) {
        interval.quality = bridged > 0 ? model::Quality::estimated : model::Quality::bad;
    } else if (covered * 10 < due * 9 || bridged * 20 > (covered + bridged)) {
        interval.quality = model::Quality::estimated;
    }
    return interval;
}

void Core::State::name_problems(const EventState& event, model::EventReport& report) const {
    if (event.members.empty()) {
        report.problems.push_back("no resource is reached by the target " + target_name(event.event));
    } else {
        const auto of = " of " + std::to_string(report.resources) + " resources ";
        if (report.silent > 0) report.problems.push_back(std::to_string(report.silent) + of + "did not answer");
        if (report.rejected + report.opted_out > 0) {
            report.problems.push_back(std::to_string(report.rejected + report.opted_out) + of + "refused");
        }
        if (event.shortfall_mw != 0 && event.status == EventStatus::active) {
            report.problems.push_back("target " + target_name(event.event) + ": " +
                                      kilowatts(event.shortfall_mw < 0 ? -event.shortfall_mw : event.shortfall_mw) +
                                      (event.shortfall_mw < 0 ? " more" : " less") + " than ordered cannot be avoided");
        }
    }
}

void Core::State::decide_opt(EventState& event, model::Outputs& out) {
    std::int32_t able = 0, willing = 0;
    for (const auto& member : event.members) {
        const auto& resource = s.resources[member.resource].resource;
        if (!resource.connected || !resource.controllable) continue;
        ++able;
        if (member.state != MemberState::rejected && member.state != MemberState::opted_out) ++willing;
    }
    bool orders = false;
    for (const auto& interval : event.intervals) orders = orders || interval.ordered;
    model::OptState opt = model::OptState::in;
    std::string reason;
    if (event.members.empty()) {
        opt = model::OptState::out;
        reason = "no resource is reached by the target " + target_name(event.event);
    } else if (is_over(event) && !event.has_opt) {
        opt = model::OptState::out;
        reason = "the event is over already";
    } else if (orders && willing == 0) {
        opt = model::OptState::out;
        reason = able == 0 ? "none of " + std::to_string(event.members.size()) + " resources can act now"
                           : "all resources that can act refuse";
    }
    if (event.has_opt && (event.opt == opt || is_over(event))) return;
    event.has_opt = true;
    event.opt = opt;
    event.opt_reason = reason;
    out.opts.push_back({event.event.id, event.event.revision, opt, reason});
}

// The end of the last span, which no later sample has closed.
void Core::State::finish(EventState& event) {
    for (std::size_t each = 0; each < event.intervals.size(); ++each) {
        const Times times = times_of(event, each);
        const Us until = std::min(times.end_us, s.now_us);
        if (until <= times.start_us) continue;
        const Tail tail = tail_of(event, times.start_us, until);
        add(event.intervals[each].delivered, tail.mw_us);
        event.intervals[each].bridged_us += tail.span_us;
    }
    event.final = true;
    event.final_us = s.now_us;
    event.report_due = true;
}

void Core::State::report(bool anew, model::Outputs& out) {
    bool finished = false;
    for (auto& event : s.events) {
        if (event.final) continue;
        if (anew || event.report_due || event.next_report_us <= s.now_us) decide_opt(event, out);
        if (event.members.empty() && !is_over(event)) {
            event.final = true;
            event.final_us = s.now_us;
            event.report_due = true;
            finished = true;
        } else if (is_over(event)) {
            const Us end = end_of(event);
            bool all_in = true;
            Us gap = 0;
            for (const auto* meter : meters(event)) {
                if (!is_fresh(*meter, s.now_us)) continue;
                all_in = all_in && meter->counted_until_us >= end;
                gap = std::max(gap, meter->gap_us);
            }
            const bool never_ran = start_of(event) >= end;
            const Us grace = std::clamp(gap + gap / 2, least_grace_us, most_grace_us);
            if (never_ran || s.now_us >= shifted(end, grace) || (all_in && s.now_us >= shifted(end, least_grace_us))) {
                finish(event);
                finished = true;
            }
        }
        if (!event.report_due && event.next_report_us > s.now_us) continue;
        event.report_due = false;
        event.next_report_us =
            event.status == EventStatus::active ? shifted(s.now_us, settings.report_period_us) : model::never;
        out.reports.push_back(report_of(event));
    }
    if (finished) index_events();
}

bool Core::State::is_finished(const EventState& event) const {
    return event.final && (is_over(event) || end_of(event) <= s.now_us);
}

// The oldest finished event that stays within the bounds. What is beyond them goes an eighth at a time, so that a fleet
// at its bounds does not index its events anew at every pass; the last one always stays.
Core::State::Finished Core::State::first_kept() const {
    std::vector<Finished> finished;
    std::size_t members = 0;
    for (const auto& event : s.events) {
        if (!is_finished(event)) continue;
        finished.push_back({event.final_us, event.number, event.members.size()});
        members += event.members.size();
    }
    if (finished.size() <= settings.events_kept && members <= settings.members_kept) return {};
    std::sort(finished.rbegin(), finished.rend());
    const std::size_t most_members = settings.members_kept - settings.members_kept / 8;
    const std::size_t most = std::min(finished.size(), settings.events_kept - settings.events_kept / 8);
    std::size_t kept = 1;
    members = finished.front().members;
    while (kept < most && (members += finished[kept].members) <= most_members) ++kept;
    return finished[kept - 1];
}

void Core::State::forget_events() {
    const Finished kept = first_kept();
    const auto old = std::remove_if(s.events.begin(), s.events.end(), [&](const EventState& event) {
        return is_finished(event) &&
               (event.gone || shifted(event.final_us, settings.event_kept_us) <= s.now_us ||
                Finished{event.final_us, event.number, 0} < kept);
    });
    if (old == s.events.end()) return;
    s.events.erase(old, s.events.end());
    index_events();
}

Us Core::State::next_due() {
    Us due = std::min({s.plan_until_us, s.next_control_us, dues.next()});
    if (s.members_due) due = std::min(due, s.now_us + 1);
    if (s.plan_due) due = std::min(due, planned_us());
    for (const auto& event : s.events) {
        if (event.final) {
            if (is_over(event))
                due = std::min(due, event.gone ? s.now_us + 1 : shifted(event.final_us, settings.event_kept_us));
            else
                due = std::min(due, end_of(event));
            continue;
        }
        due = std::min(due, event.next_report_us);
        if (is_over(event)) {
            due = std::min(due, std::max(shifted(end_of(event), least_grace_us), s.now_us + model::second_us));
        } else if (event.status == EventStatus::active) {
            due = std::min(due, end_of(event));
        } else {
            due = std::min(due, start_of(event));
            const Us last_call = start_of(event) - model::second_us;
            if (!event.baseline_known && last_call > s.now_us) due = std::min(due, last_call);
        }
    }
    return std::max(due, s.now_us + 1);
}

std::vector<CommandView> Core::commands() const {
    std::vector<CommandView> views;
    for (const auto& resource : state_->s.resources) {
        for (const auto& record : resource.commands) {
            views.push_back({record.command, record.state, record.changed_us, record.reason});
        }
    }
    std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) {
        return a.command.id.size() != b.command.id.size() ? a.command.id.size() > b.command.id.size()
                                                          : a.command.id > b.command.id;
    });
    return views;
}

std::vector<ResourceView> Core::resources() const {
    std::vector<ResourceView> views;
    for (std::uint32_t place = 0; place < state_->s.resources.size(); ++place) {
        const auto& resource = state_->s.resources[place];
        if (!resource.used) continue;
        ResourceView view{resource.resource, resource.last_sample, std::nullopt, std::nullopt, resource.silent, false};
        const Us now = state_->s.now_us;
        if (const auto* step = step_at(resource.wanted.steps, resource.wanted.end_us, now))
            view.wanted_mw = step->power_mw;
        if (resource.told) view.commanded_mw = resource.told_mw;
        for (const auto& ref : state_->refs[place]) {
            const auto& event = state_->s.events[ref.event];
            const auto state = event.members[ref.member].state;
            if (is_over(event)) continue;
            view.refused = view.refused || state == MemberState::rejected || state == MemberState::opted_out;
        }
        views.push_back(std::move(view));
    }
    std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.resource.id < b.resource.id; });
    return views;
}

MilliW Core::measured_mw() const {
    return state_->measured_mw;
}

std::vector<NodeView> Core::nodes() const {
    const auto& tree = state_->known_tree();
    const auto& s = state_->s;
    std::vector<NodeView> views(tree.nodes.size());
    for (std::size_t position = 0; position < views.size(); ++position)
        views[position].node = s.nodes[tree.nodes[position]].node;
    for (std::size_t position = 0; position < tree.resources.size(); ++position) {
        const auto& resource = s.resources[tree.resources[position]];
        auto& view = views[tree.node_of[position]];
        ++view.resources;
        if (resource.meter.has_power) view.measured_mw += resource.meter.power_mw;
    }
    for (std::size_t position = views.size(); position-- > 1;) {
        views[tree.parents[position]].measured_mw += views[position].measured_mw;
        views[tree.parents[position]].resources += views[position].resources;
    }
    std::vector<const EventState*> strongest;
    for (const auto& event : s.events) {
        if (event.status == EventStatus::active && !event.event.test) strongest.push_back(&event);
    }
    std::sort(strongest.begin(), strongest.end(),
              [](const auto* a, const auto* b) { return stronger(a->event, b->event); });
    for (const auto* event : strongest) {
        for (std::size_t each = 0; each < event->intervals.size(); ++each) {
            const Times times = times_of(*event, each);
            if (!event->intervals[each].ordered || times.start_us > s.now_us || times.end_us <= s.now_us) continue;
            auto targets = event->event.targets;
            if (targets.empty()) targets.push_back(model::root_id);
            for (auto& view : views) {
                const bool named = targets.size() == 1 && targets.front() == view.node.id;
                if (named && !view.ordered_mw) view.ordered_mw = event->intervals[each].ordered_mw;
            }
        }
    }
    std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) { return a.node.id < b.node.id; });
    return views;
}

std::vector<EventView> Core::events() const {
    std::vector<EventView> views;
    for (const auto& event : state_->s.events) {
        views.push_back({event.event, event.status, start_of(event), state_->report_of(event)});
    }
    std::sort(views.begin(), views.end(), [](const auto& a, const auto& b) {
        return a.start_us != b.start_us ? a.start_us < b.start_us : a.event.id < b.event.id;
    });
    return views;
}

}  // namespace busbar::dispatch
