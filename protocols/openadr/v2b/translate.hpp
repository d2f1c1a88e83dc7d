// OpenADR 2.0b events into the common model: a pure function.
//
// An event has one active period and any number of signals, each a list of intervals that follow one another from
// dtstart on. Where the signals change at different times the grid event gets an interval for each stretch in which
// none does.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dispatch/model/event.hpp"
#include "protocols/openadr/v2b/codes.hpp"
#include "protocols/openadr/v2b/event_records.hpp"

namespace busbar::openadr::v2b {

struct TranslateOptions {
    std::string source = "ven:upstream";       // GridEvent::source, and the first part of its id
    std::string ven_id;                        // our own, as assigned by the VTN
    std::vector<std::string> market_contexts;  // accepted; empty = any
    // What a groupID, groupName, resourceID … of a target is called here. If the map is empty every name goes on as it
    // is; otherwise names that are not in it are unknown, and an event with unknown names only is for somebody else
    // (462).
    std::map<std::string, std::vector<std::string>> targets;
    std::vector<std::string> everything;  // what the whole VEN is; empty = all there is
    bool delta_is_reduction = false;      // LOAD_DISPATCH delta: false: + = consume more
    std::size_t max_intervals = 1000;
};

struct Translation {
    Code code = Code::ok;     // other than ok: the event is refused, and `event` is of no use
    std::string description;  // of the code, for people
    model::GridEvent event;   // without revision, created_us and modified_us
};

std::string grid_event_id(const TranslateOptions& options, std::string_view event_id);

Translation to_model(const OadrEvent& event, const TranslateOptions& options);

// dtstart + duration + startafter: after it the event is over whatever was drawn; model::never if open-ended (rule 47).
model::Us end_of(const EiEvent& event);
// How long the start may be put off (rule 30).
model::Us start_after(const EiEvent& event);
bool is_test(const EiEvent& event);  // rule 6

}  // namespace busbar::openadr::v2b
