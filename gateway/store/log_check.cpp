#include "gateway/store/log_check.hpp"

#include <algorithm>
#include <cstddef>
#include <fstream>
#include <vector>

namespace busbar::store {

namespace {

constexpr std::size_t header_bytes = 32;
constexpr std::size_t frame_header_bytes = 24;
constexpr std::uint32_t magic_little = 0x377f0682;  // checksums over little-endian words; one more: big-endian
constexpr std::uint32_t least_page = 512;
constexpr std::uint32_t most_page = 65536;

using Bytes = std::vector<unsigned char>;

std::uint32_t big(const unsigned char* at) {
    return std::uint32_t{at[0]} << 24 | std::uint32_t{at[1]} << 16 | std::uint32_t{at[2]} << 8 | at[3];
}
std::uint32_t little(const unsigned char* at) {
    return std::uint32_t{at[3]} << 24 | std::uint32_t{at[2]} << 16 | std::uint32_t{at[1]} << 8 | at[0];
}

struct Checksum {
    std::uint32_t (*word)(const unsigned char*) = little;
    std::uint32_t first = 0, second = 0;

    void add(const unsigned char* bytes, std::size_t count) {
        for (std::size_t i = 0; i + 8 <= count; i += 8) {
            first += word(bytes + i) + second;
            second += word(bytes + i + 4) + first;
        }
    }
    bool is(const unsigned char* stored) const { return big(stored) == first && big(stored + 4) == second; }
};

bool read(std::ifstream& file, Bytes& bytes) {
    file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    return file.gcount() == static_cast<std::streamsize>(bytes.size());
}

}  // namespace

LogState read_log(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    Bytes header(header_bytes);
    if (!file || !read(file, header)) return {};
    const std::uint32_t magic = big(header.data());
    std::uint32_t page_bytes = big(header.data() + 8);
    Checksum checksum{(magic & 1) != 0 ? big : little};
    checksum.add(header.data(), 24);
    if (page_bytes < least_page || page_bytes > most_page || (page_bytes & (page_bytes - 1)) != 0) page_bytes = 4096;
    bool good = (magic & ~1U) == magic_little && checksum.is(header.data() + 24);
    LogState state;
    state.good_bytes = good ? header_bytes : 0;
    Bytes salt(header.begin() + 16, header.begin() + 24);
    Checksum link = checksum;  // from what the frame before says of itself, whether that is true or not
    std::uint64_t number = 0;
    Bytes frame(frame_header_bytes + page_bytes);
    while (read(file, frame)) {
        if (++number == 1 && !good) salt.assign(frame.begin() + 8, frame.begin() + 16);
        const bool ours = std::equal(salt.begin(), salt.end(), frame.begin() + 8);
        checksum.add(frame.data(), 8);
        checksum.add(frame.data() + frame_header_bytes, page_bytes);
        link.add(frame.data(), 8);
        link.add(frame.data() + frame_header_bytes, page_bytes);
        good = good && ours && checksum.is(frame.data() + 16);
        if (good) {
            state.good = number;
            state.good_bytes += frame.size();
        }
        const bool commit = big(frame.data() + 4) != 0;
        if (good || (ours && commit && link.is(frame.data() + 16))) state.frames = number;
        link.first = big(frame.data() + 16);
        link.second = big(frame.data() + 20);
    }
    return state;
}

std::string words_of(const LogState& state) {
    return "frame " + std::to_string(state.good + 1) + " of " + std::to_string(state.frames) + " does not verify";
}

}  // namespace busbar::store
