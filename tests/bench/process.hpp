// The servers under measurement: child processes on core 0, and what the kernel says of them. The load generator is
// this process itself and stays on core 1.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace busbar::bench {

inline constexpr int server_core = 0;
inline constexpr int load_core = 1;

// While it lives this process runs on one core and may open as many descriptors as the system allows.
class OnLoadCore {
  public:
    OnLoadCore();
    ~OnLoadCore();
    OnLoadCore(const OnLoadCore&) = delete;
    OnLoadCore& operator=(const OnLoadCore&) = delete;

  private:
    std::vector<unsigned char> before_;
};

// A program on core 0, its output in a file; killed with its owner.
class Server {
  public:
    Server(const std::vector<std::string>& words, std::string log_path);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    pid_t pid() const { return pid_; }
    double cpu_us() const;       // user and system time of all its threads since it started
    double resident_kb() const;  // VmRSS
    // Until it takes connections there. Throws std::runtime_error with the end of its output if it ends before.
    void wait_for_port(std::uint16_t port);
    void end();  // SIGTERM, and waits

  private:
    bool running();
    std::string last_words() const;

    pid_t pid_ = -1;
    std::string log_path_;
};

std::uint16_t free_port();
double load_average();  // of the last minute

// A folder of this run, removed at its end.
class Folder {
  public:
    Folder();
    ~Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace busbar::bench
