// Waiting, waking, stopping, and many sockets at once.
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>

#include <set>
#include <thread>

#include "gateway/net/test_support.hpp"

namespace busbar::net {
namespace {

using testing::frame;
using ::testing::HasSubstr;
using testing::Loop;
using testing::pki;
using testing::RawPeer;
using testing::second_us;
using testing::server_tls;
using ::testing::StartsWith;
using testing::take_frame;
using testing::text_of;

constexpr const char* get_x = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

std::int64_t time_of(const std::function<void()>& call) {
    const std::int64_t start = steady_us();
    call();
    return steady_us() - start;
}

// ---- wait and wake
// -----------------------------------------------------------------------------------------------------

TEST(Wait, returns_in_time_with_nothing) {
    Network network;
    std::vector<Event> events;
    EXPECT_LT(time_of([&] { network.wait(0, events); }), 50'000);
    const std::int64_t waited = time_of([&] { network.wait(100'000, events); });
    EXPECT_GE(waited, 99'000);
    EXPECT_LT(waited, second_us);
    EXPECT_TRUE(events.empty());
}

TEST(Wait, appends_to_what_is_there) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(get_x);
    std::vector<Event> events{ConnectionClosed{7, 1000, "kept"}};
    loop.network.wait(5 * second_us, events);
    ASSERT_EQ(events.size(), 2u);
    EXPECT_EQ(std::get<ConnectionClosed>(events[0]).reason, "kept");
}

TEST(Wake, from_another_thread) {
    Network network;
    std::vector<Event> events;
    std::thread other([&network] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        network.wake();
    });
    EXPECT_LT(time_of([&] { network.wait(-1, events); }), 5 * second_us);
    other.join();
}

TEST(Wake, before_the_wait_is_not_lost) {
    Network network;
    std::vector<Event> events;
    network.wake();
    EXPECT_LT(time_of([&] { network.wait(5 * second_us, events); }), second_us);
}

Network* woken_by_signal = nullptr;

TEST(Wake, from_a_signal_handler) {
    Network network;
    woken_by_signal = &network;
    const auto before = ::signal(SIGUSR1, [](int) { woken_by_signal->wake(); });
    std::vector<Event> events;
    std::thread other([] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        ::kill(::getpid(), SIGUSR1);
    });
    EXPECT_LT(time_of([&] { network.wait(5 * second_us, events); }), 2 * second_us);
    other.join();
    ::signal(SIGUSR1, before);
}

// ---- stop
// ----------------------------------------------------------------------------------------------------------------

TEST(Stop, websockets_are_closed_with_1001) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    const ConnectionId id = loop.open_websocket(peer);
    loop.network.send(id, text_of("before"));
    std::thread answering([&peer] {
        EXPECT_EQ(take_frame(peer).payload, "before");
        const auto close = take_frame(peer);
        EXPECT_EQ(close.close_code(), 1001);
        peer.send(frame(0x88, close.payload));
        EXPECT_TRUE(peer.at_end());
        peer.close();
    });
    EXPECT_LT(time_of([&] { loop.network.stop(5 * second_us); }), 2 * second_us);
    answering.join();
    EXPECT_EQ(loop.next<ConnectionClosed>().code, 1001);
    EXPECT_EQ(loop.network.counters().open, 0u);
}

TEST(Stop, answers_under_way_go_out) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(get_x);
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, std::string(20'000'000, 'x')});
    std::string answer;
    std::thread reading([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        answer = peer.rest();
        peer.close();
    });
    loop.network.stop(5 * second_us);
    reading.join();
    EXPECT_GT(answer.size(), 20'000'000u);
}

TEST(Stop, idle_connections_are_closed_and_unanswered_requests_get_503) {
    Loop loop;
    const std::uint16_t port = loop.listen().port;
    RawPeer idle(port);
    idle.send(get_x);
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, ""});
    idle.take_response();
    RawPeer unanswered(port);
    unanswered.send(get_x);
    loop.next<RequestArrived>();
    std::thread peers([&] {
        EXPECT_TRUE(idle.at_end());
        EXPECT_THAT(unanswered.rest(), StartsWith("HTTP/1.1 503 "));
        unanswered.close();
    });
    EXPECT_LT(time_of([&] { loop.network.stop(5 * second_us); }), 2 * second_us);
    peers.join();
    EXPECT_THROW(RawPeer{port}, std::runtime_error) << "nobody listens any more";
}

TEST(Stop, is_bounded_when_peers_do_not_play_along) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    loop.open_websocket(peer);
    const std::int64_t took = time_of([&] { loop.network.stop(300'000); });
    EXPECT_GE(took, 290'000);
    EXPECT_LT(took, second_us);
    EXPECT_EQ(loop.next<ConnectionClosed>().code, 1006);
}

TEST(Stop, both_ends_in_one_process_part_in_peace) {
    Loop loop;
    SocketRequest request;
    request.url = "ws://127.0.0.1:" + std::to_string(loop.listen().port);
    loop.network.connect_websocket(request);
    loop.network.accept_websocket(loop.next<RequestArrived>().connection, "");
    loop.next<SocketConnected>();
    EXPECT_LT(time_of([&] { loop.network.stop(5 * second_us); }), 2 * second_us);
    for (int i = 0; i < 2; ++i) EXPECT_EQ(loop.next<ConnectionClosed>().code, 1001);
}

TEST(Stop, calls_after_it_are_harmless) {
    Loop loop;
    const ListenerInfo info = loop.listen();
    loop.network.stop(0);
    loop.network.respond(1, {});
    loop.network.send(257, text_of("x"));
    loop.network.close(257, 1000, "");
    loop.network.request({"http://127.0.0.1:" + std::to_string(info.port), {}, {}, second_us, 1000});
    loop.network.connect_websocket({"ws://127.0.0.1", {}, {}, {}, {}});
    loop.network.stop(0);
}

TEST(Stop, destruction_without_it_closes_everything) {
    std::unique_ptr<RawPeer> peer;
    std::unique_ptr<RawPeer> talking;
    {
        Loop loop;
        const std::uint16_t port = loop.listen(server_tls()).port;
        peer = std::make_unique<RawPeer>(port, true);
        loop.open_websocket(*peer);
        talking = std::make_unique<RawPeer>(port, true);
        talking->send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nab");
        ClientRequest unanswered;
        unanswered.base_url = "https://localhost:" + std::to_string(port);
        unanswered.tls = pki().client_tls();
        loop.network.request(unanswered);
        loop.next<RequestArrived>();
    }
    EXPECT_TRUE(peer->at_end());
    EXPECT_TRUE(talking->at_end());
}

// ---- many
// ----------------------------------------------------------------------------------------------------------------

void many_sockets(unsigned io_threads, bool tls, int count) {
    rlimit files{};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
    ::setrlimit(RLIMIT_NOFILE, &files);
    Loop loop(io_threads);
    const std::uint16_t port = loop.listen(tls ? server_tls() : certs::SslContext()).port;
    SocketRequest request;
    request.url = (tls ? "wss://localhost:" : "ws://127.0.0.1:") + std::to_string(port) + "/many";
    request.tls = pki().client_tls();
    request.limits.handshake_us = 60 * second_us;
    std::set<ConnectionId> clients;
    for (int i = 0; i < count; ++i) clients.insert(loop.network.connect_websocket(request));
    std::vector<ConnectionId> servers;
    for (int i = 0; i < count; ++i) {
        servers.push_back(loop.next<RequestArrived>(30 * second_us).connection);
        loop.network.accept_websocket(servers.back(), "");
    }
    for (int i = 0; i < count; ++i) loop.next<SocketConnected>(30 * second_us);
    const Text text = text_of("to all");
    for (const ConnectionId id : servers) loop.network.send(id, text);
    std::set<ConnectionId> reached;
    for (int i = 0; i < count; ++i) {
        const auto arrived = loop.next<TextArrived>(30 * second_us);
        EXPECT_EQ(arrived.text, "to all");
        reached.insert(arrived.connection);
    }
    EXPECT_EQ(reached, clients);
    for (const ConnectionId id : clients) loop.network.send(id, text_of("back"));
    for (int i = 0; i < count; ++i) EXPECT_EQ(loop.next<TextArrived>(30 * second_us).text, "back");
    EXPECT_EQ(loop.network.counters().open, 2u * static_cast<unsigned>(count));
    loop.network.stop(10 * second_us);
    for (int i = 0; i < 2 * count; ++i) EXPECT_EQ(loop.next<ConnectionClosed>().code, 1001);
}

TEST(Many, five_hundred_plain_sockets) {
    many_sockets(1, false, 500);
}
TEST(Many, five_hundred_tls_sockets_on_two_threads) {
    many_sockets(2, true, 500);
}

TEST(Many, readers_wait_for_a_loop_that_lags_behind) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    loop.open_websocket(peer);
    const std::string one = frame(0x81, std::string(200'000, 'x'));
    std::thread flood([&] {
        for (int i = 0; i < 400; ++i) {
            if (!peer.send(one)) break;
        }
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the loop is busy elsewhere
    EXPECT_LT(loop.network.counters().bytes_in, 60'000'000u) << "what is not wanted yet stays with the peer";
    for (int i = 0; i < 400; ++i) EXPECT_EQ(loop.next<TextArrived>().text.size(), 200'000u);
    flood.join();
}

}  // namespace
}  // namespace busbar::net
