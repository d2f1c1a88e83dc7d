// See resolver.hpp.
#include "gateway/net/resolver.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>

#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <thread>

namespace busbar::net {

namespace {

constexpr std::size_t questions_at_most = 4096;

struct Question {
    std::string host;
    std::function<void(Resolved)> done;
};

Resolved look_up(const std::string& host) {
    addrinfo wanted{};
    wanted.ai_family = AF_UNSPEC;
    wanted.ai_socktype = SOCK_STREAM;
    wanted.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
    Resolved resolved;
    if (error != 0) {
        resolved.failure = "the name " + host + " has no address: " + ::gai_strerror(error);
        return resolved;
    }
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        std::memcpy(&resolved.addresses.emplace_back(), entry->ai_addr, entry->ai_addrlen);
    }
    ::freeaddrinfo(found);
    return resolved;
}

}  // namespace

std::vector<sockaddr_storage> literal_addresses(const std::string& host) {
    std::vector<sockaddr_storage> addresses;
    const auto add_v4 = [&addresses](const char* text) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        if (::inet_pton(AF_INET, text, &address.sin_addr) == 1)
            std::memcpy(&addresses.emplace_back(), &address, sizeof address);
    };
    const auto add_v6 = [&addresses](const char* text) {
        sockaddr_in6 address{};
        address.sin6_family = AF_INET6;
        if (::inet_pton(AF_INET6, text, &address.sin6_addr) == 1) {
            std::memcpy(&addresses.emplace_back(), &address, sizeof address);
        }
    };
    const bool local = host == "localhost";
    add_v4(local ? "127.0.0.1" : host.c_str());
    add_v6(local ? "::1" : host.c_str());
    return addresses;
}

struct Resolver::Shared {
    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Question> questions;
    bool running = false;
    bool stopped = false;

    void run() {
        std::unique_lock lock(mutex);
        while (!stopped) {
            if (questions.empty()) {
                changed.wait(lock);
                continue;
            }
            const Question question = std::move(questions.front());
            questions.pop_front();
            lock.unlock();
            Resolved resolved = look_up(question.host);
            lock.lock();
            if (!stopped) question.done(std::move(resolved));  // under the lock: its receiver cannot go away meanwhile
        }
    }
};

Resolver::Resolver() : shared_(std::make_shared<Shared>()) {}

Resolver::~Resolver() {
    const std::lock_guard lock(shared_->mutex);
    shared_->stopped = true;
    shared_->changed.notify_all();
}

void Resolver::resolve(std::string host, std::function<void(Resolved)> done) {
    {
        const std::lock_guard lock(shared_->mutex);
        if (shared_->questions.size() < questions_at_most) {
            shared_->questions.push_back({std::move(host), std::move(done)});
            shared_->changed.notify_one();
            if (shared_->running) return;
            shared_->running = true;
            std::thread([shared = shared_] { shared->run(); }).detach();  // of an I/O thread: takes no signals either
            return;
        }
    }
    done({{}, "too many names wait to be looked up"});
}

}  // namespace busbar::net
