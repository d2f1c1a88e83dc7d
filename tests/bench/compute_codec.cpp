// Codecs by instructions, counted by callgrind: the same on every run and on a busy machine. Each message is read and
// written a few times and many times in a process of its own; the difference of the two counts is what one costs.
#include <array>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>

#include "tests/bench/compute.hpp"

namespace busbar::bench {

namespace {

constexpr int few = 2, many = 22;

struct Message {
    const char* format;
    int index;
    const char* name;
};
constexpr Message messages[] = {{"json", 0, "MeterValues"},
                                {"json", 1, "SetChargingProfile"},
                                {"json", 2, "OpenADR 3 event"},
                                {"xml", 0, "DERControlList"},
                                {"xml", 1, "oadrDistributeEvent"}};

double instructions(const std::string& work, int count) {
    const std::string command = "valgrind --tool=callgrind --callgrind-out-file=/dev/null '" + program_folder() +
                                "/bench_codec' " + work + " " + std::to_string(count) + " 2>&1";
    std::FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("cannot start valgrind");
    std::string output;
    std::array<char, 4096> part{};
    while (const std::size_t size = std::fread(part.data(), 1, part.size(), pipe)) output.append(part.data(), size);
    const int status = ::pclose(pipe);
    constexpr std::string_view mark = "Collected : ";
    const auto at = output.find(mark);
    if (status != 0 || at == std::string::npos) throw std::runtime_error("\"" + command + "\" failed: " + output);
    return std::strtod(output.c_str() + at + mark.size(), nullptr);
}

double one(const Message& message, const char* way, const char* code) {
    const std::string work = std::string(message.format) + " " + way + " " + code + " " + std::to_string(message.index);
    return (instructions(work, many) - instructions(work, few)) / (many - few);
}

Result compare(const char* format, const char* way) {
    Result result{"codec_" + std::string(format) + "_" + way, 0, "instructions", 0, 0, 1.0};
    for (const Message& message : messages) {
        if (std::string_view(message.format) != format) continue;
        const double ours = one(message, way, "records"), floor = one(message, way, "floor");
        result.value += ours;
        result.floor += floor;
        char text[96];
        std::snprintf(text, sizeof text, "%s%s %.2f", result.note.empty() ? "" : ", ", message.name, ours / floor);
        result.note += text;
    }
    result.ratio = result.value / result.floor;
    return result;
}

}  // namespace

std::vector<Result> measure_codec() {
    return {compare("json", "read"), compare("json", "write"), compare("xml", "read"), compare("xml", "write")};
}

}  // namespace busbar::bench
