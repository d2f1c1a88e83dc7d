// Events and reports of the VTN: where OpenADR 3 meets the common model.
#include <algorithm>

#include "protocols/openadr/v3/vtn_state.hpp"

namespace busbar::openadr::v3 {

namespace {

constexpr std::size_t most_gone_events = 1000;

void complete_descriptors(PayloadDescriptors& descriptors, std::string_view type) {
    if (!descriptors) return;
    for (PayloadDescriptor& descriptor : *descriptors) {
        if (!descriptor.objectType) descriptor.objectType = Text<128>(type);
    }
}

}  // namespace

// ---- events --------------------------------------------------------------------------------------------------------

http::Response Vtn::State::list_events(Call& call, Page page) {
    const std::optional<std::string> program = call.parameter("programID");
    const std::optional<std::string> active = call.parameter("active");
    if (active && *active != "true" && *active != "false") {
        return problem(400, "query parameter active: true or false is expected");
    }
    ListAnswer list(page);
    for (const auto& [number, kept] : events.all()) {
        if (program && kept.event.programID != *program) continue;
        if (active == "true" && end_of(kept, policy.translate) <= call.now) continue;  // OA3-12
        Event seen = kept.event;
        if (reveal(call, seen.targets)) list.add(seen);
    }
    return list.answer();
}

http::Response Vtn::State::get_event(Call& call) {
    const EventKeep* kept = events.find(call.path[1]);
    Event seen = kept ? kept->event : Event{};
    if (!kept || !reveal(call, seen.targets)) return not_found(call.path[1]);
    return json_answer(200, wire::to_json(seen));
}

http::Response Vtn::State::write_event(Call& call, bool create) {
    const EventKeep* before = create ? nullptr : events.find(call.path[1]);
    if (!create && !before) return not_found(call.path[1]);
    EventKeep kept;
    Event& event = kept.event;
    if (auto wrong = read_body(call, policy.max_body_bytes, static_cast<EventRequest&>(event))) return *wrong;
    if (!programs.find(event.programID))
        return problem(409, "at /programID: there is no program '" + shown(event.programID) + "'");
    if (create) {
        if (auto refused = full(events.size())) return *refused;
    }
    const std::uint64_t number = create ? take_number(call.changes) : *events.number(call.path[1]);
    event.id = events.id(number);
    event.objectType = "EVENT";
    event.createdDateTime = before ? before->event.createdDateTime : wire::DateTime(call.now);
    event.modificationDateTime = wire::DateTime(call.now);
    complete_descriptors(event.payloadDescriptors, "EVENT_PAYLOAD_DESCRIPTOR");
    kept.revision = before ? before->revision + 1 : 0;
    kept.received_us = call.now;
    kept.opted_out = before && before->opted_out;
    hand_on(kept, before, call.changes);
    const EventKeep& stored = events.put(number, std::move(kept));
    keep(call.changes, events.folder(), stored.event.id, stored);
    return json_answer(create ? 201 : 200, wire::to_json(stored.event));
}

http::Response Vtn::State::delete_event(Call& call) {
    const EventKeep* kept = events.find(call.path[1]);
    if (!kept) return not_found(call.path[1]);
    if (kept->dispatched) {
        model::Input input;
        input.event_gone = grid_event_id(policy.translate, kept->event.id);
        call.changes.inputs.push_back(std::move(input));
    }
    const std::string body = wire::to_json(kept->event);
    gone_events.insert_or_assign(kept->event.id, *kept);
    if (gone_events.size() > most_gone_events) gone_events.erase(gone_events.begin());
    events.erase(call.path[1]);
    forget(call.changes, events.folder(), call.path[1]);
    return json_answer(200, body);
}

// Tells the core. An event in which nothing is to be done (any more) cancels what an earlier revision of it asked for.
void Vtn::State::hand_on(EventKeep& keep, const EventKeep* before, model::Changes& changes) {
    const Program* program = programs.find(keep.event.programID);
    model::GridEvent event = to_model(keep, program, policy.translate);
    if (is_cancellation(keep.event) || event.intervals.empty()) {
        if (!before || !before->dispatched) return;
        event = to_model(*before, program, policy.translate);
        event.revision = keep.revision;
        event.modified_us = keep.event.modificationDateTime.us;
        event.cancelled = true;
    } else {
        keep.dispatched = true;
    }
    for (const model::LossNote& loss : event.losses) {
        changes.notices.push_back(
            {model::Severity::info, "loss_" + loss.code, event.id,
             loss.field + (loss.native.empty() ? "" : " '" + loss.native + "'") + ": " + loss.kept});
        if (changes.notices.size() > 100) break;
    }
    model::Input input;
    input.event = std::move(event);
    changes.inputs.push_back(std::move(input));
}

// ---- reports -------------------------------------------------------------------------------------------------------

http::Response Vtn::State::list_reports(Call& call, Page page) {
    const std::optional<std::string> program = call.parameter("programID");
    const std::optional<std::string> event = call.parameter("eventID");
    const std::optional<std::string> client = call.parameter("clientName");
    ListAnswer list(page);
    for (const auto& [number, kept] : reports.all()) {
        if (!owns(call, kept.report.clientID)) continue;
        if (program && kept.programID != *program) continue;
        if (event && kept.report.eventID != *event) continue;
        if (client && kept.report.clientName != *client) continue;
        list.add(kept.report);
    }
    return list.answer();
}

http::Response Vtn::State::get_report(Call& call) {
    const ReportKeep* kept = reports.find(call.path[1]);
    if (!kept || !owns(call, kept->report.clientID)) return not_found(call.path[1]);
    return json_answer(200, wire::to_json(kept->report));
}

http::Response Vtn::State::write_report(Call& call, bool create) {
    const ReportKeep* before = create ? nullptr : reports.find(call.path[1]);
    if (!create && (!before || !owns(call, before->report.clientID))) return not_found(call.path[1]);
    if (before && before->ours) return forbidden(call, "this report is written by the gateway itself");
    ReportKeep kept;
    Report& report = kept.report;
    if (auto wrong = read_body(call, policy.max_body_bytes, static_cast<ReportRequest&>(report))) return *wrong;
    const EventKeep* event = events.find(report.eventID);
    if (!event) return problem(409, "at /eventID: there is no event '" + shown(report.eventID) + "'");
    if (create) {
        if (auto refused = full(reports.size())) return *refused;
    }
    const std::uint64_t number = create ? take_number(call.changes) : *reports.number(call.path[1]);
    report.id = reports.id(number);
    report.objectType = "REPORT";
    report.clientID = before ? before->report.clientID : Name(call.caller.client_id);
    report.createdDateTime = before ? before->report.createdDateTime : wire::DateTime(call.now);
    report.modificationDateTime = wire::DateTime(call.now);
    complete_descriptors(report.payloadDescriptors, "REPORT_PAYLOAD_DESCRIPTOR");
    kept.programID = event->event.programID;
    const ReportKeep& stored = reports.put(number, std::move(kept));
    keep(call.changes, reports.folder(), stored.report.id, stored);
    return json_answer(create ? 201 : 200, wire::to_json(stored.report));
}

http::Response Vtn::State::delete_report(Call& call) {
    const ReportKeep* kept = reports.find(call.path[1]);
    if (!kept || !owns(call, kept->report.clientID)) return not_found(call.path[1]);
    const std::string body = wire::to_json(kept->report);
    if (kept->ours) own_reports.erase(kept->report.eventID);
    reports.erase(call.path[1]);
    forget(call.changes, reports.folder(), call.path[1]);
    return json_answer(200, body);
}

// ---- what the core says
// ----------------------------------------------------------------------------------------------

EventKeep* Vtn::State::event_of(std::string_view id) {
    const std::string& source = policy.translate.source;
    if (!id.starts_with(source) || id.size() <= source.size() || id[source.size()] != ':') return nullptr;
    const std::string native(id.substr(source.size() + 1));
    if (EventKeep* kept = events.find(native)) return kept;
    const auto gone = gone_events.find(native);
    return gone == gone_events.end() ? nullptr : &gone->second;
}

void Vtn::State::put_own_report(model::Us now, ReportRequest request, const EventKeep& kept, model::Changes& changes) {
    const auto known = own_reports.find(kept.event.id);
    ReportKeep* before = known == own_reports.end() ? nullptr : reports.find(known->second);
    if (!before && request.resources.empty()) return;
    if (before && wire::to_json(static_cast<const ReportRequest&>(before->report)) == wire::to_json(request)) return;
    if (!before && reports.size() >= policy.max_objects) {
        changes.notices.push_back({model::Severity::warning, "reports_full", kept.event.id,
                                   "no report on this event: there are as many reports as may be"});
        return;
    }
    ReportKeep report;
    static_cast<ReportRequest&>(report.report) = std::move(request);
    const std::uint64_t number = before ? *reports.number(before->report.id) : take_number(changes);
    report.report.id = reports.id(number);
    report.report.objectType = "REPORT";
    report.report.clientID = Name(policy.report_client_id);
    report.report.createdDateTime = before ? before->report.createdDateTime : wire::DateTime(now);
    report.report.modificationDateTime = wire::DateTime(now);
    report.programID = Text<128>(std::string(kept.event.programID));
    report.ours = true;
    own_reports[kept.event.id] = report.report.id;
    const ReportKeep& stored = reports.put(number, std::move(report));
    keep(changes, reports.folder(), stored.report.id, stored);
}

void Vtn::State::report(model::Us now, const model::EventReport& report, model::Changes& changes) {
    const EventKeep* kept = event_of(report.event);
    if (!kept || report.revision > kept->revision) return;
    put_own_report(now, to_report(*kept, report, policy.reports), *kept, changes);
}

void Vtn::State::opt(const model::EventOpt& opt, model::Changes& changes) {
    EventKeep* kept = event_of(opt.event);
    const bool out = opt.state == model::OptState::out;
    if (!kept || !events.find(kept->event.id) || kept->opted_out == out) return;
    kept->opted_out = out;
    keep(changes, events.folder(), kept->event.id, *kept);
}

}  // namespace busbar::openadr::v3
