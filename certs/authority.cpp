// Issuing is: make a key, fill a certificate from the row of its kind, sign it with the issuer of that row, write both
// files. The facts of the IEEE 2030.5 chain are those of IEEE 2030.5-2018, clause 6; the OCPP subject (O the operator,
// CN the serial number) is that of OCPP 2.0.1 part 2, A00.
#include "certs/authority.hpp"

#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <stdexcept>

#include "certs/files.hpp"
#include "certs/openssl.hpp"

namespace busbar::certs {

namespace {

namespace fs = std::filesystem;

constexpr std::array<const char*, 3> protocols{"ieee2030_5", "ocpp", "openadr"};
constexpr std::int64_t day_us = 86'400'000'000;
constexpr std::int64_t leaf_life_us = 731 * day_us;
constexpr std::int64_t root_life_us = 7305 * day_us;
// PEN 32473 stands for examples (RFC 5612).
constexpr const char* example_hardware_type = "1.3.6.1.4.1.32473.1";

enum class KeyType { p256, rsa };

struct Row {
    KindInfo info;
    const char* protocol;  // folder below the authority's directory
    const char* path;      // file below it; a named kind puts NAME between path and suffix
    const char* suffix;
    const char* issuer;
    KeyType key;
    bool serves;
    bool connects;
    bool is_ieee2030_5() const { return std::string_view(protocol) == "ieee2030_5"; }
};

constexpr std::array<Row, 10> rows{{
    {{Kind::ieee2030_5_device, "ieee2030_5_device", "inverter, battery or aggregator: client of the 2030.5 server",
      true},
     "ieee2030_5",
     "devices/",
     "",
     "mica",
     KeyType::p256,
     false,
     true},
    {{Kind::ieee2030_5_server, "ieee2030_5_server", "the 2030.5 server", false},
     "ieee2030_5",
     "server",
     "",
     "mica",
     KeyType::p256,
     true,
     false},
    {{Kind::ocpp_station, "ocpp_station", "charging station with security profile 3", true},
     "ocpp",
     "stations/",
     "",
     "root_ecdsa",
     KeyType::p256,
     false,
     true},
    {{Kind::ocpp_station_rsa, "ocpp_station_rsa", "charging station with security profile 3 that takes RSA", true},
     "ocpp",
     "stations/",
     "_rsa",
     "root_rsa",
     KeyType::rsa,
     false,
     true},
    {{Kind::ocpp_server_ecdsa, "ocpp_server_ecdsa", "the CSMS, towards stations that take ECDSA", false},
     "ocpp",
     "server_ecdsa",
     "",
     "root_ecdsa",
     KeyType::p256,
     true,
     false},
    {{Kind::ocpp_server_rsa, "ocpp_server_rsa", "the CSMS, towards stations that take RSA", false},
     "ocpp",
     "server_rsa",
     "",
     "root_rsa",
     KeyType::rsa,
     true,
     false},
    {{Kind::openadr_vtn_ecdsa, "openadr_vtn_ecdsa", "a VTN, towards VENs that take ECDSA", false},
     "openadr",
     "vtn_ecdsa",
     "",
     "root_ecdsa",
     KeyType::p256,
     true,
     true},
    {{Kind::openadr_vtn_rsa, "openadr_vtn_rsa", "a VTN, towards VENs that take RSA", false},
     "openadr",
     "vtn_rsa",
     "",
     "root_rsa",
     KeyType::rsa,
     true,
     true},
    {{Kind::openadr_ven_ecdsa, "openadr_ven_ecdsa", "a VEN with an ECDSA key", true},
     "openadr",
     "vens/",
     "_ecdsa",
     "root_ecdsa",
     KeyType::p256,
     true,
     true},
    {{Kind::openadr_ven_rsa, "openadr_ven_rsa", "a VEN with an RSA key", true},
     "openadr",
     "vens/",
     "_rsa",
     "root_rsa",
     KeyType::rsa,
     true,
     true},
}};

const Row& row_of(Kind kind) {
    return rows[static_cast<std::size_t>(kind)];
}

// A certificate that is being filled in; every step throws if OpenSSL refuses it.
class Draft {
  public:
    Draft(const EVP_PKEY* key, std::int64_t not_before_us, std::optional<std::int64_t> not_after_us)
        : certificate_(X509_new()) {
        std::array<unsigned char, 8> serial{};
        RAND_bytes(serial.data(), static_cast<int>(serial.size()));
        serial[0] = static_cast<unsigned char>((serial[0] & 0x7f) | 0x40);  // positive, always 8 bytes
        std::unique_ptr<BIGNUM, Release<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
        X509* x = certificate_.get();
        demand(X509_set_version(x, X509_VERSION_3), "version");
        demand(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x)) != nullptr, "serial number");
        demand(ASN1_TIME_set(X509_getm_notBefore(x), not_before_us / 1'000'000) != nullptr, "validity");
        const bool set = not_after_us ? ASN1_TIME_set(X509_getm_notAfter(x), *not_after_us / 1'000'000) != nullptr
                                      : ASN1_TIME_set_string(X509_getm_notAfter(x), no_expiry) == 1;
        demand(set, "validity");
        demand(X509_set_pubkey(x, const_cast<EVP_PKEY*>(key)), "public key");
    }

    void subject(const char* attribute, const std::string& value) {
        const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
        demand(X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate_.get()), attribute, MBSTRING_UTF8, bytes,
                                          static_cast<int>(value.size()), -1, 0),
               "subject " + std::string(attribute) + " \"" + value + '"');
    }
    void extension(int nid, void* value, bool critical) {
        demand(X509_add1_ext_i2d(certificate_.get(), nid, value, critical ? 1 : 0, X509V3_ADD_APPEND), OBJ_nid2sn(nid));
    }
    // `value` in OpenSSL's configuration notation.
    void extension_from_text(int nid, const char* value, const X509* issuer = nullptr) {
        X509V3_CTX context;
        X509V3_set_ctx(&context, const_cast<X509*>(issuer != nullptr ? issuer : certificate_.get()), certificate_.get(),
                       nullptr, nullptr, 0);
        std::unique_ptr<X509_EXTENSION, Release<X509_EXTENSION_free>> made(
            X509V3_EXT_nconf_nid(nullptr, &context, nid, value));
        demand(made != nullptr && X509_add_ext(certificate_.get(), made.get(), -1) == 1, OBJ_nid2sn(nid));
    }
    void critical_policies(std::span<const char* const> oids) {
        PoliciesOwner policies(sk_POLICYINFO_new_null());
        for (const char* oid : oids) {
            POLICYINFO* policy = POLICYINFO_new();
            policy->policyid = OBJ_txt2obj(oid, 1);
            sk_POLICYINFO_push(policies.get(), policy);
        }
        extension(NID_certificate_policies, policies.get(), true);
    }
    CertificateOwner sign(const X509* issuer, EVP_PKEY* issuer_key) {
        const X509* named = issuer != nullptr ? issuer : certificate_.get();
        demand(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(named)), "issuer");
        demand(X509_sign(certificate_.get(), issuer_key, EVP_sha256()) > 0, "signature");
        return std::move(certificate_);
    }

  private:
    static void demand(bool done, const std::string& what) {
        if (!done) throw std::runtime_error("cannot make a certificate: " + what + ": " + take_openssl_error());
    }
    CertificateOwner certificate_;
};

struct Issuer {
    CertificateOwner certificate;
    KeyOwner key;
    std::string chain_pem;  // what stands below a leaf: this issuer and those above it, without the root
};

std::int64_t now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

KeyOwner new_key(KeyType type) {
    KeyOwner key(type == KeyType::rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256"));
    if (!key) throw std::runtime_error("cannot make a key: " + take_openssl_error());
    return key;
}

std::string pem_of(X509* certificate) {
    BioOwner memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(memory.get(), certificate);
    return text_in(memory.get());
}

std::string pem_of(EVP_PKEY* key) {
    BioOwner memory(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(memory.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
    return text_in(memory.get());
}

void write_pair(const fs::path& stem, X509* certificate, const std::string& issuers_pem, EVP_PKEY* key) {
    replace_file(stem.string() + ".key", pem_of(key), Secrecy::owner_only);
    replace_file(stem.string() + ".pem", pem_of(certificate) + issuers_pem, Secrecy::readable);
}

void add_key_ids(Draft& draft, const X509* issuer) {
    draft.extension_from_text(NID_subject_key_identifier, "hash");
    if (issuer != nullptr) draft.extension_from_text(NID_authority_key_identifier, "keyid:always", issuer);
}

struct AuthorityRow {
    const char* stem;
    const char* common_name;
    const char* basic_constraints;
    const char* policy;  // "" = none
    const char* serial_number;
    KeyType key;
};

Issuer make_authority(const fs::path& folder, const AuthorityRow& row, const std::string& organization,
                      const Issuer* above) {
    Issuer made;
    made.key = new_key(row.key);
    const bool expires = *row.policy == '\0';
    const std::int64_t now = now_us();
    Draft draft(made.key.get(), now - day_us, expires ? std::optional(now + root_life_us) : std::nullopt);
    draft.subject("O", organization);
    draft.subject("CN", row.common_name);
    if (*row.serial_number != '\0') draft.subject("serialNumber", row.serial_number);
    draft.extension_from_text(NID_basic_constraints, row.basic_constraints);
    draft.extension_from_text(NID_key_usage, "critical,keyCertSign,cRLSign");
    add_key_ids(draft, above != nullptr ? above->certificate.get() : nullptr);
    if (!expires) draft.critical_policies(std::span(&row.policy, 1));
    made.certificate = draft.sign(above != nullptr ? above->certificate.get() : nullptr,
                                  above != nullptr ? above->key.get() : made.key.get());
    if (above != nullptr) made.chain_pem = pem_of(made.certificate.get()) + above->chain_pem;
    const std::string issuers = above != nullptr ? above->chain_pem : std::string();
    write_pair(folder / row.stem, made.certificate.get(), issuers, made.key.get());
    return made;
}

Issuer read_issuer(const fs::path& folder, const char* stem) {
    const std::string path = (folder / stem).string();
    if (!fs::exists(path + ".pem")) {
        throw std::runtime_error(path + ".pem: no authority there; `busbar certs init` makes one");
    }
    Issuer issuer;
    std::vector<CertificateOwner> chain = read_certificates(path + ".pem");
    const bool root = X509_check_issued(chain.front().get(), chain.front().get()) == X509_V_OK;
    for (std::size_t i = 0; !root && i < chain.size(); ++i) issuer.chain_pem += pem_of(chain[i].get());
    issuer.certificate = std::move(chain.front());
    issuer.key = read_key(path + ".key");
    return issuer;
}

// ---- names ----------------------------------------------------------------------------------------------------------

using OctetOwner = std::unique_ptr<ASN1_OCTET_STRING, Release<ASN1_OCTET_STRING_free>>;

void check_name(const std::string& name) {
    const bool good =
        !name.empty() && name.size() <= 64 && name.front() != '.' && std::ranges::all_of(name, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
                   c == '-';
        });
    if (!good) {
        throw std::runtime_error("name \"" + name +
                                 "\": expected 1 to 64 letters, digits, dots, dashes or underscores, "
                                 "not starting with a dot");
    }
}

void add_host(GENERAL_NAMES* names, const std::string& host) {
    const bool hostname = !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-';
    });
    GENERAL_NAME* name = GENERAL_NAME_new();
    sk_GENERAL_NAME_push(names, name);
    if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(host.c_str())) {
        GENERAL_NAME_set0_value(name, GEN_IPADD, address);
    } else if (hostname) {
        ASN1_IA5STRING* text = ASN1_IA5STRING_new();
        ASN1_STRING_set(text, host.data(), static_cast<int>(host.size()));
        GENERAL_NAME_set0_value(name, GEN_DNS, text);
    } else {
        sk_GENERAL_NAME_pop(names);
        GENERAL_NAME_free(name);
        throw std::runtime_error("host \"" + host + "\": expected a host name or an IP address");
    }
    take_openssl_error();
}

std::vector<unsigned char> serial_bytes(const std::string& hex) {
    std::vector<unsigned char> bytes(hex.empty() ? 8 : hex.size() / 2);
    if (hex.empty()) {
        RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
        return bytes;
    }
    long size = 0;
    std::unique_ptr<unsigned char, void (*)(unsigned char*)> parsed(OPENSSL_hexstr2buf(hex.c_str(), &size),
                                                                    [](unsigned char* p) { OPENSSL_free(p); });
    take_openssl_error();
    if (!parsed || size < 1 || size > 32) {
        throw std::runtime_error("hardware serial \"" + hex + "\": expected 1 to 32 bytes in hexadecimal digits");
    }
    return {parsed.get(), parsed.get() + size};
}

void add_hardware_module(GENERAL_NAMES* names, const std::string& serial_hex) {
    const std::vector<unsigned char> serial = serial_bytes(serial_hex);
    std::unique_ptr<ASN1_SEQUENCE_ANY, void (*)(ASN1_SEQUENCE_ANY*)> parts(
        sk_ASN1_TYPE_new_null(), [](ASN1_SEQUENCE_ANY* all) { sk_ASN1_TYPE_pop_free(all, ASN1_TYPE_free); });
    ASN1_TYPE* type = ASN1_TYPE_new();
    ASN1_TYPE_set(type, V_ASN1_OBJECT, OBJ_txt2obj(example_hardware_type, 1));
    sk_ASN1_TYPE_push(parts.get(), type);
    OctetOwner octets(ASN1_OCTET_STRING_new());
    ASN1_OCTET_STRING_set(octets.get(), serial.data(), static_cast<int>(serial.size()));
    ASN1_TYPE* number = ASN1_TYPE_new();
    ASN1_TYPE_set(number, V_ASN1_OCTET_STRING, octets.release());
    sk_ASN1_TYPE_push(parts.get(), number);

    unsigned char* der = nullptr;
    const int size = i2d_ASN1_SEQUENCE_ANY(parts.get(), &der);
    ASN1_STRING* sequence = ASN1_STRING_type_new(V_ASN1_SEQUENCE);
    ASN1_STRING_set0(sequence, der, size);
    ASN1_TYPE* value = ASN1_TYPE_new();
    ASN1_TYPE_set(value, V_ASN1_SEQUENCE, sequence);
    GENERAL_NAME* name = GENERAL_NAME_new();
    GENERAL_NAME_set0_othername(name, OBJ_txt2obj(hardware_module_name_oid, 1), value);
    sk_GENERAL_NAME_push(names, name);
}

void add_alternative_names(Draft& draft, const Row& row, const IssueRequest& request) {
    GeneralNamesOwner names(sk_GENERAL_NAME_new_null());
    if (row.is_ieee2030_5()) add_hardware_module(names.get(), request.hardware_serial);
    if (row.serves) {
        add_host(names.get(), "localhost");
        add_host(names.get(), "127.0.0.1");
        for (const std::string& host : request.hosts) add_host(names.get(), host);
    }
    if (sk_GENERAL_NAME_num(names.get()) == 0) return;
    draft.extension(NID_subject_alt_name, names.get(), row.is_ieee2030_5());
}

// The profile of IEEE 2030.5: an empty subject, no extendedKeyUsage, critical policies.
void fill_ieee2030_5(Draft& draft, const X509* issuer) {
    draft.extension_from_text(NID_key_usage, "critical,digitalSignature,keyAgreement");
    draft.extension_from_text(NID_authority_key_identifier, "keyid:always", issuer);
    constexpr std::array<const char*, 2> policies{"1.3.6.1.4.1.40732.1.1", "1.3.6.1.4.1.40732.2.1"};
    draft.critical_policies(policies);
}

void fill_other(Draft& draft, const Row& row, const IssueRequest& request, const X509* issuer) {
    draft.subject("O", request.organization);
    draft.subject("CN", row.info.named ? request.name : request.hosts.empty() ? "localhost" : request.hosts.front());
    draft.extension_from_text(NID_basic_constraints, "critical,CA:FALSE");
    draft.extension_from_text(NID_key_usage, row.key == KeyType::rsa ? "critical,digitalSignature,keyEncipherment"
                                                                     : "critical,digitalSignature");
    const char* uses = row.serves && row.connects ? "serverAuth,clientAuth" : row.serves ? "serverAuth" : "clientAuth";
    draft.extension_from_text(NID_ext_key_usage, uses);
    add_key_ids(draft, issuer);
}

struct RemovedAtEnd {
    fs::path path;
    ~RemovedAtEnd() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
};

// ---- whole authorities ----------------------------------------------------------------------------------------------

void init_ieee2030_5(const fs::path& folder, const std::string& organization) {
    constexpr AuthorityRow serca{"serca",      "IEEE 2030.5 Test Root", "critical,CA:TRUE", "2.5.29.32.0", "1",
                                 KeyType::p256};
    constexpr AuthorityRow mca{"mca", "IEEE 2030.5 Test MCA", "critical,CA:TRUE,pathlen:1", "2.5.29.32.0",
                               "2",   KeyType::p256};
    constexpr AuthorityRow mica{
        "mica", "IEEE 2030.5 Test MICA", "critical,CA:TRUE,pathlen:0", "1.3.6.1.4.1.40732.1.1", "3", KeyType::p256};
    const Issuer root = make_authority(folder, serca, organization, nullptr);
    const Issuer middle = make_authority(folder, mca, organization, &root);
    const Issuer lowest = make_authority(folder, mica, organization, &middle);
    // With the intermediates in it, peers that send nothing but their own certificate are verified as well.
    const std::string all = pem_of(root.certificate.get()) + lowest.chain_pem;
    replace_file((folder / "ca.pem").string(), all, Secrecy::readable);
}

void init_two_roots(const fs::path& folder, const std::string& title, const std::string& organization) {
    const std::string ecdsa_name = title + " Test Root ECDSA";
    const std::string rsa_name = title + " Test Root RSA";
    const AuthorityRow ecdsa{"root_ecdsa", ecdsa_name.c_str(), "critical,CA:TRUE", "", "", KeyType::p256};
    const AuthorityRow rsa{"root_rsa", rsa_name.c_str(), "critical,CA:TRUE", "", "", KeyType::rsa};
    const Issuer first = make_authority(folder, ecdsa, organization, nullptr);
    const Issuer second = make_authority(folder, rsa, organization, nullptr);
    replace_file((folder / "ca.pem").string(), pem_of(first.certificate.get()) + pem_of(second.certificate.get()),
                 Secrecy::readable);
}

}  // namespace

std::span<const KindInfo> kinds() {
    static const std::array<KindInfo, rows.size()> infos = [] {
        std::array<KindInfo, rows.size()> made{};
        std::ranges::transform(rows, made.begin(), [](const Row& row) { return row.info; });
        return made;
    }();
    return infos;
}

std::optional<Kind> kind_of(std::string_view name) {
    const auto found = std::ranges::find(rows, name, [](const Row& row) { return row.info.name; });
    if (found == rows.end()) return std::nullopt;
    return found->info.kind;
}

IssuedFiles files_of(const std::string& directory, Kind kind, std::string_view name) {
    const Row& row = row_of(kind);
    const fs::path folder = fs::path(directory) / row.protocol;
    const std::string stem =
        (folder / row.path).string() + (row.info.named ? std::string(name) + row.suffix : std::string());
    return {stem + ".pem", stem + ".key", (folder / "ca.pem").string()};
}

IssuedFiles issue(const std::string& directory, const IssueRequest& request) {
    const Row& row = row_of(request.kind);
    if (row.info.named) check_name(request.name);
    IssuedFiles files = files_of(directory, request.kind, request.name);
    if (!request.replace && (fs::exists(files.chain) || fs::exists(files.key))) {
        throw std::runtime_error(files.chain + ": exists already; nothing was changed");
    }
    const Issuer issuer = read_issuer(fs::path(directory) / row.protocol, row.issuer);
    const KeyOwner key = new_key(row.key);
    const std::int64_t now = now_us();
    const std::optional<std::int64_t> lasting = row.is_ieee2030_5() ? std::nullopt : std::optional(now + leaf_life_us);
    Draft draft(key.get(), request.not_before_us.value_or(now - day_us),
                request.not_after_us ? request.not_after_us : lasting);
    if (row.is_ieee2030_5()) {
        fill_ieee2030_5(draft, issuer.certificate.get());
    } else {
        fill_other(draft, row, request, issuer.certificate.get());
    }
    add_alternative_names(draft, row, request);
    const CertificateOwner certificate = draft.sign(issuer.certificate.get(), issuer.key.get());
    const fs::path stem = fs::path(files.chain).replace_extension();
    make_private_directory(stem.parent_path().string());
    write_pair(stem, certificate.get(), issuer.chain_pem, key.get());
    return files;
}

void init_test_authority(const std::string& directory, const InitOptions& options) {
    const fs::path base(directory);
    for (const char* protocol : protocols) {
        if (!fs::exists(base / protocol)) continue;
        throw std::runtime_error((base / protocol).string() + ": an authority is there already; nothing was changed");
    }
    // Made aside and moved into place whole, so that a failure half-way leaves nothing that looks like an authority.
    const fs::path aside = base / ".unfinished";
    std::error_code ignored;
    fs::remove_all(aside, ignored);
    const RemovedAtEnd removed{aside};
    for (const char* protocol : protocols) make_private_directory((aside / protocol).string());
    init_ieee2030_5(aside / "ieee2030_5", options.organization);
    init_two_roots(aside / "ocpp", "OCPP CSMS", options.organization);
    init_two_roots(aside / "openadr", "OpenADR", options.organization);
    for (const Row& row : rows) {
        IssueRequest request;
        request.kind = row.info.kind;
        request.name = "example";
        request.hosts = options.hosts;
        request.organization = options.organization;
        issue(aside.string(), request);
    }
    for (const char* protocol : protocols) fs::rename(aside / protocol, base / protocol);
}

AuthorityPaths paths_of(const std::string& directory) {
    const auto both = [&](Kind first, Kind second) {
        const IssuedFiles one = files_of(directory, first);
        const IssuedFiles two = files_of(directory, second);
        return TlsFiles{{one.chain, two.chain}, {one.key, two.key}, one.ca};
    };
    return {files_of(directory, Kind::ieee2030_5_server).tls(), both(Kind::ocpp_server_ecdsa, Kind::ocpp_server_rsa),
            both(Kind::openadr_vtn_ecdsa, Kind::openadr_vtn_rsa)};
}

}  // namespace busbar::certs
