#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <memory>

#include "gateway/api/bodies.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/guarded.hpp"
#include "gateway/cli/operator_client.hpp"
#include "protocols/wire/http.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::cli {
namespace {

struct DeviceOptions {
    std::string url = "http://127.0.0.1:8080";
    std::string id, protocol = "ocpp", node, kind, resource;
    std::string password_file;
    double rated_kw = 0;
    bool json = false;
};

std::string kilowatts(const std::optional<double>& watts) {
    if (!watts) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.2f", *watts / 1000);
    return text;
}

int list(const DeviceOptions& options) {
    const Reply reply = call_gateway(options.url, "GET", "/resources", "");
    std::vector<api::ResourceAnswer> resources;
    if (options.json || reply.status != 200 || wire::from_json(reply.body, resources)) return print_reply(reply);
    std::size_t widest = 8;
    for (const api::ResourceAnswer& resource : resources) widest = std::max(widest, resource.id.size());
    const int width = static_cast<int>(std::min<std::size_t>(widest, 60));
    std::printf("%-*s %-10s %-8s %-16s %-15s %10s %10s %10s\n", width, "resource", "protocol", "kind", "node", "state",
                "wanted kW", "ordered kW", "meter kW");
    for (const api::ResourceAnswer& resource : resources) {
        const char* state = !resource.connected     ? "not connected"
                            : resource.silent       ? "silent"
                            : resource.refused      ? "refuses"
                            : resource.controllable ? "ready"
                                                    : "connected, idle";
        std::printf("%-*s %-10s %-8s %-16s %-15s %10s %10s %10s\n", width, resource.id.c_str(), resource.protocol.c_str(),
                    std::string(to_text(resource.kind)).c_str(), resource.node.c_str(), state,
                    kilowatts(resource.wanted_w).c_str(), kilowatts(resource.commanded_w).c_str(),
                    kilowatts(resource.measured_w).c_str());
    }
    return 0;
}

// A password comes from a file or standard input, never from the command line, which other users can see.
std::string read_password(const std::string& path) {
    std::string password;
    if (path == "-") {
        std::getline(std::cin, password);
        return password;
    }
    std::FILE* file = std::fopen(path.c_str(), "r");
    if (!file) throw std::runtime_error("--password-file " + path + ": cannot be read");
    for (int c = std::fgetc(file); c != EOF && c != '\n'; c = std::fgetc(file)) password += static_cast<char>(c);
    std::fclose(file);
    return password;
}

int add(const DeviceOptions& options) {
    api::DeviceBody body;
    body.protocol = wire::Text<32, 1>(options.protocol);
    body.id = wire::Text<128, 1>(options.id);
    if (!options.resource.empty()) body.resource = wire::Text<128>(options.resource);
    if (!options.node.empty()) body.node = wire::Text<128>(options.node);
    for (std::size_t i = 0; i < std::size(model::ResourceKind_names); ++i)
        if (model::ResourceKind_names[i] == options.kind) body.kind = static_cast<model::ResourceKind>(i);
    if (!options.password_file.empty()) body.password = wire::Secret<64, 1>(read_password(options.password_file));
    if (options.rated_kw > 0) body.rated_import_w = options.rated_kw * 1000;
    return print_reply(call_gateway(options.url, "POST", "/devices", wire::to_json(body)));
}

}  // namespace

void add_devices(CLI::App& program, int& status) {
    auto* devices = program.add_subcommand("devices", "the devices of a running gateway");
    auto options = std::make_shared<DeviceOptions>();
    devices->require_subcommand(1);
    devices->add_option("--url", options->url, "the gateway's operator interface")->capture_default_str();

    auto* all = devices->add_subcommand("list", "what each device is, does and should do");
    all->add_flag("--json", options->json, "as the gateway's interface answers");
    all->callback([=, &status] { status = guarded([&] { return list(*options); }); });

    auto* enrol = devices->add_subcommand("add", "let a device in");
    enrol->add_option("id", options->id, "a charging station's identity, an inverter's LFDI")->required();
    enrol->add_option("--protocol", options->protocol)
        ->check(CLI::IsMember({"ocpp", "ieee2030_5"}))
        ->capture_default_str();
    enrol->add_option("--resource", options->resource, "its name here; none = its id");
    enrol->add_option("--node", options->node, "group, feeder or site; none = the root");
    enrol->add_option("--kind", options->kind, "default ev for ocpp, storage for ieee2030_5")
        ->check(CLI::IsMember({"pv", "wind", "storage", "ev", "load", "generator", "meter"}));
    enrol->add_option("--password-file", options->password_file, "of Basic authentication; - = standard input");
    enrol->add_option("--rated-kw", options->rated_kw, "largest import; none = as the device says");
    enrol->callback([=, &status] { status = guarded([&] { return add(*options); }); });

    auto* remove = devices->add_subcommand("remove", "shut a device out");
    remove->add_option("id", options->id)->required();
    remove->callback([=, &status] {
        status = guarded([&] {
            return print_reply(call_gateway(options->url, "DELETE", "/devices/" + http::percent_encoded(options->id), ""));
        });
    });
}

}  // namespace busbar::cli
