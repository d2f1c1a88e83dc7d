// The writer's second voice, for check.hpp's redacted_json. Internal to this folder.
#pragma once

#include <string>

#include "protocols/wire/record.hpp"

namespace busbar::wire {

void write_redacted_json(const Record& record, const void* value, std::string& out);

}  // namespace busbar::wire
