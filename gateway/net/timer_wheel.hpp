// One coarse clock for all deadlines of an I/O thread. A timer per socket operation costs more than the operation
// itself; here a deadline is a node in a list, setting it is two pointer writes, and pushing it later (which is what
// happens with each message that arrives) is one store: the node is moved when its slot comes by. Deadlines are met
// late by up to one tick, never early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace busbar::net {

class TimerWheel;

// A deadline; its owner derives from it. Destroying it disarms it.
class Timer {
  public:
    Timer() = default;
    Timer(const Timer&) = delete;
    Timer& operator=(const Timer&) = delete;
    virtual ~Timer() { unlink(); }
    virtual void on_timer(std::int64_t now_us) = 0;

    bool armed() const { return next_ != nullptr; }
    std::int64_t due_us() const { return due_us_; }
    void disarm() { unlink(); }

  private:
    friend class TimerWheel;
    void unlink();

    Timer* previous_ = nullptr;
    Timer* next_ = nullptr;
    std::int64_t due_us_ = 0;
    std::int64_t linked_tick_ = 0;  // the tick whose slot it stands in, never later than its due tick
};

class TimerWheel {
  public:
    // `slots` ticks are one turn; a deadline further away than a turn is looked at once a turn.
    TimerWheel(std::int64_t tick_us, std::size_t slots, std::int64_t now_us);
    ~TimerWheel();
    TimerWheel(const TimerWheel&) = delete;
    TimerWheel& operator=(const TimerWheel&) = delete;

    void arm(Timer& timer, std::int64_t due_us);  // again: moves it

    // Moves the clock to `now_us` and calls on_timer() of everything that is due. on_timer() may arm, disarm and
    // destroy any timer, its own included.
    void advance(std::int64_t now_us);

    std::int64_t tick_us() const { return tick_us_; }

  private:
    struct Head final : Timer {
        Head();
        void on_timer(std::int64_t) override {}
    };
    void link(Timer& timer, std::int64_t tick);
    static void append(Head& head, Timer& timer);
    void sort_slot(std::int64_t tick, std::int64_t now_us, Head& due);
    std::int64_t due_tick(std::int64_t due_us) const;

    std::int64_t tick_us_;
    std::int64_t tick_;  // the last one looked at
    std::vector<Head> heads_;
};

}  // namespace busbar::net
