#include "protocols/wire/http.hpp"

#include <gmock/gmock.h>

namespace busbar::http {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Request, headers_are_found_in_any_case_and_the_first_wins) {
    const Request request{.headers = {{"Content-Type", "text/xml"}, {"content-type", "other"}}};
    EXPECT_EQ(request.header("CONTENT-TYPE"), "text/xml");
    EXPECT_EQ(request.header("Content"), "");
    const Response response{.headers = {{"Location", "/edev/3"}}};
    EXPECT_EQ(response.header("location"), "/edev/3");
}

TEST(Request, target_splits_into_path_and_query) {
    const Request request{.target = "/edev?s=0&l=1?2"};
    EXPECT_EQ(request.path(), "/edev");
    EXPECT_EQ(request.query(), "s=0&l=1?2");
    EXPECT_EQ(Request{.target = "/edev"}.path(), "/edev");
    EXPECT_EQ(Request{.target = "/edev"}.query(), "");
    EXPECT_EQ(Request{.target = "/edev?"}.query(), "");
}

TEST(Percent, decodes_and_keeps_broken_escapes) {
    EXPECT_EQ(percent_decoded("a%20b+c"), "a b+c");
    EXPECT_EQ(percent_decoded("%E2%82%ac"), "\u20AC");
    EXPECT_EQ(percent_decoded("%"), "%");
    EXPECT_EQ(percent_decoded("%4"), "%4");
    EXPECT_EQ(percent_decoded("%g0%41"), "%g0A");
    EXPECT_EQ(percent_decoded("%41"), "A");
}

TEST(Percent, encodes_all_but_the_unreserved) {
    EXPECT_EQ(percent_encoded("azAZ09-._~"), "azAZ09-._~");
    EXPECT_EQ(percent_encoded("a b/\u20AC"), "a%20b%2F%E2%82%AC");
    std::string bytes;
    for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
    EXPECT_EQ(percent_decoded(percent_encoded(bytes)), bytes);
}

TEST(Form, members_in_order_decoded) {
    EXPECT_THAT(form_members("a=1&b=x+y%3D&c&&=d&a=2"),
                ElementsAre(Pair("a", "1"), Pair("b", "x y="), Pair("c", ""), Pair("", "d"), Pair("a", "2")));
    EXPECT_THAT(form_members(""), IsEmpty());
    EXPECT_THAT(form_members("&"), IsEmpty());
}

TEST(Basic, user_and_password) {
    const auto credentials = basic_credentials("Basic QWxhZGRpbjpvcGVuOnNlc2FtZQ==");
    ASSERT_TRUE(credentials);
    EXPECT_EQ(credentials->user, "Aladdin");
    EXPECT_EQ(credentials->password, "open:sesame");  // the first colon divides
    EXPECT_TRUE(basic_credentials("basic QTo="));
    EXPECT_FALSE(basic_credentials("Bearer QTo="));
    EXPECT_FALSE(basic_credentials("Basic QQ=="));  // no colon
    EXPECT_FALSE(basic_credentials("Basic ?"));
    EXPECT_FALSE(basic_credentials(""));
}

TEST(Base64, rfc_4648_examples) {
    const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : examples) {
        EXPECT_EQ(base64_encoded(bytes), text);
        EXPECT_EQ(base64_decoded(text), bytes);
    }
    EXPECT_EQ(base64_decoded("Zg"), "f");  // without padding
    for (const char* text : {"Z", "Zg=", "Zm9v=", "Zm8==", "Z===", "=", "Zm 9v", "Zm9v\n", "Zg==Zg=="}) {
        EXPECT_FALSE(base64_decoded(text)) << text;
    }
}

}  // namespace
}  // namespace busbar::http
