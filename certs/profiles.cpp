#include "certs/profiles.hpp"

#include <openssl/opensslv.h>
#include <openssl/ssl.h>

#include <array>

namespace busbar::certs {

namespace {

// A CCM_8 tag has 64 bits. OpenSSL 3.2 counts that as the strength of the suite and refuses it above security level 0;
// the row re-imposes P-256 and ECDSA with SHA-256, and chain_fault the strength of keys and signatures in the peer's
// chain: what the level would have guarded.
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
constexpr std::string_view ccm8 = "ECDHE-ECDSA-AES128-CCM8:@SECLEVEL=0";
#else
constexpr std::string_view ccm8 = "ECDHE-ECDSA-AES128-CCM8";
#endif

// OCPP A00.FR.318 wants the ECDHE-ECDSA and the static RSA pairs; ECDHE-RSA is for peers that can do
// better.
constexpr std::string_view ocpp_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384:AES128-GCM-SHA256:AES256-GCM-SHA384";
constexpr std::string_view openadr2b_suites = "ECDHE-ECDSA-AES128-SHA256:AES128-SHA256";
constexpr std::string_view modern_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-"
    "SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

constexpr std::array<ProfileTerms, 6> table{{
    {.profile = TlsProfile::ocpp_basic,
     .name = "ocpp_basic",
     .lowest_version = TLS1_2_VERSION,
     .highest_version = TLS1_3_VERSION,
     .cipher_list = ocpp_suites,
     .client_certificate = ClientCertificate::not_asked,
     .own_keys = OwnKeys::ec_or_rsa,
     .verify_depth = 5,
     .cached_sessions = 20'000,
     .session_s = 3600},
    {.profile = TlsProfile::ocpp_mutual,
     .name = "ocpp_mutual",
     .lowest_version = TLS1_2_VERSION,
     .highest_version = TLS1_3_VERSION,
     .cipher_list = ocpp_suites,
     .client_certificate = ClientCertificate::demanded,
     .own_keys = OwnKeys::ec_or_rsa,
     .verify_depth = 5,
     .cached_sessions = 20'000,
     .session_s = 3600,
     .sessions_as_bytes = true},
    {.profile = TlsProfile::openadr3,
     .name = "openadr3",
     .lowest_version = TLS1_2_VERSION,
     .highest_version = TLS1_3_VERSION,
     .cipher_list = modern_suites,
     .client_certificate = ClientCertificate::not_asked,
     .own_keys = OwnKeys::ec_or_rsa,
     .verify_depth = 5,
     .cached_sessions = 20'000,
     .session_s = 3600},
    {.profile = TlsProfile::openadr2b,
     .name = "openadr2b",
     .lowest_version = TLS1_2_VERSION,
     .highest_version = TLS1_2_VERSION,
     .cipher_list = openadr2b_suites,
     .client_certificate = ClientCertificate::demanded,
     .own_keys = OwnKeys::ec_or_rsa,
     .verify_depth = 5,
     .cached_sessions = 20'000,
     .session_s = 3600,
     .sessions_as_bytes = true},
    {.profile = TlsProfile::ieee2030_5,
     .name = "ieee2030_5",
     .lowest_version = TLS1_2_VERSION,
     .highest_version = TLS1_2_VERSION,
     .cipher_list = ccm8,
     .groups = "P-256",
     .signatures = "ECDSA+SHA256",
     .client_certificate = ClientCertificate::demanded,
     .own_keys = OwnKeys::p256,
     .ieee2030_5_chains = true,
     .verify_depth = 5,
     .cached_sessions = 20'000,
     .session_s = 3600},
    {.profile = TlsProfile::internet,
     .name = "internet",
     .lowest_version = TLS1_2_VERSION,
     .highest_version = TLS1_3_VERSION,
     .cipher_list = modern_suites,
     .client_certificate = ClientCertificate::not_asked,
     .own_keys = OwnKeys::ec_or_rsa,
     .verify_depth = 10,
     .cached_sessions = 0,
     .session_s = 3600},
}};

}  // namespace

std::span<const ProfileTerms> profiles() {
    return table;
}

const ProfileTerms& terms_of(TlsProfile profile) {
    return table[static_cast<std::size_t>(profile)];
}

}  // namespace busbar::certs
