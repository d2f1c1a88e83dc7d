// The commands of the program: each adds its words to the command line and sets `status` (the exit code) when it has run.
#pragma once

namespace CLI {
class App;
}

namespace busbar::cli {

void add_serve(CLI::App& program, int& status);
void add_check_config(CLI::App& program, int& status);
void add_demo(CLI::App& program, int& status);
void add_event(CLI::App& program, int& status);
void add_devices(CLI::App& program, int& status);
void add_certs(CLI::App& program, int& status);
void add_backup(CLI::App& program, int& status);
void add_restore(CLI::App& program, int& status);
void add_check_store(CLI::App& program, int& status);
void add_simulate(CLI::App& program, int& status);

}  // namespace busbar::cli
