// An outgoing WebSocket until it is connected: name, address, TCP, TLS. Then websocket.cpp takes the socket over.
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "gateway/net/resolver.hpp"
#include "gateway/net/websocket.hpp"
#include "gateway/net/worker.hpp"

namespace busbar::net {

namespace {

class Dialer final : public Connection {
  public:
    Dialer(Worker& worker, ConnectionId id, SocketRequest request)
        : Connection(id), worker_(worker), place_(nullptr, worker.hub().counts), request_(std::move(request)) {}

    void start() override;
    void close(std::uint16_t, std::string reason) override { fail(reason); }
    void finish() override { fail("the gateway is stopping"); }
    void drop() override { fail("the gateway has dropped the connection"); }
    void on_timer(std::int64_t) override;

  private:
    std::shared_ptr<Dialer> self() { return std::static_pointer_cast<Dialer>(shared_from_this()); }
    void resolved(std::vector<sockaddr_storage> addresses);
    void connect_next();
    void connected();
    void handshake();
    void wait(Socket::wait_type what);
    void hand_over();
    void fail(const std::string& reason);

    Worker& worker_;
    Place place_;
    SocketRequest request_;
    Url url_;
    certs::SslContext context_;
    std::vector<sockaddr_storage> addresses_;
    std::size_t next_address_ = 0;
    std::optional<Wire> wire_;
    std::string last_failure_;
    bool gone_ = false;
};

void Dialer::start() {
    worker_.wheel().arm(*this, steady_us() + request_.limits.handshake_us);
    try {
        url_ = parse_websocket_url(request_.url);
        if (url_.tls) context_ = worker_.client_context(request_.tls);
    } catch (const std::exception& error) {
        return fail(error.what());
    }
    if (auto addresses = literal_addresses(url_.host); !addresses.empty()) return resolved(std::move(addresses));
    worker_.hub().resolver.resolve(url_.host, [weak = weak_from_this(), &worker = worker_](Resolved found) {
        worker.post(CallJob{[weak, found = std::move(found)] {
            const auto dialer = std::static_pointer_cast<Dialer>(weak.lock());
            if (!dialer || dialer->gone_) return;
            found.addresses.empty() ? dialer->fail(found.failure) : dialer->resolved(found.addresses);
        }});
    });
}

void Dialer::resolved(std::vector<sockaddr_storage> addresses) {
    addresses_ = std::move(addresses);
    connect_next();
}

void Dialer::connect_next() {
    if (next_address_ == addresses_.size()) {
        return fail("no connection to " + url_.authority + ": " + last_failure_);
    }
    const sockaddr_storage& to = addresses_[next_address_++];
    asio::ip::tcp::endpoint endpoint;
    if (to.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(to);
        endpoint = {asio::ip::address_v4(ntohl(v4.sin_addr.s_addr)), url_.port};
    } else {
        const auto& v6 = reinterpret_cast<const sockaddr_in6&>(to);
        asio::ip::address_v6::bytes_type bytes;
        std::copy(std::begin(v6.sin6_addr.s6_addr), std::end(v6.sin6_addr.s6_addr), bytes.begin());
        endpoint = {asio::ip::address_v6(bytes, v6.sin6_scope_id), url_.port};
    }
    Socket socket(worker_.context());
    error_code error;
    socket.open(endpoint.protocol(), error);
    if (error) return fail("no connection to " + url_.authority + ": " + error.message());
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    socket.non_blocking(true, error);
    wire_.emplace(std::move(socket), worker_.hub().counts);
    wire_->socket().async_connect(endpoint, [self = self()](error_code failure) {
        if (self->gone_) return;
        if (!failure) return self->connected();
        self->last_failure_ = failure.message();
        self->connect_next();
    });
}

void Dialer::connected() {
    if (!url_.tls) return hand_over();
    if (!wire_->secure().use_tls(context_, TlsRole::client, url_.host)) return fail(wire_->secure().failure());
    handshake();
}

void Dialer::handshake() {
    switch (wire_->secure().handshake()) {
        case IoState::done:
            return hand_over();
        case IoState::want_read:
            return wait(Socket::wait_read);
        case IoState::want_write:
            return wait(Socket::wait_write);
        case IoState::closed:
            return fail(url_.authority + " went away in the TLS handshake");
        case IoState::failed:
            return fail("TLS handshake with " + url_.authority + " failed: " + wire_->secure().failure());
    }
}

void Dialer::wait(Socket::wait_type what) {
    wire_->socket().async_wait(what, [self = self()](error_code error) {
        if (self->gone_) return;
        error ? self->fail("connection lost: " + error.message()) : self->handshake();
    });
}

void Dialer::hand_over() {
    gone_ = true;
    disarm();
    const std::shared_ptr<Connection> alive = shared_from_this();
    worker_.replace(make_websocket_client(worker_, id(), std::move(place_), std::move(*wire_), std::move(url_),
                                          std::move(request_)));
}

void Dialer::fail(const std::string& reason) {
    if (gone_) return;
    const std::shared_ptr<Connection> alive = shared_from_this();
    gone_ = true;
    disarm();
    if (wire_) wire_->close();
    place_.leave();
    worker_.deliver(ConnectionClosed{id(), 1006, reason});
    worker_.forget(id());
}

void Dialer::on_timer(std::int64_t) {
    worker_.timed_out();
    fail("no connection to " + url_.authority + " within " + std::to_string(request_.limits.handshake_us / 1'000'000) +
         " s");
}

}  // namespace

std::shared_ptr<Connection> make_websocket_dialer(Worker& worker, ConnectionId id, SocketRequest request) {
    return std::make_shared<Dialer>(worker, id, std::move(request));
}

}  // namespace busbar::net
