#include "protocols/openadr/v2b/message.hpp"

#include "protocols/wire/xml.hpp"

namespace busbar::openadr::v2b {

namespace {

const wire::Record& payload_record() {
    return record_of(wire::Tag<Payload>{});
}

// The one payload that is present; nullptr: none is.
const wire::Field* present(const Payload& payload, const void*& value) {
    for (const wire::Field& field : payload_record().fields) {
        const char* member = reinterpret_cast<const char*>(&payload) + field.offset;
        value = field.type->optional->get(member);
        if (value) return &field;
    }
    return nullptr;
}

// Every payload's first member is its schemaVersion.
void stamp(Payload& payload) {
    const void* value = nullptr;
    const wire::Field* field = present(payload, value);
    if (!field) return;
    const wire::Field& version = field->type->element->record->fields.front();
    void* member = const_cast<char*>(static_cast<const char*>(value)) + version.offset;
    *static_cast<std::string*>(version.type->optional->emplace(member)) = "2.0b";
}

}  // namespace

wire::Failure read_message(std::string_view xml, Message& message, std::size_t max_bytes) {
    wire::XmlOptions options;
    options.limits.bytes = max_bytes;
    wire::XmlRoot root;
    if (wire::Failure failure = wire::read_xml_root(xml, root, options.limits)) return failure;
    message = {};
    message.wrapped = root.name == "oadrPayload";
    if (message.wrapped) {
        OadrPayload payload;
        if (wire::Failure failure = wire::from_xml(xml, payload, options)) return failure;
        message.payload = std::move(payload.oadrSignedObject);
        return std::nullopt;
    }
    for (const wire::Field& field : payload_record().fields) {
        if (field.name != root.name) continue;
        void* member = reinterpret_cast<char*>(&message.payload) + field.offset;
        return wire::read_xml(xml, *field.type->element->record, field.type->optional->emplace(member), options);
    }
    return wire::Error{wire::Fault::unknown_type, "", "the root element is no payload of OpenADR 2.0b"};
}

std::string write_message(const Message& message) {
    OadrPayload payload{message.payload};
    stamp(payload.oadrSignedObject);
    if (message.wrapped) return wire::to_xml(payload, "oadrPayload");
    const void* value = nullptr;
    const wire::Field* field = present(payload.oadrSignedObject, value);
    std::string out;
    if (field) wire::write_xml(*field->type->element->record, value, out, field->name);
    return out;
}

std::string_view name_of(const Payload& payload) {
    const void* value = nullptr;
    const wire::Field* field = present(payload, value);
    return field ? field->name : "nothing";
}

}  // namespace busbar::openadr::v2b
