// Any bytes as the journal's entries, one a line: a span in µs, a blank, the input. The core must take whatever reads
// as an input and go on: no command to what is not there, no step without a time of its own, the same numbers from a
// snapshot on.
#include <stdexcept>

#include "dispatch/snapshot.hpp"
#include "gateway/app/stored.hpp"
#include "gateway/records/snapshot_records.hpp"
#include "protocols/wire/json.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

constexpr model::Us start_us = 1'767'225'600 * model::second_us;

struct Bench {
    dispatch::Core core;
    model::Us now = start_us;

    void step(const model::Input& input) {
        model::Outputs outputs;
        core.step(now, input, outputs);
        require(outputs.next_due_us > now);
        for (const model::Command& command : outputs.commands) {
            require(!command.id.empty() && !command.resource.empty() && command.start_us <= command.end_us);
            require(command.kind == model::CommandKind::release || !command.steps.empty());
        }
        for (const model::EventReport& report : outputs.reports) require(!report.event.empty());
    }

    void hear(std::string_view line) {
        now += std::clamp<model::Us>(fuzz::number_of(fuzz::cut(line, ' ')), 0, 24 * model::hour_us);
        try {
            step(app::input_of("journal", {1, now, std::string(line)}));
        } catch (const std::runtime_error&) {
        }
        step({});
    }

    // The state that a restart would begin with.
    void restart() {
        const std::string body = wire::to_json(core.snapshot());
        dispatch::Core again = app::core_of("journal", {1, now, body}, {});
        require(again.state_hash() == core.state_hash());
        core = std::move(again);
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    Bench bench;
    for (int lines = 0; !text.empty() && lines < 200; ++lines) bench.hear(fuzz::cut(text, '\n'));
    bench.restart();
    for (int i = 0; i < 20; ++i, bench.now += model::minute_us) bench.step({});
    return 0;
}
