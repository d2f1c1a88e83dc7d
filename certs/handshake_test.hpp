// For the tests of this folder: one authority for the whole run, certificates of any shape below it, and a handshake
// between two contexts over a pair of memory BIOs.
#pragma once

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "certs/authority.hpp"
#include "certs/openssl.hpp"
#include "certs/tls.hpp"

namespace busbar::certs::testing {

class Folder {
  public:
    Folder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "busbar_certs_XXXXXX").string();
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string operator/(const std::string& name) const { return path_ / name; }
    std::string string() const { return path_; }

  private:
    std::filesystem::path path_;
};

// Made once: generating its RSA keys takes most of a second.
inline const std::string& authority() {
    static const Folder folder;
    static const std::string made = [] {
        init_test_authority(folder / "certs", {});
        return folder / "certs";
    }();
    return made;
}
inline const std::string& other_authority() {
    static const Folder folder;
    static const std::string made = [] {
        init_test_authority(folder / "certs", {});
        return folder / "certs";
    }();
    return made;
}
inline TlsFiles example(Kind kind, const std::string& directory = authority()) {
    return files_of(directory, kind, "example").tls();
}

inline void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path) << text;
}
inline std::string what_is_thrown(const auto& call) {
    try {
        call();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return "(nothing was thrown)";
}

// ---- certificates of any shape
// ----------------------------------------------------------------------------------------

struct Shape {
    std::string common_name;                              // "": empty subject
    std::vector<std::pair<int, std::string>> extensions;  // in OpenSSL's configuration notation
    std::string configuration;                            // sections that the extensions name
    KeyOwner key;                                         // default: a new P-256 key
    const EVP_MD* digest = EVP_sha256();
};
struct Made {
    CertificateOwner certificate;
    KeyOwner key;
};

inline Made make_certificate(Shape shape, const X509* issuer, EVP_PKEY* issuer_key) {
    Made made{CertificateOwner(X509_new()), shape.key ? std::move(shape.key) : KeyOwner(EVP_EC_gen("P-256"))};
    X509* x = made.certificate.get();
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 77);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    ASN1_TIME_set_string(X509_getm_notAfter(x), no_expiry);
    X509_set_pubkey(x, made.key.get());
    if (!shape.common_name.empty()) {
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(shape.common_name.c_str()), -1, -1, 0);
    }
    std::unique_ptr<CONF, Release<NCONF_free>> configuration(NCONF_new(nullptr));
    BioOwner text(BIO_new_mem_buf(shape.configuration.data(), static_cast<int>(shape.configuration.size())));
    NCONF_load_bio(configuration.get(), text.get(), nullptr);
    for (const auto& [nid, value] : shape.extensions) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, const_cast<X509*>(issuer != nullptr ? issuer : x), x, nullptr, nullptr, 0);
        X509V3_set_nconf(&context, configuration.get());
        X509_EXTENSION* made_extension = X509V3_EXT_nconf_nid(configuration.get(), &context, nid, value.c_str());
        if (made_extension == nullptr) throw std::runtime_error(value + ": " + take_openssl_error());
        X509_add_ext(x, made_extension, -1);
        X509_EXTENSION_free(made_extension);
    }
    X509_set_issuer_name(x, X509_get_subject_name(issuer != nullptr ? issuer : x));
    X509_sign(x, issuer != nullptr ? issuer_key : made.key.get(), shape.digest);
    return made;
}

inline std::string pem_text(X509* certificate) {
    BioOwner memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), certificate);
    return text_in(memory.get());
}
inline std::string pem_text(EVP_PKEY* key) {
    BioOwner memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_in(memory.get());
}

// Of a device that keeps the profile of IEEE 2030.5.
inline std::vector<std::pair<int, std::string>> device_extensions() {
    return {{NID_key_usage, "critical,digitalSignature,keyAgreement"},
            {NID_authority_key_identifier, "keyid"},
            {NID_certificate_policies, "critical,1.3.6.1.4.1.40732.1.1,1.3.6.1.4.1.40732.2.1"},
            {NID_subject_alt_name, "critical,otherName:1.3.6.1.5.5.7.8.4;SEQUENCE:hardware"}};
}
inline const std::string hardware_section = "[hardware]\nt=OID:1.3.6.1.4.1.32473.1\ns=FORMAT:HEX,OCTETSTRING:0A0B\n";

// ---- handshakes
// --------------------------------------------------------------------------------------------------------

using SslOwner = std::unique_ptr<SSL, Release<SSL_free>>;
using SessionOwner = std::unique_ptr<SSL_SESSION, Release<SSL_SESSION_free>>;

struct Outcome {
    bool done = false;           // on both ends, and a byte went each way
    std::string server_failure;  // "" if the server had none
    std::string client_failure;
    std::string cipher;
    std::string version;
    std::string key_exchange;  // the server's half, in words
    bool resumed = false;
    std::optional<Identity> client_seen;  // by the server
    std::optional<Identity> server_seen;  // by the client
    SessionOwner session;                 // of the client
};

enum class Step { waiting, done, failed };

inline Step advance(SSL* end, std::string& failure) {
    ERR_clear_error();
    const int result = SSL_do_handshake(end);
    if (result == 1) return Step::done;
    const int error = SSL_get_error(end, result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return Step::waiting;
    failure = handshake_failure(end);
    return Step::failed;
}

inline bool a_byte_crosses(SSL* from, SSL* to) {
    char byte = 'x';
    return SSL_write(from, &byte, 1) == 1 && SSL_read(to, &byte, 1) == 1;
}

inline Outcome handshake(const SslContext& server_side, const SslContext& client_side, SSL_SESSION* resume = nullptr) {
    SslOwner server(SSL_new(server_side.get()));
    SslOwner client(SSL_new(client_side.get()));
    BIO* server_end = nullptr;
    BIO* client_end = nullptr;
    BIO_new_bio_pair(&server_end, 64 * 1024, &client_end, 64 * 1024);
    SSL_set_bio(server.get(), server_end, server_end);
    SSL_set_bio(client.get(), client_end, client_end);
    SSL_set_accept_state(server.get());
    SSL_set_connect_state(client.get());
    if (resume != nullptr) SSL_set_session(client.get(), resume);

    Outcome outcome;
    Step at_server = Step::waiting;
    Step at_client = Step::waiting;
    for (int round = 0; round < 20; ++round) {
        if (at_client == Step::waiting) at_client = advance(client.get(), outcome.client_failure);
        if (at_server == Step::waiting) at_server = advance(server.get(), outcome.server_failure);
    }
    if (at_client != Step::done || at_server != Step::done) return outcome;
    outcome.done = a_byte_crosses(client.get(), server.get()) && a_byte_crosses(server.get(), client.get());
    outcome.cipher = SSL_get_cipher_name(client.get());
    outcome.version = SSL_get_version(client.get());
    EVP_PKEY* half = nullptr;
    if (SSL_get_peer_tmp_key(client.get(), &half) == 1) outcome.key_exchange = key_text(half);
    EVP_PKEY_free(half);
    outcome.resumed = SSL_session_reused(client.get()) == 1;
    outcome.client_seen = peer_identity(server.get());
    outcome.server_seen = peer_identity(client.get());
    outcome.session.reset(SSL_get1_session(client.get()));
    SSL_shutdown(client.get());
    SSL_shutdown(server.get());
    return outcome;
}

}  // namespace busbar::certs::testing
