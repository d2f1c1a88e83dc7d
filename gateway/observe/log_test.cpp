#include "gateway/observe/log.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace busbar::observe {
namespace {

using testing::HasSubstr;

constexpr std::int64_t minute_us = 60'000'000;

// The sink is the process's standard error; each test reads what was written while it ran.
class LogTest : public testing::Test {
  protected:
    std::string written(const auto& work) {
        testing::internal::CaptureStderr();
        work();
        return testing::internal::GetCapturedStderr();
    }
    static std::ptrdiff_t lines(const std::string& text) { return std::count(text.begin(), text.end(), '\n'); }
    static model::Notice notice(std::string peer, std::string text = "no") {
        return {model::Severity::security, "wrong_password", std::move(peer), std::move(text)};
    }

    Log log_;
};

TEST_F(LogTest, a_security_notice_is_marked) {
    log_.configure(Format::text, Level::info);
    EXPECT_THAT(written([&] { log_.notice(0, notice("CP1")); }), HasSubstr("[security] wrong_password CP1: no"));
    log_.configure(Format::json, Level::info);
    EXPECT_THAT(written([&] { log_.notice(0, notice("CP1")); }),
                HasSubstr(R"("code":"wrong_password","peer":"CP1","security":true,"text":"no")"));
}

TEST_F(LogTest, a_peer_that_repeats_itself_is_held_back_and_counted) {
    const std::string first = written([&] {
        for (int i = 0; i < 12; ++i) log_.notice(minute_us, notice("CP1"));
    });
    EXPECT_EQ(lines(first), 5);
    EXPECT_EQ(log_.counters().at("wrong_password"), 12u);
    const std::string later = written([&] { log_.notice(3 * minute_us, notice("CP1")); });
    EXPECT_THAT(later, HasSubstr("7 further lines"));
    EXPECT_EQ(log_.counters().at("wrong_password"), 13u);
}

TEST_F(LogTest, another_port_is_no_other_peer) {
    const std::string text = written([&] {
        for (int i = 0; i < 12; ++i) log_.notice(minute_us, notice("127.0.0.1:" + std::to_string(50'000 + i)));
    });
    EXPECT_EQ(lines(text), 5);
}

TEST_F(LogTest, names_made_up_by_a_peer_do_not_fill_the_log) {
    const std::string text = written([&] {
        for (int i = 0; i < 1000; ++i) log_.notice(minute_us, notice("CP" + std::to_string(i)));
    });
    EXPECT_EQ(lines(text), 200);
    EXPECT_EQ(log_.counters().at("wrong_password"), 1000u);
}

TEST_F(LogTest, a_peer_writes_no_line_of_its_own) {
    log_.configure(Format::text, Level::info);
    const std::string text = written([&] { log_.notice(0, notice("CP1", "a\nb")); });
    EXPECT_EQ(lines(text), 1);
    EXPECT_THAT(text, HasSubstr("a b"));
}

}  // namespace
}  // namespace busbar::observe
