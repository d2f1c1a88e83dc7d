// A utility's business-logic client of an OpenADR 3.1 VTN as a sans-I/O machine: token, program, event, and then the
// reports until every number in them is final.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/units.hpp"
#include "protocols/openadr/v3/records.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::openadr::v3 {

struct ClientSettings {
    std::string base_path = "/openadr3/3.1.0";
    std::string client_id;
    std::string client_secret;
    std::string program_name;
    EventRequest event;                        // programID is filled in
    model::Us poll_us = 2 * model::second_us;  // between looks at the reports
    model::Us retry_us = model::second_us;     // first wait after a failure; doubles up to a minute
};

class Client {
  public:
    enum class Stage { token, find_program, create_program, create_event, find_event, reports, cancel, done, refused };

    explicit Client(ClientSettings settings);

    // The next request if one is due at `now` and none is under way.
    std::optional<http::Request> next(model::Us now);
    void receive(model::Us now, const http::Response& response);  // the answer to it
    void failed(model::Us now, std::string_view reason);          // there is none; asks again later
    model::Us next_due() const;  // when next() will have something; model::never while a request is under way, or done

    void cancel();  // deletes the event at the next turn

    Stage stage() const { return stage_; }
    bool finished() const { return stage_ == Stage::done || stage_ == Stage::refused; }
    const std::string& event_id() const { return event_id_; }
    const std::string& program_id() const { return program_id_; }
    const std::vector<Report>& reports() const { return reports_; }  // on the event, as last read
    const std::string& problem() const { return problem_; }          // why refused, or the last failure

  private:
    http::Request request(std::string method, std::string path, std::string body = {}) const;
    void go(model::Us at, Stage stage);
    void again(model::Us now, std::string reason);
    void take(model::Us now, const http::Response& response);
    void take_programs(model::Us now, const http::Response& response);
    void take_events(model::Us now, const http::Response& response);
    void take_token(model::Us now, const http::Response& response);
    void take_reports(model::Us now, const http::Response& response);

    ClientSettings settings_;
    Stage stage_ = Stage::token;
    bool under_way_ = false;
    bool cancel_ = false;
    model::Us due_ = 0;
    model::Us wait_ = 0;
    std::string token_;
    std::string program_id_;
    std::string event_id_;
    std::string problem_;
    std::vector<Report> reports_;
    Stage after_token_ = Stage::find_program;
    std::size_t skip_ = 0;  // of the list that is being read
};

// Net energy in Wh that a report states for the event's interval `id`; nothing if it says nothing of it.
std::optional<double> reported_wh(const Report& report, std::int32_t id);
// Whether every interval of the event is in the report, and final.
bool is_complete(const Report& report, const EventRequest& event);

}  // namespace busbar::openadr::v3
