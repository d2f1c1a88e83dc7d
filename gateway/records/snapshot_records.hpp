// The core's snapshot as records. A member that a table forgets would be lost at the next restart, so that every table is
// counted against its struct.
#pragma once

#include <cstddef>
#include <utility>

#include "dispatch/snapshot.hpp"
#include "gateway/records/model_records.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::dispatch {

NAMES(CommandState, "sent", "received", "accepted", "started", "completed", "rejected", "opted_out", "superseded",
      "cancelled", "aborted", "timeout", "expired")
NAMES(MemberState, "idle", "asked", "received", "accepted", "started", "completed", "rejected", "opted_out", "silent")

RECORD(Regime, told_mw, mean_mw, count, outliers)
RECORD(ResponseState, gain_ppm, cap_low, cap_high, low_mw, high_mw, ignores, probes, present, before, noise_mw)
RECORD(Passage, low_mw, high_mw, new_low_mw, new_high_mw, since_us)
RECORD(Schedule, steps, end_us, cut)
RECORD(MeterState, has_power, power_mw, steady_mw, power_us, gap_us, counted_until_us, has_register, register_mwh, register_us)
RECORD(EnergySum, whole_mwh, rest_mw_us)
RECORD(NodeState, used, node, meter, has_background, background_mw)
RECORD(CommandRecord, command, state, taken, issued_us, changed_us, reason)
RECORD(ResourceState, used, resource, last_sample, meter, response, told_mw, told_us, told, passage, wanted, wanted_event,
       has_fallback, fallback_mw, commands, resend, silent, balks, ack_due_us, retry_us, retries)
RECORD(Member, resource, state, refused_mw, refused_us)
RECORD(IntervalState, delivered, covered_us, bridged_us, valued, ordered, ordered_mw)
RECORD(EventState, number, event, known_us, shift_us, stop_us, status, gone, metered, baseline_known, baseline_mw, intervals,
       members, has_opt, opt, opt_reason, report_due, next_report_us, final, final_us, correction_mw,
       shortfall_mw)
RECORD(Snapshot, version, now_us, next_command, next_event, nodes, resources, events, work_us, last_pass_us, plan_due, members_due,
       next_control_us, plan_until_us, last_plan_us)

namespace counted {

struct Anything {
    template <class T>
    operator T() const;
};
template <class T, std::size_t... I>
constexpr bool takes(std::index_sequence<I...>) {
    return requires { T{(static_cast<void>(I), Anything{})...}; };
}
template <class T, std::size_t N = 0>
constexpr std::size_t members() {
    if constexpr (takes<T>(std::make_index_sequence<N + 1>{}))
        return members<T, N + 1>();
    else
        return N;
}

static_assert(members<Regime>() == Regime_fields.size());
static_assert(members<ResponseState>() == ResponseState_fields.size());
static_assert(members<Passage>() == Passage_fields.size());
static_assert(members<Schedule>() == Schedule_fields.size());
static_assert(members<MeterState>() == MeterState_fields.size());
static_assert(members<EnergySum>() == EnergySum_fields.size());
static_assert(members<NodeState>() == NodeState_fields.size());
static_assert(members<CommandRecord>() == CommandRecord_fields.size());
static_assert(members<ResourceState>() == ResourceState_fields.size());
static_assert(members<Member>() == Member_fields.size());
static_assert(members<IntervalState>() == IntervalState_fields.size());
static_assert(members<EventState>() == EventState_fields.size());
static_assert(members<Snapshot>() == Snapshot_fields.size());
static_assert(members<model::GridEvent>() == model::GridEvent_fields.size());
static_assert(members<model::Interval>() == model::Interval_fields.size());
static_assert(members<model::Signal>() == model::Signal_fields.size());
static_assert(members<model::Node>() == model::Node_fields.size());
static_assert(members<model::Resource>() == model::Resource_fields.size());
static_assert(members<model::Capability>() == model::Capability_fields.size());
static_assert(members<model::Sample>() == model::Sample_fields.size());
static_assert(members<model::Command>() == model::Command_fields.size());
static_assert(members<model::Ack>() == model::Ack_fields.size());
static_assert(members<model::Input>() == model::Input_fields.size());
static_assert(members<model::Enrolment>() == model::Enrolment_fields.size());

}  // namespace counted
}  // namespace busbar::dispatch
