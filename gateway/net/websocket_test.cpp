// The WebSocket server against a peer by hand, over real loopback sockets.
#include "gateway/net/test_support.hpp"

namespace busbar::net {
namespace {

using testing::frame;
using testing::handshake_text;
using testing::Loop;
using testing::RawPeer;
using testing::second_us;
using testing::server_tls;
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

}  // namespace
}  // namespace busbar::net
