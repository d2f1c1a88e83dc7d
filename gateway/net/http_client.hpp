// Outgoing HTTP: one warm libcurl multi handle. Its sockets and its timer live in an epoll set of their own, whose
// descriptor the I/O thread's reactor watches as if it were one more socket.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "gateway/net/net.hpp"

namespace busbar::net {

class HttpClient {
  public:
    // `deliver` gets ResponseArrived and RequestFailed, one for each request, never from within start().
    explicit HttpClient(std::function<void(Event)> deliver);
    ~HttpClient();  // requests under way are dropped without a word

    int fd() const;  // run() when it can be read
    void run();
    void start(RequestId id, ClientRequest request);
    std::size_t running() const;

  private:
    struct Core;
    std::unique_ptr<Core> core_;
};

}  // namespace busbar::net
