// Events: taking them in, whom they reach, where they are in their life, what energy was delivered under them.
#include <algorithm>

#include "dispatch/core_state.hpp"

namespace busbar::dispatch {

using model::EventStatus;
using model::MilliW;
using model::Us;

namespace {

constexpr std::size_t most_intervals = 10'000;
constexpr std::size_t deepest_tree = 64;
// An event whose target was not measured when it became known has its baseline frozen this long before it starts.
constexpr Us last_call_us = model::second_us;

// Ascending, not overlapping, none empty.
void put_in_order(std::vector<model::Interval>& intervals) {
    std::erase_if(intervals, [](const model::Interval& each) { return each.end_us <= each.start_us; });
    std::stable_sort(intervals.begin(), intervals.end(),
                     [](const auto& a, const auto& b) { return a.start_us < b.start_us; });
    for (std::size_t each = 1; each < intervals.size(); ++each) {
        intervals[each - 1].end_us = std::min(intervals[each - 1].end_us, intervals[each].start_us);
    }
    std::erase_if(intervals, [](const model::Interval& each) { return each.end_us <= each.start_us; });
    if (intervals.size() > most_intervals) intervals.resize(most_intervals);
}

// What was counted for an interval stays with it when the event is modified.
std::vector<IntervalState> carried_over(const EventState& old, const model::GridEvent& event) {
    std::vector<IntervalState> states(event.intervals.size());
    for (std::size_t each = 0; each < event.intervals.size(); ++each) {
        for (std::size_t was = 0; was < old.event.intervals.size(); ++was) {
            if (old.event.intervals[was].start_us == event.intervals[each].start_us) states[each] = old.intervals[was];
        }
    }
    return states;
}

}  // namespace

Times times_of(const EventState& event, std::size_t interval) {
    const auto& given = event.event.intervals[interval];
    const Us start = shifted(given.start_us, event.shift_us);
    return {start, std::max(start, std::min(shifted(given.end_us, event.shift_us), event.stop_us))};
}

Us start_of(const EventState& event) {
    return event.event.intervals.empty() ? model::never : shifted(event.event.start_us(), event.shift_us);
}

Us end_of(const EventState& event) {
    return event.event.intervals.empty() ? 0 : std::min(shifted(event.event.end_us(), event.shift_us), event.stop_us);
}

void Core::State::take_event(const model::GridEvent& as_sent) {
    if (as_sent.id.empty()) return;
    model::GridEvent given = as_sent;
    put_in_order(given.intervals);
    const auto found = event_at.find(given.id);
    if (found == event_at.end()) {
        if (given.cancelled) return;  // nothing was known, nothing is to be undone
        s.events.emplace_back();
        auto& event = s.events.back();
        event.number = s.next_event++;
        event.known_us = s.now_us;
        event.event = given;
        event.intervals.resize(event.event.intervals.size());
        event.shift_us = draw_shift(settings.seed, given.id, given.randomise);
    } else {
        auto& event = s.events[found->second];
        if (given.revision < event.event.revision || given == event.event) return;
        if (given.cancelled) {
            event.event.revision = given.revision;
            event.event.modified_us = given.modified_us;
            return cancel_event(given.id, false);
        }
        event.intervals = carried_over(event, given);
        event.event = given;
        event.shift_us = draw_shift(settings.seed, given.id, given.randomise);
        event.stop_us = model::never;
        event.status = EventStatus::scheduled;
        event.final = false;
        event.final_us = model::never;
        event.has_opt = false;
        event.gone = false;
        for (auto& member : event.members) {  // asked anew, those that refused too
            if (member.state == MemberState::rejected || member.state == MemberState::opted_out)
                member = {member.resource};
        }
    }
    auto& event = s.events[found == event_at.end() ? s.events.size() - 1 : found->second];
    event.report_due = true;
    s.members_due = true;
    plan_now();
    if (found == event_at.end()) event_at.emplace(given.id, static_cast<std::uint32_t>(s.events.size() - 1));
}

// A running event that was randomised ends randomised too, by the shift it began with (rules 30 and 65).
void Core::State::cancel_event(const std::string& id, bool gone) {
    const auto found = event_at.find(id);
    if (found == event_at.end()) return;
    auto& event = s.events[found->second];
    event.gone = event.gone || gone;
    if (event.event.cancelled) return;
    event.event.cancelled = true;
    const bool over = event.status == EventStatus::completed;
    if (!over) {
        const bool runs = event.status == EventStatus::active;
        event.stop_us = runs ? s.now_us + std::max<Us>(event.shift_us, 0) : s.now_us;
    }
    event.report_due = true;
    plan_now();
}

const Tree& Core::State::known_tree() {
    if (tree_known) return tree;
    tree_known = true;
    tree = {};
    std::vector<std::vector<std::uint32_t>> children(s.nodes.size());
    for (std::uint32_t place = 1; place < s.nodes.size(); ++place) {
        if (!s.nodes[place].used) continue;
        const auto up = node_at.find(s.nodes[place].node.parent);
        children[up == node_at.end() ? 0 : up->second].push_back(place);
    }
    const auto by_id = [&](std::uint32_t a, std::uint32_t b) { return s.nodes[a].node.id > s.nodes[b].node.id; };
    for (auto& each : children) std::sort(each.begin(), each.end(), by_id);  // descending: the last is taken first
    tree.node_position.assign(s.nodes.size(), 0);
    std::vector<std::uint8_t> seen(s.nodes.size(), 0);
    struct Open {
        std::uint32_t place, parent, depth;
    };
    std::vector<Open> open{{0, 0, 0}};
    const auto walk = [&] {
        while (!open.empty()) {
            const auto [place, parent, depth] = open.back();
            open.pop_back();
            if (seen[place] != 0) continue;
            seen[place] = 1;
            const auto position = static_cast<std::uint32_t>(tree.nodes.size());
            tree.node_position[place] = position;
            tree.nodes.push_back(place);
            tree.parents.push_back(parent);
            const bool deepest = depth + 1 >= deepest_tree;  // its children become its siblings
            for (const auto child : children[place])
                open.push_back({child, deepest ? parent : position, deepest ? depth : depth + 1});
        }
    };
    walk();
    std::vector<std::uint32_t> circular;  // nodes that are their own ancestors hang at the root
    for (std::uint32_t place = 0; place < s.nodes.size(); ++place) {
        if (s.nodes[place].used && seen[place] == 0) circular.push_back(place);
    }
    std::sort(circular.begin(), circular.end(), by_id);
    while (!circular.empty()) {
        open.push_back({circular.back(), 0, 1});
        circular.pop_back();
        walk();
    }
    const auto node_of = [&](std::uint32_t place) {
        const auto node = node_at.find(s.resources[place].resource.parent);
        return node == node_at.end() ? 0 : tree.node_position[node->second];
    };
    std::vector<std::uint32_t> nodes_of(s.resources.size(), 0);
    for (std::uint32_t place = 0; place < s.resources.size(); ++place) {
        if (!s.resources[place].used) continue;
        nodes_of[place] = node_of(place);
        tree.resources.push_back(place);
    }
    std::sort(tree.resources.begin(), tree.resources.end(), [&](std::uint32_t a, std::uint32_t b) {
        if (nodes_of[a] != nodes_of[b]) return nodes_of[a] < nodes_of[b];
        return s.resources[a].resource.id < s.resources[b].resource.id;
    });
    tree.resource_position.assign(s.resources.size(), 0);
    for (std::uint32_t position = 0; position < tree.resources.size(); ++position) {
        tree.resource_position[tree.resources[position]] = position;
        tree.node_of.push_back(nodes_of[tree.resources[position]]);
    }
    return tree;
}

bool Core::State::reaches(const EventState& event, const ResourceState& resource) const {
    const auto& targets = event.event.targets;
    if (targets.empty()) return true;
    const auto named = [&](const std::string& id) {
        return std::find(targets.begin(), targets.end(), id) != targets.end();
    };
    if (named(resource.resource.id) || named(model::root_id)) return true;
    const std::string* up = &resource.resource.parent;
    for (std::size_t depth = 0; depth < deepest_tree && !up->empty(); ++depth) {
        const auto node = node_at.find(*up);
        if (node == node_at.end()) return false;
        if (named(*up)) return true;
        up = &s.nodes[node->second].node.parent;
    }
    return false;
}

void Core::State::join_events(std::uint32_t place) {
    for (std::uint32_t each = 0; each < s.events.size(); ++each) {
        auto& event = s.events[each];
        if (event.final && event.status != EventStatus::scheduled) continue;
        if (!reaches(event, s.resources[place])) continue;
        refs[place].push_back({each, static_cast<std::uint32_t>(event.members.size())});
        event.members.push_back({place});
        event.report_due = true;
        event.final = false;  // an event that reached nobody comes to life
    }
}

void Core::State::find_members() {
    s.members_due = false;
    for (auto& event : s.events) {
        if (event.final && event.status != EventStatus::scheduled) continue;
        std::vector<std::int64_t> known(s.resources.size(), -1);
        for (std::size_t member = 0; member < event.members.size(); ++member) {
            known[event.members[member].resource] = static_cast<std::int64_t>(member);
        }
        std::vector<Member> members;
        for (std::uint32_t place = 0; place < s.resources.size(); ++place) {
            if (!s.resources[place].used || !reaches(event, s.resources[place])) continue;
            members.push_back(known[place] < 0 ? Member{place} : event.members[static_cast<std::size_t>(known[place])]);
        }
        if (!members.empty()) event.final = false;
        event.members = std::move(members);
    }
    index_events();
}

MilliW Core::State::largest_import(const EventState& event) const {
    MilliW sum = 0;
    for (const auto& member : event.members) {
        sum += std::max<MilliW>(nominal_box(s.resources[member.resource].resource).high_mw, 0);
    }
    return sum;
}

// The target's net power before the event moved it. Frozen when the event becomes known if most of it is measured by
// then, otherwise just before it starts, with what each resource prefers in place of what is not measured.
void Core::State::freeze_baseline(EventState& event, bool last_call) {
    if (event.baseline_known || event.members.empty()) return;
    if (event.metered) {
        event.baseline_known = true;
        plan_now();
        event.baseline_mw = meter_of(event)->meter.steady_mw;
        return;
    }
    std::size_t fresh = 0;
    MilliW sum = 0;
    for (const auto& member : event.members) {
        const auto& resource = s.resources[member.resource];
        if (is_fresh(resource.meter, s.now_us)) {
            ++fresh;
            sum += resource.meter.power_mw;
        } else {
            sum += assumed_power(resource);
        }
    }
    if (!last_call && 2 * fresh < event.members.size()) return;
    event.baseline_known = true;
    event.baseline_mw = sum;
    plan_now();
}

void Core::State::advance_events() {
    for (auto& event : s.events) {
        const auto was = event.status;
        const Us start = start_of(event), end = end_of(event);
        const bool stopped = event.stop_us <= s.now_us;
        if (stopped && was != EventStatus::completed) {
            event.status = EventStatus::cancelled;
        } else if (end <= s.now_us) {
            event.status = EventStatus::completed;
        } else if (start <= s.now_us) {
            event.status = EventStatus::active;
        } else {
            event.status = EventStatus::scheduled;
        }
        if (event.status != was) event.report_due = true;
        if (event.status == EventStatus::scheduled || (event.status != was && was == EventStatus::scheduled)) {
            const auto* node = meter_of(event);
            event.metered = node != nullptr && is_fresh(node->meter, s.now_us);
        }
        if (event.status == EventStatus::scheduled || event.status == EventStatus::active) {
            freeze_baseline(event, start - last_call_us <= s.now_us);
        }
    }
}

// The target's own meter: that of the node, if the target is one node and it has one.
const NodeState* Core::State::meter_of(const EventState& event) const {
    const auto& targets = event.event.targets;
    if (targets.size() > 1) return nullptr;
    const auto node = node_at.find(targets.empty() ? model::root_id : targets.front());
    if (node == node_at.end() || !s.nodes[node->second].meter.has_power) return nullptr;
    return &s.nodes[node->second];
}

void Core::State::count_energy(EventState& event, const EnergySpan& span) {
    const auto& intervals = event.event.intervals;
    const auto ends_before = [&](const model::Interval& interval) {
        return shifted(interval.end_us, event.shift_us) <= span.from_us;
    };
    auto each = static_cast<std::size_t>(std::partition_point(intervals.begin(), intervals.end(), ends_before) -
                                         intervals.begin());
    for (; each < intervals.size(); ++each) {
        const Times times = times_of(event, each);
        if (times.start_us >= span.to_us) break;
        const Us inside = std::min(times.end_us, span.to_us) - std::max(times.start_us, span.from_us);
        if (inside <= 0) continue;
        add(event.intervals[each].delivered, energy_inside(span, times.start_us, times.end_us));
        (span.good ? event.intervals[each].covered_us : event.intervals[each].bridged_us) += inside;
    }
}

}  // namespace busbar::dispatch
