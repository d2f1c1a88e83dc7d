// Any bytes as a certificate's or a key's file, PEM or DER: who it is of, what `busbar certs show` says of it, and
// whether a context can be made of it. Either a value or one line for the operator.
#include <stdexcept>

#include "certs/describe.hpp"
#include "certs/identity.hpp"
#include "certs/tls.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

template <class Work>
void attempt(const Work& work) {
    try {
        work();
    } catch (const std::runtime_error& error) {
        const std::string_view line = error.what();
        require(!line.empty() && line.find('\n') == line.npos);
    }
}

void identify(const std::string& path) {
    const certs::Identity identity = certs::identity_of_file(path);
    require(identity.lfdi.size() == 40 && identity.sha256.size() == 64 && certs::check_digit_holds(identity.sfdi));
    for (const char c : identity.common_name + identity.organization + identity.serial_number) require(c != '\0');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::MemoryFile file(fuzz::text_of(data, size));
    const std::string path = file.path();
    bool readable = false;
    attempt([&] {
        identify(path);
        readable = true;
    });
    attempt([&] { require(!certs::describe(path).empty() && readable); });
    for (const auto profile : {certs::TlsProfile::ieee2030_5, certs::TlsProfile::ocpp_mutual}) {
        if (!readable) break;  // making a context is slow
        attempt([&] { require(certs::server_context(profile, {{path}, {path}, path}) != nullptr); });
        attempt([&] { require(certs::client_context(profile, {{path}, {path}, path}) != nullptr); });
    }
    return 0;
}
