// The HTTP server's limits and its unhappy paths: each with the answer that the peer gets and the event for the log.
#include <gmock/gmock.h>

#include <thread>

#include "gateway/net/test_support.hpp"

namespace busbar::net {
namespace {

using ::testing::HasSubstr;
using testing::Loop;
using testing::RawPeer;
using testing::second_us;
using testing::server_tls;
using ::testing::StartsWith;

constexpr const char* get_x = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(HttpLimits, malformed_request_gets_400_and_the_connection_is_closed) {
    Loop loop;
    const ListenerInfo info = loop.listen();
    RawPeer peer(info.port);
    peer.send("GET\r\n\r\n");
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 400 Bad Request\r\n"));
    const auto refused = loop.next<PeerRefused>();
    EXPECT_EQ(refused.listener, info.id);
    EXPECT_EQ(refused.code, "bad_request");
    EXPECT_THAT(refused.address, StartsWith("127.0.0.1:"));
    EXPECT_EQ(loop.network.counters().refused, 1u);
}

TEST(HttpLimits, what_was_asked_before_the_malformed_request_is_still_answered) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(std::string(get_x) + "nonsense\r\n\r\n");
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, "good"});
    EXPECT_THAT(peer.take_response(), HasSubstr("good"));
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 400 "));
}

TEST(HttpLimits, oversize_header_gets_431) {
    Loop loop;
    Limits limits;
    limits.header_bytes = 1000;
    RawPeer peer(loop.listen(server_tls(), limits).port, true);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(2000, 'x'));
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 431 "));
    EXPECT_EQ(loop.next<PeerRefused>().code, "header_too_large");
}

TEST(HttpLimits, oversize_body_gets_413_before_it_is_sent) {
    Loop loop;
    Limits limits;
    limits.body_bytes = 1000;
    RawPeer peer(loop.listen({}, limits).port);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1001\r\n\r\n");
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 413 "));
    EXPECT_EQ(loop.next<PeerRefused>().code, "body_too_large");
}

TEST(HttpLimits, peer_that_goes_on_sending_still_gets_its_413) {
    Loop loop;
    Limits limits;
    limits.body_bytes = 1000;
    RawPeer peer(loop.listen({}, limits).port);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
    for (int i = 0; i < 10; ++i) {
        EXPECT_TRUE(peer.send(std::string(100'000, 'x')));
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    EXPECT_THAT(peer.take_response(), StartsWith("HTTP/1.1 413 "));
}

TEST(HttpLimits, slow_header_gets_408) {
    Loop loop;
    Limits limits;
    limits.handshake_us = 200'000;
    RawPeer peer(loop.listen(server_tls(), limits).port, true);
    peer.send("GET / HTTP/1.1\r\nHost:");
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 408 "));
    EXPECT_EQ(loop.next<PeerRefused>().code, "timeout");
    EXPECT_EQ(loop.network.counters().timeouts, 1u);
}

TEST(HttpLimits, slow_body_gets_408) {
    Loop loop;
    Limits limits;
    limits.request_us = 200'000;
    RawPeer peer(loop.listen({}, limits).port);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 408 "));
    EXPECT_EQ(loop.next<PeerRefused>().code, "timeout");
}

TEST(HttpLimits, peer_that_never_says_anything_is_dropped) {
    Loop loop;
    Limits limits;
    limits.handshake_us = 200'000;
    RawPeer plain(loop.listen({}, limits).port);
    EXPECT_THAT(loop.next<PeerRefused>().reason, HasSubstr("no request"));
    EXPECT_TRUE(plain.at_end());
    RawPeer tls(loop.listen(server_tls(), limits).port);
    EXPECT_THAT(loop.next<PeerRefused>().reason, HasSubstr("no TLS handshake"));
    EXPECT_TRUE(tls.at_end());
}

TEST(HttpLimits, idle_connection_is_closed_without_a_word) {
    Loop loop;
    Limits limits;
    limits.idle_us = 200'000;
    RawPeer peer(loop.listen({}, limits).port);
    peer.send(get_x);
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, ""});
    peer.take_response();
    EXPECT_TRUE(peer.at_end());
    EXPECT_FALSE(loop.next_if_any<PeerRefused>(0));
}

TEST(HttpLimits, unanswered_request_gets_503_and_the_loop_is_told) {
    Loop loop;
    Limits limits;
    limits.response_us = 200'000;
    RawPeer peer(loop.listen({}, limits).port);
    peer.send(get_x);
    const ConnectionId id = loop.next<RequestArrived>().connection;
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 503 "));
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.connection, id);
    loop.network.respond(id, {200, {}, "too late"});  // and harmless
}

TEST(HttpLimits, peer_that_resets_while_it_waits_is_noticed) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(get_x);
    const ConnectionId id = loop.next<RequestArrived>().connection;
    peer.reset();
    EXPECT_EQ(loop.next<ConnectionClosed>().connection, id);
}

TEST(HttpLimits, peer_that_does_not_read_its_answer_is_dropped) {
    Loop loop;
    Limits limits;
    limits.request_us = 200'000;
    RawPeer peer(loop.listen({}, limits).port);
    peer.send(get_x);
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, std::string(50'000'000, 'x')});
    for (int i = 0; i < 100 && loop.network.counters().open != 0; ++i) {
        loop.next_if_any<PeerRefused>(50'000);
    }
    EXPECT_EQ(loop.network.counters().open, 0u);
    EXPECT_EQ(loop.network.counters().timeouts, 1u);
}

TEST(HttpLimits, connections_beyond_the_limit_are_closed_at_once) {
    Loop loop;
    Limits limits;
    limits.connections = 2;
    const ListenerInfo info = loop.listen({}, limits);
    RawPeer first(info.port);
    first.send(get_x);
    loop.next<RequestArrived>();
    {
        RawPeer second(info.port);
        second.send(get_x);
        loop.next<RequestArrived>();
        RawPeer third(info.port);
        EXPECT_TRUE(third.at_end());
        EXPECT_EQ(loop.next<PeerRefused>().code, "too_many_connections");
        second.reset();
    }
    loop.next<ConnectionClosed>();
    RawPeer fourth(info.port);  // there is room again
    fourth.send(get_x);
    loop.next<RequestArrived>();
}

TEST(HttpLimits, refusals_told_to_the_loop_are_bounded) {
    Loop loop;
    const std::uint16_t port = loop.listen().port;
    for (int i = 0; i < 300; ++i) {
        RawPeer peer(port);
        peer.send("GET\r\n\r\n");
        peer.rest();
    }
    EXPECT_EQ(loop.network.counters().refused, 300u);
    int told = 0;
    while (loop.next_if_any<PeerRefused>(10'000)) ++told;
    EXPECT_GE(told, 100);
    EXPECT_LT(told, 200);
}

TEST(HttpLimits, close_by_the_loop_drops_the_connection) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(get_x);
    const ConnectionId id = loop.next<RequestArrived>().connection;
    loop.network.close(id, 1000, "");
    EXPECT_TRUE(peer.at_end());
}

TEST(Listen, plain_on_a_public_address_only_if_the_operator_says_so) {
    Loop loop;
    ListenOptions options;
    options.name = "ocpp";
    options.address = "0.0.0.0";
    EXPECT_THROW(loop.network.listen(options), std::runtime_error);
    options.plain_anywhere = true;
    EXPECT_NE(loop.network.listen(options).port, 0);
    options.plain_anywhere = false;
    options.tls = server_tls();
    EXPECT_TRUE(loop.network.listen(options).tls);
}

TEST(Listen, address_in_use_is_told_in_one_line) {
    Loop loop;
    ListenOptions options;
    options.name = "ocpp";
    options.port = loop.listen().port;
    try {
        loop.network.listen(options);
        FAIL() << "two listeners on one port";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  "ocpp: cannot listen on 127.0.0.1:" + std::to_string(options.port) + ": Address already in use");
    }
}

}  // namespace
}  // namespace busbar::net
