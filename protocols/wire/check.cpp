// The limits of the member types, read off the table and held against a value: what a reader enforces on input, before
// sending. Faults and paths are the same as the readers'.
#include "protocols/wire/check.hpp"

#include "protocols/wire/path.hpp"
#include "protocols/wire/scalar.hpp"

namespace busbar::wire {
namespace {

// A step of the path from the root to the value at hand; the steps stand on the call stack.
struct Step {
    const Step* up;
    std::string_view name;
    std::size_t index;
};

std::string path_to(const Step* step) {
    if (!step) return {};
    std::string path = path_to(step->up);
    if (step->name.data()) {
        append_path(path, step->name);
    } else {
        append_path(path, step->index);
    }
    return path;
}

Failure check_value(const Type& type, const void* value, const Step* step);

Failure check_list(const Type& type, const void* list, const Step* step) {
    const std::size_t size = type.list->size(list);
    Problem problem;
    if (!check_list_size(type, size, problem)) return Error{problem.fault, path_to(step), std::move(problem.detail)};
    for (std::size_t i = 0; i < size; ++i) {
        const Step member{step, {}, i};
        if (Failure failure = check_value(*type.element, type.list->at(list, i), &member)) return failure;
    }
    return std::nullopt;
}

Failure check_record(const Record& record, const void* value, const Step* step) {
    if (record.shape != Shape::sequence) {
        const std::size_t present = count_present(record, value);
        if (present != 1) return Error{Fault::bad_choice, path_to(step), choice_detail(record, present)};
    }
    for (const Field& field : record.all) {
        const Step member{step, field.name, 0};
        const void* target = member_of(field, value);
        // An alternative of a choice that is absent has no size to check.
        if (record.shape != Shape::sequence && !is_present(*field.type, target)) continue;
        if (Failure failure = check_value(*field.type, target, &member)) return failure;
    }
    return std::nullopt;
}

Failure check_value(const Type& type, const void* value, const Step* step) {
    switch (type.kind) {
        case Kind::record:
            return check_record(*type.record, value, step);
        case Kind::list:
            return check_list(type, value, step);
        case Kind::optional: {
            const void* held = type.optional->get(value);
            return held ? check_value(*type.element, held, step) : std::nullopt;
        }
        default:
            break;
    }
    Problem problem;
    if (check_scalar(type, value, problem)) return std::nullopt;
    return Error{problem.fault, path_to(step), std::move(problem.detail)};
}

}  // namespace

Failure check(const Record& record, const void* value) {
    return check_record(record, value, nullptr);
}

}  // namespace busbar::wire
