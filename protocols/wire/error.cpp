#include "protocols/wire/error.hpp"

namespace busbar::wire {

std::string_view name_of(Fault fault) {
    switch (fault) {
        case Fault::syntax:
            return "syntax error";
        case Fault::too_large:
            return "too large";
        case Fault::too_deep:
            return "too deep";
        case Fault::wrong_type:
            return "wrong type";
        case Fault::missing:
            return "missing";
        case Fault::duplicate:
            return "duplicate";
        case Fault::out_of_range:
            return "out of range";
        case Fault::too_short:
            return "too short";
        case Fault::too_long:
            return "too long";
        case Fault::too_few:
            return "too few";
        case Fault::too_many:
            return "too many";
        case Fault::not_in_enum:
            return "not in the enumeration";
        case Fault::bad_format:
            return "bad format";
        case Fault::bad_choice:
            return "bad choice";
        case Fault::unknown_type:
            return "unknown type";
    }
    return "unknown fault";
}

std::string Error::text() const {
    std::string out(name_of(fault));
    if (!path.empty()) out.append(" at ").append(path);
    if (!detail.empty()) out.append(": ").append(detail);
    return out;
}

}  // namespace busbar::wire
