#include "gateway/app/service.hpp"

#include <algorithm>
#include <sstream>
#include <utility>

#include "certs/secrets.hpp"
#include "dispatch/snapshot.hpp"

namespace busbar::app {
namespace {

constexpr std::int64_t longest_wait_us = 1'000'000;  // the clock may be set forward while nothing comes
constexpr std::int64_t worth_telling_us = 1'000'000;
constexpr std::int64_t graceful_stop_us = 3'000'000;

}  // namespace

Service::Service(const Config& config, observe::Log& log)
    : config_(config),
      log_(log),
      store_(config_.data),
      network_(config_.io_threads),
      gateway_(config_, {log, network_, store_, certs::random_bytes}, wall_clock_us()),
      clock_(gateway_.core().snapshot().now_us, steady_clock_us()) {
    if (!store_.warning().empty()) log_.warning("log_broken", store_.warning());
    listen();
}

void Service::run() {
    std::vector<net::Event> events;
    while (!stopping_) {
        const model::Us now = time();
        const model::Us due = gateway_.next_due();
        const std::int64_t wait_us = due <= now ? 0 : std::min<std::int64_t>(due - now, longest_wait_us);
        events.clear();
        network_.wait(wait_us, events);
        gateway_.turn(time(), events);
    }
    network_.stop(graceful_stop_us);
    gateway_.write_snapshot(time());
    log_.info("stopped", "everything acknowledged is stored; goodbye");
}

model::Us Service::time() {
    const model::Us wall_us = wall_clock_us();
    const model::Us now = clock_.read(wall_us, steady_clock_us());
    if (clock_.ahead_us() == 0) told_of_clock_ = false;
    if (clock_.ahead_us() > worth_telling_us && !std::exchange(told_of_clock_, true))
        log_.warning("clock_set_back",
                     "the clock of this machine is " + std::to_string(clock_.ahead_us() / model::second_us) +
                         " s behind what it was: time goes on at half its pace until it has caught up");
    return now;
}

void Service::stop() {
    stopping_ = true;
    network_.wake();
}

void Service::open(Role role, const net::ListenOptions& options, std::string path) {
    const net::ListenerInfo info = network_.listen(options);
    gateway_.serve(info, role);
    listeners_.push_back({info, std::move(path), role == Role::ocpp});
}

void Service::listen() {
    net::ListenOptions api;
    api.name = "operator";
    api.address = config_.api.address;
    api.port = config_.api.port;
    open(Role::api, api, "");
    if (config_.ocpp) listen_for_stations();
    if (config_.ieee2030_5) {
        net::ListenOptions options;
        options.name = "ieee2030_5";
        options.address = config_.ieee2030_5->address;
        options.port = config_.ieee2030_5->port;
        options.tls = server_context(config_, "ieee2030_5.tls", certs::TlsProfile::ieee2030_5, config_.ieee2030_5->tls);
        open(Role::ieee2030_5, options, "/dcap");
    }
    if (config_.openadr3) {
        net::ListenOptions options;
        options.name = "openadr3";
        options.address = config_.openadr3->address;
        options.port = config_.openadr3->port;
        if (config_.openadr3->tls)
            options.tls = server_context(config_, "openadr3.tls", certs::TlsProfile::openadr3, *config_.openadr3->tls);
        open(Role::openadr3, options, config_.openadr3->base_path);
    }
}

void Service::listen_for_stations() {
    net::ListenOptions options;
    options.name = "ocpp";
    options.address = config_.ocpp->address;
    options.plain_anywhere = config_.ocpp->plain_anywhere;
    if (config_.ocpp->port) {
        options.port = *config_.ocpp->port;
        open(Role::ocpp, options, "/<station>");
    }
    if (config_.ocpp->tls_port) {
        options.port = *config_.ocpp->tls_port;
        options.tls = server_context(config_, "ocpp.tls", certs::TlsProfile::ocpp_basic, *config_.ocpp->tls);
        open(Role::ocpp, options, "/<station>");
    }
    if (config_.ocpp->mutual_port) {
        options.port = *config_.ocpp->mutual_port;
        options.tls = server_context(config_, "ocpp.tls", certs::TlsProfile::ocpp_mutual, *config_.ocpp->tls);
        open(Role::ocpp, options, "/<station>");
    }
}

std::string Service::listening_table() const {
    std::ostringstream table;
    for (const auto& [info, path, websocket] : listeners_)
        table << "  " << info.name << std::string(info.name.size() < 12 ? 12 - info.name.size() : 1, ' ')
              << (websocket ? "ws" : "http") << (info.tls ? "s" : "") << "://" << info.address << ':' << info.port
              << path << '\n';
    for (const OpenAdr2bConfig& upstream : config_.openadr2b)
        table << "  openadr2b   polls " << upstream.url << " as " << upstream.ven_name << '\n';
    return table.str();
}

}  // namespace busbar::app
