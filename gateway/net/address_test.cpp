// Addresses and URLs as text.
#include "gateway/net/address.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "gateway/net/resolver.hpp"

namespace busbar::net {
namespace {

TEST(Address, listen_addresses) {
    EXPECT_TRUE(listen_address("127.0.0.1", 80).loopback);
    EXPECT_TRUE(listen_address("localhost", 80).loopback);
    EXPECT_TRUE(listen_address("::1", 80).loopback);
    EXPECT_FALSE(listen_address("0.0.0.0", 80).loopback);
    EXPECT_FALSE(listen_address("::", 80).loopback);
    EXPECT_EQ(address_text(listen_address("::1", 8080).storage), "[::1]:8080");
    EXPECT_EQ(address_text(listen_address("127.0.0.2", 1).storage), "127.0.0.2:1");
    EXPECT_EQ(address_text(listen_address("::ffff:10.0.0.1", 1).storage), "10.0.0.1:1");
    EXPECT_THROW(listen_address("example.com", 80), std::runtime_error);
    EXPECT_THROW(listen_address("", 80), std::runtime_error);
}

TEST(Address, websocket_urls) {
    const Url plain = parse_websocket_url("ws://host:9000/a/b?c=d#e");
    EXPECT_FALSE(plain.tls);
    EXPECT_EQ(plain.host, "host");
    EXPECT_EQ(plain.port, 9000);
    EXPECT_EQ(plain.authority, "host:9000");
    EXPECT_EQ(plain.target, "/a/b?c=d");

    const Url tls = parse_websocket_url("wss://host");
    EXPECT_TRUE(tls.tls);
    EXPECT_EQ(tls.port, 443);
    EXPECT_EQ(tls.authority, "host");
    EXPECT_EQ(tls.target, "/");

    const Url v6 = parse_websocket_url("wss://[::1]:444?x");
    EXPECT_EQ(v6.host, "::1");
    EXPECT_EQ(v6.authority, "[::1]:444");
    EXPECT_EQ(v6.target, "/?x");
}

TEST(Address, broken_urls_are_refused) {
    for (const char* url : {"http://h/", "ws://", "ws:///x", "ws://h:0/", "ws://h:99999/", "ws://h:x/", "ws://[::1/",
                            "ws://u:p@h/", "ws://h/a b", "ws://h/\r\nX:", "ws://[::1]x/"}) {
        EXPECT_THROW(parse_websocket_url(url), std::runtime_error) << url;
    }
}

TEST(Address, literals_need_no_lookup) {
    EXPECT_EQ(literal_addresses("127.0.0.1").size(), 1u);
    EXPECT_EQ(literal_addresses("::1").size(), 1u);
    EXPECT_EQ(literal_addresses("localhost").size(), 2u);
    EXPECT_TRUE(literal_addresses("example.com").empty());
}

}  // namespace
}  // namespace busbar::net
