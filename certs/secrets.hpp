// Random bytes and keyed digests, for those who may not include OpenSSL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace busbar::certs {

std::string random_bytes(std::size_t count);  // from the system's cryptographic source; throws if there is none
std::string hmac_sha256(std::string_view key, std::string_view message);  // 32 bytes
std::string sha256(std::string_view message);                             // 32 bytes

}  // namespace busbar::certs
