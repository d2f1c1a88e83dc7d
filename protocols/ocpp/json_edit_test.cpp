#include "protocols/ocpp/json_edit.hpp"

#include <gtest/gtest.h>

namespace busbar::ocpp {
namespace {

constexpr std::string_view sample = R"({"a": 1, "b":[{"c":"x,}]"}, {"c":2}] , "d/e":{"f~":null}})";

TEST(OcppJsonEdit, values_are_found_by_pointer) {
    EXPECT_EQ(json_at(sample, "/a"), "1");
    EXPECT_EQ(json_at(sample, "/b/0/c"), R"("x,}]")");
    EXPECT_EQ(json_at(sample, "/b/1"), R"({"c":2})");
    EXPECT_EQ(json_at(sample, "/d~1e/f~0"), "null");
    EXPECT_EQ(json_at(sample, ""), sample);
    EXPECT_FALSE(json_at(sample, "/b/2"));
    EXPECT_FALSE(json_at(sample, "/a/x"));
    EXPECT_FALSE(json_at(sample, "/zz"));
}

TEST(OcppJsonEdit, members_are_listed_in_order) {
    const auto members = json_members(sample);
    ASSERT_TRUE(members);
    ASSERT_EQ(members->size(), 3U);
    EXPECT_EQ((*members)[2].first, "d/e");
    EXPECT_FALSE(json_members("[1]"));
    EXPECT_TRUE(json_members("{}")->empty());
}

TEST(OcppJsonEdit, a_value_is_replaced) {
    std::string text = R"({"a":1,"b":[1,2]})";
    EXPECT_TRUE(json_replace(text, "/b/1", "\"x\""));
    EXPECT_EQ(text, R"({"a":1,"b":[1,"x"]})");
    EXPECT_FALSE(json_replace(text, "/c", "1"));
}

TEST(OcppJsonEdit, removing_takes_one_comma_along) {
    for (const auto& [before, pointer, after] : {std::tuple{R"({"a":1,"b":2,"c":3})", "/a", R"({"b":2,"c":3})"},
                                                 {R"({"a":1,"b":2,"c":3})", "/b", R"({"a":1,"c":3})"},
                                                 {R"({"a":1,"b":2,"c":3})", "/c", R"({"a":1,"b":2})"},
                                                 {R"({"a":1})", "/a", "{}"},
                                                 {"[1, 2 , 3]", "/2", "[1, 2 ]"},
                                                 {"[1]", "/0", "[]"}}) {
        std::string text = before;
        EXPECT_TRUE(json_remove(text, pointer));
        EXPECT_EQ(text, after);
    }
}

TEST(OcppJsonEdit, a_member_is_put_in) {
    std::string text = R"({"a":{}})";
    EXPECT_TRUE(json_insert(text, "/a/x", "1"));
    EXPECT_TRUE(json_insert(text, "/b", "2"));
    EXPECT_EQ(text, R"({"a":{"x":1},"b":2})");
    EXPECT_FALSE(json_insert(text, "/b/c", "1"));
    EXPECT_FALSE(json_insert(text, "", "1"));
}

TEST(OcppJsonEdit, broken_text_is_refused_not_read_beyond) {
    for (std::string text : {"", "{", "{\"a", "{\"a\":", "[1,", "{\"a\":\"\\", "{\"a\" 1}", "}", "{\"a\":[{"}) {
        EXPECT_FALSE(json_at(text, "/a/b"));
        EXPECT_FALSE(json_remove(text, "/a/0/b"));
        EXPECT_FALSE(json_insert(text, "/a/b/c", "1"));
    }
}

}  // namespace
}  // namespace busbar::ocpp
