// The floor: what a server must do at the least for the bytes that a row moves. One epoll, OpenSSL on the descriptor,
// no gateway logic: a WebSocket message is answered with an empty result under the same id, a GET with the same bytes
// each time. A message that begins with '!' is the raw loop of a fan-out: what follows goes to every other WebSocket.
//
//     bench_floor PORT plain
//     bench_floor PORT tls13|mutual|ccm8 CHAIN KEY CA lean|defaults [BODY]
//
// `lean` is OpenSSL as the gateway could set it at best (buffers released, whole records in one read, no tickets);
// `defaults` is what one gets without a thought.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t scratch_bytes = 64 * 1024;

enum class Phase : unsigned char { handshaking, http, websocket };

struct Connection {
    int fd = -1;
    Phase phase = Phase::http;
    bool waits_to_write = false;
    SSL* ssl = nullptr;
    std::string partial;  // input that is not whole yet
    std::string out;      // what the socket did not take at once
};

struct Floor {
    int epoll = -1;
    int listener = -1;
    SSL_CTX* context = nullptr;
    std::string page;
    std::vector<Connection*> sockets;
    std::array<char, scratch_bytes> scratch{};
};

[[noreturn]] void fail(const char* what) {
    std::perror(what);
    ERR_print_errors_fp(stderr);
    std::exit(1);
}

void watch(Floor& floor, Connection& connection, bool for_writing) {
    if (connection.waits_to_write == for_writing) return;
    connection.waits_to_write = for_writing;
    epoll_event event{};
    event.events = EPOLLIN | (for_writing ? EPOLLOUT : 0U);
    event.data.ptr = &connection;
    ::epoll_ctl(floor.epoll, EPOLL_CTL_MOD, connection.fd, &event);
}

void drop(Floor& floor, Connection& connection) {
    std::erase(floor.sockets, &connection);
    SSL_free(connection.ssl);
    ::close(connection.fd);
    delete &connection;
}

ssize_t write_some(Connection& connection, const char* data, std::size_t size) {
    if (connection.ssl == nullptr) return ::send(connection.fd, data, size, MSG_NOSIGNAL);
    return SSL_write(connection.ssl, data, static_cast<int>(size));
}

void write(Floor& floor, Connection& connection, std::string_view data) {
    if (!connection.out.empty()) {
        connection.out += data;
        return;
    }
    const ssize_t bytes = write_some(connection, data.data(), data.size());
    const std::size_t sent = bytes > 0 ? static_cast<std::size_t>(bytes) : 0;
    if (sent == data.size()) return;
    connection.out = data.substr(sent);
    watch(floor, connection, true);
}

void flush(Floor& floor, Connection& connection) {
    const ssize_t bytes = write_some(connection, connection.out.data(), connection.out.size());
    if (bytes > 0) connection.out.erase(0, static_cast<std::size_t>(bytes));
    if (connection.out.empty()) watch(floor, connection, false);
}

// ---- HTTP and WebSocket, as little as there must be ----------------------------------------------------------------

std::string accept_of(std::string_view key) {
    const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
    SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
    std::array<unsigned char, 4 * (SHA_DIGEST_LENGTH + 2) / 3 + 1> encoded{};
    const int size = EVP_EncodeBlock(encoded.data(), digest.data(), SHA_DIGEST_LENGTH);
    return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(size)};
}

std::string_view header(std::string_view head, std::string_view name) {
    auto at = head.find(name);
    if (at == std::string_view::npos) return {};
    at += name.size();
    return head.substr(at, head.find('\r', at) - at);
}

std::size_t take_request(Floor& floor, Connection& connection, std::string_view data) {
    const auto end = data.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    const std::string_view key = header(data.substr(0, end + 2), "Sec-WebSocket-Key: ");
    if (key.empty()) {
        write(floor, connection, floor.page);
    } else {
        write(
            floor, connection,
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
                accept_of(key) + "\r\n\r\n");
        connection.phase = Phase::websocket;
        floor.sockets.push_back(&connection);
    }
    return end + 4;
}

std::string frame_of(std::string_view text) {
    std::string frame(1, static_cast<char>(0x81));
    if (text.size() < 126) {
        frame += static_cast<char>(text.size());
    } else {
        frame += static_cast<char>(126);
        frame += static_cast<char>(text.size() >> 8);
        frame += static_cast<char>(text.size() & 0xff);
    }
    frame += text;
    return frame;
}

void take_text(Floor& floor, Connection& connection, std::string_view text) {
    if (text.starts_with('!')) {
        const std::string frame = frame_of(text.substr(1));
        for (Connection* other : floor.sockets)
            if (other != &connection) write(floor, *other, frame);
        return;
    }
    const auto begin = text.find('"');  // [2,"id",…
    const auto end = text.find('"', begin + 1);
    if (end == std::string_view::npos) return;
    std::array<char, 128> answer{};
    const int size = std::snprintf(answer.data(), answer.size(), "[3,%.*s,{}]", static_cast<int>(end + 1 - begin),
                                   text.data() + begin);
    write(floor, connection, frame_of({answer.data(), static_cast<std::size_t>(size)}));
}

// Eight bytes at a time: a byte-wise loop would be a floor that is easy to beat.
void unmask(char* data, std::size_t size, const char* mask) {
    std::uint64_t wide = 0;
    std::memcpy(&wide, mask, 4);
    std::memcpy(reinterpret_cast<char*>(&wide) + 4, mask, 4);
    std::size_t at = 0;
    for (; at + 8 <= size; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, data + at, 8);
        word ^= wide;
        std::memcpy(data + at, &word, 8);
    }
    for (; at < size; ++at) data[at] = static_cast<char>(data[at] ^ mask[at % 4]);
}

std::size_t take_frame(Floor& floor, Connection& connection, char* data, std::size_t size) {
    if (size < 6) return 0;
    std::size_t length = static_cast<unsigned char>(data[1]) & 0x7f;
    std::size_t head = 2;
    if (length == 126) {
        length =
            static_cast<std::size_t>(static_cast<unsigned char>(data[2])) << 8 | static_cast<unsigned char>(data[3]);
        head = 4;
    }
    if (size < head + 4 + length) return 0;
    char* text = data + head + 4;
    unmask(text, length, data + head);
    if ((data[0] & 0x0f) == 1) take_text(floor, connection, {text, length});
    return head + 4 + length;
}

void take(Floor& floor, Connection& connection, char* data, std::size_t size) {
    std::string joined;
    if (!connection.partial.empty()) {
        joined = std::move(connection.partial.append(data, size));
        connection.partial.clear();
        data = joined.data();
        size = joined.size();
    }
    while (size > 0) {
        const std::size_t used = connection.phase == Phase::http ? take_request(floor, connection, {data, size})
                                                                 : take_frame(floor, connection, data, size);
        if (used == 0) break;
        data += used;
        size -= used;
    }
    if (size > 0) connection.partial.assign(data, size);
}

// ---- the loop ------------------------------------------------------------------------------------------------------

void accept_all(Floor& floor) {
    while (true) {
        const int fd = ::accept4(floor.listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        const int on = 1;
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto* connection = new Connection;
        connection->fd = fd;
        if (floor.context != nullptr) {
            connection->phase = Phase::handshaking;
            connection->ssl = SSL_new(floor.context);
            SSL_set_fd(connection->ssl, fd);
            SSL_set_accept_state(connection->ssl);
        }
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = connection;
        ::epoll_ctl(floor.epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

// False: the connection is gone.
bool read_all(Floor& floor, Connection& connection) {
    while (true) {
        const std::size_t room = floor.scratch.size();
        const ssize_t bytes = connection.ssl == nullptr
                                  ? ::recv(connection.fd, floor.scratch.data(), room, 0)
                                  : SSL_read(connection.ssl, floor.scratch.data(), static_cast<int>(room));
        if (bytes > 0) {
            take(floor, connection, floor.scratch.data(), static_cast<std::size_t>(bytes));
            // A short read has emptied the socket: asking again would only be told so.
            const bool more = connection.ssl != nullptr ? SSL_has_pending(connection.ssl) == 1
                                                        : static_cast<std::size_t>(bytes) == room;
            if (!more) return true;
            continue;
        }
        return connection.ssl != nullptr ? SSL_get_error(connection.ssl, static_cast<int>(bytes)) == SSL_ERROR_WANT_READ
                                         : bytes < 0 && errno == EAGAIN;
    }
}

void serve(Floor& floor, Connection& connection, unsigned events) {
    ERR_clear_error();
    if (connection.phase == Phase::handshaking) {
        const int result = SSL_do_handshake(connection.ssl);
        if (result != 1) {
            if (SSL_get_error(connection.ssl, result) != SSL_ERROR_WANT_READ) drop(floor, connection);
            return;
        }
        connection.phase = Phase::http;
        if (SSL_has_pending(connection.ssl) == 0) return;
    }
    if ((events & EPOLLOUT) != 0) flush(floor, connection);
    if ((events & ~EPOLLOUT) != 0 && !read_all(floor, connection)) drop(floor, connection);
}

SSL_CTX* context_of(std::string_view mode, char** files, bool lean) {
    SSL_CTX* context = SSL_CTX_new(TLS_server_method());
    const bool ccm8 = mode == "ccm8";
    SSL_CTX_set_min_proto_version(context, ccm8 ? TLS1_2_VERSION : TLS1_3_VERSION);
    if (ccm8) {
        SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
        SSL_CTX_set1_groups_list(context, "P-256");
        if (SSL_CTX_set_cipher_list(context, "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0") != 1) fail("cipher suite");
    }
    if (SSL_CTX_use_certificate_chain_file(context, files[0]) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, files[1], SSL_FILETYPE_PEM) != 1)
        fail("certificate");
    if (mode != "tls13") {
        if (SSL_CTX_load_verify_locations(context, files[2], nullptr) != 1) fail("CA file");
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
        SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>("floor"), 5);
    }
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (!lean) return context;
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context, 1);
    SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    return context;
}

int listening_socket(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 || ::listen(fd, 4096) != 0)
        fail("listen");
    return fd;
}

}  // namespace

int main(int count, char** words) {
    static Floor floor;
    const std::string_view mode = count > 2 ? words[2] : "";
    if (mode != "plain" && count < 7) {
        std::fprintf(stderr,
                     "usage: bench_floor PORT plain | PORT tls13|mutual|ccm8 CHAIN KEY CA lean|defaults [BODY]\n");
        return 2;
    }
    std::signal(SIGPIPE, SIG_IGN);
    if (mode != "plain") floor.context = context_of(mode, words + 3, std::string_view(words[6]) == "lean");
    if (count > 7) {
        std::ifstream file(words[7], std::ios::binary);
        floor.page.assign(std::istreambuf_iterator<char>(file), {});
    }
    floor.epoll = ::epoll_create1(EPOLL_CLOEXEC);
    floor.listener = listening_socket(static_cast<std::uint16_t>(std::atoi(words[1])));
    epoll_event event{};
    event.events = EPOLLIN;
    ::epoll_ctl(floor.epoll, EPOLL_CTL_ADD, floor.listener, &event);
    std::array<epoll_event, 256> events{};
    while (true) {
        const int ready = ::epoll_wait(floor.epoll, events.data(), static_cast<int>(events.size()), -1);
        for (int i = 0; i < ready; ++i) {
            const epoll_event& one = events[static_cast<std::size_t>(i)];
            if (one.data.ptr == nullptr) {
                accept_all(floor);
            } else {
                serve(floor, *static_cast<Connection*>(one.data.ptr), one.events);
            }
        }
    }
}
