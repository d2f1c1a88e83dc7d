#include "protocols/openadr/v3/client.hpp"

#include <algorithm>

#include "protocols/wire/json.hpp"

namespace busbar::openadr::v3 {

namespace {

const AnyValue* value_of(const Interval& interval, std::string_view type) {
    for (const ValuesMap& payload : interval.payloads) {
        if (payload.type == type && !payload.values.empty()) return &payload.values.front();
    }
    return nullptr;
}

double number_of(const Interval& interval, std::string_view type) {
    const AnyValue* value = value_of(interval, type);
    return value ? value->number().value_or(0) : 0;
}

bool is_final(const Interval& interval) {
    const AnyValue* value = value_of(interval, "REPORT_FINAL");
    const bool* flag = value ? std::get_if<bool>(&value->value) : nullptr;
    return flag && *flag;
}

constexpr std::size_t page = 50;  // of lists

// The id of the object in an answer, whatever else it holds.
struct IdOnly {
    ObjectId id;
};
RECORD(IdOnly, id)

}  // namespace

std::optional<double> reported_wh(const Report& report, std::int32_t id) {
    std::optional<double> wh;
    for (const ReportResource& resource : report.resources) {
        for (const Interval& interval : resource.intervals) {
            if (interval.id != id || !value_of(interval, "USAGE")) continue;
            wh = wh.value_or(0) + 1000 * (number_of(interval, "USAGE") - number_of(interval, "EXPORT_USAGE"));
        }
    }
    return wh;
}

bool is_complete(const Report& report, const EventRequest& event) {
    if (!event.intervals) return true;
    return std::all_of(event.intervals->begin(), event.intervals->end(), [&](const Interval& wanted) {
        bool seen = false;
        for (const ReportResource& resource : report.resources) {
            for (const Interval& interval : resource.intervals) {
                if (interval.id != wanted.id) continue;
                if (!is_final(interval)) return false;
                seen = true;
            }
        }
        return seen;
    });
}

Client::Client(ClientSettings settings) : settings_(std::move(settings)), wait_(settings_.retry_us) {}

http::Request Client::request(std::string method, std::string path, std::string body) const {
    http::Request out{
        std::move(method), settings_.base_path + path, {{"Authorization", "Bearer " + token_}}, std::move(body)};
    if (!out.body.empty()) out.headers.emplace_back("Content-Type", "application/json");
    return out;
}

std::optional<http::Request> Client::next(model::Us now) {
    if (under_way_ || finished() || now < due_) return std::nullopt;
    if (cancel_ && stage_ == Stage::reports) stage_ = Stage::cancel;
    under_way_ = true;
    switch (stage_) {
        case Stage::token: {
            http::Request out{"POST", settings_.base_path + "/auth/token", {}, {}};
            out.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
            out.body = "grant_type=client_credentials&client_id=" + http::percent_encoded(settings_.client_id) +
                       "&client_secret=" + http::percent_encoded(settings_.client_secret);
            return out;
        }
        case Stage::find_program:
            return request("GET", "/programs?limit=50&skip=" + std::to_string(skip_));
        case Stage::find_event:
            return request("GET", "/events?limit=50&skip=" + std::to_string(skip_) +
                                      "&programID=" + http::percent_encoded(program_id_));
        case Stage::create_program: {
            ProgramRequest program;
            program.programName = Name(settings_.program_name);
            return request("POST", "/programs", wire::to_json(program));
        }
        case Stage::create_event: {
            settings_.event.programID = ObjectId(program_id_);
            return request("POST", "/events", wire::to_json(settings_.event));
        }
        case Stage::reports:
            return request("GET", "/reports?eventID=" + http::percent_encoded(event_id_));
        case Stage::cancel:
            return request("DELETE", "/events/" + http::percent_encoded(event_id_));
        case Stage::done:
        case Stage::refused:
            break;
    }
    under_way_ = false;
    return std::nullopt;
}

void Client::receive(model::Us now, const http::Response& response) {
    if (!under_way_) return;
    under_way_ = false;
    if (response.status == 401 && stage_ != Stage::token) {  // the token has expired: a new one, then once more
        after_token_ = stage_;
        go(now, Stage::token);
        return;
    }
    if (response.status >= 500 || response.status == 429) {
        again(now, "status " + std::to_string(response.status));
        return;
    }
    if (response.status == 409 && stage_ == Stage::create_program)  // somebody made it meanwhile
        return go(now, Stage::find_program);
    if (response.status >= 300) {
        Problem problem;
        const bool readable = !wire::from_json(response.body, problem) && problem.detail;
        problem_ = "status " + std::to_string(response.status) + (readable ? ": " + *problem.detail : std::string());
        stage_ = Stage::refused;
        return;
    }
    wait_ = settings_.retry_us;
    take(now, response);
}

void Client::take(model::Us now, const http::Response& response) {
    IdOnly object;
    switch (stage_) {
        case Stage::token:
            take_token(now, response);
            return;
        case Stage::find_program:
            take_programs(now, response);
            return;
        case Stage::find_event:
            take_events(now, response);
            return;
        case Stage::create_program:
        case Stage::create_event:
            if (wire::from_json(response.body, object)) return again(now, "unreadable answer");
            (stage_ == Stage::create_program ? program_id_ : event_id_) = object.id;
            return stage_ == Stage::create_program ? go(now, Stage::create_event)
                                                   : go(now + settings_.poll_us, Stage::reports);
        case Stage::reports:
            take_reports(now, response);
            return;
        case Stage::cancel:
            stage_ = Stage::done;
            return;
        case Stage::done:
        case Stage::refused:
            return;
    }
}

void Client::take_token(model::Us now, const http::Response& response) {
    TokenAnswer answer;
    if (wire::from_json(response.body, answer)) return again(now, "unreadable answer of the token end point");
    token_ = answer.access_token;
    go(now, after_token_);
}

void Client::take_programs(model::Us now, const http::Response& response) {
    std::vector<Program> programs;
    if (wire::from_json(response.body, programs)) return again(now, "unreadable list of programs");
    for (const Program& program : programs) {
        if (program.programName != settings_.program_name) continue;
        program_id_ = program.id;
        return go(now, Stage::create_event);
    }
    if (programs.size() < page) return go(now, Stage::create_program);
    skip_ += page;
}

// After an attempt to create the event that got no answer: it may be there all the same.
void Client::take_events(model::Us now, const http::Response& response) {
    std::vector<Event> events;
    if (wire::from_json(response.body, events)) return again(now, "unreadable list of events");
    for (const Event& event : events) {
        if (event.eventName != settings_.event.eventName) continue;
        event_id_ = event.id;
        return go(now, Stage::reports);
    }
    if (events.size() < page) return go(now, Stage::create_event);
    skip_ += page;
}

void Client::take_reports(model::Us now, const http::Response& response) {
    std::vector<Report> reports;
    if (wire::from_json(response.body, reports)) return again(now, "unreadable list of reports");
    reports_ = std::move(reports);
    const bool complete = std::any_of(reports_.begin(), reports_.end(),
                                      [&](const Report& report) { return is_complete(report, settings_.event); });
    go(now + settings_.poll_us, complete ? Stage::done : Stage::reports);
}

void Client::go(model::Us at, Stage stage) {
    due_ = at;
    stage_ = stage;
    skip_ = 0;
}

void Client::again(model::Us now, std::string reason) {
    problem_ = std::move(reason);
    due_ = now + wait_;
    wait_ = std::min(2 * wait_, model::minute_us);
}

void Client::failed(model::Us now, std::string_view reason) {
    if (!under_way_) return;
    under_way_ = false;
    again(now, std::string(reason));
    if (stage_ == Stage::create_program) go(due_, Stage::find_program);
    if (stage_ == Stage::create_event) go(due_, Stage::find_event);
}

model::Us Client::next_due() const {
    return under_way_ || finished() ? model::never : due_;
}

void Client::cancel() {
    cancel_ = true;
    due_ = 0;
}

}  // namespace busbar::openadr::v3
