// Runs a target over files and folders of files, without libFuzzer: how every build of the tests sees that the corpus
// and what once failed still pass. The target is linked beside this.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

void replay(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), {});
    std::cout << path.string() << std::endl;  // flushed: the last line before a crash names its input
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int count, char** arguments) {
    std::vector<fs::path> files;
    for (const fs::path argument : std::vector<const char*>(arguments + 1, arguments + count)) {
        if (fs::is_regular_file(argument)) files.push_back(argument);
        if (!fs::is_directory(argument)) continue;
        for (const auto& entry : fs::directory_iterator(argument)) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(""), 0);
    for (const fs::path& file : files) replay(file);
    std::cout << files.size() << " inputs, and none\n";
}
