// A budget: a count that was recorded, and may drift by a tenth before somebody has to look.
#pragma once

#include <string_view>

namespace busbar::budget {

inline constexpr double margin = 0.10;

// Fails the running test if `measured` is further from `recorded` than the margin, either way: one that has become
// cheaper is recorded anew, lest it become dearer again unseen. `what` names the count as it stands in the test.
void expect_budget(std::string_view what, double recorded, double measured);

// Skips the running test for want of something, but fails it where CI=true.
bool is_ci();

}  // namespace busbar::budget

#define BUDGET_NEEDS(condition, what)                                    \
    if (!(condition)) {                                                  \
        if (::busbar::budget::is_ci()) FAIL() << "not available: " what; \
        GTEST_SKIP() << "not available: " what;                          \
    }
