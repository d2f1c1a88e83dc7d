#include "gateway/cli/operator_client.hpp"

#include <iostream>
#include <stdexcept>

#include "gateway/api/bodies.hpp"
#include "gateway/net/net.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::cli {

Reply call_gateway(const std::string& base_url, const std::string& method, const std::string& target,
                   const std::string& body) {
    net::Network network;
    net::ClientRequest request;
    request.base_url = base_url;
    request.request.method = method;
    request.request.target = target;
    request.request.body = body;
    if (!body.empty()) request.request.headers.emplace_back("Content-Type", "application/json");
    request.timeout_us = 10'000'000;
    network.request(std::move(request));
    std::vector<net::Event> events;
    while (true) {
        network.wait(-1, events);
        for (net::Event& event : events) {
            if (auto* answer = std::get_if<net::ResponseArrived>(&event))
                return {answer->response.status, std::move(answer->response.body)};
            if (auto* failed = std::get_if<net::RequestFailed>(&event))
                throw std::runtime_error("no gateway answers at " + base_url + " (" + failed->reason +
                                         "); start one with `busbar serve`, or name it with --url");
        }
        events.clear();
    }
}

int print_reply(const Reply& reply) {
    if (reply.status >= 200 && reply.status < 300) {
        if (!reply.body.empty()) std::cout << reply.body << '\n';
        return 0;
    }
    api::Problem problem;
    if (wire::from_json(reply.body, problem))
        std::cerr << "busbar: the gateway answered " << reply.status << '\n';
    else
        std::cerr << "busbar: " << problem.title << " (" << reply.status << "): " << problem.detail << '\n';
    return 1;
}

}  // namespace busbar::cli
