// MeterValues: parsed, checked, put into the model, journalled and answered, against a server that answers unread.
#include "tests/bench/fleet.hpp"
#include "tests/bench/gateway.hpp"
#include "tests/bench/transport.hpp"

namespace busbar::bench {
namespace {

constexpr std::size_t stations = 4'000;
constexpr std::size_t active = 200;
constexpr std::size_t messages = 20'000;  // in a round

Result measure(World& world, const char* name, bool tls, double goal) {
    const auto context = client_context();
    Gateway gateway(world, {.ocpp = tls ? StationPort::tls : StationPort::plain, .stations = stations});
    Floor floor(world, tls ? FloorTls::tls13 : FloorTls::plain);
    Load load;
    FleetPlan plan;
    plan.stations = stations;
    plan.tls = tls ? context.get() : nullptr;
    plan.port = gateway.ocpp_port;
    Fleet ours(load, plan);
    plan.port = floor.port;
    plan.speaks_ocpp = false;
    Fleet theirs(load, plan);
    ours.connect();
    theirs.connect();
    const auto round = [](const Server& server, Fleet& fleet) {
        return cpu_for_each(server, messages, [&] { fleet.send_meter_values(messages, active); });
    };
    return compare(
        name, "us/message", goal, [&] { return round(*floor.server, theirs); },
        [&] { return round(*gateway.server, ours); });
}

}  // namespace

std::vector<Result> measure_meter_values() {
    const OnLoadCore core;
    World world;
    const std::string reading =
        "of the loop's instructions two fifths read the JSON, a tenth splits the frame before that, a fifth writes the "
        "journal; the I/O thread makes three system calls a message where the floor makes two";
    return {explained(measure(world, "metervalues_plain", false, 2.0), reading),
            explained(measure(world, "metervalues_tls", true, 1.6), reading)};
}

}  // namespace busbar::bench
