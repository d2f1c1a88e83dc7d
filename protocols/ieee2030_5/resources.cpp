#include "protocols/ieee2030_5/resources.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace busbar::ieee2030_5 {
namespace {

using enum Keep;

constexpr ResourceRow rows[] = {
    // name, path, marks, list, after, keep, GET, PUT, POST, DELETE
    {"DeviceCapability", "/dcap", "MMEEE", false, false, none, get_device_capability},
    {"Time", "/tm", "MMDEE", false, false, none, get_time},

    {"EndDeviceList", "/edev", "MMEOE", true, false, bytes, get_end_devices, nullptr, post_end_device},
    {"EndDevice", "/edev/{d}", "MMOEO", false, false, bytes, get_end_device},
    {"Registration", "/edev/{d}/rg", "MMOEO", false, false, bytes, get_registration},
    {"ConnectionPoint", "/edev/{d}/cp", "MMMEE", false, false, none, get_connection_point, put_connection_point},
    {"LogEventList", "/edev/{d}/lel", "MMEME", true, true, none, get_log_events, nullptr, post_log_event},
    {"LogEvent", "/edev/{d}/lel/{}", "MMOEO", false, false, none, get_log_event},
    {"FunctionSetAssignmentsList", "/edev/{d}/fsa", "MMEDE", true, false, bytes, get_assignments_list},
    {"FunctionSetAssignments", "/edev/{d}/fsa/1", "MMEED", false, false, bytes, get_assignments},

    {"DERList", "/edev/{d}/der", "MMEOE", true, false, bytes, get_ders},
    {"DER", "/edev/{d}/der/1", "MMOEO", false, false, bytes, get_der},
    {"DERCapability", "/edev/{d}/der/1/dercap", "MMMEE", false, false, none, get_capability, put_capability},
    {"DERSettings", "/edev/{d}/der/1/derg", "MMMEE", false, false, none, get_settings, put_settings},
    {"DERStatus", "/edev/{d}/der/1/ders", "MMMEE", false, false, aside, get_status, put_status},
    {"DERAvailability", "/edev/{d}/der/1/dera", "MMMEE", false, false, aside, get_availability, put_availability},
    {"AssociatedDERProgramList", "/edev/{d}/der/1/derp", "MMEOE", true, false, bytes, get_programs},
    {"CurrentDERProgram", "/edev/{d}/der/1/cdp", "MMEEO", false, false, bytes, get_program},

    {"DERProgramList", "/edev/{d}/derp", "MMEOE", true, false, bytes, get_programs},
    {"DERProgram", "/edev/{d}/derp/1", "MMEEO", false, false, bytes, get_program},
    {"DERControlList", "/edev/{d}/derp/1/derc", "MMEOE", true, true, bytes, get_controls},
    {"DERControl", "/edev/{d}/derp/1/derc/{}", "MMEEO", false, false, bytes, get_control},
    {"ActiveDERControlList", "/edev/{d}/derp/1/actderc", "MMEEE", true, true, bytes, get_active_controls},
    {"DefaultDERControl", "/edev/{d}/derp/1/dderc", "MMOEE", false, false, bytes, get_default_control},

    {"ResponseSetList", "/rsps", "OOEDE", true, false, none, get_response_sets},
    {"ResponseSet", "/rsps/{d}", "OOEED", false, false, none, get_response_set},
    {"ResponseList", "/rsps/{d}/rsp", "OOEME", true, false, aside, get_responses, nullptr, post_response},
    {"Response", "/rsps/{d}/rsp/{}", "OOEEO", false, false, none, get_response},

    {"MirrorUsagePointList", "/mup", "MMEME", true, false, aside, get_mirrors, nullptr, post_mirror},
    {"MirrorUsagePoint", "/mup/{}", "OOMMM", false, false, aside, get_mirror, put_mirror, post_readings, delete_mirror},
};

constexpr std::size_t most_segments = 6;

struct Segments {
    std::array<std::string_view, most_segments> each;
    std::size_t count = 0;  // more than there is room for: no path of ours
};

constexpr Segments segments_of(std::string_view path) {
    Segments result;
    while (!path.empty()) {
        if (path.front() != '/' || result.count == most_segments) return {{}, most_segments + 1};
        path.remove_prefix(1);
        std::size_t end = 0;
        while (end < path.size() && path[end] != '/') ++end;
        result.each[result.count++] = path.substr(0, end);
        path.remove_prefix(end);
    }
    return result;
}

constexpr auto patterns = [] {
    std::array<Segments, std::size(rows)> result;
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = segments_of(rows[i].path);
    return result;
}();

static_assert(std::all_of(patterns.begin(), patterns.end(),
                          [](const Segments& pattern) { return pattern.count <= most_segments; }));

// A number as we write it: no sign, no leading zero, 32 bits.
bool read_id(std::string_view text, std::uint32_t& id) {
    if (text.empty() || text.front() == '0') return false;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), id);
    return parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size();
}

// From the last segment, which tells most rows apart.
bool matches(const Segments& pattern, const Segments& path, Match& match) {
    if (pattern.count != path.count) return false;
    for (std::size_t i = pattern.count; i-- > 0;) {
        const std::string_view wanted = pattern.each[i];
        if (wanted == "{d}") {
            if (!read_id(path.each[i], match.device)) return false;
        } else if (wanted == "{}") {
            if (!read_id(path.each[i], match.id)) return false;
        } else if (wanted != path.each[i]) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::span<const ResourceRow> resource_rows() {
    return rows;
}

Match match_path(std::string_view path) {
    if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    const Segments segments = segments_of(path);
    for (std::size_t i = 0; i < patterns.size(); ++i) {
        Match match;
        if (!matches(patterns[i], segments, match)) continue;
        match.row = &rows[i];
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
