// What a station can do is asked of it after each boot, before anything is built on it; then it is told how often to
// send which meter values. Refusals are taken as they come: the rest of the gateway works with what there is.
#include <algorithm>

#include "protocols/ocpp/csms_state.hpp"

namespace busbar::ocpp {
namespace {

bool mentions(std::string_view list, std::string_view member) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        std::string_view part = list.substr(0, comma);
        while (!part.empty() && part.front() == ' ') part.remove_prefix(1);
        while (!part.empty() && part.back() == ' ') part.remove_suffix(1);
        if (part == member) return true;
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return false;
}

void enqueue_setting(Turn& turn, std::string name, std::string value) {
    Work work{Task::configure};
    work.action = std::move(name);
    work.payload = std::move(value);
    enqueue(turn, std::move(work));
}

}  // namespace

void read_rate_units(std::string_view text, ProfileLimits& limits) {
    limits.amps = mentions(text, "Current") || mentions(text, "A");
    limits.watts = mentions(text, "Power") || mentions(text, "W");
}

void start_learning(Turn& turn) {
    Peer& peer = turn.peer;
    peer.learnt.done = false;  // what is known holds until it is answered otherwise
    if (turn.policy().quiet) {
        peer.learnt.done = true;
        return;
    }
    const auto waits = [](const Work& work) { return work.task == Task::learn; };
    const bool in_flight = peer.flight && waits(peer.flight->work);
    if (in_flight || std::any_of(peer.queue.begin(), peer.queue.end(), waits)) return;
    enqueue(turn, Work{Task::learn}, true);
}

void learnt_all(Turn& turn) {
    Peer& peer = turn.peer;
    const bool v16 = peer.version == Version::v16;
    peer.learnt.done = true;
    const std::int32_t wanted_s = turn.policy().meter_s;
    if (wanted_s > 0 && peer.learnt.meter_s != wanted_s) {
        enqueue_setting(turn, v16 ? "MeterValueSampleInterval" : "TxUpdatedInterval", std::to_string(wanted_s));
    }
    const std::string_view measurands = peer.learnt.measurands ? std::string_view(*peer.learnt.measurands) : "";
    const bool enough =
        mentions(measurands, "Power.Active.Import") && mentions(measurands, "Energy.Active.Import.Register");
    if (!enough) {
        enqueue_setting(turn, v16 ? "MeterValuesSampledData" : "TxUpdatedMeasurands", std::string(wanted_measurands));
    }
    tell_resources(turn);
    keep(turn);
}

}  // namespace busbar::ocpp
