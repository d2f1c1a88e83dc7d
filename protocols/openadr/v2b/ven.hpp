// An OpenADR 2.0b VEN that pulls over HTTP, as a sans-I/O machine: it says which request is due, takes the answer, and
// turns events into grid events, what the core decides into createdEvents, and measured power into telemetry reports.
//
// Start-up (rules 401, 405, 309): query, registration, our metadata reports, oadrRequestEvent; then oadrPoll again and
// again, each time until the VTN has nothing more (rule 500). One request is under way at a time; answers that the VTN
// expects of us are requests of their own and go before the next poll.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/input.hpp"
#include "protocols/openadr/v2b/translate.hpp"
#include "protocols/wire/error.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::openadr::v2b {

struct VenPolicy {
    std::string name = "ven:upstream";          // source of its grid events
    std::string path_prefix;                    // "/prefix" before /OpenADR2/Simple/2.0b/… (rule 511); "" = none
    std::string ven_name = "busbar";            // oadrVenName
    std::string ven_id;                         // if assigned out of band; "" = the VTN assigns it
    std::string vtn_id;                         // if it must be a certain one; "" = whoever answers
    bool wrapped = true;                        // in oadrPayload; then as the VTN does it
    model::Us poll_us = 10 * model::second_us;  // unless the VTN asks for less often
    model::Us poll_min_us = model::second_us;   // never more often, whatever the VTN asks
    model::Us poll_max_us = model::hour_us;
    model::Us retry_us = model::second_us;          // after a failure: ± 10 %, doubling …
    model::Us retry_max_us = 5 * model::minute_us;  // … up to this
    model::Us opt_wait_us = 2 * model::second_us;   // how long a createdEvent waits for the core's decision
    model::Us rejoin_us = model::hour_us;           // after the VTN has cancelled our registration; never = not again
    std::vector<std::string> market_contexts;       // as in TranslateOptions, with the three that follow
    std::map<std::string, std::vector<std::string>> targets;
    std::vector<std::string> everything;
    bool delta_is_reduction = false;
    // resourceIDs under which power is reported; empty = one, named as the VEN.
    std::vector<std::string> report_resources;
    model::Us sampling_min_us = model::second_us;  // oadrSamplingRate of the telemetry we offer
    model::Us sampling_max_us = 15 * model::minute_us;
    std::size_t samples_kept = 4096;  // of each resource; at least 100 (rule 510)
    double mains_hertz = 50;
    double mains_volt = 230;
    std::size_t max_events = 500;
    std::size_t max_reports = 64;  // requested by the VTN at one time
    std::size_t max_response_bytes = 1 << 20;
};

// Measured state of one of VenPolicy::report_resources.
struct Telemetry {
    model::MilliW power_mw = 0;  // net, load convention
    model::Quality quality = model::Quality::good;
    bool online = true;
    bool manual_override = false;  // somebody there does not do as told
};

class Ven {
  public:
    enum class Phase { query, create, register_reports, request_event, running, cancelled };

    // The seed draws jitter and request ids.
    Ven(VenPolicy policy, std::uint64_t seed);
    ~Ven();
    Ven(Ven&&) noexcept;
    Ven& operator=(Ven&&) noexcept;

    // The next request, if one is due and none is under way: POST, application/xml, never chunked (rule 53).
    std::optional<http::Request> next(model::Us now);
    void receive(model::Us now, const http::Response& response, model::Changes& changes);
    void failed(model::Us now, std::string_view reason, model::Changes& changes);
    // What time alone brings about: the randomised end of a cancelled event (rule 65). Call at next_due() or later.
    void tick(model::Us now, model::Changes& changes);
    model::Us next_due() const;  // of next() or tick()

    // From the core. A report of an event of this VEN is telemetry of its first resource, unless measured() is used.
    void report(model::Us now, const model::EventReport& report, model::Changes& changes);
    // Answers the event if its createdEvent is still waiting; otherwise, if the state has changed, tells the VTN (rule
    // 17).
    void opt(model::Us now, const model::EventOpt& opt, model::Changes& changes);
    void measured(model::Us now, std::string_view resource_id, const Telemetry& telemetry);

    void deregister();  // sends oadrCancelPartyRegistration; the VEN is then `cancelled` for good
    // A document that Changes once carried. One that cannot be read changes nothing.
    wire::Failure restore(const model::Document& document);

    Phase phase() const;
    std::string ven_id() const;  // "" until registered
    std::string registration_id() const;

    struct State;  // ven_state.hpp

  private:
    std::unique_ptr<State> state_;
};

}  // namespace busbar::openadr::v2b
