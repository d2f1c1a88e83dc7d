#include "gateway/demo/demo.hpp"

#include <CLI/CLI.hpp>
#include <memory>

#include "gateway/cli/commands.hpp"
#include "gateway/cli/guarded.hpp"

namespace busbar::cli {

void add_demo(CLI::App& program, int& status) {
    auto* command = program.add_subcommand("demo", "the gateway, a utility and fifteen devices: one event goes the whole way");
    auto options = std::make_shared<demo::DemoOptions>();
    command->add_option("--seconds", options->seconds, "length of the event; 0: stay up after it")->capture_default_str();
    command->add_flag("--json", options->json, "end in one object on standard output");
    command->add_option("--dir", options->directory, "folder of the store, certificates and log")->capture_default_str();
    command->add_flag("--crash", options->crash, "kill the gateway in the middle of the event and start it again");
    command->callback([=, &status] { status = guarded([&] { return demo::run_demo(*options); }); });
}

}  // namespace busbar::cli
