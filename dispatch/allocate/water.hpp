// The continuous part of the allocation: one tree in preorder, boxes at its devices, bounds at its nodes, and the
// water-filling that finds lambda at each binding node. Inside this folder only; `allocate.hpp` is the way in.
#pragma once

#include <cstdint>
#include <vector>

#include "dispatch/allocate/allocate.hpp"

namespace busbar::dispatch {

// The problem with its nodes in preorder and its devices in the order of their nodes, so that every subtree is one run
// of nodes and one run of devices.
struct Layout {
    explicit Layout(const AllocationProblem& problem);

    std::vector<std::uint32_t> node_at, device_at;    // position -> index in the problem
    std::vector<std::uint32_t> node_pos, device_pos;  // index in the problem -> position
    std::vector<std::uint32_t> parent, end;           // by node position; end = one past its last descendant
    std::vector<std::uint32_t> first;                 // by node position, one more than nodes: its own devices
    std::vector<std::uint32_t> node_of;               // by device position
};

struct Span {
    model::MilliW low = 0, high = 0;
};

class Water {
  public:
    Water(const AllocationProblem& problem, const Layout& layout);

    // Takes boxes and hard limits as they are; what they make impossible is relaxed and listed in breaches().
    void prepare();
    // Narrows a node or device to [low, high], as far as all that was asked before allows. For device positions.
    void apply_node(std::uint32_t node, Span wanted);
    void apply_device(std::uint32_t device, Span wanted);
    void apply_hard(std::uint32_t node, Span wanted);  // as apply_node, and a shortfall is a breach
    // The sum over several devices that no node holds together; freezes them if the order binds.
    void apply_devices(const std::vector<std::uint32_t>& devices, Span wanted);
    // What a device could still be told.
    Span reach(std::uint32_t device) const;

    void solve();

    model::MilliW sum(const std::vector<std::uint32_t>& devices) const;
    const std::vector<model::MilliW>& power() const { return power_; }
    const std::vector<Breach>& breaches() const { return breaches_; }  // node = position
    model::MilliW wish(std::uint32_t device) const;
    // The nearest node above (or at) that has its own lambda; the root if none.
    std::uint32_t owner(std::uint32_t node) const { return owner_[node]; }
    bool binds(std::uint32_t node) const { return has_target_[node] != 0; }

    // Boxes by device position; to be changed before prepare().
    std::vector<model::MilliW> low, high;

  private:
    model::MilliW at(std::uint32_t device, std::int64_t lambda) const;
    void evaluate(std::uint32_t node, std::int64_t lambda);
    std::int64_t find(std::uint32_t node, model::MilliW target, std::int64_t guess);
    void assign(std::uint32_t node, std::int64_t lambda, model::MilliW rest);
    void send_down(std::uint32_t child, std::int64_t lambda, model::MilliW value);
    Span within(std::uint32_t node) const;
    void narrow_node(std::uint32_t node, Span bounds);
    void widen_sums(std::uint32_t node, model::MilliW low_change, model::MilliW high_change);
    model::MilliW sum_at(const std::vector<std::uint32_t>& devices, std::int64_t shift);
    void fill_up(const std::vector<std::uint32_t>& devices, model::MilliW rest);

    const Layout& layout_;
    std::vector<model::MilliW> preferred_, weight_, bias_;  // by device; bias_: moved by apply_devices
    std::vector<model::MilliW> node_low_, node_high_;       // hard, as given
    std::vector<model::MilliW> lower_, upper_;              // in force
    std::vector<model::MilliW> sum_low_, sum_high_;         // what the children can do together
    std::vector<model::MilliW> raw_, slope_, above_;        // scratch of evaluate() and assign()
    std::vector<std::int64_t> lambda_, guess_;              // by node
    std::vector<model::MilliW> target_;
    std::vector<std::uint8_t> has_target_;
    std::vector<std::uint32_t> owner_;
    std::vector<model::MilliW> power_;
    std::vector<Breach> breaches_;
    int shift_ = 0;  // lambda counts in units of 2^-shift
    bool biased_ = false;
};

}  // namespace busbar::dispatch
