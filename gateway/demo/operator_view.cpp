#include "gateway/demo/operator_view.hpp"

#include "protocols/wire/json.hpp"

namespace busbar::demo {
namespace {

constexpr model::Us period_us = model::second_us / 2;

}  // namespace

void OperatorView::ask(Switchboard& switchboard, const char* target, net::RequestId& id) {
    if (id != 0) return;
    net::ClientRequest request;
    request.base_url = scenario_.api_url();
    request.request.target = target;
    request.timeout_us = 5 * model::second_us;
    id = switchboard.request(*this, std::move(request));
}

void OperatorView::tick(model::Us now, Switchboard& switchboard) {
    if (now < due_us_) return;
    due_us_ = now + period_us;
    ask(switchboard, "/nodes", nodes_id_);
    ask(switchboard, "/resources", resources_id_);
    ask(switchboard, "/events", events_id_);
    ask(switchboard, "/commands", commands_id_);
}

void OperatorView::response(model::Us, Switchboard&, net::RequestId id, const http::Response& response) {
    answered_ = answered_ || response.status == 200;
    const auto take = [&](net::RequestId& mine, auto& list) {
        if (id != mine) return;
        mine = 0;
        std::remove_reference_t<decltype(list)> fresh;
        if (response.status == 200 && !wire::from_json(response.body, fresh)) list = std::move(fresh);
    };
    take(nodes_id_, nodes_);
    take(resources_id_, resources_);
    take(events_id_, events_);
    take(commands_id_, commands_);
}

void OperatorView::failed(model::Us, Switchboard&, net::RequestId id, const std::string&) {
    for (net::RequestId* mine : {&nodes_id_, &resources_id_, &events_id_, &commands_id_})
        if (*mine == id) *mine = 0;
}

}  // namespace busbar::demo
