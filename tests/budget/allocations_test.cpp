// Allocations for a message in steady state: what no faster machine hides. A string or a vector more in the path of
// every message is seen here.
#include "tests/budget/allocations.hpp"

#include <gtest/gtest.h>

#include "tests/budget/budget.hpp"
#include "tests/budget/work.hpp"

namespace busbar::budget {
namespace {

double allocations_of(Work& work) {
    constexpr int settle = 200, counted = 200;
    for (int i = 0; i < settle; ++i) work.once();
    const auto before = allocations();
    for (int i = 0; i < counted; ++i) work.once();
    return static_cast<double>(allocations() - before) / counted;
}

TEST(Allocations, meter_values_read_checked_and_answered) {
    expect_budget("allocations of a MeterValues frame", 16, allocations_of(*meter_values()));
}

TEST(Allocations, a_control_list_found_and_given_back) {
    expect_budget("allocations of a GET of a DERControlList", 4, allocations_of(*control_list()));
}

TEST(Allocations, a_control_list_found_rendered_and_given_back) {
    expect_budget("allocations of a GET of a DERControlList made anew", 19, allocations_of(*control_list_anew()));
}

TEST(Allocations, an_input_written_for_the_journal) {
    expect_budget("allocations of an Input as JSON", 4, allocations_of(*journal_input()));
}

}  // namespace
}  // namespace busbar::budget
