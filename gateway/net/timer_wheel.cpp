// See timer_wheel.hpp: an array of circular lists, one for each tick of a turn.
#include "gateway/net/timer_wheel.hpp"

#include <algorithm>

namespace busbar::net {

void Timer::unlink() {
    if (next_ == nullptr) return;
    previous_->next_ = next_;
    next_->previous_ = previous_;
    previous_ = next_ = nullptr;
}

TimerWheel::Head::Head() {
    previous_ = next_ = this;
}

TimerWheel::TimerWheel(std::int64_t tick_us, std::size_t slots, std::int64_t now_us)
    : tick_us_(tick_us), tick_(now_us / tick_us), heads_(slots) {}

TimerWheel::~TimerWheel() {
    for (Head& head : heads_) {
        while (head.next_ != &head) head.next_->unlink();
    }
}

// The first tick at whose beginning the deadline has passed.
std::int64_t TimerWheel::due_tick(std::int64_t due_us) const {
    return std::max((due_us + tick_us_ - 1) / tick_us_, tick_ + 1);
}

void TimerWheel::arm(Timer& timer, std::int64_t due_us) {
    timer.due_us_ = due_us;
    const std::int64_t tick = due_tick(due_us);
    if (timer.armed() && timer.linked_tick_ > tick_ && timer.linked_tick_ <= tick) return;
    timer.unlink();
    link(timer, tick);
}

void TimerWheel::link(Timer& timer, std::int64_t tick) {
    Head& head = heads_[static_cast<std::size_t>(tick) % heads_.size()];
    timer.linked_tick_ = tick;
    append(head, timer);
}

void TimerWheel::append(Head& head, Timer& timer) {
    timer.previous_ = head.previous_;
    timer.next_ = &head;
    head.previous_->next_ = &timer;
    head.previous_ = &timer;
}

// Takes the slot's list apart: what is due goes to `due`, the rest to where it belongs by now.
void TimerWheel::sort_slot(std::int64_t tick, std::int64_t now_us, Head& due) {
    Head& head = heads_[static_cast<std::size_t>(tick) % heads_.size()];
    Head later;
    while (head.next_ != &head) {
        Timer& timer = *head.next_;
        timer.unlink();
        append(timer.due_us_ <= now_us ? due : later, timer);
    }
    while (later.next_ != &later) {
        Timer& timer = *later.next_;
        timer.unlink();
        link(timer, due_tick(timer.due_us_));
    }
}

void TimerWheel::advance(std::int64_t now_us) {
    const std::int64_t now_tick = now_us / tick_us_;
    if (now_tick <= tick_) return;
    const std::int64_t turn = static_cast<std::int64_t>(heads_.size());
    const std::int64_t first = std::max(tick_ + 1, now_tick - turn + 1);  // after a long pause: each slot once
    tick_ = now_tick;
    Head due;
    for (std::int64_t tick = first; tick <= now_tick; ++tick) sort_slot(tick, now_us, due);
    while (due.next_ != &due) {
        Timer& timer = *due.next_;
        timer.unlink();
        timer.on_timer(now_us);
    }
}

}  // namespace busbar::net
