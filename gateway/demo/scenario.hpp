// The demo's world on disk and on paper: which devices there are, where they hang, how they behave, and the gateway's
// configuration with certificates and passwords of its own, made anew in one folder.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "certs/tls.hpp"
#include "dispatch/model/resource.hpp"

namespace busbar::demo {

enum class Behaviour : std::uint8_t { obeys, silent, refuses };

struct ChargerSpec {
    std::string id, node, password;
    std::string subprotocol;  // "ocpp1.6", "ocpp2.0.1"
    Behaviour behaviour = Behaviour::obeys;
};

struct DerSpec {
    std::string name, node;
    model::ResourceKind kind = model::ResourceKind::storage;
    certs::TlsFiles files;  // its certificate and whom it trusts
    certs::Identity identity;
    Behaviour behaviour = Behaviour::obeys;
};

struct Scenario {
    std::string directory, config_path, log_path;
    std::uint16_t api_port = 0, ocpp_port = 0, ieee2030_5_port = 0, openadr3_port = 0;
    std::string openadr3_base_path = "/openadr3/3.1.0";
    std::string utility_id, utility_secret;
    certs::TlsFiles utility_trust, charger_trust;
    std::vector<ChargerSpec> chargers;
    std::vector<DerSpec> ders;
    std::string target = "feeder-1";

    std::string api_url() const { return "http://127.0.0.1:" + std::to_string(api_port); }
    std::string openadr3_url() const { return "https://127.0.0.1:" + std::to_string(openadr3_port); }
    std::string ieee2030_5_url() const { return "https://127.0.0.1:" + std::to_string(ieee2030_5_port); }
    std::string ocpp_url(const std::string& station) const {
        return "wss://127.0.0.1:" + std::to_string(ocpp_port) + "/" + station;
    }
};

// Fills `directory` (made if absent; a scenario that is there is replaced, its store too).
Scenario make_scenario(const std::string& directory);

}  // namespace busbar::demo
