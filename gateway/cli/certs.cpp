#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>

#include "certs/authority.hpp"
#include "certs/describe.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/guarded.hpp"

namespace busbar::cli {
namespace {

struct CertsOptions {
    std::string directory = "certs";
    std::string kind, name, serial, file;
    std::vector<std::string> hosts;
    bool replace = false;
};

std::vector<std::string> kind_names() {
    std::vector<std::string> names;
    for (const certs::KindInfo& info : certs::kinds()) names.emplace_back(info.name);
    return names;
}

int issue(const CertsOptions& options) {
    certs::IssueRequest request;
    request.kind = *certs::kind_of(options.kind);
    request.name = options.name;
    request.hosts = options.hosts;
    request.hardware_serial = options.serial;
    request.replace = options.replace;
    const certs::IssuedFiles files = certs::issue(options.directory, request);
    std::cout << "certificate " << files.chain << "\nkey         " << files.key << "\nauthority   " << files.ca << '\n';
    return 0;
}

}  // namespace

void add_certs(CLI::App& program, int& status) {
    auto* group = program.add_subcommand("certs", "a test authority, certificates, LFDI and SFDI");
    group->require_subcommand(1);
    auto options = std::make_shared<CertsOptions>();

    auto* init = group->add_subcommand("init", "make a test authority for all protocols");
    init->add_option("--dir", options->directory, "a new folder")->capture_default_str();
    init->add_option("--host", options->hosts, "names and addresses of the servers beside localhost and 127.0.0.1");
    init->callback([=, &status] {
        status = guarded([&] {
            certs::InitOptions init_options;
            init_options.hosts = options->hosts;
            certs::init_test_authority(options->directory, init_options);
            std::cout << "test authority in " << options->directory << "; next: busbar certs issue --dir "
                      << options->directory << " ieee2030_5_device NAME\n";
            return 0;
        });
    });

    auto* issue_command = group->add_subcommand("issue", "issue a certificate");
    issue_command->add_option("--dir", options->directory, "the test authority")->capture_default_str();
    issue_command->add_option("kind", options->kind)->required()->check(CLI::IsMember(kind_names()));
    issue_command->add_option("name", options->name, "file name; CN of a station or a VEN");
    issue_command->add_option("--host", options->hosts, "names and addresses beside localhost and 127.0.0.1");
    issue_command->add_option("--serial", options->serial, "hardware serial of a 2030.5 device, hexadecimal");
    issue_command->add_flag("--replace", options->replace, "overwrite one of the same name");
    issue_command->callback([=, &status] { status = guarded([&] { return issue(*options); }); });

    auto* show = group->add_subcommand("show", "what a certificate says, and whether it fits its protocol");
    show->add_option("file", options->file, "PEM or DER")->required();
    show->callback([=, &status] {
        status = guarded([&] {
            std::cout << certs::describe(options->file);
            return 0;
        });
    });

    auto* lfdi = group->add_subcommand("lfdi", "the LFDI and SFDI of a certificate");
    lfdi->add_option("file", options->file, "PEM or DER")->required();
    lfdi->callback([=, &status] {
        status = guarded([&] {
            const certs::Identity identity = certs::identity_of_file(options->file);
            std::cout << identity.lfdi << ' ' << identity.sfdi << '\n';
            return 0;
        });
    });
}

}  // namespace busbar::cli
