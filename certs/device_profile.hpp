// Whether a certificate is what IEEE 2030.5-2018, clause 6 says a device or an authority has. Two strengths: deviations
// are told to the operator by `busbar certs show`; faults end a handshake (CSIP COMM-004, cases D to F).
#pragma once

#include <string>
#include <vector>

struct x509_st;

namespace busbar::certs {

// Each is one line: what was found and what the profile says. Empty: the profile holds.
std::vector<std::string> device_profile_deviations(const x509_st* certificate);
std::vector<std::string> authority_profile_deviations(const x509_st* certificate);

// Why a chain with this certificate must be refused; "" if it need not. `depth` 0 is the leaf.
std::string chain_fault(const x509_st* certificate, int depth);

}  // namespace busbar::certs
