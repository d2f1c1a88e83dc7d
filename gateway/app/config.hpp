// What an operator can set, with its defaults. Each member is a key of the TOML file; docs/operating/configuration.md is
// the same list for people. Powers are in W, times in s.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "certs/tls.hpp"
#include "dispatch/core.hpp"
#include "dispatch/model/enrolment.hpp"
#include "gateway/records/model_records.hpp"
#include "gateway/app/toml_reader.hpp"
#include "gateway/observe/log.hpp"
#include "protocols/wire/record.hpp"

namespace busbar::observe {
NAMES(Format, "text", "json")
NAMES(Level, "debug", "info", "warning", "error", "silent")
}  // namespace busbar::observe

namespace busbar::app {

using Port = wire::Whole<std::uint16_t>;
using Seconds = wire::Bounded<0, 31'536'000>;
using Watts = wire::Bounded<0, 1'000'000'000>;

struct LogConfig {
    observe::Format format = observe::Format::text;
    observe::Level level = observe::Level::info;
};
RECORD(LogConfig, format, level)

struct TlsConfig {  // paths relative to the configuration file
    std::vector<std::string> chains;
    std::vector<std::string> keys;
    std::string ca;
};
RECORD(TlsConfig, chains, keys, ca)

struct ApiConfig {  // operator's interface: loopback only
    std::string address = "127.0.0.1";
    Port port{8080};
};
RECORD(ApiConfig, address, port)

struct OcppConfig {
    std::string address = "127.0.0.1";
    std::optional<Port> port;      // ws://, security profile 1: Basic authentication on a trusted network
    bool plain_anywhere = false;   // ws:// on an address that is not loopback
    std::optional<Port> tls_port;  // wss://, security profile 2
    std::optional<Port> mutual_port;  // wss://, security profile 3: stations show a certificate that tls.ca issued
    std::optional<TlsConfig> tls;
    wire::Whole<std::int32_t, 1, 86'400> heartbeat_s{300};
    wire::Whole<std::int32_t, 0, 86'400> meter_interval_s{10};
    Seconds call_timeout_s{30};
    bool strict = false;           // no tolerance for what real chargers get wrong
    bool unsecured = false;        // stations without a password: trusted networks only
    std::vector<std::string> tokens;  // that may charge; empty = all
};
RECORD(OcppConfig, address, port, plain_anywhere, tls_port, mutual_port, tls, heartbeat_s, meter_interval_s,
       call_timeout_s, strict, unsecured, tokens)

struct Ieee2030Config {
    std::string address = "127.0.0.1";
    Port port{8443};
    TlsConfig tls;
    wire::Whole<std::uint32_t, 1, 86'400> poll_rate_s{300};  // what devices are asked to keep; a device may have its own
    wire::Whole<std::uint32_t> pen{0};  // IANA private enterprise number of the operator, the tail of our mRIDs
    bool in_band_registration = false;  // unknown devices may POST themselves to /edev
    bool csip_aus = true;  // offer the operating-envelope controls of CSIP-AUS to devices that declare them
    wire::Whole<std::uint8_t, 3, 7> time_quality{4};  // of the server's clock: 3 authoritative, 4 NTP, 5 set by hand
};
RECORD(Ieee2030Config, address, port, tls, poll_rate_s, pen, in_band_registration, csip_aus, time_quality)

struct OpenAdr3Client {
    wire::Text<128, 1> id;
    wire::Secret<256, 8> secret;
    std::vector<std::string> scopes;
};
RECORD(OpenAdr3Client, id, secret, scopes)

struct OpenAdr3Config {
    std::string address = "127.0.0.1";
    Port port{8081};
    std::optional<TlsConfig> tls;  // without: plain, loopback only
    std::string base_path = "/openadr3/3.1.0";
    std::string public_url;        // as clients see it, for the token URL; "" = from the Host of the request
    bool bad_token_is_403 = false;  // as the Alliance's suites expect; the OpenAPI file says 401
    std::vector<OpenAdr3Client> clients;
};
RECORD(OpenAdr3Config, address, port, tls, base_path, public_url, bad_token_is_403, clients)

struct OpenAdr2bConfig {  // a VTN above us that we poll
    wire::Text<64, 1> name;
    wire::Text<1024, 1> url;  // "https://host:port/prefix", in front of /OpenADR2/Simple/2.0b/…
    std::string ven_name = "busbar";
    std::string ven_id;  // if the VTN gave one beforehand
    TlsConfig tls;
    Seconds poll_s{10};  // at least what the VTN asks for
    std::vector<std::string> market_contexts;  // accepted; empty = any
    bool plain_loopback = false;  // http:// to a loopback address, for tests
};
RECORD(OpenAdr2bConfig, name, url, ven_name, ven_id, tls, poll_s, market_contexts, plain_loopback)

struct NodeConfig {
    wire::Text<128, 1> id;
    std::string parent;
    model::NodeKind kind = model::NodeKind::group;
    std::string name;
    std::optional<Watts> import_limit_w;
    std::optional<Watts> export_limit_w;
};
RECORD(NodeConfig, id, parent, kind, name, import_limit_w, export_limit_w)

enum class DeviceProtocol : std::uint8_t { ocpp, ieee2030_5 };
NAMES(DeviceProtocol, "ocpp", "ieee2030_5")

struct DeviceConfig {  // the same as a POST to /devices
    DeviceProtocol protocol = DeviceProtocol::ocpp;
    wire::Text<128, 1> id;
    std::string resource;
    std::string node;
    std::optional<model::ResourceKind> kind;  // default: ev for ocpp, storage for ieee2030_5
    std::string name;
    wire::Secret<64> password;
    wire::Whole<std::uint32_t> pin{0};
    Watts rated_import_w{0};
    Watts rated_export_w{0};
    std::optional<wire::Bounded<-1'000'000'000, 1'000'000'000>> preferred_w;  // what it does when nobody asks
    wire::Whole<std::uint8_t, 0, 3> phases{0};
    wire::Bounded<0, 100'000> voltage_v{230};
    wire::Whole<std::uint16_t, 1, 64> outlets{1};
    Seconds poll_s{0};
};
RECORD(DeviceConfig, protocol, id, resource, node, kind, name, password, pin, rated_import_w, rated_export_w,
       preferred_w, phases, voltage_v, outlets, poll_s)

struct DispatchConfig {
    Seconds control_period_s{2};
    Watts deadband_w{50};
    Seconds silent_after_s{6};
    Seconds report_period_s{10};
};
RECORD(DispatchConfig, control_period_s, deadband_w, silent_after_s, report_period_s)

struct Config {
    std::string data = "busbar-data";
    wire::Whole<std::uint32_t, 1, 64> io_threads{1};
    LogConfig log;
    ApiConfig api;
    std::optional<OcppConfig> ocpp;
    std::optional<Ieee2030Config> ieee2030_5;
    std::optional<OpenAdr3Config> openadr3;
    std::vector<OpenAdr2bConfig> openadr2b;
    std::vector<NodeConfig> nodes;
    std::vector<DeviceConfig> devices;
    DispatchConfig dispatch;

    // No keys, but where they stand: the file as it was named ("" = none) and the line of each key.
    std::string file;
    Lines lines;
    // "busbar.toml:14: nodes[1].parent", for what is wrong there; the line of the nearest table if the key is absent.
    std::string at(std::string_view key) const;
};
RECORD(Config, data, io_threads, log, api, ocpp, ieee2030_5, openadr3, openadr2b, nodes, devices, dispatch)

// Reads and checks a file; relative paths in it are made absolute. Throws ConfigError.
Config read_config(const std::string& path);
// What one key alone cannot say: who names whom, what needs what. Throws ConfigError.
void check(const Config& config);
// What `busbar serve` does without a file: every protocol on loopback, on the certificates under `data`/certs.
Config default_config(const std::string& data);

certs::TlsFiles tls_files(const TlsConfig& config);
// TLS of one listener, "ocpp.tls"; throws ConfigError if a certificate or a key cannot be used.
certs::SslContext server_context(const Config& config, std::string_view key, certs::TlsProfile profile,
                                 const TlsConfig& tls);
// Loads every certificate and key that the configuration names, as `busbar serve` would. Throws ConfigError.
void check_certificates(const Config& config);
// Why a device cannot be enrolled, "id: expected …"; "" = it can.
std::string enrolment_fault(DeviceProtocol protocol, std::string_view id);
dispatch::Settings settings_of(const DispatchConfig& config);
model::Enrolment enrolment_of(const DeviceConfig& device);
model::Node node_of(const NodeConfig& node);

}  // namespace busbar::app
