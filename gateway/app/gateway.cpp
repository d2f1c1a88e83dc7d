#include "gateway/app/gateway.hpp"

#include <algorithm>
#include <utility>

#include "gateway/records/model_records.hpp"
#include "gateway/records/snapshot_records.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::app {
namespace {

// A snapshot costs as much as there are devices; a replay, as many entries as there are after it.
constexpr std::uint64_t entries_between_snapshots = 20'000;  // at least; and
constexpr std::uint64_t entries_of_a_device = 10;
constexpr model::Us telemetry_period_us = model::second_us;

// Close codes that net gives a WebSocket whose peer breaks the protocol: malformed, binary, not UTF-8, too long.
bool is_broken_frame(std::uint16_t code) {
    return code == 1002 || code == 1003 || code == 1007 || code == 1009;
}

bool is_telemetry(const model::Input& input) {
    return !input.event && !input.event_gone && !input.node && !input.node_gone && !input.resource &&
           !input.resource_gone && !input.ack;
}

}  // namespace

Gateway::~Gateway() = default;

void Gateway::turn(model::Us now, std::vector<net::Event>& events) {
    Turn turn;
    turn.now = now;
    for (net::Event& event : events) std::visit([&](auto& one) { arrived(turn, one); }, event);
    due(turn);
    commit(turn);
    release(turn);
    snapshot_if_due(now);
}

model::Us Gateway::next_due() const {
    model::Us due = std::min({core_due_, csms_.next_due(), ieee2030_5_.next_due(), vtn_.next_due()});
    for (const Upstream& upstream : upstreams_)
        if (upstream.under_way == 0) due = std::min(due, upstream.ven->next_due());
    return upstreams_.empty() ? due : std::min(due, telemetry_due_);
}

void Gateway::due(Turn& turn) {
    if (csms_.next_due() <= turn.now) {
        ocpp::Output output;
        csms_.tick(turn.now, output);
        apply(turn, std::move(output));
    }
    if (ieee2030_5_.next_due() <= turn.now) {
        model::Changes changes;
        ieee2030_5_.tick(turn.now, changes);
        apply(turn, std::move(changes));
    }
    if (vtn_.next_due() <= turn.now) {
        model::Changes changes;
        vtn_.tick(turn.now, changes);
        apply(turn, std::move(changes));
    }
    if (core_due_ <= turn.now) step(turn, {});
    measure_upstream(turn);
    send_upstream(turn);
}

// What every VTN above us is offered as telemetry: the net power of everything.
void Gateway::measure_upstream(Turn& turn) {
    if (upstreams_.empty() || turn.now < telemetry_due_) return;
    telemetry_due_ = turn.now + telemetry_period_us;
    openadr::v2b::Telemetry telemetry;
    telemetry.power_mw = core_.measured_mw();
    for (Upstream& upstream : upstreams_) upstream.ven->measured(turn.now, upstream.config.ven_name, telemetry);
}

void Gateway::send_upstream(Turn& turn) {
    for (Upstream& upstream : upstreams_) {
        model::Changes changes;
        if (upstream.ven->next_due() <= turn.now) upstream.ven->tick(turn.now, changes);
        apply(turn, std::move(changes));
        if (upstream.under_way != 0) continue;
        auto request = upstream.ven->next(turn.now);
        if (!request) continue;
        net::ClientRequest outgoing;
        outgoing.base_url = upstream.config.url;
        outgoing.request = std::move(*request);
        outgoing.tls = {certs::TlsProfile::openadr2b, tls_files(upstream.config.tls)};
        upstream.under_way = carrier_.request(std::move(outgoing));
    }
}

void Gateway::commit(Turn& turn) {
    if (turn.entries.empty() && turn.documents.empty()) return;
    journal_.commit(turn.entries, turn.documents, turn.durable);
    entries_since_snapshot_ += turn.entries.size();
}

void Gateway::release(Turn& turn) {
    for (Leaving& leaving : turn.leaving) {
        if (auto* answer = std::get_if<Answer>(&leaving))
            carrier_.respond(answer->connection, std::move(answer->response));
        else if (auto* accept = std::get_if<AcceptSocket>(&leaving))
            carrier_.accept_websocket(accept->connection, std::move(accept->subprotocol));
        else if (auto* text = std::get_if<SendText>(&leaving))
            carrier_.send(text->connection, std::make_shared<const std::string>(std::move(text->text)));
        else if (auto* closing = std::get_if<CloseSocket>(&leaving))
            carrier_.close(closing->connection, closing->code, std::move(closing->reason));
    }
}

void Gateway::snapshot_if_due(model::Us now) {
    const std::uint64_t enough =
        std::max<std::uint64_t>(entries_between_snapshots, entries_of_a_device * enrolled_.size());
    if (entries_since_snapshot_ < enough) return;
    write_snapshot(now);
}

void Gateway::write_snapshot(model::Us now) {
    entries_since_snapshot_ = 0;
    journal_.write_snapshot(now, wire::to_json(core_.snapshot()));
    journal_.trim(2);
}

// ---- what comes in -------------------------------------------------------------------------------------------------

void Gateway::arrived(Turn& turn, net::RequestArrived& event) {
    if (event.upgrade) return upgrade(turn, event);
    model::Changes changes;
    http::Response response;
    switch (roles_.at(event.listener)) {
        case Role::api:
            response = api_.handle(turn.now, event.request, changes);
            break;
        case Role::openadr3:
            response = vtn_.handle(turn.now, event.peer.address, event.request, changes);
            break;
        case Role::ieee2030_5: {
            if (!event.peer.certificate) {
                response.status = 403;
                break;
            }
            const ieee2030_5::Caller caller{event.peer.certificate->lfdi, event.peer.certificate->sfdi,
                                            event.peer.address};
            response = ieee2030_5_.handle(turn.now, caller, event.request, changes);
            break;
        }
        case Role::ocpp:
            response = {426,
                        {{"Upgrade", "websocket"}, {"Content-Type", "text/plain"}},
                        "charging stations connect by WebSocket\n"};
            break;
    }
    apply(turn, std::move(changes));
    apply(turn, std::exchange(enrolment_output_, {}));
    turn.leaving.emplace_back(Answer{event.connection, std::move(response)});
}

void Gateway::upgrade(Turn& turn, const net::RequestArrived& event) {
    if (roles_.at(event.listener) != Role::ocpp) {
        turn.leaving.emplace_back(Answer{event.connection, {404, {}, {}}});
        return;
    }
    ocpp::Upgrade upgrade;
    upgrade.path = event.request.path();
    upgrade.authorization = event.request.header("Authorization");
    upgrade.subprotocols = event.request.header("Sec-WebSocket-Protocol");
    upgrade.tls = event.peer.tls;
    upgrade.address = event.peer.address;
    if (event.peer.certificate) {
        upgrade.certificate_common_name = event.peer.certificate->common_name;
        upgrade.certificate_organization = event.peer.certificate->organization;
    }
    ocpp::Output output;
    const ocpp::Admission admission = csms_.admit(turn.now, upgrade, output);
    apply(turn, std::move(output));
    if (admission.status != 101) {
        http::Response refusal{admission.status, {{"Content-Type", "text/plain"}}, admission.reason + "\n"};
        if (admission.status == 401) refusal.headers.emplace_back("WWW-Authenticate", "Basic realm=\"ocpp\"");
        turn.leaving.emplace_back(Answer{event.connection, std::move(refusal)});
        return;
    }
    turn.leaving.emplace_back(AcceptSocket{event.connection, admission.subprotocol});
    if (admission.close) {
        turn.leaving.emplace_back(CloseSocket{event.connection, 1002, admission.reason});
        return;
    }
    const auto [socket, is_new] = socket_of_station_.try_emplace(admission.station, event.connection);
    if (!is_new) {  // the newest socket wins: the old one is half-open more often than not
        turn.leaving.emplace_back(CloseSocket{socket->second, 1000, "replaced by a newer connection"});
        station_of_socket_.erase(socket->second);
        socket->second = event.connection;
    }
    station_of_socket_[event.connection] = admission.station;
    ocpp::Output greeting;
    csms_.connected(turn.now, admission.station, admission.version, greeting);
    apply(turn, std::move(greeting));
}

void Gateway::arrived(Turn& turn, net::TextArrived& event) {
    const auto station = station_of_socket_.find(event.connection);
    if (station == station_of_socket_.end()) return;
    ocpp::Output output;
    csms_.receive(turn.now, station->second, event.text, output);
    apply(turn, std::move(output));
}

void Gateway::arrived(Turn&, net::SocketConnected&) {}  // the gateway opens no WebSockets of its own

void Gateway::arrived(Turn& turn, net::ConnectionClosed& event) {
    const auto station = station_of_socket_.find(event.connection);
    if (station == station_of_socket_.end()) return;
    const bool broken = is_broken_frame(event.code);
    log_.notice(turn.now, {broken ? model::Severity::security : model::Severity::info,
                           broken ? "broken_frame" : "station_disconnected", station->second,
                           event.reason + " (" + std::to_string(event.code) + ")"});
    ocpp::Output output;
    csms_.disconnected(turn.now, station->second, output);
    socket_of_station_.erase(station->second);
    station_of_socket_.erase(station);
    apply(turn, std::move(output));
}

Gateway::Upstream* Gateway::upstream_of(net::RequestId id) {
    const auto found =
        std::find_if(upstreams_.begin(), upstreams_.end(), [id](const Upstream& u) { return u.under_way == id; });
    return found == upstreams_.end() ? nullptr : &*found;
}

void Gateway::arrived(Turn& turn, net::ResponseArrived& event) {
    Upstream* upstream = upstream_of(event.id);
    if (!upstream) return;
    upstream->under_way = 0;
    model::Changes changes;
    upstream->ven->receive(turn.now, event.response, changes);
    apply(turn, std::move(changes));
}

void Gateway::arrived(Turn& turn, net::RequestFailed& event) {
    Upstream* upstream = upstream_of(event.id);
    if (!upstream) return;
    upstream->under_way = 0;
    model::Changes changes;
    upstream->ven->failed(turn.now, event.reason, changes);
    apply(turn, std::move(changes));
}

void Gateway::arrived(Turn& turn, net::PeerRefused& event) {
    const auto listener = listener_names_.find(event.listener);
    const std::string where = listener == listener_names_.end() ? "a listener" : listener->second;
    log_.notice(turn.now, {model::Severity::security, event.code, event.address.substr(0, event.address.rfind(':')),
                           where + " refused a connection: " + event.reason});
}

// ---- model values --------------------------------------------------------------------------------------------------

void Gateway::apply(Turn& turn, ocpp::Output output) {
    apply(turn, std::move(output.changes));
    for (ocpp::Frame& frame : output.frames)
        if (const auto socket = socket_of_station_.find(frame.station); socket != socket_of_station_.end())
            turn.leaving.emplace_back(SendText{socket->second, std::move(frame.text)});
    for (ocpp::Closing& closing : output.closings)
        if (const auto socket = socket_of_station_.find(closing.station); socket != socket_of_station_.end())
            turn.leaving.emplace_back(CloseSocket{socket->second, closing.code, std::move(closing.reason)});
}

void Gateway::apply(Turn& turn, model::Changes changes) {
    for (const model::Notice& notice : changes.notices) log_.notice(turn.now, notice);
    for (model::Document& document : changes.documents) {
        turn.durable = true;
        std::optional<std::string> body;
        if (!document.body.empty()) body = std::move(document.body);
        turn.documents.push_back({std::move(document.folder), std::move(document.key), std::move(body)});
    }
    for (model::Input& input : changes.inputs) {
        if (input.resource) lay_over(*input.resource);
        step(turn, input);
    }
}

// What the operator said of a device at its enrolment goes over what the device says, whatever its protocol.
void Gateway::lay_over(model::Resource& resource) const {
    const api::Enrolled* device = device_of(resource.id);
    if (!device || !device->enrolment.preferred_mw) return;
    model::Capability& capability = resource.capability;
    capability.preferred_mw = std::clamp(*device->enrolment.preferred_mw, capability.min_mw, capability.max_mw);
}

void Gateway::step(Turn& turn, const model::Input& input) {
    turn.entries.push_back({turn.now, wire::to_json(input)});
    turn.durable |= !is_telemetry(input);
    model::Outputs outputs;
    core_.step(turn.now, input, outputs);
    core_due_ = outputs.next_due_us;
    carry_out(turn, std::move(outputs));
}

// What is wrong with an event is said when something else begins to be wrong, not with every report.
void Gateway::tell_problems(Turn& turn, const model::EventReport& report) {
    std::size_t& known = problems_of_event_[report.event];
    if (report.problems.size() != known)
        for (const std::string& problem : report.problems)
            log_.notice(turn.now, {model::Severity::warning, "event_problem", report.event, problem});
    known = report.problems.size();
    if (report.final) problems_of_event_.erase(report.event);
}

void Gateway::carry_out(Turn& turn, model::Outputs outputs) {
    for (const model::Command& command : outputs.commands) {
        turn.durable = true;
        if (csms_.knows_resource(command.resource)) {
            ocpp::Output output;
            csms_.send(turn.now, command, output);
            apply(turn, std::move(output));
        } else if (ieee2030_5_.knows_resource(command.resource)) {
            model::Changes changes;
            ieee2030_5_.send(turn.now, command, changes);
            apply(turn, std::move(changes));
        }
    }
    model::Changes upward;
    for (const model::EventOpt& opt : outputs.opts) {
        vtn_.opt(turn.now, opt, upward);
        for (Upstream& upstream : upstreams_) upstream.ven->opt(turn.now, opt, upward);
    }
    for (const model::EventReport& report : outputs.reports) {
        tell_problems(turn, report);
        vtn_.report(turn.now, report, upward);
        for (Upstream& upstream : upstreams_) upstream.ven->report(turn.now, report, upward);
    }
    if (!upward.documents.empty() || !upward.inputs.empty() || !upward.notices.empty()) apply(turn, std::move(upward));
}

}  // namespace busbar::app
