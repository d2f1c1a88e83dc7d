#include "protocols/wire/http.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace busbar::http {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool same_any_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view find_header(const std::vector<Header>& headers, std::string_view name) {
    for (const Header& header : headers) {
        if (same_any_case(header.first, name)) return header.second;
    }
    return {};
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

std::string decoded(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%' && i + 2 < text.size()) {
            const int high = hex_digit(text[i + 1]);
            const int low = hex_digit(text[i + 2]);
            if (high >= 0 && low >= 0) {
                out += static_cast<char>(high * 16 + low);
                i += 2;
                continue;
            }
        }
        out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
    return out;
}

constexpr std::string_view base64_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> base64_values = [] {
    std::array<std::int8_t, 256> table{};
    table.fill(-1);
    for (std::size_t i = 0; i < base64_alphabet.size(); ++i) {
        table[static_cast<unsigned char>(base64_alphabet[i])] = static_cast<std::int8_t>(i);
    }
    return table;
}();

}  // namespace

std::string_view Request::header(std::string_view name) const {
    return find_header(headers, name);
}
std::string_view Response::header(std::string_view name) const {
    return find_header(headers, name);
}

std::string_view Request::path() const {
    return std::string_view(target).substr(0, target.find('?'));
}

std::string_view Request::query() const {
    const std::size_t mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view(target).substr(mark + 1);
}

std::string percent_decoded(std::string_view text) {
    return decoded(text, false);
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const char l = lower(c);
        const bool unreserved =
            (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (unreserved) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += hex[byte >> 4];
            out += hex[byte & 15];
        }
    }
    return out;
}

std::vector<std::pair<std::string, std::string>> form_members(std::string_view query) {
    std::vector<std::pair<std::string, std::string>> members;
    while (!query.empty()) {
        const std::size_t end = std::min(query.find('&'), query.size());
        const std::string_view member = query.substr(0, end);
        query.remove_prefix(std::min(end + 1, query.size()));
        if (member.empty()) continue;
        const std::size_t equals = std::min(member.find('='), member.size());
        const std::string_view value = member.substr(std::min(equals + 1, member.size()));
        members.emplace_back(decoded(member.substr(0, equals), true), decoded(value, true));
    }
    return members;
}

std::optional<BasicCredentials> basic_credentials(std::string_view authorization_header) {
    constexpr std::string_view scheme = "Basic ";
    if (!same_any_case(authorization_header.substr(0, scheme.size()), scheme)) return std::nullopt;
    std::string_view encoded = authorization_header.substr(scheme.size());
    while (encoded.starts_with(' ')) encoded.remove_prefix(1);
    while (encoded.ends_with(' ')) encoded.remove_suffix(1);
    const auto pair = base64_decoded(encoded);
    if (!pair) return std::nullopt;
    const std::size_t colon = pair->find(':');  // a user has none, a password may (RFC 7617 clause 2)
    if (colon == std::string::npos) return std::nullopt;
    return BasicCredentials{pair->substr(0, colon), pair->substr(colon + 1)};
}

std::string base64_encoded(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t size = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k)
            group = group << 8 | (k < size ? static_cast<unsigned char>(bytes[i + k]) : 0u);
        for (std::size_t k = 0; k < 4; ++k) out += k <= size ? base64_alphabet[group >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

std::optional<std::string> base64_decoded(std::string_view text) {
    if (text.ends_with("==")) {
        text.remove_suffix(2);
        if (text.size() % 4 != 2) return std::nullopt;
    } else if (text.ends_with('=')) {
        text.remove_suffix(1);
        if (text.size() % 4 != 3) return std::nullopt;
    }
    if (text.size() % 4 == 1) return std::nullopt;
    std::string out;
    out.reserve(text.size() / 4 * 3 + 2);
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        const int value = base64_values[static_cast<unsigned char>(c)];
        if (value < 0) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(value);
        count += 6;
        if (count >= 8) {
            count -= 8;
            out += static_cast<char>(bits >> count & 0xFF);
        }
    }
    return out;
}

}  // namespace busbar::http
