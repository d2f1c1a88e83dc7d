#include "tests/bench/gateway.hpp"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "tests/bench/compute.hpp"
#include "tests/bench/fleet.hpp"

namespace busbar::bench {
namespace {

std::string quoted(const std::string& text) {
    return '"' + text + '"';
}

std::string tls_table(const std::string& name, const certs::TlsFiles& files) {
    std::string chains, keys;
    for (const std::string& path : files.chains) chains += (chains.empty() ? "" : ", ") + quoted(path);
    for (const std::string& path : files.keys) keys += (keys.empty() ? "" : ", ") + quoted(path);
    return '[' + name + "]\nchains = [" + chains + "]\nkeys = [" + keys + "]\nca = " + quoted(files.ca) + "\n\n";
}

std::string ocpp_table(const Gateway& gateway, const GatewayPlan& plan, const certs::AuthorityPaths& paths) {
    static constexpr const char* keys[] = {"", "port", "tls_port", "mutual_port"};
    if (plan.ocpp == StationPort::none) return {};
    std::string table = "[ocpp]\n" + std::string(keys[static_cast<std::size_t>(plan.ocpp)]) + " = " +
                        std::to_string(gateway.ocpp_port) + "\nheartbeat_s = 86400\nmeter_interval_s = 0\n\n";
    return plan.ocpp == StationPort::plain ? table : table + tls_table("ocpp.tls", paths.ocpp_server);
}

std::string device_tables(const GatewayPlan& plan) {
    std::string tables;
    for (std::size_t i = 0; i < plan.stations; ++i) {
        tables += "[[devices]]\nprotocol = \"ocpp\"\nid = " + quoted(station_id(i)) + "\nnode = \"site" +
                  std::to_string(i / 100) + "\"\nrated_import_w = " + std::to_string(station_rated_w(i)) + '\n';
        if (plan.ocpp != StationPort::mutual) tables += "password = " + quoted(station_password(i)) + '\n';
        tables += '\n';
    }
    for (const std::string& lfdi : plan.lfdis)
        tables += "[[devices]]\nprotocol = \"ieee2030_5\"\nid = " + quoted(lfdi) + "\nnode = \"site0\"\n\n";
    return tables;
}

// Nothing but what a row sends happens during it: no silence is noticed and no correction made.
std::string configuration(const Gateway& gateway, const GatewayPlan& plan, const certs::AuthorityPaths& paths) {
    std::string toml = "data = " + quoted(gateway.data) +
                       "\n\n[log]\nlevel = \"error\"\n\n[api]\nport = " + std::to_string(gateway.api_port) + "\n\n" +
                       ocpp_table(gateway, plan, paths);
    if (!plan.lfdis.empty())
        toml += "[ieee2030_5]\nport = " + std::to_string(gateway.ieee2030_5_port) + "\npoll_rate_s = 86400\n\n" +
                tls_table("ieee2030_5.tls", paths.ieee2030_5_server);
    if (plan.openadr3)
        toml += "[openadr3]\nport = " + std::to_string(gateway.openadr3_port) +
                "\n\n[[openadr3.clients]]\nid = \"utility\"\nsecret = \"utility-secret\"\nscopes = [\"read_all\", "
                "\"write_programs\", \"write_events\"]\n\n";
    toml += "[dispatch]\ncontrol_period_s = 3600\nsilent_after_s = 86400\nreport_period_s = 3600\n\n";
    const std::size_t sites = std::max<std::size_t>(1, (plan.stations + 99) / 100);
    for (std::size_t i = 0; i < sites; ++i)
        toml += "[[nodes]]\nid = \"site" + std::to_string(i) + "\"\nkind = \"site\"\nimport_limit_w = 3000000\n\n";
    return toml + device_tables(plan);
}

}  // namespace

World::World() {
    certs::init_test_authority(authority(), {});
}

Gateway::Gateway(World& world, const GatewayPlan& plan) {
    const std::string name = world.next_name("gateway");
    data = name + ".data";
    for (std::uint16_t* port : {&ocpp_port, &ieee2030_5_port, &openadr3_port, &api_port}) *port = free_port();
    std::ofstream(name + ".toml") << configuration(*this, plan, certs::paths_of(world.authority()));
    server = std::make_unique<Server>(
        std::vector<std::string>{program_folder() + "/busbar", "serve", "--config", name + ".toml"}, name + ".log");
    server->wait_for_port(api_port);
    const std::uint16_t last = plan.openadr3                    ? openadr3_port
                               : !plan.lfdis.empty()            ? ieee2030_5_port
                               : plan.ocpp != StationPort::none ? ocpp_port
                                                                : api_port;
    server->wait_for_port(last);
}

Floor::Floor(World& world, FloorTls tls, bool lean, const std::string& page) : port(free_port()) {
    static constexpr const char* modes[] = {"plain", "tls13", "mutual", "ccm8"};
    const std::string name = world.next_name("floor");
    std::vector<std::string> words{program_folder() + "/bench_floor", std::to_string(port),
                                   modes[static_cast<std::size_t>(tls)]};
    if (tls != FloorTls::plain) {
        const certs::AuthorityPaths paths = certs::paths_of(world.authority());
        const certs::TlsFiles& files = tls == FloorTls::ccm8 ? paths.ieee2030_5_server : paths.ocpp_server;
        words.insert(words.end(), {files.chains.front(), files.keys.front(), files.ca, lean ? "lean" : "defaults"});
    }
    if (!page.empty()) {
        std::ofstream(name + ".page", std::ios::binary) << page;
        words.push_back(name + ".page");
    }
    server = std::make_unique<Server>(words, name + ".log");
    server->wait_for_port(port);
}

}  // namespace busbar::bench
