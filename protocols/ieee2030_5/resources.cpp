#include "protocols/ieee2030_5/resources.hpp"

#include <charconv>

namespace busbar::ieee2030_5 {
namespace {

constexpr ResourceRow rows[] = {
    // name, path, marks, list, after, GET, PUT, POST, DELETE
    {"DeviceCapability", "/dcap", "MMEEE", false, false, get_device_capability},
    {"Time", "/tm", "MMDEE", false, false, get_time},

    {"EndDeviceList", "/edev", "MMEOE", true, false, get_end_devices, nullptr, post_end_device},
    {"EndDevice", "/edev/{d}", "MMOEO", false, false, get_end_device},
    {"Registration", "/edev/{d}/rg", "MMOEO", false, false, get_registration},
    {"ConnectionPoint", "/edev/{d}/cp", "MMMEE", false, false, get_connection_point, put_connection_point},
    {"LogEventList", "/edev/{d}/lel", "MMEME", true, true, get_log_events, nullptr, post_log_event},
    {"LogEvent", "/edev/{d}/lel/{}", "MMOEO", false, false, get_log_event},
    {"FunctionSetAssignmentsList", "/edev/{d}/fsa", "MMEDE", true, false, get_assignments_list},
    {"FunctionSetAssignments", "/edev/{d}/fsa/1", "MMEED", false, false, get_assignments},

    {"DERList", "/edev/{d}/der", "MMEOE", true, false, get_ders},
    {"DER", "/edev/{d}/der/1", "MMOEO", false, false, get_der},
    {"DERCapability", "/edev/{d}/der/1/dercap", "MMMEE", false, false, get_capability, put_capability},
    {"DERSettings", "/edev/{d}/der/1/derg", "MMMEE", false, false, get_settings, put_settings},
    {"DERStatus", "/edev/{d}/der/1/ders", "MMMEE", false, false, get_status, put_status},
    {"DERAvailability", "/edev/{d}/der/1/dera", "MMMEE", false, false, get_availability, put_availability},
    {"AssociatedDERProgramList", "/edev/{d}/der/1/derp", "MMEOE", true, false, get_programs},
    {"CurrentDERProgram", "/edev/{d}/der/1/cdp", "MMEEO", false, false, get_program},

    {"DERProgramList", "/edev/{d}/derp", "MMEOE", true, false, get_programs},
    {"DERProgram", "/edev/{d}/derp/1", "MMEEO", false, false, get_program},
    {"DERControlList", "/edev/{d}/derp/1/derc", "MMEOE", true, true, get_controls},
    {"DERControl", "/edev/{d}/derp/1/derc/{}", "MMEEO", false, false, get_control},
    {"ActiveDERControlList", "/edev/{d}/derp/1/actderc", "MMEEE", true, true, get_active_controls},
    {"DefaultDERControl", "/edev/{d}/derp/1/dderc", "MMOEE", false, false, get_default_control},

    {"ResponseSetList", "/rsps", "OOEDE", true, false, get_response_sets},
    {"ResponseSet", "/rsps/{d}", "OOEED", false, false, get_response_set},
    {"ResponseList", "/rsps/{d}/rsp", "OOEME", true, false, get_responses, nullptr, post_response},
    {"Response", "/rsps/{d}/rsp/{}", "OOEEO", false, false, get_response},

    {"MirrorUsagePointList", "/mup", "MMEME", true, false, get_mirrors, nullptr, post_mirror},
    {"MirrorUsagePoint", "/mup/{}", "OOMMM", false, false, get_mirror, put_mirror, post_readings, delete_mirror},
};

std::string_view next_segment(std::string_view& path) {
    path.remove_prefix(1);  // the '/'
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, end);
    path.remove_prefix(end);
    return segment;
}

// A number as we write it: no sign, no leading zero, 32 bits.
bool read_id(std::string_view text, std::uint32_t& id) {
    if (text.empty() || text.front() == '0') return false;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

bool matches(const ResourceRow& row, std::string_view path, Match& match) {
    std::string_view pattern = row.path;
    while (!pattern.empty() && !path.empty()) {
        if (path.front() != '/') return false;
        const std::string_view wanted = next_segment(pattern);
        const std::string_view segment = next_segment(path);
        if (wanted == "{d}") {
            if (!read_id(segment, match.device)) return false;
        } else if (wanted == "{}") {
            if (!read_id(segment, match.id)) return false;
        } else if (wanted != segment) {
            return false;
        }
    }
    return pattern.empty() && path.empty();
}

}  // namespace

std::span<const ResourceRow> resource_rows() {
    return rows;
}

Match match_path(std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    for (const ResourceRow& row : rows) {
        Match match;
        if (!matches(row, path, match)) continue;
        match.row = &row;
        return match;
    }
    return {};
}

Handler handler_of(const ResourceRow& row, std::string_view method) {
    if (method == "GET" || method == "HEAD") return row.get;
    if (method == "PUT") return row.put;
    if (method == "POST") return row.post;
    if (method == "DELETE") return row.erase;
    return nullptr;
}

std::string allowed_methods(const ResourceRow& row) {
    std::string methods;
    for (std::string_view method : {"GET", "HEAD", "PUT", "POST", "DELETE"}) {
        if (!handler_of(row, method)) continue;
        if (!methods.empty()) methods += ", ";
        methods += method;
    }
    return methods;
}

}  // namespace busbar::ieee2030_5
