#include "certs/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>

namespace busbar::certs {

namespace {

[[noreturn]] void fail(const std::string& what, const std::string& path) {
    throw std::runtime_error("cannot " + what + ' ' + path + ": " + std::strerror(errno));
}

bool write_all(int file, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
}

}  // namespace

void replace_file(const std::string& path, std::string_view bytes, Secrecy secrecy) {
    const std::string draft = path + ".new";
    ::unlink(draft.c_str());
    const int file = ::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) fail("write", draft);
    const bool written = write_all(file, bytes) && ::fchmod(file, secrecy == Secrecy::owner_only ? 0600 : 0644) == 0 &&
                         ::fsync(file) == 0;
    const int why = errno;
    ::close(file);
    if (!written || ::rename(draft.c_str(), path.c_str()) != 0) {
        errno = written ? errno : why;
        const int kept = errno;
        ::unlink(draft.c_str());
        errno = kept;
        fail("write", path);
    }
}

void make_private_directory(const std::string& path) {
    const std::filesystem::path whole = std::filesystem::path(path).lexically_normal();
    std::filesystem::path part;
    for (const auto& name : whole) {
        part /= name;
        if (name.empty() || std::filesystem::is_directory(part)) continue;
        if (::mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) fail("make the directory", part.string());
    }
}

}  // namespace busbar::certs
