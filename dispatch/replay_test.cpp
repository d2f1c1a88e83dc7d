// Restart and replay: a long random life, and the claim that nobody can tell whether the core was restarted in between.
#include <gtest/gtest.h>

#include <iterator>
#include <limits>
#include <map>
#include <random>

#include "dispatch/allocate/allocate.hpp"
#include "dispatch/core.hpp"
#include "dispatch/snapshot.hpp"

namespace busbar::dispatch {
namespace {

using model::MilliW;
using model::second_us;
using model::Us;

constexpr MilliW kw = 1'000'000;
constexpr Us t0 = 1'700'000'000 * second_us;

struct Timed {
    Us now;
    model::Input input;
};

bool same(const model::Outputs& left, const model::Outputs& right) {
    return left.commands == right.commands && left.reports == right.reports && left.opts == right.opts &&
           left.next_due_us == right.next_due_us;
}

// Draws inputs that a gateway could hand over, and many that a sound one would not.
class Life {
  public:
    explicit Life(std::uint64_t seed, bool wild = false) : random_(seed), wild_(wild) {}

    Timed next(const Core& core) {
        now_ += below(4) == 0 ? static_cast<Us>(below(3'000'000)) : static_cast<Us>(below(200'000));
        Timed timed{now_, {}};
        const auto dice = below(100);
        if (dice < 4)
            timed.input.node = node();
        else if (dice < 5)
            timed.input.node_gone = name("n", 6);
        else if (dice < 16)
            timed.input.resource = resource();
        else if (dice < 17)
            timed.input.resource_gone = name("r", 14);
        else if (dice < 22)
            timed.input.event = event();
        else if (dice < 23)
            timed.input.event_gone = name("e", 8);
        else if (dice < 60)
            timed.input.sample = sample();
        else if (dice < 80)
            timed.input.ack = ack(core);
        return timed;
    }

  private:
    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    std::string name(const char* prefix, std::uint64_t count) { return prefix + std::to_string(below(count)); }
    MilliW power() {
        if (wild_ && below(4) == 0) return extreme();
        return static_cast<MilliW>(below(44'000'000)) - 22 * kw;
    }
    std::int64_t extreme() {
        const std::int64_t most = std::numeric_limits<std::int64_t>::max();
        const std::int64_t all[] = {most,    -most, -most - 1, 0, 1, -1, model::unlimited_mw, -model::unlimited_mw,
                                    most / 2};
        return all[below(std::size(all))];
    }
    void make_wild(std::int64_t& value) {
        if (wild_ && below(6) == 0) value = extreme();
    }

    model::Node node() {
        model::Node made;
        made.id = below(8) == 0 ? model::root_id : name("n", 6);
        made.parent = below(3) == 0 ? "" : name("n", 6);
        if (below(3) == 0) made.import_limit_mw = static_cast<MilliW>(below(60'000'000));
        if (below(4) == 0) made.export_limit_mw = static_cast<MilliW>(below(30'000'000));
        make_wild(made.import_limit_mw);
        make_wild(made.export_limit_mw);
        return made;
    }
    model::Resource resource() {
        model::Resource made;
        made.id = name("r", 14);
        made.parent = below(4) == 0 ? "" : name("n", 7);
        made.kind = static_cast<model::ResourceKind>(below(7));
        made.capability.max_mw = static_cast<MilliW>(below(22'000'000));
        made.capability.min_mw = -static_cast<MilliW>(below(2) * below(10'000'000));
        if (below(2) == 0) made.capability.lowest_on_mw = static_cast<MilliW>(below(4'200'000));
        if (below(4) == 0) made.capability.step_mw = static_cast<MilliW>(below(700'000));
        if (below(5) == 0) made.capability.preferred_mw = power();
        made.connected = below(6) != 0;
        made.controllable = below(6) != 0;
        made.settles_us = static_cast<Us>(below(6'000'000));
        for (auto* each : {&made.capability.min_mw, &made.capability.max_mw, &made.capability.lowest_on_mw,
                           &made.capability.step_mw, &made.settles_us}) {
            make_wild(*each);
        }
        return made;
    }
    model::GridEvent event() {
        model::GridEvent made;
        made.id = name("e", 8);
        made.revision = below(6);
        made.created_us = made.modified_us = now_;
        made.priority.priority_class = static_cast<model::PriorityClass>(below(6));
        made.priority.rank = static_cast<std::uint32_t>(below(3));
        for (auto count = below(3); count-- > 0;) made.targets.push_back(below(3) == 0 ? name("r", 14) : name("n", 6));
        Us start = now_ + static_cast<Us>(below(40'000'000)) - 10 * second_us;
        for (auto count = 1 + below(4); count-- > 0;) {
            model::Interval interval;
            interval.start_us = start;
            interval.end_us = below(20) == 0 ? model::never : start + static_cast<Us>(below(30'000'000));
            make_wild(interval.start_us);
            make_wild(interval.end_us);
            start += static_cast<Us>(below(40'000'000));
            for (auto signals = 1 + below(2); signals-- > 0;) {
                model::Signal signal;
                signal.kind = static_cast<model::SignalKind>(below(10));
                signal.power_mw = power();
                signal.ratio_ppm = static_cast<model::Ppm>(below(1'200'000));
                signal.value = static_cast<std::int64_t>(below(5));
                make_wild(signal.ratio_ppm);
                make_wild(signal.value);
                interval.signals.push_back(signal);
            }
            made.intervals.push_back(interval);
        }
        if (below(4) == 0) made.randomise = {0, static_cast<Us>(below(10'000'000))};
        make_wild(made.randomise.low_us);
        make_wild(made.randomise.high_us);
        made.test = below(10) == 0;
        made.cancelled = below(8) == 0;
        return made;
    }
    model::Sample sample() {
        model::Sample made;
        made.resource = below(12) == 0 ? name("n", 6) : name("r", 15);
        made.measured_us = now_ - static_cast<Us>(below(3'000'000)) + (below(20) == 0 ? 60 * second_us : 0);
        made.received_us = now_;
        if (below(8) != 0) made.power_mw = power();
        if (below(3) == 0) made.import_mwh = (now_ - t0) / 100'000 + static_cast<MilliW>(below(1000));
        make_wild(made.measured_us);
        if (made.import_mwh) make_wild(*made.import_mwh);
        made.quality = static_cast<model::Quality>(below(40) == 0 ? 3 : 0);
        return made;
    }
    model::Ack ack(const Core& core) {
        const auto commands = core.commands();
        model::Ack made;
        made.state = static_cast<model::AckState>(below(3) == 0 ? below(10) : 1);
        made.at_us = now_;
        if (commands.empty() || below(10) == 0) {
            made.command = "c0000099999";
            made.resource = name("r", 15);
            return made;
        }
        const auto& command = commands[below(std::min<std::uint64_t>(commands.size(), 12))].command;
        made.command = command.id;
        made.resource = below(20) == 0 ? name("r", 14) : command.resource;
        return made;
    }

    std::mt19937_64 random_;
    bool wild_;
    Us now_ = t0;
};

Settings quick() {
    Settings settings;
    settings.event_kept_us = 60 * second_us;
    settings.lead_us = 20 * second_us;
    return settings;
}

TEST(Replay, a_core_restored_at_any_point_goes_on_as_if_nothing_had_been) {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        Life life(seed);
        Core core(quick());
        std::size_t commands = 0, reports = 0;
        for (int step = 0; step < 3000; ++step) {
            const auto [now, input] = life.next(core);
            Core restored(quick(), core.snapshot());
            ASSERT_EQ(restored.state_hash(), core.state_hash()) << "seed " << seed << " step " << step;
            model::Outputs left, right;
            core.step(now, input, left);
            restored.step(now, input, right);
            ASSERT_TRUE(same(left, right)) << "seed " << seed << " step " << step;
            ASSERT_EQ(restored.state_hash(), core.state_hash()) << "seed " << seed << " step " << step;
            ASSERT_TRUE(restored.snapshot() == core.snapshot());
            commands += left.commands.size();
            reports += left.reports.size();
        }
        EXPECT_GT(commands, 100U);
        EXPECT_GT(reports, 100U);
    }
}

TEST(Replay, the_same_inputs_give_the_same_state_and_outputs) {
    std::vector<Timed> journal;
    std::vector<model::Outputs> outputs;
    Life life(77);
    Core first(quick());
    for (int step = 0; step < 5000; ++step) {
        journal.push_back(life.next(first));
        outputs.emplace_back();
        first.step(journal.back().now, journal.back().input, outputs.back());
    }
    Core second(quick());
    for (std::size_t step = 0; step < journal.size(); ++step) {
        model::Outputs out;
        second.step(journal[step].now, journal[step].input, out);
        ASSERT_TRUE(same(out, outputs[step])) << step;
    }
    EXPECT_EQ(first.state_hash(), second.state_hash());
}

TEST(Replay, absurd_numbers_lead_to_no_absurd_command) {
    for (std::uint64_t seed = 1; seed <= 6; ++seed) {
        Life life(seed, true);
        Core core(quick());
        for (int step = 0; step < 4000; ++step) {
            const auto [now, input] = life.next(core);
            model::Outputs out;
            core.step(now, input, out);
            EXPECT_GT(out.next_due_us, now);
            for (const auto& command : out.commands) {
                EXPECT_LT(command.start_us, command.end_us);
                if (command.kind == model::CommandKind::release) continue;
                ASSERT_FALSE(command.steps.empty());
                EXPECT_EQ(command.steps.front().start_us, command.start_us);
                for (const auto& each : command.steps) {
                    EXPECT_LE(each.power_mw, device_limit_mw);
                    EXPECT_GE(each.power_mw, -device_limit_mw);
                    EXPECT_LT(each.start_us, command.end_us);
                }
            }
        }
    }
}

TEST(Replay, the_hash_tells_states_apart) {
    Core core(quick());
    const auto before = core.state_hash();
    model::Input input;
    input.node = model::Node{"n", "", model::NodeKind::site, "", 1, 2};
    model::Outputs out;
    core.step(t0, input, out);
    EXPECT_NE(core.state_hash(), before);
}

TEST(Replay, ids_of_commands_rise_and_stand_for_one_command) {
    Life life(5);
    Core core(quick());
    std::string last;
    std::map<std::string, model::Command> known;
    for (int step = 0; step < 4000; ++step) {
        const auto [now, input] = life.next(core);
        if (step % 50 == 0) core = Core(quick(), core.snapshot());
        model::Outputs out;
        core.step(now, input, out);
        for (const auto& command : out.commands) {
            const auto [at, fresh] = known.emplace(command.id, command);
            EXPECT_EQ(at->second, command);  // who comes back is told the same once more
            if (!fresh) continue;
            EXPECT_GT(command.id, last);
            last = command.id;
        }
    }
    EXPECT_FALSE(last.empty());
}

TEST(Replay, a_step_is_due_again_later_than_now_and_never_in_a_circle) {
    Life life(6);
    Core core(quick());
    Us now = 0;
    for (int step = 0; step < 2000; ++step) {
        const auto timed = life.next(core);
        model::Outputs out;
        now = timed.now;
        core.step(now, timed.input, out);
        int passes = 0;
        const Us until = now + second_us;
        for (; out.next_due_us <= until && passes < 200; ++passes) {
            ASSERT_GT(out.next_due_us, now);
            now = out.next_due_us;
            core.step(now, {}, out);
        }
        ASSERT_LT(passes, 40) << step;
    }
}

}  // namespace
}  // namespace busbar::dispatch
