#include "protocols/ieee2030_5/server.hpp"

#include <algorithm>
#include <cctype>

#include "protocols/ieee2030_5/acknowledgement.hpp"
#include "protocols/ieee2030_5/publisher.hpp"
#include "protocols/ieee2030_5/resources.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::Us;

std::string lower_case(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The media type of a header's member, without its parameters.
std::string media_type_of(std::string_view member) {
    return lower_case(trimmed(member.substr(0, member.find(';'))));
}

// No Accept at all is taken as anything; q=0 refuses.
bool accepts(std::string_view header) {
    if (header.empty() || header == media_type) return true;
    while (!header.empty()) {
        const std::size_t comma = header.find(',');
        const std::string_view member = header.substr(0, comma);
        const std::string type = media_type_of(member);
        const std::string parameters = lower_case(member);
        const bool none = parameters.find("q=0") != std::string::npos && parameters.find("q=0.") == std::string::npos;
        if (!none && (type == media_type || type == "application/*" || type == "*/*")) return true;
        header = comma == std::string_view::npos ? std::string_view() : header.substr(comma + 1);
    }
    return false;
}

bool is_readable(std::string_view content_type) {
    const std::string type = media_type_of(content_type);
    return type.empty() || type == media_type || type == "application/xml" || type == "text/xml";
}

bool is_reading(std::string_view method) {
    return method == "GET" || method == "HEAD";
}

bool is_known_method(std::string_view method) {
    return method == "GET" || method == "HEAD" || method == "PUT" || method == "POST" || method == "DELETE";
}

// What an unknown device may do where registration is open.
bool open_to_unknown(const ResourceRow& row, std::string_view method) {
    const bool reading = is_reading(method);
    if (row.name == "EndDeviceList") return reading || method == "POST";
    return reading && (row.name == "DeviceCapability" || row.name == "Time" || row.name == "MirrorUsagePointList");
}

void touch(State& state, Device& device, Us now, model::Changes& changes) {
    device.last_seen_us = now;
    if (device.record.connected) return;
    device.record.connected = true;
    keep(changes, device.record);
    announce(device, state, changes);
}

bool within_rate(const State& state, Device& device, Us now) {
    if (now >= device.writes_since_us + model::minute_us || now < device.writes_since_us) {
        device.writes_since_us = now;
        device.writes = 0;
    }
    return ++device.writes <= state.policy.writes_per_minute;
}

std::optional<http::Response> refused_by_headers(State& state, Exchange& exchange) {
    if (!accepts(exchange.request.header("Accept"))) {
        return refuse(exchange, 406, Reason::invalid_format, "only application/sep+xml is spoken here");
    }
    const bool writes = exchange.request.method == "PUT" || exchange.request.method == "POST";
    if (writes && !is_readable(exchange.request.header("Content-Type"))) {
        return refuse(exchange, 415, Reason::invalid_format, "only application/sep+xml is read here");
    }
    if (exchange.request.body.size() > state.policy.body) {
        return refuse(exchange, 413, Reason::resource_limit, "at most " + std::to_string(state.policy.body) + " bytes");
    }
    return std::nullopt;
}

// The resource is there, the method offered, the caller its owner: the handler and what it needs.
http::Response serve(State& state, Exchange& exchange, const Match& match) {
    const Handler handler = handler_of(*match.row, exchange.request.method);
    if (!handler) {
        http::Response response = refuse(exchange, 405, Reason::invalid_values, "not allowed here");
        response.headers.emplace_back("Allow", allowed_methods(*match.row));
        return response;
    }
    if (auto refusal = refused_by_headers(state, exchange)) return *refusal;
    const bool reading = is_reading(exchange.request.method);
    if (!reading && exchange.device && !within_rate(state, *exchange.device, exchange.now)) {
        return refuse(exchange, 429, Reason::too_often, "too many requests in a minute");
    }
    if (match.row->list && reading) {
        const auto query = list_query(exchange.request.query(), match.row->after);
        if (!query)
            return refuse(exchange, 400, Reason::invalid_values, "s, l and a are whole numbers, s and l not negative");
        exchange.query = *query;
    }
    exchange.id = match.id;
    http::Response response = handler(state, exchange);
    if (!exchange.device) return response;
    if (reading && match.row->keep == Keep::bytes && response.status == 200) {
        keep_rendered(state, *exchange.device, exchange.request.target, response.body);
    }
    if (!reading && match.row->keep != Keep::aside) changed(state, *exchange.device);
    return response;
}

// What the same target was answered with, if that is kept.
std::optional<http::Response> kept_answer(State& state, Exchange& exchange) {
    if (!exchange.device || !is_reading(exchange.request.method)) return std::nullopt;
    const std::string* body = rendered(*exchange.device, exchange.request.target);
    if (!body) return std::nullopt;
    if (auto refusal = refused_by_headers(state, exchange)) return refusal;
    return found_body(*body);
}

http::Response route(State& state, Exchange& exchange) {
    if (!is_known_method(exchange.request.method)) {
        return refuse(exchange, 501, Reason::invalid_format, "unknown method");
    }
    if (auto kept = kept_answer(state, exchange)) return std::move(*kept);
    std::string_view path = exchange.request.path();
    const bool ours = path.starts_with(state.policy.prefix);
    if (ours) path.remove_prefix(state.policy.prefix.size());
    const Match match = ours ? match_path(path) : Match{};
    const bool open =
        match.row && state.policy.in_band_registration && open_to_unknown(*match.row, exchange.request.method);
    if (!exchange.device && !open) {
        note(exchange.changes, model::Severity::security, "unknown_device", exchange.caller.lfdi,
             "not enrolled; asked from " + exchange.caller.address);
        sep::Error error;
        error.reasonCode = static_cast<std::uint16_t>(Reason::invalid_values);
        http::Response response = found(error);
        response.status = 403;
        return response;
    }
    if (match.row && match.device != 0 && match.device != exchange.device->record.number) {
        if (state.devices.contains(match.device)) {
            note(exchange.changes, model::Severity::security, "foreign_resource", exchange.caller.lfdi,
                 "asked for " + std::string(exchange.request.path()) + ", which is another device's");
        }
        return not_found(exchange);
    }
    return match.row ? serve(state, exchange, match) : not_found(exchange);
}

Policy checked(Policy policy) {
    while (policy.prefix.ends_with('/')) policy.prefix.pop_back();
    if (!policy.prefix.empty() && policy.prefix.front() != '/') policy.prefix.insert(0, 1, '/');
    return policy;
}

std::string resource_of(const model::Enrolment& enrolment) {
    return enrolment.resource.empty() ? lower_case(enrolment.id) : enrolment.resource;
}

}  // namespace

struct Server::Implementation {
    State state;
};

Server::Server(Policy policy) : implementation_(new Implementation{State(checked(std::move(policy)))}) {}
Server::~Server() = default;
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;

void Server::enrol(Us now, const model::Enrolment& enrolment, model::Changes& changes) {
    State& state = implementation_->state;
    if (!is_lfdi(enrolment.id)) {
        note(changes, model::Severity::warning, "bad_enrolment", enrolment.id, "an LFDI has 40 hexadecimal digits");
        return;
    }
    const std::string resource = resource_of(enrolment);
    Device* device = state.device_of(enrolment.id);
    if (const Device* other = state.device_of_resource(resource); other && other != device) {
        note(changes, model::Severity::warning, "bad_enrolment", enrolment.id,
             "resource " + resource + " is another device's");
        return;
    }
    if (!device) device = &add_device(state, now, enrolment.id, resource, changes);
    const DeviceRecord before = device->record;
    const Ratings ratings = device->ratings();
    if (before.resource != resource) {
        state.by_resource.erase(before.resource);
        state.by_resource[resource] = before.number;
    }
    device->record.resource = resource;
    device->record.node = enrolment.node;
    device->record.kind = static_cast<std::uint8_t>(enrolment.kind);
    device->record.name = enrolment.name;
    device->record.pin = enrolment.pin != 0 ? enrolment.pin : state.policy.default_pin;
    device->record.rated_import_mw = enrolment.rated_import_mw;
    device->record.rated_export_mw = enrolment.rated_export_mw;
    device->record.poll_us = enrolment.poll_us;
    device->record.in_band = false;
    if (wire::to_json(before) != wire::to_json(device->record)) device->record.changed_s = seconds_of(now);
    keep(changes, device->record);
    if (before.kind != device->record.kind || ratings != device->ratings())
        ratings_changed(state, *device, now, changes);
    changed(state, *device);
    announce(*device, state, changes);
    schedule(state, *device);
}

void Server::remove(Us, std::string_view lfdi, model::Changes& changes) {
    State& state = implementation_->state;
    Device* device = state.device_of(lfdi);
    if (!device) return;
    model::Input input;
    input.resource_gone = device->record.resource;
    forget_device(state, *device, changes);
    changes.inputs.push_back(std::move(input));
}

http::Response Server::handle(Us now, const Caller& caller, const http::Request& request, model::Changes& changes) {
    State& state = implementation_->state;
    Exchange exchange{now, caller, request, changes, state.device_of(caller.lfdi), 0, {}};
    if (exchange.device) {
        touch(state, *exchange.device, now, changes);
        advance(state, *exchange.device, now, changes);
    }
    http::Response response = route(state, exchange);
    if (exchange.device) schedule(state, *exchange.device);
    if (request.method == "HEAD") response.body.clear();
    return response;
}

void Server::send(Us now, const model::Command& command, model::Changes& changes) {
    State& state = implementation_->state;
    if (Device* device = state.device_of_resource(command.resource)) {
        publish(state, *device, now, command, changes);
        return;
    }
    model::Input input;
    input.ack = model::Ack{command.id, command.resource, model::AckState::rejected, now, "no such device"};
    changes.inputs.push_back(std::move(input));
}

void Server::tick(Us now, model::Changes& changes) {
    State& state = implementation_->state;
    while (!state.agenda.empty() && state.agenda.begin()->first <= now) {
        Device& device = state.devices.at(state.agenda.begin()->second);
        advance(state, device, now, changes);
        report_absence(state, device, now, changes);
        schedule(state, device);
        if (device.due_us > now) continue;
        // Whatever is due and does not go away is looked at again a second later.
        state.agenda.erase({device.due_us, device.record.number});
        device.due_us = now + model::second_us;
        state.agenda.insert({device.due_us, device.record.number});
    }
}

Us Server::next_due() const {
    const auto& agenda = implementation_->state.agenda;
    return agenda.empty() ? model::never : agenda.begin()->first;
}

bool Server::knows_resource(std::string_view resource) const {
    return implementation_->state.device_of_resource(resource) != nullptr;
}

wire::Failure Server::restore(const model::Document& document) {
    return ieee2030_5::restore(implementation_->state, document);
}

}  // namespace busbar::ieee2030_5
