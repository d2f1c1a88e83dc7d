// Programs, vens and resources of the VTN, and what it says of subscriptions and notifiers.
#include <algorithm>
#include <set>
#include <variant>

#include "protocols/openadr/v3/vtn_state.hpp"

namespace busbar::openadr::v3 {

namespace {

bool share_one(const Targets& targets, const std::vector<std::string>& wanted) {
    if (!targets) return false;
    return std::any_of(targets->begin(), targets->end(), [&](const Name& target) {
        return std::find(wanted.begin(), wanted.end(), target) != wanted.end();
    });
}

template <class Request>
void stamp(Request& object, std::string id, std::string_view type, model::Us now, const Request* before) {
    object.id = ObjectId(std::move(id));
    object.objectType = Text<128>(type);
    object.createdDateTime = before ? before->createdDateTime : wire::DateTime(now);
    object.modificationDateTime = wire::DateTime(now);
}

void describe_as_event(PayloadDescriptors& descriptors) {
    if (!descriptors) return;
    for (PayloadDescriptor& descriptor : *descriptors) {
        if (!descriptor.objectType) descriptor.objectType = Text<128>("EVENT_PAYLOAD_DESCRIPTOR");
    }
}

bool speaks_for_business(const Call& call) {
    RequestKind kind;
    if (wire::from_json(call.request.body, kind)) return false;
    return kind.objectType && kind.objectType->starts_with("BL_");
}

}  // namespace

bool Vtn::State::owns(const Call& call, std::string_view client_id) const {
    return call.caller.sees_all() || client_id == call.caller.client_id;
}

bool Vtn::State::reveal(const Call& call, Targets& targets) const {
    const bool one = call.path.size() == 2;
    const std::vector<std::string> wanted = one ? std::vector<std::string>{} : call.parameters("targets");
    const bool untargeted = !targets || targets->empty();
    if (call.caller.sees_all() || untargeted) return wanted.empty() || share_one(targets, wanted);
    std::set<std::string_view> granted;
    for (const auto& [number, ven] : vens.all()) {
        if (ven.clientID == call.caller.client_id && ven.targets)
            granted.insert(ven.targets->begin(), ven.targets->end());
    }
    for (const auto& [number, resource] : resources.all()) {
        if (resource.clientID == call.caller.client_id && resource.targets) {
            granted.insert(resource.targets->begin(), resource.targets->end());
        }
    }
    std::erase_if(*targets, [&](const Name& target) {
        const bool asked = one || std::find(wanted.begin(), wanted.end(), target) != wanted.end();
        return !asked || !granted.contains(target);
    });
    return !targets->empty();
}

template <class Request>
std::optional<http::Response> Vtn::State::settle_owner(const Call& call, Request& request,
                                                       const Request* before) const {
    if (call.caller.is_business()) {
        if (!request.clientID && before) request.clientID = before->clientID;
        if (!request.clientID)
            return problem(400, "missing at /clientID: business logic says which client it speaks of");
        return std::nullopt;
    }
    if (speaks_for_business(call)) return forbidden(call, "a VEN cannot send a BL_… request (objectType)");
    request.clientID = Name(call.caller.client_id);
    request.targets = before ? before->targets : Targets{};
    return std::nullopt;
}

// ---- programs ------------------------------------------------------------------------------------------------------

http::Response Vtn::State::list_programs(Call& call, Page page) {
    ListAnswer list(page);
    for (const auto& [number, program] : programs.all()) {
        Program seen = program;
        if (reveal(call, seen.targets)) list.add(seen);
    }
    return list.answer();
}

http::Response Vtn::State::get_program(Call& call) {
    const Program* program = programs.find(call.path[1]);
    Program seen = program ? *program : Program{};
    if (!program || !reveal(call, seen.targets)) return not_found(call.path[1]);
    return json_answer(200, wire::to_json(seen));
}

http::Response Vtn::State::write_program(Call& call, bool create) {
    const Program* before = create ? nullptr : programs.find(call.path[1]);
    if (!create && !before) return not_found(call.path[1]);
    Program program;
    if (auto wrong = read_body(call, policy.max_body_bytes, static_cast<ProgramRequest&>(program))) return *wrong;
    for (const auto& [number, other] : programs.all()) {
        if (&other != before && other.programName == program.programName) {
            return problem(409, "there is a program of this name already: " + other.id);
        }
    }
    if (create) {
        if (auto refused = full(programs.size())) return *refused;
    }
    const std::uint64_t number = create ? take_number(call.changes) : *programs.number(call.path[1]);
    stamp(program, programs.id(number), "PROGRAM", call.now, before);
    describe_as_event(program.payloadDescriptors);
    const Program& kept = programs.put(number, std::move(program));
    keep(call.changes, programs.folder(), kept.id, kept);
    return json_answer(create ? 201 : 200, wire::to_json(kept));
}

http::Response Vtn::State::delete_program(Call& call) {
    const Program* program = programs.find(call.path[1]);
    if (!program) return not_found(call.path[1]);
    for (const auto& [number, kept] : events.all()) {
        if (kept.event.programID == program->id) {
            return problem(409, "the program still has events, such as " + kept.event.id + ": delete them first");
        }
    }
    const std::string body = wire::to_json(*program);
    programs.erase(call.path[1]);
    forget(call.changes, programs.folder(), call.path[1]);
    return json_answer(200, body);
}

// ---- vens ----------------------------------------------------------------------------------------------------------

http::Response Vtn::State::list_vens(Call& call, Page page) {
    const std::optional<std::string> name = call.parameter("venName");
    const std::vector<std::string> wanted = call.parameters("targets");
    ListAnswer list(page);
    for (const auto& [number, ven] : vens.all()) {
        if (!owns(call, *ven.clientID) || (name && ven.venName != *name)) continue;
        if (wanted.empty() || share_one(ven.targets, wanted)) list.add(ven);
    }
    return list.answer();
}

http::Response Vtn::State::get_ven(Call& call) {
    const Ven* ven = vens.find(call.path[1]);
    if (!ven || !owns(call, *ven->clientID)) return not_found(call.path[1]);
    return json_answer(200, wire::to_json(*ven));
}

http::Response Vtn::State::write_ven(Call& call, bool create) {
    const Ven* before = create ? nullptr : vens.find(call.path[1]);
    if (!create && (!before || !owns(call, *before->clientID))) return not_found(call.path[1]);
    Ven ven;
    if (auto wrong = read_body(call, policy.max_body_bytes, static_cast<VenRequest&>(ven))) return *wrong;
    if (auto wrong = settle_owner<VenRequest>(call, ven, before)) return *wrong;
    for (const auto& [number, other] : vens.all()) {
        if (&other != before && other.venName == ven.venName)
            return problem(409, "there is a ven of this name already");
    }
    if (create) {
        if (auto refused = full(vens.size())) return *refused;
    }
    const std::uint64_t number = create ? take_number(call.changes) : *vens.number(call.path[1]);
    stamp(ven, vens.id(number), "VEN", call.now, before);
    const Ven& kept = vens.put(number, std::move(ven));
    keep(call.changes, vens.folder(), kept.id, kept);
    return json_answer(create ? 201 : 200, wire::to_json(kept));
}

http::Response Vtn::State::delete_ven(Call& call) {
    const Ven* ven = vens.find(call.path[1]);
    if (!ven || !owns(call, *ven->clientID)) return not_found(call.path[1]);
    for (const auto& [number, resource] : resources.all()) {
        if (resource.venID == ven->id) {
            return problem(409, "the ven still has resources, such as " + resource.id + ": delete them first");
        }
    }
    const std::string body = wire::to_json(*ven);
    vens.erase(call.path[1]);
    forget(call.changes, vens.folder(), call.path[1]);
    return json_answer(200, body);
}

// ---- resources -----------------------------------------------------------------------------------------------------

http::Response Vtn::State::list_resources(Call& call, Page page) {
    const std::optional<std::string> name = call.parameter("resourceName");
    const std::optional<std::string> ven = call.parameter("venID");
    const std::vector<std::string> wanted = call.parameters("targets");
    ListAnswer list(page);
    for (const auto& [number, resource] : resources.all()) {
        if (!owns(call, *resource.clientID) || (name && resource.resourceName != *name)) continue;
        if (ven && resource.venID != *ven) continue;
        if (wanted.empty() || share_one(resource.targets, wanted)) list.add(resource);
    }
    return list.answer();
}

http::Response Vtn::State::get_resource(Call& call) {
    const Resource* resource = resources.find(call.path[1]);
    if (!resource || !owns(call, *resource->clientID)) return not_found(call.path[1]);
    return json_answer(200, wire::to_json(*resource));
}

http::Response Vtn::State::write_resource(Call& call, bool create) {
    const Resource* before = create ? nullptr : resources.find(call.path[1]);
    if (!create && (!before || !owns(call, *before->clientID))) return not_found(call.path[1]);
    Resource resource;
    if (auto wrong = read_body(call, policy.max_body_bytes, static_cast<ResourceRequest&>(resource))) return *wrong;
    const Ven* ven = vens.find(resource.venID);
    if (!ven || !(call.caller.is_business() || ven->clientID == call.caller.client_id)) {
        return problem(409, "at /venID: there is no such ven, or it is not yours");
    }
    if (!resource.clientID && call.caller.is_business()) resource.clientID = ven->clientID;
    if (auto wrong = settle_owner<ResourceRequest>(call, resource, before)) return *wrong;
    for (const auto& [number, other] : resources.all()) {
        if (&other != before && other.venID == resource.venID && other.resourceName == resource.resourceName) {
            return problem(409, "the ven has a resource of this name already: " + other.id);
        }
    }
    if (create) {
        if (auto refused = full(resources.size())) return *refused;
    }
    const std::uint64_t number = create ? take_number(call.changes) : *resources.number(call.path[1]);
    stamp(resource, resources.id(number), "RESOURCE", call.now, before);
    const Resource& kept = resources.put(number, std::move(resource));
    keep(call.changes, resources.folder(), kept.id, kept);
    return json_answer(create ? 201 : 200, wire::to_json(kept));
}

http::Response Vtn::State::delete_resource(Call& call) {
    const Resource* resource = resources.find(call.path[1]);
    if (!resource || !owns(call, *resource->clientID)) return not_found(call.path[1]);
    const std::string body = wire::to_json(*resource);
    resources.erase(call.path[1]);
    forget(call.changes, resources.folder(), call.path[1]);
    return json_answer(200, body);
}

// ---- subscriptions and notifiers: not offered
// ------------------------------------------------------------------------

http::Response Vtn::State::subscriptions(Call& call) {
    const Scopes scopes = call.caller.scopes;
    if (call.path.size() > 2) return problem(404, "there is nothing at this path");
    if (call.request.method == "GET" || call.request.method == "DELETE" || call.request.method == "PUT") {
        const bool reads = call.request.method == "GET";
        if (reads ? !scopes.has(Scope::read_all) && !scopes.has(Scope::read_ven_objects)
                  : !scopes.has(Scope::write_subscriptions)) {
            return forbidden(
                call, std::string("this needs the scope ") + (reads ? "read_ven_objects" : "write_subscriptions"));
        }
        if (call.path.size() == 2) return not_found(call.path[1]);
        if (reads) {
            const std::variant<Page, http::Response> page = page_of(call);
            if (const auto* wrong = std::get_if<http::Response>(&page)) return *wrong;
            return json_answer(200, "[]");
        }
    }
    if (call.request.method != "POST" || call.path.size() == 2) {
        http::Response response = problem(405, "only GET and POST are possible here");
        response.headers.emplace_back("Allow", "GET, POST");
        return response;
    }
    if (!scopes.has(Scope::write_subscriptions)) return forbidden(call, "this needs the scope write_subscriptions");
    SubscriptionRequest request;
    if (auto wrong = wrong_content_type(call)) return *wrong;
    if (auto wrong = read_body(call, policy.max_body_bytes, request)) return *wrong;
    return problem(501,
                   "subscriptions are not offered: there are no webhooks here. Poll GET /events and GET /reports, "
                   "with active=true to leave out what is over");
}

http::Response Vtn::State::notifiers(Call& call) {
    if (call.request.method != "GET") {
        http::Response response = problem(405, "only GET is possible here");
        response.headers.emplace_back("Allow", "GET");
        return response;
    }
    if (call.path.size() > 1) return problem(404, "no MQTT notifier is offered");
    if (!call.caller.sees_all() && !call.caller.scopes.has(Scope::read_targets)) {
        return forbidden(call, "this needs the scope read_all");
    }
    return json_answer(200, wire::to_json(NotifiersAnswer{false}));
}

}  // namespace busbar::openadr::v3
