// What the rows with sockets share: each row's function, and the comparison of two servers in turns.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/bench/process.hpp"
#include "tests/bench/row.hpp"

namespace busbar::bench {

std::vector<Result> measure_meter_values();
std::vector<Result> measure_memory();
std::vector<Result> measure_fanout();
std::vector<Result> measure_storm();
std::vector<Result> measure_control_list();
std::vector<Result> measure_resumption();

// Microseconds of a server's CPU time for one of the `count` things that `work` has it do.
double cpu_for_each(const Server& server, std::size_t count, const std::function<void()>& work);

// Floor and ours in turn, `rounds` times after one of each to warm up; each gives the cost of one thing.
Result compare(std::string name, std::string unit, double goal, const std::function<double()>& floor,
               const std::function<double()>& ours);

// What stands in the way goes into the note of a goal that is missed.
Result explained(Result result, const std::string& in_the_way);

}  // namespace busbar::bench
