// Any bytes as what a peer sends to an HTTP listener: read in one piece and byte by byte, they must be the same
// requests, whole and within their limits. A WebSocket handshake among them asks the CSMS to be let in, and what
// stands in it comes back in a response whose head nobody can break out of.
#include "gateway/net/http_codec.hpp"
#include "protocols/ocpp/csms.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

constexpr std::size_t header_bytes = 2048;
constexpr std::size_t body_bytes = 4096;

struct Heard {
    std::vector<http::Request> requests;
    std::vector<bool> upgrades;
    int fault = 0;
};

Heard read(std::string_view bytes, std::size_t step) {
    Heard heard;
    auto reader = std::make_unique<net::HttpReader>(header_bytes, body_bytes);
    std::size_t given = std::min(step, bytes.size());
    while (true) {
        std::string_view data = bytes.substr(0, given);
        const auto state = reader->feed(data);
        bytes.remove_prefix(given - data.size());
        given = data.size();
        if (state == net::HttpReader::State::failed) {
            heard.fault = reader->fault().status;
            require(heard.fault >= 400 && heard.fault < 600 && !reader->fault().reason.empty());
            return heard;
        }
        if (state == net::HttpReader::State::complete) {
            heard.upgrades.push_back(reader->websocket_upgrade());
            heard.requests.push_back(reader->take());
            reader = std::make_unique<net::HttpReader>(header_bytes, body_bytes);
        } else if (state == net::HttpReader::State::more) {
            if (given == bytes.size()) return heard;
            given = std::min(given + step, bytes.size());
        }
    }
}

// In pieces a fault may be seen later, or a limit first, but never another request.
void expect_same(const Heard& whole, const Heard& pieces) {
    require(whole.requests.size() == pieces.requests.size() && (whole.fault != 0 || pieces.fault == 0));
    for (std::size_t i = 0; i < whole.requests.size(); ++i) {
        const http::Request &a = whole.requests[i], &b = pieces.requests[i];
        require(a.method == b.method && a.target == b.target && a.headers == b.headers && a.body == b.body);
        require(whole.upgrades[i] == pieces.upgrades[i]);
    }
}

void let_in(ocpp::Csms& csms, const http::Request& request) {
    ocpp::Upgrade upgrade;
    upgrade.path = request.path();
    upgrade.authorization = request.header("Authorization");
    upgrade.subprotocols = request.header("Sec-WebSocket-Protocol");
    ocpp::Output output;
    const ocpp::Admission admission = csms.admit(0, upgrade, output);
    if (admission.status != 101) return;
    const auto credentials = http::basic_credentials(upgrade.authorization);
    require(admission.station == "cs" && credentials && credentials->password == "password12345678");
}

void answer(const http::Request& request) {
    http::Response response{200, request.headers, {}};
    response.headers.emplace_back("Location", request.target + request.body);
    const std::string head = net::response_head(response, {});
    require(head.find("\r\n\r\n") == head.size() - 4);
    require(std::count(head.begin(), head.end(), '\n') <= static_cast<long>(response.headers.size()) + 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::text_of(data, size);
    const Heard heard = read(bytes, bytes.size());
    expect_same(heard, read(bytes, 1));
    ocpp::Csms csms;
    ocpp::Output output;
    model::Enrolment enrolment;
    enrolment.id = "cs";
    enrolment.password = "password12345678";
    csms.enrol(0, enrolment, output);
    for (std::size_t i = 0; i < heard.requests.size(); ++i) {
        require(heard.requests[i].target.starts_with('/') || heard.requests[i].target == "*");
        require(heard.requests[i].body.size() <= body_bytes);
        if (heard.upgrades[i]) let_in(csms, heard.requests[i]);
        answer(heard.requests[i]);
    }
    return 0;
}
