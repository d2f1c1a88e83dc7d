// The stream that Beast reads and writes: a socket on its I/O thread's reactor with SecureFd on the same descriptor.
// Plain and TLS are one type, so each protocol is compiled once. Only the two or three files that speak to Asio include
// this.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/associator.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/role.hpp>
#include <cstdint>
#include <string>
#include <utility>

#include "gateway/net/hub.hpp"
#include "gateway/net/secure_fd.hpp"

namespace busbar::net {

namespace asio = boost::asio;
using boost::system::error_code;
using Socket = asio::basic_stream_socket<asio::ip::tcp, asio::io_context::executor_type>;

class Wire {
  public:
    using executor_type = Socket::executor_type;

    Wire(Socket socket, Counts& counts)
        : socket_(std::move(socket)), secure_(socket_.native_handle()), counts_(&counts), last_read_us_(steady_us()) {}
    Wire(Wire&&) = default;

    executor_type get_executor() { return socket_.get_executor(); }
    Socket& socket() { return socket_; }
    SecureFd& secure() { return secure_; }
    std::int64_t last_read_us() const { return last_read_us_; }

    // Bytes that were read too far; they are read again first.
    void put_back(std::string bytes) { ahead_ = std::move(bytes); }
    bool pending() const { return !ahead_.empty() || secure_.pending(); }

    // An operation that was about to run when the socket was closed still runs. The descriptor's number may be another
    // peer's by then.
    IoResult read(void* data, std::size_t size) {
        IoResult result;
        if (!socket_.is_open()) return {IoState::closed, 0};
        if (ahead_.empty()) {
            result = secure_.read(data, size);
            counts_->bytes_in.fetch_add(result.bytes, std::memory_order_relaxed);
        } else {
            result = {IoState::done, ahead_.copy(static_cast<char*>(data), size)};
            ahead_.erase(0, result.bytes);
        }
        if (result.state == IoState::done) last_read_us_ = steady_us();
        return result;
    }

    // Bytes that Asio has read off a plain socket.
    void note_read(std::size_t bytes) {
        counts_->bytes_in.fetch_add(bytes, std::memory_order_relaxed);
        last_read_us_ = steady_us();
    }

    IoResult write(const iovec* parts, std::size_t count) {
        const IoState flushed = flush();
        if (flushed != IoState::done) return {flushed, 0};
        const IoResult result = secure_.write(parts, count);
        counts_->bytes_out.fetch_add(result.bytes, std::memory_order_relaxed);
        return result;
    }

    // A whole frame past Beast's stream, only while it is free_to_write(). What the socket does not take now is kept
    // and goes out before anything else that is written; done: nothing was kept, else what to wait for before flush().
    IoState send_frame(const iovec* parts, std::size_t count) {
        const IoResult result = write(parts, count);
        if (result.state != IoState::done && result.state != IoState::want_write && result.state != IoState::want_read)
            return result.state;
        std::size_t sent = result.bytes;
        for (std::size_t i = 0; i < count; ++i) {
            const std::size_t skipped = std::min(sent, parts[i].iov_len);
            sent -= skipped;
            if (skipped == parts[i].iov_len) continue;
            tail_.append(static_cast<const char*>(parts[i].iov_base) + skipped, parts[i].iov_len - skipped);
        }
        return result.state == IoState::done ? flush() : result.state;
    }

    IoState flush() {
        if (!socket_.is_open()) return IoState::closed;
        std::size_t sent = 0;
        IoResult result{IoState::done, 0};
        while (sent < tail_.size() && result.state == IoState::done) {
            const iovec part{tail_.data() + sent, tail_.size() - sent};
            result = secure_.write(&part, 1);
            counts_->bytes_out.fetch_add(result.bytes, std::memory_order_relaxed);
            sent += result.bytes;
        }
        if (sent == tail_.size()) {
            std::string().swap(tail_);
        } else {
            tail_.erase(0, sent);
        }
        return result.state;
    }

    // Beast is not in the middle of a frame of its own (a pong, a ping, a close).
    bool free_to_write() const { return !mid_write_; }
    void begin_write() { mid_write_ = true; }
    void end_write(bool whole) { mid_write_ = !whole; }

    void finish_sending() {
        if (socket_.is_open()) secure_.finish_sending();
    }

    void close() {
        error_code ignored;
        socket_.close(ignored);
    }

    template <class Buffers, class Token>
    auto async_read_some(const Buffers& buffers, Token&& token);
    template <class Buffers, class Token>
    auto async_write_some(const Buffers& buffers, Token&& token);

  private:
    Socket socket_;
    SecureFd secure_;
    std::string ahead_;
    std::string tail_;
    Counts* counts_;
    std::int64_t last_read_us_;
    bool mid_write_ = false;
};

inline error_code error_of(IoState state) {
    return state == IoState::closed ? error_code(asio::error::eof) : error_code(asio::error::connection_reset);
}

// Both operations try, wait for what OpenSSL or the socket lacks, and try again. The first try happens after a wait (or
// a post, if bytes are pending), never inside the call that starts the operation. Plain reads are Asio's own: they try at
// once, where a bare wait arms epoll anew. That is one system call either way, but a try may find the next message.
template <class Buffers, class Handler>
struct ReadOperation {
    Wire& wire;
    Buffers buffers;
    Handler handler;

    void start() {
        Socket& socket = wire.socket();
        if (wire.pending()) {
            asio::post(wire.get_executor(), std::move(*this));
        } else if (wire.secure().tls()) {
            socket.async_wait(Socket::wait_read, std::move(*this));
        } else {
            const asio::mutable_buffer buffer = first_of(buffers);
            socket.async_read_some(buffer, std::move(*this));
        }
    }

    void operator()(error_code error, std::size_t bytes) {
        if (!error) wire.note_read(bytes);
        handler(error, bytes);
    }

    void operator()(error_code error = {}) {
        if (error) return handler(error, 0);
        const asio::mutable_buffer buffer = first_of(buffers);
        const IoResult result = wire.read(buffer.data(), buffer.size());
        Socket& socket = wire.socket();
        switch (result.state) {
            case IoState::done:
                return handler(error_code(), result.bytes);
            case IoState::want_read:
                return socket.async_wait(Socket::wait_read, std::move(*this));
            case IoState::want_write:
                return socket.async_wait(Socket::wait_write, std::move(*this));
            default:
                return handler(error_of(result.state), 0);
        }
    }

    static asio::mutable_buffer first_of(const Buffers& buffers) {
        for (auto it = asio::buffer_sequence_begin(buffers); it != asio::buffer_sequence_end(buffers); ++it) {
            const asio::mutable_buffer buffer(*it);
            if (buffer.size() != 0) return buffer;
        }
        return {};
    }
};

template <class Buffers, class Handler>
struct WriteOperation {
    Wire& wire;
    Buffers buffers;
    Handler handler;

    void start() {
        wire.begin_write();
        asio::post(wire.get_executor(), std::move(*this));
    }

    void operator()(error_code error = {}) {
        if (error) return handler(error, 0);
        std::array<iovec, 8> parts;
        std::size_t count = 0;
        for (auto it = asio::buffer_sequence_begin(buffers);
             it != asio::buffer_sequence_end(buffers) && count < parts.size(); ++it) {
            const asio::const_buffer buffer(*it);
            if (buffer.size() != 0) parts[count++] = {const_cast<void*>(buffer.data()), buffer.size()};
        }
        const IoResult result = wire.write(parts.data(), count);
        Socket& socket = wire.socket();
        switch (result.state) {
            case IoState::done:
                wire.end_write(result.bytes == asio::buffer_size(buffers));
                return handler(error_code(), result.bytes);
            case IoState::want_read:
                return socket.async_wait(Socket::wait_read, std::move(*this));
            case IoState::want_write:
                return socket.async_wait(Socket::wait_write, std::move(*this));
            default:
                return handler(error_of(result.state), 0);
        }
    }
};

template <class Buffers, class Token>
auto Wire::async_read_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& to) {
            ReadOperation<Buffers, decltype(handler)>{*this, to, std::move(handler)}.start();
        },
        token, buffers);
}

template <class Buffers, class Token>
auto Wire::async_write_some(const Buffers& buffers, Token&& token) {
    return asio::async_initiate<Token, void(error_code, std::size_t)>(
        [this](auto handler, const Buffers& from) {
            WriteOperation<Buffers, decltype(handler)>{*this, from, std::move(handler)}.start();
        },
        token, buffers);
}

// What Beast calls when a WebSocket has said its last word: both roles only stop sending; the connection reads on until
// the peer has stopped too, so that no reset overtakes the close frame.
template <class Handler>
void async_teardown(boost::beast::role_type, Wire& wire, Handler&& handler) {
    wire.finish_sending();
    asio::post(wire.get_executor(), [handler = std::forward<Handler>(handler)]() mutable { handler(error_code()); });
}

inline void beast_close_socket(Wire& wire) {
    wire.close();
}

}  // namespace busbar::net

// The operations run where, and allocate as, the handler inside them wants.
namespace boost::asio {
template <template <class, class> class Associator, class Buffers, class Handler, class Default>
struct associator<Associator, busbar::net::ReadOperation<Buffers, Handler>, Default> : Associator<Handler, Default> {
    static auto get(const busbar::net::ReadOperation<Buffers, Handler>& operation) noexcept {
        return Associator<Handler, Default>::get(operation.handler);
    }
    static auto get(const busbar::net::ReadOperation<Buffers, Handler>& operation, const Default& otherwise) noexcept {
        return Associator<Handler, Default>::get(operation.handler, otherwise);
    }
};
template <template <class, class> class Associator, class Buffers, class Handler, class Default>
struct associator<Associator, busbar::net::WriteOperation<Buffers, Handler>, Default> : Associator<Handler, Default> {
    static auto get(const busbar::net::WriteOperation<Buffers, Handler>& operation) noexcept {
        return Associator<Handler, Default>::get(operation.handler);
    }
    static auto get(const busbar::net::WriteOperation<Buffers, Handler>& operation, const Default& otherwise) noexcept {
        return Associator<Handler, Default>::get(operation.handler, otherwise);
    }
};
}  // namespace boost::asio
