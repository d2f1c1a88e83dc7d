// One WebSocket, of either role: whole text frames in and out over Beast's stream. Writes queue behind one another; a
// peer that lets more wait than its limit is cut off. Pings from the wheel find peers that have vanished.
//
// A server's uncompressed text frame is its length and its bytes: it goes straight to the socket, past Beast, whose
// composed write costs as many instructions as reading a message. Beast writes the rest: what is masked or compressed,
// and control frames.
#include "gateway/net/websocket.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <list>
#include <optional>

#include "gateway/net/http_codec.hpp"
#include "gateway/net/worker.hpp"

namespace busbar::net {

namespace websocket = boost::beast::websocket;
namespace beast_http = boost::beast::http;

namespace {

constexpr std::int64_t close_us = 5'000'000;  // for the closing handshake
constexpr std::int64_t drain_us = 2'000'000;  // for the peer to stop sending after we have
constexpr int deflate_window_bits = 10;       // 26 KB a connection; the usual 15 bits cost 160
constexpr int deflate_memory_level = 2;
constexpr std::size_t deflate_from_bytes = 256;
constexpr std::size_t kept_buffer_bytes = 4096;  // a connection's buffer grows with a long message, and shrinks again

// A code as it may stand in a close frame.
std::uint16_t sendable(std::uint16_t code) {
    const bool allowed = (code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006) ||
                         (code >= 3000 && code <= 4999);
    return allowed ? code : std::uint16_t{1000};
}

// At most 123 bytes, cut where a character ends.
std::string close_words(const std::string& reason) {
    std::size_t size = std::min<std::size_t>(reason.size(), 123);
    while (size < reason.size() && size > 0 && (static_cast<unsigned char>(reason[size]) & 0xc0) == 0x80) --size;
    return reason.substr(0, size);
}

class WebSocket final : public Connection {
  public:
    WebSocket(Worker& worker, ConnectionId id, Place place, Wire wire, const Limits& limits)
        : Connection(id), worker_(worker), place_(std::move(place)), limits_(limits), ws_(std::move(wire)) {
        ws_.read_message_max(limits.frame_bytes);
        ws_.auto_fragment(false);
        ws_.text(true);
    }

    void serve(http::Request request, std::string subprotocol, bool deflate);
    void connect(Url url, SocketRequest request);

    void start() override { start_(); }
    void send(Text text) override;
    void close(std::uint16_t code, std::string reason) override;
    void resume_reading() override;
    void finish() override { close(1001, "the gateway is stopping"); }
    void drop() override;
    void on_timer(std::int64_t now_us) override;

  private:
    enum class Phase { opening, open, closing, draining, gone };

    std::shared_ptr<WebSocket> self() { return std::static_pointer_cast<WebSocket>(shared_from_this()); }
    Wire& wire() { return ws_.next_layer(); }
    void deadline(std::int64_t in_us) { worker_.wheel().arm(*this, steady_us() + in_us); }

    void opened();
    void connected(const error_code& error, SocketRequest& request, const websocket::response_type& response);
    void read();
    void on_read(const error_code& error);
    void write();
    IoState write_directly(const Text& text);
    void wait_to_flush(IoState what);
    void flush();
    void write_by_beast();
    void on_written(const error_code& error);
    void sent_one();
    void all_sent();
    void start_closing();
    void end(std::uint16_t code, std::string reason);
    void end_on(const error_code& error);
    void drain();
    void on_ping_time(std::int64_t now_us);
    std::int64_t closing_time_us() const { return std::min(close_us, limits_.handshake_us); }

    Worker& worker_;
    Place place_;
    Limits limits_;
    websocket::stream<Wire> ws_;
    std::function<void()> start_;
    boost::beast::flat_buffer in_;
    std::list<Text> out_;  // nothing while it is empty
    std::size_t queued_bytes_ = 0;
    std::int64_t write_since_us_ = 0;
    websocket::close_reason close_reason_;  // ours, once close() was called
    Phase phase_ = Phase::opening;
    bool direct_ = false;  // text frames may go past Beast
    bool writing_ = false;
    bool pinging_ = false;
    bool told_ = false;  // the loop has its ConnectionClosed
};

// ---- opening
// ---------------------------------------------------------------------------------------------------------

void WebSocket::serve(http::Request request, std::string subprotocol, bool deflate) {
    direct_ = !deflate;
    if (deflate) {
        websocket::permessage_deflate options;
        options.server_enable = true;
        options.server_max_window_bits = options.client_max_window_bits = deflate_window_bits;
        options.memLevel = deflate_memory_level;
        options.msg_size_threshold = deflate_from_bytes;
        ws_.set_option(options);
    }
    start_ = [this, request = std::move(request), subprotocol = std::move(subprotocol)] {
        beast_http::request<beast_http::empty_body> handshake{beast_http::verb::get, request.target, 11};
        for (const char* name : {"Host", "Connection", "Upgrade", "Sec-WebSocket-Key", "Sec-WebSocket-Version",
                                 "Sec-WebSocket-Extensions"}) {
            const std::string_view value = request.header(name);
            if (!value.empty()) handshake.set(name, boost::beast::string_view(value.data(), value.size()));
        }
        ws_.set_option(websocket::stream_base::decorator([subprotocol](websocket::response_type& response) {
            if (!subprotocol.empty()) response.set(beast_http::field::sec_websocket_protocol, subprotocol);
        }));
        deadline(limits_.handshake_us);
        ws_.async_accept(handshake, [self = self()](error_code error) {
            if (self->phase_ == Phase::gone) return;
            if (error) return self->end_on(error);
            self->opened();
        });
    };
}

void WebSocket::connect(Url url, SocketRequest request) {
    start_ = [this, url = std::move(url), request = std::make_shared<SocketRequest>(std::move(request))] {
        ws_.set_option(websocket::stream_base::decorator([request](websocket::request_type& handshake) {
            std::string offered;
            for (const std::string& name : request->subprotocols) offered += (offered.empty() ? "" : ", ") + name;
            if (!offered.empty()) handshake.set(beast_http::field::sec_websocket_protocol, offered);
            for (const auto& [name, value] : request->headers) handshake.set(name, value);
        }));
        deadline(limits_.handshake_us);
        const auto response = std::make_shared<websocket::response_type>();
        ws_.async_handshake(*response, url.authority, url.target, [self = self(), request, response](error_code error) {
            if (self->phase_ != Phase::gone) self->connected(error, *request, *response);
        });
    };
}

void WebSocket::connected(const error_code& error, SocketRequest& request, const websocket::response_type& response) {
    if (error == websocket::error::upgrade_declined) {
        const auto words = response.reason();
        return end(1006, "the server answered the handshake with " + std::to_string(response.result_int()) + ' ' +
                             std::string(words.data(), words.size()));
    }
    if (error) return end_on(error);
    const auto chosen = response[beast_http::field::sec_websocket_protocol];
    std::string subprotocol(chosen.data(), chosen.size());
    const auto& offered = request.subprotocols;
    if (!subprotocol.empty() && std::find(offered.begin(), offered.end(), subprotocol) == offered.end()) {
        close_reason_ = {websocket::close_code::protocol_error, "a subprotocol that was not offered"};
    }
    if (close_reason_.code == websocket::close_code::none)
        worker_.deliver(SocketConnected{id(), std::move(subprotocol)});
    opened();
}

void WebSocket::opened() {
    start_ = nullptr;
    ws_.set_option(websocket::stream_base::decorator([](websocket::response_type&) {}));
    phase_ = Phase::open;
    deadline(limits_.ping_us);
    read();
    if (!out_.empty()) write();
    if (close_reason_.code != websocket::close_code::none && !writing_) start_closing();
}

// ---- reading
// -----------------------------------------------------------------------------------------------------------

void WebSocket::read() {
    ws_.async_read(in_, [self = self()](error_code error, std::size_t) {
        if (self->phase_ != Phase::gone && self->phase_ != Phase::draining) self->on_read(error);
    });
}

void WebSocket::on_read(const error_code& error) {
    if (error) return end_on(error);
    std::string text;
    if (ws_.got_binary()) {
        close(1003, "only text frames are spoken here");
    } else if (close_reason_.code == websocket::close_code::none) {
        text.assign(static_cast<const char*>(in_.data().data()), in_.size());
    }
    in_.clear();
    if (in_.capacity() > kept_buffer_bytes) in_.shrink_to_fit();
    // After our close frame we read on only until the peer's comes.
    if (close_reason_.code != websocket::close_code::none) return read();
    worker_.hub().counts.frames_in.fetch_add(1, std::memory_order_relaxed);
    worker_.deliver(TextArrived{id(), std::move(text)});
    if (worker_.hub().events.congested()) return worker_.pause_reading(id());
    read();
}

void WebSocket::resume_reading() {
    if (phase_ == Phase::open || phase_ == Phase::closing) read();
}

// ---- writing
// -----------------------------------------------------------------------------------------------------------

void WebSocket::send(Text text) {
    if (phase_ > Phase::open || close_reason_.code != websocket::close_code::none || !text) return;
    if (queued_bytes_ + text->size() > limits_.queued_bytes) {
        worker_.hub().counts.cut_off.fetch_add(1, std::memory_order_relaxed);
        return end(1006, "cut off: the peer does not read, " + std::to_string(queued_bytes_) + " bytes wait for it");
    }
    queued_bytes_ += text->size();
    out_.push_back(std::move(text));
    if (phase_ == Phase::open && !writing_) write();
}

void WebSocket::write() {
    while (!out_.empty()) {
        if (!direct_ || !wire().free_to_write()) return write_by_beast();
        const IoState state = write_directly(out_.front());
        if (state == IoState::closed || state == IoState::failed) return end_on(error_of(state));
        if (state != IoState::done) return wait_to_flush(state);
        sent_one();
    }
    all_sent();
}

IoState WebSocket::write_directly(const Text& text) {
    const std::size_t size = text->size();
    std::array<unsigned char, 10> head{0x81};  // FIN, text; RFC 6455, 5.2
    std::size_t length_bytes = 0;
    if (size < 126) {
        head[1] = static_cast<unsigned char>(size);
    } else {
        length_bytes = size <= 0xffff ? 2 : 8;
        head[1] = length_bytes == 2 ? 126 : 127;
        for (std::size_t i = 0; i < length_bytes; ++i)
            head[2 + i] = static_cast<unsigned char>(size >> 8 * (length_bytes - 1 - i));
    }
    const std::array<iovec, 2> parts{iovec{head.data(), 2 + length_bytes},
                                     iovec{const_cast<char*>(text->data()), size}};
    return wire().send_frame(parts.data(), parts.size());
}

void WebSocket::wait_to_flush(IoState what) {
    if (!std::exchange(writing_, true)) write_since_us_ = steady_us();
    wire().socket().async_wait(what == IoState::want_read ? Socket::wait_read : Socket::wait_write,
                               [self = self()](error_code error) {
                                   if (self->phase_ == Phase::gone || self->phase_ == Phase::draining) return;
                                   error ? self->on_written(error) : self->flush();
                               });
}

void WebSocket::flush() {
    const IoState state = wire().flush();
    if (state == IoState::want_read || state == IoState::want_write) return wait_to_flush(state);
    on_written(state == IoState::done ? error_code() : error_of(state));
}

void WebSocket::write_by_beast() {
    writing_ = true;
    write_since_us_ = steady_us();
    const Text& text = out_.front();
    ws_.async_write(asio::const_buffer(text->data(), text->size()),
                    [self = self(), text](error_code error, std::size_t) {
                        if (self->phase_ != Phase::gone && self->phase_ != Phase::draining) self->on_written(error);
                    });
}

void WebSocket::on_written(const error_code& error) {
    writing_ = false;
    if (error) return end_on(error);
    sent_one();
    write();
}

void WebSocket::sent_one() {
    worker_.hub().counts.frames_out.fetch_add(1, std::memory_order_relaxed);
    queued_bytes_ -= out_.front()->size();
    out_.pop_front();
}

void WebSocket::all_sent() {
    if (close_reason_.code != websocket::close_code::none) start_closing();
}

// ---- closing
// -----------------------------------------------------------------------------------------------------------

void WebSocket::close(std::uint16_t code, std::string reason) {
    if (phase_ > Phase::open || close_reason_.code != websocket::close_code::none) return;
    const std::string words = close_words(reason);
    close_reason_ = {websocket::close_code(sendable(code)), boost::beast::string_view(words.data(), words.size())};
    if (phase_ == Phase::open) deadline(closing_time_us());
    if (phase_ == Phase::open && !writing_) start_closing();
}

void WebSocket::start_closing() {
    if (phase_ != Phase::open) return;
    phase_ = Phase::closing;
    deadline(closing_time_us());
    ws_.async_close(close_reason_, [self = self()](error_code error) {
        if (self->phase_ != Phase::closing) return;  // the read, which ends as well, was first
        if (error) return self->end_on(error);
        self->end(self->close_reason_.code, std::string(self->close_reason_.reason.c_str()));
    });
}

// What an error says to the loop: the code that the closing handshake carried, or the one that Beast sent for us.
void WebSocket::end_on(const error_code& error) {
    if (close_reason_.code != websocket::close_code::none) {
        return end(close_reason_.code, std::string(close_reason_.reason.c_str()));
    }
    if (error == websocket::error::closed) {
        const websocket::close_reason& reason = ws_.reason();
        const std::uint16_t code = reason.code == websocket::close_code::none ? std::uint16_t{1005} : reason.code;
        return end(code, std::string(reason.reason.c_str()));
    }
    if (error == websocket::error::message_too_big) {
        return end(1009, "a message longer than " + std::to_string(limits_.frame_bytes) + " bytes");
    }
    if (error == websocket::error::bad_frame_payload) return end(1007, "text that is not UTF-8");
    if (error == websocket::condition::protocol_violation) return end(1002, "malformed frame: " + error.message());
    const std::string& tls = wire().secure().failure();
    end(1006, tls.empty() ? "connection lost: " + error.message() : "connection lost: " + tls);
}

void WebSocket::end(std::uint16_t code, std::string reason) {
    if (phase_ == Phase::draining || phase_ == Phase::gone) return;
    const std::shared_ptr<Connection> alive = shared_from_this();
    if (!std::exchange(told_, true)) worker_.deliver(ConnectionClosed{id(), code, std::move(reason)});
    if (code == 1006) return drop();
    phase_ = Phase::draining;
    deadline(drain_us);
    drain();
}

// Both sides have said their last word: wait for the peer's end of the stream, so that no reset overtakes our close
// frame.
void WebSocket::drain() {
    auto& scratch = worker_.scratch();
    for (int i = 0; i < 16; ++i) {
        const ssize_t bytes = ::recv(wire().socket().native_handle(), scratch.data(), scratch.size(), 0);
        if (bytes < 0 && errno == EAGAIN) break;
        if (bytes <= 0) return drop();
    }
    wire().socket().async_wait(Socket::wait_read, [self = self()](error_code error) {
        if (self->phase_ != Phase::draining) return;
        error ? self->drop() : self->drain();
    });
}

void WebSocket::drop() {
    if (phase_ == Phase::gone) return;
    const std::shared_ptr<Connection> alive = shared_from_this();
    if (!std::exchange(told_, true))
        worker_.deliver(ConnectionClosed{id(), 1006, "the gateway has dropped the connection"});
    phase_ = Phase::gone;
    disarm();
    start_ = nullptr;
    wire().close();
    place_.leave();
    worker_.forget(id());
}

// ---- deadlines
// ---------------------------------------------------------------------------------------------------------

void WebSocket::on_timer(std::int64_t now_us) {
    const std::shared_ptr<Connection> alive = shared_from_this();
    switch (phase_) {
        case Phase::opening:
            worker_.timed_out();
            return end(1006, "the WebSocket handshake did not end in time");
        case Phase::open:
            if (close_reason_.code != websocket::close_code::none) break;
            return on_ping_time(now_us);
        default:
            break;
    }
    // The peer did not finish the closing handshake; what it was closed for is still why.
    if (phase_ != Phase::draining) end_on(asio::error::timed_out);
    drop();
}

void WebSocket::on_ping_time(std::int64_t now_us) {
    const std::int64_t silent_us = now_us - wire().last_read_us();
    const std::int64_t stuck_us = writing_ ? now_us - write_since_us_ : 0;
    if (std::max(silent_us, stuck_us) >= 2 * limits_.ping_us) {
        worker_.timed_out();
        const std::string seconds = std::to_string(2 * limits_.ping_us / 1'000'000) + " s";
        return end(1006, silent_us > stuck_us ? "the peer has been silent for " + seconds
                                              : "the peer has read nothing for " + seconds);
    }
    if (silent_us < limits_.ping_us) return deadline(limits_.ping_us - silent_us);
    deadline(std::min(limits_.ping_us, 2 * limits_.ping_us - silent_us));
    if (std::exchange(pinging_, true)) return;
    ws_.async_ping({}, [self = self()](error_code error) {
        self->pinging_ = false;
        if (error && self->phase_ == Phase::open) self->end_on(error);
    });
}

}  // namespace

std::shared_ptr<Connection> make_websocket_server(Worker& worker, ConnectionId id, Place place, Wire wire,
                                                  http::Request request, std::string subprotocol) {
    const ListenOptions& options = place.options();
    const Limits limits = options.limits;
    const bool deflate = options.deflate;
    auto made = std::make_shared<WebSocket>(worker, id, std::move(place), std::move(wire), limits);
    made->serve(std::move(request), std::move(subprotocol), deflate);
    return made;
}

std::shared_ptr<Connection> make_websocket_client(Worker& worker, ConnectionId id, Place place, Wire wire, Url url,
                                                  SocketRequest request) {
    auto made = std::make_shared<WebSocket>(worker, id, std::move(place), std::move(wire), request.limits);
    made->connect(std::move(url), std::move(request));
    return made;
}

}  // namespace busbar::net
