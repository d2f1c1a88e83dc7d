// The continuous part of the allocation: one tree in preorder, boxes at its devices, bounds at its nodes, and the
// water-filling that finds lambda at each binding node. Inside this folder only; `allocate.hpp` is the way in.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "dispatch/allocate/allocate.hpp"

namespace busbar::dispatch {

// The problem with its nodes in preorder and its devices in the order of their nodes, so that every subtree is one run
// of nodes and one run of devices.
struct Layout {
    void lay_out(const AllocationProblem& problem);

    std::vector<std::uint32_t> node_at, device_at;    // position -> index in the problem
    std::vector<std::uint32_t> node_pos, device_pos;  // index in the problem -> position
    std::vector<std::uint32_t> parent, end;           // by node position; end = one past its last descendant
    std::vector<std::uint32_t> first;                 // by node position, one more than nodes: its own devices
    std::vector<std::uint32_t> node_of;               // by device position
};

struct Span {
    model::MilliW low = 0, high = 0;
};

// Of a node: the bounds in force and what its children can do together.
struct Bounds {
    model::MilliW lower = 0, upper = 0, sum_low = 0, sum_high = 0;
    bool loose = false;  // neither it nor a node above it can bind, whatever their devices do
};

class Water {
  public:
    explicit Water(const Layout& layout) : layout_(layout) {}
    // Another problem, laid out; its memory is used again.
    void take(const AllocationProblem& problem);

    // Takes boxes and hard limits as they are; what they make impossible is relaxed and listed in breaches(). What is
    // applied to devices after that is given back by give_back() if it was `for_now`.
    void prepare(bool for_now);
    void give_back();
    // The bounds are set aside for others; the boxes of the devices stay.
    void exchange(std::vector<Bounds>& others) { std::swap(bounds_, others); }
    // From here on only devices are narrowed: finds the nodes that can no longer bind, so that nothing below them is
    // looked up or added up again.
    void find_loose();

    // Narrows a node or device to [low, high], as far as all that was asked before allows. For device positions.
    void apply_node(std::uint32_t node, Span wanted);
    void apply_device(std::uint32_t device, Span wanted);
    void apply_device(std::uint32_t device, Span wanted, Span can);  // if reach() is known
    void apply_hard(std::uint32_t node, Span wanted);                // as apply_node, and a shortfall is a breach
    // The sum over several devices that no node holds together; freezes them if the order binds.
    void apply_devices(const std::vector<std::uint32_t>& devices, Span wanted);
    // What a device could still be told.
    Span reach(std::uint32_t device) const;
    Span box(std::uint32_t device) const { return boxes_[device]; }

    void solve();

    model::MilliW sum(const std::vector<std::uint32_t>& devices) const;
    const std::vector<model::MilliW>& power() const { return power_; }
    void hand_over_power(std::vector<model::MilliW>& to) { std::swap(power_, to); }
    const std::vector<Breach>& breaches() const { return breaches_; }  // node = position
    model::MilliW wish(std::uint32_t device) const;
    // The nearest node above (or at) that has its own lambda; the root if none.
    std::uint32_t owner(std::uint32_t node) const { return owner_[node]; }
    bool binds(std::uint32_t node) const { return state_[node] != State::free; }

  private:
    struct Liking {
        model::MilliW preferred, weight;
    };
    // A device that can still move. What the search goes over, side by side.
    struct Device {
        model::MilliW preferred, weight, low, high;
    };
    // The open devices of a node.
    struct Run {
        std::uint32_t first, last;
    };
    struct Kept {
        std::uint32_t device;
        Span box;
    };
    // Whether a node has a lambda of its own, and what is known of it.
    enum class State : std::uint8_t {
        free,     // none: its parent's
        found,    // this one, or less than one more
        at_next,  // one more
        sought,   // this is a guess
    };

    model::MilliW unboxed(const Device& device, std::int64_t lambda) const;
    static model::MilliW boxed(const Device& device, model::MilliW power);
    static model::MilliW slope_of(const Device& device, model::MilliW power);
    model::MilliW at(const Device& device, std::int64_t lambda) const;
    model::MilliW clamped(std::uint32_t node, model::MilliW sum) const;
    model::MilliW evaluate(std::uint32_t node, std::int64_t lambda);
    template <bool sloped = false>
    model::MilliW evaluate_both(std::uint32_t node, std::int64_t lambda);
    std::int64_t leap(std::uint32_t node, model::MilliW target, std::int64_t guess);
    std::int64_t find(std::uint32_t node, model::MilliW target, std::int64_t guess);
    void next_from_raw(std::uint32_t node);
    void assign(std::uint32_t node, std::int64_t lambda, model::MilliW rest);
    void spread(std::uint32_t node, std::int64_t lambda, model::MilliW rest);
    void send_down(std::uint32_t child, std::int64_t lambda, model::MilliW value);
    void seek_root();
    void gather_open();
    Span own(std::uint32_t node) const;
    Span within(std::uint32_t node) const;
    void narrow_node(std::uint32_t node, Span bounds);
    void widen_sums(std::uint32_t node, model::MilliW low_change, model::MilliW high_change);
    model::MilliW sum_at(const std::vector<std::uint32_t>& devices, const std::vector<model::MilliW>& liked,
                         std::int64_t shift);
    void fill_up(const std::vector<std::uint32_t>& devices, model::MilliW rest);

    const Layout& layout_;
    std::vector<Span> boxes_;                          // by device
    std::vector<Liking> likings_;                      // by device
    std::vector<Device> open_;                         // those with a box wider than a point, the last node's first
    std::vector<std::uint32_t> open_at_;               // position in open_ -> device
    std::vector<Run> open_of_;                         // by node
    std::vector<model::MilliW> fixed_;                 // by node: the sum of its own devices that are not open
    bool gathered_ = false;                            // open_ is up to date
    std::vector<model::MilliW> node_low_, node_high_;  // hard, as given
    std::vector<Bounds> bounds_;                       // by node
    std::vector<model::MilliW> raw_, next_, slope_;    // by node: of evaluate()
    std::vector<model::MilliW> target_;                // by node
    std::vector<std::int64_t> lambda_;
    std::vector<State> state_;
    std::vector<std::uint32_t> owner_;
    std::vector<model::MilliW> power_;
    std::vector<Breach> breaches_;
    std::vector<Kept> kept_;  // boxes before they were narrowed
    bool keeping_ = false;
    int shift_ = 0;  // lambda counts in units of 2^-shift
};

}  // namespace busbar::dispatch
