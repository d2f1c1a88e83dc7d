// The walk: which request comes next, and what each answer teaches.
#include "protocols/ieee2030_5/client.hpp"

#include <algorithm>
#include <utility>

#include "protocols/ieee2030_5/client_body.hpp"
#include "protocols/ieee2030_5/records_metering.hpp"
#include "protocols/ieee2030_5/units.hpp"
#include "protocols/wire/xml.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::Us;

constexpr std::uint32_t page = 255;
constexpr Us first_retry_us = model::second_us;
constexpr Us last_retry_us = model::minute_us;

template <class T>
bool read(const std::string& body, T& record) {
    wire::XmlOptions options;
    options.any_namespace = true;
    options.any_case = true;
    return !wire::from_xml(body, record, options);
}

template <class L>
std::string href_of(const std::optional<L>& link) {
    if (!link) return {};
    return link->href.value;
}

}  // namespace

Client::Client(ClientOptions options) : options_(std::move(options)) {}

Us Client::period(std::uint32_t server_s) const {
    return options_.poll_us > 0 ? options_.poll_us : us_of(std::max<std::uint32_t>(server_s, 1));
}

void Client::queue(Step step, const std::string& href, const std::string& program) {
    if (href.empty()) return;
    Task task;
    task.step = step;
    task.href = href;
    task.program = program;
    tasks_.push_back(std::move(task));
}

void Client::broken(std::string what) {
    problem_ = std::move(what);
}

http::Request Client::request_of(const Task& task) const {
    http::Request request;
    request.method = task.method;
    request.target = task.href;
    request.headers.emplace_back("Accept", "application/sep+xml");
    const bool list = task.step == Step::end_devices || task.step == Step::assignments || task.step == Step::programs ||
                      task.step == Step::controls || task.step == Step::ders;
    if (list) {
        request.target += "?s=" + std::to_string(task.start) + "&l=" + std::to_string(page);
    }
    if (task.method != "GET") {
        request.headers.emplace_back("Content-Type", "application/sep+xml");
        request.body = task.body;
    }
    return request;
}

void Client::queue_due(Us now) {
    if (now >= walk_due_us_) {
        walk_due_us_ = now + us_of(walk_s_);
        queue(Step::device_capability, options_.device_capability);
    }
    if (now >= time_due_us_) {
        time_due_us_ = now + us_of(time_s_);
        queue(Step::time, time_href_);
    }
    if (now >= programs_due_us_) {
        programs_due_us_ = now + period(programs_s_);
        for (const std::string& href : program_lists_) queue(Step::programs, href);
    }
    if (now >= readings_due_us_) {
        readings_due_us_ = now + period(post_s_);
        queue_readings(now);
    }
}

void Client::queue_readings(Us now) {
    if (!measurement_ || mirror_href_.empty()) return;
    Task task;
    task.step = Step::post_readings;
    task.method = "POST";
    task.href = mirror_href_;
    task.body = readings_body(options_, *measurement_, seconds_of(server_time(now)));
    tasks_.push_back(std::move(task));
    if (!status_href_.empty()) put(status_href_, status_body(now));
}

std::optional<http::Request> Client::next(Us now) {
    if (in_flight_ || stopped_ || now < retry_us_) return std::nullopt;
    evaluate(now);
    if (tasks_.empty()) queue_due(now);
    std::deque<Task>& from = responses_.empty() ? tasks_ : responses_;
    if (from.empty()) return std::nullopt;
    in_flight_ = std::move(from.front());
    from.pop_front();
    return request_of(*in_flight_);
}

Us Client::next_due() const {
    if (in_flight_ || stopped_) return model::never;
    if (!tasks_.empty() || !responses_.empty()) return retry_us_;
    Us due = std::min({walk_due_us_, time_due_us_, programs_due_us_, readings_due_us_});
    for (const auto& entry : controls_) {
        if (entry.second.over || options_.behaviour == Behaviour::silent) continue;
        due = std::min(due, (entry.second.running ? entry.second.end_us : entry.second.start_us) - clock_offset_us_);
    }
    return std::max(due, retry_us_);
}

void Client::receive(Us now, const http::Response& response) {
    if (!in_flight_) return;
    if (response.status == 429 || response.status >= 500) {
        return failed(now, "answered " + std::to_string(response.status));
    }
    const Task task = std::move(*in_flight_);
    in_flight_.reset();
    failures_ = 0;
    retry_us_ = 0;
    if (response.status >= 200 && response.status < 300) {
        take(now, task, response);
    } else {
        broken(task.method + " " + task.href + " answered " + std::to_string(response.status));
        if (response.status == 404 && task.step == Step::post_readings) {
            mirror_href_.clear();  // the server does not know the mirror any more
            queue_mirror();
        }
    }
    evaluate(now);
}

void Client::failed(Us now, std::string_view reason) {
    if (!in_flight_) return;
    broken(in_flight_->method + " " + in_flight_->href + ": " + std::string(reason));
    std::deque<Task>& back = in_flight_->step == Step::post_response ? responses_ : tasks_;
    // Readings and statuses are overtaken by their next ones.
    const bool stale = in_flight_->step == Step::post_readings || in_flight_->href == status_href_;
    if (!stale) back.push_front(std::move(*in_flight_));
    in_flight_.reset();
    failures_ = std::min<std::uint32_t>(failures_ + 1, 16);
    retry_us_ = now + std::min(first_retry_us << (failures_ - 1), last_retry_us);
}

void Client::take(Us now, const Task& task, const http::Response& response) {
    switch (task.step) {
        case Step::controls:
            take_controls(now, task, response.body);
            break;
        case Step::ders:
            take_ders(response.body);
            break;
        case Step::put_part:
        case Step::post_readings:
            break;
        case Step::post_mirror:
            mirror_href_ = response.header("Location");
            readings_due_us_ = now;
            ready_ = !mirror_href_.empty() && !programs_.empty();
            break;
        case Step::post_response:
            ++sent_[task.status];
            break;
        default:
            take_discovery(now, task, response.body);
    }
}

void Client::take_discovery(Us now, const Task& task, const std::string& body) {
    sep::DeviceCapability capability;
    sep::Time time;
    sep::EndDeviceList devices;
    sep::Registration registration;
    sep::FunctionSetAssignmentsList assignments;
    sep::DERProgramList programs;
    sep::DefaultDERControl fallback;
    if (task.step == Step::device_capability && read(body, capability)) {
        walk_s_ = capability.pollRate.value.value_or(900);
        walk_due_us_ = now + us_of(walk_s_);
        time_href_ = href_of(capability.TimeLink);
        end_devices_href_ = href_of(capability.EndDeviceListLink);
        mirrors_href_ = href_of(capability.MirrorUsagePointListLink);
        queue(Step::time, time_href_);
        queue(Step::end_devices, end_devices_href_);
    } else if (task.step == Step::time && read(body, time)) {
        time_s_ = time.pollRate.value.value_or(900);
        time_due_us_ = now + us_of(time_s_);
        // The server tells whole seconds: a clock that agrees within them is left alone.
        const Us server_us = us_of(time.currentTime);
        const bool agrees = now >= server_us - model::second_us && now < server_us + 2 * model::second_us;
        clock_offset_us_ = agrees ? 0 : server_us - now;
    } else if (task.step == Step::end_devices && read(body, devices)) {
        const auto own =
            std::find_if(devices.EndDevice.begin(), devices.EndDevice.end(), [&](const sep::EndDevice& device) {
                return device.lFDI ? same_hex(*device.lFDI, options_.lfdi) : device.sFDI == sfdi_of(options_.lfdi);
            });
        if (own == devices.EndDevice.end()) return broken("the server does not list this device");
        take_end_devices(*own);
    } else if (task.step == Step::registration && read(body, registration)) {
        stopped_ = options_.pin != 0 && registration.pIN != options_.pin;
        if (stopped_) broken("the server has another registration PIN");  // ALL-03-REJ
    } else if (task.step == Step::assignments && read(body, assignments)) {
        program_lists_.clear();
        for (const sep::FunctionSetAssignments& one : assignments.FunctionSetAssignments) {
            const std::string href = href_of(one.DERProgramListLink);
            if (href.empty()) continue;
            program_lists_.push_back(href);
            queue(Step::programs, href);
        }
    } else if (task.step == Step::programs && read(body, programs)) {
        programs_s_ = programs.pollRate.value.value_or(900);
        programs_due_us_ = now + period(programs_s_);
        for (const sep::DERProgram& one : programs.DERProgram) {
            const std::string href = one.href.value ? std::string(*one.href.value) : std::string(one.mRID);
            Program& program = programs_[href];
            program.primacy = one.primacy;
            program.controls_href = href_of(one.DERControlListLink);
            program.default_href = href_of(one.DefaultDERControlLink);
            queue(Step::controls, program.controls_href, href);
            queue(Step::default_control, program.default_href, href);
        }
        ready_ = !mirror_href_.empty() && !programs_.empty();
    } else if (task.step == Step::default_control && read(body, fallback)) {
        programs_[task.program].fallback = fallback.DERControlBase;
    } else {
        broken(task.href + " could not be read");
    }
}

void Client::take_end_devices(const sep::EndDevice& own) {
    post_s_ = own.postRate.value_or(post_s_);
    queue(Step::registration, href_of(own.RegistrationLink));
    queue(Step::assignments, href_of(own.FunctionSetAssignmentsListLink));
    // Enrolled anew it is another EndDevice, of which the server knows nothing.
    const std::string before = std::exchange(ders_href_, href_of(own.DERListLink));
    if (ders_href_ != before || mirror_href_.empty()) queue(Step::ders, ders_href_);
}

void Client::take_controls(Us now, const Task& task, const std::string& body) {
    sep::DERControlList list;
    if (!read(body, list)) return broken(task.href + " could not be read");
    Program& program = programs_[task.program];
    if (task.start == 0) program.page.clear();
    for (sep::DERControl& control : list.DERControl) program.page.push_back(std::move(control));
    const std::uint32_t all = list.all.value.value_or(0);
    if (program.page.size() < all && !list.DERControl.empty()) {
        Task more = task;
        more.start = static_cast<std::uint32_t>(program.page.size());
        tasks_.push_front(std::move(more));
        return;
    }
    replace_controls(now, task.program, std::move(program.page));
}

void Client::take_ders(const std::string& body) {
    sep::DERList list;
    if (!read(body, list) || list.DER.empty()) return broken("no DER to describe");
    queue_parts(list.DER.front());
    queue_mirror();
}

void Client::queue_parts(const sep::DER& der) {
    status_href_ = href_of(der.DERStatusLink);
    put(href_of(der.DERCapabilityLink), capability_body(options_));
    put(href_of(der.DERSettingsLink), settings_body(options_));
    put(status_href_, status_body(0));
    put(href_of(der.DERAvailabilityLink), availability_body());
}

void Client::put(const std::string& href, std::string body) {
    if (href.empty()) return;
    Task task;
    task.step = Step::put_part;
    task.method = "PUT";
    task.href = href;
    task.body = std::move(body);
    tasks_.push_back(std::move(task));
}

void Client::queue_mirror() {
    if (mirrors_href_.empty()) return;
    Task task;
    task.step = Step::post_mirror;
    task.method = "POST";
    task.href = mirrors_href_;
    task.body = mirror_body(options_);
    tasks_.push_back(std::move(task));
}

void Client::meter(Us, const Measurement& measurement) {
    measurement_ = measurement;
}

std::string Client::status_body(Us now) const {
    return ieee2030_5::status_body(options_, measurement_, seconds_of(server_time(now)));
}

std::uint64_t Client::responses_sent(std::uint8_t status) const {
    const auto found = sent_.find(status);
    return found == sent_.end() ? 0 : found->second;
}

}  // namespace busbar::ieee2030_5
