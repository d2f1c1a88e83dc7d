// The VEN's conversation: start-up, polling, registration, failures, restart.
#include "protocols/openadr/v2b/ven_test.hpp"
#include "protocols/openadr/v2b/xsd_test.hpp"

namespace busbar::openadr::v2b {

TEST_F(VenTest, rule_405_registers_then_metadata_then_events_then_polls) {
    settle();
    EXPECT_EQ(vtn.log(),
              (std::vector<std::string>{"oadrQueryRegistration", "oadrCreatePartyRegistration", "oadrRegisterReport",
                                        "oadrCreatedReport", "oadrRequestEvent", "oadrPoll"}));
    EXPECT_EQ(ven.phase(), Ven::Phase::running);
    EXPECT_EQ(ven.ven_id(), "ven-1");
}

TEST_F(VenTest, rule_053_a_request_is_a_post_of_xml_to_its_service) {
    VenPolicy prefixed = policy();
    prefixed.path_prefix = "/up";  // rule 511
    use(prefixed);
    const std::optional<http::Request> request = ven.next(now);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->method, "POST");
    EXPECT_EQ(request->target, "/up/OpenADR2/Simple/2.0b/EiRegisterParty");
    EXPECT_EQ(request->header("content-type"), "application/xml");
    EXPECT_EQ(request->header("transfer-encoding"), "");
}

TEST_F(VenTest, only_one_request_is_under_way) {
    ASSERT_TRUE(ven.next(now));
    EXPECT_FALSE(ven.next(now));
    EXPECT_EQ(ven.next_due(), model::never);
}

TEST_F(VenTest, rule_402_pull_is_said_when_registering) {
    exchange();
    const std::optional<http::Request> request = ven.next(now);
    ASSERT_TRUE(request);
    Message message;
    ASSERT_EQ(read_message(request->body, message), std::nullopt);
    ASSERT_TRUE(message.payload.oadrCreatePartyRegistration);
    EXPECT_EQ(message.payload.oadrCreatePartyRegistration->oadrHttpPullModel, true);
    EXPECT_FALSE(message.payload.oadrCreatePartyRegistration->registrationID);
}

TEST_F(VenTest, rule_500_polls_not_more_often_than_the_vtn_asks) {
    VtnSettings slow;
    slow.poll_us = 60 * second_us;
    slow.request_reports = false;
    vtn = Vtn(slow);
    run_until(noon + 301 * second_us);
    EXPECT_GE(count("oadrPoll"), 5);
    EXPECT_LE(count("oadrPoll"), 6);
}

TEST_F(VenTest, rule_500_polls_until_there_is_nothing_more) {
    settle();
    Payload first, second;
    first.oadrRegisterReport.emplace().requestID = "a";
    second.oadrRegisterReport.emplace().requestID = "b";
    vtn.push(first);
    vtn.push(second);
    const int before = count("oadrPoll");
    poll_now();
    EXPECT_EQ(count("oadrPoll"), before + 3);
    EXPECT_EQ(count("oadrRegisteredReport"), 2);
}

TEST_F(VenTest, a_vtn_that_always_has_something_does_not_keep_us_spinning) {
    settle();
    for (int i = 0; i < 1000; ++i) {
        Payload again;
        again.oadrRegisterReport.emplace().requestID = "x";
        vtn.push(std::move(again));
    }
    now += 12 * second_us;
    const int before = count("oadrPoll");
    settle(5000);
    EXPECT_LT(count("oadrPoll") - before, 100);
}

TEST_F(VenTest, answers_come_as_the_vtn_speaks_bare_or_wrapped) {
    VenPolicy bare = policy();
    bare.wrapped = false;
    use(bare);
    std::optional<http::Request> request = ven.next(now);
    ASSERT_TRUE(request);
    EXPECT_EQ(request->body.find("oadrPayload"), std::string::npos);
    Message message;
    ASSERT_EQ(read_message(vtn.handle(now, *request).body, message), std::nullopt);
    message.wrapped = true;
    ven.receive(now, {200, {}, write_message(message)}, changes);
    request = ven.next(now);
    ASSERT_TRUE(request);
    EXPECT_NE(request->body.find("oadrPayload"), std::string::npos);
}

TEST_F(VenTest, all_that_either_end_sends_is_valid_by_the_schema) {
    NEED_STANDARDS();
    NEED_XMLLINT();
    std::vector<std::string> documents;
    Payload again, cancel;
    again.oadrRequestReregistration.emplace().venID = "ven-1";
    cancel.oadrCancelReport.emplace().reportRequestID = {Id("request-1")};
    cancel.oadrCancelReport->reportToFollow = true;
    post(plan());
    for (int turn = 0; turn < 40; ++turn) {
        if (turn == 10) vtn.push(again);
        if (turn == 15) vtn.push(cancel);
        if (turn == 20) vtn.cancel_event("e1");
        while (const std::optional<http::Request> request = ven.next(now)) {
            const http::Response response = vtn.handle(now, *request);
            documents.push_back(request->body);
            documents.push_back(response.body);
            changes = {};
            ven.receive(now, response, changes);
            take();
        }
        now += 3 * second_us;
    }
    EXPECT_GT(documents.size(), 40U);
    EXPECT_EQ(schema_faults(documents), "");
}

// ---- failures ------------------------------------------------------------------------------------------------------

TEST_F(VenTest, failures_back_off_doubling_and_truncated) {
    Us waited = 0;
    for (int i = 0; i < 12; ++i) {
        ASSERT_TRUE(ven.next(now)) << i;
        ven.failed(now, "connection refused", changes);
        waited = ven.next_due() - now;
        const double wanted = std::min(1e6 * (1 << i), 300e6);
        EXPECT_GE(static_cast<double>(waited), 0.9 * wanted) << i;
        EXPECT_LE(static_cast<double>(waited), 1.1 * wanted) << i;
        EXPECT_FALSE(ven.next(ven.next_due() - 1));
        now = ven.next_due();
    }
    settle();
    EXPECT_EQ(ven.phase(), Ven::Phase::running);
}

TEST_F(VenTest, broken_answers_are_noticed_and_asked_for_again) {
    settle();
    for (const char* body :
         {"<oadrPayload", "<html/>", "{}", "<oadrPoll xmlns='http://openadr.org/oadr-2.0b/2012/07'/>"}) {
        now += 700 * second_us;
        ASSERT_TRUE(ven.next(now)) << body;
        changes = {};
        ven.receive(now, {200, {}, body}, changes);
        EXPECT_TRUE(noticed("schema_violation")) << body;
        EXPECT_GT(ven.next_due(), now) << body;
    }
    now += 700 * second_us;
    settle();
    EXPECT_EQ(ven.phase(), Ven::Phase::running);
}

TEST_F(VenTest, an_answer_that_is_too_long_is_refused) {
    VenPolicy small = policy();
    small.max_response_bytes = 1000;
    use(small);
    ASSERT_TRUE(ven.next(now));
    ven.receive(now, {200, {}, std::string(2000, ' ') + "<a/>"}, changes);
    EXPECT_TRUE(noticed("schema_violation"));
}

TEST_F(VenTest, rule_517_http_403_is_a_security_notice) {
    ASSERT_TRUE(ven.next(now));
    ven.receive(now, {403, {}, ""}, changes);
    EXPECT_TRUE(noticed("vtn_refused_us"));
    EXPECT_GT(ven.next_due(), now);
}

TEST_F(VenTest, a_busy_vtn_is_left_alone_for_a_while) {
    settle();
    now += 12 * second_us;
    ASSERT_TRUE(ven.next(now));
    ven.receive(now, {503, {}, ""}, changes);
    EXPECT_GE(ven.next_due(), now + 900'000);
}

TEST_F(VenTest, a_created_event_that_fails_is_sent_again) {
    settle();
    post(plan());
    now += 12 * second_us;
    while (const std::optional<http::Request> request = ven.next(now)) {
        changes = {};
        if (request->body.find("oadrCreatedEvent") != std::string::npos) {
            ven.failed(now, "timeout", changes);
            break;
        }
        ven.receive(now, vtn.handle(now, *request), changes);
        take();
    }
    EXPECT_FALSE(vtn.last_response("e1"));
    now += 2 * second_us;
    settle();
    ASSERT_TRUE(vtn.last_response("e1"));
    EXPECT_EQ(vtn.last_response("e1")->opt, "optIn");
}

TEST_F(VenTest, an_empty_answer_means_that_nothing_is_to_be_said) {
    VtnSettings no_reports;
    no_reports.request_reports = false;
    vtn = Vtn(no_reports);
    settle();
    now += 12 * second_us;
    ASSERT_TRUE(ven.next(now));
    changes = {};
    ven.receive(now, {200, {}, ""}, changes);
    EXPECT_TRUE(changes.notices.empty());
    EXPECT_GT(ven.next_due(), now);
}

TEST_F(VenTest, an_answer_nobody_asked_for_is_passed_over) {
    ven.receive(now, {200, {}, "<nonsense/>"}, changes);
    ven.failed(now, "nothing", changes);
    EXPECT_TRUE(changes.notices.empty());
    EXPECT_TRUE(ven.next(now));
}

// ---- registration
// ----------------------------------------------------------------------------------------------------

TEST_F(VenTest, a_start_up_that_gets_no_further_is_paced) {
    Message beside_the_point;
    beside_the_point.payload.oadrPoll.emplace().venID = "ven-1";
    int requests = 0;
    for (const model::Us until_us = now + 60 * second_us; now < until_us; now += second_us / 10) {
        while (ven.next(now)) {
            ++requests;
            ASSERT_LT(requests, 100);
            ven.receive(now, {200, {}, write_message(beside_the_point)}, changes);
        }
    }
    EXPECT_GE(requests, 4);
    EXPECT_LE(requests, 20);
}

TEST_F(VenTest, rule_517_not_registered_any_more_starts_afresh) {
    settle();
    vtn.forget_ven();
    poll_now();
    EXPECT_EQ(count("oadrCreatePartyRegistration"), 2);
    EXPECT_EQ(ven.phase(), Ven::Phase::running);
    EXPECT_EQ(ven.registration_id(), "registration-2");
}

TEST_F(VenTest, reregistration_is_answered_and_renews_the_same_registration) {
    settle();
    Payload again;
    again.oadrRequestReregistration.emplace().venID = "ven-1";
    push(again);
    const std::vector<std::string>& log = vtn.log();
    const auto reply = std::find(log.begin(), log.end(), "oadrResponse");
    ASSERT_NE(reply, log.end());
    EXPECT_EQ(*(reply + 1), "oadrCreatePartyRegistration");
    EXPECT_EQ(ven.registration_id(), "registration-1");
    EXPECT_EQ(ven.phase(), Ven::Phase::running);
}

TEST_F(VenTest, reregistration_keeps_running_events) {
    settle();
    post(plan());
    poll_now();
    Payload again;
    again.oadrRequestReregistration.emplace().venID = "ven-1";
    push(again);
    EXPECT_EQ(events.size(), 1U);  // neither cancelled nor sent on twice
}

TEST_F(VenTest, rule_407_cancelled_by_the_vtn_everything_goes) {
    settle();
    post(plan());
    poll_now();
    Payload cancel;
    cancel.oadrCancelPartyRegistration.emplace().registrationID = "registration-1";
    cancel.oadrCancelPartyRegistration->requestID = "r";
    push(cancel);
    EXPECT_EQ(count("oadrCanceledPartyRegistration"), 1);
    EXPECT_EQ(ven.phase(), Ven::Phase::cancelled);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_TRUE(events[1].cancelled);
    EXPECT_GT(events[1].revision, events[0].revision);
    EXPECT_FALSE(ven.next(now + 3000 * second_us));
    EXPECT_TRUE(ven.next(now + 3700 * second_us));  // rejoins after an hour
}

TEST_F(VenTest, rule_400_a_foreign_registration_id_cancels_nothing) {
    settle();
    Payload cancel;
    cancel.oadrCancelPartyRegistration.emplace().registrationID = "somebody-else";
    push(cancel);
    EXPECT_EQ(ven.phase(), Ven::Phase::running);
    EXPECT_EQ(count("oadrCanceledPartyRegistration"), 1);
}

TEST_F(VenTest, deregistering_says_so_and_stops) {
    settle();
    ven.deregister();
    settle();
    EXPECT_EQ(count("oadrCancelPartyRegistration"), 1);
    EXPECT_EQ(ven.phase(), Ven::Phase::cancelled);
    EXPECT_FALSE(ven.next(now + 100'000 * second_us));
}

TEST_F(VenTest, a_registration_without_ids_is_tried_again_later) {
    ASSERT_TRUE(exchange());
    const std::optional<http::Request> request = ven.next(now);
    ASSERT_TRUE(request);
    Message refusal;
    OadrCreatedPartyRegistration& created = refusal.payload.oadrCreatedPartyRegistration.emplace();
    created.eiResponse.responseCode = "200";
    created.vtnID = "busbar-vtn";
    changes = {};
    ven.receive(now, {200, {}, write_message(refusal)}, changes);
    EXPECT_TRUE(noticed("registration_refused"));
    EXPECT_GT(ven.next_due(), now + 60 * second_us);
}

TEST_F(VenTest, rule_406_a_renewal_that_is_refused_becomes_a_fresh_registration) {
    settle();
    Payload again;
    again.oadrRequestReregistration.emplace().venID = "ven-1";
    vtn.push(again);
    now += 12 * second_us;
    std::vector<bool> with_id;
    for (int turn = 0; turn < 30 && with_id.size() < 2; ++turn) {
        const std::optional<http::Request> request = ven.next(now);
        if (!request) {
            now = ven.next_due();
            continue;
        }
        Message sent, refusal;
        ASSERT_EQ(read_message(request->body, sent), std::nullopt);
        http::Response response = vtn.handle(now, *request);
        if (sent.payload.oadrCreatePartyRegistration) {
            with_id.push_back(sent.payload.oadrCreatePartyRegistration->registrationID.has_value());
            OadrCreatedPartyRegistration& created = refusal.payload.oadrCreatedPartyRegistration.emplace();
            created.eiResponse.responseCode = "452";
            created.vtnID = "busbar-vtn";
            response.body = write_message(refusal);
        }
        ven.receive(now, response, changes);
    }
    EXPECT_EQ(with_id, (std::vector<bool>{true, false}));
}

TEST_F(VenTest, another_vtn_than_the_configured_one_is_refused) {
    VenPolicy strict = policy();
    strict.vtn_id = "the-real-vtn";
    use(strict);
    settle();
    EXPECT_NE(ven.phase(), Ven::Phase::running);
    EXPECT_EQ(count("oadrPoll"), 0);
}

// ---- restart
// ---------------------------------------------------------------------------------------------------------

TEST_F(VenTest, a_restart_brings_back_registration_events_and_reports) {
    settle();
    post(plan());
    poll_now();
    Ven again(policy(), 8);
    for (const model::Document& document : documents) again.restore(document);
    ven = std::move(again);
    const std::size_t before = events.size();
    const int created = count("oadrCreatePartyRegistration");
    settle();
    EXPECT_EQ(count("oadrCreatePartyRegistration"), created);  // rule 309: metadata and events again, no registration
    EXPECT_EQ(count("oadrRegisterReport"), 2);
    EXPECT_EQ(ven.ven_id(), "ven-1");
    EXPECT_EQ(events.size(), before);  // the event is known
    EXPECT_EQ(vtn.last_response("e1")->opt, "optIn");
    vtn.drop_event("e1");
    poll_now();
    ASSERT_EQ(events.size(), before + 1);
    EXPECT_TRUE(events.back().cancelled);
    EXPECT_GT(events.back().revision, events.front().revision);
}

TEST_F(VenTest, broken_documents_and_those_of_others_are_passed_over) {
    EXPECT_TRUE(ven.restore({"openadr2b/ven:upstream", "registration", "{"}));
    EXPECT_TRUE(ven.restore({"openadr2b/ven:upstream", "event:e1", "{"}));
    EXPECT_FALSE(ven.restore({"openadr2b/ven:other", "registration",
                              R"({"registrationID":"r","venID":"v","vtnID":"t","poll_us":0,"cancelled":false})"}));
    EXPECT_EQ(ven.phase(), Ven::Phase::query);
}

}  // namespace busbar::openadr::v2b
