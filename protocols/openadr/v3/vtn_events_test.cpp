// Events and reports of the VTN.
#include "protocols/openadr/v3/vtn_test.hpp"

namespace busbar::openadr::v3 {

class VtnEventsTest : public VtnTest {
  protected:
    const model::GridEvent& handed_on() const {
        EXPECT_EQ(changes.inputs.size(), 1U);
        static const model::GridEvent none;
        return changes.inputs.empty() || !changes.inputs[0].event ? none : *changes.inputs[0].event;
    }
    // A report of the core on the three intervals of three_intervals(), of which `done` are over.
    static model::EventReport delivery(const std::string& id, int done) {
        model::EventReport report;
        report.event = "vtn:" + id;
        report.status = model::EventStatus::active;
        report.at_us = noon + 20 * model::second_us * done + 5 * model::second_us;
        report.resources = 4;
        for (int i = 0; i < 3; ++i) {
            model::IntervalDelivery interval;
            interval.native_id = std::to_string(i);
            interval.start_us = noon + 20 * model::second_us * i;
            interval.end_us = interval.start_us + 20 * model::second_us;
            interval.has_order = true;
            interval.ordered_mw = 10'000'000;
            interval.measured_mw = 9'000'000;
            interval.delivered_mwh = i < done ? 50'000 : 0;
            interval.final = i < done;
            report.intervals.push_back(interval);
        }
        report.final = done == 3;
        return report;
    }
    std::vector<Report> reports(const std::string& query = "") {
        return read<std::vector<Report>>(get("/reports" + query));
    }
    static const ValuesMap* payload(const Report& report, std::size_t interval, std::string_view type) {
        for (const ValuesMap& payload : report.resources.at(0).intervals.at(interval).payloads) {
            if (payload.type == type) return &payload;
        }
        return nullptr;
    }
    static double number(const Report& report, std::size_t interval, std::string_view type) {
        const ValuesMap* found = payload(report, interval, type);
        EXPECT_TRUE(found) << type;
        return found ? found->values.at(0).number().value_or(-1) : -1;
    }
    static std::string text(const Report& report, std::size_t interval, std::string_view type) {
        const ValuesMap* found = payload(report, interval, type);
        return found ? std::string(found->values.at(0).string().value_or("")) : "";
    }
};

TEST_F(VtnEventsTest, a_new_event_is_handed_on) {
    const std::string id = event();
    const model::GridEvent& grid = handed_on();
    EXPECT_EQ(grid.id, "vtn:" + id);
    EXPECT_EQ(grid.source, "vtn");
    EXPECT_EQ(grid.native_id, id);
    EXPECT_EQ(grid.program, "dr");
    EXPECT_EQ(grid.name, "walk");
    EXPECT_EQ(grid.revision, 0U);
    ASSERT_EQ(grid.intervals.size(), 3U);
    EXPECT_EQ(grid.intervals[2].signals.at(0).power_mw, -5'000'000);
}

TEST_F(VtnEventsTest, what_was_posted_is_what_is_read) {
    const std::string id = event();
    const Event seen = read<Event>(get("/events/" + id));
    EXPECT_EQ(seen.objectType, "EVENT");
    EXPECT_EQ(seen.intervals->size(), 3U);
    EXPECT_EQ(seen.intervalPeriod->start->us, noon);
}

TEST_F(VtnEventsTest, a_put_raises_the_revision) {
    const std::string id = event();
    const http::Response response = put("/events/" + id, three_intervals("program-1"));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(handed_on().revision, 1U);
    EXPECT_EQ(handed_on().id, "vtn:" + id);
}

TEST_F(VtnEventsTest, the_same_event_twice_is_two_events) {
    const std::string first = event();
    const std::string second = read<Event>(post("/events", three_intervals("program-1"))).id;
    EXPECT_NE(first, second);
    EXPECT_EQ(handed_on().id, "vtn:" + second);
}

TEST_F(VtnEventsTest, an_event_in_the_past_is_taken_as_it_is) {
    const std::string id = program();
    const http::Response response =
        post("/events", R"({"programID":")" + id + R"(","intervalPeriod":{"start":"2001-01-01T00:00:00Z",
        "duration":"PT1H"},"intervals":[{"id":0,"payloads":[{"type":"SIMPLE","values":[1]}]}]})");
    EXPECT_EQ(response.status, 201);
    EXPECT_LT(handed_on().end_us(), now);
}

TEST_F(VtnEventsTest, an_unknown_program_is_409) {
    const http::Response response = post("/events", three_intervals("program-7"));
    EXPECT_EQ(response.status, 409);
    EXPECT_NE(detail(response).find("/programID"), std::string::npos);
    EXPECT_TRUE(changes.inputs.empty());
}

TEST_F(VtnEventsTest, schema_faults_name_their_place_deep_down) {
    const std::string id = program();
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"("intervals":[{"id":0,"payloads":[]},{"id":"x","payloads":[]}])", "/intervals/1/id"},
        {R"("intervals":[{"id":0}])", "/intervals/0/payloads"},
        {R"("intervals":[{"id":0,"payloads":[{"type":"PRICE","values":7}]}])", "/intervals/0/payloads/0/values"},
        {R"("intervalPeriod":{"duration":"an hour"})", "/intervalPeriod/duration"},
        {R"("priority":-1)", "/priority"},
        {R"("priority":1.5)", "/priority"},
        {R"("reportDescriptors":[{}])", "/reportDescriptors/0/payloadType"},
    };
    for (const auto& [member, path] : cases) {
        const http::Response response = post("/events", R"({"programID":")" + id + "\"," + member + "}");
        EXPECT_EQ(response.status, 400) << member;
        EXPECT_NE(detail(response).find(path), std::string::npos) << detail(response);
    }
    EXPECT_EQ(get("/events").body, "[]");
}

TEST_F(VtnEventsTest, too_many_intervals_are_400) {
    std::string body = R"({"programID":")" + program() + R"(","intervals":[)";
    for (std::size_t i = 0; i <= max_intervals; ++i) body += std::string(i ? "," : "") + R"({"id":0,"payloads":[]})";
    const http::Response response = post("/events", body + "]}");
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(detail(response).find("too many"), std::string::npos) << detail(response);
}

TEST_F(VtnEventsTest, OA3_60_delete_cancels) {
    const std::string id = event();
    EXPECT_EQ(remove("/events/" + id).status, 200);
    ASSERT_EQ(changes.inputs.size(), 1U);
    EXPECT_EQ(changes.inputs[0].event_gone, "vtn:" + id);
    EXPECT_EQ(get("/events/" + id).status, 404);
}

TEST_F(VtnEventsTest, OA3_60_now_for_no_time_cancels) {
    const std::string id = event();
    for (const char* start : {"0001-01-01T00:00:00Z", "0001-01-01", "0000-00-00T00:00:00Z"}) {
        const http::Response response = put("/events/" + id, R"({"programID":"program-1","intervalPeriod":{"start":")" +
                                                                 std::string(start) + R"(","duration":"PT0S"}})");
        ASSERT_EQ(response.status, 200) << response.body;
        EXPECT_TRUE(handed_on().cancelled) << start;
        EXPECT_EQ(handed_on().intervals.size(), 3U);
        put("/events/" + id, three_intervals("program-1"));
        EXPECT_FALSE(handed_on().cancelled);
    }
    EXPECT_EQ(handed_on().revision, 6U);
}

TEST_F(VtnEventsTest, OA3_65_a_request_for_a_report_only_is_kept_and_not_handed_on) {
    const http::Response response =
        post("/events", R"({"programID":")" + program() + R"(","reportDescriptors":[{"payloadType":"USAGE"}],
        "intervalPeriod":{"start":"0001-01-01","duration":"PT0H"}})");
    EXPECT_EQ(response.status, 201) << response.body;
    EXPECT_TRUE(changes.inputs.empty());
    EXPECT_EQ(remove("/events/" + read<Event>(response).id).status, 200);
    EXPECT_TRUE(changes.inputs.empty());
}

TEST_F(VtnEventsTest, OA3_12_active_leaves_out_what_is_over) {
    const std::string id = event();
    EXPECT_EQ(read<std::vector<Event>>(get("/events?active=true")).size(), 1U);
    now = noon + 60 * model::second_us;
    EXPECT_EQ(read<std::vector<Event>>(get("/events?active=true")).size(), 0U);
    EXPECT_EQ(read<std::vector<Event>>(get("/events?active=false")).size(), 1U);
    EXPECT_EQ(get("/events?active=maybe").status, 400);
}

TEST_F(VtnEventsTest, OA3_11_events_are_filtered_by_program) {
    event();
    program("other");
    EXPECT_EQ(read<std::vector<Event>>(get("/events?programID=program-1")).size(), 1U);
    EXPECT_EQ(read<std::vector<Event>>(get("/events?programID=program-3")).size(), 0U);
}

TEST_F(VtnEventsTest, private_payload_types_are_taken) {
    const http::Response response =
        post("/events", R"({"programID":")" + program() + R"(","intervalPeriod":{"start":"2025-10-09T09:00:00Z",
        "duration":"PT1H"},"intervals":[{"id":0,"payloads":[{"type":"MY_OWN","values":["x",{"x":1,"y":2},true]}]}]})");
    ASSERT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(handed_on().intervals.at(0).signals.at(0).kind, model::SignalKind::opaque);
    EXPECT_TRUE(noticed("loss_unsupported_signal"));
    EXPECT_NE(response.body.find(R"(["x",{"x":1,"y":2},true])"), std::string::npos) << response.body;
}

// ---- reports
// ---------------------------------------------------------------------------------------------------------

TEST_F(VtnEventsTest, OA3_61_the_utility_reads_what_was_delivered_by_interval) {
    const std::string id = event();
    vtn.report(now, delivery(id, 2), changes);
    const std::vector<Report> all = reports("?eventID=" + id);
    ASSERT_EQ(all.size(), 1U);
    const Report& report = all[0];
    EXPECT_EQ(report.clientName, "busbar");
    EXPECT_EQ(report.clientID, "busbar");
    EXPECT_EQ(report.resources.at(0).resourceName, "AGGREGATED_REPORT");
    ASSERT_EQ(report.resources[0].intervals.size(), 3U);
    EXPECT_EQ(report.resources[0].intervals[1].id, 1);
    EXPECT_EQ(report.resources[0].intervals[1].intervalPeriod->start->us, noon + 20 * model::second_us);
    EXPECT_DOUBLE_EQ(number(report, 0, "USAGE"), 0.05);
    EXPECT_EQ(text(report, 0, "OPERATING_STATE"), "RUNNING_CURTAILED");
    EXPECT_EQ(text(report, 0, "DATA_QUALITY"), "OK");
}

TEST_F(VtnEventsTest, one_report_is_rewritten_as_the_event_goes_on) {
    const std::string id = event();
    vtn.report(now, delivery(id, 1), changes);
    const Report first = reports().at(0);
    now += 60 * model::second_us;
    vtn.report(now, delivery(id, 3), changes);
    const std::vector<Report> all = reports();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].id, first.id);
    EXPECT_EQ(all[0].createdDateTime, first.createdDateTime);
    EXPECT_GT(all[0].modificationDateTime, first.modificationDateTime);
}

TEST_F(VtnEventsTest, an_unchanged_report_writes_nothing) {
    const std::string id = event();
    vtn.report(now, delivery(id, 1), changes);
    changes = {};
    vtn.report(now + model::second_us, delivery(id, 1), changes);
    EXPECT_TRUE(changes.documents.empty());
}

TEST_F(VtnEventsTest, intervals_that_have_not_begun_are_not_reported) {
    const std::string id = event();
    vtn.report(now, delivery(id, 0), changes);
    EXPECT_EQ(reports().at(0).resources[0].intervals.size(), 1U);
    const std::string later = read<Event>(post("/events", three_intervals("program-1"))).id;
    model::EventReport early = delivery(later, 0);
    early.at_us = noon - model::second_us;
    vtn.report(now, early, changes);
    EXPECT_EQ(reports().size(), 1U);
}

TEST_F(VtnEventsTest, net_export_has_payloads_of_its_own) {
    const std::string id = event();
    model::EventReport report = delivery(id, 3);
    report.intervals[2].delivered_mwh = -20'000;
    vtn.report(now, report, changes);
    const Report seen = reports().at(0);
    EXPECT_DOUBLE_EQ(number(seen, 2, "USAGE"), 0);
    EXPECT_DOUBLE_EQ(number(seen, 2, "EXPORT_USAGE"), 0.02);
    EXPECT_DOUBLE_EQ(number(seen, 0, "EXPORT_USAGE"), 0);
}

TEST_F(VtnEventsTest, demand_and_setpoint_are_reported_if_asked_for) {
    std::string body = three_intervals(program());
    body.insert(
        1,
        R"("reportDescriptors":[{"payloadType":"DEMAND","units":"KW"},{"payloadType":"SETPOINT"},{"payloadType":"BASELINE"}],)");
    const std::string id = read<Event>(post("/events", body)).id;
    vtn.report(now, delivery(id, 1), changes);
    const Report report = reports().at(0);
    EXPECT_DOUBLE_EQ(number(report, 0, "DEMAND"), 0.05 * 3600 / 20);  // mean of the finished interval
    EXPECT_DOUBLE_EQ(number(report, 1, "DEMAND"), 9);                 // of the running one as last measured
    EXPECT_DOUBLE_EQ(number(report, 0, "SETPOINT"), 10);
    EXPECT_FALSE(payload(report, 0, "BASELINE"));
    EXPECT_FALSE(report.payloadDescriptors);  // the event has said the units
}

TEST_F(VtnEventsTest, units_are_described_where_the_event_leaves_them_open) {
    const std::string id = event();
    vtn.report(now, delivery(id, 1), changes);
    const Report report = reports().at(0);
    ASSERT_TRUE(report.payloadDescriptors);
    EXPECT_EQ(report.payloadDescriptors->at(0).objectType, Text<128>("REPORT_PAYLOAD_DESCRIPTOR"));
    EXPECT_EQ(report.payloadDescriptors->at(0).units, Name("KWH"));
}

TEST_F(VtnEventsTest, OA3_64_parts_of_an_interval_are_reported_together_unless_asked_for) {
    for (const bool parts : {false, true}) {
        std::string body = R"({"programID":")" + program(parts ? "p" : "q") +
                           R"(","intervalPeriod":{"start":"2025-10-09T09:00:00Z",
            "duration":"PT40S"},"intervals":[{"id":5,"payloads":[{"type":"DISPATCH_SETPOINT","values":[1,2]}]}],
            "reportDescriptors":[{"payloadType":"USAGE","reportIntervals":")" +
                           (parts ? "SUB_INTERVALS" : "INTERVALS") + R"("}]})";
        const std::string id = read<Event>(post("/events", body)).id;
        model::EventReport report = delivery(id, 2);
        report.intervals.pop_back();
        report.intervals[0].native_id = "5.0";
        report.intervals[1].native_id = "5.1";
        vtn.report(now, report, changes);
        const Report seen = reports("?eventID=" + id).at(0);
        EXPECT_EQ(seen.resources.at(0).intervals.size(), parts ? 2U : 1U);
        EXPECT_EQ(seen.resources[0].intervals[0].id, 5);
        EXPECT_DOUBLE_EQ(number(seen, 0, "USAGE"), parts ? 0.05 : 0.1);
    }
}

TEST_F(VtnEventsTest, OA3_68_bad_telemetry_is_said) {
    const std::string id = event();
    model::EventReport report = delivery(id, 1);
    report.intervals[0].quality = model::Quality::bad;
    report.silent = report.resources;
    vtn.report(now, report, changes);
    EXPECT_EQ(text(reports().at(0), 0, "DATA_QUALITY"), "MISSING");
    EXPECT_EQ(text(reports().at(0), 0, "OPERATING_STATE"), "ERROR");
}

TEST_F(VtnEventsTest, an_opt_out_shows_as_operating_state) {
    const std::string id = event();
    vtn.opt(now, {"vtn:" + id, 0, model::OptState::out, "owner"}, changes);
    vtn.report(now, delivery(id, 1), changes);
    EXPECT_EQ(text(reports().at(0), 0, "OPERATING_STATE"), "RUNNING_OPTED_OUT");
    vtn.opt(now, {"vtn:" + id, 0, model::OptState::in, ""}, changes);
    vtn.report(now, delivery(id, 1), changes);
    EXPECT_EQ(text(reports().at(0), 0, "OPERATING_STATE"), "RUNNING_CURTAILED");
}

TEST_F(VtnEventsTest, the_last_report_of_a_deleted_event_still_arrives) {
    const std::string id = event();
    vtn.report(now, delivery(id, 1), changes);
    remove("/events/" + id);
    vtn.report(now, delivery(id, 3), changes);
    EXPECT_EQ(reports("?programID=program-1").at(0).resources[0].intervals.size(), 3U);
}

TEST_F(VtnEventsTest, reports_on_events_of_others_are_passed_over) {
    changes = {};
    vtn.report(now, delivery("event-77", 1), changes);
    model::EventReport operators = delivery("x", 1);
    operators.event = "operator:1";
    vtn.report(now, operators, changes);
    vtn.opt(now, {"ven:upstream:e", 1, model::OptState::out, ""}, changes);
    EXPECT_TRUE(changes.documents.empty());
}

TEST_F(VtnEventsTest, OA3_17_a_ven_reports_and_sees_its_own_reports_only) {
    const std::string id = event();
    vtn.report(now, delivery(id, 1), changes);
    const std::string body =
        R"({"eventID":")" + id + R"(","clientName":"a","resources":[{"resourceName":"r","intervals":[]}]})";
    as = "ven-a";
    const http::Response made = post("/reports", body);
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(read<Report>(made).clientID, "ven-a");
    EXPECT_EQ(reports().size(), 1U);
    const std::string report_id = read<Report>(made).id;
    as = "ven-b";
    EXPECT_EQ(reports().size(), 0U);
    EXPECT_EQ(put("/reports/" + report_id, body).status, 404);
    EXPECT_EQ(remove("/reports/" + report_id).status, 404);
    as = "utility";
    EXPECT_EQ(reports().size(), 2U);
    EXPECT_EQ(reports("?clientName=a").size(), 1U);
    as = "ven-a";
    EXPECT_EQ(put("/reports/" + report_id, body).status, 200);
    EXPECT_EQ(remove("/reports/" + report_id).status, 200);
}

TEST_F(VtnEventsTest, a_report_on_an_unknown_event_is_409) {
    as = "ven-a";
    EXPECT_EQ(post("/reports", R"({"eventID":"event-5","clientName":"a","resources":[]})").status, 409);
}

TEST_F(VtnEventsTest, a_restart_goes_on_with_the_same_report) {
    const std::string id = event();
    vtn.report(now, delivery(id, 1), changes);
    documents.insert(documents.end(), changes.documents.begin(), changes.documents.end());
    vtn.opt(now, {"vtn:" + id, 0, model::OptState::out, ""}, changes);
    documents.insert(documents.end(), changes.documents.begin(), changes.documents.end());
    const std::string before = reports().at(0).id;
    Vtn again(policy(), random(), test_hmac);
    for (const model::Document& document : documents) again.restore(document);
    vtn = std::move(again);
    vtn.report(now, delivery(id, 3), changes);
    const std::vector<Report> all = reports();
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].id, before);
    EXPECT_EQ(text(all[0], 0, "OPERATING_STATE"), "RUNNING_OPTED_OUT");
    put("/events/" + id, three_intervals("program-1"));
    EXPECT_EQ(handed_on().revision, 1U);
}

}  // namespace busbar::openadr::v3
