// Names to addresses on a thread of its own: getaddrinfo() may block for many seconds, and nobody else may wait for it.
#pragma once

#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace busbar::net {

struct Resolved {
    std::vector<sockaddr_storage> addresses;  // without a port
    std::string failure;                      // for people, if there are none
};

// An IP address, or "localhost": known without asking anybody; nothing otherwise.
std::vector<sockaddr_storage> literal_addresses(const std::string& host);

class Resolver {
  public:
    Resolver();
    ~Resolver();  // does not wait for a lookup under way; its answer is dropped

    // `done` is called on the resolver's thread.
    void resolve(std::string host, std::function<void(Resolved)> done);

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
};

}  // namespace busbar::net
