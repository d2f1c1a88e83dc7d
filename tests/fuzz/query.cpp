// Any bytes as what stands in a request's head: target, query, form body, Authorization header, bearer token. What is
// encoded must decode to what it was, and nothing decoded is longer than what it was decoded from.
#include "protocols/openadr/v3/token.hpp"
#include "protocols/wire/http.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

std::string weak_hmac(std::string_view key, std::string_view message) {
    std::string sum(32, 'x');
    for (std::size_t i = 0; i < message.size(); ++i)
        sum[i % 32] ^= static_cast<char>(message[i] + static_cast<char>(key.size()));
    return sum;
}

void target(std::string_view text) {
    http::Request request;
    request.target = text;
    require(request.path().size() + request.query().size() + (text.find('?') != text.npos) == text.size());
    std::size_t size = 0;
    for (const auto& [name, value] : http::form_members(request.query())) size += name.size() + value.size();
    require(size <= request.query().size());
    require(http::percent_decoded(text).size() <= text.size());
    require(http::percent_decoded(http::percent_encoded(text)) == text);
    const auto members = http::form_members(http::percent_encoded(text) + '=' + http::percent_encoded(text));
    require(members.size() == 1 && members[0].first == text && members[0].second == text);
}

void credentials(std::string_view text) {
    require(http::base64_decoded(http::base64_encoded(text)) == text);
    const auto bytes = http::base64_decoded(text);
    require(!bytes || bytes->size() <= text.size());
    const auto found = http::basic_credentials("Basic " + http::base64_encoded(text));
    require(found ? found->user + ':' + found->password == text : text.find(':') == text.npos);
    (void)http::basic_credentials(text);
}

// A token proves itself only if we made it, and says then what was put into it.
void token(std::string_view text) {
    using namespace openadr::v3;
    const std::optional<Claims> claims = read_claims(text);
    const bool proven = proves(text, "key", "secret", weak_hmac);
    require(claims || !proven);
    if (!claims) return;
    const std::string ours = make_token(*claims, "nonce", "key", "secret", weak_hmac);
    const std::optional<Claims> again = read_claims(ours);
    require(again && again->client_id == claims->client_id && again->scopes == claims->scopes);
    require(again->expires_s == claims->expires_s && proves(ours, "key", "secret", weak_hmac));
    std::string unknown;
    const std::optional<Scopes> known = scopes_of(claims->scopes.text(), unknown);  // unproven: others may be set
    require(known && claims->scopes.contains(*known));
    (void)scopes_of(text, unknown);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text = fuzz::text_of(data, size);
    target(text);
    credentials(text);
    token(text);
    return 0;
}
