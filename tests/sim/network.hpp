// The simulated network between the gateway and its peers. Links carry frames in order while they last; they delay, are
// cut, or go half-open: nothing passes any more and neither end is told for a while. What was said into a half-open
// link may still come through when its peer has long opened another: frames of one link never overtake each other,
// those of two do. Requests and their answers get lost each for itself, and now and then one arrives twice.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateway/net/net.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/world.hpp"

namespace busbar::sim {

using LinkId = net::ConnectionId;

struct Weather {
    Us delay_low_us = 5'000, delay_high_us = 80'000;
    std::int64_t request_lost_ppm = 0;  // also of its answer
    std::int64_t duplicated_ppm = 0;    // a request or a frame to the gateway arrives twice
    Us cut_every_us = model::never;     // of each link, on average
    std::int64_t half_open_ppm = 0;     // of the cuts
    std::int64_t straggling_ppm = 0;    // of the half-open links: what was said comes through late
};

// One of the gateway's peers, device or utility. What has come is worked through when it is next woken, at once.
class Peer : public Actor {
  public:
    virtual void opened(Us, LinkId) {}
    virtual void text(Us, LinkId, const std::string&) {}
    virtual void closed(Us, LinkId) {}
    virtual void response(Us, const http::Response&) {}
    virtual void failed(Us, const std::string& /*reason*/) {}
    virtual void severed(Us) {}  // nothing passes any more, whether or not this end knows: for who keeps the truth
};

// A server that the gateway calls.
class Upstream {
  public:
    virtual ~Upstream() = default;
    virtual http::Response handle(Us now, const http::Request& request) = 0;
};

// Thrown out of the middle of a turn: the process is gone.
struct Crash {};

class Network final : public net::Carrier {
  public:
    Network(World& world, Random random) : world_(world), random_(random), straggling_(random.fork("stragglers")) {}

    void set_gateway(Actor* gateway) { gateway_ = gateway; }  // woken when something came for it
    void set_weather(const Weather& weather) { weather_ = weather; }
    void add_upstream(const std::string& base_url, Upstream& upstream) { upstreams_[base_url] = &upstream; }

    // the gateway's end
    void respond(net::ConnectionId connection, http::Response response) override;
    void accept_websocket(net::ConnectionId connection, std::string subprotocol) override;
    void send(net::ConnectionId connection, net::Text text) override;
    void close(net::ConnectionId connection, std::uint16_t code, std::string reason) override;
    net::RequestId request(net::ClientRequest request) override;
    Counters counters() const override { return counters_; }
    std::vector<net::Event> take();  // what has come for the gateway
    void gateway_up();
    void gateway_down();                                             // every link and request dies with it
    void crash_after(std::uint32_t sends) { crash_after_ = sends; }  // 0: not

    // the peers' end
    LinkId connect(Peer& peer, net::ListenerId listener, net::Peer identity, http::Request upgrade);
    void send(LinkId link, std::string text, Us extra_delay_us);
    void close(LinkId link);
    void cut(LinkId link, bool half_open);
    void request(Peer& peer, net::ListenerId listener, net::Peer identity, http::Request request, Us timeout_us);

    std::uint64_t frames() const { return counters_.frames_in + counters_.frames_out + 2 * counters_.requests; }
    std::uint64_t hash() const { return hash_; }  // of everything that was delivered, in order
    std::uint64_t cuts() const { return cuts_; }
    std::uint64_t lost() const { return lost_; }
    std::uint64_t stragglers() const { return stragglers_; }  // frames of a link whose peer had given it up

  private:
    struct Link {
        Peer* peer = nullptr;
        bool open = false;                     // accepted by the gateway
        bool broken = false;                   // nothing passes any more
        bool straggles = false;                // broken, and what was said comes through once more
        std::vector<net::Event> held;          // until then
        bool exchange = false;                 // one request, one answer
        bool wanted = true;                    // of an exchange: the peer still waits; a duplicate has nobody
        Us to_gateway_us = 0, to_peer_us = 0;  // frames stay in order
    };
    Us delay();
    Link* find(LinkId id);
    void to_gateway(LinkId id, Us at, net::Event event);
    void to_peer(LinkId id, Us at, std::function<void(Peer&)> what);
    void plan_cut(LinkId id);
    void come_through(LinkId id);
    void arrive(net::Event event);
    void count_step();
    void mix(std::string_view text);

    World& world_;
    Random random_, straggling_;
    Actor* gateway_ = nullptr;
    bool up_ = false;
    std::uint64_t life_ = 0;  // of the gateway's process: what was on its way to an earlier one does not arrive
    Weather weather_;
    std::unordered_map<std::string, Upstream*> upstreams_;
    std::unordered_map<LinkId, Link> links_;
    std::vector<net::Event> inbox_;
    LinkId last_link_ = 0;
    net::RequestId last_request_ = 0;
    std::uint32_t crash_after_ = 0;
    Counters counters_;
    std::uint64_t hash_ = 0xcbf2'9ce4'8422'2325, cuts_ = 0, lost_ = 0, stragglers_ = 0;
};

}  // namespace busbar::sim
