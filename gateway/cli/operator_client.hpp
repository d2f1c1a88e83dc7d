// A command's call to the operator's interface of a running gateway.
#pragma once

#include <string>

namespace busbar::cli {

struct Reply {
    int status = 0;
    std::string body;
};
// Throws std::runtime_error if nobody answers: where it asked, and what to do.
Reply call_gateway(const std::string& base_url, const std::string& method, const std::string& target, const std::string& body);
// Prints the body; 0 for a success, 1 (and the problem's detail on standard error) otherwise.
int print_reply(const Reply& reply);

}  // namespace busbar::cli
