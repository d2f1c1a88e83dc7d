// An OpenADR 3.1 VTN as a sans-I/O machine: HTTP requests in, HTTP answers and changes out.
//
// Its clients are business logic (the utility: programs and events) and VENs (whoever reports and reads). What a client
// may do is said by the scopes of its token. Events become grid events of the common model; what the core reports about
// them becomes report objects that the utility reads. Every object is a durable document; restore() brings it back.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/input.hpp"
#include "protocols/openadr/v3/token.hpp"
#include "protocols/openadr/v3/translate.hpp"
#include "protocols/wire/error.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::openadr::v3 {

struct ClientAccount {
    std::string client_id;
    std::string secret;
    std::vector<std::string> scopes;  // names of securitySchemes: read_all, read_targets, read_ven_objects …
};

// What a missing or invalid token is answered with: the YAML says 401, the Alliance's test suites expect 403.
enum class BadToken { strict_yaml, alliance_tool };

struct Policy {
    std::string base_path = "/openadr3/3.1.0";
    std::string public_url;  // "https://vtn.example:8443", for tokenURL; "" = https and the Host of the request
    std::vector<ClientAccount> accounts;
    model::Us token_lifetime_us = model::hour_us;
    BadToken bad_token = BadToken::strict_yaml;
    std::string report_client_id = "busbar";  // under which the gateway's own reports appear
    TranslateOptions translate;
    ReportOptions reports;
    std::size_t page_limit = 50;       // of list answers
    std::size_t max_objects = 10'000;  // of each kind
    std::size_t max_body_bytes = 1 << 20;
    std::size_t max_bad_logins = 10;  // of one address within a minute; more are answered with 429
};

class Vtn {
  public:
    // Throws std::invalid_argument for an account with an unknown scope, an empty id or an empty secret.
    Vtn(Policy policy, Random random, Hmac hmac_sha256);
    ~Vtn();
    Vtn(Vtn&&) noexcept;
    Vtn& operator=(Vtn&&) noexcept;

    // Whether a request belongs here, by its path.
    bool serves(std::string_view path) const;

    // Answers every request; what it changed is appended to `changes` and must be durable before the answer leaves.
    // `peer_address` is for the log and the limit on bad logins.
    http::Response handle(model::Us now, std::string_view peer_address, const http::Request& request,
                          model::Changes& changes);

    // Creates or rewrites the report object of the event. Reports of events that did not come by this VTN, or that are
    // unknown, are ignored.
    void report(model::Us now, const model::EventReport& report, model::Changes& changes);
    // OpenADR 3 has no opt: it shows as OPERATING_STATE …_OPTED_OUT in the report.
    void opt(model::Us now, const model::EventOpt& opt, model::Changes& changes);

    // Forgets what is over (bad logins). Call at next_due() or later.
    void tick(model::Us now, model::Changes& changes);
    model::Us next_due() const;  // model::never if nothing waits

    // Gives back one document that handle(), report() or opt() put into `changes`; documents of other folders are
    // ignored, and one that cannot be read changes nothing. In any order, before the first request.
    wire::Failure restore(const model::Document& document);

    struct State;  // vtn_state.hpp

  private:
    std::unique_ptr<State> state_;
};

}  // namespace busbar::openadr::v3
