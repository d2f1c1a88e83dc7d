// For the tests of this folder: a temporary directory, entries with contents that tell their number, what was thrown.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "gateway/store/store.hpp"

namespace busbar::store::testing {

class Folder {
  public:
    Folder() {
        std::string pattern = base() + "/busbar_store_XXXXXX";
        if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path_ = pattern;
    }
    ~Folder() { std::filesystem::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string operator/(const std::string& name) const { return path_ + "/" + name; }

  private:
    // In memory where there is such a place: syncs are counted here, not waited for.
    static std::string base() {
        const char* memory = "/dev/shm";
        return ::access(memory, W_OK) == 0 ? memory : std::filesystem::temp_directory_path().string();
    }
    std::string path_;
};

inline Entry entry_number(std::int64_t number) {
    return {number * 1000, "entry " + std::to_string(number)};
}

inline std::vector<StoredEntry> entries_of(const Store& store, std::int64_t after = 0) {
    std::vector<StoredEntry> found;
    store.replay(after, [&](const StoredEntry& entry) { found.push_back(entry); });
    return found;
}

inline std::vector<std::pair<std::string, std::string>> documents_of(const Store& store, const std::string& folder) {
    std::vector<std::pair<std::string, std::string>> found;
    store.documents(folder, [&](std::string_view key, std::string_view body) { found.emplace_back(key, body); });
    return found;
}

inline std::string what_is_thrown(const auto& call) {
    try {
        call();
    } catch (const StoreError& error) {
        return error.what();
    }
    return "(nothing was thrown)";
}

}  // namespace busbar::store::testing
