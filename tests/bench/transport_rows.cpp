// The rows with sockets, and how two servers are compared.
#include "tests/bench/transport.hpp"

#include "tests/bench/compute.hpp"

namespace busbar::bench {

double cpu_for_each(const Server& server, std::size_t count, const std::function<void()>& work) {
    const double before = server.cpu_us();
    work();
    return (server.cpu_us() - before) / static_cast<double>(count);
}

Result compare(std::string name, std::string unit, double goal, const std::function<double()>& floor,
               const std::function<double()>& ours) {
    std::vector<double> floors, values;
    for (int round = 0; round <= rounds; ++round) {
        const double least = floor();
        const double value = ours();
        if (round == 0) continue;
        floors.push_back(least);
        values.push_back(value);
    }
    Result result;
    result.name = std::move(name);
    result.unit = std::move(unit);
    result.value = median(values);
    result.floor = median(floors);
    result.ratio = result.value / result.floor;
    result.goal = goal;
    result.note = spread(values, "") + "against " + spread(floors, "");
    return result;
}

Result explained(Result result, const std::string& in_the_way) {
    if (!result.holds()) result.note = "in the way: " + in_the_way + "; " + result.note;
    return result;
}

const std::vector<Row>& transport_rows() {
    static const std::vector<Row> rows = {
        {"metervalues", "MeterValues of 800 bytes by 200 of 4,000 stations, plain and TLS, against a raw echo",
         measure_meter_values},
        {"rss", "resident memory for each of 10,000 booted idle stations: plain, TLS 1.3, mutual TLS", measure_memory},
        {"storm_mtls",
         "10,000 stations come back with mutual TLS and boot, against a raw server with OpenSSL's defaults",
         measure_storm},
        {"fanout_10k", "an event to 10,000 charging stations, each its own limit, against a raw loop of the same bytes",
         measure_fanout},
        {"get_ccm8", "2030.5 GETs of a control list on kept CCM8 connections, against a canned TLS server",
         measure_control_list},
        {"ccm8_resumed", "a resumed mutual CCM8 handshake against a full one, both of the program", measure_resumption},
    };
    return rows;
}

}  // namespace busbar::bench
