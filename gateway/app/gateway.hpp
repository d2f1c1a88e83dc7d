// The gateway: it carries frames between the network and the sessions and model values between the sessions and the
// core, makes them durable in between, and decides nothing. It has two seams to the world: what carries frames, what
// keeps the journal. On the real ones it is a service (service.hpp); on simulated ones a day of it passes in a second.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "dispatch/core.hpp"
#include "dispatch/model/by_id.hpp"
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

enum class Role : std::uint8_t { api, ocpp, ieee2030_5, openadr3 };

// The world as the gateway sees it; all of it outlives the gateway.
struct Surroundings {
    observe::Log& log;
    net::Carrier& carrier;
    store::Journal& journal;
    std::function<std::string(std::size_t bytes)> random;  // unpredictable, for tokens and retry delays
};

class Gateway : private api::Backend {
  public:
    // Restores what the journal holds and lays the configuration over it. Throws with one line for the operator.
    Gateway(Config config, Surroundings surroundings, model::Us now);
    ~Gateway() override;

    void serve(const net::ListenerInfo& listener, Role role);  // events of this listener are for `role`

    // What has come, and what is due: sessions, core, journal, and then what leaves. Throws store::StoreError if the
    // journal fails: nothing has left then, and nothing may go on.
    void turn(model::Us now, std::vector<net::Event>& events);
    model::Us next_due() const;  // turn() no later than this
    void write_snapshot(model::Us now);

    const dispatch::Core& core() const override { return core_; }

  private:
    struct Upstream {
        OpenAdr2bConfig config;
        std::unique_ptr<openadr::v2b::Ven> ven;
        net::RequestId under_way = 0;
    };

    // start (gateway_start.cpp)
    void restore_core(model::Us now);
    void adopt_settings(model::Us now, std::int64_t last_sequence, const DispatchConfig& former);
    void restore_documents();
    wire::Failure restore(const model::Document& document);
    void apply_configuration(model::Us now);

    // the loop (gateway.cpp)
    void commit(Turn& turn);
    void release(Turn& turn);
    void snapshot_if_due(model::Us now);

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
    std::vector<api::Enrolled> enrolled() const override;
    std::string enrol(model::Us now, const api::Enrolled& device, model::Changes& changes) override;
    bool remove(model::Us now, std::string_view id, model::Changes& changes) override;
    std::string protocol_of(std::string_view resource) const override;
    std::map<std::string, std::uint64_t> counters() const override;

    Config config_;
    observe::Log& log_;
    net::Carrier& carrier_;
    store::Journal& journal_;
    dispatch::Core core_;
    ocpp::Csms csms_;
    ieee2030_5::Server ieee2030_5_;
    openadr::v3::Vtn vtn_;
    std::vector<Upstream> upstreams_;
    api::Api api_;

    std::map<net::ListenerId, Role> roles_;
    std::map<net::ListenerId, std::string> listener_names_;
    std::map<std::string, api::Enrolled, std::less<>> enrolled_;      // by id
    std::map<std::string, std::string, std::less<>> id_of_resource_;  // devices by the resource they are here
    model::ById<net::ConnectionId> socket_of_station_;
    std::unordered_map<net::ConnectionId, std::string> station_of_socket_;
    std::map<std::string, std::size_t> problems_of_event_;  // how many were told last, of events under way
    ocpp::Output enrolment_output_;                         // of an API call under way: its frames leave with the turn
    model::Us core_due_ = model::never;
    model::Us telemetry_due_ = 0;
    std::uint64_t entries_since_snapshot_ = 0;
};

}  // namespace busbar::app
