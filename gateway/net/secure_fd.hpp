// A non-blocking socket with or without TLS, without an event loop: each call does what can be done now and says what
// to wait for. OpenSSL works on the descriptor itself, with its buffers released while nothing is under way: that is 22
// KB a connection where a TLS engine between two memory buffers takes 74.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "certs/tls.hpp"

namespace busbar::net {

enum class IoState { done, want_read, want_write, closed, failed };

struct IoResult {
    IoState state = IoState::failed;
    std::size_t bytes = 0;
};

enum class TlsRole { server, client };

class SecureFd {
  public:
    SecureFd() = default;
    explicit SecureFd(int fd) : fd_(fd) {}  // plain; the descriptor stays its owner's

    // False, with failure(), if OpenSSL cannot. For a client `host` is the name or IP address that the server's
    // certificate must carry.
    bool use_tls(const certs::SslContext& context, TlsRole role, const std::string& host = {});

    bool tls() const { return ssl_ != nullptr; }
    const ssl_st* ssl() const { return ssl_.get(); }

    IoState handshake();  // closed: the peer went away in the middle
    IoResult read(void* data, std::size_t size);
    IoResult write(const iovec* parts, std::size_t count);  // may write less than there is
    bool pending() const;  // bytes have been taken off the socket and not yet been read: do not wait, read

    // Says that nothing more will be sent (close_notify, FIN); reading goes on.
    void finish_sending();

    // Why the last call failed, for people: OpenSSL's words or the system's.
    const std::string& failure() const { return failure_; }

  private:
    struct Free {
        void operator()(ssl_st* ssl) const;
    };
    IoState state_of(int result);
    IoState state_of_errno();
    IoResult write_tls(const iovec* parts, std::size_t count);

    int fd_ = -1;
    bool broken_ = false;  // a fatal TLS error: no close_notify may follow
    std::unique_ptr<ssl_st, Free> ssl_;
    std::string failure_;
};

}  // namespace busbar::net
