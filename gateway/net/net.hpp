// The network: sockets, TLS, HTTP/1.1 and WebSocket on I/O threads, seen from the one loop thread as a mailbox of events
// and a handful of calls. It deals in frames and peer identities only and knows no protocol of the grid.
//
// Threads: `Network` is used from the loop thread alone. I/O threads own the sockets; whole frames cross by one queue each
// way. Nothing here calls back: the loop asks wait() what has come.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "certs/tls.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::net {

using ListenerId = std::uint32_t;
using ConnectionId = std::uint64_t;  // never used twice in a process
using RequestId = std::uint64_t;
using Text = std::shared_ptr<const std::string>;  // one payload shared by a fan-out

struct Peer {
    std::string address;  // "127.0.0.1:51234"
    bool tls = false;
    std::optional<certs::Identity> certificate;  // verified
};

struct Limits {
    std::size_t header_bytes = 16 * 1024;
    std::size_t body_bytes = 1024 * 1024;
    std::size_t frame_bytes = 256 * 1024;      // one WebSocket message
    std::size_t connections = 18'000;          // of one listener; further ones are closed at once
    std::size_t queued_bytes = 4 * 1024 * 1024;  // waiting to be written to one peer; beyond it the peer is cut off
    std::int64_t handshake_us = 10'000'000;    // TLS and the first request's header
    std::int64_t request_us = 30'000'000;      // from a request's first byte to its last
    std::int64_t idle_us = 120'000'000;        // HTTP keep-alive without a request
    std::int64_t ping_us = 60'000'000;         // WebSocket: ping after this silence; closed after twice it
    std::int64_t response_us = 60'000'000;     // for the loop to answer a request; then the peer gets 503
};

struct ListenOptions {
    std::string name;             // for logs and the table at start: "ocpp", "ieee2030_5" …
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;       // 0: any free one
    certs::SslContext tls;        // null: plain; refused on anything but loopback unless plain_anywhere
    bool plain_anywhere = false;  // OCPP security profile 1 on a trusted network, said so by the operator
    Limits limits;
    bool deflate = false;         // WebSocket: agree to permessage-deflate, with small windows, if the peer offers it
};

struct ListenerInfo {
    ListenerId id = 0;
    std::string name;
    std::string address;
    std::uint16_t port = 0;
    bool tls = false;
};

// ---- what comes in -------------------------------------------------------------------------------------------------

struct RequestArrived {    // answer with respond(), or accept_websocket() if `upgrade`
    ListenerId listener = 0;
    ConnectionId connection = 0;
    Peer peer;
    http::Request request;
    bool upgrade = false;  // a WebSocket handshake
};
struct TextArrived {
    ConnectionId connection = 0;
    std::string text;
};
struct SocketConnected {   // outgoing, by connect_websocket()
    ConnectionId connection = 0;
    std::string subprotocol;
};
struct ConnectionClosed {  // of a WebSocket (either direction), or of an HTTP connection with a request not yet answered
    ConnectionId connection = 0;
    std::uint16_t code = 1006;
    std::string reason;    // for people
};
struct ResponseArrived {
    RequestId id = 0;
    http::Response response;
};
struct RequestFailed {
    RequestId id = 0;
    std::string reason;    // for people: "connection refused", "certificate of … does not verify: …"
};
struct PeerRefused {       // a connection that never became one: for the security log
    ListenerId listener = 0;
    std::string address;
    std::string code;      // "tls_handshake", "header_too_large", "too_many_connections", "bad_request", "timeout"
    std::string reason;
};
using Event = std::variant<RequestArrived, TextArrived, SocketConnected, ConnectionClosed, ResponseArrived, RequestFailed,
                           PeerRefused>;

// ---- what goes out -------------------------------------------------------------------------------------------------

struct ClientTls {
    certs::TlsProfile profile = certs::TlsProfile::internet;
    certs::TlsFiles files;      // chains[0], keys[0] = the client's own; ca = trust
};
struct ClientRequest {
    std::string base_url;       // "https://host:port"
    http::Request request;      // target is appended to base_url
    ClientTls tls;
    std::int64_t timeout_us = 30'000'000;
    std::size_t response_bytes = 4 * 1024 * 1024;
};
struct SocketRequest {
    std::string url;            // "ws://host:port/path" or "wss://…"
    std::vector<std::string> subprotocols;
    std::vector<http::Header> headers;
    ClientTls tls;
    Limits limits;              // frame_bytes, queued_bytes, handshake_us and ping_us are used
};

// What takes frames away: the real network below, or a simulated one. A connection that is gone takes nothing and says
// nothing; its ConnectionClosed has come or will.
class Carrier {
  public:
    virtual void respond(ConnectionId connection, http::Response response) = 0;
    virtual void accept_websocket(ConnectionId connection, std::string subprotocol) = 0;  // "": none is named in the answer
    virtual void send(ConnectionId connection, Text text) = 0;
    virtual void close(ConnectionId connection, std::uint16_t code, std::string reason) = 0;
    virtual RequestId request(ClientRequest request) = 0;  // ends in ResponseArrived or RequestFailed

    struct Counters {
        std::uint64_t accepted = 0, refused = 0, open = 0, requests = 0, frames_in = 0, frames_out = 0, bytes_in = 0,
                      bytes_out = 0, timeouts = 0, cut_off = 0;
    };
    virtual Counters counters() const = 0;

  protected:
    ~Carrier() = default;
};

class Network final : public Carrier {
  public:
    explicit Network(unsigned io_threads = 1);
    ~Network();  // closes everything at once; stop() first for a graceful end

    // Throws std::runtime_error with one line for the operator (address in use, plain on a public address …).
    ListenerInfo listen(const ListenOptions& options);

    // Appends what has come to `events`; blocks until there is something, `timeout_us` has passed (0: do not block,
    // < 0: for ever) or wake() was called.
    void wait(std::int64_t timeout_us, std::vector<Event>& events);
    void wake();  // from any thread or signal handler

    void respond(ConnectionId connection, http::Response response) override;
    void accept_websocket(ConnectionId connection, std::string subprotocol) override;
    void send(ConnectionId connection, Text text) override;
    void close(ConnectionId connection, std::uint16_t code, std::string reason) override;
    RequestId request(ClientRequest request) override;
    ConnectionId connect_websocket(SocketRequest request);  // ends in SocketConnected or ConnectionClosed
    Counters counters() const override;

    // Stops listening, lets answers under way go out, closes WebSockets with 1001, at most `timeout_us` long.
    void stop(std::int64_t timeout_us);

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace busbar::net
