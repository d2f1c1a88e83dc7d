#include "certs/describe.hpp"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <string_view>
#include <vector>

#include "certs/device_profile.hpp"
#include "certs/identity.hpp"
#include "certs/openssl.hpp"

namespace busbar::certs {

namespace {

void line(std::string& text, std::string_view label, const std::string& value) {
    text += label;
    text.append(label.size() < 14 ? 14 - label.size() : 1, ' ');
    text += value;
    text += '\n';
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return text.empty() ? "(none)" : text;
}

std::string validity_text(const X509* certificate) {
    const std::int64_t from_us = time_us(X509_get0_notBefore(certificate));
    const std::int64_t until_us = time_us(X509_get0_notAfter(certificate));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const std::int64_t now_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    std::string text = time_text(from_us) + " to " + time_text(until_us);
    if (until_us < now_us) return text + " (expired)";
    if (from_us > now_us) return text + " (not valid yet)";
    if (time_text(until_us) == "9999-12-31T23:59:59Z") return text + " (never expires)";
    return text;
}

// IEEE 2030.5-2018, 6.11.7.
std::string policy_text(const std::string& policy) {
    struct Meaning {
        const char* policy;
        const char* words;
    };
    constexpr std::array<Meaning, 8> meanings{{{"1.3.6.1.4.1.40732.1.1", "generic device"},
                                               {"1.3.6.1.4.1.40732.1.2", "mobile device"},
                                               {"1.3.6.1.4.1.40732.1.3", "post-manufacture device"},
                                               {"1.3.6.1.4.1.40732.2.1", "test"},
                                               {"1.3.6.1.4.1.40732.2.2", "self-signed"},
                                               {"1.3.6.1.4.1.40732.2.3", "service provider"},
                                               {"1.3.6.1.4.1.40732.2.4", "bulk-issued"},
                                               {"2.5.29.32.0", "any policy"}}};
    for (const Meaning& meaning : meanings) {
        if (policy == meaning.policy) return policy + " (" + meaning.words + ')';
    }
    return policy;
}

std::string policies_text(const X509* certificate) {
    PoliciesOwner policies(
        static_cast<CERTIFICATEPOLICIES*>(X509_get_ext_d2i(certificate, NID_certificate_policies, nullptr, nullptr)));
    std::vector<std::string> parts;
    for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i) {
        parts.push_back(policy_text(object_text(sk_POLICYINFO_value(policies.get(), i)->policyid)));
    }
    return joined(parts);
}

std::string address_text(const ASN1_OCTET_STRING* address) {
    const unsigned char* bytes = ASN1_STRING_get0_data(address);
    const int size = ASN1_STRING_length(address);
    std::string result;
    for (int i = 0; i < size; ++i) {
        if (size == 4) {
            result += (i > 0 ? "." : "") + std::to_string(bytes[i]);
        } else {
            result += (i > 0 && i % 2 == 0 ? ":" : "") + hex_upper(bytes + i, 1);
        }
    }
    return result;
}

std::string names_text(const X509* certificate) {
    GeneralNamesOwner names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> parts;
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) {
            const ASN1_IA5STRING* text = name->d.dNSName;
            parts.push_back("DNS " + std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                                 static_cast<std::size_t>(ASN1_STRING_length(text))));
        } else if (name->type == GEN_IPADD) {
            parts.push_back("IP " + address_text(name->d.iPAddress));
        }
    }
    return joined(parts);
}

std::string profile_text(const X509* certificate) {
    const bool authority = (X509_get_extension_flags(const_cast<X509*>(certificate)) & EXFLAG_CA) != 0;
    const std::string what = authority ? "authority" : "device";
    const std::vector<std::string> deviations =
        authority ? authority_profile_deviations(certificate) : device_profile_deviations(certificate);
    if (deviations.empty()) return "the " + what + " profile holds";
    std::string text = std::to_string(deviations.size()) + " deviations from the " + what + " profile";
    for (const std::string& deviation : deviations) text += "\n              - " + deviation;
    return text;
}

void describe_first(std::string& text, const X509* certificate) {
    const Identity identity = identity_of(certificate);
    line(text, "subject", name_text(X509_get_subject_name(certificate)));
    line(text, "issuer", name_text(X509_get_issuer_name(certificate)));
    line(text, "valid", validity_text(certificate));
    line(text, "key", key_text(X509_get0_pubkey(certificate)));
    line(text, "signature", OBJ_nid2ln(X509_get_signature_nid(certificate)));
    line(text, "LFDI", identity.lfdi);
    line(text, "SFDI", std::to_string(identity.sfdi));
    line(text, "fingerprint", identity.fingerprint + " (OpenADR)");
    line(text, "SHA-256", identity.sha256);
    line(text, "names", names_text(certificate));
    line(text, "policies", policies_text(certificate));
    line(text, "hardware", identity.hardware_serial.empty() ? "(none)" : "serial number " + identity.hardware_serial);
    line(text, "IEEE 2030.5", profile_text(certificate));
}

}  // namespace

std::string describe(const std::string& path) {
    const std::vector<CertificateOwner> chain = read_certificates(path);
    std::string text;
    describe_first(text, chain.front().get());
    for (std::size_t i = 1; i < chain.size(); ++i) {
        const X509* certificate = chain[i].get();
        line(text, "then",
             name_text(X509_get_subject_name(certificate)) + ", " + key_text(X509_get0_pubkey(certificate)) + ", " +
                 validity_text(certificate));
    }
    return text;
}

}  // namespace busbar::certs
