// OpenSSL's objects with owners, its times as ours, its errors as one line. For the .cpp files of this folder only.
#pragma once

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace busbar::certs {

template <auto release>
struct Release {
    template <class T>
    void operator()(T* object) const {
        release(object);
    }
};
inline void free_general_names(GENERAL_NAMES* names) {
    GENERAL_NAMES_free(names);
}
inline void free_policies(CERTIFICATEPOLICIES* policies) {
    CERTIFICATEPOLICIES_free(policies);
}

using BioOwner = std::unique_ptr<BIO, Release<BIO_free_all>>;
using CertificateOwner = std::unique_ptr<X509, Release<X509_free>>;
using KeyOwner = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using GeneralNamesOwner = std::unique_ptr<GENERAL_NAMES, Release<free_general_names>>;
using PoliciesOwner = std::unique_ptr<CERTIFICATEPOLICIES, Release<free_policies>>;

// What a test authority and the checks of the IEEE 2030.5 profile have in common.
inline constexpr const char* hardware_module_name_oid = "1.3.6.1.5.5.7.8.4";  // RFC 4108, clause 5
inline constexpr const char* ieee2030_5_policy_arc = "1.3.6.1.4.1.40732";
inline constexpr const char* no_expiry = "99991231235959Z";  // RFC 5280, clause 4.1.2.5

// Whole file, at most 1 MiB; throws std::runtime_error "cannot read PATH: …".
std::string read_small_file(const std::string& path);
// Every certificate of a PEM file in its order, or the one of a DER file; throws std::runtime_error if there is none.
std::vector<CertificateOwner> read_certificates(const std::string& path);
// An unencrypted PEM private key; throws std::runtime_error.
KeyOwner read_key(const std::string& path);

std::int64_t time_us(const ASN1_TIME* time);
std::string time_text(std::int64_t us);              // 2026-01-31T12:00:00Z
std::string name_text(const X509_NAME* name);        // RFC 2253; "(empty)" if it has no part
std::string object_text(const ASN1_OBJECT* object);  // dotted digits
std::string text_in(BIO* memory);                    // all that was written to a memory BIO
std::string hex_upper(const unsigned char* bytes, std::size_t count);
std::string key_text(const EVP_PKEY* key);  // "EC P-256", "RSA 2048"
bool is_p256(const EVP_PKEY* key);
// Takes the oldest error of this thread's queue in words and empties the queue; "" if there was none.
std::string take_openssl_error();

}  // namespace busbar::certs
