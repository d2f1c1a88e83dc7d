// The text of `busbar certs show`.
#pragma once

#include <string>

namespace busbar::certs {

// Of the first certificate in a PEM (or DER) file: subject, issuer, validity, key, the names that the protocols derive
// from it, policies, whether the IEEE 2030.5 profile holds and if not each deviation; then one line for each further
// certificate. Throws std::runtime_error with one line for the operator.
std::string describe(const std::string& path);

}  // namespace busbar::certs
