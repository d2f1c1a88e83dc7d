#include "gateway/api/views.hpp"

#include <cmath>
#include <cstdio>

namespace busbar::api {
namespace {

double whole(std::int64_t milli) { return static_cast<double>(milli) / 1000.0; }
std::int64_t milli(double whole) { return std::llround(whole * 1000.0); }
model::Us micros(double seconds) { return std::llround(seconds * 1e6); }

template <class Int>
std::optional<double> whole(const std::optional<Int>& milli) {
    if (!milli) return std::nullopt;
    return whole(*milli);
}
std::optional<double> limit(model::MilliW mw) {
    if (mw >= model::unlimited_mw) return std::nullopt;
    return whole(mw);
}
std::optional<DateTime> instant(model::Us us) {
    if (us == model::never) return std::nullopt;
    return DateTime(us);
}
std::optional<double> percent(const std::optional<model::Ppm>& ppm) {
    if (!ppm) return std::nullopt;
    return static_cast<double>(*ppm) / 1e4;
}

std::string upper_case(std::string text) {
    for (char& c : text)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return text;
}

model::Signal power_signal(model::SignalKind kind, double power_w) {
    model::Signal signal;
    signal.kind = kind;
    signal.power_mw = milli(power_w);
    return signal;
}

std::vector<model::Signal> signals_of(const IntervalBody& body) {
    std::vector<model::Signal> signals;
    if (body.setpoint_w) signals.push_back(power_signal(model::SignalKind::setpoint, *body.setpoint_w));
    if (body.delta_w) signals.push_back(power_signal(model::SignalKind::delta, *body.delta_w));
    if (body.import_limit_w) signals.push_back(power_signal(model::SignalKind::import_limit, *body.import_limit_w));
    if (body.export_limit_w) signals.push_back(power_signal(model::SignalKind::export_limit, *body.export_limit_w));
    if (body.level) {
        model::Signal level;
        level.kind = model::SignalKind::level;
        level.value = *body.level;
        signals.push_back(level);
    }
    return signals;
}

IntervalAnswer answer_of(const model::IntervalDelivery& delivery) {
    IntervalAnswer answer;
    answer.id = delivery.native_id;
    answer.start = DateTime(delivery.start_us);
    answer.end = instant(delivery.end_us);
    if (delivery.has_order) {
        answer.ordered_w = whole(delivery.ordered_mw);
        answer.ordered_wh = whole(delivery.ordered_mwh);
    }
    answer.measured_w = whole(delivery.measured_mw);
    answer.delivered_wh = whole(delivery.delivered_mwh);
    answer.final = delivery.final;
    answer.quality = delivery.quality;
    return answer;
}

constexpr std::string_view state_names[] = {"sent",      "received",   "accepted",  "started", "completed", "rejected",
                                            "opted_out", "superseded", "cancelled", "aborted", "timeout",   "expired"};

}  // namespace

std::string hash_text(std::uint64_t hash) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
    return text;
}

NodeAnswer answer_of(const dispatch::NodeView& view) {
    return {view.node.id,
            view.node.parent,
            view.node.kind,
            view.node.name,
            limit(view.node.import_limit_mw),
            limit(view.node.export_limit_mw),
            whole(view.ordered_mw),
            whole(view.measured_mw),
            view.resources};
}

ResourceAnswer answer_of(const dispatch::ResourceView& view, std::string protocol) {
    ResourceAnswer answer;
    answer.id = view.resource.id;
    answer.node = view.resource.parent.empty() ? model::root_id : view.resource.parent;
    answer.kind = view.resource.kind;
    answer.name = view.resource.name;
    answer.protocol = std::move(protocol);
    answer.connected = view.resource.connected;
    answer.controllable = view.resource.controllable;
    answer.silent = view.silent;
    answer.refused = view.refused;
    answer.min_w = whole(view.resource.capability.min_mw);
    answer.max_w = whole(view.resource.capability.max_mw);
    answer.wanted_w = whole(view.wanted_mw);
    answer.commanded_w = whole(view.commanded_mw);
    if (const auto& sample = view.last_sample) {
        answer.measured_w = whole(sample->power_mw);
        answer.import_wh = whole(sample->import_mwh);
        answer.export_wh = whole(sample->export_mwh);
        answer.state_of_charge_percent = percent(sample->state_of_charge_ppm);
        answer.measured_at = DateTime(sample->measured_us);
    }
    return answer;
}

EventAnswer answer_of(const dispatch::EventView& view) {
    const model::GridEvent& event = view.event;
    EventAnswer answer;
    answer.id = event.id;
    answer.source = event.source;
    answer.native_id = event.native_id;
    answer.revision = event.revision;
    answer.name = event.name;
    answer.program = event.program;
    answer.status = view.status;
    answer.priority = event.priority.priority_class;
    if (event.priority.rank != model::Priority::no_rank) answer.rank = event.priority.rank;
    answer.targets = event.targets;
    answer.test = event.test;
    for (const model::IntervalDelivery& delivery : view.report.intervals) answer.intervals.push_back(answer_of(delivery));
    answer.resources = view.report.resources;
    answer.accepted = view.report.accepted;
    answer.rejected = view.report.rejected;
    answer.opted_out = view.report.opted_out;
    answer.silent = view.report.silent;
    answer.started = view.report.started;
    answer.problems = view.report.problems;
    answer.losses = event.losses;
    answer.final = view.report.final;
    return answer;
}

EventAnswer answer_of(const model::GridEvent& event, model::EventStatus status) {
    dispatch::EventView view{event, status, event.start_us(), {}};
    for (const model::Interval& interval : event.intervals) {
        model::IntervalDelivery& planned = view.report.intervals.emplace_back();
        planned.native_id = interval.native_id;
        planned.start_us = interval.start_us;
        planned.end_us = interval.end_us;
    }
    return answer_of(view);
}

CommandAnswer answer_of(const dispatch::CommandView& view) {
    const model::Command& command = view.command;
    CommandAnswer answer;
    answer.id = command.id;
    answer.resource = command.resource;
    answer.event = command.event;
    answer.state = state_names[static_cast<std::size_t>(view.state)];
    answer.reason = view.reason;
    answer.kind = command.kind;
    answer.start = DateTime(command.start_us);
    answer.changed_at = DateTime(view.changed_us);
    answer.end = instant(command.end_us);
    answer.expires = instant(command.expires_us);
    for (const model::Step& step : command.steps) answer.steps.push_back({DateTime(step.start_us), whole(step.power_mw)});
    if (command.has_fallback) answer.fallback_w = whole(command.fallback_mw);
    return answer;
}

SampleAnswer answer_of(const model::Sample& sample) {
    SampleAnswer answer;
    answer.resource = sample.resource;
    answer.measured_at = DateTime(sample.measured_us);
    answer.received_at = DateTime(sample.received_us);
    answer.power_w = whole(sample.power_mw);
    answer.import_wh = whole(sample.import_mwh);
    answer.export_wh = whole(sample.export_mwh);
    answer.state_of_charge_percent = percent(sample.state_of_charge_ppm);
    answer.voltage_v = whole(sample.voltage_mv);
    answer.frequency_hz = whole(sample.frequency_mhz);
    answer.quality = sample.quality;
    return answer;
}

DeviceAnswer answer_of(const Enrolled& device) {
    const model::Enrolment& enrolment = device.enrolment;
    DeviceAnswer answer;
    answer.protocol = device.protocol;
    answer.id = enrolment.id;
    answer.resource = enrolment.resource;
    answer.node = enrolment.node.empty() ? model::root_id : enrolment.node;
    answer.kind = enrolment.kind;
    answer.name = enrolment.name;
    answer.has_password = !enrolment.password.empty();
    answer.rated_import_w = whole(enrolment.rated_import_mw);
    answer.rated_export_w = whole(enrolment.rated_export_mw);
    answer.preferred_w = whole(enrolment.preferred_mw);
    answer.voltage_v = whole(enrolment.voltage_mv);
    answer.poll_s = static_cast<double>(enrolment.poll_us) / 1e6;
    answer.phases = enrolment.phases;
    answer.outlets = enrolment.outlets;
    return answer;
}

model::GridEvent event_of(const EventBody& body, std::string id, std::uint64_t revision, model::Us now) {
    model::GridEvent event;
    event.native_id = id;
    event.id = "operator:" + std::move(id);
    event.source = "operator";
    event.revision = revision;
    event.name = body.name.value_or("");
    event.created_us = event.modified_us = now;
    event.priority.priority_class = body.priority.value_or(model::PriorityClass::contract);
    event.priority.rank = body.rank.value_or(model::Priority::no_rank);
    for (const auto& target : body.targets) event.targets.push_back(target);
    event.test = body.test.value_or(false);
    model::Us start = body.start && body.start->us != DateTime::now_sentinel ? body.start->us : now;
    for (const IntervalBody& interval : body.intervals) {
        const model::Us end = start + micros(interval.duration_s);
        event.intervals.push_back({start, end, std::to_string(event.intervals.size()), signals_of(interval)});
        start = end;
    }
    return event;
}

model::Node node_of(const NodeBody& body, std::string id) {
    model::Node node;
    node.id = std::move(id);
    node.parent = body.parent.value_or("");
    if (node.parent.empty() && node.id != model::root_id) node.parent = model::root_id;
    node.kind = body.kind.value_or(model::NodeKind::group);
    node.name = body.name.value_or("");
    if (body.import_limit_w) node.import_limit_mw = milli(*body.import_limit_w);
    if (body.export_limit_w) node.export_limit_mw = milli(*body.export_limit_w);
    return node;
}

Enrolled enrolled_of(const DeviceBody& body) {
    Enrolled device;
    device.protocol = body.protocol;
    model::Enrolment& enrolment = device.enrolment;
    enrolment.id = body.protocol == "ieee2030_5" ? upper_case(body.id) : std::string(body.id);  // an LFDI has one spelling
    enrolment.resource = body.resource && !body.resource->empty() ? std::string(*body.resource) : enrolment.id;
    enrolment.node = body.node.value_or("");
    enrolment.kind =
        body.kind.value_or(body.protocol == "ocpp" ? model::ResourceKind::ev : model::ResourceKind::storage);
    enrolment.name = body.name.value_or("");
    enrolment.password = body.password.value_or("");
    enrolment.pin = body.pin.value_or(0);
    if (body.rated_import_w) enrolment.rated_import_mw = milli(*body.rated_import_w);
    if (body.rated_export_w) enrolment.rated_export_mw = milli(*body.rated_export_w);
    if (body.preferred_w) enrolment.preferred_mw = milli(*body.preferred_w);
    enrolment.phases = body.phases.value_or(0);
    if (body.voltage_v) enrolment.voltage_mv = milli(*body.voltage_v);
    enrolment.outlets = body.outlets.value_or(1);
    if (body.poll_s) enrolment.poll_us = micros(*body.poll_s);
    return device;
}

}  // namespace busbar::api
