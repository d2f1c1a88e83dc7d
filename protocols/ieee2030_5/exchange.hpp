// One request on its way to its answer: what handlers get, the answers they give, bodies and list queries. Internal.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocols/ieee2030_5/state.hpp"
#include "protocols/wire/http.hpp"
#include "protocols/wire/xml.hpp"

namespace busbar::ieee2030_5 {

// Query of a list: ?s=start&l=limit&a=after.
struct ListQuery {
    std::uint32_t start = 0;
    std::uint32_t limit = 1;            // the standard's default
    std::optional<std::int64_t> after;  // only for lists ordered by time
};

struct Exchange {
    model::Us now = 0;
    const Caller& caller;
    const http::Request& request;
    model::Changes& changes;
    Device* device = nullptr;  // the caller's own; nullptr only for an unknown caller where registration is open
    std::uint32_t id = 0;      // last number of the path that is not the device's
    ListQuery query;

    std::int64_t now_s() const;
};

inline constexpr std::string_view media_type = "application/sep+xml";

enum class Reason : std::uint16_t { invalid_format = 0, invalid_values = 1, resource_limit = 2, too_often = 4 };

// An <Error> with the words for people behind it as a comment. Leaves a notice for the operator.
http::Response refuse(Exchange& exchange, int status, Reason reason, const std::string& words);
http::Response not_found(Exchange& exchange);
http::Response created(const std::string& href);
http::Response no_content();
http::Response no_content_at(const std::string& href);  // updated, with its Location

http::Response found_body(std::string body);
http::Response found(const wire::Record& record, const void* value, std::string_view root, std::size_t size);
// `size`: bytes that the body will have, about.
template <class T>
http::Response found(const T& record, std::string_view root = {}, std::size_t size = 1024) {
    return found(record_of(wire::Tag<T>{}), &record, root, size);
}

// CORE-004: of duplicates the first counts, unknown parameters are ignored, `a` too if the list is not one of time;
// what is no number is refused (nothing).
std::optional<ListQuery> list_query(std::string_view query, bool of_time);

// Fills `all`, `results` and the page of a list record from all of its members in order.
template <class List, class Member>
void fill_page(List& list, wire::List<Member>& page, std::vector<Member> members, const ListQuery& query,
               std::uint32_t most) {
    list.all = sep::Maybe<std::uint32_t>(static_cast<std::uint32_t>(members.size()));
    const std::size_t first = std::min<std::size_t>(query.start, members.size());
    const std::size_t count = std::min<std::size_t>({query.limit, most, members.size() - first});
    for (std::size_t i = 0; i < count; ++i) page.push_back(std::move(members[first + i]));
    list.results = sep::Maybe<std::uint32_t>(static_cast<std::uint32_t>(count));
}

sep::Link link_to(std::string href);
sep::ListLink list_link_to(std::string href, std::size_t all);

// Reads the body as `root` (in any of the namespaces in the field) into the record at `value`.
wire::Failure read_body(const Exchange& exchange, std::string_view root, const wire::Record& record, void* value,
                        const Policy& policy);
template <class T>
[[nodiscard]] wire::Failure read_body(const Exchange& exchange, std::string_view root, T& value, const Policy& policy) {
    return read_body(exchange, root, record_of(wire::Tag<T>{}), &value, policy);
}

}  // namespace busbar::ieee2030_5
