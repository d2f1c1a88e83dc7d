// Answers that are kept are those that would be made anew: after every kind of change a server that keeps, one that
// keeps nothing, and one that a restart has just read from the documents say the same, byte for byte.
#include "protocols/ieee2030_5/rendered.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "protocols/ieee2030_5/acknowledgement.hpp"
#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::second_us;

constexpr model::Us minute = 60 * second_us;

Policy keeping_nothing() {
    Policy policy;
    policy.rendered_device = 0;
    return policy;
}

struct Twins {
    Bench keeps;
    Bench plain{keeping_nothing()};

    Twins() {
        both([](Bench& bench) {
            bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", settings_of());
            bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", settings_of());
        });
    }

    void both(const std::function<void(Bench&)>& change) {
        change(keeps);
        change(plain);
    }
    void wait(model::Us time) {
        both([&](Bench& bench) { bench.now += time; });
    }
    void send(const model::Command& command) {
        both([&](Bench& bench) { bench.send(command); });
    }

    // All that is kept, of both devices, asked twice of the server that keeps.
    std::string agreed() {
        std::string all;
        for (const auto& [lfdi, number] : {std::pair(pv_lfdi, "1"), std::pair(battery_lfdi, "2")}) {
            const std::string own = std::string("/edev/") + number;
            for (const std::string& target :
                 {own + "/derp/1/derc?l=10", own + "/derp/1/derc?s=1&l=1", own + "/derp/1/actderc?l=5",
                  own + "/derp?l=5", own + "/derp/1/dderc", own + "/fsa?l=1", std::string("/edev?l=2"), own}) {
                all += agreed(lfdi, target);
            }
        }
        return all;
    }

    std::string agreed(const std::string& lfdi, const std::string& target) {
        const http::Response first = keeps.ask(lfdi, "GET", target);
        const http::Response again = keeps.ask(lfdi, "GET", target);
        const http::Response made = plain.ask(lfdi, "GET", target);
        Bench restored{keeping_nothing()};
        restored.server = Server(keeping_nothing());
        keeps.restore_into(restored.server);
        restored.now = keeps.now;
        const http::Response read = restored.ask(lfdi, "GET", target);
        EXPECT_EQ(made.status, first.status) << target;
        for (const http::Response* other : {&first, &again, &read}) {
            EXPECT_EQ(other->status, made.status) << target;
            EXPECT_EQ(other->headers, made.headers) << target;
            EXPECT_EQ(other->body, made.body) << target;
        }
        return made.body;
    }

    // `change` changes what is answered, and all agree before and after.
    void expect_seen(const std::function<void()>& change) {
        const std::string before = agreed();
        change();
        EXPECT_NE(agreed(), before);
    }
};

model::Command battery_setpoint(const std::string& id, model::Us start, model::Us end, model::MilliW power) {
    return setpoint(id, "battery", start, end, power);
}

TEST(Rendered, new_control_is_seen) {
    Twins twins;
    twins.expect_seen([&] { twins.send(battery_setpoint("c1", t0, t0 + 30 * minute, kilowatt_mw)); });
    twins.expect_seen([&] { twins.send(setpoint("c2", "pv", t0, t0 + 30 * minute, -kilowatt_mw)); });
}

TEST(Rendered, cancelled_control_is_seen) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0 + 10 * minute, t0 + 30 * minute, kilowatt_mw));
    twins.expect_seen([&] { twins.send(release("c2", "battery", t0)); });
}

TEST(Rendered, superseded_control_is_seen_at_once_and_by_time) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, t0 + 30 * minute, kilowatt_mw));
    twins.expect_seen([&] { twins.send(battery_setpoint("c2", t0, t0 + 30 * minute, 2 * kilowatt_mw)); });
    twins.expect_seen([&] { twins.send(battery_setpoint("c3", t0 + minute, t0 + 30 * minute, 3 * kilowatt_mw)); });
    twins.expect_seen([&] { twins.wait(minute); });
}

TEST(Rendered, control_that_starts_is_seen_at_its_second) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0 + minute, t0 + 30 * minute, kilowatt_mw));
    twins.wait(minute - 1);
    twins.expect_seen([&] { twins.wait(1); });
}

TEST(Rendered, control_that_starts_in_a_tick_is_seen) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0 + minute, t0 + 30 * minute, kilowatt_mw));
    twins.expect_seen([&] { twins.both([](Bench& bench) { bench.tick(t0 + minute); }); });
}

TEST(Rendered, control_that_ends_is_seen_at_its_second) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, t0 + minute, kilowatt_mw));
    twins.wait(minute - 1);
    twins.expect_seen([&] { twins.wait(1); });
    twins.agreed();
    twins.wait(2 * 60 * minute);
    twins.agreed();
}

TEST(Rendered, cancelled_control_is_gone_at_its_end) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, t0 + minute, kilowatt_mw));
    twins.send(release("c2", "battery", t0));
    twins.wait(minute - 1);
    twins.expect_seen([&] { twins.wait(1); });
}

TEST(Rendered, clock_set_back_is_seen) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, t0 + minute, kilowatt_mw));
    twins.wait(minute);
    twins.expect_seen([&] { twins.wait(-1); });
}

TEST(Rendered, endless_command_published_day_by_day_is_seen) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, model::never, kilowatt_mw));
    twins.expect_seen([&] { twins.wait(23 * 60 * minute); });
}

TEST(Rendered, changed_default_is_seen) {
    Twins twins;
    model::Command command = battery_setpoint("c1", t0, t0 + 30 * minute, kilowatt_mw);
    twins.send(command);
    command.id = "c2";
    command.has_fallback = true;
    command.fallback_mw = 500'000;
    twins.expect_seen([&] { twins.send(command); });
}

TEST(Rendered, changed_ratings_are_seen) {
    Twins twins;
    model::Command command = battery_setpoint("c1", t0, t0 + 30 * minute, kilowatt_mw);
    command.has_fallback = true;
    command.fallback_mw = 500'000;
    twins.send(command);
    std::string larger = settings_of();
    for (std::size_t at; (at = larger.find("000</value>")) != std::string::npos;) larger.replace(at - 1, 4, "9990");
    twins.expect_seen(
        [&] { twins.both([&](Bench& bench) { bench.ask(battery_lfdi, "PUT", "/edev/2/der/1/derg", larger); }); });
}

TEST(Rendered, device_enrolled_as_something_else_is_seen) {
    Twins twins;
    twins.expect_seen(
        [&] { twins.both([](Bench& bench) { bench.enrol(pv_lfdi, "roof", model::ResourceKind::generator); }); });
}

TEST(Rendered, device_enrolled_with_another_poll_period_is_seen) {
    Twins twins;
    model::Enrolment enrolment;
    enrolment.id = pv_lfdi;
    enrolment.resource = "pv";
    enrolment.kind = model::ResourceKind::pv;
    enrolment.poll_us = 20 * second_us;
    twins.expect_seen([&] {
        twins.both([&](Bench& bench) {
            model::Changes changes;
            bench.server.enrol(bench.now, enrolment, changes);
            bench.documents.insert(bench.documents.end(), changes.documents.begin(), changes.documents.end());
        });
    });
}

TEST(Rendered, device_taken_out_and_enrolled_again_sees_nothing_of_before) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, t0 + 30 * minute, kilowatt_mw));
    twins.agreed();
    twins.both([](Bench& bench) {
        model::Changes changes;
        bench.server.remove(bench.now, battery_lfdi, changes);
        bench.enrol(battery_lfdi, "battery", model::ResourceKind::storage);
    });
    for (const char* target : {"/edev/2/derp/1/derc?l=10", "/edev/3/derp/1/derc?l=10", "/edev?l=2"}) {
        EXPECT_EQ(twins.keeps.ask(battery_lfdi, "GET", target).body, twins.plain.ask(battery_lfdi, "GET", target).body);
    }
    EXPECT_EQ(twins.keeps.ask(battery_lfdi, "GET", "/edev/2/derp/1/derc?l=10").status, 404);
}

TEST(Rendered, log_event_is_seen_where_they_are_counted) {
    Twins twins;
    const std::string event =
        "<LogEvent xmlns=\"urn:ieee:std:2030.5:ns\"><createdDateTime>1760000000</createdDateTime>"
        "<functionSet>11</functionSet><logEventCode>1</logEventCode><logEventID>1</logEventID>"
        "<logEventPEN>0</logEventPEN><profileID>2</profileID></LogEvent>";
    twins.expect_seen([&] { twins.both([&](Bench& bench) { bench.ask(pv_lfdi, "POST", "/edev/1/lel", event); }); });
}

TEST(Rendered, response_and_status_change_none_of_it) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, t0 + 30 * minute, kilowatt_mw));
    const std::string before = twins.agreed();
    const auto list = twins.keeps.get<sep::DERControlList>(battery_lfdi, "/edev/2/derp/1/derc?l=10");
    twins.both([&](Bench& bench) {
        const std::string response = response_to(battery_lfdi, list.DERControl.at(0).mRID, 1);
        EXPECT_EQ(bench.ask(battery_lfdi, "POST", "/rsps/2/rsp", response).status, 201);
        EXPECT_EQ(bench
                      .ask(battery_lfdi, "PUT", "/edev/2/der/1/ders",
                           "<DERStatus xmlns=\"urn:ieee:std:2030.5:ns\"><readingTime>1760000000</readingTime>"
                           "</DERStatus>")
                      .status,
                  204);
    });
    EXPECT_EQ(twins.agreed(), before);
}

TEST(Rendered, one_device_never_gets_anothers_answer) {
    Twins twins;
    twins.send(battery_setpoint("c1", t0, t0 + 30 * minute, kilowatt_mw));
    twins.agreed();
    EXPECT_NE(twins.keeps.ask(pv_lfdi, "GET", "/edev?l=2").body,
              twins.keeps.ask(battery_lfdi, "GET", "/edev?l=2").body);
    EXPECT_EQ(twins.keeps.ask(pv_lfdi, "GET", "/edev/2/derp/1/derc?l=10").status, 404);
    EXPECT_TRUE(twins.keeps.noted("foreign_resource"));
    EXPECT_EQ(twins.keeps.ask(stranger_lfdi, "GET", "/edev/2/derp/1/derc?l=10").status, 403);
}

TEST(Rendered, kept_answer_goes_to_who_takes_it) {
    Bench bench;
    const std::string target = "/edev/1/derp/1/derc?l=10";
    bench.ask(pv_lfdi, "GET", target);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", target, "", {{"Accept", "text/html"}}).status, 406);
    EXPECT_EQ(bench.ask(pv_lfdi, "HEAD", target).status, 200);
    EXPECT_EQ(bench.ask(pv_lfdi, "HEAD", target).body, "");
    EXPECT_EQ(bench.ask(pv_lfdi, "PUT", target, "<x/>").status, 405);
}

TEST(Rendered, oldest_answers_of_a_device_make_room) {
    State state{Policy{}};
    Device device;
    const std::string body(state.policy.rendered_device / 3, 'x');
    for (const char* target : {"/1", "/2", "/3"}) keep_rendered(state, device, target, body);
    EXPECT_EQ(rendered(device, "/1"), nullptr);
    ASSERT_NE(rendered(device, "/3"), nullptr);
    EXPECT_EQ(*rendered(device, "/3"), body);
    keep_rendered(state, device, "/4", std::string(state.policy.rendered_device, 'x'));
    EXPECT_EQ(rendered(device, "/4"), nullptr);
    EXPECT_LE(device.rendered_bytes, state.policy.rendered_device);
    for (int i = 0; i < 100; ++i) keep_rendered(state, device, "/" + std::to_string(i), "x");
    EXPECT_LE(device.rendered.size(), 8u);
}

TEST(Rendered, nothing_more_is_kept_when_all_of_the_room_is_taken) {
    Policy policy;
    policy.rendered = 3'000;
    State state{policy};
    Device one, two;
    keep_rendered(state, one, "/1", std::string(2'000, 'x'));
    keep_rendered(state, two, "/1", std::string(2'000, 'y'));
    EXPECT_EQ(rendered(two, "/1"), nullptr);
    changed(state, one);
    EXPECT_EQ(state.rendered_bytes, 0u);
    keep_rendered(state, two, "/1", std::string(2'000, 'y'));
    EXPECT_NE(rendered(two, "/1"), nullptr);
}

TEST(Rendered, nothing_is_kept_of_a_device_that_has_gone_quiet) {
    State state{Policy{}};
    Device device;
    device.record.connected = true;
    device.last_seen_us = t0;
    keep_rendered(state, device, "/1", "x");
    model::Changes changes;
    report_absence(state, device, t0 + second_us, changes);
    EXPECT_EQ(device.rendered.size(), 1u);
    report_absence(state, device, t0 + 60 * minute, changes);
    EXPECT_TRUE(device.rendered.empty());
    EXPECT_EQ(state.rendered_bytes, 0u);
}

}  // namespace
}  // namespace busbar::ieee2030_5
