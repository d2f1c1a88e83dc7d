#include "protocols/ieee2030_5/exchange.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

// A comment may hold neither "--" nor what is no character of XML.
std::string comment_of(std::string words) {
    std::string text;
    for (char c : words) {
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e) c = '?';
        if (c == '-' && !text.empty() && text.back() == '-') c = '?';
        text += c;
    }
    return "<!-- " + text + " -->";
}

template <class Int>
bool read_number(std::string_view text, Int& number) {
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return !text.empty() && parsed.ptr == text.data() + text.size() && parsed.ec != std::errc::invalid_argument;
}

}  // namespace

std::int64_t Exchange::now_s() const {
    return seconds_of(now);
}

http::Response found_body(std::string body) {
    http::Response response;
    response.headers.emplace_back("Content-Type", media_type);
    response.body = std::move(body);
    return response;
}

http::Response found(const wire::Record& record, const void* value, std::string_view root, std::size_t size) {
    static const wire::XmlStyle style = [] {
        wire::XmlStyle of_ours;
        of_ours.declaration = false;  // UTF-8 needs none, and some clients do not read past one
        of_ours.namespaces = {&sep::csipaus_ns};
        return of_ours;
    }();
    std::string body;
    body.reserve(size);
    wire::write_xml(record, value, body, root, style);
    return found_body(std::move(body));
}

http::Response refuse(Exchange& exchange, int status, Reason reason, const std::string& words) {
    note(exchange.changes, model::Severity::warning, "request_refused", exchange.caller.lfdi,
         exchange.request.method + " " + std::string(exchange.request.path()) + ": " + std::to_string(status) + ", " +
             words);
    sep::Error error;
    error.reasonCode = static_cast<std::uint16_t>(reason);
    if (reason == Reason::too_often) error.maxRetryDuration = 60;
    http::Response response = found(error);
    response.status = status;
    response.body += comment_of(words);
    if (error.maxRetryDuration) response.headers.emplace_back("Retry-After", std::to_string(*error.maxRetryDuration));
    return response;
}

http::Response not_found(Exchange& exchange) {
    return refuse(exchange, 404, Reason::invalid_values, "there is no such resource");
}

http::Response created(const std::string& href) {
    return {201, {{"Location", href}}, ""};
}
http::Response no_content() {
    return {204, {}, ""};
}
http::Response no_content_at(const std::string& href) {
    return {204, {{"Location", href}}, ""};
}

std::optional<ListQuery> list_query(std::string_view query, bool of_time) {
    ListQuery result;
    bool start = false;
    bool limit = false;
    for (const auto& [name, value] : http::form_members(query)) {
        if (name == "s" && !start) {
            start = true;
            if (!read_number(value, result.start)) return std::nullopt;
        } else if (name == "l" && !limit) {
            limit = true;
            // Beyond 32 bits is still "all there is".
            std::uint64_t wanted = 0;
            if (!read_number(value, wanted)) return std::nullopt;
            result.limit = static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, 0xffff'ffff));
        } else if (name == "a" && of_time && !result.after) {
            std::int64_t after = 0;
            if (!read_number(value, after)) return std::nullopt;
            result.after = after;
        }
    }
    return result;
}

sep::Link link_to(std::string href) {
    sep::Link link;
    link.href = sep::Href(std::move(href));
    return link;
}

sep::ListLink list_link_to(std::string href, std::size_t all) {
    sep::ListLink link;
    link.href = sep::Href(std::move(href));
    link.all = sep::Maybe<std::uint32_t>(static_cast<std::uint32_t>(all));
    return link;
}

wire::Failure read_body(const Exchange& exchange, std::string_view root, const wire::Record& record, void* value,
                        const Policy& policy) {
    wire::XmlOptions options;
    options.limits.bytes = policy.body;
    options.limits.depth = 16;
    options.limits.members = 1 << 15;
    options.any_namespace = true;
    options.any_case = true;
    wire::XmlRoot found_root;
    if (auto failure = wire::read_xml_root(exchange.request.body, found_root, options.limits)) return failure;
    if (found_root.name != root) {
        return wire::Error{wire::Fault::unknown_type, "", found_root.name + ", expected " + std::string(root)};
    }
    return wire::read_xml(exchange.request.body, record, value, options);
}

}  // namespace busbar::ieee2030_5
