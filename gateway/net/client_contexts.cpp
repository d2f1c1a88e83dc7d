// See client_contexts.hpp.
#include "gateway/net/client_contexts.hpp"

#include <sys/stat.h>

namespace busbar::net {

namespace {

constexpr std::size_t kept_at_most = 256;

void append_file(std::string& key, const std::string& path) {
    struct stat found {};
    key += '|' + path;
    if (!path.empty() && ::stat(path.c_str(), &found) == 0) {
        key += '@' + std::to_string(found.st_mtim.tv_sec) + '.' + std::to_string(found.st_mtim.tv_nsec);
    }
}

}  // namespace

certs::SslContext ClientContexts::get(const ClientTls& tls) {
    std::string key = std::to_string(static_cast<int>(tls.profile));
    for (const std::string& path : tls.files.chains) append_file(key, path);
    key += "|keys";
    for (const std::string& path : tls.files.keys) append_file(key, path);
    append_file(key, tls.files.ca);
    const auto found = contexts_.find(key);
    if (found != contexts_.end()) return found->second;
    certs::SslContext made = certs::client_context(tls.profile, tls.files);
    if (contexts_.size() >= kept_at_most) contexts_.clear();
    contexts_[key] = made;
    return made;
}

}  // namespace busbar::net
