#include "tests/sim/world.hpp"

#include <algorithm>
#include <utility>

namespace busbar::sim {

void World::wake(Actor& actor, Us at) {
    if (at == model::never) return;
    at = std::max(at, now_);
    if (at >= actor.due_) return;
    actor.due_ = at;
    heap_.push({at, order_++, &actor, 0});
}

void World::at(Us when, std::function<void()> happens) {
    if (when == model::never) return;
    std::uint32_t place = 0;
    if (free_.empty()) {
        place = static_cast<std::uint32_t>(happenings_.size());
        happenings_.push_back(std::move(happens));
    } else {
        place = free_.back();
        free_.pop_back();
        happenings_[place] = std::move(happens);
    }
    heap_.push({std::max(when, now_), order_++, nullptr, place});
}

void World::run(Us until) {
    while (!heap_.empty() && heap_.top().at <= until) {
        const Item item = heap_.top();
        heap_.pop();
        if (item.actor && item.actor->due_ != item.at) continue;  // it was woken earlier and asked for another time
        now_ = item.at;
        if (item.actor) {
            item.actor->due_ = model::never;
            item.actor->wake(now_);
        } else {
            const std::function<void()> happens = std::move(happenings_[item.place]);
            free_.push_back(item.place);
            happens();
        }
    }
    now_ = std::max(now_, until);
}

}  // namespace busbar::sim
