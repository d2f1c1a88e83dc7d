// See core.hpp. Here: inputs and the order of a pass. The other core_*.cpp files hold what a pass does.
#include "dispatch/core.hpp"

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

#include "dispatch/core_state.hpp"

namespace busbar::dispatch {

using model::MilliW;
using model::Us;

namespace {

// Passes that changes ask for are no nearer to each other.
constexpr Us pass_gap_us = model::second_us / 4;
// Nor are plans, and those of many devices even less so: they take the longer the more there are.
constexpr Us plan_gap_each_us = 10'000;

template <typename Places>
std::uint32_t free_place(std::vector<std::uint32_t>& free, Places& places) {
    if (free.empty()) {
        places.emplace_back();
        return static_cast<std::uint32_t>(places.size() - 1);
    }
    const auto place = free.back();
    free.pop_back();
    return place;
}

std::size_t has_limit(const model::Node& node) {
    return node.import_limit_mw < model::unlimited_mw || node.export_limit_mw < model::unlimited_mw ? 1 : 0;
}

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(std::string("snapshot: ") + what);
}

bool is_power(MilliW power_mw) {
    return power_mw >= -model::unlimited_mw && power_mw <= model::unlimited_mw;
}
bool is_instant(Us at_us) {
    return at_us >= 0 && at_us <= model::last_us;
}

void check(const MeterState& meter) {
    require(is_power(meter.power_mw) && is_power(meter.steady_mw), "a meter shows more power than there can be");
    const bool times =
        is_instant(meter.power_us) && is_instant(meter.counted_until_us) && is_instant(meter.register_us);
    require(times && is_instant(meter.gap_us), "a meter was read at no time");
}

void check(const ResourceState& resource) {
    check(resource.meter);
    const ResponseState& response = resource.response;
    require(response.gain_ppm > 0 && response.gain_ppm <= 1000 * model::ppm_one, "a device's gain is out of range");
    for (const MilliW power :
         {response.low_mw, response.high_mw, response.noise_mw, response.present.told_mw, response.present.mean_mw,
          response.before.told_mw, response.before.mean_mw, resource.told_mw, resource.fallback_mw,
          resource.passage.low_mw, resource.passage.high_mw, resource.passage.new_low_mw, resource.passage.new_high_mw})
        require(is_power(power), "a device's power is more than there can be");
    require(is_instant(resource.told_us) && is_instant(resource.passage.since_us), "a device was told at no time");
}

// A snapshot that this program did not write, or that was damaged, must not be walked into.
void check(const Snapshot& snapshot) {
    require(snapshot.version == Snapshot{}.version, "it has another version than this program writes");
    require(snapshot.nodes.empty() || snapshot.nodes.front().node.id == model::root_id,
            "the first node is not the root");
    require(is_instant(snapshot.now_us) && is_instant(snapshot.last_pass_us), "it was made at no time");
    for (const auto& node : snapshot.nodes) {
        require(node.node.import_limit_mw >= 0 && is_power(node.node.import_limit_mw) &&
                    node.node.export_limit_mw >= 0 && is_power(node.node.export_limit_mw),
                "a node's limit is out of range");
        require(is_power(node.background_mw), "a node's background is more than there can be");
        check(node.meter);
    }
    for (const auto& resource : snapshot.resources) check(resource);
    for (const auto& event : snapshot.events) {
        require(event.intervals.size() == event.event.intervals.size(), "an event's intervals have lost their state");
        for (const auto& member : event.members) {
            const bool there = member.resource < snapshot.resources.size() && snapshot.resources[member.resource].used;
            require(there, "an event reaches a resource that is not there");
        }
    }
}

void set_free(std::vector<std::uint32_t>& free, std::uint32_t place) {
    free.insert(std::upper_bound(free.begin(), free.end(), place, std::greater<>()), place);
}

}  // namespace

Box nominal_box(const model::Resource& resource) {
    const auto& can = resource.capability;
    const MilliW low = std::clamp(can.min_mw, -device_limit_mw, device_limit_mw);
    return {low, std::clamp(can.max_mw, low, device_limit_mw)};
}

MilliW preferred_power(const model::Resource& resource) {
    const Box box = nominal_box(resource);
    MilliW preferred = 0;
    switch (resource.kind) {
        case model::ResourceKind::pv:
        case model::ResourceKind::wind:
            preferred = box.low_mw;
            break;
        case model::ResourceKind::ev:
        case model::ResourceKind::load:
            preferred = box.high_mw;
            break;
        case model::ResourceKind::storage:
        case model::ResourceKind::generator:
        case model::ResourceKind::meter:
            break;
    }
    return std::clamp(resource.capability.preferred_mw.value_or(preferred), box.low_mw, box.high_mw);
}

Core::State::State(const Settings& given) : settings(given) {
    s.nodes.emplace_back();
    s.nodes.front().used = true;
    s.nodes.front().node.id = model::root_id;
    index();
}

Core::State::State(const Settings& given, const Snapshot& snapshot) : settings(given), s(snapshot) {
    check(snapshot);
    if (s.nodes.empty()) {
        s.nodes.emplace_back();
        s.nodes.front().used = true;
        s.nodes.front().node.id = model::root_id;
    }
    index();
}

void Core::State::index() {
    node_at.clear();
    resource_at.clear();
    free_nodes.clear();
    free_resources.clear();
    limited_nodes = 0;
    measured_mw = 0;
    dues.clear();
    for (auto place = static_cast<std::uint32_t>(s.nodes.size()); place-- > 0;) {
        const auto& node = s.nodes[place];
        if (!node.used) {
            free_nodes.push_back(place);
            continue;
        }
        node_at.emplace(node.node.id, place);
        limited_nodes += has_limit(node.node);
    }
    for (auto place = static_cast<std::uint32_t>(s.resources.size()); place-- > 0;) {
        if (s.resources[place].used) {
            resource_at.emplace(s.resources[place].resource.id, place);
            measured_mw += s.resources[place].meter.power_mw;
            dues.set(place, due_of(s.resources[place]));
        } else {
            free_resources.push_back(place);
        }
    }
    tree_changed();
    index_events();
}

void Core::State::index_events() {
    event_at.clear();
    refs.assign(s.resources.size(), {});
    for (std::uint32_t each = 0; each < s.events.size(); ++each) {
        event_at.emplace(s.events[each].event.id, each);
        if (s.events[each].final) continue;
        for (std::uint32_t member = 0; member < s.events[each].members.size(); ++member) {
            refs[s.events[each].members[member].resource].push_back({each, member});
        }
    }
}

void Core::State::pass_soon() {
    s.work_us = std::min(s.work_us, std::max(s.now_us, s.last_pass_us + pass_gap_us));
}

void Core::State::plan_now() {
    s.plan_until_us = s.now_us;
    pass_now();
}

// At the loop's next turn at the latest, if the loop runs.
void Core::State::plan_soon() {
    s.plan_due = true;
    s.work_us = std::min(s.work_us, std::max(s.now_us, planned_us()));
}

Us Core::State::planned_us() const {
    const Us gap = plan_gap_each_us * static_cast<Us>(resource_at.size());
    return s.last_plan_us + std::max(pass_gap_us, std::min(gap, settings.control_period_us));
}

void Core::State::note_due(std::uint32_t place) {
    const Us due_us = due_of(s.resources[place]);
    dues.set(place, due_us);
    s.work_us = std::min(s.work_us, due_us);
}

void Core::State::take_node(const model::Node& given) {
    model::Node node = given;
    node.import_limit_mw = std::clamp<MilliW>(node.import_limit_mw, 0, model::unlimited_mw);
    node.export_limit_mw = std::clamp<MilliW>(node.export_limit_mw, 0, model::unlimited_mw);
    if (node.id.empty()) node.id = model::root_id;
    if (node.id == model::root_id) node.parent.clear();
    const auto found = node_at.find(node.id);
    if (found != node_at.end()) {
        auto& known = s.nodes[found->second].node;
        if (known == node) return;
        s.members_due = s.members_due || known.parent != node.parent;
        limited_nodes -= has_limit(known);
        known = node;
    } else {
        const auto place = free_place(free_nodes, s.nodes);
        s.nodes[place] = NodeState{true, node, {}};
        node_at.emplace(node.id, place);
        s.members_due = true;
    }
    limited_nodes += has_limit(node);
    tree_changed();
    plan_soon();
}

void Core::State::drop_node(const std::string& id) {
    const auto found = node_at.find(id);
    if (found == node_at.end() || found->second == 0) return;
    limited_nodes -= has_limit(s.nodes[found->second].node);
    s.nodes[found->second] = {};
    set_free(free_nodes, found->second);
    node_at.erase(found);
    tree_changed();
    s.members_due = true;
    plan_soon();
}

void Core::State::take_resource(const model::Resource& given) {
    if (given.id.empty()) return;
    model::Resource resource = given;
    auto& can = resource.capability;
    can.lowest_on_mw = std::clamp<MilliW>(can.lowest_on_mw, 0, device_limit_mw);
    can.step_mw = std::clamp<MilliW>(can.step_mw, 0, device_limit_mw);
    resource.settles_us = std::clamp<Us>(resource.settles_us, 0, model::hour_us);
    const auto found = resource_at.find(resource.id);
    if (found == resource_at.end()) {
        const auto place = free_place(free_resources, s.resources);
        s.resources[place] = {};
        s.resources[place].used = true;
        s.resources[place].resource = resource;
        s.resources[place].told_us = s.now_us;
        refs.resize(s.resources.size());
        resource_at.emplace(resource.id, place);
        tree_changed();
        join_events(place);
        plan_soon();
        return;
    }
    auto& known = s.resources[found->second];
    if (known.resource == resource) return;
    const bool could_act = known.resource.connected && known.resource.controllable;
    const bool can_act = resource.connected && resource.controllable;
    if (known.resource.parent != resource.parent) {
        tree_changed();
        s.members_due = true;
    }
    if (!(known.resource.capability == resource.capability)) {
        known.response = {};
        fallbacks_known = false;
    }
    if (known.resource.kind != resource.kind) fallbacks_known = false;
    if (can_act && !could_act) {  // whatever it was told before, it may have lost it
        known.resend = true;
        known.silent = known.balks = false;
        known.retry_us = model::never;
        known.retries = 0;
        known.response = {};
        // What it owes it may still answer; and if it is gone again before it can be told, that command ends too.
        if (known.ack_due_us != model::never) known.ack_due_us = shifted(s.now_us, settings.silent_after_us);
        known.told_us = s.now_us;  // what it does while it begins shows nothing
        known.passage = {};
    }
    known.resource = resource;
    note_due(found->second);
    plan_soon();
}

void Core::State::drop_resource(const std::string& id) {
    const auto found = resource_at.find(id);
    if (found == resource_at.end()) return;
    const auto place = found->second;
    for (const auto& ref : refs[place]) {
        auto& members = s.events[ref.event].members;
        members.erase(
            std::remove_if(members.begin(), members.end(), [&](const Member& each) { return each.resource == place; }),
            members.end());
        s.events[ref.event].report_due = true;
    }
    for (auto& event : s.events) {  // final ones are in no index
        if (!event.final) continue;
        std::erase_if(event.members, [&](const Member& each) { return each.resource == place; });
    }
    measured_mw -= s.resources[place].meter.power_mw;
    dues.set(place, model::never);
    s.resources[place] = {};
    resource_at.erase(found);
    set_free(free_resources, place);
    tree_changed();
    index_events();
    plan_soon();
}

void Core::State::take_sample(const model::Sample& sample) {
    const auto found = resource_at.find(sample.resource);
    if (found == resource_at.end()) return take_node_sample(sample);
    auto& resource = s.resources[found->second];
    if (resource.last_sample && sample.measured_us < resource.last_sample->measured_us) return;
    const auto last = std::exchange(resource.last_sample, sample);
    if (last) {  // what this one does not say is as it was said last
        const auto keep = [](auto& said, const auto& before) {
            if (!said) said = before;
        };
        model::Sample& known = *resource.last_sample;
        keep(known.power_mw, last->power_mw);
        keep(known.import_mwh, last->import_mwh);
        keep(known.export_mwh, last->export_mwh);
        keep(known.state_of_charge_ppm, last->state_of_charge_ppm);
        keep(known.voltage_mv, last->voltage_mv);
        keep(known.frequency_mhz, last->frequency_mhz);
    }
    const Us before = resource.meter.power_us;
    measured_mw -= resource.meter.power_mw;
    const auto span = dispatch::take(resource.meter, sample, s.now_us);
    measured_mw += resource.meter.power_mw;
    if (span) {
        for (const auto& ref : refs[found->second]) {
            if (!s.events[ref.event].metered) count_energy(s.events[ref.event], *span);
        }
    }
    if (resource.meter.power_us != before) learn(found->second);
}

void Core::State::take_node_sample(const model::Sample& sample) {
    const auto found = node_at.find(sample.resource);
    if (found == node_at.end()) return;
    auto& node = s.nodes[found->second];
    const bool first = !node.meter.has_power;
    const auto span = dispatch::take(node.meter, sample, s.now_us);
    if (first && node.meter.has_power) pass_soon();
    if (!span) return;
    for (auto& event : s.events) {
        if (!event.final && event.metered && meter_of(event) == &node) count_energy(event, *span);
    }
}

void Core::State::take(const model::Input& input) {
    if (input.event) take_event(*input.event);
    if (input.event_gone) cancel_event(*input.event_gone, true);
    if (input.node) take_node(*input.node);
    if (input.node_gone) drop_node(*input.node_gone);
    if (input.resource) take_resource(*input.resource);
    if (input.resource_gone) drop_resource(*input.resource_gone);
    if (input.sample) take_sample(*input.sample);
    if (input.ack) take_ack(*input.ack);
}

void Core::State::pass(model::Outputs& out) {
    nudged.clear();
    if (s.members_due) find_members();
    advance_events();
    const bool loop_turns = s.now_us >= s.next_control_us;
    const bool claims_change = s.now_us >= s.plan_until_us;
    const bool plans = claims_change || (s.plan_due && (loop_turns || s.now_us >= planned_us()));
    if (plans) {
        plan(loop_turns && !claims_change);
    } else if (loop_turns) {
        control();
    }
    const bool anew = plans || loop_turns;
    if (anew) {
        for (std::uint32_t place = 0; place < s.resources.size(); ++place) {
            if (s.resources[place].used) upkeep(place, out);
        }
    } else {
        for (const auto place : dues.take(s.now_us)) upkeep(place, out);
    }
    report(anew, out);
    forget_events();
    s.last_pass_us = s.now_us;
    s.work_us = next_due();
}

Core::Core(Settings settings) : state_(std::make_unique<State>(settings)) {}
Core::Core(Settings settings, const Snapshot& snapshot) : state_(std::make_unique<State>(settings, snapshot)) {}
Core::~Core() = default;
Core::Core(Core&&) noexcept = default;
Core& Core::operator=(Core&&) noexcept = default;

void Core::step(Us now_us, const model::Input& input, model::Outputs& out) {
    auto& state = *state_;
    state.s.now_us = std::max(state.s.now_us, std::min(now_us, model::last_us));
    state.take(input);
    if (state.s.work_us <= state.s.now_us) state.pass(out);
    out.next_due_us = state.s.work_us;
}

Snapshot Core::snapshot() const {
    return state_->s;
}

}  // namespace busbar::dispatch
