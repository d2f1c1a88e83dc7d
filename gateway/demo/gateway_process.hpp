// The gateway of the demo: a process of its own, the same program as `busbar serve`, so that what the demo shows is what
// an operator gets, and so that it can be killed.
#pragma once

#include <string>
#include <sys/types.h>

namespace busbar::demo {

class GatewayProcess {
  public:
    GatewayProcess(std::string config_path, std::string log_path);
    ~GatewayProcess();  // ends it
    GatewayProcess(const GatewayProcess&) = delete;
    GatewayProcess& operator=(const GatewayProcess&) = delete;

    void start();
    void kill_hard();       // SIGKILL, as a power cut would
    bool end();             // SIGTERM and wait; true if it ended cleanly
    bool is_running();      // false once it has ended by itself
    pid_t pid() const { return pid_; }

  private:
    std::string config_path_, log_path_;
    pid_t pid_ = -1;
};

}  // namespace busbar::demo
