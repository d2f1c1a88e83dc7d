// A cold build of everything with its tests, on two cores and past the compiler cache: how long a newcomer, or a
// machine that checks every change, waits. The slowest translation units come from ninja's own log.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/bench/compute.hpp"

namespace busbar::bench {

namespace {

constexpr std::size_t slowest_shown = 10;

// "start ms, end ms, time stamp, output, hash", separated by tabs.
std::string slowest_units(const std::string& log_path) {
    std::ifstream log(log_path);
    std::vector<std::pair<double, std::string>> units;
    std::string line;
    while (std::getline(log, line)) {
        std::istringstream fields(line);
        double start = 0, end = 0, stamp = 0;
        std::string output;
        if (line.starts_with('#') || !(fields >> start >> end >> stamp >> output) || !output.ends_with(".o")) continue;
        units.emplace_back((end - start) / 1e3, std::filesystem::path(output).stem().string());
    }
    std::sort(units.rbegin(), units.rend());
    units.resize(std::min(units.size(), slowest_shown));
    std::string text;
    for (const auto& [seconds, name] : units) {
        char part[128];
        std::snprintf(part, sizeof part, "%s%s %.0f s", text.empty() ? "" : ", ", name.c_str(), seconds);
        text += part;
    }
    return text;
}

}  // namespace

std::vector<Result> measure_build() {
    const std::string folder = program_folder() + "/bench_build";
    std::filesystem::remove_all(folder);
    output_of({"cmake", "-S", BUSBAR_SOURCE_DIR, "-B", folder, "--preset", "dev"});
    const double seconds =
        timed(CLOCK_MONOTONIC,
              [&] {
                  output_of({"env", "CCACHE_DISABLE=1", "taskset", "-c", "0,1", "ninja", "-j2", "-C", folder});
              }) /
        1e6;
    Result result{"build_cold", seconds / 60, "min", 0, seconds / 60, 6};
    result.note = "slowest: " + slowest_units(folder + "/.ninja_log");
    std::filesystem::remove_all(folder);
    return {result};
}

}  // namespace busbar::bench
