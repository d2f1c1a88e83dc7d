// Paths in errors, and what members and choices hold: shared by the readers and check(). Internal to this folder.
#pragma once

#include <string>
#include <string_view>

#include "protocols/wire/record.hpp"

namespace busbar::wire {

// JSON pointer (RFC 6901): `~` and `/` within a name are written ~0 and ~1.
void append_path(std::string& path, std::string_view name);
void append_path(std::string& path, std::size_t index);

// Whether a member is there: an engaged optional, a list that is not empty, anything else.
inline bool is_present(const Type& type, const void* value) {
    if (type.kind == Kind::optional) return type.optional->get(value) != nullptr;
    if (type.kind == Kind::list) return type.required || type.list->size(value) > 0;
    return true;
}
inline const void* member_of(const Field& field, const void* record) {
    return static_cast<const char*>(record) + field.offset;
}
inline void* member_of(const Field& field, void* record) {
    return static_cast<char*>(record) + field.offset;
}
// The value, of the type field.held; nullptr: absent.
inline const void* held_of(const Field& field, const void* record) {
    const void* member = member_of(field, record);
    return field.maybe ? field.maybe(member) : member;
}

// Of a choice: how many of its alternatives are present (attributes are no alternatives).
std::size_t count_present(const Record& choice, const void* value);
void reset_choice(const Record& choice, void* value);  // none is present
std::string choice_detail(const Record& choice, std::size_t present);

}  // namespace busbar::wire
