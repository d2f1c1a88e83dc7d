// Mirrors and readings: whose they are, which way is positive, what becomes a sample.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocols/ieee2030_5/metering.hpp"
#include "protocols/ieee2030_5/test_support.hpp"

namespace busbar::ieee2030_5 {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::string_view ns = " xmlns=\"urn:ieee:std:2030.5:ns\"";

struct Type {
    int uom = 38;
    int flow = 1;
    int multiplier = 0;
    int qualifier = 0;
    int accumulation = 0;
    int phase = 0;
};

std::string type_xml(const Type& t) {
    const auto element = [](const char* name, int value) {
        return "<" + std::string(name) + ">" + std::to_string(value) + "</" + name + ">";
    };
    return "<ReadingType>" + element("accumulationBehaviour", t.accumulation) + element("dataQualifier", t.qualifier) +
           (t.flow < 0 ? std::string() : element("flowDirection", t.flow)) + element("phase", t.phase) +
           element("powerOfTenMultiplier", t.multiplier) + element("uom", t.uom) + "</ReadingType>";
}

std::string meter_xml(const std::string& mrid, const std::string& inside, std::string_view attributes = {}) {
    return "<MirrorMeterReading" + std::string(attributes) + "><mRID>" + mrid + "</mRID>" + inside +
           "</MirrorMeterReading>";
}

std::string value_xml(long long value, const std::string& period = {}) {
    return "<Reading>" + period + "<value>" + std::to_string(value) + "</value></Reading>";
}

std::string period_xml(long long start, int duration) {
    return "<timePeriod><duration>" + std::to_string(duration) + "</duration><start>" + std::to_string(start) +
           "</start></timePeriod>";
}

std::string mirror_xml(const std::string& lfdi, const std::string& mrid, const std::string& meters,
                       const std::string& roles = "49") {
    return "<MirrorUsagePoint" + std::string(ns) + "><mRID>" + mrid + "</mRID><roleFlags>" + roles +
           "</roleFlags><serviceCategoryKind>0</serviceCategoryKind><status>1</status><deviceLFDI>" + lfdi +
           "</deviceLFDI>" + meters + "</MirrorUsagePoint>";
}

struct Mirrors : testing::Test {
    Bench bench;

    http::Response post(const std::string& body, const std::string& path = "/mup") {
        return bench.ask(battery_lfdi, "POST", path, body);
    }
    // A mirror with one meter reading of a type, and the power of one reading posted to it.
    std::vector<model::Sample> measured(const Type& type, long long value, const std::string& roles = "49") {
        post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml(type)), roles));
        post(meter_xml("B1", value_xml(value), ns), "/mup/1");
        return bench.samples();
    }
    model::MilliW power(const Type& type, long long value, const std::string& roles = "49") {
        const auto samples = measured(type, value, roles);
        return samples.empty() || !samples[0].power_mw ? -999 : *samples[0].power_mw;
    }
};

TEST_F(Mirrors, S_ALL_06_mirror_is_created_and_reads_back) {
    const http::Response response = post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({}))));
    EXPECT_EQ(response.status, 201);
    EXPECT_EQ(response.header("Location"), "/mup/1");
    const auto mirror = bench.get<sep::MirrorUsagePoint>(battery_lfdi, "/mup/1");
    EXPECT_EQ(mirror.mRID, "A1");
    EXPECT_EQ(mirror.roleFlags, "49");
    EXPECT_EQ(*mirror.MirrorMeterReading.at(0).ReadingType->uom, 38);
    EXPECT_EQ(*mirror.postRate, 10u);  // S-OPT-05: the server says how often
    EXPECT_EQ(bench.get<sep::MirrorUsagePointList>(battery_lfdi, "/mup?l=9").MirrorUsagePoint.size(), 1u);
}

TEST_F(Mirrors, S_ALL_07_the_same_mrid_updates) {
    post(mirror_xml(battery_lfdi, "AA", meter_xml("BB", type_xml({})), "03"));
    const http::Response response = post(mirror_xml(battery_lfdi, "aa", meter_xml("BB", type_xml({.uom = 63})), "49"));
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.header("Location"), "/mup/1");
    const auto list = bench.get<sep::MirrorUsagePointList>(battery_lfdi, "/mup?l=9").MirrorUsagePoint;
    ASSERT_EQ(list.size(), 1u);
    EXPECT_EQ(list[0].roleFlags, "49");
    ASSERT_EQ(list[0].MirrorMeterReading.size(), 1u);
    EXPECT_EQ(*list[0].MirrorMeterReading[0].ReadingType->uom, 63);
}

TEST_F(Mirrors, S_ALL_05_another_devices_lfdi_mirror_and_mrid_are_refused) {
    EXPECT_EQ(post(mirror_xml(pv_lfdi, "A1", "")).status, 403);
    EXPECT_TRUE(bench.noted("foreign_lfdi"));
    bench.ask(pv_lfdi, "POST", "/mup", mirror_xml(pv_lfdi, "A1", meter_xml("B1", type_xml({}))));
    EXPECT_EQ(post(mirror_xml(battery_lfdi, "A2", meter_xml("b1", type_xml({})))).status, 403);
    EXPECT_TRUE(bench.noted("foreign_mrid"));
    EXPECT_EQ(post(meter_xml("B1", value_xml(1), ns), "/mup/1").status, 404);
    EXPECT_TRUE(bench.noted("foreign_resource"));
    EXPECT_THAT(bench.samples(), IsEmpty());
    EXPECT_EQ(bench.get<sep::MirrorUsagePointList>(battery_lfdi, "/mup?l=9").all.value, 0u);
}

TEST_F(Mirrors, the_same_mirror_mrid_of_two_devices_are_two_mirrors) {
    post(mirror_xml(battery_lfdi, "A1", ""));
    EXPECT_EQ(bench.ask(pv_lfdi, "POST", "/mup", mirror_xml(pv_lfdi, "A1", "")).status, 201);
}

// ---- which way is positive -----------------------------------------------------------------------------------------

TEST_F(Mirrors, forward_is_import) {
    EXPECT_EQ(power({.flow = 1}, 1500), 1'500'000);
    EXPECT_EQ(power({.flow = 1}, -1500), -1'500'000);
}
TEST_F(Mirrors, reverse_is_export) {
    EXPECT_EQ(power({.flow = 19}, 1500), -1'500'000);
}
TEST_F(Mirrors, a_der_without_a_direction_counts_what_it_delivers) {
    EXPECT_EQ(power({.flow = 0}, 1500), -1'500'000);
}
TEST_F(Mirrors, a_der_that_states_no_direction_either) {
    EXPECT_EQ(power({.flow = -1}, 1500, "08"), -1'500'000);
}
TEST_F(Mirrors, without_a_role_and_a_direction_positive_is_import) {
    EXPECT_EQ(power({.flow = 0}, 1500, "01"), 1'500'000);
}
TEST_F(Mirrors, a_der_at_the_premises_connection_without_a_direction_is_import) {
    EXPECT_EQ(power({.flow = 0}, 1500, "0B"), 1'500'000);
}

TEST_F(Mirrors, both_directions_at_once_are_one_power) {
    post(mirror_xml(battery_lfdi, "A1",
                    meter_xml("B1", type_xml({.flow = 1})) + meter_xml("B2", type_xml({.flow = 19}))));
    post("<MirrorMeterReadingList" + std::string(ns) + ">" + meter_xml("B1", value_xml(300)) +
             meter_xml("B2", value_xml(1000)) + "</MirrorMeterReadingList>",
         "/mup/1");
    ASSERT_THAT(bench.samples(), SizeIs(1));
    EXPECT_EQ(bench.samples()[0].power_mw, -700'000);
}

TEST_F(Mirrors, phases_are_summed_unless_there_is_a_total) {
    const std::string phases = meter_xml("B1", type_xml({.phase = 128}) + "") +
                               meter_xml("B2", type_xml({.phase = 64})) + meter_xml("B3", type_xml({.phase = 32}));
    post(mirror_xml(battery_lfdi, "A1", phases + meter_xml("B4", type_xml({.phase = 224}))));
    const std::string three =
        meter_xml("B1", value_xml(100)) + meter_xml("B2", value_xml(200)) + meter_xml("B3", value_xml(300));
    const auto send = [&](const std::string& meters) {
        post("<MirrorMeterReadingList" + std::string(ns) + ">" + meters + "</MirrorMeterReadingList>", "/mup/1");
        return bench.samples().at(0).power_mw;
    };
    EXPECT_EQ(send(three), 600'000);
    EXPECT_EQ(send(three + meter_xml("B4", value_xml(610))), 610'000);
}

// ---- units, times, qualities ---------------------------------------------------------------------------------------

TEST_F(Mirrors, multipliers_are_exact) {
    EXPECT_EQ(power({.multiplier = 3}, 15), 15'000'000);
    EXPECT_EQ(power({.multiplier = -3}, 1'234'567), 1'234'567);
    EXPECT_EQ(power({.multiplier = -1}, -5), -500);
}

TEST_F(Mirrors, energy_goes_to_the_register_of_its_direction) {
    EXPECT_EQ(measured({.uom = 72, .flow = 1, .accumulation = 9}, 12).at(0).import_mwh, 12'000);
    EXPECT_EQ(measured({.uom = 72, .flow = 19, .accumulation = 9}, 13).at(0).export_mwh, 13'000);
    EXPECT_THAT(measured({.uom = 72, .flow = 19, .accumulation = 9}, -1), IsEmpty());
}

TEST_F(Mirrors, differences_of_energy_are_summed_over_a_restart) {
    const Type delta{.uom = 72, .flow = 19, .accumulation = 4};
    EXPECT_EQ(measured(delta, 5).at(0).export_mwh, 5'000);
    Server restored{Policy{}};
    bench.restore_into(restored);
    bench.server = std::move(restored);
    post(meter_xml("B1", value_xml(7), ns), "/mup/1");
    EXPECT_EQ(bench.samples().at(0).export_mwh, 12'000);
}

TEST_F(Mirrors, voltage_and_frequency) {
    EXPECT_EQ(measured({.uom = 29, .multiplier = -1, .phase = 129}, 2'301).at(0).voltage_mv, 230'100);
    EXPECT_EQ(measured({.uom = 33, .multiplier = -2}, 4'998).at(0).frequency_mhz, 49'980);
}

TEST_F(Mirrors, maxima_and_other_units_are_kept_but_no_samples) {
    EXPECT_THAT(measured({.qualifier = 8}, 5), IsEmpty());
    EXPECT_THAT(measured({.uom = 63}, 5), IsEmpty());
    EXPECT_EQ(*bench.get<sep::MirrorUsagePoint>(battery_lfdi, "/mup/1").MirrorMeterReading.at(0).Reading->value, 5);
}

TEST_F(Mirrors, readings_are_of_the_end_of_their_time) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({.qualifier = 2}))));
    post(meter_xml("B1", value_xml(1, period_xml(1'759'999'000, 300)), ns), "/mup/1");
    EXPECT_EQ(bench.samples().at(0).measured_us, 1'759'999'300 * model::second_us);
    post(meter_xml("B1", value_xml(1, period_xml(1'760'000'000, 300)), ns), "/mup/1");
    EXPECT_EQ(bench.samples().at(0).measured_us, bench.now);  // no reading of the future
}

TEST_F(Mirrors, twelve_times_five_minutes_in_one_post) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({.qualifier = 2}))));
    std::string set = "<MirrorReadingSet><mRID>C1</mRID>" + period_xml(1'759'996'400, 3600);
    for (int i = 0; i < 12; ++i) set += "<Reading><value>" + std::to_string(i) + "</value></Reading>";
    post(meter_xml("B1", set + "</MirrorReadingSet>", ns), "/mup/1");
    const auto samples = bench.samples();
    ASSERT_THAT(samples, SizeIs(12));
    for (std::size_t i = 0; i < 12; ++i) {
        EXPECT_EQ(samples[i].power_mw, static_cast<model::MilliW>(i) * 1000);
        EXPECT_EQ(samples[i].measured_us, (1'759'996'400 + 300 * (static_cast<model::Us>(i) + 1)) * model::second_us);
    }
}

TEST_F(Mirrors, readings_of_a_clock_that_was_set_back_are_not_old) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({}))));
    for (int i = 0; i < 4; ++i) {
        bench.now += 60 * model::second_us;
        const model::Us back_us = i < 2 ? 0 : 600 * model::second_us;
        const std::string period = period_xml((bench.now - back_us) / model::second_us, 0);
        post(meter_xml("B1", value_xml(1, period), ns), "/mup/1");
        EXPECT_EQ(bench.samples().at(0).measured_us, bench.now) << i;
    }
}

TEST_F(Mirrors, readings_that_waited_keep_their_time) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({}))));
    const auto post_of = [&](model::Us at_us) {
        post(meter_xml("B1", value_xml(1, period_xml(at_us / model::second_us, 0)), ns), "/mup/1");
        return bench.samples().at(0).measured_us;
    };
    const model::Us away_us = bench.now;
    post_of(away_us);
    bench.now += 600 * model::second_us;
    post_of(bench.now);
    for (int i = 1; i < 5; ++i) EXPECT_EQ(post_of(away_us + i * model::minute_us), away_us + i * model::minute_us);
}

TEST_F(Mirrors, quality_flags) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({}))));
    const auto quality = [&](const char* flags) {
        post(
            meter_xml("B1",
                      "<Reading><qualityFlags>" + std::string(flags) + "</qualityFlags><value>1</value></Reading>", ns),
            "/mup/1");
        return bench.samples().at(0).quality;
    };
    EXPECT_EQ(quality("01"), model::Quality::good);
    EXPECT_EQ(quality("0004"), model::Quality::estimated);
    EXPECT_EQ(quality("0011"), model::Quality::questionable);
}

TEST_F(Mirrors, premises_are_not_the_devices_power) {
    EXPECT_THAT(measured({}, 1500, "03"), IsEmpty());
    EXPECT_EQ(*bench.get<sep::MirrorUsagePoint>(battery_lfdi, "/mup/1").MirrorMeterReading.at(0).Reading->value, 1500);
}

TEST_F(Mirrors, readings_may_come_with_the_mirror_itself) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", value_xml(42) + type_xml({}))));
    EXPECT_EQ(bench.samples().at(0).power_mw, 42'000);
}

// ---- limits and refusals -------------------------------------------------------------------------------------------

TEST_F(Mirrors, S_ALL_47_readings_beyond_their_type_are_refused) {
    EXPECT_THAT(measured({.multiplier = 0}, 3'000'000'000'000'000), IsEmpty());
    EXPECT_EQ(post(meter_xml("B1", value_xml(3'000'000'000'000'000), ns), "/mup/1").status, 400);
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({.multiplier = 9}))));
    EXPECT_EQ(post(meter_xml("B1", value_xml(100'000'000'000), ns), "/mup/1").status, 400);
    EXPECT_EQ(post(meter_xml("B1", value_xml(1), ns), "/mup/1").status, 201);
}

TEST_F(Mirrors, readings_of_an_unknown_type_are_refused_and_nothing_is_kept) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({}))));
    const std::string body = "<MirrorMeterReadingList" + std::string(ns) + ">" + meter_xml("B1", value_xml(7)) +
                             meter_xml("B9", value_xml(1)) + "</MirrorMeterReadingList>";
    EXPECT_EQ(post(body, "/mup/1").status, 400);
    EXPECT_THAT(bench.samples(), IsEmpty());
    const auto mirror = bench.get<sep::MirrorUsagePoint>(battery_lfdi, "/mup/1");
    ASSERT_EQ(mirror.MirrorMeterReading.size(), 1u);
    EXPECT_FALSE(mirror.MirrorMeterReading[0].Reading);
}

TEST_F(Mirrors, a_meter_reading_with_its_type_is_added) {
    post(mirror_xml(battery_lfdi, "A1", ""));
    EXPECT_EQ(post(meter_xml("B1", value_xml(7) + type_xml({}), ns), "/mup/1").status, 201);
    EXPECT_EQ(bench.samples().at(0).power_mw, 7'000);
}

TEST_F(Mirrors, mirrors_meter_readings_and_readings_are_bounded) {
    for (int i = 0; i < 8; ++i) EXPECT_EQ(post(mirror_xml(battery_lfdi, "A" + std::to_string(i), "")).status, 201);
    EXPECT_EQ(post(mirror_xml(battery_lfdi, "AF", "")).status, 400);
    std::string meters;
    for (int i = 10; i < 43; ++i) meters += meter_xml("B" + std::to_string(i), type_xml({}));
    EXPECT_EQ(post(mirror_xml(battery_lfdi, "A1", meters)).status, 400);
    std::string set = "<MirrorReadingSet><mRID>C1</mRID>" + period_xml(1, 1);
    for (int i = 0; i < 1025; ++i) set += "<Reading><value>1</value></Reading>";
    EXPECT_EQ(post(meter_xml("B1", set + "</MirrorReadingSet>" + type_xml({}), ns), "/mup/1").status, 400);
}

TEST_F(Mirrors, put_replaces_and_delete_removes) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({}))));
    EXPECT_EQ(bench.ask(battery_lfdi, "PUT", "/mup/1", mirror_xml(battery_lfdi, "A1", "", "03")).status, 204);
    EXPECT_EQ(bench.get<sep::MirrorUsagePoint>(battery_lfdi, "/mup/1").roleFlags, "03");
    EXPECT_EQ(bench.ask(pv_lfdi, "DELETE", "/mup/1").status, 404);
    EXPECT_EQ(bench.ask(battery_lfdi, "DELETE", "/mup/1").status, 204);
    EXPECT_EQ(bench.ask(battery_lfdi, "GET", "/mup/1").status, 404);
}

TEST_F(Mirrors, readings_alone_write_no_document) {
    post(mirror_xml(battery_lfdi, "A1", meter_xml("B1", type_xml({}))));
    post(meter_xml("B1", value_xml(7), ns), "/mup/1");
    EXPECT_THAT(bench.changes.documents, IsEmpty());
}

}  // namespace
}  // namespace busbar::ieee2030_5
