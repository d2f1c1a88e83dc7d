// Names that XML itself brings along. Internal to this folder.
#pragma once

#include <algorithm>
#include <string_view>

#include "protocols/wire/record.hpp"

namespace busbar::wire {

inline constexpr Namespace xsi{"xsi", "http://www.w3.org/2001/XMLSchema-instance"};

inline bool same_any_case(std::string_view a, std::string_view b) {
    constexpr auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [lower](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace busbar::wire
