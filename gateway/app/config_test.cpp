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
    EXPECT_THAT(error_of_file("[ocpp]\n"), HasSubstr("ocpp: expected port, tls_port or both"));
    EXPECT_THAT(error_of_file("[ocpp]\ntls_port = 1\n"), HasSubstr("needs [ocpp.tls]"));
    EXPECT_THAT(error_of_file("[[devices]]\nid = \"a\"\nnode = \"nowhere\"\n"), HasSubstr("nowhere is not among [[nodes]]"));
    EXPECT_THAT(error_of_file("[[devices]]\nid = \"a\"\n[[devices]]\nid = \"a\"\n"), HasSubstr("a stands twice"));
    EXPECT_THAT(error_of_file("[[devices]]\nprotocol = \"ieee2030_5\"\nid = \"a\"\n"), HasSubstr("40 hexadecimal digits"));
    EXPECT_THAT(error_of_file("[[openadr2b]]\nname = \"u\"\nurl = \"http://host\"\n"), HasSubstr("must begin with https://"));
}

TEST_F(ConfigFile, a_missing_file_says_what_to_do) {
    EXPECT_THROW(
        {
            try {
                read_config((folder_ / "none.toml").string());
            } catch (const ConfigError& error) {
                EXPECT_THAT(error.what(), HasSubstr("--config"));
                throw;
            }
        },
        ConfigError);
}

TEST(Config, a_device_takes_the_kind_that_its_protocol_suggests) {
    DeviceConfig device;
    device.id = wire::Text<128, 1>("x");
    EXPECT_EQ(enrolment_of(device).kind, model::ResourceKind::ev);
    device.protocol = DeviceProtocol::ieee2030_5;
    EXPECT_EQ(enrolment_of(device).kind, model::ResourceKind::storage);
    device.kind = model::ResourceKind::pv;
    EXPECT_EQ(enrolment_of(device).kind, model::ResourceKind::pv);
    EXPECT_EQ(enrolment_of(device).resource, "x");
}

}  // namespace
}  // namespace busbar::app
