// Any bytes as the configuration file: a configuration that can be used, or a line that names the file.
#include "gateway/app/config.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const fuzz::MemoryFile file(fuzz::text_of(data, size));
    try {
        const app::Config config = app::read_config(file.path());
        const dispatch::Settings settings = app::settings_of(config.dispatch);
        require(settings.control_period_us >= 0 && settings.deadband_mw >= 0 && settings.silent_after_us >= 0);
        for (const app::DeviceConfig& device : config.devices) {
            const model::Enrolment enrolment = app::enrolment_of(device);
            require(!enrolment.id.empty() && !enrolment.resource.empty() && enrolment.rated_import_mw >= 0);
            require(app::enrolment_fault(device.protocol, device.id).empty());
        }
        for (const app::NodeConfig& node : config.nodes) require(!app::node_of(node).id.empty());
    } catch (const app::ConfigError& error) {
        require(std::string_view(error.what()).starts_with(file.path() + ":"));
    }
    return 0;
}
