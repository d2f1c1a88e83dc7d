#include "protocols/wire/xml.hpp"

#include <gtest/gtest.h>

#include "protocols/wire/test_records.hpp"

namespace busbar::wire {
namespace {

using namespace test;

struct Plain {
    Attr<std::optional<std::int32_t>> number;
    Attr<std::optional<Text<5>>> name;
    std::optional<bool> flag;
    std::optional<std::int32_t> int32;
    std::optional<double> real;
    std::optional<Decimal<1>> tenths;
    std::optional<Text<8>> text;
    std::optional<Hex<4>> hex;
    std::optional<DateTime> when;
    std::optional<Duration> span;
    std::optional<Unit> unit;
    std::optional<Open<Measurand>> measurand;
    std::optional<RawJson> raw;
    std::optional<AnyValue> any;
    List<std::int32_t, 0, 3> list;
    std::optional<List<std::int32_t, 2, 3>> two;
    std::optional<Period> period;
    List<Target> target;
    List<Resource> resource;
};
XML_NAMES(Plain, grid)
RECORD(Plain, number, name, flag, int32, real, tenths, text, hex, when, span, unit, measurand, raw, any, list, two,
       period, target, resource)

// A record without any namespace.
struct Bare {
    Attr<std::optional<std::int32_t>> id;
    std::int32_t value{};
};
RECORD(Bare, id, value)

struct Plugged {
    Content<std::optional<Text<4>>> text;
    Attr<std::optional<bool>> on;
};
XML_NAMES(Plugged, grid)
RECORD(Plugged, text, on)

std::string fault_of(const Failure& failure) {
    return failure ? std::string(name_of(failure->fault)) + " at " + failure->path : "";
}

std::string document(std::string_view members) {
    return "<Plain xmlns=\"urn:example:grid\" xmlns:t=\"urn:example:tariff\" xmlns:v=\"https://vendor.example/ns\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">" +
           std::string(members) + "</Plain>";
}

std::string fault(std::string_view members, const XmlOptions& options = {}) {
    Plain plain;
    return fault_of(from_xml(document(members), plain, options));
}
std::string raw_fault(std::string_view text, const XmlOptions& options = {}) {
    Plain plain;
    return fault_of(from_xml(text, plain, options));
}
Plain plain_of(std::string_view members, const XmlOptions& options = {}) {
    Plain plain;
    const Failure failure = from_xml(document(members), plain, options);
    EXPECT_FALSE(failure) << failure->text() << '\n' << members;
    return plain;
}

TEST(XmlRead, elements_in_any_order) {
    Period period;
    EXPECT_FALSE(
        from_xml("<Period xmlns='urn:example:grid'><limit>8.1</limit> <numberPhases>3</numberPhases>\n"
                 "<startPeriod>60</startPeriod></Period>",
                 period));
    EXPECT_EQ(period, (Period{60, 8.1, 3}));
}

TEST(XmlRead, list_members_need_not_be_adjacent) {
    const Plain plain = plain_of("<list>1</list><int32>7</int32><list>2</list><!-- c --><list>3</list>");
    EXPECT_EQ(plain.list, (List<std::int32_t, 0, 3>{1, 2, 3}));
    EXPECT_EQ(plain.int32, 7);
}

TEST(XmlRead, lists_have_a_size) {
    EXPECT_EQ(fault("<list>1</list><list>2</list><list>3</list><list>4</list>"), "too many at /list");
    EXPECT_EQ(fault("<two>1</two>"), "too few at /two");
    EXPECT_EQ(fault("<two>1</two><two>2</two>"), "");
    EXPECT_EQ(fault("<list>1</list><list>x</list>"), "wrong type at /list/1");
    Schedule schedule;
    EXPECT_EQ(
        fault_of(from_xml("<Schedule xmlns='urn:example:grid' id='1'><chargingRateUnit>W</chargingRateUnit></Schedule>",
                          schedule)),
        "missing at /period");
}

TEST(XmlRead, booleans_are_true_false_1_0) {
    EXPECT_EQ(plain_of("<flag>true</flag>").flag, true);
    EXPECT_EQ(plain_of("<flag>1</flag>").flag, true);
    EXPECT_EQ(plain_of("<flag> false\n</flag>").flag, false);
    EXPECT_EQ(plain_of("<flag>0</flag>").flag, false);
    for (const char* text : {"", "TRUE", "yes", "2"}) {
        EXPECT_EQ(fault("<flag>" + std::string(text) + "</flag>"), "wrong type at /flag") << text;
    }
}

TEST(XmlRead, blanks_around_values_that_are_not_text) {
    const Plain plain = plain_of(
        "<int32>\n 5 </int32><real>\t1.5</real><when> 1970-01-01T00:00:01Z </when><span> PT1S </span>"
        "<unit> A </unit><hex> 0f </hex><measurand> SoC </measurand><text> x </text>");
    EXPECT_EQ(plain.int32, 5);
    EXPECT_EQ(plain.real, 1.5);
    EXPECT_EQ(plain.when, DateTime{1'000'000});
    EXPECT_EQ(plain.span, Duration{1'000'000});
    EXPECT_EQ(plain.unit, Unit::A);
    EXPECT_EQ(plain.hex, "0f");
    EXPECT_EQ(plain.measurand, Measurand::soc);
    EXPECT_EQ(plain.text, " x ");
}

TEST(XmlRead, numbers_as_schema_types_write_them) {
    EXPECT_EQ(plain_of("<int32>+5</int32>").int32, 5);
    EXPECT_EQ(plain_of("<int32>-007</int32>").int32, -7);
    EXPECT_EQ(plain_of("<int32>5.0</int32>").int32, 5);
    EXPECT_EQ(plain_of("<real>.5</real>").real, 0.5);
    EXPECT_EQ(plain_of("<real>+5.</real>").real, 5.0);
    EXPECT_EQ(plain_of("<real>1.5E3</real>").real, 1500.0);
    EXPECT_EQ(plain_of("<tenths>8.1</tenths>").tenths, 8.1);
    EXPECT_EQ(plain_of("<real>0e999</real>").real, 0.0);
    EXPECT_EQ(plain_of("<real>0.001e-400</real>").real, 0.0);
}

TEST(XmlRead, numbers_that_are_none) {
    for (const char* text :
         {"", " ", "x", "1x", "1 2", "0x10", "+-1", "--1", "1e", "e5", ".", "INF", "NaN", "inf", "nan", "1,5"}) {
        EXPECT_EQ(fault("<real>" + std::string(text) + "</real>"), "wrong type at /real") << text;
        EXPECT_EQ(fault("<int32>" + std::string(text) + "</int32>"), "wrong type at /int32") << text;
    }
    EXPECT_EQ(fault("<int32>5.5</int32>"), "wrong type at /int32");
    EXPECT_EQ(fault("<int32>2147483648</int32>"), "out of range at /int32");
    EXPECT_EQ(fault("<int32>99999999999999999999</int32>"), "out of range at /int32");
    EXPECT_EQ(fault("<int32>-9227233036854775739</int32>"), "out of range at /int32");  // overflowed while it was read
    EXPECT_EQ(fault("<real>1e400</real>"), "out of range at /real");
    EXPECT_EQ(fault("<tenths>8.11</tenths>"), "out of range at /tenths");
}

TEST(XmlRead, text_is_kept_as_it_stands) {
    EXPECT_EQ(plain_of("<text>  </text>").text, "  ");
    EXPECT_EQ(plain_of("<text/>").text, "");
    EXPECT_EQ(plain_of("<text></text>").text, "");
    EXPECT_EQ(plain_of("<text>a\r\nb</text>").text, "a\nb");
    EXPECT_EQ(plain_of("<text>a&#13;b</text>").text, "a\rb");
    EXPECT_EQ(plain_of("<text>&lt;&amp;&gt;&quot;&apos;&#x41;&#66;</text>").text, "<&>\"'AB");
    EXPECT_EQ(plain_of("<text>a<![CDATA[<&]]>b</text>").text, "a<&b");
    EXPECT_EQ(plain_of("<text><![CDATA[  ]]></text>").text, "  ");
    EXPECT_EQ(plain_of("<text><![CDATA[a\r\nb\rc]]></text>").text, "a\nb\nc");
    EXPECT_EQ(plain_of("<text>ab<!-- c -->cd</text>").text, "abcd");
    EXPECT_EQ(plain_of("<text>ab<?pi x?>cd</text>").text, "abcd");
}

TEST(XmlRead, text_is_measured_in_characters) {
    EXPECT_EQ(fault("<text>🔌🔌🔌🔌🔌🔌🔌🔌</text>"), "");
    EXPECT_EQ(fault("<text>🔌🔌🔌🔌🔌🔌🔌🔌🔌</text>"), "too long at /text");
    EXPECT_EQ(fault("<hex>0102030405</hex>"), "too long at /hex");
    EXPECT_EQ(fault("<hex>xy</hex>"), "bad format at /hex");
}

TEST(XmlRead, an_element_within_a_simple_value_is_a_wrong_type) {
    EXPECT_EQ(fault("<text>a<b/></text>"), "wrong type at /text");
    EXPECT_EQ(fault("<int32><b>1</b></int32>"), "wrong type at /int32");
}

TEST(XmlRead, formats) {
    EXPECT_EQ(fault("<when>now</when>"), "bad format at /when");
    EXPECT_EQ(fault("<span>now</span>"), "bad format at /span");
    EXPECT_EQ(fault("<unit>V</unit>"), "not in the enumeration at /unit");
    EXPECT_EQ(plain_of("<measurand>other</measurand>").measurand->other, "other");
    EXPECT_EQ(plain_of("<raw>{\"a\": 1}</raw>").raw, RawJson{"{\"a\":1}"});
    EXPECT_EQ(fault("<raw>{a}</raw>"), "bad format at /raw");
    EXPECT_EQ(plain_of("<any>\"x\"</any>").any, AnyValue{std::string("x")});
}

TEST(XmlRead, unknown_elements_and_attributes_are_skipped) {
    const Plain plain = plain_of(
        "<x><int32>1</int32><y><z a='1'>t</z></y>text<![CDATA[c]]></x><int32 a='1' v:b='2'>2</int32>"
        "<undeclared:int32>3</undeclared:int32>");
    EXPECT_EQ(plain.int32, 2);
    EXPECT_EQ(fault("<x/><x/>"), "");
}

TEST(XmlRead, an_element_stands_once) {
    EXPECT_EQ(fault("<int32>1</int32><flag>1</flag><int32>1</int32>"), "duplicate at /int32");
    EXPECT_EQ(fault("<period><limit>1</limit><limit>1</limit></period>"), "duplicate at /period/limit");
}

TEST(XmlRead, missing_elements_and_attributes) {
    EXPECT_EQ(fault("<period><limit>1</limit></period>"), "missing at /period/startPeriod");
    Price price;
    EXPECT_EQ(fault_of(from_xml("<t:Price xmlns:t='urn:example:tariff'>1</t:Price>", price)), "missing at /currency");
}

TEST(XmlRead, attributes) {
    Plain plain;
    EXPECT_FALSE(from_xml("<Plain xmlns='urn:example:grid' name='a&amp;b' number=' 5 '/>", plain));
    EXPECT_EQ(plain.number.value, 5);
    EXPECT_EQ(plain.name.value, "a&b");
    EXPECT_EQ(raw_fault("<Plain xmlns='urn:example:grid' number='x'/>"), "wrong type at /number");
    EXPECT_EQ(raw_fault("<Plain xmlns='urn:example:grid' name='abcdef'/>"), "too long at /name");
    EXPECT_EQ(raw_fault("<Plain xmlns='urn:example:grid' number='1' number='1'/>"), "duplicate at /number");
}

TEST(XmlRead, an_attribute_is_no_element_and_an_element_no_attribute) {
    EXPECT_EQ(plain_of("<name>abc</name>").name.value, std::nullopt);
    Plain plain;
    EXPECT_FALSE(from_xml("<Plain xmlns='urn:example:grid' int32='5'/>", plain));
    EXPECT_EQ(plain.int32, std::nullopt);
}

TEST(XmlRead, attributes_have_no_namespace_unless_the_table_says_one) {
    Price price;
    EXPECT_FALSE(from_xml("<q:Price xmlns:q='urn:example:tariff' q:currency='CHF' estimate='1'>0.5</q:Price>", price));
    EXPECT_EQ(price, (Price{"CHF", true, 0.5}));
    EXPECT_EQ(fault_of(from_xml("<Price xmlns='urn:example:tariff' currency='CHF'>0.5</Price>", price)),
              "missing at /currency");
    Price other;
    EXPECT_FALSE(
        from_xml("<q:Price xmlns:q='urn:example:tariff' q:currency='CHF' q:estimate='1'>0.5</q:Price>", other));
    EXPECT_EQ(other.estimate.value, std::nullopt);
}

TEST(XmlRead, content_beside_attributes) {
    Price price;
    const std::string start = "<t:Price xmlns:t='urn:example:tariff' t:currency='EUR'>";
    EXPECT_FALSE(from_xml(start + " 12.5 <x/></t:Price>", price));
    EXPECT_EQ(price.amount.value, 12.5);
    EXPECT_EQ(fault_of(from_xml(start + "x</t:Price>", price)), "wrong type at /amount");
    EXPECT_EQ(fault_of(from_xml(start + "</t:Price>", price)), "wrong type at /amount");
    EXPECT_EQ(fault_of(from_xml(start + "1.23456</t:Price>", price)), "out of range at /amount");
    Plugged plugged;
    EXPECT_FALSE(from_xml("<Plugged xmlns='urn:example:grid'/>", plugged));
    EXPECT_EQ(plugged.text.value, std::nullopt);
    EXPECT_FALSE(from_xml("<Plugged xmlns='urn:example:grid'>a<!-- -->b</Plugged>", plugged));
    EXPECT_EQ(plugged.text.value, "ab");
    EXPECT_EQ(fault_of(from_xml("<Plugged xmlns='urn:example:grid'>abcde</Plugged>", plugged)), "too long at /text");
}

TEST(XmlRead, namespaces_are_checked) {
    EXPECT_EQ(plain_of("<int32 xmlns='urn:other'>1</int32>").int32, std::nullopt);
    EXPECT_EQ(plain_of("<t:int32>1</t:int32>").int32, std::nullopt);
    EXPECT_EQ(plain_of("<g:int32 xmlns:g='urn:example:grid'>1</g:int32>").int32, 1);
    EXPECT_EQ(plain_of("<x xmlns='urn:other'><y/></x><int32>1</int32>").int32, 1);  // the scope ends with its element
    EXPECT_EQ(raw_fault("<Plain/>"), "unknown type at ");
    EXPECT_EQ(raw_fault("<Plain xmlns='urn:other'/>"), "unknown type at ");
    EXPECT_EQ(raw_fault("<p:Plain xmlns='urn:example:grid'/>"), "unknown type at ");
}

TEST(XmlRead, the_default_namespace_is_the_innermost_one) {
    EXPECT_EQ(plain_of("<flag>1</flag><int32 xmlns='urn:other'>1</int32>").int32, std::nullopt);
    // The period is of the outer namespace, where there is none of that name.
    EXPECT_EQ(fault("<target><site xmlns='urn:example:tariff'>a</site><period>x</period></target>"), "");
}

TEST(XmlRead, any_prefix_will_do) {
    Plain plain;
    EXPECT_FALSE(from_xml(
        "<a:Plain xmlns:a='urn:example:grid' xmlns:b='urn:example:grid' number='1'><b:int32>1</b:int32>"
        "<a:period><b:startPeriod>1</b:startPeriod><limit xmlns='urn:example:grid'>2</limit></a:period></a:Plain>",
        plain));
    EXPECT_EQ(plain.int32, 1);
    EXPECT_EQ(plain.period, (Period{1, 2, {}}));
}

TEST(XmlRead, a_prefix_may_be_longer_than_the_rest_of_the_document) {
    const std::string longest(5000, 'p');
    const auto with = [&](const std::string& inner) {
        Plain plain;
        EXPECT_FALSE(from_xml("<Plain xmlns='urn:example:grid' number='1' xmlns:" + longest + "='urn:example:grid'>" +
                                  inner + "</Plain>",
                              plain));
        return plain.int32;
    };
    EXPECT_EQ(with("<" + longest + ":int32>1</" + longest + ":int32>"), 1);
    EXPECT_EQ(with("<ppp:int32>1</ppp:int32>"), std::nullopt);
    EXPECT_EQ(with("<unknown/><int32>1</int32>"), 1);
}

TEST(XmlRead, members_of_one_name_in_two_namespaces_are_told_apart) {
    EXPECT_EQ(fault("<target><t:site>a</t:site></target>"), "");
    EXPECT_EQ(fault("<target><site>a</site></target>"), "bad choice at /target/0");
    EXPECT_EQ(fault("<target><v:device>1</v:device><v:device>2</v:device></target>"), "");
    EXPECT_EQ(fault("<target><t:device>1</t:device></target>"), "bad choice at /target/0");
}

TEST(XmlRead, a_record_without_a_namespace) {
    Bare bare;
    EXPECT_FALSE(from_xml("<Bare id='3'><value>1</value></Bare>", bare));
    EXPECT_EQ(bare.id.value, 3);
    EXPECT_EQ(fault_of(from_xml("<Bare xmlns='urn:x'><value>1</value></Bare>", bare)), "unknown type at ");
    EXPECT_EQ(fault_of(from_xml("<Bare><value xmlns='urn:x'>1</value></Bare>", bare)), "missing at /value");
    EXPECT_EQ(fault_of(from_xml("<Bare><p:y xmlns:p='urn:x' xmlns=''><value>1</value></p:y></Bare>", bare)),
              "missing at /value");
    EXPECT_FALSE(from_xml("<Bare><value xmlns=''>1</value></Bare>", bare));
    EXPECT_EQ(to_xml(Bare{{7}, 1}, {}, {.declaration = false}), "<Bare id=\"7\"><value>1</value></Bare>");
}

TEST(XmlRead, any_namespace_matches_local_names) {
    Plain plain;
    const XmlOptions options{.any_namespace = true};
    EXPECT_FALSE(from_xml("<Plain xmlns='urn:other'><q:int32>1</q:int32><target><device>4</device></target></Plain>",
                          plain, options));
    EXPECT_EQ(plain.int32, 1);
    EXPECT_EQ(plain.target[0].device, (List<std::int32_t, 0, 5>{4}));
}

TEST(XmlRead, any_case_matches_names_in_any_case) {
    const XmlOptions options{.any_case = true};
    EXPECT_EQ(plain_of("<INT32>1</INT32>", options).int32, 1);
    EXPECT_EQ(plain_of("<INT32>1</INT32>").int32, std::nullopt);
    Plain plain;
    EXPECT_FALSE(from_xml("<Plain xmlns='urn:example:grid' NAME='abc'/>", plain, options));
    EXPECT_EQ(plain.name.value, "abc");
}

TEST(XmlRead, root_names_are_checked_if_one_is_given) {
    EXPECT_EQ(raw_fault("<Other xmlns='urn:example:grid'/>"), "");
    EXPECT_EQ(raw_fault("<Other xmlns='urn:example:grid'/>", {.root = "Plain"}), "unknown type at ");
    EXPECT_EQ(raw_fault("<Plain xmlns='urn:example:grid'/>", {.root = "Plain"}), "");
}

TEST(XmlRead, choices_have_one_member) {
    EXPECT_EQ(plain_of("<target><t:site>a</t:site></target><target><t:everything/></target>").target.size(), 2u);
    EXPECT_EQ(fault("<target><t:site>a</t:site></target><target/>"), "bad choice at /target/1");
    EXPECT_EQ(fault("<target><t:site>a</t:site><t:everything/></target>"), "bad choice at /target/0");
    EXPECT_EQ(fault("<target><t:site>a</t:site><v:device>1</v:device></target>"), "bad choice at /target/0");
    EXPECT_EQ(fault("<target><t:period><limit>1</limit></t:period></target>"),
              "missing at /target/0/period/startPeriod");
}

TEST(XmlRead, xsi_type_names_the_alternative) {
    const Plain plain = plain_of(
        "<resource xsi:type='t:PriceType' t:currency='CHF'>2</resource>"
        "<resource xsi:type=' schedule ' id='4'><chargingRateUnit>A</chargingRateUnit>"
        "<period><startPeriod>0</startPeriod><limit>1</limit></period></resource>");
    ASSERT_EQ(plain.resource.size(), 2u);
    EXPECT_EQ(plain.resource[0].price, (Price{"CHF", std::nullopt, 2}));
    EXPECT_FALSE(plain.resource[0].schedule);
    EXPECT_EQ(plain.resource[1].schedule->id.value, 4);
}

TEST(XmlRead, xsi_type_that_is_absent_or_unknown) {
    EXPECT_EQ(fault("<resource/>"), "bad choice at /resource/0");
    EXPECT_EQ(fault("<resource type='schedule'/>"), "bad choice at /resource/0");
    EXPECT_EQ(fault("<resource xsi:type='meter'/>"), "unknown type at /resource/0");
    EXPECT_EQ(fault("<resource xsi:type='t:schedule'/>"), "unknown type at /resource/0");
    EXPECT_EQ(fault("<resource xsi:type='PriceType'/>"), "unknown type at /resource/0");
    EXPECT_EQ(fault("<resource xsi:type='t:PriceType'>1</resource>"), "missing at /resource/0/PriceType/currency");
    EXPECT_EQ(fault("<resource xsi:type='PriceType' currency='CHF'>1</resource>", {.any_namespace = true}), "");
}

TEST(XmlRead, documents_that_are_not_well_formed) {
    for (const char* text : {"",
                             " ",
                             "x",
                             "<",
                             "<P",
                             "<P>",
                             "<P></p>",
                             "</P>",
                             "<P a=1/>",
                             "<P a/>",
                             "<P a='1/>",
                             "<P a='1'b='2'/>",
                             "<P a='\x01'/>",
                             "<P =''/>",
                             "<P 1='2'/>",
                             "<P / >",
                             "<P/><P/>",
                             "<P/>x",
                             "x<P/>",
                             "<P><!-- </P>",
                             "<P><![CDATA[</P>",
                             "<P><?pi</P>",
                             "<P><? ?></P>",
                             "<P><?1?></P>",
                             "<P><!x></P>",
                             "<P>< x/></P>",
                             "<P><1/></P>",
                             "<?xml version='1.0'?>",
                             "<?xml",
                             "<!-- ",
                             "<P>\x80</P>",
                             "<P>\x01</P>",
                             "<P><x>\x01</x></P>",
                             "<P>&#0;</P>",
                             "<P>&#xD800;</P>",
                             "<P>&#x110000;</P>",
                             "<P>&#4294967296;</P>",
                             "<P>&#x1;</P>",
                             "<P>&#xFFFF;</P>",
                             "<P>&#;</P>",
                             "<P>&#x;</P>",
                             "<P>&#12</P>",
                             "<P>&#1a;</P>",
                             "<P><x></P></x>",
                             "<P><x></x ></P ",
                             "<P></P",
                             "<P><text><![CDATA[\x01]]></text></P>"}) {
        std::string document = text;
        if (const std::size_t root = document.find("<P"); root != std::string::npos) {
            document.insert(root + 2, " xmlns='urn:example:grid'");
        }
        EXPECT_EQ(raw_fault(document), "syntax error at ") << document;
    }
    EXPECT_EQ(raw_fault(std::string_view("<P xmlns='urn:example:grid'/>\0", 30)), "syntax error at ");
    EXPECT_EQ(raw_fault(std::string_view("<P xmlns='urn:example:grid'>\0</P>", 33)), "syntax error at ");
    EXPECT_EQ(raw_fault(std::string_view("<P xmlns='urn:example:grid'><!--\0--></P>", 40)), "syntax error at ");
}

// pugixml passes over a bare '&' and over names of entities that nobody declared: they stay as they were written.
TEST(XmlRead, an_unknown_reference_stays_as_text) {
    EXPECT_EQ(plain_of("<text>a&nbsp;</text>").text, "a&nbsp;");
    EXPECT_EQ(plain_of("<text>a & b</text>").text, "a & b");
}

TEST(XmlRead, blanks_within_tags) {
    Plain plain;
    EXPECT_FALSE(from_xml(
        "<Plain\n xmlns = \"urn:example:grid\"\tname='a\n\tb'\r\n><int32 >1</int32\n><flag\n>1</flag></Plain >",
        plain));
    EXPECT_EQ(plain.name.value, "a  b");
    EXPECT_EQ(plain.int32, 1);
    EXPECT_EQ(plain.flag, true);
}

TEST(XmlRead, references_in_attributes) {
    Plain plain;
    EXPECT_FALSE(from_xml("<Plain xmlns='urn:example:grid' name='&#10;&lt;&apos;&quot;&#x20AC;'/>", plain));
    EXPECT_EQ(plain.name.value, "\n<'\"\u20AC");
}

TEST(XmlRead, a_name_that_begins_like_a_member_is_another_name) {
    EXPECT_EQ(plain_of("<int32x>1</int32x><int>1</int>").int32, std::nullopt);
}

TEST(XmlRead, document_types_are_refused) {
    EXPECT_EQ(raw_fault("<!DOCTYPE Plain><Plain xmlns='urn:example:grid'/>"), "syntax error at ");
    EXPECT_EQ(
        raw_fault("<?xml version='1.0'?><!DOCTYPE Plain [<!ENTITY a 'b'>]><Plain xmlns='urn:example:grid'>&a;</Plain>"),
        "syntax error at ");
    EXPECT_EQ(raw_fault("<Plain xmlns='urn:example:grid'><!DOCTYPE x></Plain>"), "syntax error at ");
}

TEST(XmlRead, declarations_comments_and_a_byte_order_mark_may_stand_before_the_root) {
    EXPECT_EQ(raw_fault("\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- c --><?pi?>\n"
                        "<Plain xmlns='urn:example:grid'/>\n<!-- d -->\n"),
              "");
}

TEST(XmlRead, limits_of_bytes_and_elements) {
    const std::string text = document("<list>1</list><x><y/></x>");
    EXPECT_EQ(raw_fault(text, {.limits = {.bytes = text.size()}}), "");
    EXPECT_EQ(raw_fault(text, {.limits = {.bytes = text.size() - 1}}), "too large at ");
    EXPECT_EQ(raw_fault(text, {.limits = {.members = 4}}), "");
    EXPECT_EQ(raw_fault(text, {.limits = {.members = 3}}), "too large at ");
}

TEST(XmlRead, limits_of_depth) {
    const std::string known =
        document("<target><t:period><startPeriod>1</startPeriod><limit>1</limit></t:period></target>");
    EXPECT_EQ(raw_fault(known, {.limits = {.depth = 4}}), "");
    EXPECT_EQ(raw_fault(known, {.limits = {.depth = 3}}), "too deep at ");
    EXPECT_EQ(fault("<x><x><x/></x></x>", {.limits = {.depth = 4}}), "");
    EXPECT_EQ(fault("<x><x><x><x/></x></x></x>", {.limits = {.depth = 4}}), "too deep at ");
}

TEST(XmlRead, depth_does_not_exhaust_the_stack) {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "<x>";
    for (int i = 0; i < 100'000; ++i) deep += "</x>";
    EXPECT_EQ(fault(deep), "too deep at ");
    EXPECT_EQ(fault(deep, {.limits = {.depth = 1'000'000}}), "too deep at ");
    EXPECT_EQ(fault("<text>" + deep + "</text>"), "wrong type at /text");
}

TEST(XmlRead, limits_of_namespace_declarations) {
    std::string many;
    for (int i = 0; i < 100; ++i) many += " xmlns:n" + std::to_string(i) + "='u'";
    EXPECT_EQ(fault("<x" + many + "/>"), "too large at ");
}

TEST(XmlRoot, says_what_a_document_is) {
    XmlRoot root;
    ASSERT_FALSE(read_xml_root(
        "\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- <a> --><o:oadrPayload xmlns:o='urn:o' a='>'>broken", root));
    EXPECT_EQ(root.name, "oadrPayload");
    EXPECT_EQ(root.namespace_uri, "urn:o");
    EXPECT_EQ(root.xsi_type, "");
    ASSERT_FALSE(read_xml_root(
        "<Event xmlns='urn:s' xmlns:x='http://www.w3.org/2001/XMLSchema-instance' x:type='q:DERControl'/>", root));
    EXPECT_EQ(root.name, "Event");
    EXPECT_EQ(root.namespace_uri, "urn:s");
    EXPECT_EQ(root.xsi_type, "DERControl");
    ASSERT_FALSE(read_xml_root("<Event type='x'/>", root));
    EXPECT_EQ(root.namespace_uri, "");
    EXPECT_EQ(root.xsi_type, "");
    for (const char* text :
         {"", "x", "<", "<a", "<a b='>", "<?xml", "<!-- -->", "<!DOCTYPE a><a/>", "<p:a/>", "</a>", "<a \xFF>"}) {
        EXPECT_EQ(fault_of(read_xml_root(text, root)), "syntax error at ") << text;
    }
    EXPECT_EQ(fault_of(read_xml_root("<a/>", root, {.bytes = 3})), "too large at ");
}

std::string written(const Plain& plain) {
    return to_xml(plain, {}, {.declaration = false});
}

TEST(XmlWrite, in_the_order_of_the_table) {
    Plain plain;
    plain.name = "a\"<\n\t";
    plain.number = 5;
    plain.int32 = -1;
    plain.flag = true;
    plain.list = {1, 2};
    EXPECT_EQ(written(plain),
              "<Plain xmlns=\"urn:example:grid\" number=\"5\" name=\"a&quot;&lt;&#10;&#9;\"><flag>true</flag>"
              "<int32>-1</int32><list>1</list><list>2</list></Plain>");
}

TEST(XmlWrite, nothing_is_an_empty_element) {
    EXPECT_EQ(written({}), "<Plain xmlns=\"urn:example:grid\"/>");
    EXPECT_EQ(to_xml(Nothing{}, {}, {.declaration = false}), "<Nothing xmlns=\"urn:example:grid\"/>");
}

TEST(XmlWrite, base_members_first_each_in_its_namespace) {
    Alias alias;
    alias.mRID = "F00D";
    alias.version = 2;
    EXPECT_EQ(to_xml(alias, {}, {.declaration = false}),
              "<t:Alias xmlns:t=\"urn:example:tariff\" xmlns=\"urn:example:grid\" mRID=\"F00D\"><version>2</version>"
              "<t:price t:currency=\"EUR\">0</t:price></t:Alias>");
}

TEST(XmlWrite, only_the_namespaces_that_are_used_are_declared_and_all_on_the_root) {
    Plain plain;
    plain.target.push_back({.site = "a", .period = {}, .everything = {}, .device = {}});
    EXPECT_EQ(
        written(plain),
        "<Plain xmlns=\"urn:example:grid\" xmlns:t=\"urn:example:tariff\"><target><t:site>a</t:site></target></Plain>");
}

TEST(XmlWrite, xsi_type_names_the_alternative) {
    Plain plain;
    plain.resource.push_back({.schedule = {}, .alias = {}, .price = Price{"CHF", std::nullopt, 2.5}});
    EXPECT_EQ(
        written(plain),
        "<Plain xmlns=\"urn:example:grid\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" "
        "xmlns:t=\"urn:example:tariff\"><resource xsi:type=\"t:PriceType\" t:currency=\"CHF\">2.5</resource></Plain>");
}

TEST(XmlWrite, style_adds_declaration_root_name_namespaces_and_schema_location) {
    EXPECT_EQ(to_xml(Nothing{}, "Void",
                     {.declaration = true, .namespaces = {&vendor, &grid}, .schema_location = "urn:a a.xsd"}),
              "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Void xmlns=\"urn:example:grid\" "
              "xmlns:v=\"https://vendor.example/ns\" "
              "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:a a.xsd\"/>");
}

TEST(XmlWrite, text_is_escaped) {
    Plain plain;
    plain.text = "<&>]]>\r\"";
    EXPECT_EQ(written(plain), "<Plain xmlns=\"urn:example:grid\"><text>&lt;&amp;&gt;]]&gt;&#13;\"</text></Plain>");
}

TEST(XmlWrite, characters_that_xml_cannot_hold_are_replaced) {
    Plain plain;
    plain.text = "\x01\x1F\uFFFE\uFFFF\uFFFD\uFFEE";
    EXPECT_EQ(written(plain),
              "<Plain xmlns=\"urn:example:grid\"><text>\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFEE</text></Plain>");
}

TEST(XmlWrite, appends) {
    std::string out = "before";
    const Nothing nothing;
    write_xml(record_of(Tag<Nothing>{}), &nothing, out, {}, {.declaration = false});
    EXPECT_EQ(out, "before<Nothing xmlns=\"urn:example:grid\"/>");
}

}  // namespace
}  // namespace busbar::wire
