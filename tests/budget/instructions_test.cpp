// Instructions for a message, counted by callgrind, which gives the same number on a busy machine as on a quiet one.
// They belong to a compiler and its flags: recorded are g++ 12 with the flags of the presets dev and release.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/bench/compute.hpp"
#include "tests/budget/budget.hpp"

namespace busbar::budget {
namespace {

struct Recorded {
    double dev, release;
};

bool has(const char* program) {
    const char* path = std::getenv("PATH");
    std::string_view rest = path ? path : "";
    while (!rest.empty()) {
        const auto colon = std::min(rest.find(':'), rest.size());
        if (std::filesystem::exists(std::filesystem::path(rest.substr(0, colon)) / program)) return true;
        rest.remove_prefix(std::min(colon + 1, rest.size()));
    }
    return false;
}

double instructions(const std::string& work, int count) {
    const std::string output = bench::output_of({"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                                 BUDGET_PROGRAMS "/budget_probe", work, std::to_string(count)});
    constexpr std::string_view mark = "Collected : ";
    const auto at = output.find(mark);
    return at == std::string::npos ? 0 : std::strtod(output.c_str() + at + mark.size(), nullptr);
}

// The first times fill caches and grow tables.
void check(const std::string& work, Recorded recorded) {
    constexpr std::string_view build = BUDGET_BUILD;
    BUDGET_NEEDS(has("valgrind"), "valgrind");
    constexpr int settle = 50, counted = 100;
    const double measured = (instructions(work, settle + counted) - instructions(work, settle)) / counted;
    expect_budget("instructions of " + work + " in the build " + std::string(build),
                  build == "dev" ? recorded.dev : recorded.release, measured);
}

TEST(Instructions, meter_values_read_checked_and_answered) {
    check("meter_values", {35'932, 33'624});
}

TEST(Instructions, a_control_list_found_and_given_back) {
    check("control_list", {2'897, 2'424});
}

TEST(Instructions, a_control_list_found_rendered_and_given_back) {
    check("control_list_anew", {29'883, 27'544});
}

TEST(Instructions, an_input_written_for_the_journal) {
    check("journal_input", {3'665, 3'638});
}

}  // namespace
}  // namespace busbar::budget
