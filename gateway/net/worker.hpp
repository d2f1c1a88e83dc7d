// One I/O thread: a reactor, a timer wheel, a table of connections and a queue of jobs from the loop.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "gateway/net/hub.hpp"

namespace boost::asio {
class io_context;
}

namespace busbar::net {

class Worker {
  public:
    Worker(Hub& hub, std::size_t index);
    ~Worker();  // stop_now() and join

    void post(Job job);                             // from any thread
    void finish(std::function<void()> when_empty);  // graceful stop; `when_empty` is called on the I/O thread
    void stop_now();

    // The rest is for the I/O thread itself.
    Hub& hub() { return hub_; }
    boost::asio::io_context& context();
    TimerWheel& wheel();
    bool finishing() const;
    std::array<char, 16 * 1024>& scratch() { return scratch_; }  // for reads whose bytes are used up at once
    std::string_view http_date();

    void add(std::shared_ptr<Connection> connection);      // and start() it
    void replace(std::shared_ptr<Connection> connection);  // takes the place of the one with the same id
    void forget(ConnectionId id);
    void pause_reading(ConnectionId id);  // until the loop has caught up: then resume_reading() is called
    void resume_readers();

    void deliver(Event event);  // to the loop; events of one turn of the reactor go together
    // Counts it, and tells the loop unless too many came lately; those that were not told are mentioned with the next.
    void refused(ListenerId listener, const std::string& address, std::string code, std::string reason);
    void timed_out() { hub_.counts.timeouts.fetch_add(1, std::memory_order_relaxed); }
    certs::SslContext client_context(const ClientTls& tls);  // throws std::runtime_error

  private:
    struct Core;
    Hub& hub_;
    std::array<char, 16 * 1024> scratch_{};
    std::unique_ptr<Core> core_;
};

// Factories, so that the files that know Asio or Beast do not see each other.
std::shared_ptr<Connection> make_http_connection(Worker& worker, ConnectionId id, OwnedFd fd, Place place,
                                                 std::string address);
std::shared_ptr<Connection> make_websocket_dialer(Worker& worker, ConnectionId id, SocketRequest request);

}  // namespace busbar::net
