#include "protocols/ocpp/test_csms.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::ocpp {
namespace {

struct Door {
    Csms csms;
    Output output;

    explicit Door(Policy policy = {}, std::string password = "correct horse") : csms(std::move(policy)) {
        model::Enrolment enrolment;
        enrolment.id = "CS 1";
        enrolment.password = std::move(password);
        csms.enrol(test_start_us, enrolment, output);
        output = {};
    }
    Admission knock(const Upgrade& upgrade) { return csms.admit(test_start_us, upgrade, output); }
    bool noticed(std::string_view code) const {
        return std::any_of(output.changes.notices.begin(), output.changes.notices.end(),
                           [&](const model::Notice& notice) { return notice.code == code; });
    }
};

Upgrade upgrade(std::string_view password = "correct horse", std::string_view user = "CS 1") {
    Upgrade upgrade;
    upgrade.path = "/ocpp/CS%201";
    upgrade.subprotocols = "ocpp1.6";
    upgrade.authorization = "Basic " + http::base64_encoded(std::string(user) + ":" + std::string(password));
    return upgrade;
}

TEST(OcppAdmission, the_right_password_opens) {
    Door door;
    const Admission admission = door.knock(upgrade());
    EXPECT_EQ(admission.status, 101);
    EXPECT_EQ(admission.station, "CS 1");
    EXPECT_EQ(admission.subprotocol, "ocpp1.6");
    EXPECT_EQ(admission.version, Version::v16);
    EXPECT_FALSE(admission.close);
    EXPECT_TRUE(door.output.changes.notices.empty());
}

TEST(OcppAdmission, wrong_missing_and_foreign_credentials_do_not) {
    Door door;
    for (const Upgrade& one :
         {upgrade("wrong"), upgrade("correct hors"), upgrade("correct horse "), upgrade("correct horse", "CS 2")}) {
        EXPECT_EQ(door.knock(one).status, 401);
    }
    EXPECT_TRUE(door.noticed("wrong_password"));
    Upgrade none = upgrade();
    none.authorization.clear();
    EXPECT_EQ(door.knock(none).status, 401);
    EXPECT_TRUE(door.noticed("not_authenticated"));
    for (const auto& notice : door.output.changes.notices) {
        EXPECT_EQ(notice.text.find("horse"), std::string::npos) << notice.text;
    }
}

TEST(OcppAdmission, an_unknown_station_is_not_found) {
    Door door;
    for (const char* path : {"/ocpp/other", "/", "", "/ocpp/CS%201:x", "/ocpp/%00", "/CS%201/more"}) {
        Upgrade one = upgrade();
        one.path = path;
        EXPECT_EQ(door.knock(one).status, 404) << path;
    }
    EXPECT_TRUE(door.noticed("unknown_station"));
}

TEST(OcppAdmission, identities_with_a_blank_are_decoded) {
    Door door;
    for (const char* path : {"/CS%201", "/a/b/CS%201", "/ocpp/CS%201/", "/ocpp/CS%201?x=y"}) {
        Upgrade one = upgrade();
        one.path = path;
        EXPECT_EQ(door.knock(one).status, 101) << path;
    }
}

TEST(OcppAdmission, an_authorization_key_may_come_as_digits_or_as_the_bytes_they_spell) {
    Door door({}, "4f43415f4f4354545f61646d696e5f74");
    EXPECT_EQ(door.knock(upgrade("4f43415f4f4354545f61646d696e5f74")).status, 101);
    EXPECT_EQ(door.knock(upgrade("OCA_OCTT_admin_t")).status, 101);
    EXPECT_EQ(door.knock(upgrade("OCA_OCTT_admin_x")).status, 401);
}

TEST(OcppAdmission, no_password_enrolled_means_none_may_be_used) {
    Door door({}, "");
    EXPECT_EQ(door.knock(upgrade("")).status, 401);
    Policy open;
    open.unsecured = true;
    Door unsecured(open, "");
    Upgrade bare = upgrade();
    bare.authorization.clear();
    EXPECT_EQ(unsecured.knock(bare).status, 101);
}

TEST(OcppAdmission, passwords_may_be_bound_to_tls) {
    Policy policy;
    policy.plain_passwords = false;
    Door door(policy);
    Upgrade one = upgrade();
    EXPECT_EQ(door.knock(one).status, 401);
    one.tls = true;
    EXPECT_EQ(door.knock(one).status, 101);
}

TEST(OcppAdmission, a_certificate_opens_its_own_door_only) {
    Door door;
    Upgrade one = upgrade();
    one.tls = true;
    one.authorization.clear();
    one.certificate_common_name = "CS 1";
    EXPECT_EQ(door.knock(one).status, 101);
    one.certificate_common_name = "CS 2";
    EXPECT_EQ(door.knock(one).status, 401);
}

TEST(OcppAdmission, the_first_common_subprotocol_in_the_stations_order) {
    Door door;
    for (const auto& [offered, named] : {std::pair{"ocpp2.0.1,ocpp1.6", "ocpp2.0.1"},
                                         {"ocpp1.6, ocpp2.0.1", "ocpp1.6"},
                                         {",ocpp2.0.1", "ocpp2.0.1"},
                                         {"ocpp2.1, ocpp2.0.1", "ocpp2.0.1"},
                                         {" OCPP1.6 ", "ocpp1.6"}}) {
        Upgrade one = upgrade();
        one.subprotocols = offered;
        EXPECT_EQ(door.knock(one).subprotocol, named) << offered;
    }
}

TEST(OcppAdmission, no_common_subprotocol_finishes_the_handshake_and_closes) {
    Door door;
    Upgrade one = upgrade();
    one.subprotocols = "ocpp1.5, ocpp2.0";
    const Admission admission = door.knock(one);
    EXPECT_EQ(admission.status, 101);
    EXPECT_TRUE(admission.close);
    EXPECT_EQ(admission.subprotocol, "");
    EXPECT_TRUE(door.noticed("no_common_subprotocol"));
}

TEST(OcppAdmission, stations_that_name_none_are_taken_for_v16_unless_strict) {
    Upgrade one = upgrade();
    one.subprotocols.clear();
    Door door;
    EXPECT_FALSE(door.knock(one).close);
    EXPECT_EQ(door.knock(one).version, Version::v16);
    Policy policy;
    policy.strict = true;
    EXPECT_TRUE(Door(policy).knock(one).close);
}

TEST(OcppAdmission, a_removed_station_is_unknown) {
    Door door;
    door.csms.remove(test_start_us, "CS 1", door.output);
    EXPECT_EQ(door.knock(upgrade()).status, 404);
    ASSERT_EQ(door.output.changes.documents.size(), 1U);
    EXPECT_EQ(door.output.changes.documents[0].body, "");
    EXPECT_EQ(door.output.changes.inputs.back().resource_gone, "CS 1");
}

TEST(OcppAdmission, enrolled_again_with_other_outlets_the_old_resource_goes) {
    Door door;
    model::Enrolment enrolment;
    enrolment.id = "CS 1";
    enrolment.outlets = 2;
    door.output = {};
    door.csms.enrol(test_start_us, enrolment, door.output);
    ASSERT_EQ(door.output.changes.inputs.size(), 3U);
    EXPECT_EQ(door.output.changes.inputs[0].resource_gone, "CS 1");
    EXPECT_EQ(door.output.changes.inputs[1].resource->id, "CS 1/1");
    EXPECT_FALSE(door.csms.knows_resource("CS 1"));
}

}  // namespace
}  // namespace busbar::ocpp
