// When each of many places wants to be looked at again. A time that is changed leaves its old one behind in the heap,
// where it is passed over once it comes to the top: a change costs one push, and nothing is searched.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "dispatch/model/units.hpp"

namespace busbar::dispatch {

class DueList {
  public:
    void clear() {
        heap_.clear();
        due_us_.clear();
    }

    // `model::never` = not at all.
    void set(std::uint32_t place, model::Us due_us) {
        if (place >= due_us_.size()) due_us_.resize(place + 1, model::never);
        if (due_us_[place] == due_us) return;
        due_us_[place] = due_us;
        if (due_us == model::never) return;
        heap_.emplace_back(due_us, place);
        std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
        if (heap_.size() > 4 * due_us_.size() + 64) gather();
    }

    // `model::never` when nothing is due at any time.
    model::Us next() {
        while (!heap_.empty() && due_us_[heap_.front().second] != heap_.front().first) pop();
        return heap_.empty() ? model::never : heap_.front().first;
    }

    // The places that are due by `now_us`, ascending; they are due no more.
    std::vector<std::uint32_t> take(model::Us now_us) {
        std::vector<std::uint32_t> found;
        while (next() <= now_us && !heap_.empty()) {
            found.push_back(heap_.front().second);
            due_us_[found.back()] = model::never;
            pop();
        }
        std::sort(found.begin(), found.end());
        return found;
    }

  private:
    void pop() {
        std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
        heap_.pop_back();
    }
    void gather() {
        heap_.clear();
        for (std::uint32_t place = 0; place < due_us_.size(); ++place) {
            if (due_us_[place] != model::never) heap_.emplace_back(due_us_[place], place);
        }
        std::make_heap(heap_.begin(), heap_.end(), std::greater<>());
    }

    std::vector<model::Us> due_us_;                          // by place
    std::vector<std::pair<model::Us, std::uint32_t>> heap_;  // soonest first
};

}  // namespace busbar::dispatch
