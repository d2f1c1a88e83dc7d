// A simulated device: a peer with a clock of its own that may be wrong, a meter that may err, something physical behind
// it, and now and then a fault. What it really does goes to the grid; what it says goes to the gateway.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dispatch/model/enrolment.hpp"
#include "tests/sim/grid.hpp"
#include "tests/sim/network.hpp"
#include "tests/sim/random.hpp"
#include "tests/sim/world.hpp"

namespace busbar::sim {

enum class Fault : std::uint8_t {
    none,
    silent,      // answers no command and obeys none
    refuses,     // rejects every command
    ignores,     // accepts every command and does as it likes
    late,        // whatever it says comes half a minute late
    wrong_unit,  // its meter says kW where it means W
};

inline constexpr Us late_us = 35 * model::second_us;  // what a late device says comes so much later

struct FaultWindow {
    Fault fault = Fault::none;
    Us from_us = model::never, until_us = model::never;
};

// What is the same for all devices of one world.
struct Place {
    World& world;
    Network& network;
    Grid& grid;
    net::ListenerId stations = 0, ders = 0;
    Us step_us = model::minute_us;  // physics at least so often
};

struct DeviceOptions {
    model::Enrolment enrolment;  // as the operator knows it
    Us poll_us = 5 * model::minute_us;
    Us clock_skew_us = 0;
    std::int64_t meter_gain_ppm = 0, meter_noise_ppm = 0;
    FaultWindow fault;
    std::vector<Us> reboots_us;
};

struct Visit {  // of a vehicle
    Us arrives_us = 0, leaves_us = 0;
    double energy_wh = 0;
};
struct ChargerOptions {
    DeviceOptions device;
    bool v201 = false, amps = true;
    double vehicle_max_w = 11'040;
    std::int64_t uptake_ppm = 985'000;  // an on-board charger stays a little below what it is offered
    std::vector<Visit> visits;
};
struct BatteryOptions {
    DeviceOptions device;
    double rated_w = 5'000, capacity_wh = 13'500, charged_wh = 6'000;
    std::int64_t efficiency_ppm = 950'000;  // each way
};
struct ArrayOptions {
    DeviceOptions device;
    double rated_w = 6'000;
};

class Device : public Peer {
  public:
    Device(Place& place, DeviceOptions options, model::ResourceKind kind, Random random);

    void wake(Us now) final;
    void severed(Us now) override;
    void read_meter() { settle(place_.world.now()); }              // its registers are of now
    void look() { place_.world.wake(*this, place_.world.now()); }  // something that it follows may have changed

    void set_clock(Us by_us);          // forward, or back
    void set_enrolled(bool enrolled);  // as far as the operator knows
    void retire();                     // taken off the grid for good

    const DeviceOptions& options() const { return options_; }
    int index() const { return index_; }
    Us enrolled_us() const { return enrolled_us_; }  // or removed: since when it is as it is
    double import_wh() const { return import_wh_; }
    double export_wh() const { return export_wh_; }
    virtual void lose_link(Us /*away_us*/) {}  // if it keeps one; it comes back no sooner than after this
    virtual Us told_us() const = 0;            // when it was last told anything by the gateway
    virtual bool is_linked() const = 0;        // it has a connection that was accepted
    virtual bool is_held() const = 0;          // something that the gateway said keeps it from what it prefers
    virtual std::string doing() const = 0;     // one line for people

  protected:
    struct Doing {
        double power_w = 0, least_w = 0, most_w = 0;
        bool reachable = false;
    };
    virtual Us live(Us now) = 0;         // protocol and life at `now`; gives when it must next be woken
    virtual Doing physics(Us now) = 0;   // what it does from now on
    virtual void flowed(double wh) = 0;  // since the last time, at the power that physics() gave
    virtual void clock_set(Us by_us) = 0;
    virtual void fault_changed(Us now, Fault fault) = 0;
    virtual void reboot(Us now) = 0;

    Us local(Us now) const { return now + options_.clock_skew_us; }
    Us world_time(Us local_us) const {
        return local_us == model::never ? model::never : local_us - options_.clock_skew_us;
    }
    Fault fault() const { return fault_; }
    double measured_w();  // as its meter says, with its error
    void settle(Us now);  // counts what flowed, decides what flows now, tells the grid

    Place& place_;
    DeviceOptions options_;
    Random random_;
    double power_w_ = 0;

  private:
    void change_fault(Us now);

    int index_;
    Fault fault_ = Fault::none;
    bool enrolled_ = true, retired_ = false;
    Us enrolled_us_ = 0;
    std::size_t reboots_ = 0;
    Us since_us_;
    double import_wh_ = 0, export_wh_ = 0;
};

std::unique_ptr<Device> make_charger(Place& place, ChargerOptions options, Random random);
std::unique_ptr<Device> make_battery(Place& place, BatteryOptions options, Random random);
std::unique_ptr<Device> make_array(Place& place, ArrayOptions options, Random random);

}  // namespace busbar::sim
