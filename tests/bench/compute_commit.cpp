// The store against its disk. A durable commit cannot be faster than one sync: the floor writes a page of 4 KiB behind
// the last and syncs it, on the same file system. What 64 waiters in one commit are worth is the store's own rate with
// one at a time.
#include <fcntl.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>

#include "gateway/store/store.hpp"
#include "tests/bench/compute.hpp"

namespace busbar::bench {

namespace {

constexpr int samples = 200;  // of each kind in each round
constexpr int waiters = 64;
constexpr long tmpfs_magic = 0x01021994;

class Folder {
  public:
    Folder() : path_(program_folder() + "/bench_store_XXXXXX") {
        if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make a folder " + path_);
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    const std::string& path() const { return path_; }
    bool in_memory() const {
        struct statfs about {};
        return ::statfs(path_.c_str(), &about) == 0 && about.f_type == tmpfs_magic;
    }

  private:
    std::string path_;
};

class PageFile {
  public:
    explicit PageFile(const std::string& path) : file_(::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600)) {
        if (file_ < 0) throw std::runtime_error("cannot make " + path);
    }
    ~PageFile() { ::close(file_); }
    PageFile(const PageFile&) = delete;
    PageFile& operator=(const PageFile&) = delete;
    void append() {
        if (::write(file_, page_.data(), page_.size()) != static_cast<ssize_t>(page_.size()) ||
            ::fdatasync(file_) != 0) {
            throw std::runtime_error("the floor's page could not be written");
        }
    }

  private:
    int file_;
    std::string page_ = std::string(4096, 'x');
};

store::Entry entry(std::int64_t number) {
    std::string body = R"({"sample":{"resource":"charger-)" + std::to_string(number) + R"(","power_mw":)";
    body += std::to_string(7'400'000 + number) + R"(,"text":")";
    return {number, body + std::string(300 - body.size() - 3, 'x') + "\"}}"};
}

}  // namespace

std::vector<Result> measure_commit() {
    const Folder folder;
    PageFile pages(folder.path() + "/floor");
    store::Store journal(folder.path());
    std::int64_t number = 0;
    const auto commit = [&](int count) {
        std::vector<store::Entry> entries;
        for (int each = 0; each < count; ++each) entries.push_back(entry(++number));
        return timed(CLOCK_MONOTONIC, [&] { journal.commit(entries, {}, true); });
    };
    for (int each = 0; each < samples; ++each) {
        pages.append();
        commit(1);
    }
    std::vector<double> floors, ones, groups, ratios, gains;
    for (int round = 0; round < rounds; ++round) {
        std::vector<double> floor, one, group;
        for (int each = 0; each < samples; ++each) {
            floor.push_back(timed(CLOCK_MONOTONIC, [&] { pages.append(); }));
            one.push_back(commit(1));
            group.push_back(commit(waiters));
        }
        floors.push_back(median(floor));
        ones.push_back(median(one));
        groups.push_back(median(group));
        ratios.push_back(ones.back() / floors.back());
        gains.push_back(waiters * ones.back() / groups.back());
    }
    const std::string where = folder.in_memory() ? "the build folder is in memory: no disk was measured; " : "";
    Result latency{"commit_1", median(ones), "us/commit", median(floors), 0, 1.5};
    latency.ratio = latency.value / latency.floor;
    latency.note = where + "ratios " + spread(ratios, "");
    Result together{"commit_64", waiters * 1e6 / median(groups), "entries/s", 1e6 / median(ones), 0, 25, true};
    together.ratio = together.value / together.floor;
    together.note = where + "ratios " + spread(gains, "");
    return {latency, together};
}

}  // namespace busbar::bench
