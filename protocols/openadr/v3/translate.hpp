// OpenADR 3 events into the common model, and deliveries back into OpenADR 3 reports: two pure functions and what they
// share.
//
// What an event means in time: event.intervalPeriod is the default of every interval, an interval's own intervalPeriod
// wins member by member (OA3-51); a start that is absent or 0001-01-01 means the event's start (or now) for the first
// interval and the end of the one before for all others (OA3-52); P9999Y has no end (OA3-55); n values in one payload
// cut their interval into n equal parts (OA3-56); event.duration cuts or repeats the list (OA3-58).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/model/event.hpp"
#include "dispatch/model/report.hpp"
#include "protocols/openadr/v3/records.hpp"

namespace busbar::openadr::v3 {

struct TranslateOptions {
    std::string source = "vtn";  // GridEvent::source, and the first part of its id
    // What a target of an event (a ven's or resource's name, a group that only the utility knows) is called here; a
    // target that is not named goes on as it is.
    std::map<std::string, std::vector<std::string>> targets;
    std::size_t max_intervals = 1000;  // of one grid event, after splitting and repeating; more are cut off with a note
    // The schema allows DISPATCH_SETPOINT_RELATIVE no negative values and does not say which way they point. false: a
    // change of consumption, + = consume more; true: a reduction.
    bool relative_is_reduction = false;
};

// An interval of a grid event names where it comes from: interval id, part of it (multi-value payloads) and repetition
// (event.duration). Text: "7", "7.2" (third part), "7#1" (second round), "7.2#1".
struct IntervalKey {
    std::int32_t id = 0;
    std::uint32_t part = 0;
    bool has_part = false;
    std::uint32_t round = 0;

    std::string text() const;
    static std::optional<IntervalKey> parse(std::string_view text);
};

// The grid event's id: "<source>:<event id>".
std::string grid_event_id(const TranslateOptions& options, std::string_view event_id);

// `program`: of the event, nullptr if unknown; its payloadDescriptors give units where the event's do not. The result
// has no intervals if nothing in the event is to be done (a request for a report only, or a cancelled event).
model::GridEvent to_model(const EventKeep& keep, const Program* program, const TranslateOptions& options);

// OA3-60: start "now" with duration 0 and no interval that says otherwise.
bool is_cancellation(const EventRequest& event);

// When the event is over: `never` if it has no end, or no intervals and no intervalPeriod.
model::Us end_of(const EventKeep& keep, const TranslateOptions& options);

struct ReportOptions {
    std::string client_name = "busbar";
    // Whether reports carry payloadDescriptors. They are left out where the event's own reportDescriptors state the
    // units, since then there is nothing to add.
    bool describe_payloads = true;
    bool relative_is_reduction = false;  // as in TranslateOptions
};

// The report on `keep.event`: one resource AGGREGATED_REPORT, one interval for each of the event's that has begun, in
// the units KWH and KW. Always USAGE, OPERATING_STATE and DATA_QUALITY; DEMAND and SETPOINT where the event asks for
// them. USAGE and DEMAND know no negative numbers: net export is in EXPORT_USAGE and EXPORT_DEMAND (private types),
// which then stand in every interval. The private type REPORT_FINAL says whether a number may still change.
ReportRequest to_report(const EventKeep& keep, const model::EventReport& report, const ReportOptions& options);

}  // namespace busbar::openadr::v3
