// The central system's end of OCPP for all charging stations, both versions: enrolment and admission, boot, status,
// transactions and meter values upward into the model; commands downward as charging profiles.
//
// Sans-I/O: the caller owns the sockets and the clock. Each function takes `now` and appends to `output` the frames to
// write, the sockets to close and what was learnt (durable before the frames leave). Nothing here blocks, throws on
// input, or remembers a frame.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/command.hpp"
#include "dispatch/model/enrolment.hpp"
#include "dispatch/model/input.hpp"
#include "protocols/ocpp/rpc.hpp"
#include "protocols/wire/error.hpp"

namespace busbar::ocpp {

struct Frame {
    std::string station;
    std::string text;
};

struct Closing {
    std::string station;
    std::uint16_t code = 1000;  // WebSocket close code
    std::string reason;
};

struct Output {
    std::vector<Frame> frames;
    std::vector<Closing> closings;
    model::Changes changes;
};

// What is known of a WebSocket upgrade request before it is answered.
struct Upgrade {
    std::string path;           // request target; the last segment is the station's identity, percent-encoded
    std::string authorization;  // header, "" = absent
    std::string subprotocols;   // Sec-WebSocket-Protocol as sent, "" = absent
    bool tls = false;
    std::string address;                   // of the peer, for notices
    std::string certificate_common_name;   // of a verified client certificate, "" = none
    std::string certificate_organization;  // of the same
};

struct Admission {
    int status = 101;         // else refuse with it: 401, 403, 404
    std::string station;      // identity; "" = could not be read
    std::string subprotocol;  // to name in the answer; "" = none
    Version version = Version::v16;
    std::string reason;  // of a refusal, for people
    bool close = false;  // status 101, but no common subprotocol: finish the handshake without naming one, then
                         // close with 1002 (2.0.1 part 4, 3.1.2)
};

struct Policy {
    std::int32_t heartbeat_s = 300;  // interval given at boot
    model::Us call_timeout_us = 30 * model::second_us;
    std::int32_t meter_s = 10;    // how often stations shall send meter values; 0 = leave as it is
    model::Us settles_us = 0;     // Resource::settles_us; 0 = meter_s and 3 s more
    bool strict = false;          // refuse what `leniency` would mend
    bool plain_passwords = true;  // passwords over ws without TLS (security profile 1)
    bool unsecured = false;       // stations without password or certificate (1.6 without security)
    bool quiet = false;           // send nothing that the operator did not ask for (under test suites)
    model::Us boot_wait_us = 10 * model::second_us;    // connected, never booted: ask for a BootNotification after this
    model::Us verify_after_us = 5 * model::second_us;  // GetCompositeSchedule after an accepted command; 0 = never
    model::Us verify_gap_us = 60 * model::second_us;   // at least between two of them for one outlet
    std::size_t queue = 64;                            // calls that wait for one station
    std::vector<std::string> tokens;                   // that may charge; empty = all
    RpcLimits limits;
};

enum class OutletState : std::uint8_t {
    unknown,
    available,
    preparing,
    charging,
    suspended_ev,
    suspended_evse,
    finishing,
    reserved,
    unavailable,
    faulted,
};
std::string_view name_of(OutletState state);

// Read-only view for operators.
struct OutletView {
    std::string resource;
    OutletState state = OutletState::unknown;
    std::string transaction;  // "" = none
    std::string token;
    std::string command;  // id of the last command that the station accepted; "" = none
};
struct StationView {
    std::string id;
    std::string name;
    bool connected = false;
    bool booted = false;
    Version version = Version::v16;
    std::string vendor, model, serial, firmware;
    std::string rate_units;                                        // "A", "W", "A,W"; "" = not known
    std::int32_t max_stack_level = -1;                             // -1 = not known
    std::int32_t max_periods = 0;                                  // 0 = not known
    model::Us heard_us = 0;                                        // last frame
    std::uint64_t received = 0, sent = 0, errors = 0, mended = 0;  // frames, frames, CALLERRORs either way, fields
    std::size_t waiting = 0;                                       // calls not yet sent
    std::vector<OutletView> outlets;
};

// How often a row of the leniency table was used.
struct Mended {
    std::string action, path, fault, remedy;
    std::uint64_t count = 0;
};

class Csms {
  public:
    explicit Csms(Policy policy = {});
    ~Csms();
    Csms(Csms&&) noexcept;
    Csms& operator=(Csms&&) noexcept;

    // A station that may come; again = changed. Its resources appear, not connected.
    void enrol(model::Us now, const model::Enrolment& enrolment, Output& output);
    void remove(model::Us now, std::string_view station, Output& output);

    Admission admit(model::Us now, const Upgrade& upgrade, Output& output);
    // The handshake is done. The newest socket wins: the caller drops the station's older one and reports nothing more
    // of it; calls that were outstanding on it fail as lost.
    void connected(model::Us now, std::string_view station, Version version, Output& output);
    void receive(model::Us now, std::string_view station, std::string_view frame, Output& output);
    void disconnected(model::Us now, std::string_view station, Output& output);

    void send(model::Us now, const model::Command& command, Output& output);
    // A call that the operator wants made, its payload checked against the version's record. The answer becomes a
    // notice. Nothing = queued.
    wire::Failure request(model::Us now, std::string_view station, std::string_view action, std::string_view payload,
                          Output& output);
    void tick(model::Us now, Output& output);
    model::Us next_due() const;

    bool knows_resource(std::string_view resource) const;
    // A document that Output::changes.documents once carried; before or after the enrolment, before the first frame.
    // One that cannot be read changes nothing.
    wire::Failure restore(const model::Document& document);

    std::optional<StationView> station(std::string_view id) const;
    std::vector<StationView> stations() const;  // by id
    std::vector<Mended> mended() const;         // rows that were used

    struct State;

  private:
    std::unique_ptr<State> state_;
};

}  // namespace busbar::ocpp
