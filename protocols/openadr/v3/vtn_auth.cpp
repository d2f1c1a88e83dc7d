// Who may do what: the token end point (RFC 6749, client credentials) and the check of every other request.
#include "protocols/openadr/v3/vtn_state.hpp"

namespace busbar::openadr::v3 {

namespace {

constexpr std::size_t most_addresses = 4096;  // of bad logins kept in mind

std::string without_port(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    return std::string(address.substr(0, colon));
}

http::Response auth_error(int status, std::string_view error, std::string description) {
    AuthError body;
    body.error = Text<64>(error);
    body.error_description = Text<8000>(std::move(description));
    http::Response response = json_answer(status, wire::to_json(body));
    response.headers.emplace_back("Cache-Control", "no-store");
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Basic realm=\"openadr3\"");
    return response;
}

// The one value of a member of the form; two are one too many.
struct Form {
    std::vector<std::pair<std::string, std::string>> members;
    bool repeated = false;

    std::string take(std::string_view name) {
        std::string value;
        std::size_t seen = 0;
        for (const auto& [key, text] : members) {
            if (key == name && seen++ == 0) value = text;
        }
        if (seen > 1) repeated = true;
        return value;
    }
};

}  // namespace

http::Response Vtn::State::auth(Call& call) {
    const bool server = call.path.size() == 2 && call.path[1] == "server";
    const bool token = call.path.size() == 2 && call.path[1] == "token";
    if (!server && !token) return problem(404, "there is nothing at this path");
    if (call.request.method != (server ? "GET" : "POST")) {
        http::Response response = problem(405, std::string("only ") + (server ? "GET" : "POST") + " is possible here");
        response.headers.emplace_back("Allow", server ? "GET" : "POST");
        return response;
    }
    return server ? auth_server(call) : issue_token(call);
}

http::Response Vtn::State::auth_server(const Call& call) const {
    AuthServerInfo info;
    std::string url = policy.public_url;
    if (url.empty()) url = "https://" + std::string(call.request.header("host"));
    info.tokenURL = url + policy.base_path + "/auth/token";
    return json_answer(200, wire::to_json(info));
}

http::Response Vtn::State::issue_token(Call& call) {
    if (too_many_bad_logins(call)) {
        http::Response response = auth_error(429, "invalid_client", "too many failed attempts: wait a minute");
        response.headers.emplace_back("Retry-After", "60");
        return response;
    }
    if (call.request.body.size() > 16 * 1024) return auth_error(400, "invalid_request", "the form is too large");
    Form form{http::form_members(call.request.body)};
    const std::string grant = form.take("grant_type");
    std::string client = form.take("client_id");
    std::string secret = form.take("client_secret");
    const std::string wanted = form.take("scope");
    if (form.repeated) return auth_error(400, "invalid_request", "a member of the form stands twice");
    if (grant.empty()) return auth_error(400, "invalid_request", "the request lacks grant_type");
    if (grant != "client_credentials") {
        return auth_error(400, "unsupported_grant_type", "only client_credentials is supported");
    }
    if (const auto basic = http::basic_credentials(call.request.header("authorization"))) {
        client = http::percent_decoded(basic->user);
        secret = http::percent_decoded(basic->password);
    }
    if (client.empty()) return auth_error(400, "invalid_request", "the request lacks client_id");
    const auto account = accounts.find(client);
    const bool known = account != accounts.end();
    const bool right = same_secret(secret, known ? account->second.secret : std::string("?"), key(call.changes), hmac);
    if (!known || !right) {
        count_bad_login(call);
        call.changes.notices.push_back({model::Severity::security, known ? "wrong_secret" : "unknown_client",
                                        std::string(call.peer), "no token for client '" + shown(client) + "'"});
        return auth_error(401, "invalid_client", "unknown client id or wrong secret");
    }
    std::string unknown;
    std::optional<Scopes> scopes = scopes_of(wanted, unknown);
    if (!scopes) return auth_error(400, "invalid_scope", "there is no scope '" + shown(unknown, 64) + "'");
    if (!account->second.scopes.contains(*scopes)) {
        return auth_error(400, "invalid_scope", "this client is granted only: " + account->second.scopes.text());
    }
    if (scopes->bits() == 0) scopes = account->second.scopes;
    TokenAnswer answer;
    const model::Us lifetime_s = policy.token_lifetime_us / model::second_us;
    const Claims claims{client, *scopes, call.now / model::second_us + lifetime_s};
    answer.access_token = make_token(claims, random(9), key(call.changes), account->second.secret, hmac);
    answer.token_type = "Bearer";
    answer.expires_in = lifetime_s;
    answer.scope = Text<4096>(scopes->text());
    http::Response response = json_answer(200, wire::to_json(answer));
    response.headers.emplace_back("Cache-Control", "no-store");
    return response;
}

std::optional<http::Response> Vtn::State::authenticate(Call& call) {
    std::string_view header = call.request.header("authorization");
    if (header.empty()) return unauthenticated(call, "missing_token", "a bearer token is needed: see /auth/server");
    const std::string scheme(header.substr(0, 7));
    if (scheme != "Bearer " && scheme != "bearer ") {
        return unauthenticated(call, "wrong_token", "the Authorization header must be: Bearer and a token");
    }
    header.remove_prefix(7);
    const std::optional<Claims> claims = read_claims(header);
    const auto account = claims ? accounts.find(claims->client_id) : accounts.end();
    if (account == accounts.end() || !proves(header, key(call.changes), account->second.secret, hmac)) {
        return unauthenticated(call, "wrong_token", "this token is not one of ours");
    }
    if (claims->expires_s * model::second_us <= call.now) {
        return unauthenticated(call, "expired_token", "this token has expired");
    }
    call.caller = {claims->client_id, claims->scopes & account->second.scopes};
    return std::nullopt;
}

http::Response Vtn::State::unauthenticated(Call& call, std::string_view code, std::string detail) const {
    call.changes.notices.push_back({model::Severity::security, std::string(code), std::string(call.peer),
                                    shown(call.request.method, 16) + ' ' + shown(call.request.path()) + ": " + detail});
    const int status = policy.bad_token == BadToken::strict_yaml ? 401 : 403;
    http::Response response = problem(status, std::move(detail));
    if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"openadr3\"");
    return response;
}

http::Response Vtn::State::forbidden(const Call& call, std::string detail) const {
    call.changes.notices.push_back({model::Severity::security, "wrong_scope", call.caller.client_id,
                                    shown(call.request.method, 16) + ' ' + shown(call.request.path()) + ": " + detail});
    return problem(403, std::move(detail));
}

bool Vtn::State::too_many_bad_logins(const Call& call) const {
    const auto at = bad_logins.find(without_port(call.peer));
    return at != bad_logins.end() && at->second.count >= policy.max_bad_logins &&
           at->second.since_us + model::minute_us > call.now;
}

void Vtn::State::count_bad_login(const Call& call) {
    if (bad_logins.size() >= most_addresses) bad_logins.erase(bad_logins.begin());
    BadLogins& logins = bad_logins[without_port(call.peer)];
    if (logins.since_us + model::minute_us <= call.now) logins = {0, call.now};
    ++logins.count;
}

// Made when first needed, and kept: tokens outlive a restart.
const std::string& Vtn::State::key(model::Changes& changes) {
    if (token_key.empty()) {
        token_key = random(32);
        changes.documents.push_back({"openadr3/state", "token_key", http::base64_encoded(token_key)});
    }
    return token_key;
}

}  // namespace busbar::openadr::v3
