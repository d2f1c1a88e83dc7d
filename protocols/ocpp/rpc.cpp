// Reading is forgiving in nothing but what the standard forgives; what cannot be read is answered with the id "-1"
// unless the frame shows that it is an answer itself: an answer is never answered.
#include "protocols/ocpp/rpc.hpp"

#include <array>
#include <charconv>
#include <vector>

#include "protocols/wire/json.hpp"

namespace busbar::ocpp {
namespace {

struct Code {
    std::string_view v201;
    std::string_view v16;
};
// In the order of ErrorCode.
constexpr std::array<Code, 12> codes{{
    {"FormatViolation", "FormationViolation"},
    {"GenericError", "GenericError"},
    {"InternalError", "InternalError"},
    {"MessageTypeNotSupported", "GenericError"},
    {"NotImplemented", "NotImplemented"},
    {"NotSupported", "NotSupported"},
    {"OccurrenceConstraintViolation", "OccurenceConstraintViolation"},
    {"PropertyConstraintViolation", "PropertyConstraintViolation"},
    {"ProtocolError", "ProtocolError"},
    {"RpcFrameworkError", "GenericError"},
    {"SecurityError", "SecurityError"},
    {"TypeConstraintViolation", "TypeConstraintViolation"},
}};

constexpr std::size_t description_limit = 255;

// The message type that the first characters announce; 0 if they announce none.
int announced_type(std::string_view frame) {
    const auto open = frame.find_first_not_of(" \t\r\n");
    if (open == std::string_view::npos || frame[open] != '[') return 0;
    const auto digit = frame.find_first_not_of(" \t\r\n", open + 1);
    if (digit == std::string_view::npos) return 0;
    int type = 0;
    std::from_chars(frame.data() + digit, frame.data() + frame.size(), type);
    return type;
}

Received unreadable(Received received, ErrorCode fault, std::string text) {
    received.kind = Received::Kind::unreadable;
    received.fault = fault;
    received.text = std::move(text);
    return received;
}

bool is_object(std::string_view json) {
    return json.size() >= 2 && json.front() == '{';
}

Received read_call(Received received, const std::vector<std::string_view>& members) {
    if (members.size() != 4) {
        return unreadable(std::move(received), ErrorCode::rpc_framework_error,
                          "a CALL has 4 members, this one " + std::to_string(members.size()));
    }
    const auto action = wire::json_string(members[2]);
    if (!action || action->empty()) {
        return unreadable(std::move(received), ErrorCode::rpc_framework_error, "the action of a CALL is a string");
    }
    if (!is_object(members[3])) {
        return unreadable(std::move(received), ErrorCode::format_violation, "the payload of a CALL is an object");
    }
    received.kind = Received::Kind::call;
    received.action = *action;
    received.payload = members[3];
    return received;
}

Received read_result(Received received, const std::vector<std::string_view>& members) {
    if (members.size() != 3) {
        return unreadable(std::move(received), ErrorCode::rpc_framework_error, "a CALLRESULT has 3 members");
    }
    received.kind = Received::Kind::result;
    received.payload = members[2] == "null" ? std::string_view("{}") : members[2];  // some stations mean {} by null
    return received;
}

Received read_error(Received received, const std::vector<std::string_view>& members) {
    if (members.size() < 3) {
        return unreadable(std::move(received), ErrorCode::rpc_framework_error, "a CALLERROR has 5 members");
    }
    received.kind = Received::Kind::error;
    received.code = wire::json_string(members[2]).value_or("");
    if (members.size() > 3) received.description = wire::json_string(members[3]).value_or("");
    if (members.size() > 4) received.details = members[4];
    return received;
}

// At most `limit` characters of UTF-8 text.
std::string_view cut(std::string_view text, std::size_t limit) {
    std::size_t characters = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool starts = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
        if (starts && characters++ == limit) return text.substr(0, i);
    }
    return text;
}

}  // namespace

std::string_view subprotocol_of(Version version) {
    return version == Version::v16 ? "ocpp1.6" : "ocpp2.0.1";
}

std::string_view name_of(ErrorCode code, Version version) {
    const Code& names = codes[static_cast<std::size_t>(code)];
    return version == Version::v16 ? names.v16 : names.v201;
}

std::optional<ErrorCode> error_code(std::string_view name) {
    for (std::size_t i = 0; i < codes.size(); ++i) {
        if (codes[i].v201 == name || codes[i].v16 == name) return static_cast<ErrorCode>(i);
    }
    return std::nullopt;
}

ErrorCode error_code(wire::Fault fault) {
    switch (fault) {
        case wire::Fault::syntax:
        case wire::Fault::too_large:
        case wire::Fault::too_deep:
            return ErrorCode::format_violation;
        case wire::Fault::wrong_type:
        case wire::Fault::bad_format:
            return ErrorCode::type_constraint_violation;
        case wire::Fault::missing:
        case wire::Fault::duplicate:
        case wire::Fault::too_few:
        case wire::Fault::too_many:
        case wire::Fault::bad_choice:
            return ErrorCode::occurrence_constraint_violation;
        case wire::Fault::out_of_range:
        case wire::Fault::too_short:
        case wire::Fault::too_long:
        case wire::Fault::not_in_enum:
            return ErrorCode::property_constraint_violation;
        case wire::Fault::unknown_type:
            return ErrorCode::protocol_error;
    }
    return ErrorCode::generic_error;
}

Received read_frame(std::string_view frame, const RpcLimits& limits) {
    Received received;
    const int announced = announced_type(frame);
    received.answerable = announced != 3 && announced != 4;
    std::vector<std::string_view> members;
    const wire::Limits json_limits{limits.bytes, limits.depth, 1 << 16};
    if (const auto failure = wire::split_json_array(frame, members, json_limits)) {
        return unreadable(std::move(received), ErrorCode::rpc_framework_error, failure->text());
    }
    int type = 0;
    const bool is_number =
        !members.empty() && std::from_chars(members[0].data(), members[0].data() + members[0].size(), type).ptr ==
                                members[0].data() + members[0].size();
    if (!is_number) {
        return unreadable(std::move(received), ErrorCode::rpc_framework_error, "the first member is the message type");
    }
    if (type < 2 || type > 4) {
        received.kind = Received::Kind::ignored;
        received.text = "message type " + std::to_string(type);
        return received;
    }
    const auto id = members.size() > 1 ? wire::json_string(members[1]) : std::nullopt;
    if (!id || id->empty() || id->size() > limits.id_length) {
        return unreadable(std::move(received), ErrorCode::rpc_framework_error,
                          "the message id is a string of 1 to " + std::to_string(limits.id_length) + " characters");
    }
    received.id = *id;
    if (type == 2) return read_call(std::move(received), members);
    return type == 3 ? read_result(std::move(received), members) : read_error(std::move(received), members);
}

std::string call_frame(std::string_view id, std::string_view action, std::string_view payload) {
    std::string frame = "[2,";
    frame.reserve(payload.size() + id.size() + action.size() + 12);
    wire::append_json_string(frame, id);
    frame += ',';
    wire::append_json_string(frame, action);
    frame += ',';
    frame += payload;
    return frame += ']';
}

std::string result_frame(std::string_view id, std::string_view payload) {
    std::string frame = "[3,";
    frame.reserve(payload.size() + id.size() + 10);
    wire::append_json_string(frame, id);
    frame += ',';
    frame += payload;
    return frame += ']';
}

std::string error_frame(std::string_view id, Version version, ErrorCode code, std::string_view description,
                        std::string_view details) {
    std::string frame = "[4,";
    wire::append_json_string(frame, id);
    frame += ',';
    wire::append_json_string(frame, name_of(code, version));
    frame += ',';
    wire::append_json_string(frame, cut(description, description_limit));
    frame += ',';
    frame += details.empty() ? std::string_view("{}") : details;
    return frame += ']';
}

std::string error_details(const wire::Error& error) {
    std::string details = "{\"path\":";
    wire::append_json_string(details, error.path);
    details += ",\"fault\":";
    wire::append_json_string(details, wire::name_of(error.fault));
    details += ",\"expected\":";
    wire::append_json_string(details, error.detail);
    return details += '}';
}

}  // namespace busbar::ocpp
