// The live table: ordered, commanded and measured power for each group and protocol, as the gateway sees them, beside
// what the devices' own meters say.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "gateway/demo/device.hpp"
#include "gateway/demo/operator_view.hpp"

namespace busbar::demo {

std::string table_of(const OperatorView& view, const std::vector<std::unique_ptr<Device>>& devices, const std::string& target);

// Writes a table over the one before it on a terminal; elsewhere, one below the other, but not more often than every 5 s.
class Screen {
  public:
    explicit Screen(std::FILE* to);
    void show(model::Us now, const std::string& headline, const std::string& table);
    void line(const std::string& text);  // stays

  private:
    std::FILE* to_;
    bool terminal_;
    std::size_t lines_ = 0;  // of the table that stands above the cursor
    model::Us shown_us_ = 0;
};

}  // namespace busbar::demo
