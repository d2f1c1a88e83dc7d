#include "gateway/app/config.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

namespace busbar::app {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& text) {
    Config config;
    try {
        from_toml(text, "busbar.toml", config);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "no error";
}

TEST(Config, absent_keys_keep_their_defaults) {
    Config config;
    from_toml("[api]\nport = 1234\n", "busbar.toml", config);
    EXPECT_EQ(config.api.port, 1234);
    EXPECT_EQ(config.api.address, "127.0.0.1");
    EXPECT_FALSE(config.ocpp.has_value());
}

TEST(Config, lists_of_tables_and_enumerations_are_read) {
    Config config;
    from_toml("[[nodes]]\nid = \"f1\"\nkind = \"feeder\"\nimport_limit_w = 5000\n[[nodes]]\nid = \"s1\"\nkind = \"site\"\n",
              "busbar.toml", config);
    ASSERT_EQ(config.nodes.size(), 2u);
    EXPECT_EQ(config.nodes[0].kind, model::NodeKind::feeder);
    EXPECT_EQ(node_of(config.nodes[0]).import_limit_mw, 5'000'000);
    EXPECT_EQ(node_of(config.nodes[1]).import_limit_mw, model::unlimited_mw);
    EXPECT_EQ(node_of(config.nodes[1]).parent, "all");
}

TEST(Config, an_unknown_key_is_named_with_its_line_and_what_is_known) {
    const std::string error = error_of("[api]\naddress = \"127.0.0.1\"\nprot = 1\n");
    EXPECT_THAT(error, HasSubstr("busbar.toml:3: api.prot: unknown key"));
    EXPECT_THAT(error, HasSubstr("port"));
}

TEST(Config, a_value_of_the_wrong_type_is_named_with_its_line) {
    EXPECT_EQ(error_of("[api]\nport = \"eighty\"\n"), "busbar.toml:2: api.port: expected a whole number");
    EXPECT_EQ(error_of("[ocpp]\nstrict = 1\n"), "busbar.toml:2: ocpp.strict: expected true or false");
    EXPECT_EQ(error_of("nodes = 3\n"), "busbar.toml:1: nodes: expected a list");
}

TEST(Config, a_number_out_of_range_says_the_range) {
    EXPECT_EQ(error_of("[api]\nport = 70000\n"), "busbar.toml:2: api.port: out of range: 0 to 65535");
    EXPECT_EQ(error_of("[api]\nport = -1\n"), "busbar.toml:2: api.port: out of range: 0 to 65535");
}

TEST(Config, an_unknown_enumerator_lists_the_known_ones) {
    EXPECT_THAT(error_of("[log]\nformat = \"xml\"\n"), HasSubstr("log.format: expected one of \"text\", \"json\""));
}

TEST(Config, members_of_lists_are_named_by_their_index) {
    EXPECT_EQ(error_of("[[nodes]]\nid = \"a\"\n[[nodes]]\nid = 5\n"),
              "busbar.toml:4: nodes[1].id: expected a string in quotes");
}

TEST(Config, a_key_without_a_default_may_not_be_absent) {
    EXPECT_EQ(error_of("[api]\n[[nodes]]\nkind = \"site\"\n"), "busbar.toml:2: nodes[0].id: missing; it has no default");
    EXPECT_EQ(error_of("[openadr3]\n[[openadr3.clients]]\nid = \"u\"\n"),
              "busbar.toml:2: openadr3.clients[0].secret: missing; it has no default");
}

TEST(Config, what_is_not_toml_says_where) { EXPECT_THAT(error_of("[api\n"), HasSubstr("busbar.toml:1: not TOML")); }

class ConfigFile : public testing::Test {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("busbar-config-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string write(const std::string& text) {
        const std::string path = (folder_ / "busbar.toml").string();
        std::ofstream(path) << text;
        return path;
    }
    std::string error_of_file(const std::string& text) {
        try {
            read_config(write(text));
        } catch (const ConfigError& error) {
            return error.what();
        }
        return "no error";
    }
    std::filesystem::path folder_;
};

TEST_F(ConfigFile, relative_paths_start_at_the_file) {
    const Config config = read_config(write("data = \"d\"\n[ocpp]\ntls_port = 1\n[ocpp.tls]\nchains = [\"c.pem\"]\n"));
    EXPECT_EQ(config.data, (folder_ / "d").string());
    EXPECT_EQ(config.ocpp->tls->chains.front(), (folder_ / "c.pem").string());
}

TEST_F(ConfigFile, what_one_key_alone_cannot_say_is_checked) {
    EXPECT_THAT(error_of_file("[ocpp]\n"), HasSubstr("ocpp: expected port, tls_port, mutual_port"));
    EXPECT_THAT(error_of_file("[ocpp]\ntls_port = 1\n"), HasSubstr("needs [ocpp.tls]"));
    EXPECT_THAT(error_of_file("[ocpp]\nmutual_port = 1\n[ocpp.tls]\nchains = [\"c\"]\nkeys = [\"k\"]\n"),
                HasSubstr("issues the stations' certificates"));
    EXPECT_THAT(error_of_file("[[devices]]\nid = \"a\"\nnode = \"nowhere\"\n"), HasSubstr("there is no node nowhere"));
    EXPECT_THAT(error_of_file("[[devices]]\nid = \"a\"\n[[devices]]\nid = \"a\"\n"), HasSubstr("a stands twice"));
    EXPECT_THAT(error_of_file("[[devices]]\nid = \"a\"\n[[devices]]\nid = \"b\"\nresource = \"a\"\n"),
                HasSubstr("devices[1].resource: a stands twice"));
    EXPECT_THAT(error_of_file("[[devices]]\nprotocol = \"ieee2030_5\"\nid = \"a\"\n"), HasSubstr("40 hexadecimal digits"));
    EXPECT_THAT(error_of_file("[[devices]]\nid = \"a:b\"\n"), HasSubstr("no colon"));
    EXPECT_THAT(error_of_file("[[openadr2b]]\nname = \"u\"\nurl = \"http://host\"\n"), HasSubstr("expected https://"));
    EXPECT_THAT(error_of_file("[ieee2030_5]\nport = 1\n"), HasSubstr("ieee2030_5.tls: missing"));
}

TEST_F(ConfigFile, what_is_found_by_a_second_look_has_its_line_too) {
    EXPECT_THAT(error_of_file("[[nodes]]\nid = \"a\"\n[[nodes]]\nid = \"b\"\nparent = \"c\"\n"),
                HasSubstr("busbar.toml:5: nodes[1].parent: there is no node c"));
    EXPECT_THAT(error_of_file("io_threads = 1\n[ieee2030_5]\n"), HasSubstr("busbar.toml:2: ieee2030_5.tls"));
}

TEST_F(ConfigFile, nothing_without_a_password_listens_beyond_loopback) {
    EXPECT_THAT(error_of_file("[api]\naddress = \"0.0.0.0\"\n"), HasSubstr("busbar.toml:2: api.address: expected a loopback"));
    EXPECT_THAT(error_of_file("[ocpp]\naddress = \"0.0.0.0\"\nport = 1\n"), HasSubstr("ocpp.port"));
    EXPECT_EQ(error_of_file("[ocpp]\naddress = \"0.0.0.0\"\nport = 1\nplain_anywhere = true\n"), "no error");
    EXPECT_THAT(error_of_file("[openadr3]\naddress = \"0.0.0.0\"\n"), HasSubstr("openadr3.address"));
    EXPECT_THAT(error_of_file("[api]\naddress = \"nowhere\"\n"), HasSubstr("busbar.toml:2: api.address"));
}

TEST_F(ConfigFile, clients_have_scopes_that_exist_and_stand_once) {
    const std::string client = "[[openadr3.clients]]\nid = \"u\"\nsecret = \"12345678\"\n";
    EXPECT_THAT(error_of_file("[openadr3]\n" + client + "scopes = [\"read_all\", \"sudo\"]\n"),
                HasSubstr("openadr3.clients[0].scopes[1]: expected one of read_all, read_targets"));
    EXPECT_THAT(error_of_file("[openadr3]\n" + client + client), HasSubstr("openadr3.clients[1].id: u stands twice"));
}

TEST_F(ConfigFile, a_certificate_that_cannot_be_read_is_named_with_its_key) {
    const Config config =
        read_config(write("[ocpp]\ntls_port = 1\n[ocpp.tls]\nchains = [\"none.pem\"]\nkeys = [\"none.key\"]\n"));
    try {
        check_certificates(config);
        FAIL() << "nothing was found";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("busbar.toml:3: ocpp.tls: "));
        EXPECT_THAT(error.what(), HasSubstr("none.pem"));
    }
}

TEST_F(ConfigFile, a_folder_is_no_file) {
    try {
        read_config(folder_.string());
        FAIL() << "nothing was found";
    } catch (const ConfigError& error) {
        EXPECT_THAT(error.what(), HasSubstr("expected the path of a configuration file"));
    }
}

TEST_F(ConfigFile, a_missing_file_says_what_to_do) {
    EXPECT_THROW(
        {
            try {
                read_config((folder_ / "none.toml").string());
            } catch (const ConfigError& error) {
                EXPECT_THAT(error.what(), HasSubstr("expected the path of a configuration file"));
                throw;
            }
        },
        ConfigError);
}

TEST(Config, a_device_takes_the_kind_that_its_protocol_suggests) {
    DeviceConfig device;
    device.id = wire::Text<128, 1>("x");
    EXPECT_EQ(enrolment_of(device).kind, model::ResourceKind::ev);
    EXPECT_EQ(enrolment_of(device).resource, "x");
    device.protocol = DeviceProtocol::ieee2030_5;
    EXPECT_EQ(enrolment_of(device).kind, model::ResourceKind::storage);
    device.kind = model::ResourceKind::pv;
    EXPECT_EQ(enrolment_of(device).kind, model::ResourceKind::pv);
}

TEST(Config, an_lfdi_has_one_spelling) {
    DeviceConfig device;
    device.protocol = DeviceProtocol::ieee2030_5;
    device.id = wire::Text<128, 1>("aabbccddeeff00112233445566778899aabbccdd");
    EXPECT_EQ(enrolment_of(device).id, "AABBCCDDEEFF00112233445566778899AABBCCDD");
    EXPECT_EQ(enrolment_of(device).resource, enrolment_of(device).id);
}

}  // namespace
}  // namespace busbar::app
