// See water.hpp. Two ideas carry this file.
//
// Achievable spans: the powers that a node can still take form one interval, since sums of intervals are intervals.
// Going down from the root, a child may have whatever its parent may have less what the siblings can give. An order is
// cut to that interval before it becomes a bound, so all bounds together always have an answer.
//
// Lambda by safeguarded Newton: the sum below a node and its slope come from one pass over the subtree; a few passes
// pin lambda between two neighbouring integers.
#include "dispatch/allocate/water.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace busbar::dispatch {

using model::MilliW;
using model::Wide;

namespace {

constexpr std::int64_t lambda_reach = 16;  // |lambda| <= this, in whole weights

bool in_preorder(const AllocationProblem& problem) {
    // Each node's parent is the node before it or an ancestor of that.
    for (std::size_t node = 1; node < problem.node_parent.size(); ++node) {
        if (problem.node_parent[node] >= node) return false;
        std::uint32_t up = static_cast<std::uint32_t>(node - 1);
        while (up != problem.node_parent[node] && up != 0) up = problem.node_parent[up];
        if (up != problem.node_parent[node]) return false;
    }
    return true;
}

void order_nodes(const AllocationProblem& problem, std::vector<std::uint32_t>& node_at) {
    const std::size_t nodes = problem.node_parent.size();
    if (in_preorder(problem)) {
        for (std::size_t node = 0; node < nodes; ++node) node_at[node] = static_cast<std::uint32_t>(node);
        return;
    }
    std::vector<std::uint32_t> first_child(nodes, 0), next_sibling(nodes, 0);  // 0 = none: the root is nobody's child
    for (std::size_t node = nodes; node-- > 1;) {
        const auto up = problem.node_parent[node];
        next_sibling[node] = first_child[up];
        first_child[up] = static_cast<std::uint32_t>(node);
    }
    std::vector<std::uint32_t> open{0};
    std::size_t count = 0;
    while (!open.empty()) {
        const auto node = open.back();
        open.pop_back();
        node_at[count++] = node;
        if (node != 0 && next_sibling[node] != 0) open.push_back(next_sibling[node]);
        if (first_child[node] != 0) open.push_back(first_child[node]);
    }
    if (count != nodes) throw std::invalid_argument("allocate: the nodes are no tree");
}

}  // namespace

Layout::Layout(const AllocationProblem& problem) {
    const std::size_t nodes = problem.node_parent.size(), devices = problem.parent.size();
    node_at.resize(nodes);
    node_pos.resize(nodes);
    parent.resize(nodes);
    end.resize(nodes);
    first.assign(nodes + 1, 0);
    node_of.resize(devices);
    device_at.resize(devices);
    device_pos.resize(devices);
    order_nodes(problem, node_at);
    for (std::size_t pos = 0; pos < nodes; ++pos) node_pos[node_at[pos]] = static_cast<std::uint32_t>(pos);
    for (std::size_t pos = 0; pos < nodes; ++pos) {
        parent[pos] = pos == 0 ? 0 : node_pos[problem.node_parent[node_at[pos]]];
        end[pos] = static_cast<std::uint32_t>(pos + 1);
    }
    for (std::size_t pos = nodes; pos-- > 1;) end[parent[pos]] = std::max(end[parent[pos]], end[pos]);
    for (const auto node : problem.parent) ++first[node_pos[node] + 1];
    for (std::size_t pos = 0; pos < nodes; ++pos) first[pos + 1] += first[pos];
    std::vector<std::uint32_t> next(first.begin(), first.end() - 1);
    for (std::size_t device = 0; device < devices; ++device) {
        const auto node = node_pos[problem.parent[device]];
        const auto pos = next[node]++;
        device_at[pos] = static_cast<std::uint32_t>(device);
        device_pos[device] = pos;
        node_of[pos] = node;
    }
}

Water::Water(const AllocationProblem& problem, const Layout& layout) : layout_(layout) {
    const std::size_t nodes = layout.parent.size(), devices = layout.node_of.size();
    low.resize(devices);
    high.resize(devices);
    preferred_.resize(devices);
    weight_.resize(devices);
    power_.resize(devices);
    MilliW heaviest = 1;
    for (std::size_t pos = 0; pos < devices; ++pos) {
        const auto device = layout.device_at[pos];
        const MilliW lo = std::clamp(problem.low[device], -device_limit_mw, device_limit_mw);
        const MilliW hi = std::clamp(problem.high[device], lo, device_limit_mw);
        const MilliW preferred = std::clamp(problem.preferred[device], -device_limit_mw, device_limit_mw);
        const MilliW reach = std::max(hi - preferred, preferred - lo) / 4 + 1;  // a lambda of 4 gets anywhere
        low[pos] = lo;
        high[pos] = hi;
        preferred_[pos] = preferred;
        weight_[pos] = std::clamp(problem.weight[device], reach, 2 * device_limit_mw);
        heaviest = std::max(heaviest, weight_[pos]);
    }
    shift_ = std::min(30, 57 - static_cast<int>(std::bit_width(static_cast<std::uint64_t>(heaviest))));
    node_low_.resize(nodes);
    node_high_.resize(nodes);
    for (std::size_t pos = 0; pos < nodes; ++pos) {
        node_low_[pos] = problem.node_low[layout.node_at[pos]];
        node_high_[pos] = problem.node_high[layout.node_at[pos]];
    }
    for (auto* each : {&lower_, &upper_, &sum_low_, &sum_high_, &raw_, &slope_, &above_, &target_}) each->resize(nodes);
    lambda_.resize(nodes);
    guess_.resize(nodes);
    has_target_.resize(nodes);
    owner_.resize(nodes);
}

void Water::prepare() {
    breaches_.clear();
    if (biased_) bias_.assign(bias_.size(), 0);
    biased_ = false;
    const std::size_t nodes = layout_.parent.size();
    std::fill(sum_low_.begin(), sum_low_.end(), 0);
    std::fill(sum_high_.begin(), sum_high_.end(), 0);
    for (std::size_t node = nodes; node-- > 0;) {
        MilliW least = sum_low_[node], most = sum_high_[node];
        for (auto device = layout_.first[node]; device < layout_.first[node + 1]; ++device) {
            least += low[device];
            most += high[device];
        }
        sum_low_[node] = least;
        sum_high_[node] = most;
        MilliW lower = node_low_[node], upper = std::max(node_high_[node], lower);
        const auto position = static_cast<std::uint32_t>(node);
        if (least > upper) breaches_.push_back({position, least - upper});
        if (most < lower) breaches_.push_back({position, most - lower});
        upper = std::max(upper, least);
        lower = std::min(lower, most);
        lower_[node] = lower;
        upper_[node] = upper;
        if (node == 0) break;
        sum_low_[layout_.parent[node]] += std::max(least, lower);
        sum_high_[layout_.parent[node]] += std::min(most, upper);
    }
}

Span Water::within(std::uint32_t node) const {
    const Span own{std::max(sum_low_[node], lower_[node]), std::min(sum_high_[node], upper_[node])};
    if (node == 0) return own;
    const auto up = layout_.parent[node];
    const Span above = within(up);
    return {std::max(own.low, above.low - (sum_high_[up] - own.high)),
            std::min(own.high, above.high - (sum_low_[up] - own.low))};
}

Span Water::reach(std::uint32_t device) const {
    const auto node = layout_.node_of[device];
    const Span above = within(node);
    return {std::max(low[device], above.low - (sum_high_[node] - high[device])),
            std::min(high[device], above.high - (sum_low_[node] - low[device]))};
}

void Water::widen_sums(std::uint32_t node, MilliW low_change, MilliW high_change) {
    while (low_change != 0 || high_change != 0) {
        const MilliW old_low = std::max(sum_low_[node], lower_[node]),
                     old_high = std::min(sum_high_[node], upper_[node]);
        sum_low_[node] += low_change;
        sum_high_[node] += high_change;
        low_change = std::max(sum_low_[node], lower_[node]) - old_low;
        high_change = std::min(sum_high_[node], upper_[node]) - old_high;
        if (node == 0) return;
        node = layout_.parent[node];
    }
}

void Water::narrow_node(std::uint32_t node, Span bounds) {
    const MilliW old_low = std::max(sum_low_[node], lower_[node]), old_high = std::min(sum_high_[node], upper_[node]);
    lower_[node] = std::max(lower_[node], bounds.low);
    upper_[node] = std::min(upper_[node], bounds.high);
    if (node == 0) return;
    widen_sums(layout_.parent[node], std::max(sum_low_[node], lower_[node]) - old_low,
               std::min(sum_high_[node], upper_[node]) - old_high);
}

void Water::apply_node(std::uint32_t node, Span wanted) {
    const Span can = within(node);
    narrow_node(node, {std::clamp(wanted.low, can.low, can.high), std::clamp(wanted.high, can.low, can.high)});
}

void Water::apply_hard(std::uint32_t node, Span wanted) {
    const Span can = within(node);
    if (can.low > wanted.high) breaches_.push_back({node, can.low - wanted.high});
    if (can.high < wanted.low) breaches_.push_back({node, can.high - wanted.low});
    apply_node(node, wanted);
}

void Water::apply_device(std::uint32_t device, Span wanted) {
    const Span can = reach(device);
    const MilliW lo = std::clamp(wanted.low, can.low, can.high), hi = std::clamp(wanted.high, can.low, can.high);
    const MilliW low_change = lo - low[device], high_change = hi - high[device];
    low[device] = lo;
    high[device] = hi;
    widen_sums(layout_.node_of[device], low_change, high_change);
}

inline MilliW Water::at(std::uint32_t device, std::int64_t lambda) const {
    MilliW power = preferred_[device] + ((lambda * weight_[device]) >> shift_);
    if (biased_) power += bias_[device];
    return std::clamp(power, low[device], high[device]);
}

MilliW Water::wish(std::uint32_t device) const {
    const MilliW weight = weight_[device], preferred = preferred_[device];
    const MilliW move = (lambda_[layout_.node_of[device]] * weight) >> shift_;
    return preferred + std::clamp(move, -weight, weight);
}

void Water::evaluate(std::uint32_t node, std::int64_t lambda) {
    const auto end = layout_.end[node];
    std::fill(raw_.begin() + node, raw_.begin() + end, 0);
    std::fill(slope_.begin() + node, slope_.begin() + end, 0);
    for (auto each = end; each-- > node;) {
        MilliW sum = raw_[each], slope = slope_[each];
        for (auto device = layout_.first[each], last = layout_.first[each + 1]; device < last; ++device) {
            const MilliW power = at(device, lambda);
            sum += power;
            slope += power > low[device] && power < high[device] ? weight_[device] : 0;
        }
        raw_[each] = sum;
        slope_[each] = slope;
        if (each == node) break;
        const auto up = layout_.parent[each];
        raw_[up] += std::clamp(sum, lower_[each], upper_[each]);
        if (sum >= lower_[each] && sum <= upper_[each]) slope_[up] += slope;
    }
}

// The largest lambda (nearly: any on a flat part) at which the children's sum does not exceed `target`; raw_ below
// `node` is left at that lambda.
std::int64_t Water::find(std::uint32_t node, MilliW target, std::int64_t guess) {
    std::int64_t below = -(lambda_reach << shift_), above = lambda_reach << shift_;
    if (target <= sum_low_[node] || target >= sum_high_[node]) {
        const auto lambda = target <= sum_low_[node] ? below : above;
        evaluate(node, lambda);
        return lambda;
    }
    std::int64_t last = below - 1;
    for (int pass = 0; above - below > 1; ++pass) {
        if (pass % 4 == 3 || guess <= below || guess >= above) guess = below + (above - below) / 2;
        evaluate(node, guess);
        last = guess;
        const MilliW missing = target - raw_[node];
        if (missing == 0) return guess;
        (missing > 0 ? below : above) = guess;
        // One more than Newton says, so that the other side of the target is met soon.
        const MilliW slope = std::max<MilliW>(slope_[node], 1);
        const Wide move = (static_cast<Wide>(missing) << shift_) / slope + (missing > 0 ? 1 : -1);
        const Wide reach = lambda_reach << shift_;
        guess += static_cast<std::int64_t>(std::clamp<Wide>(move, -2 * reach, 2 * reach));
    }
    if (last != below) evaluate(node, below);
    return below;
}

void Water::send_down(std::uint32_t child, std::int64_t lambda, MilliW value) {
    has_target_[child] = value != raw_[child];
    target_[child] = value;
    guess_[child] = lambda;
}

// Gives the devices and children of `node` their share at `lambda`; `rest` is what is missing there to the target, less
// than what the next lambda would bring. It is spread over those that the next lambda would raise, in proportion.
void Water::assign(std::uint32_t node, std::int64_t lambda, MilliW rest) {
    const auto first = layout_.first[node], last = layout_.first[node + 1], end = layout_.end[node];
    lambda_[node] = lambda;
    if (rest == 0) {
        for (auto device = first; device < last; ++device) power_[device] = at(device, lambda);
        for (auto child = node + 1; child < end; child = layout_.end[child]) {
            send_down(child, lambda, std::clamp(raw_[child], lower_[child], upper_[child]));
        }
        return;
    }
    evaluate(node, lambda + 1);
    MilliW gain = 0, given = 0;
    for (auto child = node + 1; child < end; child = layout_.end[child]) {
        above_[child] = std::clamp(raw_[child], lower_[child], upper_[child]);
        gain += above_[child];
    }
    evaluate(node, lambda);
    for (auto child = node + 1; child < end; child = layout_.end[child]) {
        gain -= std::clamp(raw_[child], lower_[child], upper_[child]);
    }
    for (auto device = first; device < last; ++device) gain += at(device, lambda + 1) - at(device, lambda);
    MilliW seen = 0;
    const auto share = [&](MilliW from, MilliW to) {
        seen += to - from;
        const auto due = static_cast<MilliW>(static_cast<Wide>(seen) * rest / std::max<MilliW>(gain, 1));
        const MilliW part = due - given;
        given = due;
        return from + part;
    };
    for (auto device = first; device < last; ++device) {
        power_[device] = share(at(device, lambda), at(device, lambda + 1));
    }
    for (auto child = node + 1; child < end; child = layout_.end[child]) {
        send_down(child, lambda, share(std::clamp(raw_[child], lower_[child], upper_[child]), above_[child]));
    }
}

void Water::solve() {
    evaluate(0, 0);
    guess_[0] = 0;
    target_[0] = std::clamp(raw_[0], lower_[0], upper_[0]);
    has_target_[0] = target_[0] != raw_[0];
    for (std::uint32_t node = 0; node < layout_.parent.size(); ++node) {
        if (has_target_[node] != 0) {
            const auto lambda = find(node, target_[node], guess_[node]);
            owner_[node] = node;
            assign(node, lambda, target_[node] - raw_[node]);
        } else {
            owner_[node] = node == 0 ? 0 : owner_[layout_.parent[node]];
            assign(node, guess_[node], 0);
        }
    }
}

MilliW Water::sum(const std::vector<std::uint32_t>& devices) const {
    MilliW total = 0;
    for (const auto device : devices) total += power_[device];
    return total;
}

MilliW Water::sum_at(const std::vector<std::uint32_t>& devices, std::int64_t shift) {
    for (const auto device : devices) bias_[device] = (shift * weight_[device]) >> shift_;
    solve();
    return sum(devices);
}

// Milliwatts that no lambda can reach: wherever a device and all nodes above it have room.
void Water::fill_up(const std::vector<std::uint32_t>& devices, MilliW rest) {
    std::vector<MilliW> total(layout_.parent.size(), 0);
    for (std::size_t node = total.size(); node-- > 0;) {
        for (auto device = layout_.first[node]; device < layout_.first[node + 1]; ++device)
            total[node] += power_[device];
        if (node > 0) total[layout_.parent[node]] += total[node];
    }
    for (const auto device : devices) {
        if (rest <= 0) return;
        MilliW room = std::min(rest, high[device] - power_[device]);
        for (auto node = layout_.node_of[device];; node = layout_.parent[node]) {
            room = std::min(room, upper_[node] - total[node]);
            if (node == 0) break;
        }
        if (room <= 0) continue;
        power_[device] += room;
        rest -= room;
        for (auto node = layout_.node_of[device];; node = layout_.parent[node]) {
            total[node] += room;
            if (node == 0) break;
        }
    }
}

void Water::apply_devices(const std::vector<std::uint32_t>& devices, Span wanted) {
    if (devices.size() == 1) return apply_device(devices.front(), wanted);
    bias_.resize(power_.size(), 0);
    biased_ = true;
    const MilliW free_sum = sum_at(devices, 0);
    const MilliW target = std::clamp(free_sum, wanted.low, wanted.high);
    std::int64_t below = -((lambda_reach / 2) << shift_), above = (lambda_reach / 2) << shift_;
    std::int64_t best = below;
    if (target == free_sum) {
        best = 0;
    } else {
        (target > free_sum ? below : above) = 0;
        MilliW least = sum_at(devices, below), most = sum_at(devices, above);
        if (target >= most) best = above;
        while (best != above && above - below > 1 && least < target) {
            // Between the two ends by proportion, never nearer to one than an eighth.
            const std::int64_t gap = above - below, edge = std::max<std::int64_t>(gap / 8, 1);
            const auto guess = below + std::clamp(static_cast<std::int64_t>(static_cast<Wide>(gap) * (target - least) /
                                                                            std::max<MilliW>(most - least, 1)),
                                                  edge, gap - edge);
            const MilliW got = sum_at(devices, guess);
            (got <= target ? below : above) = guess;
            (got <= target ? least : most) = got;
        }
        if (best != above) best = below;
    }
    const MilliW got = sum_at(devices, best);
    if (got < target) fill_up(devices, target - got);
    const auto found = power_;
    for (const auto device : devices) bias_[device] = 0;
    for (const auto device : devices) apply_device(device, {found[device], found[device]});
}

}  // namespace busbar::dispatch
