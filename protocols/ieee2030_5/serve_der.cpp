// DER: what the device says of itself. Each PUT replaces the whole resource; what it changes of the box that the device
// can be in goes to the model at once.
#include "protocols/ieee2030_5/publisher.hpp"
#include "protocols/ieee2030_5/records_draft.hpp"
#include "protocols/ieee2030_5/resources.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::ResourceKind;

sep::DER der_record(const State& state, const Device& device) {
    sep::DER record;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/der/1"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.AssociatedDERProgramListLink = list_link_to(state.href(device, "/der/1/derp"), 1);
    record.CurrentDERProgramLink = link_to(state.href(device, "/der/1/cdp"));
    record.DERAvailabilityLink = link_to(state.href(device, "/der/1/dera"));
    record.DERCapabilityLink = link_to(state.href(device, "/der/1/dercap"));
    record.DERSettingsLink = link_to(state.href(device, "/der/1/derg"));
    record.DERStatusLink = link_to(state.href(device, "/der/1/ders"));
    return record;
}

template <class T>
http::Response get_part(const State& state, Exchange& exchange, const std::optional<T>& part, std::string_view path) {
    if (!part) return not_found(exchange);
    T record = *part;
    record.href = sep::Maybe<sep::Href>(state.href(*exchange.device, path));
    return found(record);
}

// Keeps what was put; the href is ours.
template <class T>
void store_part(Exchange& exchange, std::optional<T>& part, T posted, std::string_view key) {
    posted.href.value.reset();
    keep(exchange.changes, folder::der, exchange.device->record.number, key, posted);
    part = std::move(posted);
}

// DERCapability as 2018 or as the draft spells it.
wire::Failure read_capability(const Exchange& exchange, sep::DERCapability& record, const Policy& policy) {
    const wire::Failure failure = read_body(exchange, "DERCapability", record, policy);
    if (!failure || failure->fault != wire::Fault::missing) return failure;
    draft::DERCapability old;
    if (read_body(exchange, "DERCapability", old, policy)) return failure;
    record = draft::to_2018(old);
    return std::nullopt;
}

// What new ratings change: the box, and the percentages of what is published.
void update(State& state, Exchange& exchange, const Ratings& before) {
    if (exchange.device->ratings() == before) return;
    ratings_changed(state, *exchange.device, exchange.now, exchange.changes);
    announce(*exchange.device, state, exchange.changes);
}

// DERType of a device that registered itself.
ResourceKind kind_of_type(std::uint8_t type, ResourceKind otherwise) {
    switch (type) {
        case 4:
            return ResourceKind::pv;
        case 2:
        case 3:
        case 5:
        case 6:
            return ResourceKind::generator;
        case 80:
        case 83:
            return ResourceKind::storage;
        case 81:
        case 82:
            return ResourceKind::ev;
        default:
            return otherwise;
    }
}

void report_state_of_charge(Exchange& exchange, const sep::DERStatus& status) {
    if (!status.stateOfChargeStatus) return;
    const model::Us measured = us_of(status.readingTime);
    model::Sample sample;
    sample.resource = exchange.device->record.resource;
    sample.received_us = exchange.now;
    sample.measured_us = measured > 0 && measured <= exchange.now ? measured : exchange.now;
    sample.state_of_charge_ppm = static_cast<model::Ppm>(status.stateOfChargeStatus->value) * 100;
    model::Input input;
    input.sample = std::move(sample);
    exchange.changes.inputs.push_back(std::move(input));
}

void report_alarms(Exchange& exchange, const sep::DERStatus& status) {
    const auto bits = [](const std::optional<sep::DERStatus>& s) {
        return s && s->alarmStatus ? bits_of(*s->alarmStatus) : 0u;
    };
    const std::uint32_t now = bits(status);
    if (now == bits(exchange.device->status)) return;
    note(exchange.changes, now == 0 ? model::Severity::info : model::Severity::warning, "der_alarm",
         exchange.device->record.lfdi, "alarmStatus " + hex_of(now, 4));
}

}  // namespace

http::Response get_ders(State& state, Exchange& exchange) {
    sep::DERList record;
    record.href = sep::Maybe<sep::Href>(state.href(*exchange.device, "/der"));
    record.pollRate = sep::Maybe<std::uint32_t>(state.slow_poll_s(*exchange.device));
    std::vector<sep::DER> members{der_record(state, *exchange.device)};
    fill_page(record, record.DER, std::move(members), exchange.query, state.policy.page);
    return found(record);
}

http::Response get_der(State& state, Exchange& exchange) {
    return found(der_record(state, *exchange.device));
}

http::Response get_capability(State& state, Exchange& exchange) {
    return get_part(state, exchange, exchange.device->capability, "/der/1/dercap");
}

http::Response put_capability(State& state, Exchange& exchange) {
    sep::DERCapability posted;
    if (auto failure = read_capability(exchange, posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    Device& device = *exchange.device;
    if (device.record.in_band) {
        const ResourceKind kind = kind_of_type(posted.type, device.kind());
        if (kind != device.kind()) {
            device.record.kind = static_cast<std::uint8_t>(kind);
            keep(exchange.changes, device.record);
            announce(device, state, exchange.changes);
        }
    }
    const Ratings before = device.ratings();
    store_part(exchange, device.capability, std::move(posted), "dercap");
    update(state, exchange, before);
    return no_content();
}

http::Response get_settings(State& state, Exchange& exchange) {
    return get_part(state, exchange, exchange.device->settings, "/der/1/derg");
}

http::Response put_settings(State& state, Exchange& exchange) {
    sep::DERSettings posted;
    if (auto failure = read_body(exchange, "DERSettings", posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());  // S-ALL-55: and nothing changes
    }
    const Ratings before = exchange.device->ratings();
    store_part(exchange, exchange.device->settings, std::move(posted), "derg");
    update(state, exchange, before);
    return no_content();
}

http::Response get_status(State& state, Exchange& exchange) {
    return get_part(state, exchange, exchange.device->status, "/der/1/ders");
}

http::Response put_status(State& state, Exchange& exchange) {
    sep::DERStatus posted;
    if (auto failure = read_body(exchange, "DERStatus", posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    report_alarms(exchange, posted);
    report_state_of_charge(exchange, posted);
    store_part(exchange, exchange.device->status, std::move(posted), "ders");
    announce(*exchange.device, state, exchange.changes);
    return no_content();
}

http::Response get_availability(State& state, Exchange& exchange) {
    return get_part(state, exchange, exchange.device->availability, "/der/1/dera");
}

http::Response put_availability(State& state, Exchange& exchange) {
    sep::DERAvailability posted;
    if (auto failure = read_body(exchange, "DERAvailability", posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    store_part(exchange, exchange.device->availability, std::move(posted), "dera");
    return no_content();
}

}  // namespace busbar::ieee2030_5
