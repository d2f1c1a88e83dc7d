#include "tests/sim/network.hpp"

#include <algorithm>
#include <utility>

namespace busbar::sim {
namespace {

constexpr Us gateway_notices_us = 120 * model::second_us;  // a half-open link: a ping is not answered
constexpr Us peer_notices_us = 90 * model::second_us;

}  // namespace

Us Network::delay() {
    return random_.between(weather_.delay_low_us, weather_.delay_high_us);
}

void Network::mix(std::string_view text) {
    std::uint64_t hash = hash_ ^ static_cast<std::uint64_t>(world_.now());
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3;
    hash_ = hash;
}

Network::Link* Network::find(LinkId id) {
    const auto found = links_.find(id);
    return found == links_.end() ? nullptr : &found->second;
}

void Network::count_step() {
    if (crash_after_ > 0 && --crash_after_ == 0) throw Crash{};
}

std::vector<net::Event> Network::take() {
    return std::exchange(inbox_, {});
}

void Network::gateway_up() {
    up_ = true;
    ++life_;
}

void Network::gateway_down() {
    up_ = false;
    crash_after_ = 0;
    inbox_.clear();
    std::vector<LinkId> all;
    for (const auto& [id, link] : links_) all.push_back(id);
    std::sort(all.begin(), all.end());
    for (const LinkId id : all) {
        Link& link = links_[id];
        if (link.exchange) continue;  // its peer's time-out runs
        Peer* peer = link.peer;
        links_.erase(id);
        peer->severed(world_.now());
        world_.at(world_.now() + delay(), [this, peer, id] { peer->closed(world_.now(), id); });
    }
}

void Network::to_gateway(LinkId id, Us at, net::Event event) {
    Link* link = find(id);
    if (!link) return;
    if (link->broken) {
        if (link->straggles) link->held.push_back(std::move(event));
        return;
    }
    at = std::max(at, link->to_gateway_us);
    link->to_gateway_us = at;
    auto carried = std::make_shared<net::Event>(std::move(event));
    world_.at(at, [this, id, carried, life = life_] {
        Link* there = find(id);
        if (!up_ || life != life_ || !there) return;
        if (!there->broken)
            arrive(std::move(*carried));
        else if (there->straggles)
            there->held.push_back(std::move(*carried));
    });
}

void Network::arrive(net::Event event) {
    if (const auto* text = std::get_if<net::TextArrived>(&event)) {
        ++counters_.frames_in;
        mix(text->text);
    } else if (const auto* request = std::get_if<net::RequestArrived>(&event)) {
        ++counters_.requests;
        mix(request->request.target);
        mix(request->request.body);
    }
    inbox_.push_back(std::move(event));
    world_.wake(*gateway_, world_.now());
}

void Network::come_through(LinkId id) {
    Link* link = find(id);
    if (!link || !up_) return;
    link->straggles = false;
    for (net::Event& event : link->held) {
        ++stragglers_;
        arrive(std::move(event));
    }
    link->held.clear();
}

void Network::to_peer(LinkId id, Us at, std::function<void(Peer&)> what) {
    Link* link = find(id);
    if (!link || link->broken) return;
    at = std::max(at, link->to_peer_us);
    link->to_peer_us = at;
    world_.at(at, [this, id, what = std::move(what)] {
        Link* there = find(id);
        if (there && !there->broken) what(*there->peer);
    });
}

// ---- the gateway's end ---------------------------------------------------------------------------------------------

void Network::respond(net::ConnectionId id, http::Response response) {
    count_step();
    Link* link = find(id);
    if (!link) return;
    mix(response.body);
    if (!link->exchange) {  // an upgrade that was refused
        to_peer(id, world_.now() + delay(), [this, id](Peer& peer) {
            links_.erase(id);
            peer.closed(world_.now(), id);
        });
        return;
    }
    if (!link->wanted || random_.chance(weather_.request_lost_ppm)) {
        lost_ += link->wanted ? 1 : 0;
        return;
    }
    to_peer(id, world_.now() + delay(), [this, id, response = std::move(response)](Peer& peer) {
        links_.erase(id);
        peer.response(world_.now(), response);
    });
}

void Network::accept_websocket(net::ConnectionId id, std::string) {
    count_step();
    Link* link = find(id);
    if (!link) return;
    link->open = true;
    to_peer(id, world_.now() + delay(), [this, id](Peer& peer) { peer.opened(world_.now(), id); });
    plan_cut(id);
}

void Network::send(net::ConnectionId id, net::Text text) {
    count_step();
    ++counters_.frames_out;
    mix(*text);
    to_peer(id, world_.now() + delay(),
            [this, id, text = std::move(text)](Peer& peer) { peer.text(world_.now(), id, *text); });
}

void Network::close(net::ConnectionId id, std::uint16_t, std::string) {
    count_step();
    Link* link = find(id);
    if (!link) return;
    to_peer(id, world_.now() + delay(), [this, id](Peer& peer) {
        links_.erase(id);
        peer.closed(world_.now(), id);
    });
}

net::RequestId Network::request(net::ClientRequest request) {
    count_step();
    const net::RequestId id = ++last_request_;
    const bool lost = random_.chance(weather_.request_lost_ppm);
    const bool answer_lost = random_.chance(weather_.request_lost_ppm);
    const auto upstream = upstreams_.find(request.base_url);
    const auto deliver = [this, life = life_](Us at, net::Event event) {
        auto carried = std::make_shared<net::Event>(std::move(event));
        world_.at(at, [this, carried, life] {
            if (!up_ || life != life_) return;
            inbox_.push_back(std::move(*carried));
            world_.wake(*gateway_, world_.now());
        });
    };
    if (lost || upstream == upstreams_.end()) {
        lost_ += lost ? 1 : 0;
        deliver(world_.now() + request.timeout_us, net::RequestFailed{id, "no answer"});
        return id;
    }
    auto carried = std::make_shared<http::Request>(std::move(request.request));
    world_.at(world_.now() + delay(), [this, id, deliver, carried, answer_lost, server = upstream->second] {
        ++counters_.requests;
        mix(carried->body);
        http::Response response = server->handle(world_.now(), *carried);
        mix(response.body);
        if (answer_lost) {
            ++lost_;
            deliver(world_.now() + 30 * model::second_us, net::RequestFailed{id, "no answer"});
        } else {
            deliver(world_.now() + delay(), net::ResponseArrived{id, std::move(response)});
        }
    });
    return id;
}

// ---- the peers' end ------------------------------------------------------------------------------------------------

LinkId Network::connect(Peer& peer, net::ListenerId listener, net::Peer identity, http::Request upgrade) {
    const LinkId id = ++last_link_;
    links_[id].peer = &peer;
    if (!up_) {
        world_.at(world_.now() + delay(), [this, id, &peer] {
            links_.erase(id);
            peer.closed(world_.now(), id);
        });
        return id;
    }
    net::RequestArrived arrived;
    arrived.listener = listener;
    arrived.connection = id;
    arrived.peer = std::move(identity);
    arrived.request = std::move(upgrade);
    arrived.upgrade = true;
    to_gateway(id, world_.now() + delay(), std::move(arrived));
    return id;
}

void Network::send(LinkId id, std::string text, Us extra_delay_us) {
    const Us at = world_.now() + delay() + extra_delay_us;
    if (random_.chance(weather_.duplicated_ppm)) to_gateway(id, at, net::TextArrived{id, text});
    to_gateway(id, at, net::TextArrived{id, std::move(text)});
}

// By its own end: that knows already.
void Network::close(LinkId id) {
    to_gateway(id, world_.now() + delay(), net::ConnectionClosed{id, 1001, "going away"});
    Link* link = find(id);
    if (!link) return;
    world_.at(link->to_gateway_us, [this, id] { links_.erase(id); });
    link->to_peer_us = model::never;
    link->broken = false;
}

void Network::plan_cut(LinkId id) {
    if (weather_.cut_every_us == model::never) return;
    const Us at = world_.now() + random_.between(1, 2 * weather_.cut_every_us);
    const bool half_open = random_.chance(weather_.half_open_ppm);
    world_.at(at, [this, id, half_open] {
        if (weather_.cut_every_us != model::never) cut(id, half_open);
    });
}

void Network::cut(LinkId id, bool half_open) {
    Link* link = find(id);
    if (!link || link->broken) return;
    link->broken = true;
    ++cuts_;
    Peer* peer = link->peer;
    peer->severed(world_.now());
    Us gateway_at = world_.now() + (half_open ? random_.between(gateway_notices_us / 2, gateway_notices_us) : delay());
    const Us peer_at = world_.now() + (half_open ? random_.between(peer_notices_us / 2, peer_notices_us) : delay());
    if (half_open && straggling_.chance(weather_.straggling_ppm)) {
        link->straggles = true;
        const Us through_at = peer_at + straggling_.between(2, 40) * model::second_us;
        gateway_at = std::max(gateway_at, through_at + model::second_us);
        world_.at(through_at, [this, id, life = life_] {
            if (life == life_) come_through(id);
        });
    }
    world_.at(gateway_at, [this, id, life = life_] {
        if (!up_ || life != life_ || !find(id)) return;
        inbox_.push_back(net::ConnectionClosed{id, 1006, "gone without a word"});
        world_.wake(*gateway_, world_.now());
    });
    world_.at(peer_at, [this, id, peer] {
        if (find(id)) peer->closed(world_.now(), id);
    });
    world_.at(std::max(gateway_at, peer_at) + 1, [this, id] { links_.erase(id); });
}

void Network::request(Peer& peer, net::ListenerId listener, net::Peer identity, http::Request request, Us timeout_us) {
    const LinkId id = ++last_link_;
    Link& link = links_[id];
    link.peer = &peer;
    link.exchange = true;
    net::RequestArrived arrived;
    arrived.listener = listener;
    arrived.connection = id;
    arrived.peer = std::move(identity);
    arrived.request = std::move(request);
    world_.at(world_.now() + timeout_us, [this, id, &peer] {
        if (links_.erase(id) > 0) peer.failed(world_.now(), "no answer");
    });
    if (!up_ || random_.chance(weather_.request_lost_ppm)) {
        ++lost_;
        return;
    }
    if (random_.chance(weather_.duplicated_ppm)) {
        const LinkId twin = ++last_link_;
        links_[twin].peer = &peer;
        links_[twin].exchange = true;
        links_[twin].wanted = false;
        net::RequestArrived again = arrived;
        again.connection = twin;
        to_gateway(twin, world_.now() + delay(), std::move(again));
        world_.at(world_.now() + timeout_us, [this, twin] { links_.erase(twin); });
    }
    to_gateway(id, world_.now() + delay(), std::move(arrived));
}

}  // namespace busbar::sim
