// The one source of chance in a simulated world: the same seed draws the same numbers on every machine and in every
// build.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace busbar::sim {

class Random {  // SplitMix64
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e37'79b9'7f4a'7c15);
        z = (z ^ (z >> 30)) * 0xbf58'476d'1ce4'e5b9;
        z = (z ^ (z >> 27)) * 0x94d0'49bb'1331'11eb;
        return z ^ (z >> 31);
    }
    // Uniform in [low, high].
    std::int64_t between(std::int64_t low, std::int64_t high) {
        return low + static_cast<std::int64_t>(next() % (static_cast<std::uint64_t>(high - low) + 1));
    }
    bool chance(std::int64_t ppm) { return ppm > 0 && between(0, 999'999) < ppm; }
    // A generator of its own, so that one more draw here moves nothing there.
    Random fork(std::string_view label) {
        std::uint64_t seed = next();
        for (const char c : label) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
        return Random(seed);
    }
    std::string bytes(std::size_t count) {
        std::string all;
        for (std::size_t i = 0; i < count; ++i) all += static_cast<char>(next() >> 56);
        return all;
    }

  private:
    std::uint64_t state_;
};

}  // namespace busbar::sim
