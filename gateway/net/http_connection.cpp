// One incoming connection while it speaks HTTP: TLS handshake, then request after request, each shown to the loop and
// answered before the next is read, so pipelined requests are answered in order. A WebSocket handshake that the loop
// accepts hands the socket over to websocket.cpp.
//
// Reads go into the I/O thread's scratch buffer and are used up at once: an idle connection owns no buffer.
#include <algorithm>
#include <array>

#include "gateway/net/http_codec.hpp"
#include "gateway/net/websocket.hpp"
#include "gateway/net/wire.hpp"
#include "gateway/net/worker.hpp"

namespace busbar::net {

namespace {

constexpr std::int64_t drain_us = 2'000'000;  // for the peer to stop sending after we have

class HttpConnection final : public Connection {
  public:
    HttpConnection(Worker& worker, ConnectionId id, OwnedFd fd, Place place, std::string address)
        : Connection(id), worker_(worker), place_(std::move(place)), wire_(socket_of(worker, fd), worker.hub().counts) {
        peer_.address = std::move(address);
    }

    void start() override;
    void respond(http::Response response) override;
    void accept_websocket(std::string subprotocol) override;
    void close(std::uint16_t code, std::string reason) override;
    void resume_reading() override;
    void finish() override;
    void drop() override;
    void on_timer(std::int64_t now_us) override;

  private:
    enum class Phase {
        handshaking,
        reading,  // between requests, or in the middle of one
        paused,   // between reads, until the loop has caught up
        asked,    // the loop has the request
        writing,
        draining,  // our side is closed
        gone,
    };

    static Socket socket_of(Worker& worker, OwnedFd& fd);
    std::shared_ptr<HttpConnection> self() { return std::static_pointer_cast<HttpConnection>(shared_from_this()); }
    const Limits& limits() const { return place_.options().limits; }
    void deadline(std::int64_t in_us) { worker_.wheel().arm(*this, steady_us() + in_us); }

    void handshake();
    void wait(Socket::wait_type what, void (HttpConnection::*then)());
    void wait_readable();
    void on_readable();
    void read();
    void read_ahead();
    void drain();
    bool feed(std::string_view data);
    void on_header();
    void ask();
    void on_end_of_input(const char* how);
    void refuse(const HttpFault& fault);
    void answer(http::Response response, bool keep_alive);
    void write();
    void written();
    void say_goodbye();
    void lose(const std::string& reason);

    Worker& worker_;
    Place place_;
    Wire wire_;
    Peer peer_;
    Phase phase_ = Phase::handshaking;
    std::unique_ptr<HttpReader> reader_;
    std::string leftover_;  // read, not yet used up
    std::int64_t first_byte_us_ = 0;
    std::string head_;
    std::string body_;
    std::size_t sent_ = 0;
    std::unique_ptr<http::Request> handshake_request_;  // of a WebSocket, kept until it is answered
    bool waiting_ = false;                              // for the socket to be readable
    bool seen_request_ = false;
    bool head_only_ = false;
    bool keep_alive_ = false;
    bool input_ended_ = false;
};

Socket HttpConnection::socket_of(Worker& worker, OwnedFd& fd) {
    Socket socket(worker.context());
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&local), &size);
    error_code ignored;  // without the reactor the first wait fails, and that is dealt with
    socket.assign(local.ss_family == AF_INET6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), fd.release(), ignored);
    return socket;
}

void HttpConnection::start() {
    deadline(limits().handshake_us);
    if (const certs::SslContext& context = place_.options().tls) {
        peer_.tls = true;
        if (!wire_.secure().use_tls(context, TlsRole::server)) return drop();
        wait(Socket::wait_read, &HttpConnection::handshake);
    } else {
        phase_ = Phase::reading;
        wait_readable();
    }
}

void HttpConnection::handshake() {
    if (phase_ != Phase::handshaking) return;
    switch (wire_.secure().handshake()) {
        case IoState::done:
            peer_.certificate = certs::peer_identity(wire_.secure().ssl());
            phase_ = Phase::reading;
            return wire_.pending() ? read() : wait_readable();
        case IoState::want_read:
            return wait(Socket::wait_read, &HttpConnection::handshake);
        case IoState::want_write:
            return wait(Socket::wait_write, &HttpConnection::handshake);
        case IoState::closed:
            worker_.refused(place_.listener_id(), peer_.address, "tls_handshake",
                            "the peer went away in the handshake");
            return drop();
        case IoState::failed:
            worker_.refused(place_.listener_id(), peer_.address, "tls_handshake", wire_.secure().failure());
            wire_.secure().finish_sending();  // the alert is on its way
            phase_ = Phase::draining;
            deadline(drain_us);
            return drain();
    }
}

void HttpConnection::wait(Socket::wait_type what, void (HttpConnection::*then)()) {
    wire_.socket().async_wait(what, [self = self(), then](error_code error) {
        if (self->phase_ == Phase::gone) return;
        if (error) return self->lose(error.message());
        (*self.*then)();
    });
}

void HttpConnection::wait_readable() {
    if (waiting_ || input_ended_) return;
    waiting_ = true;
    wait(Socket::wait_read, &HttpConnection::on_readable);
}

void HttpConnection::on_readable() {
    waiting_ = false;
    switch (phase_) {
        case Phase::reading:
            return read();
        case Phase::asked:
        case Phase::writing:
            return read_ahead();
        case Phase::draining:
            return drain();
        default:
            return;
    }
}

void HttpConnection::read() {
    auto& scratch = worker_.scratch();
    while (phase_ == Phase::reading) {
        if (worker_.hub().events.congested()) {
            phase_ = Phase::paused;
            return worker_.pause_reading(id());
        }
        const IoResult result = wire_.read(scratch.data(), scratch.size());
        switch (result.state) {
            case IoState::done:
                if (!feed({scratch.data(), result.bytes})) return;
                if (result.bytes < scratch.size() && !wire_.pending()) return wait_readable();
                break;
            case IoState::want_read:
                return wait_readable();
            case IoState::want_write:
                return wait(Socket::wait_write, &HttpConnection::read);
            case IoState::closed:
                return on_end_of_input("closed");
            case IoState::failed:
                return on_end_of_input("lost");
        }
    }
}

void HttpConnection::resume_reading() {
    if (phase_ != Phase::paused) return;
    phase_ = Phase::reading;
    read();
}

// While the loop has a request: at most one buffer of the next one is taken, so that a lost peer is noticed.
void HttpConnection::read_ahead() {
    auto& scratch = worker_.scratch();
    const IoResult result = wire_.read(scratch.data(), scratch.size());
    if (result.state == IoState::done) leftover_.append(scratch.data(), result.bytes);
    if (result.state == IoState::want_read) wait_readable();
    if (result.state == IoState::closed)
        input_ended_ = true;  // it may have closed its half only: the answer still goes out
    if (result.state == IoState::failed) lose(wire_.secure().failure());
}

// False: there is nothing to read on for now.
bool HttpConnection::feed(std::string_view data) {
    if (!leftover_.empty()) data = leftover_.append(data);
    if (!reader_) {
        reader_ = std::make_unique<HttpReader>(limits().header_bytes, limits().body_bytes);
        first_byte_us_ = steady_us();
        if (seen_request_) deadline(limits().request_us);
    }
    HttpReader::State state = reader_->feed(data);
    if (state == HttpReader::State::header) {
        on_header();
        if (phase_ == Phase::gone) return false;
        state = reader_->feed(data);
    }
    std::string rest(data);
    leftover_.swap(rest);
    switch (state) {
        case HttpReader::State::complete:
            ask();
            return false;
        case HttpReader::State::failed:
            refuse(reader_->fault());
            return false;
        default:
            return true;
    }
}

void HttpConnection::on_header() {
    worker_.wheel().arm(*this, first_byte_us_ + limits().request_us);
    if (!reader_->expects_continue()) return;
    // So short a line fits into an empty send buffer; a peer whose buffer is full has broken the protocol already.
    static constexpr std::string_view line = "HTTP/1.1 100 Continue\r\n\r\n";
    const iovec part{const_cast<char*>(line.data()), line.size()};
    if (wire_.write(&part, 1).state != IoState::done) lose("100 Continue could not be sent");
}

void HttpConnection::ask() {
    const bool upgrade = reader_->websocket_upgrade();
    keep_alive_ = reader_->keep_alive() && !upgrade;
    http::Request request = reader_->take();
    reader_.reset();
    head_only_ = request.method == "HEAD";
    seen_request_ = true;
    if (upgrade) handshake_request_ = std::make_unique<http::Request>(request);
    phase_ = Phase::asked;
    deadline(limits().response_us);
    worker_.hub().counts.requests.fetch_add(1, std::memory_order_relaxed);
    worker_.deliver(RequestArrived{place_.listener_id(), id(), peer_, std::move(request), upgrade});
    if (leftover_.empty() && !wire_.pending()) wait_readable();
}

void HttpConnection::on_end_of_input(const char* how) {
    input_ended_ = true;
    if (reader_ && reader_->started()) {
        worker_.refused(place_.listener_id(), peer_.address, "bad_request",
                        std::string("the connection was ") + how + " in the middle of a request");
    }
    wire_.secure().finish_sending();
    drop();
}

void HttpConnection::refuse(const HttpFault& fault) {
    worker_.refused(place_.listener_id(), peer_.address, fault.code, fault.reason);
    http::Response response{fault.status, {{"Content-Type", "text/plain; charset=utf-8"}}, fault.reason + "\n"};
    if (fault.status == 426) {
        response.headers.emplace_back("Upgrade", "websocket");
        response.headers.emplace_back("Sec-WebSocket-Version", "13");
    }
    head_only_ = false;
    answer(std::move(response), false);
}

void HttpConnection::respond(http::Response response) {
    if (phase_ != Phase::asked) return;
    const bool wanted = !list_contains(response.header("Connection"), "close");
    answer(std::move(response), keep_alive_ && wanted && !worker_.finishing() && !input_ended_);
}

void HttpConnection::answer(http::Response response, bool keep_alive) {
    phase_ = Phase::writing;
    keep_alive_ = keep_alive;
    handshake_request_.reset();
    head_ = response_head(response, {keep_alive, head_only_, worker_.http_date()});
    body_ = head_only_ || !carries_body(response.status) ? std::string() : std::move(response.body);
    sent_ = 0;
    deadline(limits().request_us);
    write();
}

void HttpConnection::write() {
    if (phase_ != Phase::writing) return;
    const std::size_t total = head_.size() + body_.size();
    while (sent_ < total) {
        const std::size_t head_sent = std::min(sent_, head_.size());
        const std::size_t body_sent = sent_ - head_sent;
        const std::array<iovec, 2> parts{iovec{head_.data() + head_sent, head_.size() - head_sent},
                                         iovec{body_.data() + body_sent, body_.size() - body_sent}};
        const std::size_t first = head_sent == head_.size() ? 1 : 0;
        const IoResult result = wire_.write(parts.data() + first, parts.size() - first);
        switch (result.state) {
            case IoState::done:
                sent_ += result.bytes;
                deadline(limits().request_us);
                break;
            case IoState::want_read:
                return wait(Socket::wait_read, &HttpConnection::write);
            case IoState::want_write:
                return wait(Socket::wait_write, &HttpConnection::write);
            default:
                return drop();
        }
    }
    written();
}

void HttpConnection::written() {
    head_ = {};
    body_ = {};
    if (!keep_alive_ || input_ended_) return say_goodbye();
    phase_ = Phase::reading;
    deadline(limits().idle_us);
    if (!leftover_.empty()) {
        const std::string data = std::exchange(leftover_, {});
        if (!feed(data)) return;
    }
    if (wire_.pending()) return read();
    wait_readable();
}

// Closing at once could make the system send a reset that overtakes the answer: read on until the peer has closed too.
void HttpConnection::say_goodbye() {
    wire_.secure().finish_sending();
    if (input_ended_) return drop();
    phase_ = Phase::draining;
    leftover_ = {};
    deadline(drain_us);
    drain();
}

void HttpConnection::drain() {
    auto& scratch = worker_.scratch();
    for (int i = 0; i < 16; ++i) {
        const ssize_t bytes = ::recv(wire_.socket().native_handle(), scratch.data(), scratch.size(), 0);
        if (bytes < 0 && errno == EAGAIN) return wait_readable();
        if (bytes <= 0) return drop();
    }
    wait_readable();  // after the others have had their turn
}

void HttpConnection::accept_websocket(std::string subprotocol) {
    if (phase_ != Phase::asked || !handshake_request_) return;
    phase_ = Phase::gone;
    disarm();
    const std::shared_ptr<Connection> alive = shared_from_this();
    error_code ignored;
    wire_.socket().cancel(ignored);
    if (!leftover_.empty()) wire_.put_back(std::move(leftover_));
    worker_.replace(make_websocket_server(worker_, id(), std::move(place_), std::move(wire_),
                                          std::move(*handshake_request_), std::move(subprotocol)));
}

void HttpConnection::close(std::uint16_t, std::string reason) {
    if (phase_ == Phase::asked) worker_.deliver(ConnectionClosed{id(), 1006, std::move(reason)});
    drop();
}

void HttpConnection::finish() {
    switch (phase_) {
        case Phase::asked:
            return answer({503, {{"Content-Type", "text/plain; charset=utf-8"}}, "the gateway is stopping\n"}, false);
        case Phase::writing:
            keep_alive_ = false;
            return;
        case Phase::draining:
            return;
        default:
            wire_.secure().finish_sending();
            return drop();
    }
}

void HttpConnection::lose(const std::string& reason) {
    if (phase_ == Phase::asked) worker_.deliver(ConnectionClosed{id(), 1006, "connection lost: " + reason});
    drop();
}

void HttpConnection::drop() {
    if (phase_ == Phase::gone) return;
    phase_ = Phase::gone;
    disarm();
    wire_.close();
    place_.leave();
    worker_.forget(id());
}

void HttpConnection::on_timer(std::int64_t) {
    const std::shared_ptr<Connection> alive = shared_from_this();
    const auto seconds = [](std::int64_t us) { return std::to_string(us / 1'000'000) + " s"; };
    const ListenerId listener = place_.listener_id();
    switch (phase_) {
        case Phase::handshaking:
            worker_.timed_out();
            worker_.refused(listener, peer_.address, "timeout",
                            "no TLS handshake within " + seconds(limits().handshake_us));
            return drop();
        case Phase::reading:
        case Phase::paused:
            if (reader_) {
                worker_.timed_out();
                return refuse({408, "timeout", "the request did not arrive in time"});
            }
            if (!seen_request_) {
                worker_.timed_out();
                worker_.refused(listener, peer_.address, "timeout",
                                "no request within " + seconds(limits().handshake_us));
            }
            wire_.secure().finish_sending();
            return drop();
        case Phase::asked: {
            worker_.timed_out();
            const std::string reason = "the request was not answered within " + seconds(limits().response_us);
            worker_.deliver(ConnectionClosed{id(), 1006, reason});
            return answer({503, {{"Content-Type", "text/plain; charset=utf-8"}}, reason + "\n"}, false);
        }
        case Phase::writing:
            worker_.timed_out();
            return drop();
        default:
            return drop();
    }
}

}  // namespace

std::shared_ptr<Connection> make_http_connection(Worker& worker, ConnectionId id, OwnedFd fd, Place place,
                                                 std::string address) {
    return std::make_shared<HttpConnection>(worker, id, std::move(fd), std::move(place), std::move(address));
}

}  // namespace busbar::net
