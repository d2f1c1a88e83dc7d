// Who a certificate says its holder is, and the short names that the protocols derive from it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;

namespace busbar::certs {

// Plain values: what sessions get to see of a peer's certificate.
struct Identity {
    std::string common_name;
    std::string organization;
    std::string serial_number;    // subject serialNumber attribute, "" if absent
    std::string hardware_serial;  // SAN otherName hardwareModuleName, hexadecimal; "" if absent
    std::string lfdi;             // IEEE 2030.5: first 160 bits of SHA-256 over the DER, 40 upper-case hex digits
    std::uint64_t sfdi = 0;       // IEEE 2030.5: first 36 bits as decimal, check digit appended
    std::string fingerprint;      // OpenADR 2.0b: last 10 bytes of SHA-256 over the DER, hex with colons
    std::string sha256;           // all 32 bytes, lower-case hex
    std::int64_t not_before_us = 0;
    std::int64_t not_after_us = 0;
    bool operator==(const Identity&) const = default;
};

Identity identity_of(const x509_st* certificate);
// The first certificate of a PEM (or DER) file; throws std::runtime_error with one line for the operator.
Identity identity_of_file(const std::string& path);

std::string lfdi_of_sha256(const std::array<std::uint8_t, 32>& digest);
std::uint64_t sfdi_of_sha256(const std::array<std::uint8_t, 32>& digest);
std::uint64_t with_check_digit(std::uint64_t digits);  // 16726121139 -> 167261211391; PIN 11111 -> 111115
bool check_digit_holds(std::uint64_t number);

}  // namespace busbar::certs
