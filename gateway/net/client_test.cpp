// Outgoing HTTP and WebSockets, against our own server over real loopback sockets.
#include <gmock/gmock.h>

#include "gateway/net/test_support.hpp"

namespace busbar::net {
namespace {

using ::testing::HasSubstr;
using testing::Loop;
using testing::make_certificate;
using testing::pki;
using testing::RawPeer;
using testing::second_us;
using testing::server_tls;
using ::testing::StartsWith;
using testing::text_of;

ClientRequest get(std::uint16_t port, bool tls = false, const std::string& host = "localhost") {
    ClientRequest request;
    request.base_url = (tls ? "https://" : "http://") + host + ':' + std::to_string(port);
    request.request.target = "/a/../b?c=%20";
    request.tls = pki().client_tls();
    request.timeout_us = 5 * second_us;
    return request;
}

// A port where nobody listens.
std::uint16_t silent_port() {
    Loop loop;
    return loop.listen().port;
}

// ---- HTTP
// ----------------------------------------------------------------------------------------------------------------

TEST(HttpClient, get_arrives_as_written_and_its_answer_comes_back) {
    Loop loop;
    ClientRequest request = get(loop.listen().port);
    request.request.headers = {{"Accept", "text/xml"}, {"X-Empty", ""}};
    const RequestId id = loop.network.request(request);
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_EQ(arrived.request.method, "GET");
    EXPECT_EQ(arrived.request.target, "/a/../b?c=%20");
    EXPECT_EQ(arrived.request.header("Accept"), "text/xml");
    EXPECT_EQ(arrived.request.header("Content-Type"), "");
    loop.network.respond(arrived.connection, {404, {{"X-Why", "not  here"}}, "no"});
    const auto answer = loop.next<ResponseArrived>();
    EXPECT_EQ(answer.id, id);
    EXPECT_EQ(answer.response.status, 404);
    EXPECT_EQ(answer.response.header("x-why"), "not  here");
    EXPECT_EQ(answer.response.body, "no");
}

TEST(HttpClient, methods_with_and_without_body) {
    Loop loop;
    const std::uint16_t port = loop.listen().port;
    for (const auto& [method, body, length] : {std::tuple{"POST", "x=1", "3"},
                                               {"POST", "", "0"},
                                               {"PUT", "abc", "3"},
                                               {"DELETE", "", ""},
                                               {"PATCH", "p", "1"}}) {
        ClientRequest request = get(port);
        request.request.method = method;
        request.request.body = body;
        loop.network.request(request);
        const auto arrived = loop.next<RequestArrived>();
        EXPECT_EQ(arrived.request.method, method);
        EXPECT_EQ(arrived.request.body, body);
        EXPECT_EQ(arrived.request.header("Content-Length"), length);
        loop.network.respond(arrived.connection, {204, {}, ""});
        EXPECT_EQ(loop.next<ResponseArrived>().response.status, 204);
    }
}

TEST(HttpClient, long_body_goes_out_without_asking_first) {
    Loop loop;
    Limits limits;
    limits.body_bytes = 4'000'000;
    ClientRequest request = get(loop.listen({}, limits).port);
    request.request.method = "POST";
    request.request.body = std::string(3'000'000, 'x');
    loop.network.request(request);
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_EQ(arrived.request.body.size(), 3'000'000u);
    EXPECT_EQ(arrived.request.header("Expect"), "");
}

TEST(HttpClient, head_has_no_body_and_does_not_wait_for_one) {
    Loop loop;
    ClientRequest request = get(loop.listen().port);
    request.request.method = "HEAD";
    loop.network.request(request);
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, "12345"});
    const auto answer = loop.next<ResponseArrived>();
    EXPECT_EQ(answer.response.header("Content-Length"), "5");
    EXPECT_EQ(answer.response.body, "");
}

TEST(HttpClient, keeps_its_connection) {
    Loop loop;
    const std::uint16_t port = loop.listen(server_tls()).port;
    ConnectionId connection = 0;
    for (int i = 0; i < 3; ++i) {
        loop.network.request(get(port, true));
        const auto arrived = loop.next<RequestArrived>();
        if (i == 0) connection = arrived.connection;
        EXPECT_EQ(arrived.connection, connection);
        loop.network.respond(arrived.connection, {200, {}, "x"});
        loop.next<ResponseArrived>();
    }
}

TEST(HttpClient, shows_its_certificate_and_never_anothers) {
    Loop loop;
    const std::uint16_t port = loop.listen(server_tls(true)).port;
    const auto other = make_certificate("station-8", &pki().authority);
    ClientRequest request = get(port, true);
    for (const auto* own : {&pki().client, &other, &pki().client}) {
        request.tls.files.chains = {own->chain_file};
        request.tls.files.keys = {own->key_file};
        loop.network.request(request);
        const auto arrived = loop.next<RequestArrived>();
        ASSERT_TRUE(arrived.peer.certificate);
        EXPECT_EQ(arrived.peer.certificate->common_name, own == &other ? "station-8" : "station-7");
        loop.network.respond(arrived.connection, {200, {}, ""});
        loop.next<ResponseArrived>();
    }
}

TEST(HttpClient, wrong_authority_is_refused_and_both_sides_say_so) {
    Loop loop;
    ClientRequest request = get(loop.listen(server_tls()).port, true);
    request.tls.files.ca = pki().stranger.chain_file;
    loop.network.request(request);
    EXPECT_THAT(loop.next<RequestFailed>().reason, HasSubstr("does not verify"));
    EXPECT_THAT(loop.next<PeerRefused>().reason, HasSubstr("unknown ca"));
}

TEST(HttpClient, wrong_host_is_refused) {
    Loop loop;
    for (const char* names : {"DNS:elsewhere", "IP:127.0.0.2"}) {
        const auto own = make_certificate("localhost", &pki().authority, names);
        const std::uint16_t port = loop.listen(server_tls(false, own)).port;
        for (const char* host : {"localhost", "127.0.0.1"}) {
            loop.network.request(get(port, true, host));
            EXPECT_THAT(loop.next<RequestFailed>().reason, HasSubstr("does not verify"));
        }
    }
}

TEST(HttpClient, time_out_is_told) {
    Loop loop;
    ClientRequest request = get(loop.listen().port);
    request.timeout_us = 200'000;
    loop.network.request(request);
    EXPECT_THAT(loop.next<RequestFailed>().reason, HasSubstr("in time"));
}

TEST(HttpClient, refused_connection_is_told) {
    Loop loop;
    loop.network.request(get(silent_port()));
    EXPECT_THAT(loop.next<RequestFailed>().reason, HasSubstr("Connection refused"));
}

TEST(HttpClient, answer_beyond_its_bound_is_dropped) {
    Loop loop;
    ClientRequest request = get(loop.listen().port);
    request.response_bytes = 1000;
    loop.network.request(request);
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, std::string(1001, 'x')});
    EXPECT_EQ(loop.next<RequestFailed>().reason, "the answer is longer than 1000 bytes");
    loop.network.request(request);
    loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, std::string(1000, 'x')});
    EXPECT_EQ(loop.next<ResponseArrived>().response.body.size(), 1000u);
}

TEST(HttpClient, redirect_is_not_followed) {
    Loop loop;
    loop.network.request(get(loop.listen().port));
    loop.network.respond(loop.next<RequestArrived>().connection, {302, {{"Location", "/elsewhere"}}, ""});
    EXPECT_EQ(loop.next<ResponseArrived>().response.status, 302);
    EXPECT_FALSE(loop.next_if_any<RequestArrived>(50'000));
}

TEST(HttpClient, nonsense_is_refused_before_it_is_sent) {
    Loop loop;
    const std::uint16_t port = loop.listen().port;
    ClientRequest smuggling = get(port);
    smuggling.request.headers = {{"X", "1\r\nY: 2"}};
    ClientRequest file = get(port);
    file.base_url = "file:///etc/hostname";
    ClientRequest no_host = get(port);
    no_host.base_url = "http://";
    for (const ClientRequest& request : {smuggling, file, no_host}) {
        const RequestId id = loop.network.request(request);
        const auto failed = loop.next<RequestFailed>();
        EXPECT_EQ(failed.id, id);
        EXPECT_FALSE(failed.reason.empty());
    }
    EXPECT_FALSE(loop.next_if_any<RequestArrived>(50'000));
}

TEST(HttpClient, missing_certificate_file_is_told) {
    Loop loop;
    ClientRequest request = get(loop.listen(server_tls()).port, true);
    request.tls.files.ca = testing::test_folder() + "no-such-file.pem";
    loop.network.request(request);
    EXPECT_THAT(loop.next<RequestFailed>().reason, HasSubstr("no-such-file.pem"));
}

TEST(HttpClient, a_hundred_at_once) {
    Loop loop;
    const std::uint16_t port = loop.listen().port;
    for (int i = 0; i < 100; ++i) loop.network.request(get(port));
    for (int i = 0; i < 100; ++i) loop.network.respond(loop.next<RequestArrived>().connection, {200, {}, "x"});
    for (int i = 0; i < 100; ++i) EXPECT_EQ(loop.next<ResponseArrived>().response.body, "x");
}

// ---- WebSocket
// -------------------------------------------------------------------------------------------------------------

SocketRequest socket_to(std::uint16_t port, bool tls = false) {
    SocketRequest request;
    request.url = (tls ? "wss://localhost:" : "ws://127.0.0.1:") + std::to_string(port) + "/ocpp/CP1?x=1";
    request.subprotocols = {"ocpp2.0.1", "ocpp1.6"};
    request.headers = {{"Authorization", "Basic Q1AxOnNlY3JldA=="}};
    request.tls = pki().client_tls();
    return request;
}

struct Pair {
    ConnectionId client;
    ConnectionId server;
};

Pair connect(Loop& loop, const SocketRequest& request, const std::string& subprotocol = "ocpp1.6") {
    const ConnectionId client = loop.network.connect_websocket(request);
    const ConnectionId server = loop.next<RequestArrived>().connection;
    loop.network.accept_websocket(server, subprotocol);
    const auto connected = loop.next<SocketConnected>();
    EXPECT_EQ(connected.connection, client);
    EXPECT_EQ(connected.subprotocol, subprotocol);
    return {client, server};
}

void expect_echo(Loop& loop, const Pair& pair) {
    loop.network.send(pair.client, text_of("ping"));
    const auto there = loop.next<TextArrived>();
    EXPECT_EQ(there.connection, pair.server);
    loop.network.send(pair.server, text_of(there.text + " pong"));
    const auto back = loop.next<TextArrived>();
    EXPECT_EQ(back.connection, pair.client);
    EXPECT_EQ(back.text, "ping pong");
}

TEST(WebSocketClient, plain_echo) {
    Loop loop;
    const std::uint16_t port = loop.listen().port;
    loop.network.connect_websocket(socket_to(port));
    const auto arrived = loop.next<RequestArrived>();
    EXPECT_TRUE(arrived.upgrade);
    EXPECT_EQ(arrived.request.target, "/ocpp/CP1?x=1");
    EXPECT_EQ(arrived.request.header("Host"), "127.0.0.1:" + std::to_string(port));
    EXPECT_EQ(arrived.request.header("Sec-WebSocket-Protocol"), "ocpp2.0.1, ocpp1.6");
    EXPECT_EQ(arrived.request.header("Authorization"), "Basic Q1AxOnNlY3JldA==");
    expect_echo(loop, connect(loop, socket_to(port)));
}

TEST(WebSocketClient, tls_echo) {
    Loop loop;
    expect_echo(loop, connect(loop, socket_to(loop.listen(server_tls()).port, true)));
}

TEST(WebSocketClient, shows_its_certificate) {
    Loop loop;
    SocketRequest request = socket_to(loop.listen(server_tls(true)).port, true);
    request.tls = pki().client_tls(true);
    loop.network.connect_websocket(request);
    const auto arrived = loop.next<RequestArrived>();
    ASSERT_TRUE(arrived.peer.certificate);
    EXPECT_EQ(arrived.peer.certificate->common_name, "station-7");
}

TEST(WebSocketClient, without_certificate_where_one_is_due_both_sides_say_so) {
    Loop loop;
    loop.network.connect_websocket(socket_to(loop.listen(server_tls(true)).port, true));
    EXPECT_THAT(loop.next<ConnectionClosed>().reason, HasSubstr("certificate required"));
    EXPECT_THAT(loop.next<PeerRefused>().reason, HasSubstr("did not return a certificate"));
}

TEST(WebSocketClient, wrong_authority_is_refused_and_both_sides_say_so) {
    Loop loop;
    SocketRequest request = socket_to(loop.listen(server_tls()).port, true);
    request.tls.files.ca = pki().stranger.chain_file;
    const ConnectionId id = loop.network.connect_websocket(request);
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.connection, id);
    EXPECT_THAT(closed.reason, HasSubstr("certificate verify failed"));
    EXPECT_THAT(loop.next<PeerRefused>().reason, HasSubstr("unknown ca"));
}

TEST(WebSocketClient, wrong_host_is_refused) {
    Loop loop;
    for (const char* names : {"DNS:elsewhere", "IP:127.0.0.2"}) {
        const auto own = make_certificate("localhost", &pki().authority, names);
        const std::uint16_t port = loop.listen(server_tls(false, own)).port;
        for (const std::string host : {"localhost", "127.0.0.1"}) {
            SocketRequest request = socket_to(0);
            request.url = "wss://" + host + ':' + std::to_string(port);
            loop.network.connect_websocket(request);
            EXPECT_THAT(loop.next<ConnectionClosed>().reason,
                        HasSubstr(host == "localhost" ? "hostname mismatch" : "IP address mismatch"));
        }
    }
}

TEST(WebSocketClient, refusal_by_the_server_is_told) {
    Loop loop;
    const ConnectionId id = loop.network.connect_websocket(socket_to(loop.listen().port));
    loop.network.respond(loop.next<RequestArrived>().connection,
                         {401, {{"WWW-Authenticate", "Basic"}}, "who are you?"});
    const auto closed = loop.next<ConnectionClosed>();
    EXPECT_EQ(closed.connection, id);
    EXPECT_EQ(closed.reason, "the server answered the handshake with 401 Unauthorized");
}

TEST(WebSocketClient, subprotocol_that_was_not_offered_is_refused) {
    Loop loop;
    const ConnectionId id = loop.network.connect_websocket(socket_to(loop.listen().port));
    loop.network.accept_websocket(loop.next<RequestArrived>().connection, "soap");
    std::optional<ConnectionClosed> closed;
    for (int i = 0; i < 2; ++i) {
        auto one = loop.next<ConnectionClosed>();
        EXPECT_EQ(one.code, 1002);
        if (one.connection == id) closed = one;
    }
    ASSERT_TRUE(closed);
    EXPECT_THAT(closed->reason, HasSubstr("not offered"));
}

TEST(WebSocketClient, what_cannot_be_connected_is_told) {
    Loop loop;
    const auto failure = [&loop](const std::string& url) {
        SocketRequest request = socket_to(0);
        request.url = url;
        const ConnectionId id = loop.network.connect_websocket(request);
        const auto closed = loop.next<ConnectionClosed>(20 * second_us);
        EXPECT_EQ(closed.connection, id);
        return closed.reason;
    };
    EXPECT_THAT(failure("ws://127.0.0.1:" + std::to_string(silent_port())), HasSubstr("Connection refused"));
    EXPECT_THAT(failure("http://localhost/"), HasSubstr("ws://"));
    EXPECT_THAT(failure("ws://no-such-host.invalid/"), HasSubstr("no-such-host.invalid"));
}

TEST(WebSocketClient, time_out_of_the_handshake_is_told) {
    Loop loop;
    SocketRequest request = socket_to(loop.listen().port);
    request.limits.handshake_us = 200'000;
    loop.network.connect_websocket(request);
    loop.next<RequestArrived>();  // and never answered
    EXPECT_THAT(loop.next<ConnectionClosed>().reason, HasSubstr("in time"));
}

TEST(WebSocketClient, close_carries_code_and_reason_both_ways) {
    Loop loop;
    const Pair pair = connect(loop, socket_to(loop.listen(server_tls()).port, true));
    loop.network.send(pair.client, text_of("last words"));
    loop.network.close(pair.client, 4001, "moving out");
    EXPECT_EQ(loop.next<TextArrived>().text, "last words");
    for (int i = 0; i < 2; ++i) {
        const auto closed = loop.next<ConnectionClosed>();
        EXPECT_EQ(closed.code, 4001);
        EXPECT_EQ(closed.reason, "moving out");
    }
    EXPECT_FALSE(loop.next_if_any<ConnectionClosed>(50'000)) << "exactly one for each end";
}

}  // namespace
}  // namespace busbar::net
