// The program under measurement with a configuration of its own: `busbar serve` as an operator would run it, and the
// floor beside it on the same certificates.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "certs/authority.hpp"
#include "tests/bench/process.hpp"

namespace busbar::bench {

// Certificates, made once for a row.
class World {
  public:
    World();
    const std::string& folder() const { return folder_.path(); }
    std::string authority() const { return folder() + "/certs"; }
    std::string next_name(const std::string& stem) { return folder() + '/' + stem + std::to_string(++names_); }

  private:
    Folder folder_;
    int names_ = 0;
};

enum class StationPort : std::uint8_t { none, plain, tls, mutual };

struct GatewayPlan {
    StationPort ocpp = StationPort::none;
    std::size_t stations = 0;        // enrolled, CP00000 and on
    std::vector<std::string> lfdis;  // of 2030.5 devices
    bool openadr3 = false;           // plain, client "utility", secret "utility-secret"
};

struct Gateway {
    Gateway(World& world, const GatewayPlan& plan);

    std::uint16_t ocpp_port = 0, ieee2030_5_port = 0, openadr3_port = 0, api_port = 0;
    std::string data;  // its folder
    std::unique_ptr<Server> server;
};

enum class FloorTls : std::uint8_t { plain, tls13, mutual, ccm8 };

struct Floor {
    // `lean`: OpenSSL set as the gateway could have it at best; else its defaults. `page`: what a GET is answered with.
    Floor(World& world, FloorTls tls, bool lean = true, const std::string& page = {});

    std::uint16_t port = 0;
    std::unique_ptr<Server> server;
};

}  // namespace busbar::bench
