// XML in and out of records over pugixml, which knows no namespaces and no DTD (so no entity bombs); namespaces are
// resolved here. Reading is lenient in order (elements may come in any), writing is strict: the order of the table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocols/wire/json.hpp"

namespace busbar::wire {

struct XmlOptions {
    Limits limits;
    bool any_namespace = false;  // true: match local names only (2030.5 clients of three namespaces); false: both
    bool any_case = false;       // true: `LFDI` and `lFDI` are the same name (attribute and element)
    std::string_view root;       // the root element's local name; another one is an unknown_type; "" = any
};

struct XmlRoot {
    std::string name;           // local name of the root element
    std::string namespace_uri;
    std::string xsi_type;       // local part; "" if absent
};
// What the document is, without reading it further.
Failure read_xml_root(std::string_view text, XmlRoot& root, const Limits& limits = {});

// Reads `text` into the record at `value`, which is value-initialised; as read_json. Paths are those that the same member
// has in JSON: "/DERControlBase/opModFixedW", "/interval/2/duration". RawJson and AnyValue stand as their JSON text; a
// list of lists has no XML form.
Failure read_xml(std::string_view text, const Record& record, void* value, const XmlOptions& options = {});

struct XmlStyle {
    bool declaration = true;                       // <?xml version="1.0" encoding="UTF-8"?>
    std::vector<const Namespace*> namespaces;      // declared on the root beside those of the record itself
    std::string_view schema_location;
};
// `root` is the name of the root element; "" = the record's name. Its namespace is the record's.
void write_xml(const Record& record, const void* value, std::string& out, std::string_view root = {},
               const XmlStyle& style = {});

template <IsRecord T>
[[nodiscard]] Failure from_xml(std::string_view text, T& value, const XmlOptions& options = {}) {
    return read_xml(text, record_of(Tag<T>{}), &value, options);
}
template <IsRecord T>
[[nodiscard]] std::string to_xml(const T& value, std::string_view root = {}, const XmlStyle& style = {}) {
    std::string out;
    write_xml(record_of(Tag<T>{}), &value, out, root, style);
    return out;
}

}  // namespace busbar::wire
