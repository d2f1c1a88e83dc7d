#include "protocols/ocpp/rpc.hpp"

#include <gtest/gtest.h>

namespace busbar::ocpp {
namespace {

using Kind = Received::Kind;

TEST(OcppRpc, a_call_is_taken_apart) {
    const Received received = read_frame(R"( [2, "19223201", "Heartbeat", {"a":[1,2]} ] )");
    EXPECT_EQ(received.kind, Kind::call);
    EXPECT_EQ(received.id, "19223201");
    EXPECT_EQ(received.action, "Heartbeat");
    EXPECT_EQ(received.payload, R"({"a":[1,2]})");
}

TEST(OcppRpc, a_result_and_an_error_are_taken_apart) {
    const Received result = read_frame(R"([3,"7",{"x":1}])");
    EXPECT_EQ(result.kind, Kind::result);
    EXPECT_EQ(result.payload, R"({"x":1})");
    const Received error = read_frame(R"([4,"7","NotImplemented","no \"such\" thing",{"d":1}])");
    EXPECT_EQ(error.kind, Kind::error);
    EXPECT_EQ(error.code, "NotImplemented");
    EXPECT_EQ(error.description, "no \"such\" thing");
    EXPECT_EQ(error.details, R"({"d":1})");
}

TEST(OcppRpc, null_as_a_result_means_nothing_to_say) {
    EXPECT_EQ(read_frame(R"([3,"7",null])").payload, "{}");
}

TEST(OcppRpc, an_error_may_lack_its_last_members) {
    EXPECT_EQ(read_frame(R"([4,"7","GenericError"])").kind, Kind::error);
}

struct Bad {
    const char* frame;
    const char* id;
    ErrorCode code;
};

TEST(OcppRpc, what_is_no_message_says_why_and_whose) {
    const std::string long_id(37, 'x');
    const std::string too_long = "[2,\"" + long_id + "\",\"Heartbeat\",{}]";
    for (const Bad& bad :
         {Bad{"", "-1", ErrorCode::rpc_framework_error}, Bad{"{}", "-1", ErrorCode::rpc_framework_error},
          Bad{"[2,\"1\",\"Heartbeat\",{}", "-1", ErrorCode::rpc_framework_error},
          Bad{"[]", "-1", ErrorCode::rpc_framework_error},
          Bad{R"(["2","1","Heartbeat",{}])", "-1", ErrorCode::rpc_framework_error},
          Bad{R"([2])", "-1", ErrorCode::rpc_framework_error},
          Bad{R"([2,17,"Heartbeat",{}])", "-1", ErrorCode::rpc_framework_error},
          Bad{R"([2,"","Heartbeat",{}])", "-1", ErrorCode::rpc_framework_error},
          Bad{R"([2,"1"])", "1", ErrorCode::rpc_framework_error},
          Bad{R"([2,"1",5,{}])", "1", ErrorCode::rpc_framework_error},
          Bad{R"([2,"1","Heartbeat",[]])", "1", ErrorCode::format_violation},
          Bad{R"([2,"1","Heartbeat",{},{}])", "1", ErrorCode::rpc_framework_error},
          Bad{too_long.c_str(), "-1", ErrorCode::rpc_framework_error}}) {
        const Received received = read_frame(bad.frame);
        EXPECT_EQ(received.kind, Kind::unreadable) << bad.frame;
        EXPECT_TRUE(received.answerable) << bad.frame;
        EXPECT_EQ(received.id, bad.id) << bad.frame;
        EXPECT_EQ(received.fault, bad.code) << bad.frame;
        EXPECT_FALSE(received.text.empty()) << bad.frame;
    }
}

TEST(OcppRpc, a_bad_answer_is_never_answered) {
    for (const char* frame : {R"([3,"1"])", R"([3])", R"([ 4 ,)", R"([3,"1",{},{}])", R"([4,"1"])", R"([3,1,{}])"}) {
        const Received received = read_frame(frame);
        EXPECT_EQ(received.kind, Kind::unreadable) << frame;
        EXPECT_FALSE(received.answerable) << frame;
    }
}

TEST(OcppRpc, unknown_message_types_are_ignored) {
    EXPECT_EQ(read_frame(R"([5,"1","GenericError","",{}])").kind, Kind::ignored);
    EXPECT_EQ(read_frame(R"([6,"1","NotifyPeriodicEventStream",{}])").kind, Kind::ignored);
    EXPECT_EQ(read_frame(R"([99])").kind, Kind::ignored);
}

TEST(OcppRpc, size_and_depth_have_limits) {
    RpcLimits limits;
    limits.bytes = 100;
    limits.depth = 5;
    EXPECT_EQ(read_frame("[2,\"1\",\"A\",{\"x\":\"" + std::string(100, 'x') + "\"}]", limits).kind, Kind::unreadable);
    EXPECT_EQ(read_frame("[2,\"1\",\"A\",{\"x\":[[[[[[]]]]]]}]", limits).kind, Kind::unreadable);
    EXPECT_EQ(read_frame("[2,\"1\",\"A\",{\"x\":[[]]}]", limits).kind, Kind::call);
}

TEST(OcppRpc, each_version_has_its_spelling_and_both_are_read) {
    EXPECT_EQ(name_of(ErrorCode::format_violation, Version::v16), "FormationViolation");
    EXPECT_EQ(name_of(ErrorCode::format_violation, Version::v201), "FormatViolation");
    EXPECT_EQ(name_of(ErrorCode::occurrence_constraint_violation, Version::v16), "OccurenceConstraintViolation");
    EXPECT_EQ(name_of(ErrorCode::rpc_framework_error, Version::v16), "GenericError");
    for (const char* name : {"FormationViolation", "FormatViolation"})
        EXPECT_EQ(error_code(name), ErrorCode::format_violation);
    for (const char* name : {"OccurenceConstraintViolation", "OccurrenceConstraintViolation"}) {
        EXPECT_EQ(error_code(name), ErrorCode::occurrence_constraint_violation);
    }
    EXPECT_FALSE(error_code("Whatever"));
}

TEST(OcppRpc, faults_become_codes) {
    EXPECT_EQ(error_code(wire::Fault::wrong_type), ErrorCode::type_constraint_violation);
    EXPECT_EQ(error_code(wire::Fault::missing), ErrorCode::occurrence_constraint_violation);
    EXPECT_EQ(error_code(wire::Fault::too_long), ErrorCode::property_constraint_violation);
    EXPECT_EQ(error_code(wire::Fault::syntax), ErrorCode::format_violation);
}

TEST(OcppRpc, frames_are_written_as_they_are_read) {
    EXPECT_EQ(call_frame("a\"b", "Heartbeat", "{}"), R"([2,"a\"b","Heartbeat",{}])");
    EXPECT_EQ(result_frame("1", "{}"), R"([3,"1",{}])");
    EXPECT_EQ(error_frame("1", Version::v16, ErrorCode::format_violation, "no"),
              R"([4,"1","FormationViolation","no",{}])");
}

TEST(OcppRpc, a_description_is_cut_to_255_characters_and_never_within_one) {
    std::string text;
    for (int i = 0; i < 300; ++i) text += "é";
    const std::string frame = error_frame("1", Version::v201, ErrorCode::generic_error, text);
    const Received received = read_frame(frame);
    EXPECT_EQ(received.kind, Kind::error);
    EXPECT_EQ(received.description.size(), 2U * 255U);
}

TEST(OcppRpc, details_name_the_path) {
    EXPECT_EQ(error_details({wire::Fault::too_long, "/a/0/b", "at most 36"}),
              R"({"path":"/a/0/b","fault":"too long","expected":"at most 36"})");
}

}  // namespace
}  // namespace busbar::ocpp
