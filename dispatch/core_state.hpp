// The inside of Core: the snapshot, the indices over it, and the passes. Included by the core_*.cpp files only.
//
// An input changes the state at once and cheaply, and says whether a pass is due: at once, or soon, so that a thousand
// devices that connect or answer together cause a few passes and not a thousand. A pass brings the events up to date,
// plans (all that is known ahead) or controls (the present moment only), tells the devices what changed and reports.
#pragma once

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "dispatch/allocate/allocate.hpp"
#include "dispatch/due_list.hpp"
#include "dispatch/snapshot.hpp"
#include "dispatch/timeline/timeline.hpp"

namespace busbar::dispatch {

// Nodes in preorder and resources in the order of their nodes, each level by id: what an allocation is laid out by.
struct Tree {
    std::vector<std::uint32_t> nodes;              // places in Snapshot::nodes, [0] = the root
    std::vector<std::uint32_t> parents;            // positions in `nodes`
    std::vector<std::uint32_t> resources;          // places in Snapshot::resources
    std::vector<std::uint32_t> node_of;            // position in `nodes`, by position in `resources`
    std::vector<std::uint32_t> node_position;      // by place
    std::vector<std::uint32_t> resource_position;  // by place
};

// A stretch of the plan in which the same claims hold.
struct Segment {
    model::Us start_us = 0, end_us = 0;
    std::vector<const Claim*> claims;
};

// The devices and limits of a segment, and which devices do what they do whatever they are told.
struct Stage {
    AllocationProblem problem;
    AllocationProblem as_given;  // before room was made below its limits
    std::vector<std::uint8_t> fixed;
};

// One segment's answer for one resource.
struct Share {
    model::MilliW told_mw = 0;  // what to tell it
    bool asked = false;         // something of ours holds for it
    std::uint32_t event = 0;    // EventState::number of the strongest that asks
};

struct Core::State {
    Settings settings;
    Snapshot s;

    // Rebuilt, never looped over.
    std::unordered_map<std::string, std::uint32_t> node_at, resource_at, event_at;
    struct Ref {
        std::uint32_t event, member;
    };
    std::vector<std::vector<Ref>> refs;                     // by resource place: the events that reach it
    std::vector<std::uint32_t> free_nodes, free_resources;  // descending
    Tree tree;
    bool tree_known = false;
    bool fallbacks_known = false;      // for the tree, limits, backgrounds and capabilities as they are now
    std::vector<std::uint8_t> nudged;  // by resource place, within one pass: to be told although little changes
    std::size_t limited_nodes = 0;     // nodes that have a limit of their own
    model::MilliW measured_mw = 0;     // sum over all resources that have a meter
    DueList dues;                      // by resource place: when time alone changes something for it

    explicit State(const Settings& given);
    State(const Settings& given, const Snapshot& snapshot);

    // core.cpp: inputs
    void take(const model::Input& input);
    void take_node(const model::Node& node);
    void drop_node(const std::string& id);
    void take_resource(const model::Resource& given);
    void drop_resource(const std::string& id);
    void take_sample(const model::Sample& sample);
    void take_node_sample(const model::Sample& sample);
    void pass(model::Outputs& out);
    bool limits_stand() const { return limited_nodes > 0; }
    void pass_now() { s.work_us = std::min(s.work_us, s.now_us); }
    void pass_soon();
    void tree_changed() { tree_known = fallbacks_known = false; }
    void plan_now();
    void plan_soon();
    model::Us planned_us() const;  // when a plan is due that changes have asked for
    void note_due(std::uint32_t place);
    void index();
    void index_events();

    // core_events.cpp: events and whom they reach
    void take_event(const model::GridEvent& as_sent);
    void cancel_event(const std::string& id, bool gone);
    void stop_event(EventState& event);
    const Tree& known_tree();
    bool reaches(const EventState& event, const ResourceState& resource) const;
    void join_events(std::uint32_t place);
    void find_members();
    void advance_events();
    void freeze_baseline(EventState& event, bool last_call);
    void count_energy(EventState& event, const EnergySpan& span);
    const NodeState* meter_of(const EventState& event) const;
    model::MilliW largest_import(const EventState& event) const;

    // core_plan.cpp: who shall do what
    std::vector<Claim> claims();
    void claim_interval(std::uint32_t place, std::uint32_t interval, std::uint32_t target, std::vector<Claim>& found);
    void find_backgrounds();
    std::vector<Segment> segments(const std::vector<Claim>& claims, std::size_t most);
    void plan(bool loop_turns);
    void write_schedules(const std::vector<Segment>& all, const std::vector<Share>& present);
    void write_segment(const Segment& segment, const std::vector<Share>& shares, bool last);
    void control();
    void correct_orders(const Segment& present);
    std::vector<Share> share_out(const Segment& segment, bool now);
    model::MilliW tell_of(const Stage& stage, const Allocation& result, std::size_t position) const;
    std::vector<model::MilliW> safe_powers(bool consuming);
    Box left_by_charge(const ResourceState& resource, Box box) const;
    bool has_shown(const ResourceState& resource) const;  // its meter has had the time to show what it was told
    std::vector<std::uint8_t> bounded(const Stage& stage) const;
    bool make_room(Stage& stage, const Allocation& result) const;
    void note_orders(const Segment& segment, const AllocationProblem& problem, const Allocation& result);
    Stage lay_out(const Segment& segment);
    void add_backgrounds(AllocationProblem& problem) const;
    AllocationOrder order_of(AllocationProblem& problem, const EventState& event, const Ask& ask);
    void correct(EventState& event);
    AllocationOrder corrected(AllocationOrder order, model::MilliW correction) const;
    void nudge(const Segment& segment, const std::vector<Share>& shares);
    void nudge_orders(const Segment& segment, const std::vector<Share>& shares);
    void nudge_below_limits(const std::vector<Share>& shares);
    void set_fallbacks();
    model::MilliW assumed_power(const ResourceState& resource) const;
    bool follows(const ResourceState& resource) const;

    // core_commands.cpp: telling the devices
    void upkeep(std::uint32_t place, model::Outputs& out);
    void tell(std::uint32_t place, model::Outputs& out);
    void issue(std::uint32_t place, model::CommandKind kind, model::Outputs& out);
    void repeat(std::uint32_t place, model::Outputs& out);
    void take_ack(const model::Ack& ack);
    void close_command(std::uint32_t place);
    void hasten_report(EventState& event);
    void mark_members(std::uint32_t place, const model::Command& command, MemberState state);
    bool refused(std::uint32_t place) const;
    std::optional<model::MilliW> judged_by(const ResourceState& resource) const;
    void refresh_told(ResourceState& resource);
    void learn(std::uint32_t place);
    model::MilliW deadband(const ResourceState& resource) const;
    model::MilliW deadband_now(const ResourceState& resource) const;

    // core_reports.cpp: what goes back up
    void report(bool anew, model::Outputs& out);
    model::EventReport report_of(const EventState& event) const;
    model::IntervalDelivery delivery_of(const EventState& event, std::size_t interval) const;
    void name_problems(const EventState& event, model::EventReport& report) const;
    struct Tail {
        model::Wide mw_us = 0;
        model::Us span_us = 0;
    };
    Tail tail_of(const EventState& event, model::Us from_us, model::Us until_us) const;
    std::vector<const MeterState*> meters(const EventState& event) const;
    void decide_opt(EventState& event, model::Outputs& out);
    void finish(EventState& event);
    void forget_events();
    struct Finished {
        model::Us final_us = 0;
        std::uint32_t number = 0;  // of events that finish at once the later one counts as the newer
        std::size_t members = 0;
        bool operator<(const Finished& other) const {
            return final_us != other.final_us ? final_us < other.final_us : number < other.number;
        }
    };
    bool is_finished(const EventState& event) const;
    Finished first_kept() const;
    model::MilliW measured(const EventState& event) const;
    model::Us due_of(const ResourceState& resource) const;
    model::Us next_due();
};

Box nominal_box(const model::Resource& resource);
model::MilliW preferred_power(const model::Resource& resource);
model::Us settled_us(const ResourceState& resource);  // from when on it shows what it makes of what it was told
model::Us start_of(const EventState& event);
model::Us end_of(const EventState& event);
// When an interval really runs: shifted, and cut where the event was stopped.
struct Times {
    model::Us start_us = 0, end_us = 0;
};
Times times_of(const EventState& event, std::size_t interval);

}  // namespace busbar::dispatch
