// busbar: where the protocols of the grid edge meet. Each command is a few lines in gateway/cli; this is their list. A
// command ends with 0, or with 1 and one line on standard error; a command line that cannot be read ends with 2.
#include <CLI/CLI.hpp>
#include <csignal>

#include "gateway/cli/commands.hpp"

int main(int argc, char** argv) {
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error to be told like a full disk
    CLI::App program("busbar: OpenADR, IEEE 2030.5 and OCPP in one model, with a dispatch that closes the loop");
    program.require_subcommand(1);
    program.set_version_flag("--version", BUSBAR_VERSION);

    int status = 0;
    busbar::cli::add_serve(program, status);         // the gateway itself
    busbar::cli::add_check_config(program, status);  // what a configuration file says, or what is wrong with it
    busbar::cli::add_demo(program, status);          // the gateway, a utility and fifteen devices: the whole walk
    busbar::cli::add_event(program, status);         // events of the operator, on a running gateway
    busbar::cli::add_devices(program, status);       // the devices of a running gateway
    busbar::cli::add_certs(program, status);         // a test authority, certificates, LFDI and SFDI
    busbar::cli::add_backup(program, status);        // a copy of the store, while the gateway runs
    busbar::cli::add_restore(program, status);       // and back
    busbar::cli::add_check_store(program, status);   // replays a store and compares
    busbar::cli::add_simulate(program, status);      // days on virtual time, from seeds, with faults

    try {
        program.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return program.exit(error) == 0 ? 0 : 2;  // --help and --version end here too
    }
    return status;
}
