// See hub.hpp.
#include "gateway/net/hub.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace busbar::net {

namespace {

constexpr std::size_t congested_bytes = 32 * 1024 * 1024;
constexpr std::size_t event_overhead_bytes = 256;

std::size_t weight(const Event& event) {
    std::size_t bytes = event_overhead_bytes;
    if (const auto* text = std::get_if<TextArrived>(&event)) bytes += text->text.size();
    if (const auto* request = std::get_if<RequestArrived>(&event)) bytes += request->request.body.size();
    if (const auto* response = std::get_if<ResponseArrived>(&event)) bytes += response->response.body.size();
    return bytes;
}

}  // namespace

OwnedFd& OwnedFd::operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
}

OwnedFd::~OwnedFd() {
    if (fd_ >= 0) ::close(fd_);
}

Alarm::Alarm() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
    if (fd_ < 0) throw std::runtime_error(std::string("eventfd: ") + std::strerror(errno));
}

Alarm::~Alarm() {
    ::close(fd_);
}

void Alarm::raise() const {
    const int saved = errno;
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(fd_, &one, sizeof one);  // a full counter is raised already
    errno = saved;
}

void Alarm::clear() const {
    std::uint64_t count = 0;
    [[maybe_unused]] const ssize_t bytes = ::read(fd_, &count, sizeof count);
}

bool Alarm::wait(std::int64_t timeout_us) const {
    pollfd descriptor{fd_, POLLIN, 0};
    timespec time{timeout_us / 1'000'000, timeout_us % 1'000'000 * 1000};
    return ::ppoll(&descriptor, 1, timeout_us < 0 ? nullptr : &time, nullptr) > 0;
}

void EventQueue::push(std::vector<Event>& events) {
    if (events.empty()) return;
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = events_.empty();
        for (const Event& event : events) bytes_ += weight(event);
        if (first) {
            events_.swap(events);
        } else {
            std::move(events.begin(), events.end(), std::back_inserter(events_));
        }
    }
    events.clear();
    if (first) alarm_.raise();
}

bool EventQueue::congested() {
    const std::lock_guard lock(mutex_);
    if (bytes_ < congested_bytes) return false;
    readers_paused_ = true;
    return true;
}

bool EventQueue::swap_out(std::vector<Event>& events) {
    const std::lock_guard lock(mutex_);
    if (events.empty()) {
        events.swap(events_);
    } else {
        std::move(events_.begin(), events_.end(), std::back_inserter(events));
        events_.clear();
    }
    bytes_ = 0;
    return std::exchange(readers_paused_, false);
}

bool EventQueue::take(std::int64_t timeout_us, std::vector<Event>& events) {
    const std::size_t before = events.size();
    const std::int64_t until_us = timeout_us < 0 ? 0 : steady_us() + timeout_us;
    bool paused = swap_out(events);
    std::int64_t left_us = timeout_us;
    // The alarm may still ring for what has been taken already: only events, wake() and time end the wait.
    while (events.size() == before && left_us != 0 && !woken_.load(std::memory_order_acquire)) {
        alarm_.wait(left_us);
        alarm_.clear();
        paused = swap_out(events) || paused;
        if (timeout_us > 0) left_us = std::max<std::int64_t>(0, until_us - steady_us());
    }
    woken_.exchange(false, std::memory_order_acq_rel);
    return paused;
}

void EventQueue::wake() {
    woken_.store(true, std::memory_order_release);
    alarm_.raise();
}

Place::Place(std::shared_ptr<Listener> listener, Counts& counts) : listener_(std::move(listener)), counts_(&counts) {
    counts.open.fetch_add(1, std::memory_order_relaxed);
    if (listener_) listener_->open.fetch_add(1, std::memory_order_relaxed);
}

Place::~Place() {
    leave();
}

void Place::leave() {
    if (listener_ && counts_) listener_->open.fetch_sub(1, std::memory_order_relaxed);
    counts_.reset();
}

}  // namespace busbar::net
