// OCPP-J framing: a CALL asks, a CALLRESULT or a CALLERROR answers it, each a JSON array in one WebSocket text frame.
//
//     [2, "id", "Action", {payload}]            CALL
//     [3, "id", {payload}]                      CALLRESULT
//     [4, "id", "Code", "description", {…}]     CALLERROR
//
// Payloads are not read here: they pass as text to the version's own records.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocols/wire/error.hpp"

namespace busbar::ocpp {

enum class Version : std::uint8_t { v16, v201 };
std::string_view subprotocol_of(Version version);  // "ocpp1.6", "ocpp2.0.1"

// 2.0.1 part 4, table 8, and 1.6-J, table 7.
enum class ErrorCode : std::uint8_t {
    format_violation,
    generic_error,
    internal_error,
    message_type_not_supported,
    not_implemented,
    not_supported,
    occurrence_constraint_violation,
    property_constraint_violation,
    protocol_error,
    rpc_framework_error,
    security_error,
    type_constraint_violation,
};
// As the version spells it. 1.6 says FormationViolation and OccurenceConstraintViolation, and GenericError for the two
// codes that it does not have.
std::string_view name_of(ErrorCode code, Version version);
// Either spelling; nothing for a code that no version has.
std::optional<ErrorCode> error_code(std::string_view name);
ErrorCode error_code(wire::Fault fault);

struct RpcLimits {
    std::size_t bytes = 256 * 1024;  // of a frame
    std::size_t depth = 24;
    std::size_t id_length = 36;
};

struct Received {
    enum class Kind : std::uint8_t {
        call,
        result,
        error,
        ignored,     // a message type that this version does not know: no answer (2.0.1 part 4, 4.1.3)
        unreadable,  // not a message; `answerable` tells whether a CALLERROR is owed
    };
    Kind kind = Kind::unreadable;
    std::string id = "-1";     // "-1": could not be read
    std::string action;        // of a call
    std::string_view payload;  // of a call or a result: the text of its JSON value, within the frame
    std::string code;          // of an error, as sent
    std::string description;   // of an error
    std::string_view details;  // of an error: the text of its JSON value; "" = absent
    bool answerable = false;   // unreadable, and not evidently an answer itself
    ErrorCode fault{};         // unreadable: what to answer
    std::string text;          // unreadable: what is wrong, for people
};
Received read_frame(std::string_view frame, const RpcLimits& limits = {});

std::string call_frame(std::string_view id, std::string_view action, std::string_view payload);
std::string result_frame(std::string_view id, std::string_view payload);
// `description` is cut to 255 characters; `details` is a JSON object, "" = {}.
std::string error_frame(std::string_view id, Version version, ErrorCode code, std::string_view description,
                        std::string_view details = {});
// {"path":"/…","fault":"too long","expected":"…"}
std::string error_details(const wire::Error& error);

}  // namespace busbar::ocpp
