// The inside of Station, in the words of neither version; v16/station.cpp and v201/station.cpp speak for it.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/ocpp/profile_store.hpp"
#include "protocols/ocpp/station.hpp"

namespace busbar::ocpp {

struct Charge {
    std::int32_t serial = 0;  // ours
    std::string id;           // 2.0.1: chosen at the start; 1.6: given by the answer to StartTransaction
    std::string token;
    model::Us started_us = 0;
    double start_wh = 0;
    std::int32_t seq_no = 0;  // next one
};

struct Evse {
    std::uint16_t number = 1;
    OutletState state = OutletState::available;
    bool plugged = false;
    bool ev_suspended = false;
    std::string token;
    std::optional<Charge> charge;
    double power_w = 0, energy_wh = 0;
    std::optional<double> soc;
    model::Us meter_us = model::never;  // next periodic message
};

// What the station has to say. The payload is made when it is sent: a 1.6 transaction has no number before that.
struct Saying {
    enum class Kind : std::uint8_t { boot, heartbeat, status, authorize, start, update, meter, stop } kind{};
    std::uint16_t evse = 0;
    model::Us at_us = 0;
    OutletState state = OutletState::available;
    std::string token;
    Charge charge;  // start, update, meter, stop: as it was then; its id is looked up again (1.6)
    double power_w = 0, energy_wh = 0;
    std::optional<double> soc;
    bool offline = false;
    bool triggered = false;
    std::string reason;  // stop: wire name, the same in both versions
    int attempts = 0;

    bool of_transaction() const {
        return kind == Kind::start || kind == Kind::update || kind == Kind::meter || kind == Kind::stop;
    }
};

struct Setting {
    std::string_view key;        // 1.6
    std::string_view component;  // 2.0.1
    std::string_view variable;
    bool writable = false;
    std::string value;
};

struct StationDialect;

struct Station::State {
    StationOptions options;
    const StationDialect* dialect = nullptr;
    bool open = false;
    bool booted = false;
    std::vector<Evse> evses;
    ProfileStore profiles;
    std::vector<Setting> settings;
    std::deque<Saying> sayings;
    struct Sent {
        Saying saying;
        std::string id;
        model::Us deadline_us = 0;
    };
    std::optional<Sent> sent;
    std::vector<std::pair<std::int32_t, std::string>> numbers;  // 1.6: serial of a charge and the number given to it
    std::int32_t serials = 0;
    std::uint32_t calls = 0;
    std::int32_t heartbeat_s = 300;
    model::Us heartbeat_us = model::never;
    model::Us boot_us = model::never;  // next attempt

    Evse* evse(std::int64_t number) {
        return number >= 1 && number <= static_cast<std::int64_t>(evses.size())
                   ? &evses[static_cast<std::size_t>(number - 1)]
                   : nullptr;
    }
    Electrical electrical() const { return {options.phases, options.voltage_mv}; }
    double volts() const { return static_cast<double>(options.voltage_mv) / 1000; }
    double hardware_w() const { return options.max_a * volts() * options.phases; }
    double lowest_w() const { return options.min_a * volts() * options.phases; }
    Setting* setting(std::string_view name);
    const std::string& value_of(std::string_view name) { return setting(name)->value; }
    bool samples(std::string_view measurand);  // is one of the measurands to send
    std::string number_of_charge(const Charge& charge) const;
    LimitContext context(const Evse& evse) const;
};

struct StationReply {
    std::string payload;
    std::optional<ErrorCode> error;
    std::string description, details;
};
struct StationCall {
    std::string action, payload;
};
// A CALL of the CSMS.
struct StationHandler {
    std::string_view action;
    StationReply (*answer)(Station::State& state, model::Us now, std::string_view payload);
};
struct StationDialect {
    std::optional<StationCall> (*say)(Station::State& state, Saying& saying);
    // The CALLRESULT to it.
    void (*heard)(Station::State& state, model::Us now, const Saying& saying, std::string_view payload);
    std::span<const StationHandler> handlers;
};
extern const StationDialect station_v16;
extern const StationDialect station_v201;

// ---- station.cpp: what both dialects call -------------------------------------------------------------------------

void boot_answered(Station::State& state, model::Us now, bool accepted, std::int32_t interval_s);
void authorized(Station::State& state, model::Us now, std::uint16_t evse, bool accepted);
void begin_charge(Station::State& state, model::Us now, Evse& evse, std::string_view token);
void end_charge(Station::State& state, model::Us now, Evse& evse, std::string_view reason);
void say(Station::State& state, Saying saying, bool first = false);
void say_status(Station::State& state, model::Us now, std::uint16_t evse, bool triggered = false);
void say_meter(Station::State& state, model::Us now, const Evse& evse, bool triggered = false);
void update_states(Station::State& state, model::Us now);
enum class SettingResult : std::uint8_t { accepted, rejected, read_only, unknown };
SettingResult change_setting(Station::State& state, model::Us now, Setting* setting, std::string_view value);
// Checks and takes a profile; "" = taken, else the reason code of 2.0.1 (reason_codes.csv).
std::string take_profile(Station::State& state, model::Us now, StoredProfile profile);

}  // namespace busbar::ocpp
