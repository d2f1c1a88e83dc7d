// HTTP/1.1 as text, without a socket: an incremental reader of requests and a writer of response heads. Both are strict
// in what could be read in two ways (lengths, encodings, hosts) and lenient in what old clients of the grid are known
// to send (pipelined requests, blanks after a Content-Length, an empty line before a request).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "protocols/wire/http.hpp"

namespace busbar::net {

// Why a request cannot be read, as the peer is told and the security log notes it.
struct HttpFault {
    int status = 400;
    std::string code;    // "bad_request", "header_too_large", "body_too_large"
    std::string reason;  // for people
};

class HttpReader {
  public:
    enum class State {
        more,      // give more bytes; what was not consumed must be given again in front of them
        header,    // the header is complete and a body is to come: seen once
        complete,  // take() the request; what was not consumed is the next one's
        failed,    // fault() says why; the connection is past saving
    };

    HttpReader(std::size_t header_bytes, std::size_t body_bytes);
    ~HttpReader();

    // Reads on, taking what it consumes off the front of `data`.
    State feed(std::string_view& data);

    bool started() const;  // a byte of the request has been seen
    const HttpFault& fault() const;
    http::Request take();

    // Of a request whose header is complete.
    bool header_complete() const;
    bool keep_alive() const;
    bool expects_continue() const;   // Expect: 100-continue, and nobody may wait for it in HTTP/1.0
    bool websocket_upgrade() const;  // a well-formed WebSocket handshake

  private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

struct ResponseFraming {
    bool keep_alive = true;
    bool head_only = false;  // the answer to HEAD: the length is told, the body is not sent
    std::string_view date;   // Date header
};

// Status line, headers and the empty line. Content-Length, Date and Connection are ours, never chunked; line breaks
// inside a header's value become blanks.
std::string response_head(const http::Response& response, const ResponseFraming& framing);
bool carries_body(int status);

// The words that RFC 9110 gives a status; "" if it has none.
std::string_view status_words(int status);

bool equal_ignoring_case(std::string_view a, std::string_view b);
// Whether `token` is in a comma-separated list, any case: "Connection: keep-alive, Upgrade".
bool list_contains(std::string_view list, std::string_view token);

}  // namespace busbar::net
