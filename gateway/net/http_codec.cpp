// See http_codec.hpp. The grammar is Beast's basic_parser; its callbacks write straight into our plain request.
#include "gateway/net/http_codec.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/status.hpp>

namespace busbar::net {

namespace beast_http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr std::size_t max_header_fields = 128;
// "0\r\n\r\n", the shortest end of a chunked body. Beast aborts the process (an assertion of its) if it is shown an
// empty body's last chunk, and then fewer bytes than this again; no body ends in fewer.
constexpr std::size_t last_chunk_bytes = 5;

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// Origin form of what stands in the request line; "" if it is neither that, nor absolute, nor "*".
std::string origin_form(std::string_view method, std::string_view target) {
    if (target.starts_with('/')) return std::string(target);
    if (target == "*" && method == "OPTIONS") return "*";
    for (std::string_view scheme : {"http://", "https://"}) {
        if (target.size() < scheme.size() || !equal_ignoring_case(target.substr(0, scheme.size()), scheme)) continue;
        const std::size_t path = target.find_first_of("/?", scheme.size());
        if (path == std::string_view::npos) return "/";
        return (target[path] == '?' ? "/" : "") + std::string(target.substr(path));
    }
    return {};
}

HttpFault fault_of(const error_code& error, std::size_t header_bytes, std::size_t body_bytes) {
    if (error == beast_http::error::header_limit) {
        return {431, "header_too_large", "the header is longer than " + std::to_string(header_bytes) + " bytes"};
    }
    if (error == beast_http::error::body_limit) {
        return {413, "body_too_large", "the body is longer than " + std::to_string(body_bytes) + " bytes"};
    }
    if (error == beast_http::error::bad_version) {
        return {505, "bad_request", "this is not HTTP/1.1 or HTTP/1.0"};
    }
    return {400, "bad_request", "malformed HTTP: " + error.message()};
}

}  // namespace

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool list_contains(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (equal_ignoring_case(trimmed(list.substr(0, comma)), token)) return true;
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

class HttpReader::Parser final : public beast_http::basic_parser<true> {
  public:
    Parser(std::size_t header_bytes, std::size_t body_bytes) : header_bytes_(header_bytes), body_bytes_(body_bytes) {
        header_limit(static_cast<std::uint32_t>(header_bytes));
        body_limit(body_bytes);
    }

    State feed(std::string_view& data) {
        if (!got_some()) {
            while (data.starts_with("\r\n")) data.remove_prefix(2);
            if (data == "\r") return State::more;  // half of such an empty line
        }
        while (!is_done()) {
            if (data.empty() || (is_header_done() && chunked() && data.size() < last_chunk_bytes)) return State::more;
            error_code error;
            const std::size_t used = put(boost::asio::const_buffer(data.data(), data.size()), error);
            data.remove_prefix(used);
            if (error == beast_http::error::need_more) return State::more;
            if (error) {
                if (fault.code.empty()) fault = fault_of(error, header_bytes_, body_bytes_);
                return State::failed;
            }
            if (is_header_done() && !header_told_ && !is_done()) {
                header_told_ = true;
                return State::header;
            }
        }
        return State::complete;
    }

    http::Request request;
    HttpFault fault;
    bool expects_continue = false;
    bool websocket = false;

  private:
    void refuse(error_code& error, int status, std::string reason) {
        fault = {status, "bad_request", std::move(reason)};
        error = beast_http::error::bad_value;
    }

    void on_request_impl(beast_http::verb, boost::beast::string_view method, boost::beast::string_view target,
                         int version, error_code& error) override {
        request.method.assign(method.data(), method.size());
        request.target = origin_form(request.method, {target.data(), target.size()});
        request.headers.reserve(8);
        version_ = version;
        if (request.target.empty()) refuse(error, 400, "the request's target does not begin with '/'");
    }

    void on_field_impl(beast_http::field, boost::beast::string_view name, boost::beast::string_view value,
                       error_code& error) override {
        if (header_told_) return;  // trailers after a chunked body say nothing that we would act upon
        if (request.headers.size() == max_header_fields) {
            fault = {431, "header_too_large", "more than " + std::to_string(max_header_fields) + " header fields"};
            error = beast_http::error::header_limit;
            return;
        }
        request.headers.emplace_back(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }

    void on_header_impl(error_code& error) override {
        std::size_t hosts = 0;
        std::size_t encodings = 0;
        for (const auto& [name, value] : request.headers) {
            if (equal_ignoring_case(name, "Host")) ++hosts;
            if (equal_ignoring_case(name, "Transfer-Encoding")) {
                ++encodings;
                if (!equal_ignoring_case(value, "chunked")) {
                    return refuse(error, 501, "Transfer-Encoding: only chunked is known here");
                }
            }
            if (equal_ignoring_case(name, "Expect")) {
                if (!equal_ignoring_case(value, "100-continue")) {
                    return refuse(error, 417, "Expect: only 100-continue is known here");
                }
                expects_continue = version_ >= 11;
            }
        }
        if (hosts > 1 || (hosts == 0 && version_ >= 11)) {
            return refuse(error, 400, hosts == 0 ? "the Host header is missing" : "more than one Host header");
        }
        if (encodings > 1 || (encodings == 1 && version_ < 11)) {
            return refuse(error, 400, "Transfer-Encoding is given twice, or in HTTP/1.0");
        }
        check_upgrade(error);
    }

    void check_upgrade(error_code& error) {
        if (!upgrade() || !list_contains(request.header("Upgrade"), "websocket")) return;
        if (request.method != "GET" || version_ < 11)
            return refuse(error, 400, "a WebSocket handshake is a GET in HTTP/1.1");
        if (request.header("Sec-WebSocket-Version") != "13") {
            return refuse(error, 426, "Sec-WebSocket-Version: only 13 is spoken here");
        }
        const auto key = http::base64_decoded(request.header("Sec-WebSocket-Key"));
        if (!key || key->size() != 16) return refuse(error, 400, "Sec-WebSocket-Key is not 16 bytes in base64");
        websocket = true;
    }

    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override {
        if (length) request.body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(*length, 64 * 1024)));
    }

    std::size_t on_body_impl(boost::beast::string_view body, error_code&) override {
        request.body.append(body.data(), body.size());
        return body.size();
    }

    void on_chunk_header_impl(std::uint64_t, boost::beast::string_view, error_code&) override {}

    std::size_t on_chunk_body_impl(std::uint64_t, boost::beast::string_view body, error_code&) override {
        request.body.append(body.data(), body.size());
        return body.size();
    }

    void on_response_impl(int, boost::beast::string_view, int, error_code&) override {}
    void on_finish_impl(error_code&) override {}

    std::size_t header_bytes_;
    std::size_t body_bytes_;
    int version_ = 11;
    bool header_told_ = false;
};

HttpReader::HttpReader(std::size_t header_bytes, std::size_t body_bytes)
    : parser_(std::make_unique<Parser>(header_bytes, body_bytes)) {}
HttpReader::~HttpReader() = default;

HttpReader::State HttpReader::feed(std::string_view& data) {
    return parser_->feed(data);
}
bool HttpReader::started() const {
    return parser_->got_some();
}
const HttpFault& HttpReader::fault() const {
    return parser_->fault;
}
http::Request HttpReader::take() {
    return std::move(parser_->request);
}
bool HttpReader::header_complete() const {
    return parser_->is_header_done();
}
bool HttpReader::keep_alive() const {
    return parser_->keep_alive();
}
bool HttpReader::expects_continue() const {
    return parser_->expects_continue;
}
bool HttpReader::websocket_upgrade() const {
    return parser_->websocket;
}

bool carries_body(int status) {
    return status >= 200 && status != 204 && status != 304;
}

std::string_view status_words(int status) {
    if (status == 429) return "Too Many Requests";
    const auto words = beast_http::obsolete_reason(static_cast<beast_http::status>(status));
    return words == "<unknown-status>" ? std::string_view() : std::string_view(words.data(), words.size());
}

std::string response_head(const http::Response& response, const ResponseFraming& framing) {
    std::string head;
    head.reserve(512);
    head += "HTTP/1.1 ";
    head += std::to_string(response.status);
    head += ' ';
    head += status_words(response.status);
    head += "\r\n";
    const auto append = [&head](std::string_view name, std::string_view value) {
        const auto one_line = [&head](std::string_view text) {
            const std::size_t begin = head.size();
            head += text;
            std::replace_if(
                head.begin() + static_cast<std::ptrdiff_t>(begin), head.end(),
                [](char c) { return c == '\r' || c == '\n' || c == '\0'; }, ' ');
        };
        one_line(name);
        head += ": ";
        one_line(value);
        head += "\r\n";
    };
    std::string length = std::to_string(response.body.size());
    for (const auto& [name, value] : response.headers) {
        if (equal_ignoring_case(name, "Connection") || equal_ignoring_case(name, "Transfer-Encoding") ||
            equal_ignoring_case(name, "Date")) {
            continue;
        }
        if (equal_ignoring_case(name, "Content-Length")) {
            if (framing.head_only && response.body.empty()) length = value;
            continue;
        }
        append(name, value);
    }
    if (carries_body(response.status)) append("Content-Length", length);
    if (!framing.date.empty()) append("Date", framing.date);
    append("Connection", framing.keep_alive ? "keep-alive" : "close");
    return head += "\r\n";
}

}  // namespace busbar::net
