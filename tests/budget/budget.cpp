#include "tests/budget/budget.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iomanip>

namespace busbar::budget {

void expect_budget(std::string_view what, double recorded, double measured) {
    const double most = recorded * (1 + margin), least = recorded * (1 - margin);
    if (measured >= least && measured <= most) return;
    ADD_FAILURE() << std::fixed << std::setprecision(1) << what << ": recorded " << recorded << ", measured "
                  << measured << ", allowed " << least << " to " << most << ". If the change is meant, put " << measured
                  << " where this test has " << recorded << " and say in the commit what it bought.";
}

bool is_ci() {
    const char* ci = std::getenv("CI");
    return ci != nullptr && std::string_view(ci) == "true";
}

}  // namespace busbar::budget
