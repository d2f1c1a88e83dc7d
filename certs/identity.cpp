// Names out of a certificate. LFDI and SFDI: IEEE 2030.5-2018, clause 6.3 (both from the SHA-256 of the DER form);
// fingerprint: OpenADR 2.0b, security clause (the last ten bytes of the same digest).
#include "certs/identity.hpp"

#include <openssl/asn1t.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "certs/openssl.hpp"

namespace busbar::certs {

namespace {

std::string attribute(const X509_NAME* name, int nid) {
    const int at = X509_NAME_get_index_by_NID(name, nid, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) return {};
    std::string value(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
    OPENSSL_free(text);
    return value;
}

// hardwareModuleName ::= SEQUENCE { hwType OBJECT IDENTIFIER, hwSerialNum OCTET STRING }
std::string hardware_serial_in(const ASN1_TYPE* value) {
    if (value == nullptr || value->type != V_ASN1_SEQUENCE) return {};
    const unsigned char* cursor = value->value.sequence->data;
    std::unique_ptr<ASN1_SEQUENCE_ANY, void (*)(ASN1_SEQUENCE_ANY*)> parts(
        d2i_ASN1_SEQUENCE_ANY(nullptr, &cursor, value->value.sequence->length),
        [](ASN1_SEQUENCE_ANY* all) { sk_ASN1_TYPE_pop_free(all, ASN1_TYPE_free); });
    if (!parts || sk_ASN1_TYPE_num(parts.get()) != 2) return {};
    const ASN1_TYPE* serial = sk_ASN1_TYPE_value(parts.get(), 1);
    if (serial->type != V_ASN1_OCTET_STRING) return {};
    const ASN1_OCTET_STRING* bytes = serial->value.octet_string;
    return hex_upper(ASN1_STRING_get0_data(bytes), static_cast<std::size_t>(ASN1_STRING_length(bytes)));
}

std::string hardware_serial_of(const X509* certificate) {
    GeneralNamesOwner names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type != GEN_OTHERNAME) continue;
        if (object_text(name->d.otherName->type_id) != hardware_module_name_oid) continue;
        return hardware_serial_in(name->d.otherName->value);
    }
    return {};
}

}  // namespace

std::uint64_t with_check_digit(std::uint64_t digits) {
    std::uint64_t sum = 0;
    for (std::uint64_t rest = digits; rest != 0; rest /= 10) sum += rest % 10;
    return digits * 10 + (10 - sum % 10) % 10;
}

bool check_digit_holds(std::uint64_t number) {
    return with_check_digit(number / 10) == number;
}

std::string lfdi_of_sha256(const std::array<std::uint8_t, 32>& digest) {
    return hex_upper(digest.data(), 20);
}

std::uint64_t sfdi_of_sha256(const std::array<std::uint8_t, 32>& digest) {
    std::uint64_t first_40_bits = 0;
    for (std::size_t i = 0; i < 5; ++i) first_40_bits = first_40_bits << 8 | digest[i];
    return with_check_digit(first_40_bits >> 4);
}

Identity identity_of(const x509_st* certificate) {
    Identity identity;
    const X509_NAME* subject = X509_get_subject_name(certificate);
    identity.common_name = attribute(subject, NID_commonName);
    identity.organization = attribute(subject, NID_organizationName);
    identity.serial_number = attribute(subject, NID_serialNumber);
    identity.hardware_serial = hardware_serial_of(certificate);

    std::array<std::uint8_t, 32> digest{};
    X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
    identity.lfdi = lfdi_of_sha256(digest);
    identity.sfdi = sfdi_of_sha256(digest);
    for (std::size_t i = 22; i < 32; ++i) {
        if (i != 22) identity.fingerprint += ':';
        identity.fingerprint += hex_upper(&digest[i], 1);
    }
    identity.sha256 = hex_upper(digest.data(), digest.size());
    std::ranges::transform(identity.sha256, identity.sha256.begin(),
                           [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c; });
    identity.not_before_us = time_us(X509_get0_notBefore(certificate));
    identity.not_after_us = time_us(X509_get0_notAfter(certificate));
    return identity;
}

Identity identity_of_file(const std::string& path) {
    return identity_of(read_certificates(path).front().get());
}

}  // namespace busbar::certs
