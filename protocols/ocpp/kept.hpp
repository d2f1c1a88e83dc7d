// What is kept of a station across restarts, as a document: one for each station, in the folder below.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/ocpp/csms.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::ocpp {

inline constexpr std::string_view kept_folder = "ocpp/stations";  // key: the station's identity

NAMES(OutletState, "unknown", "available", "preparing", "charging", "suspended_ev", "suspended_evse", "finishing",
      "reserved", "unavailable", "faulted")

struct KeptTransaction {
    std::string id;
    std::string token;
    std::int64_t startedUs{};
    std::int64_t meterStartWh{};
};
RECORD(KeptTransaction, id, token, startedUs, meterStartWh)

struct KeptConnector {
    std::int64_t number{};
    OutletState state{};
};
RECORD(KeptConnector, number, state)

struct KeptOutlet {
    OutletState state{};
    std::int64_t fallbackMw{};
    std::vector<std::int32_t> installed;  // Role
    std::optional<KeptTransaction> transaction;
    std::optional<std::vector<KeptConnector>> connectors;
};
RECORD(KeptOutlet, state, fallbackMw, installed, transaction, connectors)

struct KeptStation {
    std::int32_t version{};  // 16, 201
    bool booted{};
    std::string vendor, model, serial, firmware;
    bool amps{}, watts{};
    std::int32_t maxStackLevel{};
    std::int32_t maxPeriods{};
    std::int32_t lastTransaction{};
    std::vector<KeptOutlet> outlets;
};
RECORD(KeptStation, version, booted, vendor, model, serial, firmware, amps, watts, maxStackLevel, maxPeriods,
       lastTransaction, outlets)

}  // namespace busbar::ocpp
