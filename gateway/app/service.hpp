// The gateway on the real world: one loop thread over the sockets, the store on the disk and the system's clock.
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "gateway/app/clock.hpp"
#include "gateway/app/gateway.hpp"
#include "gateway/net/net.hpp"
#include "gateway/store/store.hpp"

namespace busbar::app {

class Service {
  public:
    // Opens the store, restores what it holds and listens. Throws with one line for the operator.
    Service(const Config& config, observe::Log& log);

    std::string listening_table() const;  // what listens where, for people
    void run();   // until stop(); throws store::StoreError if the store fails: nothing may go on then
    void stop();  // from any thread or signal handler

  private:
    struct Listener {
        net::ListenerInfo info;
        std::string path;  // what a client asks for there, for people
        bool websocket = false;
    };
    void listen();
    void listen_for_stations();
    void open(Role role, const net::ListenOptions& options, std::string path);
    model::Us time();

    Config config_;
    observe::Log& log_;
    store::Store store_;
    net::Network network_;
    Gateway gateway_;
    Clock clock_;
    bool told_of_clock_ = false;
    std::vector<Listener> listeners_;
    std::atomic<bool> stopping_{false};
};

}  // namespace busbar::app
