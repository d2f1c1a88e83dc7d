// Any bytes as a JSON message: the first byte chooses the record. What reads must be valid, and what is written of it
// must read and be written the same.
#include <cstdint>
#include <cstdlib>

#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/test_records.hpp"

using namespace busbar::wire;

template <class T>
void read_and_write(std::string_view text) {
    T first{};
    if (from_json(text, first)) return;
    if (check(first)) std::abort();
    const std::string written = to_json(first);
    T second{};
    if (from_json(written, second) || to_json(second) != written) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 8) {
        case 0:
            read_and_write<test::Everything>(text);
            break;
        case 1:
            read_and_write<test::Numbers>(text);
            break;
        case 2:
            read_and_write<test::Texts>(text);
            break;
        case 3:
            read_and_write<test::Schedule>(text);
            break;
        case 4:
            read_and_write<test::Alias>(text);
            break;
        case 5:
            read_and_write<test::Target>(text);
            break;
        case 6:
            read_and_write<test::Resource>(text);
            break;
        default: {
            std::vector<std::string_view> members;
            if (split_json_array(text, members)) break;
            std::string joined;
            for (const std::string_view member : members) joined.append(joined.empty() ? "[" : ",").append(member);
            std::vector<std::string_view> again;
            if (!members.empty() && (split_json_array(joined += ']', again) || again != members)) std::abort();
        }
    }
    return 0;
}
