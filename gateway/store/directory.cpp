#include "gateway/store/directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "gateway/store/store.hpp"

namespace busbar::store {

namespace {

[[noreturn]] void fail_with_errno(const std::string& path, const std::string& operation) {
    throw StoreError(path + ": cannot " + operation + ": " + std::strerror(errno) + "; nothing was changed");
}

void sync_open(int file, const std::filesystem::path& path) {
    const bool synced = file >= 0 && (::fsync(file) == 0 || errno == EINVAL);
    const int why = errno;
    if (file >= 0) ::close(file);
    errno = why;
    if (!synced) fail_with_errno(path, "sync it");
}

// A directory's entries are durable once the directory itself was synced. Some file systems know no such thing
// (EINVAL).
void sync_directory(const std::filesystem::path& path) {
    sync_open(::open(path.empty() ? "." : path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), path);
}

// Two lines: the process that holds the lock, or held it last, and the start of the system that it ran since.
struct Holder {
    std::string process = "unknown";
    std::string start;
};

Holder holder_of(int file) {
    char text[128];
    const ssize_t size = ::pread(file, text, sizeof text, 0);
    Holder holder;
    if (size <= 0) return holder;
    const std::string lines(text, static_cast<std::size_t>(size));
    const std::size_t end = lines.find('\n');
    holder.process = lines.substr(0, end);
    if (end != std::string::npos) holder.start = lines.substr(end + 1);
    return holder;
}

// It helps to tell what happened, and no more: whether it is written makes no difference to anything that is stored.
void note(int file, const std::string& start) {
    const std::string lines = std::to_string(::getpid()) + '\n' + start;
    const bool noted = ::ftruncate(file, 0) == 0 && ::pwrite(file, lines.data(), lines.size(), 0) > 0;
    (void)noted;
}

// An id that is new with each start of the system; empty where there is none.
std::string start_of_system() {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    std::getline(file, id);
    return id;
}

}  // namespace

void make_directory(const std::string& directory) {
    std::filesystem::path made;
    for (const auto& part : std::filesystem::path(directory).lexically_normal()) {
        const std::filesystem::path parent = made;
        made /= part;
        std::error_code ignored;
        if (part.empty() || std::filesystem::is_directory(made, ignored)) continue;
        if (::mkdir(made.c_str(), 0700) != 0 && errno != EEXIST) fail_with_errno(made, "make the directory");
        sync_directory(parent);
    }
    if (!std::filesystem::is_directory(directory)) {
        throw StoreError(directory +
                         ": is no directory; expected the store's directory, or a name that is free for it");
    }
}

void sync_file(const std::string& path) {
    sync_open(::open(path.c_str(), O_RDWR | O_CLOEXEC), path);
}

void sync_directory_of(const std::string& file) {
    sync_directory(std::filesystem::path(file).parent_path());
}

void make_private_file(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) fail_with_errno(path, "open it");
    ::close(file);
}

DirectoryLock::DirectoryLock(const std::string& directory) {
    const std::string path = directory + "/busbar.lock";
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) fail_with_errno(path, "open it");
    if (::flock(file_, LOCK_EX | LOCK_NB) != 0) {
        const int why = errno;
        const std::string holder = holder_of(file_).process;
        ::close(file_);
        errno = why;
        if (why != EWOULDBLOCK) fail_with_errno(path, "lock it");
        throw StoreError(directory + ": another busbar works on it (process " + holder +
                         "); stop that one, or name another directory");
    }
    const std::string start = start_of_system();
    const Holder former = holder_of(file_);
    same_start_ = !start.empty() && former.start == start;
    note(file_, former.start);
}

void DirectoryLock::note_start() {
    note(file_, start_of_system());
}

DirectoryLock::~DirectoryLock() {
    ::close(file_);
}

}  // namespace busbar::store
