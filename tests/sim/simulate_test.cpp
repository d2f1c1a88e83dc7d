// The simulated world judged by itself: it is the same for the same seed, and what it is made of does what it says.
#include "tests/sim/simulate.hpp"

#include <gtest/gtest.h>

#include "tests/sim/journal.hpp"
#include "tests/sim/network.hpp"

namespace busbar::sim {
namespace {

Options small(std::uint64_t seed) {
    Options options;
    options.seed = seed;
    options.devices = 20;
    options.hours = 8;
    options.meter_s = options.poll_s = 300;
    return options;
}

TEST(Simulate, the_same_seed_gives_the_same_world) {
    const Outcome first = simulate(small(7)), second = simulate(small(7)), other = simulate(small(8));
    EXPECT_EQ(first.hash, second.hash);
    EXPECT_EQ(first.frames, second.frames);
    EXPECT_NE(first.hash, other.hash);
    EXPECT_GT(first.frames, 1'000U);
}

TEST(Simulate, a_world_in_which_nothing_fails_has_no_findings) {
    Options options = small(3);
    options.faults = false;
    const Outcome outcome = simulate(options);
    for (const Finding& finding : outcome.findings) ADD_FAILURE() << finding.checker << ": " << finding.text;
    EXPECT_EQ(outcome.deaths + outcome.cuts + outcome.lost, 0U);
}

TEST(World, what_is_due_at_the_same_time_happens_in_the_order_in_which_it_was_said) {
    World world(0);
    std::string said;
    world.at(5, [&] { said += 'b'; });
    world.at(3, [&] { said += 'a'; });
    world.at(5, [&] { said += 'c'; });
    world.run(10);
    EXPECT_EQ(said, "abc");
    EXPECT_EQ(world.now(), 10);
}

struct Sleeper : Actor {
    std::vector<Us> woken;
    void wake(Us now) override { woken.push_back(now); }
};

TEST(World, an_actor_is_woken_once_at_the_earliest_time_it_asked_for) {
    World world(0);
    Sleeper sleeper;
    world.wake(sleeper, 9);
    world.wake(sleeper, 4);
    world.wake(sleeper, 6);
    world.run(20);
    EXPECT_EQ(sleeper.woken, std::vector<Us>{4});
}

store::DocumentChange document(const std::string& key, const std::string& body) {
    return {"folder", key, body};
}

TEST(Journal, a_power_loss_takes_what_was_not_durable_and_nothing_else) {
    Journal journal(true);
    journal.commit({{1, "one"}}, {document("a", "1")}, true);
    journal.commit({{2, "two"}}, {document("a", "2"), document("b", "1")}, false);
    journal.lose_power();
    ASSERT_EQ(journal.entries().size(), 1U);
    std::string found;
    journal.documents("folder", [&](std::string_view key, std::string_view body) {
        found += std::string(key) + '=' + std::string(body) + ' ';
    });
    EXPECT_EQ(found, "a=1 ");
}

TEST(Journal, it_dies_before_or_after_a_commit_as_it_is_told) {
    Journal journal(true);
    journal.fail_next(StoreFault::crash_before_commit);
    EXPECT_THROW(journal.commit({{1, "one"}}, {}, true), Crash);
    EXPECT_TRUE(journal.entries().empty());
    journal.fail_next(StoreFault::crash_after_commit);
    EXPECT_THROW(journal.commit({{1, "one"}}, {}, true), Crash);
    EXPECT_EQ(journal.entries().size(), 1U);
    journal.fail_next(StoreFault::refuses);
    EXPECT_THROW(journal.commit({{2, "two"}}, {}, true), store::StoreError);
    journal.commit({{2, "two"}}, {}, true);
    EXPECT_EQ(journal.entries().size(), 2U);
}

struct Listener : Peer {
    std::vector<std::string> texts;
    int opened_times = 0, closed_times = 0;
    void wake(Us) override {}
    void opened(Us, LinkId) override { ++opened_times; }
    void text(Us, LinkId, const std::string& text) override { texts.push_back(text); }
    void closed(Us, LinkId) override { ++closed_times; }
};

struct Wire {
    World world{0};
    Network network{world, Random(1)};
    Sleeper gateway;
    Listener peer;
    LinkId link = 0;

    Wire() {
        network.set_gateway(&gateway);
        network.gateway_up();
        link = network.connect(peer, 1, {}, {});
        world.run(model::second_us);
        network.take();
        network.accept_websocket(link, "");
        world.run(2 * model::second_us);
    }
};

TEST(Network, frames_of_one_link_stay_in_order) {
    Wire wire;
    for (int i = 0; i < 50; ++i) wire.network.send(wire.link, std::make_shared<const std::string>(std::to_string(i)));
    wire.world.run(10 * model::second_us);
    ASSERT_EQ(wire.peer.texts.size(), 50U);
    for (int i = 0; i < 50; ++i) EXPECT_EQ(wire.peer.texts[static_cast<std::size_t>(i)], std::to_string(i));
}

TEST(Network, a_half_open_link_carries_nothing_and_both_ends_hear_of_it_later) {
    Wire wire;
    wire.network.cut(wire.link, true);
    wire.network.send(wire.link, std::make_shared<const std::string>("lost"));
    wire.world.run(30 * model::second_us);
    EXPECT_TRUE(wire.peer.texts.empty());
    EXPECT_EQ(wire.peer.closed_times, 0);
    EXPECT_TRUE(wire.network.take().empty());
    wire.world.run(200 * model::second_us);
    EXPECT_EQ(wire.peer.closed_times, 1);
    const std::vector<net::Event> events = wire.network.take();
    ASSERT_EQ(events.size(), 1U);
    EXPECT_TRUE(std::holds_alternative<net::ConnectionClosed>(events[0]));
}

TEST(Network, what_was_said_into_a_half_open_link_may_come_through_after_its_peer_has_opened_another) {
    Wire wire;
    Weather weather;
    weather.straggling_ppm = 1'000'000;
    wire.network.set_weather(weather);
    wire.network.cut(wire.link, true);
    for (const char* text : {"1", "2", "3"}) wire.network.send(wire.link, text, 0);
    while (wire.peer.closed_times == 0) wire.world.run(wire.world.now() + model::second_us);
    const LinkId other = wire.network.connect(wire.peer, 1, {}, {});
    wire.world.run(wire.world.now() + 100 * model::second_us);
    std::string came;
    for (const net::Event& event : wire.network.take()) {
        if (const auto* text = std::get_if<net::TextArrived>(&event)) came += text->text;
        if (const auto* request = std::get_if<net::RequestArrived>(&event))
            came += request->connection == other ? "o" : "?";
    }
    EXPECT_EQ(came, "o123");
    EXPECT_EQ(wire.network.stragglers(), 3U);
}

TEST(Network, what_was_on_its_way_to_a_process_that_died_does_not_reach_the_next) {
    Wire wire;
    wire.network.send(wire.link, "late", 0);
    wire.network.gateway_down();
    wire.network.gateway_up();
    wire.world.run(10 * model::second_us);
    EXPECT_TRUE(wire.network.take().empty());
    EXPECT_EQ(wire.peer.closed_times, 1);
}

}  // namespace
}  // namespace busbar::sim
