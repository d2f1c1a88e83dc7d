#include "gateway/demo/utility.hpp"

namespace busbar::demo {
namespace {

namespace v3 = openadr::v3;

wire::AnyValue number(double value) { return {value}; }

v3::ClientSettings settings_of(const Scenario& scenario, const std::vector<Ordered>& ordered) {
    v3::ClientSettings settings;
    settings.base_path = scenario.openadr3_base_path;
    settings.client_id = scenario.utility_id;
    settings.client_secret = scenario.utility_secret;
    settings.program_name = "evening-peak";
    settings.poll_us = model::second_us;

    v3::EventRequest& event = settings.event;
    event.eventName = wire::Text<1024>("demo");
    event.targets.emplace();
    event.targets->emplace_back(scenario.target);
    v3::IntervalPeriod period;
    period.start = wire::DateTime(ordered.front().start_us);
    period.duration = wire::Duration(ordered.front().end_us - ordered.front().start_us);
    event.intervalPeriod = period;
    v3::PayloadDescriptor descriptor;
    descriptor.objectType = wire::Text<128>("EVENT_PAYLOAD_DESCRIPTOR");
    descriptor.payloadType = v3::Name("DISPATCH_SETPOINT");
    descriptor.units = v3::Name("KW");
    event.payloadDescriptors.emplace();
    event.payloadDescriptors->push_back(descriptor);
    v3::ReportDescriptor usage;
    usage.payloadType = v3::Name("USAGE");
    usage.units = v3::Name("KWH");
    event.reportDescriptors.emplace();
    event.reportDescriptors->push_back(usage);
    event.intervals.emplace();
    for (const Ordered& order : ordered) {
        v3::Interval interval;
        interval.id = static_cast<std::int32_t>(event.intervals->size());
        v3::ValuesMap payload;
        payload.type = v3::Name("DISPATCH_SETPOINT");
        payload.values.push_back(number(order.power_w / 1000));
        interval.payloads.push_back(payload);
        event.intervals->push_back(interval);
    }
    return settings;
}

std::vector<Ordered> orders_of(model::Us start_us, model::Us interval_us, const std::vector<double>& kilowatts) {
    std::vector<Ordered> orders;
    for (const double kw : kilowatts) {
        orders.push_back({start_us, start_us + interval_us, kw * 1000});
        start_us += interval_us;
    }
    return orders;
}

}  // namespace

Utility::Utility(const Scenario& scenario, model::Us start_us, model::Us interval_us, const std::vector<double>& kilowatts)
    : scenario_(scenario),
      ordered_(orders_of(start_us, interval_us, kilowatts)),
      client_(settings_of(scenario, ordered_)) {}

void Utility::tick(model::Us now, Switchboard& switchboard) {
    auto request = client_.next(now);
    if (!request) return;
    net::ClientRequest outgoing;
    outgoing.base_url = scenario_.openadr3_url();
    outgoing.request = std::move(*request);
    outgoing.tls = {certs::TlsProfile::openadr3, scenario_.utility_trust};
    outgoing.timeout_us = 5 * model::second_us;
    switchboard.request(*this, std::move(outgoing));
}

void Utility::response(model::Us now, Switchboard&, net::RequestId, const http::Response& response) {
    client_.receive(now, response);
}

void Utility::failed(model::Us now, Switchboard&, net::RequestId, const std::string& reason) {
    client_.failed(now, reason);
}

std::optional<double> Utility::reported_wh(std::size_t index) const {
    for (const v3::Report& report : client_.reports())
        if (const auto energy = v3::reported_wh(report, static_cast<std::int32_t>(index))) return energy;
    return std::nullopt;
}

}  // namespace busbar::demo
