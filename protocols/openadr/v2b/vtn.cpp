#include "protocols/openadr/v2b/vtn.hpp"

#include <algorithm>
#include <tuple>

#include "protocols/openadr/v2b/translate.hpp"

namespace busbar::openadr::v2b {

namespace {

EiResponse response_of(Code code, const Id& request_id) {
    EiResponse response;
    response.responseCode = Text<3, 3>(text_of(code));
    response.responseDescription = Words(code == Code::ok ? "OK" : "refused");
    response.requestID = request_id;
    return response;
}

http::Response xml(std::string body) {
    return {200, {{"Content-Type", "application/xml"}}, std::move(body)};
}

// Where each payload of a VEN belongs (table of services).
std::string_view service_of(std::string_view payload) {
    if (payload == "oadrPoll") return "OadrPoll";
    if (payload == "oadrRequestEvent" || payload == "oadrCreatedEvent") return "EiEvent";
    if (payload.find("Opt") != std::string_view::npos) return "EiOpt";
    if (payload.find("Report") != std::string_view::npos) return "EiReport";
    return "EiRegisterParty";
}

std::string status_at(const OadrEvent& event, model::Us now) {
    const model::Us start = event.eiEvent.eiActivePeriod.properties.dtstart.date_time.us;
    if (event.eiEvent.eventDescriptor.eventStatus == "cancelled") return "cancelled";
    if (now >= end_of(event.eiEvent)) return "completed";
    return now >= start ? "active" : "far";  // rule 13
}

}  // namespace

OadrEvent to_event(const EventPlan& plan, model::Us now) {
    OadrEvent out;
    out.oadrResponseRequired = plan.response_required ? "always" : "never";
    EiEvent& event = out.eiEvent;
    event.eventDescriptor.eventID = Id(plan.id);
    event.eventDescriptor.priority = plan.priority;
    event.eventDescriptor.eiMarketContext.marketContext = Words(plan.market_context);
    event.eventDescriptor.createdDateTime = DateTime(now);
    event.eventDescriptor.eventStatus = "far";
    event.eventDescriptor.testEvent = Words(plan.test ? "true" : "false");
    Properties& properties = event.eiActivePeriod.properties;
    properties.dtstart.date_time = DateTime(plan.start_us);
    if (plan.start_after_us > 0) properties.tolerance.emplace().tolerate.startafter = Duration(plan.start_after_us);
    properties.x_eiNotification.emplace();  // rule 105
    event.eiActivePeriod.components.emplace();
    EiEventSignal& signal = event.eiEventSignals.eiEventSignal.emplace_back();
    signal.signalName = Id(plan.signal_name);
    signal.signalType = Id(plan.signal_type);
    signal.signalID = "0";
    if (plan.signal_name == "LOAD_DISPATCH" && plan.signal_type != "multiplier") {
        signal.powerReal = PowerItem{Id("RealPower"), Id("W"), Text<8>("k"), {50, 230, true}};
    }
    for (const auto& [duration, value] : plan.intervals) {
        Interval& interval = signal.intervals.interval.emplace_back();
        interval.duration.emplace().duration = Duration(duration);
        interval.uid.emplace().text = Id(std::to_string(signal.intervals.interval.size() - 1));  // rule 2
        interval.signalPayload.emplace_back().payloadFloat = PayloadFloat{value};
        properties.duration.duration.us += duration;  // rule 8
    }
    for (const std::string& group : plan.group_ids) event.eiTarget.groupID.push_back(Id(group));
    return out;
}

Vtn::Vtn(VtnSettings settings) : settings_(std::move(settings)) {}

// ---- what the utility does
// -------------------------------------------------------------------------------------------

void Vtn::put_event(OadrEvent event) {
    EventDescriptor& descriptor = event.eiEvent.eventDescriptor;
    const auto known = events_.find(descriptor.eventID);
    if (known != events_.end()) {
        descriptor.modificationNumber = known->second.eiEvent.eventDescriptor.modificationNumber + 1;  // rule 5
    }
    const std::string id = descriptor.eventID;
    events_.insert_or_assign(id, std::move(event));
    events_changed_ = true;
}

void Vtn::cancel_event(const std::string& id) {
    const auto known = events_.find(id);
    if (known == events_.end()) return;
    EventDescriptor& descriptor = known->second.eiEvent.eventDescriptor;
    descriptor.eventStatus = "cancelled";
    ++descriptor.modificationNumber;
    events_changed_ = true;
}

void Vtn::drop_event(const std::string& id) {
    events_.erase(id);
    events_changed_ = true;
}

void Vtn::push(Payload payload) {
    waiting_.push_back(std::move(payload));
}

std::optional<Vtn::Response> Vtn::last_response(const std::string& event_id) const {
    const auto last = std::find_if(responses_.rbegin(), responses_.rend(),
                                   [&](const Response& response) { return response.event_id == event_id; });
    return last == responses_.rend() ? std::nullopt : std::optional(*last);
}

// ---- answers
// -----------------------------------------------------------------------------------------------------------

http::Response Vtn::handle(model::Us now, const http::Request& request) {
    const std::string base = settings_.path_prefix + "/OpenADR2/Simple/2.0b/";
    if (!request.path().starts_with(base)) return {404, {}, {}};
    if (request.method != "POST") return {501, {}, {}};
    if (!request.header("content-type").starts_with("application/xml")) return {406, {}, {}};
    const std::string service(request.path().substr(base.size()));
    Message message;
    if (const wire::Failure failure = read_message(request.body, message)) {
        return {406, {{"Content-Type", "text/plain"}}, failure->text()};
    }
    log_.emplace_back(name_of(message.payload));
    Message reply;
    reply.wrapped = message.wrapped;  // in kind
    reply.payload = answer(now, service, message.payload);
    return xml(write_message(reply));
}

Payload Vtn::response(Code code, const Id& request_id) const {
    Payload p;
    p.oadrResponse.emplace().eiResponse = response_of(code, request_id);
    if (!ven_id_.empty()) p.oadrResponse->venID = Id(ven_id_);
    return p;
}

Payload Vtn::answer(model::Us now, const std::string& service, const Payload& p) {
    if (service != service_of(name_of(p))) return response(Code::compliance_other, Id());
    if (p.oadrQueryRegistration) return created_registration(nullptr, p.oadrQueryRegistration->requestID);
    if (p.oadrCreatePartyRegistration) {
        return created_registration(&*p.oadrCreatePartyRegistration, p.oadrCreatePartyRegistration->requestID);
    }
    if (!registered()) return response(Code::not_registered, Id());
    if (p.oadrPoll) return p.oadrPoll->venID == ven_id_ ? poll(now) : response(Code::invalid_id, Id());
    if (p.oadrRequestEvent) return distribute_event(now, p.oadrRequestEvent->eiRequestEvent.requestID);
    if (p.oadrRegisterReport) return registered_report(*p.oadrRegisterReport);
    if (p.oadrCreatedEvent && p.oadrCreatedEvent->eiCreatedEvent.eventResponses) {
        for (const EventResponse& seen : p.oadrCreatedEvent->eiCreatedEvent.eventResponses->eventResponse) {
            responses_.push_back({seen.qualifiedEventID.eventID, seen.qualifiedEventID.modificationNumber,
                                  seen.responseCode, seen.optType});
            const auto known =
                events_.find(seen.qualifiedEventID.eventID);  // rule 52: acknowledged, it need not be resent
            if (known != events_.end() && status_at(known->second, now) == "cancelled") events_.erase(known);
        }
        return response(Code::ok, Id());
    }
    if (p.oadrUpdateReport) {
        reports_.insert(reports_.end(), p.oadrUpdateReport->oadrReport.begin(), p.oadrUpdateReport->oadrReport.end());
        Payload reply;
        reply.oadrUpdatedReport.emplace().eiResponse = response_of(Code::ok, p.oadrUpdateReport->requestID);
        reply.oadrUpdatedReport->venID = Id(ven_id_);
        return reply;
    }
    if (p.oadrCancelPartyRegistration) {
        Payload reply;
        reply.oadrCanceledPartyRegistration.emplace().eiResponse =
            response_of(Code::ok, p.oadrCancelPartyRegistration->requestID);
        reply.oadrCanceledPartyRegistration->registrationID = p.oadrCancelPartyRegistration->registrationID;
        reply.oadrCanceledPartyRegistration->venID = Id(ven_id_);
        registration_id_.clear();
        return reply;
    }
    return response(Code::ok, Id());
}

Payload Vtn::created_registration(const OadrCreatePartyRegistration* create, const Id& request_id) {
    if (create) {
        const bool renews = create->registrationID && *create->registrationID == registration_id_ && registered();
        if (!renews) {  // rule 406
            ++registrations_;
            registration_id_ = "registration-" + std::to_string(registrations_);
            ven_id_ = create->venID ? std::string(*create->venID) : "ven-" + std::to_string(registrations_);
        }
    }
    Payload p;
    OadrCreatedPartyRegistration& created = p.oadrCreatedPartyRegistration.emplace();
    created.eiResponse = response_of(Code::ok, request_id);
    if (create) {
        created.registrationID = Id(registration_id_);
        created.venID = Id(ven_id_);
    }
    created.vtnID = Id(settings_.vtn_id);
    OadrProfile& profile = created.oadrProfiles.emplace().oadrProfile.emplace_back();
    profile.oadrProfileName = "2.0b";
    profile.oadrTransports.oadrTransport.push_back({Text<16>("simpleHttp")});
    created.oadrRequestedOadrPollFreq.emplace().duration = Duration(settings_.poll_us);
    return p;
}

Payload Vtn::distribute_event(model::Us now, const Id& request_id) {
    Payload p;
    OadrDistributeEvent& out = p.oadrDistributeEvent.emplace();
    out.eiResponse = response_of(Code::ok, request_id);  // rule 40
    out.requestID = Id("distribute-" + std::to_string(++requests_));
    out.vtnID = Id(settings_.vtn_id);
    for (const auto& [id, event] : events_) {
        OadrEvent sent = event;
        sent.eiEvent.eventDescriptor.eventStatus = Text<16>(status_at(event, now));
        sent.eiEvent.eventDescriptor.createdDateTime = DateTime(now);  // rule 115
        out.oadrEvent.push_back(std::move(sent));
    }
    const auto rank = [](const OadrEvent& event) {  // rule 15: active first, by priority, by start
        const EventDescriptor& d = event.eiEvent.eventDescriptor;
        const std::uint32_t priority = d.priority.value_or(0);
        return std::tuple(d.eventStatus != "active", priority == 0 ? 0xffff'ffffU : priority,
                          event.eiEvent.eiActivePeriod.properties.dtstart.date_time.us);
    };
    std::stable_sort(out.oadrEvent.begin(), out.oadrEvent.end(),
                     [&](const OadrEvent& a, const OadrEvent& b) { return rank(a) < rank(b); });
    events_changed_ = false;
    return p;
}

Payload Vtn::registered_report(const OadrRegisterReport& p) {
    metadata_.assign(p.oadrReport.begin(), p.oadrReport.end());  // rule 306
    Payload reply;
    OadrRegisteredReport& registered = reply.oadrRegisteredReport.emplace();
    registered.eiResponse = response_of(Code::ok, p.requestID);
    registered.venID = Id(ven_id_);
    for (const OadrReport& offered : p.oadrReport) {
        if (!settings_.request_reports) break;
        OadrReportRequest& request = registered.oadrReportRequest.emplace_back();
        request.reportRequestID = Id("request-" + std::to_string(++requests_));
        request.reportSpecifier.reportSpecifierID = offered.reportSpecifierID;
        request.reportSpecifier.granularity.duration = Duration(settings_.granularity_us);
        request.reportSpecifier.reportBackDuration.duration = Duration(settings_.report_back_us);
        for (const OadrReportDescription& description : offered.oadrReportDescription) {
            SpecifierPayload& wanted = request.reportSpecifier.specifierPayload.emplace_back();
            wanted.rID = description.rID;
            wanted.readingType = "x-notApplicable";  // rule 338
        }
    }
    return reply;
}

// Rules 500 and 502: one payload a poll, events only if their content has changed.
Payload Vtn::poll(model::Us now) {
    if (!waiting_.empty()) {
        Payload first = std::move(waiting_.front());
        waiting_.pop_front();
        return first;
    }
    return events_changed_ ? distribute_event(now, Id()) : response(Code::ok, Id());
}

}  // namespace busbar::openadr::v2b
