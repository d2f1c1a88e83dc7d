// What the tests of this folder share: throw-away certificates, a plain blocking peer that can misbehave in every way,
// and a loop that waits for one event with a bound.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "gateway/net/hub.hpp"
#include "gateway/net/net.hpp"

namespace busbar::net::testing {

constexpr std::int64_t second_us = 1'000'000;

// ---- certificates
// ------------------------------------------------------------------------------------------------------

struct FreeSsl {
    void operator()(X509* x) const { X509_free(x); }
    void operator()(EVP_PKEY* k) const { EVP_PKEY_free(k); }
    void operator()(SSL* s) const { SSL_free(s); }
};

// A P-256 key and its certificate, both also as PEM files.
struct TestCertificate {
    std::unique_ptr<EVP_PKEY, FreeSsl> key;
    std::unique_ptr<X509, FreeSsl> certificate;
    std::string chain_file;
    std::string key_file;
};

inline void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

// For this run; removed at its end.
inline std::string test_folder() {
    struct Folder {
        std::string path = ::testing::TempDir() + "busbar-net-XXXXXX";
        Folder() {
            if (::mkdtemp(path.data()) == nullptr) throw std::runtime_error("no temporary folder");
        }
        ~Folder() {
            std::error_code ignored;
            std::filesystem::remove_all(path, ignored);
        }
    };
    static const Folder folder;
    return folder.path + '/';
}

// `signer` null: an authority that signs itself. `names`: a subjectAltName in OpenSSL's words.
inline TestCertificate make_certificate(const std::string& name, const TestCertificate* signer,
                                        const char* names = nullptr) {
    static long serial = 1;
    TestCertificate made;
    made.key.reset(EVP_EC_gen("P-256"));
    made.certificate.reset(X509_new());
    X509* x = made.certificate.get();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 86'400);
    X509_set_pubkey(x, made.key.get());
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* issuer = signer != nullptr ? signer->certificate.get() : x;
    X509_set_issuer_name(x, X509_get_subject_name(issuer));
    add_extension(x, issuer, NID_basic_constraints, signer != nullptr ? "critical,CA:FALSE" : "critical,CA:TRUE");
    add_extension(x, issuer, NID_key_usage,
                  signer != nullptr ? "critical,digitalSignature" : "critical,keyCertSign,cRLSign");
    add_extension(x, issuer, NID_subject_key_identifier, "hash");
    if (signer != nullptr) add_extension(x, issuer, NID_authority_key_identifier, "keyid");
    if (names != nullptr) add_extension(x, issuer, NID_subject_alt_name, names);
    X509_sign(x, signer != nullptr ? signer->key.get() : made.key.get(), EVP_sha256());
    const std::string base = test_folder() + name + '-' + std::to_string(serial);
    made.chain_file = base + ".pem";
    made.key_file = base + ".key";
    FILE* file = std::fopen(made.chain_file.c_str(), "w");
    PEM_write_X509(file, x);
    std::fclose(file);
    file = std::fopen(made.key_file.c_str(), "w");
    PEM_write_PKCS8PrivateKey(file, made.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    return made;
}

// One authority, a server at localhost, a client; and a second authority that nobody trusts.
struct TestPki {
    TestCertificate authority = make_certificate("authority", nullptr);
    TestCertificate server = make_certificate("localhost", &authority, "DNS:localhost,IP:127.0.0.1");
    TestCertificate client = make_certificate("station-7", &authority);
    TestCertificate stranger = make_certificate("stranger", nullptr);

    ClientTls client_tls(bool with_certificate = false) const {
        ClientTls tls;
        tls.files.ca = authority.chain_file;
        if (with_certificate) {
            tls.files.chains = {client.chain_file};
            tls.files.keys = {client.key_file};
        }
        return tls;
    }
};

inline const TestPki& pki() {
    static const TestPki made;
    return made;
}

inline certs::SslContext server_tls(bool mutual = false, const TestCertificate& own = pki().server) {
    certs::SslContext context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
    SSL_CTX_use_certificate(context.get(), own.certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), own.key.get());
    const unsigned char session_context[] = "net_test";
    SSL_CTX_set_session_id_context(context.get(), session_context, sizeof session_context);
    if (mutual) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context.get()), pki().authority.certificate.get());
        SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    return context;
}

// ---- a peer by hand
// ------------------------------------------------------------------------------------------------------

class RawPeer {
  public:
    explicit RawPeer(std::uint16_t port, bool tls = false, const TestCertificate* own = nullptr) {
        fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        const timeval time{5, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
        ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(port);
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw std::runtime_error("connect");
        if (tls) start_tls(own);
    }
    RawPeer(const RawPeer&) = delete;
    ~RawPeer() { close(); }

    bool send(std::string_view bytes) {
        if (ssl_) return SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())) > 0;
        return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
    }
    // At least one byte more; false at the end or after 5 s.
    bool more() {
        char bytes[16 * 1024];
        const ssize_t count = ssl_ ? SSL_read(ssl_.get(), bytes, sizeof bytes) : ::recv(fd_, bytes, sizeof bytes, 0);
        if (count <= 0) return false;
        got_.append(bytes, static_cast<std::size_t>(count));
        return true;
    }
    // Takes `size` bytes, or what there is until the end.
    std::string take(std::size_t size) {
        while (got_.size() < size && more()) continue;
        std::string taken = got_.substr(0, size);
        got_.erase(0, taken.size());
        return taken;
    }
    std::string take_until(std::string_view mark) {
        while (got_.find(mark) == std::string::npos && more()) continue;
        const std::size_t at = got_.find(mark);
        return take(at == std::string::npos ? got_.size() : at + mark.size());
    }
    // One answer with its head and its body as Content-Length says.
    std::string take_response(bool head_only = false) {
        std::string response = take_until("\r\n\r\n");
        const std::size_t at = response.find("Content-Length: ");
        if (at != std::string::npos && !head_only) response += take(std::stoul(response.substr(at + 16)));
        return response;
    }
    std::string rest() {
        while (more()) continue;
        return std::exchange(got_, {});
    }
    bool at_end() { return got_.empty() && !more(); }
    void half_close() { ::shutdown(fd_, SHUT_WR); }
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        close();
    }
    void close() {
        if (fd_ >= 0) ::close(fd_);
        fd_ = -1;
    }
    int fd() const { return fd_; }
    bool got_close_notify() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }

  private:
    void start_tls(const TestCertificate* own) {
        context_.reset(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
        if (own != nullptr) {
            SSL_CTX_use_certificate(context_.get(), own->certificate.get());
            SSL_CTX_use_PrivateKey(context_.get(), own->key.get());
        }
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_fd(ssl_.get(), fd_);
        SSL_connect(ssl_.get());
    }

    int fd_ = -1;
    std::shared_ptr<SSL_CTX> context_;
    std::unique_ptr<SSL, FreeSsl> ssl_;
    std::string got_;
};

// A client's frame, masked as it must be; `first` is FIN, RSV and opcode.
inline std::string frame(unsigned char first, std::string_view payload, bool masked = true) {
    const char mask[4] = {0x12, 0x34, 0x56, 0x78};
    std::string bytes(1, static_cast<char>(first));
    const unsigned char mask_bit = masked ? 0x80 : 0;
    if (payload.size() < 126) {
        bytes += static_cast<char>(mask_bit | payload.size());
    } else if (payload.size() < 65'536) {
        bytes += static_cast<char>(mask_bit | 126);
        bytes += static_cast<char>(payload.size() >> 8);
        bytes += static_cast<char>(payload.size());
    } else {
        bytes += static_cast<char>(mask_bit | 127);
        for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(payload.size() >> shift);
    }
    if (masked) bytes.append(mask, 4);
    for (std::size_t i = 0; i < payload.size(); ++i)
        bytes += static_cast<char>(payload[i] ^ (masked ? mask[i % 4] : 0));
    return bytes;
}

struct ServerFrame {
    int opcode = -1;  // -1: the connection ended
    std::string payload;
    int close_code() const {
        return payload.size() < 2
                   ? 0
                   : static_cast<unsigned char>(payload[0]) << 8 | static_cast<unsigned char>(payload[1]);
    }
};

inline ServerFrame take_frame(RawPeer& peer) {
    const std::string head = peer.take(2);
    if (head.size() < 2) return {};
    std::size_t size = static_cast<unsigned char>(head[1]);
    if (size >= 126) {
        const std::string longer = peer.take(size == 126 ? 2 : 8);
        size = 0;
        for (const char c : longer) size = size << 8 | static_cast<unsigned char>(c);
    }
    return {head[0] & 0x0f, peer.take(size)};
}

inline std::string handshake_text(const std::string& more_headers = {}) {
    return "GET /ocpp/CP1 HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
           "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
           more_headers + "\r\n";
}

// ---- the loop
// ------------------------------------------------------------------------------------------------------------

class Loop {
  public:
    explicit Loop(unsigned io_threads = 1) : network(io_threads) {}

    Network network;

    // The next event of that kind, keeping others for later; throws after `within_us`.
    template <class Kind>
    Kind next(std::int64_t within_us = 5 * second_us) {
        if (auto found = next_if_any<Kind>(within_us)) return std::move(*found);
        throw std::runtime_error("the expected event did not come");
    }

    template <class Kind>
    std::optional<Kind> next_if_any(std::int64_t within_us) {
        const std::int64_t until = steady_us() + within_us;
        for (;;) {
            for (auto it = events.begin(); it != events.end(); ++it) {
                if (!std::holds_alternative<Kind>(*it)) continue;
                Kind found = std::get<Kind>(std::move(*it));
                events.erase(it);
                return found;
            }
            const std::int64_t left = until - steady_us();
            if (left <= 0) return std::nullopt;
            std::vector<Event> come;
            network.wait(left, come);
            for (Event& event : come) events.push_back(std::move(event));
        }
    }

    ListenerInfo listen(certs::SslContext tls = {}, const Limits& limits = {}) {
        ListenOptions options;
        options.name = "test";
        options.tls = std::move(tls);
        options.limits = limits;
        return network.listen(options);
    }

    // A WebSocket by hand: handshake, accepted without a subprotocol. Its id.
    ConnectionId open_websocket(RawPeer& peer) {
        peer.send(handshake_text());
        const ConnectionId id = next<RequestArrived>().connection;
        network.accept_websocket(id, "");
        EXPECT_TRUE(peer.take_until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
        return id;
    }

    std::deque<Event> events;
};

inline Text text_of(std::string text) {
    return std::make_shared<const std::string>(std::move(text));
}

}  // namespace busbar::net::testing
