#include "protocols/openadr/v3/translate.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "protocols/wire/json.hpp"

namespace busbar::openadr::v3 {

using model::GridEvent;
using model::LossNote;
using model::never;
using model::Signal;
using model::SignalKind;
using model::Us;

namespace {

using wire::DateTime;
using wire::Duration;

// One interval of an event in absolute time.
struct Span {
    Us start_us = 0;
    Us end_us = 0;          // `never` = open
    std::size_t index = 0;  // into the event's intervals
    std::uint32_t round = 0;
};

Us plus(Us start, Us span) {
    if (span >= never - std::max<Us>(start, 0)) return never;
    return start + span;
}

std::optional<Us> start_of(const std::optional<IntervalPeriod>& period) {
    if (!period || !period->start || period->start->us == DateTime::now_sentinel) return std::nullopt;
    return period->start->us;
}

std::optional<Us> duration_of(const std::optional<IntervalPeriod>& period) {
    if (!period || !period->duration) return std::nullopt;
    if (period->duration->us == Duration::endless) return never;
    return std::max<Us>(period->duration->us, 0);
}

std::string interval_path(std::size_t index) {
    return "/intervals/" + std::to_string(index);
}

// OA3-51, OA3-52: where each interval lies, in the order of the list.
std::vector<Span> spans_as_written(const EventRequest& event, Us now, std::vector<LossNote>& losses) {
    std::vector<Span> spans;
    if (!event.intervals) return spans;
    const Us event_start = start_of(event.intervalPeriod).value_or(now);
    const Us event_duration = duration_of(event.intervalPeriod).value_or(0);
    Us cursor = event_start;
    for (std::size_t i = 0; i < event.intervals->size(); ++i) {
        const std::optional<IntervalPeriod>& own = (*event.intervals)[i].intervalPeriod;
        const std::optional<Us> start = start_of(own);
        const Us duration = duration_of(own).value_or(event_duration);
        if (!start && cursor == never) {
            losses.push_back({"unreachable", interval_path(i), "", "left out: the interval before it has no end"});
            continue;
        }
        Span span{start.value_or(cursor), 0, i, 0};
        span.end_us = plus(span.start_us, duration);
        cursor = span.end_us;
        if (duration == 0) {
            losses.push_back({"no_duration", interval_path(i), "PT0S", "left out: it lasts no time"});
            continue;
        }
        if (own && own->randomizeStart && i > 0) {
            losses.push_back({"randomised_interval", interval_path(i) + "/intervalPeriod/randomizeStart", "",
                              "its start moves with the event's only"});
        }
        spans.push_back(span);
    }
    return spans;
}

// Ascending, without overlap: where two intervals overlap, the later start ends the earlier interval.
void disentangle(std::vector<Span>& spans, std::vector<LossNote>& losses) {
    std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) { return a.start_us < b.start_us; });
    std::vector<Span> apart;
    for (const Span& span : spans) {
        if (!apart.empty() && apart.back().end_us > span.start_us) {
            losses.push_back({"overlap", interval_path(apart.back().index), "",
                              "ends where " + interval_path(span.index) + " starts"});
            apart.back().end_us = span.start_us;
            if (apart.back().end_us == apart.back().start_us) apart.pop_back();
        }
        apart.push_back(span);
    }
    spans = std::move(apart);
}

// OA3-58: the list is cut at event.duration, or repeated until then.
void cut_or_repeat(const EventRequest& event, std::vector<Span>& spans, const TranslateOptions& options,
                   std::vector<LossNote>& losses) {
    if (!event.duration || event.duration->us <= 0 || spans.empty()) return;
    const Us start = spans.front().start_us;
    const Us limit = event.duration->us == Duration::endless ? never : plus(start, event.duration->us);
    const Us round_end = spans.back().end_us;
    const std::vector<Span> first = spans;
    for (std::uint32_t round = 1; round_end != never && plus(start, (round_end - start) * round) < limit; ++round) {
        if (spans.size() + first.size() > options.max_intervals) {
            losses.push_back({"repetition_cut", "/duration", wire::to_text(*event.duration),
                              "repeated " + std::to_string(round) + " times"});
            break;
        }
        const Us shift = (round_end - start) * round;
        for (Span span : first) {
            span.start_us += shift;
            span.end_us += shift;
            span.round = round;
            spans.push_back(span);
        }
    }
    std::erase_if(spans, [limit](const Span& span) { return span.start_us >= limit; });
    for (Span& span : spans) span.end_us = std::min(span.end_us, limit);
}

std::vector<Span> spans_of(const EventKeep& keep, const TranslateOptions& options, std::vector<LossNote>& losses) {
    std::vector<Span> spans = spans_as_written(keep.event, keep.received_us, losses);
    disentangle(spans, losses);
    cut_or_repeat(keep.event, spans, options, losses);
    return spans;
}

// ---- payloads ------------------------------------------------------------------------------------------------------

struct Unit {
    std::string units;     // "" = not stated
    std::string currency;  // "" = not stated
};

Unit unit_of(std::string_view payload_type, const EventRequest& event, const Program* program) {
    for (const PayloadDescriptors* list :
         {&event.payloadDescriptors, program ? &program->payloadDescriptors : nullptr}) {
        if (!list || !*list) continue;
        for (const PayloadDescriptor& descriptor : **list) {
            if (descriptor.payloadType != payload_type || descriptor.readingType) continue;
            return {descriptor.units.value_or(Name{}), descriptor.currency.value_or(Text<128>{})};
        }
    }
    return {};
}

std::string as_text(const AnyValue& value) {
    if (const auto text = value.string()) return std::string(*text);
    if (const auto number = value.number()) {
        std::string out;
        wire::append_json_number(out, *number);
        return out;
    }
    if (const auto* flag = std::get_if<bool>(&value.value)) return *flag ? "true" : "false";
    if (const auto* raw = std::get_if<wire::RawJson>(&value.value)) return raw->text;
    return "null";
}

// A number scaled to whole units, within what the model can carry.
std::int64_t scaled(double number, double scale) {
    const double limit = static_cast<double>(model::unlimited_mw);
    return std::llround(std::clamp(number * scale, -limit, limit));
}

// mW in one of the unit; nothing for a unit that is no power.
std::optional<double> power_scale(const std::string& units) {
    if (units.empty() || units == "KW") return 1e6;
    if (units == "W") return 1e3;
    if (units == "MW") return 1e9;
    return std::nullopt;
}

struct Context {
    const EventRequest& event;
    const Program* program;
    const TranslateOptions& options;
    std::string path;  // of the value
    std::vector<LossNote>& losses;

    void note(std::string code, std::string native, std::string kept) const {
        losses.push_back({std::move(code), path, std::move(native), std::move(kept)});
    }
};

Signal opaque(const ValuesMap& payload, const Context& context, std::string code) {
    Signal signal;
    signal.kind = SignalKind::opaque;
    signal.native = payload.type;
    for (const AnyValue& value : payload.values) {
        if (signal.native.size() > 500) break;
        signal.native += ' ' + as_text(value);
    }
    context.note(std::move(code), signal.native, "kept and reported, not acted on");
    return signal;
}

std::optional<Signal> power_signal(SignalKind kind, double number, const Unit& unit, const Context& context) {
    Signal signal;
    signal.kind = kind;
    if (unit.units == "PERCENT" && kind == SignalKind::setpoint) {
        signal.kind = SignalKind::scale;
        signal.ratio_ppm = scaled(number, 1e6);
        return signal;
    }
    const std::optional<double> scale = power_scale(unit.units);
    if (!scale) return std::nullopt;
    const bool limit = kind == SignalKind::import_limit || kind == SignalKind::export_limit;
    if (limit && number < 0) {
        context.note("below_minimum", as_text(AnyValue{number}), "taken as 0, the strictest limit there is");
        number = 0;
    } else if (number < 0) {
        context.note("below_minimum", as_text(AnyValue{number}), "taken as it is: negative = net export or less load");
    }
    if (limit) {  // a limit is never loosened by rounding
        signal.power_mw =
            static_cast<std::int64_t>(std::floor(std::min(number * *scale, static_cast<double>(model::unlimited_mw))));
        return signal;
    }
    signal.power_mw = scaled(number, *scale);
    if (kind == SignalKind::delta && context.options.relative_is_reduction) signal.power_mw = -signal.power_mw;
    return signal;
}

std::optional<Signal> charge_signal(double number, const Unit& unit, const Context& context) {
    Signal signal;
    signal.kind = SignalKind::charge_state;
    if (unit.units == "KWH") {
        signal.value = scaled(number, 1e3);
        return signal;
    }
    if (!unit.units.empty() && unit.units != "PERCENT") return std::nullopt;
    if (number > 1 && number <= 100) {
        context.note("percent", as_text(AnyValue{number}), "taken as hundredths: PERCENT is a ratio of 0 to 1");
        number /= 100;
    }
    signal.ratio_ppm = scaled(number, 1e6);
    return signal;
}

std::optional<Signal> price_signal(double number, const Unit& unit) {
    if (!unit.units.empty() && unit.units != "KWH") return std::nullopt;
    Signal signal;
    signal.kind = SignalKind::price;
    signal.price_micro = scaled(number, 1e6);
    signal.native = unit.currency;
    return signal;
}

std::optional<Signal> numeric_signal(std::string_view type, double number, const Context& context) {
    const Unit unit = unit_of(type, context.event, context.program);
    if (type == "DISPATCH_SETPOINT") return power_signal(SignalKind::setpoint, number, unit, context);
    if (type == "DISPATCH_SETPOINT_RELATIVE") return power_signal(SignalKind::delta, number, unit, context);
    if (type == "IMPORT_CAPACITY_LIMIT") return power_signal(SignalKind::import_limit, number, unit, context);
    if (type == "EXPORT_CAPACITY_LIMIT") return power_signal(SignalKind::export_limit, number, unit, context);
    if (type == "CHARGE_STATE_SETPOINT") return charge_signal(number, unit, context);
    if (type == "PRICE") return price_signal(number, unit);
    Signal signal;
    signal.value = scaled(number, 1);
    if (type == "SIMPLE") {
        signal.kind = SignalKind::level;
        return number >= 0 && number <= 3 && number == std::floor(number) ? std::optional(signal) : std::nullopt;
    }
    if (type == "GHG") {
        signal.kind = SignalKind::ghg;
        if (number != std::floor(number))
            context.note("rounded", as_text(AnyValue{number}), as_text(AnyValue{signal.value}));
        return signal;
    }
    return std::nullopt;
}

// Types whose several values follow one another in time; of all others a list is one value.
bool splits(std::string_view type) {
    static const std::set<std::string_view> types{"SIMPLE",
                                                  "PRICE",
                                                  "CHARGE_STATE_SETPOINT",
                                                  "DISPATCH_SETPOINT",
                                                  "DISPATCH_SETPOINT_RELATIVE",
                                                  "GHG",
                                                  "IMPORT_CAPACITY_LIMIT",
                                                  "EXPORT_CAPACITY_LIMIT"};
    return types.contains(type);
}

Signal signal_of(const ValuesMap& payload, std::size_t value_index, const Context& context) {
    if (!splits(payload.type)) return opaque(payload, context, "unsupported_signal");
    const std::optional<double> number = payload.values[value_index].number();
    if (!number) return opaque(payload, context, "not_a_number");
    const std::optional<Signal> signal = numeric_signal(payload.type, *number, context);
    return signal ? *signal : opaque(payload, context, "unsupported_value_or_unit");
}

// OA3-56: where the interval is cut, start included, end not.
std::vector<Us> cuts_of(const Span& span, const Interval& interval, std::vector<LossNote>& losses) {
    std::set<Us> cuts{span.start_us};
    for (std::size_t p = 0; p < interval.payloads.size(); ++p) {
        const ValuesMap& payload = interval.payloads[p];
        const std::size_t n = payload.values.size();
        if (n < 2 || !splits(payload.type)) continue;
        if (span.end_us == never) {
            losses.push_back({"open_interval", interval_path(span.index) + "/payloads/" + std::to_string(p) + "/values",
                              std::to_string(n) + " values", "only the first holds: the interval has no end"});
            continue;
        }
        const model::Wide length = span.end_us - span.start_us;
        for (std::size_t k = 1; k < n; ++k) {
            cuts.insert(span.start_us +
                        static_cast<Us>(length * static_cast<model::Wide>(k) / static_cast<model::Wide>(n)));
        }
    }
    return {cuts.begin(), cuts.end()};
}

// Which of the payload's n values holds at `at`.
std::size_t value_at(const Span& span, std::size_t n, Us at) {
    if (n < 2 || span.end_us == never) return 0;
    const model::Wide length = span.end_us - span.start_us;
    for (std::size_t k = n - 1; k > 0; --k) {
        if (at >= span.start_us + static_cast<Us>(length * static_cast<model::Wide>(k) / static_cast<model::Wide>(n)))
            return k;
    }
    return 0;
}

void append_intervals(const Span& span, const Context& context, GridEvent& out) {
    const Interval& interval = (*context.event.intervals)[span.index];
    const std::vector<Us> cuts = cuts_of(span, interval, out.losses);
    for (std::size_t c = 0; c < cuts.size() && out.intervals.size() < context.options.max_intervals; ++c) {
        model::Interval part;
        part.start_us = cuts[c];
        part.end_us = c + 1 < cuts.size() ? cuts[c + 1] : span.end_us;
        part.native_id = IntervalKey{interval.id, static_cast<std::uint32_t>(c), cuts.size() > 1, span.round}.text();
        for (std::size_t p = 0; p < interval.payloads.size(); ++p) {
            const ValuesMap& payload = interval.payloads[p];
            if (payload.values.empty()) continue;
            const std::size_t v = value_at(span, splits(payload.type) ? payload.values.size() : 1, part.start_us);
            Context at{context.event, context.program, context.options,
                       interval_path(span.index) + "/payloads/" + std::to_string(p) + "/values/" + std::to_string(v),
                       out.losses};
            part.signals.push_back(signal_of(payload, v, at));
        }
        out.intervals.push_back(std::move(part));
    }
}

model::PriorityClass class_of(const GridEvent& event) {
    using model::PriorityClass;
    PriorityClass strongest = PriorityClass::price;
    for (const model::Interval& interval : event.intervals) {
        for (const Signal& signal : interval.signals) {
            PriorityClass own = PriorityClass::contract;
            if (signal.kind == SignalKind::import_limit || signal.kind == SignalKind::export_limit) {
                own = PriorityClass::operating_envelope;
            } else if (signal.kind == SignalKind::price || signal.kind == SignalKind::ghg) {
                own = PriorityClass::price;
            } else if (signal.kind == SignalKind::opaque) {
                own =
                    signal.native.starts_with("ALERT_GRID_EMERGENCY") ? PriorityClass::emergency : PriorityClass::price;
            }
            strongest = std::min(strongest, own);
        }
    }
    return strongest;
}

model::Randomise randomise_of(const EventRequest& event) {
    std::optional<Duration> span;
    if (event.intervalPeriod) span = event.intervalPeriod->randomizeStart;
    if (!span && event.intervals && !event.intervals->empty() && event.intervals->front().intervalPeriod) {
        span = event.intervals->front().intervalPeriod->randomizeStart;
    }
    if (!span || span->us == Duration::endless) return {};
    const Us width = span->us < 0 ? -span->us : span->us;
    return {-width, width};  // OA3-57: either way
}

std::vector<std::string> targets_of(const EventRequest& event, const TranslateOptions& options) {
    std::vector<std::string> targets;
    if (!event.targets) return targets;
    for (const Name& name : *event.targets) {
        const auto known = options.targets.find(name);
        const std::vector<std::string> ids =
            known == options.targets.end() ? std::vector<std::string>{name} : known->second;
        for (const std::string& id : ids) {
            if (std::find(targets.begin(), targets.end(), id) == targets.end()) targets.push_back(id);
        }
    }
    return targets;
}

}  // namespace

std::string IntervalKey::text() const {
    std::string out = std::to_string(id);
    if (has_part) out += '.' + std::to_string(part);
    if (round > 0) out += '#' + std::to_string(round);
    return out;
}

std::optional<IntervalKey> IntervalKey::parse(std::string_view text) {
    IntervalKey key;
    const char* end = text.data() + text.size();
    auto [at, error] = std::from_chars(text.data(), end, key.id);
    if (error != std::errc{}) return std::nullopt;
    if (at != end && *at == '.') {
        key.has_part = true;
        const auto part = std::from_chars(at + 1, end, key.part);
        if (part.ec != std::errc{}) return std::nullopt;
        at = part.ptr;
    }
    if (at != end && *at == '#') {
        const auto round = std::from_chars(at + 1, end, key.round);
        if (round.ec != std::errc{}) return std::nullopt;
        at = round.ptr;
    }
    return at == end ? std::optional(key) : std::nullopt;
}

std::string grid_event_id(const TranslateOptions& options, std::string_view event_id) {
    return options.source + ':' + std::string(event_id);
}

bool is_cancellation(const EventRequest& event) {
    const std::optional<IntervalPeriod>& period = event.intervalPeriod;
    if (!period || !period->start || period->start->us != DateTime::now_sentinel) return false;
    if (duration_of(period).value_or(0) != 0) return false;
    if (!event.intervals) return true;
    return std::all_of(event.intervals->begin(), event.intervals->end(),
                       [](const Interval& interval) { return duration_of(interval.intervalPeriod).value_or(0) == 0; });
}

model::GridEvent to_model(const EventKeep& keep, const Program* program, const TranslateOptions& options) {
    const Event& event = keep.event;
    GridEvent out;
    out.id = grid_event_id(options, event.id);
    out.source = options.source;
    out.native_id = event.id;
    out.revision = keep.revision;
    out.program = program ? std::string(program->programName) : std::string(event.programID);
    out.name = event.eventName.value_or(Text<1024>{});
    out.created_us = event.createdDateTime.us;
    out.modified_us = event.modificationDateTime.us;
    out.targets = targets_of(event, options);
    out.randomise = randomise_of(event);
    if (event.priority) out.priority.rank = static_cast<std::uint32_t>(*event.priority);
    const Context context{event, program, options, "", out.losses};
    for (const Span& span : spans_of(keep, options, out.losses)) {
        if (out.intervals.size() >= options.max_intervals) {
            out.losses.push_back({"too_many_intervals", interval_path(span.index), "",
                                  "left out, as all that follow: at most " + std::to_string(options.max_intervals)});
            break;
        }
        append_intervals(span, context, out);
    }
    out.priority.priority_class = class_of(out);
    return out;
}

model::Us end_of(const EventKeep& keep, const TranslateOptions& options) {
    std::vector<LossNote> losses;
    const std::vector<Span> spans = spans_of(keep, options, losses);
    if (!spans.empty()) return spans.back().end_us;
    const std::optional<IntervalPeriod>& period = keep.event.intervalPeriod;
    if (!period || !period->duration) return never;
    return plus(start_of(period).value_or(keep.received_us), duration_of(period).value_or(0));
}

}  // namespace busbar::openadr::v3
