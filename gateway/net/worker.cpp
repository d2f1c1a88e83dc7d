// See worker.hpp. The reactor is touched by its own thread only (its locks are off); whoever else has something to say
// leaves a job and raises the alarm.
#include "gateway/net/worker.hpp"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_map>

#include "gateway/net/address.hpp"
#include "gateway/net/client_contexts.hpp"
#include "gateway/net/http_client.hpp"

namespace busbar::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr std::int64_t tick_us = 50'000;
constexpr std::size_t wheel_slots = 1024;
constexpr int accepts_at_once = 64;
constexpr std::int64_t accept_pause_us = 200'000;  // when the process has no descriptor left
constexpr int handlers_in_a_turn = 256;
constexpr std::size_t events_in_a_turn = 64;
constexpr std::int64_t refusals_at_once = 100;
constexpr std::int64_t refusals_per_second = 20;

// Calls `ready` whenever the descriptor can be read. Works on a duplicate: the original stays its owner's.
class Watch : public std::enable_shared_from_this<Watch> {
  public:
    Watch(asio::io_context& context, int fd, std::function<void()> ready)
        : descriptor_(context, ::fcntl(fd, F_DUPFD_CLOEXEC, 0)), ready_(std::move(ready)) {}

    void arm() {
        descriptor_.async_wait(Descriptor::wait_read, [self = shared_from_this()](error_code error) {
            if (error || self->closed_) return;
            self->ready_();
            if (!self->closed_) self->arm();
        });
    }
    void close() {
        closed_ = true;
        error_code ignored;
        descriptor_.close(ignored);
    }

  private:
    using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;
    Descriptor descriptor_;
    std::function<void()> ready_;
    bool closed_ = false;
};

// Which refusals the loop hears of: a bucket of tokens.
class RefusalGate {
  public:
    bool open(std::int64_t now_us) {
        const std::int64_t tokens = (now_us - last_us_) * refusals_per_second / 1'000'000;
        if (tokens > 0) {
            tokens_ = std::min(refusals_at_once, tokens_ + tokens);
            last_us_ = now_us;
        }
        if (tokens_ == 0) {
            ++silent_;
            return false;
        }
        --tokens_;
        return true;
    }
    std::uint64_t take_silent() { return std::exchange(silent_, 0); }

  private:
    std::int64_t tokens_ = refusals_at_once;
    std::int64_t last_us_ = steady_us();
    std::uint64_t silent_ = 0;
};

std::string http_date_of(std::time_t now) {
    static constexpr const char* days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                             "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::tm utc{};
    ::gmtime_r(&now, &utc);
    char text[64];
    std::snprintf(text, sizeof text, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[utc.tm_wday], utc.tm_mday,
                  months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
    return text;
}

}  // namespace

struct Worker::Core {
    using Tick = asio::basic_waitable_timer<std::chrono::steady_clock, asio::wait_traits<std::chrono::steady_clock>,
                                            asio::io_context::executor_type>;

    // A listening socket; rests for a moment when the process has run out of descriptors.
    struct Acceptor final : Timer {
        Core& core;
        OwnedFd fd;
        std::shared_ptr<Listener> listener;
        std::shared_ptr<Watch> watch;

        Acceptor(Core& c, OwnedFd f, std::shared_ptr<Listener> l) : core(c), fd(std::move(f)), listener(std::move(l)) {
            open();
        }
        ~Acceptor() override {
            if (watch) watch->close();
        }
        void open() {
            watch = std::make_shared<Watch>(core.context, fd.get(), [this] { core.accept_some(*this); });
            watch->arm();
        }
        void rest() {
            watch->close();
            watch.reset();
            core.wheel.arm(*this, steady_us() + accept_pause_us);
            core.keep_ticking();
        }
        void on_timer(std::int64_t) override { open(); }
    };

    Core(Worker& w, std::size_t i) : worker(w), index(i), tick(context), wheel(tick_us, wheel_slots, steady_us()) {
        watch = std::make_shared<Watch>(context, alarm.fd(), [this] { run_jobs(); });
        watch->arm();
    }

    void run();
    void run_jobs();
    void run_job(Job& job);
    void keep_ticking();
    void accept_some(Acceptor& acceptor);
    bool accept_one(Acceptor& acceptor);
    void adopt(OwnedFd fd, Place place, std::string address);
    void request(RequestJob& job);
    void finish();
    void stop();
    void check_empty();
    template <class Call>
    void with(ConnectionId id, Call call) {
        const auto found = connections.find(id);
        if (found == connections.end()) return;
        const std::shared_ptr<Connection> connection = found->second;  // alive until the call is over
        call(*connection);
    }

    Worker& worker;
    std::size_t index;
    asio::io_context context{BOOST_ASIO_CONCURRENCY_HINT_UNSAFE};
    Tick tick;
    TimerWheel wheel;
    bool ticking = false;
    bool finishing = false;
    bool stopped = false;

    Alarm alarm;
    std::shared_ptr<Watch> watch;
    std::mutex mutex;
    std::vector<Job> jobs;
    std::vector<Event> outbox;

    std::unordered_map<ConnectionId, std::shared_ptr<Connection>> connections;
    std::vector<ConnectionId> paused;
    std::vector<std::unique_ptr<Acceptor>> acceptors;
    std::size_t next_worker = 0;
    RefusalGate gate;
    ClientContexts contexts;
    std::unique_ptr<HttpClient> http;
    std::shared_ptr<Watch> http_watch;
    std::function<void()> when_empty;
    std::time_t date_second = 0;
    std::string date;
    std::thread thread;
};

Worker::Worker(Hub& hub, std::size_t index) : hub_(hub), core_(std::make_unique<Core>(*this, index)) {
    // The I/O threads take no signals: SIGTERM is the main thread's, and SIGPIPE (OpenSSL writes with write()) is
    // nobody's.
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    core_->thread = std::thread([core = core_.get()] { core->run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Worker::~Worker() {
    stop_now();
    core_->thread.join();
}

void Worker::post(Job job) {
    bool first = false;
    {
        const std::lock_guard lock(core_->mutex);
        first = core_->jobs.empty();
        core_->jobs.push_back(std::move(job));
    }
    if (first) core_->alarm.raise();
}

void Worker::finish(std::function<void()> when_empty) {
    post(CallJob{[core = core_.get(), call = std::move(when_empty)] {
        core->when_empty = call;
        core->finish();
    }});
}

void Worker::stop_now() {
    post(CallJob{[core = core_.get()] { core->stop(); }});
}

asio::io_context& Worker::context() {
    return core_->context;
}
TimerWheel& Worker::wheel() {
    return core_->wheel;
}
bool Worker::finishing() const {
    return core_->finishing;
}

std::string_view Worker::http_date() {
    const std::time_t now = ::time(nullptr);
    if (now != core_->date_second) {
        core_->date_second = now;
        core_->date = http_date_of(now);
    }
    return core_->date;
}

void Worker::add(std::shared_ptr<Connection> connection) {
    Connection& added = *connection;
    core_->connections[added.id()] = std::move(connection);
    core_->keep_ticking();
    added.start();
}

void Worker::replace(std::shared_ptr<Connection> connection) {
    add(std::move(connection));
}

void Worker::forget(ConnectionId id) {
    core_->connections.erase(id);
    core_->check_empty();
}

void Worker::deliver(Event event) {
    core_->outbox.push_back(std::move(event));
    if (core_->outbox.size() >= events_in_a_turn) hub_.events.push(core_->outbox);
}

void Worker::pause_reading(ConnectionId id) {
    core_->paused.push_back(id);
}

void Worker::resume_readers() {
    for (const ConnectionId id : std::exchange(core_->paused, {})) {
        core_->with(id, [](Connection& connection) { connection.resume_reading(); });
    }
}

void Worker::refused(ListenerId listener, const std::string& address, std::string code, std::string reason) {
    hub_.counts.refused.fetch_add(1, std::memory_order_relaxed);
    if (!core_->gate.open(steady_us())) return;
    const std::uint64_t silent = core_->gate.take_silent();
    if (silent != 0) reason += " (and " + std::to_string(silent) + " more refusals just before)";
    deliver(PeerRefused{listener, address, std::move(code), std::move(reason)});
}

certs::SslContext Worker::client_context(const ClientTls& tls) {
    return core_->contexts.get(tls);
}

// One turn: what is ready, up to a bound, then the loop is told in one go. Telling it of each event by itself would
// cost more system calls than the sockets do.
void Worker::Core::run() {
    pthread_setname_np(pthread_self(), ("busbar-io" + std::to_string(index)).c_str());
    while (context.run_one() != 0) {
        for (int i = 0; i < handlers_in_a_turn && context.poll_one() != 0; ++i) continue;
        worker.hub_.events.push(outbox);
    }
    worker.hub_.events.push(outbox);
}

void Worker::Core::keep_ticking() {
    if (ticking || stopped) return;
    ticking = true;
    tick.expires_after(std::chrono::microseconds(tick_us));
    tick.async_wait([this](error_code error) {
        ticking = false;
        if (error || stopped) return;
        wheel.advance(steady_us());
        const bool resting = std::any_of(acceptors.begin(), acceptors.end(), [](const auto& a) { return a->armed(); });
        if (!connections.empty() || resting) keep_ticking();
    });
}

void Worker::Core::run_jobs() {
    alarm.clear();
    std::vector<Job> batch;
    {
        const std::lock_guard lock(mutex);
        batch.swap(jobs);
    }
    for (Job& job : batch) {
        if (!stopped) run_job(job);
    }
}

namespace {
template <class... Calls>
struct Overloaded : Calls... {
    using Calls::operator()...;
};
}  // namespace

void Worker::Core::run_job(Job& job) {
    std::visit(
        Overloaded{
            [this](ListenJob& j) {
                if (!finishing) acceptors.push_back(std::make_unique<Acceptor>(*this, std::move(j.fd), j.listener));
            },
            [this](AdoptJob& j) { adopt(std::move(j.fd), std::move(j.place), std::move(j.address)); },
            [this](RespondJob& j) { with(j.connection, [&](Connection& c) { c.respond(std::move(j.response)); }); },
            [this](AcceptJob& j) {
                with(j.connection, [&](Connection& c) { c.accept_websocket(std::move(j.subprotocol)); });
            },
            [this](SendJob& j) { with(j.connection, [&](Connection& c) { c.send(std::move(j.text)); }); },
            [this](CloseJob& j) { with(j.connection, [&](Connection& c) { c.close(j.code, std::move(j.reason)); }); },
            [this](RequestJob& j) { request(j); },
            [this](ConnectJob& j) { worker.add(make_websocket_dialer(worker, j.connection, std::move(*j.request))); },
            [](CallJob& j) { j.call(); },
        },
        job);
}

void Worker::Core::accept_some(Acceptor& acceptor) {
    for (int i = 0; i < accepts_at_once; ++i) {
        if (!accept_one(acceptor)) return;
    }
}

// False: there is none left to accept now.
bool Worker::Core::accept_one(Acceptor& acceptor) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    OwnedFd fd(::accept4(acceptor.fd.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (fd.get() < 0) {
        const int error = errno;
        if (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM) {
            worker.refused(acceptor.listener->id, "", "too_many_connections", std::strerror(error));
            acceptor.rest();
        }
        return error == ECONNABORTED || error == EINTR;
    }
    std::string address = address_text(from);
    Listener& listener = *acceptor.listener;
    if (listener.open.load(std::memory_order_relaxed) >= listener.options.limits.connections) {
        worker.refused(listener.id, address, "too_many_connections",
                       std::to_string(listener.options.limits.connections) + " connections are open already");
        return true;
    }
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    worker.hub_.counts.accepted.fetch_add(1, std::memory_order_relaxed);
    Place place(acceptor.listener, worker.hub_.counts);
    const auto& workers = worker.hub_.workers;
    const std::size_t chosen = next_worker++ % workers.size();
    if (chosen == index) {
        adopt(std::move(fd), std::move(place), std::move(address));
    } else {
        workers[chosen]->post(AdoptJob{std::move(fd), std::move(place), std::move(address)});
    }
    return true;
}

void Worker::Core::adopt(OwnedFd fd, Place place, std::string address) {
    if (finishing) return;
    const ConnectionId id = worker.hub_.new_connection_id(index);
    worker.add(make_http_connection(worker, id, std::move(fd), std::move(place), std::move(address)));
}

void Worker::Core::request(RequestJob& job) {
    if (!http) {
        http = std::make_unique<HttpClient>([this](Event event) { worker.deliver(std::move(event)); });
        http_watch = std::make_shared<Watch>(context, http->fd(), [this] {
            http->run();
            check_empty();
        });
        http_watch->arm();
    }
    http->start(job.id, std::move(*job.request));
}

void Worker::Core::finish() {
    finishing = true;
    acceptors.clear();
    std::vector<std::shared_ptr<Connection>> all;
    for (const auto& [id, connection] : connections) all.push_back(connection);
    for (const auto& connection : all) connection->finish();
    check_empty();
}

void Worker::Core::check_empty() {
    if (!finishing || !connections.empty() || (http && http->running() != 0) || !when_empty) return;
    std::exchange(when_empty, nullptr)();
}

// Nothing may be left that the reactor waits for: then run() returns.
void Worker::Core::stop() {
    finishing = stopped = true;
    acceptors.clear();
    while (!connections.empty()) {
        const std::shared_ptr<Connection> connection = connections.begin()->second;
        connection->drop();
        connections.erase(connection->id());
    }
    if (http_watch) http_watch->close();
    http.reset();
    tick.cancel();
    watch->close();
}

}  // namespace busbar::net
