// Properties that hold for every record and every value: what is written reads back the same, and a message with one
// rule broken is refused with that rule's fault at its path.
#include <gtest/gtest.h>

#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/test_records.hpp"
#include "protocols/wire/xml.hpp"

namespace busbar::wire {
namespace {

constexpr std::uint64_t seeds = 400;

template <class T>
class EveryRecord : public testing::Test {};
using Records = testing::Types<test::Numbers, test::Texts, test::Period, test::Schedule, test::Nothing, test::Price,
                               test::Priced, test::Alias, test::Target, test::Resource, test::Everything>;
TYPED_TEST_SUITE(EveryRecord, Records);

std::string text(const Failure& failure) {
    return failure ? failure->text() : "";
}

TYPED_TEST(EveryRecord, random_values_are_valid) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        ASSERT_EQ(text(check(random_value<TypeParam>(seed))), "") << "seed " << seed;
    }
}

TYPED_TEST(EveryRecord, json_reads_back_the_same) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto value = random_value<TypeParam>(seed);
        const std::string json = to_json(value);
        TypeParam again{};
        ASSERT_EQ(text(from_json(json, again)), "") << "seed " << seed << '\n' << json;
        ASSERT_EQ(to_json(again), json) << "seed " << seed;
        ASSERT_TRUE(again == value) << "seed " << seed << '\n' << json;
    }
}

TYPED_TEST(EveryRecord, xml_reads_back_the_same) {
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto value = random_value<TypeParam>(seed);
        const std::string xml = to_xml(value);
        TypeParam again{};
        ASSERT_EQ(text(from_xml(xml, again)), "") << "seed " << seed << '\n' << xml;
        ASSERT_EQ(to_xml(again), xml) << "seed " << seed;
        ASSERT_TRUE(again == value) << "seed " << seed << '\n' << xml;
    }
}

TYPED_TEST(EveryRecord, mutants_are_refused_with_the_expected_fault_and_path) {
    std::size_t count = 0;
    for (std::uint64_t seed = 0; seed < 40; ++seed) {
        const auto value = random_value<TypeParam>(seed);
        for (const Mutant& mutant : json_mutants(record_of(Tag<TypeParam>{}), &value)) {
            TypeParam target{};
            const Failure failure = from_json(mutant.json, target);
            ASSERT_TRUE(failure) << mutant.expected.text() << '\n' << mutant.json;
            ASSERT_EQ(name_of(failure->fault), name_of(mutant.expected.fault)) << failure->text() << '\n'
                                                                               << mutant.json;
            ASSERT_EQ(failure->path, mutant.expected.path) << failure->text() << '\n' << mutant.json;
            ++count;
        }
    }
    EXPECT_GE(count, 40u * 7);
    this->RecordProperty("mutants", static_cast<int>(count));
}

TYPED_TEST(EveryRecord, cut_messages_never_read) {
    const auto value = random_value<TypeParam>(7);
    const std::string json = to_json(value);
    const std::string xml = to_xml(value);
    for (std::size_t size = 0; size < json.size(); ++size) {
        TypeParam target{};
        ASSERT_TRUE(from_json(std::string_view(json).substr(0, size), target)) << json.substr(0, size);
    }
    for (std::size_t size = 0; size < xml.size(); ++size) {
        TypeParam target{};
        ASSERT_TRUE(from_xml(std::string_view(xml).substr(0, size), target)) << xml.substr(0, size);
    }
}

TEST(Random, same_seed_same_value) {
    EXPECT_EQ(to_json(random_value<test::Everything>(5)), to_json(random_value<test::Everything>(5)));
    EXPECT_NE(to_json(random_value<test::Everything>(5)), to_json(random_value<test::Everything>(6)));
}

TEST(Random, a_seed_means_the_same_value_on_every_machine) {
    EXPECT_EQ(to_json(random_value<test::Period>(1)), R"({"startPeriod":2147483647,"limit":26229.6,"numberPhases":1})");
}

TEST(Random, every_alternative_and_both_ends_of_a_range_come_up) {
    bool site = false, device = false, lowest = false, highest = false, full = false;
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
        const auto target = random_value<test::Target>(seed);
        site |= target.site.has_value();
        device |= !target.device.empty();
        const auto numbers = random_value<test::Numbers>(seed);
        lowest |= numbers.small == -10;
        highest |= numbers.uint64 == ~std::uint64_t{0};
        full |= random_value<test::Texts>(seed).short_text.size() >= 10;
    }
    EXPECT_TRUE(site && device && lowest && highest && full);
}

}  // namespace
}  // namespace busbar::wire
