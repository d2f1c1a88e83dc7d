// Virtual time: one heap of what will happen, in order of time and then of when it was said. Nothing else moves the
// clock.
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "dispatch/model/units.hpp"

namespace busbar::sim {

using model::Us;

// Something that acts by itself: it is woken when it asked to be.
class Actor {
  public:
    virtual ~Actor() = default;
    virtual void wake(Us now) = 0;

  private:
    friend class World;
    Us due_ = model::never;
};

class World {
  public:
    explicit World(Us begin) : now_(begin) {}

    Us now() const { return now_; }
    void wake(Actor& actor, Us at);                   // at the latest; an earlier appointment stays
    void at(Us when, std::function<void()> happens);  // no earlier than now
    void run(Us until);

  private:
    struct Item {
        Us at;
        std::uint64_t order;
        Actor* actor;         // or
        std::uint32_t place;  // of a happening
        bool operator>(const Item& other) const { return at != other.at ? at > other.at : order > other.order; }
    };
    Us now_;
    std::uint64_t order_ = 0;
    std::priority_queue<Item, std::vector<Item>, std::greater<>> heap_;
    std::vector<std::function<void()>> happenings_;
    std::vector<std::uint32_t> free_;
};

}  // namespace busbar::sim
