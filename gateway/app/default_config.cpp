// `busbar serve` without a configuration file: a newcomer's gateway, everything on loopback, on a test authority of its own.
#include <filesystem>

#include "certs/authority.hpp"
#include "gateway/app/config.hpp"

namespace busbar::app {
namespace {

TlsConfig tls_config(const certs::TlsFiles& files) { return {files.chains, files.keys, files.ca}; }

}  // namespace

Config default_config(const std::string& data) {
    Config config;
    config.data = data;
    const std::string authority = data + "/certs";
    if (!std::filesystem::exists(authority)) certs::init_test_authority(authority, {});
    const certs::AuthorityPaths paths = certs::paths_of(authority);

    OcppConfig ocpp;
    ocpp.port = Port{9000};
    ocpp.tls_port = Port{9443};
    ocpp.tls = tls_config(paths.ocpp_server);
    config.ocpp = ocpp;

    Ieee2030Config ieee2030_5;
    ieee2030_5.tls = tls_config(paths.ieee2030_5_server);
    config.ieee2030_5 = ieee2030_5;

    OpenAdr3Config openadr3;
    openadr3.tls = tls_config(paths.openadr_server);
    config.openadr3 = openadr3;
    return config;
}

}  // namespace busbar::app
