#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>

#include "gateway/app/service.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/guarded.hpp"

namespace busbar::cli {
namespace {

app::Service* running = nullptr;  // for the signal handler, which may touch nothing else

void stop_running(int) {
    if (running) running->stop();
}

int serve(const std::string& config_path, const std::string& data) {
    app::Config config = config_path.empty() ? app::default_config(data.empty() ? "busbar-data" : data)
                                             : app::read_config(config_path);
    if (!data.empty()) config.data = data;
    observe::Log log;
    log.configure(config.log.format, config.log.level);

    app::Service service(config, log);
    running = &service;
    std::signal(SIGTERM, stop_running);
    std::signal(SIGINT, stop_running);
    std::cout << "busbar listens:\n" << service.listening_table() << std::flush;
    if (config_path.empty())
        std::cout << "No --config was given: the certificates under " << config.data
                  << "/certs are a test authority's; they prove nothing to anybody else.\n"
                  << std::flush;
    service.run();
    running = nullptr;
    return 0;
}

}  // namespace

void add_serve(CLI::App& program, int& status) {
    auto* command = program.add_subcommand("serve", "run the gateway until SIGTERM");
    auto config = std::make_shared<std::string>(), data = std::make_shared<std::string>();
    command->add_option("--config", *config, "configuration file (TOML)");
    command->add_option("--data", *data, "folder of the store; overrides the configuration's");
    command->callback([=, &status] { status = guarded([&] { return serve(*config, *data); }); });
}

void add_check_config(CLI::App& program, int& status) {
    auto* command = program.add_subcommand("check-config", "read a configuration file and say whether it would serve");
    auto path = std::make_shared<std::string>();
    command->add_option("file", *path, "configuration file (TOML)")->required();
    command->callback([=, &status] {
        status = guarded([&] {
            const app::Config config = app::read_config(*path);
            app::check_certificates(config);
            std::cout << *path << ": good: " << config.nodes.size() << " nodes, " << config.devices.size()
                      << " devices, data in " << config.data << '\n';
            return 0;
        });
    });
}

}  // namespace busbar::cli
