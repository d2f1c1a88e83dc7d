// The inside of the VTN, shared by the files that make it up: its objects, one call, and the answers to it.
#pragma once

#include <charconv>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocols/openadr/v3/vtn.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::openadr::v3 {

// All objects of one kind, oldest first. An id is "<prefix>-<number>"; numbers are never used twice.
template <class T>
class Collection {
  public:
    constexpr Collection(std::string_view prefix, std::string_view folder) : prefix_(prefix), folder_(folder) {}

    std::string id(std::uint64_t number) const { return std::string(prefix_) + '-' + std::to_string(number); }
    std::string_view folder() const { return folder_; }

    std::optional<std::uint64_t> number(std::string_view id) const {
        if (!id.starts_with(prefix_) || id.size() <= prefix_.size() || id[prefix_.size()] != '-') return std::nullopt;
        id.remove_prefix(prefix_.size() + 1);
        std::uint64_t number = 0;
        const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), number);
        const bool whole =
            error == std::errc{} && end == id.data() + id.size() && (id.front() != '0' || id.size() == 1);
        return whole ? std::optional(number) : std::nullopt;
    }
    T* find(std::string_view object_id) {
        const std::optional<std::uint64_t> n = number(object_id);
        const auto at = n ? objects_.find(*n) : objects_.end();
        return at == objects_.end() ? nullptr : &at->second;
    }
    T& put(std::uint64_t n, T object) { return objects_.insert_or_assign(n, std::move(object)).first->second; }
    void erase(std::string_view object_id) {
        if (const std::optional<std::uint64_t> n = number(object_id)) objects_.erase(*n);
    }
    const std::map<std::uint64_t, T>& all() const { return objects_; }
    std::size_t size() const { return objects_.size(); }

  private:
    std::string_view prefix_;
    std::string_view folder_;
    std::map<std::uint64_t, T> objects_;
};

// Who asks.
struct Caller {
    std::string client_id;
    Scopes scopes;
    bool sees_all() const { return scopes.has(Scope::read_all); }
    // Business logic may speak for others; a VEN only for itself.
    bool is_business() const {
        return sees_all() || scopes.has(Scope::write_programs) || scopes.has(Scope::write_events);
    }
};

// One request on its way.
struct Call {
    model::Us now = 0;
    std::string_view peer;
    const http::Request& request;
    model::Changes& changes;
    std::vector<std::string> path;  // after the base path: {"events", "event-7"}
    std::vector<std::pair<std::string, std::string>> query;
    Caller caller;

    std::optional<std::string> parameter(std::string_view name) const;
    std::vector<std::string> parameters(std::string_view name) const;
};

// What a peer wrote, fit for a log line or an answer: short, printable ASCII.
std::string shown(std::string_view text, std::size_t most = 128);

http::Response json_answer(int status, std::string body);
http::Response problem(int status, std::string detail);
http::Response schema_problem(const Call& call, const wire::Error& error);
http::Response not_found(std::string_view id);

struct Page {
    std::size_t skip = 0;
    std::size_t limit = 0;
};

// Writes the members that are to be seen of a list, within the page.
class ListAnswer {
  public:
    explicit ListAnswer(Page page) : page_(page) {}
    template <class T>
    void add(const T& object) {
        if (seen_++ < page_.skip || shown_ >= page_.limit) return;
        if (shown_++ > 0) body_ += ',';
        wire::write_json(record_of(wire::Tag<T>{}), &object, body_);
    }
    http::Response answer() { return json_answer(200, body_ + ']'); }

  private:
    Page page_;
    std::size_t seen_ = 0, shown_ = 0;
    std::string body_ = "[";
};

struct BadLogins {
    std::size_t count = 0;
    model::Us since_us = 0;
};

struct Account {
    std::string secret;
    Scopes scopes;
};

struct Vtn::State {
    Policy policy;
    Random random;
    Hmac hmac;
    std::map<std::string, Account> accounts;
    std::string token_key;  // "" until first needed
    std::uint64_t next_number = 1;
    std::map<std::string, BadLogins> bad_logins;  // by address

    Collection<Program> programs{"program", "openadr3/programs"};
    Collection<EventKeep> events{"event", "openadr3/events"};
    Collection<ReportKeep> reports{"report", "openadr3/reports"};
    Collection<Ven> vens{"ven", "openadr3/vens"};
    Collection<Resource> resources{"resource", "openadr3/resources"};
    std::map<std::string, std::string, std::less<>> own_reports;  // event id -> id of the gateway's report on it
    std::map<std::string, EventKeep> gone_events;                 // deleted, while their last report is on its way

    State(Policy policy_, Random random_, Hmac hmac_);

    // vtn.cpp: the way in
    http::Response handle(Call& call);
    http::Response dispatch(Call& call);
    std::optional<http::Response> wrong_content_type(const Call& call) const;
    std::variant<Page, http::Response> page_of(const Call& call) const;
    std::uint64_t take_number(model::Changes& changes);
    wire::Failure restore(const model::Document& document);
    wire::Failure restore_state(const model::Document& document);

    // vtn_auth.cpp: tokens and scopes
    http::Response auth(Call& call);
    http::Response auth_server(const Call& call) const;
    http::Response issue_token(Call& call);
    std::optional<http::Response> authenticate(Call& call);
    http::Response unauthenticated(Call& call, std::string_view code, std::string detail) const;
    http::Response forbidden(const Call& call, std::string detail) const;
    bool too_many_bad_logins(const Call& call) const;
    void count_bad_login(const Call& call);
    const std::string& key(model::Changes& changes);

    // vtn_objects.cpp: programs, vens, resources, subscriptions, notifiers
    http::Response list_programs(Call& call, Page page);
    http::Response get_program(Call& call);
    http::Response write_program(Call& call, bool create);
    http::Response delete_program(Call& call);
    http::Response list_vens(Call& call, Page page);
    http::Response get_ven(Call& call);
    http::Response write_ven(Call& call, bool create);
    http::Response delete_ven(Call& call);
    http::Response list_resources(Call& call, Page page);
    http::Response get_resource(Call& call);
    http::Response write_resource(Call& call, bool create);
    http::Response delete_resource(Call& call);
    http::Response subscriptions(Call& call);
    http::Response notifiers(Call& call);
    // OA3-22: what the client says of clientID and targets is settled by who it is.
    template <class Request>
    std::optional<http::Response> settle_owner(const Call& call, Request& request, const Request* before) const;
    // OA3-19, OA3-21: whether the caller sees an object with these targets; reduces them to what it asked for.
    bool reveal(const Call& call, Targets& targets) const;
    bool owns(const Call& call, std::string_view client_id) const;

    // vtn_events.cpp: events and reports
    http::Response list_events(Call& call, Page page);
    http::Response get_event(Call& call);
    http::Response write_event(Call& call, bool create);
    http::Response delete_event(Call& call);
    http::Response list_reports(Call& call, Page page);
    http::Response get_report(Call& call);
    http::Response write_report(Call& call, bool create);
    http::Response delete_report(Call& call);
    void hand_on(EventKeep& keep, const EventKeep* before, model::Changes& changes);
    EventKeep* event_of(std::string_view grid_event_id);
    void put_own_report(model::Us now, ReportRequest request, const EventKeep& keep, model::Changes& changes);
    void report(model::Us now, const model::EventReport& report, model::Changes& changes);
    void opt(const model::EventOpt& opt, model::Changes& changes);

    std::optional<http::Response> full(std::size_t size) const;
};

// Reads the body of a request into a record, or answers what is wrong with it.
template <class T>
std::optional<http::Response> read_body(const Call& call, std::size_t max_bytes, T& value) {
    wire::JsonOptions options;
    options.limits.bytes = max_bytes;
    if (const wire::Failure failure = wire::from_json(call.request.body, value, options)) {
        return schema_problem(call, *failure);
    }
    return std::nullopt;
}

template <class T>
void keep(model::Changes& changes, std::string_view folder, std::string key, const T& object) {
    changes.documents.push_back({std::string(folder), std::move(key), wire::to_json(object)});
}
inline void forget(model::Changes& changes, std::string_view folder, std::string key) {
    changes.documents.push_back({std::string(folder), std::move(key), ""});
}

}  // namespace busbar::openadr::v3
