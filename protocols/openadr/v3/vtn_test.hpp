// What the tests of the VTN share: a VTN with a few clients, and short ways to ask it.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/openadr/v3/vtn.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::openadr::v3 {

// A keyed hash that is good enough to tell keys and messages apart.
inline std::string test_hmac(std::string_view key, std::string_view message) {
    std::string out;
    std::uint64_t hash = 1469598103934665603ULL;
    const auto mix = [&hash](std::string_view text) {
        for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
        hash = (hash ^ 0xff) * 1099511628211ULL;
    };
    mix(key);
    mix(message);
    for (int i = 0; i < 32; ++i) {
        mix("x");
        out += static_cast<char>(hash >> 56);
    }
    return out;
}

inline constexpr model::Us noon = 1'760'000'400'000'000;  // 2025-10-09T09:00:00Z

class VtnTest : public testing::Test {
  protected:
    static Policy policy() {
        Policy policy;
        policy.accounts = {
            {"utility", "s3cret", {"read_all", "write_programs", "write_events", "write_vens", "write_subscriptions"}},
            {"ven-a",
             "aaa",
             {"read_targets", "read_ven_objects", "write_reports", "write_vens", "write_subscriptions"}},
            {"ven-b",
             "bbb",
             {"read_targets", "read_ven_objects", "write_reports", "write_vens", "write_subscriptions"}},
        };
        return policy;
    }
    static Random random() {
        return [n = std::uint64_t{0}](std::size_t bytes) mutable {
            ++n;
            std::string out;
            for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>('a' + (n * 7 + i * 3) % 26);
            return out;
        };
    }

    Vtn vtn{policy(), random(), test_hmac};
    model::Us now = noon;
    model::Changes changes;                  // of the last call
    std::vector<model::Document> documents;  // of all calls
    std::string as = "utility";

    http::Response send(http::Request request) {
        changes = {};
        http::Response response = vtn.handle(now, "192.0.2.7:40000", request, changes);
        documents.insert(documents.end(), changes.documents.begin(), changes.documents.end());
        return response;
    }
    std::string token(std::string_view client) {
        const std::string secret = client == "utility" ? "s3cret" : client == "ven-a" ? "aaa" : "bbb";
        const http::Response response =
            send({"POST",
                  "/openadr3/3.1.0/auth/token",
                  {{"Content-Type", "application/x-www-form-urlencoded"}},
                  "grant_type=client_credentials&client_id=" + std::string(client) + "&client_secret=" + secret});
        TokenAnswer answer;
        EXPECT_EQ(wire::from_json(response.body, answer), std::nullopt) << response.body;
        return answer.access_token;
    }
    // A call of the client `as`.
    http::Response call(std::string method, std::string path, std::string body = {}) {
        http::Request request{std::move(method), "/openadr3/3.1.0" + std::move(path), {}, std::move(body)};
        request.headers.emplace_back("Authorization", "Bearer " + token(as));
        if (!request.body.empty()) request.headers.emplace_back("Content-Type", "application/json");
        return send(std::move(request));
    }
    http::Response get(std::string path) { return call("GET", std::move(path)); }
    http::Response post(std::string path, std::string body) { return call("POST", std::move(path), std::move(body)); }
    http::Response put(std::string path, std::string body) { return call("PUT", std::move(path), std::move(body)); }
    http::Response remove(std::string path) { return call("DELETE", std::move(path)); }

    template <class T>
    static T read(const http::Response& response) {
        T value;
        const wire::Failure failure = wire::from_json(response.body, value);
        EXPECT_EQ(failure, std::nullopt) << response.body;
        return value;
    }
    static std::string detail(const http::Response& response) { return read<Problem>(response).detail.value_or(""); }

    std::string program(std::string name = "dr") {
        return read<Program>(post("/programs", R"({"programName":")" + name + "\"}")).id;
    }
    // An event of the program with three intervals of 20 s from `now` on: 10, 20 and -5 kW.
    static std::string three_intervals(const std::string& program_id) {
        return R"({"programID":")" + program_id + R"(","eventName":"walk",
            "intervalPeriod":{"start":"2025-10-09T09:00:00Z","duration":"PT20S"},
            "intervals":[{"id":0,"payloads":[{"type":"DISPATCH_SETPOINT","values":[10]}]},
                         {"id":1,"payloads":[{"type":"DISPATCH_SETPOINT","values":[20]}]},
                         {"id":2,"payloads":[{"type":"DISPATCH_SETPOINT","values":[-5]}]}]})";
    }
    std::string event() { return read<Event>(post("/events", three_intervals(program()))).id; }

    bool noticed(std::string_view code) const {
        for (const model::Notice& notice : changes.notices) {
            if (notice.code == code) return true;
        }
        return false;
    }
};

}  // namespace busbar::openadr::v3
