// Programs, vens, resources and subscriptions of the VTN.
#include "protocols/openadr/v3/vtn_test.hpp"
#include "protocols/wire/check.hpp"

namespace busbar::openadr::v3 {

class VtnObjectsTest : public VtnTest {
  protected:
    std::string ven(std::string client, std::string name, std::string targets = "[]") {
        as = "utility";
        const http::Response response =
            post("/vens", R"({"objectType":"BL_VEN_REQUEST","clientID":")" + client + R"(","venName":")" + name +
                              R"(","targets":)" + targets + "}");
        EXPECT_EQ(response.status, 201) << response.body;
        return read<Ven>(response).id;
    }
    std::string targeted_program(std::string name, std::string targets) {
        as = "utility";
        return read<Program>(post("/programs", R"({"programName":")" + name + R"(","targets":)" + targets + "}")).id;
    }
    std::vector<std::string> names(const http::Response& response) {
        std::vector<std::string> names;
        for (const Program& program : read<std::vector<Program>>(response)) names.push_back(program.programName);
        return names;
    }
};

TEST_F(VtnObjectsTest, OA3_01_the_vtn_fills_in_metadata) {
    const Program made = read<Program>(post("/programs", R"({"programName":"p"})"));
    EXPECT_EQ(made.id, "program-1");
    EXPECT_EQ(made.objectType, "PROGRAM");
    EXPECT_EQ(made.createdDateTime.us, now);
    EXPECT_EQ(made.modificationDateTime.us, now);
    now += 5 * model::second_us;
    const Program changed = read<Program>(put("/programs/program-1", R"({"programName":"q"})"));
    EXPECT_EQ(changed.createdDateTime, made.createdDateTime);
    EXPECT_EQ(changed.modificationDateTime.us, now);
}

TEST_F(VtnObjectsTest, OA3_02_metadata_of_a_request_is_ignored) {
    const http::Response response =
        post("/programs", R"({"id":"mine","createdDateTime":17,"objectType":"VEN","programName":"p"})");
    ASSERT_EQ(response.status, 201) << response.body;
    EXPECT_EQ(read<Program>(response).id, "program-1");
}

TEST_F(VtnObjectsTest, OA3_03_a_missing_property_is_400_with_its_path) {
    const http::Response response = post("/programs", "{}");
    EXPECT_EQ(response.status, 400);
    EXPECT_EQ(response.header("content-type"), "application/problem+json");
    EXPECT_NE(detail(response).find("/programName"), std::string::npos);
    EXPECT_TRUE(noticed("schema_violation"));
    EXPECT_EQ(get("/programs").body, "[]");
}

TEST_F(VtnObjectsTest, OA3_04_wrong_types_lengths_and_depths_are_400_with_their_path) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {R"({"programName":7})", "/programName"},
        {R"({"programName":""})", "/programName"},
        {R"({"programName":")" + std::string(129, 'x') + "\"}", "/programName"},
        {R"({"programName":"p","targets":[1]})", "/targets/0"},
        {R"({"programName":"p","intervalPeriod":{"start":"yesterday"}})", "/intervalPeriod/start"},
        {R"({"programName":"p","attributes":[{"type":"LOCAL"}]})", "/attributes/0/values"},
        {R"({"programName":"p")", ""},
        {"[]", ""},
        {"", ""},
        {R"({"programName":"p","attributes":)" + std::string(5000, '[') + std::string(5000, ']') + "}", ""},
    };
    for (const auto& [body, path] : cases) {
        const http::Response response = post("/programs", body);
        EXPECT_EQ(response.status, 400) << body.substr(0, 80);
        EXPECT_NE(detail(response).find(path), std::string::npos) << detail(response);
    }
    EXPECT_EQ(get("/programs").body, "[]");
}

TEST_F(VtnObjectsTest, OA3_04_every_near_miss_of_a_random_object_is_refused_with_its_path) {
    program();
    const std::vector<std::pair<std::string, const wire::Record*>> kinds{
        {"/programs", &record_of(wire::Tag<ProgramRequest>{})}, {"/events", &record_of(wire::Tag<EventRequest>{})}};
    int tried = 0;
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        const ProgramRequest some_program = wire::random_value<ProgramRequest>(seed);
        const EventRequest some_event = wire::random_value<EventRequest>(seed);
        for (const auto& [path, record] : kinds) {
            const void* value = path == "/programs" ? static_cast<const void*>(&some_program) : &some_event;
            std::vector<wire::Mutant> mutants = wire::json_mutants(*record, value);
            if (mutants.size() > 150) mutants.resize(150);
            for (const wire::Mutant& mutant : mutants) {
                const http::Response response = post(path, mutant.json);
                ASSERT_EQ(response.status, 400) << path << ' ' << mutant.json.substr(0, 500);
                EXPECT_NE(detail(response).find(mutant.expected.path), std::string::npos) << detail(response);
                ++tried;
            }
        }
    }
    EXPECT_GT(tried, 500);
}

TEST_F(VtnObjectsTest, a_body_that_is_too_large_is_413) {
    Policy small = policy();
    small.max_body_bytes = 100;
    vtn = Vtn(small, random(), test_hmac);
    EXPECT_EQ(post("/programs", R"({"programName":")" + std::string(200, 'x') + "\"}").status, 413);
}

TEST_F(VtnObjectsTest, a_body_that_is_not_json_is_415) {
    http::Request request{"POST", "/openadr3/3.1.0/programs", {{"Content-Type", "text/xml"}}, "<a/>"};
    request.headers.emplace_back("Authorization", "Bearer " + token("utility"));
    EXPECT_EQ(send(request).status, 415);
}

TEST_F(VtnObjectsTest, OA3_05_null_is_absent_and_absent_is_left_out) {
    const http::Response response =
        post("/programs", R"({"programName":"p","targets":null,"attributes":null,"intervalPeriod":null})");
    ASSERT_EQ(response.status, 201);
    EXPECT_EQ(response.body.find("null"), std::string::npos);
    EXPECT_EQ(response.body.find("targets"), std::string::npos);
}

TEST_F(VtnObjectsTest, OA3_06_unknown_ids_are_404) {
    for (const char* path :
         {"/programs/program-9", "/programs/program-01", "/programs/9", "/events/program-1", "/vens/x%2fy"}) {
        EXPECT_EQ(get(path).status, 404) << path;
    }
    EXPECT_EQ(put("/programs/program-9", R"({"programName":"p"})").status, 404);
    EXPECT_EQ(remove("/programs/program-9").status, 404);
}

TEST_F(VtnObjectsTest, OA3_10_lists_are_paged) {
    for (int i = 0; i < 60; ++i) program("p" + std::to_string(i));
    EXPECT_EQ(names(get("/programs")).size(), 50U);
    EXPECT_EQ(names(get("/programs?skip=50")).size(), 10U);
    EXPECT_EQ(names(get("/programs?skip=2&limit=2")), (std::vector<std::string>{"p2", "p3"}));
    EXPECT_EQ(get("/programs?limit=0").body, "[]");
    for (const char* wrong : {"limit=51", "limit=-1", "limit=x", "skip=-1", "skip=99999999999999999999"}) {
        EXPECT_EQ(get("/programs?" + std::string(wrong)).status, 400) << wrong;
    }
}

TEST_F(VtnObjectsTest, OA3_13_program_names_are_unique) {
    program("p");
    program("q");
    EXPECT_EQ(post("/programs", R"({"programName":"p"})").status, 409);
    EXPECT_EQ(put("/programs/program-2", R"({"programName":"p"})").status, 409);
    EXPECT_EQ(put("/programs/program-2", R"({"programName":"q"})").status, 200);
}

TEST_F(VtnObjectsTest, OA3_14_ven_names_are_unique) {
    ven("ven-a", "one");
    EXPECT_EQ(post("/vens", R"({"clientID":"ven-b","venName":"one"})").status, 409);
}

TEST_F(VtnObjectsTest, OA3_15_resource_names_are_unique_in_their_ven) {
    const std::string a = ven("ven-a", "one");
    const std::string b = ven("ven-b", "two");
    const auto resource = [](const std::string& ven_id) { return R"({"resourceName":"r","venID":")" + ven_id + "\"}"; };
    EXPECT_EQ(post("/resources", resource(a)).status, 201);
    EXPECT_EQ(post("/resources", resource(a)).status, 409);
    EXPECT_EQ(post("/resources", resource(b)).status, 201);
    EXPECT_EQ(post("/resources", resource("ven-99")).status, 409);
}

TEST_F(VtnObjectsTest, OA3_16_what_a_ven_makes_belongs_to_its_token) {
    as = "ven-a";
    const Ven made =
        read<Ven>(post("/vens", R"({"objectType":"VEN_VEN_REQUEST","venName":"mine","clientID":"ven-b"})"));
    EXPECT_EQ(made.clientID, Name("ven-a"));
    EXPECT_EQ(made.objectType, "VEN");
}

TEST_F(VtnObjectsTest, OA3_17_a_ven_sees_and_changes_only_its_own) {
    const std::string a = ven("ven-a", "one");
    const std::string b = ven("ven-b", "two");
    as = "ven-a";
    EXPECT_EQ(read<std::vector<Ven>>(get("/vens")).size(), 1U);
    EXPECT_EQ(get("/vens/" + a).status, 200);
    EXPECT_EQ(get("/vens/" + b).status, 404);
    EXPECT_EQ(put("/vens/" + b, R"({"venName":"taken"})").status, 404);
    EXPECT_EQ(remove("/vens/" + b).status, 404);
    EXPECT_EQ(post("/resources", R"({"resourceName":"r","venID":")" + b + "\"}").status, 409);
    as = "utility";
    EXPECT_EQ(read<std::vector<Ven>>(get("/vens")).size(), 2U);
}

TEST_F(VtnObjectsTest, OA3_18_business_logic_says_whose_a_ven_is) {
    EXPECT_EQ(post("/vens", R"({"objectType":"BL_VEN_REQUEST","venName":"one"})").status, 400);
    EXPECT_EQ(read<Ven>(get("/vens/" + ven("ven-a", "one"))).clientID, Name("ven-a"));
}

TEST_F(VtnObjectsTest, OA3_19_targets_are_seen_if_asked_for_and_granted) {
    ven("ven-a", "one", R"(["north","east"])");
    targeted_program("open", "[]");
    targeted_program("north", R"(["north"])");
    targeted_program("south", R"(["south"])");
    as = "ven-a";
    EXPECT_EQ(names(get("/programs")), std::vector<std::string>{"open"});
    EXPECT_EQ(names(get("/programs?targets=north")), std::vector<std::string>{"north"});
    EXPECT_EQ(names(get("/programs?targets=south")), std::vector<std::string>{});
    EXPECT_EQ(get("/programs/program-4").status, 404);  // south
    EXPECT_EQ(get("/programs/program-3").status, 200);
    as = "ven-b";
    EXPECT_EQ(names(get("/programs?targets=north")), std::vector<std::string>{});
    as = "utility";
    EXPECT_EQ(names(get("/programs")).size(), 3U);
    EXPECT_EQ(names(get("/programs?targets=south&targets=north")).size(), 2U);
}

TEST_F(VtnObjectsTest, OA3_19_targets_of_a_resource_are_granted_too) {
    const std::string id = ven("ven-a", "one");
    post("/resources",
         R"({"objectType":"BL_RESOURCE_REQUEST","clientID":"ven-a","resourceName":"r","targets":["west"],"venID":")" +
             id + "\"}");
    targeted_program("west", R"(["west"])");
    as = "ven-a";
    EXPECT_EQ(names(get("/programs?targets=west")), std::vector<std::string>{"west"});
}

TEST_F(VtnObjectsTest, OA3_21_other_targets_are_hidden) {
    ven("ven-a", "one", R"(["north","east"])");
    targeted_program("p", R"(["north","east","south"])");
    as = "ven-a";
    const Program seen = read<std::vector<Program>>(get("/programs?targets=north")).at(0);
    ASSERT_TRUE(seen.targets);
    EXPECT_EQ(*seen.targets, (List<Name, 0, max_members>{Name("north")}));
}

TEST_F(VtnObjectsTest, OA3_22_only_business_logic_writes_targets) {
    const std::string id = ven("ven-a", "one", R"(["north"])");
    as = "ven-a";
    EXPECT_EQ(
        put("/vens/" + id, R"({"objectType":"BL_VEN_REQUEST","venName":"one","clientID":"ven-a","targets":["all"]})")
            .status,
        403);
    const Ven changed =
        read<Ven>(put("/vens/" + id, R"({"objectType":"VEN_VEN_REQUEST","venName":"uno","targets":["all"]})"));
    EXPECT_EQ(changed.venName, "uno");
    EXPECT_EQ(*changed.targets, (List<Name, 0, max_members>{Name("north")}));
}

TEST_F(VtnObjectsTest, filters_are_anded) {
    const std::string a = ven("ven-a", "one", R"(["north"])");
    ven("ven-a", "two", R"(["south"])");
    EXPECT_EQ(read<std::vector<Ven>>(get("/vens?venName=one&targets=north")).size(), 1U);
    EXPECT_EQ(read<std::vector<Ven>>(get("/vens?venName=one&targets=south")).size(), 0U);
    post("/resources", R"({"resourceName":"r","venID":")" + a + "\"}");
    EXPECT_EQ(read<std::vector<Resource>>(get("/resources?venID=" + a + "&resourceName=r")).size(), 1U);
    EXPECT_EQ(read<std::vector<Resource>>(get("/resources?venID=" + a + "&resourceName=s")).size(), 0U);
}

TEST_F(VtnObjectsTest, what_is_in_use_is_not_deleted) {
    const std::string id = event();
    const std::string a = ven("ven-a", "one");
    const std::string resource = read<Resource>(post("/resources", R"({"resourceName":"r","venID":")" + a + "\"}")).id;
    EXPECT_EQ(remove("/programs/program-1").status, 409);
    EXPECT_EQ(remove("/vens/" + a).status, 409);
    EXPECT_EQ(remove("/events/" + id).status, 200);
    EXPECT_EQ(remove("/resources/" + resource).status, 200);
    EXPECT_EQ(remove("/programs/program-1").status, 200);
    EXPECT_EQ(remove("/vens/" + a).status, 200);
    EXPECT_EQ(get("/programs").body, "[]");
}

TEST_F(VtnObjectsTest, subscriptions_are_refused_politely) {
    EXPECT_EQ(get("/subscriptions").body, "[]");
    const http::Response refused = post("/subscriptions", R"({"clientName":"c","objectOperations":[]})");
    EXPECT_EQ(refused.status, 501);
    EXPECT_NE(detail(refused).find("GET /events"), std::string::npos);
    EXPECT_EQ(post("/subscriptions", R"({"clientName":"c"})").status, 400);
    EXPECT_EQ(get("/subscriptions/subscription-1").status, 404);
    EXPECT_EQ(get("/subscriptions?limit=99").status, 400);
}

TEST_F(VtnObjectsTest, notifiers_say_truly_that_there_are_none) {
    EXPECT_EQ(get("/notifiers").body, R"({"WEBHOOK":false})");
    EXPECT_EQ(get("/notifiers/mqtt/topics/programs").status, 404);
}

TEST_F(VtnObjectsTest, a_full_house_is_507_and_makes_room_again) {
    Policy small = policy();
    small.max_objects = 2;
    vtn = Vtn(small, random(), test_hmac);
    program("a");
    program("b");
    EXPECT_EQ(post("/programs", R"({"programName":"c"})").status, 507);
    EXPECT_EQ(remove("/programs/program-1").status, 200);
    EXPECT_EQ(read<Program>(post("/programs", R"({"programName":"c"})")).id, "program-3");
}

TEST_F(VtnObjectsTest, a_restart_brings_everything_back_and_no_id_twice) {
    event();
    const std::string a = ven("ven-a", "one");
    post("/resources", R"({"resourceName":"r","venID":")" + a + "\"}");
    program("gone");
    remove("/programs/program-5");
    const std::vector<std::string> lists{"/programs", "/events", "/vens", "/resources"};
    std::vector<std::string> before;
    for (const std::string& list : lists) before.push_back(get(list).body);
    Vtn again(policy(), random(), test_hmac);
    for (const model::Document& document : documents) again.restore(document);
    vtn = std::move(again);
    for (std::size_t i = 0; i < lists.size(); ++i) EXPECT_EQ(get(lists[i]).body, before[i]);
    EXPECT_EQ(program("next"), "program-6");
}

TEST_F(VtnObjectsTest, what_a_peer_writes_comes_back_as_plain_text) {
    const http::Response response = get("/programs/%ff%00%0a%22");
    EXPECT_EQ(response.status, 404);
    read<Problem>(response);  // is JSON
}

}  // namespace busbar::openadr::v3
