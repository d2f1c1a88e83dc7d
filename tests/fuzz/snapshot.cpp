// Any bytes as a stored snapshot of the core: refused with one line, or a core that can go on from there.
#include <stdexcept>

#include "dispatch/snapshot.hpp"
#include "gateway/app/stored.hpp"
#include "gateway/records/snapshot_records.hpp"
#include "protocols/wire/json.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

void go_on(dispatch::Core core) {
    model::Us now = core.snapshot().now_us;
    for (int i = 0; i < 20; ++i) {
        model::Outputs outputs;
        core.step(now, {}, outputs);
        require(outputs.next_due_us > now);
        if (outputs.next_due_us > model::last_us) break;
        now = outputs.next_due_us;
    }
    (void)core.commands();
    (void)core.events();
    (void)core.nodes();
    (void)core.resources();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const store::StoredSnapshot stored{1, 0, std::string(fuzz::text_of(data, size))};
    try {
        dispatch::Core core = app::core_of("store", stored, {});
        const std::string body = wire::to_json(core.snapshot());
        require(app::core_of("store", {1, 0, body}, {}).state_hash() == core.state_hash());
        go_on(std::move(core));
    } catch (const std::runtime_error& error) {
        require(std::string_view(error.what()).starts_with("store: "));
    }
    return 0;
}
