// HTTP messages as plain values: what passes between the sessions of HTTP-borne protocols and the network, which share
// nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace busbar::http {

using Header = std::pair<std::string, std::string>;

struct Request {
    std::string method = "GET";  // as on the wire, upper case
    std::string target = "/";    // origin form: path and query, still percent-encoded
    std::vector<Header> headers;
    std::string body;

    std::string_view header(std::string_view name) const;  // first of that name, any case; "" if absent
    std::string_view path() const;                          // target up to '?'
    std::string_view query() const;                         // after '?'; "" if none
};

struct Response {
    int status = 200;
    std::vector<Header> headers;
    std::string body;

    std::string_view header(std::string_view name) const;
};

std::string percent_decoded(std::string_view text);  // '+' stays '+'; a broken escape is kept as written
std::string percent_encoded(std::string_view text);  // all but unreserved characters
// Members of a query string or of an application/x-www-form-urlencoded body, in order, decoded ('+' is a blank).
std::vector<std::pair<std::string, std::string>> form_members(std::string_view query);
// The user and password of `Authorization: Basic …`; nothing if the header is not that.
struct BasicCredentials { std::string user; std::string password; };
std::optional<BasicCredentials> basic_credentials(std::string_view authorization_header);
std::string base64_encoded(std::string_view bytes);
std::optional<std::string> base64_decoded(std::string_view text);

}  // namespace busbar::http
