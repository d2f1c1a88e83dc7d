// A test authority for all protocols in one directory: what `busbar certs init` and `issue` make, and where it lies.
//
//     ieee2030_5/  serca -> mca -> mica, ca.pem, server, devices/NAME
//     ocpp/        root_ecdsa, root_rsa, ca.pem, server_ecdsa, server_rsa, stations/NAME, stations/NAME_rsa
//     openadr/     root_ecdsa, root_rsa, ca.pem, vtn_ecdsa, vtn_rsa, vens/NAME_ecdsa, vens/NAME_rsa
//
// Each name stands for NAME.pem (the certificate, then its issuers up to but not with the root) and NAME.key (PKCS #8,
// mode 0600); directories have mode 0700. ca.pem is what the other end verifies against. All functions throw
// std::runtime_error with one line for the operator; a file is written whole or not at all.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "certs/identity.hpp"
#include "certs/tls.hpp"

namespace busbar::certs {

enum class Kind {
    ieee2030_5_device,
    ieee2030_5_server,
    ocpp_station,
    ocpp_station_rsa,
    ocpp_server_ecdsa,
    ocpp_server_rsa,
    openadr_vtn_ecdsa,
    openadr_vtn_rsa,
    openadr_ven_ecdsa,
    openadr_ven_rsa,
};

struct KindInfo {
    Kind kind{};
    std::string_view name;     // as on the command line: "ieee2030_5_device"
    std::string_view purpose;  // for help texts
    bool named = false;        // many of a kind, told apart by IssueRequest::name; otherwise the one server
};
std::span<const KindInfo> kinds();
std::optional<Kind> kind_of(std::string_view name);

struct InitOptions {
    std::vector<std::string> hosts;            // names and addresses of the servers beside localhost and 127.0.0.1
    std::string organization = "busbar test";  // O of every subject but those of 2030.5 devices
};

struct IssueRequest {
    Kind kind{};
    std::string name;                // file name; CN of a station (its serial number) and of a VEN
    std::vector<std::string> hosts;  // beside localhost and 127.0.0.1, of a server and of a VEN that is pushed to
    std::string organization = "busbar test";
    std::string hardware_serial;                // 2030.5: hexadecimal, at most 32 bytes; "" = 8 random ones
    std::optional<std::int64_t> not_before_us;  // default: a day ago
    std::optional<std::int64_t> not_after_us;   // default: two years ahead; a 2030.5 certificate never expires
    bool replace = false;                       // otherwise an existing name is refused
};

struct IssuedFiles {
    std::string chain;
    std::string key;
    std::string ca;  // what the other end's certificate is verified against
    TlsFiles tls() const { return {{chain}, {key}, ca}; }
};

// Makes all authorities, the servers' certificates, and of each client kind one named "example". Refuses a directory
// that already holds an authority; a failure half-way leaves none.
void init_test_authority(const std::string& directory, const InitOptions& options);
IssuedFiles issue(const std::string& directory, const IssueRequest& request);
// Where a certificate is or would be.
IssuedFiles files_of(const std::string& directory, Kind kind, std::string_view name = {});

// What the gateway itself is configured with.
struct AuthorityPaths {
    TlsFiles ieee2030_5_server;
    TlsFiles ocpp_server;     // ECDSA and RSA
    TlsFiles openadr_server;  // ECDSA and RSA: a VTN of either version
};
AuthorityPaths paths_of(const std::string& directory);

}  // namespace busbar::certs
