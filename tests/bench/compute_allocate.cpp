// The allocator over a tree such as a utility's area: feeders, sites below them, ten devices at each, a third of the
// sites and some feeders at their limits, an order over all that has to cut. Four mixes of devices, since powers that a
// device cannot take cost extra passes; what counts is the slowest of them.
#include <random>

#include "dispatch/allocate/allocate.hpp"
#include "tests/bench/compute.hpp"

namespace busbar::bench {

namespace {

using dispatch::AllocationProblem;
using model::MilliW;

constexpr MilliW kw = 1'000'000;
constexpr std::size_t devices_of_site = 10, sites_of_feeder = 100;

struct Mix {
    const char* name;
    bool gaps, steps;
};
constexpr Mix mixes[] = {
    {"any power", false, false}, {"gaps", true, false}, {"steps", false, true}, {"gaps and steps", true, true}};

class Maker {
  public:
    explicit Maker(Mix mix) : mix_(mix) {}

    AllocationProblem make(std::size_t devices) {
        problem_.add_node(0);
        for (std::size_t site = 0; site * devices_of_site < devices; ++site) {
            if (site % sites_of_feeder == 0) {
                feeder_ =
                    problem_.add_node(0, -model::unlimited_mw, draw(4) == 0 ? MilliW{3'000} * kw : MilliW{20'000} * kw);
            }
            const auto node =
                problem_.add_node(feeder_, -model::unlimited_mw, draw(3) == 0 ? 25 * kw : model::unlimited_mw);
            for (std::size_t each = 0; each < devices_of_site; ++each) add_device(node);
        }
        MilliW preferred = 0;
        for (const auto each : problem_.preferred) preferred += each;
        problem_.orders.push_back({0, preferred / 3, preferred / 3, {}, false});
        return std::move(problem_);
    }

  private:
    std::uint64_t draw(std::uint64_t below) { return random_() % below; }

    void add_device(std::uint32_t node) {
        const auto kind = draw(10);
        if (kind < 6) {  // a charger: off, or at least 6 A, in whole amperes
            const bool three = draw(2) == 0;
            const MilliW ampere = three ? 690'000 : 230'000, most = (three ? 32 : 16) * ampere;
            const auto index = problem_.add_device(node, 0, most, most);
            if (mix_.gaps) problem_.lowest_on[index] = 6 * ampere;
            if (mix_.steps) problem_.step[index] = ampere;
            problem_.on[index] = draw(2) == 0;
        } else if (kind < 8) {  // a battery
            const MilliW most = static_cast<MilliW>(3 + draw(8)) * kw;
            const auto index = problem_.add_device(node, -most, most, 0);
            if (mix_.gaps) problem_.lowest_on[index] = 200'000;
        } else if (kind < 9) {  // a solar plant
            const MilliW most = static_cast<MilliW>(3 + draw(12)) * kw;
            problem_.add_device(node, -most, 0, -most);
        } else {  // a load that nobody controls
            const MilliW load = static_cast<MilliW>(draw(4'000'000));
            problem_.add_device(node, load, load, load);
        }
    }

    Mix mix_;
    AllocationProblem problem_;
    std::uint32_t feeder_ = 0;
    std::mt19937_64 random_{1};
};

Result slowest(const char* name, std::size_t devices, double goal_ms) {
    Result result{name, 0, "ms", 0, 0, goal_ms};
    for (const Mix& mix : mixes) {
        const AllocationProblem problem = Maker(mix).make(devices);
        std::vector<double> times;
        for (int round = 0; round < rounds; ++round) {
            times.push_back(timed(CLOCK_THREAD_CPUTIME_ID, [&] { allocate(problem); }) / 1e3);
        }
        const double time = median(times);
        result.note += (result.note.empty() ? "" : "; ") + std::string(mix.name) + " " + spread(times, "ms");
        if (time > result.value) result.value = time;
    }
    result.ratio = result.value;
    if (!result.holds()) result.note += "; gaps and steps cost a solution of the whole tree each, and rounding besides";
    return result;
}

}  // namespace

std::vector<Result> measure_allocate() {
    return {slowest("allocate_100k", 100'000, 10), slowest("allocate_1m", 1'000'000, 100)};
}

}  // namespace busbar::bench
