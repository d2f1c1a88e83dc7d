// A context is a row of profiles.hpp, the files that an operator named, and one verify callback that keeps the reason
// of a refusal with its connection. Everything that can be wrong with the files is found here, before the first
// handshake.
#include "certs/tls.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <chrono>
#include <stdexcept>

#include "certs/device_profile.hpp"
#include "certs/openssl.hpp"
#include "certs/profiles.hpp"
#include "certs/session_store.hpp"

namespace busbar::certs {

namespace {

using Chain = std::vector<CertificateOwner>;

void free_note(void*, void* note, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<std::string*>(note);
}

int note_index() {
    static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, free_note);
    return index;
}

int terms_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
    return index;
}

const ProfileTerms* terms_of_connection(const SSL* connection) {
    return static_cast<const ProfileTerms*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), terms_index()));
}

void keep_note(SSL* connection, std::string text) {
    delete static_cast<std::string*>(SSL_get_ex_data(connection, note_index()));
    SSL_set_ex_data(connection, note_index(), new std::string(std::move(text)));
}

std::string described(const X509* certificate) {
    if (certificate == nullptr) return "a certificate";
    return "certificate " + name_text(X509_get_subject_name(certificate)) + " (issued by " +
           name_text(X509_get_issuer_name(certificate)) + ")";
}

std::string why_refused(const X509* certificate, int error) {
    const std::string who = "the peer's " + described(certificate);
    if (error == X509_V_ERR_CERT_HAS_EXPIRED && certificate != nullptr) {
        return who + " expired at " + time_text(time_us(X509_get0_notAfter(certificate)));
    }
    if (error == X509_V_ERR_CERT_NOT_YET_VALID && certificate != nullptr) {
        return who + " is not valid before " + time_text(time_us(X509_get0_notBefore(certificate)));
    }
    return who + " was refused: " + X509_verify_cert_error_string(error);
}

int verify(int accepted, X509_STORE_CTX* verification) {
    auto* connection =
        static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const X509* certificate = X509_STORE_CTX_get_current_cert(verification);
    if (accepted == 0) {
        keep_note(connection, why_refused(certificate, X509_STORE_CTX_get_error(verification)));
        return 0;
    }
    if (!terms_of_connection(connection)->ieee2030_5_chains || certificate == nullptr) return 1;
    const std::string fault = chain_fault(certificate, X509_STORE_CTX_get_error_depth(verification));
    if (fault.empty()) return 1;
    keep_note(connection, "the peer's " + described(certificate) + ' ' + fault);
    X509_STORE_CTX_set_error(verification, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

// OpenSSL's calls give 1 for success; a failure here is a wrong table row or a library built without what it names.
void demand(int result, const ProfileTerms& terms, const std::string& what) {
    if (result == 1) return;
    throw std::runtime_error("TLS profile " + std::string(terms.name) + ": this OpenSSL has no " + what + " (" +
                             take_openssl_error() + ")");
}

void apply_terms(SSL_CTX* context, const ProfileTerms& terms) {
    SSL_CTX_set_ex_data(context, terms_index(), const_cast<ProfileTerms*>(&terms));
    SSL_CTX_set_security_level(context, 2);
    demand(SSL_CTX_set_min_proto_version(context, terms.lowest_version), terms, "such lowest TLS version");
    demand(SSL_CTX_set_max_proto_version(context, terms.highest_version), terms, "such highest TLS version");
    demand(SSL_CTX_set_cipher_list(context, std::string(terms.cipher_list).c_str()), terms, "such cipher suites");
    if (!terms.groups.empty()) {
        demand(static_cast<int>(SSL_CTX_set1_groups_list(context, std::string(terms.groups).c_str())), terms,
               "such groups");
    }
    if (!terms.signatures.empty()) {
        const std::string list(terms.signatures);
        demand(static_cast<int>(SSL_CTX_set1_sigalgs_list(context, list.c_str())), terms, "such signatures");
        demand(static_cast<int>(SSL_CTX_set1_client_sigalgs_list(context, list.c_str())), terms, "such signatures");
    }
    SSL_CTX_set_options(
        context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_TICKET);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify_depth(context, terms.verify_depth);
}

// What OpenSSL would keep holds the peer's whole chain in decoded form, 17 KB with the three certificates of a 2030.5
// device. Through its serial form a session loses all but the peer's own certificate: 6 KB.
int keep_lean(SSL* connection, SSL_SESSION* session) {
    unsigned char* bytes = nullptr;
    const int size = i2d_SSL_SESSION(session, &bytes);
    const unsigned char* cursor = bytes;
    SSL_SESSION* lean = size > 0 ? d2i_SSL_SESSION(nullptr, &cursor, size) : nullptr;
    if (lean != nullptr) SSL_CTX_add_session(SSL_get_SSL_CTX(connection), lean);
    SSL_SESSION_free(lean);
    OPENSSL_free(bytes);
    return 0;  // OpenSSL keeps the ownership of `session`
}

// Resuming by id costs a fortieth of a full mutual handshake and, unlike a ticket, no decoding of the peer's
// certificate.
void cache_sessions(SSL_CTX* context, const ProfileTerms& terms) {
    const auto* id = reinterpret_cast<const unsigned char*>(terms.name.data());
    SSL_CTX_set_session_id_context(context, id, static_cast<unsigned int>(terms.name.size()));
    if (terms.cached_sessions == 0) {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
        return;
    }
    if (terms.sessions_as_bytes) {
        keep_sessions_as_bytes(context, terms.cached_sessions);
    } else {
        SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL_STORE);
        SSL_CTX_sess_set_new_cb(context, keep_lean);
        SSL_CTX_sess_set_cache_size(context, static_cast<long>(terms.cached_sessions));
    }
    SSL_CTX_set_timeout(context, terms.session_s);
    SSL_CTX_set_num_tickets(context, 1);  // TLS 1.3 sends ids of cached sessions under this name
}

void check_validity(const std::string& path, const X509* certificate) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t now_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    const std::int64_t end_us = time_us(X509_get0_notAfter(certificate));
    const std::int64_t begin_us = time_us(X509_get0_notBefore(certificate));
    if (end_us < now_us) {
        throw std::runtime_error(path + ": " + described(certificate) + " expired at " + time_text(end_us) +
                                 "; expected a valid one: issue it anew");
    }
    if (begin_us > now_us) {
        throw std::runtime_error(path + ": " + described(certificate) + " is not valid before " + time_text(begin_us) +
                                 "; expected a valid one: is the clock right?");
    }
}

void check_order(const std::string& path, const Chain& chain) {
    for (std::size_t i = 1; i < chain.size(); ++i) {
        if (X509_check_issued(chain[i].get(), chain[i - 1].get()) == X509_V_OK) continue;
        throw std::runtime_error(path + ": wrong order: certificate " + std::to_string(i + 1) + ", " +
                                 name_text(X509_get_subject_name(chain[i].get())) + ", did not issue certificate " +
                                 std::to_string(i) + ", " + name_text(X509_get_subject_name(chain[i - 1].get())) +
                                 "; expected the holder's own first, then each one's issuer");
    }
}

void check_key(const ProfileTerms& terms, const std::string& chain_path, const X509* leaf, const std::string& key_path,
               const EVP_PKEY* key) {
    if (X509_check_private_key(leaf, key) != 1) {
        ERR_clear_error();
        throw std::runtime_error(key_path + ": does not belong to the first certificate of " + chain_path + " (" +
                                 name_text(X509_get_subject_name(leaf)) + ", " + key_text(X509_get0_pubkey(leaf)) +
                                 "); expected its private key");
    }
    const bool rsa = EVP_PKEY_is_a(key, "RSA") == 1;
    const bool known = terms.own_keys == OwnKeys::p256 ? is_p256(key)
                       : rsa                           ? EVP_PKEY_get_bits(key) >= 2048
                                                       : EVP_PKEY_is_a(key, "EC") == 1;
    if (known) return;
    throw std::runtime_error(key_path + ": the key is " + key_text(key) + "; TLS profile " + std::string(terms.name) +
                             " takes " +
                             (terms.own_keys == OwnKeys::p256 ? "EC P-256 only" : "EC, or RSA of 2048 bits and more"));
}

void load_own(SSL_CTX* context, const ProfileTerms& terms, const std::string& chain_path, const std::string& key_path) {
    Chain chain = read_certificates(chain_path);
    const KeyOwner key = read_key(key_path);
    check_order(chain_path, chain);
    check_key(terms, chain_path, chain.front().get(), key_path, key.get());
    for (const CertificateOwner& certificate : chain) check_validity(chain_path, certificate.get());

    std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> issuers(
        sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
    for (std::size_t i = 1; i < chain.size(); ++i) sk_X509_push(issuers.get(), chain[i].get());
    if (SSL_CTX_use_cert_and_key(context, chain.front().get(), key.get(), issuers.get(), 0) == 1) return;
    const bool second = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_NOT_REPLACING_CERTIFICATE;
    const std::string words = take_openssl_error();
    throw std::runtime_error(chain_path +
                             (second ? ": a second certificate with a key of this type; expected one per key type"
                                     : ": OpenSSL refuses it: " + words));
}

void load_all_own(SSL_CTX* context, const ProfileTerms& terms, const TlsFiles& files, bool needed) {
    if (files.chains.size() != files.keys.size()) {
        throw std::runtime_error("TLS profile " + std::string(terms.name) + ": " + std::to_string(files.chains.size()) +
                                 " certificate files and " + std::to_string(files.keys.size()) +
                                 " key files; expected one key beside each certificate");
    }
    if (needed && files.chains.empty()) {
        throw std::runtime_error("TLS profile " + std::string(terms.name) +
                                 ": no certificate named; expected one with its key");
    }
    for (std::size_t i = 0; i < files.chains.size(); ++i) load_own(context, terms, files.chains[i], files.keys[i]);
}

void load_trust(SSL_CTX* context, const ProfileTerms& terms, const TlsFiles& files, bool names_to_peer) {
    if (files.ca.empty()) {
        throw std::runtime_error("TLS profile " + std::string(terms.name) +
                                 ": no CA file named; expected a PEM file with what peers are verified against");
    }
    const Chain trusted = read_certificates(files.ca);
    X509_STORE* store = SSL_CTX_get_cert_store(context);
    for (const CertificateOwner& certificate : trusted) {
        X509_STORE_add_cert(store, certificate.get());
        if (names_to_peer) SSL_CTX_add_client_CA(context, certificate.get());
    }
}

SslContext new_context(const SSL_METHOD* method, const ProfileTerms& terms) {
    SslContext context(SSL_CTX_new(method), SSL_CTX_free);
    if (!context) throw std::runtime_error("cannot make a TLS context: " + take_openssl_error());
    apply_terms(context.get(), terms);
    return context;
}

}  // namespace

SslContext server_context(TlsProfile profile, const TlsFiles& files) {
    const ProfileTerms& terms = terms_of(profile);
    const bool mutual = terms.client_certificate == ClientCertificate::demanded;
    SslContext context = new_context(TLS_server_method(), terms);
    load_all_own(context.get(), terms, files, true);
    if (mutual) load_trust(context.get(), terms, files, true);
    SSL_CTX_set_verify(context.get(), mutual ? SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT : SSL_VERIFY_NONE,
                       verify);
    cache_sessions(context.get(), terms);
    return context;
}

SslContext client_context(TlsProfile profile, const TlsFiles& files) {
    const ProfileTerms& terms = terms_of(profile);
    SslContext context = new_context(TLS_client_method(), terms);
    load_all_own(context.get(), terms, files, terms.client_certificate == ClientCertificate::demanded);
    if (profile == TlsProfile::internet && files.ca.empty()) {
        demand(SSL_CTX_set_default_verify_paths(context.get()), terms, "trust of the system");
    } else {
        load_trust(context.get(), terms, files, false);
    }
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, verify);
    return context;
}

ClientTerms client_terms(TlsProfile profile) {
    const ProfileTerms& terms = terms_of(profile);
    return {std::string(terms.cipher_list), terms.highest_version == TLS1_2_VERSION};
}

std::optional<Identity> peer_identity(const ssl_st* connection) {
    const X509* certificate = SSL_get0_peer_certificate(connection);
    if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return std::nullopt;
    return identity_of(certificate);
}

std::string handshake_failure(const ssl_st* connection) {
    const int reason = ERR_GET_REASON(ERR_peek_error());
    const std::string words = take_openssl_error();
    const ProfileTerms& terms = *terms_of_connection(connection);
    const auto* note = static_cast<const std::string*>(SSL_get_ex_data(connection, note_index()));
    if (note != nullptr && SSL_get_verify_result(connection) != X509_V_OK) return *note;
    switch (reason) {
        case 0:
            return "the peer closed the connection during the TLS handshake";
        case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
            return "the peer sent no certificate; TLS profile " + std::string(terms.name) + " demands one";
        case SSL_R_NO_SHARED_CIPHER:
            return "the peer offers no cipher suite of TLS profile " + std::string(terms.name) + ": " +
                   std::string(terms.cipher_list);
        case SSL_R_HTTP_REQUEST:
            return "the peer speaks plain HTTP; expected TLS";
        default:
            return "TLS handshake failed: " + words;
    }
}

}  // namespace busbar::certs
