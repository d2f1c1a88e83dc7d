// What one key alone cannot say: who names whom, what needs what, and whether the certificates can be used. Each fault
// is told with file, line and key.
#include <algorithm>
#include <exception>
#include <set>

#include "gateway/app/config.hpp"
#include "gateway/net/address.hpp"
#include "protocols/openadr/v3/token.hpp"

namespace busbar::app {
namespace {

// Why not "www.example.com": what listens takes addresses, and so nothing has to be resolved before the start.
bool is_loopback(const Config& config, const std::string& key, const std::string& address) {
    try {
        return net::listen_address(address, 0).loopback;
    } catch (const std::exception& error) {
        throw ConfigError(config.at(key) + ": " + error.what());
    }
}

// "nodes[2].id"
std::string key_of(std::string_view list, std::size_t index, std::string_view member) {
    return std::string(list) + '[' + std::to_string(index) + "]." + std::string(member);
}

class Check {
  public:
    explicit Check(const Config& config) : config_(config) {}

    void listeners() const {
        require(is_loopback(config_, "api.address", config_.api.address), "api.address",
                "expected a loopback address: the operator's interface asks for no password");
        if (const auto& ocpp = config_.ocpp) {
            require(ocpp->port || ocpp->tls_port || ocpp->mutual_port, "ocpp",
                    "expected port, tls_port, mutual_port or several of them");
            require(!ocpp->tls_port || ocpp->tls, "ocpp.tls_port", "needs [ocpp.tls] with chains and keys");
            require(!ocpp->mutual_port || (ocpp->tls && !ocpp->tls->ca.empty()), "ocpp.mutual_port",
                    "needs [ocpp.tls] with chains, keys and the ca that issues the stations' certificates");
            const bool loopback = is_loopback(config_, "ocpp.address", ocpp->address);
            require(!ocpp->port || loopback || ocpp->plain_anywhere, "ocpp.port",
                    "ws:// beyond loopback shows passwords; expected tls_port, or plain_anywhere on a trusted network");
        }
        if (config_.ieee2030_5) {
            is_loopback(config_, "ieee2030_5.address", config_.ieee2030_5->address);
            require(!config_.ieee2030_5->tls.chains.empty(), "ieee2030_5.tls", "missing; expected chains, keys and ca");
        }
        if (config_.openadr3) {
            const bool loopback = is_loopback(config_, "openadr3.address", config_.openadr3->address);
            require(loopback || config_.openadr3->tls, "openadr3.address",
                    "beyond loopback tokens need [openadr3.tls] with chains and keys");
        }
    }

    void clients() const {
        if (!config_.openadr3) return;
        std::set<std::string> ids;
        for (std::size_t i = 0; i < config_.openadr3->clients.size(); ++i) {
            const OpenAdr3Client& client = config_.openadr3->clients[i];
            require(ids.insert(client.id).second, key_of("openadr3.clients", i, "id"), client.id + " stands twice");
            for (std::size_t j = 0; j < client.scopes.size(); ++j)
                require(openadr::v3::scope_of(client.scopes[j]).has_value(),
                        key_of("openadr3.clients", i, "scopes[" + std::to_string(j) + "]"),
                        "expected " + known_scopes());
        }
    }

    void nodes() {
        for (std::size_t i = 0; i < config_.nodes.size(); ++i) {
            const NodeConfig& node = config_.nodes[i];
            require(node.parent.empty() || nodes_.contains(node.parent), key_of("nodes", i, "parent"),
                    "there is no node " + node.parent + " before it in the file");
            require(nodes_.insert(node.id).second || node.id == model::root_id, key_of("nodes", i, "id"),
                    node.id + " stands twice");
        }
    }

    void devices() const {
        std::set<std::string> ids, resources;
        for (std::size_t i = 0; i < config_.devices.size(); ++i) {
            const DeviceConfig& device = config_.devices[i];
            require(device.node.empty() || nodes_.contains(device.node), key_of("devices", i, "node"),
                    "there is no node " + device.node + " among [[nodes]]");
            const std::string fault = enrolment_fault(device.protocol, device.id);
            require(fault.empty(), key_of("devices", i, "id"), fault);
            const model::Enrolment enrolment = enrolment_of(device);
            require(ids.insert(enrolment.id).second, key_of("devices", i, "id"), device.id + " stands twice");
            require(resources.insert(enrolment.resource).second, key_of("devices", i, "resource"),
                    enrolment.resource + " stands twice");
        }
    }

    void upstream() const {
        std::set<std::string> names;
        for (std::size_t i = 0; i < config_.openadr2b.size(); ++i) {
            const OpenAdr2bConfig& vtn = config_.openadr2b[i];
            require(names.insert(vtn.name).second, key_of("openadr2b", i, "name"), vtn.name + " stands twice");
            const bool plain = vtn.plain_loopback && vtn.url.starts_with("http://");
            require(plain || vtn.url.starts_with("https://"), key_of("openadr2b", i, "url"),
                    "expected https:// and host[:port]");
            require(plain || !vtn.tls.chains.empty(), key_of("openadr2b", i, "tls"),
                    "missing; expected chains, keys and ca");
        }
    }

  private:
    void require(bool holds, std::string_view key, const std::string& what) const {
        if (!holds) throw ConfigError(config_.at(key) + ": " + what);
    }

    static std::string known_scopes() {
        std::string names;
        for (auto scope = openadr::v3::Scope::read_all;;
             scope = static_cast<openadr::v3::Scope>(static_cast<int>(scope) + 1)) {
            names += (names.empty() ? "" : ", ") + std::string(name_of(scope));
            if (scope == openadr::v3::Scope::write_vens) return "one of " + names;
        }
    }

    const Config& config_;
    std::set<std::string> nodes_{model::root_id};
};

// The certificate library names the file; here the key that named it is added.
template <class Make>
certs::SslContext context(const Config& config, std::string_view key, const Make& make) {
    try {
        return make();
    } catch (const std::exception& error) {
        throw ConfigError(config.at(key) + ": " + error.what());
    }
}

}  // namespace

void check(const Config& config) {
    Check check(config);
    check.listeners();
    check.clients();
    check.nodes();
    check.devices();
    check.upstream();
}

certs::SslContext server_context(const Config& config, std::string_view key, certs::TlsProfile profile,
                                 const TlsConfig& tls) {
    return context(config, key, [&] { return certs::server_context(profile, tls_files(tls)); });
}

void check_certificates(const Config& config) {
    using certs::TlsProfile;
    if (config.ocpp && config.ocpp->tls) {
        server_context(config, "ocpp.tls", TlsProfile::ocpp_basic, *config.ocpp->tls);
        if (config.ocpp->mutual_port) server_context(config, "ocpp.tls", TlsProfile::ocpp_mutual, *config.ocpp->tls);
    }
    if (config.ieee2030_5) server_context(config, "ieee2030_5.tls", TlsProfile::ieee2030_5, config.ieee2030_5->tls);
    if (config.openadr3 && config.openadr3->tls)
        server_context(config, "openadr3.tls", TlsProfile::openadr3, *config.openadr3->tls);
    for (std::size_t i = 0; i < config.openadr2b.size(); ++i) {
        const OpenAdr2bConfig& vtn = config.openadr2b[i];
        if (vtn.url.starts_with("http://")) continue;
        context(config, key_of("openadr2b", i, "tls"),
                [&] { return certs::client_context(TlsProfile::openadr2b, tls_files(vtn.tls)); });
    }
}

std::string enrolment_fault(DeviceProtocol protocol, std::string_view id) {
    if (protocol == DeviceProtocol::ieee2030_5) {
        const bool hex = id.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
        if (id.size() == 40 && hex) return {};
        return "expected the LFDI of the device's certificate, 40 hexadecimal digits; `busbar certs lfdi` prints it";
    }
    const bool fits = !id.empty() && id.size() <= 48 && std::none_of(id.begin(), id.end(), [](char c) {
        return c == ':' || c == 0x7f || (static_cast<unsigned char>(c) < 0x20);
    });
    return fits ? "" : "expected the identity of a charging station: 1 to 48 characters, no colon";
}

}  // namespace busbar::app
