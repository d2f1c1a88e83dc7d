// Any bytes as an XML document. The first line names the record: a test record, a resource of 2030.5, "oadr" for a
// message of OpenADR 2.0b, or "root" for a look at the root element alone; 2030.5 is read as leniently as the server
// reads it, and so is what has "lenient" after its name. What reads must be valid, and what is written of it must read
// and be written the same.
#include <map>

#include "protocols/ieee2030_5/records_der.hpp"
#include "protocols/ieee2030_5/records_draft.hpp"
#include "protocols/ieee2030_5/records_metering.hpp"
#include "protocols/openadr/v2b/message.hpp"
#include "protocols/wire/check.hpp"
#include "protocols/wire/test_records.hpp"
#include "protocols/wire/xml.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

template <class T>
void read_and_write(std::string_view text, bool lenient) {
    wire::XmlOptions options;
    options.any_namespace = options.any_case = lenient;
    T first{};
    if (wire::from_xml(text, first, options)) return;
    require(!wire::check(first));
    wire::XmlRoot root;
    require(lenient || !wire::read_xml_root(text, root));
    const std::string written = wire::to_xml(first);
    T second{};
    require(!wire::from_xml(written, second) && wire::to_xml(second) == written);
}

void message(std::string_view text, bool) {
    openadr::v2b::Message first, second;
    if (openadr::v2b::read_message(text, first)) return;
    require(!openadr::v2b::name_of(first.payload).empty());
    const std::string written = openadr::v2b::write_message(first);
    require(!openadr::v2b::read_message(written, second) && openadr::v2b::write_message(second) == written);
}

void root_alone(std::string_view text, bool) {
    wire::XmlRoot root;
    (void)wire::read_xml_root(text, root);
}

using Target = void (*)(std::string_view text, bool lenient);
#define ONE(space, type) \
    { #space "/" #type, read_and_write < space::type> }

namespace test = wire::test;
namespace sep = ieee2030_5::sep;

const std::map<std::string_view, Target> records = {
    {"root", root_alone},
    {"oadr", message},
    ONE(test, Everything),
    ONE(test, Numbers),
    ONE(test, Texts),
    ONE(test, Schedule),
    ONE(test, Alias),
    ONE(test, Target),
    ONE(test, Resource),
    ONE(sep, DeviceCapability),
    ONE(sep, Time),
    ONE(sep, EndDevice),
    ONE(sep, EndDeviceList),
    ONE(sep, Registration),
    ONE(sep, ConnectionPoint),
    ONE(sep, FunctionSetAssignmentsList),
    ONE(sep, LogEvent),
    ONE(sep, DERList),
    ONE(sep, DERCapability),
    ONE(sep, DERSettings),
    ONE(sep, DERStatus),
    ONE(sep, DERAvailability),
    ONE(sep, DERProgramList),
    ONE(sep, DERControlList),
    ONE(sep, DefaultDERControl),
    ONE(sep, DERControlResponse),
    ONE(sep, MirrorUsagePoint),
    ONE(sep, MirrorUsagePointList),
    ONE(sep, MirrorMeterReading),
    ONE(sep, MirrorMeterReadingList),
    ONE(sep, Error),
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    std::string_view options = fuzz::cut(text, '\n');
    const std::string_view name = fuzz::cut(options, ' ');
    const auto record = records.find(name);
    if (record != records.end()) record->second(text, name.starts_with("sep/") || options == "lenient");
    return 0;
}
