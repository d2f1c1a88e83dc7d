// What the rows without sockets share: each row's function, medians, and the processor time of this thread.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "tests/bench/row.hpp"

namespace busbar::bench {

std::vector<Result> measure_commit();
std::vector<Result> measure_allocate();
std::vector<Result> measure_codec();
std::vector<Result> measure_build();

double median(std::vector<double> values);
std::string spread(const std::vector<double>& values, const char* unit);  // "7.9 to 9.1 ms"

// Of the folder that the running program is in: where the build keeps its programs, and on a disk.
std::string program_folder();

// Runs a program (found on the path) to its end: what it wrote on both outputs. Throws if it cannot or does not end
// well.
std::string output_of(const std::vector<std::string>& words);

inline double microseconds(clockid_t clock) {
    timespec at{};
    clock_gettime(clock, &at);
    return static_cast<double>(at.tv_sec) * 1e6 + static_cast<double>(at.tv_nsec) / 1e3;
}

// Microseconds that `work` takes: by CLOCK_MONOTONIC where a disk is waited for, else by CLOCK_THREAD_CPUTIME_ID.
double timed(clockid_t clock, const auto& work) {
    const double start = microseconds(clock);
    work();
    return microseconds(clock) - start;
}

}  // namespace busbar::bench
