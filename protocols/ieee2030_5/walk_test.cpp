// Client and server against each other in memory: the whole walk of an event.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::AckState;
using model::second_us;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

struct Peer {
    Client client;
    std::string lfdi;
};

struct Walk : testing::Test {
    Bench bench;
    std::vector<model::Ack> acks;
    std::vector<model::Sample> samples;
    std::vector<std::string> refusals;
    std::map<std::string, model::Resource> resources;

    static Peer peer(const std::string& lfdi, model::ResourceKind kind, Behaviour behaviour = Behaviour::obeys) {
        ClientOptions options;
        options.lfdi = lfdi;
        options.kind = kind;
        options.max_export_mw = 5 * kilowatt_mw;
        options.max_import_mw = kind == model::ResourceKind::pv ? 0 : 4 * kilowatt_mw;
        options.behaviour = behaviour;
        return {Client(options), lfdi};
    }

    void collect() {
        for (const auto& input : bench.changes.inputs) {
            if (input.ack) acks.push_back(*input.ack);
            if (input.sample) samples.push_back(*input.sample);
            if (input.resource) resources[input.resource->id] = *input.resource;
        }
    }

    void talk(Peer& peer) {
        while (auto request = peer.client.next(bench.now)) {
            const http::Response response = bench.handle(peer.lfdi, *request);
            if (response.status >= 400) refusals.push_back(request->method + " " + request->target + response.body);
            collect();
            peer.client.receive(bench.now, response);
        }
    }

    void run(Peer& peer, model::Us until) {
        while (bench.now < until) {
            talk(peer);
            bench.tick(std::max(bench.now + 1, std::min({until, peer.client.next_due(), bench.server.next_due()})));
            collect();
        }
        talk(peer);
    }

    std::vector<AckState> states(const std::string& command) const {
        std::vector<AckState> result;
        for (const auto& ack : acks) {
            if (ack.command == command) result.push_back(ack.state);
        }
        return result;
    }
    void send(const model::Command& command) {
        bench.send(command);
        collect();
    }
};

TEST_F(Walk, a_device_that_is_enrolled_anew_describes_itself_again) {
    Peer pv = peer(pv_lfdi, model::ResourceKind::pv);
    run(pv, t0 + second_us);
    bench.changes = {};
    bench.server.remove(bench.now, pv_lfdi, bench.changes);
    run(pv, bench.now + 60 * second_us);
    resources.clear();
    bench.enrol(pv_lfdi, "pv", model::ResourceKind::pv);
    run(pv, bench.now + 1000 * second_us);
    EXPECT_EQ(resources["pv"].capability.min_mw, -5 * kilowatt_mw);
    EXPECT_TRUE(resources["pv"].controllable);
    refusals.clear();
    run(pv, bench.now + 60 * second_us);
    EXPECT_THAT(refusals, IsEmpty());
}

TEST_F(Walk, finds_its_way_and_becomes_controllable) {
    Peer pv = peer(pv_lfdi, model::ResourceKind::pv);
    run(pv, t0 + second_us);
    EXPECT_THAT(refusals, IsEmpty());
    EXPECT_EQ(pv.client.problem(), "");
    EXPECT_TRUE(pv.client.ready());
    EXPECT_TRUE(resources["pv"].connected);
    EXPECT_TRUE(resources["pv"].controllable);
    EXPECT_EQ(resources["pv"].capability.min_mw, -5 * kilowatt_mw);
    EXPECT_EQ(resources["pv"].capability.max_mw, 0);
}

TEST_F(Walk, event_from_publication_to_completion) {
    Peer pv = peer(pv_lfdi, model::ResourceKind::pv);
    run(pv, t0 + second_us);
    send(setpoint("c1", "pv", t0 + 60 * second_us, t0 + 120 * second_us, -2 * kilowatt_mw));
    run(pv, t0 + 20 * second_us);
    EXPECT_THAT(states("c1"), ElementsAre(AckState::received));
    EXPECT_FALSE(pv.client.wanted(bench.now).controlled);
    run(pv, t0 + 70 * second_us);
    EXPECT_THAT(states("c1"), ElementsAre(AckState::received, AckState::started));
    EXPECT_EQ(pv.client.wanted(bench.now).power(-5 * kilowatt_mw), -2 * kilowatt_mw);
    run(pv, t0 + 130 * second_us);
    EXPECT_THAT(states("c1"), ElementsAre(AckState::received, AckState::started, AckState::completed));
    EXPECT_FALSE(pv.client.wanted(bench.now).controlled);
    EXPECT_THAT(refusals, IsEmpty());
}

TEST_F(Walk, other_power_supersedes_and_release_cancels) {
    Peer battery = peer(battery_lfdi, model::ResourceKind::storage);
    run(battery, t0 + second_us);
    send(setpoint("c1", "battery", bench.now, t0 + 600 * second_us, 2 * kilowatt_mw));
    run(battery, t0 + 15 * second_us);
    EXPECT_EQ(battery.client.wanted(bench.now).setpoint_mw, 2 * kilowatt_mw);
    send(setpoint("c2", "battery", bench.now, t0 + 600 * second_us, -3 * kilowatt_mw));
    run(battery, t0 + 30 * second_us);
    EXPECT_EQ(battery.client.wanted(bench.now).setpoint_mw, -3 * kilowatt_mw);
    EXPECT_THAT(states("c1"), ElementsAre(AckState::received, AckState::started, AckState::superseded));
    EXPECT_THAT(states("c2"), ElementsAre(AckState::received, AckState::started));
    send(release("c3", "battery", bench.now));
    run(battery, t0 + 45 * second_us);
    EXPECT_FALSE(battery.client.wanted(bench.now).controlled);
    EXPECT_THAT(states("c2"), ElementsAre(AckState::received, AckState::started, AckState::cancelled));
    EXPECT_THAT(states("c3"), ElementsAre(AckState::accepted));
    EXPECT_THAT(refusals, IsEmpty());
}

TEST_F(Walk, fallback_is_the_default_control_when_nothing_else_holds) {
    Peer battery = peer(battery_lfdi, model::ResourceKind::storage);
    run(battery, t0 + second_us);
    model::Command command = setpoint("c1", "battery", bench.now, t0 + 60 * second_us, 2 * kilowatt_mw);
    command.has_fallback = true;
    command.fallback_mw = kilowatt_mw;
    send(command);
    run(battery, t0 + 30 * second_us);
    EXPECT_EQ(battery.client.wanted(bench.now).setpoint_mw, 2 * kilowatt_mw);
    run(battery, t0 + 90 * second_us);
    EXPECT_EQ(battery.client.wanted(bench.now).setpoint_mw, kilowatt_mw);
}

TEST_F(Walk, readings_become_samples_in_the_models_sign) {
    Peer battery = peer(battery_lfdi, model::ResourceKind::storage);
    Measurement measurement;
    measurement.power_mw = -1'234'567;
    measurement.import_mwh = 10'000;
    measurement.export_mwh = 20'500;
    measurement.state_of_charge_ppm = 654'300;
    battery.client.meter(bench.now, measurement);
    run(battery, t0 + 12 * second_us);
    const auto power =
        std::find_if(samples.begin(), samples.end(), [](const auto& s) { return s.power_mw.has_value(); });
    ASSERT_NE(power, samples.end());
    EXPECT_EQ(power->resource, "battery");
    EXPECT_EQ(power->power_mw, -1'234'567);
    EXPECT_EQ(power->import_mwh, 10'000);
    EXPECT_EQ(power->export_mwh, 20'500);
    const auto charge =
        std::find_if(samples.begin(), samples.end(), [](const auto& s) { return s.state_of_charge_ppm.has_value(); });
    ASSERT_NE(charge, samples.end());
    EXPECT_EQ(charge->state_of_charge_ppm, 654'300);
    EXPECT_THAT(refusals, IsEmpty());
}

TEST_F(Walk, silent_device_times_out_and_goes_on_polling) {
    Peer pv = peer(pv_lfdi, model::ResourceKind::pv, Behaviour::silent);
    run(pv, t0 + second_us);
    send(setpoint("c1", "pv", bench.now, t0 + 600 * second_us, -kilowatt_mw));
    run(pv, t0 + 60 * second_us);
    EXPECT_THAT(states("c1"), ElementsAre(AckState::timeout));
    EXPECT_FALSE(pv.client.wanted(bench.now).controlled);
    EXPECT_TRUE(resources["pv"].connected);
}

TEST_F(Walk, refusing_device_opts_out) {
    Peer pv = peer(pv_lfdi, model::ResourceKind::pv, Behaviour::refuses);
    run(pv, t0 + second_us);
    send(setpoint("c1", "pv", bench.now, t0 + 600 * second_us, -kilowatt_mw));
    run(pv, t0 + 20 * second_us);
    EXPECT_THAT(states("c1"), ElementsAre(AckState::received, AckState::opted_out));
    EXPECT_FALSE(pv.client.wanted(bench.now).controlled);
}

TEST_F(Walk, ALL_03_REJ_wrong_pin_goes_no_further) {
    Peer pv = peer(pv_lfdi, model::ResourceKind::pv);
    ClientOptions options;
    options.lfdi = pv_lfdi;
    options.pin = 123455;
    pv.client = Client(options);
    run(pv, t0 + second_us);
    EXPECT_FALSE(pv.client.ready());
    EXPECT_EQ(pv.client.problem(), "the server has another registration PIN");
    EXPECT_EQ(pv.client.next_due(), model::never);
}

}  // namespace
}  // namespace busbar::ieee2030_5
