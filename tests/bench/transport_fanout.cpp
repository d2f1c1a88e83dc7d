// The fan-out: a utility posts an event, and ten thousand charging stations of both versions are each told their own
// share of it, decided, journalled and serialised; against a loop that sends as many bytes to as many sockets.
#include <array>
#include <chrono>
#include <cstdio>

#include "tests/bench/compute.hpp"
#include "tests/bench/fleet.hpp"
#include "tests/bench/gateway.hpp"
#include "tests/bench/requests.hpp"
#include "tests/bench/transport.hpp"

namespace busbar::bench {
namespace {

constexpr std::size_t stations = 10'000;
constexpr std::size_t floor_stations = 9'900;  // with the others: as many sockets as one process may have
constexpr double power_kw = 60'000;            // of about 145 MW that they could take
constexpr double settled_s = 7;                // accepted commands are verified five seconds later

// Until every one of them has got its command, which is held back unanswered: nothing but the fan-out is measured.
double cpu_of_fanout(const Server& server, Fleet& fleet, std::size_t commands, const std::function<void()>& begin) {
    fleet.hold();
    return cpu_for_each(server, commands, [&] {
        begin();
        fleet.load().run("the fan-out", 60, [&] { return fleet.held() >= commands; });
    });
}

}  // namespace

std::vector<Result> measure_fanout() {
    const OnLoadCore core;
    World world;
    Load load;
    FleetPlan plan;
    Gateway gateway(world, {.ocpp = StationPort::plain, .stations = stations, .openadr3 = true});
    Floor floor(world, FloorTls::plain);
    plan.port = gateway.ocpp_port;
    plan.stations = stations;
    plan.charging = true;
    Fleet ours(load, plan);
    plan.port = floor.port;
    plan.stations = floor_stations;
    plan.charging = plan.speaks_ocpp = false;
    Fleet theirs(load, plan);
    ours.connect();
    theirs.connect();
    Utility utility(load, gateway.openadr3_port);

    std::size_t bytes = 500;  // of a command
    double last_ms = 0;
    int round = 0;
    const auto fan_out = [&] {
        const auto begun = std::chrono::steady_clock::now();
        const double cost =
            cpu_of_fanout(*gateway.server, ours, stations, [&] { utility.post(power_kw + 500 * ++round, 600, 900); });
        last_ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count();
        bytes = ours.held_bytes() / stations;
        utility.finish();
        ours.release();
        load.rest(settled_s);
        utility.remove();
        load.rest(settled_s);
        return cost;
    };
    fan_out();
    Result result = compare(
        "fanout_10k", "us/command", 2.0,
        [&] {
            const double cost = cpu_of_fanout(*floor.server, theirs, floor_stations - 1,
                                              [&] { theirs.send_text(0, '!' + std::string(bytes, 'x')); });
            theirs.release();
            return cost;
        },
        fan_out);
    std::array<char, 96> note{};
    std::snprintf(note.data(), note.size(), "%zu bytes a command, the last one received %.0f ms after the post; ",
                  bytes, last_ms);
    result.note = note.data() + result.note;
    return {explained(result, "deciding, serialising and journalling on the loop take more than the sockets")};
}

}  // namespace busbar::bench
