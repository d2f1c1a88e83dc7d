// What the client sends: its description of itself, its mirror and readings, its responses. Internal to the folder.
#pragma once

#include <optional>
#include <string>

#include "protocols/ieee2030_5/client.hpp"

namespace busbar::ieee2030_5 {

std::string capability_body(const ClientOptions& options);
std::string settings_body(const ClientOptions& options);
std::string status_body(const ClientOptions& options, const std::optional<Measurement>& measurement,
                        std::int64_t now_s);
std::string availability_body();
std::string mirror_body(const ClientOptions& options);
std::string readings_body(const ClientOptions& options, const Measurement& measurement, std::int64_t now_s);
std::string response_body(const ClientOptions& options, const std::string& subject, std::uint8_t status,
                          std::int64_t now_s);

sep::DERCapability stated_capability(const ClientOptions& options);
sep::DERSettings stated_settings(const ClientOptions& options);

}  // namespace busbar::ieee2030_5
