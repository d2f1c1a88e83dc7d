// Any bytes as requests to the operator's interface, parted by the byte 0x1e: method, blank, target, and after a line
// break the body. Each is answered with a status of HTTP and JSON that reads, and what it changes is something that the
// core goes on with.
#include "gateway/api/api.hpp"
#include "protocols/wire/json.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

class Backend : public api::Backend {
  public:
    const dispatch::Core& core() const override { return core_; }
    std::vector<api::Enrolled> enrolled() const override { return enrolled_; }
    std::string enrol(model::Us, const api::Enrolled& device, model::Changes&) override {
        if (device.protocol != "ocpp") return "protocol: expected \"ocpp\"";
        enrolled_.push_back(device);
        return {};
    }
    bool remove(model::Us, std::string_view id, model::Changes&) override {
        return std::erase_if(enrolled_, [id](const api::Enrolled& device) { return device.enrolment.id == id; }) > 0;
    }
    std::string protocol_of(std::string_view) const override { return "ocpp1.6"; }
    std::map<std::string, std::uint64_t> counters() const override { return {{"a", 1}}; }

    dispatch::Core core_;
    std::vector<api::Enrolled> enrolled_;
};

struct Bench {
    Backend backend;
    api::Api api{backend};
    model::Us now = 1'767'225'600 * model::second_us;

    Bench() {
        model::Input resource;
        resource.resource.emplace();
        resource.resource->id = "cs/1";
        resource.resource->parent = std::string(model::root_id);
        resource.resource->capability.max_mw = 11'000'000;
        resource.resource->connected = resource.resource->controllable = true;
        step(resource);
    }

    void step(const model::Input& input) {
        model::Outputs outputs;
        backend.core_.step(now, input, outputs);
        require(outputs.next_due_us > now);
    }

    void hear(std::string_view text) {
        http::Request request;
        request.method = fuzz::cut(text, ' ');
        request.target = '/' + std::string(fuzz::cut(text, '\n'));
        request.headers = {{"Host", "localhost"}, {"Content-Type", "application/json"}};
        request.body = text;
        model::Changes changes;
        const http::Response response = api.handle(now, request, changes);
        require(response.status >= 200 && response.status < 600);
        require(response.body.empty() ? response.status == 204 : wire::is_json(response.body));
        require(response.status < 400 || (changes.inputs.empty() && changes.documents.empty()));
        for (const auto& [name, value] : response.headers) require(value.find_first_of("\r\n") == value.npos);
        for (const model::Input& input : changes.inputs) step(input);
        now += 10 * model::second_us;
        step({});
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    Bench bench;
    for (int requests = 0; !text.empty() && requests < 100; ++requests) bench.hear(fuzz::cut(text, '\x1e'));
    return 0;
}
