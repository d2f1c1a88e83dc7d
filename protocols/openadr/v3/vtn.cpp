// The way into the VTN: paths and methods to functions, query parameters, and the shapes of answers.
#include "protocols/openadr/v3/vtn.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <variant>

#include "protocols/openadr/v3/vtn_state.hpp"

namespace busbar::openadr::v3 {

namespace {

constexpr std::size_t most_query_members = 256;

std::string_view title_of(int status) {
    switch (status) {
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 409:
            return "Conflict";
        case 413:
            return "Content Too Large";
        case 415:
            return "Unsupported Media Type";
        case 429:
            return "Too Many Requests";
        case 501:
            return "Not Implemented";
        case 507:
            return "Insufficient Storage";
        default:
            return "Error";
    }
}

std::vector<std::string> segments_of(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        if (path.front() == '/') path.remove_prefix(1);
        const std::size_t end = path.find('/');
        const std::string_view segment = path.substr(0, end);
        if (!segment.empty()) segments.push_back(http::percent_decoded(segment));
        path.remove_prefix(end == std::string_view::npos ? path.size() : end);
    }
    return segments;
}

// What a collection of objects is read and written by.
struct Route {
    std::string_view name;
    Scope read;
    Scope write;
    http::Response (Vtn::State::*list)(Call&, Page);
    http::Response (Vtn::State::*get)(Call&);
    http::Response (Vtn::State::*write_object)(Call&, bool create);
    http::Response (Vtn::State::*remove)(Call&);
};

http::Response method_not_allowed(const Call& call, std::string allowed) {
    http::Response response = problem(405, shown(call.request.method, 16) + " is not possible here, but " + allowed);
    response.headers.emplace_back("Allow", std::move(allowed));
    return response;
}

std::optional<std::uint32_t> whole(std::string_view text) {
    std::uint32_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty() ? std::optional(number)
                                                                                     : std::nullopt;
}

}  // namespace

// ---- answers -------------------------------------------------------------------------------------------------------

std::string shown(std::string_view text, std::size_t most) {
    std::string out(text.substr(0, most));
    for (char& c : out) c = c >= ' ' && c <= '~' ? c : '?';
    if (text.size() > most) out += "...";
    return out;
}

http::Response json_answer(int status, std::string body) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

http::Response problem(int status, std::string detail) {
    Problem body;
    body.type = Text<8000>("about:blank");
    body.title = Text<1024>(title_of(status));
    body.status = status;
    body.detail = Text<8000>(std::move(detail));
    return {status, {{"Content-Type", "application/problem+json"}}, wire::to_json(body)};
}

http::Response schema_problem(const Call& call, const wire::Error& error) {
    call.changes.notices.push_back(
        {model::Severity::warning, "schema_violation", call.caller.client_id,
         shown(call.request.method) + ' ' + shown(call.request.path()) + ": " + error.text()});
    return problem(error.fault == wire::Fault::too_large ? 413 : 400, error.text());
}

http::Response not_found(std::string_view id) {
    return problem(404, "there is no '" + shown(id) + "' here, or it is not yours to see");
}

std::optional<std::string> Call::parameter(std::string_view name) const {
    for (const auto& [key, value] : query) {
        if (key == name) return value;
    }
    return std::nullopt;
}

std::vector<std::string> Call::parameters(std::string_view name) const {
    std::vector<std::string> values;
    for (const auto& [key, value] : query) {
        if (key == name) values.push_back(value);
    }
    return values;
}

// ---- dispatch ------------------------------------------------------------------------------------------------------

std::optional<http::Response> Vtn::State::wrong_content_type(const Call& call) const {
    const std::string_view type = call.request.header("content-type");
    if (type.empty() || type.starts_with("application/json")) return std::nullopt;
    return problem(415, "the body must be application/json, not " + shown(type));
}

std::variant<Page, http::Response> Vtn::State::page_of(const Call& call) const {
    Page page{0, policy.page_limit};
    if (const std::optional<std::string> skip = call.parameter("skip")) {
        const std::optional<std::uint32_t> number = whole(*skip);
        if (!number)
            return problem(400, "out of range at query parameter skip: a whole number of at least 0 is expected");
        page.skip = *number;
    }
    if (const std::optional<std::string> limit = call.parameter("limit")) {
        const std::optional<std::uint32_t> number = whole(*limit);
        if (!number || *number > policy.page_limit) {
            return problem(400, "out of range at query parameter limit: a whole number of 0 to " +
                                    std::to_string(policy.page_limit) + " is expected");
        }
        page.limit = *number;
    }
    return page;
}

http::Response Vtn::State::dispatch(Call& call) {
    using S = Vtn::State;
    static constexpr std::array<Route, 5> routes{{
        {"programs", Scope::read_targets, Scope::write_programs, &S::list_programs, &S::get_program, &S::write_program,
         &S::delete_program},
        {"events", Scope::read_targets, Scope::write_events, &S::list_events, &S::get_event, &S::write_event,
         &S::delete_event},
        {"reports", Scope::read_ven_objects, Scope::write_reports, &S::list_reports, &S::get_report, &S::write_report,
         &S::delete_report},
        {"vens", Scope::read_ven_objects, Scope::write_vens, &S::list_vens, &S::get_ven, &S::write_ven, &S::delete_ven},
        {"resources", Scope::read_ven_objects, Scope::write_vens, &S::list_resources, &S::get_resource,
         &S::write_resource, &S::delete_resource},
    }};
    if (call.path[0] == "subscriptions") return subscriptions(call);
    if (call.path[0] == "notifiers") return notifiers(call);
    const auto route =
        std::find_if(routes.begin(), routes.end(), [&](const Route& r) { return r.name == call.path[0]; });
    if (route == routes.end() || call.path.size() > 2) return problem(404, "there is nothing at this path");
    const bool one = call.path.size() == 2;
    const std::string& method = call.request.method;
    const bool reads = method == "GET";
    if (!reads && method != (one ? "PUT" : "POST") && !(one && method == "DELETE")) {
        return method_not_allowed(call, one ? "GET, PUT, DELETE" : "GET, POST");
    }
    const Scopes scopes = call.caller.scopes;
    if (reads ? !scopes.has(Scope::read_all) && !scopes.has(route->read) : !scopes.has(route->write)) {
        return forbidden(call, "this needs the scope " + std::string(name_of(reads ? route->read : route->write)));
    }
    if (reads && one) return (this->*route->get)(call);
    if (method == "DELETE") return (this->*route->remove)(call);
    if (reads) {
        const std::variant<Page, http::Response> page = page_of(call);
        if (const auto* wrong = std::get_if<http::Response>(&page)) return *wrong;
        return (this->*route->list)(call, std::get<Page>(page));
    }
    if (std::optional<http::Response> wrong = wrong_content_type(call)) return *wrong;
    return (this->*route->write_object)(call, !one);
}

http::Response Vtn::State::handle(Call& call) {
    if (!call.path.empty() && call.path[0] == "auth") return auth(call);
    if (std::optional<http::Response> refused = authenticate(call)) return *refused;
    if (call.path.empty()) return problem(404, "there is nothing at this path");
    if (call.query.size() > most_query_members) return problem(400, "too many query parameters");
    return dispatch(call);
}

std::uint64_t Vtn::State::take_number(model::Changes& changes) {
    const std::uint64_t number = next_number++;
    keep(changes, "openadr3/state", "counter", CounterKeep{next_number});
    return number;
}

std::optional<http::Response> Vtn::State::full(std::size_t size) const {
    if (size < policy.max_objects) return std::nullopt;
    return problem(507,
                   "there are " + std::to_string(size) + " objects of this kind already, which is as many as may be");
}

// ---- what is durable -----------------------------------------------------------------------------------------------

namespace {

template <class T>
wire::Failure restore_into(Collection<T>& collection, const model::Document& document) {
    const std::optional<std::uint64_t> number = collection.number(document.key);
    if (!number) return wire::Error{wire::Fault::bad_format, "", "its key is no id of ours"};
    if (document.body.empty()) {
        collection.erase(document.key);
        return std::nullopt;
    }
    T object;
    wire::JsonOptions options;
    options.limits.bytes = 64 << 20;
    options.limits.members = 1 << 22;
    if (auto failure = wire::from_json(document.body, object, options)) return failure;
    collection.put(*number, std::move(object));
    return std::nullopt;
}

}  // namespace

wire::Failure Vtn::State::restore(const model::Document& document) {
    if (document.folder == "openadr3/state") return restore_state(document);
    if (document.folder == reports.folder()) {
        auto failure = restore_into(reports, document);
        const ReportKeep* kept = reports.find(document.key);
        if (kept && kept->ours) own_reports[kept->report.eventID] = document.key;
        return failure;
    }
    if (document.folder == programs.folder()) return restore_into(programs, document);
    if (document.folder == events.folder()) return restore_into(events, document);
    if (document.folder == vens.folder()) return restore_into(vens, document);
    if (document.folder == resources.folder()) return restore_into(resources, document);
    return std::nullopt;
}

wire::Failure Vtn::State::restore_state(const model::Document& document) {
    if (document.key == "token_key") token_key = http::base64_decoded(document.body).value_or("");
    if (document.key != "counter") return std::nullopt;
    CounterKeep counter;
    if (auto failure = wire::from_json(document.body, counter)) return failure;
    next_number = std::max(next_number, counter.next);
    return std::nullopt;
}

Vtn::State::State(Policy policy_, Random random_, Hmac hmac_)
    : policy(std::move(policy_)), random(std::move(random_)), hmac(std::move(hmac_)) {
    for (const ClientAccount& account : policy.accounts) {
        if (account.client_id.empty() || account.secret.empty()) {
            throw std::invalid_argument("an OpenADR client needs both a client id and a secret");
        }
        Account known{account.secret, {}};
        for (const std::string& name : account.scopes) {
            const std::optional<Scope> scope = scope_of(name);
            if (!scope) {
                throw std::invalid_argument("client '" + account.client_id + "' has the unknown scope '" + name + "'");
            }
            known.scopes.add(*scope);
        }
        accounts[account.client_id] = std::move(known);
    }
    policy.reports.relative_is_reduction = policy.translate.relative_is_reduction;
}

// ---- the face ------------------------------------------------------------------------------------------------------

Vtn::Vtn(Policy policy, Random random, Hmac hmac_sha256)
    : state_(std::make_unique<State>(std::move(policy), std::move(random), std::move(hmac_sha256))) {}
Vtn::~Vtn() = default;
Vtn::Vtn(Vtn&&) noexcept = default;
Vtn& Vtn::operator=(Vtn&&) noexcept = default;

bool Vtn::serves(std::string_view path) const {
    const std::string& base = state_->policy.base_path;
    return path.starts_with(base) && (path.size() == base.size() || path[base.size()] == '/' || base.ends_with('/'));
}

http::Response Vtn::handle(model::Us now, std::string_view peer_address, const http::Request& request,
                           model::Changes& changes) {
    Call call{now, peer_address, request, changes, {}, http::form_members(request.query()), {}};
    if (!serves(request.path())) return problem(404, "there is nothing at this path");
    call.path = segments_of(request.path().substr(state_->policy.base_path.size()));
    return state_->handle(call);
}

void Vtn::report(model::Us now, const model::EventReport& report, model::Changes& changes) {
    state_->report(now, report, changes);
}
void Vtn::opt(model::Us, const model::EventOpt& opt, model::Changes& changes) {
    state_->opt(opt, changes);
}

void Vtn::tick(model::Us now, model::Changes&) {
    std::erase_if(state_->bad_logins,
                  [now](const auto& entry) { return entry.second.since_us + model::minute_us <= now; });
}

model::Us Vtn::next_due() const {
    model::Us due = model::never;
    for (const auto& [address, logins] : state_->bad_logins) due = std::min(due, logins.since_us + model::minute_us);
    return due;
}

wire::Failure Vtn::restore(const model::Document& document) {
    return state_->restore(document);
}

}  // namespace busbar::openadr::v3
