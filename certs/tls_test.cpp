#include "certs/tls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "certs/device_profile.hpp"
#include "certs/handshake_test.hpp"
#include "certs/profiles.hpp"
#include "certs/session_store.hpp"

namespace busbar::certs {
namespace {

using namespace testing;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

TlsFiles ocpp_files() {
    return paths_of(authority()).ocpp_server;
}
TlsFiles openadr_files() {
    return paths_of(authority()).openadr_server;
}
TlsFiles ieee2030_5_files() {
    return paths_of(authority()).ieee2030_5_server;
}
TlsFiles trust_only(Kind kind, const std::string& directory = authority()) {
    return {{}, {}, files_of(directory, kind).ca};
}

SslContext client_with_suites(TlsProfile profile, const TlsFiles& files, const char* suites) {
    SslContext context = client_context(profile, files);
    SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
    if (SSL_CTX_set_cipher_list(context.get(), suites) != 1) throw std::runtime_error(suites);
    return context;
}

// A certificate of `kind` that is valid in [from, until] seconds from now; its files lie in `folder`.
TlsFiles issued_for(Kind kind, const std::string& name, std::int64_t from_s, std::int64_t until_s) {
    const std::int64_t now_us = static_cast<std::int64_t>(std::time(nullptr)) * 1'000'000;
    IssueRequest request;
    request.kind = kind;
    request.name = name;
    request.not_before_us = now_us + from_s * 1'000'000;
    request.not_after_us = now_us + until_s * 1'000'000;
    return issue(authority(), request).tls();
}

// Our contexts refuse their own expired certificate, so a peer that has one is built by hand.
SslContext careless_client(TlsProfile profile, const TlsFiles& files) {
    SslContext context = client_context(profile, example(profile == TlsProfile::ieee2030_5  ? Kind::ieee2030_5_device
                                                         : profile == TlsProfile::openadr2b ? Kind::openadr_ven_ecdsa
                                                                                            : Kind::ocpp_station));
    SSL_CTX_use_certificate_chain_file(context.get(), files.chains[0].c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), files.keys[0].c_str(), SSL_FILETYPE_PEM);
    return context;
}

// A client of the profile without any certificate.
SslContext anonymous_client(TlsProfile profile, const TlsFiles& trust) {
    SslContext context = client_context(TlsProfile::internet, {{}, {}, trust.ca});
    const ProfileTerms& terms = terms_of(profile);
    SSL_CTX_set_cipher_list(context.get(), std::string(terms.cipher_list).c_str());
    SSL_CTX_set_max_proto_version(context.get(), terms.highest_version);
    return context;
}

// ---- ieee2030_5
// ------------------------------------------------------------------------------------------------------

TEST(TlsIeee2030_5, device_and_server_agree_on_ccm8) {
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()),
                                      client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device)));
    ASSERT_TRUE(outcome.done) << outcome.server_failure << " / " << outcome.client_failure;
    EXPECT_EQ(outcome.cipher, "ECDHE-ECDSA-AES128-CCM8");
    EXPECT_EQ(outcome.version, "TLSv1.2");
    ASSERT_TRUE(outcome.client_seen);
    EXPECT_EQ(*outcome.client_seen, identity_of_file(files_of(authority(), Kind::ieee2030_5_device, "example").chain));
    ASSERT_TRUE(outcome.server_seen);
    EXPECT_EQ(outcome.server_seen->lfdi, identity_of_file(ieee2030_5_files().chains[0]).lfdi);
}

TEST(TlsIeee2030_5, key_exchange_is_on_p256) {
    const SslContext server = server_context(TlsProfile::ieee2030_5, ieee2030_5_files());
    const SslContext client = client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device));
    SSL_CTX_set1_groups_list(client.get(), "X25519:P-256");
    EXPECT_EQ(handshake(server, client).key_exchange, "EC P-256");
}

TEST(TlsIeee2030_5, a_device_that_sends_only_its_own_certificate_is_verified) {
    Folder folder;
    const TlsFiles whole = example(Kind::ieee2030_5_device);
    const auto chain = read_certificates(whole.chains[0]);
    write_text(folder / "leaf.pem", pem_text(chain[0].get()));
    const SslContext client = client_context(TlsProfile::ieee2030_5, {{folder / "leaf.pem"}, whole.keys, whole.ca});
    SSL_CTX_set_mode(client.get(), SSL_MODE_NO_AUTO_CHAIN);
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()), client);
    EXPECT_TRUE(outcome.done) << outcome.server_failure;
}

TEST(TlsIeee2030_5, only_the_root_need_be_trusted) {
    TlsFiles files = ieee2030_5_files();
    files.ca = authority() + "/ieee2030_5/serca.pem";
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, files),
                                      client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device)));
    EXPECT_TRUE(outcome.done) << outcome.server_failure;
}

TEST(TlsIeee2030_5, a_device_of_another_authority_is_refused) {
    TlsFiles stranger = example(Kind::ieee2030_5_device, other_authority());
    stranger.ca = ieee2030_5_files().ca;
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()),
                                      client_context(TlsProfile::ieee2030_5, stranger));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, StartsWith("the peer's certificate "));
    EXPECT_THAT(outcome.server_failure, HasSubstr(" was refused: "));
    EXPECT_THAT(outcome.client_failure, HasSubstr("alert"));
}

TEST(TlsIeee2030_5, a_server_of_another_authority_is_refused) {
    TlsFiles strange = ieee2030_5_files();
    strange.ca = ieee2030_5_files().ca;
    TlsFiles device = example(Kind::ieee2030_5_device);
    device.ca = files_of(other_authority(), Kind::ieee2030_5_device).ca;
    const Outcome outcome =
        handshake(server_context(TlsProfile::ieee2030_5, strange), client_context(TlsProfile::ieee2030_5, device));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.client_failure, HasSubstr(" was refused: "));
}

TEST(TlsIeee2030_5, an_expired_device_is_refused_with_its_date) {
    const TlsFiles expired = issued_for(Kind::ieee2030_5_device, "expired", -7200, -3600);
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()),
                                      careless_client(TlsProfile::ieee2030_5, expired));
    EXPECT_FALSE(outcome.done);
    const std::string until = time_text(identity_of_file(expired.chains[0]).not_after_us);
    EXPECT_THAT(outcome.server_failure, HasSubstr(" expired at " + until));
    EXPECT_THAT(outcome.client_failure, HasSubstr("expired"));
}

TEST(TlsIeee2030_5, a_device_from_the_future_is_refused_with_its_date) {
    const TlsFiles early = issued_for(Kind::ieee2030_5_device, "early", 3600, 7200);
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()),
                                      careless_client(TlsProfile::ieee2030_5, early));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr(" is not valid before "));
}

TEST(TlsIeee2030_5, a_client_without_certificate_is_refused) {
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()),
                                      anonymous_client(TlsProfile::ieee2030_5, ieee2030_5_files()));
    EXPECT_FALSE(outcome.done);
    EXPECT_EQ(outcome.server_failure, "the peer sent no certificate; TLS profile ieee2030_5 demands one");
}

TEST(TlsIeee2030_5, other_suites_are_refused_by_name) {
    const Outcome outcome = handshake(
        server_context(TlsProfile::ieee2030_5, ieee2030_5_files()),
        client_with_suites(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device), "ECDHE-ECDSA-AES128-GCM-SHA256"));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, StartsWith("the peer offers no cipher suite of TLS profile ieee2030_5: "
                                                   "ECDHE-ECDSA-AES128-CCM8"));
}

TEST(TlsIeee2030_5, tls_1_3_alone_is_refused) {
    const SslContext client = client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device));
    SSL_CTX_set_max_proto_version(client.get(), TLS1_3_VERSION);
    SSL_CTX_set_min_proto_version(client.get(), TLS1_3_VERSION);
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()), client);
    EXPECT_FALSE(outcome.done);
    EXPECT_EQ(outcome.server_failure, "TLS handshake failed: unsupported protocol");
}

TEST(TlsIeee2030_5, a_session_is_resumed_from_the_cache_with_its_identity) {
    const SslContext server = server_context(TlsProfile::ieee2030_5, ieee2030_5_files());
    const SslContext client = client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device));
    const Outcome first = handshake(server, client);
    ASSERT_TRUE(first.done);
    EXPECT_FALSE(first.resumed);
    const Outcome second = handshake(server, client, first.session.get());
    ASSERT_TRUE(second.done);
    EXPECT_TRUE(second.resumed);
    EXPECT_EQ(second.client_seen, first.client_seen);
    EXPECT_EQ(SSL_SESSION_has_ticket(first.session.get()), 0);
    EXPECT_EQ(SSL_CTX_sess_hits(server.get()), 1);
}

TEST(TlsIeee2030_5, the_session_cache_is_bounded) {
    const SslContext server = server_context(TlsProfile::ieee2030_5, ieee2030_5_files());
    EXPECT_EQ(SSL_CTX_sess_get_cache_size(server.get()), 20'000);
    SSL_CTX_sess_set_cache_size(server.get(), 3);
    const SslContext client = client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device));
    const Outcome first = handshake(server, client);
    for (int i = 0; i < 4; ++i) handshake(server, client);
    EXPECT_LE(SSL_CTX_sess_number(server.get()), 3);
    const Outcome again = handshake(server, client, first.session.get());
    EXPECT_TRUE(again.done);
    EXPECT_FALSE(again.resumed);
}

// ---- COMM-004: chains that must pass and chains that must not
// --------------------------------------------------------

struct Chain3 {
    std::string micas_extension;  // "" = none
    int nid = 0;
    std::string configuration;
};

// A device below a MICA of the given shape below the authority's SERCA.
TlsFiles device_below(const Folder& folder, const Chain3& shape) {
    const auto root = read_certificates(authority() + "/ieee2030_5/serca.pem");
    const KeyOwner root_key = read_key(authority() + "/ieee2030_5/serca.key");
    Shape mica{.common_name = "a MICA", .configuration = shape.configuration};
    mica.extensions = {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
                       {NID_key_usage, "critical,keyCertSign,cRLSign"},
                       {NID_subject_key_identifier, "hash"},
                       {NID_authority_key_identifier, "keyid"},
                       {NID_certificate_policies, "critical,1.3.6.1.4.1.40732.1.1"}};
    if (!shape.micas_extension.empty()) mica.extensions.emplace_back(shape.nid, shape.micas_extension);
    const Made issuer = make_certificate(std::move(mica), root[0].get(), root_key.get());
    Shape device{.extensions = device_extensions(), .configuration = hardware_section};
    const Made leaf = make_certificate(std::move(device), issuer.certificate.get(), issuer.key.get());
    write_text(folder / "device.pem", pem_text(leaf.certificate.get()) + pem_text(issuer.certificate.get()));
    write_text(folder / "device.key", pem_text(leaf.key.get()));
    return {{folder / "device.pem"}, {folder / "device.key"}, ieee2030_5_files().ca};
}

Outcome meet(const TlsFiles& device) {
    return handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()),
                     client_context(TlsProfile::ieee2030_5, device));
}

TEST(TlsIeee2030_5, COMM_004_A_device_directly_below_the_root) {
    Folder folder;
    const auto root = read_certificates(authority() + "/ieee2030_5/serca.pem");
    const KeyOwner root_key = read_key(authority() + "/ieee2030_5/serca.key");
    Shape shape{.extensions = device_extensions(), .configuration = hardware_section};
    const Made leaf = make_certificate(std::move(shape), root[0].get(), root_key.get());
    write_text(folder / "device.pem", pem_text(leaf.certificate.get()));
    write_text(folder / "device.key", pem_text(leaf.key.get()));
    const Outcome outcome = meet({{folder / "device.pem"}, {folder / "device.key"}, ieee2030_5_files().ca});
    EXPECT_TRUE(outcome.done) << outcome.server_failure;
}

TEST(TlsIeee2030_5, COMM_004_B_device_below_a_mica_below_the_root) {
    Folder folder;
    const Outcome outcome = meet(device_below(folder, {}));
    EXPECT_TRUE(outcome.done) << outcome.server_failure;
}

TEST(TlsIeee2030_5, COMM_004_D_mica_with_extended_key_usage_is_refused) {
    Folder folder;
    const Outcome outcome = meet(device_below(folder, {"critical,clientAuth,serverAuth", NID_ext_key_usage, ""}));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr("CN=a MICA"));
    EXPECT_THAT(outcome.server_failure, EndsWith("has extendedKeyUsage; an IEEE 2030.5 authority has none"));
}

TEST(TlsIeee2030_5, COMM_004_E_mica_with_name_constraints_is_refused) {
    Folder folder;
    const Outcome outcome = meet(device_below(folder, {"permitted;DNS:.example", NID_name_constraints, ""}));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, AnyOf(HasSubstr("nameConstraints"), HasSubstr("name constraints")));
}

TEST(TlsIeee2030_5, COMM_004_F_mica_with_policy_mappings_is_refused) {
    Folder folder;
    const Outcome outcome =
        meet(device_below(folder, {"1.3.6.1.4.1.40732.1.1:1.3.6.1.4.1.32473.2", NID_policy_mappings, ""}));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, EndsWith("has policyMappings; an IEEE 2030.5 authority has none"));
}

TEST(TlsIeee2030_5, COMM_004_G_self_signed_device_is_refused) {
    Folder folder;
    Shape shape{.extensions = device_extensions(), .configuration = hardware_section};
    shape.extensions.erase(shape.extensions.begin() + 1);  // no issuer's key identifier
    const Made leaf = make_certificate(std::move(shape), nullptr, nullptr);
    write_text(folder / "device.pem", pem_text(leaf.certificate.get()));
    write_text(folder / "device.key", pem_text(leaf.key.get()));
    const Outcome outcome = meet({{folder / "device.pem"}, {folder / "device.key"}, ieee2030_5_files().ca});
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr("self-signed certificate"));
}

// ---- what a security level guards, and who guards it where CCM_8 needs another
// ---------------------------------------

int level_of(const SslContext& context) {
    return SSL_CTX_get_security_level(context.get());
}

TEST(TlsSecurityLevel, only_ieee2030_5_leaves_level_2_and_only_where_ccm8_needs_it) {
    constexpr int level_for_ccm8 = OPENSSL_VERSION_NUMBER >= 0x30200000L ? 0 : 2;
    const std::string ca = ocpp_files().ca;
    for (const ProfileTerms& terms : profiles()) {
        const bool ccm8 = terms.profile == TlsProfile::ieee2030_5;
        const int expected = ccm8 ? level_for_ccm8 : 2;
        TlsFiles server = ccm8 ? ieee2030_5_files() : ocpp_files();
        if (server.ca.empty()) server.ca = ca;
        EXPECT_EQ(level_of(server_context(terms.profile, server)), expected) << terms.name;
        TlsFiles client = example(ccm8 ? Kind::ieee2030_5_device : Kind::ocpp_station);
        EXPECT_EQ(level_of(client_context(terms.profile, client)), expected) << terms.name;
    }
    const std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>> bare(SSL_CTX_new(TLS_server_method()));
    EXPECT_GE(SSL_CTX_get_security_level(bare.get()), 1) << "a context that is not ours";
}

TEST(TlsSecurityLevel, only_the_suites_of_ieee2030_5_name_a_level) {
    for (const ProfileTerms& terms : profiles()) {
        if (terms.profile == TlsProfile::ieee2030_5) continue;
        EXPECT_THAT(terms.cipher_list, Not(HasSubstr("@"))) << terms.name;
    }
}

TEST(TlsIeee2030_5, a_device_with_another_group_alone_is_refused) {
    for (const char* groups : {"X25519", "P-384", "P-521"}) {
        const SslContext client = client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device));
        ASSERT_EQ(SSL_CTX_set1_groups_list(client.get(), groups), 1) << groups;
        EXPECT_FALSE(handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()), client).done) << groups;
    }
}

TEST(TlsIeee2030_5, a_device_with_other_signatures_alone_is_refused) {
    for (const char* signatures : {"ECDSA+SHA1", "ECDSA+SHA384", "ECDSA+SHA512"}) {
        const SslContext client = client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device));
        SSL_CTX_set_security_level(client.get(), 0);
        ASSERT_EQ(SSL_CTX_set1_sigalgs_list(client.get(), signatures), 1) << signatures;
        EXPECT_FALSE(handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()), client).done) << signatures;
    }
}

// A device directly below the root of the authority, signed with `digest`.
TlsFiles device_signed_with(const Folder& folder, const EVP_MD* digest) {
    const auto root = read_certificates(authority() + "/ieee2030_5/serca.pem");
    const KeyOwner root_key = read_key(authority() + "/ieee2030_5/serca.key");
    Shape shape{.extensions = device_extensions(), .configuration = hardware_section, .digest = digest};
    const Made leaf = make_certificate(std::move(shape), root[0].get(), root_key.get());
    write_text(folder / "device.pem", pem_text(leaf.certificate.get()));
    write_text(folder / "device.key", pem_text(leaf.key.get()));
    return {{folder / "device.pem"}, {folder / "device.key"}, ieee2030_5_files().ca};
}

TEST(TlsIeee2030_5, a_device_signed_with_sha1_is_refused) {
    Folder folder;
    const TlsFiles weak = device_signed_with(folder, EVP_sha1());
    const SslContext client = client_context(TlsProfile::ieee2030_5, example(Kind::ieee2030_5_device));
    SSL_CTX_set_security_level(client.get(), 0);  // else its own library would not load it
    ASSERT_EQ(SSL_CTX_use_certificate_chain_file(client.get(), weak.chains[0].c_str()), 1);
    ASSERT_EQ(SSL_CTX_use_PrivateKey_file(client.get(), weak.keys[0].c_str(), SSL_FILETYPE_PEM), 1);
    const Outcome outcome = handshake(server_context(TlsProfile::ieee2030_5, ieee2030_5_files()), client);
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure,
                AnyOf(HasSubstr("is signed with ecdsa-with-SHA1; IEEE 2030.5 takes ecdsa-with-SHA256"),
                      HasSubstr("digest algorithm too weak")));  // told by us or, at level 2, by the library
}

TEST(TlsIeee2030_5, the_fault_of_a_chain_is_its_weak_signature_unless_a_root_signs_itself) {
    Folder folder;
    const auto weak = read_certificates(device_signed_with(folder, EVP_sha1()).chains[0]);
    EXPECT_EQ(chain_fault(weak[0].get(), 0), "is signed with ecdsa-with-SHA1; IEEE 2030.5 takes ecdsa-with-SHA256");
    const auto strong = read_certificates(device_signed_with(folder, EVP_sha256()).chains[0]);
    EXPECT_EQ(chain_fault(strong[0].get(), 0), "");
    Shape root{.common_name = "a root", .digest = EVP_sha1()};
    root.extensions = {{NID_basic_constraints, "critical,CA:TRUE"}, {NID_key_usage, "critical,keyCertSign,cRLSign"}};
    EXPECT_EQ(chain_fault(make_certificate(std::move(root), nullptr, nullptr).certificate.get(), 2), "");
}

// ---- openadr2b
// -------------------------------------------------------------------------------------------------------

TEST(TlsOpenAdr2b, a_ven_with_ecdsa_and_one_with_rsa_each_get_their_suite) {
    const SslContext vtn = server_context(TlsProfile::openadr2b, openadr_files());
    const Outcome ecdsa = handshake(vtn, client_context(TlsProfile::openadr2b, example(Kind::openadr_ven_ecdsa)));
    ASSERT_TRUE(ecdsa.done) << ecdsa.server_failure << ecdsa.client_failure;
    EXPECT_EQ(ecdsa.cipher, "ECDHE-ECDSA-AES128-SHA256");
    EXPECT_EQ(ecdsa.version, "TLSv1.2");
    ASSERT_TRUE(ecdsa.client_seen);
    EXPECT_EQ(ecdsa.client_seen->common_name, "example");
    const Outcome rsa =
        handshake(vtn, client_with_suites(TlsProfile::openadr2b, example(Kind::openadr_ven_rsa), "AES128-SHA256"));
    ASSERT_TRUE(rsa.done) << rsa.server_failure << rsa.client_failure;
    EXPECT_EQ(rsa.cipher, "AES128-SHA256");
    EXPECT_NE(rsa.server_seen->fingerprint, ecdsa.server_seen->fingerprint);
}

TEST(TlsOpenAdr2b, a_client_without_certificate_is_refused) {
    const Outcome outcome = handshake(server_context(TlsProfile::openadr2b, openadr_files()),
                                      anonymous_client(TlsProfile::openadr2b, openadr_files()));
    EXPECT_FALSE(outcome.done);
    EXPECT_EQ(outcome.server_failure, "the peer sent no certificate; TLS profile openadr2b demands one");
}

TEST(TlsOpenAdr2b, an_expired_ven_is_refused) {
    const TlsFiles expired = issued_for(Kind::openadr_ven_ecdsa, "expired", -7200, -3600);
    const Outcome outcome = handshake(server_context(TlsProfile::openadr2b, openadr_files()),
                                      careless_client(TlsProfile::openadr2b, expired));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr("CN=expired"));
    EXPECT_THAT(outcome.server_failure, HasSubstr(" expired at "));
}

TEST(TlsOpenAdr2b, a_ven_of_another_authority_is_refused) {
    TlsFiles stranger = example(Kind::openadr_ven_ecdsa, other_authority());
    stranger.ca = openadr_files().ca;
    const Outcome outcome = handshake(server_context(TlsProfile::openadr2b, openadr_files()),
                                      client_context(TlsProfile::openadr2b, stranger));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr(" was refused: "));
}

TEST(TlsOpenAdr2b, other_suites_are_refused_by_name) {
    const Outcome outcome = handshake(
        server_context(TlsProfile::openadr2b, openadr_files()),
        client_with_suites(TlsProfile::openadr2b, example(Kind::openadr_ven_ecdsa), "ECDHE-ECDSA-AES128-SHA"));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr("ECDHE-ECDSA-AES128-SHA256:AES128-SHA256"));
}

// ---- ocpp
// ------------------------------------------------------------------------------------------------------------

class TlsOcppSuites : public ::testing::TestWithParam<const char*> {};

TEST_P(TlsOcppSuites, A00_FR_318_demanded_suite_is_spoken) {
    const Outcome outcome =
        handshake(server_context(TlsProfile::ocpp_basic, ocpp_files()),
                  client_with_suites(TlsProfile::ocpp_basic, trust_only(Kind::ocpp_station), GetParam()));
    ASSERT_TRUE(outcome.done) << outcome.server_failure << outcome.client_failure;
    EXPECT_EQ(outcome.cipher, GetParam());
    EXPECT_FALSE(outcome.client_seen);
}
INSTANTIATE_TEST_SUITE_P(All, TlsOcppSuites,
                         ::testing::Values("ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384",
                                           "AES128-GCM-SHA256", "AES256-GCM-SHA384"));

TEST(TlsOcpp, TLS_1_3_is_spoken_with_those_who_can) {
    const Outcome outcome = handshake(server_context(TlsProfile::ocpp_basic, ocpp_files()),
                                      client_context(TlsProfile::ocpp_basic, trust_only(Kind::ocpp_station)));
    ASSERT_TRUE(outcome.done);
    EXPECT_EQ(outcome.version, "TLSv1.3");
}

TEST(TlsOcpp, A00_FR_313_TLS_1_1_is_refused) {
    const SslContext client = client_context(TlsProfile::ocpp_basic, trust_only(Kind::ocpp_station));
    SSL_CTX_set_security_level(client.get(), 0);
    SSL_CTX_set_min_proto_version(client.get(), TLS1_1_VERSION);
    SSL_CTX_set_max_proto_version(client.get(), TLS1_1_VERSION);
    SSL_CTX_set_cipher_list(client.get(), "ALL:@SECLEVEL=0");
    const Outcome outcome = handshake(server_context(TlsProfile::ocpp_basic, ocpp_files()), client);
    EXPECT_FALSE(outcome.done);
    EXPECT_EQ(outcome.server_failure, "TLS handshake failed: unsupported protocol");
}

TEST(TlsOcpp, a_station_of_profile_3_is_known_by_its_names) {
    const Outcome outcome = handshake(server_context(TlsProfile::ocpp_mutual, ocpp_files()),
                                      client_context(TlsProfile::ocpp_mutual, example(Kind::ocpp_station)));
    ASSERT_TRUE(outcome.done) << outcome.server_failure << outcome.client_failure;
    ASSERT_TRUE(outcome.client_seen);
    EXPECT_EQ(outcome.client_seen->common_name, "example");
    EXPECT_EQ(outcome.client_seen->organization, "busbar test");
}

TEST(TlsOcpp, A00_FR_421_a_station_of_profile_3_with_an_rsa_key_is_known) {
    const Outcome outcome =
        handshake(server_context(TlsProfile::ocpp_mutual, ocpp_files()),
                  client_with_suites(TlsProfile::ocpp_mutual, example(Kind::ocpp_station_rsa), "AES256-GCM-SHA384"));
    ASSERT_TRUE(outcome.done) << outcome.server_failure << outcome.client_failure;
    EXPECT_EQ(outcome.cipher, "AES256-GCM-SHA384");
    ASSERT_TRUE(outcome.client_seen);
    EXPECT_EQ(outcome.client_seen->common_name, "example");
}

TEST(TlsOcpp, a_station_of_profile_3_is_known_after_resumption_in_TLS_1_3) {
    const SslContext server = server_context(TlsProfile::ocpp_mutual, ocpp_files());
    const SslContext client = client_context(TlsProfile::ocpp_mutual, example(Kind::ocpp_station));
    const Outcome first = handshake(server, client);
    ASSERT_TRUE(first.done);
    const Outcome second = handshake(server, client, first.session.get());
    ASSERT_TRUE(second.done);
    EXPECT_EQ(second.version, "TLSv1.3");
    EXPECT_TRUE(second.resumed);
    EXPECT_EQ(second.client_seen, first.client_seen);
}

TEST(TlsOcpp, sessions_kept_as_bytes_are_bounded_and_the_oldest_goes_first) {
    for (const int highest : {TLS1_2_VERSION, TLS1_3_VERSION}) {
        const SslContext server = server_context(TlsProfile::ocpp_mutual, ocpp_files());
        keep_sessions_as_bytes(server.get(), 3);
        const SslContext client = client_context(TlsProfile::ocpp_mutual, example(Kind::ocpp_station));
        SSL_CTX_set_max_proto_version(client.get(), highest);
        const Outcome first = handshake(server, client);
        const Outcome second = handshake(server, client);
        for (int i = 0; i < 2; ++i) handshake(server, client);
        EXPECT_TRUE(handshake(server, client, second.session.get()).resumed) << highest;
        const Outcome again = handshake(server, client, first.session.get());
        EXPECT_TRUE(again.done);
        EXPECT_FALSE(again.resumed) << highest;
        EXPECT_EQ(again.client_seen, first.client_seen);
    }
}

TEST(TlsOcpp, a_station_of_profile_3_without_certificate_is_refused) {
    const Outcome outcome = handshake(server_context(TlsProfile::ocpp_mutual, ocpp_files()),
                                      anonymous_client(TlsProfile::ocpp_mutual, ocpp_files()));
    EXPECT_FALSE(outcome.done);
    EXPECT_EQ(outcome.server_failure, "the peer sent no certificate; TLS profile ocpp_mutual demands one");
}

TEST(TlsOcpp, an_expired_station_is_refused) {
    const TlsFiles expired = issued_for(Kind::ocpp_station, "expired", -7200, -3600);
    const Outcome outcome = handshake(server_context(TlsProfile::ocpp_mutual, ocpp_files()),
                                      careless_client(TlsProfile::ocpp_mutual, expired));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr(" expired at "));
}

TEST(TlsOcpp, a_station_of_another_operator_is_refused) {
    TlsFiles stranger = example(Kind::ocpp_station, other_authority());
    stranger.ca = ocpp_files().ca;
    const Outcome outcome = handshake(server_context(TlsProfile::ocpp_mutual, ocpp_files()),
                                      client_context(TlsProfile::ocpp_mutual, stranger));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr(" was refused: "));
}

TEST(TlsOcpp, a_servers_certificate_is_not_taken_from_a_station) {
    TlsFiles wrong = files_of(authority(), Kind::ocpp_server_ecdsa).tls();
    const Outcome outcome = handshake(server_context(TlsProfile::ocpp_mutual, ocpp_files()),
                                      client_context(TlsProfile::ocpp_mutual, wrong));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.server_failure, HasSubstr("unsuitable certificate purpose"));
}

TEST(TlsOcpp, renegotiation_and_compression_are_off) {
    for (const ProfileTerms& terms : profiles()) {
        if (terms.profile == TlsProfile::internet) continue;
        const TlsFiles files = terms.profile == TlsProfile::ieee2030_5 ? ieee2030_5_files() : ocpp_files();
        const SslContext context = server_context(terms.profile, files);
        const auto options = SSL_CTX_get_options(context.get());
        EXPECT_TRUE(options & SSL_OP_NO_RENEGOTIATION) << terms.name;
        EXPECT_TRUE(options & SSL_OP_NO_COMPRESSION) << terms.name;
        EXPECT_TRUE(options & SSL_OP_NO_TICKET) << terms.name;
    }
}

// ---- openadr3, internet
// ----------------------------------------------------------------------------------------------

TEST(TlsOpenAdr3, a_client_without_certificate_is_served) {
    const Outcome outcome = handshake(server_context(TlsProfile::openadr3, openadr_files()),
                                      client_context(TlsProfile::openadr3, trust_only(Kind::openadr_vtn_ecdsa)));
    ASSERT_TRUE(outcome.done) << outcome.server_failure << outcome.client_failure;
    EXPECT_EQ(outcome.version, "TLSv1.3");
    EXPECT_FALSE(outcome.client_seen);
    EXPECT_EQ(outcome.server_seen->common_name, "localhost");
}

TEST(TlsOpenAdr3, a_server_of_another_authority_is_refused) {
    const Outcome outcome =
        handshake(server_context(TlsProfile::openadr3, openadr_files()),
                  client_context(TlsProfile::openadr3, trust_only(Kind::openadr_vtn_ecdsa, other_authority())));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.client_failure, HasSubstr(" was refused: "));
}

TEST(TlsInternet, a_server_that_the_system_does_not_trust_is_refused) {
    const Outcome outcome =
        handshake(server_context(TlsProfile::openadr3, openadr_files()), client_context(TlsProfile::internet, {}));
    EXPECT_FALSE(outcome.done);
    EXPECT_THAT(outcome.client_failure, HasSubstr(" was refused: "));
}

TEST(Tls, plain_http_on_a_tls_port_is_named) {
    SslOwner server(SSL_new(server_context(TlsProfile::openadr3, openadr_files()).get()));
    BIO* input = BIO_new(BIO_s_mem());
    BIO_puts(input, "GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    SSL_set_bio(server.get(), input, BIO_new(BIO_s_mem()));
    SSL_set_accept_state(server.get());
    EXPECT_LT(SSL_do_handshake(server.get()), 1);
    EXPECT_EQ(handshake_failure(server.get()), "the peer speaks plain HTTP; expected TLS");
}

// ---- files that are wrong
// --------------------------------------------------------------------------------------------

std::string why_no_server(TlsProfile profile, const TlsFiles& files) {
    return what_is_thrown([&] { server_context(profile, files); });
}

TEST(TlsFilesTest, key_of_another_certificate) {
    TlsFiles files = ieee2030_5_files();
    files.keys = example(Kind::ieee2030_5_device).keys;
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, files),
              files.keys[0] + ": does not belong to the first certificate of " + files.chains[0] +
                  " ((empty), EC P-256); expected its private key");
}

TEST(TlsFilesTest, chain_in_the_wrong_order) {
    Folder folder;
    const TlsFiles good = ieee2030_5_files();
    const auto chain = read_certificates(good.chains[0]);
    write_text(folder / "chain.pem", pem_text(chain[0].get()) + pem_text(chain[2].get()) + pem_text(chain[1].get()));
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, {{folder / "chain.pem"}, good.keys, good.ca}),
              (folder / "chain.pem") +
                  ": wrong order: certificate 2, serialNumber=2,CN=IEEE 2030.5 Test MCA,O=busbar test, "
                  "did not issue certificate 1, (empty); expected the holder's own first, then each one's "
                  "issuer");
}

TEST(TlsFilesTest, no_such_certificate_file) {
    TlsFiles files = ieee2030_5_files();
    files.chains = {"no/such.pem"};
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, files), "cannot read no/such.pem: No such file or directory");
}

TEST(TlsFilesTest, no_such_key_file) {
    TlsFiles files = ieee2030_5_files();
    files.keys = {"no/such.key"};
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, files), "cannot read no/such.key: No such file or directory");
}

TEST(TlsFilesTest, a_directory_in_place_of_a_file) {
    TlsFiles files = ieee2030_5_files();
    files.ca = authority();
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, files), "cannot read " + authority() + ": Is a directory");
}

TEST(TlsFilesTest, key_file_without_a_key) {
    TlsFiles files = ieee2030_5_files();
    files.keys = files.chains;
    EXPECT_THAT(why_no_server(TlsProfile::ieee2030_5, files), StartsWith(files.keys[0] + ": no private key in it ("));
}

TEST(TlsFilesTest, encrypted_key) {
    Folder folder;
    const TlsFiles good = ieee2030_5_files();
    const KeyOwner key = read_key(good.keys[0]);
    BioOwner file(BIO_new_file((folder / "secret.key").c_str(), "w"));
    PEM_write_bio_PKCS8PrivateKey(file.get(), key.get(), EVP_aes_128_cbc(), "word", 4, nullptr, nullptr);
    file.reset();
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, {good.chains, {folder / "secret.key"}, good.ca}),
              (folder / "secret.key") + ": the key is encrypted; expected a PEM key without a password");
}

TEST(TlsFilesTest, damaged_certificate) {
    Folder folder;
    const TlsFiles good = ieee2030_5_files();
    std::string text = read_small_file(good.chains[0]);
    text[text.find('\n') + 20] = '*';
    write_text(folder / "bad.pem", text);
    EXPECT_THAT(why_no_server(TlsProfile::ieee2030_5, {{folder / "bad.pem"}, good.keys, good.ca}),
                StartsWith((folder / "bad.pem") + ": certificate 1 is damaged ("));
}

TEST(TlsFilesTest, own_certificate_expired) {
    const TlsFiles expired = issued_for(Kind::ieee2030_5_device, "own_expired", -7200, -3600);
    const std::string until = time_text(identity_of_file(expired.chains[0]).not_after_us);
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, expired),
              expired.chains[0] +
                  ": certificate (empty) (issued by serialNumber=3,CN=IEEE 2030.5 Test MICA,O=busbar test) "
                  "expired at " +
                  until + "; expected a valid one: issue it anew");
}

TEST(TlsFilesTest, own_certificate_not_valid_yet) {
    const TlsFiles early = issued_for(Kind::ocpp_station, "own_early", 3600, 7200);
    EXPECT_THAT(what_is_thrown([&] { client_context(TlsProfile::ocpp_mutual, early); }),
                HasSubstr(" is not valid before "));
}

TEST(TlsFilesTest, rsa_key_for_2030_5) {
    TlsFiles files = files_of(authority(), Kind::ocpp_server_rsa).tls();
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, files),
              files.keys[0] + ": the key is RSA 2048; TLS profile ieee2030_5 takes EC P-256 only");
}

TEST(TlsFilesTest, small_rsa_key) {
    Folder folder;
    Shape shape{.common_name = "small", .key = KeyOwner(EVP_RSA_gen(1024))};
    const Made made = make_certificate(std::move(shape), nullptr, nullptr);
    write_text(folder / "small.pem", pem_text(made.certificate.get()));
    write_text(folder / "small.key", pem_text(made.key.get()));
    EXPECT_EQ(why_no_server(TlsProfile::ocpp_basic, {{folder / "small.pem"}, {folder / "small.key"}, ""}),
              (folder / "small.key") +
                  ": the key is RSA 1024; TLS profile ocpp_basic takes EC, or RSA of 2048 bits and more");
}

TEST(TlsFilesTest, two_certificates_of_one_key_type) {
    TlsFiles files = files_of(authority(), Kind::ocpp_server_ecdsa).tls();
    files.chains.push_back(files.chains[0]);
    files.keys.push_back(files.keys[0]);
    EXPECT_EQ(why_no_server(TlsProfile::ocpp_basic, files),
              files.chains[0] + ": a second certificate with a key of this type; expected one per key type");
}

TEST(TlsFilesTest, as_many_keys_as_certificates) {
    TlsFiles files = ocpp_files();
    files.keys.pop_back();
    EXPECT_EQ(why_no_server(TlsProfile::ocpp_basic, files),
              "TLS profile ocpp_basic: 2 certificate files and 1 key files; expected one key beside each certificate");
}

TEST(TlsFilesTest, no_certificate_at_all) {
    EXPECT_EQ(why_no_server(TlsProfile::ocpp_basic, {}),
              "TLS profile ocpp_basic: no certificate named; expected one with its key");
}

TEST(TlsFilesTest, no_trust_for_a_mutual_profile) {
    TlsFiles files = ieee2030_5_files();
    files.ca.clear();
    EXPECT_EQ(why_no_server(TlsProfile::ieee2030_5, files),
              "TLS profile ieee2030_5: no CA file named; expected a PEM file with what peers are verified against");
}

TEST(Profiles, rows_stand_in_the_order_of_the_enumeration) {
    for (std::size_t i = 0; i < profiles().size(); ++i) {
        EXPECT_EQ(static_cast<std::size_t>(profiles()[i].profile), i) << profiles()[i].name;
    }
}

TEST(Profiles, client_terms_of_an_http_library) {
    EXPECT_TRUE(client_terms(TlsProfile::openadr2b).tls12_only);
    EXPECT_EQ(client_terms(TlsProfile::openadr2b).cipher_list, "ECDHE-ECDSA-AES128-SHA256:AES128-SHA256");
    EXPECT_FALSE(client_terms(TlsProfile::internet).tls12_only);
}

}  // namespace
}  // namespace busbar::certs
