// What the loop's side and the I/O threads share: the queue of events with its alarm, the counters, and the faces of a
// connection and of an I/O thread. No Asio here.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gateway/net/net.hpp"
#include "gateway/net/resolver.hpp"
#include "gateway/net/timer_wheel.hpp"

namespace busbar::net {

static_assert(std::atomic<bool>::is_always_lock_free);  // else a signal handler could not wake the loop

inline std::int64_t steady_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// An eventfd: what one thread, or a signal handler, raises, another can poll for.
class Alarm {
  public:
    Alarm();
    ~Alarm();
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;
    void raise() const;  // async-signal-safe
    void clear() const;
    bool wait(std::int64_t timeout_us) const;  // whether it was raised; < 0: for ever
    int fd() const { return fd_; }

  private:
    int fd_;
};

// A descriptor that is closed with its owner.
class OwnedFd {
  public:
    explicit OwnedFd(int fd = -1) : fd_(fd) {}
    OwnedFd(OwnedFd&& other) noexcept : fd_(other.release()) {}
    OwnedFd& operator=(OwnedFd&& other) noexcept;
    ~OwnedFd();
    int get() const { return fd_; }
    int release() { return std::exchange(fd_, -1); }

  private:
    int fd_;
};

// From the I/O threads to the loop.
class EventQueue {
  public:
    void push(std::vector<Event>& events);  // leaves it empty
    // Network::wait(); true if the queue had been congested and readers may go on.
    bool take(std::int64_t timeout_us, std::vector<Event>& events);
    void wake();  // async-signal-safe

    // More waits for the loop than it should: connections stop reading until it has caught up.
    bool congested();

  private:
    bool swap_out(std::vector<Event>& events);

    Alarm alarm_;
    std::atomic<bool> woken_{false};
    std::mutex mutex_;
    std::vector<Event> events_;
    std::size_t bytes_ = 0;
    bool readers_paused_ = false;
};

struct Counts {
    std::atomic<std::uint64_t> accepted{0}, refused{0}, open{0}, requests{0}, frames_in{0}, frames_out{0}, bytes_in{0},
        bytes_out{0}, timeouts{0}, cut_off{0};
};

struct Listener {
    ListenerId id = 0;
    ListenOptions options;
    std::atomic<std::size_t> open{0};
};

// A connection's place in the counters for as long as it lives.
class Place {
  public:
    Place(std::shared_ptr<Listener> listener, Counts& counts);  // listener: null for an outgoing one
    ~Place();
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&&) = delete;
    void leave();  // before the end of its life: handlers under way may keep a closed connection for a moment

    ListenerId listener_id() const { return listener_ ? listener_->id : 0; }
    const ListenOptions& options() const { return listener_->options; }

  private:
    std::shared_ptr<Listener> listener_;
    struct Leave {
        void operator()(Counts* counts) const { counts->open.fetch_sub(1, std::memory_order_relaxed); }
    };
    std::unique_ptr<Counts, Leave> counts_;
};

// A connection as its I/O thread sees it; all calls are on that thread. What does not suit a connection's state is
// ignored: the loop may not have heard yet that the state has changed.
class Connection : public Timer, public std::enable_shared_from_this<Connection> {
  public:
    explicit Connection(ConnectionId id) : id_(id) {}
    ConnectionId id() const { return id_; }

    virtual void start() = 0;
    virtual void respond(http::Response) {}
    virtual void accept_websocket(std::string) {}
    virtual void send(Text) {}
    virtual void close(std::uint16_t code, std::string reason) = 0;
    virtual void resume_reading() {}
    virtual void finish() = 0;  // the gateway stops: end politely, soon
    virtual void drop() = 0;    // at once

  private:
    ConnectionId id_;
};

// ---- from the loop to an I/O thread
// ----------------------------------------------------------------------------------

struct ListenJob {
    OwnedFd fd;
    std::shared_ptr<Listener> listener;
};
struct AdoptJob {  // a connection that was accepted
    OwnedFd fd;
    Place place;
    std::string address;
};
struct RespondJob {
    ConnectionId connection;
    http::Response response;
};
struct AcceptJob {
    ConnectionId connection;
    std::string subprotocol;
};
struct SendJob {
    ConnectionId connection;
    Text text;
};
struct CloseJob {
    ConnectionId connection;
    std::uint16_t code;
    std::string reason;
};
struct RequestJob {
    RequestId id;
    std::unique_ptr<ClientRequest> request;
};
struct ConnectJob {
    ConnectionId connection;
    std::unique_ptr<SocketRequest> request;
};
struct CallJob {  // anything rare
    std::function<void()> call;
};
using Job =
    std::variant<ListenJob, AdoptJob, RespondJob, AcceptJob, SendJob, CloseJob, RequestJob, ConnectJob, CallJob>;

class Worker;

// Everything that exists once.
struct Hub {
    EventQueue events;
    Counts counts;
    std::vector<std::unique_ptr<Worker>> workers;
    Resolver resolver;  // goes first: its answers are jobs for the workers
    std::atomic<std::uint64_t> next_id{1};

    // The lowest byte of a connection's id names its I/O thread.
    ConnectionId new_connection_id(std::size_t worker) { return next_id.fetch_add(1) << 8 | worker; }
    static std::size_t worker_of(ConnectionId id) { return id & 0xff; }
};

}  // namespace busbar::net
