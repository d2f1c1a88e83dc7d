#include "tests/bench/codec_messages.hpp"

namespace busbar::bench {

namespace {

constexpr std::int64_t second_us = 1'000'000;
constexpr std::int64_t noon_us = 1'790'000'000 * second_us;

wire::DateTime at(std::int64_t seconds) {
    return wire::DateTime(noon_us + seconds * second_us);
}
wire::Duration minutes(std::int64_t count) {
    return wire::Duration(count * 60 * second_us);
}

}  // namespace

ocpp::v201::MeterValuesRequest meter_values() {
    using namespace ocpp::v201;
    MeterValuesRequest request;
    request.evseId = 1;
    MeterValue& reading = request.meterValue.emplace_back();
    reading.timestamp = at(0);
    const auto sample = [&](double value, MeasurandEnum measurand, std::optional<PhaseEnum> phase, const char* unit) {
        SampledValue& each = reading.sampledValue.emplace_back();
        each.value = value;
        each.context = ReadingContextEnum::SamplePeriodic;
        each.measurand = measurand;
        each.phase = phase;
        each.location = LocationEnum::Outlet;
        each.unitOfMeasure.emplace().unit = wire::Text<20>(std::string(unit));
    };
    sample(7412.5, MeasurandEnum::PowerActiveImport, std::nullopt, "W");
    sample(1234567.0, MeasurandEnum::EnergyActiveImportRegister, std::nullopt, "Wh");
    sample(10.71, MeasurandEnum::CurrentImport, PhaseEnum::L1, "A");
    sample(10.74, MeasurandEnum::CurrentImport, PhaseEnum::L2, "A");
    sample(231.4, MeasurandEnum::Voltage, PhaseEnum::L1N, "V");
    return request;
}

ocpp::v201::SetChargingProfileRequest set_charging_profile() {
    using namespace ocpp::v201;
    SetChargingProfileRequest request;
    request.evseId = 1;
    ChargingProfile& profile = request.chargingProfile;
    profile.id = 4711;
    profile.stackLevel = 3;
    profile.chargingProfilePurpose = ChargingProfilePurposeEnum::TxProfile;
    profile.chargingProfileKind = ChargingProfileKindEnum::Absolute;
    profile.validFrom = at(0);
    profile.validTo = at(4 * 3600);
    profile.transactionId = wire::Text<36>(std::string("3f2504e0-4f89-41d3-9a0c-0305e82c3301"));
    ChargingSchedule& schedule = profile.chargingSchedule.emplace_back();
    schedule.id = 1;
    schedule.startSchedule = at(0);
    schedule.duration = 4 * 3600;
    schedule.chargingRateUnit = ChargingRateUnitEnum::W;
    for (std::int32_t quarter = 0; quarter < 8; ++quarter) {
        ChargingSchedulePeriod& period = schedule.chargingSchedulePeriod.emplace_back();
        period.startPeriod = quarter * 900;
        period.limit = 4140.0 + 690.5 * quarter;
        period.numberPhases = 3;
    }
    return request;
}

openadr::v3::Event openadr3_event() {
    using namespace openadr::v3;
    Event event;
    event.id = std::string("event-20260922-1");
    event.createdDateTime = at(-3600);
    event.modificationDateTime = at(-1800);
    event.objectType = std::string("EVENT");
    event.programID = std::string("residential-flexibility");
    event.eventName = wire::Text<1024>(std::string("evening peak"));
    event.priority = 2;
    event.targets.emplace() = {Name(std::string("feeder-12")), Name(std::string("feeder-13"))};
    PayloadDescriptor& descriptor = event.payloadDescriptors.emplace().emplace_back();
    descriptor.objectType = wire::Text<128>(std::string("EVENT_PAYLOAD_DESCRIPTOR"));
    descriptor.payloadType = std::string("IMPORT_CAPACITY_LIMIT");
    descriptor.units = Name(std::string("KW"));
    IntervalPeriod& period = event.intervalPeriod.emplace();
    period.start = at(0);
    period.duration = minutes(15);
    auto& intervals = event.intervals.emplace();
    for (std::int32_t quarter = 0; quarter < 8; ++quarter) {
        Interval& interval = intervals.emplace_back();
        interval.id = quarter;
        ValuesMap& payload = interval.payloads.emplace_back();
        payload.type = std::string("IMPORT_CAPACITY_LIMIT");
        payload.values.emplace_back().value = 250.5 + quarter;
    }
    return event;
}

ieee2030_5::sep::DERControlList control_list() {
    using namespace ieee2030_5::sep;
    DERControlList list;
    list.href.value = wire::Text<255>(std::string("/derp/3/derc"));
    list.subscribable.value = 1;
    list.all.value = list.results.value = 3;
    for (int index = 0; index < 3; ++index) {
        DERControl& control = list.DERControl.emplace_back();
        control.href.value = wire::Text<255>("/derp/3/derc/" + std::to_string(index));
        control.replyTo.value = wire::Text<255>(std::string("/rsps/3/rsp"));
        control.responseRequired.value = wire::Hex<1>(std::string("03"));
        control.mRID = "0A1B2C3D4E5F60718293A4B5C6D7E8F" + std::to_string(index);
        control.description = wire::Text<32>("export limit " + std::to_string(index));
        control.version = 1;
        control.creationTime = 1'790'000'000;
        control.EventStatus.currentStatus = static_cast<std::uint8_t>(index == 0);
        control.EventStatus.dateTime = 1'790'000'100;
        control.interval.duration = 900;
        control.interval.start = 1'790'000'100 + 900 * index;
        control.randomizeStart = 60;
        control.DERControlBase.opModMaxLimW = 6500;
        control.DERControlBase.opModTargetW = ActivePower{2, static_cast<std::int16_t>(35 + index)};
        control.DERControlBase.opModExpLimW = ActivePower{1, 500};
        control.DERControlBase.rampTms = 100;
    }
    return list;
}

openadr::v2b::OadrDistributeEvent distribute_event() {
    using namespace openadr::v2b;
    OadrDistributeEvent message;
    message.schemaVersion.value = wire::Text<16>(std::string("2.0b"));
    EiResponse& response = message.eiResponse.emplace();
    response.responseCode = std::string("200");
    response.responseDescription = Words(std::string("OK"));
    response.requestID = std::string("b6a0b7e2");
    message.requestID = std::string("OadrDisReq092226_174123_178");
    message.vtnID = std::string("TH_VTN");
    OadrEvent& event = message.oadrEvent.emplace_back();
    event.oadrResponseRequired = std::string("always");
    EventDescriptor& descriptor = event.eiEvent.eventDescriptor;
    descriptor.eventID = std::string("Event092226_174123_1");
    descriptor.modificationNumber = 1;
    descriptor.priority = 1;
    descriptor.eiMarketContext.marketContext = std::string("http://MarketContext1");
    descriptor.createdDateTime = at(-3600);
    descriptor.eventStatus = std::string("far");
    descriptor.testEvent = Words(std::string("false"));
    Properties& properties = event.eiEvent.eiActivePeriod.properties;
    properties.dtstart.date_time = at(0);
    properties.duration.duration = minutes(60);
    properties.tolerance.emplace().tolerate.startafter = minutes(5);
    properties.x_eiNotification.emplace().duration = minutes(30);
    event.eiEvent.eiActivePeriod.components.emplace();
    for (const char* name : {"SIMPLE", "LOAD_DISPATCH"}) {
        EiEventSignal& signal = event.eiEvent.eiEventSignals.eiEventSignal.emplace_back();
        for (int quarter = 0; quarter < 4; ++quarter) {
            Interval& interval = signal.intervals.interval.emplace_back();
            interval.duration.emplace().duration = minutes(15);
            interval.uid.emplace().text = std::to_string(quarter);
            interval.signalPayload.emplace_back().payloadFloat.emplace().value = quarter;
        }
        signal.signalName = std::string(name);
        signal.signalType = std::string(name) == "SIMPLE" ? "level" : "setpoint";
        signal.signalID = std::string(name) + "_1";
        signal.currentValue.emplace().payloadFloat.value = 0;
        if (signal.signalType == "setpoint") {
            PowerItem& power = signal.powerReal.emplace();
            power.itemDescription = std::string("RealPower");
            power.itemUnits = std::string("W");
            power.siScaleCode = std::string("k");
            power.powerAttributes = {60.0, 220.0, true};
        }
    }
    event.eiEvent.eiTarget.venID.emplace_back(std::string("ven-42"));
    event.eiEvent.eiTarget.resourceID.emplace_back(std::string("feeder-12"));
    return message;
}

}  // namespace busbar::bench
