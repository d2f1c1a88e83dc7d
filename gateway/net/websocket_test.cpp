// The WebSocket server against a peer by hand, over real loopback sockets.
#include <gmock/gmock.h>

#include <thread>

#include "gateway/net/test_support.hpp"

namespace busbar::net {
namespace {

using testing::frame;
using testing::handshake_text;
using ::testing::HasSubstr;
using testing::Loop;
using ::testing::Not;
using testing::RawPeer;
using testing::second_us;
using testing::server_tls;
using ::testing::StartsWith;
using testing::take_frame;
using testing::text_of;

TEST(WebSocketServer, handshake_is_shown_accepted_and_echoes) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(handshake_text("Sec-WebSocket-Protocol: ocpp2.0.1, ocpp1.6\r\n"));
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_TRUE(arrived.upgrade);
    EXPECT_EQ(arrived.request.target, "/ocpp/CP1");
    EXPECT_EQ(arrived.request.header("Sec-WebSocket-Protocol"), "ocpp2.0.1, ocpp1.6");
    loop.network.accept_websocket(arrived.connection, "ocpp1.6");
    const std::string answer = peer.take_until("\r\n\r\n");
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 101 ")) << answer;
    EXPECT_NE(answer.find("Sec-WebSocket-Protocol: ocpp1.6\r\n"), std::string::npos) << answer;
    EXPECT_NE(answer.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), std::string::npos) << answer;
    peer.send(frame(0x81, "hello"));
    const auto text = loop.next<TextArrived>();
    EXPECT_EQ(text.connection, arrived.connection);
    EXPECT_EQ(text.text, "hello");
    loop.network.send(arrived.connection, text_of("hello yourself"));
    EXPECT_EQ(take_frame(peer).payload, "hello yourself");
    EXPECT_EQ(loop.network.counters().frames_in, 1u);
}

TEST(WebSocketServer, tls_echo) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    const ConnectionId id = loop.open_websocket(peer);
    peer.send(frame(0x81, "over TLS"));
    EXPECT_EQ(loop.next<TextArrived>().text, "over TLS");
    loop.network.send(id, text_of(std::string(200'000, 'x')));
    EXPECT_EQ(take_frame(peer).payload, std::string(200'000, 'x'));
}

// Beast writes the pongs, we the texts: neither may begin in the middle of the other.
TEST(WebSocketServer, a_pong_waits_for_a_frame_that_is_half_sent) {
    for (const bool tls : {false, true}) {
        Loop loop;
        Limits limits;
        limits.queued_bytes = 64 * 1024 * 1024;
        RawPeer peer(loop.listen(tls ? server_tls() : certs::SslContext{}, limits).port, tls);
        const ConnectionId id = loop.open_websocket(peer);
        const std::string first(20'000'000, 'a');  // more than the socket takes at once
        loop.network.send(id, text_of(first));
        loop.network.send(id, text_of("second"));
        const std::uint64_t before = loop.network.counters().bytes_in;
        peer.send(frame(0x89, "are you there?"));
        while (loop.network.counters().bytes_in == before) std::this_thread::yield();
        EXPECT_EQ(take_frame(peer).payload, first);
        std::vector<std::string> rest{take_frame(peer).payload, take_frame(peer).payload};
        EXPECT_THAT(rest, ::testing::UnorderedElementsAre("second", "are you there?"));
        loop.network.send(id, text_of("third"));
        EXPECT_EQ(take_frame(peer).payload, "third");
    }
}

TEST(WebSocketServer, refusal_is_an_ordinary_answer) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(handshake_text());
    loop.network.respond(loop.next<RequestArrived>().connection, {404, {}, "no such station"});
    EXPECT_THAT(peer.rest(), StartsWith("HTTP/1.1 404 Not Found\r\n"));
}

TEST(WebSocketServer, no_subprotocol_is_named_if_none_was_chosen) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(handshake_text());
    loop.network.accept_websocket(loop.next<RequestArrived>().connection, "");
    const std::string answer = peer.take_until("\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 "));
    EXPECT_THAT(answer, Not(HasSubstr("Sec-WebSocket-Protocol")));
}

TEST(WebSocketServer, leading_comma_in_the_offer_is_no_hindrance) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(handshake_text("Sec-WebSocket-Protocol: , ocpp1.6\r\n"));
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_EQ(arrived.request.header("Sec-WebSocket-Protocol"), ", ocpp1.6");
    loop.network.accept_websocket(arrived.connection, "ocpp1.6");
    EXPECT_THAT(peer.take_until("\r\n\r\n"), HasSubstr("Sec-WebSocket-Protocol: ocpp1.6\r\n"));
}

TEST(WebSocketServer, unknown_version_is_told_the_known_one) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(
        "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n\r\n");
    const std::string answer = peer.rest();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 426 "));
    EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
    EXPECT_EQ(loop.next<PeerRefused>().code, "bad_request");
}

TEST(WebSocketServer, accept_of_an_ordinary_request_is_ignored) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
    const ConnectionId id = loop.next<RequestArrived>().connection;
    loop.network.accept_websocket(id, "");
    loop.network.respond(id, {200, {}, "x"});
    EXPECT_THAT(peer.take_response(), StartsWith("HTTP/1.1 200 "));
}

TEST(WebSocketServer, frames_sent_before_the_answer_are_not_lost) {
    for (const bool tls : {false, true}) {
        Loop loop;
        RawPeer peer(loop.listen(tls ? server_tls() : certs::SslContext()).port, tls);
        peer.send(handshake_text() + frame(0x81, "one") + frame(0x81, "two"));
        loop.network.accept_websocket(loop.next<RequestArrived>().connection, "");
        EXPECT_EQ(loop.next<TextArrived>().text, "one");
        EXPECT_EQ(loop.next<TextArrived>().text, "two");
    }
}

TEST(WebSocketServer, frames_sent_at_once_after_accepting_follow_the_answer_in_order) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    peer.send(handshake_text());
    const ConnectionId id = loop.next<RequestArrived>().connection;
    loop.network.accept_websocket(id, "");
    for (int i = 0; i < 100; ++i) loop.network.send(id, text_of(std::to_string(i)));
    peer.take_until("\r\n\r\n");
    for (int i = 0; i < 100; ++i) EXPECT_EQ(take_frame(peer).payload, std::to_string(i));
}

TEST(WebSocketServer, big_frame_arrives_whole) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    loop.open_websocket(peer);
    const std::string big(256 * 1024, 'b');
    peer.send(frame(0x81, big));
    EXPECT_EQ(loop.next<TextArrived>().text, big);
    peer.send(frame(0x81, "small"));
    EXPECT_EQ(loop.next<TextArrived>().text, "small");
}

TEST(WebSocketServer, fragments_arrive_as_one_message) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    loop.open_websocket(peer);
    peer.send(frame(0x01, "one ") + frame(0x89, "p") + frame(0x00, "whole ") + frame(0x80, "text"));
    EXPECT_EQ(loop.next<TextArrived>().text, "one whole text");
    const auto pong = take_frame(peer);
    EXPECT_EQ(pong.opcode, 10);
    EXPECT_EQ(pong.payload, "p");
}

struct Misdeed {
    const char* name;
    std::string bytes;
    int code;
};

TEST(WebSocketServer, misdeeds_are_answered_with_their_close_code) {
    const Misdeed misdeeds[] = {
        {"binary", frame(0x82, "x"), 1003},
        {"invalid UTF-8", frame(0x81, "\xc3\x28"), 1007},
        {"UTF-8 cut off", frame(0x81, "\xe2\x82"), 1007},
        {"too big", frame(0x81, std::string(1001, 'x')), 1009},
        {"too big in fragments", frame(0x01, std::string(600, 'x')) + frame(0x80, std::string(600, 'x')), 1009},
        {"unmasked", frame(0x81, "x", false), 1002},
        {"RSV1 without extension", frame(0xc1, "x"), 1002},
        {"reserved opcode", frame(0x83, "x"), 1002},
        {"continuation of nothing", frame(0x80, "x"), 1002},
        {"long ping", frame(0x89, std::string(126, 'x')), 1002},
    };
    Limits limits;
    limits.frame_bytes = 1000;
    Loop loop;
    const std::uint16_t port = loop.listen({}, limits).port;
    for (const Misdeed& misdeed : misdeeds) {
        SCOPED_TRACE(misdeed.name);
        RawPeer peer(port);
        const ConnectionId id = loop.open_websocket(peer);
        peer.send(misdeed.bytes);
        const auto close = take_frame(peer);
        EXPECT_EQ(close.opcode, 8);
        EXPECT_EQ(close.close_code(), misdeed.code);
        peer.send(frame(0x88, close.payload.substr(0, 2)));
        const auto closed = loop.next<ConnectionClosed>();
        EXPECT_EQ(closed.connection, id);
        EXPECT_EQ(closed.code, misdeed.code);
        EXPECT_FALSE(closed.reason.empty());
        EXPECT_TRUE(peer.at_end());
        EXPECT_FALSE(loop.next_if_any<TextArrived>(0));
    }
}

TEST(WebSocketServer, close_of_the_peer_is_answered_and_told) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    const ConnectionId id = loop.open_websocket(peer);
    peer.send(frame(0x88, std::string("\x03\xe9going", 7)));  // 1001
    EXPECT_EQ(take_frame(peer).close_code(), 1001);
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.connection, id);
    EXPECT_EQ(closed.code, 1001);
    EXPECT_EQ(closed.reason, "going");
    EXPECT_TRUE(peer.at_end());
    EXPECT_TRUE(peer.got_close_notify());
}

TEST(WebSocketServer, close_follows_what_was_sent_before) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    const ConnectionId id = loop.open_websocket(peer);
    for (const char* words : {"last but two", "last but one", "last"}) loop.network.send(id, text_of(words));
    loop.network.close(id, 4000, std::string(122, 'x') + "\xc3\xa4");
    loop.network.send(id, text_of("too late"));
    for (const char* words : {"last but two", "last but one", "last"}) EXPECT_EQ(take_frame(peer).payload, words);
    const auto close = take_frame(peer);
    EXPECT_EQ(close.close_code(), 4000);
    EXPECT_EQ(close.payload.substr(2), std::string(122, 'x')) << "cut between characters";
    peer.send(frame(0x88, close.payload));
    EXPECT_EQ(loop.next<ConnectionClosed>().code, 4000);
}

TEST(WebSocketServer, peer_that_does_not_answer_a_close_is_dropped) {
    Loop loop;
    Limits limits;
    limits.handshake_us = 300'000;
    RawPeer peer(loop.listen({}, limits).port);
    const ConnectionId id = loop.open_websocket(peer);
    loop.network.close(id, 1008, "bye");
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.connection, id);
    EXPECT_EQ(closed.code, 1008) << "why it was closed, not that it did not answer";
    EXPECT_EQ(take_frame(peer).close_code(), 1008);
    EXPECT_TRUE(peer.at_end());
}

TEST(WebSocketServer, vanished_peer_is_told) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    const ConnectionId id = loop.open_websocket(peer);
    peer.reset();
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.connection, id);
    EXPECT_EQ(closed.code, 1006);
}

TEST(WebSocketServer, writing_to_a_peer_that_is_gone_kills_nobody) {
    for (const bool tls : {false, true}) {
        Loop loop;
        RawPeer peer(loop.listen(tls ? server_tls() : certs::SslContext()).port, tls);
        const ConnectionId id = loop.open_websocket(peer);
        peer.reset();
        for (int i = 0; i < 100; ++i) loop.network.send(id, text_of(std::string(100'000, 'x')));
        EXPECT_EQ(loop.next<ConnectionClosed>().connection, id);
    }
}

TEST(WebSocketServer, silent_peer_is_pinged_then_given_up) {
    Loop loop;
    Limits limits;
    limits.ping_us = 200'000;
    RawPeer peer(loop.listen(server_tls(), limits).port, true);
    const ConnectionId id = loop.open_websocket(peer);
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.connection, id);
    EXPECT_EQ(closed.code, 1006);
    EXPECT_THAT(closed.reason, HasSubstr("silent"));
    EXPECT_EQ(take_frame(peer).opcode, 9) << "a ping went before";
    EXPECT_EQ(loop.network.counters().timeouts, 1u);
}

TEST(WebSocketServer, peer_that_answers_pings_stays) {
    Loop loop;
    Limits limits;
    limits.ping_us = 200'000;
    RawPeer peer(loop.listen({}, limits).port);
    const ConnectionId id = loop.open_websocket(peer);
    for (int i = 0; i < 4; ++i) {
        const auto ping = take_frame(peer);
        ASSERT_EQ(ping.opcode, 9);
        peer.send(frame(0x8a, ping.payload));
    }
    EXPECT_FALSE(loop.next_if_any<ConnectionClosed>(0));
    loop.network.send(id, text_of("still here"));
    EXPECT_EQ(take_frame(peer).payload, "still here");
}

TEST(WebSocketServer, flood_against_a_slow_reader_is_cut_off) {
    for (const bool tls : {false, true}) {
        Loop loop;
        Limits limits;
        limits.queued_bytes = 1024 * 1024;
        RawPeer peer(loop.listen(tls ? server_tls() : certs::SslContext(), limits).port, tls);
        const ConnectionId id = loop.open_websocket(peer);
        const Text text = text_of(std::string(100'000, 'x'));
        for (int i = 0; i < 500; ++i) loop.network.send(id, text);
        const auto closed = loop.next<ConnectionClosed>();
        EXPECT_EQ(closed.connection, id);
        EXPECT_THAT(closed.reason, HasSubstr("cut off"));
        EXPECT_EQ(loop.network.counters().cut_off, 1u);
        loop.next_if_any<TextArrived>(50'000);
        EXPECT_EQ(text.use_count(), 1) << "nothing keeps what was queued";
    }
}

TEST(WebSocketServer, peer_that_takes_nothing_for_long_is_given_up) {
    Loop loop;
    Limits limits;
    limits.ping_us = 200'000;
    limits.queued_bytes = 100'000'000;
    RawPeer peer(loop.listen({}, limits).port);
    const ConnectionId id = loop.open_websocket(peer);
    for (int i = 0; i < 200; ++i) loop.network.send(id, text_of(std::string(100'000, 'x')));
    const std::int64_t until = steady_us() + 5 * second_us;
    std::optional<ConnectionClosed> closed;
    while (!closed && steady_us() < until) {
        peer.send(frame(0x81, "I talk but do not listen"));
        closed = loop.next_if_any<ConnectionClosed>(50'000);
    }
    ASSERT_TRUE(closed);
    EXPECT_THAT(closed->reason, HasSubstr("read nothing"));
}

TEST(WebSocketServer, fan_out_shares_one_payload) {
    Loop loop;
    const std::uint16_t port = loop.listen().port;
    std::vector<std::unique_ptr<RawPeer>> peers;
    std::vector<ConnectionId> ids;
    for (int i = 0; i < 20; ++i) {
        peers.push_back(std::make_unique<RawPeer>(port));
        ids.push_back(loop.open_websocket(*peers.back()));
    }
    const Text text = text_of(std::string(500, 'f'));
    for (const ConnectionId id : ids) loop.network.send(id, text);
    for (const auto& peer : peers) EXPECT_EQ(take_frame(*peer).payload, *text);
}

TEST(WebSocketServer, deflate_only_where_the_listener_says_so) {
    const std::string offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
    const std::string hello("\xf2\x48\xcd\xc9\xc9\x07\x00", 7);  // RFC 7692, 7.2.3.1
    for (const bool deflate : {false, true}) {
        Loop loop;
        ListenOptions options;
        options.name = "test";
        options.deflate = deflate;
        RawPeer peer(loop.network.listen(options).port);
        peer.send(handshake_text(offer));
        const ConnectionId id = loop.next<RequestArrived>().connection;
        loop.network.accept_websocket(id, "");
        const std::string answer = peer.take_until("\r\n\r\n");
        EXPECT_EQ(answer.find("permessage-deflate") != std::string::npos, deflate) << answer;
        EXPECT_EQ(answer.find("server_max_window_bits=10") != std::string::npos, deflate) << answer;
        peer.send(frame(0xc1, hello));
        if (!deflate) {
            EXPECT_EQ(loop.next<ConnectionClosed>().code, 1002);
            continue;
        }
        EXPECT_EQ(loop.next<TextArrived>().text, "Hello");
        loop.network.send(id, text_of(std::string(10'000, 'z')));
        EXPECT_LT(take_frame(peer).payload.size(), 200u);
    }
}

TEST(WebSocketServer, deflated_message_is_bounded_by_its_inflated_size) {
    Loop loop;
    ListenOptions options;
    options.name = "test";
    options.deflate = true;
    options.limits.frame_bytes = 4;
    RawPeer peer(loop.network.listen(options).port);
    peer.send(handshake_text("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"));
    loop.network.accept_websocket(loop.next<RequestArrived>().connection, "");
    peer.take_until("\r\n\r\n");
    peer.send(frame(0xc1, std::string("\xf2\x48\xcd\xc9\xc9\x07\x00", 7)));
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.code, 1009) << closed.reason;
}

}  // namespace
}  // namespace busbar::net
