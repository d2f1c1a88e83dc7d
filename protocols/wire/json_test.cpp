#include "protocols/wire/json.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "protocols/wire/test_records.hpp"

namespace busbar::wire {
namespace {

using namespace test;

// One member of each kind that a test reads by itself.
struct Bag {
    std::optional<std::int8_t> int8;
    std::optional<std::int32_t> int32;
    std::optional<std::int64_t> int64;
    std::optional<std::uint64_t> uint64;
    std::optional<Whole<std::int32_t, -1, 3>> small;
    std::optional<double> number;
    std::optional<Decimal<1>> tenths;
    std::optional<Decimal<0>> units;
    std::optional<Bounded<0, 100>> percent;
    std::optional<bool> flag;
    std::optional<Text<3, 2>> text;
    std::optional<Hex<2>> hex;
    std::optional<DateTime> when;
    std::optional<Duration> span;
    std::optional<Unit> unit;
    std::optional<Open<Measurand>> measurand;
    std::optional<RawJson> raw;
    std::optional<AnyValue> any;
    std::optional<Period> period;
    std::optional<List<std::int32_t, 2, 3>> list;
    std::optional<List<List<std::int32_t, 0, 2>>> lists;
    List<AnyValue> anys;
    std::optional<List<Target>> targets;
    std::optional<Text<>> odd;
};
XML_NAMES(Bag, grid, {"odd", "a/b~c", nullptr})
RECORD(Bag, int8, int32, int64, uint64, small, number, tenths, units, percent, flag, text, hex, when, span, unit,
       measurand, raw, any, period, list, lists, anys, targets, odd)

// "" if the text reads; else fault and path.
std::string fault(std::string_view json, const JsonOptions& options = {}) {
    Bag bag;
    const Failure failure = from_json(json, bag, options);
    return failure ? std::string(name_of(failure->fault)) + " at " + failure->path : "";
}

Bag bag_of(std::string_view json, const JsonOptions& options = {}) {
    Bag bag;
    const Failure failure = from_json(json, bag, options);
    EXPECT_FALSE(failure) << failure->text() << '\n' << json;
    return bag;
}

TEST(JsonRead, members_in_any_order) {
    Period period;
    EXPECT_FALSE(from_json(R"( { "limit" : 8.1 , "numberPhases":3, "startPeriod":60 } )", period));
    EXPECT_EQ(period, (Period{60, 8.1, 3}));
}

TEST(JsonRead, absent_is_absent) {
    Period period;
    EXPECT_FALSE(from_json(R"({"startPeriod":0,"limit":0})", period));
    EXPECT_FALSE(period.numberPhases);
}

TEST(JsonRead, unknown_members_are_skipped_whatever_they_hold) {
    const Bag bag =
        bag_of(R"({"x":{"int32":1,"y":[{},[[]],"\u0041",null,true,1e3]},"int32":2,"z":[],"w":"\n","v":1.5})");
    EXPECT_EQ(bag.int32, 2);
}

TEST(JsonRead, unknown_members_may_stand_twice) {
    EXPECT_EQ(fault(R"({"x":1,"x":2})"), "");
}

TEST(JsonRead, a_known_member_stands_once) {
    EXPECT_EQ(fault(R"({"int32":1,"int8":1,"int32":1})"), "duplicate at /int32");
    EXPECT_EQ(fault(R"({"int32":null,"int32":1})"), "duplicate at /int32");
    EXPECT_EQ(fault(R"({"period":{"startPeriod":1,"limit":1,"limit":1}})"), "duplicate at /period/limit");
}

TEST(JsonRead, escaped_keys_are_the_same_keys) {
    EXPECT_EQ(bag_of(R"({"\u0069nt32":7})").int32, 7);
}

TEST(JsonRead, whole_numbers_may_have_a_fraction_of_zero) {
    EXPECT_EQ(bag_of(R"({"int32":5.0})").int32, 5);
    EXPECT_EQ(bag_of(R"({"int32":5e0})").int32, 5);
    EXPECT_EQ(bag_of(R"({"int32":-50e-1})").int32, -5);
    EXPECT_EQ(bag_of(R"({"int32":0.0e99999})").int32, 0);
    EXPECT_EQ(bag_of(R"({"int64":9007199254740993.0})").int64, 9007199254740993);
    EXPECT_EQ(bag_of(R"({"int64":-9223372036854775808.00})").int64, std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(bag_of(R"({"uint64":18446744073709551615.0})").uint64, std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(bag_of(R"({"uint64":1.8446744073709551615e19})").uint64, std::numeric_limits<std::uint64_t>::max());
}

TEST(JsonRead, a_fraction_is_no_whole_number) {
    EXPECT_EQ(fault(R"({"int32":5.5})"), "wrong type at /int32");
    EXPECT_EQ(fault(R"({"int32":5e-1})"), "wrong type at /int32");
    EXPECT_EQ(fault(R"({"int64":9007199254740993.00000000001})"), "wrong type at /int64");
    EXPECT_EQ(fault(R"({"int32":1e-400})"), "wrong type at /int32");
}

TEST(JsonRead, whole_numbers_outside_their_range) {
    EXPECT_EQ(fault(R"({"int8":128})"), "out of range at /int8");
    EXPECT_EQ(fault(R"({"int8":-129})"), "out of range at /int8");
    EXPECT_EQ(fault(R"({"small":-2})"), "out of range at /small");
    EXPECT_EQ(fault(R"({"small":4})"), "out of range at /small");
    EXPECT_EQ(fault(R"({"small":4.0})"), "out of range at /small");
    EXPECT_EQ(fault(R"({"int64":9223372036854775808})"), "out of range at /int64");
    EXPECT_EQ(fault(R"({"int64":-9223372036854775809})"), "out of range at /int64");
    EXPECT_EQ(fault(R"({"uint64":-1})"), "out of range at /uint64");
    EXPECT_EQ(fault(R"({"uint64":18446744073709551616})"), "out of range at /uint64");
    EXPECT_EQ(fault(R"({"int32":1e99999999999})"), "out of range at /int32");
    EXPECT_EQ(bag_of(R"({"int8":-128,"small":-1})").int8, -128);
}

TEST(JsonRead, doubles_are_exact) {
    // Numbers for which accumulating digits in a double goes wrong.
    for (const char* digits : {"0.1", "8.1", "5708990770823839207320493820740630171355185", "1.7976931348623157e308",
                               "2.2250738585072011e-308", "4.9406564584124654e-324", "9007199254740993",
                               "0.30000000000000004", "123456789.123456789", "1e23", "6.0221409e+23"}) {
        EXPECT_EQ(bag_of(std::string(R"({"number":)") + digits + '}').number, std::strtod(digits, nullptr)) << digits;
    }
}

TEST(JsonRead, numbers_at_the_ends_of_what_a_double_holds) {
    EXPECT_EQ(fault(R"({"number":1e400})"), "out of range at /number");
    EXPECT_EQ(fault(R"({"number":-1e400})"), "out of range at /number");
    EXPECT_EQ(fault(R"({"number":1e99999999999})"), "out of range at /number");
    EXPECT_EQ(bag_of(R"({"number":1e-400})").number, 0.0);
    EXPECT_FALSE(std::signbit(*bag_of(R"({"number":-0.0})").number));
    EXPECT_FALSE(std::signbit(*bag_of(R"({"number":-0e5})").number));
    EXPECT_EQ(fault(R"({"number":NaN})"), "syntax error at ");
    EXPECT_EQ(fault(R"({"number":Infinity})"), "syntax error at ");
}

TEST(JsonRead, decimals_are_checked_in_decimal) {
    for (const char* digits : {"8.1", "0.1", "0.3", "-7.7", "1e3", "123456789012.3", "3", "0.10", "100.0", "1e22"}) {
        EXPECT_EQ(fault(std::string(R"({"tenths":)") + digits + '}'), "") << digits;
    }
    for (const char* digits : {"8.11", "0.05", "1e-2", "0.30000001", "-7.77", "123456789012.35"}) {
        EXPECT_EQ(fault(std::string(R"({"tenths":)") + digits + '}'), "out of range at /tenths") << digits;
    }
    EXPECT_EQ(fault(R"({"units":3.5})"), "out of range at /units");
    EXPECT_EQ(fault(R"({"units":3.0})"), "");
}

TEST(JsonRead, every_tenth_is_a_multiple_of_a_tenth) {
    for (int i = -20'000; i <= 20'000; ++i) {
        const std::string digits =
            (i < 0 ? "-" : "") + std::to_string(std::abs(i) / 10) + '.' + std::to_string(std::abs(i) % 10);
        ASSERT_EQ(fault(R"({"tenths":)" + digits + '}'), "") << digits;
    }
}

TEST(JsonRead, bounded_numbers) {
    EXPECT_EQ(fault(R"({"percent":100})"), "");
    EXPECT_EQ(fault(R"({"percent":0.0})"), "");
    EXPECT_EQ(fault(R"({"percent":100.001})"), "out of range at /percent");
    EXPECT_EQ(fault(R"({"percent":101})"), "out of range at /percent");
    EXPECT_EQ(fault(R"({"percent":-1})"), "out of range at /percent");
}

TEST(JsonRead, wrong_types) {
    for (const char* member : {R"("int32":"5")", R"("int32":true)", R"("int32":[])", R"("int32":{})", R"("number":"5")",
                               R"("flag":1)", R"("flag":"true")", R"("text":5)", R"("hex":5)", R"("when":5)",
                               R"("span":5)", R"("unit":0)", R"("measurand":0)", R"("period":[])", R"("period":"x")",
                               R"("list":{})", R"("list":1)", R"("list":[1,"2"])"}) {
        const std::string json = '{' + std::string(member) + '}';
        EXPECT_EQ(fault(json).substr(0, 10), "wrong type") << json;
    }
    EXPECT_EQ(fault(R"({"list":[1,"2"]})"), "wrong type at /list/1");
    EXPECT_EQ(fault("[]"), "wrong type at ");
    EXPECT_EQ(fault("5"), "wrong type at ");
    EXPECT_EQ(fault("null"), "wrong type at ");
}

TEST(JsonRead, text_is_measured_in_characters) {
    EXPECT_EQ(fault(R"({"text":"ab"})"), "");
    EXPECT_EQ(fault(R"({"text":"a"})"), "too short at /text");
    EXPECT_EQ(fault(R"({"text":"abcd"})"), "too long at /text");
    EXPECT_EQ(fault(R"({"text":"🔌🔌🔌"})"), "");
    EXPECT_EQ(fault(R"({"text":"🔌🔌🔌🔌"})"), "too long at /text");
    EXPECT_EQ(fault(R"({"text":"🔌"})"), "too short at /text");
    EXPECT_EQ(fault(R"({"text":"\ud83d\udd0c\u00e9"})"), "");
}

TEST(JsonRead, strings_are_unescaped) {
    EXPECT_EQ(bag_of(R"({"odd":0})").odd, std::nullopt);  // `odd` is called a/b~c on the wire
    EXPECT_EQ(bag_of(R"({"a/b~c":"\"\\\/\b\f\n\r\t\u00e9\ud83d\udd0c"})").odd, "\"\\/\b\f\n\r\t\u00E9\U0001F50C");
    EXPECT_EQ(bag_of(R"({"a/b~c":"a\u0000b"})").odd, std::string("a\0b", 3));
    const std::string long_text(10'000, 'x');
    EXPECT_EQ(bag_of(R"({"a/b~c":")" + long_text + R"(\n)" + long_text + R"("})").odd, long_text + '\n' + long_text);
}

TEST(JsonRead, text_that_is_not_utf8_is_a_syntax_error) {
    for (const char* bytes : {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
        EXPECT_EQ(fault(std::string(R"({"a/b~c":")") + bytes + R"("})"), "syntax error at ");
        EXPECT_EQ(fault(std::string(R"({"x":")") + bytes + R"("})"), "syntax error at ");
    }
    EXPECT_EQ(fault(R"({"a/b~c":"\ud83d"})"), "syntax error at ");
    EXPECT_EQ(fault(R"({"a/b~c":"\udd0c"})"), "syntax error at ");
}

TEST(JsonRead, hexadecimal_digits) {
    EXPECT_EQ(bag_of(R"({"hex":"aB3"})").hex, "aB3");
    EXPECT_EQ(fault(R"({"hex":"0g"})"), "bad format at /hex");
    EXPECT_EQ(fault(R"({"hex":"0x12"})"), "bad format at /hex");
    EXPECT_EQ(fault(R"({"hex":"12345"})"), "too long at /hex");
}

TEST(JsonRead, instants_and_spans) {
    EXPECT_EQ(bag_of(R"({"when":"1970-01-01T00:00:01Z"})").when, DateTime{1'000'000});
    EXPECT_EQ(bag_of(R"({"span":"PT1S"})").span, Duration{1'000'000});
    EXPECT_EQ(fault(R"({"when":"yesterday"})"), "bad format at /when");
    EXPECT_EQ(fault(R"({"span":"1 hour"})"), "bad format at /span");
}

TEST(JsonRead, closed_and_open_enumerations) {
    EXPECT_EQ(bag_of(R"({"unit":"A"})").unit, Unit::A);
    EXPECT_EQ(fault(R"({"unit":"a"})"), "not in the enumeration at /unit");
    EXPECT_EQ(bag_of(R"({"measurand":"SoC"})").measurand, Measurand::soc);
    const auto other = bag_of(R"({"measurand":"Vendor.Thing"})").measurand;
    EXPECT_FALSE(other->known);
    EXPECT_EQ(other->other, "Vendor.Thing");
}

TEST(JsonRead, lists_have_a_size) {
    EXPECT_EQ(bag_of(R"({"list":[1,2,3]})").list, (List<std::int32_t, 2, 3>{1, 2, 3}));
    EXPECT_EQ(fault(R"({"list":[1]})"), "too few at /list");
    EXPECT_EQ(fault(R"({"list":[]})"), "too few at /list");
    EXPECT_EQ(fault(R"({"list":[1,2,3,4]})"), "too many at /list");
    EXPECT_EQ(fault(R"({"lists":[[1],[],[1,2,3]]})"), "too many at /lists/2");
    EXPECT_EQ(fault(R"({"lists":[[1],[2,"x"]]})"), "wrong type at /lists/1/1");
}

TEST(JsonRead, a_list_that_must_stand) {
    Schedule schedule;
    const Failure failure =
        from_json(R"({"id":1,"chargingRateUnit":"W","period":[{"startPeriod":0,"limit":1}]})", schedule);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->text(), "missing at /priority: a required member is absent");
    EXPECT_FALSE(
        from_json(R"({"id":1,"chargingRateUnit":"W","period":[{"startPeriod":0,"limit":1}],"priority":[]})", schedule));
}

TEST(JsonRead, a_list_replaces_the_default_of_its_member) {
    Schedule schedule;  // one period by default
    ASSERT_FALSE(from_json(
        R"({"id":1,"chargingRateUnit":"W","period":[{"startPeriod":0,"limit":1},{"startPeriod":5,"limit":2}],"priority":[]})",
        schedule));
    EXPECT_EQ(schedule.period.size(), 2u);
}

TEST(JsonRead, missing_members) {
    EXPECT_EQ(fault(R"({"period":{"limit":1}})"), "missing at /period/startPeriod");
    EXPECT_EQ(fault(R"({"period":{"startPeriod":1}})"), "missing at /period/limit");
    EXPECT_EQ(fault(R"({"period":{}})"), "missing at /period/startPeriod");
}

TEST(JsonRead, what_an_older_version_kept_may_lack_members) {
    Alias alias;
    const std::string_view text = R"({"price":{"currency":"EUR","amount":1}})";
    EXPECT_FALSE(from_json(text, alias, {.absent_is_default = true}));
    EXPECT_EQ(alias.version, Alias{}.version);
    EXPECT_TRUE(from_json(R"({"price":{"currency":5}})", alias, {.absent_is_default = true})) << "still checked";
}

TEST(JsonRead, missing_members_of_a_base) {
    Alias alias;
    const Failure failure = from_json(R"({"price":{"currency":"EUR","amount":1}})", alias);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->path, "/version");
}

TEST(JsonRead, null_is_absent_unless_told_otherwise) {
    const Bag bag = bag_of(R"({"int32":null,"period":null,"list":null,"anys":null,"raw":null,"any":null})");
    EXPECT_FALSE(bag.int32 || bag.period || bag.list || bag.raw || bag.any);
    const JsonOptions strict{.limits = {}, .null_is_absent = false};
    EXPECT_EQ(fault(R"({"int32":null})", strict), "wrong type at /int32");
    EXPECT_EQ(fault(R"({"list":null})", strict), "wrong type at /list");
    EXPECT_EQ(fault(R"({"anys":null})", strict), "wrong type at /anys");
    EXPECT_EQ(bag_of(R"({"raw":null})", strict).raw, RawJson{"null"});
    EXPECT_EQ(bag_of(R"({"any":null})", strict).any, AnyValue{nullptr});
}

TEST(JsonRead, null_for_a_required_member_is_a_wrong_type) {
    EXPECT_EQ(fault(R"({"period":{"startPeriod":null,"limit":1}})"), "wrong type at /period/startPeriod");
    EXPECT_EQ(fault(R"({"list":[1,null]})"), "wrong type at /list/1");
}

TEST(JsonRead, raw_json_is_kept_compact) {
    EXPECT_EQ(bag_of(R"({"raw": { "a" : [ 1 , 2.50 , "\u0041\n" , null, true ] , "b" : { } } })").raw,
              RawJson{R"({"a":[1,2.50,"A\n",null,true],"b":{}})"});
    EXPECT_EQ(bag_of(R"({"raw": [] })").raw, RawJson{"[]"});
    EXPECT_EQ(bag_of(R"({"raw": "a\"b" })").raw, RawJson{R"("a\"b")"});
    EXPECT_EQ(bag_of(R"({"raw": 1.50 })").raw, RawJson{"1.50"});
    EXPECT_EQ(bag_of(R"({"raw": 18446744073709551615 })").raw, RawJson{"18446744073709551615"});
    EXPECT_EQ(bag_of(R"({"raw": false })").raw, RawJson{"false"});
    EXPECT_EQ(bag_of(R"({"raw": {"\u0061\u0062":{"\u0063":"{"},"d":["[","]"]} })").raw,
              RawJson{R"({"ab":{"c":"{"},"d":["[","]"]})"});
}

TEST(JsonRead, any_values) {
    const Bag bag = bag_of(R"({"anys":[null,true,-5,2.5,"x",[1,{}],{"a":1},18446744073709551615]})");
    const List<AnyValue> expected{AnyValue{nullptr},
                                  AnyValue{true},
                                  AnyValue{std::int64_t{-5}},
                                  AnyValue{2.5},
                                  AnyValue{std::string("x")},
                                  AnyValue{RawJson{"[1,{}]"}},
                                  AnyValue{RawJson{"{\"a\":1}"}},
                                  AnyValue{18446744073709551615.0}};
    EXPECT_EQ(bag.anys, expected);
    EXPECT_EQ(fault(R"({"anys":[1e999]})"), "out of range at /anys/0");
}

TEST(JsonRead, choices_have_one_member) {
    EXPECT_EQ(bag_of(R"({"targets":[{"site":"a"},{"device":[1,2]},{"everything":{}}]})").targets->size(), 3u);
    EXPECT_EQ(fault(R"({"targets":[{"site":"a"},{}]})"), "bad choice at /targets/1");
    EXPECT_EQ(fault(R"({"targets":[{"site":"a","everything":{}}]})"), "bad choice at /targets/0");
    EXPECT_EQ(fault(R"({"targets":[{"device":[]}]})"), "bad choice at /targets/0");
    EXPECT_EQ(fault(R"({"targets":[{"site":"a","device":[1]}]})"), "bad choice at /targets/0");
    EXPECT_EQ(fault(R"({"targets":[{"site":"a","device":[],"period":null}]})"), "");
    EXPECT_EQ(fault(R"({"targets":[{"unknown":1}]})"), "bad choice at /targets/0");
}

TEST(JsonRead, paths_are_json_pointers) {
    EXPECT_EQ(fault(R"({"a/b~c":1})"), "wrong type at /a~1b~0c");
    Everything everything;
    const Failure failure = from_json(
        R"({"revision":1,"schedule":[{"id":1,"chargingRateUnit":"W","priority":[],"period":[{"startPeriod":0,"limit":1},)"
        R"({"startPeriod":0,"limit":"x"}]}]})",
        everything);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->text(), "wrong type at /schedule/0/period/1/limit: text, expected a number");
}

TEST(JsonRead, details_say_what_was_expected) {
    Bag bag;
    EXPECT_EQ(from_json(R"({"text":"abcd"})", bag)->text(), "too long at /text: 4 characters, at most 3");
    EXPECT_EQ(from_json(R"({"small":7})", bag)->text(), "out of range at /small: 7, expected -1 to 3");
    EXPECT_EQ(from_json(R"({"unit":"V"})", bag)->text(),
              "not in the enumeration at /unit: \"V\", expected one of W, A");
    EXPECT_EQ(from_json(R"({"targets":[{}]})", bag)->text(),
              "bad choice at /targets/0: none of the alternatives, expected one of site, period, everything, device");
    EXPECT_EQ(from_json(R"({"int32":[]})", bag)->text(), "wrong type at /int32: a list, expected a whole number");
}

TEST(JsonRead, details_never_repeat_a_secret) {
    Texts texts;
    const Failure failure = from_json(R"({"password":")" + std::string(41, 'S') + R"("})", texts);
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->text().find("SS"), std::string::npos);
}

TEST(JsonRead, syntax_errors) {
    for (const char* json : {"",
                             " ",
                             "{",
                             "}",
                             "{]",
                             "{\"int32\"}",
                             "{\"int32\":}",
                             "{\"int32\":1,}",
                             "{,}",
                             "{\"int32\":01}",
                             "{\"int32\":+1}",
                             "{\"int32\":.5}",
                             "{\"int32\":1.}",
                             "{int32:1}",
                             "{'int32':1}",
                             "{\"int32\":1} x",
                             "{\"int32\":1}{}",
                             "// c\n{}",
                             "{\"flag\":True}",
                             "{\"odd\":\"\x01\"}",
                             "{\"odd\":\"\\x\"}",
                             "\xEF\xBB\xBF{}"}) {
        EXPECT_EQ(fault(json), "syntax error at ") << json;
    }
}

TEST(JsonRead, limits_of_bytes) {
    const JsonOptions options{.limits = {.bytes = 10}};
    EXPECT_EQ(fault(R"({"int8":1})", options), "");
    EXPECT_EQ(fault(R"({"int8":1} )", options), "too large at ");
}

TEST(JsonRead, limits_of_depth) {
    const JsonOptions options{.limits = {.depth = 3}};
    EXPECT_EQ(fault(R"({"lists":[[1]]})", options), "");
    EXPECT_EQ(fault(R"({"x":[[[1]]]})", options), "too deep at ");
    EXPECT_EQ(fault(R"({"raw":[[{}]]})", options), "too deep at ");
    EXPECT_EQ(fault(R"({"x":)" + std::string(400'000, '[')), "too deep at ");
    const JsonOptions careless{.limits = {.depth = 1'000'000}};
    EXPECT_EQ(fault(R"({"x":)" + std::string(400'000, '['), careless), "too deep at ");
}

TEST(JsonRead, limits_of_members) {
    const JsonOptions options{.limits = {.members = 5}};
    EXPECT_EQ(fault(R"({"list":[1,2,3]})", options), "");
    EXPECT_EQ(fault(R"({"list":[1,2,3],"int8":1})", options), "too large at ");
    EXPECT_EQ(fault(R"({"x":[1,2,3,4]})", options), "too large at ");
    EXPECT_EQ(fault(R"({"raw":[1,{},3,4]})", options), "too large at ");
}

TEST(JsonRead, a_top_level_list_of_records) {
    std::vector<Period> periods;
    EXPECT_FALSE(from_json(R"([{"startPeriod":0,"limit":1},{"startPeriod":60,"limit":2}])", periods));
    EXPECT_EQ(periods, (std::vector<Period>{{0, 1, {}}, {60, 2, {}}}));
    EXPECT_EQ(to_json(periods), R"([{"startPeriod":0,"limit":1},{"startPeriod":60,"limit":2}])");
    EXPECT_FALSE(from_json("[]", periods));
    EXPECT_TRUE(periods.empty());
    EXPECT_EQ(from_json(R"([{"startPeriod":0,"limit":1},{"startPeriod":0}])", periods)->path, "/1/limit");
    EXPECT_EQ(from_json("{}", periods)->text(), "wrong type: an object, expected a list");
}

TEST(JsonWrite, absent_members_are_left_out) {
    EXPECT_EQ(to_json(Bag{}), "{}");
    EXPECT_EQ(to_json(Period{60, 8.1, {}}), R"({"startPeriod":60,"limit":8.1})");
}

TEST(JsonWrite, base_members_first) {
    Alias alias;
    alias.version = 3;
    alias.mRID = "F00D";
    alias.price.amount = 1.5;
    EXPECT_EQ(to_json(alias), R"({"mRID":"F00D","version":3,"price":{"currency":"EUR","amount":1.5}})");
}

TEST(JsonWrite, empty_lists_are_left_out_unless_they_must_stand) {
    Schedule schedule;
    EXPECT_EQ(to_json(schedule),
              R"({"id":0,"chargingRateUnit":"W","period":[{"startPeriod":0,"limit":0}],"priority":[]})");
}

std::string number(double value) {
    std::string out;
    append_json_number(out, value);
    return out;
}

TEST(JsonWrite, numbers_in_the_shortest_form) {
    EXPECT_EQ(number(0), "0");
    EXPECT_EQ(number(-0.0), "0");
    EXPECT_EQ(number(5), "5");
    EXPECT_EQ(number(-5), "-5");
    EXPECT_EQ(number(8.1), "8.1");
    EXPECT_EQ(number(0.1 + 0.2), "0.30000000000000004");
    EXPECT_EQ(number(0.001), "0.001");
    EXPECT_EQ(number(-7.25), "-7.25");
    EXPECT_EQ(number(12345678901.5), "12345678901.5");
    EXPECT_EQ(number(1e-7), "1e-07");
    EXPECT_EQ(number(999'999'999'999'999), "999999999999999");
    EXPECT_EQ(number(1e22), "1e+22");
    EXPECT_EQ(number(5e-324), "5e-324");
    EXPECT_EQ(number(std::numeric_limits<double>::quiet_NaN()), "null");
    EXPECT_EQ(number(std::numeric_limits<double>::infinity()), "null");
}

TEST(JsonWrite, strings_are_escaped) {
    std::string out;
    append_json_string(out, std::string_view("\"\\/\b\f\n\r\t\x01\x1F\0\x7F\u00E9", 14));
    EXPECT_EQ(out, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\\u0000\x7F\u00E9\"");
}

TEST(JsonWrite, every_byte_that_may_stand_in_a_string_reads_back) {
    Bag bag;
    bag.odd.emplace();
    for (char c = 0; c < 0x7F; ++c) *bag.odd += c;
    Bag again;
    EXPECT_FALSE(from_json(to_json(bag), again));
    EXPECT_EQ(again.odd, bag.odd);
}

std::vector<std::string_view> split(std::string_view text) {
    std::vector<std::string_view> members;
    const Failure failure = split_json_array(text, members);
    EXPECT_FALSE(failure) << failure->text() << '\n' << text;
    return members;
}

TEST(SplitArray, members_keep_their_text) {
    using Members = std::vector<std::string_view>;
    EXPECT_EQ(split(R"([2,"19","BootNotification",{"a":[1,2],"b":"]}\",["}])"),
              (Members{"2", R"("19")", R"("BootNotification")", R"({"a":[1,2],"b":"]}\",["})"}));
    EXPECT_EQ(split(" [ 3 , \"x\" , { } ] \n"), (Members{"3", "\"x\"", "{ }"}));
    EXPECT_EQ(split("[]"), Members{});
    EXPECT_EQ(split("[ ]"), Members{});
    EXPECT_EQ(split("[[],[[]]]"), (Members{"[]", "[[]]"}));
}

TEST(SplitArray, refuses_what_is_no_array) {
    std::vector<std::string_view> members;
    for (const char* text : {"", "[", "]", "{}", "[1", "1]", "[1]]", "[[1]", "[1,]", "[,1]", "[1,,2]", "[\"a]",
                             "[\"a\\\"]", "[1] x", "x[1]", "[1][2]", "[}", "[{]", "[\"\\"}) {
        const Failure failure = split_json_array(text, members);
        ASSERT_TRUE(failure) << text;
        EXPECT_EQ(failure->fault, Fault::syntax) << text;
    }
}

TEST(SplitArray, strings_and_brackets_across_the_blocks_in_which_it_is_scanned) {
    for (std::size_t blanks = 0; blanks < 140; ++blanks) {
        const std::string pad(blanks, ' ');
        const std::string text =
            "[1," + pad + R"({"a\\":"]\"},{[","b":[[1,2],"\\\"",{"c":","}]})" + pad + R"(,"x\\",2])";
        const auto members = split(text);
        ASSERT_EQ(members.size(), 4U) << text;
        EXPECT_EQ(members[1], R"({"a\\":"]\"},{[","b":[[1,2],"\\\"",{"c":","}]})");
        EXPECT_EQ(members[2], R"("x\\")");
        std::vector<std::string_view> none;
        for (const std::string& bad : {"[" + pad + "[1}]]", "[" + pad + "{]", "[\"" + pad + "]", "[\"\\\"" + pad + "]",
                                       "[" + pad + "1,]", "[1,2" + pad + R"(\",3])"}) {
            EXPECT_EQ(split_json_array(bad, none)->fault, Fault::syntax) << bad;
        }
    }
}

TEST(SplitArray, limits) {
    std::vector<std::string_view> members;
    EXPECT_EQ(split_json_array("[1,2,3]", members, {.bytes = 6})->fault, Fault::too_large);
    EXPECT_EQ(split_json_array("[1,2,3]", members, {.members = 2})->fault, Fault::too_large);
    EXPECT_FALSE(split_json_array("[1,2,3]", members, {.members = 3}));
    EXPECT_EQ(split_json_array("[[[1]]]", members, {.depth = 2})->fault, Fault::too_deep);
    EXPECT_FALSE(split_json_array("[[[1]]]", members, {.depth = 3}));
}

TEST(ReadJson, says_that_a_date_time_had_no_zone) {
    const auto lacks = [](const std::string& text) {
        bool zoneless = false;
        Bag bag;
        EXPECT_FALSE(from_json(R"({"text":"T12","when":")" + text + R"("})", bag, {.zoneless = &zoneless}));
        return zoneless;
    };
    EXPECT_TRUE(lacks("2026-01-01T00:00:00"));
    EXPECT_TRUE(lacks("2026-01-01 00:00:00.123"));
    EXPECT_FALSE(lacks("2026-01-01T00:00:00Z"));
    EXPECT_FALSE(lacks("2026-01-01T00:00:00.5z"));
    EXPECT_FALSE(lacks("2026-01-01T00:00:00+02"));
    EXPECT_FALSE(lacks("2026-01-01T00:00:00-02:00"));
    EXPECT_FALSE(lacks("0001-01-01"));
}

TEST(ReadJson, rows_may_have_any_order_and_each_its_own) {
    const auto rows = [](const std::string& text) {
        std::vector<Bag> bags;
        const Failure failure = from_json(text, bags);
        EXPECT_FALSE(failure) << failure->text();
        std::string out;
        for (const Bag& bag : bags) out += to_json(bag);
        return out;
    };
    EXPECT_EQ(rows(R"([{"flag":true,"small":1},{"flag":false,"small":2},{"small":3,"flag":true},{"small":-1}])"),
              R"({"small":1,"flag":true}{"small":2,"flag":false}{"small":3,"flag":true}{"small":-1})");
    std::vector<Bag> bags;
    EXPECT_EQ(from_json(R"([{"flag":true,"small":1},{"flag":true,"flag":true}])", bags)->path, "/1/flag");
}

TEST(JsonString, the_value_of_one_string) {
    EXPECT_EQ(json_string(R"("a\u0041\n")"), "aA\n");
    EXPECT_EQ(json_string("\"\""), "");
    for (const char* text : {"", "a", "\"a", "1", "\"a\"b", "\"\xFF\"", "null"})
        EXPECT_FALSE(json_string(text)) << text;
}

TEST(IsJson, one_value_and_nothing_else) {
    for (const char* text : {"null", "1", "\"x\"", "{}", "[1,{\"a\":null}]", " 1 "}) EXPECT_TRUE(is_json(text)) << text;
    for (const char* text : {"", "1 2", "{", "nul", "[1,]"}) EXPECT_FALSE(is_json(text)) << text;
    EXPECT_FALSE(is_json(std::string(100'000, '[')));
}

}  // namespace
}  // namespace busbar::wire
