// `budget_probe WORK COUNT`: does one kind of work COUNT times, under callgrind.
#include <cstdlib>
#include <cstring>

#include "tests/budget/work.hpp"

int main(int count, char** words) {
    using namespace busbar::budget;
    if (count != 3) return 2;
    auto work = std::strcmp(words[1], "meter_values") == 0        ? meter_values()
                : std::strcmp(words[1], "control_list") == 0      ? control_list()
                : std::strcmp(words[1], "control_list_anew") == 0 ? control_list_anew()
                                                                  : journal_input();
    for (int i = std::atoi(words[2]); i > 0; --i) work->once();
    return 0;
}
