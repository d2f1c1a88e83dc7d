// A store whose file was damaged: the input says where, in groups of four bytes (two of the place, one of its length,
// one of what is written there; an odd last byte cuts the file short). To open it, read all of it and write to it must
// work or say so in one line; whatever is read is of the size that it was written with, or the damage was seen.
#include <filesystem>
#include <fstream>
#include <iterator>

#include "gateway/store/reader.hpp"
#include "gateway/store/store.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;
namespace fs = std::filesystem;

namespace {

// One folder for each process, on no disk if that can be.
const fs::path& folder() {
    static const struct Folder {
        fs::path path;
        Folder() {
            const fs::path parent = fs::exists("/dev/shm") ? "/dev/shm" : fs::temp_directory_path();
            path = parent / ("busbar_fuzz_" + std::to_string(::getpid()));
        }
        ~Folder() { fs::remove_all(path); }
    } folder;
    return folder.path;
}

std::string fresh_store() {
    fs::remove_all(folder());
    {
        store::Store store(folder());
        store.commit({{1, "{}"}, {2, R"({"node_gone":"n"})"}}, {{"core", "settings/0", "{}"}, {"f", "k", "body"}},
                     true);
        store.write_snapshot(2, std::string(6000, 's'));
        store.commit({{3, std::string(5000, 'x')}}, {{"f", "k2", std::nullopt}}, true);
    }
    std::ifstream file(folder() / "busbar.db", std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void damage(std::string& file, const std::uint8_t* data, std::size_t size) {
    for (; size >= 4; data += 4, size -= 4) {
        const std::size_t place = (static_cast<std::size_t>(data[0]) << 8 | data[1]) % file.size();
        const std::size_t length = std::min<std::size_t>(data[2], file.size() - place);
        file.replace(place, length, length, static_cast<char>(data[3]));
    }
    if (size == 1) file.resize(file.size() * data[0] / 256);
}

template <class Store>
void read_all(const Store& store) {
    std::int64_t last = 0;
    store.replay(0, [&](const store::StoredEntry& entry) { require(entry.sequence == ++last); });
    for (const std::string& name : store.folders())
        store.documents(
            name, [](std::string_view key, std::string_view body) { require(key.size() + body.size() < 1 << 20); });
}

template <class Work>
void attempt(const Work& work) {
    try {
        work();
    } catch (const store::StoreError& error) {
        const std::string_view line = error.what();
        require(line.find(folder().native()) != line.npos);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::string whole = fresh_store();
    std::string file = whole;
    damage(file, data, size);
    fs::remove_all(folder());
    fs::create_directory(folder());
    std::ofstream(folder() / "busbar.db", std::ios::binary) << file;
    attempt([] { read_all(store::Reader(folder())); });
    attempt([] {
        store::Store store(folder());
        attempt([&] { read_all(store); });
        attempt([&] { (void)store.latest_snapshot(); });
        attempt([&] { store.commit({{4, "{}"}}, {{"f", "k", "other"}}, false); });
        attempt([&] { store.write_snapshot(4, "s"); });
        attempt([&] { store.trim(1); });
    });
    return 0;
}
