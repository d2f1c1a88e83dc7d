// EiEvent at the VEN, rule by rule.
#include "protocols/openadr/v2b/ven_test.hpp"

namespace busbar::openadr::v2b {

class VenEventTest : public VenTest {
  protected:
    void SetUp() override { settle(); }
    Vtn::Response response(const std::string& id = "e1") const {
        const std::optional<Vtn::Response> last = vtn.last_response(id);
        EXPECT_TRUE(last) << "no answer to " << id;
        return last.value_or(Vtn::Response{});
    }
    // Posts the event and lets the VEN see it.
    void see(const EventPlan& plan) {
        post(plan);
        poll_now();
    }
};

TEST_F(VenEventTest, an_event_of_three_intervals_walks_to_the_core_and_is_answered) {
    see(plan());
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].id, "ven:upstream:e1");
    ASSERT_EQ(events[0].intervals.size(), 3U);
    EXPECT_EQ(events[0].intervals[0].native_id, "0");
    EXPECT_EQ(events[0].intervals[2].signals.at(0).power_mw, -5'000'000);
    EXPECT_EQ(response().code, "200");
    EXPECT_EQ(response().opt, "optIn");
}

TEST_F(VenEventTest, rule_035_what_the_core_says_is_what_is_answered) {
    core_answers = false;
    post(plan());
    now += 12 * second_us;
    while (events.empty() && exchange()) {
    }
    ASSERT_EQ(events.size(), 1U);
    say(events[0], model::OptState::out);
    settle();
    EXPECT_EQ(response().opt, "optOut");
    EXPECT_EQ(response().code, "200");
}

TEST_F(VenEventTest, the_answer_waits_for_the_core_but_not_for_ever) {
    core_answers = false;
    see(plan());
    EXPECT_FALSE(vtn.last_response("e1"));
    EXPECT_LE(ven.next_due(), now + 2 * second_us);
    now += 2 * second_us;
    settle();
    EXPECT_EQ(response().opt, "optIn");
}

TEST_F(VenEventTest, rule_017_a_change_of_mind_is_told_at_once) {
    see(plan());
    say(events[0], model::OptState::out);
    settle();
    EXPECT_EQ(response().opt, "optOut");
    const std::size_t told = vtn.responses().size();
    say(events[0], model::OptState::out);
    settle();
    EXPECT_EQ(vtn.responses().size(), told);
}

TEST_F(VenEventTest, an_opt_of_an_older_revision_is_passed_over) {
    see(plan());
    model::GridEvent older = events[0];
    older.revision += 5;
    say(older, model::OptState::out);
    settle();
    EXPECT_EQ(response().opt, "optIn");
}

TEST_F(VenEventTest, rule_062_never_is_not_answered) {
    EventPlan quiet = plan();
    quiet.response_required = false;
    see(quiet);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].response, model::ResponsePolicy::never);
    say(events[0], model::OptState::out);
    settle();
    EXPECT_FALSE(vtn.last_response("e1"));
}

TEST_F(VenEventTest, rule_012_always_is_answered_even_if_nothing_changed) {
    see(plan());
    const std::size_t before = vtn.responses().size();
    see(plan("e2"));  // brings e1 again, unchanged
    EXPECT_EQ(vtn.responses().size(), before + 2);
    EXPECT_EQ(response("e1").opt, "optIn");
    EXPECT_EQ(events.size(), 2U);
}

TEST_F(VenEventTest, rule_042_each_response_echoes_the_request_id) {
    post(plan());
    now += 12 * second_us;
    std::string created;
    while (const std::optional<http::Request> request = exchange()) {
        if (request->body.find("oadrCreatedEvent") != std::string::npos) created = request->body;
    }
    Message message;
    ASSERT_EQ(read_message(created, message), std::nullopt);
    const EiCreatedEvent& sent = message.payload.oadrCreatedEvent->eiCreatedEvent;
    EXPECT_EQ(sent.eiResponse.requestID, "");
    EXPECT_TRUE(sent.eventResponses->eventResponse.at(0).requestID.starts_with("distribute-"));
    EXPECT_EQ(sent.venID, "ven-1");  // rule 508
}

TEST_F(VenEventTest, rule_057_a_higher_modification_number_replaces) {
    see(plan());
    EventPlan changed = plan();
    changed.intervals = {{30 * second_us, 7}};
    see(changed);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_GT(events[1].revision, events[0].revision);
    ASSERT_EQ(events[1].intervals.size(), 1U);
    EXPECT_EQ(response().modification, 1U);
}

TEST_F(VenEventTest, rule_058_a_lower_modification_number_is_450) {
    see(plan());
    see(plan());  // modification 1
    Payload stale;
    OadrDistributeEvent& distribute = stale.oadrDistributeEvent.emplace();
    distribute.requestID = "q";
    distribute.vtnID = "busbar-vtn";
    distribute.oadrEvent.push_back(to_event(plan(), now));  // modification 0
    push(stale);
    const auto& all = vtn.responses();
    EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                            [](const Vtn::Response& r) { return r.code == "450" && r.modification == 0; }));
    EXPECT_FALSE(events.back().cancelled);
}

TEST_F(VenEventTest, rule_059_a_cancelled_event_is_cancelled_and_confirmed) {
    see(plan());
    vtn.cancel_event("e1");
    poll_now();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_TRUE(events[1].cancelled);
    EXPECT_GT(events[1].revision, events[0].revision);
    EXPECT_EQ(events[1].intervals, events[0].intervals);
    EXPECT_EQ(response().modification, 1U);
    EXPECT_EQ(response().opt, "optIn");
}

TEST_F(VenEventTest, rule_060_an_unknown_cancelled_event_is_answered_and_ignored) {
    OadrEvent event = to_event(plan(), now);
    event.eiEvent.eventDescriptor.eventStatus = "cancelled";
    vtn.put_event(event);
    poll_now();
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(response().code, "200");
}

TEST_F(VenEventTest, rule_061_implied_cancel) {
    see(plan("e1"));
    see(plan("e2"));
    vtn.drop_event("e1");
    poll_now();
    ASSERT_EQ(events.size(), 3U);
    EXPECT_TRUE(events[2].cancelled);
    EXPECT_EQ(events[2].native_id, "e1");
    see(plan("e1"));  // and may come back as a new one
    EXPECT_FALSE(events.back().cancelled);
    EXPECT_GT(events.back().revision, events[2].revision);
}

TEST_F(VenEventTest, rule_061_an_event_that_is_over_may_go_without_a_word) {
    see(plan("e1"));
    now += 200 * second_us;
    settle();
    vtn.drop_event("e1");
    poll_now();
    EXPECT_EQ(events.size(), 1U);
}

TEST_F(VenEventTest, rule_025_an_error_instead_of_events_cancels_nothing) {
    see(plan());
    Payload error;
    OadrDistributeEvent& distribute = error.oadrDistributeEvent.emplace();
    distribute.eiResponse.emplace().responseCode = "469";
    distribute.requestID = "q";
    distribute.vtnID = "busbar-vtn";
    push(error);
    EXPECT_EQ(events.size(), 1U);
}

TEST_F(VenEventTest, rule_021_events_of_another_vtn_are_refused) {
    Payload foreign;
    OadrDistributeEvent& distribute = foreign.oadrDistributeEvent.emplace();
    distribute.requestID = "q";
    distribute.vtnID = "somebody";
    distribute.oadrEvent.push_back(to_event(plan(), now));
    push(foreign);
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(count("oadrCreatedEvent"), 1);
}

TEST_F(VenEventTest, rule_066_completed_is_ignored) {
    EventPlan past = plan();
    past.start_us = now - 1000 * second_us;
    see(past);
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(response().code, "200");
}

TEST_F(VenEventTest, rule_065_the_end_of_a_randomised_event_is_randomised) {
    EventPlan random = plan();
    random.start_us = now;
    random.start_after_us = 30 * second_us;
    see(random);
    vtn.cancel_event("e1");
    poll_now();
    EXPECT_EQ(response().modification, 1U);  // confirmed at once
    ASSERT_EQ(events.size(), 1U);            // but not over yet
    const Us seen = now;
    run_until(seen + 30 * second_us);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_TRUE(events[1].cancelled);
    EXPECT_GT(events[1].modified_us, seen);
}

TEST_F(VenEventTest, rule_065_before_its_start_it_is_cancelled_at_once) {
    EventPlan random = plan();
    random.start_after_us = 30 * second_us;
    see(random);
    vtn.cancel_event("e1");
    poll_now();
    ASSERT_EQ(events.size(), 2U);
    EXPECT_TRUE(events[1].cancelled);
}

TEST_F(VenEventTest, rule_048_an_unsupported_signal_is_460_and_opt_out) {
    EventPlan strange = plan();
    strange.signal_name = "x-dance";
    strange.signal_type = "level";
    see(strange);
    EXPECT_TRUE(events.empty());
    EXPECT_EQ(response().code, "460");
    EXPECT_EQ(response().opt, "optOut");
}

TEST_F(VenEventTest, rule_019_the_valid_ones_of_several_are_acted_on) {
    EventPlan strange = plan("bad");
    strange.signal_name = "x-dance";
    post(strange);
    see(plan("good"));
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].native_id, "good");
    EXPECT_EQ(response("bad").code, "460");
    EXPECT_EQ(response("good").code, "200");
}

TEST_F(VenEventTest, a_change_that_cannot_be_done_cancels_what_runs) {
    see(plan());
    EventPlan strange = plan();
    strange.signal_name = "x-dance";
    see(strange);
    ASSERT_EQ(events.size(), 2U);
    EXPECT_TRUE(events[1].cancelled);
    EXPECT_EQ(response().code, "460");
}

TEST_F(VenEventTest, rule_048_a_foreign_market_context_is_462) {
    VenPolicy narrow = policy();
    narrow.market_contexts = {"http://market.example/other"};
    use(narrow);
    settle();
    see(plan());
    EXPECT_EQ(response().code, "462");
    EXPECT_TRUE(events.empty());
}

TEST_F(VenEventTest, rule_048_a_target_that_is_not_ours_is_462) {
    VenPolicy named = policy();
    named.targets = {{"north", {"feeder-1", "feeder-2"}}};
    use(named);
    settle();
    EventPlan south = plan("south");
    south.group_ids = {"south"};
    see(south);
    EXPECT_EQ(response("south").code, "462");
    EventPlan north = plan("north");
    north.group_ids = {"south", "north"};
    see(north);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_EQ(events[0].targets, (std::vector<std::string>{"feeder-1", "feeder-2"}));
}

TEST_F(VenEventTest, rule_006_a_test_event_is_marked) {
    EventPlan test = plan();
    test.test = true;
    see(test);
    ASSERT_EQ(events.size(), 1U);
    EXPECT_TRUE(events[0].test);
    EXPECT_EQ(response().opt, "optIn");
}

TEST_F(VenEventTest, more_events_than_can_be_held_are_refused_one_by_one) {
    VenPolicy small = policy();
    small.max_events = 2;
    use(small);
    settle();
    for (const char* id : {"a", "b", "c"}) post(plan(id));
    poll_now();
    EXPECT_EQ(events.size(), 2U);
    EXPECT_EQ(response("c").code, "469");
}

}  // namespace busbar::openadr::v2b
