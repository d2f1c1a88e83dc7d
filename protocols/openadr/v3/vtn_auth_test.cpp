// Tokens, scopes and limits of the VTN.
#include "protocols/openadr/v3/vtn_test.hpp"

namespace busbar::openadr::v3 {

class VtnAuthTest : public VtnTest {
  protected:
    http::Response ask_token(std::string form, std::vector<http::Header> headers = {}) {
        headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
        return send({"POST", "/openadr3/3.1.0/auth/token", std::move(headers), std::move(form)});
    }
    http::Response with_token(std::string token, std::string path = "/programs") {
        return send(
            {"GET", "/openadr3/3.1.0" + std::move(path), {{"Authorization", "Bearer " + std::move(token)}}, {}});
    }
    std::string error(const http::Response& response) { return read<AuthError>(response).error; }
};

TEST_F(VtnAuthTest, OA3_46_the_token_end_point_is_told_without_a_token) {
    const http::Response response = send({"GET", "/openadr3/3.1.0/auth/server", {{"Host", "vtn.example:8443"}}, {}});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(read<AuthServerInfo>(response).tokenURL, "https://vtn.example:8443/openadr3/3.1.0/auth/token");
}

TEST_F(VtnAuthTest, OA3_47_a_token_is_given_for_id_and_secret) {
    const http::Response response = ask_token("grant_type=client_credentials&client_id=utility&client_secret=s3cret");
    ASSERT_EQ(response.status, 200);
    const TokenAnswer answer = read<TokenAnswer>(response);
    EXPECT_EQ(answer.token_type, "Bearer");
    EXPECT_EQ(answer.expires_in, 3600);
    EXPECT_EQ(response.header("cache-control"), "no-store");
    EXPECT_EQ(with_token(answer.access_token).status, 200);
}

TEST_F(VtnAuthTest, OA3_47_basic_authentication_of_the_client_is_taken_too) {
    const http::Response response = ask_token("grant_type=client_credentials",
                                              {{"Authorization", "Basic " + http::base64_encoded("utility:s3cret")}});
    EXPECT_EQ(response.status, 200) << response.body;
}

TEST_F(VtnAuthTest, OA3_47_errors_have_the_names_of_oauth) {
    EXPECT_EQ(error(ask_token("client_id=utility&client_secret=s3cret")), "invalid_request");
    EXPECT_EQ(error(ask_token("grant_type=password&client_id=utility&client_secret=s3cret")), "unsupported_grant_type");
    EXPECT_EQ(error(ask_token("grant_type=client_credentials")), "invalid_request");
    EXPECT_EQ(error(ask_token("grant_type=client_credentials&client_id=a&client_id=b")), "invalid_request");
    EXPECT_EQ(error(ask_token("grant_type=client_credentials&client_id=utility&client_secret=s3cret&scope=fly")),
              "invalid_scope");
    EXPECT_EQ(error(ask_token("grant_type=client_credentials&client_id=ven-a&client_secret=aaa&scope=write_events")),
              "invalid_scope");
    EXPECT_EQ(error(ask_token("%%%&==&" + std::string(20'000, 'x'))), "invalid_request");
}

TEST_F(VtnAuthTest, a_wrong_secret_is_401_and_a_security_notice_without_the_secret) {
    const http::Response response = ask_token("grant_type=client_credentials&client_id=utility&client_secret=guess123");
    EXPECT_EQ(response.status, 401);
    EXPECT_EQ(error(response), "invalid_client");
    ASSERT_TRUE(noticed("wrong_secret"));
    EXPECT_EQ(changes.notices[0].severity, model::Severity::security);
    EXPECT_EQ(changes.notices[0].text.find("guess123"), std::string::npos);
}

TEST_F(VtnAuthTest, an_unknown_client_looks_the_same_from_outside) {
    const http::Response unknown = ask_token("grant_type=client_credentials&client_id=nobody&client_secret=x");
    const http::Response wrong = ask_token("grant_type=client_credentials&client_id=utility&client_secret=x");
    EXPECT_EQ(unknown.status, wrong.status);
    EXPECT_EQ(unknown.body, wrong.body);
}

TEST_F(VtnAuthTest, a_narrower_scope_is_given_as_asked) {
    const http::Response response =
        ask_token("grant_type=client_credentials&client_id=utility&client_secret=s3cret&scope=read_all");
    const TokenAnswer answer = read<TokenAnswer>(response);
    EXPECT_EQ(answer.scope, Text<4096>("read_all"));
    http::Request request{"POST", "/openadr3/3.1.0/programs", {}, R"({"programName":"p"})"};
    request.headers.emplace_back("Authorization", "Bearer " + answer.access_token);
    EXPECT_EQ(send(request).status, 403);
}

TEST_F(VtnAuthTest, too_many_bad_logins_of_one_address_must_wait) {
    for (int i = 0; i < 10; ++i) ask_token("grant_type=client_credentials&client_id=utility&client_secret=x");
    const http::Response blocked = ask_token("grant_type=client_credentials&client_id=utility&client_secret=s3cret");
    EXPECT_EQ(blocked.status, 429);
    EXPECT_EQ(blocked.header("retry-after"), "60");
    EXPECT_EQ(vtn.next_due(), now + model::minute_us);
    now = vtn.next_due();
    vtn.tick(now, changes);
    EXPECT_EQ(vtn.next_due(), model::never);
    EXPECT_EQ(ask_token("grant_type=client_credentials&client_id=utility&client_secret=s3cret").status, 200);
}

TEST_F(VtnAuthTest, OA3_07_a_missing_or_wrong_token_is_401) {
    const http::Response missing = send({"GET", "/openadr3/3.1.0/programs", {}, {}});
    EXPECT_EQ(missing.status, 401);
    EXPECT_EQ(missing.header("content-type"), "application/problem+json");
    EXPECT_NE(missing.header("www-authenticate"), "");
    std::string valid = token("utility");
    for (const std::string& wrong :
         {std::string("nonsense"), std::string(), valid + "x", valid.substr(0, valid.size() - 1),
          std::string("b1.....") + valid, std::string(10'000, 'a')}) {
        EXPECT_EQ(with_token(wrong).status, 401) << wrong.substr(0, 40);
        EXPECT_TRUE(noticed("wrong_token"));
    }
}

TEST_F(VtnAuthTest, the_alliances_tool_expects_403_for_a_wrong_token) {
    Policy lenient = policy();
    lenient.bad_token = BadToken::alliance_tool;
    vtn = Vtn(lenient, random(), test_hmac);
    EXPECT_EQ(with_token("nonsense").status, 403);
}

TEST_F(VtnAuthTest, a_token_cannot_be_widened_by_its_bearer) {
    std::string text = token("ven-a");
    const std::size_t first = text.find('.', 3);
    const std::size_t second = text.find('.', first + 1);
    text.replace(first + 1, second - first - 1, "255");
    EXPECT_EQ(with_token(text).status, 401);
}

TEST_F(VtnAuthTest, a_token_expires) {
    const std::string valid = token("utility");
    now += model::hour_us - model::second_us;
    EXPECT_EQ(with_token(valid).status, 200);
    now += model::second_us;
    EXPECT_EQ(with_token(valid).status, 401);
    EXPECT_TRUE(noticed("expired_token"));
}

TEST_F(VtnAuthTest, tokens_survive_a_restart_but_not_a_change_of_secret) {
    const std::string valid = token("utility");
    Vtn again(policy(), random(), test_hmac);
    for (const model::Document& document : documents) again.restore(document);
    vtn = std::move(again);
    EXPECT_EQ(with_token(valid).status, 200);
    Policy changed = policy();
    changed.accounts[0].secret = "new";
    Vtn other(changed, random(), test_hmac);
    for (const model::Document& document : documents) other.restore(document);
    vtn = std::move(other);
    EXPECT_EQ(with_token(valid).status, 401);
}

TEST_F(VtnAuthTest, OA3_24_a_ven_writes_neither_programs_nor_events) {
    const std::string id = program();
    as = "ven-a";
    EXPECT_EQ(post("/programs", R"({"programName":"x"})").status, 403);
    EXPECT_TRUE(noticed("wrong_scope"));
    EXPECT_EQ(post("/events", three_intervals(id)).status, 403);
    EXPECT_EQ(remove("/programs/" + id).status, 403);
}

TEST_F(VtnAuthTest, OA3_24_business_logic_writes_no_reports) {
    const std::string id = event();
    EXPECT_EQ(post("/reports", R"({"eventID":")" + id + R"(","clientName":"c","resources":[]})").status, 403);
}

TEST_F(VtnAuthTest, an_account_with_an_unknown_scope_is_refused_at_the_start) {
    Policy wrong = policy();
    wrong.accounts[0].scopes.push_back("rule_all");
    EXPECT_THROW(Vtn(wrong, random(), test_hmac), std::invalid_argument);
    wrong = policy();
    wrong.accounts[0].secret.clear();
    EXPECT_THROW(Vtn(wrong, random(), test_hmac), std::invalid_argument);
}

TEST_F(VtnAuthTest, unknown_paths_and_methods_are_told) {
    EXPECT_EQ(get("/nothing").status, 404);
    EXPECT_EQ(get("").status, 404);
    EXPECT_EQ(get("/programs/a/b").status, 404);
    const http::Response wrong = call("PATCH", "/programs/program-1");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(wrong.header("allow"), "GET, PUT, DELETE");
    EXPECT_EQ(call("DELETE", "/auth/token").status, 405);
    EXPECT_EQ(send({"GET", "/elsewhere", {}, {}}).status, 404);
    EXPECT_FALSE(vtn.serves("/openadr3/3.1.00/programs"));
}

}  // namespace busbar::openadr::v3
