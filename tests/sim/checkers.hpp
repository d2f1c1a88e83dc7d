// Who judges a simulated world. The checkers stand apart from what they check: they look at what physically happened
// (the grid), at what was promised to peers, and at the journal; of the gateway they use read-only views. Each is one
// promise.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "dispatch/core.hpp"
#include "tests/sim/device.hpp"
#include "tests/sim/gateway_host.hpp"
#include "tests/sim/grid.hpp"
#include "tests/sim/journal.hpp"
#include "tests/sim/operator.hpp"
#include "tests/sim/utility.hpp"

namespace busbar::sim {

struct Finding {
    std::string checker;
    Us at_us = 0;
    std::string text;
};

// What a checker may look at.
struct Evidence {
    World& world;
    Grid& grid;
    GatewayHost& host;
    Journal& journal;
    const std::vector<std::unique_ptr<Device>>& devices;
    const std::vector<std::unique_ptr<Utility>>& utilities;
    const std::vector<EventOrder>& orders;  // all of them, by whatever protocol they come
    dispatch::Settings settings;
    Us meter_us = 0, poll_us = 0;  // how often devices say something
    std::vector<Finding>& findings;

    void find(std::string checker, std::string text) const;
    std::map<std::string, const Device*> by_resource() const;
    // How long the gateway may take to make up for something: a device that stops is believed to have stopped when two
    // of its readings say so, and what others do instead shows in a third.
    Us reaction_us() const;
};

// No group, feeder or site above its hard limit for longer than the reaction time, as far as anything could be done
// about it by devices that obey and can be reached. A polling device that does not obey shows that two polls later than
// one that stops: it fetches what it is told at one and has until the second after to do it; only then others can be
// asked.
class HardLimits {
  public:
    explicit HardLimits(Evidence& evidence);
    void changed(int place, Us now);
    void restart();  // the gateway is back: it has its reaction time again

  private:
    struct Watch {
        Us since_us = model::never;
        bool found = false;
    };
    Evidence& evidence_;
    std::vector<Watch> watches_;  // by place, import and export
};

// Every command ends in an acknowledgement, a refusal or an expiry.
class CommandsEnd {
  public:
    explicit CommandsEnd(Evidence& evidence) : evidence_(evidence) {}
    void look();

  private:
    Evidence& evidence_;
    std::map<std::string, bool> found_;
};

// Nothing acts after its event's end: with no event and no limit about it, no device is held.
class NothingOutlives {
  public:
    explicit NothingOutlives(Evidence& evidence) : evidence_(evidence) {}
    void look();

  private:
    bool is_free(const Device& device) const;  // nobody has asked anything of it for the reaction time
    Evidence& evidence_;
    std::map<int, Us> held_since_;
};

// What a device that can be reached measures is believed, whatever its clock says: the gateway has a reading that is no
// older than a few periods.
class MetersBelieved {
  public:
    explicit MetersBelieved(Evidence& evidence) : evidence_(evidence) {}
    void look();
    void restart() { since_us_.clear(); }

  private:
    Evidence& evidence_;
    std::map<std::string, Us> since_us_;  // it has been reachable, and draws or gives power
    std::map<std::string, bool> found_;
};

// Who the operator has enrolled is there, and whom he has removed is gone: no resource, no connection, no word to it.
class EnrolmentsHold {
  public:
    EnrolmentsHold(Evidence& evidence, const Operator& op) : evidence_(evidence), operator_(op) {}
    void look();

  private:
    using Names = std::set<std::string, std::less<>>;
    void look_at(const Operator::Managed& one, const Names& enrolled, const Names& resources);
    Evidence& evidence_;
    const Operator& operator_;
    std::map<std::string, bool> found_;
};

// What flowed through the tree is what the devices' meters counted, and what is reported upward is what flowed.
class EnergyBalances {
  public:
    explicit EnergyBalances(Evidence& evidence) : evidence_(evidence) {}
    void watch(const EventOrder& order);                         // before its start
    void disturbed() { disturbed_us_ = evidence_.world.now(); }  // a fault: reports of now are estimates
    void end();

  private:
    struct Span {
        std::string event, native_id;
        std::size_t index;
        int place;
        Us start_us, end_us;
        double start_wh = 0, end_wh = 0, peak_w = 0;
    };
    Evidence& evidence_;
    std::vector<std::shared_ptr<Span>> spans_;
    Us disturbed_us_ = 0;
};

// Nothing that was acknowledged is lost, and a cancelled event stays cancelled.
class NothingLost {
  public:
    explicit NothingLost(Evidence& evidence) : evidence_(evidence) {}
    void look();
    void end();

  private:
    Evidence& evidence_;
};

// A replay of the journal from its start gives the state that the gateway has.
class ReplayIsExact {
  public:
    explicit ReplayIsExact(Evidence& evidence) : evidence_(evidence) {}
    void look();

  private:
    Evidence& evidence_;
};

// After the faults have healed the gateway knows who is there, holds nobody for silent or refusing, and delivers what
// is ordered.
class Converges {
  public:
    explicit Converges(Evidence& evidence) : evidence_(evidence) {}
    void watch(const EventOrder& order);  // the event in the healed world
    void end();
    double delivered_ratio() const { return ratio_; }  // of that event; 0 = it could not be delivered

  private:
    void look_for_silent();
    Evidence& evidence_;
    int place_ = -1;
    EventOrder order_;
    double start_wh_ = 0, ratio_ = 0;
    bool feasible_ = true;
};

}  // namespace busbar::sim
