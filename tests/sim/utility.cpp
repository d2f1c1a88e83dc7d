#include "tests/sim/utility.hpp"

#include <cmath>
#include <utility>

namespace busbar::sim {
namespace {

namespace v3 = openadr::v3;

v3::ClientSettings settings_of(const EventOrder& order) {
    v3::ClientSettings settings;
    settings.client_id = "utility";
    settings.client_secret = "simulated-secret";
    settings.program_name = "simulated";
    settings.poll_us = 5 * model::minute_us;
    settings.event.eventName = wire::Text<1024>(order.name);
    settings.event.targets.emplace();
    settings.event.targets->emplace_back(order.target);
    v3::IntervalPeriod period;
    period.start = wire::DateTime(order.start_us);
    period.duration = wire::Duration(order.interval_us);
    settings.event.intervalPeriod = period;
    v3::PayloadDescriptor descriptor;
    descriptor.objectType = wire::Text<128>("EVENT_PAYLOAD_DESCRIPTOR");
    descriptor.payloadType = v3::Name("DISPATCH_SETPOINT");
    descriptor.units = v3::Name("KW");
    settings.event.payloadDescriptors.emplace();
    settings.event.payloadDescriptors->push_back(descriptor);
    v3::ReportDescriptor usage;
    usage.payloadType = v3::Name("USAGE");
    usage.units = v3::Name("KWH");
    settings.event.reportDescriptors.emplace();
    settings.event.reportDescriptors->push_back(usage);
    settings.event.intervals.emplace();
    for (const double power_w : order.powers_w) {
        v3::Interval interval;
        interval.id = static_cast<std::int32_t>(settings.event.intervals->size());
        v3::ValuesMap payload;
        payload.type = v3::Name("DISPATCH_SETPOINT");
        wire::AnyValue value;
        value.value = power_w / 1000;
        payload.values.push_back(value);
        interval.payloads.push_back(payload);
        settings.event.intervals->push_back(interval);
    }
    return settings;
}

}  // namespace

Utility::Utility(World& world, Network& network, net::ListenerId listener, EventOrder order)
    : world_(world), network_(network), listener_(listener), order_(std::move(order)), client_(settings_of(order_)) {}

void Utility::wake(Us now) {
    if (now >= order_.cancelled_us && !cancelling_) {
        cancelling_ = true;
        client_.cancel();
    }
    if (auto request = client_.next(now))
        network_.request(*this, listener_, {"192.0.2.3:1", true, {}}, std::move(*request), 30 * model::second_us);
    world_.wake(*this, client_.next_due());
    if (!cancelling_) world_.wake(*this, order_.cancelled_us);
}

void Utility::response(Us now, const http::Response& response) {
    client_.receive(now, response);
    if (cancelling_ && client_.stage() == v3::Client::Stage::done) cancelled_ = true;
    wake(now);
}

void Utility::failed(Us now, const std::string& reason) {
    client_.failed(now, reason);
    wake(now);
}

UpstreamVtn::UpstreamVtn(Us poll_us)
    : vtn_([poll_us] {
          openadr::v2b::VtnSettings settings;
          settings.poll_us = poll_us;
          settings.granularity_us = settings.report_back_us = report_back_us;
          return settings;
      }()) {}

http::Response UpstreamVtn::handle(Us now, const http::Request& request) {
    http::Response response = vtn_.handle(now, request);
    for (; taken_ < vtn_.reports().size(); ++taken_) take(now, vtn_.reports()[taken_]);
    return response;
}

void UpstreamVtn::take(Us now, const openadr::v2b::OadrReport& report) {
    if (!report.reportName || std::string(*report.reportName) != "TELEMETRY_USAGE" || !report.intervals) return;
    for (const auto& interval : report.intervals->interval) {
        if (!interval.dtstart || !interval.duration) continue;
        UsageInterval usage{now, interval.dtstart->date_time.us, 0, 0};
        usage.to_us = usage.from_us + interval.duration->duration.us;
        for (const auto& point : interval.oadrReportPayload) {
            if (!std::string(point.rID).ends_with("_power") || !point.payloadFloat) continue;
            usage.power_w = point.payloadFloat->value;
            usage_.push_back(usage);
        }
    }
}

void UpstreamVtn::put(const EventOrder& order, Us now) {
    openadr::v2b::EventPlan plan;
    plan.id = order.name;
    plan.start_us = order.start_us;
    for (const double power_w : order.powers_w) plan.intervals.emplace_back(order.interval_us, power_w / 1000);
    plan.group_ids = {order.target};
    vtn_.put_event(openadr::v2b::to_event(plan, now));
}

}  // namespace busbar::sim
