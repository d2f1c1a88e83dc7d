// HTTP/1.1 as text: what is read, what is refused, and how answers are framed.
#include "gateway/net/http_codec.hpp"

#include <gtest/gtest.h>

namespace busbar::net {
namespace {

using State = HttpReader::State;

// The state after the whole text, headers being passed over; `status` of the fault if it failed.
struct Outcome {
    State state = State::more;
    int status = 0;
    std::string code;
    http::Request request;
    std::string left;
};

// Feeds `piece` bytes at a time, as a network may.
Outcome read(std::string text, std::size_t piece = 1'000'000, std::size_t header_bytes = 1024,
             std::size_t body_bytes = 100) {
    HttpReader reader(header_bytes, body_bytes);
    Outcome outcome;
    std::string pending;
    for (std::size_t at = 0; at < text.size() && outcome.state != State::failed && outcome.state != State::complete;
         at += piece) {
        pending += text.substr(at, piece);
        std::string_view data = pending;
        outcome.state = reader.feed(data);
        if (outcome.state == State::header) outcome.state = reader.feed(data);
        pending = std::string(data);
        if (outcome.state == State::complete) pending += text.substr(std::min(at + piece, text.size()));
    }
    if (outcome.state == State::failed) {
        outcome.status = reader.fault().status;
        outcome.code = reader.fault().code;
        EXPECT_FALSE(reader.fault().reason.empty());
    }
    if (outcome.state == State::complete) outcome.request = reader.take();
    outcome.left = pending;
    return outcome;
}

int status_of(const std::string& text) {
    return read(text).status;
}

TEST(HttpReader, reads_the_same_in_pieces_of_any_size) {
    const std::string text =
        "POST /a?b HTTP/1.1\r\nHost: h\r\nX:  y z \r\nTransfer-Encoding: "
        "chunked\r\n\r\n3\r\nabc\r\n2;x=1\r\nde\r\n0\r\n\r\nGET ";
    for (std::size_t piece = 1; piece < text.size(); ++piece) {
        const Outcome outcome = read(text, piece);
        ASSERT_EQ(outcome.state, State::complete) << piece;
        EXPECT_EQ(outcome.request.method, "POST");
        EXPECT_EQ(outcome.request.target, "/a?b");
        EXPECT_EQ(outcome.request.header("X"), "y z");
        EXPECT_EQ(outcome.request.body, "abcde");
        EXPECT_EQ(outcome.left, "GET ");
    }
}

TEST(HttpReader, blanks_after_content_length_and_empty_lines_before_a_request) {
    const Outcome outcome = read("\r\n\r\nPUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 3 \t \r\n\r\nabc");
    ASSERT_EQ(outcome.state, State::complete);
    EXPECT_EQ(outcome.request.body, "abc");
}

TEST(HttpReader, an_empty_line_before_a_request_may_come_in_two_pieces) {
    const Outcome outcome = read("\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", 1);
    ASSERT_EQ(outcome.state, State::complete);
    EXPECT_EQ(outcome.request.target, "/");
}

TEST(HttpReader, trailers_are_no_headers_however_they_come) {
    const std::string text =
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nAuthorization: x\r\n\r\n";
    for (std::size_t piece = 1; piece <= text.size(); ++piece) {
        const Outcome outcome = read(text, piece);
        ASSERT_EQ(outcome.state, State::complete) << piece;
        EXPECT_EQ(outcome.request.headers.size(), 2U) << piece;
        EXPECT_EQ(outcome.request.header("Authorization"), "") << piece;
    }
}

TEST(HttpReader, a_header_is_told_once_as_soon_as_it_is_there) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t piece = 1; piece <= head.size(); ++piece) {
        HttpReader reader(1024, 100);
        std::string pending;
        int told = 0;
        for (std::size_t at = 0; at < head.size(); at += piece) {
            pending += head.substr(at, piece);
            std::string_view data = pending;
            State state = reader.feed(data);
            while (state == State::header) {
                ++told;
                state = reader.feed(data);
            }
            pending = std::string(data);
        }
        EXPECT_EQ(told, 1) << piece;
    }
}

TEST(HttpReader, absolute_targets_become_origin_form) {
    EXPECT_EQ(read("GET http://h:80/x?y HTTP/1.1\r\nHost: h\r\n\r\n").request.target, "/x?y");
    EXPECT_EQ(read("GET HTTPS://h HTTP/1.1\r\nHost: h\r\n\r\n").request.target, "/");
    EXPECT_EQ(read("GET http://h?y HTTP/1.1\r\nHost: h\r\n\r\n").request.target, "/?y");
    EXPECT_EQ(read("OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n").request.target, "*");
    EXPECT_EQ(status_of("GET h:80 HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
    EXPECT_EQ(status_of("CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
}

TEST(HttpReader, host_is_required_once) {
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    EXPECT_EQ(read("GET / HTTP/1.0\r\n\r\n").state, State::complete);
}

TEST(HttpReader, malformed_text_is_refused) {
    EXPECT_EQ(status_of("\x16\x03\x01\x02\x00\x01\x00"), 400);
    EXPECT_EQ(status_of("GET  / HTTP/1.1\r\nHost: h\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost: h\r\nbroken\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/1.1\r\nHost : h\r\n\r\n"), 400);
    EXPECT_EQ(status_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), 505);
    EXPECT_EQ(status_of("GET / FTP/1.1\r\nHost: h\r\n\r\n"), 505);
}

TEST(HttpReader, lengths_that_could_be_read_in_two_ways_are_refused) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
    EXPECT_EQ(status_of(head + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"), 400);
    EXPECT_EQ(status_of(head + "Content-Length: -3\r\n\r\nabc"), 400);
    EXPECT_EQ(status_of(head + "Content-Length: 3a\r\n\r\nabc"), 400);
    EXPECT_EQ(status_of(head + "Content-Length: 99999999999999999999999\r\n\r\n"), 400);
    EXPECT_EQ(status_of(head + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc"), 400);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\nabc"), 400);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), 501);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: identity\r\n\r\n"), 501);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n"), 400);
    EXPECT_EQ(status_of("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), 400);
}

TEST(HttpReader, header_limit) {
    const std::string head = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
    for (std::size_t piece : {std::size_t{7}, std::size_t{100'000}}) {
        const Outcome outcome = read(head + std::string(1024, 'x') + "\r\n\r\n", piece);
        EXPECT_EQ(outcome.status, 431);
        EXPECT_EQ(outcome.code, "header_too_large");
    }
    EXPECT_EQ(read(head + std::string(900, 'x') + "\r\n\r\n").state, State::complete);
    EXPECT_EQ(status_of("GET /" + std::string(2000, 'x')), 431);
    std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
    for (int i = 0; i < 200; ++i) many += "a:\r\n";
    EXPECT_EQ(status_of(many + "\r\n"), 431);
}

TEST(HttpReader, body_limit) {
    const std::string head = "POST / HTTP/1.1\r\nHost: h\r\n";
    EXPECT_EQ(read(head + "Content-Length: 100\r\n\r\n" + std::string(100, 'x')).state, State::complete);
    EXPECT_EQ(status_of(head + "Content-Length: 101\r\n\r\n"), 413);
    EXPECT_EQ(status_of(head + "Transfer-Encoding: chunked\r\n\r\n65\r\n" + std::string(101, 'x')), 413);
    EXPECT_EQ(
        status_of(head + "Transfer-Encoding: chunked\r\n\r\n60\r\n" + std::string(96, 'x') + "\r\n5\r\nxxxxx\r\n"),
        413);
}

TEST(HttpReader, expectations) {
    HttpReader reader(1024, 100);
    std::string_view data = "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n";
    EXPECT_EQ(reader.feed(data), State::header);
    EXPECT_TRUE(reader.expects_continue());
    EXPECT_EQ(status_of("POST / HTTP/1.1\r\nHost: h\r\nExpect: miracles\r\n\r\n"), 417);
}

TEST(HttpReader, keep_alive_by_version_and_header) {
    const auto keeps = [](std::string_view data) {
        HttpReader reader(1024, 100);
        EXPECT_EQ(reader.feed(data), State::complete);
        return reader.keep_alive();
    };
    EXPECT_TRUE(keeps("GET / HTTP/1.1\r\nHost: h\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.1\r\nHost: h\r\nConnection: Close\r\n\r\n"));
    EXPECT_FALSE(keeps("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(keeps("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
}

TEST(HttpReader, websocket_handshakes) {
    const auto upgrade = [](const std::string& headers) {
        return "GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\n" + headers + "\r\n";
    };
    HttpReader reader(1024, 100);
    const std::string good =
        upgrade("Upgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
    std::string_view data = good;
    EXPECT_EQ(reader.feed(data), State::complete);
    EXPECT_TRUE(reader.websocket_upgrade());
    EXPECT_EQ(status_of(upgrade("Upgrade: websocket\r\nSec-WebSocket-Version: 8\r\n")), 426);
    EXPECT_EQ(status_of(upgrade("Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n")),
              400);
    EXPECT_EQ(read(upgrade("Upgrade: h2c\r\n")).state, State::complete);
}

TEST(ResponseHead, frames_by_length_and_never_chunked) {
    const http::Response response{
        200, {{"Content-Type", "text/xml"}, {"Transfer-Encoding", "chunked"}, {"Content-Length", "7"}}, "abc"};
    EXPECT_EQ(response_head(response, {true, false, "today"}),
              "HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\nContent-Length: 3\r\nDate: today\r\nConnection: "
              "keep-alive\r\n\r\n");
}

TEST(ResponseHead, length_of_head_may_be_told_without_the_body) {
    EXPECT_NE(response_head({200, {{"Content-Length", "7"}}, ""}, {true, true, ""}).find("Content-Length: 7\r\n"),
              std::string::npos);
}

TEST(ResponseHead, line_breaks_do_not_make_headers) {
    EXPECT_EQ(response_head({200, {{"X", "a\r\nSet-Cookie: b"}}, ""}, {false, false, ""}),
              "HTTP/1.1 200 OK\r\nX: a  Set-Cookie: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

TEST(ResponseHead, unknown_status_has_no_words) {
    EXPECT_TRUE(response_head({299, {}, ""}, {}).starts_with("HTTP/1.1 299 \r\n"));
    EXPECT_TRUE(response_head({429, {}, ""}, {}).starts_with("HTTP/1.1 429 Too Many Requests\r\n"));
}

TEST(HttpCodec, tokens_in_lists) {
    EXPECT_TRUE(list_contains("keep-alive, Upgrade", "upgrade"));
    EXPECT_TRUE(list_contains(",  close ,", "close"));
    EXPECT_FALSE(list_contains("closed", "close"));
    EXPECT_FALSE(list_contains("", "close"));
}

}  // namespace
}  // namespace busbar::net
