// The load generator: client connections on one epoll, plain or with OpenSSL directly on the descriptor. It does not
// verify the server's certificate: what is measured is the other side.
#pragma once

#include <openssl/ssl.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace busbar::bench {

class Load;

// How a connection shows itself; null members: plain, no certificate, no session to resume.
struct ClientSecurity {
    SSL_CTX* context = nullptr;
    X509* certificate = nullptr;
    EVP_PKEY* key = nullptr;
    SSL_SESSION* session = nullptr;
};

// One connection; what it does on top is a derived class.
class Link {
  public:
    virtual ~Link();
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;

    virtual void opened() = 0;  // TCP and TLS stand
    virtual void received(std::string_view bytes) = 0;
    virtual void lost();  // throws: in a benchmark no connection may be lost

    void send(std::string_view bytes);
    bool open() const { return phase_ == Phase::open; }
    SSL* ssl() const { return ssl_; }
    void close();  // in order: close_notify, FIN
    void reset();  // RST, so that ten thousand ports do not linger

  private:
    friend class Load;
    enum class Phase { idle, connecting, handshaking, open };
    void ready(unsigned events);
    void handshake();
    void read();
    void flush();
    void watch(bool for_writing);
    void forget();

    Load* load_ = nullptr;
    int fd_ = -1;
    SSL* ssl_ = nullptr;
    Phase phase_ = Phase::idle;
    bool writing_ = false;
    std::string out_;
};

class Load {
  public:
    Load();
    ~Load();
    Load(const Load&) = delete;
    Load& operator=(const Load&) = delete;

    void connect(Link& link, std::uint16_t port, const ClientSecurity& security = {});
    // Works until `done` says so; throws std::runtime_error, naming `what`, if that takes longer.
    void run(const char* what, double seconds, const std::function<bool()>& done);
    // Opens `count` links, at most `at_once` under way: open(i) starts one, finished() tells how many are through.
    void open_all(std::size_t count, const std::function<void(std::size_t)>& open,
                  const std::function<std::size_t()>& finished, std::size_t at_once = 128);
    void rest(double quiet_seconds);  // until nothing has come for that long

  private:
    friend class Link;
    void turn(int wait_ms);

    int epoll_ = -1;
    std::vector<char> scratch_;
    std::chrono::steady_clock::time_point last_read_{};
};

// Of TLS 1.3, or (ccm8) of TLS 1.2 with ECDHE-ECDSA-AES128-CCM8 alone.
std::shared_ptr<SSL_CTX> client_context(bool ccm8 = false);

}  // namespace busbar::bench
