#include "gateway/api/api.hpp"

#include <gmock/gmock.h>

#include "gateway/api/bodies.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::api {
namespace {

using testing::HasSubstr;

constexpr model::Us now = 1'900'000'000'000'000;

class FakeBackend : public Backend {
  public:
    const dispatch::Core& core() const override { return core_; }
    std::vector<Enrolled> enrolled() const override { return enrolled_; }
    std::string enrol(model::Us, const Enrolled& device, model::Changes&) override {
        if (device.protocol != "ocpp") return "protocol: expected \"ocpp\"";
        enrolled_.push_back(device);
        return {};
    }
    bool remove(model::Us, std::string_view id, model::Changes&) override {
        return std::erase_if(enrolled_, [id](const Enrolled& device) { return device.enrolment.id == id; }) > 0;
    }
    std::string protocol_of(std::string_view) const override { return "ocpp1.6"; }
    std::map<std::string, std::uint64_t> counters() const override { return {{"log.x", 2}}; }

    dispatch::Core core_;
    std::vector<Enrolled> enrolled_;
};

class ApiTest : public testing::Test {
  protected:
    http::Response call(std::string method, std::string target, std::string body = {}) {
        return call({std::move(method),
                     std::move(target),
                     {{"Host", "127.0.0.1:8080"}, {"Content-Type", "application/json"}},
                     std::move(body)});
    }
    http::Response call(const http::Request& request) {
        model::Changes changes;
        http::Response response = api_.handle(now, request, changes);
        model::Outputs outputs;
        for (const model::Input& input : changes.inputs) backend_.core_.step(now, input, outputs);
        inputs_ = changes.inputs.size();
        notices_ = changes.notices;
        return response;
    }
    Problem problem_of(const http::Response& response) {
        Problem problem;
        EXPECT_FALSE(wire::from_json(response.body, problem));
        EXPECT_EQ(response.header("Content-Type"), "application/problem+json");
        EXPECT_EQ(problem.status, response.status);
        return problem;
    }

    FakeBackend backend_;
    Api api_{backend_};
    std::size_t inputs_ = 0;
    std::vector<model::Notice> notices_;
};

TEST_F(ApiTest, health_says_the_time_and_the_hash_of_the_state) {
    HealthAnswer answer;
    const http::Response response = call("GET", "/health");
    ASSERT_EQ(response.status, 200);
    ASSERT_FALSE(wire::from_json(response.body, answer));
    EXPECT_EQ(answer.time.us, now);
    EXPECT_EQ(answer.state_hash.size(), 16u);
}

TEST_F(ApiTest, a_name_that_is_not_loopback_is_refused) {
    EXPECT_EQ(call({"GET", "/health", {{"Host", "evil.example"}}, {}}).status, 403);
    ASSERT_EQ(notices_.size(), 1u);
    EXPECT_EQ(notices_[0].severity, model::Severity::security);
}

// Its journal entry could not be read at the next start.
TEST_F(ApiTest, a_name_that_is_not_utf8_is_refused) {
    for (const char* target : {"/nodes/%ff", "/nodes/\xff", "/events/%c3%28"}) {
        EXPECT_EQ(problem_of(call("PUT", target, R"({"kind":"site"})")).status, 400) << target;
        EXPECT_EQ(inputs_, 0u);
    }
    EXPECT_EQ(call("PUT", "/nodes/%c3%a9", R"({"kind":"site"})").status, 201);
}

TEST_F(ApiTest, a_page_of_another_origin_is_refused) {
    const http::Header host{"Host", "127.0.0.1:8080"};
    EXPECT_EQ(call({"DELETE", "/events/x", {host, {"Origin", "http://evil.example"}}, {}}).status, 403);
    EXPECT_EQ(call({"GET", "/health", {host, {"Origin", "http://127.0.0.1:8080"}}, {}}).status, 200);
}

TEST_F(ApiTest, a_body_that_a_form_could_send_is_refused) {
    const std::string body = R"({"intervals":[{"duration_s":60,"setpoint_w":5000}]})";
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
        const http::Response response = call({"POST", "/events", {{"Host", "localhost"}, {"Content-Type", type}}, body});
        EXPECT_EQ(response.status, 415) << type;
        EXPECT_EQ(inputs_, 0u);
    }
}

TEST_F(ApiTest, what_is_refused_is_noted) {
    call("GET", "/events/none");
    ASSERT_EQ(notices_.size(), 1u);
    EXPECT_EQ(notices_[0].code, "operator_refused");
    EXPECT_THAT(notices_[0].text, HasSubstr("GET /events/none: 404"));
    call("GET", "/health");
    EXPECT_TRUE(notices_.empty());
}

TEST_F(ApiTest, an_event_that_is_over_already_is_refused) {
    const http::Response response =
        call("POST", "/events", R"({"start":"2001-01-01T00:00:00Z","intervals":[{"duration_s":60,"setpoint_w":5}]})");
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(problem_of(response).detail, HasSubstr("/intervals: the event would have been over at 2001-01-01T00:01:00Z"));
    EXPECT_EQ(inputs_, 0u);
}

TEST_F(ApiTest, an_event_for_nobody_is_refused_with_the_target) {
    const http::Response response =
        call("POST", "/events", R"({"targets":["all","nowhere"],"intervals":[{"duration_s":60,"setpoint_w":5}]})");
    EXPECT_EQ(response.status, 409);
    EXPECT_THAT(problem_of(response).detail, HasSubstr("/targets/1"));
    EXPECT_THAT(problem_of(response).detail, HasSubstr("'nowhere'"));
    EXPECT_EQ(inputs_, 0u);
}

TEST_F(ApiTest, a_new_event_is_answered_with_its_intervals) {
    EventAnswer event;
    ASSERT_FALSE(wire::from_json(
        call("POST", "/events", R"({"intervals":[{"duration_s":60,"setpoint_w":5},{"duration_s":30,"level":1}]})").body,
        event));
    ASSERT_EQ(event.intervals.size(), 2u);
    EXPECT_EQ(event.intervals[0].start.us, now);
    ASSERT_TRUE(event.intervals[1].end);
    EXPECT_EQ(event.intervals[1].end->us, now + 90 * model::second_us);
}

TEST_F(ApiTest, an_event_is_created_changed_and_cancelled) {
    const http::Response created =
        call("POST", "/events", R"({"id":"peak","intervals":[{"duration_s":60,"setpoint_w":5000}]})");
    ASSERT_EQ(created.status, 201);
    EXPECT_EQ(created.header("Location"), "/events/operator%3Apeak");
    EventAnswer event;
    ASSERT_FALSE(wire::from_json(call("GET", "/events/peak").body, event));
    EXPECT_EQ(event.revision, 0u);

    EXPECT_EQ(call("PUT", "/events/peak", R"({"intervals":[{"duration_s":60,"setpoint_w":7000}]})").status, 200);
    ASSERT_FALSE(wire::from_json(call("GET", "/events/operator%3Apeak").body, event));
    EXPECT_EQ(event.revision, 1u);

    EXPECT_EQ(call("DELETE", "/events/peak").status, 204);
    ASSERT_FALSE(wire::from_json(call("GET", "/events/peak").body, event));
    EXPECT_EQ(event.status, model::EventStatus::cancelled);
}

TEST_F(ApiTest, an_event_of_an_id_that_exists_is_a_conflict) {
    const std::string body = R"({"id":"peak","intervals":[{"duration_s":60,"setpoint_w":5000}]})";
    ASSERT_EQ(call("POST", "/events", body).status, 201);
    const http::Response again = call("POST", "/events", body);
    EXPECT_EQ(again.status, 409);
    EXPECT_EQ(inputs_, 0u);
    EXPECT_THAT(problem_of(again).detail, HasSubstr("PUT /events/peak"));
}

TEST_F(ApiTest, a_fault_in_a_body_is_named_with_its_path) {
    const http::Response response = call("POST", "/events", R"({"intervals":[{"duration_s":"long"}]})");
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(problem_of(response).detail, HasSubstr("/intervals/0/duration_s"));
    EXPECT_EQ(inputs_, 0u);
}

TEST_F(ApiTest, a_node_needs_a_parent_that_exists_and_no_circle) {
    EXPECT_EQ(call("PUT", "/nodes/site-1", R"({"parent":"nowhere","kind":"site"})").status, 409);
    EXPECT_EQ(call("PUT", "/nodes/feeder-1", R"({"kind":"feeder","import_limit_w":10000})").status, 201);
    EXPECT_EQ(call("PUT", "/nodes/site-1", R"({"parent":"feeder-1","kind":"site"})").status, 201);
    EXPECT_EQ(call("PUT", "/nodes/feeder-1", R"({"parent":"site-1","kind":"feeder"})").status, 409);
    EXPECT_EQ(call("DELETE", "/nodes/feeder-1").status, 409);
    EXPECT_EQ(call("DELETE", "/nodes/site-1").status, 204);
    EXPECT_EQ(call("DELETE", "/nodes/feeder-1").status, 204);
    EXPECT_EQ(call("DELETE", "/nodes/all").status, 409);
}

TEST_F(ApiTest, groups_and_sites_are_parts_of_the_nodes) {
    call("PUT", "/nodes/g", R"({"kind":"group"})");
    call("PUT", "/nodes/s", R"({"kind":"site"})");
    EXPECT_THAT(call("GET", "/sites").body, HasSubstr(R"("id":"s")"));
    EXPECT_THAT(call("GET", "/sites").body, testing::Not(HasSubstr(R"("id":"g")")));
}

TEST_F(ApiTest, a_device_is_enrolled_shown_without_its_password_and_removed) {
    const http::Response made = call("POST", "/devices", R"({"protocol":"ocpp","id":"CP1","password":"0123456789abcdef"})");
    ASSERT_EQ(made.status, 201);
    EXPECT_THAT(made.body, testing::Not(HasSubstr("0123456789abcdef")));
    EXPECT_THAT(call("GET", "/devices/CP1").body, HasSubstr(R"("has_password":true)"));
    EXPECT_EQ(call("DELETE", "/devices/CP1").status, 204);
    EXPECT_EQ(call("DELETE", "/devices/CP1").status, 404);
}

TEST_F(ApiTest, what_the_backend_will_not_enrol_is_said_in_its_words) {
    EXPECT_THAT(problem_of(call("POST", "/devices", R"({"protocol":"modbus","id":"x"})")).detail, HasSubstr("protocol"));
    EXPECT_THAT(problem_of(call("POST", "/devices", R"({"protocol":"ocpp","id":"x","node":"nowhere"})")).detail,
                HasSubstr("nowhere"));
}

TEST_F(ApiTest, wrong_methods_and_unknown_paths_say_what_there_is) {
    const http::Response wrong = call("PATCH", "/events");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("Allow"), "GET, POST");
    EXPECT_THAT(problem_of(call("GET", "/nonsense")).detail, HasSubstr("/resources"));
    EXPECT_EQ(call("GET", "/events/none").status, 404);
    EXPECT_EQ(call("GET", "/health/more").status, 404);
}

}  // namespace
}  // namespace busbar::api
