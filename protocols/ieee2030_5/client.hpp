// A 2030.5 DER client as a sans-I/O state machine: it walks from DeviceCapability to its controls, obeys them by the
// server's clock, answers them, and posts what it measures. The demonstration's inverters and batteries, the tests and
// the conformance peers are made of it.
//
//     while (auto request = client.next(now)) client.receive(now, exchange(*request));
//     … again at client.next_due()
//
// One request at a time: next() gives nothing while one is on its way.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/resource.hpp"
#include "protocols/ieee2030_5/translate.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::ieee2030_5 {

enum class Behaviour : std::uint8_t {
    obeys,
    silent,   // polls and posts readings, neither answers nor obeys a control
    refuses,  // opts out of every control (Response 4) and obeys none
};

struct ClientOptions {
    std::string lfdi;  // of its certificate
    model::ResourceKind kind = model::ResourceKind::pv;
    model::MilliW max_export_mw = 0;  // what it states as its ratings and settings
    model::MilliW max_import_mw = 0;
    std::uint32_t pin = 111115;  // it goes no further if the server's is another; 0 = any
    model::Us poll_us = 0;       // of controls and readings; 0 = as the server says
    std::string device_capability = "/dcap";
    Behaviour behaviour = Behaviour::obeys;
    bool csip_aus = false;  // states that it takes generation and load limits
    std::uint32_t pen = 0;  // last 32 bits of its mRIDs
};

// What its meter shows; load convention.
struct Measurement {
    model::MilliW power_mw = 0;
    model::MilliWh import_mwh = 0;  // registers
    model::MilliWh export_mwh = 0;
    std::optional<model::Ppm> state_of_charge_ppm;
    std::optional<model::MilliV> voltage_mv;
    std::optional<model::MilliHz> frequency_mhz;
};

class Client {
  public:
    explicit Client(ClientOptions options);

    // What to send now, if anything; the headers that HTTP itself needs (Host, Content-Length) are the sender's to add.
    std::optional<http::Request> next(model::Us now);
    void receive(model::Us now, const http::Response& response);  // to the request that next() gave last
    void failed(model::Us now, std::string_view reason);          // it could not be sent, or no answer came
    model::Us next_due() const;                                   // call next() again no later than this

    // What the server asks of the device at `now`: controls in force over defaults.
    Wanted wanted(model::Us now);
    void meter(model::Us now, const Measurement& measurement);  // posted once each period

    // Its clock was set forward by so much (negative: back), and `now` is of another that runs on: what it takes for
    // the server's time is wrong until it next asks.
    void clock_set(model::Us by_us) { clock_offset_us_ += by_us; }
    void behave(Behaviour behaviour) { options_.behaviour = behaviour; }
    bool ready() const { return ready_; }                    // it has found its program and posts readings
    const std::string& problem() const { return problem_; }  // the last thing that went wrong, for people; "" = nothing
    std::uint64_t responses_sent(std::uint8_t status) const;
    std::size_t controls() const { return controls_.size(); }

  private:
    enum class Step : std::uint8_t {
        device_capability,
        time,
        end_devices,
        registration,
        assignments,
        programs,
        controls,
        default_control,
        ders,
        put_part,
        post_mirror,
        post_readings,
        post_response,
    };
    struct Task {
        Step step{};
        std::string method = "GET";
        std::string href;
        std::string body;
        std::uint32_t start = 0;  // of a list's page
        std::string program;      // href of the program that a control list or default is of
        std::uint8_t status = 0;  // of a response
    };
    struct Program {
        std::uint8_t primacy = 0;
        std::string controls_href;
        std::string default_href;
        std::optional<sep::DERControlBase> fallback;
        std::vector<sep::DERControl> page;  // of the list that is being read
    };
    struct Control {
        sep::DERControl record;
        std::string program;
        std::uint8_t primacy = 0;
        model::Us start_us = 0;  // server time, with its randomisation
        model::Us end_us = 0;
        bool running = false;
        bool over = false;  // completed, cancelled, superseded or opted out of
        std::set<std::uint8_t> told;
    };

    model::Us server_time(model::Us now) const { return now + clock_offset_us_; }
    model::Us period(std::uint32_t server_s) const;
    void queue(Step step, const std::string& href, const std::string& program = {});
    void queue_due(model::Us now);
    void queue_readings(model::Us now);
    http::Request request_of(const Task& task) const;

    void take(model::Us now, const Task& task, const http::Response& response);
    void take_discovery(model::Us now, const Task& task, const std::string& body);
    void take_end_devices(const sep::EndDevice& own);
    void take_controls(model::Us now, const Task& task, const std::string& body);
    void replace_controls(model::Us now, const std::string& program, std::vector<sep::DERControl> records);
    void take_ders(const std::string& body);
    void queue_parts(const sep::DER& der);
    void put(const std::string& href, std::string body);
    void queue_mirror();
    void broken(std::string what);

    void evaluate(model::Us now);
    void evaluate_one(Control& control, model::Us at);
    bool beaten(const Control& control, model::Us at) const;
    void tell(Control& control, std::uint8_t status, model::Us at);
    sep::DERControlBase in_force(model::Us at) const;
    Ratings ratings() const;
    std::string status_body(model::Us now) const;

    ClientOptions options_;
    std::deque<Task> tasks_;
    std::deque<Task> responses_;
    std::optional<Task> in_flight_;
    model::Us retry_us_ = 0;
    std::uint32_t failures_ = 0;
    std::string problem_;
    bool ready_ = false;
    bool stopped_ = false;  // the PIN is not ours

    model::Us clock_offset_us_ = 0;
    model::Us walk_due_us_ = 0;  // DeviceCapability and what follows from it
    model::Us time_due_us_ = model::never;
    model::Us programs_due_us_ = model::never;
    model::Us readings_due_us_ = model::never;
    std::uint32_t walk_s_ = 300;
    std::uint32_t time_s_ = 900;
    std::uint32_t programs_s_ = 300;
    std::uint32_t post_s_ = 300;

    std::string time_href_;
    std::string end_devices_href_;
    std::string mirrors_href_;
    std::string mirror_href_;
    std::string status_href_;
    std::string ders_href_;
    std::vector<std::string> program_lists_;
    std::map<std::string, Program> programs_;  // by href
    std::map<std::string, Control> controls_;  // by mRID
    std::optional<Measurement> measurement_;
    std::map<std::uint8_t, std::uint64_t> sent_;
};

}  // namespace busbar::ieee2030_5
