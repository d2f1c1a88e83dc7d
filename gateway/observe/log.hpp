// The log: one line an occurrence, as text for people or as JSON for machines, on standard error. Every line has a stable
// code; every code has a counter, so that what is logged can also be watched.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "dispatch/model/input.hpp"

namespace busbar::observe {

enum class Format : std::uint8_t { text, json };
enum class Level : std::uint8_t { debug, info, warning, error, silent };

class Log {
  public:
    void configure(Format format, Level level);

    void debug(std::string_view code, std::string_view text) { write(Level::debug, code, text); }
    void info(std::string_view code, std::string_view text) { write(Level::info, code, text); }
    void warning(std::string_view code, std::string_view text) { write(Level::warning, code, text); }
    void error(std::string_view code, std::string_view text) { write(Level::error, code, text); }
    // What a session noticed: security notices are marked so that they can be routed apart. A peer that repeats the same
    // code is written at most `burst` times a minute; the counter goes on, and the suppressed number is said once. One
    // code of all peers together is bounded too.
    void notice(std::int64_t now_us, const model::Notice& notice);

    const std::map<std::string, std::uint64_t, std::less<>>& counters() const { return counters_; }

  private:
    struct Window {
        std::int64_t since_us = 0;
        std::uint32_t lines = 0;
        std::uint64_t suppressed = 0;
    };
    void write(Level level, std::string_view code, std::string_view text);
    void put(Level level, std::string_view code, std::string_view peer, std::string_view text, bool security) const;
    bool fits(std::int64_t now_us, const model::Notice& notice, std::string_view peer, std::uint32_t most);

    Format format_ = Format::text;
    Level level_ = Level::info;
    std::map<std::string, std::uint64_t, std::less<>> counters_;
    std::map<std::string, Window, std::less<>> windows_;  // by code and peer; emptied when it grows beyond its bound
};

}  // namespace busbar::observe
