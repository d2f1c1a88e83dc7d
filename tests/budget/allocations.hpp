// How often this program has asked for memory: operator new is replaced for the whole program by one that counts.
#pragma once

#include <cstdint>

namespace busbar::budget {

std::uint64_t allocations();  // of this thread, since it began

}  // namespace busbar::budget
