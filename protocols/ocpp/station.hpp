// The other end: a charging station's protocol, 1.6J or 2.0.1, for the demo fleet, the simulator and the tests. Its
// hardware is whoever calls it: tells it of plugs and meters, and asks what it may draw.
//
// Sans-I/O like the CSMS: each function appends the frames to send.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/units.hpp"
#include "protocols/ocpp/csms.hpp"
#include "protocols/ocpp/rpc.hpp"

namespace busbar::ocpp {

// What is wrong with it, if anything.
enum class Behaviour : std::uint8_t {
    normal,
    refuse_profiles,    // answers Rejected to every SetChargingProfile
    silent,             // answers no CALL; says its own things all the same
    accept_and_ignore,  // answers Accepted and goes on as it likes
};

struct StationOptions {
    std::string id = "station";
    Version version = Version::v16;
    std::uint16_t evses = 1;
    std::uint8_t phases = 3;
    model::MilliV voltage_mv = 230'000;  // phase to neutral
    double max_a = 32;                   // per phase, of each EVSE
    double min_a = 6;                    // below this nothing flows
    bool amps = true;                    // rate units that it takes
    bool watts = true;
    std::int32_t max_stack_level = 8;
    std::int32_t max_periods = 24;
    std::string vendor = "Busbar";
    std::string model = "Station";
    std::string serial = "0001";
    std::string firmware = "1.0";
    std::int32_t meter_s = 60;                                 // until it is set
    std::string measurands = "Energy.Active.Import.Register";  // until they are set
    model::Us call_timeout_us = 30 * model::second_us;
    Behaviour behaviour = Behaviour::normal;
};

using Frames = std::vector<std::string>;

class Station {
  public:
    explicit Station(StationOptions options);
    ~Station();
    Station(Station&&) noexcept;
    Station& operator=(Station&&) noexcept;

    // The socket: opened, a text frame, gone. Transaction messages are kept while it is gone and sent in order later.
    void opened(model::Us now, Frames& frames);
    void receive(model::Us now, std::string_view frame, Frames& frames);
    void closed(model::Us now);
    void tick(model::Us now, Frames& frames);
    model::Us next_due() const;

    // The hardware. EVSEs count from 1. A vehicle with its driver's token; authorised first if the CSMS can be asked.
    void plug_in(model::Us now, std::uint16_t evse, std::string_view token, Frames& frames);
    void unplug(model::Us now, std::uint16_t evse, Frames& frames);
    // Readings of the meter of an EVSE: W, Wh since ever, % (nothing = not known). Sent at the configured interval.
    void meter(model::Us now, std::uint16_t evse, double power_w, double energy_wh, std::optional<double> soc = {});
    // The vehicle itself wants nothing (true) or wants power again.
    void suspend_ev(model::Us now, std::uint16_t evse, bool suspended, Frames& frames);
    // What the vehicle may draw now, in W over all phases; 0 without a transaction or below min_a.
    double limit_w(model::Us now, std::uint16_t evse) const;

    // Its clock was set forward by so much (negative: back); `now` is by the new one from here on. What it waits for
    // comes no sooner and no later.
    void clock_set(model::Us by_us);
    void behave(Behaviour behaviour);
    bool booted() const;
    OutletState state(std::uint16_t evse) const;
    std::string transaction(std::uint16_t evse) const;  // id; "" = none, or not known yet (1.6)
    std::size_t profiles() const;                       // that it holds
    std::string setting(std::string_view name) const;   // by its 1.6 key or its 2.0.1 variable; "" = none such

    struct State;

  private:
    std::unique_ptr<State> state_;
};

}  // namespace busbar::ocpp
