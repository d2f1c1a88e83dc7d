#include "gateway/api/api.hpp"

#include <algorithm>
#include <utility>

#include "gateway/api/views.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::api {
namespace {

constexpr std::size_t most_listed = 1000;

http::Response json(int status, std::string body) {
    return {status, {{"Content-Type", "application/json"}}, std::move(body)};
}

http::Response problem(int status, std::string title, std::string detail, std::string_view instance = {}) {
    Problem body;
    body.title = std::move(title);
    body.status = status;
    body.detail = std::move(detail);
    if (!instance.empty()) body.instance = std::string(instance);
    return {status, {{"Content-Type", "application/problem+json"}}, wire::to_json(body)};
}

http::Response not_found(const http::Request& request, std::string_view what) {
    return problem(404, "Not found", "there is no " + std::string(what) + " of that id", request.path());
}

http::Response bad_body(const http::Request& request, const wire::Error& error) {
    return problem(400, "Bad request", error.text(), request.path());
}

// A call under way: the request, its path in parts, and what it changes.
struct Call {
    model::Us now;
    const http::Request& request;
    std::vector<std::string> path;
    model::Changes& changes;
    Backend& backend;
    std::uint64_t& events_made;

    bool is(std::string_view method) const { return request.method == method; }
    std::string query(std::string_view name) const {
        for (const auto& [key, value] : http::form_members(request.query()))
            if (key == name) return value;
        return {};
    }
};

http::Response wrong_method(const Call& call, std::string allowed) {
    http::Response answer = problem(405, "Method not allowed", "allowed here: " + allowed, call.request.path());
    answer.headers.emplace_back("Allow", std::move(allowed));
    return answer;
}

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    while (!path.empty()) {
        path.remove_prefix(path.front() == '/' ? 1 : 0);
        const std::size_t end = path.find('/');
        parts.push_back(http::percent_decoded(path.substr(0, end)));
        path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    }
    if (!parts.empty() && parts.back().empty()) parts.pop_back();
    return parts;
}

template <class Answer>
void push_bounded(std::vector<Answer>& answers, Answer answer) {
    if (answers.size() < most_listed) answers.push_back(std::move(answer));
}

// ---- health, nodes, resources --------------------------------------------------------------------------------------

http::Response health(Call& call) {
    if (!call.is("GET")) return wrong_method(call, "GET");
    HealthAnswer answer;
    answer.time = DateTime(call.now);
    const dispatch::Core& core = call.backend.core();
    for (const auto& view : core.resources()) {
        ++answer.resources;
        answer.connected += view.resource.connected;
    }
    for (const auto& view : core.events()) answer.events_active += view.status == model::EventStatus::active;
    answer.state_hash = hash_text(core.state_hash());
    return json(200, wire::to_json(answer));
}

const dispatch::NodeView* find_node(const std::vector<dispatch::NodeView>& nodes, std::string_view id) {
    const auto found = std::find_if(nodes.begin(), nodes.end(), [id](const auto& view) { return view.node.id == id; });
    return found == nodes.end() ? nullptr : &*found;
}

http::Response put_node(Call& call, const std::vector<dispatch::NodeView>& nodes) {
    NodeBody body;
    if (const auto failure = wire::from_json(call.request.body, body)) return bad_body(call.request, *failure);
    const model::Node node = node_of(body, call.path[1]);
    if (!node.parent.empty() && !find_node(nodes, node.parent))
        return problem(409, "Conflict", "parent " + node.parent + " does not exist; make it first", call.request.path());
    for (std::string above = node.parent; !above.empty();) {
        if (above == node.id)
            return problem(409, "Conflict", node.id + " would hang below itself", call.request.path());
        const auto* view = find_node(nodes, above);
        above = view ? view->node.parent : "";
    }
    model::Input input;
    input.node = node;
    call.changes.inputs.push_back(std::move(input));
    return json(find_node(nodes, node.id) ? 200 : 201, wire::to_json(answer_of(dispatch::NodeView{node, {}, 0, 0})));
}

http::Response delete_node(Call& call, const std::vector<dispatch::NodeView>& nodes) {
    const std::string& id = call.path[1];
    if (!find_node(nodes, id)) return not_found(call.request, "node");
    if (id == model::root_id) return problem(409, "Conflict", "the root stays", call.request.path());
    for (const auto& view : nodes)
        if (view.node.parent == id)
            return problem(409, "Conflict", view.node.id + " hangs below it; move or delete that first",
                           call.request.path());
    for (const Enrolled& device : call.backend.enrolled())
        if (device.enrolment.node == id)
            return problem(409, "Conflict", "device " + device.enrolment.id + " hangs below it; move or remove that first",
                           call.request.path());
    model::Input input;
    input.node_gone = id;
    call.changes.inputs.push_back(std::move(input));
    return {204, {}, {}};
}

// /nodes, and /groups, /feeders, /sites as its parts
http::Response nodes(Call& call, std::optional<model::NodeKind> kind) {
    const auto all = call.backend.core().nodes();
    if (call.path.size() == 1) {
        if (!call.is("GET")) return wrong_method(call, "GET");
        std::vector<NodeAnswer> answers;
        for (const auto& view : all)
            if (!kind || view.node.kind == *kind) push_bounded(answers, answer_of(view));
        return json(200, wire::to_json(answers));
    }
    if (call.is("PUT")) return put_node(call, all);
    if (call.is("DELETE")) return delete_node(call, all);
    if (!call.is("GET")) return wrong_method(call, "GET, PUT, DELETE");
    const auto* view = find_node(all, call.path[1]);
    return view ? json(200, wire::to_json(answer_of(*view))) : not_found(call.request, "node");
}

http::Response resources(Call& call) {
    if (!call.is("GET")) return wrong_method(call, "GET");
    std::vector<ResourceAnswer> answers;
    const std::string node = call.query("node");
    for (const auto& view : call.backend.core().resources()) {
        ResourceAnswer answer = answer_of(view, call.backend.protocol_of(view.resource.id));
        if (call.path.size() > 1 && answer.id == call.path[1]) return json(200, wire::to_json(answer));
        if (node.empty() || answer.node == node) push_bounded(answers, std::move(answer));
    }
    if (call.path.size() > 1) return not_found(call.request, "resource");
    return json(200, wire::to_json(answers));
}

http::Response samples(Call& call) {
    if (!call.is("GET")) return wrong_method(call, "GET");
    const std::string resource = call.query("resource");
    std::vector<SampleAnswer> answers;
    for (const auto& view : call.backend.core().resources())
        if (view.last_sample && (resource.empty() || view.resource.id == resource))
            push_bounded(answers, answer_of(*view.last_sample));
    return json(200, wire::to_json(answers));
}

http::Response commands(Call& call) {
    if (!call.is("GET")) return wrong_method(call, "GET");
    const std::string resource = call.query("resource"), event = call.query("event");
    std::vector<CommandAnswer> answers;
    for (const auto& view : call.backend.core().commands())
        if ((resource.empty() || view.command.resource == resource) && (event.empty() || view.command.event == event))
            push_bounded(answers, answer_of(view));
    return json(200, wire::to_json(answers));
}

// ---- events --------------------------------------------------------------------------------------------------------

std::optional<dispatch::EventView> find_event(const Call& call, std::string_view id) {
    for (auto& view : call.backend.core().events())
        if (view.event.id == id || (view.event.source == "operator" && view.event.native_id == id)) return view;
    return std::nullopt;
}

bool is_known_target(const Call& call, std::string_view id) {
    const dispatch::Core& core = call.backend.core();
    if (find_node(core.nodes(), id)) return true;
    const auto resources = core.resources();
    return std::any_of(resources.begin(), resources.end(), [id](const auto& view) { return view.resource.id == id; });
}

// What cannot have been meant: an event that is over already, and one for nobody.
std::optional<http::Response> refused(const Call& call, const model::GridEvent& event) {
    if (event.end_us() <= call.now)
        return bad_body(call.request, {wire::Fault::out_of_range, "/intervals",
                                       "the event would have been over at " + wire::to_text(DateTime(event.end_us()))});
    for (std::size_t i = 0; i < event.targets.size(); ++i)
        if (!is_known_target(call, event.targets[i]))
            return problem(409, "Conflict",
                           "at /targets/" + std::to_string(i) + ": there is no group, feeder, site or resource '" +
                               event.targets[i] + "'",
                           call.request.path());
    return std::nullopt;
}

http::Response post_event(Call& call) {
    EventBody body;
    if (const auto failure = wire::from_json(call.request.body, body)) return bad_body(call.request, *failure);
    const std::string id =
        body.id ? std::string(*body.id) : std::to_string(call.now) + "-" + std::to_string(++call.events_made);
    if (find_event(call, "operator:" + id))
        return problem(409, "Conflict", "event " + id + " exists; PUT /events/" + id + " changes it", call.request.path());
    model::GridEvent event = event_of(body, id, 0, call.now);
    if (auto refusal = refused(call, event)) return *refusal;
    http::Response answer = json(201, wire::to_json(answer_of(event, model::EventStatus::scheduled)));
    answer.headers.emplace_back("Location", "/events/" + http::percent_encoded(event.id));
    model::Input input;
    input.event = std::move(event);
    call.changes.inputs.push_back(std::move(input));
    return answer;
}

http::Response change_event(Call& call, const dispatch::EventView& known) {
    if (known.event.source != "operator")
        return problem(409, "Conflict", "the event belongs to " + known.event.source + ", which alone may change it",
                       call.request.path());
    model::GridEvent event = known.event;
    if (call.is("PUT")) {
        EventBody body;
        if (const auto failure = wire::from_json(call.request.body, body)) return bad_body(call.request, *failure);
        event = event_of(body, known.event.native_id, known.event.revision + 1, call.now);
        event.created_us = known.event.created_us;
        if (auto refusal = refused(call, event)) return *refusal;
    } else {
        event.cancelled = true;
        event.revision = known.event.revision + 1;
        event.modified_us = call.now;
    }
    const http::Response answer =
        call.is("PUT") ? json(200, wire::to_json(answer_of(event, known.status))) : http::Response{204, {}, {}};
    model::Input input;
    input.event = std::move(event);
    call.changes.inputs.push_back(std::move(input));
    return answer;
}

http::Response events(Call& call) {
    if (call.path.size() == 1) {
        if (call.is("POST")) return post_event(call);
        if (!call.is("GET")) return wrong_method(call, "GET, POST");
        std::vector<EventAnswer> answers;
        for (const auto& view : call.backend.core().events()) push_bounded(answers, answer_of(view));
        return json(200, wire::to_json(answers));
    }
    const auto view = find_event(call, call.path[1]);
    if (!view) return not_found(call.request, "event");
    if (call.is("GET")) return json(200, wire::to_json(answer_of(*view)));
    if (call.is("PUT") || call.is("DELETE")) return change_event(call, *view);
    return wrong_method(call, "GET, PUT, DELETE");
}

// ---- devices -------------------------------------------------------------------------------------------------------

http::Response post_device(Call& call) {
    DeviceBody body;
    if (const auto failure = wire::from_json(call.request.body, body)) return bad_body(call.request, *failure);
    const Enrolled device = enrolled_of(body);
    if (!device.enrolment.node.empty() && !find_node(call.backend.core().nodes(), device.enrolment.node))
        return problem(409, "Conflict", "node " + device.enrolment.node + " does not exist; PUT /nodes/… makes it",
                       call.request.path());
    if (const std::string why = call.backend.enrol(call.now, device, call.changes); !why.empty())
        return problem(400, "Bad request", why, call.request.path());
    http::Response answer = json(201, wire::to_json(answer_of(device)));
    answer.headers.emplace_back("Location", "/devices/" + http::percent_encoded(device.enrolment.id));
    return answer;
}

http::Response devices(Call& call) {
    if (call.path.size() == 1) {
        if (call.is("POST")) return post_device(call);
        if (!call.is("GET")) return wrong_method(call, "GET, POST");
        std::vector<DeviceAnswer> answers;
        for (const Enrolled& device : call.backend.enrolled()) push_bounded(answers, answer_of(device));
        return json(200, wire::to_json(answers));
    }
    if (call.is("DELETE"))
        return call.backend.remove(call.now, call.path[1], call.changes) ? http::Response{204, {}, {}}
                                                                         : not_found(call.request, "device");
    if (!call.is("GET")) return wrong_method(call, "GET, DELETE");
    for (const Enrolled& device : call.backend.enrolled())
        if (device.enrolment.id == call.path[1]) return json(200, wire::to_json(answer_of(device)));
    return not_found(call.request, "device");
}

http::Response counters(Call& call) {
    if (!call.is("GET")) return wrong_method(call, "GET");
    std::string body = "{";
    for (const auto& [name, value] : call.backend.counters()) {
        if (body.size() > 1) body += ',';
        wire::append_json_string(body, name);
        body += ':' + std::to_string(value);
    }
    return json(200, body + '}');
}

struct Route {
    std::string_view first;
    std::size_t most_parts;
    http::Response (*handle)(Call&);
};

constexpr Route routes[] = {
    {"health", 1, health},
    {"counters", 1, counters},
    {"nodes", 2, [](Call& call) { return nodes(call, std::nullopt); }},
    {"groups", 2, [](Call& call) { return nodes(call, model::NodeKind::group); }},
    {"feeders", 2, [](Call& call) { return nodes(call, model::NodeKind::feeder); }},
    {"sites", 2, [](Call& call) { return nodes(call, model::NodeKind::site); }},
    {"resources", 2, resources},
    {"samples", 1, samples},
    {"commands", 1, commands},
    {"events", 2, events},
    {"devices", 2, devices},
};

bool is_loopback_host(std::string_view host) {
    if (host.starts_with('[')) return host.starts_with("[::1]");
    host = host.substr(0, host.find(':'));
    return host == "localhost" || host.starts_with("127.");
}

// A page in a browser must not reach a loopback service: neither under a name of its own choice (DNS rebinding), nor by
// a request that needs no leave (a form, which cannot be JSON), nor from another origin.
std::optional<http::Response> refused_at_the_door(const http::Request& request) {
    const std::string_view host = request.header("Host"), origin = request.header("Origin");
    if (!is_loopback_host(host))
        return problem(403, "Forbidden", "the operator's interface answers to loopback names only", request.path());
    if (!origin.empty() && origin != "http://" + std::string(host))
        return problem(403, "Forbidden", "the operator's interface answers to no page of another origin", request.path());
    if (!request.body.empty() && !request.header("Content-Type").starts_with("application/json"))
        return problem(415, "Unsupported media type", "expected the header Content-Type: application/json",
                       request.path());
    return std::nullopt;
}

// Names are kept as JSON, which is UTF-8: one that is not could be written and never be read again.
bool is_text(const Call& call) {
    return wire::is_utf8(call.request.target) &&
           std::all_of(call.path.begin(), call.path.end(), [](const std::string& part) { return wire::is_utf8(part); });
}

http::Response routed(Call& call) {
    if (!is_text(call)) return problem(400, "Bad request", "the path is not UTF-8");
    if (auto refusal = refused_at_the_door(call.request)) return *refusal;
    if (!call.path.empty())
        for (const Route& route : routes)
            if (route.first == call.path[0] && call.path.size() <= route.most_parts) return route.handle(call);
    return problem(404, "Not found",
                   "known here: /health /counters /nodes /groups /feeders /sites /resources /samples /commands /events "
                   "/devices",
                   call.request.path());
}

void note_refusal(Call& call, const http::Response& response) {
    if (response.status < 400) return;
    Problem body;
    if (wire::from_json(response.body, body)) return;
    const bool foreign = response.status == 403;
    call.changes.notices.push_back({foreign ? model::Severity::security : model::Severity::info,
                                    foreign ? "operator_foreign" : "operator_refused", "",
                                    call.request.method + ' ' + std::string(call.request.path()) + ": " +
                                        std::to_string(response.status) + ", " + body.detail});
}

}  // namespace

Api::Api(Backend& backend) : backend_(backend) {}

http::Response Api::handle(model::Us now, const http::Request& request, model::Changes& changes) {
    Call call{now, request, parts_of(request.path()), changes, backend_, events_made_};
    http::Response response = routed(call);
    note_refusal(call, response);
    return response;
}

}  // namespace busbar::api
