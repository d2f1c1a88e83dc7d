// IEEE 2030.5 over ECDHE-ECDSA-AES128-CCM8: GETs of a control list on kept connections, unchanged and freshly changed,
// and what a resumed handshake saves.
#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "protocols/ieee2030_5/client.hpp"
#include "tests/bench/compute.hpp"
#include "tests/bench/gateway.hpp"
#include "tests/bench/requests.hpp"
#include "tests/bench/transport.hpp"

namespace busbar::bench {
namespace {

constexpr std::size_t devices = 600;
constexpr std::size_t polling = 50;    // connections of the cached row
constexpr std::size_t polls = 10'000;  // in a round of it
constexpr int change_ahead_s = 4;      // an event of the rendered row starts so soon …
constexpr int change_interval_s = 1;   // … and lasts four of these, so that its controls are gone in the next round
constexpr std::size_t full_handshakes = 600;
constexpr std::size_t resumed_handshakes = 3'000;

model::Us now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

struct Device {
    std::string lfdi;
    std::shared_ptr<SSL_CTX> context;  // with its certificate and its issuers'
};

std::vector<Device> issue_devices(const World& world, std::size_t count) {
    std::vector<Device> all;
    for (std::size_t i = 0; i < count; ++i) {
        certs::IssueRequest request;
        request.kind = certs::Kind::ieee2030_5_device;
        request.name = "device" + std::to_string(i);
        const certs::IssuedFiles files = certs::issue(world.authority(), request);
        Device device{certs::identity_of_file(files.chain).lfdi, client_context(true)};
        if (SSL_CTX_use_certificate_chain_file(device.context.get(), files.chain.c_str()) != 1 ||
            SSL_CTX_use_PrivateKey_file(device.context.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1)
            throw std::runtime_error(files.chain + ": cannot be used");
        all.push_back(std::move(device));
    }
    return all;
}

std::vector<std::string> lfdis_of(const std::vector<Device>& all) {
    std::vector<std::string> lfdis;
    for (const Device& device : all) lfdis.push_back(device.lfdi);
    return lfdis;
}

// ---- GETs ----------------------------------------------------------------------------------------------------------

struct Polls {
    std::size_t to_send = 0;
    std::size_t answered = 0;
    std::string last;  // an answer, head and body
};

// First the walk of a 2030.5 client, which tells the server what the device can do and learns where its list is; then
// only GETs of that list.
class DeviceLink final : public HttpLink {
  public:
    DeviceLink(const std::string& lfdi, Polls& polls) : client_(options_of(lfdi)), polls_(polls) {}

    void aim_at(std::string target) { target_ = std::move(target); }
    const std::string& target() const { return target_; }
    bool walked() const { return walked_; }

    void opened() override {
        if (target_.empty()) return walk();
        walked_ = true;
    }

    void answered(const http::Response& response, std::string_view raw) override {
        if (!walked_) {
            client_.receive(now_us(), response);
            return walk();
        }
        ++polls_.answered;
        polls_.last = raw;
        if (polls_.to_send > 0) poll();
    }

    void poll() {
        --polls_.to_send;
        ask({"GET", target_, {{"Accept", "application/sep+xml"}}, {}});
    }

  private:
    static ieee2030_5::ClientOptions options_of(const std::string& lfdi) {
        ieee2030_5::ClientOptions options;
        options.lfdi = lfdi;
        options.kind = model::ResourceKind::storage;
        options.max_export_mw = options.max_import_mw = 8'000'000;
        return options;
    }

    void walk() {
        const auto request = client_.next(now_us());
        if (!request) {
            if (target_.empty()) throw std::runtime_error("load generator: a device found no control list");
            walked_ = true;
            return;
        }
        if (request->target.find("/derc?") != std::string::npos) target_ = request->target;
        ask(*request);
    }

    ieee2030_5::Client client_;
    Polls& polls_;
    std::string target_;
    bool walked_ = false;
};

class Devices {
  public:
    Devices(Load& load, const std::vector<Device>& all) : load_(load), all_(all) {
        for (const Device& device : all) links_.push_back(std::make_unique<DeviceLink>(device.lfdi, polls_));
    }

    // `targets`: against the floor, where there is nothing to walk.
    void connect(std::uint16_t port, const Devices* targets = nullptr) {
        load_.open_all(
            links_.size(),
            [&](std::size_t i) {
                if (targets != nullptr) links_[i]->aim_at(targets->links_[i]->target());
                load_.connect(*links_[i], port, {all_[i].context.get()});
            },
            [this] {
                return static_cast<std::size_t>(
                    std::count_if(links_.begin(), links_.end(), [](const auto& link) { return link->walked(); }));
            },
            32);
        load_.rest(0.2);
    }

    void poll(std::size_t count, std::size_t active) {
        polls_.answered = 0;
        polls_.to_send = count;
        for (std::size_t i = 0; i < active && polls_.to_send > 0; ++i) links_[i]->poll();
        load_.run("polling", 120, [&] { return polls_.answered == count; });
    }

    // One GET by each device.
    void poll_each() {
        polls_.answered = 0;
        for (std::size_t i = 0; i < links_.size(); i += polling) {
            const std::size_t end = std::min(links_.size(), i + polling);
            polls_.to_send = end - i;
            for (std::size_t j = i; j < end; ++j) links_[j]->poll();
            load_.run("polling", 120, [&] { return polls_.answered == end; });
        }
    }

    std::string last_page() const { return polls_.last; }

  private:
    Load& load_;
    const std::vector<Device>& all_;
    Polls polls_;
    std::vector<std::unique_ptr<DeviceLink>> links_;
};

// ---- handshakes ----------------------------------------------------------------------------------------------------

// Connects, shakes hands, hangs up.
class Caller final : public Link {
  public:
    void opened() override {
        reused = SSL_session_reused(ssl()) == 1;
        if (!session) session.reset(SSL_get1_session(ssl()), SSL_SESSION_free);
        close();
        done = true;
    }
    void received(std::string_view) override {}

    std::shared_ptr<SSL_SESSION> session;
    bool reused = false;
    bool done = false;
};

class Callers {
  public:
    Callers(Load& load, const std::vector<Device>& all, std::uint16_t port)
        : load_(load), all_(all), port_(port), sessions_(all.size()) {}

    void call(std::size_t count, bool resume) {
        std::vector<std::unique_ptr<Caller>> callers;
        load_.open_all(
            count,
            [&](std::size_t i) {
                callers.push_back(std::make_unique<Caller>());
                const std::size_t who = i % all_.size();
                if (resume) callers.back()->session = sessions_[who];
                load_.connect(*callers.back(), port_,
                              {all_[who].context.get(), nullptr, nullptr, callers.back()->session.get()});
            },
            [&] {
                return static_cast<std::size_t>(
                    std::count_if(callers.begin(), callers.end(), [](const auto& caller) { return caller->done; }));
            },
            8);
        for (std::size_t i = 0; i < count; ++i) {
            if (callers[i]->reused != resume)
                throw std::runtime_error(resume ? "a session was not resumed" : "a session was resumed unasked");
            sessions_[i % all_.size()] = callers[i]->session;
        }
        load_.rest(0.05);  // the server sees the last ones hang up
    }

  private:
    Load& load_;
    const std::vector<Device>& all_;
    std::uint16_t port_;
    std::vector<std::shared_ptr<SSL_SESSION>> sessions_;
};

}  // namespace

std::vector<Result> measure_control_list() {
    const OnLoadCore core;
    World world;
    const std::vector<Device> all = issue_devices(world, devices);
    Gateway gateway(world, {.lfdis = lfdis_of(all), .openadr3 = true});
    Load load;
    Devices ours(load, all);
    ours.connect(gateway.ieee2030_5_port);
    Utility utility(load, gateway.openadr3_port);
    constexpr double kilowatts = 2.0 * devices;

    const auto change = [&] {
        load.rest(change_ahead_s + 4 * change_interval_s + 1);
        utility.create(kilowatts, change_ahead_s, change_interval_s);
        load.rest(0.2);
    };
    change();
    ours.poll_each();
    Floor floor(world, FloorTls::ccm8, true, ours.last_page());
    Devices theirs(load, all);
    theirs.connect(floor.port, &ours);
    Result rendered = compare(
        "get_ccm8_rendered", "us/GET", 2.0,
        [&] { return cpu_for_each(*floor.server, devices, [&] { theirs.poll_each(); }); },
        [&] {
            change();
            return cpu_for_each(*gateway.server, devices, [&] { ours.poll_each(); });
        });

    load.rest(change_ahead_s + 4 * change_interval_s + 1);
    utility.create(kilowatts, 3600, 900);
    load.rest(0.2);
    ours.poll_each();
    const std::string size = std::to_string(ours.last_page().size()) + " bytes an answer; ";
    Result cached = compare(
        "get_ccm8_cached", "us/GET", 1.6,
        [&] { return cpu_for_each(*floor.server, polls, [&] { theirs.poll(polls, polling); }); },
        [&] { return cpu_for_each(*gateway.server, polls, [&] { ours.poll(polls, polling); }); });
    rendered.note = size + rendered.note;
    cached.note = size + cached.note;
    const std::string rendering =
        "each GET renders its list anew: 27,000 instructions, of which 70 % write XML and build strings, of what is cold "
        "in memory";
    return {explained(cached, rendering), explained(rendered, rendering)};
}

std::vector<Result> measure_resumption() {
    const OnLoadCore core;
    World world;
    const std::vector<Device> all = issue_devices(world, 50);
    Gateway gateway(world, {.lfdis = lfdis_of(all)});
    Load load;
    Callers callers(load, all, gateway.ieee2030_5_port);
    return {compare(
        "ccm8_resumed", "us/handshake", 0.1,
        [&] { return cpu_for_each(*gateway.server, full_handshakes, [&] { callers.call(full_handshakes, false); }); },
        [&] {
            return cpu_for_each(*gateway.server, resumed_handshakes, [&] { callers.call(resumed_handshakes, true); });
        })};
}

}  // namespace busbar::bench
