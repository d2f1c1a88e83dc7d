// The model's values as records: how the journal, the snapshots and the operator's interface write them. The model itself
// knows nothing of this.
#pragma once

#include "dispatch/model/command.hpp"
#include "dispatch/model/enrolment.hpp"
#include "dispatch/model/event.hpp"
#include "dispatch/model/input.hpp"
#include "dispatch/model/report.hpp"
#include "dispatch/model/resource.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::model {

NAMES(PriorityClass, "safety", "operating_envelope", "emergency", "contract", "economic", "price")
NAMES(SignalKind, "level", "setpoint", "delta", "scale", "import_limit", "export_limit", "price", "ghg", "charge_state",
      "opaque")
NAMES(EventStatus, "scheduled", "active", "completed", "cancelled")
NAMES(ResponsePolicy, "never", "always")
NAMES(NodeKind, "group", "feeder", "site")
NAMES(ResourceKind, "pv", "wind", "storage", "ev", "load", "generator", "meter")
NAMES(Quality, "good", "estimated", "questionable", "bad")
NAMES(CommandKind, "setpoint", "release")
NAMES(AckState, "received", "accepted", "started", "completed", "rejected", "opted_out", "superseded", "cancelled",
      "aborted", "timeout")
NAMES(OptState, "in", "out")

RECORD(Priority, priority_class, rank)
RECORD(Signal, kind, power_mw, ratio_ppm, value, price_micro, native)
RECORD(Interval, start_us, end_us, native_id, signals)
RECORD(Randomise, low_us, high_us)
RECORD(LossNote, code, field, native, kept)
RECORD(GridEvent, id, source, native_id, revision, program, name, created_us, modified_us, priority, targets, intervals,
       randomise, response, test, cancelled, losses)
RECORD(Node, id, parent, kind, name, import_limit_mw, export_limit_mw)
RECORD(Capability, min_mw, max_mw, lowest_on_mw, step_mw, preferred_mw, phases)
RECORD(Resource, id, parent, kind, name, capability, connected, controllable, settles_us)
RECORD(Sample, resource, measured_us, received_us, power_mw, import_mwh, export_mwh, state_of_charge_ppm, voltage_mv,
       frequency_mhz, quality)
RECORD(Step, start_us, power_mw)
RECORD(Command, id, resource, event, kind, start_us, end_us, steps, fallback_mw, has_fallback, expires_us)
RECORD(Ack, command, resource, state, at_us, reason)
RECORD(IntervalDelivery, native_id, start_us, end_us, ordered_mwh, delivered_mwh, ordered_mw, measured_mw, has_order,
       final, quality)
RECORD(EventReport, event, revision, status, at_us, intervals, resources, accepted, rejected, opted_out, silent, started,
       problems, final)
RECORD(EventOpt, event, revision, state, reason)
RECORD(Input, event, event_gone, node, node_gone, resource, resource_gone, sample, ack)
RECORD(Enrolment, id, resource, node, kind, name, password, pin, rated_import_mw, rated_export_mw, preferred_mw, phases,
       voltage_mv, outlets, poll_us)

}  // namespace busbar::model
