// The other end: a small OpenADR 2.0b VTN for one VEN that pulls, sans-I/O. Enough to be the utility of a demonstration
// and of tests: registration, report registration and requests, events that are new, changed, cancelled or dropped, and
// what the VEN has said to them.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dispatch/model/units.hpp"
#include "protocols/openadr/v2b/codes.hpp"
#include "protocols/openadr/v2b/message.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::openadr::v2b {

// An event with one signal, in the words of whoever makes it.
struct EventPlan {
    std::string id;
    model::Us start_us = 0;
    std::vector<std::pair<model::Us, double>> intervals;  // duration (µs, whole seconds), value
    model::Us start_after_us = 0;
    std::uint32_t priority = 0;
    std::string market_context = "http://market.example/dr";
    std::string signal_name = "LOAD_DISPATCH";
    std::string signal_type = "setpoint";  // in kW, for LOAD_DISPATCH
    std::vector<std::string> group_ids;    // target; empty = the whole VEN
    bool response_required = true;
    bool test = false;
};
OadrEvent to_event(const EventPlan& plan, model::Us now);

struct VtnSettings {
    std::string vtn_id = "busbar-vtn";
    std::string path_prefix;
    model::Us poll_us = 10 * model::second_us;  // requested of the VEN
    bool request_reports = true;                // asks for all that the VEN registers
    model::Us granularity_us = 10 * model::second_us;
    model::Us report_back_us = 10 * model::second_us;
};

class Vtn {
  public:
    explicit Vtn(VtnSettings settings);

    http::Response handle(model::Us now, const http::Request& request);

    // Known already: the modificationNumber rises by one and the VEN gets the new content.
    void put_event(OadrEvent event);
    void cancel_event(const std::string& id);  // says so (rule 10)
    void drop_event(const std::string& id);    // says nothing: implied cancel (rule 61)
    void push(Payload payload);                // the answer to a poll to come

    struct Response {
        std::string event_id;
        std::uint32_t modification = 0;
        std::string code;
        std::string opt;  // optIn, optOut
    };
    const std::vector<Response>& responses() const { return responses_; }  // in the order in which they came
    std::optional<Response> last_response(const std::string& event_id) const;
    const std::vector<OadrReport>& reports() const { return reports_; }  // of oadrUpdateReport
    const std::vector<OadrReport>& metadata() const { return metadata_; }
    const std::vector<std::string>& log() const { return log_; }  // names of the payloads received
    bool registered() const { return !registration_id_.empty(); }
    void forget_ven() { registration_id_.clear(); }  // as after a loss of memory

  private:
    Payload answer(model::Us now, const std::string& service, const Payload& p);
    Payload created_registration(const OadrCreatePartyRegistration* create, const Id& request_id);
    Payload distribute_event(model::Us now, const Id& request_id);
    Payload registered_report(const OadrRegisterReport& p);
    Payload poll(model::Us now);
    Payload response(Code code, const Id& request_id) const;

    VtnSettings settings_;
    std::string ven_id_;
    std::string registration_id_;
    int registrations_ = 0;
    int requests_ = 0;
    std::map<std::string, OadrEvent> events_;
    bool events_changed_ = false;
    std::deque<Payload> waiting_;
    std::vector<Response> responses_;
    std::vector<OadrReport> reports_, metadata_;
    std::vector<std::string> log_;
};

}  // namespace busbar::openadr::v2b
