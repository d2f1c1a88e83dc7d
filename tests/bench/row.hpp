// What a benchmark gives: one row of the goals' table, the program's figure beside that of a floor program measured in the
// same run. Absolute figures drift with the machine by a quarter from one hour to the next; ratios hold.
#pragma once

#include <string>
#include <vector>

namespace busbar::bench {

struct Result {
    std::string name;    // as in the goals' table: "metervalues_tls"
    double value = 0;    // ours, in `unit`
    std::string unit;    // "us/message", "KB/connection", "instructions" …
    double floor = 0;    // of the floor program, same unit; 0 = there is none, `value` itself is held against the goal
    double ratio = 0;    // value / floor, or value if there is no floor
    double goal = 0;     // the ratio (or value) to reach
    bool at_least = false;  // the goal is a lower bound
    std::string note;    // what stands in the way if it is missed; spread of the runs

    bool holds() const { return at_least ? ratio >= goal : ratio <= goal; }
};

// Several results may come of one run (plain and TLS share a generator).
struct Row {
    std::string name;  // how it is asked for: "metervalues", "commit"
    std::string what;  // one line for `bench --list`
    std::vector<Result> (*run)();
    bool by_name_only = false;  // takes minutes: not in the default set
};

// Value and floor are measured in turn, `rounds` times; what is compared is the median of each.
inline constexpr int rounds = 5;

const std::vector<Row>& transport_rows();  // sockets: messages, memory, storms, fan-out
const std::vector<Row>& compute_rows();    // no sockets: store, allocator, codecs, build

}  // namespace busbar::bench
