// The client against answers made by hand: several programs, overlaps, pages, clocks, failures.
#include "protocols/ieee2030_5/client.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/ieee2030_5/test_support.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

using model::second_us;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::int64_t t0_s = t0 / second_us;

struct ControlSpec {
    std::string mrid;
    std::int64_t start_s = 0;  // from t0
    std::uint32_t duration_s = 0;
    int max_percent = -1;    // opModMaxLimW, whole percent
    int fixed_percent = -1;  // opModFixedW, whole percent
    std::int64_t created_s = 0;
    int status = 0;
    int randomize_start = 0;
};

struct ClientTest : testing::Test {
    model::Us now = t0;
    std::int64_t clock_s = 0;  // of the server, ahead of ours
    Client client{options()};
    std::map<std::string, std::string> pages;  // by target without its query
    std::vector<std::string> asked;
    std::vector<std::pair<std::string, int>> responses;  // {subject, status}
    std::map<int, std::vector<ControlSpec>> controls;    // by primacy: /p<primacy>
    std::map<int, int> fallbacks;                        // default opModMaxLimW in percent

    static ClientOptions options() {
        ClientOptions options;
        options.lfdi = battery_lfdi;
        options.kind = model::ResourceKind::storage;
        options.max_export_mw = options.max_import_mw = 10 * kilowatt_mw;
        return options;
    }

    static sep::Link to(const std::string& href) {
        sep::Link link;
        link.href = sep::Href(href);
        return link;
    }
    static sep::ListLink to_list(const std::string& href) {
        sep::ListLink link;
        link.href = sep::Href(href);
        return link;
    }

    void publish() {
        sep::DeviceCapability dcap;
        dcap.TimeLink = to("/tm");
        dcap.EndDeviceListLink = to_list("/edev");
        pages["/dcap"] = wire::to_xml(dcap);
        sep::Time time;
        time.currentTime = now / second_us + clock_s;
        pages["/tm"] = wire::to_xml(time);
        sep::EndDeviceList devices;
        devices.EndDevice.emplace_back().sFDI = 1;
        devices.EndDevice.emplace_back().lFDI = sep::LfdiHex(battery_lfdi);
        devices.EndDevice.back().FunctionSetAssignmentsListLink = to_list("/fsa");
        pages["/edev"] = wire::to_xml(devices);
        sep::FunctionSetAssignmentsList assignments;
        assignments.FunctionSetAssignments.emplace_back();  // one without programs
        assignments.FunctionSetAssignments.emplace_back().DERProgramListLink = to_list("/derp");
        pages["/fsa"] = wire::to_xml(assignments);
        publish_programs();
    }

    void publish_programs() {
        sep::DERProgramList programs;
        programs.pollRate = sep::Maybe<std::uint32_t>(10);
        for (const auto& [primacy, specs] : controls) {
            const std::string href = "/p" + std::to_string(primacy);
            sep::DERProgram& program = programs.DERProgram.emplace_back();
            program.href = sep::Maybe<sep::Href>(href);
            program.primacy = static_cast<std::uint8_t>(primacy);
            program.DERControlListLink = to_list(href + "/derc");
            pages[href + "/derc"] = wire::to_xml(list_of(specs));
            if (!fallbacks.contains(primacy)) continue;
            program.DefaultDERControlLink = to(href + "/dderc");
            sep::DefaultDERControl fallback;
            fallback.mRID = "DD";
            fallback.DERControlBase.opModMaxLimW = fallbacks[primacy] * 100;
            pages[href + "/dderc"] = wire::to_xml(fallback);
        }
        pages["/derp"] = wire::to_xml(programs);
    }

    static sep::DERControlList list_of(const std::vector<ControlSpec>& specs) {
        sep::DERControlList list;
        for (const ControlSpec& spec : specs) {
            sep::DERControl& control = list.DERControl.emplace_back();
            control.replyTo = sep::Maybe<sep::Href>("/rsp");
            control.responseRequired = sep::Maybe<wire::Hex<1>>(wire::Hex<1>("03"));
            control.mRID = spec.mrid;
            control.creationTime = t0_s + spec.created_s;
            control.EventStatus.currentStatus = static_cast<std::uint8_t>(spec.status);
            control.interval.start = t0_s + spec.start_s;
            control.interval.duration = spec.duration_s;
            if (spec.randomize_start != 0) control.randomizeStart = static_cast<std::int16_t>(spec.randomize_start);
            if (spec.max_percent >= 0) control.DERControlBase.opModMaxLimW = spec.max_percent * 100;
            if (spec.fixed_percent >= 0) control.DERControlBase.opModFixedW = spec.fixed_percent * 100;
        }
        list.all = sep::Maybe<std::uint32_t>(static_cast<std::uint32_t>(specs.size()));
        return list;
    }

    http::Response answer(const http::Request& request) {
        const std::string path(request.path());
        asked.push_back(request.target);
        if (request.method == "POST" && path == "/rsp") {
            const auto response = parsed<sep::DERControlResponse>(request.body);
            responses.emplace_back(response.subject, response.status.value_or(0));
            return {201, {}, ""};
        }
        const auto page = pages.find(path);
        return page == pages.end() ? http::Response{404, {}, ""} : http::Response{200, {}, page->second};
    }

    void run(std::int64_t until_s) {
        while (true) {
            publish();
            while (auto request = client.next(now)) client.receive(now, answer(*request));
            if (now >= t0 + until_s * second_us) return;
            now = std::clamp(client.next_due(), now + 1, t0 + until_s * second_us);
        }
    }

    // What the battery, which would deliver 10 kW, may deliver; percent.
    int limit() { return static_cast<int>(-client.wanted(now).power(-10 * kilowatt_mw) * 100 / (10 * kilowatt_mw)); }
    std::vector<int> statuses(const std::string& mrid) const {
        std::vector<int> result;
        for (const auto& [subject, status] : responses) {
            if (subject == mrid) result.push_back(status);
        }
        return result;
    }
};

TEST_F(ClientTest, BASIC_018_default_event_default) {
    fallbacks[5] = 80;
    controls[5] = {{"A1", 30, 30, 40}};
    run(20);
    EXPECT_EQ(limit(), 80);
    run(35);
    EXPECT_EQ(limit(), 40);
    run(65);
    EXPECT_EQ(limit(), 80);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2, 3));
}

TEST_F(ClientTest, BASIC_016_the_default_of_the_lower_primacy_holds) {
    fallbacks = {{1, 70}, {5, 30}};
    controls[1] = {};
    controls[5] = {};
    run(1);
    EXPECT_EQ(limit(), 70);
}

TEST_F(ClientTest, BASIC_021_overlapping_similar_the_lower_primacy_runs) {
    controls[1] = {{"A1", 20, 30, 60}};
    controls[5] = {{"B1", 20, 30, 30}};
    run(25);
    EXPECT_EQ(limit(), 60);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2));
    EXPECT_THAT(statuses("B1"), ElementsAre(1, 7));
}

TEST_F(ClientTest, BASIC_023_one_that_runs_gives_way_when_the_better_starts) {
    controls[1] = {{"A1", 30, 20, 60}};
    controls[5] = {{"B1", 10, 60, 30}};
    run(15);
    EXPECT_EQ(limit(), 30);
    run(35);
    EXPECT_EQ(limit(), 60);
    EXPECT_THAT(statuses("B1"), ElementsAre(1, 2, 7));
    run(55);
    EXPECT_EQ(limit(), 100);  // superseded stays over
}

TEST_F(ClientTest, of_equal_primacy_the_newest_wins) {
    controls[5] = {{"A1", 0, 60, 60, -1, 0}, {"B1", 0, 60, 30, -1, 5}};
    run(10);
    EXPECT_EQ(limit(), 30);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 7));
}

TEST_F(ClientTest, BASIC_024_independent_controls_run_side_by_side) {
    controls[1] = {{"A1", 10, 60, 50}};
    controls[5] = {{"B1", 10, 60, -1, 80}};
    run(15);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2));
    EXPECT_THAT(statuses("B1"), ElementsAre(1, 2));
    const Wanted wanted = client.wanted(now);
    EXPECT_EQ(wanted.setpoint_mw, -8 * kilowatt_mw);
    EXPECT_EQ(wanted.power(0), -5 * kilowatt_mw);
}

TEST_F(ClientTest, CORE_022_cancelled_while_it_runs) {
    controls[5] = {{"A1", 0, 600, 40}};
    run(5);
    EXPECT_EQ(limit(), 40);
    controls[5][0].status = 2;
    run(15);
    EXPECT_EQ(limit(), 100);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2, 6));
}

TEST_F(ClientTest, superseded_by_the_server) {
    controls[5] = {{"A1", 0, 600, 40}};
    run(5);
    controls[5][0].status = 4;
    run(15);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2, 7));
}

TEST_F(ClientTest, a_control_that_vanishes_is_over_without_a_word) {
    controls[5] = {{"A1", 0, 600, 40}};
    run(5);
    controls[5].clear();
    run(15);
    EXPECT_EQ(limit(), 100);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2));
    EXPECT_EQ(client.controls(), 0u);
}

TEST_F(ClientTest, a_control_that_leaves_the_list_at_its_end_is_completed) {
    controls[5] = {{"A1", 0, 21, 40}};
    run(19);
    controls[5].clear();  // the server's clock is a little ahead: its list of t0 + 20 has it no more
    run(25);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2, 3));
}

TEST_F(ClientTest, CORE_021_randomized_start_is_within_its_range_and_stays) {
    int late = 0;
    for (int i = 0; i < 16; ++i)
        controls[5].push_back({"A" + hex_of(static_cast<unsigned>(i), 1), 100 * i + 100, 50, 40, -1, 0, 0, 30});
    for (int i = 0; i < 16; ++i) {
        run(100 * i + 99);
        EXPECT_EQ(limit(), 100) << i;
        run(100 * i + 110);
        late += limit() == 100 ? 1 : 0;
        run(100 * i + 131);
        EXPECT_EQ(limit(), 40) << i;
    }
    EXPECT_GT(late, 2);
    EXPECT_LT(late, 16);
}

TEST_F(ClientTest, G12_without_the_server_the_event_ends_and_the_default_holds) {
    fallbacks[5] = 80;
    controls[5] = {{"A1", 10, 60, 40}};
    run(15);
    for (int second = 15; second < 100; ++second) {
        now = t0 + second * second_us;
        if (client.next(now)) client.failed(now, "unreachable");
        EXPECT_EQ(limit(), second < 70 ? 40 : 80) << second;
    }
    run(200);
    EXPECT_THAT(statuses("A1"), ElementsAre(1, 2, 3));  // told once the server is back
}

TEST_F(ClientTest, failures_are_retried_later_and_later) {
    run(1);
    std::vector<model::Us> tries;
    for (now = t0 + 20 * second_us; now < t0 + 200 * second_us; now += second_us / 4) {
        if (!client.next(now)) continue;
        tries.push_back(now);
        client.failed(now, "unreachable");
    }
    ASSERT_GE(tries.size(), 5u);
    EXPECT_EQ(tries[1] - tries[0], second_us);
    EXPECT_EQ(tries[3] - tries[2], 4 * second_us);
    EXPECT_LE(tries.size(), 10u);
    EXPECT_THAT(client.problem(), testing::HasSubstr("unreachable"));
}

TEST_F(ClientTest, an_overloaded_server_is_asked_again_later) {
    const auto request = client.next(now);
    ASSERT_TRUE(request);
    client.receive(now, {429, {}, ""});
    EXPECT_FALSE(client.next(now));
    const auto again = client.next(now + second_us);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->target, request->target);
}

TEST_F(ClientTest, CORE_005_events_go_by_the_servers_clock) {
    clock_s = 100;
    controls[5] = {{"A1", 120, 60, 40}};  // in twenty of our seconds
    run(10);
    EXPECT_EQ(limit(), 100);
    run(25);
    EXPECT_EQ(limit(), 40);
}

TEST_F(ClientTest, long_lists_are_read_page_by_page) {
    controls[5] = {};
    run(1);
    // A server that gives two at a time.
    std::vector<ControlSpec> specs;
    for (int i = 0; i < 5; ++i) specs.push_back({"A" + std::to_string(i) + "0", 1000 + i, 1, 40});
    now = t0 + 20 * second_us;
    while (auto request = client.next(now)) {
        http::Response response = answer(*request);
        if (request->path() == "/p5/derc") {
            const auto start = static_cast<std::size_t>(request->target[request->target.find("s=") + 2] - '0');
            auto list = list_of(specs);
            sep::DERControlList page = list;
            page.DERControl.clear();
            for (std::size_t i = start; i < std::min(start + 2, specs.size()); ++i)
                page.DERControl.push_back(list.DERControl[i]);
            response.body = wire::to_xml(page);
        }
        client.receive(now, response);
    }
    EXPECT_EQ(client.controls(), 5u);
}

TEST_F(ClientTest, is_not_on_the_servers_list) {
    ClientOptions other = options();
    other.lfdi = pv_lfdi;
    client = Client(other);
    run(1);
    EXPECT_EQ(client.problem(), "the server does not list this device");
}

TEST_F(ClientTest, answers_that_cannot_be_read_change_nothing) {
    controls[5] = {{"A1", 0, 600, 40}};
    run(5);
    now = t0 + 15 * second_us;
    while (auto request = client.next(now)) client.receive(now, {200, {}, "<broken"});
    EXPECT_EQ(limit(), 40);
    EXPECT_NE(client.problem(), "");
}

TEST_F(ClientTest, only_one_request_is_on_its_way) {
    ASSERT_TRUE(client.next(now));
    EXPECT_FALSE(client.next(now));
    EXPECT_EQ(client.next_due(), model::never);
}

}  // namespace
}  // namespace busbar::ieee2030_5
