#include "certs/identity.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "certs/describe.hpp"

namespace busbar::certs {
namespace {

std::filesystem::path standards() {
    if (const char* folder = std::getenv("BUSBAR_STANDARDS")) return folder;
    const char* source = std::getenv("BUSBAR_SOURCE_DIR");
    return std::filesystem::path(source != nullptr ? source : ".") / "../shared/standards";
}

// Empty if the standards' data is not on this machine.
std::filesystem::path public_certificate(const std::string& name) {
    const auto path = standards() / "ieee2030_5/certs" / name;
    return std::filesystem::exists(path) ? path : std::filesystem::path();
}

#define NEED_STANDARDS(path)                                                                      \
    if ((path).empty()) {                                                                         \
        const char* ci = std::getenv("CI");                                                       \
        if (ci != nullptr && std::string_view(ci) == "true") FAIL() << "no standards' data";      \
        GTEST_SKIP() << "no standards' data at " << standards() << "; BUSBAR_STANDARDS names it"; \
    }

TEST(Identity, lfdi_and_sfdi_of_a_public_device_certificate) {
    const auto path = public_certificate("pti_dev.x509");
    NEED_STANDARDS(path);
    const Identity identity = identity_of_file(path);
    EXPECT_EQ(identity.lfdi, "0671C144D27DC9E612AFE7DC6C79EC089ED3DCC5");
    EXPECT_EQ(identity.sfdi, 17298934539u);
    EXPECT_EQ(identity.common_name, "");
    EXPECT_FALSE(identity.hardware_serial.empty());
    EXPECT_EQ(identity.sha256.substr(0, 8), "0671c144");
    EXPECT_EQ(identity.not_after_us, 253402300799'000'000);
}

TEST(Identity, a_public_device_certificate_keeps_the_profile) {
    const auto path = public_certificate("pti_dev.x509");
    NEED_STANDARDS(path);
    const std::string text = describe(path);
    EXPECT_NE(text.find("LFDI          0671C144D27DC9E612AFE7DC6C79EC089ED3DCC5\nSFDI          17298934539\n"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find("the device profile holds"), std::string::npos) << text;
}

TEST(Identity, fields_of_a_generated_device) {
    const auto path = public_certificate("generated-here/dev.pem");
    NEED_STANDARDS(path);
    const Identity identity = identity_of_file(path);
    EXPECT_EQ(identity.hardware_serial, "0102030405060708");
    EXPECT_EQ(identity.not_before_us, 1704067200'000'000);
}

TEST(Identity, fields_of_an_authority) {
    const auto path = public_certificate("csep_root.pem");
    NEED_STANDARDS(path);
    const Identity identity = identity_of_file(path);
    EXPECT_EQ(identity.common_name, "CSEP Root");
    EXPECT_EQ(identity.organization, "CSEP");
    EXPECT_EQ(identity.serial_number, "1");
    EXPECT_EQ(identity.hardware_serial, "");
}

TEST(Identity, fingerprint_is_the_tail_of_the_digest) {
    const auto path = public_certificate("csep_root.pem");
    NEED_STANDARDS(path);
    const Identity identity = identity_of_file(path);
    ASSERT_EQ(identity.fingerprint.size(), 29u);
    std::string digits;
    for (const char c : identity.fingerprint) {
        if (c != ':') digits += static_cast<char>(std::tolower(c));
    }
    EXPECT_EQ(digits, identity.sha256.substr(44));
    EXPECT_EQ(identity.fingerprint[2], ':');
}

std::array<std::uint8_t, 32> digest_starting(std::initializer_list<std::uint8_t> bytes) {
    std::array<std::uint8_t, 32> digest{};
    std::copy(bytes.begin(), bytes.end(), digest.begin());
    return digest;
}

TEST(Identity, names_of_the_printed_example) {
    const auto digest = digest_starting({0x3E, 0x4F, 0x45, 0xAB, 0x31, 0xED, 0xFE, 0x5B, 0x67, 0xE3, 0x43,
                                         0xE5, 0xE4, 0x56, 0x2E, 0x31, 0x98, 0x4E, 0x23, 0xE5, 0xFF});
    EXPECT_EQ(lfdi_of_sha256(digest), "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5");
    EXPECT_EQ(sfdi_of_sha256(digest), 167261211391u);
}

TEST(Identity, check_digit_makes_the_sum_a_multiple_of_ten) {
    EXPECT_EQ(with_check_digit(11111), 111115u);
    EXPECT_EQ(with_check_digit(16726121139), 167261211391u);
    EXPECT_EQ(with_check_digit(19), 190u);
    EXPECT_EQ(with_check_digit(0), 0u);
    EXPECT_EQ(with_check_digit(0xFFFFFFFFFull), 687194767357u);
}

TEST(Identity, check_digit_holds_for_one_last_digit_only) {
    EXPECT_TRUE(check_digit_holds(111115));
    for (std::uint64_t last = 0; last < 10; ++last) EXPECT_EQ(check_digit_holds(111110 + last), last == 5) << last;
}

TEST(Identity, a_missing_file_is_named) {
    try {
        identity_of_file("no/such.pem");
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(), "cannot read no/such.pem: No such file or directory");
    }
}

TEST(Identity, a_file_without_a_certificate_says_so) {
    const auto path = std::filesystem::temp_directory_path() / ("busbar_identity_" + std::to_string(getpid()));
    std::ofstream(path) << "hello";
    try {
        identity_of_file(path);
        FAIL();
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()), path.string() + ": no certificate in it; expected PEM (or one in DER)");
    }
    std::filesystem::remove(path);
}

}  // namespace
}  // namespace busbar::certs
