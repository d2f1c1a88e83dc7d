// See net.hpp: the loop's side, which turns calls into jobs for the I/O threads and takes events from their queue.
#include <arpa/inet.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <stdexcept>

#include "gateway/net/address.hpp"
#include "gateway/net/worker.hpp"

namespace busbar::net {

namespace {

constexpr unsigned io_threads_at_most = 64;
constexpr int backlog = 4096;  // the kernel takes its own limit if that is lower

// How many I/O threads still have something to finish.
struct Emptied {
    std::mutex mutex;
    std::condition_variable changed;
    std::size_t missing = 0;
};

OwnedFd listening_socket(const ListenOptions& options, const SocketAddress& address) {
    const std::string where =
        options.name + ": cannot listen on " + options.address + ':' + std::to_string(options.port) + ": ";
    OwnedFd fd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (fd.get() < 0) throw std::runtime_error(where + std::strerror(errno));
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address.storage), address.size) != 0 ||
        ::listen(fd.get(), backlog) != 0) {
        throw std::runtime_error(where + std::strerror(errno));
    }
    return fd;
}

std::uint16_t bound_port(int fd) {
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&local), &size);
    return ntohs(local.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(local).sin6_port
                                             : reinterpret_cast<const sockaddr_in&>(local).sin_port);
}

}  // namespace

struct Network::Impl {
    Hub hub;
    ListenerId next_listener = 1;
    RequestId next_request = 1;
    std::size_t next_worker = 0;

    Worker& worker_of(ConnectionId id) { return *hub.workers[Hub::worker_of(id) % hub.workers.size()]; }
};

Network::Network(unsigned io_threads) : impl_(std::make_unique<Impl>()) {
    if (io_threads == 0 || io_threads > io_threads_at_most) {
        throw std::runtime_error("the number of I/O threads must be from 1 to " + std::to_string(io_threads_at_most));
    }
    impl_->hub.workers.reserve(io_threads);
    for (std::size_t i = 0; i < io_threads; ++i) impl_->hub.workers.push_back(std::make_unique<Worker>(impl_->hub, i));
}

Network::~Network() {
    for (const auto& worker : impl_->hub.workers) worker->stop_now();
}

ListenerInfo Network::listen(const ListenOptions& options) {
    const SocketAddress address = listen_address(options.address, options.port);
    if (!options.tls && !address.loopback && !options.plain_anywhere) {
        throw std::runtime_error(options.name + ": refusing to listen on " + options.address +
                                 " without TLS; use TLS, a loopback address, or say that plain is meant");
    }
    OwnedFd fd = listening_socket(options, address);
    const auto listener = std::make_shared<Listener>();
    listener->id = impl_->next_listener++;
    listener->options = options;
    const ListenerInfo info{listener->id, options.name, options.address, bound_port(fd.get()), options.tls != nullptr};
    impl_->hub.workers.front()->post(ListenJob{std::move(fd), listener});
    return info;
}

void Network::wait(std::int64_t timeout_us, std::vector<Event>& events) {
    if (!impl_->hub.events.take(timeout_us, events)) return;
    for (const auto& worker : impl_->hub.workers) {
        worker->post(CallJob{[w = worker.get()] { w->resume_readers(); }});
    }
}

void Network::wake() {
    impl_->hub.events.wake();
}

void Network::respond(ConnectionId connection, http::Response response) {
    impl_->worker_of(connection).post(RespondJob{connection, std::move(response)});
}

void Network::accept_websocket(ConnectionId connection, std::string subprotocol) {
    impl_->worker_of(connection).post(AcceptJob{connection, std::move(subprotocol)});
}

void Network::send(ConnectionId connection, Text text) {
    impl_->worker_of(connection).post(SendJob{connection, std::move(text)});
}

void Network::close(ConnectionId connection, std::uint16_t code, std::string reason) {
    impl_->worker_of(connection).post(CloseJob{connection, code, std::move(reason)});
}

RequestId Network::request(ClientRequest request) {
    const RequestId id = impl_->next_request++;
    impl_->hub.workers.front()->post(RequestJob{id, std::make_unique<ClientRequest>(std::move(request))});
    return id;
}

ConnectionId Network::connect_websocket(SocketRequest request) {
    const std::size_t worker = impl_->next_worker++ % impl_->hub.workers.size();
    const ConnectionId id = impl_->hub.new_connection_id(worker);
    impl_->hub.workers[worker]->post(ConnectJob{id, std::make_unique<SocketRequest>(std::move(request))});
    return id;
}

Network::Counters Network::counters() const {
    const Counts& counts = impl_->hub.counts;
    const auto get = [](const std::atomic<std::uint64_t>& value) { return value.load(std::memory_order_relaxed); };
    return {get(counts.accepted),  get(counts.refused),    get(counts.open),     get(counts.requests),
            get(counts.frames_in), get(counts.frames_out), get(counts.bytes_in), get(counts.bytes_out),
            get(counts.timeouts),  get(counts.cut_off)};
}

void Network::stop(std::int64_t timeout_us) {
    const auto emptied = std::make_shared<Emptied>();
    emptied->missing = impl_->hub.workers.size();
    for (const auto& worker : impl_->hub.workers) {
        worker->finish([emptied] {
            const std::lock_guard lock(emptied->mutex);
            --emptied->missing;
            emptied->changed.notify_all();
        });
    }
    {
        std::unique_lock lock(emptied->mutex);
        emptied->changed.wait_for(lock, std::chrono::microseconds(timeout_us), [&] { return emptied->missing == 0; });
    }
    for (const auto& worker : impl_->hub.workers) worker->stop_now();
}

}  // namespace busbar::net
