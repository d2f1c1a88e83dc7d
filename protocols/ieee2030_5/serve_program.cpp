// DERProgram with its controls, and the Responses to them.
#include <algorithm>

#include "protocols/ieee2030_5/acknowledgement.hpp"
#include "protocols/ieee2030_5/publisher.hpp"
#include "protocols/ieee2030_5/resources.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

sep::DERProgram program_record(const State& state, const Device& device, std::int64_t now_s) {
    const auto shown = shown_controls(device, now_s);
    const auto running =
        std::count_if(shown.begin(), shown.end(), [&](const auto* control) { return is_running(*control, now_s); });
    sep::DERProgram record;
    record.href = sep::Maybe<sep::Href>(state.href(device, "/derp/1"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.mRID = state.mrid(mrid_program, device.record.number, 1);
    record.description = wire::Text<32>("dispatch");
    record.ActiveDERControlListLink =
        list_link_to(state.href(device, "/derp/1/actderc"), static_cast<std::size_t>(running));
    record.DefaultDERControlLink = link_to(state.href(device, "/derp/1/dderc"));
    record.DERControlListLink = list_link_to(state.href(device, "/derp/1/derc"), shown.size());
    record.primacy = state.policy.primacy;
    return record;
}

// Order: interval.start ascending, creationTime descending, mRID descending.
bool before(const ControlRecord* a, const ControlRecord* b) {
    if (a->start_s != b->start_s) return a->start_s < b->start_s;
    if (a->created_s != b->created_s) return a->created_s > b->created_s;
    return a->mrid > b->mrid;
}

http::Response control_list(const State& state, Exchange& exchange, std::string_view path,
                            bool (*wanted)(const ControlRecord&, std::int64_t)) {
    constexpr std::size_t list_bytes = 256, control_bytes = 896;
    const Device& device = *exchange.device;
    const ListQuery& query = exchange.query;
    const std::int64_t now_s = exchange.now_s();
    auto members = shown_controls(device, now_s);
    std::erase_if(members, [&](const auto* control) { return !wanted(*control, now_s); });
    const auto all = static_cast<std::uint32_t>(members.size());
    if (query.after) std::erase_if(members, [&](const auto* control) { return control->start_s <= *query.after; });
    std::sort(members.begin(), members.end(), before);
    const std::size_t first = std::min<std::size_t>(query.start, members.size());
    const std::size_t count = std::min<std::size_t>({query.limit, state.policy.page, members.size() - first});

    sep::DERControlList record;
    record.href = sep::Maybe<sep::Href>(state.href(device, path));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.all = sep::Maybe<std::uint32_t>(all);
    record.results = sep::Maybe<std::uint32_t>(static_cast<std::uint32_t>(count));
    record.DERControl.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
        record.DERControl.push_back(control_record(state, device, *members[first + i]));
    }
    return found(record, "", list_bytes + count * control_bytes);
}

sep::ResponseSet response_set_record(const State& state, const Device& device) {
    const std::string href = state.policy.prefix + "/rsps/" + std::to_string(device.record.number);
    sep::ResponseSet record;
    record.href = sep::Maybe<sep::Href>(href);
    record.mRID = state.mrid(mrid_response_set, device.record.number, 1);
    record.ResponseListLink = list_link_to(href + "/rsp", device.responses.size());
    return record;
}

std::string response_href(const State& state, const Device& device, std::uint32_t number) {
    return state.policy.prefix + "/rsps/" + std::to_string(device.record.number) + "/rsp/" + std::to_string(number);
}

// What is wrong with a Response of this device, in words (S-ALL-57), or the control that it is about.
struct Subject {
    ControlRecord* control = nullptr;
    std::string words;
};
Subject subject_of(Device& device, const sep::Response& response) {
    if (!same_hex(response.endDeviceLFDI, device.record.lfdi)) return {nullptr, "endDeviceLFDI is not this device"};
    if (!response.status || !is_control_response(*response.status)) {
        return {nullptr, "status " + (response.status ? std::to_string(*response.status) : "") +
                             " is no response to a DERControl (Table 27)"};
    }
    for (auto* controls : {&device.controls, &device.past}) {
        for (auto& entry : *controls) {
            if (same_hex(entry.second.mrid, response.subject)) return {&entry.second, ""};
        }
    }
    return {nullptr, "subject names no control of this device"};
}

// A Response in the field comes as DERControlResponse, or as Response with or without xsi:type.
wire::Failure read_response(const Exchange& exchange, sep::Response& response, const Policy& policy) {
    const wire::Failure failure = read_body(exchange, "DERControlResponse", response, policy);
    if (!failure || failure->fault != wire::Fault::unknown_type) return failure;
    return read_body(exchange, "Response", response, policy);
}

}  // namespace

http::Response get_programs(State& state, Exchange& exchange) {
    sep::DERProgramList record;
    record.href = sep::Maybe<sep::Href>(state.href(*exchange.device, "/derp"));
    record.subscribable = sep::Maybe<std::uint8_t>(0);
    record.pollRate = sep::Maybe<std::uint32_t>(state.poll_s(*exchange.device));
    std::vector<sep::DERProgram> members{program_record(state, *exchange.device, exchange.now_s())};
    fill_page(record, record.DERProgram, std::move(members), exchange.query, state.policy.page);
    return found(record);
}

http::Response get_program(State& state, Exchange& exchange) {
    return found(program_record(state, *exchange.device, exchange.now_s()));
}

http::Response get_controls(State& state, Exchange& exchange) {
    return control_list(state, exchange, "/derp/1/derc", is_visible);
}

http::Response get_active_controls(State& state, Exchange& exchange) {
    return control_list(state, exchange, "/derp/1/actderc", is_running);
}

http::Response get_control(State& state, Exchange& exchange) {
    const auto control = exchange.device->controls.find(exchange.id);
    if (control == exchange.device->controls.end() || !is_visible(control->second, exchange.now_s())) {
        return not_found(exchange);
    }
    return found(control_record(state, *exchange.device, control->second));
}

http::Response get_default_control(State& state, Exchange& exchange) {
    return found(default_control(state, *exchange.device));
}

http::Response get_response_sets(State& state, Exchange& exchange) {
    sep::ResponseSetList record;
    record.href = sep::Maybe<sep::Href>(state.policy.prefix + "/rsps");
    record.pollRate = sep::Maybe<std::uint32_t>(state.slow_poll_s(*exchange.device));
    std::vector<sep::ResponseSet> members{response_set_record(state, *exchange.device)};
    fill_page(record, record.ResponseSet, std::move(members), exchange.query, state.policy.page);
    return found(record);
}

// Of the Response that says the same of the same control at the same second: sent again, because the answer to the
// first was lost. 0: none.
std::uint32_t number_of_same(const Device& device, const sep::Response& response) {
    if (!response.createdDateTime) return 0;
    for (const auto& [number, known] : device.responses) {
        if (known.subject == response.subject && known.status == response.status &&
            known.createdDateTime == response.createdDateTime) {
            return number;
        }
    }
    return 0;
}

// The oldest make room.
void keep_response(const State& state, Device& device, std::uint32_t number, sep::Response response,
                   model::Changes& changes) {
    response.href.value.reset();
    keep(changes, folder::responses, device.record.number, std::to_string(number), response);
    device.responses[number] = std::move(response);
    while (device.responses.size() > state.policy.responses) {
        const auto oldest = device.responses.begin();
        forget(changes, folder::responses, std::to_string(device.record.number) + "/" + std::to_string(oldest->first));
        device.responses.erase(oldest);
    }
}

http::Response get_response_set(State& state, Exchange& exchange) {
    return found(response_set_record(state, *exchange.device));
}

http::Response get_responses(State& state, Exchange& exchange) {
    const Device& device = *exchange.device;
    sep::ResponseList record;
    record.href = sep::Maybe<sep::Href>(state.policy.prefix + "/rsps/" + std::to_string(device.record.number) + "/rsp");
    std::vector<sep::Response> members;
    for (const auto& [number, response] : device.responses) {
        members.push_back(response);
        members.back().href = sep::Maybe<sep::Href>(response_href(state, device, number));
    }
    std::stable_sort(members.begin(), members.end(), [](const sep::Response& a, const sep::Response& b) {
        return a.createdDateTime.value_or(0) > b.createdDateTime.value_or(0);
    });
    fill_page(record, record.Response, std::move(members), exchange.query, state.policy.page);
    return found(record);
}

http::Response post_response(State& state, Exchange& exchange) {
    sep::Response response;
    if (auto failure = read_response(exchange, response, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    Device& device = *exchange.device;
    const Subject subject = subject_of(device, response);
    if (!subject.control) return refuse(exchange, 400, Reason::invalid_values, subject.words);

    const std::uint8_t status = *response.status;
    std::uint32_t number = number_of_same(device, response);
    if (number == 0) {
        number = ++device.record.last_response;
        keep_response(state, device, number, std::move(response), exchange.changes);
    }
    take_response(state, device, *subject.control, status, exchange.now, exchange.changes);
    keep(exchange.changes, device.record);
    return created(response_href(state, device, number));
}

http::Response get_response(State& state, Exchange& exchange) {
    const auto response = exchange.device->responses.find(exchange.id);
    if (response == exchange.device->responses.end()) return not_found(exchange);
    sep::Response record = response->second;
    record.href = sep::Maybe<sep::Href>(response_href(state, *exchange.device, exchange.id));
    return found(record, "DERControlResponse");
}

}  // namespace busbar::ieee2030_5
