// Every profile of certs/ on real sockets: our server's context, and both of our clients under the same profile's
// terms.
#include <gmock/gmock.h>

#include <filesystem>

#include "certs/authority.hpp"
#include "gateway/net/test_support.hpp"

namespace busbar::net {
namespace {

using certs::Kind;
using certs::TlsProfile;
using ::testing::HasSubstr;
using testing::Loop;
using testing::second_us;
using testing::text_of;

struct Case {
    const char* name;
    TlsProfile server;
    TlsProfile client;
    Kind server_kind;
    Kind client_kind;
    bool mutual;
};

const Case cases[] = {
    {"ocpp_basic", TlsProfile::ocpp_basic, TlsProfile::ocpp_basic, Kind::ocpp_server_ecdsa, Kind::ocpp_station, false},
    {"ocpp_mutual", TlsProfile::ocpp_mutual, TlsProfile::ocpp_mutual, Kind::ocpp_server_ecdsa, Kind::ocpp_station,
     true},
    {"ocpp_mutual_rsa", TlsProfile::ocpp_mutual, TlsProfile::ocpp_mutual, Kind::ocpp_server_rsa, Kind::ocpp_station_rsa,
     true},
    {"openadr3", TlsProfile::openadr3, TlsProfile::openadr3, Kind::openadr_vtn_ecdsa, Kind::openadr_ven_ecdsa, false},
    {"openadr2b", TlsProfile::openadr2b, TlsProfile::openadr2b, Kind::openadr_vtn_ecdsa, Kind::openadr_ven_ecdsa, true},
    {"openadr2b_rsa", TlsProfile::openadr2b, TlsProfile::openadr2b, Kind::openadr_vtn_rsa, Kind::openadr_ven_rsa, true},
    {"ieee2030_5", TlsProfile::ieee2030_5, TlsProfile::ieee2030_5, Kind::ieee2030_5_server, Kind::ieee2030_5_device,
     true},
    {"internet", TlsProfile::openadr3, TlsProfile::internet, Kind::openadr_vtn_rsa, Kind::openadr_ven_rsa, false},
};

const std::string& authority() {
    static const std::string directory = [] {
        const std::string made = testing::test_folder() + "authority";
        certs::init_test_authority(made, {});
        return made;
    }();
    return directory;
}

// What the client knows: its own certificate where one is due, and the authority that the server's comes from.
ClientTls client_tls(const Case& c) {
    ClientTls tls{c.client, certs::files_of(authority(), c.client_kind, "example").tls()};
    if (!c.mutual) tls.files.chains.clear();
    if (!c.mutual) tls.files.keys.clear();
    return tls;
}

certs::SslContext server_context(const Case& c) {
    return certs::server_context(c.server, certs::files_of(authority(), c.server_kind).tls());
}

TEST(Profiles, http_client_and_server_meet_under_each) {
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        Loop loop;
        ClientRequest request;
        request.base_url = "https://localhost:" + std::to_string(loop.listen(server_context(c)).port);
        request.tls = client_tls(c);
        request.timeout_us = 5 * second_us;
        loop.network.request(request);
        const auto arrived = loop.next_if_any<RequestArrived>(5 * second_us);
        if (!arrived) FAIL() << loop.next<RequestFailed>().reason << " / " << loop.next<PeerRefused>().reason;
        EXPECT_EQ(arrived->peer.certificate.has_value(), c.mutual);
        loop.network.respond(arrived->connection, {200, {}, "met"});
        EXPECT_EQ(loop.next<ResponseArrived>().response.body, "met");
    }
}

TEST(Profiles, websocket_client_and_server_meet_under_each) {
    for (const Case& c : cases) {
        SCOPED_TRACE(c.name);
        Loop loop;
        SocketRequest request;
        request.url = "wss://localhost:" + std::to_string(loop.listen(server_context(c)).port) + '/';
        request.tls = client_tls(c);
        const ConnectionId client = loop.network.connect_websocket(request);
        const auto arrived = loop.next_if_any<RequestArrived>(5 * second_us);
        if (!arrived) FAIL() << loop.next<ConnectionClosed>().reason;
        EXPECT_EQ(arrived->peer.certificate.has_value(), c.mutual);
        loop.network.accept_websocket(arrived->connection, "");
        loop.next<SocketConnected>();
        loop.network.send(client, text_of("met"));
        EXPECT_EQ(loop.next<TextArrived>().text, "met");
    }
}

TEST(Profiles, client_of_another_authority_is_refused) {
    Loop loop;
    const Case& c = cases[6];
    ClientRequest request;
    request.base_url = "https://localhost:" + std::to_string(loop.listen(server_context(c)).port);
    request.tls = client_tls(c);
    request.tls.files.chains = {testing::pki().client.chain_file};
    request.tls.files.keys = {testing::pki().client.key_file};
    request.timeout_us = 5 * second_us;
    loop.network.request(request);
    EXPECT_THAT(loop.next<PeerRefused>().reason, HasSubstr("certificate verify failed"));
    EXPECT_THAT(loop.next<RequestFailed>().reason, HasSubstr("TLS"));
}

TEST(Profiles, only_internet_trusts_the_system) {
    Loop loop;
    ClientRequest request;
    request.base_url = "https://localhost:1";
    request.tls.profile = TlsProfile::openadr3;
    loop.network.request(request);
    EXPECT_THAT(loop.next<RequestFailed>().reason, HasSubstr("no certificate authority"));
}

}  // namespace
}  // namespace busbar::net
