// The commands for a data folder: back it up, restore it, look whether it is good.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <stdexcept>
#include <vector>

#include "gateway/app/check_store.hpp"
#include "gateway/app/config.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/guarded.hpp"
#include "gateway/store/backup.hpp"
#include "gateway/store/reader.hpp"

namespace busbar::cli {
namespace {

void print(const std::string& path, const app::StoreReport& report) {
    std::cout << path << ": schema " << report.schema << ", ";
    if (report.first > report.last)
        std::cout << "no journal entries";
    else
        std::cout << "journal entries " << report.first << " to " << report.last;
    std::cout << ", " << report.snapshots << (report.snapshots == 1 ? " snapshot, " : " snapshots, ")
              << report.documents << " documents\n";
    for (const auto* lines : {&report.findings, &report.differences})
        for (const std::string& line : *lines) std::cout << "finding: " << line << '\n';
    if (report.state.empty()) return;
    std::cout << "replayed from "
              << (report.replayed_from == 0 ? std::string("the start")
                                            : "the snapshot of entry " + std::to_string(report.replayed_from))
              << ": state " << report.state << '\n';
}

// One line for what is wrong with it; nothing if nothing is.
void expect_none(const std::string& path, const std::vector<std::string>& findings) {
    if (findings.empty()) return;
    const std::size_t more = findings.size() - 1;
    throw std::runtime_error(path + ": is not good: " + findings.front() +
                             (more > 0 ? ", and " + std::to_string(more) + " more" : ""));
}

int check(const std::string& path, bool trace) {
    const store::Reader reader(path);
    const app::StoreReport report = trace ? app::check_store(reader,
                                                             [](std::int64_t sequence, const std::string& hash) {
                                                                 std::cout << "entry " << sequence << " state " << hash
                                                                           << '\n';
                                                             })
                                          : app::check_store(reader);
    print(path, report);
    expect_none(path, report.findings);
    expect_none(path, report.differences);
    std::cout << path << ": good\n";
    return 0;
}

std::string data_of(const std::string& config, const std::string& data) {
    if (!data.empty()) return data;
    return config.empty() ? "busbar-data" : app::read_config(config).data;
}

int back_up(const std::string& data, const std::string& to) {
    const std::int64_t last = store::backup(data, to);
    std::cout << to << ": a copy of " << data << ", its journal up to entry " << last << '\n';
    return 0;
}

int restore(const std::string& from, const std::string& data) {
    {
        const store::Reader reader(from);
        if (reader.file() != from)
            throw std::runtime_error(from + ": is a directory; expected the file that `busbar backup` made");
        const app::StoreReport report = app::check_store(reader);
        print(from, report);
        expect_none(from, report.findings);
        if (!report.differences.empty())
            std::cout << "the busbar that wrote it made something else of the journal; its newest snapshot counts\n";
    }
    store::restore(from, data);
    std::cout << data << ": restored; start it with `busbar serve`\n";
    return 0;
}

}  // namespace

void add_backup(CLI::App& program, int& status) {
    auto* command = program.add_subcommand("backup", "copy the store, while the gateway runs or not");
    auto config = std::make_shared<std::string>(), data = std::make_shared<std::string>(),
         to = std::make_shared<std::string>();
    command->add_option("--config", *config, "the gateway's configuration file, which names the folder of its store");
    command->add_option("--data", *data, "the folder itself");
    command->add_option("to", *to, "file to make; it must not exist yet")->required();
    command->callback([=, &status] { status = guarded([&] { return back_up(data_of(*config, *data), *to); }); });
}

void add_restore(CLI::App& program, int& status) {
    auto* command = program.add_subcommand("restore", "make a backup the store of a folder that has none");
    auto from = std::make_shared<std::string>(), data = std::make_shared<std::string>();
    command->add_option("from", *from, "file that `busbar backup` made")->required();
    command->add_option("data", *data, "folder of the new store")->required();
    command->callback([=, &status] { status = guarded([&] { return restore(*from, *data); }); });
}

void add_check_store(CLI::App& program, int& status) {
    auto* command =
        program.add_subcommand("check-store", "replay a store or a backup that nobody works on, and compare");
    auto path = std::make_shared<std::string>();
    auto trace = std::make_shared<bool>(false);
    command->add_option("path", *path, "folder of a store, or a backup's file")->required();
    command->add_flag("--trace", *trace, "print the state's hash after each entry");
    command->callback([=, &status] { status = guarded([&] { return check(*path, *trace); }); });
}

}  // namespace busbar::cli
