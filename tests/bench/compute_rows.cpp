// The rows without sockets, and what they share.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "tests/bench/compute.hpp"

namespace busbar::bench {

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

std::string spread(const std::vector<double>& values, const char* unit) {
    const auto [least, most] = std::minmax_element(values.begin(), values.end());
    char text[96];
    std::snprintf(text, sizeof text, "%.4g to %.4g %s", *least, *most, unit);
    return text;
}

std::string program_folder() {
    std::array<char, 4096> path{};
    const auto size = ::readlink("/proc/self/exe", path.data(), path.size() - 1);
    const std::string program(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    const auto slash = program.rfind('/');
    return slash == std::string::npos ? "." : program.substr(0, slash);
}

const std::vector<Row>& compute_rows() {
    static const std::vector<Row> rows = {
        {"commit", "a durable commit against one fdatasync; 64 waiters in one commit against one at a time",
         measure_commit},
        {"allocate", "exact allocation over a tree: 100,000 and 1,000,000 devices, the slowest of four mixes",
         measure_allocate},
        {"codec", "instructions (callgrind) to read and write messages, against code written by hand", measure_codec},
        {"build_cold", "a cold build with tests on two cores: takes minutes", measure_build, true},
    };
    return rows;
}

}  // namespace busbar::bench
