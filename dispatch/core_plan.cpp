// From events and tree to what each resource shall do, now and at every later time that is known.
//
// A plan cuts the time ahead into segments in which the same claims hold, allocates each, and writes every resource's
// wanted schedule. Between plans a control tick allocates the present segment again with what was measured meanwhile.
#include <algorithm>

#include "dispatch/core_state.hpp"

namespace busbar::dispatch {

using model::MilliW;
using model::Us;

namespace {

constexpr std::size_t most_segments = 24;
constexpr int most_rooms =
    3;  // how often a limit is narrowed before the rest of what capped devices might take is let be
constexpr model::Ppm empty_ppm = 2'000, full_ppm = 998'000;  // states of charge
constexpr MilliW nudge_share = 150;  // held back changes may add up to one part in so many of the order

Us ahead(Us now_us, Us span_us) {
    return span_us >= model::never - now_us ? model::never : now_us + span_us;
}

struct Bounds {
    MilliW low = 0, high = 0;
};

}  // namespace

bool Core::State::follows(const ResourceState& resource) const {
    return resource.resource.connected && resource.resource.controllable && !resource.silent && !resource.balks;
}

// The best guess at what a resource that does not follow us does now.
MilliW Core::State::assumed_power(const ResourceState& resource) const {
    if (resource.meter.has_power) return resource.meter.steady_mw;
    if (!resource.resource.connected || !resource.resource.controllable) return 0;
    return preferred_power(resource.resource);
}

// A storage that says it is empty gives nothing, a full one takes nothing.
Box Core::State::left_by_charge(const ResourceState& resource, Box box) const {
    if (resource.resource.kind != model::ResourceKind::storage || !resource.last_sample) return box;
    const auto& charge = resource.last_sample->state_of_charge_ppm;
    if (!charge) return box;
    if (*charge <= empty_ppm) box.low_mw = std::max<MilliW>(box.low_mw, std::min<MilliW>(box.high_mw, 0));
    if (*charge >= full_ppm) box.high_mw = std::min<MilliW>(box.high_mw, std::max<MilliW>(box.low_mw, 0));
    return box;
}

// What an interval orders, for the reports; and its claims, if it is to be carried out.
void Core::State::claim_interval(std::uint32_t place, std::uint32_t interval, std::uint32_t target,
                                 std::vector<Claim>& found) {
    auto& event = s.events[place];
    auto& state = event.intervals[interval];
    const Times times = times_of(event, interval);
    const bool over = times.end_us <= s.now_us;
    if (over && state.valued) return;
    const Reference reference{event.baseline_mw, largest_import(event), settings.level_ratio_ppm};
    const bool carried_out = !over && !event.event.test && !event.members.empty();
    state.valued = true;
    state.ordered = false;
    for (const auto& signal : event.event.intervals[interval].signals) {
        const auto ask = ask_of(signal, reference);
        if (!ask) continue;
        const bool exact = ask->kind == ClaimKind::power;
        if (!state.ordered || exact) state.ordered_mw = ask->high_mw < model::unlimited_mw ? ask->high_mw : ask->low_mw;
        state.ordered = true;
        if (carried_out && times.end_us > times.start_us) {
            found.push_back({place, interval, target, times.start_us, times.end_us, *ask});
        }
    }
}

std::vector<Claim> Core::State::claims() {
    std::vector<std::uint32_t> order;
    for (std::uint32_t each = 0; each < s.events.size(); ++each) {
        if (!s.events[each].final) order.push_back(each);
    }
    std::sort(order.begin(), order.end(),
              [&](auto a, auto b) { return stronger(s.events[a].event, s.events[b].event); });
    std::unordered_map<std::string, std::uint32_t> targets;
    std::vector<Claim> found;
    for (const auto each : order) {
        auto names = s.events[each].event.targets;
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
        if (names.empty()) names.push_back(model::root_id);
        std::string key;
        for (const auto& name : names) key += name + '\n';
        const auto target = targets.emplace(key, static_cast<std::uint32_t>(targets.size())).first->second;
        for (std::uint32_t interval = 0; interval < s.events[each].event.intervals.size(); ++interval) {
            claim_interval(each, interval, target, found);
        }
    }
    return found;
}

std::vector<Segment> Core::State::segments(const std::vector<Claim>& all, std::size_t most) {
    const auto points = changes(all, s.now_us, model::never, most);
    const Us horizon = ahead(s.now_us, settings.lead_us);
    std::vector<Segment> found;
    s.plan_until_us = points.empty() ? model::never : points.front();
    for (const auto& claim : all) {  // what is too far ahead now comes into sight later
        if (claim.start_us > horizon) s.plan_until_us = std::min(s.plan_until_us, claim.start_us - settings.lead_us);
    }
    s.plan_until_us = std::max(s.plan_until_us, s.now_us + 1);
    for (std::size_t each = 0; each <= points.size(); ++each) {
        if (each == most && each > 0) break;  // the rest is planned later
        Segment segment{
            each == 0 ? s.now_us : points[each - 1], each < points.size() ? points[each] : model::never, {}};
        segment.claims = in_force(all, segment.start_us);
        const bool idle_before = !found.empty() && found.back().claims.empty();
        if (segment.start_us > horizon && idle_before) break;
        found.push_back(std::move(segment));
    }
    return found;
}

AllocationOrder Core::State::order_of(AllocationProblem& problem, const EventState& event, const Ask& ask) {
    const auto& targets = event.event.targets;
    AllocationOrder order;
    const auto node = targets.size() == 1 ? node_at.find(targets.front()) : node_at.end();
    if (node != node_at.end()) {
        order.node = tree.node_position[node->second];
    } else if (!targets.empty()) {
        std::vector<std::uint32_t> devices;
        for (const auto& member : event.members) devices.push_back(tree.resource_position[member.resource]);
        order = order_over(problem, devices);
    }
    order.low = ask.low_mw;
    order.high = ask.high_mw;
    order.hard = ask.kind == ClaimKind::limit;
    return order;
}

Stage Core::State::lay_out(const Segment& segment) {
    const Tree& known = known_tree();
    Stage stage;
    auto& problem = stage.problem;
    for (std::size_t node = 0; node < known.nodes.size(); ++node) {
        const auto& limits = s.nodes[known.nodes[node]].node;
        problem.add_node(known.parents[node], -limits.export_limit_mw, limits.import_limit_mw);
    }
    std::vector<std::uint8_t> refuses(known.resources.size(), 0);
    for (const auto* claim : segment.claims) {
        for (const auto& member : s.events[claim->event].members) {
            if (member.state == MemberState::rejected || member.state == MemberState::opted_out) {
                refuses[known.resource_position[member.resource]] = 1;
            }
        }
    }
    for (std::size_t position = 0; position < known.resources.size(); ++position) {
        const auto& resource = s.resources[known.resources[position]];
        const Box nominal = nominal_box(resource.resource);
        const MilliW preferred = preferred_power(resource.resource);
        Box box = left_by_charge(resource, reachable(resource.response, nominal));
        const bool fixed = !follows(resource) || refuses[position] != 0;
        stage.fixed.push_back(fixed ? 1 : 0);
        if (fixed) box.low_mw = box.high_mw = assumed_power(resource);
        problem.add_device(known.node_of[position], box.low_mw, box.high_mw, preferred);
        problem.weight.back() = std::max<MilliW>(nominal.high_mw - nominal.low_mw, 1);
        if (fixed) continue;
        MilliW lowest = std::max<MilliW>(resource.resource.capability.lowest_on_mw, 0);
        if (resource.response.cap_high) lowest = std::min(lowest, box.high_mw);
        if (resource.response.cap_low) lowest = std::min(lowest, -box.low_mw);
        problem.lowest_on.back() = std::max<MilliW>(lowest, 0);
        const auto step = static_cast<model::Wide>(std::max<MilliW>(resource.resource.capability.step_mw, 0));
        const bool trickles = lowest < resource.resource.capability.lowest_on_mw;  // capped below what it may be told
        if (step > 1 && !trickles)
            problem.step.back() = static_cast<MilliW>(step * resource.response.gain_ppm / model::ppm_one);
        const bool runs = resource.meter.has_power && resource.meter.power_mw != 0;
        problem.on.back() = resource.told ? resource.told_mw != 0 : runs;
    }
    add_backgrounds(problem);
    return stage;
}

// Loads that nobody told us of.
void Core::State::add_backgrounds(AllocationProblem& problem) const {
    for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
        const auto& state = s.nodes[tree.nodes[node]];
        const MilliW power = state.background_mw;
        if (state.has_background) problem.add_device(static_cast<std::uint32_t>(node), power, power, power);
    }
}

void Core::State::note_orders(const Segment& segment, const AllocationProblem& problem, const Allocation& result) {
    for (const auto* claim : segment.claims) s.events[claim->event].shortfall_mw = 0;
    for (std::size_t each = 0; each < segment.claims.size(); ++each) {
        const auto& order = problem.orders[each];
        const MilliW sum = result.order_sum[each];
        const MilliW missing = sum < order.low ? order.low - sum : sum > order.high ? order.high - sum : 0;
        auto& shortfall = s.events[segment.claims[each]->event].shortfall_mw;
        if (missing != 0) shortfall = missing;
    }
}

// What the settled devices of an event do more than their responses explain. Slowly followed, so that noise stays out;
// not while the order cannot be met anyway, when nothing could come of it but windup.
void Core::State::correct(EventState& event) {
    if (event.shortfall_mw != 0) return;
    MilliW residual = 0, settled = 0, all = 0;
    for (const auto& member : event.members) {
        const auto& resource = s.resources[member.resource];
        if (!follows(resource) || !resource.told || refused(member.resource)) continue;
        const Box nominal = nominal_box(resource.resource);
        all += nominal.high_mw - nominal.low_mw;
        if (!is_fresh(resource.meter, s.now_us) || resource.response.present.count == 0) continue;
        if (resource.meter.power_us < settled_us(resource)) continue;
        settled += nominal.high_mw - nominal.low_mw;
        residual += resource.response.present.mean_mw - expected(resource.response, nominal, resource.told_mw);
    }
    if (settled * 4 < all * 3) return;
    event.correction_mw += (std::clamp(residual, -all / 20, all / 20) - event.correction_mw) / 4;
}

void Core::State::correct_orders(const Segment& present) {
    for (const auto* claim : present.claims) {
        if (claim->ask.kind != ClaimKind::limit) correct(s.events[claim->event]);
    }
}

AllocationOrder Core::State::corrected(AllocationOrder order, MilliW correction) const {
    const bool exact = order.low == order.high;
    if (order.high < model::unlimited_mw) order.high -= exact ? correction : std::max<MilliW>(correction, 0);
    if (order.low > -model::unlimited_mw) order.low -= exact ? correction : std::min<MilliW>(correction, 0);
    return order;
}

// Changes below the deadband are not sent; but many of them in the same direction add up. Then some devices, those with
// the largest change first, are told all the same.
void Core::State::nudge_orders(const Segment& segment, const std::vector<Share>& shares) {
    for (const auto* claim : segment.claims) {
        if (claim->ask.kind != ClaimKind::power) continue;
        const auto& event = s.events[claim->event];
        struct Held {
            MilliW change;
            std::uint32_t place;
        };
        std::vector<Held> held;
        MilliW sum = 0;
        for (const auto& member : event.members) {
            const auto& resource = s.resources[member.resource];
            if (!follows(resource) || !resource.told || refused(member.resource)) continue;
            const MilliW told = shares[tree.resource_position[member.resource]].told_mw, band = deadband_now(resource);
            if (told - resource.told_mw > band || resource.told_mw - told > band) continue;
            const Box nominal = nominal_box(resource.resource);
            const MilliW change =
                expected(resource.response, nominal, told) - expected(resource.response, nominal, resource.told_mw);
            sum += change;
            if (has_shown(resource)) held.push_back({change, member.resource});
        }
        const MilliW order = claim->ask.low_mw < 0 ? -claim->ask.low_mw : claim->ask.low_mw;
        const MilliW allowed = std::max(settings.deadband_mw, order / nudge_share);
        if (sum <= allowed && sum >= -allowed) continue;
        const MilliW sign = sum < 0 ? -1 : 1;
        std::stable_sort(held.begin(), held.end(),
                         [&](const Held& a, const Held& b) { return a.change * sign > b.change * sign; });
        for (const auto& each : held) {
            if (sum * sign <= allowed / 4 || each.change * sign <= 0) break;
            nudged[each.place] = 1;
            sum -= each.change;
        }
    }
}

MilliW Core::State::tell_of(const Stage& stage, const Allocation& result, std::size_t position) const {
    const auto& resource = s.resources[tree.resources[position]];
    const auto& can = resource.resource.capability;
    const Box nominal = nominal_box(resource.resource);
    const MilliW wish = std::clamp(result.wish[position], nominal.low_mw, nominal.high_mw);
    const bool fixed = stage.fixed[position] != 0;  // should it be asked again, then for its fair share
    const Wish asked{fixed ? wish : result.power[position], wish, can.lowest_on_mw, can.step_mw, settings.deadband_mw};
    return to_tell(fixed ? ResponseState{} : resource.response, nominal, asked);
}

// A capped device is told a little more than is counted on. Where a hard limit binds, that little must have room below
// it too: the limit is narrowed by what all of them together might take, and the shares are found again.
bool Core::State::make_room(Stage& stage, const Allocation& result) const {
    auto& problem = stage.problem;
    std::vector<MilliW> above(problem.node_parent.size(), 0), below(problem.node_parent.size(), 0), sum(above);
    std::vector<MilliW> more(tree.resources.size(), 0);
    bool any = false;
    for (std::size_t device = 0; device < problem.parent.size(); ++device) {
        MilliW extra = 0;
        if (device < more.size() && stage.fixed[device] == 0) {
            const auto& response = s.resources[tree.resources[device]].response;
            const bool capped = (response.cap_high || response.cap_low) && !response.ignores;
            if (capped) extra = tell_of(stage, result, device) - result.power[device];
            more[device] = extra;
            any = any || extra != 0;
        }
        for (auto node = problem.parent[device];; node = problem.node_parent[node]) {
            sum[node] += result.power[device];
            above[node] += std::max<MilliW>(extra, 0);
            below[node] += std::min<MilliW>(extra, 0);
            if (node == 0) break;
        }
    }
    if (!any) return false;
    bool narrowed = false;
    const auto narrow = [&](Bounds as_given, MilliW& low, MilliW& high, Bounds extra, MilliW power) {
        const bool over = as_given.high < model::unlimited_mw && power + extra.high > as_given.high && extra.high > 0;
        const bool under = as_given.low > -model::unlimited_mw && power + extra.low < as_given.low && extra.low < 0;
        if (over) high = as_given.high - extra.high;
        if (under) low = as_given.low - extra.low;
        narrowed = narrowed || over || under;
    };
    const auto& given = stage.as_given;
    for (std::size_t node = 0; node < given.node_low.size(); ++node) {
        narrow({given.node_low[node], given.node_high[node]}, problem.node_low[node], problem.node_high[node],
               {below[node], above[node]}, sum[node]);
    }
    for (std::size_t each = 0; each < problem.orders.size(); ++each) {
        auto& order = problem.orders[each];
        if (!order.hard) continue;
        Bounds extra{below[order.node], above[order.node]};
        MilliW power = sum[order.node];
        if (!order.devices.empty()) {
            extra = {};
            power = 0;
        }
        for (const auto device : order.devices) {
            power += result.power[device];
            extra.high += std::max<MilliW>(more[device], 0);
            extra.low += std::min<MilliW>(more[device], 0);
        }
        narrow({given.orders[each].low, given.orders[each].high}, order.low, order.high, extra, power);
    }
    return narrowed;
}

void Core::State::nudge(const Segment& segment, const std::vector<Share>& shares) {
    nudged.assign(s.resources.size(), 0);
    nudge_orders(segment, shares);
    if (limits_stand()) nudge_below_limits(shares);
}

// No deadband where a node's own limit would be overstepped by it: whoever relieves such a node is told.
void Core::State::nudge_below_limits(const std::vector<Share>& shares) {
    std::vector<MilliW> change(shares.size(), 0), sum(tree.nodes.size(), 0);
    for (std::size_t position = 0; position < shares.size(); ++position) {
        const auto& resource = s.resources[tree.resources[position]];
        MilliW power = assumed_power(resource);
        if (follows(resource) && resource.told && !refused(tree.resources[position])) {
            const MilliW told = shares[position].told_mw, band = deadband_now(resource);
            const bool held = told - resource.told_mw <= band && resource.told_mw - told <= band;
            if (held) change[position] = told - resource.told_mw;
            power = expected(resource.response, nominal_box(resource.resource), held ? resource.told_mw : told);
        }
        sum[tree.node_of[position]] += power;
    }
    for (std::size_t node = sum.size(); node-- > 0;) {
        const auto& state = s.nodes[tree.nodes[node]];
        if (state.has_background) sum[node] += state.background_mw;
        if (node > 0) sum[tree.parents[node]] += sum[node];
    }
    for (std::size_t position = 0; position < shares.size(); ++position) {
        if (change[position] == 0) continue;
        for (auto node = tree.node_of[position];; node = tree.parents[node]) {
            const auto& limits = s.nodes[tree.nodes[node]].node;
            const bool over = sum[node] > limits.import_limit_mw && change[position] < 0;
            const bool under = sum[node] < -limits.export_limit_mw && change[position] > 0;
            if (over || under) nudged[tree.resources[position]] = 1;
            if (node == 0) break;
        }
    }
}

// Whether any limit could bind a node's devices if all that is below did the most that it can: by position of the node.
std::vector<std::uint8_t> Core::State::bounded(const Stage& stage) const {
    std::vector<MilliW> low(tree.nodes.size(), 0), high(low);
    for (std::size_t position = 0; position < tree.resources.size(); ++position) {
        const auto& resource = s.resources[tree.resources[position]];
        const bool fixed = stage.fixed[position] != 0;
        const Box box = fixed ? Box{assumed_power(resource), assumed_power(resource)} : nominal_box(resource.resource);
        low[tree.node_of[position]] += box.low_mw;
        high[tree.node_of[position]] += box.high_mw;
    }
    for (std::size_t node = low.size(); node-- > 0;) {
        const auto& state = s.nodes[tree.nodes[node]];
        const MilliW background = state.has_background ? state.background_mw : 0;
        low[node] += background;
        high[node] += background;
        if (node == 0) break;
        low[tree.parents[node]] += low[node];
        high[tree.parents[node]] += high[node];
    }
    std::vector<std::uint8_t> found(low.size(), 0);
    for (std::size_t node = 0; node < found.size(); ++node) {
        const auto& limits = s.nodes[tree.nodes[node]].node;
        const bool here = high[node] > limits.import_limit_mw || low[node] < -limits.export_limit_mw;
        found[node] = here || (node > 0 && found[tree.parents[node]] != 0);
    }
    return found;
}

std::vector<Share> Core::State::share_out(const Segment& segment, bool now) {
    Stage stage = lay_out(segment);
    auto& problem = stage.problem;
    for (const auto* claim : segment.claims) {
        auto& event = s.events[claim->event];
        problem.orders.push_back(corrected(order_of(problem, event, claim->ask), event.correction_mw));
    }
    Allocation result = allocate(problem);
    if (now) note_orders(segment, problem, result);
    const bool limited = limits_stand() || std::any_of(problem.orders.begin(), problem.orders.end(),
                                                       [](const AllocationOrder& order) { return order.hard; });
    if (limited) stage.as_given = problem;
    for (int round = 0; limited && round < most_rooms && make_room(stage, result); ++round) result = allocate(problem);
    const std::vector<std::uint8_t> in_bounds = bounded(stage);
    std::vector<Share> shares(tree.resources.size());
    for (const auto* claim : segment.claims) {
        const auto& event = s.events[claim->event];
        for (const auto& member : event.members) {
            auto& share = shares[tree.resource_position[member.resource]];
            if (share.event == 0) share.event = event.number;
            if (claim->ask.kind == ClaimKind::power) share.asked = true;
        }
    }
    for (std::size_t position = 0; position < shares.size(); ++position) {
        const auto& resource = s.resources[tree.resources[position]];
        const MilliW band = deadband(resource);
        auto& share = shares[position];
        share.told_mw = tell_of(stage, result, position);
        if (share.event == 0 && in_bounds[tree.node_of[position]] == 0) continue;  // nothing of ours concerns it
        // A device that does what it prefers anyway needs no command; one that has one keeps it a little longer.
        const MilliW moved = share.told_mw - preferred_power(resource.resource),
                     enough = resource.told ? band / 2 : band;
        if (moved > enough || moved < -enough) share.asked = true;
    }
    return shares;
}

// What the nodes' own meters show beyond what is known below them. Only while the devices below are settled: a meter
// and a device that are read a second apart during a ramp would look like a load.
void Core::State::find_backgrounds() {
    const Tree& known = known_tree();
    if (std::none_of(s.nodes.begin(), s.nodes.end(), [](const NodeState& each) { return each.meter.has_power; }))
        return;
    std::vector<MilliW> below(known.nodes.size(), 0);
    std::vector<std::uint8_t> settled(known.nodes.size(), 1);
    for (std::size_t position = 0; position < known.resources.size(); ++position) {
        const auto& resource = s.resources[known.resources[position]];
        const auto node = known.node_of[position];
        below[node] += assumed_power(resource);
        if (s.now_us < settled_us(resource)) settled[node] = 0;
    }
    for (std::size_t position = known.nodes.size(); position-- > 0;) {
        auto& node = s.nodes[known.nodes[position]];
        if (is_fresh(node.meter, s.now_us) && (settled[position] != 0 || !node.has_background)) {
            const MilliW found = node.meter.steady_mw - below[position];
            node.background_mw = node.has_background ? node.background_mw + (found - node.background_mw) / 4 : found;
            node.has_background = true;
            fallbacks_known = false;
        }
        below[position] += node.has_background ? node.background_mw : 0;
        if (position == 0) break;
        below[known.parents[position]] += below[position];
        settled[known.parents[position]] &= settled[position];
    }
}

void Core::State::plan(bool loop_turns) {
    find_backgrounds();
    const auto all = claims();
    const auto ahead_segments = segments(all, most_segments);
    const auto& present = ahead_segments.front();
    if (loop_turns) correct_orders(present);
    std::vector<Share> shares;
    if (!present.claims.empty() || limits_stand()) shares = share_out(present, true);
    write_schedules(ahead_segments, shares);
    if (loop_turns && !shares.empty()) nudge(present, shares);
}

// From the present's shares, and those of all later segments; what no claim asks is the same at any time.
void Core::State::write_schedules(const std::vector<Segment>& all, const std::vector<Share>& present) {
    s.plan_due = false;
    s.last_plan_us = s.now_us;
    const Tree& known = known_tree();
    for (const auto place : known.resources) {
        s.resources[place].wanted = {};
        s.resources[place].wanted_event = 0;
    }
    std::vector<Share> idle, later;
    if (all.front().claims.empty()) idle = present;
    for (std::size_t each = 0; each < all.size(); ++each) {
        const auto& segment = all[each];
        const bool is_idle = segment.claims.empty();
        if (is_idle && !limits_stand()) continue;
        if (is_idle && idle.empty()) idle = share_out(segment, false);
        if (!is_idle && each > 0) later = share_out(segment, false);
        write_segment(segment, is_idle ? idle : each == 0 ? present : later, each + 1 == all.size());
    }
    set_fallbacks();
    const bool in_force = std::any_of(present.begin(), present.end(), [](const Share& share) { return share.asked; });
    const bool goes_on = in_force || (limits_stand() && !known.resources.empty());
    s.next_control_us = goes_on ? s.now_us + settings.control_period_us : model::never;
}

void Core::State::write_segment(const Segment& segment, const std::vector<Share>& shares, bool last) {
    for (std::size_t position = 0; position < shares.size(); ++position) {
        const auto& share = shares[position];
        if (!share.asked) continue;
        auto& resource = s.resources[tree.resources[position]];
        auto& wanted = resource.wanted;
        if (!wanted.steps.empty() && wanted.end_us < segment.start_us) {
            wanted.steps.push_back({wanted.end_us, preferred_power(resource.resource)});
        }
        if (wanted.steps.empty() || wanted.steps.back().power_mw != share.told_mw) {
            wanted.steps.push_back({segment.start_us, share.told_mw});
        }
        wanted.end_us = segment.end_us;
        wanted.cut = last && segment.end_us != model::never;
        if (resource.wanted_event == 0) resource.wanted_event = share.event;
    }
}

void Core::State::control() {
    find_backgrounds();
    const auto all = claims();
    const auto kept = s.plan_until_us;
    const auto present = segments(all, 1);
    s.plan_until_us = kept;
    correct_orders(present.front());
    const auto shares = share_out(present.front(), true);
    nudge(present.front(), shares);
    bool changed = false;  // a limit begins or ceases to bind a device
    for (std::size_t position = 0; position < shares.size(); ++position) {
        const auto& wanted = s.resources[tree.resources[position]].wanted;
        const bool was_asked = step_at(wanted.steps, wanted.end_us, s.now_us) != nullptr;
        changed = changed || was_asked != shares[position].asked;
    }
    if (changed) return write_schedules(segments(all, most_segments), shares);
    for (std::size_t position = 0; position < shares.size(); ++position) {
        if (!shares[position].asked) continue;
        auto& steps = s.resources[tree.resources[position]].wanted.steps;
        const auto later = std::find_if(steps.begin(), steps.end(),
                                        [&](const model::Step& each) { return each.start_us > s.now_us; });
        *steps.erase(steps.begin(), std::prev(later)) = {s.now_us, shares[position].told_mw};
    }
    s.next_control_us = s.now_us + settings.control_period_us;
}

// What all of them may do, each alone and whatever the others do: those that consume as if nobody produced, those that
// produce as if nobody consumed. By position.
std::vector<MilliW> Core::State::safe_powers(bool consuming) {
    AllocationProblem problem;
    for (std::size_t node = 0; node < tree.nodes.size(); ++node) {
        const auto& limits = s.nodes[tree.nodes[node]].node;
        const MilliW low = consuming ? -model::unlimited_mw : -limits.export_limit_mw;
        problem.add_node(tree.parents[node], low, consuming ? limits.import_limit_mw : model::unlimited_mw);
    }
    for (std::size_t position = 0; position < tree.resources.size(); ++position) {
        const auto& resource = s.resources[tree.resources[position]].resource;
        const Box nominal = nominal_box(resource);
        const MilliW preferred = preferred_power(resource);
        const MilliW low = consuming ? 0 : std::min<MilliW>(preferred, 0);
        const MilliW high = consuming ? std::max<MilliW>(preferred, 0) : 0;
        problem.add_device(tree.node_of[position], low, high, consuming ? high : low);
        problem.weight.back() = std::max<MilliW>(nominal.high_mw - nominal.low_mw, 1);
        problem.lowest_on.back() = std::max<MilliW>(resource.capability.lowest_on_mw, 0);
        problem.step.back() = std::max<MilliW>(resource.capability.step_mw, 0);
    }
    add_backgrounds(problem);
    return allocate(problem).power;
}

// What a device shall do once its command is over and we are gone: what it prefers, unless a node's own limit forbids
// that all of them do.
void Core::State::set_fallbacks() {
    const Tree& known = known_tree();
    if (fallbacks_known) return;
    fallbacks_known = true;
    const bool limited = limits_stand();
    std::vector<MilliW> consuming, producing;
    if (limited) {
        consuming = safe_powers(true);
        producing = safe_powers(false);
    }
    for (std::size_t position = 0; position < known.resources.size(); ++position) {
        auto& resource = s.resources[known.resources[position]];
        const MilliW preferred = preferred_power(resource.resource);
        resource.fallback_mw = preferred;
        if (limited) resource.fallback_mw = preferred < 0 ? producing[position] : consuming[position];
        resource.has_fallback = resource.fallback_mw != preferred;
    }
}

}  // namespace busbar::dispatch
