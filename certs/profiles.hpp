// What each protocol demands of TLS, as one table. tls.cpp turns a row into a context; nothing about a protocol stands
// there.
//
// Sources: OCPP 2.0.1 part 2, A00.FR.313, A00.FR.318, A00.FR.416 and A00.FR.421 (OCPP 1.6 security white paper alike);
// OpenADR 2.0b, rules 67 and 68; OpenADR 3.1, security; IEEE 2030.5-2018, clause 6; CSIP 2.1.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "certs/tls.hpp"

namespace busbar::certs {

enum class ClientCertificate { not_asked, demanded };
enum class OwnKeys { ec_or_rsa, p256 };  // RSA of 2048 bits or more

struct ProfileTerms {
    TlsProfile profile{};
    std::string_view name;
    int lowest_version = 0;  // TLS1_2_VERSION or TLS1_3_VERSION
    int highest_version = 0;
    std::string_view cipher_list;  // TLS 1.2, OpenSSL's names, best first
    std::string_view groups;       // "" = the library's
    std::string_view signatures;   // "" = the library's
    ClientCertificate client_certificate{};
    OwnKeys own_keys{};
    bool ieee2030_5_chains = false;     // CSIP COMM-004: chains that no device may have are refused
    int verify_depth = 0;               // certificates above the leaf
    std::uint32_t cached_sessions = 0;  // of a server; resumed by id, never by ticket
    std::int32_t session_s = 0;         // how long one may be resumed
    bool sessions_as_bytes = false;     // cheap to keep, dear to resume: for peers with certificates that seldom come back
};

std::span<const ProfileTerms> profiles();
const ProfileTerms& terms_of(TlsProfile profile);

}  // namespace busbar::certs
