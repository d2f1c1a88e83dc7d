#include <CLI/CLI.hpp>
#include <memory>

#include "gateway/api/bodies.hpp"
#include "gateway/cli/commands.hpp"
#include "gateway/cli/guarded.hpp"
#include "gateway/cli/operator_client.hpp"
#include "protocols/wire/http.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::cli {
namespace {

struct EventOptions {
    std::string url = "http://127.0.0.1:8080";
    std::string id;
    std::string name;
    std::vector<std::string> targets;
    std::string start;
    std::string priority;
    double minutes = 15;
    std::vector<double> setpoints_kw;
    std::vector<double> limits_kw;
};

// Each --setpoint-kw (or --limit-kw) is one interval of --minutes.
api::EventBody body_of(const EventOptions& options) {
    api::EventBody body;
    if (!options.id.empty()) body.id = wire::Text<128, 1>(options.id);
    if (!options.name.empty()) body.name = wire::Text<256>(options.name);
    for (const std::string& target : options.targets) body.targets.emplace_back(target);
    if (!options.start.empty()) {
        body.start = wire::parse_date_time(options.start);
        if (!body.start) throw std::runtime_error("--start: expected a date-time such as 2030-01-31T18:00:00Z");
    }
    for (std::size_t i = 0; i < std::size(model::PriorityClass_names); ++i)
        if (model::PriorityClass_names[i] == options.priority) body.priority = static_cast<model::PriorityClass>(i);
    for (const double kw : options.setpoints_kw) {
        api::IntervalBody interval;
        interval.duration_s = options.minutes * 60;
        interval.setpoint_w = kw * 1000;
        body.intervals.push_back(interval);
    }
    for (const double kw : options.limits_kw) {
        api::IntervalBody interval;
        interval.duration_s = options.minutes * 60;
        interval.import_limit_w = kw * 1000;
        body.intervals.push_back(interval);
    }
    if (body.intervals.empty()) throw std::runtime_error("give at least one --setpoint-kw or --limit-kw");
    return body;
}

void add_order(CLI::App& command, EventOptions& options) {
    command.add_option("--name", options.name, "for people");
    command.add_option("--target", options.targets, "group, feeder, site or resource; none = all");
    command.add_option("--start", options.start, "date-time; none = now");
    command.add_option("--priority", options.priority, "default contract")
        ->check(CLI::IsMember({"safety", "operating_envelope", "emergency", "contract", "economic", "price"}));
    command.add_option("--minutes", options.minutes, "length of each interval")->capture_default_str();
    command.add_option("--setpoint-kw", options.setpoints_kw, "net power of an interval, + = consumption; repeat for more");
    command.add_option("--limit-kw", options.limits_kw, "largest net import of an interval; repeat for more");
}

std::string target_of(const EventOptions& options) { return "/events/" + http::percent_encoded(options.id); }

}  // namespace

void add_event(CLI::App& program, int& status) {
    auto* event = program.add_subcommand("event", "events of the operator on a running gateway");
    event->require_subcommand(1);
    auto options = std::make_shared<EventOptions>();
    event->add_option("--url", options->url, "the gateway's operator interface")->capture_default_str();

    auto* create = event->add_subcommand("create", "order power from devices");
    create->add_option("--id", options->id, "none: one is made");
    add_order(*create, *options);
    create->callback([=, &status] {
        status = guarded([&] { return print_reply(call_gateway(options->url, "POST", "/events", wire::to_json(body_of(*options)))); });
    });
    auto* change = event->add_subcommand("change", "replace what an event orders");
    change->add_option("id", options->id)->required();
    add_order(*change, *options);
    change->callback([=, &status] {
        status = guarded([&] { return print_reply(call_gateway(options->url, "PUT", target_of(*options), wire::to_json(body_of(*options)))); });
    });
    auto* cancel = event->add_subcommand("cancel", "end an event now");
    cancel->add_option("id", options->id)->required();
    cancel->callback([=, &status] {
        status = guarded([&] { return print_reply(call_gateway(options->url, "DELETE", target_of(*options), "")); });
    });
    auto* show = event->add_subcommand("show", "one event with what was delivered");
    show->add_option("id", options->id)->required();
    show->callback([=, &status] {
        status = guarded([&] { return print_reply(call_gateway(options->url, "GET", target_of(*options), "")); });
    });
    auto* list = event->add_subcommand("list", "all events");
    list->callback([=, &status] {
        status = guarded([&] { return print_reply(call_gateway(options->url, "GET", "/events", "")); });
    });
}

}  // namespace busbar::cli
