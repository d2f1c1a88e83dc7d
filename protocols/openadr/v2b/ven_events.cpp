// EiEvent at the VEN: which events are new, changed, cancelled or gone, and what is answered to each.
//
// Every oadrDistributeEvent is the complete set of events (rule 50). Rules 56 to 61: unknown: add; higher
// modificationNumber: replace; lower: error 450; cancelled: cancel; missing: cancelled too, without a word.
#include <algorithm>
#include <set>

#include "protocols/openadr/v2b/ven_state.hpp"

namespace busbar::openadr::v2b {

namespace {

bool wants_answer(const OadrEvent& event) {
    return event.oadrResponseRequired != "never";
}

const EventDescriptor& descriptor_of(const OadrEvent& event) {
    return event.eiEvent.eventDescriptor;
}

Answer plain_answer(const OadrEvent& event, const std::string& request_id, Code code = Code::ok,
                    std::string description = "OK") {
    const EventDescriptor& descriptor = descriptor_of(event);
    return {descriptor.eventID, descriptor.modificationNumber, request_id, code, std::move(description), false};
}

}  // namespace

TranslateOptions Ven::State::translate_options() const {
    TranslateOptions options;
    options.source = policy.name;
    options.ven_id = registration.venID;
    options.market_contexts = policy.market_contexts;
    options.targets = policy.targets;
    options.everything = policy.everything;
    options.delta_is_reduction = policy.delta_is_reduction;
    return options;
}

void Ven::State::keep_event(const KnownEvent& known, model::Changes& changes) {
    const Id& id = descriptor_of(known.event).eventID;
    changes.documents.push_back({folder(), "event:" + id, wire::to_json(known)});
}

void Ven::State::forget_event(const std::string& id, model::Changes& changes) {
    events.erase(id);
    changes.documents.push_back({folder(), "event:" + id, ""});
}

void Ven::State::distribute(model::Us now, const OadrDistributeEvent& p, model::Changes& changes) {
    if (!registration.vtnID.empty() && p.vtnID != registration.vtnID) {  // rule 21
        notice(changes, model::Severity::security, "wrong_vtn_id",
               "events were sent by another VTN than the one we know");
        Payload reply;
        EiCreatedEvent& created = reply.oadrCreatedEvent.emplace().eiCreatedEvent;
        created.eiResponse =
            response_of(Code::invalid_id, p.requestID, "this vtnID is not the one of our registration");
        created.venID = registration.venID;
        return enqueue("EiEvent", std::move(reply));
    }
    for (const OadrEvent& event : p.oadrEvent) take_event(now, event, p.requestID, changes);
    cancel_missing(now, p, changes);
}

void Ven::State::take_event(model::Us now, const OadrEvent& event, const std::string& request_id,
                            model::Changes& changes) {
    const EventDescriptor& descriptor = descriptor_of(event);
    const auto at = events.find(descriptor.eventID);
    KnownEvent* known = at == events.end() ? nullptr : &at->second;
    if (known) known->requestID = Text<256>(request_id);
    if (known && descriptor.modificationNumber < descriptor_of(known->event).modificationNumber) {  // rule 58
        notice(changes, model::Severity::warning, "stale_event",
               "event " + descriptor.eventID + " has a lower modificationNumber");
        if (wants_answer(event)) {
            answer(plain_answer(event, request_id, Code::out_of_sequence, "lower modificationNumber than before"), now);
        }
        return;
    }
    if (descriptor.eventStatus == "cancelled") {  // rules 59, 60; 36: optIn confirms it
        if (known && known->cancel_us == 0) cancel(now, *known, changes);
        if (wants_answer(event)) answer(plain_answer(event, request_id), now);
        return;
    }
    if (descriptor.eventStatus == "completed") {  // rule 66
        if (wants_answer(event)) answer(plain_answer(event, request_id), now);
        if (known) forget_event(descriptor.eventID, changes);
        return;
    }
    if (!known || descriptor.modificationNumber > descriptor_of(known->event).modificationNumber) {
        return take_new(event, request_id, changes, now);
    }
    if (!wants_answer(event)) return;  // unchanged: rule 12
    Answer same = plain_answer(event, request_id);
    same.follows_core = true;
    answer(std::move(same), known->opt.empty() ? now + policy.opt_wait_us : now);
}

// Rules 56 and 57. What cannot be done is refused, and an earlier revision of it that is running is cancelled.
void Ven::State::take_new(const OadrEvent& event, const std::string& request_id, model::Changes& changes,
                          model::Us now) {
    const std::string id = descriptor_of(event).eventID;
    const auto before = events.find(id);
    if (before == events.end() && events.size() >= policy.max_events) {
        if (wants_answer(event)) {
            answer(plain_answer(event, request_id, Code::deployment_other, "as many events as this VEN can hold"), now);
        }
        return;
    }
    Translation translation = to_model(event, translate_options());
    KnownEvent known;
    known.event = event;
    known.requestID = Text<256>(request_id);
    if (translation.code != Code::ok) {
        if (before != events.end()) tell_cancelled(now, before->second, changes);
        known.opt = "optOut";
        notice(changes, model::Severity::warning, "event_refused", "event " + id + ": " + translation.description);
    } else {
        known.revision = ++revision;
        known.handed_on = true;
        changes.documents.push_back({folder(), "revision", wire::to_json(Counter{revision})});
        model::Input input;
        input.event = std::move(translation.event);
        input.event->revision = known.revision;
        input.event->created_us = descriptor_of(event).createdDateTime.us;
        input.event->modified_us = now;
        changes.inputs.push_back(std::move(input));
    }
    if (wants_answer(event)) {
        Answer reply = plain_answer(event, request_id, translation.code,
                                    translation.code == Code::ok ? "OK" : translation.description);
        reply.follows_core = translation.code == Code::ok;
        answer(std::move(reply), reply.follows_core ? now + policy.opt_wait_us : now);
    }
    const KnownEvent& kept = events.insert_or_assign(id, std::move(known)).first->second;
    keep_event(kept, changes);
}

// Rule 65: what may start late by chance also ends late by chance, so that not everybody comes back at once.
void Ven::State::cancel(model::Us now, KnownEvent& known, model::Changes& changes) {
    const EiEvent& event = known.event.eiEvent;
    const bool active = now >= event.eiActivePeriod.properties.dtstart.date_time.us && now < end_of(event);
    const model::Us window = active && known.handed_on ? start_after(event) : 0;
    if (window > 0) {
        known.cancel_us = now + uniform(window);
        keep_event(known, changes);
        return;
    }
    tell_cancelled(now, known, changes);
    forget_event(std::string(event.eventDescriptor.eventID), changes);
}

void Ven::State::tell_cancelled(model::Us now, const KnownEvent& known, model::Changes& changes) {
    if (!known.handed_on) return;
    model::Input input;
    input.event = to_model(known.event, translate_options()).event;
    input.event->revision = ++revision;
    input.event->created_us = descriptor_of(known.event).createdDateTime.us;
    input.event->modified_us = now;
    input.event->cancelled = true;
    changes.inputs.push_back(std::move(input));
    changes.documents.push_back({folder(), "revision", wire::to_json(Counter{revision})});
}

// Rule 61. An event that is over may go without a word.
void Ven::State::cancel_missing(model::Us now, const OadrDistributeEvent& p, model::Changes& changes) {
    std::set<std::string_view> present;
    for (const OadrEvent& event : p.oadrEvent) present.insert(descriptor_of(event).eventID);
    std::vector<std::string> missing;
    for (const auto& [id, known] : events) {
        if (!present.contains(id) && known.cancel_us == 0) missing.push_back(id);
    }
    for (const std::string& id : missing) {
        KnownEvent& known = events.at(id);
        if (end_of(known.event.eiEvent) <= now) {
            forget_event(id, changes);
            continue;
        }
        notice(changes, model::Severity::info, "implied_cancel", "event " + id + " is no longer sent: cancelled");
        cancel(now, known, changes);
    }
}

void Ven::State::tick(model::Us now, model::Changes& changes) {
    std::vector<std::string> due;
    for (const auto& [id, known] : events) {
        if (known.cancel_us > 0 && known.cancel_us <= now) due.push_back(id);
    }
    for (const std::string& id : due) {
        tell_cancelled(now, events.at(id), changes);
        forget_event(id, changes);
    }
}

// ---- answers
// ---------------------------------------------------------------------------------------------------------

void Ven::State::answer(Answer reply, model::Us due) {
    std::erase_if(answers, [&](const Answer& other) { return other.event_id == reply.event_id; });
    if (answers.size() >= max_events) return;
    answers.push_back(std::move(reply));
    answers_due_us = answers.size() == 1 ? due : std::max(answers_due_us, due);
}

// All are decided, or the core has had its time.
bool Ven::State::answers_ready(model::Us now) const {
    if (answers.empty()) return false;
    if (now >= answers_due_us) return true;
    return std::all_of(answers.begin(), answers.end(), [this](const Answer& reply) {
        const auto known = events.find(reply.event_id);
        return !reply.follows_core || known == events.end() || !known->second.opt.empty();
    });
}

Outgoing Ven::State::created_event() {
    Payload payload;
    EiCreatedEvent& created = payload.oadrCreatedEvent.emplace().eiCreatedEvent;
    created.eiResponse = response_of(Code::ok, "");  // rule 42: the request ids stand below
    created.venID = registration.venID;
    EventResponses& responses = created.eventResponses.emplace();
    for (const Answer& reply : answers) {
        EventResponse& response = responses.eventResponse.emplace_back();
        response.responseCode = Text<3, 3>(text_of(reply.code));
        response.responseDescription = Words(reply.description);
        response.requestID = Id(reply.request_id);
        response.qualifiedEventID = {Id(reply.event_id), reply.modification};
        response.optType = reply.code == Code::ok ? "optIn" : "optOut";
        const auto known = events.find(reply.event_id);
        if (known == events.end()) continue;
        if (reply.follows_core && known->second.opt == "optOut") response.optType = "optOut";
        known->second.opt_told = response.optType;
    }
    answers.clear();
    answers_due_us = model::never;
    return {std::move(payload), "EiEvent", 0};
}

void Ven::State::opt(model::Us now, const model::EventOpt& opt, model::Changes& changes) {
    const std::string source = policy.name + ':';
    if (!opt.event.starts_with(source)) return;
    const auto at = events.find(opt.event.substr(source.size()));
    if (at == events.end() || opt.revision != at->second.revision || at->second.cancel_us > 0) return;
    KnownEvent& known = at->second;
    const Text<16> said(opt.state == model::OptState::in ? "optIn" : "optOut");
    if (known.opt == said) return;
    known.opt = said;
    keep_event(known, changes);
    const bool waits =
        std::any_of(answers.begin(), answers.end(), [&](const Answer& reply) { return reply.event_id == at->first; });
    if (waits) {
        if (answers_ready(now)) answers_due_us = now;
        return;
    }
    if (!wants_answer(known.event) || known.opt_told == said) return;
    Answer later = plain_answer(known.event, known.requestID, Code::ok,
                                opt.reason.empty() || opt.reason.size() > 500 ? "OK" : opt.reason);
    later.follows_core = true;
    answer(std::move(later), now);
}

}  // namespace busbar::openadr::v2b
