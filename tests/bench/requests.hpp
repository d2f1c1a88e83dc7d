// HTTP clients of the load generator, and the utility that posts OpenADR 3 events.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocols/wire/http.hpp"
#include "tests/bench/load.hpp"

namespace busbar::bench {

// Request after request on a kept connection; an answer other than 2xx ends the benchmark.
class HttpLink : public Link {
  public:
    void ask(const http::Request& request);
    void received(std::string_view bytes) override;
    virtual void answered(const http::Response& response, std::string_view raw) = 0;

  private:
    std::string target_;  // of what was asked last, for complaints
    std::string partial_;
};

class Utility {
  public:
    Utility(Load& load, std::uint16_t port);
    ~Utility();

    // An event for everything: from `start_in_s` on, four intervals of `interval_s` each, in each the power changes a
    // little. post() does not wait for the answer; finish() does.
    void create(double kilowatts, int start_in_s, int interval_s);
    void post(double kilowatts, int start_in_s, int interval_s);
    void finish();
    void remove();  // the event that was created last

  private:
    class Connection;
    void begin(const std::string& method, const std::string& target, const std::string& type, const std::string& body);
    std::string call(const std::string& target, const std::string& type, const std::string& body);

    Load& load_;
    std::unique_ptr<Connection> connection_;
    std::string token_, program_;
    int events_ = 0;
};

}  // namespace busbar::bench
