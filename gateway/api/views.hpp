// From the core's views to the interface's answers, and from its bodies to the model.
#pragma once

#include <cstdint>
#include <string>

#include "dispatch/core.hpp"
#include "gateway/api/api.hpp"
#include "gateway/api/bodies.hpp"

namespace busbar::api {

std::string hash_text(std::uint64_t hash);  // as /health shows it: 16 hexadecimal digits
NodeAnswer answer_of(const dispatch::NodeView& view);
ResourceAnswer answer_of(const dispatch::ResourceView& view, std::string protocol);
EventAnswer answer_of(const dispatch::EventView& view);
// An event as it was taken, before the core has seen it.
EventAnswer answer_of(const model::GridEvent& event, model::EventStatus status);
CommandAnswer answer_of(const dispatch::CommandView& view);
SampleAnswer answer_of(const model::Sample& sample);
DeviceAnswer answer_of(const Enrolled& device);

model::GridEvent event_of(const EventBody& body, std::string id, std::uint64_t revision, model::Us now);
model::Node node_of(const NodeBody& body, std::string id);
Enrolled enrolled_of(const DeviceBody& body);

}  // namespace busbar::api
