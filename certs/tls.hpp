// TLS contexts as each protocol demands them: the demands are data (profiles), the contexts are OpenSSL's.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "certs/identity.hpp"

struct ssl_ctx_st;
struct ssl_st;

namespace busbar::certs {

enum class TlsProfile {
    ocpp_basic,   // OCPP security profile 2: server certificate (ECDSA and RSA), client by Basic auth
    ocpp_mutual,  // OCPP security profile 3: mutual
    openadr3,     // server certificate, TLS 1.2 and 1.3
    openadr2b,    // mutual, TLS 1.2, the two CBC-SHA256 suites
    ieee2030_5,   // mutual, TLS 1.2, ECDHE-ECDSA-AES128-CCM8, P-256; server session cache, no tickets
    internet,     // ordinary client: system trust or `ca`
};

struct TlsFiles {
    std::vector<std::string> chains;  // PEM, leaf first then its intermediates; one per key type
    std::vector<std::string> keys;    // PEM, beside chains
    std::string ca;  // PEM bundle that peers are verified against; "" with profile internet = the system's
};

using SslContext = std::shared_ptr<ssl_ctx_st>;

// Throw std::runtime_error with one line for the operator: which file, what is wrong with it, what was expected.
SslContext server_context(TlsProfile profile, const TlsFiles& files);
SslContext client_context(TlsProfile profile, const TlsFiles& files);

// What an HTTP client library needs to be told in its own terms.
struct ClientTerms {
    std::string cipher_list;  // TLS 1.2 names, "" = default
    bool tls12_only = false;
};
ClientTerms client_terms(TlsProfile profile);

// The verified certificate of the other end, after the handshake; nothing if it sent none.
std::optional<Identity> peer_identity(const ssl_st* connection);

// Why a handshake on this thread has just failed, in one line for the security log: which certificate and what is wrong
// with it, or what was expected of the peer. Empties this thread's OpenSSL error queue.
std::string handshake_failure(const ssl_st* connection);

}  // namespace busbar::certs
