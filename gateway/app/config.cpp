#include "gateway/app/config.hpp"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "protocols/ieee2030_5/units.hpp"

namespace busbar::app {
namespace {

namespace fs = std::filesystem;

std::string read_file(const std::string& path) {
    std::error_code error;
    std::ifstream file(path, std::ios::binary);
    if (!file || fs::is_directory(path, error))
        throw ConfigError(path + ": cannot be read; expected the path of a configuration file");
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

void make_absolute(std::string& path, const fs::path& folder) {
    if (!path.empty() && fs::path(path).is_relative()) path = (folder / path).lexically_normal().string();
}

void make_absolute(TlsConfig& tls, const fs::path& folder) {
    for (std::string& path : tls.chains) make_absolute(path, folder);
    for (std::string& path : tls.keys) make_absolute(path, folder);
    make_absolute(tls.ca, folder);
}

std::int64_t micros(double seconds) { return static_cast<std::int64_t>(std::llround(seconds * 1e6)); }
std::int64_t milli(double whole) { return static_cast<std::int64_t>(std::llround(whole * 1e3)); }

}  // namespace

Config read_config(const std::string& path) {
    Config config;
    config.file = path;
    config.lines = from_toml(read_file(path), path, config);
    const fs::path folder = fs::absolute(path).parent_path();
    make_absolute(config.data, folder);
    if (config.ocpp && config.ocpp->tls) make_absolute(*config.ocpp->tls, folder);
    if (config.ieee2030_5) make_absolute(config.ieee2030_5->tls, folder);
    if (config.openadr3 && config.openadr3->tls) make_absolute(*config.openadr3->tls, folder);
    for (OpenAdr2bConfig& vtn : config.openadr2b) make_absolute(vtn.tls, folder);
    check(config);
    return config;
}

std::string Config::at(std::string_view key) const {
    std::string line;
    for (std::string_view above = key; !above.empty();) {
        if (const auto found = lines.find(above); found != lines.end()) {
            line = ':' + std::to_string(found->second);
            break;
        }
        const std::size_t end = above.find_last_of(".[");
        above = above.substr(0, end == std::string_view::npos ? 0 : end);
    }
    return file.empty() ? std::string(key) : file + line + ": " + std::string(key);
}

certs::TlsFiles tls_files(const TlsConfig& config) { return {config.chains, config.keys, config.ca}; }

dispatch::Settings settings_of(const DispatchConfig& config) {
    dispatch::Settings settings;
    settings.control_period_us = micros(config.control_period_s);
    settings.deadband_mw = milli(config.deadband_w);
    settings.silent_after_us = micros(config.silent_after_s);
    settings.report_period_us = micros(config.report_period_s);
    return settings;
}

model::Enrolment enrolment_of(const DeviceConfig& device) {
    model::Enrolment enrolment;
    enrolment.id = device.protocol == DeviceProtocol::ieee2030_5 ? ieee2030_5::upper_case(device.id) : std::string(device.id);
    enrolment.resource = device.resource.empty() ? enrolment.id : device.resource;
    enrolment.node = device.node;
    enrolment.kind = device.kind.value_or(device.protocol == DeviceProtocol::ocpp ? model::ResourceKind::ev
                                                                                   : model::ResourceKind::storage);
    enrolment.name = device.name;
    enrolment.password = device.password;
    enrolment.pin = device.pin;
    enrolment.rated_import_mw = milli(device.rated_import_w);
    enrolment.rated_export_mw = milli(device.rated_export_w);
    if (device.preferred_w) enrolment.preferred_mw = milli(*device.preferred_w);
    enrolment.phases = device.phases;
    enrolment.voltage_mv = milli(device.voltage_v);
    enrolment.outlets = device.outlets;
    enrolment.poll_us = micros(device.poll_s);
    return enrolment;
}

model::Node node_of(const NodeConfig& node) {
    model::Node made;
    made.id = node.id;
    made.parent = node.id == model::root_id || !node.parent.empty() ? node.parent : model::root_id;
    made.kind = node.kind;
    made.name = node.name;
    if (node.import_limit_w) made.import_limit_mw = milli(*node.import_limit_w);
    if (node.export_limit_w) made.export_limit_mw = milli(*node.export_limit_w);
    return made;
}

}  // namespace busbar::app
