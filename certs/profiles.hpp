// What each protocol demands of TLS, as one table. tls.cpp turns a row into a context; nothing about a protocol stands
// there.
//
// Sources: OCPP 2.0.1 part 2, A00.FR.3xx and A00.FR.4xx (also OCPP 1.6 security white paper); OpenADR 2.0b, clause 10
// (rules 66 to 70); OpenADR 3.1, security; IEEE 2030.5-2018, 6.7 and 6.11; CSIP 2.1, chapter 5.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "certs/tls.hpp"

namespace busbar::certs {

enum class ClientCertificate { not_asked, demanded };

struct ProfileTerms {
    TlsProfile profile{};
    std::string_view name;
    int lowest_version = 0;  // TLS1_2_VERSION or TLS1_3_VERSION
    int highest_version = 0;
    std::string_view cipher_list;  // TLS 1.2, OpenSSL's names, best first
    std::string_view groups;       // "" = the library's
    std::string_view signatures;   // "" = the library's
    ClientCertificate client_certificate{};
    bool p256 = false;                  // own keys that the profile knows
    bool rsa = false;                   // 2048 bits or more
    bool ieee2030_5_chains = false;     // CSIP COMM-004: chains that no device may have are refused
    int verify_depth = 0;               // certificates above the leaf
    std::uint32_t cached_sessions = 0;  // of a server; resumed by id, never by ticket
    std::int32_t session_s = 0;         // how long one may be resumed
};

std::span<const ProfileTerms> profiles();
const ProfileTerms& terms_of(TlsProfile profile);

}  // namespace busbar::certs
