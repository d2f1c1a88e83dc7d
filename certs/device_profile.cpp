#include "certs/device_profile.hpp"

#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>

#include "certs/identity.hpp"
#include "certs/openssl.hpp"

namespace busbar::certs {

namespace {

using Lines = std::vector<std::string>;

enum class Presence { absent, plain, critical };

Presence presence_of(const X509* certificate, int nid) {
    const int at = X509_get_ext_by_NID(certificate, nid, -1);
    if (at < 0) return Presence::absent;
    return X509_EXTENSION_get_critical(X509_get_ext(certificate, at)) != 0 ? Presence::critical : Presence::plain;
}

// X509_get_key_usage and its kin fill a cache inside the object, so OpenSSL takes them without const.
X509* cached(const X509* certificate) {
    return const_cast<X509*>(certificate);
}

void check_critical(Lines& lines, const X509* certificate, int nid, const std::string& name) {
    switch (presence_of(certificate, nid)) {
        case Presence::absent:
            lines.push_back(name + " is absent; the profile demands it, critical");
            break;
        case Presence::plain:
            lines.push_back(name + " is not critical; the profile demands that it is");
            break;
        case Presence::critical:
            break;
    }
}

void check_absent(Lines& lines, const X509* certificate, int nid, const std::string& name) {
    if (presence_of(certificate, nid) != Presence::absent) lines.push_back(name + " is there; the profile has none");
}

void check_key(Lines& lines, const X509* certificate) {
    const EVP_PKEY* key = X509_get0_pubkey(certificate);
    if (!is_p256(key)) lines.push_back("key is " + key_text(key) + "; the profile demands EC P-256");
    const int signature = X509_get_signature_nid(certificate);
    if (signature != NID_ecdsa_with_SHA256) {
        lines.push_back(std::string("signed with ") + OBJ_nid2ln(signature) +
                        "; the profile demands ecdsa-with-SHA256");
    }
    if (X509_get_version(certificate) != X509_VERSION_3) lines.push_back("version is not 3");
}

void check_no_expiry(Lines& lines, const X509* certificate) {
    const ASN1_TIME* end = X509_get0_notAfter(certificate);
    const std::string_view text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(end)),
                                static_cast<std::size_t>(ASN1_STRING_length(end)));
    if (text != no_expiry) {
        lines.push_back("valid until " + time_text(time_us(end)) + "; the profile has no expiry (" + no_expiry + ")");
    }
}

void check_key_usage(Lines& lines, const X509* certificate, std::uint32_t expected, const std::string& names) {
    check_critical(lines, certificate, NID_key_usage, "keyUsage");
    if (presence_of(certificate, NID_key_usage) == Presence::absent) return;
    if (X509_get_key_usage(cached(certificate)) != expected) {
        lines.push_back("keyUsage has other bits than " + names);
    }
}

bool has_policy(const X509* certificate, const std::string& arc) {
    PoliciesOwner policies(
        static_cast<CERTIFICATEPOLICIES*>(X509_get_ext_d2i(certificate, NID_certificate_policies, nullptr, nullptr)));
    for (int i = 0; policies && i < sk_POLICYINFO_num(policies.get()); ++i) {
        if (object_text(sk_POLICYINFO_value(policies.get(), i)->policyid).starts_with(arc)) return true;
    }
    return false;
}

void check_device_policies(Lines& lines, const X509* certificate) {
    check_critical(lines, certificate, NID_certificate_policies, "certificatePolicies");
    if (presence_of(certificate, NID_certificate_policies) == Presence::absent) return;
    const std::string kinds = std::string(ieee2030_5_policy_arc) + ".1.";
    if (!has_policy(certificate, kinds)) {
        lines.push_back("certificatePolicies names no device kind; the profile demands one of " + kinds +
                        "1 (generic), 2 (mobile), 3 (post-manufacture)");
    }
}

// What a security level of 2 would refuse by itself, which a context that speaks CCM_8 cannot have (profiles.cpp). The
// signature that a root makes over itself proves nothing and may be any.
bool weakly_signed(const X509* certificate) {
    if ((X509_get_extension_flags(cached(certificate)) & EXFLAG_SS) != 0) return false;
    int strength_bits = 0;
    const int known = X509_get_signature_info(cached(certificate), nullptr, nullptr, &strength_bits, nullptr);
    return known != 1 || strength_bits < 112;
}

}  // namespace

std::vector<std::string> device_profile_deviations(const x509_st* certificate) {
    Lines lines;
    check_key(lines, certificate);
    const X509_NAME* subject = X509_get_subject_name(certificate);
    if (X509_NAME_entry_count(subject) != 0) {
        lines.push_back("subject is " + name_text(subject) + "; the profile's is empty");
    }
    check_no_expiry(lines, certificate);
    check_key_usage(lines, certificate, KU_DIGITAL_SIGNATURE | KU_KEY_AGREEMENT, "digitalSignature and keyAgreement");
    if (presence_of(certificate, NID_authority_key_identifier) == Presence::absent) {
        lines.push_back("authorityKeyIdentifier is absent; the profile demands it");
    }
    check_device_policies(lines, certificate);
    check_critical(lines, certificate, NID_subject_alt_name, "subjectAltName");
    if (identity_of(certificate).hardware_serial.empty()) {
        lines.push_back(std::string("subjectAltName has no hardwareModuleName (otherName ") + hardware_module_name_oid +
                        ") with a type and a serial number; the profile demands it");
    }
    check_absent(lines, certificate, NID_ext_key_usage, "extendedKeyUsage");
    check_absent(lines, certificate, NID_name_constraints, "nameConstraints");
    check_absent(lines, certificate, NID_policy_mappings, "policyMappings");
    if ((X509_get_extension_flags(cached(certificate)) & EXFLAG_CA) != 0) {
        lines.push_back("basicConstraints says CA; a device is none");
    }
    return lines;
}

std::vector<std::string> authority_profile_deviations(const x509_st* certificate) {
    Lines lines;
    check_key(lines, certificate);
    check_no_expiry(lines, certificate);
    check_critical(lines, certificate, NID_basic_constraints, "basicConstraints");
    check_key_usage(lines, certificate, KU_KEY_CERT_SIGN | KU_CRL_SIGN, "keyCertSign and cRLSign");
    check_critical(lines, certificate, NID_certificate_policies, "certificatePolicies");
    if (presence_of(certificate, NID_subject_key_identifier) == Presence::absent) {
        lines.push_back("subjectKeyIdentifier is absent; the profile demands it");
    }
    check_absent(lines, certificate, NID_ext_key_usage, "extendedKeyUsage");
    check_absent(lines, certificate, NID_name_constraints, "nameConstraints");
    check_absent(lines, certificate, NID_policy_mappings, "policyMappings");
    return lines;
}

std::string chain_fault(const x509_st* certificate, int depth) {
    const EVP_PKEY* key = X509_get0_pubkey(certificate);
    if (!is_p256(key)) return "has the key " + key_text(key) + "; IEEE 2030.5 takes EC P-256 only";
    if (weakly_signed(certificate)) {
        return std::string("is signed with ") + OBJ_nid2ln(X509_get_signature_nid(certificate)) +
               "; IEEE 2030.5 takes ecdsa-with-SHA256";
    }
    if (depth == 0) return {};
    struct Banned {
        int nid;
        const char* name;
    };
    constexpr std::array<Banned, 3> banned{{{NID_ext_key_usage, "extendedKeyUsage"},
                                            {NID_name_constraints, "nameConstraints"},
                                            {NID_policy_mappings, "policyMappings"}}};
    const auto* found = std::ranges::find_if(
        banned, [&](const Banned& entry) { return presence_of(certificate, entry.nid) != Presence::absent; });
    if (found == banned.end()) return {};
    return std::string("has ") + found->name + "; an IEEE 2030.5 authority has none";
}

}  // namespace busbar::certs
