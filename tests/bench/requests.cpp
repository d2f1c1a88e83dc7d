#include "tests/bench/requests.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <stdexcept>

namespace busbar::bench {
namespace {

constexpr std::string_view base_path = "/openadr3/3.1.0";

std::string member(const std::string& json, const std::string& name) {
    const std::string key = '"' + name + "\":\"";
    const auto at = json.find(key);
    if (at == std::string::npos) throw std::runtime_error("load generator: no " + name + " in " + json);
    const auto begin = at + key.size();
    return json.substr(begin, json.find('"', begin) - begin);
}

std::string event_body(const std::string& program, int number, double kilowatts, int start_in_s, int interval_s) {
    const std::time_t start = std::time(nullptr) + start_in_s;
    std::tm utc{};
    gmtime_r(&start, &utc);
    std::array<char, 32> time{};
    std::strftime(time.data(), time.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
    std::string body = "{\"programID\":\"" + program + "\",\"eventName\":\"event " + std::to_string(number) +
                       "\",\"intervalPeriod\":{\"start\":\"" + time.data() + "\",\"duration\":\"PT" +
                       std::to_string(interval_s) +
                       "S\"},\"payloadDescriptors\":[{\"objectType\":\"EVENT_PAYLOAD_DESCRIPTOR\",\"payloadType\":"
                       "\"DISPATCH_SETPOINT\",\"units\":\"KW\"}],\"intervals\":[";
    for (int i = 0; i < 4; ++i)
        body += (i == 0 ? "" : ",") + std::string("{\"id\":") + std::to_string(i) +
                ",\"payloads\":[{\"type\":\"DISPATCH_SETPOINT\",\"values\":[" +
                std::to_string(kilowatts * (1 - 0.1 * i)) + "]}]}";
    return body + "]}";
}

}  // namespace

void HttpLink::ask(const http::Request& request) {
    target_ = request.target;
    std::string text = request.method + ' ' + request.target + " HTTP/1.1\r\nHost: 127.0.0.1\r\n";
    for (const auto& [name, value] : request.headers) text += name + ": " + value + "\r\n";
    if (!request.body.empty()) text += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
    send(text + "\r\n" + request.body);
}

void HttpLink::received(std::string_view bytes) {
    std::string joined;
    if (!partial_.empty()) {
        joined = std::move(partial_.append(bytes));
        partial_.clear();
        bytes = joined;
    }
    const auto end = bytes.find("\r\n\r\n");
    http::Response response;
    std::size_t length = 0;
    if (end != std::string_view::npos) {
        const std::string_view head = bytes.substr(0, end + 2);
        response.status = std::atoi(std::string(head.substr(9, 3)).c_str());
        for (auto at = head.find("\r\n") + 2; at < head.size(); at = head.find("\r\n", at) + 2) {
            const auto line = head.substr(at, head.find("\r\n", at) - at);
            const auto colon = line.find(':');
            response.headers.emplace_back(line.substr(0, colon), line.substr(std::min(colon + 2, line.size())));
        }
        length = std::strtoul(std::string(response.header("Content-Length")).c_str(), nullptr, 10);
    }
    if (end == std::string_view::npos || bytes.size() < end + 4 + length) {
        partial_ = bytes;
        return;
    }
    response.body = bytes.substr(end + 4, length);
    if (response.status / 100 != 2)
        throw std::runtime_error("load generator: " + target_ + " was answered with " +
                                 std::to_string(response.status) + ": " + response.body);
    answered(response, bytes);
}

class Utility::Connection final : public HttpLink {
  public:
    void opened() override {}
    void answered(const http::Response& response, std::string_view) override {
        body = response.body;
        waiting = false;
    }
    std::string body;
    bool waiting = false;
};

Utility::Utility(Load& load, std::uint16_t port) : load_(load), connection_(std::make_unique<Connection>()) {
    load_.connect(*connection_, port);
    load_.run("the utility's connection", 10, [this] { return connection_->open(); });
    token_ = member(call("/auth/token", "application/x-www-form-urlencoded",
                         "grant_type=client_credentials&client_id=utility&client_secret=utility-secret"),
                    "access_token");
    program_ = member(call("/programs", "application/json", "{\"programName\":\"bench\"}"), "id");
}

Utility::~Utility() = default;

void Utility::begin(const std::string& method, const std::string& target, const std::string& type,
                    const std::string& body) {
    http::Request request{method, std::string(base_path) + target, {}, body};
    if (!type.empty()) request.headers.emplace_back("Content-Type", type);
    if (!token_.empty()) request.headers.emplace_back("Authorization", "Bearer " + token_);
    connection_->waiting = true;
    connection_->ask(request);
}

void Utility::finish() {
    load_.run("the utility's request", 60, [this] { return !connection_->waiting; });
}

std::string Utility::call(const std::string& target, const std::string& type, const std::string& body) {
    begin("POST", target, type, body);
    finish();
    return connection_->body;
}

void Utility::post(double kilowatts, int start_in_s, int interval_s) {
    begin("POST", "/events", "application/json", event_body(program_, ++events_, kilowatts, start_in_s, interval_s));
}

void Utility::create(double kilowatts, int start_in_s, int interval_s) {
    post(kilowatts, start_in_s, interval_s);
    finish();
}

void Utility::remove() {
    begin("DELETE", "/events/" + member(connection_->body, "id"), {}, {});
    finish();
}

}  // namespace busbar::bench
