// The resource tree as data: one row a resource, with the methods that the standard's WADL asks for and the functions
// that serve them.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "protocols/ieee2030_5/exchange.hpp"

namespace busbar::ieee2030_5 {

using Handler = http::Response (*)(State&, Exchange&);

// What requests for a resource have to do with the answers kept of the device (rendered.hpp).
enum class Keep : std::uint8_t {
    none,   // GETs are answered anew; a write drops all that is kept
    bytes,  // the answer to a GET is kept; a write drops all that is kept
    aside,  // GETs are answered anew; what is written stands in no answer that is kept
};

struct ResourceRow {
    std::string_view name;   // of the record
    std::string_view path;   // "{d}" the device's number, "{}" another number
    std::string_view marks;  // WADL, of GET HEAD PUT POST DELETE: M mandatory, O optional, D discouraged, E error
    bool list = false;       // takes s and l
    bool after = false;      // takes a: ordered by time
    Keep keep = Keep::none;
    Handler get = nullptr;  // HEAD is served from it
    Handler put = nullptr;
    Handler post = nullptr;
    Handler erase = nullptr;
};

std::span<const ResourceRow> resource_rows();

struct Match {
    const ResourceRow* row = nullptr;  // nullptr: no such resource
    std::uint32_t device = 0;          // 0: the path names none
    std::uint32_t id = 0;
};
Match match_path(std::string_view path);  // without the prefix

Handler handler_of(const ResourceRow& row, std::string_view method);  // nullptr: not offered
std::string allowed_methods(const ResourceRow& row);                  // "GET, HEAD, PUT"

// Handlers, by the file that they stand in.
// serve_device.cpp
http::Response get_device_capability(State&, Exchange&);
http::Response get_time(State&, Exchange&);
http::Response get_end_devices(State&, Exchange&);
http::Response post_end_device(State&, Exchange&);
http::Response get_end_device(State&, Exchange&);
http::Response get_registration(State&, Exchange&);
http::Response get_assignments_list(State&, Exchange&);
http::Response get_assignments(State&, Exchange&);
http::Response get_connection_point(State&, Exchange&);
http::Response put_connection_point(State&, Exchange&);
http::Response get_log_events(State&, Exchange&);
http::Response post_log_event(State&, Exchange&);
http::Response get_log_event(State&, Exchange&);
// serve_der.cpp
http::Response get_ders(State&, Exchange&);
http::Response get_der(State&, Exchange&);
http::Response get_capability(State&, Exchange&);
http::Response put_capability(State&, Exchange&);
http::Response get_settings(State&, Exchange&);
http::Response put_settings(State&, Exchange&);
http::Response get_status(State&, Exchange&);
http::Response put_status(State&, Exchange&);
http::Response get_availability(State&, Exchange&);
http::Response put_availability(State&, Exchange&);
// serve_program.cpp
http::Response get_programs(State&, Exchange&);
http::Response get_program(State&, Exchange&);
http::Response get_controls(State&, Exchange&);
http::Response get_active_controls(State&, Exchange&);
http::Response get_control(State&, Exchange&);
http::Response get_default_control(State&, Exchange&);
http::Response get_response_sets(State&, Exchange&);
http::Response get_response_set(State&, Exchange&);
http::Response get_responses(State&, Exchange&);
http::Response post_response(State&, Exchange&);
http::Response get_response(State&, Exchange&);
// serve_mirror.cpp
http::Response get_mirrors(State&, Exchange&);
http::Response post_mirror(State&, Exchange&);
http::Response get_mirror(State&, Exchange&);
http::Response put_mirror(State&, Exchange&);
http::Response post_readings(State&, Exchange&);
http::Response delete_mirror(State&, Exchange&);

}  // namespace busbar::ieee2030_5
