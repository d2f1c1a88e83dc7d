#include "protocols/openadr/v2b/translate.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

namespace busbar::openadr::v2b {

using model::GridEvent;
using model::LossNote;
using model::never;
using model::Signal;
using model::SignalKind;
using model::Us;

namespace {

Us plus(Us start, Us span) {
    if (span >= never - std::max<Us>(start, 0)) return never;
    return start + span;
}

// 0 has no end (rule 47); a negative duration is none.
Us length_of(Us duration) {
    if (duration < 0) return 0;
    return duration == 0 || duration == wire::Duration::endless ? never : duration;
}

// ---- signals -------------------------------------------------------------------------------------------------------

// 10^n of a siScaleCode; nothing for one that the schema does not have.
std::optional<double> scale_of(std::string_view code) {
    static const std::map<std::string_view, double> scales{{"p", 1e-12}, {"n", 1e-9}, {"micro", 1e-6}, {"m", 1e-3},
                                                           {"c", 1e-2},  {"d", 1e-1}, {"none", 1},     {"k", 1e3},
                                                           {"M", 1e6},   {"G", 1e9},  {"T", 1e12}};
    const auto at = scales.find(code);
    return at == scales.end() ? std::nullopt : std::optional(at->second);
}

std::int64_t scaled(double number, double scale) {
    const double limit = static_cast<double>(model::unlimited_mw);
    const double value = number * scale;
    return std::isnan(value) ? 0 : std::llround(std::clamp(value, -limit, limit));
}

std::optional<Signal> power_signal(const EiEventSignal& native, double value, const TranslateOptions& options) {
    const std::optional<double> scale = native.powerReal ? scale_of(native.powerReal->siScaleCode) : std::nullopt;
    if (!scale) return std::nullopt;
    Signal signal;
    signal.kind = native.signalType == "delta" ? SignalKind::delta : SignalKind::setpoint;
    signal.power_mw = scaled(value, *scale * 1e3);
    if (signal.kind == SignalKind::delta && options.delta_is_reduction) signal.power_mw = -signal.power_mw;
    return signal;
}

Signal ratio_signal(SignalKind kind, double value) {
    Signal signal;
    signal.kind = kind;
    signal.ratio_ppm = scaled(value, 1e6);
    return signal;
}

std::optional<Signal> price_signal(const EiEventSignal& native, double value) {
    Signal signal;
    signal.kind = SignalKind::price;
    double scale = 1;
    if (native.currencyPerKWh) {
        const std::optional<double> given = scale_of(native.currencyPerKWh->siScaleCode);
        if (!given) return std::nullopt;
        scale = *given;
        signal.native = native.currencyPerKWh->itemUnits;
    }
    signal.price_micro = scaled(value, scale * 1e6);
    return signal;
}

std::optional<Signal> level_signal(double value) {
    if (value < 0 || value > 3 || value != std::floor(value)) return std::nullopt;
    Signal signal;
    signal.kind = SignalKind::level;
    signal.value = static_cast<std::int64_t>(value);
    return signal;
}

std::optional<Signal> charge_signal(const EiEventSignal& native, double value) {
    if (native.signalType == "multiplier") return ratio_signal(SignalKind::charge_state, value);
    const std::optional<double> scale = native.energyReal ? scale_of(native.energyReal->siScaleCode) : std::nullopt;
    if (native.signalType != "setpoint" || !scale) return std::nullopt;
    Signal signal;
    signal.kind = SignalKind::charge_state;
    signal.value = scaled(value, *scale);
    return signal;
}

// Nothing: what the signal asks for has no place in the model.
std::optional<Signal> acted_on(const EiEventSignal& native, double value, const TranslateOptions& options) {
    const std::string& name = native.signalName;
    const std::string& type = native.signalType;
    if (name == "SIMPLE" || name == "simple") return level_signal(value);
    if (name == "LOAD_DISPATCH") {
        if (type == "setpoint" || type == "delta") return power_signal(native, value, options);
        if (type == "multiplier") return ratio_signal(SignalKind::scale, value);
    }
    if (name == "LOAD_CONTROL" && type == "x-loadControlCapacity") return ratio_signal(SignalKind::scale, value);
    if ((name == "ELECTRICITY_PRICE" || name == "ENERGY_PRICE") && type == "price") return price_signal(native, value);
    if (name == "CHARGE_STATE") return charge_signal(native, value);
    return std::nullopt;
}

std::string signal_path(std::size_t index) {
    return "/eiEventSignals/eiEventSignal/" + std::to_string(index);
}

// One interval of one signal in absolute time.
struct Stretch {
    Us start_us = 0;
    Us end_us = 0;
    std::string uid;
    Signal signal;
};

struct SignalPlan {
    std::vector<Stretch> stretches;
    bool has_power = false;  // orders power, so that a SIMPLE level beside it is for simpler VENs only
    bool is_simple = false;
    bool is_supported = false;
};

class Translator {
  public:
    Translator(const OadrEvent& native, const TranslateOptions& options) : native_(native.eiEvent), options_(options) {}

    Translation run(bool always) {
        GridEvent& event = out_.event;
        const EventDescriptor& descriptor = native_.eventDescriptor;
        event.id = grid_event_id(options_, descriptor.eventID);
        event.source = options_.source;
        event.native_id = descriptor.eventID;
        event.program = descriptor.eiMarketContext.marketContext;
        event.name = descriptor.vtnComment ? std::string(*descriptor.vtnComment) : std::string(descriptor.eventID);
        if (descriptor.priority.value_or(0) > 0) event.priority.rank = *descriptor.priority;
        event.randomise = {0, start_after(native_)};
        event.response = always ? model::ResponsePolicy::always : model::ResponsePolicy::never;
        event.test = is_test(native_);
        if (!accepts_context(descriptor.eiMarketContext.marketContext)) {
            return refuse(Code::target_mismatch, "the market context is not one that this VEN takes part in");
        }
        if (!resolve_targets()) return refuse(Code::target_mismatch, "the target names nothing that this VEN knows");
        note_ramps();
        plan_signals();
        if (out_.code == Code::ok) merge();
        return std::move(out_);
    }

  private:
    Translation refuse(Code code, std::string description) {
        out_.code = code;
        out_.description = std::move(description);
        return std::move(out_);
    }
    void note(std::string code, std::string field, std::string native, std::string kept) {
        out_.event.losses.push_back({std::move(code), std::move(field), std::move(native), std::move(kept)});
    }

    bool accepts_context(const std::string& context) const {
        const auto& accepted = options_.market_contexts;
        return accepted.empty() || std::find(accepted.begin(), accepted.end(), context) != accepted.end();
    }

    // Rule 22: an empty target, or our venID in it, is the whole VEN; several names are any of them. False: none is
    // known.
    bool resolve_targets() {
        const EiTarget& target = native_.eiTarget;
        const auto& vens = target.venID;
        const bool names_us = std::find(vens.begin(), vens.end(), options_.ven_id) != vens.end();
        bool any = !vens.empty();
        bool found = false;
        for (const auto* names : {&target.groupID, &target.groupName, &target.resourceID}) {
            for (const Id& name : *names) {
                any = true;
                found = add_target(name) || found;
            }
        }
        for (const Asset& asset : target.endDeviceAsset)
            note("device_class", "/eiTarget/endDeviceAsset", asset.mrid, "not told apart");
        if (names_us || !any) {
            out_.event.targets = options_.everything;
            return true;
        }
        return found;
    }
    bool add_target(const std::string& name) {
        std::vector<std::string>& targets = out_.event.targets;
        const auto known = options_.targets.find(name);
        if (known == options_.targets.end() && !options_.targets.empty()) {
            note("unknown_target", "/eiTarget", name, "left out");
            return false;
        }
        const std::vector<std::string> ids = options_.targets.empty() ? std::vector<std::string>{name} : known->second;
        for (const std::string& id : ids) {
            if (std::find(targets.begin(), targets.end(), id) == targets.end()) targets.push_back(id);
        }
        return true;
    }

    void note_ramps() {
        const Properties& properties = native_.eiActivePeriod.properties;
        const auto say = [this](const std::optional<DurationProp>& span, const char* name) {
            if (!span || span->duration.us == 0) return;
            note("ramp", std::string("/eiActivePeriod/properties/") + name, wire::to_text(span->duration),
                 "not carried out");
        };
        say(properties.x_eiRampUp, "x-eiRampUp");
        say(properties.x_eiRecovery, "x-eiRecovery");
    }

    void plan_signals() {
        const auto& signals = native_.eiEventSignals.eiEventSignal;
        bool supported = false;
        for (std::size_t i = 0; i < signals.size(); ++i) {
            plans_.push_back(plan(signals[i], i));
            supported = supported || plans_.back().is_supported;
        }
        if (!supported) {
            out_.code = Code::signal_not_supported;
            out_.description = "no signal of the event is of a name, type and unit that is supported";
            return;
        }
        const bool power = std::any_of(plans_.begin(), plans_.end(), [](const SignalPlan& p) { return p.has_power; });
        for (std::size_t i = 0; power && i < plans_.size(); ++i) {
            if (!plans_[i].is_simple) continue;
            note("simple_superseded", signal_path(i), "SIMPLE", "a signal beside it says how much");  // rule 106
            plans_[i].stretches.clear();
        }
    }

    SignalPlan plan(const EiEventSignal& native, std::size_t index) {
        SignalPlan plan;
        plan.is_simple = native.signalName == "SIMPLE" || native.signalName == "simple";
        if (native.eiTarget && !native.eiTarget->endDeviceAsset.empty()) {
            note("device_class", signal_path(index) + "/eiTarget", native.eiTarget->endDeviceAsset.front().mrid,
                 "the signal holds for every device of the event's target");
        }
        Us cursor = native_.eiActivePeriod.properties.dtstart.date_time.us;
        bool noted = false;
        for (const Interval& interval : native.intervals.interval) {
            if (cursor == never) break;
            const Us length = interval.duration ? length_of(interval.duration->duration.us) : never;
            Stretch stretch{cursor, plus(cursor, length), interval.uid ? std::string(interval.uid->text) : "", {}};
            cursor = stretch.end_us;
            const bool has_value = !interval.signalPayload.empty() && interval.signalPayload.front().payloadFloat;
            const double value = has_value ? interval.signalPayload.front().payloadFloat->value : 0;
            const std::optional<Signal> signal = has_value ? acted_on(native, value, options_) : std::nullopt;
            stretch.signal = signal ? *signal : opaque(native, value);
            if (!signal && !noted) {
                note("unsupported_signal", signal_path(index), stretch.signal.native,
                     "kept and reported, not acted on");
                noted = true;
            }
            plan.is_supported = plan.is_supported || signal;
            const SignalKind kind = stretch.signal.kind;
            plan.has_power = plan.has_power || kind == SignalKind::setpoint || kind == SignalKind::delta ||
                             kind == SignalKind::scale;
            plan.stretches.push_back(std::move(stretch));
        }
        if (native.signalName == "LOAD_DISPATCH" && native.signalType == "multiplier") {
            note("multiplier", signal_path(index), "multiplier", "taken as a part of what the target can draw at most");
        }
        return plan;
    }

    static Signal opaque(const EiEventSignal& native, double value) {
        Signal signal;
        signal.kind = SignalKind::opaque;
        signal.native = native.signalName + "/" + native.signalType + " " + std::to_string(value);
        return signal;
    }

    // An interval for each stretch of time in which no signal changes, cut to the active period.
    void merge() {
        const Us start = native_.eiActivePeriod.properties.dtstart.date_time.us;
        const Us end = plus(start, length_of(native_.eiActivePeriod.properties.duration.duration.us));
        std::set<Us> cuts;
        for (const SignalPlan& plan : plans_) {
            for (const Stretch& stretch : plan.stretches) {
                cuts.insert(stretch.start_us);
                cuts.insert(std::min(stretch.end_us, end));
                if (stretch.end_us > end && stretch.end_us != never && !std::exchange(cut_, true)) {
                    note("beyond_active_period", "/eiActivePeriod", "", "ends with the active period");  // rule 8
                }
            }
        }
        std::set<std::string> ids;
        for (auto at = cuts.begin(); at != cuts.end() && std::next(at) != cuts.end(); ++at) {
            if (*at >= end || out_.event.intervals.size() >= options_.max_intervals) break;
            append(*at, *std::next(at), ids);
        }
        out_.event.priority.priority_class = class_of(out_.event);
        if (out_.event.intervals.empty()) {
            out_.code = Code::invalid_data;
            out_.description = "the event has no interval in its active period";
        }
    }

    void append(Us start, Us end, std::set<std::string>& ids) {
        model::Interval interval;
        interval.start_us = start;
        interval.end_us = end;
        for (const SignalPlan& plan : plans_) {
            for (const Stretch& stretch : plan.stretches) {
                if (stretch.start_us > start || stretch.end_us <= start) continue;
                interval.signals.push_back(stretch.signal);
                if (interval.native_id.empty()) interval.native_id = stretch.uid;
            }
        }
        if (interval.signals.empty()) return;
        const std::string uid = interval.native_id;
        for (int part = 1; !ids.insert(interval.native_id).second; ++part) {
            interval.native_id = uid + "." + std::to_string(part);
        }
        out_.event.intervals.push_back(std::move(interval));
    }

    static model::PriorityClass class_of(const GridEvent& event) {
        for (const model::Interval& interval : event.intervals) {
            for (const Signal& signal : interval.signals) {
                if (signal.kind != SignalKind::price && signal.kind != SignalKind::opaque)
                    return model::PriorityClass::contract;
            }
        }
        return model::PriorityClass::price;
    }

    const EiEvent& native_;
    const TranslateOptions& options_;
    Translation out_;
    std::vector<SignalPlan> plans_;
    bool cut_ = false;
};

}  // namespace

std::string grid_event_id(const TranslateOptions& options, std::string_view event_id) {
    return options.source + ':' + std::string(event_id);
}

Translation to_model(const OadrEvent& event, const TranslateOptions& options) {
    return Translator(event, options).run(event.oadrResponseRequired != "never");
}

Us start_after(const EiEvent& event) {
    const std::optional<Tolerance>& tolerance = event.eiActivePeriod.properties.tolerance;
    if (!tolerance || !tolerance->tolerate.startafter) return 0;
    const Us span = tolerance->tolerate.startafter->us;
    return span == wire::Duration::endless ? 0 : std::max<Us>(span, 0);
}

Us end_of(const EiEvent& event) {
    const Properties& properties = event.eiActivePeriod.properties;
    return plus(plus(properties.dtstart.date_time.us, length_of(properties.duration.duration.us)), start_after(event));
}

bool is_test(const EiEvent& event) {
    const std::optional<Words>& test = event.eventDescriptor.testEvent;
    return test && !test->empty() && *test != "false";
}

}  // namespace busbar::openadr::v2b
