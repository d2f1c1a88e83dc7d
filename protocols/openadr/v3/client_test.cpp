// The utility's client against the VTN, in memory.
#include "protocols/openadr/v3/client.hpp"

#include "protocols/openadr/v3/vtn_test.hpp"

namespace busbar::openadr::v3 {

class WalkTest : public VtnTest {
  protected:
    static ClientSettings settings() {
        ClientSettings settings;
        settings.client_id = "utility";
        settings.client_secret = "s3cret";
        settings.program_name = "walk";
        settings.event.eventName = Text<1024>("three steps");
        settings.event.intervalPeriod.emplace();
        settings.event.intervalPeriod->start = wire::DateTime(noon);
        settings.event.intervalPeriod->duration = wire::Duration(20 * model::second_us);
        settings.event.intervals.emplace();
        for (int id = 0; id < 3; ++id) {
            Interval interval;
            interval.id = id;
            interval.payloads.push_back({Name("DISPATCH_SETPOINT"), {AnyValue{10.0 * (id + 1)}}});
            settings.event.intervals->push_back(interval);
        }
        return settings;
    }
    // One exchange if the client wants one; the grid event that came out of it is kept.
    bool turn(Client& client) {
        const std::optional<http::Request> request = client.next(now);
        if (!request) return false;
        const http::Response response = send(*request);
        for (const model::Input& input : changes.inputs) {
            if (input.event) event_ = *input.event;
            if (input.event_gone) gone_ = *input.event_gone;
        }
        client.receive(now, response);
        return true;
    }
    void run(Client& client, int turns = 10) {
        while (turns-- > 0 && turn(client)) {
        }
    }
    model::EventReport delivery(int done) const {
        model::EventReport report;
        report.event = event_->id;
        report.revision = event_->revision;
        report.status = model::EventStatus::active;
        report.at_us = now;
        report.resources = 10;
        for (int i = 0; i < 3; ++i) {
            model::IntervalDelivery interval;
            interval.native_id = event_->intervals[static_cast<std::size_t>(i)].native_id;
            interval.start_us = event_->intervals[static_cast<std::size_t>(i)].start_us;
            interval.end_us = event_->intervals[static_cast<std::size_t>(i)].end_us;
            interval.delivered_mwh = i < done ? 50'000 * (i + 1) : 0;
            interval.measured_mw = 10'000'000 * (i + 1);
            interval.has_order = true;
            interval.final = i < done;
            report.intervals.push_back(interval);
        }
        report.final = done == 3;
        return report;
    }

    std::optional<model::GridEvent> event_;
    std::string gone_;
};

TEST_F(WalkTest, from_token_to_the_final_report) {
    Client client(settings());
    run(client);
    ASSERT_TRUE(event_);
    EXPECT_EQ(client.stage(), Client::Stage::reports) << client.problem();
    ASSERT_EQ(event_->intervals.size(), 3U);
    EXPECT_EQ(event_->intervals[1].start_us, noon + 20 * model::second_us);
    EXPECT_EQ(event_->intervals[1].signals.at(0).power_mw, 20'000'000);

    now = noon + 45 * model::second_us;
    vtn.report(now, delivery(2), changes);
    EXPECT_TRUE(turn(client));
    EXPECT_FALSE(client.finished());
    ASSERT_EQ(client.reports().size(), 1U);
    EXPECT_EQ(reported_wh(client.reports()[0], 0), 50.0);

    now = noon + 61 * model::second_us;
    vtn.report(now, delivery(3), changes);
    EXPECT_TRUE(turn(client));
    EXPECT_EQ(client.stage(), Client::Stage::done);
    EXPECT_EQ(reported_wh(client.reports()[0], 2), 150.0);
}

TEST_F(WalkTest, a_known_program_is_used_again) {
    Client first(settings());
    run(first);
    Client second(settings());
    run(second);
    EXPECT_EQ(first.program_id(), second.program_id());
    EXPECT_NE(first.event_id(), second.event_id());
}

TEST_F(WalkTest, a_program_that_another_client_makes_at_the_same_moment_is_used_too) {
    Client first(settings()), second(settings());
    for (int i = 0; i < 2; ++i) {  // token, and both find none
        ASSERT_TRUE(turn(first));
        ASSERT_TRUE(turn(second));
    }
    run(first);
    run(second);
    EXPECT_EQ(second.program_id(), first.program_id());
    EXPECT_FALSE(second.event_id().empty()) << second.problem();
}

TEST_F(WalkTest, cancelling_deletes_the_event) {
    Client client(settings());
    run(client);
    client.cancel();
    run(client);
    EXPECT_EQ(gone_, "vtn:" + client.event_id());
    EXPECT_EQ(client.stage(), Client::Stage::done);
}

TEST_F(WalkTest, an_expired_token_is_renewed) {
    Client client(settings());
    run(client);
    now += 2 * model::hour_us;
    run(client, 5);
    EXPECT_EQ(client.stage(), Client::Stage::reports) << client.problem();
}

TEST_F(WalkTest, a_wrong_secret_ends_refused) {
    ClientSettings wrong = settings();
    wrong.client_secret = "guess";
    Client client(wrong);
    run(client);
    EXPECT_EQ(client.stage(), Client::Stage::refused);
}

TEST_F(WalkTest, a_program_beyond_the_first_page_is_found) {
    for (int i = 0; i < 60; ++i) program("p" + std::to_string(i));
    const std::string known = program("walk");
    Client client(settings());
    run(client);
    EXPECT_EQ(client.program_id(), known) << client.problem();
}

TEST_F(WalkTest, an_event_whose_answer_was_lost_is_not_created_twice) {
    Client client(settings());
    while (client.stage() != Client::Stage::create_event) turn(client);
    send(*client.next(now));
    client.failed(now, "connection reset");
    now += 2 * model::second_us;
    run(client);
    EXPECT_EQ(client.stage(), Client::Stage::reports) << client.problem();
    EXPECT_EQ(read<std::vector<Event>>(get("/events")).size(), 1U);
    EXPECT_EQ(client.event_id(), read<std::vector<Event>>(get("/events")).at(0).id);
}

TEST_F(WalkTest, failures_are_retried_later_and_later) {
    Client client(settings());
    ASSERT_TRUE(client.next(now));
    client.failed(now, "connection refused");
    EXPECT_EQ(client.next_due(), now + model::second_us);
    EXPECT_FALSE(client.next(now));
    now = client.next_due();
    ASSERT_TRUE(client.next(now));
    client.failed(now, "connection refused");
    EXPECT_EQ(client.next_due(), now + 2 * model::second_us);
}

}  // namespace busbar::openadr::v3
