// The HTTP server over real loopback sockets: what a peer sees, and what the loop sees.
#include "gateway/net/test_support.hpp"

namespace busbar::net {
namespace {

using testing::frame;
using testing::Loop;
using testing::pki;
using testing::RawPeer;
using testing::second_us;
using testing::server_tls;

constexpr const char* get_x = "GET /x?y=1 HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(HttpServer, plain_request_and_answer) {
    Loop loop;
    const ListenerInfo info = loop.listen();
    RawPeer peer(info.port);
    peer.send("POST /x?y=1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_EQ(arrived.listener, info.id);
    EXPECT_EQ(arrived.request.method, "POST");
    EXPECT_EQ(arrived.request.target, "/x?y=1");
    EXPECT_EQ(arrived.request.header("content-type"), "text/plain");
    EXPECT_EQ(arrived.request.body, "hello");
    EXPECT_FALSE(arrived.upgrade);
    EXPECT_FALSE(arrived.peer.tls);
    EXPECT_TRUE(arrived.peer.address.starts_with("127.0.0.1:"));
    loop.network.respond(arrived.connection, {201, {{"Location", "/x/1"}}, "made"});
    const std::string answer = peer.take_response();
    EXPECT_TRUE(answer.starts_with("HTTP/1.1 201 Created\r\nLocation: /x/1\r\nContent-Length: 4\r\nDate: ")) << answer;
    EXPECT_TRUE(answer.ends_with("\r\nConnection: keep-alive\r\n\r\nmade")) << answer;
    EXPECT_EQ(loop.network.counters().requests, 1u);
    EXPECT_EQ(loop.network.counters().accepted, 1u);
}

TEST(HttpServer, tls_request_and_answer) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    peer.send(get_x);
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_TRUE(arrived.peer.tls);
    EXPECT_FALSE(arrived.peer.certificate);
    loop.network.respond(arrived.connection, {200, {}, std::string(100'000, 'a')});
    EXPECT_TRUE(peer.take_response().ends_with("\r\n\r\n" + std::string(100'000, 'a')));
}

TEST(HttpServer, mutual_tls_tells_who_the_peer_is) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls(true)).port, true, &pki().client);
    peer.send(get_x);
    const auto arrived = loop.next<RequestArrived>();
    ASSERT_TRUE(arrived.peer.certificate);
    EXPECT_EQ(arrived.peer.certificate->common_name, "station-7");
    EXPECT_EQ(arrived.peer.certificate->lfdi.size(), 40u);
}

TEST(HttpServer, mutual_tls_refuses_a_peer_without_certificate) {
    Loop loop;
    const ListenerInfo info = loop.listen(server_tls(true));
    RawPeer peer(info.port, true);
    const auto refused = loop.next<PeerRefused>();
    EXPECT_EQ(refused.listener, info.id);
    EXPECT_EQ(refused.code, "tls_handshake");
    EXPECT_NE(refused.reason.find("peer did not return a certificate"), std::string::npos) << refused.reason;
}

TEST(HttpServer, plain_text_on_a_tls_port_is_refused) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port);
    peer.send(get_x);
    const auto refused = loop.next<PeerRefused>();
    EXPECT_EQ(refused.code, "tls_handshake");
    EXPECT_NE(refused.reason.find("http request"), std::string::npos) << refused.reason;
}

TEST(HttpServer, keep_alive_serves_request_after_request) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    ConnectionId first = 0;
    for (int i = 0; i < 3; ++i) {
        peer.send(get_x);
        const auto arrived = loop.next<RequestArrived>();
        if (i == 0) first = arrived.connection;
        EXPECT_EQ(arrived.connection, first);
        loop.network.respond(arrived.connection, {200, {}, std::to_string(i)});
        EXPECT_TRUE(peer.take_response().ends_with(std::to_string(i)));
    }
}

TEST(HttpServer, pipelined_requests_are_answered_in_order) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    std::string requests;
    for (int i = 0; i < 5; ++i) requests += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n\r\n";
    peer.send(requests);
    for (int i = 0; i < 5; ++i) {
        const auto arrived = loop.next<RequestArrived>();
        EXPECT_EQ(arrived.request.target, "/" + std::to_string(i));
        EXPECT_FALSE(loop.next_if_any<RequestArrived>(20'000)) << "the next is shown only after the answer";
        loop.network.respond(arrived.connection, {200, {}, arrived.request.target});
    }
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(peer.take_response().ends_with("\r\n\r\n/" + std::to_string(i)));
}

TEST(HttpServer, content_length_with_trailing_blanks_is_accepted) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send("PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3  \t\r\n\r\nabc");
    EXPECT_EQ(loop.next<RequestArrived>().request.body, "abc");
}

TEST(HttpServer, chunked_body_is_accepted) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    peer.send("4\r\ndefg\r\n0\r\nTrailer: x\r\n\r\n");
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_EQ(arrived.request.body, "abcdefg");
    EXPECT_EQ(arrived.request.header("Trailer"), "");
}

TEST(HttpServer, head_gets_the_length_and_no_body) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, "12345678"});
    const std::string head = peer.take_response(true);
    EXPECT_NE(head.find("Content-Length: 8\r\n"), std::string::npos);
    peer.send(get_x);
    loop.network.respond(loop.next<RequestArrived>().connection, {204, {}, ""});
    const std::string next = peer.take_response();
    EXPECT_TRUE(next.starts_with("HTTP/1.1 204 No Content\r\n")) << next;
    EXPECT_EQ(next.find("Content-Length"), std::string::npos);
}

TEST(HttpServer, expect_100_continue_is_told_to_go_on) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(peer.take_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    peer.send("ok");
    EXPECT_EQ(loop.next<RequestArrived>().request.body, "ok");
}

TEST(HttpServer, half_closing_client_still_gets_its_answer) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send(get_x);
    peer.half_close();
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, "late"});
    const std::string answer = peer.rest();
    EXPECT_TRUE(answer.ends_with("Connection: close\r\n\r\nlate") ||
                answer.ends_with("Connection: keep-alive\r\n\r\nlate"));
}

TEST(HttpServer, tls_ends_with_close_notify) {
    Loop loop;
    RawPeer peer(loop.listen(server_tls()).port, true);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, "x"});
    EXPECT_TRUE(peer.rest().ends_with("\r\n\r\nx"));
    EXPECT_TRUE(peer.got_close_notify());
}

TEST(HttpServer, connection_close_is_obeyed) {
    Loop loop;
    RawPeer peer(loop.listen().port);
    peer.send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, "x"});
    EXPECT_TRUE(peer.rest().ends_with("Connection: close\r\n\r\nx"));
}

}  // namespace
}  // namespace busbar::net
