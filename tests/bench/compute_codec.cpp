// Codecs by instructions, counted by callgrind: the same on every run and on a busy machine. Each message is read and
// written a few times and many times in a process of its own; the difference of the two counts is what one costs.
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

double instructions(std::vector<std::string> work, int count) {
    std::vector<std::string> words = {"valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                                      program_folder() + "/bench_codec"};
    words.insert(words.end(), work.begin(), work.end());
    words.push_back(std::to_string(count));
    const std::string output = output_of(words);
    constexpr std::string_view mark = "Collected : ";
    const auto at = output.find(mark);
    if (at == std::string::npos) throw std::runtime_error("callgrind gave no count: " + output);
    return std::strtod(output.c_str() + at + mark.size(), nullptr);
}

double one(const Message& message, const char* way, const char* code) {
    const std::vector<std::string> work = {message.format, way, code, std::to_string(message.index)};
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
