#include "certs/openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>
#include <stdexcept>

namespace busbar::certs {

namespace {

constexpr std::size_t most_file_bytes = 1024 * 1024;

int refuse_password(char*, int, int, void* asked) {
    *static_cast<bool*>(asked) = true;
    return -1;
}

BioOwner memory_of(const std::string& bytes) {
    return BioOwner(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

}  // namespace

std::string read_small_file(const std::string& path) {
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    std::string bytes(most_file_bytes + 1, '\0');
    if (file) file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file.is_open() || file.bad() || (file.gcount() == 0 && errno != 0)) {
        throw std::runtime_error("cannot read " + path + ": " + std::strerror(errno != 0 ? errno : EIO));
    }
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > most_file_bytes) throw std::runtime_error("cannot read " + path + ": larger than 1 MiB");
    return bytes;
}

std::vector<CertificateOwner> read_certificates(const std::string& path) {
    const std::string bytes = read_small_file(path);
    std::vector<CertificateOwner> found;
    ERR_clear_error();
    BioOwner memory = memory_of(bytes);
    while (X509* certificate = PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr)) {
        found.emplace_back(certificate);
    }
    const unsigned long error = ERR_peek_last_error();
    const bool at_end = ERR_GET_LIB(error) == ERR_LIB_PEM && ERR_GET_REASON(error) == PEM_R_NO_START_LINE;
    const std::string words = take_openssl_error();
    if (!at_end) {
        throw std::runtime_error(path + ": certificate " + std::to_string(found.size() + 1) + " is damaged (" + words +
                                 "); expected PEM certificates");
    }
    if (found.empty()) {
        const auto* cursor = reinterpret_cast<const unsigned char*>(bytes.data());
        if (X509* certificate = d2i_X509(nullptr, &cursor, static_cast<long>(bytes.size()))) {
            found.emplace_back(certificate);
        }
        ERR_clear_error();
    }
    if (found.empty()) throw std::runtime_error(path + ": no certificate in it; expected PEM (or one in DER)");
    return found;
}

KeyOwner read_key(const std::string& path) {
    const std::string bytes = read_small_file(path);
    ERR_clear_error();
    BioOwner memory = memory_of(bytes);
    bool password_asked = false;
    KeyOwner key(PEM_read_bio_PrivateKey(memory.get(), nullptr, refuse_password, &password_asked));
    const std::string words = take_openssl_error();
    if (password_asked)
        throw std::runtime_error(path + ": the key is encrypted; expected a PEM key without a password");
    if (!key) throw std::runtime_error(path + ": no private key in it (" + words + "); expected PEM");
    return key;
}

std::int64_t time_us(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return 0;
    return static_cast<std::int64_t>(timegm(&parts)) * 1'000'000;
}

std::string time_text(std::int64_t us) {
    const std::time_t seconds = us / 1'000'000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[32];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts)};
}

std::string name_text(const X509_NAME* name) {
    if (X509_NAME_entry_count(name) == 0) return "(empty)";
    BioOwner memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    return text_in(memory.get());
}

std::string text_in(BIO* memory) {
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory, &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string object_text(const ASN1_OBJECT* object) {
    char text[128];
    const int size = OBJ_obj2txt(text, sizeof text, object, 1);
    if (size < 0) return "(unreadable)";
    return {text, std::min<std::size_t>(static_cast<std::size_t>(size), sizeof text - 1)};
}

std::string hex_upper(const unsigned char* bytes, std::size_t count) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    text.reserve(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        text += digits[bytes[i] >> 4];
        text += digits[bytes[i] & 15];
    }
    return text;
}

bool is_p256(const EVP_PKEY* key) {
    char group[64] = "";
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group, sizeof group, nullptr) == 1 &&
           std::string_view(group) == SN_X9_62_prime256v1;
}

std::string key_text(const EVP_PKEY* key) {
    if (key == nullptr) return "unreadable key";
    if (is_p256(key)) return "EC P-256";
    const char* type = EVP_PKEY_get0_type_name(key);
    return std::string(type != nullptr ? type : "unknown") + ' ' + std::to_string(EVP_PKEY_get_bits(key));
}

std::string take_openssl_error() {
    const unsigned long error = ERR_get_error();
    ERR_clear_error();
    if (error == 0) return {};
    const char* words = ERR_reason_error_string(error);
    return words != nullptr ? words : "error " + std::to_string(error);
}

}  // namespace busbar::certs
