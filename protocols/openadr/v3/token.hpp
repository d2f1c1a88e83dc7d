// Bearer tokens of the client-credentials flow (RFC 6749), self-contained: what a token grants stands in it, and a
// keyed hash over it and over the client's secret proves that we wrote it. So tokens survive a restart, and changing a
// secret or removing an account ends all tokens of that client at once.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace busbar::openadr::v3 {

// HMAC-SHA256: 32 bytes.
using Hmac = std::function<std::string(std::string_view key, std::string_view message)>;
// As many bytes as asked for, unpredictable.
using Random = std::function<std::string(std::size_t bytes)>;

// securitySchemes of openadr3.yaml, in its order.
enum class Scope : std::uint8_t {
    read_all,
    read_targets,
    read_ven_objects,
    write_programs,
    write_events,
    write_reports,
    write_subscriptions,
    write_vens,
};

class Scopes {
  public:
    constexpr Scopes() = default;
    constexpr explicit Scopes(std::uint32_t bits) : bits_(bits) {}
    constexpr bool has(Scope scope) const { return (bits_ >> static_cast<unsigned>(scope)) & 1U; }
    constexpr void add(Scope scope) { bits_ |= 1U << static_cast<unsigned>(scope); }
    constexpr Scopes operator&(Scopes other) const { return Scopes(bits_ & other.bits_); }
    constexpr bool contains(Scopes other) const { return (bits_ & other.bits_) == other.bits_; }
    constexpr std::uint32_t bits() const { return bits_; }
    bool operator==(const Scopes&) const = default;

    std::string text() const;  // "read_all write_programs"

  private:
    std::uint32_t bits_ = 0;
};

std::string_view name_of(Scope scope);
std::optional<Scope> scope_of(std::string_view name);
// Names parted by blanks (or commas); nothing if one of them is unknown, which is then put into `unknown`.
std::optional<Scopes> scopes_of(std::string_view names, std::string& unknown);

struct Claims {
    std::string client_id;
    Scopes scopes;
    std::int64_t expires_s = 0;  // s since 1970
};

// `nonce`: a few unpredictable bytes, so that no two tokens are the same.
std::string make_token(const Claims& claims, std::string_view nonce, std::string_view key, std::string_view secret,
                       const Hmac& hmac);
// What the token says of itself, not yet proven: used to find the client whose secret proves it.
std::optional<Claims> read_claims(std::string_view token);
bool proves(std::string_view token, std::string_view key, std::string_view secret, const Hmac& hmac);

// In time that does not depend on where the two differ.
bool same_secret(std::string_view one, std::string_view other, std::string_view key, const Hmac& hmac);

}  // namespace busbar::openadr::v3
