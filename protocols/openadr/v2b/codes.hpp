// Application-level response codes of OpenADR 2.0b. They travel inside HTTP 200.
#pragma once

#include <cstdint>
#include <string>

namespace busbar::openadr::v2b {

enum class Code : std::uint16_t {
    ok = 200,
    out_of_sequence = 450,
    not_allowed = 451,
    invalid_id = 452,
    not_recognised = 453,
    invalid_data = 454,
    compliance_other = 459,
    signal_not_supported = 460,
    report_not_supported = 461,
    target_mismatch = 462,
    not_registered = 463,
    deployment_other = 469,
};

inline std::string text_of(Code code) {
    return std::to_string(static_cast<unsigned>(code));
}
inline bool is_success(const std::string& code) {
    return !code.empty() && code.front() == '2';
}

}  // namespace busbar::openadr::v2b
