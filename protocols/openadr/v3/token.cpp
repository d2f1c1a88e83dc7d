#include "protocols/openadr/v3/token.hpp"

#include <array>
#include <charconv>

#include "protocols/wire/http.hpp"

namespace busbar::openadr::v3 {

namespace {

constexpr std::array<std::string_view, 8> scope_names{
    "read_all",     "read_targets",  "read_ven_objects",    "write_programs",
    "write_events", "write_reports", "write_subscriptions", "write_vens"};
constexpr std::string_view version = "b1.";  // first part of every token of this form

std::string url_safe(std::string_view bytes) {
    std::string text = http::base64_encoded(bytes);
    while (!text.empty() && text.back() == '=') text.pop_back();
    for (char& c : text) c = c == '+' ? '-' : c == '/' ? '_' : c;
    return text;
}

std::optional<std::string> from_url_safe(std::string_view text) {
    std::string standard(text);
    for (char& c : standard) c = c == '-' ? '+' : c == '_' ? '/' : c;
    while (standard.size() % 4 != 0) standard += '=';
    return http::base64_decoded(standard);
}

// Every byte counts the same time, whatever the answer.
bool same_bytes(std::string_view one, std::string_view other) {
    unsigned difference = one.size() == other.size() ? 0 : 1;
    for (std::size_t i = 0; i < one.size() && i < other.size(); ++i) {
        difference |= static_cast<unsigned char>(one[i]) ^ static_cast<unsigned char>(other[i]);
    }
    return difference == 0;
}

std::string proof(std::string_view payload, std::string_view key, std::string_view secret, const Hmac& hmac) {
    return url_safe(hmac(key, std::string(payload) + '\n' + hmac(key, secret)));
}

template <class Number>
bool read_number(std::string_view text, Number& number, int base = 10) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
    return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

}  // namespace

std::string_view name_of(Scope scope) {
    return scope_names[static_cast<std::size_t>(scope)];
}

std::optional<Scope> scope_of(std::string_view name) {
    for (std::size_t i = 0; i < scope_names.size(); ++i) {
        if (scope_names[i] == name) return static_cast<Scope>(i);
    }
    return std::nullopt;
}

std::string Scopes::text() const {
    std::string text;
    for (std::size_t i = 0; i < scope_names.size(); ++i) {
        if (!has(static_cast<Scope>(i))) continue;
        if (!text.empty()) text += ' ';
        text += scope_names[i];
    }
    return text;
}

std::optional<Scopes> scopes_of(std::string_view names, std::string& unknown) {
    Scopes scopes;
    while (!names.empty()) {
        const std::size_t end = names.find_first_of(" ,");
        const std::string_view name = names.substr(0, end);
        names.remove_prefix(end == std::string_view::npos ? names.size() : end + 1);
        if (name.empty()) continue;
        const std::optional<Scope> scope = scope_of(name);
        if (!scope) {
            unknown = name;
            return std::nullopt;
        }
        scopes.add(*scope);
    }
    return scopes;
}

std::string make_token(const Claims& claims, std::string_view nonce, std::string_view key, std::string_view secret,
                       const Hmac& hmac) {
    std::string payload(version);
    payload += url_safe(claims.client_id) + '.' + std::to_string(claims.scopes.bits()) + '.' +
               std::to_string(claims.expires_s) + '.' + url_safe(nonce);
    return payload + '.' + proof(payload, key, secret, hmac);
}

std::optional<Claims> read_claims(std::string_view token) {
    if (!token.starts_with(version) || token.size() > 4096) return std::nullopt;
    token.remove_prefix(version.size());
    std::array<std::string_view, 5> parts;  // client, scopes, expiry, nonce, proof
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const std::size_t dot = token.find('.');
        if ((dot == std::string_view::npos) != (i + 1 == parts.size())) return std::nullopt;
        parts[i] = token.substr(0, dot);
        token.remove_prefix(dot == std::string_view::npos ? token.size() : dot + 1);
    }
    const std::optional<std::string> client = from_url_safe(parts[0]);
    std::uint32_t bits = 0;
    Claims claims;
    if (!client || !read_number(parts[1], bits) || !read_number(parts[2], claims.expires_s)) return std::nullopt;
    claims.client_id = *client;
    claims.scopes = Scopes(bits);
    return claims;
}

bool proves(std::string_view token, std::string_view key, std::string_view secret, const Hmac& hmac) {
    const std::size_t dot = token.rfind('.');
    if (dot == std::string_view::npos) return false;
    return same_bytes(proof(token.substr(0, dot), key, secret, hmac), token.substr(dot + 1));
}

bool same_secret(std::string_view one, std::string_view other, std::string_view key, const Hmac& hmac) {
    return same_bytes(hmac(key, one), hmac(key, other));
}

}  // namespace busbar::openadr::v3
