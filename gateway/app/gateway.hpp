// The gateway: one loop thread that owns sessions, core and journal. It carries frames between the network and the
// sessions and model values between the sessions and the core, makes them durable in between, and decides nothing.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatch/core.hpp"
#include "gateway/api/api.hpp"
#include "gateway/app/config.hpp"
#include "gateway/app/turn.hpp"
#include "gateway/net/net.hpp"
#include "gateway/observe/log.hpp"
#include "gateway/store/store.hpp"
#include "protocols/ieee2030_5/server.hpp"
#include "protocols/ocpp/csms.hpp"
#include "protocols/openadr/v2b/ven.hpp"
#include "protocols/openadr/v3/vtn.hpp"

namespace busbar::app {

class Gateway : private api::Backend {
  public:
    // Opens the store, restores what it holds and listens. Throws with one line for the operator.
    Gateway(Config config, observe::Log& log);
    ~Gateway() override;

    std::string listening_table() const;  // what listens where, for people
    void run();                           // until stop(); throws store::StoreError if the store fails: nothing may go on then
    void stop();                          // from any thread or signal handler

  private:
    struct Upstream {
        OpenAdr2bConfig config;
        std::unique_ptr<openadr::v2b::Ven> ven;
        net::RequestId under_way = 0;
    };

    // start (gateway_start.cpp)
    void restore(model::Us now);
    void restore_core(model::Us now);
    void restore_documents();
    void apply_configuration(model::Us now);
    void listen();

    // the loop (gateway.cpp)
    void turn(model::Us now, std::vector<net::Event>& events);
    model::Us next_due() const;
    void commit(Turn& turn);
    void release(Turn& turn);
    void snapshot_if_due(model::Us now);
    void write_snapshot(model::Us now);

    // what comes in (gateway.cpp)
    void arrived(Turn& turn, net::RequestArrived& event);
    void arrived(Turn& turn, net::TextArrived& event);
    void arrived(Turn& turn, net::SocketConnected& event);
    void arrived(Turn& turn, net::ConnectionClosed& event);
    void arrived(Turn& turn, net::ResponseArrived& event);
    void arrived(Turn& turn, net::RequestFailed& event);
    void arrived(Turn& turn, net::PeerRefused& event);
    void upgrade(Turn& turn, const net::RequestArrived& event);
    void due(Turn& turn);
    void measure_upstream(Turn& turn);
    void send_upstream(Turn& turn);

    // model values (gateway.cpp)
    void apply(Turn& turn, model::Changes changes);
    void apply(Turn& turn, ocpp::Output output);
    void lay_over(model::Resource& resource) const;
    void step(Turn& turn, const model::Input& input);
    void carry_out(Turn& turn, model::Outputs outputs);
    void tell_problems(Turn& turn, const model::EventReport& report);
    Upstream* upstream_of(net::RequestId id);
    const api::Enrolled* device_of(std::string_view resource) const;  // nullptr: of no enrolled device

    // api::Backend
    const dispatch::Core& core() const override { return core_; }
    std::vector<api::Enrolled> enrolled() const override;
    std::string enrol(model::Us now, const api::Enrolled& device, model::Changes& changes) override;
    bool remove(model::Us now, std::string_view id, model::Changes& changes) override;
    std::string protocol_of(std::string_view resource) const override;
    std::map<std::string, std::uint64_t> counters() const override;

    Config config_;
    observe::Log& log_;
    store::Store store_;
    dispatch::Core core_;
    ocpp::Csms csms_;
    ieee2030_5::Server ieee2030_5_;
    openadr::v3::Vtn vtn_;
    std::vector<Upstream> upstreams_;
    api::Api api_;
    net::Network network_;

    enum class Role : std::uint8_t { api, ocpp, ieee2030_5, openadr3 };
    std::map<net::ListenerId, Role> roles_;
    std::vector<net::ListenerInfo> listeners_;
    std::map<std::string, api::Enrolled, std::less<>> enrolled_;                 // by id
    std::map<std::string, std::string, std::less<>> id_of_resource_;             // devices by the resource they are here
    std::map<std::string, net::ConnectionId, std::less<>> socket_of_station_;
    std::unordered_map<net::ConnectionId, std::string> station_of_socket_;
    std::map<std::string, std::size_t> problems_of_event_;  // how many were told last, of events under way
    ocpp::Output enrolment_output_;  // of an API call under way: its frames leave with the turn
    model::Us core_due_ = model::never;
    model::Us telemetry_due_ = 0;
    std::uint64_t entries_since_snapshot_ = 0;
    std::atomic<bool> stopping_{false};
};

}  // namespace busbar::app
