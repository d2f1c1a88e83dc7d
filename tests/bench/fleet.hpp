// Charging stations of the load generator: WebSocket clients, each with the station of protocols/ocpp behind it
// (against the gateway) or with nothing behind it (against the floor).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocols/ocpp/station.hpp"
#include "tests/bench/load.hpp"

namespace busbar::bench {

struct FleetPlan {
    std::uint16_t port = 0;
    std::size_t stations = 0;
    bool speaks_ocpp = true;  // false: against the floor; one message is sent in place of each boot
    bool charging = false;    // a vehicle is plugged in once the station has booted
    SSL_CTX* tls = nullptr;
    std::vector<std::shared_ptr<X509>> certificates;  // of each station, or none
    std::shared_ptr<EVP_PKEY> key;                    // of all of them
};

std::string station_id(std::size_t index);        // "CP00017"
std::string station_password(std::size_t index);  // as the configuration has it
int station_rated_w(std::size_t index);           // of three phases; no two neighbours alike

class Fleet {
  public:
    Fleet(Load& load, FleetPlan plan);
    ~Fleet();

    void connect();     // all: connected, booted, everything asked of them answered
    void disconnect();  // all, at once

    // `count` MeterValues of about 800 bytes by the first `active` stations, each waiting for its answer.
    void send_meter_values(std::size_t count, std::size_t active);

    // While held, what the server says is counted, and answered only at release().
    void hold();
    void release();
    std::size_t held() const { return held_.size(); }
    std::size_t held_bytes() const;
    void send_text(std::size_t station, std::string_view text);

    Load& load() { return load_; }

  private:
    class Station;
    friend class Station;

    Load& load_;
    FleetPlan plan_;
    std::vector<std::unique_ptr<Station>> stations_;
    std::size_t ready_ = 0;
    std::size_t to_send_ = 0;
    std::size_t answered_ = 0;
    std::uint64_t next_message_ = 0;
    bool holding_ = false;
    std::vector<std::pair<Station*, std::string>> held_;
};

}  // namespace busbar::bench
