// pugixml by hand, reading: the tree, then each element's children in turn, compared with the names that may stand
// there. Prefixes are resolved by the declarations of the root, which is where senders put them.
#include <charconv>
#include <cstring>
#include <memory>
#include <pugixml.hpp>

#include "protocols/wire/json.hpp"
#include "protocols/wire/scalar.hpp"
#include "tests/bench/floor_codec.hpp"

namespace busbar::bench::floor {

namespace {

namespace v2b = openadr::v2b;
namespace sep = ieee2030_5::sep;
using pugi::xml_attribute;
using pugi::xml_node;

constexpr unsigned flags = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol | pugi::parse_wconv_attribute |
                           pugi::parse_ws_pcdata_single | pugi::parse_embed_pcdata;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

template <class Number>
requires std::is_arithmetic_v<Number>
bool get(std::string_view text, Number& out) {
    text = trimmed(text);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
    return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool get(std::string_view text, bool& out) {
    text = trimmed(text);
    out = text == "true" || text == "1";
    return out || text == "false" || text == "0";
}

template <class Int, Int Low, Int High>
bool get(std::string_view text, wire::Whole<Int, Low, High>& out) {
    return get(text, out.value) && out.value >= Low && out.value <= High;
}

template <std::size_t Max, std::size_t Min>
bool get(std::string_view text, wire::Text<Max, Min>& out) {
    if (text.size() > Max && wire::code_points(text) > Max) return false;
    if (Min > 0 && wire::code_points(text) < Min) return false;
    out.assign(text);
    return true;
}

template <std::size_t Max>
bool get(std::string_view text, wire::Hex<Max>& out) {
    text = trimmed(text);
    if (text.size() > 2 * Max) return false;
    for (const char c : text) {
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'))) return false;
    }
    out.assign(text);
    return true;
}

bool get(std::string_view text, wire::DateTime& out) {
    const auto parsed = wire::parse_date_time(trimmed(text));
    if (parsed) out = *parsed;
    return parsed.has_value();
}

bool get(std::string_view text, wire::Duration& out) {
    const auto parsed = wire::parse_duration(trimmed(text));
    if (parsed) out = *parsed;
    return parsed.has_value();
}

template <class T>
bool get(std::string_view text, std::optional<T>& out) {
    return !out && get(text, out.emplace());
}

// Text that comes in parts has comments or CDATA sections between them.
std::string text_in_parts(xml_node node) {
    std::string text = node.value();
    for (const xml_node part : node) {
        if (part.type() != pugi::node_element) text += part.value();
    }
    return text;
}

bool get_text(xml_node node, auto& out) {
    return node.first_child() ? get(text_in_parts(node), out) : get(node.value(), out);
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20 && c != '\t' && c != '\n' && c != '\r';
}

// XML has no control characters but blanks.
bool has_control(std::string_view text) {
    const char* at = text.data();
    const char* end = at + text.size();
    for (; end - at >= 8; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        if (((word - 0x2020202020202020) & ~word & 0x8080808080808080) == 0) continue;
        for (int i = 0; i < 8; ++i) {
            if (is_control(at[i])) return true;
        }
    }
    for (; at != end; ++at) {
        if (is_control(*at)) return true;
    }
    return false;
}

// What the root declares: prefixes and which of our namespaces they mean.
class Prefixes {
  public:
    explicit Prefixes(xml_node root) {
        for (const xml_attribute each : root.attributes()) {
            const std::string_view name = each.name();
            if (name == "xmlns") {
                known_.push_back({"", each.value()});
            } else if (name.starts_with("xmlns:")) {
                known_.push_back({name.substr(6), each.value()});
            }
        }
    }
    bool is(std::string_view prefix, const wire::Namespace& wanted) const {
        for (const auto& each : known_) {
            if (each.prefix == prefix) return each.uri == wanted.uri;
        }
        return false;
    }

  private:
    struct Known {
        std::string_view prefix, uri;
    };
    std::vector<Known> known_;
};

class Reader {
  public:
    Reader(xml_node root, std::string& where) : prefixes_(root), where_(where) {}

    bool read(xml_node node, sep::DERControlList& out) {
        if (!is(node, "DERControlList", sep::sep_ns)) return fail("");
        for (const xml_attribute each : node.attributes()) {
            const std::string_view name = each.name();
            if (name == "href"           ? !get(each.value(), out.href.value)
                : name == "subscribable" ? !get(each.value(), out.subscribable.value)
                : name == "all"          ? !get(each.value(), out.all.value)
                                         : name == "results" && !get(each.value(), out.results.value)) {
                return fail(name);
            }
        }
        for (const xml_node child : node) {
            if (!is(child, "DERControl", sep::sep_ns)) continue;
            if (!read(child, out.DERControl.emplace_back())) return false;
        }
        return true;
    }

    bool read(xml_node node, v2b::OadrDistributeEvent& out) {
        if (!is(node, "oadrDistributeEvent", v2b::oadr)) return fail("");
        for (const xml_attribute each : node.attributes()) {
            const std::string_view name = each.name(), local = name.substr(name.find(':') + 1);
            if (local != "schemaVersion" || local.size() == name.size()) continue;
            if (!prefixes_.is(name.substr(0, name.find(':')), v2b::ei)) continue;
            if (!get(each.value(), out.schemaVersion.value)) return fail(name);
        }
        bool request = false, vtn = false;
        for (const xml_node child : node) {
            if (is(child, "oadrEvent", v2b::oadr)) {
                if (out.oadrEvent.size() == v2b::max_events || !read(child, out.oadrEvent.emplace_back())) return false;
            } else if (is(child, "eiResponse", v2b::ei)) {
                if (out.eiResponse || !read(child, out.eiResponse.emplace())) return fail("eiResponse");
            } else if (is(child, "requestID", v2b::pyld)) {
                if (!once(child, request, out.requestID)) return false;
            } else if (is(child, "vtnID", v2b::ei)) {
                if (!once(child, vtn, out.vtnID)) return false;
            }
        }
        return (request && vtn) || fail("requestID, vtnID");
    }

  private:
    bool is(xml_node node, std::string_view local, const wire::Namespace& wanted) const {
        const std::string_view name = node.name();
        if (name.size() < local.size() || name.substr(name.size() - local.size()) != local) return false;
        if (name.size() == local.size()) return prefixes_.is("", wanted);
        const std::size_t colon = name.size() - local.size() - 1;
        return name[colon] == ':' && prefixes_.is(name.substr(0, colon), wanted);
    }

    // ---- 2030.5 ----------------------------------------------------------------------------------------------------

    bool read(xml_node node, sep::DERControl& out) {
        for (const xml_attribute each : node.attributes()) {
            const std::string_view name = each.name();
            if (name == "href"               ? !get(each.value(), out.href.value)
                : name == "replyTo"          ? !get(each.value(), out.replyTo.value)
                : name == "responseRequired" ? !get(each.value(), out.responseRequired.value)
                                             : name == "subscribable" && !get(each.value(), out.subscribable.value)) {
                return fail(name);
            }
        }
        bool id = false, created = false, status = false, interval = false, base = false;
        for (const xml_node child : node) {
            const std::string_view name = child.name();
            bool good = true;
            if (!prefixes_.is("", sep::sep_ns)) continue;
            if (name == "mRID") {
                good = once(child, id, out.mRID);
            } else if (name == "description") {
                good = get_text(child, out.description);
            } else if (name == "version") {
                good = get_text(child, out.version);
            } else if (name == "creationTime") {
                good = once(child, created, out.creationTime);
            } else if (name == "EventStatus") {
                good = !std::exchange(status, true) && read(child, out.EventStatus);
            } else if (name == "interval") {
                good = !std::exchange(interval, true) && read(child, out.interval);
            } else if (name == "randomizeDuration") {
                good = get_text(child, out.randomizeDuration);
            } else if (name == "randomizeStart") {
                good = get_text(child, out.randomizeStart);
            } else if (name == "DERControlBase") {
                good = !std::exchange(base, true) && read(child, out.DERControlBase);
            } else if (name == "deviceCategory") {
                good = get_text(child, out.deviceCategory);
            }
            if (!good) return fail(name);
        }
        return (id && created && status && interval && base) || fail("DERControl");
    }

    bool read(xml_node node, sep::EventStatus& out) {
        bool status = false, time = false, superseded = false;
        for (const xml_node child : node) {
            const std::string_view name = child.name();
            bool good = true;
            if (!prefixes_.is("", sep::sep_ns)) continue;
            if (name == "currentStatus") {
                good = once(child, status, out.currentStatus);
            } else if (name == "dateTime") {
                good = once(child, time, out.dateTime);
            } else if (name == "potentiallySuperseded") {
                good = once(child, superseded, out.potentiallySuperseded);
            } else if (name == "potentiallySupersededTime") {
                good = get_text(child, out.potentiallySupersededTime);
            } else if (name == "reason") {
                good = get_text(child, out.reason);
            }
            if (!good) return fail(name);
        }
        return (status && time && superseded) || fail("EventStatus");
    }

    bool read(xml_node node, sep::DateTimeInterval& out) {
        return both(node, "duration", out.duration, "start", out.start);
    }
    bool read(xml_node node, sep::ActivePower& out) {
        return both(node, "multiplier", out.multiplier, "value", out.value);
    }
    bool read(xml_node node, sep::Quantity& out) {
        return both(node, "multiplier", out.multiplier, "value", out.value);
    }
    bool read(xml_node node, sep::FixedVar& out) { return both(node, "refType", out.refType, "value", out.value); }

    bool both(xml_node node, std::string_view one, auto& first, std::string_view other, auto& second) {
        bool has_first = false, has_second = false;
        for (const xml_node child : node) {
            const std::string_view name = child.name();
            if (!prefixes_.is("", sep::sep_ns)) continue;
            if (name == one ? !once(child, has_first, first) : name == other && !once(child, has_second, second)) {
                return false;
            }
        }
        return (has_first && has_second) || fail(one);
    }

    bool read(xml_node node, sep::Link& out) {
        const xml_attribute href = node.attribute("href");
        return (href && get(href.value(), out.href.value)) || fail("href");
    }

    template <class T>
    bool may(xml_node child, std::optional<T>& out) {
        return !out && read(child, out.emplace());
    }

    bool read(xml_node node, sep::DERControlBase& out) {
        for (const xml_node child : node) {
            const std::string_view name = child.name();
            if (const auto colon = name.find(':'); colon != std::string_view::npos) {
                if (!prefixes_.is(name.substr(0, colon), sep::csipaus_ns)) continue;
                if (!read_limit(child, name.substr(colon + 1), out)) return fail(name);
                continue;
            }
            if (!prefixes_.is("", sep::sep_ns)) continue;
            bool good = true;
            if (name == "opModConnect") {
                good = get_text(child, out.opModConnect);
            } else if (name == "opModEnergize") {
                good = get_text(child, out.opModEnergize);
            } else if (name == "opModFixedVar") {
                good = may(child, out.opModFixedVar);
            } else if (name == "opModFixedW") {
                good = get_text(child, out.opModFixedW);
            } else if (name == "opModFreqWatt") {
                good = may(child, out.opModFreqWatt);
            } else if (name == "opModMaxLimW") {
                good = get_text(child, out.opModMaxLimW);
            } else if (name == "opModTargetVar") {
                good = may(child, out.opModTargetVar);
            } else if (name == "opModTargetW") {
                good = may(child, out.opModTargetW);
            } else if (name == "opModVoltVar") {
                good = may(child, out.opModVoltVar);
            } else if (name == "opModVoltWatt") {
                good = may(child, out.opModVoltWatt);
            } else if (name == "rampTms") {
                good = get_text(child, out.rampTms);
            }
            if (!good) return fail(name);
        }
        return true;
    }

    bool read_limit(xml_node child, std::string_view name, sep::DERControlBase& out) {
        if (name == "opModImpLimW") return may(child, out.opModImpLimW);
        if (name == "opModExpLimW") return may(child, out.opModExpLimW);
        if (name == "opModGenLimW") return may(child, out.opModGenLimW);
        if (name == "opModLoadLimW") return may(child, out.opModLoadLimW);
        return true;
    }

    // ---- OpenADR 2.0b ----------------------------------------------------------------------------------------------

    bool read(xml_node node, v2b::EiResponse& out) {
        bool code = false, request = false;
        for (const xml_node child : node) {
            if (is(child, "responseCode", v2b::ei)) {
                if (!once(child, code, out.responseCode)) return false;
            } else if (is(child, "responseDescription", v2b::ei)) {
                if (!get_text(child, out.responseDescription)) return fail("responseDescription");
            } else if (is(child, "requestID", v2b::pyld)) {
                if (!once(child, request, out.requestID)) return false;
            }
        }
        return (code && request) || fail("eiResponse");
    }

    bool read(xml_node node, v2b::OadrEvent& out) {
        bool event = false, response = false;
        for (const xml_node child : node) {
            if (is(child, "eiEvent", v2b::ei)) {
                if (std::exchange(event, true) || !read(child, out.eiEvent)) return false;
            } else if (is(child, "oadrResponseRequired", v2b::oadr)) {
                if (!once(child, response, out.oadrResponseRequired)) return false;
            }
        }
        return (event && response) || fail("oadrEvent");
    }

    bool read(xml_node node, v2b::EiEvent& out) {
        bool descriptor = false, period = false, signals = false, target = false;
        for (const xml_node child : node) {
            if (is(child, "eventDescriptor", v2b::ei)) {
                if (std::exchange(descriptor, true) || !read(child, out.eventDescriptor)) return false;
            } else if (is(child, "eiActivePeriod", v2b::ei)) {
                if (std::exchange(period, true) || !read(child, out.eiActivePeriod)) return false;
            } else if (is(child, "eiEventSignals", v2b::ei)) {
                if (std::exchange(signals, true) || !read(child, out.eiEventSignals)) return false;
            } else if (is(child, "eiTarget", v2b::ei)) {
                if (std::exchange(target, true) || !read(child, out.eiTarget)) return false;
            }
        }
        return (descriptor && period && signals && target) || fail("eiEvent");
    }

    bool read(xml_node node, v2b::EventDescriptor& out) {
        bool id = false, number = false, context = false, created = false, status = false;
        for (const xml_node child : node) {
            bool good = true;
            if (is(child, "eventID", v2b::ei)) {
                good = once(child, id, out.eventID);
            } else if (is(child, "modificationNumber", v2b::ei)) {
                good = once(child, number, out.modificationNumber);
            } else if (is(child, "modificationDateTime", v2b::ei)) {
                good = get_text(child, out.modificationDateTime);
            } else if (is(child, "modificationReason", v2b::ei)) {
                good = get_text(child, out.modificationReason);
            } else if (is(child, "priority", v2b::ei)) {
                good = get_text(child, out.priority);
            } else if (is(child, "eiMarketContext", v2b::ei)) {
                for (const xml_node inner : child) {
                    if (!is(inner, "marketContext", v2b::emix)) continue;
                    good = once(inner, context, out.eiMarketContext.marketContext) && good;
                }
            } else if (is(child, "createdDateTime", v2b::ei)) {
                good = once(child, created, out.createdDateTime);
            } else if (is(child, "eventStatus", v2b::ei)) {
                good = once(child, status, out.eventStatus);
            } else if (is(child, "testEvent", v2b::ei)) {
                good = get_text(child, out.testEvent);
            } else if (is(child, "vtnComment", v2b::ei)) {
                good = get_text(child, out.vtnComment);
            }
            if (!good) return fail(child.name());
        }
        return (id && number && context && created && status) || fail("eventDescriptor");
    }

    bool read(xml_node node, v2b::EiActivePeriod& out) {
        bool properties = false;
        for (const xml_node child : node) {
            if (is(child, "properties", v2b::xcal)) {
                if (std::exchange(properties, true) || !read(child, out.properties)) return false;
            } else if (is(child, "components", v2b::xcal)) {
                out.components.emplace();
            }
        }
        return properties || fail("properties");
    }

    bool read(xml_node node, v2b::Properties& out) {
        bool start = false, duration = false;
        for (const xml_node child : node) {
            if (is(child, "dtstart", v2b::xcal)) {
                if (std::exchange(start, true) || !read(child, out.dtstart)) return fail("dtstart");
            } else if (is(child, "duration", v2b::xcal)) {
                if (std::exchange(duration, true) || !read(child, out.duration)) return fail("duration");
            } else if (is(child, "tolerance", v2b::xcal)) {
                if (!read(child, out.tolerance.emplace())) return false;
            } else if (is(child, "x-eiNotification", v2b::ei)) {
                if (!may(child, out.x_eiNotification)) return fail("x-eiNotification");
            } else if (is(child, "x-eiRampUp", v2b::ei)) {
                if (!may(child, out.x_eiRampUp)) return fail("x-eiRampUp");
            } else if (is(child, "x-eiRecovery", v2b::ei)) {
                if (!may(child, out.x_eiRecovery)) return fail("x-eiRecovery");
            }
        }
        return (start && duration) || fail("properties");
    }

    bool read(xml_node node, v2b::Tolerance& out) {
        for (const xml_node child : node) {
            if (!is(child, "tolerate", v2b::xcal)) continue;
            for (const xml_node inner : child) {
                if (is(inner, "startafter", v2b::xcal) && !get_text(inner, out.tolerate.startafter)) {
                    return fail("startafter");
                }
            }
            return true;
        }
        return fail("tolerate");
    }

    // One element that holds one text.
    bool single(xml_node node, std::string_view name, const wire::Namespace& ns, auto& out) {
        bool found = false;
        for (const xml_node child : node) {
            if (is(child, name, ns) && !once(child, found, out)) return false;
        }
        return found || fail(name);
    }
    bool read(xml_node node, v2b::DtStart& out) { return single(node, "date-time", v2b::xcal, out.date_time); }
    bool read(xml_node node, v2b::DurationProp& out) { return single(node, "duration", v2b::xcal, out.duration); }
    bool read(xml_node node, v2b::Uid& out) { return single(node, "text", v2b::xcal, out.text); }
    bool read(xml_node node, v2b::PayloadFloat& out) { return single(node, "value", v2b::ei, out.value); }
    bool read(xml_node node, v2b::Asset& out) { return single(node, "mrid", v2b::power, out.mrid); }

    bool read(xml_node node, v2b::EiEventSignals& out) {
        for (const xml_node child : node) {
            if (!is(child, "eiEventSignal", v2b::ei)) continue;
            if (out.eiEventSignal.size() == v2b::max_members) return fail("eiEventSignal");
            if (!read(child, out.eiEventSignal.emplace_back())) return false;
        }
        return !out.eiEventSignal.empty() || fail("eiEventSignal");
    }

    bool read(xml_node node, v2b::EiEventSignal& out) {
        bool intervals = false, name = false, type = false, id = false;
        for (const xml_node child : node) {
            bool good = true;
            if (is(child, "intervals", v2b::strm)) {
                good = !std::exchange(intervals, true) && read(child, out.intervals);
            } else if (is(child, "eiTarget", v2b::ei)) {
                good = may(child, out.eiTarget);
            } else if (is(child, "signalName", v2b::ei)) {
                good = once(child, name, out.signalName);
            } else if (is(child, "signalType", v2b::ei)) {
                good = once(child, type, out.signalType);
            } else if (is(child, "signalID", v2b::ei)) {
                good = once(child, id, out.signalID);
            } else if (is(child, "powerReal", v2b::power)) {
                good = may(child, out.powerReal);
            } else if (is(child, "currentValue", v2b::ei)) {
                good = may(child, out.currentValue);
            }
            if (!good) return fail(child.name());
        }
        return (intervals && name && type && id) || fail("eiEventSignal");
    }

    bool read(xml_node node, v2b::CurrentValue& out) {
        for (const xml_node child : node) {
            if (is(child, "payloadFloat", v2b::ei)) return read(child, out.payloadFloat);
        }
        return fail("payloadFloat");
    }

    bool read(xml_node node, v2b::PowerItem& out) {
        bool description = false, units = false, scale = false, attributes = false;
        for (const xml_node child : node) {
            bool good = true;
            if (is(child, "itemDescription", v2b::power)) {
                good = once(child, description, out.itemDescription);
            } else if (is(child, "itemUnits", v2b::power)) {
                good = once(child, units, out.itemUnits);
            } else if (is(child, "siScaleCode", v2b::scale)) {
                good = once(child, scale, out.siScaleCode);
            } else if (is(child, "powerAttributes", v2b::power)) {
                good = !std::exchange(attributes, true) && read(child, out.powerAttributes);
            }
            if (!good) return fail(child.name());
        }
        return (description && units && scale && attributes) || fail("powerReal");
    }

    bool read(xml_node node, v2b::PowerAttributes& out) {
        bool hertz = false, voltage = false, ac = false;
        for (const xml_node child : node) {
            bool good = true;
            if (is(child, "hertz", v2b::power)) {
                good = once(child, hertz, out.hertz);
            } else if (is(child, "voltage", v2b::power)) {
                good = once(child, voltage, out.voltage);
            } else if (is(child, "ac", v2b::power)) {
                good = once(child, ac, out.ac);
            }
            if (!good) return fail(child.name());
        }
        return (hertz && voltage && ac) || fail("powerAttributes");
    }

    bool read(xml_node node, v2b::Intervals& out) {
        for (const xml_node child : node) {
            if (!is(child, "interval", v2b::ei)) continue;
            if (out.interval.size() == v2b::max_intervals) return fail("interval");
            if (!read(child, out.interval.emplace_back())) return false;
        }
        return !out.interval.empty() || fail("interval");
    }

    bool read(xml_node node, v2b::Interval& out) {
        for (const xml_node child : node) {
            bool good = true;
            if (is(child, "dtstart", v2b::xcal)) {
                good = may(child, out.dtstart);
            } else if (is(child, "duration", v2b::xcal)) {
                good = may(child, out.duration);
            } else if (is(child, "uid", v2b::xcal)) {
                good = may(child, out.uid);
            } else if (is(child, "signalPayload", v2b::ei)) {
                good = out.signalPayload.size() < v2b::max_members;
                auto& payload = out.signalPayload.emplace_back();
                for (const xml_node inner : child) {
                    if (is(inner, "payloadFloat", v2b::ei)) good = may(inner, payload.payloadFloat) && good;
                }
            }
            if (!good) return fail(child.name());
        }
        return true;
    }

    bool read(xml_node node, v2b::EiTarget& out) {
        for (const xml_node child : node) {
            bool good = true;
            if (is(child, "endDeviceAsset", v2b::power)) {
                good = out.endDeviceAsset.size() < v2b::max_members && read(child, out.endDeviceAsset.emplace_back());
            } else if (is(child, "groupID", v2b::ei)) {
                good = add(child, out.groupID);
            } else if (is(child, "groupName", v2b::ei)) {
                good = add(child, out.groupName);
            } else if (is(child, "resourceID", v2b::ei)) {
                good = add(child, out.resourceID);
            } else if (is(child, "venID", v2b::ei)) {
                good = add(child, out.venID);
            } else if (is(child, "partyID", v2b::ei)) {
                good = add(child, out.partyID);
            }
            if (!good) return fail(child.name());
        }
        return true;
    }

    // ---- all -------------------------------------------------------------------------------------------------------

    bool add(xml_node child, wire::List<v2b::Id, 0, v2b::max_members>& out) {
        return out.size() < v2b::max_members && get_text(child, out.emplace_back());
    }
    bool once(xml_node child, bool& seen, auto& out) {
        return (!std::exchange(seen, true) && get_text(child, out)) || fail(child.name());
    }
    bool fail(std::string_view where) {
        if (where_.empty()) where_ = where;
        return false;
    }

    Prefixes prefixes_;
    std::string& where_;
};

template <class T>
bool read_text(std::string_view text, T& out, std::string& where) {
    if (text.size() > wire::Limits{}.bytes || !wire::is_utf8(text) || has_control(text)) return false;
    const auto bytes = std::make_unique_for_overwrite<char[]>(text.size());
    std::memcpy(bytes.get(), text.data(), text.size());
    pugi::xml_document document;
    if (!document.load_buffer_inplace(bytes.get(), text.size(), flags, pugi::encoding_utf8)) return false;
    const xml_node root = document.document_element();
    return Reader(root, where).read(root, out);
}

}  // namespace

bool read(std::string_view text, sep::DERControlList& out, std::string& where) {
    return read_text(text, out, where);
}
bool read(std::string_view text, v2b::OadrDistributeEvent& out, std::string& where) {
    return read_text(text, out, where);
}

}  // namespace busbar::bench::floor
