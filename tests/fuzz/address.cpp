// Any bytes as an address to listen on, as a socket's own address, and as the URL of a WebSocket. What is taken says
// what it is, and reads the same again.
#include <cstring>
#include <stdexcept>

#include "gateway/net/address.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

void listen(const std::string& text) {
    try {
        const net::SocketAddress address = net::listen_address(text, 80);
        require(address.size > 0 && net::address_text(address.storage).ends_with(":80"));
    } catch (const std::runtime_error&) {
    }
}

void url(std::string_view text) {
    net::Url first;
    try {
        first = net::parse_websocket_url(text);
    } catch (const std::runtime_error&) {
        return;
    }
    require(!first.host.empty() && first.port != 0 && first.target.starts_with('/'));
    const net::Url second = net::parse_websocket_url((first.tls ? "wss://" : "ws://") + first.authority + first.target);
    require(second.tls == first.tls && second.host == first.host && second.port == first.port);
    require(second.authority == first.authority && second.target == first.target);
}

void socket(std::string_view bytes) {
    sockaddr_storage storage{};
    std::memcpy(&storage, bytes.data(), std::min(bytes.size(), sizeof storage));
    require(net::address_text(storage).find(':') != std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    listen(std::string(text));
    url(text);
    if (size > 0) socket(text);
    return 0;
}
