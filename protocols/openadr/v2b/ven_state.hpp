// The inside of the VEN, shared by the files that make it up: what it knows, what it has to send, and what it keeps.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/openadr/v2b/message.hpp"
#include "protocols/openadr/v2b/ven.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::openadr::v2b {

// ---- documents
// -------------------------------------------------------------------------------------------------------

struct Registration {
    Text<256> registrationID;
    Text<256> venID;
    Text<256> vtnID;
    std::int64_t poll_us{};  // as requested by the VTN; 0 = not said
    bool cancelled{};        // by the VTN or by us
};
RECORD(Registration, registrationID, venID, vtnID, poll_us, cancelled)

struct KnownEvent {
    OadrEvent event;
    Text<256> requestID;       // of the oadrDistributeEvent that brought it last (rule 42)
    std::uint64_t revision{};  // of the grid event
    bool handed_on{};          // the core knows it
    Text<16> opt;              // what we say: optIn, optOut; "" = the core has not decided
    Text<16> opt_told;         // what the VTN has been told
    std::int64_t cancel_us{};  // when a randomised cancellation takes effect; 0 = not cancelled
};
RECORD(KnownEvent, event, requestID, revision, handed_on, opt, opt_told, cancel_us)

struct ReportJob {
    OadrReportRequest request;
    std::int64_t granularity_us{};  // 0 = on change
    std::int64_t back_us{};         // 0 = once
    std::int64_t end_us{};          // model::never = for ever
    std::int64_t next_us{};         // when the next report is due
    std::int64_t from_us{};         // what the next report begins with
};
RECORD(ReportJob, request, granularity_us, back_us, end_us, next_us, from_us)

struct Counter {
    std::uint64_t value{};
};
RECORD(Counter, value)

// ---- what is under way ---------------------------------------------------------------------------------------------

struct Outgoing {
    Payload payload;
    std::string_view service;  // EiEvent, EiReport, EiRegisterParty, OadrPoll
    int attempts = 0;
};

// One eventResponse of the createdEvent to come.
struct Answer {
    std::string event_id;
    std::uint32_t modification = 0;
    std::string request_id;
    Code code = Code::ok;
    std::string description;
    bool follows_core = false;  // optType is what the core says of the event
};

struct TelemetrySample {
    model::Us at_us = 0;
    double energy_mwh = 0;  // net, since the start; grows by the power before
    Telemetry value;
};

struct DataSource {
    std::string resource_id;
    std::deque<TelemetrySample> samples;  // oldest first
};

struct Ven::State {
    VenPolicy policy;
    std::uint64_t random_state;
    Phase phase = Phase::query;
    bool wrapped = true;
    Registration registration;
    std::map<std::string, KnownEvent> events;  // by eventID
    std::map<std::string, ReportJob> jobs;     // by reportRequestID
    std::uint64_t revision = 0;                // of the last grid event
    std::vector<DataSource> sources;
    bool measures_itself = false;  // measured() is used

    std::optional<Outgoing> in_flight;
    std::deque<Outgoing> queue;
    std::vector<Answer> answers;
    model::Us answers_due_us = model::never;
    model::Us poll_due_us = 0;
    int drained = 0;  // polls in a row that brought something
    model::Us retry_at_us = 0;
    model::Us retry_wait_us = 0;
    model::Us rejoin_at_us = model::never;

    State(VenPolicy policy_, std::uint64_t seed);

    // ven.cpp: sending, receiving, registration, polling
    std::uint64_t draw();               // uniform 64 bits
    double jitter();                    // 0.9 … 1.1
    model::Us uniform(model::Us most);  // 0 … most
    std::string new_id();
    std::optional<http::Request> next(model::Us now);
    std::optional<Outgoing> choose(model::Us now);
    Outgoing start_up_step();
    model::Us next_due() const;
    void receive(model::Us now, const http::Response& response, model::Changes& changes);
    void failed(model::Us now, std::string_view reason, model::Changes& changes);
    void dispatch(model::Us now, const Outgoing& sent, Payload& payload, model::Changes& changes);
    bool refused(model::Us now, const Outgoing& sent, const EiResponse& response, model::Changes& changes);
    void on_registration(model::Us now, const Outgoing& sent, const OadrCreatedPartyRegistration& p,
                         model::Changes& changes);
    void on_cancel_registration(model::Us now, const OadrCancelPartyRegistration& p, model::Changes& changes);
    void register_again(const OadrRequestReregistration& p, model::Changes& changes);
    void forget_registration(model::Us now, model::Changes& changes);
    bool is_foreign(const std::optional<Id>& ven_id, model::Changes& changes) const;
    void finish_poll(model::Us now, bool brought_something);
    model::Us poll_interval() const;
    void enqueue(std::string_view service, Payload payload);
    void notice(model::Changes& changes, model::Severity severity, std::string code, std::string text) const;
    std::string folder() const { return "openadr2b/" + policy.name; }
    wire::Failure restore(const model::Document& document);
    wire::Failure restore_registration(const model::Document& document);

    // ven_events.cpp: EiEvent
    void distribute(model::Us now, const OadrDistributeEvent& p, model::Changes& changes);
    void take_event(model::Us now, const OadrEvent& event, const std::string& request_id, model::Changes& changes);
    void take_new(const OadrEvent& event, const std::string& request_id, model::Changes& changes, model::Us now);
    void cancel(model::Us now, KnownEvent& known, model::Changes& changes);
    void cancel_missing(model::Us now, const OadrDistributeEvent& p, model::Changes& changes);
    void tell_cancelled(model::Us now, const KnownEvent& known, model::Changes& changes);
    void forget_event(const std::string& id, model::Changes& changes);
    void keep_event(const KnownEvent& known, model::Changes& changes);
    void answer(Answer answer, model::Us due);
    bool answers_ready(model::Us now) const;
    Outgoing created_event();
    void opt(model::Us now, const model::EventOpt& opt, model::Changes& changes);
    void tick(model::Us now, model::Changes& changes);
    TranslateOptions translate_options() const;

    // ven_reports.cpp: EiReport
    OadrRegisterReport metadata(model::Us now) const;
    void on_registered(model::Us now, const OadrRegisteredReport& p, model::Changes& changes);
    void on_create_report(model::Us now, const OadrCreateReport& p, model::Changes& changes);
    void tell_created(Code code, const std::string& request_id, std::string why);
    Code take_job(model::Us now, const OadrReportRequest& request, std::string& why, model::Changes& changes);
    void on_cancel_report(model::Us now, const OadrCancelReport& p, bool piggy_back, model::Changes& changes);
    void on_register_report(const OadrRegisterReport& p);
    OadrPendingReports pending() const;
    std::optional<model::Us> next_report_due() const;
    std::optional<Outgoing> due_reports(model::Us now);
    OadrReport build(const ReportJob& job, model::Us from, model::Us to, model::Us now) const;
    void keep_due_jobs(model::Changes& changes);
    void keep_job(const std::string& id, model::Changes& changes);
    void drop_job(const std::string& id, model::Changes& changes);
    void measured(model::Us now, DataSource& source, const Telemetry& telemetry);
    std::vector<std::string> changed_jobs;  // sent since the last call that could keep them
};

EiResponse response_of(Code code, std::string request_id, std::string description = "OK");

}  // namespace busbar::openadr::v2b
