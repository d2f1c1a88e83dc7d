#include "gateway/demo/scenario.hpp"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "certs/authority.hpp"
#include "certs/secrets.hpp"
#include "gateway/net/net.hpp"

namespace busbar::demo {
namespace {

namespace fs = std::filesystem;

constexpr const char* signature = "# Written by `busbar demo`.";

std::string random_word() {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string word;
    for (const char byte : certs::random_bytes(10)) {
        word += digits[static_cast<unsigned char>(byte) >> 4];
        word += digits[static_cast<unsigned char>(byte) & 15];
    }
    return word;
}

// Ports that are free now; the gateway takes them a moment later, and again after it was killed.
void choose_ports(Scenario& scenario) {
    net::Network network;
    std::uint16_t* ports[] = {&scenario.api_port, &scenario.ocpp_port, &scenario.ieee2030_5_port, &scenario.openadr3_port};
    for (std::uint16_t* port : ports) *port = network.listen({}).port;
}

void add_chargers(Scenario& scenario) {
    for (int i = 1; i <= 10; ++i) {
        ChargerSpec charger;
        charger.id = (i < 10 ? "CP0" : "CP") + std::to_string(i);
        charger.subprotocol = i <= 5 ? "ocpp1.6" : "ocpp2.0.1";
        charger.node = i % 2 ? "depot" : "street";
        charger.password = random_word();
        if (i == 3) charger.behaviour = Behaviour::silent;
        if (i == 8) charger.behaviour = Behaviour::refuses;
        scenario.chargers.push_back(charger);
    }
}

void add_ders(Scenario& scenario, const std::string& authority) {
    for (int i = 1; i <= 5; ++i) {
        DerSpec der;
        der.kind = i <= 2 ? model::ResourceKind::pv : model::ResourceKind::storage;
        der.name = (i <= 2 ? "pv" : "battery") + std::to_string(i <= 2 ? i : i - 2);
        der.node = "homes";
        certs::IssueRequest request;
        request.kind = certs::Kind::ieee2030_5_device;
        request.name = der.name;
        der.files = certs::issue(authority, request).tls();
        der.identity = certs::identity_of_file(der.files.chains.front());
        scenario.ders.push_back(der);
    }
}

std::string quoted(const std::string& text) { return '"' + text + '"'; }

std::string list_of(const std::vector<std::string>& paths) {
    std::string list = "[";
    for (const std::string& path : paths) list += (list.size() > 1 ? ", " : "") + quoted(path);
    return list + "]";
}

std::string tls_table(const std::string& name, const certs::TlsFiles& files) {
    return "[" + name + "]\nchains = " + list_of(files.chains) + "\nkeys = " + list_of(files.keys) +
           "\nca = " + quoted(files.ca) + "\n\n";
}

std::string configuration(const Scenario& scenario, const certs::AuthorityPaths& paths) {
    std::ostringstream toml;
    toml << signature << '\n'
         << "data = \"data\"\n\n[api]\nport = " << scenario.api_port << "\n\n"
         << "[ocpp]\ntls_port = " << scenario.ocpp_port << "\nmeter_interval_s = 1\ncall_timeout_s = 3\n\n"
         << tls_table("ocpp.tls", paths.ocpp_server)  //
         << "[ieee2030_5]\nport = " << scenario.ieee2030_5_port << "\npoll_rate_s = 1\n\n"
         << tls_table("ieee2030_5.tls", paths.ieee2030_5_server)  //
         << "[openadr3]\nport = " << scenario.openadr3_port << "\nbase_path = " << quoted(scenario.openadr3_base_path)
         << "\n\n"
         << tls_table("openadr3.tls", paths.openadr_server)
         << "[[openadr3.clients]]\nid = " << quoted(scenario.utility_id)
         << "\nsecret = " << quoted(scenario.utility_secret)
         << "\nscopes = [\"read_all\", \"write_programs\", \"write_events\"]\n\n"
         << "[dispatch]\ncontrol_period_s = 1\ndeadband_w = 50\nsilent_after_s = 3.5\nreport_period_s = 2\n\n"
         << "[[nodes]]\nid = \"feeder-1\"\nkind = \"feeder\"\nimport_limit_w = 140000\nexport_limit_w = 40000\n\n";
    for (const char* site : {"depot", "street", "homes"})
        toml << "[[nodes]]\nid = \"" << site << "\"\nparent = \"feeder-1\"\nkind = \"site\"\n\n";
    for (const ChargerSpec& charger : scenario.chargers)
        toml << "[[devices]]\nprotocol = \"ocpp\"\nid = " << quoted(charger.id) << "\nnode = " << quoted(charger.node)
             << "\npassword = " << quoted(charger.password) << "\nrated_import_w = 11040\n\n";
    for (const DerSpec& der : scenario.ders)
        toml << "[[devices]]\nprotocol = \"ieee2030_5\"\nid = " << quoted(der.identity.lfdi)
             << "\nresource = " << quoted(der.name) << "\nnode = " << quoted(der.node)
             << "\npoll_s = 1"
             << (der.kind == model::ResourceKind::pv ? "\nkind = \"pv\"" : "\nkind = \"storage\"\npreferred_w = 8000")
             << "\n\n";
    return toml.str();
}

// Only a folder that is new, empty or an earlier demo's may be cleared.
void clear(const fs::path& directory) {
    if (fs::exists(directory) && !fs::is_empty(directory)) {
        std::ifstream config(directory / "busbar.toml");
        std::string first;
        if (!std::getline(config, first) || first != signature)
            throw std::runtime_error(directory.string() + " holds something that is not a demo's; name another folder");
    }
    for (const char* part : {"data", "certs", "gateway.log"}) fs::remove_all(directory / part);
    fs::create_directories(directory);
    fs::permissions(directory, fs::perms::owner_all);
}

}  // namespace

Scenario make_scenario(const std::string& directory) {
    Scenario scenario;
    scenario.directory = fs::absolute(directory).lexically_normal().string();
    clear(scenario.directory);
    scenario.config_path = scenario.directory + "/busbar.toml";
    scenario.log_path = scenario.directory + "/gateway.log";

    const std::string authority = scenario.directory + "/certs";
    certs::init_test_authority(authority, {});
    const certs::AuthorityPaths paths = certs::paths_of(authority);
    scenario.charger_trust.ca = certs::files_of(authority, certs::Kind::ocpp_server_ecdsa).ca;
    scenario.utility_trust.ca = certs::files_of(authority, certs::Kind::openadr_vtn_ecdsa).ca;
    scenario.utility_id = "utility";
    scenario.utility_secret = random_word();
    choose_ports(scenario);
    add_chargers(scenario);
    add_ders(scenario, authority);

    std::ofstream config(scenario.config_path, std::ios::trunc);
    fs::permissions(scenario.config_path, fs::perms::owner_read | fs::perms::owner_write);
    config << configuration(scenario, paths);
    if (!config.flush()) throw std::runtime_error(scenario.config_path + ": cannot be written");
    return scenario;
}

}  // namespace busbar::demo
