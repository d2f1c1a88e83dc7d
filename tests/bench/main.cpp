// `bench [NAME] [--json] [--list]`: measures rows of the goals' table and prints them. NAME is a row or one of its
// results. A missed goal is no error: it is printed as missed, with what stands in the way.
#include <cstdio>
#include <cstring>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

#include "tests/bench/process.hpp"
#include "tests/bench/row.hpp"

namespace {

using namespace busbar::bench;

std::vector<Row> all_rows() {
    std::vector<Row> rows = transport_rows();
    rows.insert(rows.end(), compute_rows().begin(), compute_rows().end());
    return rows;
}

// "metervalues" and "metervalues_tls" both ask for row metervalues.
bool is_asked_for(const Row& row, std::string_view name) {
    if (name.empty()) return !row.by_name_only;
    return name == row.name || (name.starts_with(row.name) && name[row.name.size()] == '_');
}

std::string json_text(std::string_view text) {
    std::string quoted = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c == '\n' ? ' ' : c;
    }
    return quoted + '"';
}

void print_json(const std::vector<Result>& results) {
    std::printf("[");
    for (std::size_t i = 0; i < results.size(); ++i) {
        const Result& result = results[i];
        std::printf(
            "%s\n  {\"name\": %s, \"value\": %.4g, \"unit\": %s, \"floor\": %.4g, \"ratio\": %.4g, \"goal\": %.4g, "
            "\"holds\": %s, \"note\": %s}",
            i == 0 ? "" : ",", json_text(result.name).c_str(), result.value, json_text(result.unit).c_str(),
            result.floor, result.ratio, result.goal, result.holds() ? "true" : "false", json_text(result.note).c_str());
    }
    std::printf("\n]\n");
}

void print_head() {
    std::printf("%-20s %12s %-15s %10s %8s %9s  %s\n", "name", "value", "unit", "floor", "ratio", "goal", "");
}

void print(const Result& result) {
    char floor[32] = "-";
    if (result.floor != 0) std::snprintf(floor, sizeof floor, "%.4g", result.floor);
    std::printf("%-20s %12.4g %-15s %10s %8.3g %s %6.4g  %s%s%s\n", result.name.c_str(), result.value,
                result.unit.c_str(), floor, result.ratio, result.at_least ? ">=" : "<=", result.goal,
                result.holds() ? "holds" : "MISSED", result.note.empty() ? "" : "; ", result.note.c_str());
    std::fflush(stdout);
}

int list(const std::vector<Row>& rows) {
    for (const Row& row : rows)
        std::printf("%-14s %s%s\n", row.name.c_str(), row.what.c_str(), row.by_name_only ? " (by name only)" : "");
    return 0;
}

int usage() {
    std::fprintf(stderr, "usage: bench [NAME] [--json] [--list]\n");
    return 2;
}

}  // namespace

int main(int count, char** words) {
    std::string name;
    bool json = false;
    const std::vector<Row> rows = all_rows();
    for (int i = 1; i < count; ++i) {
        const std::string_view word = words[i];
        if (word == "--list") return list(rows);
        if (word == "--json") {
            json = true;
        } else if (!name.empty() || word.starts_with('-')) {
            return usage();
        } else {
            name = word;
        }
    }
    std::vector<Result> results;
    bool found = false;
    if (!json) print_head();
    for (const Row& row : rows) {
        if (!is_asked_for(row, name)) continue;
        found = true;
        try {
            for (const Result& result : row.run()) {
                if (!name.empty() && name != row.name && name != result.name) continue;
                if (!json) print(result);
                results.push_back(result);
            }
        } catch (const std::exception& error) {
            std::fprintf(stderr, "bench: row %s could not be measured: %s\n", row.name.c_str(), error.what());
            return 1;
        }
    }
    if (!found) {
        std::fprintf(stderr, "bench: no row \"%s\"; --list names them\n", name.c_str());
        return 2;
    }
    if (json) {
        print_json(results);
    } else {
        std::printf("load average %.2f; ratios hold, figures drift with the machine\n", load_average());
    }
    return 0;
}
