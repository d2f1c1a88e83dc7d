#include "tests/bench/load.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace busbar::bench {
namespace {

constexpr std::size_t scratch_bytes = 64 * 1024;
constexpr double longest_opening_s = 300;

[[noreturn]] void fail(const std::string& what) {
    const unsigned long code = ERR_peek_error();
    const char* words = code != 0 ? ERR_reason_error_string(code) : nullptr;
    throw std::runtime_error("load generator: " + what + ": " + (words != nullptr ? words : std::strerror(errno)));
}

}  // namespace

// ---- one connection ------------------------------------------------------------------------------------------------

Link::~Link() {
    reset();
}

void Link::lost() {
    fail("a connection was lost");
}

void Link::forget() {
    SSL_free(ssl_);
    ssl_ = nullptr;
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
    phase_ = Phase::idle;
    writing_ = false;
    out_.clear();
}

void Link::close() {
    if (fd_ < 0) return;
    if (ssl_ != nullptr && phase_ == Phase::open) SSL_shutdown(ssl_);
    forget();
}

void Link::reset() {
    if (fd_ < 0) return;
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    forget();
}

void Link::watch(bool for_writing) {
    if (writing_ == for_writing) return;
    writing_ = for_writing;
    epoll_event event{};
    event.events = EPOLLIN | (for_writing ? EPOLLOUT : 0U);
    event.data.ptr = this;
    ::epoll_ctl(load_->epoll_, EPOLL_CTL_MOD, fd_, &event);
}

void Link::ready(unsigned events) {
    if (phase_ == Phase::connecting) {
        int error = 0;
        socklen_t size = sizeof error;
        ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
        if (error != 0) {
            errno = error;
            return lost();
        }
        watch(false);
        phase_ = ssl_ != nullptr ? Phase::handshaking : Phase::open;
        if (phase_ == Phase::open) return opened();
    }
    if (phase_ == Phase::handshaking) return handshake();
    if ((events & EPOLLOUT) != 0) flush();
    if (phase_ == Phase::open && (events & ~EPOLLOUT) != 0) read();
}

void Link::handshake() {
    ERR_clear_error();
    const int result = SSL_do_handshake(ssl_);
    if (result == 1) {
        watch(false);
        phase_ = Phase::open;
        return opened();
    }
    const int error = SSL_get_error(ssl_, result);
    if (error == SSL_ERROR_WANT_READ) return watch(false);
    if (error == SSL_ERROR_WANT_WRITE) return watch(true);
    lost();
}

void Link::read() {
    std::vector<char>& scratch = load_->scratch_;
    while (phase_ == Phase::open) {
        const int size = static_cast<int>(scratch.size());
        ERR_clear_error();
        const ssize_t bytes =
            ssl_ != nullptr ? SSL_read(ssl_, scratch.data(), size) : ::recv(fd_, scratch.data(), scratch.size(), 0);
        if (bytes > 0) {
            load_->last_read_ = std::chrono::steady_clock::now();
            received({scratch.data(), static_cast<std::size_t>(bytes)});
            if (ssl_ == nullptr && bytes < size) return;
            continue;
        }
        const bool later = ssl_ != nullptr ? SSL_get_error(ssl_, static_cast<int>(bytes)) == SSL_ERROR_WANT_READ
                                           : bytes < 0 && errno == EAGAIN;
        if (later) return;
        return lost();
    }
}

void Link::send(std::string_view bytes) {
    out_ += bytes;
    if (!writing_) flush();
}

void Link::flush() {
    while (!out_.empty()) {
        ERR_clear_error();
        const ssize_t bytes = ssl_ != nullptr ? SSL_write(ssl_, out_.data(), static_cast<int>(out_.size()))
                                              : ::send(fd_, out_.data(), out_.size(), MSG_NOSIGNAL);
        if (bytes > 0) {
            out_.erase(0, static_cast<std::size_t>(bytes));
            continue;
        }
        const bool later =
            ssl_ != nullptr ? SSL_get_error(ssl_, static_cast<int>(bytes)) == SSL_ERROR_WANT_WRITE : errno == EAGAIN;
        return later ? watch(true) : lost();
    }
    watch(false);
}

// ---- all of them ---------------------------------------------------------------------------------------------------

Load::Load() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), scratch_(scratch_bytes) {
    if (epoll_ < 0) fail("epoll");
}

Load::~Load() {
    ::close(epoll_);
}

void Load::connect(Link& link, std::uint16_t port, const ClientSecurity& security) {
    link.load_ = this;
    link.fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link.fd_ < 0) fail("socket");
    const int on = 1;
    ::setsockopt(link.fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port = htons(port);
    if (::connect(link.fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS)
        fail("connect");
    if (security.context != nullptr) {
        link.ssl_ = SSL_new(security.context);
        SSL_set_fd(link.ssl_, link.fd_);
        SSL_set_connect_state(link.ssl_);
        if (security.certificate != nullptr) SSL_use_certificate(link.ssl_, security.certificate);
        if (security.key != nullptr) SSL_use_PrivateKey(link.ssl_, security.key);
        if (security.session != nullptr) SSL_set_session(link.ssl_, security.session);
    }
    link.phase_ = Link::Phase::connecting;
    link.writing_ = true;
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT;
    event.data.ptr = &link;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, link.fd_, &event);
}

void Load::turn(int wait_ms) {
    std::array<epoll_event, 256> events{};
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), wait_ms);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events[static_cast<std::size_t>(i)];
        static_cast<Link*>(event.data.ptr)->ready(event.events);
    }
}

void Load::run(const char* what, double seconds, const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(seconds);
    while (!done()) {
        if (std::chrono::steady_clock::now() > until)
            throw std::runtime_error(std::string("load generator: ") + what + " took longer than " +
                                     std::to_string(static_cast<int>(seconds)) + " s");
        turn(10);
    }
}

void Load::open_all(std::size_t count, const std::function<void(std::size_t)>& open,
                    const std::function<std::size_t()>& finished, std::size_t at_once) {
    std::size_t begun = 0;
    run("opening connections", longest_opening_s, [&] {
        const std::size_t through = finished();
        while (begun < count && begun - through < at_once) open(begun++);
        return through >= count;
    });
}

void Load::rest(double quiet_seconds) {
    const auto quiet = std::chrono::duration<double>(quiet_seconds);
    last_read_ = std::chrono::steady_clock::now();
    run("coming to rest", longest_opening_s, [&] { return std::chrono::steady_clock::now() - last_read_ > quiet; });
}

std::shared_ptr<SSL_CTX> client_context(bool ccm8) {
    std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    if (!context) fail("TLS context");
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context.get(),
                     SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_min_proto_version(context.get(), ccm8 ? TLS1_2_VERSION : TLS1_3_VERSION);
    if (!ccm8) return context;
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set1_groups_list(context.get(), "P-256");
    if (SSL_CTX_set_cipher_list(context.get(), "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0") != 1) fail("cipher suite");
    return context;
}

}  // namespace busbar::bench
