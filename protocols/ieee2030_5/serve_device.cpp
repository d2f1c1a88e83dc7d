// DeviceCapability, Time, EndDevice and what hangs on it: registration, assignments, connection point, log events.
#include <algorithm>

#include "protocols/ieee2030_5/publisher.hpp"
#include "protocols/ieee2030_5/resources.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::ResourceKind;

// DeviceCategoryType bits.
std::uint32_t category_of(ResourceKind kind) {
    switch (kind) {
        case ResourceKind::pv:
            return 1u << 21;
        case ResourceKind::storage:
            return 1u << 25;
        case ResourceKind::ev:
            return 1u << 17;
        case ResourceKind::wind:
        case ResourceKind::generator:
            return 1u << 24;
        case ResourceKind::load:
            return 1u << 9;
        case ResourceKind::meter:
            return 0;
    }
    return 0;
}

ResourceKind kind_of_category(std::uint32_t category) {
    if ((category & (1u << 21)) != 0) return ResourceKind::pv;
    if ((category & (3u << 16)) != 0) return ResourceKind::ev;
    if ((category & (1u << 25 | 1u << 23)) != 0) return ResourceKind::storage;
    if ((category & (1u << 24 | 1u << 22 | 1u << 20 | 1u << 19 | 1u << 18)) != 0) return ResourceKind::generator;
    return category != 0 ? ResourceKind::load : ResourceKind::pv;
}

std::string number_text(const Device& device) {
    return std::to_string(device.record.number);
}

std::size_t devices_in_band(const State& state) {
    return static_cast<std::size_t>(std::count_if(state.devices.begin(), state.devices.end(),
                                                  [](const auto& entry) { return entry.second.record.in_band; }));
}

std::uint32_t poll_for(const State& state, const Exchange& exchange) {
    return exchange.device ? state.slow_poll_s(*exchange.device) : state.policy.poll_s;
}

sep::EndDevice end_device_record(const State& state, const Device& device) {
    sep::EndDevice record;
    record.href = sep::Maybe<sep::Href>(state.href(device, ""));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.DERListLink = list_link_to(state.href(device, "/der"), 1);
    record.deviceCategory = wire::Hex<4>(hex_of(category_of(device.kind()), 4));
    record.lFDI = sep::LfdiHex(upper_case(device.record.lfdi));
    record.LogEventListLink = list_link_to(state.href(device, "/lel"), device.log_events.size());
    record.sFDI = sfdi_of(device.record.lfdi);
    record.changedTime = device.record.changed_s;
    record.enabled = true;
    record.FunctionSetAssignmentsListLink = list_link_to(state.href(device, "/fsa"), 1);
    record.postRate = state.poll_s(device);
    record.RegistrationLink = link_to(state.href(device, "/rg"));
    if (state.policy.csip_aus) record.ConnectionPointLink = link_to(state.href(device, "/cp"));
    return record;
}

sep::FunctionSetAssignments assignments_record(const State& state, const Device& device) {
    sep::FunctionSetAssignments record;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/fsa/1"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.DERProgramListLink = list_link_to(state.href(device, "/derp"), 1);
    record.ResponseSetListLink = list_link_to(state.policy.prefix + "/rsps", 1);
    record.TimeLink = link_to(state.policy.prefix + "/tm");
    record.mRID = state.mrid(mrid_assignments, device.record.number, 1);
    record.description = wire::Text<32>("dispatch");
    return record;
}

bool daylight_saving(const Policy& policy, std::int64_t now_s) {
    return policy.dst_start_s <= now_s && now_s < policy.dst_end_s;
}

// EndDevice.lFDI may be absent (EPRI's client posts its sFDI alone); whatever is there must be the certificate's.
std::optional<std::string> mismatch(const sep::EndDevice& posted, const Caller& caller) {
    if (posted.lFDI && !same_hex(*posted.lFDI, caller.lfdi)) return "lFDI is not that of the certificate";
    if (!posted.lFDI && posted.sFDI != sfdi_of(caller.lfdi)) return "sFDI is not that of the certificate";
    return std::nullopt;
}

std::string log_event_href(const State& state, const Device& device, std::uint32_t number) {
    return state.href(device, "/lel/" + std::to_string(number));
}

}  // namespace

http::Response get_device_capability(State& state, Exchange& exchange) {
    sep::DeviceCapability record;
    const std::string& prefix = state.policy.prefix;
    record.href = sep::Maybe<sep::Href>(prefix + "/dcap");
    record.pollRate = sep::Maybe<std::uint32_t>(poll_for(state, exchange));
    record.TimeLink = link_to(prefix + "/tm");
    if (exchange.device) record.ResponseSetListLink = list_link_to(prefix + "/rsps", 1);
    record.EndDeviceListLink = list_link_to(prefix + "/edev", exchange.device ? 1 : 0);
    record.MirrorUsagePointListLink =
        list_link_to(prefix + "/mup", exchange.device ? exchange.device->mirrors.size() : 0);
    return found(record);
}

http::Response get_time(State& state, Exchange& exchange) {
    const Policy& policy = state.policy;
    sep::Time record;
    record.href = sep::Maybe<sep::Href>(policy.prefix + "/tm");
    record.pollRate = sep::Maybe<std::uint32_t>(policy.time_poll_s);
    record.currentTime = exchange.now_s();
    record.dstEndTime = policy.dst_end_s;
    record.dstOffset = policy.dst_offset_s;
    record.dstStartTime = policy.dst_start_s;
    record.localTime =
        exchange.now_s() + policy.tz_offset_s + (daylight_saving(policy, exchange.now_s()) ? policy.dst_offset_s : 0);
    record.quality = policy.time_quality;
    record.tzOffset = policy.tz_offset_s;
    return found(record);
}

http::Response get_end_devices(State& state, Exchange& exchange) {
    sep::EndDeviceList record;
    record.href = sep::Maybe<sep::Href>(state.policy.prefix + "/edev");
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.pollRate = sep::Maybe<std::uint32_t>(poll_for(state, exchange));
    std::vector<sep::EndDevice> members;
    if (exchange.device) members.push_back(end_device_record(state, *exchange.device));
    fill_page(record, record.EndDevice, std::move(members), exchange.query, state.policy.page);
    return found(record);
}

http::Response post_end_device(State& state, Exchange& exchange) {
    sep::EndDevice posted;
    if (auto failure = read_body(exchange, "EndDevice", posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    if (auto words = mismatch(posted, exchange.caller)) {
        note(exchange.changes, model::Severity::security, "foreign_lfdi", exchange.caller.lfdi,
             "tried to register another device");
        return refuse(exchange, 403, Reason::invalid_values, *words);
    }
    if (exchange.device) {
        // S-ALL-51: a second registration of the same device.
        http::Response response = refuse(exchange, 409, Reason::invalid_values, "this device is registered");
        response.headers.emplace_back("Location", state.href(*exchange.device, ""));
        return response;
    }
    if (devices_in_band(state) >= state.policy.in_band_devices) {
        return refuse(exchange, 403, Reason::resource_limit, "no more devices may register themselves");
    }
    const ResourceKind kind = kind_of_category(posted.deviceCategory ? bits_of(*posted.deviceCategory) : 0);
    Device& device = register_in_band(state, exchange.now, exchange.caller.lfdi, kind, exchange.changes);
    return created(state.href(device, ""));
}

http::Response get_end_device(State& state, Exchange& exchange) {
    return found(end_device_record(state, *exchange.device));
}

http::Response get_registration(State& state, Exchange& exchange) {
    const Device& device = *exchange.device;
    sep::Registration record;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/rg"));
    record.pollRate = sep::Maybe<std::uint32_t>(state.slow_poll_s(device));
    record.dateTimeRegistered = device.record.registered_s;
    record.pIN = device.record.pin;
    return found(record);
}

http::Response get_assignments_list(State& state, Exchange& exchange) {
    sep::FunctionSetAssignmentsList record;
    record.href = sep::Maybe<sep::Href>(state.href(*exchange.device, "/fsa"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.pollRate = sep::Maybe<std::uint32_t>(state.slow_poll_s(*exchange.device));
    std::vector<sep::FunctionSetAssignments> members{assignments_record(state, *exchange.device)};
    fill_page(record, record.FunctionSetAssignments, std::move(members), exchange.query, state.policy.page);
    return found(record);
}

http::Response get_assignments(State& state, Exchange& exchange) {
    return found(assignments_record(state, *exchange.device));
}

http::Response get_connection_point(State& state, Exchange& exchange) {
    const Device& device = *exchange.device;
    if (!state.policy.csip_aus || !device.connection_point) return not_found(exchange);
    sep::ConnectionPoint record = *device.connection_point;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/cp"));
    return found(record);
}

http::Response put_connection_point(State& state, Exchange& exchange) {
    if (!state.policy.csip_aus) return not_found(exchange);
    sep::ConnectionPoint posted;
    if (auto failure = read_body(exchange, "ConnectionPoint", posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    if (!posted.connectionPointId) posted.connectionPointId = posted.id;
    posted.id.reset();
    if (!posted.connectionPointId || posted.connectionPointId->empty()) {
        return refuse(exchange, 400, Reason::invalid_values, "connectionPointId is missing");
    }
    Device& device = *exchange.device;
    device.connection_point = posted;
    keep(exchange.changes, folder::der, device.record.number, "cp", posted);
    return no_content_at(state.href(device, "/cp"));
}

http::Response get_log_events(State& state, Exchange& exchange) {
    const Device& device = *exchange.device;
    sep::LogEventList record;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/lel"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.pollRate = sep::Maybe<std::uint32_t>(state.slow_poll_s(device));
    std::vector<sep::LogEvent> members;
    for (const auto& [number, event] : device.log_events) {
        if (exchange.query.after && event.createdDateTime <= *exchange.query.after) continue;
        members.push_back(event);
        members.back().href = sep::Maybe<sep::Href>(log_event_href(state, device, number));
    }
    std::stable_sort(members.begin(), members.end(), [](const sep::LogEvent& a, const sep::LogEvent& b) {
        return a.createdDateTime != b.createdDateTime ? a.createdDateTime < b.createdDateTime
                                                      : a.logEventID < b.logEventID;
    });
    fill_page(record, record.LogEvent, std::move(members), exchange.query, state.policy.page);
    record.all = sep::Maybe<std::uint32_t>(static_cast<std::uint32_t>(device.log_events.size()));
    return found(record);
}

http::Response post_log_event(State& state, Exchange& exchange) {
    sep::LogEvent event;
    if (auto failure = read_body(exchange, "LogEvent", event, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    Device& device = *exchange.device;
    const std::uint32_t number = ++device.record.last_log_event;
    event.href.value.reset();
    keep(exchange.changes, folder::log_events, device.record.number, std::to_string(number), event);
    note(exchange.changes, model::Severity::info, "log_event", device.record.lfdi,
         "function set " + std::to_string(event.functionSet) + ", code " + std::to_string(event.logEventCode) +
             (event.details ? ": " + *event.details : std::string()));
    device.log_events[number] = std::move(event);
    while (device.log_events.size() > state.policy.log_events) {
        const auto oldest = device.log_events.begin();
        forget(exchange.changes, folder::log_events, number_text(device) + "/" + std::to_string(oldest->first));
        device.log_events.erase(oldest);
    }
    keep(exchange.changes, device.record);
    return created(log_event_href(state, device, number));
}

http::Response get_log_event(State& state, Exchange& exchange) {
    const auto event = exchange.device->log_events.find(exchange.id);
    if (event == exchange.device->log_events.end()) return not_found(exchange);
    sep::LogEvent record = event->second;
    record.href = sep::Maybe<sep::Href>(log_event_href(state, *exchange.device, exchange.id));
    return found(record);
}

}  // namespace busbar::ieee2030_5
