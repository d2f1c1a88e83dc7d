// pugixml by hand, writing: a tree, then saved as raw text.
#include <charconv>
#include <pugixml.hpp>

#include "tests/bench/floor_codec.hpp"

namespace busbar::bench::floor {

namespace {

namespace v2b = openadr::v2b;
namespace sep = ieee2030_5::sep;
using pugi::xml_node;

void set(xml_node node, const std::string& text) {
    node.text().set(text.c_str());
}
void set(xml_node node, bool yes) {
    node.text().set(yes);
}
void set(xml_node node, wire::DateTime when) {
    node.text().set(to_text(when).c_str());
}
void set(xml_node node, wire::Duration span) {
    node.text().set(to_text(span).c_str());
}
template <class Number>
requires std::is_arithmetic_v<Number>
void set(xml_node node, Number number) {
    char text[32] = {};
    std::to_chars(text, text + sizeof text - 1, number);
    node.text().set(text);
}
template <class Int, Int Low, Int High>
void set(xml_node node, const wire::Whole<Int, Low, High>& number) {
    set(node, number.value);
}

void put(xml_node parent, const char* name, const auto& member) {
    set(parent.append_child(name), member);
}
template <class T>
void may(xml_node parent, const char* name, const std::optional<T>& member) {
    if (member) put(parent, name, *member);
}
template <class T>
void attribute(xml_node node, const char* name, const std::optional<T>& member) {
    if (!member) return;
    if constexpr (std::is_convertible_v<T, std::string>) {
        node.append_attribute(name).set_value(member->c_str());
    } else {
        node.append_attribute(name).set_value(static_cast<unsigned>(*member));
    }
}

// ---- 2030.5 --------------------------------------------------------------------------------------------------------

void scaled(xml_node parent, const char* name, const auto& maybe) {
    if (!maybe) return;
    xml_node node = parent.append_child(name);
    put(node, "multiplier", maybe->multiplier);
    put(node, "value", maybe->value);
}

void link(xml_node parent, const char* name, const std::optional<sep::Link>& maybe) {
    if (maybe) parent.append_child(name).append_attribute("href").set_value(maybe->href.value.c_str());
}

void add(xml_node node, const sep::DERControlBase& from) {
    may(node, "opModConnect", from.opModConnect);
    may(node, "opModEnergize", from.opModEnergize);
    if (from.opModFixedVar) {
        xml_node var = node.append_child("opModFixedVar");
        put(var, "refType", from.opModFixedVar->refType);
        put(var, "value", from.opModFixedVar->value);
    }
    may(node, "opModFixedW", from.opModFixedW);
    link(node, "opModFreqWatt", from.opModFreqWatt);
    may(node, "opModMaxLimW", from.opModMaxLimW);
    scaled(node, "opModTargetVar", from.opModTargetVar);
    scaled(node, "opModTargetW", from.opModTargetW);
    link(node, "opModVoltVar", from.opModVoltVar);
    link(node, "opModVoltWatt", from.opModVoltWatt);
    may(node, "rampTms", from.rampTms);
    scaled(node, "csipaus:opModImpLimW", from.opModImpLimW);
    scaled(node, "csipaus:opModExpLimW", from.opModExpLimW);
    scaled(node, "csipaus:opModGenLimW", from.opModGenLimW);
    scaled(node, "csipaus:opModLoadLimW", from.opModLoadLimW);
}

void add(xml_node node, const sep::DERControl& from) {
    attribute(node, "href", from.href.value);
    attribute(node, "replyTo", from.replyTo.value);
    attribute(node, "responseRequired", from.responseRequired.value);
    attribute(node, "subscribable", from.subscribable.value);
    put(node, "mRID", from.mRID);
    may(node, "description", from.description);
    may(node, "version", from.version);
    put(node, "creationTime", from.creationTime);
    xml_node status = node.append_child("EventStatus");
    put(status, "currentStatus", from.EventStatus.currentStatus);
    put(status, "dateTime", from.EventStatus.dateTime);
    put(status, "potentiallySuperseded", from.EventStatus.potentiallySuperseded);
    may(status, "potentiallySupersededTime", from.EventStatus.potentiallySupersededTime);
    may(status, "reason", from.EventStatus.reason);
    xml_node interval = node.append_child("interval");
    put(interval, "duration", from.interval.duration);
    put(interval, "start", from.interval.start);
    may(node, "randomizeDuration", from.randomizeDuration);
    may(node, "randomizeStart", from.randomizeStart);
    add(node.append_child("DERControlBase"), from.DERControlBase);
    may(node, "deviceCategory", from.deviceCategory);
}

// ---- OpenADR 2.0b --------------------------------------------------------------------------------------------------

void add(xml_node node, const v2b::EiTarget& from) {
    for (const auto& each : from.endDeviceAsset)
        put(node.append_child("power:endDeviceAsset"), "power:mrid", each.mrid);
    for (const auto& each : from.groupID) put(node, "ei:groupID", each);
    for (const auto& each : from.groupName) put(node, "ei:groupName", each);
    for (const auto& each : from.resourceID) put(node, "ei:resourceID", each);
    for (const auto& each : from.venID) put(node, "ei:venID", each);
    for (const auto& each : from.partyID) put(node, "ei:partyID", each);
}

void duration(xml_node parent, const char* name, const std::optional<v2b::DurationProp>& maybe) {
    if (maybe) put(parent.append_child(name), "xcal:duration", maybe->duration);
}

void add(xml_node node, const v2b::Properties& from) {
    put(node.append_child("xcal:dtstart"), "xcal:date-time", from.dtstart.date_time);
    put(node.append_child("xcal:duration"), "xcal:duration", from.duration.duration);
    if (from.tolerance) {
        may(node.append_child("xcal:tolerance").append_child("xcal:tolerate"), "xcal:startafter",
            from.tolerance->tolerate.startafter);
    }
    duration(node, "ei:x-eiNotification", from.x_eiNotification);
    duration(node, "ei:x-eiRampUp", from.x_eiRampUp);
    duration(node, "ei:x-eiRecovery", from.x_eiRecovery);
}

void add(xml_node node, const v2b::EventDescriptor& from) {
    put(node, "ei:eventID", from.eventID);
    put(node, "ei:modificationNumber", from.modificationNumber);
    may(node, "ei:modificationDateTime", from.modificationDateTime);
    may(node, "ei:modificationReason", from.modificationReason);
    may(node, "ei:priority", from.priority);
    put(node.append_child("ei:eiMarketContext"), "emix:marketContext", from.eiMarketContext.marketContext);
    put(node, "ei:createdDateTime", from.createdDateTime);
    put(node, "ei:eventStatus", from.eventStatus);
    may(node, "ei:testEvent", from.testEvent);
    may(node, "ei:vtnComment", from.vtnComment);
}

void add(xml_node node, const v2b::Interval& from) {
    if (from.dtstart) put(node.append_child("xcal:dtstart"), "xcal:date-time", from.dtstart->date_time);
    duration(node, "xcal:duration", from.duration);
    if (from.uid) put(node.append_child("xcal:uid"), "xcal:text", from.uid->text);
    for (const auto& each : from.signalPayload) {
        xml_node payload = node.append_child("ei:signalPayload");
        if (each.payloadFloat) put(payload.append_child("ei:payloadFloat"), "ei:value", each.payloadFloat->value);
    }
}

void add(xml_node node, const v2b::EiEventSignal& from) {
    xml_node intervals = node.append_child("strm:intervals");
    for (const auto& each : from.intervals.interval) add(intervals.append_child("ei:interval"), each);
    if (from.eiTarget) add(node.append_child("ei:eiTarget"), *from.eiTarget);
    put(node, "ei:signalName", from.signalName);
    put(node, "ei:signalType", from.signalType);
    put(node, "ei:signalID", from.signalID);
    if (from.powerReal) {
        xml_node item = node.append_child("power:powerReal");
        put(item, "power:itemDescription", from.powerReal->itemDescription);
        put(item, "power:itemUnits", from.powerReal->itemUnits);
        put(item, "scale:siScaleCode", from.powerReal->siScaleCode);
        xml_node attributes = item.append_child("power:powerAttributes");
        put(attributes, "power:hertz", from.powerReal->powerAttributes.hertz);
        put(attributes, "power:voltage", from.powerReal->powerAttributes.voltage);
        put(attributes, "power:ac", from.powerReal->powerAttributes.ac);
    }
    if (from.currentValue) {
        put(node.append_child("ei:currentValue").append_child("ei:payloadFloat"), "ei:value",
            from.currentValue->payloadFloat.value);
    }
}

void add(xml_node node, const v2b::OadrEvent& from) {
    xml_node event = node.append_child("ei:eiEvent");
    add(event.append_child("ei:eventDescriptor"), from.eiEvent.eventDescriptor);
    xml_node period = event.append_child("ei:eiActivePeriod");
    add(period.append_child("xcal:properties"), from.eiEvent.eiActivePeriod.properties);
    if (from.eiEvent.eiActivePeriod.components) period.append_child("xcal:components");
    xml_node signals = event.append_child("ei:eiEventSignals");
    for (const auto& each : from.eiEvent.eiEventSignals.eiEventSignal) {
        add(signals.append_child("ei:eiEventSignal"), each);
    }
    add(event.append_child("ei:eiTarget"), from.eiEvent.eiTarget);
    put(node, "oadr:oadrResponseRequired", from.oadrResponseRequired);
}

void declare(xml_node root, const wire::Namespace& ns) {
    const std::string name = ns.prefix.empty() ? "xmlns" : "xmlns:" + std::string(ns.prefix);
    root.append_attribute(name.c_str()).set_value(std::string(ns.uri).c_str());
}

struct Text : pugi::xml_writer {
    std::string out = R"(<?xml version="1.0" encoding="UTF-8"?>)";
    void write(const void* bytes, std::size_t size) override { out.append(static_cast<const char*>(bytes), size); }
};

std::string save(const pugi::xml_document& document) {
    Text text;
    document.save(text, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
    return std::move(text.out);
}

}  // namespace

std::string write(const sep::DERControlList& value) {
    pugi::xml_document document;
    xml_node root = document.append_child("DERControlList");
    declare(root, sep::sep_ns);
    declare(root, sep::csipaus_ns);
    attribute(root, "href", value.href.value);
    attribute(root, "subscribable", value.subscribable.value);
    attribute(root, "all", value.all.value);
    attribute(root, "results", value.results.value);
    for (const auto& each : value.DERControl) add(root.append_child("DERControl"), each);
    return save(document);
}

std::string write(const v2b::OadrDistributeEvent& value) {
    pugi::xml_document document;
    xml_node root = document.append_child("oadr:oadrDistributeEvent");
    for (const auto* each :
         {&v2b::oadr, &v2b::ei, &v2b::pyld, &v2b::emix, &v2b::xcal, &v2b::strm, &v2b::power, &v2b::scale}) {
        declare(root, *each);
    }
    if (value.schemaVersion.value)
        root.append_attribute("ei:schemaVersion").set_value(value.schemaVersion.value->c_str());
    if (value.eiResponse) {
        xml_node response = root.append_child("ei:eiResponse");
        put(response, "ei:responseCode", value.eiResponse->responseCode);
        may(response, "ei:responseDescription", value.eiResponse->responseDescription);
        put(response, "pyld:requestID", value.eiResponse->requestID);
    }
    put(root, "pyld:requestID", value.requestID);
    put(root, "ei:vtnID", value.vtnID);
    for (const auto& each : value.oadrEvent) add(root.append_child("oadr:oadrEvent"), each);
    return save(document);
}

}  // namespace busbar::bench::floor
