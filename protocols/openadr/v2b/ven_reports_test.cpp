// EiReport at the VEN, rule by rule.
#include "protocols/openadr/v2b/ven_test.hpp"

namespace busbar::openadr::v2b {

class VenReportTest : public VenTest {
  protected:
    void SetUp() override {
        VtnSettings silent;
        silent.request_reports = false;
        vtn = Vtn(silent);
        settle();
    }
    static Payload create(std::string specifier, std::vector<std::string> rids, Us granularity, Us back,
                          std::string id = "r1") {
        Payload payload;
        OadrCreateReport& create = payload.oadrCreateReport.emplace();
        create.requestID = "q";
        OadrReportRequest& request = create.oadrReportRequest.emplace_back();
        request.reportRequestID = Id(std::move(id));
        request.reportSpecifier.reportSpecifierID = Id(std::move(specifier));
        request.reportSpecifier.granularity.duration = Duration(granularity);
        request.reportSpecifier.reportBackDuration.duration = Duration(back);
        for (std::string& rid : rids) request.reportSpecifier.specifierPayload.emplace_back().rID = Id(std::move(rid));
        for (SpecifierPayload& wanted : request.reportSpecifier.specifierPayload)
            wanted.readingType = "x-notApplicable";
        return payload;
    }
    // The answer of the VEN to what the VTN asks by poll.
    template <class T>
    std::optional<T> answer_to(Payload payload, std::optional<T> Payload::*member) {
        vtn.push(std::move(payload));
        now += 12 * second_us;
        std::optional<T> found;
        while (const std::optional<http::Request> request = exchange()) {
            Message message;
            EXPECT_EQ(read_message(request->body, message), std::nullopt);
            if (message.payload.*member) found = message.payload.*member;
        }
        return found;
    }
    double value(std::size_t report, std::size_t interval, std::size_t point = 0) const {
        return vtn.reports()
            .at(report)
            .intervals->interval.at(interval)
            .oadrReportPayload.at(point)
            .payloadFloat->value;
    }
};

TEST_F(VenReportTest, rule_301_metadata_of_usage_and_status_is_registered) {
    ASSERT_EQ(vtn.metadata().size(), 2U);
    const OadrReport& usage = vtn.metadata()[0];
    EXPECT_EQ(usage.reportName, Id("METADATA_TELEMETRY_USAGE"));
    EXPECT_EQ(usage.reportRequestID, "0");  // rule 311
    EXPECT_FALSE(usage.intervals);          // rule 305
    ASSERT_EQ(usage.oadrReportDescription.size(), 2U);
    EXPECT_EQ(usage.oadrReportDescription[0].rID, "site_power");
    EXPECT_TRUE(usage.oadrReportDescription[0].powerReal);
    EXPECT_TRUE(usage.oadrReportDescription[0].oadrSamplingRate);  // rule 333
    EXPECT_GE(usage.duration->duration.us,
              usage.oadrReportDescription[0].oadrSamplingRate->oadrMaxPeriod.us);  // rule 312
    EXPECT_EQ(vtn.metadata()[1].oadrReportDescription.at(0).reportType, "x-resourceStatus");
}

TEST_F(VenReportTest, rule_329_a_requested_report_is_pending) {
    const auto created = answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 30 * second_us),
                                   &Payload::oadrCreatedReport);
    ASSERT_TRUE(created);
    EXPECT_EQ(created->eiResponse.responseCode, "200");
    EXPECT_EQ(created->eiResponse.requestID, "q");  // rule 303
    EXPECT_EQ(created->oadrPendingReports.reportRequestID, List<Id>({Id("r1")}));
}

TEST_F(VenReportTest, rule_304_an_unknown_specifier_or_point_is_452) {
    for (const auto& [specifier, rid] : std::vector<std::pair<std::string, std::string>>{
             {"nothing", "site_power"}, {"telemetry_usage", "site_status"}, {"telemetry_usage", "other_power"}}) {
        const auto created = answer_to(create(specifier, {rid}, 0, 0), &Payload::oadrCreatedReport);
        ASSERT_TRUE(created);
        EXPECT_EQ(created->eiResponse.responseCode, "452") << specifier << ' ' << rid;
        EXPECT_TRUE(created->oadrPendingReports.reportRequestID.empty());
    }
}

TEST_F(VenReportTest, rule_304_a_request_that_names_another_ven_is_452) {
    Payload payload = create("telemetry_usage", {"site_power"}, 10 * second_us, 10 * second_us);
    payload.oadrCreateReport->venID = Id("ven-99");
    const auto created = answer_to(payload, &Payload::oadrCreatedReport);
    ASSERT_TRUE(created);
    EXPECT_EQ(created->eiResponse.responseCode, "452");
    EXPECT_TRUE(created->oadrPendingReports.reportRequestID.empty());
}

TEST_F(VenReportTest, periodic_usage_carries_mean_power_and_energy_of_each_interval) {
    ven.measured(now, "site", {10'000'000});
    answer_to(create("telemetry_usage", {"site_power", "site_energy"}, 10 * second_us, 30 * second_us),
              &Payload::oadrCreatedReport);
    const Us start = now;
    run_until(start + 15 * second_us);
    ven.measured(start + 15 * second_us, "site", {30'000'000});
    run_until(start + 31 * second_us);
    ASSERT_EQ(vtn.reports().size(), 1U);
    const OadrReport& report = vtn.reports()[0];
    EXPECT_EQ(report.reportName, Id("TELEMETRY_USAGE"));  // rule 313: no METADATA_
    EXPECT_EQ(report.reportRequestID, "r1");
    ASSERT_EQ(report.intervals->interval.size(), 3U);
    EXPECT_EQ(report.intervals->interval[0].dtstart->date_time.us, start);
    EXPECT_EQ(report.intervals->interval[0].duration->duration.us, 10 * second_us);  // rule 342
    EXPECT_DOUBLE_EQ(value(0, 0), 10'000);
    EXPECT_DOUBLE_EQ(value(0, 1), 20'000);  // half of it at 10 kW, half at 30
    EXPECT_DOUBLE_EQ(value(0, 2), 30'000);
    EXPECT_NEAR(value(0, 2, 1), 30'000 * 10 / 3600.0, 0.001);
}

TEST_F(VenReportTest, reports_follow_one_another_without_a_gap) {
    ven.measured(now, "site", {1'000'000});
    answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 20 * second_us), &Payload::oadrCreatedReport);
    run_until(now + 65 * second_us);
    ASSERT_GE(vtn.reports().size(), 3U);
    for (std::size_t i = 1; i < vtn.reports().size(); ++i) {
        const Interval& last = vtn.reports()[i - 1].intervals->interval.back();
        EXPECT_EQ(vtn.reports()[i].intervals->interval.front().dtstart->date_time.us,
                  last.dtstart->date_time.us + last.duration->duration.us);
    }
}

TEST_F(VenReportTest, a_report_that_is_late_has_whole_intervals_all_the_same) {
    ven.measured(now, "site", {1'000'000});
    answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 10 * second_us), &Payload::oadrCreatedReport);
    for (int i = 0; i < 5; ++i) {
        now += 11 * second_us + 1234;
        settle();
    }
    ASSERT_GE(vtn.reports().size(), 4U);
    for (const OadrReport& report : vtn.reports()) {
        for (const Interval& interval : report.intervals->interval) {
            EXPECT_EQ(interval.duration->duration.us, 10 * second_us);
            EXPECT_EQ(interval.dtstart->date_time.us % second_us, 0);
        }
    }
}

TEST_F(VenReportTest, extreme_durations_do_no_harm) {
    Payload payload = create("telemetry_usage", {"site_power"}, Duration::endless, Duration::endless);
    Properties& properties =
        payload.oadrCreateReport->oadrReportRequest[0].reportSpecifier.reportInterval.emplace().properties;
    properties.dtstart.date_time = DateTime(DateTime::now_sentinel);
    properties.duration.duration = Duration(Duration::endless);
    const auto created = answer_to(payload, &Payload::oadrCreatedReport);
    ASSERT_TRUE(created);
    EXPECT_EQ(created->eiResponse.responseCode, "200");
    run_until(now + 100 * second_us);
    EXPECT_TRUE(vtn.reports().empty());
}

TEST_F(VenReportTest, rule_324_back_duration_0_is_once_and_now) {
    ven.measured(now, "site", {5'000'000});
    answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 0), &Payload::oadrCreatedReport);
    ASSERT_EQ(vtn.reports().size(), 1U);
    EXPECT_EQ(vtn.reports()[0].intervals->interval.size(), 1U);
    EXPECT_DOUBLE_EQ(value(0, 0), 5'000);
    run_until(now + 100 * second_us);
    EXPECT_EQ(vtn.reports().size(), 1U);
}

TEST_F(VenReportTest, rule_325_a_report_interval_says_when_to_begin_and_to_end) {
    Payload payload = create("telemetry_usage", {"site_power"}, 10 * second_us, 10 * second_us);
    Properties& properties =
        payload.oadrCreateReport->oadrReportRequest[0].reportSpecifier.reportInterval.emplace().properties;
    properties.dtstart.date_time = DateTime(now + 60 * second_us);
    properties.duration.duration = Duration(30 * second_us);
    answer_to(payload, &Payload::oadrCreatedReport);
    run_until(noon + 59 * second_us);
    EXPECT_TRUE(vtn.reports().empty());
    run_until(noon + 61 * second_us);
    EXPECT_EQ(vtn.reports().size(), 1U);  // dtstart is the first report
    run_until(noon + 200 * second_us);
    EXPECT_EQ(vtn.reports().size(), 4U);
    const Interval& last = vtn.reports().back().intervals->interval.back();
    EXPECT_EQ(last.dtstart->date_time.us + last.duration->duration.us, noon + 90 * second_us);
}

TEST_F(VenReportTest, rule_318_without_data_the_quality_is_bad) {
    answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 0), &Payload::oadrCreatedReport);
    ASSERT_EQ(vtn.reports().size(), 1U);
    EXPECT_EQ(vtn.reports()[0].intervals->interval[0].oadrReportPayload.at(0).oadrDataQuality,
              Id("Quality Bad - Non Specific"));
}

TEST_F(VenReportTest, rule_334_status_says_online_and_override) {
    ven.measured(now, "site", {5'000'000, model::Quality::good, true, true});
    answer_to(create("telemetry_status", {"site_status"}, 10 * second_us, 0), &Payload::oadrCreatedReport);
    ASSERT_EQ(vtn.reports().size(), 1U);
    const Interval& interval = vtn.reports()[0].intervals->interval.at(0);
    EXPECT_FALSE(interval.duration);  // rule 342: point data
    EXPECT_TRUE(interval.oadrReportPayload.at(0).oadrPayloadResourceStatus->oadrOnline);
    EXPECT_TRUE(interval.oadrReportPayload.at(0).oadrPayloadResourceStatus->oadrManualOverride);
}

TEST_F(VenReportTest, rule_344_a_request_may_ride_on_the_registration) {
    vtn = Vtn(VtnSettings{});
    use(policy());
    settle();
    EXPECT_EQ(count("oadrCreatedReport"), 1);
    run_until(now + 25 * second_us);
    EXPECT_GE(vtn.reports().size(), 4U);  // usage and status, twice
}

TEST_F(VenReportTest, rule_327_metadata_may_be_asked_for_again) {
    const auto metadata = answer_to(create("METADATA", {"0"}, 0, 0, "m1"), &Payload::oadrRegisterReport);
    ASSERT_TRUE(metadata);
    EXPECT_EQ(metadata->reportRequestID, Id("m1"));  // rule 311
    EXPECT_EQ(metadata->oadrReport.size(), 2U);
}

TEST_F(VenReportTest, rule_336_a_cancelled_report_stops) {
    answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 10 * second_us), &Payload::oadrCreatedReport);
    Payload cancel;
    cancel.oadrCancelReport.emplace().reportRequestID = {Id("r1")};
    cancel.oadrCancelReport->requestID = "q2";
    const auto canceled = answer_to(cancel, &Payload::oadrCanceledReport);
    ASSERT_TRUE(canceled);
    EXPECT_EQ(canceled->eiResponse.responseCode, "200");
    EXPECT_TRUE(canceled->oadrPendingReports.reportRequestID.empty());
    const std::size_t before = vtn.reports().size();
    run_until(now + 60 * second_us);
    EXPECT_EQ(vtn.reports().size(), before);
    const auto again = answer_to(cancel, &Payload::oadrCanceledReport);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->eiResponse.responseCode, "452");
}

TEST_F(VenReportTest, rule_345_one_last_report_may_follow) {
    answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 1000 * second_us), &Payload::oadrCreatedReport);
    Payload cancel;
    cancel.oadrCancelReport.emplace().reportRequestID = {Id("r1")};
    cancel.oadrCancelReport->reportToFollow = true;
    answer_to(cancel, &Payload::oadrCanceledReport);
    EXPECT_EQ(vtn.reports().size(), 1U);
}

TEST_F(VenReportTest, as_many_reports_as_can_be_made_and_no_more) {
    VenPolicy small = policy();
    small.max_reports = 2;
    use(small);
    settle();
    for (const char* id : {"a", "b"}) {
        answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 10 * second_us, id),
                  &Payload::oadrCreatedReport);
    }
    const auto third = answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 10 * second_us, "c"),
                                 &Payload::oadrCreatedReport);
    ASSERT_TRUE(third);
    EXPECT_EQ(third->eiResponse.responseCode, "469");
    EXPECT_EQ(third->oadrPendingReports.reportRequestID.size(), 2U);
}

TEST_F(VenReportTest, reports_of_the_core_are_telemetry_unless_something_measures) {
    model::EventReport report;
    report.event = "ven:upstream:e1";
    report.at_us = now;
    report.resources = 4;
    report.opted_out = 1;
    model::IntervalDelivery interval;
    interval.start_us = now - second_us;
    interval.end_us = now + second_us;
    interval.measured_mw = 12'000'000;
    report.intervals.push_back(interval);
    ven.report(now, report, changes);
    answer_to(create("telemetry_usage", {"site_power"}, 10 * second_us, 0), &Payload::oadrCreatedReport);
    ASSERT_EQ(vtn.reports().size(), 1U);
    EXPECT_DOUBLE_EQ(value(0, 0), 12'000);
}

TEST_F(VenReportTest, rule_510_at_least_100_points_are_kept) {
    VenPolicy small = policy();
    small.samples_kept = 1;
    use(small);
    settle();
    for (int i = 0; i < 100; ++i) ven.measured(now + i * second_us, "site", {i * 1'000'000});
    now += 100 * second_us;
    Payload payload = create("telemetry_usage", {"site_power"}, second_us, 100 * second_us);
    answer_to(payload, &Payload::oadrCreatedReport);
    run_until(now + 101 * second_us);
    ASSERT_FALSE(vtn.reports().empty());
    EXPECT_EQ(vtn.reports().back().intervals->interval.size(), 100U);
}

TEST_F(VenReportTest, a_report_that_the_vtn_sends_us_is_refused) {
    Payload update;
    update.oadrUpdateReport.emplace().requestID = "u";
    const auto reply = answer_to(update, &Payload::oadrUpdatedReport);
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->eiResponse.responseCode, "452");
}

TEST_F(VenReportTest, everything_sent_is_valid_by_the_records) {
    ven.measured(now, "site", {5'000'000});
    vtn.push(create("telemetry_usage", {"site_power", "site_energy"}, 10 * second_us, 10 * second_us));
    now += 12 * second_us;
    for (int i = 0; i < 30; ++i) {
        while (const std::optional<http::Request> request = exchange()) {
            Message message;
            EXPECT_EQ(read_message(request->body, message), std::nullopt) << request->body;
        }
        now += 5 * second_us;
    }
}

}  // namespace busbar::openadr::v2b
