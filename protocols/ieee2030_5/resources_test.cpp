// The resource tree and HTTP's part of it: methods, lists, headers.
#include "protocols/ieee2030_5/resources.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

using testing::HasSubstr;

TEST(Resources, mandatory_methods_are_served_and_erroneous_ones_are_not) {
    constexpr std::string_view methods[] = {"GET", "HEAD", "PUT", "POST", "DELETE"};
    for (const ResourceRow& row : resource_rows()) {
        ASSERT_EQ(row.marks.size(), 5u) << row.name;
        for (std::size_t i = 0; i < 5; ++i) {
            const bool served = handler_of(row, methods[i]) != nullptr;
            const bool as_asked = row.marks[i] == 'M' ? served : row.marks[i] != 'E' || !served;
            EXPECT_TRUE(as_asked) << methods[i] << " " << row.path << " " << row.marks[i];
        }
    }
}

TEST(Resources, paths_are_matched_by_segments_and_plain_numbers) {
    EXPECT_EQ(match_path("/edev/17/derp/1/derc/4").row->name, "DERControl");
    EXPECT_EQ(match_path("/edev/17/derp/1/derc/4").device, 17u);
    EXPECT_EQ(match_path("/edev/17/derp/1/derc/4").id, 4u);
    EXPECT_EQ(match_path("/edev/").row->name, "EndDeviceList");
    for (const char* path : {"/edev/0", "/edev/01", "/edev/+1", "/edev/4294967296", "/edev/1/derp/2", "/edev//rg", "",
                             "/", "edev", "/edev/1/rg/2", "/edev/1/rgx", "/edev/1/derp/1/derc/4/5", "/edev//"}) {
        EXPECT_EQ(match_path(path).row, nullptr) << path;
    }
}

TEST(Resources, each_path_finds_its_own_row) {
    for (const ResourceRow& row : resource_rows()) {
        std::string path(row.path);
        const bool device = path.find("{d}") != std::string::npos;
        if (device) path.replace(path.find("{d}"), 3, "17");
        const bool id = path.find("{}") != std::string::npos;
        if (id) path.replace(path.find("{}"), 2, "4");
        const Match match = match_path(path);
        EXPECT_EQ(match.row, &row) << path;
        EXPECT_EQ(match.device, device ? 17u : 0u) << path;
        EXPECT_EQ(match.id, id ? 4u : 0u) << path;
    }
}

// EPRI's client keeps 64 characters of an href; CSIP asks for less than 50.
TEST(Resources, every_href_is_shorter_than_50_characters) {
    Policy policy;
    policy.prefix = "/twelve-long";
    State state(policy);
    Device device;
    device.record.number = 99'999'999;
    EXPECT_LT(state.href(device, "/derp/1/derc/9999999").size(), 50u);
}

TEST(Resources, CORE_001_wrong_method_is_405_with_allow) {
    Bench bench;
    const http::Response response = bench.ask(pv_lfdi, "PUT", "/dcap", "<x/>");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.header("Allow"), "GET, HEAD");
    EXPECT_EQ(bench.ask(pv_lfdi, "DELETE", "/edev/1/der/1/ders").header("Allow"), "GET, HEAD, PUT");
    EXPECT_EQ(bench.ask(pv_lfdi, "POST", "/edev/1/derp/1/derc").status, 405);
}

TEST(Resources, CORE_001_unknown_method_is_501) {
    Bench bench;
    EXPECT_EQ(bench.ask(pv_lfdi, "BREW", "/dcap").status, 501);
}

TEST(Resources, CORE_001_unknown_uri_is_404_with_an_error_body) {
    Bench bench;
    const http::Response response = bench.ask(pv_lfdi, "GET", "/nothing");
    EXPECT_EQ(response.status, 404);
    EXPECT_EQ(response.header("Content-Type"), "application/sep+xml");
    EXPECT_EQ(parsed<sep::Error>(response.body).reasonCode, 1);
    EXPECT_THAT(response.body, HasSubstr("there is no such resource"));
}

TEST(Resources, answers_are_sep_xml_and_head_has_no_body) {
    Bench bench;
    const http::Response get = bench.ask(pv_lfdi, "GET", "/dcap");
    EXPECT_EQ(get.status, 200);
    EXPECT_EQ(get.header("Content-Type"), "application/sep+xml");
    const http::Response head = bench.ask(pv_lfdi, "HEAD", "/dcap");
    EXPECT_EQ(head.status, 200);
    EXPECT_EQ(head.body, "");
}

TEST(Resources, accept_header_decides_406) {
    Bench bench;
    const auto status = [&](const char* accept) {
        return bench.ask(pv_lfdi, "GET", "/dcap", "", {{"Accept", accept}}).status;
    };
    EXPECT_EQ(status("application/sep+xml"), 200);
    EXPECT_EQ(status("application/sep+xml; level=-S1"), 200);
    EXPECT_EQ(status("text/html, */*;q=0.8"), 200);
    EXPECT_EQ(status("application/sep-exi"), 406);
    EXPECT_EQ(status("application/sep+xml;q=0"), 406);
    EXPECT_EQ(status("application/json"), 406);
}

TEST(Resources, content_type_decides_415) {
    Bench bench;
    const auto status = [&](const char* type) {
        return bench.ask(pv_lfdi, "PUT", "/edev/1/der/1/derg", settings_of(), {{"Content-Type", type}}).status;
    };
    EXPECT_EQ(status("application/sep+xml; level=+S1"), 204);
    EXPECT_EQ(status("application/sep-exi"), 415);
    EXPECT_EQ(status("application/json"), 415);
}

TEST(Resources, prefix_is_part_of_every_path) {
    Policy policy;
    policy.prefix = "sep2/";
    Bench bench(policy);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", "/dcap").status, 404);
    const auto dcap = bench.get<sep::DeviceCapability>(pv_lfdi, "/sep2/dcap");
    EXPECT_EQ(dcap.EndDeviceListLink->href.value, "/sep2/edev");
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", dcap.EndDeviceListLink->href.value).status, 200);
}

// ---- lists ---------------------------------------------------------------------------------------------------------

struct Lists : testing::Test {
    Bench bench;

    void SetUp() override {
        for (int i = 0; i < 5; ++i) {
            bench.ask(
                pv_lfdi, "POST", "/edev/1/lel",
                "<LogEvent xmlns=\"urn:ieee:std:2030.5:ns\"><createdDateTime>" + std::to_string(1000 - 10 * i) +
                    "</createdDateTime><functionSet>11</functionSet><logEventCode>" + std::to_string(i) +
                    "</logEventCode><logEventID>1</logEventID><logEventPEN>1</logEventPEN><profileID>2</profileID>"
                    "</LogEvent>");
        }
    }
    std::vector<int> codes(const std::string& query) {
        const auto list = bench.get<sep::LogEventList>(pv_lfdi, "/edev/1/lel" + query);
        EXPECT_EQ(list.all.value, 5u);
        EXPECT_EQ(list.results.value, list.LogEvent.size());
        std::vector<int> result;
        for (const auto& event : list.LogEvent) result.push_back(event.logEventCode);
        return result;
    }
};

TEST_F(Lists, CORE_004_without_a_limit_one_member) {
    EXPECT_THAT(codes(""), testing::ElementsAre(4));
}
TEST_F(Lists, CORE_004_limit_zero_is_an_empty_page) {
    EXPECT_THAT(codes("?l=0"), testing::IsEmpty());
}
TEST_F(Lists, CORE_004_large_limit_gives_what_there_is) {
    EXPECT_THAT(codes("?l=255"), testing::ElementsAre(4, 3, 2, 1, 0));
    EXPECT_THAT(codes("?l=99999999999"), testing::SizeIs(5));
}
TEST_F(Lists, CORE_004_start_and_limit) {
    EXPECT_THAT(codes("?s=3&l=9"), testing::ElementsAre(1, 0));
}
TEST_F(Lists, CORE_004_start_beyond_the_end_is_an_empty_page) {
    EXPECT_THAT(codes("?s=5&l=9"), testing::IsEmpty());
}
TEST_F(Lists, CORE_004_first_of_duplicates_counts) {
    EXPECT_THAT(codes("?l=2&l=5&s=1&s=4"), testing::ElementsAre(3, 2));
}
TEST_F(Lists, CORE_004_unknown_parameters_are_ignored) {
    EXPECT_THAT(codes("?x=1&l=1&limit=7"), testing::ElementsAre(4));
}
TEST_F(Lists, CORE_004_after_leaves_out_what_is_older) {
    EXPECT_THAT(codes("?a=980&l=9"), testing::ElementsAre(1, 0));
}
TEST_F(Lists, CORE_004_after_is_ignored_where_order_is_not_time) {
    EXPECT_EQ(bench.get<sep::EndDeviceList>(pv_lfdi, "/edev?a=99999999999&l=5").EndDevice.size(), 1u);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", "/edev?a=soon").status, 200);
}
TEST_F(Lists, numbers_that_are_none_are_400) {
    for (const char* query : {"?s=-1", "?l=-1", "?l=x", "?l=", "?s=1.5", "?a=soon"}) {
        EXPECT_EQ(bench.ask(pv_lfdi, "GET", std::string("/edev/1/lel") + query).status, 400) << query;
    }
}
TEST_F(Lists, BASIC_027_log_events_are_ordered_by_time_and_addressable) {
    const auto list = bench.get<sep::LogEventList>(pv_lfdi, "/edev/1/lel?l=9");
    const std::string href = *list.LogEvent.front().href.value;
    EXPECT_EQ(bench.get<sep::LogEvent>(pv_lfdi, href).logEventCode, 4);
}
TEST_F(Lists, log_events_are_bounded_the_oldest_go) {
    for (int i = 0; i < 100; ++i) {
        bench.ask(pv_lfdi, "POST", "/edev/1/lel",
                  "<LogEvent xmlns=\"urn:ieee:std:2030.5:ns\"><createdDateTime>2000</createdDateTime><functionSet>11"
                  "</functionSet><logEventCode>9</logEventCode><logEventID>1</logEventID><logEventPEN>1</logEventPEN>"
                  "<profileID>2</profileID></LogEvent>");
    }
    EXPECT_EQ(bench.get<sep::LogEventList>(pv_lfdi, "/edev/1/lel").all.value, 64u);
    EXPECT_EQ(bench.ask(pv_lfdi, "GET", "/edev/1/lel/1").status, 404);
}

}  // namespace
}  // namespace busbar::ieee2030_5
