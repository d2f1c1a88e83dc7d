// See water.hpp. Two ideas carry this file.
//
// Achievable spans: the powers that a node can still take form one interval, since sums of intervals are intervals.
// Going down from the root, a child may have whatever its parent may have less what the siblings can give. An order is
// cut to that interval before it becomes a bound, so all bounds together always have an answer.
//
// Lambda by safeguarded Newton: the sum below a node and its slope come from one pass over the subtree; a few passes
// pin lambda between two neighbouring integers. A pass costs what it reads: it goes over the devices that can still move,
// side by side in memory, and knows the others by their sums.
#include "dispatch/allocate/water.hpp"

#include <algorithm>
#include <bit>
#include <stdexcept>

namespace busbar::dispatch {

using model::MilliW;
using model::Wide;

namespace {

constexpr std::int64_t lambda_reach = 16;  // |lambda| <= this, in whole weights
constexpr std::int64_t nowhere = model::never;
constexpr std::uint32_t many = 200;  // devices from which leap() is worth a try
constexpr int most_leaps = 8;

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

void Layout::lay_out(const AllocationProblem& problem) {
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

void Water::take(const AllocationProblem& problem) {
    const Layout& layout = layout_;
    const std::size_t nodes = layout.parent.size(), devices = layout.node_of.size();
    boxes_.resize(devices);
    likings_.resize(devices);
    open_.resize(devices);
    open_at_.resize(devices);
    power_.resize(devices);
    MilliW heaviest = 1;
    for (std::size_t pos = 0; pos < devices; ++pos) {
        const auto device = layout.device_at[pos];
        const MilliW lo = std::clamp(problem.low[device], -device_limit_mw, device_limit_mw);
        const MilliW hi = std::clamp(problem.high[device], lo, device_limit_mw);
        const MilliW preferred = std::clamp(problem.preferred[device], -device_limit_mw, device_limit_mw);
        const MilliW reach = std::max(hi - preferred, preferred - lo) / 4 + 1;  // a lambda of 4 gets anywhere
        const MilliW weight = std::clamp(problem.weight[device], reach, 2 * device_limit_mw);
        boxes_[pos] = {lo, hi};
        likings_[pos] = {preferred, weight};
        power_[pos] = lo;  // for good, if it is all that it can
        heaviest = std::max(heaviest, weight);
    }
    // The next lambda moves the heaviest device by less than a milliwatt, if the products leave room for that.
    const int bits = static_cast<int>(std::bit_width(static_cast<std::uint64_t>(heaviest)));
    shift_ = std::min(bits, 57 - bits);
    node_low_.resize(nodes);
    node_high_.resize(nodes);
    for (std::size_t pos = 0; pos < nodes; ++pos) {
        node_low_[pos] = problem.node_low[layout.node_at[pos]];
        node_high_[pos] = problem.node_high[layout.node_at[pos]];
    }
    for (auto* each : {&raw_, &next_, &slope_, &target_, &fixed_}) each->resize(nodes);
    open_of_.resize(nodes);
    lambda_.assign(nodes, 0);  // no guess is left from another problem: equal problems have equal answers
    state_.assign(nodes, State::free);
    owner_.resize(nodes);
}

void Water::prepare(bool for_now) {
    breaches_.clear();
    kept_.clear();
    keeping_ = for_now;
    gathered_ = false;
    const std::size_t nodes = layout_.parent.size();
    bounds_.assign(nodes, {});
    for (std::size_t node = nodes; node-- > 0;) {
        auto& [lower, upper, least, most, loose] = bounds_[node];
        for (auto device = layout_.first[node]; device < layout_.first[node + 1]; ++device) {
            least += boxes_[device].low;
            most += boxes_[device].high;
        }
        const MilliW low = node_low_[node], high = std::max(node_high_[node], low);
        const auto position = static_cast<std::uint32_t>(node);
        if (least > high) breaches_.push_back({position, least - high});
        if (most < low) breaches_.push_back({position, most - low});
        upper = std::max(high, least);
        lower = std::min(low, most);
        if (node == 0) break;
        auto& above = bounds_[layout_.parent[node]];
        above.sum_low += std::max(least, lower);
        above.sum_high += std::min(most, upper);
    }
}

void Water::give_back() {
    for (auto each = kept_.rbegin(); each != kept_.rend(); ++each) boxes_[each->device] = each->box;
    kept_.clear();
    keeping_ = false;
    gathered_ = false;
}

void Water::find_loose() {
    for (std::size_t node = 0; node < bounds_.size(); ++node) {
        auto& mine = bounds_[node];
        const bool above = node == 0 || bounds_[layout_.parent[node]].loose;
        mine.loose = above && mine.sum_low >= mine.lower && mine.sum_high <= mine.upper;
    }
}

Span Water::own(std::uint32_t node) const {
    const auto& mine = bounds_[node];
    return {std::max(mine.sum_low, mine.lower), std::min(mine.sum_high, mine.upper)};
}

Span Water::within(std::uint32_t node) const {
    const Span mine = own(node);
    if (node == 0) return mine;
    const auto up = layout_.parent[node];
    if (bounds_[up].loose) return mine;
    const Span above = within(up);
    return {std::max(mine.low, above.low - (bounds_[up].sum_high - mine.high)),
            std::min(mine.high, above.high - (bounds_[up].sum_low - mine.low))};
}

Span Water::reach(std::uint32_t device) const {
    const auto node = layout_.node_of[device];
    const Span box = boxes_[device];
    if (bounds_[node].loose) return box;
    const Span above = within(node);
    return {std::max(box.low, above.low - (bounds_[node].sum_high - box.high)),
            std::min(box.high, above.high - (bounds_[node].sum_low - box.low))};
}

void Water::widen_sums(std::uint32_t node, MilliW low_change, MilliW high_change) {
    while ((low_change != 0 || high_change != 0) && !bounds_[node].loose) {
        const Span old = own(node);
        bounds_[node].sum_low += low_change;
        bounds_[node].sum_high += high_change;
        const Span now = own(node);
        low_change = now.low - old.low;
        high_change = now.high - old.high;
        if (node == 0) return;
        node = layout_.parent[node];
    }
}

void Water::narrow_node(std::uint32_t node, Span bounds) {
    const Span old = own(node);
    bounds_[node].lower = std::max(bounds_[node].lower, bounds.low);
    bounds_[node].upper = std::min(bounds_[node].upper, bounds.high);
    if (node == 0) return;
    const Span now = own(node);
    widen_sums(layout_.parent[node], now.low - old.low, now.high - old.high);
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
    apply_device(device, wanted, reach(device));
}

void Water::apply_device(std::uint32_t device, Span wanted, Span can) {
    const Span box = boxes_[device];
    if (keeping_) kept_.push_back({device, box});
    const Span now{std::clamp(wanted.low, can.low, can.high), std::clamp(wanted.high, can.low, can.high)};
    boxes_[device] = now;
    gathered_ = false;
    if (now.low == now.high) power_[device] = now.low;
    widen_sums(layout_.node_of[device], now.low - box.low, now.high - box.high);
}

MilliW Water::wish(std::uint32_t device) const {
    const auto [preferred, weight] = likings_[device];
    const MilliW move = (lambda_[layout_.node_of[device]] * weight) >> shift_;
    return preferred + std::clamp(move, -weight, weight);
}

inline MilliW Water::unboxed(const Device& device, std::int64_t lambda) const {
    return device.preferred + ((lambda * device.weight) >> shift_);
}

// Without a branch: which side of its box a device is on cannot be foreseen.
inline MilliW Water::boxed(const Device& device, MilliW power) {
    const MilliW low = device.low, high = device.high;
    const MilliW capped = power < high ? power : high;
    return capped > low ? capped : low;
}

// Downwards, where most orders go: many a device prefers the upper edge of its box.
inline MilliW Water::slope_of(const Device& device, MilliW power) {
    const bool moves = (power > device.low) & (power <= device.high);
    return device.weight & -static_cast<MilliW>(moves);
}

inline MilliW Water::at(const Device& device, std::int64_t lambda) const {
    return boxed(device, unboxed(device, lambda));
}

inline MilliW Water::clamped(std::uint32_t node, MilliW sum) const {
    return std::clamp(sum, bounds_[node].lower, bounds_[node].upper);
}

// The sums below `node` and below each node of its subtree at `lambda` (raw_); gives how fast the sum rises there.
MilliW Water::evaluate(std::uint32_t node, std::int64_t lambda) {
    const auto end = layout_.end[node];
    std::fill(raw_.begin() + node, raw_.begin() + end, 0);
    std::fill(slope_.begin() + node, slope_.begin() + end, 0);
    for (auto each = end; each-- > node;) {
        MilliW sum = raw_[each] + fixed_[each], slope = slope_[each];
        const Device* last = open_.data() + open_of_[each].last;
        for (const Device* device = open_.data() + open_of_[each].first; device < last; ++device) {
            const MilliW power = unboxed(*device, lambda);
            sum += boxed(*device, power);
            slope += slope_of(*device, power);
        }
        raw_[each] = sum;
        slope_[each] = slope;
        if (each == node) break;
        const auto up = layout_.parent[each];
        raw_[up] += clamped(each, sum);
        if (sum >= bounds_[each].lower && sum <= bounds_[each].upper) slope_[up] += slope;
    }
    return slope_[node];
}

// The sums at `lambda` (raw_) and at the next lambda (next_); gives the slope as evaluate() does, if wanted.
template <bool sloped>
MilliW Water::evaluate_both(std::uint32_t node, std::int64_t lambda) {
    const auto end = layout_.end[node];
    std::fill(raw_.begin() + node, raw_.begin() + end, 0);
    std::fill(next_.begin() + node, next_.begin() + end, 0);
    if (sloped) std::fill(slope_.begin() + node, slope_.begin() + end, 0);
    for (auto each = end; each-- > node;) {
        MilliW sum = raw_[each] + fixed_[each], next = next_[each] + fixed_[each], slope = sloped ? slope_[each] : 0;
        const Device* last = open_.data() + open_of_[each].last;
        for (const Device* device = open_.data() + open_of_[each].first; device < last; ++device) {
            const MilliW power = unboxed(*device, lambda);
            sum += boxed(*device, power);
            next += at(*device, lambda + 1);
            if (sloped) slope += slope_of(*device, power);
        }
        raw_[each] = sum;
        next_[each] = next;
        if (sloped) slope_[each] = slope;
        if (each == node) break;
        const auto up = layout_.parent[each];
        raw_[up] += clamped(each, sum);
        next_[up] += clamped(each, next);
        if (sloped && sum >= bounds_[each].lower && sum <= bounds_[each].upper) slope_[up] += slope;
    }
    return sloped ? slope_[node] : 0;
}

// Newton without a safeguard, for many devices: once it is near, what rounding hides is small beside what one lambda
// moves, so that the next pass is most often the last. `nowhere` if it goes astray or meets the target to the
// milliwatt, for then neighbouring lambdas may do so too, and find() says which of them is meant.
std::int64_t Water::leap(std::uint32_t node, MilliW target, std::int64_t guess) {
    const std::int64_t reach = lambda_reach << shift_, near = std::int64_t{1} << shift_ >> 8;
    bool close = guess != 0;
    for (int pass = 0; pass < most_leaps; ++pass) {
        const MilliW slope = close ? evaluate_both<true>(node, guess) : evaluate(node, guess);
        const MilliW missing = target - raw_[node];
        if (close && missing > 0 && target < next_[node]) return guess;
        if (missing == 0 || slope <= 0) return nowhere;
        const Wide whole = (static_cast<Wide>(missing) << shift_) / slope;
        const Wide step = missing < 0 ? whole - 1 : std::max<Wide>(whole, 1);
        if (step >= reach - guess || step <= -reach - guess) return nowhere;
        close = step < near && step > -near;
        guess += static_cast<std::int64_t>(step);
    }
    return nowhere;
}

// The lambda at which the children's sum is `target`, or the last before it exceeds that; raw_ and next_ below `node`
// are left at that lambda.
std::int64_t Water::find(std::uint32_t node, MilliW target, std::int64_t guess) {
    std::int64_t below = -(lambda_reach << shift_), above = lambda_reach << shift_;
    MilliW least = bounds_[node].sum_low, most = bounds_[node].sum_high;
    if (target <= least || target >= most) {
        const auto lambda = target <= least ? below : above;
        evaluate_both(node, lambda);
        return lambda;
    }
    const auto devices = layout_.first[layout_.end[node]] - layout_.first[node];
    if (devices >= many) {
        const auto lambda = leap(node, target, guess);
        if (lambda != nowhere) return lambda;
    }
    if (guess != 0 && guess > below && guess < above) {  // more than a guess, often: little has changed
        evaluate_both(node, guess);
        if (raw_[node] == target) next_from_raw(node);
        if (raw_[node] == target || (raw_[node] < target && target < next_[node])) return guess;
    }
    MilliW last_size = model::unlimited_mw;
    int slow = 0;
    while (above - below > 1) {
        guess = std::clamp(guess, below + 1, above - 1);
        const MilliW slope = evaluate(node, guess), missing = target - raw_[node];
        if (missing == 0) {
            next_from_raw(node);
            return guess;
        }
        (missing > 0 ? below : above) = guess;
        (missing > 0 ? least : most) = raw_[node];
        const MilliW size = missing < 0 ? -missing : missing;
        const bool halved = 2 * size <= last_size;
        last_size = size;
        slow = halved ? 0 : slow + 1;
        if (halved && slope > 0) {
            // What rounding may hide, in lambdas, is added: the other side of the target is met soon.
            const Wide hidden = (static_cast<Wide>(devices) << shift_) / slope / 4 + 1;
            const Wide aim = guess + (static_cast<Wide>(missing) << shift_) / slope + (missing > 0 ? hidden : -hidden);
            if (aim > below && aim < above) {
                guess = static_cast<std::int64_t>(aim);
                continue;
            }
        }
        // By proportion between the two ends; by halves if that is slow.
        const std::int64_t gap = above - below;
        guess = below + (slow > 1 ? gap / 2
                                  : static_cast<std::int64_t>(static_cast<Wide>(gap) * (target - least) /
                                                              std::max<MilliW>(most - least, 1)));
    }
    evaluate_both(node, below);
    return below;
}

// Where the target is met there is nothing to share out: the next lambda does not matter.
void Water::next_from_raw(std::uint32_t node) {
    std::copy(raw_.begin() + node, raw_.begin() + layout_.end[node], next_.begin() + node);
}

// What a child of a node at `lambda` is given, and what is known of its own lambda by that.
void Water::send_down(std::uint32_t child, std::int64_t lambda, MilliW value) {
    target_[child] = value;
    const State before = state_[child];
    const bool edge = value <= bounds_[child].sum_low || value >= bounds_[child].sum_high;
    if (value == raw_[child]) {
        state_[child] = State::free;
    } else if (!edge && value > raw_[child] && value < next_[child]) {
        state_[child] = State::found;
    } else if (!edge && value == next_[child]) {
        state_[child] = State::at_next;
    } else {
        // Where it was the last time is a good guess.
        const std::int64_t reach = lambda_reach << shift_;
        const bool known = before == State::sought && lambda_[child] > -reach && lambda_[child] < reach;
        state_[child] = State::sought;
        if (known) return;
    }
    lambda_[child] = lambda;
}

// Gives the devices and children of `node` their share at `lambda`; `rest` is what is missing there to the target, less
// than what the next lambda would bring. It is spread over those that the next lambda would raise, in proportion.
void Water::assign(std::uint32_t node, std::int64_t lambda, MilliW rest) {
    lambda_[node] = lambda;
    if (rest != 0) return spread(node, lambda, rest);
    const auto [first, last] = open_of_[node];
    for (auto open = first; open < last; ++open) power_[open_at_[open]] = at(open_[open], lambda);
    for (auto child = node + 1, end = layout_.end[node]; child < end; child = layout_.end[child]) {
        send_down(child, lambda, clamped(child, raw_[child]));
    }
}

void Water::spread(std::uint32_t node, std::int64_t lambda, MilliW rest) {
    const MilliW gain = std::max<MilliW>(next_[node] - raw_[node], 1);
    const bool part = rest > 0 && rest < gain;
    MilliW carry = 0;  // of what was due so far, times `gain`: what made no whole milliwatt
    const auto share = [&](MilliW from, MilliW to) {
        const MilliW rise = to - from;
        if (part && (rise & ~MilliW{1}) == 0) {  // nearly always; whether it is due cannot be foreseen: no branch
            carry += rest & -rise;
            const auto due = static_cast<MilliW>(carry >= gain);
            carry -= gain & -due;
            return from + due;
        }
        const Wide due = carry + static_cast<Wide>(rise) * rest;
        carry = static_cast<MilliW>(due % gain);
        return from + static_cast<MilliW>(due / gain);
    };
    const auto [first, last] = open_of_[node];
    for (auto open = first; open < last; ++open) {
        power_[open_at_[open]] = share(at(open_[open], lambda), at(open_[open], lambda + 1));
    }
    for (auto child = node + 1, end = layout_.end[node]; child < end; child = layout_.end[child]) {
        send_down(child, lambda, share(clamped(child, raw_[child]), clamped(child, next_[child])));
    }
}

// The root's lambda if it is held to a sum that is not what all would like; else 0.
void Water::seek_root() {
    const MilliW lower = bounds_[0].lower, upper = bounds_[0].upper;
    state_[0] = State::found;
    if (lower == upper) {
        target_[0] = lower;
        lambda_[0] = find(0, lower, lambda_[0]);
        if (raw_[0] != lower) return;
    }
    const auto held = lambda_[0];
    evaluate_both(0, 0);
    target_[0] = std::clamp(raw_[0], lower, upper);
    if (target_[0] == raw_[0]) {
        state_[0] = State::free;
        lambda_[0] = 0;
    } else if (lower == upper) {
        evaluate_both(0, held);
    } else {
        lambda_[0] = find(0, target_[0], 0);
    }
}

void Water::gather_open() {
    std::uint32_t count = 0;
    for (auto node = static_cast<std::uint32_t>(layout_.parent.size()); node-- > 0;) {
        open_of_[node].first = count;
        MilliW fixed = 0;
        for (auto device = layout_.first[node]; device < layout_.first[node + 1]; ++device) {
            const auto [low, high] = boxes_[device];
            if (low == high) {
                fixed += low;
                continue;
            }
            open_[count] = {likings_[device].preferred, likings_[device].weight, low, high};
            open_at_[count++] = device;
        }
        open_of_[node].last = count;
        fixed_[node] = fixed;
    }
    gathered_ = true;
}

void Water::solve() {
    if (!gathered_) gather_open();
    seek_root();
    for (std::uint32_t node = 0; node < layout_.parent.size(); ++node) {
        owner_[node] = node == 0 || state_[node] != State::free ? node : owner_[layout_.parent[node]];
        switch (state_[node]) {
            case State::free:
                assign(node, lambda_[node], 0);
                break;
            case State::found:
                assign(node, lambda_[node], target_[node] - raw_[node]);
                break;
            case State::at_next:
                std::copy(next_.begin() + node, next_.begin() + layout_.end[node], raw_.begin() + node);
                assign(node, lambda_[node] + 1, 0);
                break;
            case State::sought:
                lambda_[node] = find(node, target_[node], lambda_[node]);
                assign(node, lambda_[node], target_[node] - raw_[node]);
                break;
        }
    }
}

MilliW Water::sum(const std::vector<std::uint32_t>& devices) const {
    MilliW total = 0;
    for (const auto device : devices) total += power_[device];
    return total;
}

// With the devices moved by `shift` as if it were a lambda of their own; `liked` is what they prefer.
MilliW Water::sum_at(const std::vector<std::uint32_t>& devices, const std::vector<MilliW>& liked, std::int64_t shift) {
    for (std::size_t each = 0; each < devices.size(); ++each) {
        auto& liking = likings_[devices[each]];
        liking.preferred = liked[each] + ((shift * liking.weight) >> shift_);
    }
    gathered_ = false;
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
        MilliW room = std::min(rest, boxes_[device].high - power_[device]);
        for (auto node = layout_.node_of[device];; node = layout_.parent[node]) {
            room = std::min(room, bounds_[node].upper - total[node]);
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
    std::vector<MilliW> liked;
    for (const auto device : devices) liked.push_back(likings_[device].preferred);
    const MilliW free_sum = sum_at(devices, liked, 0);
    const MilliW target = std::clamp(free_sum, wanted.low, wanted.high);
    std::int64_t below = -((lambda_reach / 2) << shift_), above = (lambda_reach / 2) << shift_;
    std::int64_t best = below;
    if (target == free_sum) {
        best = 0;
    } else {
        (target > free_sum ? below : above) = 0;
        MilliW least = sum_at(devices, liked, below), most = sum_at(devices, liked, above);
        if (target >= most) best = above;
        while (best != above && above - below > 1 && least < target) {
            // Between the two ends by proportion, never nearer to one than an eighth.
            const std::int64_t gap = above - below, edge = std::max<std::int64_t>(gap / 8, 1);
            const auto guess = below + std::clamp(static_cast<std::int64_t>(static_cast<Wide>(gap) * (target - least) /
                                                                            std::max<MilliW>(most - least, 1)),
                                                  edge, gap - edge);
            const MilliW got = sum_at(devices, liked, guess);
            (got <= target ? below : above) = guess;
            (got <= target ? least : most) = got;
        }
        if (best != above) best = below;
    }
    const MilliW got = sum_at(devices, liked, best);
    if (got < target) fill_up(devices, target - got);
    const auto found = power_;
    for (std::size_t each = 0; each < devices.size(); ++each) likings_[devices[each]].preferred = liked[each];
    for (const auto device : devices) apply_device(device, {found[device], found[device]});
}

}  // namespace busbar::dispatch
