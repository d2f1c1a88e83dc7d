#include "protocols/wire/path.hpp"

namespace busbar::wire {

void append_path(std::string& path, std::string_view name) {
    path += '/';
    for (const char c : name) {
        if (c == '~') {
            path += "~0";
        } else if (c == '/') {
            path += "~1";
        } else {
            path += c;
        }
    }
}

void append_path(std::string& path, std::size_t index) {
    path.append("/").append(std::to_string(index));
}

std::size_t count_present(const Record& choice, const void* value) {
    std::size_t present = 0;
    for (const Field& field : choice.all) {
        if (field.place == Place::element && is_present(*field.type, member_of(field, value))) ++present;
    }
    return present;
}

void reset_choice(const Record& choice, void* value) {
    for (const Field& field : choice.all) {
        if (field.place != Place::element) continue;
        if (field.type->kind == Kind::optional) field.type->optional->reset(member_of(field, value));
        if (field.type->kind == Kind::list) field.type->list->clear(member_of(field, value));
    }
}

std::string choice_detail(const Record& choice, std::size_t present) {
    std::string detail = present == 0 ? "none" : "more than one";
    detail += " of the alternatives, expected one of";
    const char* separator = " ";
    for (const Field& field : choice.all) {
        if (field.place != Place::element) continue;
        detail.append(separator).append(field.name);
        separator = ", ";
    }
    return detail;
}

}  // namespace busbar::wire
