// Deliveries of the common model as an OpenADR 3 report: the second half of translate.hpp.
#include <algorithm>
#include <cstdlib>

#include "protocols/openadr/v3/translate.hpp"

namespace busbar::openadr::v3 {

using model::EventReport;
using model::EventStatus;
using model::IntervalDelivery;
using model::Quality;
using model::Us;

namespace {

constexpr model::MilliW insignificant_mw = 10'000;  // below it a target counts as idle

double kilo(std::int64_t milli) {
    return static_cast<double>(milli) / 1e6;
}

// What the event asks for, whatever it asks it by.
struct Wanted {
    bool demand = false;
    bool setpoint = false;
    bool parts = false;           // SUB_INTERVALS: each part of a multi-value payload by itself
    bool units_are_known = true;  // the event states them itself
};

Wanted wanted_by(const Event& event) {
    Wanted wanted;
    wanted.units_are_known = event.reportDescriptors && !event.reportDescriptors->empty();
    if (!event.reportDescriptors) return wanted;
    for (const ReportDescriptor& descriptor : *event.reportDescriptors) {
        if (descriptor.payloadType == "DEMAND") wanted.demand = true;
        if (descriptor.payloadType == "SETPOINT") wanted.setpoint = true;
        if (descriptor.reportIntervals == "SUB_INTERVALS") wanted.parts = true;
        const bool has_unit = descriptor.payloadType == "USAGE" || descriptor.payloadType == "DEMAND";
        if (has_unit && !descriptor.units) wanted.units_are_known = false;
    }
    return wanted;
}

// OA3-61: one entry for each of the event's intervals, whatever number of parts it was cut into.
std::vector<IntervalDelivery> by_interval(const EventReport& report, bool parts) {
    std::vector<IntervalDelivery> merged;
    for (const IntervalDelivery& part : report.intervals) {
        if (part.start_us > report.at_us) continue;
        std::optional<IntervalKey> key = IntervalKey::parse(part.native_id);
        if (!key) continue;
        if (!parts) key->has_part = false;
        const std::string id = key->text();
        if (merged.empty() || merged.back().native_id != id) {
            merged.push_back(part);
            merged.back().native_id = id;
            continue;
        }
        IntervalDelivery& whole = merged.back();
        whole.end_us = part.end_us;
        whole.ordered_mwh += part.ordered_mwh;
        whole.delivered_mwh += part.delivered_mwh;
        whole.ordered_mw = part.ordered_mw;
        whole.measured_mw = part.measured_mw;
        whole.has_order = whole.has_order || part.has_order;
        whole.final = part.final;
        whole.quality = std::max(whole.quality, part.quality);
    }
    return merged;
}

bool asks_for_more(const Event& event, bool relative_is_reduction) {
    if (relative_is_reduction || !event.intervals) return false;
    for (const Interval& interval : *event.intervals) {
        for (const ValuesMap& payload : interval.payloads) {
            if (payload.type != "DISPATCH_SETPOINT_RELATIVE" || payload.values.empty()) continue;
            if (payload.values.front().number().value_or(0) > 0) return true;
        }
    }
    return false;
}

std::string operating_state(const EventKeep& keep, const EventReport& report, const IntervalDelivery& interval,
                            const ReportOptions& options) {
    const bool running = std::abs(interval.measured_mw) >= insignificant_mw;
    const std::string activity = running ? "RUNNING_" : "IDLE_";
    if (keep.opted_out) return activity + "OPTED_OUT";
    if (report.resources > 0 && report.silent == report.resources) return "ERROR";
    if (!interval.has_order || report.status == EventStatus::cancelled) return "NORMAL";
    return activity + (asks_for_more(keep.event, options.relative_is_reduction) ? "HEIGHTENED" : "CURTAILED");
}

std::string data_quality(Quality quality) {
    switch (quality) {
        case Quality::good:
            return "OK";
        case Quality::estimated:
            return "ESTIMATED";
        case Quality::questionable:
            return "BAD";
        case Quality::bad:
            return "MISSING";
    }
    return "BAD";
}

// Mean power of a finished interval, last known power of a running one.
double demand_kw(const IntervalDelivery& interval) {
    const Us length = interval.end_us - interval.start_us;
    if (!interval.final || interval.end_us == model::never || length <= 0) return kilo(interval.measured_mw);
    return kilo(interval.delivered_mwh) * static_cast<double>(model::hour_us) / static_cast<double>(length);
}

ValuesMap payload(std::string_view type, AnyValue value) {
    return {Name(type), {std::move(value)}};
}

void append_net(Interval& out, std::string_view type, double net, bool with_export) {
    out.payloads.push_back(payload(type, {std::max(net, 0.0)}));
    if (with_export) out.payloads.push_back(payload("EXPORT_" + std::string(type), {std::max(-net, 0.0)}));
}

Interval entry(const IntervalDelivery& delivery, const Wanted& wanted, bool with_export) {
    Interval out;
    out.id = IntervalKey::parse(delivery.native_id)->id;
    out.intervalPeriod.emplace();
    out.intervalPeriod->start = wire::DateTime(delivery.start_us);
    out.intervalPeriod->duration = delivery.end_us == model::never
                                       ? wire::Duration(wire::Duration::endless)
                                       : wire::Duration(delivery.end_us - delivery.start_us);
    append_net(out, "USAGE", kilo(delivery.delivered_mwh), with_export);
    if (wanted.demand) append_net(out, "DEMAND", demand_kw(delivery), with_export);
    if (wanted.setpoint && delivery.has_order) out.payloads.push_back(payload("SETPOINT", {kilo(delivery.ordered_mw)}));
    return out;
}

PayloadDescriptors descriptors(const Wanted& wanted, bool with_export) {
    PayloadDescriptors list;
    list.emplace();
    const auto add = [&list](std::string_view type, std::string_view reading, std::string_view units) {
        PayloadDescriptor descriptor;
        descriptor.objectType = Text<128>("REPORT_PAYLOAD_DESCRIPTOR");
        descriptor.payloadType = Name(type);
        descriptor.readingType = Name(reading);
        descriptor.units = Name(units);
        list->push_back(std::move(descriptor));
    };
    add("USAGE", "DIRECT_READ", "KWH");
    if (with_export) add("EXPORT_USAGE", "DIRECT_READ", "KWH");
    if (wanted.demand) add("DEMAND", "MEAN", "KW");
    if (wanted.demand && with_export) add("EXPORT_DEMAND", "MEAN", "KW");
    if (wanted.setpoint) add("SETPOINT", "DIRECT_READ", "KW");
    return list;
}

}  // namespace

ReportRequest to_report(const EventKeep& keep, const EventReport& report, const ReportOptions& options) {
    const Wanted wanted = wanted_by(keep.event);
    const std::vector<IntervalDelivery> deliveries = by_interval(report, wanted.parts);
    const bool with_export = std::any_of(deliveries.begin(), deliveries.end(), [](const IntervalDelivery& delivery) {
        return delivery.delivered_mwh < 0 || delivery.measured_mw < 0;
    });
    ReportRequest out;
    out.eventID = keep.event.id;
    out.clientName = Name(options.client_name);
    const bool named = keep.event.eventName && keep.event.eventName->size() <= 500;
    out.reportName =
        Text<1024>("delivery of " + (named ? std::string(*keep.event.eventName) : std::string(keep.event.id)));
    if (options.describe_payloads && !wanted.units_are_known) out.payloadDescriptors = descriptors(wanted, with_export);
    if (deliveries.empty()) return out;
    ReportResource& resource = out.resources.emplace_back();
    resource.resourceName = Name("AGGREGATED_REPORT");
    for (const IntervalDelivery& delivery : deliveries) {
        Interval interval = entry(delivery, wanted, with_export);
        interval.payloads.push_back(payload("OPERATING_STATE", {operating_state(keep, report, delivery, options)}));
        interval.payloads.push_back(payload("DATA_QUALITY", {data_quality(delivery.quality)}));
        interval.payloads.push_back(payload("REPORT_FINAL", {delivery.final || report.final}));
        resource.intervals.push_back(std::move(interval));
        if (resource.intervals.size() == max_intervals) break;
    }
    return out;
}

}  // namespace busbar::openadr::v3
