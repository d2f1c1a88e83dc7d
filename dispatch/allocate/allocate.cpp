// See allocate.hpp. The continuous answer comes from Water; here powers that a device cannot take (the gap below its
// lowest running power, values between its steps) are rounded, each time asking first whether the hard limits still
// allow it, and the devices that can take any power make up for the rounding in a last solve.
#include "dispatch/allocate/allocate.hpp"

#include <algorithm>
#include <iterator>
#include <stdexcept>
#include <string>

#include "dispatch/allocate/water.hpp"

namespace busbar::dispatch {

using model::MilliW;

std::uint32_t AllocationProblem::add_node(std::uint32_t parent_node, MilliW low_mw, MilliW high_mw) {
    node_parent.push_back(parent_node);
    node_low.push_back(low_mw);
    node_high.push_back(high_mw);
    return static_cast<std::uint32_t>(node_parent.size() - 1);
}

std::uint32_t AllocationProblem::add_device(std::uint32_t parent_node, MilliW low_mw, MilliW high_mw,
                                            MilliW preferred_mw) {
    low.push_back(low_mw);
    high.push_back(high_mw);
    preferred.push_back(preferred_mw);
    weight.push_back(std::max<MilliW>(high_mw - low_mw, 1));
    lowest_on.push_back(0);
    step.push_back(0);
    on.push_back(0);
    parent.push_back(parent_node);
    return static_cast<std::uint32_t>(parent.size() - 1);
}

namespace {

// How often gaps are looked for; in the last round every device with a gap is decided.
constexpr int gap_rounds = 5;

void require(bool condition, const char* what) {
    if (!condition) throw std::invalid_argument(std::string("allocate: ") + what);
}

void check(const AllocationProblem& problem) {
    const std::size_t devices = problem.parent.size(), nodes = problem.node_parent.size();
    require(nodes > 0, "there is no root node");
    for (const auto* each :
         {&problem.low, &problem.high, &problem.preferred, &problem.weight, &problem.lowest_on, &problem.step}) {
        require(each->size() == devices, "the device arrays differ in length");
    }
    require(problem.on.size() == devices, "the device arrays differ in length");
    require(problem.node_low.size() == nodes && problem.node_high.size() == nodes, "the node arrays differ in length");
    for (std::size_t node = 1; node < nodes; ++node) {
        require(problem.node_parent[node] < nodes, "a node names a parent that is not there");
    }
    for (const auto node : problem.parent) require(node < nodes, "a device names a node that is not there");
    for (const auto& order : problem.orders) {
        require(order.node < nodes, "an order names a node that is not there");
        for (const auto device : order.devices) require(device < devices, "an order names a device that is not there");
    }
}

MilliW floor_to(MilliW value, MilliW step) {
    if (value == 0) return 0;  // the lower edge of most boxes
    const MilliW rest = value % step;
    return rest < 0 ? value - rest - step : value - rest;
}

class Sharing {
  public:
    Allocation share(const AllocationProblem& problem) {
        problem_ = &problem;
        layout_.lay_out(problem);
        water_.take(problem);
        take_orders();
        return run();
    }

  private:
    void take_orders() {
        orders_.clear();
        sequence_.clear();
        for (std::size_t index = 0; index < problem_->orders.size(); ++index) {
            const auto& order = problem_->orders[index];
            Mapped mapped{layout_.node_pos[order.node], {}, {order.low, order.high}, order.hard};
            for (const auto device : order.devices) mapped.devices.push_back(layout_.device_pos[device]);
            std::sort(mapped.devices.begin(), mapped.devices.end());
            orders_.push_back(std::move(mapped));
            if (order.hard) sequence_.push_back(index);
        }
        for (std::size_t index = 0; index < problem_->orders.size(); ++index) {
            if (!problem_->orders[index].hard) sequence_.push_back(index);
        }
    }

    Allocation run() {
        find_discrete();
        const bool discrete = !discrete_.empty();
        if (discrete) {
            prepare(true);
            water_.find_loose();
            water_.exchange(others_);
        }
        run_continuous();
        Allocation result;
        if (discrete) {
            const bool gaps = close_gaps();
            const bool steps = round_steps();
            if (gaps || steps) run_continuous();
        }
        water_.hand_over_power(power_);
        if (discrete) snap_left_overs();
        gather(result);
        return result;
    }

    struct Mapped {
        std::uint32_t node;
        std::vector<std::uint32_t> devices;
        Span wanted;
        bool hard;
    };
    // A device with a gap or with steps.
    struct Discrete {
        std::uint32_t device;
        MilliW step;
    };
    // A device in its gap, with what decides its turn.
    struct Candidate {
        std::uint32_t owner, device;
        bool negative, on;
        MilliW power, lowest;  // magnitudes
    };

    void prepare(bool hard_only) {
        water_.prepare(!hard_only);
        for (const auto index : sequence_) {
            const auto& order = orders_[index];
            if (hard_only && !order.hard) continue;
            if (!order.devices.empty()) {
                water_.apply_devices(order.devices, order.wanted);
            } else if (order.hard) {
                water_.apply_hard(order.node, order.wanted);
            } else {
                water_.apply_node(order.node, order.wanted);
            }
        }
    }

    // Under all orders, in the boxes as decided so far.
    void run_continuous() {
        prepare(false);
        water_.solve();
        water_.give_back();
    }

    // Decisions are taken under the hard limits alone, with the powers of the last solution.
    template <class Decide>
    void under_hard_limits(const Decide& decide) {
        water_.exchange(others_);
        decide();
        water_.exchange(others_);
    }

    bool is_fixed(std::uint32_t device) const {
        const Span box = water_.box(device);
        return box.low == box.high;
    }
    MilliW step_of(std::uint32_t device) const { return problem_->step[layout_.device_at[device]]; }

    void find_discrete() {
        discrete_.clear();
        lowest_.assign(layout_.device_at.size(), 0);
        settled_.assign(layout_.device_at.size(), 0);
        for (std::uint32_t pos = 0; pos < layout_.device_at.size(); ++pos) {
            const auto device = layout_.device_at[pos];
            const MilliW step = problem_->step[device], lowest = problem_->lowest_on[device];
            if (step <= 1 && lowest == 0) continue;
            lowest_[pos] = step > 1 ? -floor_to(-lowest, step) : lowest;
            if (problem_->low[device] < problem_->high[device]) discrete_.push_back({pos, step});
        }
    }

    bool fits(std::uint32_t device, Span wanted) const { return fits(device, wanted, water_.reach(device)); }
    bool fits(std::uint32_t device, Span wanted, Span can) const {
        const Span box = water_.box(device);
        return wanted.low <= can.high && wanted.high >= can.low && wanted.low <= box.high && wanted.high >= box.low;
    }

    static Span off() { return {0, 0}; }
    Span on(const Candidate& each) const {
        const Span box = water_.box(each.device);
        return each.negative ? Span{box.low, -each.lowest} : Span{each.lowest, box.high};
    }

    // Devices between 0 and their lowest running power; in the last round all that have a gap, so that none can fall
    // in.
    void find_candidates(bool all) {
        found_.clear();
        for (const auto& [device, step] : discrete_) {
            const MilliW lowest = lowest_[device], power = water_.power()[device];
            const bool inside = power != 0 && power > -lowest && power < lowest;
            if (lowest == 0 || (!inside && !all)) continue;
            const Span box = water_.box(device);
            const bool decided = box.low == box.high || box.low >= lowest || box.high <= -lowest;
            if (!decided) found_.push_back(device);
        }
        const auto describe = [&](std::uint32_t device) {
            const MilliW power = water_.power()[device];
            return Candidate{water_.owner(layout_.node_of[device]),
                             device,
                             power < 0,
                             problem_->on[layout_.device_at[device]] != 0,
                             power < 0 ? -power : power,
                             lowest_[device]};
        };
        sort_by_owner(candidates_, describe, [](const Candidate& left, const Candidate& right) {
            if (left.negative != right.negative) return left.negative < right.negative;
            if (left.on != right.on) return left.on;
            const auto one = static_cast<model::Wide>(left.power) * right.lowest;
            const auto other = static_cast<model::Wide>(right.power) * left.lowest;
            return one != other ? one > other : left.device < right.device;
        });
    }

    // The devices of found_ as `describe` makes them, by the positions of their owners, those of one owner in the order
    // of `before`.
    template <class Each, class Describe, class Before>
    void sort_by_owner(std::vector<Each>& sorted, const Describe& describe, const Before& before) {
        next_.assign(layout_.parent.size() + 1, 0);
        for (const auto device : found_) ++next_[water_.owner(layout_.node_of[device]) + 1];
        for (std::size_t owner = 0; owner + 1 < next_.size(); ++owner) next_[owner + 1] += next_[owner];
        sorted.resize(found_.size());
        for (const auto device : found_) sorted[next_[water_.owner(layout_.node_of[device])]++] = describe(device);
        for (auto first = sorted.begin(); first != sorted.end();) {
            const auto last = std::find_if(first, sorted.end(), [&](const Each& e) { return e.owner != first->owner; });
            std::sort(first, last, before);
            first = last;
        }
    }

    void decide(const Candidate& each, bool run) {
        const Span can = water_.reach(each.device);
        const bool can_run = fits(each.device, on(each), can), can_stop = fits(each.device, off(), can);
        if (!can_run && !can_stop) return;  // its box has neither: it stays as it is
        water_.apply_device(each.device, (run && can_run) || !can_stop ? on(each) : off(), can);
    }

    // How far the devices of one owner that are in no gap can move, up or down in magnitude of `negative`'s direction.
    MilliW room(std::uint32_t owner, bool up) const {
        MilliW total = 0;
        const auto last = layout_.first[layout_.end[owner]];
        for (auto device = layout_.first[owner]; device < last; ++device) {
            if (water_.owner(layout_.node_of[device]) != owner) continue;
            const MilliW power = water_.power()[device], lowest = lowest_[device];
            if (power != 0 && (power < 0 ? -power : power) < lowest) continue;
            const Span box = water_.box(device);
            const MilliW least = power > 0 ? std::max(box.low, lowest) : box.low;
            const MilliW most = power < 0 ? std::min(box.high, -lowest) : box.high;
            if (power == 0 && lowest > 0) continue;
            total += up ? most - power : power - least;
        }
        return std::max<MilliW>(total, 0);
    }

    // One owner's devices of one sign: as many run as their sum carries, and one more if the others can rather give way
    // than step in.
    void decide_group(std::vector<Candidate>::const_iterator first, std::vector<Candidate>::const_iterator last) {
        if (!water_.binds(first->owner)) {
            for (auto each = first; each != last; ++each) decide(*each, 2 * each->power >= each->lowest);
            return;
        }
        MilliW budget = 0, raise = 0;
        for (auto each = first; each != last; ++each) budget += each->power;
        MilliW give = room(first->owner, first->negative);
        std::vector<const Candidate*> idle;
        for (auto each = first; each != last; ++each) {
            // One that runs is kept for half of what it needs if the others can give the rest, another is started for a
            // third more than that: otherwise the noise of a meter would switch them to and fro.
            const MilliW missing = each->lowest - budget;
            const bool kept = each->on && (missing <= 0 || (2 * missing <= each->lowest && missing <= give));
            const bool started = !each->on && budget >= each->lowest + each->lowest / 3;
            if ((kept || started) && fits(each->device, on(*each))) {
                budget -= each->lowest;
                if (budget < 0) {
                    give += budget;
                    budget = 0;
                }
                const Span box = on(*each);
                raise += box.high - box.low;
                decide(*each, true);
            } else {
                idle.push_back(&*each);
            }
        }
        const Candidate* extra = nullptr;
        if (budget > raise && !idle.empty()) {
            const bool negative = first->negative;
            const MilliW left = budget - raise, more = room(first->owner, !negative);
            const Candidate* next = *std::min_element(idle.begin(), idle.end(), [](const auto* a, const auto* b) {
                return a->on != b->on ? a->on : a->lowest < b->lowest;
            });
            const MilliW short_if_off = std::max<MilliW>(left - more, 0);
            const MilliW over_if_on = std::max<MilliW>(next->lowest - budget - room(first->owner, negative), 0);
            if (short_if_off > 0 && over_if_on < short_if_off) extra = next;
        }
        for (const auto* each : idle) decide(*each, each == extra);
    }

    void decide_all(const std::vector<Candidate>& found) {
        for (auto first = found.begin(); first != found.end();) {
            const auto last = std::find_if(first, found.end(), [&](const Candidate& each) {
                return each.owner != first->owner || each.negative != first->negative;
            });
            decide_group(first, last);
            first = last;
        }
    }

    bool close_gaps() {
        bool any = false;
        for (int round = 0; round < gap_rounds; ++round) {
            find_candidates(round + 1 == gap_rounds);
            if (candidates_.empty()) break;
            any = true;
            under_hard_limits([&] { decide_all(candidates_); });
            run_continuous();
        }
        return any;
    }

    struct Stepped {
        std::uint32_t owner, device;
        MilliW below, above, over;  // neighbouring multiples; power - below
        bool edged;                 // its box goes beyond its first or last multiple
    };

    void find_stepped() {
        found_.clear();
        for (const auto& [device, step] : discrete_) {
            if (step <= 1 || is_fixed(device)) continue;
            const Span box = water_.box(device);
            const bool surely = box.high - box.low >= step;
            const Span inner = surely ? box : inner_of(device, step);
            if (inner.low <= inner.high) found_.push_back(device);  // else it stays where it is
        }
        const auto describe = [&](std::uint32_t device) {
            const MilliW step = step_of(device), power = water_.power()[device];
            const Span box = water_.box(device), inner = inner_of(device, step);
            const MilliW below = std::clamp(floor_to(power, step), inner.low, inner.high);
            return Stepped{
                water_.owner(layout_.node_of[device]), device,        below,
                std::min(below + step, inner.high),    power - below, inner.low != box.low || inner.high != box.high};
        };
        sort_by_owner(stepped_, describe, [](const Stepped& left, const Stepped& right) {
            return (left.over > right.over) | ((left.over == right.over) & (left.device < right.device));
        });
    }

    // The first and last multiple in the box.
    Span inner_of(std::uint32_t device, MilliW step) const {
        const Span box = water_.box(device);
        return {-floor_to(-box.low, step), floor_to(box.high, step)};
    }

    // One owner's devices: those nearest to their upper step go up, as many as the sum of what is over carries.
    MilliW round_group(std::vector<Stepped>::const_iterator first, std::vector<Stepped>::const_iterator last,
                       MilliW budget) {
        for (auto each = first; each != last; ++each) budget += each->over;
        for (auto each = first; each != last; ++each) {
            const MilliW jump = each->above - each->below;
            const Span can = water_.reach(each->device);
            const bool above = fits(each->device, {each->above, each->above}, can);
            const bool below = fits(each->device, {each->below, each->below}, can);
            const bool up = !below || (above && jump > 0 && 2 * budget >= jump);
            const MilliW power = up ? each->above : each->below, lowest = lowest_[each->device];
            settled_[each->device] = (above || below) && (power == 0 || power >= lowest || power <= -lowest);
            if (up) budget -= jump;
            water_.apply_device(each->device, {power, power}, can);
        }
        return budget;
    }

    bool round_steps() {
        find_stepped();
        under_hard_limits([&] { round_all(stepped_); });
        return !stepped_.empty();
    }

    void round_all(const std::vector<Stepped>& found) {
        for (const auto& each : found) {  // no device between its first or last multiple and its box's edge
            if (!each.edged) continue;
            const Span inner = inner_of(each.device, step_of(each.device)), can = water_.reach(each.device);
            if (fits(each.device, inner, can)) water_.apply_device(each.device, inner, can);
        }
        // Inner owners first: what they leave over goes to the next one out.
        std::vector<MilliW> left_over(layout_.parent.size(), 0);
        auto last = found.end();
        for (auto owner = static_cast<std::uint32_t>(left_over.size()); owner-- > 0;) {
            if (water_.owner(owner) != owner) continue;
            auto first = last;
            while (first != found.begin() && std::prev(first)->owner == owner) --first;
            const MilliW left = round_group(first, last, left_over[owner]);
            last = first;
            if (owner != 0) left_over[water_.owner(layout_.parent[owner])] += left;
        }
    }

    bool within_limits(const std::vector<MilliW>& sums, std::uint32_t device, MilliW change) const {
        for (auto node = layout_.node_of[device];; node = layout_.parent[node]) {
            const MilliW sum = sums[node] + change;
            const auto given = layout_.node_at[node];
            const MilliW over = sum - problem_->node_high[given], under = problem_->node_low[given] - sum;
            if ((change > 0 && over > 0) || (change < 0 && under > 0)) return false;
            if (node == 0) return true;
        }
    }

    // The nearest powers below and above that the device can take as far as gap and step go; both itself if it can.
    static Span takeable(MilliW step, MilliW lowest, MilliW power) {
        Span near{power, power};
        if (step > 1) near.low = floor_to(power, step);
        if (near.low != power) near.high = near.low + step;
        if (near.low > -lowest && near.low < lowest) near.low = near.low < 0 ? -lowest : 0;
        if (near.high > -lowest && near.high < lowest) near.high = near.high > 0 ? lowest : 0;
        return near;
    }

    // A device that fitted neither way while the others were still open may fit one now.
    void snap_left_overs() {
        std::vector<MilliW> sums;
        for (const auto& [device, step] : discrete_) {
            if (settled_[device]) continue;
            const MilliW given_low = problem_->low[layout_.device_at[device]];
            const MilliW given_high = problem_->high[layout_.device_at[device]];
            const Span near = takeable(step, lowest_[device], power_[device]);
            if (near.low == near.high || given_low == given_high) continue;
            if (sums.empty()) sums = node_sums();
            for (const MilliW next : {near.low, near.high}) {
                const MilliW change = next - power_[device];
                if (next < given_low || next > given_high || !within_limits(sums, device, change)) continue;
                power_[device] = next;
                for (auto node = layout_.node_of[device];; node = layout_.parent[node]) {
                    sums[node] += change;
                    if (node == 0) break;
                }
                break;
            }
        }
    }

    std::vector<MilliW> node_sums() const {
        std::vector<MilliW> sums(layout_.parent.size(), 0);
        for (std::uint32_t device = 0; device < power_.size(); ++device)
            sums[layout_.node_of[device]] += power_[device];
        for (std::size_t node = sums.size(); node-- > 1;) sums[layout_.parent[node]] += sums[node];
        return sums;
    }

    void gather(Allocation& result) const {
        const std::size_t devices = problem_->parent.size();
        result.power.resize(devices);
        result.wish.resize(devices);
        for (std::uint32_t pos = 0; pos < devices; ++pos) {
            result.power[layout_.device_at[pos]] = power_[pos];
            result.wish[layout_.device_at[pos]] = water_.wish(pos);
        }
        const auto sums = orders_.empty() ? std::vector<MilliW>() : node_sums();
        for (const auto& order : orders_) {
            MilliW sum = order.devices.empty() ? sums[order.node] : 0;
            for (const auto device : order.devices) sum += power_[device];
            result.order_sum.push_back(sum);
        }
        for (auto breach : water_.breaches()) {
            breach.node = layout_.node_at[breach.node];
            result.breaches.push_back(breach);
        }
        std::sort(result.breaches.begin(), result.breaches.end(),
                  [](const Breach& left, const Breach& right) { return left.node < right.node; });
    }

    const AllocationProblem* problem_ = nullptr;
    Layout layout_;
    Water water_{layout_};
    std::vector<Bounds> others_;  // of the hard limits alone, or of all, whichever are not in force
    std::vector<MilliW> power_;   // the answer, by device position
    std::vector<Mapped> orders_;
    std::vector<Discrete> discrete_;
    std::vector<MilliW> lowest_;         // by device position, mW: rounded up to its step; 0 = no gap
    std::vector<std::uint8_t> settled_;  // by device position: stands for good at a power that it can take
    std::vector<Candidate> candidates_;
    std::vector<Stepped> stepped_;
    std::vector<std::uint32_t> found_, next_;  // scratch of the two above
    std::vector<std::size_t> sequence_;        // hard orders first
};

}  // namespace

Allocation allocate(const AllocationProblem& problem) {
    check(problem);
    // Kept for its memory alone: a plan is made anew every few seconds, and asking the system for the same pages each
    // time took a third of it.
    thread_local Sharing sharing;
    return sharing.share(problem);
}

}  // namespace busbar::dispatch
