// Any bytes as a JSON message. The first line names the record: one of the test records, a payload of OCPP, an object
// of OpenADR 3, a document of the 2030.5 server, a body of the operator's interface, a value of the model; "array" is
// split into its members, as OCPP does. What reads must be valid, and what is written of it must read and be written
// the same.
#include <map>

#include "gateway/api/bodies.hpp"
#include "protocols/ieee2030_5/documents.hpp"
#include "protocols/ocpp/kept.hpp"
#include "protocols/ocpp/v16/records.hpp"
#include "protocols/ocpp/v201/charging.hpp"
#include "protocols/ocpp/v201/provisioning.hpp"
#include "protocols/ocpp/v201/transactions.hpp"
#include "protocols/openadr/v3/records.hpp"
#include "protocols/wire/check.hpp"
#include "protocols/wire/json.hpp"
#include "protocols/wire/test_records.hpp"
#include "tests/fuzz/input.hpp"

using namespace busbar;
using fuzz::require;

namespace {

template <class T>
void read_and_write(std::string_view text) {
    T first{};
    if (wire::from_json(text, first)) return;
    require(!wire::check(first));
    const std::string written = wire::to_json(first);
    T second{};
    require(!wire::from_json(written, second) && wire::to_json(second) == written);
}

void split(std::string_view text) {
    std::vector<std::string_view> members, again;
    if (wire::split_json_array(text, members)) return;
    std::string joined = "[";
    for (const std::string_view member : members) joined.append(joined.size() > 1 ? "," : "").append(member);
    require(!wire::split_json_array(joined += ']', again) && again == members);
}

using Target = void (*)(std::string_view);
#define ONE(space, type) \
    { #space "/" #type, read_and_write < space::type> }
#define BOTH(space, action) ONE(space, action##Request), ONE(space, action##Response)

namespace test = wire::test;
namespace v16 = ocpp::v16;
namespace v201 = ocpp::v201;
namespace v3 = openadr::v3;
namespace sep = ieee2030_5;

const std::map<std::string_view, Target> records = {
    {"array", split},
    ONE(test, Everything),
    ONE(test, Numbers),
    ONE(test, Texts),
    ONE(test, Schedule),
    ONE(test, Alias),
    ONE(test, Target),
    ONE(test, Resource),

    BOTH(v16, BootNotification),
    BOTH(v16, StatusNotification),
    BOTH(v16, Authorize),
    BOTH(v16, StartTransaction),
    BOTH(v16, StopTransaction),
    BOTH(v16, MeterValues),
    BOTH(v16, DataTransfer),
    BOTH(v16, SetChargingProfile),
    BOTH(v16, ClearChargingProfile),
    BOTH(v16, GetCompositeSchedule),
    BOTH(v16, GetConfiguration),
    BOTH(v16, ChangeConfiguration),
    BOTH(v16, TriggerMessage),
    BOTH(v16, RemoteStartTransaction),
    BOTH(v16, SecurityEventNotification),
    BOTH(v16, FirmwareStatusNotification),

    BOTH(v201, BootNotification),
    BOTH(v201, StatusNotification),
    BOTH(v201, Authorize),
    BOTH(v201, TransactionEvent),
    BOTH(v201, MeterValues),
    BOTH(v201, DataTransfer),
    BOTH(v201, SetChargingProfile),
    BOTH(v201, ClearChargingProfile),
    BOTH(v201, GetChargingProfiles),
    BOTH(v201, ReportChargingProfiles),
    BOTH(v201, GetCompositeSchedule),
    BOTH(v201, NotifyChargingLimit),
    BOTH(v201, NotifyEVChargingNeeds),
    BOTH(v201, NotifyEVChargingSchedule),
    BOTH(v201, GetVariables),
    BOTH(v201, SetVariables),
    BOTH(v201, NotifyReport),
    BOTH(v201, NotifyEvent),
    BOTH(v201, RequestStartTransaction),
    ONE(ocpp, KeptStation),

    ONE(v3, Program),
    ONE(v3, Event),
    ONE(v3, Report),
    ONE(v3, Ven),
    ONE(v3, Resource),
    ONE(v3, SubscriptionRequest),
    ONE(v3, ProgramRequest),
    ONE(v3, EventRequest),
    ONE(v3, ReportRequest),
    ONE(v3, VenRequest),
    ONE(v3, ResourceRequest),
    ONE(v3, TokenAnswer),
    ONE(v3, Problem),
    ONE(v3, EventKeep),
    ONE(v3, ReportKeep),

    ONE(sep, DeviceRecord),
    ONE(sep, ControlRecord),
    ONE(sep, MirrorRecord),

    ONE(api, EventBody),
    ONE(api, NodeBody),
    ONE(api, DeviceBody),
    ONE(model, Input),
    ONE(model, Enrolment),
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view text = fuzz::text_of(data, size);
    const auto record = records.find(fuzz::cut(text, '\n'));
    if (record != records.end()) record->second(text);
    return 0;
}
