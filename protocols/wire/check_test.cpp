#include "protocols/wire/check.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"
#include "protocols/wire/test_records.hpp"

namespace busbar::wire {
namespace {

using namespace test;

template <class T>
std::string fault(const T& value) {
    const Failure failure = check(value);
    return failure ? std::string(name_of(failure->fault)) + " at " + failure->path : "";
}

TEST(Check, a_valid_value_passes) {
    EXPECT_EQ(fault(Period{60, 8.1, 3}), "");
}

TEST(Check, numbers) {
    EXPECT_EQ(fault(Period{60, 8.11, {}}), "out of range at /limit");
    EXPECT_EQ(fault(Period{60, std::nan(""), {}}), "out of range at /limit");
    EXPECT_EQ(fault(Period{60, 1, 4}), "out of range at /numberPhases");
    EXPECT_EQ(fault(Period{60, 1, -1}), "out of range at /numberPhases");
    Numbers numbers;
    numbers.any = std::numeric_limits<double>::infinity();
    EXPECT_EQ(fault(numbers), "out of range at /any");
    numbers.any = -1e300;
    numbers.percent = 100.5;
    EXPECT_EQ(fault(numbers), "out of range at /percent");
    numbers.percent = -100;
    numbers.phases = 0;
    EXPECT_EQ(fault(numbers), "out of range at /phases");
    numbers.phases = 1;
    numbers.units = 1.5;
    EXPECT_EQ(fault(numbers), "out of range at /units");
}

TEST(Check, texts) {
    Texts texts;
    EXPECT_EQ(fault(texts), "");
    texts.short_text = "12345678901";
    EXPECT_EQ(fault(texts), "too long at /short-text");
    texts.short_text = "";
    texts.bounded = "a";
    EXPECT_EQ(fault(texts), "too short at /bounded");
    texts.bounded = "ab";
    texts.free = "\xFF";
    EXPECT_EQ(fault(texts), "syntax error at /free");
    texts.free = "";
    texts.hex = "0g";
    EXPECT_EQ(fault(texts), "bad format at /hex");
    texts.hex = std::string(34, '0');
    EXPECT_EQ(fault(texts), "too long at /hex");
    texts.hex = "";
    texts.password = std::string(41, 'x');
    EXPECT_EQ(fault(texts), "too long at /password");
}

TEST(Check, utf8_as_unicode_defines_it) {
    for (const char* text : {"", "abcdefgh", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                             "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF",
                             "abcdefgh\xC2\x80"
                             "abcdefgh"}) {
        EXPECT_TRUE(is_utf8(text)) << text;
    }
    for (const char* text : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xC2\xC2", "\xE0\x9F\xBF",
                             "\xE1\x80", "\xE1\x80\x41", "\xED\xA0\x80", "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF",
                             "\xF1\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF", "abcdefgh\xFF"}) {
        EXPECT_FALSE(is_utf8(text)) << text;
        const std::string longer = std::string(31, 'x') + text + std::string(40, 'x');
        EXPECT_FALSE(is_utf8(longer)) << longer;
    }
}

TEST(Check, enumerations) {
    Texts texts;
    texts.unit = static_cast<Unit>(2);
    EXPECT_EQ(fault(texts), "not in the enumeration at /unit");
    texts.unit = Unit::A;
    texts.measurand.known.reset();
    texts.measurand.other = "anything";
    EXPECT_EQ(fault(texts), "");
    texts.measurand.other = "\xFF";
    EXPECT_EQ(fault(texts), "syntax error at /measurand");
}

TEST(Check, instants_that_have_no_text_form) {
    Texts texts;
    texts.when = DateTime{std::numeric_limits<std::int64_t>::max()};
    EXPECT_EQ(fault(texts), "out of range at /when");
    texts.when = DateTime{DateTime::now_sentinel};
    EXPECT_EQ(fault(texts), "");
}

TEST(Check, lists_and_paths_within_them) {
    Schedule schedule;
    EXPECT_EQ(fault(schedule), "");
    schedule.period.clear();
    EXPECT_EQ(fault(schedule), "too few at /period");
    schedule.period.resize(7);
    EXPECT_EQ(fault(schedule), "too many at /period");
    schedule.period.resize(2);
    schedule.period[1].limit = 0.05;
    EXPECT_EQ(fault(schedule), "out of range at /period/1/limit");
    schedule.period.resize(1);
    schedule.label.emplace();
    EXPECT_EQ(fault(schedule), "too few at /label");
    schedule.label->emplace_back("123456");
    EXPECT_EQ(fault(schedule), "too long at /label/0");
}

TEST(Check, choices) {
    EXPECT_EQ(fault(Target{}), "bad choice at ");
    EXPECT_EQ(fault(Target{.site = "a", .period = {}, .everything = {}, .device = {}}), "");
    EXPECT_EQ(fault(Target{.site = {}, .period = {}, .everything = {}, .device = {1}}), "");
    EXPECT_EQ(fault(Target{.site = "a", .period = {}, .everything = {}, .device = {1}}), "bad choice at ");
    Everything everything;
    everything.other.emplace_back();
    EXPECT_EQ(fault(everything), "bad choice at /other/0");
}

TEST(Check, json_within_a_message) {
    Everything everything;
    everything.customData = RawJson{"{"};
    EXPECT_EQ(fault(everything), "bad format at /custom-data");
    everything.customData = RawJson{""};
    EXPECT_EQ(fault(everything), "bad format at /custom-data");
    everything.customData = RawJson{"{}"};
    everything.values = {AnyValue{std::nan("")}};
    EXPECT_EQ(fault(everything), "out of range at /values/0");
    everything.values = {AnyValue{RawJson{"[1"}}};
    EXPECT_EQ(fault(everything), "bad format at /values/0");
    everything.values = {AnyValue{std::string("\xFF")}};
    EXPECT_EQ(fault(everything), "syntax error at /values/0");
}

TEST(Check, members_of_a_base) {
    Alias alias;
    alias.description = std::string(33, 'x');
    EXPECT_EQ(fault(alias), "too long at /description");
}

TEST(Redaction, secrets_read_as_stars) {
    Texts texts;
    texts.password = "hunter2";
    const std::string log = redacted(texts);
    EXPECT_EQ(log.find("hunter2"), std::string::npos);
    EXPECT_NE(log.find(R"("password":"***")"), std::string::npos);
    EXPECT_NE(to_json(texts).find("hunter2"), std::string::npos);
}

TEST(Redaction, nothing_else_changes) {
    const Schedule schedule = random_value<Schedule>(3);
    EXPECT_EQ(redacted(schedule), to_json(schedule));
}

TEST(Schema, says_what_the_declaration_says) {
    EXPECT_EQ(
        json_schema(record_of(Tag<Schedule>{})),
        R"({"$schema":"http://json-schema.org/draft-06/schema#","title":"Schedule",)"
        R"("definitions":{"Period":{"type":"object","properties":{"startPeriod":{"type":"integer"},)"
        R"("limit":{"type":"number","multipleOf":0.1},"numberPhases":{"type":"integer","minimum":0,"maximum":3}},)"
        R"("required":["startPeriod","limit"]}},)"
        R"("type":"object","properties":{"href":{"type":"string","maxLength":20},"id":{"type":"integer"},)"
        R"("chargingRateUnit":{"type":"string","enum":["W","A"]},)"
        R"("period":{"type":"array","items":{"$ref":"#/definitions/Period"},"minItems":1,"maxItems":6},)"
        R"("label":{"type":"array","items":{"type":"string","maxLength":5},"minItems":1,"maxItems":4},)"
        R"("priority":{"type":"array","items":{"type":"integer"},"maxItems":3},)"
        R"("weight":{"type":"array","items":{"type":"number"}}},)"
        R"("required":["id","chargingRateUnit","period","priority"]})");
}

TEST(Schema, of_every_kind_of_member) {
    EXPECT_EQ(
        json_schema(record_of(Tag<Texts>{})),
        R"({"$schema":"http://json-schema.org/draft-06/schema#","title":"Texts",)"
        R"("type":"object","properties":{"free":{"type":"string"},"short-text":{"type":"string","maxLength":10},)"
        R"("bounded":{"type":"string","minLength":2,"maxLength":8},"password":{"type":"string","maxLength":40},)"
        R"("hex":{"type":"string","pattern":"^[0-9A-Fa-f]*$","maxLength":32},)"
        R"("when":{"type":"string","format":"date-time"},"span":{"type":"string","format":"duration"},)"
        R"("unit":{"type":"string","enum":["W","A"]},)"
        R"("measurand":{"type":"string","examples":["Energy.Active.Import.Register","Power.Active.Import","SoC"]},)"
        R"("flag":{"type":"boolean"}},)"
        R"("required":["free","short-text","bounded","hex","unit","measurand","flag"]})");
    const std::string numbers = json_schema(record_of(Tag<Numbers>{}));
    for (const char* part :
         {R"("int8":{"type":"integer"})", R"("uint8":{"type":"integer","minimum":0})",
          R"("uint64":{"type":"integer","minimum":0})", R"("small":{"type":"integer","minimum":-10,"maximum":10})",
          R"("any":{"type":"number"})", R"("units":{"type":"number","multipleOf":1})",
          R"("percent":{"type":"number","minimum":-100,"maximum":100})",
          R"("thousandths":{"type":"number","multipleOf":0.001})"}) {
        EXPECT_NE(numbers.find(part), std::string::npos) << part << '\n' << numbers;
    }
}

TEST(Schema, choices_have_one_member_and_definitions_stand_once) {
    const std::string schema = json_schema(record_of(Tag<Everything>{}));
    EXPECT_TRUE(is_json(schema)) << schema;
    EXPECT_NE(schema.find(R"("minProperties":1,"maxProperties":1)"), std::string::npos);
    const std::size_t first = schema.find(R"("Period":{)");
    ASSERT_NE(first, std::string::npos);
    EXPECT_EQ(schema.find(R"("Period":{)", first + 1), std::string::npos);
    EXPECT_NE(schema.find(R"("custom-data":{})"), std::string::npos);
}

TEST(Mutants, break_every_rule_of_the_declarations) {
    std::set<Fault> faults;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const auto value = random_value<Everything>(seed);
        for (const Mutant& mutant : json_mutants(record_of(Tag<Everything>{}), &value))
            faults.insert(mutant.expected.fault);
    }
    EXPECT_EQ(faults,
              (std::set<Fault>{Fault::syntax, Fault::too_deep, Fault::wrong_type, Fault::missing, Fault::duplicate,
                               Fault::out_of_range, Fault::too_short, Fault::too_long, Fault::too_few, Fault::too_many,
                               Fault::not_in_enum, Fault::bad_format, Fault::bad_choice}));
}

TEST(Mutants, of_a_small_record) {
    const Period period{1, 2.5, {}};
    std::set<std::string> mutants;
    for (const Mutant& mutant : json_mutants(record_of(Tag<Period>{}), &period)) {
        mutants.insert(mutant.json + " " + mutant.expected.text());
    }
    EXPECT_TRUE(mutants.contains(R"({"limit":2.5} missing at /startPeriod)"));
    EXPECT_TRUE(mutants.contains(R"({"startPeriod":1} missing at /limit)"));
    EXPECT_TRUE(mutants.contains(R"({"startPeriod":2147483648,"limit":2.5} out of range at /startPeriod)"));
    EXPECT_TRUE(mutants.contains(R"({"startPeriod":1,"limit":0.05} out of range at /limit)"));
    EXPECT_TRUE(mutants.contains(R"({"startPeriod":1,"limit":2.5,"limit":2.5} duplicate at /limit)"));
}

TEST(Error, text_names_fault_path_and_detail) {
    EXPECT_EQ((Error{Fault::too_long, "/chargePointVendor", "48 characters, at most 36"}).text(),
              "too long at /chargePointVendor: 48 characters, at most 36");
    EXPECT_EQ((Error{Fault::syntax, "", ""}).text(), "syntax error");
    EXPECT_EQ(name_of(Fault::not_in_enum), "not in the enumeration");
}

// The tables themselves.
static_assert(record_of(Tag<Alias>{}).all.size() == 5);
static_assert(record_of(Tag<Alias>{}).fields.empty());
static_assert(record_of(Tag<Alias>{}).base == &record_of(Tag<Priced>{}));
static_assert(record_of(Tag<Priced>{}).required[0] == 0b01100);
static_assert(record_of(Tag<Target>{}).required[0] == 0);
static_assert(record_of(Tag<Nothing>{}).all.empty());

TEST(Tables, a_base_lies_at_offset_0) {
    const Alias alias;
    EXPECT_EQ(static_cast<const void*>(static_cast<const Identified*>(&alias)), static_cast<const void*>(&alias));
}

TEST(Tables, names_are_the_wire_s) {
    EXPECT_EQ(to_text(Measurand::soc), "SoC");
}

}  // namespace
}  // namespace busbar::wire
