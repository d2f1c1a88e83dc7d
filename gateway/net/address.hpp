// Addresses and URLs as text.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace busbar::net {

std::string address_text(const sockaddr_storage& address);  // "127.0.0.1:80", "[::1]:80"

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = 0;
    bool loopback = false;
};
// From an IP address or "localhost"; throws std::runtime_error with one line for the operator.
SocketAddress listen_address(const std::string& address, std::uint16_t port);

struct Url {
    bool tls = false;
    std::string host;  // without brackets
    std::uint16_t port = 0;
    std::string authority;  // as it belongs into a Host header: the port only if it is not the scheme's own
    std::string target;     // path and query, at least "/"
};
// Of "ws://" or "wss://"; throws std::runtime_error saying what is wrong.
Url parse_websocket_url(std::string_view text);

}  // namespace busbar::net
