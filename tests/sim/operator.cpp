#include "tests/sim/operator.hpp"

#include <algorithm>
#include <utility>

#include "gateway/api/bodies.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::sim {
namespace {

constexpr Us timeout_us = 20 * model::second_us;
constexpr Us retry_us = 15 * model::second_us;

http::Request request_of(const OperatorPlan& plan) {
    const model::Enrolment& enrolment = plan.device->options().enrolment;
    http::Request request;
    request.headers = {{"Host", "localhost:8080"}, {"Content-Type", "application/json"}};
    if (plan.deed != Deed::enrols) {
        request.method = "DELETE";
        request.target = "/devices/" + http::percent_encoded(enrolment.id);
        return request;
    }
    api::DeviceBody body;
    const bool station = !enrolment.password.empty();
    body.protocol = wire::Text<32, 1>(station ? "ocpp" : "ieee2030_5");
    body.id = wire::Text<128, 1>(enrolment.id);
    body.resource = wire::Text<128>(enrolment.resource);
    body.node = wire::Text<128>(enrolment.node);
    body.kind = enrolment.kind;
    if (station) body.password = wire::Secret<64, 1>(enrolment.password);
    request.method = "POST";
    request.target = "/devices";
    request.body = wire::to_json(body);
    return request;
}

}  // namespace

Operator::Operator(World& world, Network& network, net::ListenerId listener)
    : world_(world), network_(network), listener_(listener) {}

void Operator::plan(std::vector<OperatorPlan> plans) {
    plans_ = std::move(plans);
    std::stable_sort(plans_.begin(), plans_.end(), [](const auto& a, const auto& b) { return a.at_us < b.at_us; });
    for (const OperatorPlan& one : plans_) managed(one.device).device->set_enrolled(false);
    if (!plans_.empty()) world_.wake(*this, plans_.front().at_us);
}

Operator::Managed& Operator::managed(Device* device) {
    const auto found =
        std::find_if(devices_.begin(), devices_.end(), [device](const Managed& one) { return one.device == device; });
    if (found != devices_.end()) return *found;
    devices_.push_back({device, Standing::absent, 0});
    return devices_.back();
}

void Operator::wake(Us now) {
    if (under_way_ || next_ == plans_.size()) return;
    const OperatorPlan& plan = plans_[next_];
    const Us due_us = std::max(plan.at_us, again_us_);
    if (now < due_us) return world_.wake(*this, due_us);
    under_way_ = true;
    Managed& device = managed(plan.device);
    device.standing = Standing::unsure;
    device.since_us = now;
    if (plan.deed != Deed::enrols) plan.device->set_enrolled(false);
    if (plan.deed == Deed::retires) plan.device->retire();
    network_.request(*this, listener_, {"127.0.0.1:1", false, {}}, request_of(plan), timeout_us);
}

void Operator::response(Us now, const http::Response& response) {
    if (!under_way_) return;
    under_way_ = false;
    const OperatorPlan& plan = plans_[next_];
    const bool enrols = plan.deed == Deed::enrols;
    // Not found: it was heard, and its answer was lost.
    const bool done = enrols ? response.status == 201 : response.status == 204 || response.status == 404;
    if (done) {
        ++next_;
        Managed& device = managed(plan.device);
        device.standing = enrols ? Standing::enrolled : Standing::absent;
        device.since_us = now;
        if (enrols) plan.device->set_enrolled(true);
    } else {
        problem_ = plan.device->options().enrolment.id + ": " + std::to_string(response.status) + " " + response.body;
        again_us_ = now + retry_us;
    }
    wake(now);
}

void Operator::failed(Us now, const std::string&) {
    under_way_ = false;
    again_us_ = now + retry_us;
    wake(now);
}

}  // namespace busbar::sim
