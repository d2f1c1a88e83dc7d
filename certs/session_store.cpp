#include "certs/session_store.hpp"

#include <openssl/ssl.h>

#include <iterator>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace busbar::certs {
namespace {

class SessionStore {
  public:
    explicit SessionStore(std::size_t most) : most_(most) {}

    void add(std::string id, std::string bytes) {
        const std::lock_guard lock(mutex_);
        erase(id);
        if (sessions_.size() >= most_) erase(sessions_.front().id);
        sessions_.push_back({std::move(id), std::move(bytes)});
        place_of_[sessions_.back().id] = std::prev(sessions_.end());
    }
    std::string find(std::string_view id) {  // "" = there is none
        const std::lock_guard lock(mutex_);
        const auto found = place_of_.find(id);
        return found == place_of_.end() ? std::string() : found->second->bytes;
    }
    void remove(std::string_view id) {
        const std::lock_guard lock(mutex_);
        erase(id);
    }

  private:
    struct Session {
        std::string id;
        std::string bytes;
    };

    void erase(std::string_view id) {
        const auto found = place_of_.find(id);
        if (found == place_of_.end()) return;
        const auto place = found->second;
        place_of_.erase(found);
        sessions_.erase(place);
    }

    std::size_t most_;
    std::mutex mutex_;
    std::list<Session> sessions_;  // oldest first
    std::unordered_map<std::string_view, std::list<Session>::iterator> place_of_;
};

void free_store(void*, void* store, CRYPTO_EX_DATA*, int, long, void*) {
    delete static_cast<SessionStore*>(store);
}

int store_index() {
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_store);
    return index;
}

SessionStore* store_of(const SSL_CTX* context) {
    return static_cast<SessionStore*>(SSL_CTX_get_ex_data(context, store_index()));
}

std::string_view id_of(const SSL_SESSION* session) {
    unsigned int size = 0;
    const unsigned char* id = SSL_SESSION_get_id(session, &size);
    return {reinterpret_cast<const char*>(id), size};
}

int keep(SSL* connection, SSL_SESSION* session) {
    std::string bytes;
    const int size = i2d_SSL_SESSION(session, nullptr);
    if (size <= 0) return 0;
    bytes.resize(static_cast<std::size_t>(size));
    auto* cursor = reinterpret_cast<unsigned char*>(bytes.data());
    i2d_SSL_SESSION(session, &cursor);
    store_of(SSL_get_SSL_CTX(connection))->add(std::string(id_of(session)), std::move(bytes));
    return 0;  // OpenSSL keeps the ownership of `session`
}

SSL_SESSION* find(SSL* connection, const unsigned char* id, int size, int* copy) {
    *copy = 0;  // what is returned becomes OpenSSL's
    const std::string_view wanted(reinterpret_cast<const char*>(id), static_cast<std::size_t>(size));
    const std::string bytes = store_of(SSL_get_SSL_CTX(connection))->find(wanted);
    if (bytes.empty()) return nullptr;
    const auto* cursor = reinterpret_cast<const unsigned char*>(bytes.data());
    return d2i_SSL_SESSION(nullptr, &cursor, static_cast<long>(bytes.size()));
}

void forget(SSL_CTX* context, SSL_SESSION* session) {
    if (SessionStore* store = store_of(context)) store->remove(id_of(session));
}

}  // namespace

void keep_sessions_as_bytes(ssl_ctx_st* context, std::size_t most) {
    delete store_of(context);
    SSL_CTX_set_ex_data(context, store_index(), new SessionStore(most));
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(context, keep);
    SSL_CTX_sess_set_get_cb(context, find);
    SSL_CTX_sess_set_remove_cb(context, forget);
}

}  // namespace busbar::certs
