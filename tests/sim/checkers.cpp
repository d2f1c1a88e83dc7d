#include "tests/sim/checkers.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <utility>

#include "gateway/records/model_records.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::sim {
namespace {

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f", value);
    return text;
}

// Of an order that lasts an hour; with meters that speak each minute, and with slower ones.
constexpr double delivered_within = 0.05, delivered_within_if_slow = 0.08;
constexpr double delivered_within_if_slowest = 0.15;  // each quarter of an hour: half an hour is left to judge

double power_at(const EventOrder& order, Us at) {
    const auto index = static_cast<std::size_t>((at - order.start_us) / order.interval_us);
    return order.powers_w[std::min(index, order.powers_w.size() - 1)];
}

bool ended(dispatch::CommandState state) {
    return state != dispatch::CommandState::sent && state != dispatch::CommandState::received;
}

}  // namespace

void Evidence::find(std::string checker, std::string text) const {
    findings.push_back({std::move(checker), world.now(), std::move(text)});
}

std::map<std::string, const Device*> Evidence::by_resource() const {
    std::map<std::string, const Device*> found;
    for (const auto& device : devices) found[device->options().enrolment.resource] = device.get();
    return found;
}

Us Evidence::reaction_us() const {
    return 3 * std::max(meter_us, poll_us) + 2 * model::minute_us;
}

// ---- hard limits ---------------------------------------------------------------------------------------------------

HardLimits::HardLimits(Evidence& evidence) : evidence_(evidence) {}

void HardLimits::restart() {
    watches_.clear();
}

void HardLimits::changed(int index, Us now) {
    if (!evidence_.host.gateway()) return;
    const PlaceState& place = evidence_.grid.places()[static_cast<std::size_t>(index)];
    if (place.import_limit_w == no_limit_w && place.export_limit_w == no_limit_w) return;
    if (watches_.size() < 2 * evidence_.grid.places().size()) watches_.resize(2 * evidence_.grid.places().size());
    const Us patience_us = evidence_.reaction_us() + (place.astray > 0 ? 2 * evidence_.poll_us : 0);
    const auto judge = [&](Watch& watch, double power_w, double limit_w, double least_w, const char* side) {
        const double over_w = power_w - std::max(0.0, place.hidden_w) - std::max(limit_w, least_w);
        if (over_w <= 0.02 * std::abs(limit_w) + 300) {
            watch = {};
            return;
        }
        if (watch.since_us == model::never) watch.since_us = now;
        if (watch.found || now - watch.since_us <= patience_us) return;
        watch.found = true;
        evidence_.find("hard_limits", place.id + " is " + number(over_w) + " W above its " + side + " limit of " +
                                          number(limit_w) + " W since " +
                                          std::to_string((now - watch.since_us) / model::second_us) + " s");
    };
    const auto at = 2 * static_cast<std::size_t>(index);
    if (place.import_limit_w < no_limit_w)
        judge(watches_[at], place.power_w, place.import_limit_w, place.least_w, "import");
    if (place.export_limit_w < no_limit_w)
        judge(watches_[at + 1], -place.power_w, place.export_limit_w, -place.most_w, "export");
}

// ---- commands end --------------------------------------------------------------------------------------------------

void CommandsEnd::look() {
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway) return;
    for (const dispatch::CommandView& view : gateway->core().commands()) {
        if (ended(view.state) || found_[view.command.id]) continue;
        const Us waits_us = evidence_.host.last_clock() - std::max(view.changed_us, view.command.start_us);
        if (waits_us <= evidence_.reaction_us()) continue;
        found_[view.command.id] = true;
        evidence_.find("commands_end", "command " + view.command.id + " to " + view.command.resource + " waits since " +
                                           std::to_string(waits_us / model::second_us) + " s, " +
                                           (view.state == dispatch::CommandState::sent ? "sent" : "received"));
    }
}

// ---- nothing outlives its event ------------------------------------------------------------------------------------

bool NothingOutlives::is_free(const Device& device) const {
    const Us now = evidence_.world.now();
    for (int at = evidence_.grid.device(device.index()).place; at >= 0;
         at = evidence_.grid.places()[static_cast<std::size_t>(at)].parent) {
        const PlaceState& place = evidence_.grid.places()[static_cast<std::size_t>(at)];
        if (place.import_limit_w < no_limit_w || place.export_limit_w < no_limit_w) return false;
    }
    return std::all_of(evidence_.orders.begin(), evidence_.orders.end(), [now](const EventOrder& order) {
        return now < order.start_us - 2 * model::minute_us || now > order.end_us();
    });
}

void NothingOutlives::look() {
    const Us now = evidence_.world.now();
    for (const auto& device : evidence_.devices) {
        const DeviceState& state = evidence_.grid.device(device->index());
        if (!state.obeys || !device->is_held() || !is_free(*device)) {
            held_since_.erase(device->index());
            continue;
        }
        const Us since_us = held_since_.try_emplace(device->index(), now).first->second;
        if (now - since_us <= evidence_.reaction_us() || since_us == 0) continue;
        held_since_[device->index()] = 0;
        evidence_.find("nothing_outlives", device->options().enrolment.id + " is still held, " +
                                               std::to_string((now - since_us) / model::second_us) +
                                               " s after the last event: " + device->doing());
    }
}

// ---- meters are believed -------------------------------------------------------------------------------------------

void MetersBelieved::look() {
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway) return;
    const std::map<std::string, const Device*> devices = evidence_.by_resource();
    const Us now = evidence_.world.now();
    for (const dispatch::ResourceView& view : gateway->core().resources()) {
        const auto found = devices.find(view.resource.id);
        if (found == devices.end() || found_[view.resource.id]) continue;
        const DeviceState& truth = evidence_.grid.device(found->second->index());
        if (!truth.obeys || !truth.reachable || std::abs(truth.power_w) < 100) {
            since_us_.erase(view.resource.id);
            continue;
        }
        const Us since_us =
            std::max(since_us_.try_emplace(view.resource.id, now).first->second, found->second->enrolled_us());
        const bool loses = truth.kind != model::ResourceKind::ev;  // a request gets lost, a frame only with its link
        const Us patience_us = evidence_.reaction_us() * (loses ? 2 : 1);
        const Us measured_us =
            view.last_sample ? std::min(view.last_sample->measured_us, view.last_sample->received_us) : 0;
        if (now - since_us <= patience_us || evidence_.host.last_clock() - measured_us <= patience_us) continue;
        found_[view.resource.id] = true;
        evidence_.find("meters_believed",
                       view.resource.id + " can be reached since " +
                           std::to_string((now - since_us) / model::second_us) +
                           " s, and the last reading that the gateway believes is " +
                           std::to_string((evidence_.host.last_clock() - measured_us) / model::second_us) + " s old; " +
                           found->second->doing());
    }
}

// ---- enrolments ----------------------------------------------------------------------------------------------------

void EnrolmentsHold::look() {
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway) return;
    if (!operator_.problem().empty() && !std::exchange(found_[""], true))
        evidence_.find("enrolments_hold", "the operator was refused: " + operator_.problem());
    if (operator_.devices().empty()) return;
    Names enrolled, resources;
    evidence_.journal.documents("enrolments", [&](std::string_view key, std::string_view) { enrolled.emplace(key); });
    for (const dispatch::ResourceView& view : gateway->core().resources()) resources.insert(view.resource.id);
    for (const Operator::Managed& one : operator_.devices())
        if (one.standing != Operator::Standing::unsure) look_at(one, enrolled, resources);
}

void EnrolmentsHold::look_at(const Operator::Managed& one, const Names& enrolled, const Names& resources) {
    constexpr Us on_its_way_us = model::minute_us, half_open_us = 4 * model::minute_us;
    const std::string& id = one.device->options().enrolment.id;
    const auto say = [&](const std::string& what) {
        if (!std::exchange(found_[id + what], true)) evidence_.find("enrolments_hold", id + what);
    };
    const bool is_there = enrolled.contains(id);
    const bool wanted = one.standing == Operator::Standing::enrolled;
    if (wanted != is_there) say(wanted ? " was enrolled, and is gone" : " was removed, and is there again");
    if (wanted || one.since_us == 0) return;
    if (resources.contains(one.device->options().enrolment.resource))
        say(" was removed, and its resource is still there");
    if (one.device->told_us() > one.since_us + on_its_way_us) say(" was removed, and is still spoken to");
    if (one.device->is_linked() && evidence_.world.now() > one.since_us + half_open_us)
        say(" was removed, and its connection is still open");
}

// ---- energy --------------------------------------------------------------------------------------------------------

void EnergyBalances::watch(const EventOrder& order) {
    for (std::size_t i = 0; i < order.powers_w.size(); ++i) {
        auto span = std::make_shared<Span>();
        span->event = order.name;
        span->native_id = std::to_string(i);
        span->index = i;
        span->place = evidence_.grid.place(order.target);
        span->start_us = order.start_us + static_cast<Us>(i) * order.interval_us;
        span->end_us = span->start_us + order.interval_us;
        spans_.push_back(span);
        const auto note_peak = [this, span] {
            for (const DeviceState& device : evidence_.grid.devices()) span->peak_w += std::abs(device.power_w);
        };
        evidence_.world.at(span->start_us, [this, span, note_peak] {
            span->start_wh = evidence_.grid.energy_wh(span->place, evidence_.world.now());
            note_peak();
        });
        for (const Us edge_us : {span->start_us, span->end_us})
            evidence_.world.at(edge_us + 2 * model::minute_us, note_peak);
        evidence_.world.at(span->end_us, [this, span, note_peak] {
            span->end_wh = evidence_.grid.energy_wh(span->place, evidence_.world.now());
            note_peak();
        });
    }
}

void EnergyBalances::end() {
    double counted_wh = 0;
    for (const auto& device : evidence_.devices) device->read_meter();
    for (const auto& device : evidence_.devices) counted_wh += device->import_wh() - device->export_wh();
    const double flowed_wh = evidence_.grid.energy_wh(0, evidence_.world.now());
    if (std::abs(counted_wh - flowed_wh) > 1 + 1e-6 * std::abs(flowed_wh))
        evidence_.find("energy_balances", "the devices' meters counted " + number(counted_wh) +
                                              " Wh, through the tree flowed " + number(flowed_wh) + " Wh");
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway) return;
    for (const dispatch::EventView& view : gateway->core().events()) {
        for (const auto& span : spans_) {
            if (view.event.name != span->event || span->index >= view.report.intervals.size()) continue;
            const model::IntervalDelivery& delivery = view.report.intervals[span->index];
            // What was disturbed shortly before, or in between, was partly estimated; that is another promise.
            if (disturbed_us_ > span->start_us - 2 * evidence_.reaction_us()) continue;
            if (view.event.cancelled || !delivery.final || delivery.quality == model::Quality::bad) continue;
            const double true_wh = span->end_wh - span->start_wh;
            const double said_wh = static_cast<double>(delivery.delivered_mwh) / 1000;
            const double meter_h = static_cast<double>(std::max(evidence_.meter_us, evidence_.poll_us)) /
                                   static_cast<double>(model::hour_us);
            const double allowed_wh = 0.02 * std::abs(true_wh) + 0.25 * meter_h * span->peak_w + 100;
            if (std::abs(true_wh - said_wh) > allowed_wh)
                evidence_.find("energy_balances", span->event + " interval " + span->native_id + ": reported " +
                                                      number(said_wh) + " Wh, flowed " + number(true_wh) + " Wh");
        }
    }
}

// ---- nothing is lost -----------------------------------------------------------------------------------------------

void NothingLost::look() {
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway) return;
    const std::vector<dispatch::EventView> events = gateway->core().events();
    for (const auto& utility : evidence_.utilities) {
        if (utility->event_id().empty()) continue;
        const auto found = std::find_if(events.begin(), events.end(), [&](const dispatch::EventView& view) {
            return view.event.native_id == utility->event_id() && view.event.name == utility->order().name;
        });
        const bool alive = found != events.end() && found->status != model::EventStatus::cancelled &&
                           found->status != model::EventStatus::completed;
        if (utility->cancelled() && alive)
            evidence_.find("nothing_lost", utility->order().name + " was cancelled, and is there again");
        const bool remembered = evidence_.world.now() < utility->order().end_us() + 12 * model::hour_us;
        if (!utility->cancelled() && utility->order().cancelled_us > evidence_.world.now() && remembered &&
            found == events.end())
            evidence_.find("nothing_lost", utility->order().name + " was acknowledged, and is gone");
    }
}

void NothingLost::end() {
    look();
    for (const auto& utility : evidence_.utilities)
        if (utility->order().end_us() < evidence_.world.now() - model::hour_us && !utility->client().finished())
            evidence_.find("nothing_lost",
                           utility->order().name + " ended an hour ago and has no whole report: " + utility->problem());
}

// ---- replay --------------------------------------------------------------------------------------------------------

void ReplayIsExact::look() {
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway || evidence_.journal.first_sequence() != 1) return;
    dispatch::Core core(evidence_.settings);
    for (const store::Entry& entry : evidence_.journal.entries()) {
        model::Input input;
        if (const auto failure = wire::from_json(entry.body, input))
            return evidence_.find("replay_is_exact", "an entry cannot be read: " + failure->text());
        model::Outputs outputs;
        core.step(entry.now_us, input, outputs);
    }
    if (core.state_hash() != gateway->core().state_hash())
        evidence_.find("replay_is_exact", "a replay of " + std::to_string(evidence_.journal.entries().size()) +
                                              " entries gives another state");
}

// ---- convergence ---------------------------------------------------------------------------------------------------

void Converges::watch(const EventOrder& order) {
    order_ = order;
    place_ = evidence_.grid.place(order.target);
    // The devices need to be told, and meters to show it: the first part of an interval is not judged.
    const Us begin_us = order.start_us + evidence_.reaction_us();
    evidence_.world.at(begin_us, [this] { start_wh_ = evidence_.grid.energy_wh(place_, evidence_.world.now()); });
    for (Us at = begin_us; at < order.end_us(); at += model::minute_us) {
        evidence_.world.at(at, [this] {
            const PlaceState& place = evidence_.grid.places()[static_cast<std::size_t>(place_)];
            const double wanted_w = power_at(order_, evidence_.world.now());
            const double room_w = 0.02 * std::abs(wanted_w) + 5'000;
            feasible_ = feasible_ && wanted_w >= place.least_w + room_w && wanted_w <= place.most_w - room_w;
        });
    }
    evidence_.world.at(order.end_us() - model::minute_us, [this] { look_for_silent(); });
    evidence_.world.at(order.end_us(), [this, begin_us] {
        const double hours = static_cast<double>(order_.end_us() - begin_us) / static_cast<double>(model::hour_us);
        const double ordered_wh = order_.powers_w.front() * hours;
        if (!feasible_ || hours <= 0) return;
        ratio_ = (evidence_.grid.energy_wh(place_, evidence_.world.now()) - start_wh_) / ordered_wh;
        const Us slowest_us = std::max(evidence_.meter_us, evidence_.poll_us);
        const double within = slowest_us > 5 * model::minute_us ? delivered_within_if_slowest
                              : slowest_us > model::minute_us   ? delivered_within_if_slow
                                                                : delivered_within;
        if (std::abs(ratio_ - 1) > within)
            evidence_.find("converges", order_.name + " delivered " + number(100 * ratio_) + " % of what was ordered");
    });
}

// Whoever obeys and can be reached is not held for silent any more, an hour into the event.
void Converges::look_for_silent() {
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway) return;
    const std::map<std::string, const Device*> devices = evidence_.by_resource();
    for (const dispatch::ResourceView& view : gateway->core().resources()) {
        const auto found = devices.find(view.resource.id);
        if (found == devices.end() || !view.silent || !view.resource.controllable) continue;
        const DeviceState& truth = evidence_.grid.device(found->second->index());
        if (truth.obeys && truth.reachable)
            evidence_.find("converges", view.resource.id + " obeys, and is held for silent");
    }
}

void Converges::end() {
    const app::Gateway* gateway = evidence_.host.gateway();
    if (!gateway) return evidence_.find("converges", "the gateway is down");
    const std::map<std::string, const Device*> devices = evidence_.by_resource();
    for (const dispatch::ResourceView& view : gateway->core().resources()) {
        const auto found = devices.find(view.resource.id);
        if (found == devices.end()) continue;
        const DeviceState& truth = evidence_.grid.device(found->second->index());
        if (view.resource.connected != truth.reachable)
            evidence_.find("converges",
                           view.resource.id + (truth.reachable ? " can be reached, and the gateway does not know it"
                                                               : " cannot be reached, and the gateway thinks so"));
    }
    if (evidence_.host.idle_turns_at_once() > 16 + evidence_.devices.size() / 100)
        evidence_.find("converges", "the gateway turned " + std::to_string(evidence_.host.idle_turns_at_once()) +
                                        " times at one instant with nothing to do");
}

}  // namespace busbar::sim
