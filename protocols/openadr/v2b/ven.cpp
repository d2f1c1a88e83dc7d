// The VEN's conversation: what is sent when, what comes back, registration and the poll loop.
#include "protocols/openadr/v2b/ven.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

#include "protocols/openadr/v2b/ven_state.hpp"

namespace busbar::openadr::v2b {

namespace {

constexpr int most_attempts = 8;  // of a message that is not part of the start-up or a poll
constexpr int most_drained = 64;  // polls in a row before the VEN waits for its interval again
constexpr std::size_t most_queued = 256;

std::uint64_t mixed(std::uint64_t& state) {  // splitmix64
    std::uint64_t z = state += 0x9e37'79b9'7f4a'7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11ebULL;
    return z ^ (z >> 31);
}

std::string shown(std::string_view text, std::size_t most = 200) {
    std::string out(text.substr(0, most));
    for (char& c : out) c = c >= ' ' && c <= '~' ? c : '?';
    return out;
}

std::string http_error(int status) {
    switch (status) {
        case 403:
            return "403: the VTN does not accept our certificate or identity";
        case 404:
            return "404: the VTN has no such service";
        case 406:
            return "406: the VTN finds our message against the schema";
        case 503:
            return "503: the VTN is busy";
        default:
            return "HTTP status " + std::to_string(status);
    }
}

}  // namespace

EiResponse response_of(Code code, std::string request_id, std::string description) {
    EiResponse response;
    response.responseCode = Text<3, 3>(text_of(code));
    response.responseDescription = Words(std::move(description));
    response.requestID = Id(std::move(request_id));
    return response;
}

Ven::State::State(VenPolicy policy_, std::uint64_t seed)
    : policy(std::move(policy_)), random_state(seed), wrapped(policy.wrapped), retry_wait_us(policy.retry_us) {
    if (policy.report_resources.empty()) policy.report_resources.push_back(policy.ven_name);
    policy.samples_kept = std::max<std::size_t>(policy.samples_kept, 100);
    for (const std::string& resource : policy.report_resources) sources.push_back({resource, {}});
    registration.venID = Text<256>(policy.ven_id);
}

std::uint64_t Ven::State::draw() {
    return mixed(random_state);
}

double Ven::State::jitter() {
    return 0.9 + 0.2 * static_cast<double>(draw() >> 11) * 0x1p-53;
}

model::Us Ven::State::uniform(model::Us most) {
    return most <= 0 ? 0 : static_cast<model::Us>(draw() % (static_cast<std::uint64_t>(most) + 1));
}

std::string Ven::State::new_id() {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string id;
    for (std::uint64_t bits = draw(); id.size() < 16; bits >>= 4) id += digits[bits & 15];
    return id;
}

void Ven::State::notice(model::Changes& changes, model::Severity severity, std::string code, std::string text) const {
    changes.notices.push_back({severity, std::move(code), policy.name, std::move(text)});
}

void Ven::State::enqueue(std::string_view service, Payload payload) {
    if (queue.size() < most_queued) queue.push_back({std::move(payload), service, 0});
}

// ---- what is due
// -----------------------------------------------------------------------------------------------------

Outgoing Ven::State::start_up_step() {
    Payload p;
    switch (phase) {
        case Phase::query:
            p.oadrQueryRegistration.emplace().requestID = new_id();
            return {p, "EiRegisterParty", 0};
        case Phase::create: {
            OadrCreatePartyRegistration& create = p.oadrCreatePartyRegistration.emplace();
            create.requestID = new_id();
            if (!registration.registrationID.empty()) create.registrationID = registration.registrationID;
            if (!registration.venID.empty()) create.venID = registration.venID;
            create.oadrProfileName = "2.0b";
            create.oadrTransportName = "simpleHttp";
            create.oadrVenName = Words(policy.ven_name);
            create.oadrHttpPullModel = true;  // rule 402
            return {p, "EiRegisterParty", 0};
        }
        case Phase::register_reports:
            return {std::move(p), "EiReport", 0};  // filled in by choose(), which knows the time
        case Phase::request_event: {
            EiRequestEvent& request = p.oadrRequestEvent.emplace().eiRequestEvent;
            request.requestID = new_id();
            request.venID = registration.venID;
            return {p, "EiEvent", 0};
        }
        case Phase::running:
        case Phase::cancelled:
            break;
    }
    p.oadrPoll.emplace().venID = registration.venID;
    return {p, "OadrPoll", 0};
}

std::optional<Outgoing> Ven::State::choose(model::Us now) {
    if (!queue.empty()) {
        Outgoing first = std::move(queue.front());
        queue.pop_front();
        return first;
    }
    if (phase == Phase::cancelled) {
        if (rejoin_at_us > now) return std::nullopt;
        rejoin_at_us = model::never;
        phase = Phase::query;
    }
    if (phase == Phase::register_reports) {
        Outgoing step = start_up_step();
        step.payload.oadrRegisterReport = metadata(now);
        return step;
    }
    if (phase != Phase::running) return start_up_step();
    if (answers_ready(now)) return created_event();
    if (std::optional<Outgoing> reports = due_reports(now)) return reports;
    if (now >= poll_due_us) return start_up_step();
    return std::nullopt;
}

std::optional<http::Request> Ven::State::next(model::Us now) {
    if (in_flight || now < retry_at_us) return std::nullopt;
    in_flight = choose(now);
    if (!in_flight) return std::nullopt;
    ++in_flight->attempts;
    http::Request request;
    request.method = "POST";
    request.target = policy.path_prefix + "/OpenADR2/Simple/2.0b/" + std::string(in_flight->service);
    request.headers = {{"Content-Type", "application/xml"}};
    request.body = write_message({in_flight->payload, wrapped});
    return request;
}

model::Us Ven::State::next_due() const {
    model::Us tick_due = model::never;
    for (const auto& [id, known] : events) {
        if (known.cancel_us > 0) tick_due = std::min(tick_due, known.cancel_us);
    }
    if (in_flight) return tick_due;
    model::Us due = model::never;
    if (!queue.empty()) {
        due = 0;
    } else if (phase == Phase::cancelled) {
        due = rejoin_at_us;
    } else if (phase != Phase::running) {
        due = 0;
    } else {
        due = std::min({poll_due_us, answers_due_us, next_report_due().value_or(model::never)});
    }
    return std::min(tick_due, std::max(due, retry_at_us));
}

model::Us Ven::State::poll_interval() const {
    const model::Us wanted = std::max(policy.poll_us, static_cast<model::Us>(registration.poll_us));
    return std::clamp(wanted, policy.poll_min_us, std::max(policy.poll_min_us, policy.poll_max_us));
}

// Rule 500: poll until the VTN has nothing more, then not before the interval it asked for has passed.
void Ven::State::finish_poll(model::Us now, bool brought_something) {
    drained = brought_something ? drained + 1 : 0;
    const model::Us interval = poll_interval();
    poll_due_us = brought_something && drained < most_drained ? now : now + interval + uniform(interval / 10);
}

// ---- what comes back
// ---------------------------------------------------------------------------------------------------

void Ven::State::failed(model::Us now, std::string_view reason, model::Changes& changes) {
    if (!in_flight) return;
    Outgoing sent = std::move(*in_flight);
    in_flight.reset();
    retry_at_us = now + static_cast<model::Us>(static_cast<double>(retry_wait_us) * jitter());
    retry_wait_us = std::min(2 * retry_wait_us, policy.retry_max_us);
    notice(changes, model::Severity::warning, "vtn_unreachable",
           std::string(name_of(sent.payload)) + " failed, attempt " + std::to_string(sent.attempts) + ": " +
               shown(reason));
    const Payload& p = sent.payload;
    const bool repeats_itself = p.oadrPoll || p.oadrQueryRegistration || p.oadrCreatePartyRegistration ||
                                p.oadrRequestEvent || (p.oadrRegisterReport && phase == Phase::register_reports);
    if (repeats_itself) return;
    if (sent.attempts >= most_attempts) {
        notice(changes, model::Severity::warning, "message_dropped",
               std::string(name_of(p)) + " was given up after " + std::to_string(sent.attempts) + " attempts");
        return;
    }
    queue.push_front(std::move(sent));
}

void Ven::State::receive(model::Us now, const http::Response& response, model::Changes& changes) {
    if (!in_flight) return;
    if (response.status != 200) {
        if (response.status == 403) notice(changes, model::Severity::security, "vtn_refused_us", http_error(403));
        return failed(now, http_error(response.status), changes);
    }
    Message message;
    const bool empty = response.body.find_first_not_of(" \t\r\n") == std::string::npos;
    if (empty) {  // allowed where nothing is to be said
        message.wrapped = wrapped;
        message.payload.oadrResponse.emplace().eiResponse = response_of(Code::ok, "");
    } else if (const wire::Failure failure = read_message(response.body, message, policy.max_response_bytes)) {
        notice(changes, model::Severity::warning, "schema_violation", shown(failure->text()));
        return failed(now, "unreadable answer", changes);
    }
    wrapped = message.wrapped;
    const model::Us wait_us = std::exchange(retry_wait_us, policy.retry_us);
    retry_at_us = 0;
    const Outgoing sent = std::move(*in_flight);
    in_flight.reset();
    keep_due_jobs(changes);
    const bool nothing_new = message.payload.oadrResponse.has_value();
    const Phase before = phase;
    dispatch(now, sent, message.payload, changes);
    if (sent.payload.oadrPoll) finish_poll(now, !nothing_new);
    // A step of the start-up that leads nowhere is no reason to ask again at once, whatever the answer was.
    const Payload& step = sent.payload;
    const bool start_up = step.oadrQueryRegistration || step.oadrCreatePartyRegistration || step.oadrRegisterReport ||
                          step.oadrRequestEvent;
    if (start_up && before < Phase::running && phase == before && retry_at_us == 0) {
        retry_at_us = now + static_cast<model::Us>(static_cast<double>(wait_us) * jitter());
        retry_wait_us = std::min(2 * wait_us, policy.retry_max_us);
    }
}

// An eiResponse that is no success. True: the answer is of no further use.
bool Ven::State::refused(model::Us now, const Outgoing& sent, const EiResponse& response, model::Changes& changes) {
    if (is_success(response.responseCode)) return false;
    const std::string words = shown(response.responseDescription.value_or(Words()));
    notice(changes, model::Severity::warning, "vtn_error",
           std::string(name_of(sent.payload)) + " was answered " + shown(response.responseCode) + ' ' + words);
    const bool unknown_here =
        response.responseCode == "463" || (response.responseCode == "452" && sent.payload.oadrPoll);
    if (unknown_here && phase != Phase::query && phase != Phase::create) forget_registration(now, changes);
    return true;
}

// Rules 304 and 400: what names another VEN is not for us.
bool Ven::State::is_foreign(const std::optional<Id>& ven_id, model::Changes& changes) const {
    if (!ven_id || ven_id->empty() || *ven_id == registration.venID) return false;
    notice(changes, model::Severity::warning, "wrong_ven_id", "a message for " + shown(*ven_id) + " was sent to us");
    return true;
}

void Ven::State::dispatch(model::Us now, const Outgoing& sent, Payload& p, model::Changes& changes) {
    if (p.oadrRequestReregistration) return register_again(*p.oadrRequestReregistration, changes);
    if (p.oadrCreatedPartyRegistration) return on_registration(now, sent, *p.oadrCreatedPartyRegistration, changes);
    if (p.oadrCanceledPartyRegistration) {
        if (sent.payload.oadrCancelPartyRegistration) forget_registration(now, changes), phase = Phase::cancelled;
        return;
    }
    if (p.oadrCancelPartyRegistration) return on_cancel_registration(now, *p.oadrCancelPartyRegistration, changes);
    if (p.oadrDistributeEvent) {
        if (p.oadrDistributeEvent->eiResponse && refused(now, sent, *p.oadrDistributeEvent->eiResponse, changes))
            return;
        distribute(now, *p.oadrDistributeEvent, changes);
        if (sent.payload.oadrRequestEvent && phase == Phase::request_event) phase = Phase::running;
        return;
    }
    if (p.oadrRegisteredReport) {
        if (refused(now, sent, p.oadrRegisteredReport->eiResponse, changes) && phase != Phase::register_reports) return;
        on_registered(now, *p.oadrRegisteredReport, changes);
        return;
    }
    if (p.oadrCreateReport) return on_create_report(now, *p.oadrCreateReport, changes);
    if (p.oadrCancelReport) return on_cancel_report(now, *p.oadrCancelReport, false, changes);
    if (p.oadrUpdatedReport) {
        if (p.oadrUpdatedReport->oadrCancelReport)
            on_cancel_report(now, *p.oadrUpdatedReport->oadrCancelReport, true, changes);
        refused(now, sent, p.oadrUpdatedReport->eiResponse, changes);
        return;
    }
    if (p.oadrRegisterReport) return on_register_report(*p.oadrRegisterReport);
    if (p.oadrUpdateReport) {
        Payload reply;
        reply.oadrUpdatedReport.emplace().eiResponse =
            response_of(Code::invalid_id, p.oadrUpdateReport->requestID, "this VEN has requested no report");
        reply.oadrUpdatedReport->venID = registration.venID;
        return enqueue("EiReport", std::move(reply));
    }
    if (p.oadrResponse) {
        const bool bad = refused(now, sent, p.oadrResponse->eiResponse, changes);
        if (phase == Phase::request_event && sent.payload.oadrRequestEvent && !bad) phase = Phase::running;
        const bool start_up = sent.payload.oadrCreatePartyRegistration || sent.payload.oadrQueryRegistration ||
                              sent.payload.oadrRegisterReport || (bad && sent.payload.oadrRequestEvent);
        if (start_up && phase != Phase::running) {  // not what was asked for: later again
            retry_at_us = now + static_cast<model::Us>(static_cast<double>(policy.retry_max_us) * jitter());
        }
        return;
    }
    notice(changes, model::Severity::warning, "unexpected_payload",
           std::string(name_of(p)) + " in answer to " + std::string(name_of(sent.payload)));
}

// ---- registration
// ----------------------------------------------------------------------------------------------------

void Ven::State::on_registration(model::Us now, const Outgoing& sent, const OadrCreatedPartyRegistration& p,
                                 model::Changes& changes) {
    const bool wrong_vtn = !policy.vtn_id.empty() && p.vtnID != policy.vtn_id;
    if (wrong_vtn) notice(changes, model::Severity::security, "unexpected_vtn", "the VTN says it is " + shown(p.vtnID));
    const bool bad = wrong_vtn || refused(now, sent, p.eiResponse, changes);
    if (p.oadrRequestedOadrPollFreq && !bad) registration.poll_us = p.oadrRequestedOadrPollFreq->duration.us;
    if (sent.payload.oadrQueryRegistration && !bad) {
        phase = Phase::create;
        return;
    }
    const bool complete = p.registrationID && !p.registrationID->empty() && p.venID && !p.venID->empty();
    if (!sent.payload.oadrCreatePartyRegistration || bad || !complete) {
        if (!bad) notice(changes, model::Severity::warning, "registration_refused", "the VTN gave no registration");
        registration.registrationID.clear();  // the next attempt is a fresh one (rule 406)
        registration.venID = Text<256>(policy.ven_id);
        phase = Phase::query;
        retry_at_us = now + static_cast<model::Us>(static_cast<double>(policy.retry_max_us) * jitter());
        return;
    }
    registration.registrationID = *p.registrationID;
    registration.venID = *p.venID;
    registration.vtnID = p.vtnID;
    registration.cancelled = false;
    changes.documents.push_back({folder(), "registration", wire::to_json(registration)});
    notice(changes, model::Severity::info, "registered",
           "registered with " + shown(p.vtnID) + " as " + shown(*p.venID));
    phase = Phase::register_reports;
}

// Pull: the answer to what a poll brought is a request of its own. Registering anew keeps what we know of events.
void Ven::State::register_again(const OadrRequestReregistration& p, model::Changes& changes) {
    if (!registration.venID.empty() && p.venID != registration.venID) {
        notice(changes, model::Severity::warning, "wrong_ven_id", "reregistration was asked of " + shown(p.venID));
    }
    Payload reply;
    reply.oadrResponse.emplace().eiResponse = response_of(Code::ok, "");
    reply.oadrResponse->venID = registration.venID;
    enqueue("EiRegisterParty", std::move(reply));
    phase = Phase::create;
}

// Rule 407: everything of the party goes.
void Ven::State::forget_registration(model::Us now, model::Changes& changes) {
    std::vector<std::string> ids;
    for (const auto& [id, known] : events) {
        tell_cancelled(now, known, changes);
        ids.push_back(id);
    }
    for (const std::string& id : ids) forget_event(id, changes);
    ids.clear();
    for (const auto& [id, job] : jobs) ids.push_back(id);
    for (const std::string& id : ids) drop_job(id, changes);
    registration = {};
    registration.venID = Text<256>(policy.ven_id);
    changes.documents.push_back({folder(), "registration", ""});
    queue.clear();
    answers.clear();
    answers_due_us = model::never;
    phase = Phase::query;
}

void Ven::State::on_cancel_registration(model::Us now, const OadrCancelPartyRegistration& p, model::Changes& changes) {
    Payload reply;
    OadrCanceledPartyRegistration& canceled = reply.oadrCanceledPartyRegistration.emplace();
    canceled.registrationID = p.registrationID;
    canceled.venID = registration.venID;
    if (is_foreign(p.venID, changes) || p.registrationID != registration.registrationID) {  // rule 400
        canceled.eiResponse = response_of(Code::invalid_id, p.requestID, "this is not our registrationID or venID");
        return enqueue("EiRegisterParty", std::move(reply));
    }
    canceled.eiResponse = response_of(Code::ok, p.requestID);
    notice(changes, model::Severity::warning, "registration_cancelled", "the VTN has cancelled our registration");
    forget_registration(now, changes);
    enqueue("EiRegisterParty", std::move(reply));
    phase = Phase::cancelled;
    rejoin_at_us = policy.rejoin_us == model::never ? model::never : now + policy.rejoin_us;
}

// ---- what is durable -----------------------------------------------------------------------------------------------

namespace {

template <class T>
wire::Failure read_document(const model::Document& document, T& value) {
    wire::JsonOptions options;
    options.limits.bytes = 16 << 20;
    options.limits.members = 1 << 20;
    return wire::from_json(document.body, value, options);
}

template <class T>
wire::Failure restore_member(std::map<std::string, T>& members, std::string_view id, const model::Document& document) {
    members.erase(std::string(id));
    if (document.body.empty()) return std::nullopt;
    T member;
    auto failure = read_document(document, member);
    if (!failure) members.emplace(id, std::move(member));
    return failure;
}

}  // namespace

wire::Failure Ven::State::restore(const model::Document& document) {
    if (document.folder != folder()) return std::nullopt;
    const std::string_view key = document.key;
    if (key == "registration") return document.body.empty() ? std::nullopt : restore_registration(document);
    if (key == "revision") {
        Counter counter;
        const auto failure = read_document(document, counter);
        if (!failure) revision = std::max(revision, counter.value);
        return failure;
    }
    if (key.starts_with("event:")) return restore_member(events, key.substr(6), document);
    if (key.starts_with("report:")) return restore_member(jobs, key.substr(7), document);
    return std::nullopt;
}

wire::Failure Ven::State::restore_registration(const model::Document& document) {
    Registration kept;
    if (auto failure = read_document(document, kept)) return failure;
    registration = std::move(kept);
    if (registration.cancelled)
        phase = Phase::cancelled;
    else if (!registration.registrationID.empty())
        phase = Phase::register_reports;  // rule 309
    return std::nullopt;
}

// ---- the face ------------------------------------------------------------------------------------------------------

Ven::Ven(VenPolicy policy, std::uint64_t seed) : state_(std::make_unique<State>(std::move(policy), seed)) {}
Ven::~Ven() = default;
Ven::Ven(Ven&&) noexcept = default;
Ven& Ven::operator=(Ven&&) noexcept = default;

std::optional<http::Request> Ven::next(model::Us now) {
    return state_->next(now);
}
void Ven::receive(model::Us now, const http::Response& response, model::Changes& changes) {
    state_->receive(now, response, changes);
}
void Ven::failed(model::Us now, std::string_view reason, model::Changes& changes) {
    state_->failed(now, reason, changes);
}
void Ven::tick(model::Us now, model::Changes& changes) {
    state_->tick(now, changes);
}
model::Us Ven::next_due() const {
    return state_->next_due();
}

void Ven::report(model::Us now, const model::EventReport& report, model::Changes&) {
    const std::string source = state_->policy.name + ':';
    if (state_->measures_itself || !report.event.starts_with(source)) return;
    for (const model::IntervalDelivery& interval : report.intervals) {
        if (report.at_us < interval.start_us || report.at_us > interval.end_us) continue;
        Telemetry telemetry{interval.measured_mw, interval.quality,
                            report.resources == 0 || report.silent<report.resources, report.opted_out> 0};
        state_->measured(now, state_->sources.front(), telemetry);
        return;
    }
}

void Ven::opt(model::Us now, const model::EventOpt& opt, model::Changes& changes) {
    state_->opt(now, opt, changes);
}

void Ven::measured(model::Us now, std::string_view resource_id, const Telemetry& telemetry) {
    state_->measures_itself = true;
    for (DataSource& source : state_->sources) {
        if (source.resource_id == resource_id) state_->measured(now, source, telemetry);
    }
}

void Ven::deregister() {
    Payload payload;
    OadrCancelPartyRegistration& cancel = payload.oadrCancelPartyRegistration.emplace();
    cancel.requestID = state_->new_id();
    cancel.registrationID = state_->registration.registrationID;
    cancel.venID = state_->registration.venID;
    if (!state_->registration.registrationID.empty()) state_->enqueue("EiRegisterParty", std::move(payload));
}

wire::Failure Ven::restore(const model::Document& document) {
    return state_->restore(document);
}
Ven::Phase Ven::phase() const {
    return state_->phase;
}
std::string Ven::ven_id() const {
    return state_->registration.registrationID.empty() ? std::string() : std::string(state_->registration.venID);
}
std::string Ven::registration_id() const {
    return state_->registration.registrationID;
}

}  // namespace busbar::openadr::v2b
