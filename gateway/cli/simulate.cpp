#include <malloc.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cinttypes>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gateway/cli/commands.hpp"
#include "gateway/cli/guarded.hpp"
#include "tests/sim/comparison.hpp"
#include "tests/sim/simulate.hpp"

namespace busbar::cli {
namespace {

struct Wanted {
    sim::Options world;
    std::uint64_t seeds = 1;
    unsigned jobs = 1;
    bool calm = false, quiet = false, compare = false;
};

std::string time_text(model::Us at_us) {
    const std::int64_t second = at_us / model::second_us % 86'400;
    char text[16];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d", static_cast<int>(second / 3600),
                  static_cast<int>(second / 60 % 60), static_cast<int>(second % 60));
    return text;
}

void print(const Wanted& wanted, const sim::Outcome& outcome) {
    if (wanted.quiet && outcome.findings.empty()) return;
    std::printf("seed %" PRIu64 ": hash %016" PRIx64 ", %" PRIu64 " frames, %" PRIu64
                " journal entries, %d events, %" PRIu64 " crashes, %" PRIu64 " cuts, %" PRIu64 " messages lost",
                outcome.seed, outcome.hash, outcome.frames, outcome.entries, outcome.events, outcome.deaths,
                outcome.cuts, outcome.lost);
    if (outcome.healed_ratio > 0) std::printf(", delivered after healing %.1f %%", 100 * outcome.healed_ratio);
    std::printf("\n");
    for (const sim::Finding& finding : outcome.findings)
        std::printf("  %s at %s: %s\n", finding.checker.c_str(), time_text(finding.at_us).c_str(),
                    finding.text.c_str());
    if (!outcome.findings.empty())
        std::printf("  again: busbar simulate --seed %" PRIu64 " --devices %d --hours %d%s\n", outcome.seed,
                    wanted.world.devices, wanted.world.hours, wanted.calm ? " --calm" : "");
    std::fflush(stdout);
}

int simulate(const Wanted& wanted) {
    mallopt(M_TRIM_THRESHOLD, 1 << 30);  // memory that a day gives back it asks for again at once
    mallopt(M_TOP_PAD, 64 << 20);
    std::atomic<std::uint64_t> next{0}, bad{0};
    std::mutex output;
    const auto work = [&] {
        for (std::uint64_t i = next++; i < wanted.seeds; i = next++) {
            sim::Options options = wanted.world;
            options.seed += i;
            options.faults = !wanted.calm;
            const sim::Outcome outcome = sim::simulate(options);
            if (!outcome.findings.empty()) ++bad;
            const std::lock_guard lock(output);
            print(wanted, outcome);
        }
    };
    std::vector<std::thread> workers;
    for (unsigned i = 1; i < wanted.jobs; ++i) workers.emplace_back(work);
    work();
    for (std::thread& worker : workers) worker.join();
    std::printf("%" PRIu64 " of %" PRIu64 " seeds without a finding\n", wanted.seeds - bad, wanted.seeds);
    return bad > 0 ? 1 : 0;
}

// A table in Markdown, so that it can be kept: mean over the seeds, and the worst of them.
int compare(const Wanted& wanted) {
    std::printf("| strategy | delivered, mean of %" PRIu64
                " seeds | lowest, highest | worst five minutes | above a hard limit, s |\n"
                "|---|---|---|---|---|\n",
                wanted.seeds);
    for (const sim::Strategy strategy :
         {sim::Strategy::closed_loop, sim::Strategy::pro_rata, sim::Strategy::equal_split}) {
        double sum = 0, lowest = 1e9, highest = 0, worst = 0, breach_s = 0;
        for (std::uint64_t i = 0; i < wanted.seeds; ++i) {
            const sim::Delivery delivery = sim::deliver(strategy, wanted.world.seed + i, wanted.world.devices);
            const double ratio = delivery.delivered_wh / delivery.ordered_wh;
            sum += ratio;
            lowest = std::min(lowest, ratio);
            highest = std::max(highest, ratio);
            worst = std::max(worst, delivery.worst_five_minutes);
            breach_s += delivery.breach_s;
        }
        std::printf("| %s | %.1f %% | %.1f %%, %.1f %% | %.1f %% off | %.0f |\n", sim::name_of(strategy).c_str(),
                    100 * sum / static_cast<double>(wanted.seeds), 100 * lowest, 100 * highest, 100 * worst, breach_s);
        std::fflush(stdout);
    }
    return 0;
}

}  // namespace

void add_simulate(CLI::App& program, int& status) {
    auto* command = program.add_subcommand("simulate",
                                           "days of the whole gateway on virtual time, with faults, watched by "
                                           "checkers; ends with 1 if one finds something");
    auto wanted = std::make_shared<Wanted>();
    command->add_option("--seed", wanted->world.seed, "the first seed")->capture_default_str();
    command->add_option("--seeds", wanted->seeds, "how many, one after the other")->capture_default_str();
    command->add_option("--devices", wanted->world.devices, "in each world")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    command->add_option("--hours", wanted->world.hours, "of each world")
        ->check(CLI::Range(1, 240))
        ->capture_default_str();
    command->add_option("--meter", wanted->world.meter_s,
                        "seconds between a charger's meter values; 0: drawn from the seed");
    command->add_option("--poll", wanted->world.poll_s,
                        "seconds between a 2030.5 device's polls; 0: drawn from the seed");
    command->add_option("--jobs", wanted->jobs, "worlds at the same time")
        ->check(CLI::Range(1, 256))
        ->capture_default_str();
    command->add_flag("--calm", wanted->calm, "nothing fails");
    command->add_flag("--quiet", wanted->quiet, "say nothing of seeds without a finding");
    command->add_flag("--compare", wanted->compare,
                      "instead: one hour with 12 % silent and 8 % flapping devices, beside two ways without a loop");
    command->callback([=, &status] {
        wanted->world.keep_journal = wanted->world.devices <= 1000;
        status = guarded([&] { return wanted->compare ? compare(*wanted) : simulate(*wanted); });
    });
}

}  // namespace busbar::cli
