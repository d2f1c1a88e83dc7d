#include "gateway/observe/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "protocols/wire/json.hpp"

namespace busbar::observe {
namespace {

constexpr std::uint32_t burst = 5;                   // lines of one code and peer in a minute
constexpr std::uint32_t burst_of_all = 200;          // lines of one code: who is refused may call itself what it likes
constexpr std::int64_t window_us = 60'000'000;
constexpr std::size_t most_windows = 10'000;

spdlog::logger& sink() {
    static const auto logger = [] {
        auto made = std::make_shared<spdlog::logger>("busbar", std::make_shared<spdlog::sinks::stderr_sink_mt>());
        made->set_level(spdlog::level::trace);
        made->flush_on(spdlog::level::trace);
        made->set_pattern("%v");
        return made;
    }();
    return *logger;
}

std::string_view name_of(Level level) {
    constexpr std::string_view names[] = {"debug", "info", "warning", "error", "silent"};
    return names[static_cast<std::size_t>(level)];
}

// All members but the time, which the sink writes in front.
std::string json_line(Level level, std::string_view code, std::string_view peer, std::string_view text, bool security) {
    std::string line = "\"level\":";
    const auto member = [&line](std::string_view key, std::string_view value) {
        line += ",\"" + std::string(key) + "\":";
        wire::append_json_string(line, value);
    };
    wire::append_json_string(line, name_of(level));
    member("code", code);
    if (!peer.empty()) member("peer", peer);
    if (security) line += ",\"security\":true";
    member("text", text);
    return line += '}';
}

// Control characters from a peer must not write lines of their own.
std::string printable(std::string_view text) {
    std::string safe(text);
    for (char& c : safe)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
    return safe;
}

// "127.0.0.1:51234" is another port with each connection, and still the same peer.
std::string_view without_port(std::string_view peer) {
    const std::size_t colon = peer.rfind(':');
    const bool port = colon != std::string_view::npos && colon + 1 < peer.size() &&
                      peer.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    return port ? peer.substr(0, colon) : peer;
}

}  // namespace

void Log::configure(Format format, Level level) {
    format_ = format;
    level_ = level;
    if (format == Format::text)
        sink().set_pattern("%Y-%m-%dT%H:%M:%S.%e %v", spdlog::pattern_time_type::utc);
    else
        sink().set_pattern("{\"time\":\"%Y-%m-%dT%H:%M:%S.%fZ\",%v", spdlog::pattern_time_type::utc);
}

void Log::write(Level level, std::string_view code, std::string_view text) {
    if (const auto found = counters_.find(code); found != counters_.end())
        ++found->second;
    else
        counters_.emplace(code, 1);
    put(level, code, "", text, false);
}

void Log::put(Level level, std::string_view code, std::string_view peer, std::string_view text, bool security) const {
    if (level < level_) return;
    if (format_ == Format::json) {
        sink().info("{}", json_line(level, code, peer, text, security));
        return;
    }
    sink().info("{:7} {}{}{}{}: {}", name_of(level), security ? "[security] " : "", code, peer.empty() ? "" : " ",
                printable(peer), printable(text));
}

// Whether another line fits into the window; what did not fit into the one before is said first.
bool Log::fits(std::int64_t now_us, const model::Notice& notice, std::string_view peer, std::uint32_t most) {
    Window& window = windows_[notice.code + '\n' + std::string(peer)];
    if (now_us - window.since_us > window_us) {
        if (window.suppressed > 0)
            put(Level::warning, notice.code, peer,
                std::to_string(window.suppressed) + " further lines like the next one were left out in the last minute",
                false);
        window = {now_us, 0, 0};
    }
    if (window.lines >= most) {
        ++window.suppressed;
        return false;
    }
    ++window.lines;
    return true;
}

void Log::notice(std::int64_t now_us, const model::Notice& notice) {
    ++counters_[notice.code];
    if (windows_.size() > most_windows) windows_.clear();
    if (!fits(now_us, notice, without_port(notice.peer), burst) || !fits(now_us, notice, "", burst_of_all)) return;
    const Level level = notice.severity == model::Severity::info ? Level::info : Level::warning;
    put(level, notice.code, notice.peer, notice.text, notice.severity == model::Severity::security);
}

}  // namespace busbar::observe
