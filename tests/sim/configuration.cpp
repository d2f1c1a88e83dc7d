#include "tests/sim/configuration.hpp"

namespace busbar::sim {

app::Config base_configuration(Us meter_us, Us poll_us) {
    app::Config config;
    config.ocpp.emplace();
    config.ocpp->meter_interval_s = static_cast<std::int32_t>(meter_us / model::second_us);
    config.ieee2030_5.emplace();
    config.ieee2030_5->poll_rate_s = static_cast<std::uint32_t>(poll_us / model::second_us);
    config.openadr3.emplace();
    app::OpenAdr3Client utility;
    utility.id = wire::Text<128, 1>("utility");
    utility.secret = wire::Secret<256, 8>("simulated-secret");
    utility.scopes = {"read_all", "write_programs", "write_events", "write_reports"};
    config.openadr3->clients.push_back(utility);
    return config;
}

app::DeviceConfig charger_configuration(const std::string& id, const std::string& node) {
    app::DeviceConfig device;
    device.protocol = app::DeviceProtocol::ocpp;
    device.id = wire::Text<128, 1>(id);
    device.resource = id;
    device.node = node;
    device.password = wire::Secret<64>("simulated-password");
    return device;
}

app::DeviceConfig der_configuration(const std::string& lfdi, const std::string& resource, const std::string& node,
                                    model::ResourceKind kind) {
    app::DeviceConfig device;
    device.protocol = app::DeviceProtocol::ieee2030_5;
    device.id = wire::Text<128, 1>(lfdi);
    device.resource = resource;
    device.node = node;
    device.kind = kind;
    return device;
}

}  // namespace busbar::sim
