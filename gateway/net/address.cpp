// See address.hpp.
#include "gateway/net/address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <charconv>
#include <stdexcept>

namespace busbar::net {

std::string address_text(const sockaddr_storage& address) {
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
        ::inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
        return std::string(text) + ':' + std::to_string(ntohs(v4.sin_port));
    }
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
        ::inet_ntop(AF_INET, &v6.sin6_addr.s6_addr[12], text, sizeof text);
        return std::string(text) + ':' + std::to_string(ntohs(v6.sin6_port));
    }
    ::inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return '[' + std::string(text) + "]:" + std::to_string(ntohs(v6.sin6_port));
}

SocketAddress listen_address(const std::string& address, std::uint16_t port) {
    const std::string text = address == "localhost" ? "127.0.0.1" : address;
    SocketAddress result;
    auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
    auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
    if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(port);
        result.size = sizeof v4;
        result.loopback = ntohl(v4.sin_addr.s_addr) >> 24 == 127;
    } else if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(port);
        result.size = sizeof v6;
        result.loopback = IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr);
    } else {
        throw std::runtime_error('"' + address +
                                 "\" is not an IP address to listen on; expected one such as 127.0.0.1, ::1 "
                                 "or 0.0.0.0");
    }
    return result;
}

Url parse_websocket_url(std::string_view text) {
    const auto bad = [text](const char* why) {
        return std::runtime_error("\"" + std::string(text) + "\" is not a WebSocket URL: " + why);
    };
    Url url;
    std::string_view rest = text;
    if (rest.starts_with("wss://")) {
        url.tls = true;
        rest.remove_prefix(6);
    } else if (rest.starts_with("ws://")) {
        rest.remove_prefix(5);
    } else {
        throw bad("it must begin with ws:// or wss://");
    }
    const std::size_t path = std::min(rest.find_first_of("/?#"), rest.size());
    std::string_view authority = rest.substr(0, path);
    url.target = std::string(rest.substr(path, rest.find('#') - path));
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    for (const char c : text) {
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f) throw bad("it has blanks or control characters");
    }
    if (authority.find('@') != std::string_view::npos) throw bad("credentials belong into a header, not into the URL");

    std::string_view port;
    if (authority.starts_with('[')) {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos) throw bad("the bracket of the IPv6 address is not closed");
        url.host = std::string(authority.substr(1, end - 1));
        port = authority.substr(end + 1);
    } else {
        const std::size_t colon = std::min(authority.find(':'), authority.size());
        url.host = std::string(authority.substr(0, colon));
        port = authority.substr(colon);
    }
    if (url.host.empty()) throw bad("it names no host");
    const std::uint16_t usual = url.tls ? 443 : 80;
    url.port = usual;
    if (!port.empty()) {
        const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), url.port);
        if (port.front() != ':' || error != std::errc() || end != port.data() + port.size() || url.port == 0) {
            throw bad("the port is not a number from 1 to 65535");
        }
    }
    url.authority = authority.starts_with('[') ? '[' + url.host + ']' : url.host;
    if (url.port != usual) url.authority += ':' + std::to_string(url.port);
    return url;
}

}  // namespace busbar::net
