// What the tests of the VEN share: a VEN and the small VTN, joined in memory.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "protocols/openadr/v2b/ven.hpp"
#include "protocols/openadr/v2b/vtn.hpp"

namespace busbar::openadr::v2b {

using model::second_us;
using model::Us;

inline constexpr Us noon = 1'760'000'400'000'000;  // 2025-10-09T09:00:00Z

class VenTest : public testing::Test {
  protected:
    static VenPolicy policy() {
        VenPolicy policy;
        policy.ven_name = "site";
        return policy;
    }
    void use(VenPolicy policy) { ven = Ven(std::move(policy), 7); }

    Ven ven{policy(), 7};
    Vtn vtn{VtnSettings{}};
    Us now = noon;
    model::Changes changes;                  // of the last exchange
    std::vector<model::Document> documents;  // of all
    std::vector<model::GridEvent> events;    // handed on, oldest first
    bool core_answers = true;                // optIn to every event at once

    void take() {
        documents.insert(documents.end(), changes.documents.begin(), changes.documents.end());
        std::vector<model::GridEvent> fresh;
        for (const model::Input& input : changes.inputs) {
            if (input.event) fresh.push_back(*input.event);
        }
        changes.inputs.clear();
        for (const model::GridEvent& event : fresh) {
            events.push_back(event);
            if (core_answers && !event.cancelled) say(event, model::OptState::in);
        }
    }
    void say(const model::GridEvent& event, model::OptState state) {
        model::Changes more;
        ven.opt(now, {event.id, event.revision, state, ""}, more);
        documents.insert(documents.end(), more.documents.begin(), more.documents.end());
    }
    // One exchange if one is due; the name of what was sent.
    std::optional<http::Request> exchange() {
        std::optional<http::Request> request = ven.next(now);
        if (!request) return request;
        changes = {};
        ven.receive(now, vtn.handle(now, *request), changes);
        take();
        return request;
    }
    void settle(int most = 40) {
        while (most-- > 0 && exchange()) {
        }
    }
    void run_until(Us end) {
        while (now < end) {
            changes = {};
            ven.tick(now, changes);
            take();
            settle();
            now = std::max(now + 1, std::min(ven.next_due(), end));
        }
        changes = {};
        ven.tick(now, changes);
        take();
        settle();
    }
    EventPlan plan(std::string id = "e1") {
        EventPlan plan;
        plan.id = std::move(id);
        plan.start_us = now + 60 * second_us;
        plan.intervals = {{20 * second_us, 10}, {20 * second_us, 20}, {20 * second_us, -5}};
        return plan;
    }
    void post(const EventPlan& plan) { vtn.put_event(to_event(plan, now)); }
    void poll_now() {
        now += 12 * second_us;
        settle();
    }
    bool noticed(std::string_view code) const {
        return std::any_of(changes.notices.begin(), changes.notices.end(),
                           [&](const model::Notice& notice) { return notice.code == code; });
    }
    int count(std::string_view payload) const {
        return static_cast<int>(std::count(vtn.log().begin(), vtn.log().end(), payload));
    }
    // The VEN is asked by poll; what it sends in turn is in vtn.log().
    void push(Payload payload) {
        vtn.push(std::move(payload));
        poll_now();
    }
};

}  // namespace busbar::openadr::v2b
