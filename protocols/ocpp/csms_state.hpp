// The inside of Csms: what is kept of each station, and the functions that the files of this folder give each other.
// What arrives is read by the version's dialect (v16/dialect.cpp, v201/dialect.cpp), which calls the functions here in
// the words of neither version; what leaves is a Work that the dialect renders.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/by_id.hpp"
#include "dispatch/model/peer_clock.hpp"
#include "protocols/ocpp/csms.hpp"
#include "protocols/ocpp/metering.hpp"
#include "protocols/ocpp/profiles.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::ocpp {

struct Transaction {
    std::string id;  // 1.6: our number, in decimal
    std::string token;
    model::Us started_us = 0;
    std::int64_t meter_start_wh = 0;
    std::int64_t seq_no = -1;  // last one seen; -1: none (2.0.1)
};

// What a StatusNotification said of one; an EVSE of 2.0.1 may have several, of which one can be in use.
struct Connector {
    std::int64_t number = 1;
    OutletState state = OutletState::unknown;
    model::Us at_us = 0;  // 0: its time is not known
};

struct Outlet {
    std::uint16_t number = 1;  // EVSE id or connector id
    std::string resource;
    OutletState state = OutletState::unknown;
    std::vector<Connector> connectors;  // that were heard of
    std::optional<Transaction> transaction;
    // Last ones that ended: a late message of theirs opens nothing.
    std::deque<std::string> ended;
    std::array<bool, role_count> installed{};  // may be on the station
    model::MilliW fallback_mw = 0;             // of the installed fallback
    bool asked = false;                        // what it holds was asked for, or told, since it came back or booted
    bool held = false;                         // it has just said that it holds `wanted`; until the next command
    std::string newest;                        // id of the last command that the core gave
    std::optional<model::Command> wanted;      // last setpoint that the station accepted
    model::Us renew_us = model::never;
    model::Us verify_us = model::never;
    model::Us verified_us = 0;            // when it was last asked for a composite schedule
    std::optional<model::Resource> told;  // as the core last heard it
};

enum class Task : std::uint8_t {
    learn,      // GetConfiguration, GetVariables
    configure,  // ChangeConfiguration, SetVariables of the meter interval and measurands
    ask_boot,   // TriggerMessage BootNotification
    fallback,   // SetChargingProfile
    command,    // SetChargingProfile
    clear,      // ClearChargingProfile
    compare,    // GetCompositeSchedule, before a command to a station that has come back: it may hold it already
    verify,     // GetCompositeSchedule, after a command: does it mean to do it?
    request,    // of the operator
};

struct Work {
    Task task{};
    std::uint16_t outlet = 0;
    Role role{};             // clear
    model::Command command;  // fallback, command, clear, compare, verify; id "" = nobody waits for an Ack
    bool acknowledge = false;
    std::string action;           // request; configure: the name of the setting
    std::string payload;          // request; configure: its value
    std::optional<Profile> sent;  // command, fallback: as rendered
    bool replaces = false;        // the same profile was on the station before it was sent
};

struct Flight {
    Work work;
    std::string id;
    model::Us deadline_us = 0;
};

// What is learnt from the station's configuration.
struct Learnt {
    ProfileLimits profiles;
    std::optional<std::int32_t> meter_s;
    std::optional<std::string> measurands;
    bool done = false;
};

struct Peer {
    model::Enrolment enrolment;
    bool enrolled = false;
    Version version = Version::v16;
    bool connected = false;
    bool booted = false;      // an accepted BootNotification, by this or an earlier socket
    bool operative = true;    // the station as a whole is neither faulted nor unavailable
    std::string certificate;  // common name of the client certificate of the admitted socket
    std::string vendor, model_name, serial, firmware;
    Learnt learnt;
    std::vector<Outlet> outlets;
    std::int32_t last_transaction = 0;  // 1.6: last number given
    std::deque<Work> queue;
    std::optional<Flight> flight;
    std::deque<std::string> lost;  // ids of calls that timed out or were cut off: late answers to them are ignored
    std::uint32_t calls = 0;       // makes ids unique
    model::Us ask_boot_us = model::never;
    int asked_boot = 0;
    std::string answered_id, answered_call, answer;  // last transaction message: a repetition gets the same answer
    model::Us heard_us = 0;
    model::Us silence_us = 0;  // before the message at hand
    model::PeerClock clock;
    std::uint64_t received = 0, sent = 0, errors = 0, mended = 0;
    std::set<std::size_t> mended_rows;  // that a notice has told of
    std::string kept;                   // document as last given out
    model::Us due_us = model::never;

    Outlet* outlet(std::int64_t number) {
        return number >= 1 && number <= static_cast<std::int64_t>(outlets.size())
                   ? &outlets[static_cast<std::size_t>(number - 1)]
                   : nullptr;
    }
    Electrical electrical() const {
        return {enrolment.phases ? enrolment.phases : std::uint8_t{3}, enrolment.voltage_mv};
    }
};

// When a peer is to be looked at. Those of one moment have an order of their own, the same on every run.
struct Due {
    model::Us at_us = 0;
    Peer* peer = nullptr;
    friend bool operator<(const Due& left, const Due& right) {
        if (left.at_us != right.at_us) return left.at_us < right.at_us;
        return left.peer->enrolment.id < right.peer->enrolment.id;
    }
};

struct Csms::State {
    Policy policy;
    model::ById<Peer> peers;
    model::ById<std::pair<Peer*, std::uint16_t>> resources;
    std::set<Due> due;
    std::map<std::size_t, std::uint64_t> mended;  // row of the leniency table, how often
};

// One call into the CSMS, about one station.
struct Turn {
    Csms::State& csms;
    Peer& peer;
    model::Us now;
    Output& out;

    const Policy& policy() const { return csms.policy; }
    void notice(model::Severity severity, std::string code, std::string text);
    void input(model::Input input) { out.changes.inputs.push_back(std::move(input)); }
};

// ---- dialect.cpp: in the words of the station's version ------------------------------------------------------------

struct Reply {
    std::string payload;             // of a CALLRESULT
    std::optional<ErrorCode> error;  // else
    std::string description, details;
};
struct Rendered {
    std::string action, payload;
};
// To a CALL of the station.
Reply answer_call(Turn& turn, std::string_view action, std::string_view payload);
// What a Work says on the wire; nothing: there is no need to say it any more.
std::optional<Rendered> render(Turn& turn, Work& work);
// The CALLRESULT to it. An unreadable one is told by the returned failure.
wire::Failure answered(Turn& turn, const Work& work, std::string_view payload);
// A request of the operator; unknown_type for an action that is not spoken here.
wire::Failure check_request(const Turn& turn, std::string_view action, std::string_view payload);

// ---- stations.cpp: boot, status, resources, what is kept ----------------------------------------------------------

struct Boot {
    std::string vendor, model, serial, firmware;
};
// Whether the station may go on; false: it is somebody else and its socket is closed.
bool take_boot(Turn& turn, const Boot& boot);

struct ConnectorStatus {  // StatusNotification of either version
    std::int64_t outlet = 0;  // 0: the station as a whole
    std::int64_t connector = 0;
    OutletState state{};
    model::Us at_us = 0;  // by our clock; 0: not said
};
void take_status(Turn& turn, const ConnectorStatus& status);

bool token_accepted(const Turn& turn, std::string_view token);
// It does not send a BootNotification when asked to: it cannot (1.6), or it holds itself accepted (F06.FR.17). It is
// then taken as it is; a strict policy waits.
void take_unbootable(Turn& turn, std::string_view words);
void tell_resource(Turn& turn, Outlet& outlet);  // if anything in it changed
void tell_resources(Turn& turn);
void keep(Turn& turn);  // the station's document, if anything in it changed
wire::Failure restore_peer(Peer& peer, std::string_view body);

// ---- stations.cpp: its clock --------------------------------------------------------------------------------------

// The message at hand was made at `stated_us` by the station's clock, and did not wait for a connection as far as is
// known.
void hear_clock(Turn& turn, model::Us stated_us);
// An instant by the station's clock as one by ours; that of receipt if its clock was never set.
model::Us our_time(const Turn& turn, model::Us stated_us);

// ---- transactions.cpp ---------------------------------------------------------------------------------------------

// 1.6 StartTransaction: gives the number, the same one for a repetition.
std::int32_t start_numbered(Turn& turn, std::int64_t outlet, std::string_view token, model::Us at_us,
                            std::int64_t meter_wh);
// 1.6 StopTransaction. False: no such transaction (it is acknowledged all the same).
bool stop_numbered(Turn& turn, std::int64_t number, model::Us at_us, std::int64_t meter_wh);
// 2.0.1 TransactionEvent.
struct TransactionStep {
    enum class Kind : std::uint8_t { started, updated, ended } kind{};
    std::string id;
    std::int64_t outlet = 0;  // 0 = not said
    std::string token;        // "" = not said
    std::int64_t seq_no = 0;
    std::optional<OutletState> state;
    model::Us at_us = 0;
};
// False: an old message once more, nothing to take from it.
bool take_step(Turn& turn, const TransactionStep& step);
Outlet* outlet_of_transaction(Peer& peer, std::string_view id);
// What the outlet does now; where no energy is taken any more, that is a sample of 0 W at that instant by our clock.
void change_state(Turn& turn, Outlet& outlet, OutletState state, model::Us at_us);
// What other messages than meter values say of power and meter, at an instant by our clock.
void give_sample(Turn& turn, const Outlet& outlet, model::Us at_us, std::optional<std::int64_t> power_mw,
                 std::optional<std::int64_t> meter_wh);
void take_readings(Turn& turn, std::int64_t outlet, const std::vector<Reading>& readings, model::Us measured_us);

// ---- calls.cpp: one call at a time --------------------------------------------------------------------------------

void enqueue(Turn& turn, Work work, bool first = false);
void pump(Turn& turn);
void take_result(Turn& turn, const Received& received);
void take_error(Turn& turn, const Received& received);
void time_out(Turn& turn);
void lose_calls(Turn& turn, std::string_view reason);

// ---- commands.cpp -------------------------------------------------------------------------------------------------

void acknowledge(Turn& turn, const model::Command& command, model::AckState state, std::string reason);
void take_command(Turn& turn, Outlet& outlet, const model::Command& command);
// The profile to send for a Work now; nothing: it is no longer worth it (and its Ack has been given).
std::optional<Profile> profile_of(Turn& turn, Work& work);
void profile_answered(Turn& turn, const Work& work, bool accepted, const std::string& words);
void clear_answered(Turn& turn, const Work& work, const std::string& words);
std::int32_t asked_s(const Turn& turn,
                     const Work& work);  // compare, verify: how far ahead a composite schedule is asked for
void composite_answered(Turn& turn, const Work& work, const std::optional<Composite>& composite);
// The answer to `compare`; nothing: there was none that says anything.
void compared(Turn& turn, const Work& work, const std::optional<Composite>& composite);
void work_failed(Turn& turn, const Work& work, model::AckState state, const std::string& reason);
// Sees to it that the outlet has its wanted command: after a reconnect, a reboot, for a new transaction, or because
// steps were left over.
void reapply(Turn& turn, Outlet& outlet);
void commands_due(Turn& turn);
model::Us commands_next_due(const Peer& peer);

// ---- discovery.cpp ------------------------------------------------------------------------------------------------

void start_learning(Turn& turn);
// All answers are in: set the meter interval and measurands where they differ.
void learnt_all(Turn& turn);
inline constexpr std::string_view wanted_measurands = "Power.Active.Import,Energy.Active.Import.Register";
// "Current,Power", "A,W", "W" …
void read_rate_units(std::string_view text, ProfileLimits& limits);

// ---- reading.cpp -----------------------------------------------------------------------------------------------

// Reads what the station sent; in tolerant mode what the leniency table knows is mended. `action` of an answer ends in
// "Response". `reset` makes the value a new one. `zoneless`: whether a date-time lacks its zone; then nobody knows
// which one is meant.
wire::Failure read_message(Turn& turn, std::string_view action, std::string_view payload, const wire::Record& record,
                           void* value, void (*reset)(void* value), bool* zoneless = nullptr);
template <wire::IsRecord T>
wire::Failure read_message(Turn& turn, std::string_view action, std::string_view payload, T& value,
                           bool* zoneless = nullptr) {
    return read_message(
        turn, action, payload, record_of(wire::Tag<T>{}), &value, [](void* target) { *static_cast<T*>(target) = T{}; },
        zoneless);
}

Reply answer_with(std::string payload);
Reply refuse(const wire::Error& error);

}  // namespace busbar::ocpp
