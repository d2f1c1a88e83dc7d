#include "certs/authority.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "certs/describe.hpp"
#include "certs/device_profile.hpp"
#include "certs/handshake_test.hpp"

namespace busbar::certs {
namespace {

using namespace testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

int mode_of(const std::string& path) {
    struct stat facts {};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
    return facts.st_mode & 0777;
}

TEST(Authority, keys_are_for_the_owner_only) {
    int keys = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(authority())) {
        const bool key = entry.path().extension() == ".key";
        const int expected = entry.is_directory() ? 0700 : key ? 0600 : 0644;
        EXPECT_EQ(mode_of(entry.path()), expected) << entry.path();
        keys += key ? 1 : 0;
    }
    EXPECT_GE(keys, 16);
    EXPECT_EQ(mode_of(authority()), 0700);
}

TEST(Authority, nothing_unfinished_is_left) {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(authority())) {
        const std::string name = entry.path().filename();
        EXPECT_FALSE(name.starts_with('.') || name.ends_with(".new")) << entry.path();
    }
}

TEST(Authority, every_kind_is_issued_and_verified_by_its_ca) {
    for (const KindInfo& info : kinds()) {
        const IssuedFiles files = files_of(authority(), info.kind, "example");
        const auto chain = read_certificates(files.chain);
        std::unique_ptr<X509_STORE, Release<X509_STORE_free>> store(X509_STORE_new());
        for (const auto& trusted : read_certificates(files.ca)) X509_STORE_add_cert(store.get(), trusted.get());
        std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>> check(X509_STORE_CTX_new());
        X509_STORE_CTX_init(check.get(), store.get(), chain[0].get(), nullptr);
        X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_X509_STRICT);
        EXPECT_EQ(X509_verify_cert(check.get()), 1)
            << info.name << ": " << X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
        EXPECT_EQ(X509_check_private_key(chain[0].get(), read_key(files.key).get()), 1) << info.name;
    }
}

TEST(Authority, the_2030_5_chain_keeps_the_profile_at_every_step) {
    const auto chain = read_certificates(files_of(authority(), Kind::ieee2030_5_device, "example").chain);
    const auto root = read_certificates(authority() + "/ieee2030_5/serca.pem");
    ASSERT_EQ(chain.size(), 3u);
    EXPECT_THAT(device_profile_deviations(chain[0].get()), IsEmpty());
    EXPECT_THAT(authority_profile_deviations(chain[1].get()), IsEmpty());
    EXPECT_THAT(authority_profile_deviations(chain[2].get()), IsEmpty());
    EXPECT_THAT(authority_profile_deviations(root[0].get()), IsEmpty());
    const auto server = read_certificates(files_of(authority(), Kind::ieee2030_5_server).chain);
    EXPECT_THAT(device_profile_deviations(server[0].get()), IsEmpty());
    EXPECT_EQ(X509_check_issued(root[0].get(), read_certificates(authority() + "/ieee2030_5/mca.pem")[0].get()),
              X509_V_OK);
}

TEST(Authority, servers_are_found_under_their_names_and_addresses) {
    for (const Kind kind : {Kind::ieee2030_5_server, Kind::ocpp_server_ecdsa, Kind::ocpp_server_rsa,
                            Kind::openadr_vtn_ecdsa, Kind::openadr_vtn_rsa}) {
        const auto chain = read_certificates(files_of(authority(), kind).chain);
        EXPECT_EQ(X509_check_host(chain[0].get(), "localhost", 0, 0, nullptr), 1);
        EXPECT_EQ(X509_check_ip_asc(chain[0].get(), "127.0.0.1", 0), 1);
        EXPECT_EQ(X509_check_host(chain[0].get(), "other.example", 0, 0, nullptr), 0);
    }
}

TEST(Authority, further_hosts_are_added) {
    IssueRequest request{.kind = Kind::ocpp_server_ecdsa, .hosts = {"csms.example", "192.0.2.7", "2001:db8::1"}};
    request.replace = true;
    Folder folder;
    init_test_authority(folder / "certs", {});
    const auto chain = read_certificates(issue(folder / "certs", request).chain);
    EXPECT_EQ(X509_check_host(chain[0].get(), "csms.example", 0, 0, nullptr), 1);
    EXPECT_EQ(X509_check_ip_asc(chain[0].get(), "192.0.2.7", 0), 1);
    EXPECT_EQ(X509_check_ip_asc(chain[0].get(), "2001:db8::1", 0), 1);
    EXPECT_THAT(describe(files_of(folder / "certs", Kind::ocpp_server_ecdsa).chain),
                HasSubstr("DNS csms.example, IP 192.0.2.7, IP 2001:0DB8:0000:0000:0000:0000:0000:0001"));
}

TEST(Authority, a_station_carries_operator_and_serial_number) {
    IssueRequest request{.kind = Kind::ocpp_station, .name = "CP-0042", .organization = "An Operator"};
    const Identity identity = identity_of_file(issue(authority(), request).chain);
    EXPECT_EQ(identity.common_name, "CP-0042");
    EXPECT_EQ(identity.organization, "An Operator");
}

TEST(Authority, a_device_carries_the_hardware_serial_that_was_asked_for) {
    IssueRequest request{.kind = Kind::ieee2030_5_device, .name = "inverter-7", .hardware_serial = "00ff10"};
    EXPECT_EQ(identity_of_file(issue(authority(), request).chain).hardware_serial, "00FF10");
}

TEST(Authority, two_devices_have_two_names) {
    const IssuedFiles one = issue(authority(), {.kind = Kind::ieee2030_5_device, .name = "one"});
    const IssuedFiles two = issue(authority(), {.kind = Kind::ieee2030_5_device, .name = "two"});
    EXPECT_NE(identity_of_file(one.chain).lfdi, identity_of_file(two.chain).lfdi);
    EXPECT_TRUE(check_digit_holds(identity_of_file(one.chain).sfdi));
}

TEST(Authority, an_existing_name_is_refused_and_kept) {
    const IssueRequest request{.kind = Kind::ocpp_station, .name = "kept"};
    const IssuedFiles files = issue(authority(), request);
    const std::string before = read_small_file(files.key);
    EXPECT_EQ(what_is_thrown([&] { issue(authority(), request); }),
              files.chain + ": exists already; nothing was changed");
    EXPECT_EQ(read_small_file(files.key), before);
}

TEST(Authority, an_existing_name_is_replaced_when_asked) {
    IssueRequest request{.kind = Kind::ocpp_station, .name = "replaced"};
    const std::string before = identity_of_file(issue(authority(), request).chain).sha256;
    request.replace = true;
    const IssuedFiles files = issue(authority(), request);
    EXPECT_NE(identity_of_file(files.chain).sha256, before);
    EXPECT_EQ(X509_check_private_key(read_certificates(files.chain)[0].get(), read_key(files.key).get()), 1);
}

TEST(Authority, a_second_init_is_refused) {
    EXPECT_EQ(what_is_thrown([] { init_test_authority(authority(), {}); }),
              authority() + "/ieee2030_5: an authority is there already; nothing was changed");
}

TEST(Authority, issue_without_an_authority_says_how_to_make_one) {
    Folder folder;
    EXPECT_EQ(what_is_thrown([&] { issue(folder.string(), {.kind = Kind::ocpp_station, .name = "x"}); }),
              (folder / "ocpp/root_ecdsa.pem") + ": no authority there; `busbar certs init` makes one");
}

TEST(Authority, names_stay_inside_their_folder) {
    for (const char* name : {"../x", "a/b", ".hidden", "", "a b", "a\nb"}) {
        EXPECT_THAT(what_is_thrown([&] { issue(authority(), {.kind = Kind::ocpp_station, .name = name}); }),
                    StartsWith("name \""))
            << name;
    }
}

TEST(Authority, odd_hosts_and_serials_are_refused) {
    EXPECT_THAT(what_is_thrown(
                    [] { issue(authority(), {.kind = Kind::openadr_ven_ecdsa, .name = "h", .hosts = {"bad host"}}); }),
                StartsWith("host \"bad host\": expected"));
    EXPECT_THAT(what_is_thrown([] {
                    issue(authority(), {.kind = Kind::ieee2030_5_device, .name = "s", .hardware_serial = "xyz"});
                }),
                StartsWith("hardware serial \"xyz\": expected"));
    EXPECT_FALSE(std::filesystem::exists(files_of(authority(), Kind::ieee2030_5_device, "s").key));
}

TEST(Authority, a_subject_that_x509_cannot_hold_is_refused) {
    EXPECT_THAT(what_is_thrown([] {
                    issue(authority(), {.kind = Kind::ocpp_station, .name = "o", .organization = std::string(65, 'x')});
                }),
                StartsWith("cannot make a certificate: subject O \"xxx"));
}

TEST(Authority, a_place_that_cannot_be_written_is_named) {
    Folder folder;
    write_text(folder / "file", "");
    EXPECT_THAT(what_is_thrown([&] { init_test_authority(folder / "file/certs", {}); }),
                StartsWith("cannot make the directory " + (folder / "file")));
}

TEST(Authority, kinds_are_found_by_name) {
    for (const KindInfo& info : kinds()) EXPECT_EQ(kind_of(info.name), info.kind);
    EXPECT_FALSE(kind_of("toaster"));
}

// ---- the profile of a device, one deviation at a time
// ------------------------------------------------------------------

struct Deviating {
    const char* name;
    void (*change)(Shape&);
    const char* expected;
};

void drop(Shape& shape, int nid) {
    std::erase_if(shape.extensions, [&](const auto& extension) { return extension.first == nid; });
}
void put(Shape& shape, int nid, const char* value) {
    drop(shape, nid);
    shape.extensions.emplace_back(nid, value);
}

class DeviceProfile : public ::testing::TestWithParam<Deviating> {};

TEST_P(DeviceProfile, deviation_is_named) {
    const auto mica = read_certificates(authority() + "/ieee2030_5/mica.pem");
    const KeyOwner key = read_key(authority() + "/ieee2030_5/mica.key");
    Shape shape{.extensions = device_extensions(), .configuration = hardware_section};
    GetParam().change(shape);
    const Made made = make_certificate(std::move(shape), mica[0].get(), key.get());
    EXPECT_THAT(device_profile_deviations(made.certificate.get()), ElementsAre(StartsWith(GetParam().expected)));
}

INSTANTIATE_TEST_SUITE_P(
    All, DeviceProfile,
    ::testing::Values(
        Deviating{"subject", [](Shape& s) { s.common_name = "a device"; }, "subject is CN=a device;"},
        Deviating{"rsa", [](Shape& s) { s.key = KeyOwner(EVP_RSA_gen(2048)); }, "key is RSA 2048;"},
        Deviating{"curve", [](Shape& s) { s.key = KeyOwner(EVP_EC_gen("P-384")); }, "key is EC 384;"},
        Deviating{"digest", [](Shape& s) { s.digest = EVP_sha384(); }, "signed with ecdsa-with-SHA384;"},
        Deviating{"usage_absent", [](Shape& s) { drop(s, NID_key_usage); }, "keyUsage is absent;"},
        Deviating{"usage_plain", [](Shape& s) { put(s, NID_key_usage, "digitalSignature,keyAgreement"); },
                  "keyUsage is not critical;"},
        Deviating{"usage_other", [](Shape& s) { put(s, NID_key_usage, "critical,digitalSignature"); },
                  "keyUsage has other bits"},
        Deviating{"issuer_key", [](Shape& s) { drop(s, NID_authority_key_identifier); },
                  "authorityKeyIdentifier is absent;"},
        Deviating{"policies_absent", [](Shape& s) { drop(s, NID_certificate_policies); },
                  "certificatePolicies is absent;"},
        Deviating{"policies_plain", [](Shape& s) { put(s, NID_certificate_policies, "1.3.6.1.4.1.40732.1.2"); },
                  "certificatePolicies is not critical;"},
        Deviating{"policies_kind", [](Shape& s) { put(s, NID_certificate_policies, "critical,1.3.6.1.4.1.40732.2.1"); },
                  "certificatePolicies names no device kind;"},
        Deviating{"names_plain",
                  [](Shape& s) { put(s, NID_subject_alt_name, "otherName:1.3.6.1.5.5.7.8.4;SEQUENCE:hardware"); },
                  "subjectAltName is not critical;"},
        Deviating{"names_other", [](Shape& s) { put(s, NID_subject_alt_name, "critical,DNS:x.example"); },
                  "subjectAltName has no hardwareModuleName"},
        Deviating{"extended_usage", [](Shape& s) { put(s, NID_ext_key_usage, "clientAuth"); },
                  "extendedKeyUsage is there;"}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(Describe, a_device_in_words) {
    const IssuedFiles files =
        issue(authority(), {.kind = Kind::ieee2030_5_device, .name = "described", .hardware_serial = "0102"});
    const Identity identity = identity_of_file(files.chain);
    const std::string text = describe(files.chain);
    EXPECT_THAT(
        text,
        StartsWith("subject       (empty)\nissuer        serialNumber=3,CN=IEEE 2030.5 Test MICA,O=busbar test\n"));
    EXPECT_THAT(text, HasSubstr(" to 9999-12-31T23:59:59Z (never expires)\n"));
    EXPECT_THAT(text, HasSubstr("key           EC P-256\n"));
    EXPECT_THAT(text, HasSubstr("LFDI          " + identity.lfdi + '\n'));
    EXPECT_THAT(text, HasSubstr("SFDI          " + std::to_string(identity.sfdi) + '\n'));
    EXPECT_THAT(text, HasSubstr("fingerprint   " + identity.fingerprint));
    EXPECT_THAT(text, HasSubstr("1.3.6.1.4.1.40732.1.1 (generic device), 1.3.6.1.4.1.40732.2.1 (test)"));
    EXPECT_THAT(text, HasSubstr("hardware      serial number 0102\n"));
    EXPECT_THAT(text, HasSubstr("IEEE 2030.5   the device profile holds\n"));
    EXPECT_THAT(text, HasSubstr("then          serialNumber=2,CN=IEEE 2030.5 Test MCA"));
}

TEST(Describe, deviations_are_listed) {
    const std::string text = describe(files_of(authority(), Kind::ocpp_station, "example").chain);
    EXPECT_THAT(text, HasSubstr("7 deviations from the device profile\n              - subject is CN=example,"));
}

TEST(Describe, an_authority_is_held_against_the_profile_of_authorities) {
    EXPECT_THAT(describe(authority() + "/ieee2030_5/serca.pem"), HasSubstr("the authority profile holds"));
    EXPECT_THAT(describe(authority() + "/ocpp/root_rsa.pem"),
                HasSubstr("deviations from the authority profile\n              - key is RSA 2048"));
}

TEST(Describe, an_expired_certificate_says_so) {
    IssueRequest request{.kind = Kind::ocpp_station, .name = "long_gone"};
    request.not_before_us = 1'000'000'000'000'000;
    request.not_after_us = 1'100'000'000'000'000;
    EXPECT_THAT(describe(issue(authority(), request).chain),
                HasSubstr("valid         2001-09-09T01:46:40Z to 2004-11-09T11:33:20Z (expired)"));
}

}  // namespace
}  // namespace busbar::certs
