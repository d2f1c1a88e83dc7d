// Any bytes as an XML document: the first byte chooses the record and the options. What reads must be valid, and what
// is written of it must read and be written the same.
#include <cstdint>
#include <cstdlib>

#include "protocols/wire/check.hpp"
#include "protocols/wire/test_records.hpp"
#include "protocols/wire/xml.hpp"

using namespace busbar::wire;

template <class T>
void read_and_write(std::string_view text, const XmlOptions& options) {
    T first{};
    if (from_xml(text, first, options)) return;
    XmlRoot root;
    if (check(first)) std::abort();
    if (!options.any_namespace && read_xml_root(text, root)) std::abort();
    const std::string written = to_xml(first);
    T second{};
    if (from_xml(written, second) || to_xml(second) != written) std::abort();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const XmlOptions options{.any_namespace = (data[0] & 8) != 0, .any_case = (data[0] & 16) != 0};
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0] % 8) {
        case 0:
            read_and_write<test::Everything>(text, options);
            break;
        case 1:
            read_and_write<test::Numbers>(text, options);
            break;
        case 2:
            read_and_write<test::Texts>(text, options);
            break;
        case 3:
            read_and_write<test::Schedule>(text, options);
            break;
        case 4:
            read_and_write<test::Alias>(text, options);
            break;
        case 5:
            read_and_write<test::Target>(text, options);
            break;
        case 6:
            read_and_write<test::Resource>(text, options);
            break;
        default: {
            XmlRoot root;
            (void)read_xml_root(text, root);
        }
    }
    return 0;
}
