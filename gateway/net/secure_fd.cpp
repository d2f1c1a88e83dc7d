// See secure_fd.hpp.
#include "gateway/net/secure_fd.hpp"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace busbar::net {

namespace {

constexpr std::size_t record_bytes = 16 * 1024;  // the most that one TLS record carries

bool is_address(const std::string& host) {
    std::array<unsigned char, 16> bytes{};
    return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

bool expect_host(SSL* ssl, const std::string& host) {
    X509_VERIFY_PARAM* rules = SSL_get0_param(ssl);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1;
    X509_VERIFY_PARAM_set_hostflags(rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return SSL_set_tlsext_host_name(ssl, host.c_str()) == 1 && SSL_set1_host(ssl, host.c_str()) == 1;
}

// The words of the first error that OpenSSL queued; for a certificate that does not verify, why.
std::string openssl_words(const SSL* ssl) {
    const unsigned long code = ERR_peek_error();
    const char* words = ERR_reason_error_string(code);
    std::string text = words != nullptr ? words : "TLS error " + std::to_string(code);
    const long verified = SSL_get_verify_result(ssl);
    if (ERR_GET_REASON(code) == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
        text += std::string(": ") + X509_verify_cert_error_string(verified);
    }
    return text;
}

}  // namespace

void SecureFd::Free::operator()(ssl_st* ssl) const {
    SSL_free(ssl);
}

bool SecureFd::use_tls(const certs::SslContext& context, TlsRole role, const std::string& host) {
    ERR_clear_error();
    ssl_.reset(SSL_new(context.get()));
    if (!ssl_ || SSL_set_fd(ssl_.get(), fd_) != 1) {
        failure_ = "no memory for a TLS connection";
        return false;
    }
    SSL_set_mode(ssl_.get(),
                 SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_set_read_ahead(ssl_.get(), 1);  // a record's head and body in one system call
    if (role == TlsRole::server) {
        SSL_set_accept_state(ssl_.get());
        return true;
    }
    SSL_set_connect_state(ssl_.get());
    if (expect_host(ssl_.get(), host)) return true;
    failure_ = "the host name \"" + host + "\" cannot be checked against a certificate";
    return false;
}

IoState SecureFd::state_of_errno() {
    if (errno == EAGAIN || errno == EWOULDBLOCK) return IoState::want_read;
    failure_ = std::strerror(errno);
    broken_ = true;
    return IoState::failed;
}

IoState SecureFd::state_of(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ:
            return IoState::want_read;
        case SSL_ERROR_WANT_WRITE:
            return IoState::want_write;
        case SSL_ERROR_ZERO_RETURN:
            return IoState::closed;
        case SSL_ERROR_SYSCALL:
            broken_ = true;
            if (errno == 0) return IoState::closed;
            failure_ = std::strerror(errno);
            return IoState::failed;
        default:
            broken_ = true;
            if (ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) return IoState::closed;
            failure_ = openssl_words(ssl_.get());
            return IoState::failed;
    }
}

IoState SecureFd::handshake() {
    if (!ssl_) return IoState::done;
    ERR_clear_error();
    errno = 0;
    const int result = SSL_do_handshake(ssl_.get());
    return result == 1 ? IoState::done : state_of(result);
}

IoResult SecureFd::read(void* data, std::size_t size) {
    if (ssl_) {
        ERR_clear_error();
        errno = 0;
        std::size_t bytes = 0;
        const int result = SSL_read_ex(ssl_.get(), data, size, &bytes);
        return result == 1 ? IoResult{IoState::done, bytes} : IoResult{state_of(result), 0};
    }
    const ssize_t bytes = ::recv(fd_, data, size, 0);
    if (bytes > 0) return {IoState::done, static_cast<std::size_t>(bytes)};
    return {bytes == 0 ? IoState::closed : state_of_errno(), 0};
}

IoResult SecureFd::write(const iovec* parts, std::size_t count) {
    if (ssl_) return write_tls(parts, count);
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = count;
    const ssize_t bytes = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
    if (bytes >= 0) return {IoState::done, static_cast<std::size_t>(bytes)};
    const IoState state = state_of_errno();
    return {state == IoState::want_read ? IoState::want_write : state, 0};
}

// Small parts become one record: a frame's head must not cost a record and a system call of its own.
IoResult SecureFd::write_tls(const iovec* parts, std::size_t count) {
    const void* data = nullptr;
    std::size_t size = 0;
    std::array<char, record_bytes> record;
    if (count == 1 || (count > 0 && parts[0].iov_len >= record_bytes)) {
        data = parts[0].iov_base;
        size = std::min(parts[0].iov_len, record_bytes);
    } else {
        for (std::size_t i = 0; i < count && size < record_bytes; ++i) {
            const std::size_t some = std::min(parts[i].iov_len, record_bytes - size);
            if (some != 0) std::memcpy(record.data() + size, parts[i].iov_base, some);
            size += some;
        }
        data = record.data();
    }
    if (size == 0) return {IoState::done, 0};
    ERR_clear_error();
    errno = 0;
    std::size_t bytes = 0;
    const int result = SSL_write_ex(ssl_.get(), data, size, &bytes);
    return result == 1 ? IoResult{IoState::done, bytes} : IoResult{state_of(result), 0};
}

bool SecureFd::pending() const {
    return ssl_ && SSL_has_pending(ssl_.get()) == 1;
}

void SecureFd::finish_sending() {
    if (ssl_ && !broken_ && SSL_is_init_finished(ssl_.get())) {
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
    }
    ::shutdown(fd_, SHUT_WR);
}

}  // namespace busbar::net
