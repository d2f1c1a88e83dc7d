// Things by the id that names them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace busbar::model {

struct IdHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view id) const { return std::hash<std::string_view>()(id); }
};

// Found by a view of the id, without a copy of it, whether there are ten or ten thousand. It has no order that anybody
// may see; what is in it stays at its place in memory.
template <class Value>
using ById = std::unordered_map<std::string, Value, IdHash, std::equal_to<>>;

}  // namespace busbar::model
