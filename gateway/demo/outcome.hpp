// What the demo's run came to: energies by the devices' own meters, and what became of the commands.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "gateway/api/bodies.hpp"
#include "gateway/demo/device.hpp"
#include "gateway/demo/utility.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::demo {

struct ProtocolOutcome {
    std::int32_t devices = 0;
    std::int32_t commands = 0;
    double delivered_wh = 0;
};
RECORD(ProtocolOutcome, devices, commands, delivered_wh)

struct ProtocolOutcomes {
    ProtocolOutcome ocpp16, ocpp201, ieee2030_5;
};
XML_NAMES(ProtocolOutcomes, wire::no_namespace, {"ocpp16", "ocpp1.6", nullptr}, {"ocpp201", "ocpp2.0.1", nullptr})
RECORD(ProtocolOutcomes, ocpp16, ocpp201, ieee2030_5)

struct Outcome {
    double ordered_wh = 0, delivered_wh = 0, delivered_ratio = 0, settle_s = 0;
    std::int32_t commands = 0, acks = 0, silent = 0, refused = 0;
    bool report_received = false;
    ProtocolOutcomes by_protocol;
};
RECORD(Outcome, ordered_wh, delivered_wh, delivered_ratio, settle_s, commands, acks, silent, refused, report_received,
       by_protocol)

// Reads the meters when each interval has settled and when it ends.
class Accountant {
  public:
    Accountant(const std::vector<std::unique_ptr<Device>>& devices, const std::vector<Ordered>& ordered, model::Us settle_us);
    void look(model::Us now);  // often: readings are taken at the first look after their time
    void see(const std::vector<api::CommandAnswer>& commands, const std::vector<api::ResourceAnswer>& resources);
    Outcome outcome(bool report_received) const;
    bool is_over(model::Us now) const { return now >= ordered_.back().end_us; }
    bool succeeded(const Outcome& outcome) const;

  private:
    struct Reading {
        model::Us at_us = 0;  // 0: not taken yet
        std::vector<double> net_wh;
    };
    ProtocolOutcome& of(Outcome& outcome, const std::string& protocol) const;
    std::vector<double> read() const;

    const std::vector<std::unique_ptr<Device>>& devices_;
    const std::vector<Ordered>& ordered_;
    model::Us settle_us_;
    std::vector<Reading> from_, to_;  // one for each interval
    std::map<std::string, std::pair<std::string, bool>> commands_;  // id -> resource, answered
    std::map<std::string, bool> silent_, refused_;
};

}  // namespace busbar::demo
