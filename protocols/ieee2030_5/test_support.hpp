// What the tests of this folder share: a server with two devices, requests in one line, and a client run against it in
// memory.
#pragma once

#include <string>
#include <vector>

#include "protocols/ieee2030_5/client.hpp"
#include "protocols/ieee2030_5/client_body.hpp"
#include "protocols/ieee2030_5/records_metering.hpp"
#include "protocols/ieee2030_5/server.hpp"
#include "protocols/wire/xml.hpp"

namespace busbar::ieee2030_5 {

inline constexpr model::Us t0 = 1'760'000'000 * model::second_us;
inline constexpr model::MilliW kilowatt_mw = 1'000'000;
inline const std::string pv_lfdi = "3E4F45AB31EDFE5B67E343E5E4562E31984E23E5";
inline const std::string battery_lfdi = "0671C144D27DC9E612AFE7DC6C79EC089ED3DCC5";
inline const std::string stranger_lfdi = "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF";

template <class T>
T parsed(const std::string& body) {
    T record;
    wire::XmlOptions options;
    const wire::Failure failure = wire::from_xml(body, record, options);
    if (failure) record = T{};
    return record;
}

struct Bench {
    Server server;
    model::Us now = t0;
    model::Changes changes;                  // of the last call
    std::vector<model::Document> documents;  // of all calls

    explicit Bench(Policy policy = {}) : server(policy) {
        enrol(pv_lfdi, "pv", model::ResourceKind::pv);
        enrol(battery_lfdi, "battery", model::ResourceKind::storage);
    }

    void enrol(const std::string& lfdi, const std::string& resource, model::ResourceKind kind) {
        model::Enrolment enrolment;
        enrolment.id = lfdi;
        enrolment.resource = resource;
        enrolment.kind = kind;
        enrolment.poll_us = 10 * model::second_us;
        changes = {};
        server.enrol(now, enrolment, changes);
        note_documents();
    }

    http::Response ask(const std::string& lfdi, const std::string& method, const std::string& target,
                       std::string body = {}, std::vector<http::Header> headers = {}) {
        http::Request request;
        request.method = method;
        request.target = target;
        request.body = std::move(body);
        request.headers = std::move(headers);
        return handle(lfdi, request);
    }

    http::Response handle(const std::string& lfdi, const http::Request& request) {
        changes = {};
        http::Response response = server.handle(now, Caller{lfdi, 0, "192.0.2.1"}, request, changes);
        note_documents();
        return response;
    }

    template <class T>
    T get(const std::string& lfdi, const std::string& target) {
        return parsed<T>(ask(lfdi, "GET", target).body);
    }

    void send(const model::Command& command) {
        changes = {};
        server.send(now, command, changes);
        note_documents();
    }

    void remove(const std::string& lfdi) {
        changes = {};
        server.remove(now, lfdi, changes);
        note_documents();
    }

    void tick(model::Us at) {
        now = at;
        changes = {};
        server.tick(now, changes);
        note_documents();
    }

    std::vector<model::Ack> acks() const {
        std::vector<model::Ack> result;
        for (const auto& input : changes.inputs) {
            if (input.ack) result.push_back(*input.ack);
        }
        return result;
    }
    std::vector<model::Sample> samples() const {
        std::vector<model::Sample> result;
        for (const auto& input : changes.inputs) {
            if (input.sample) result.push_back(*input.sample);
        }
        return result;
    }
    const model::Resource* resource() const {
        const model::Resource* last = nullptr;
        for (const auto& input : changes.inputs) {
            if (input.resource) last = &*input.resource;
        }
        return last;
    }
    bool noted(std::string_view code) const {
        for (const auto& notice : changes.notices) {
            if (notice.code == code) return true;
        }
        return false;
    }

    // What a restart reads: the last body of each document.
    void restore_into(Server& other) const {
        std::map<std::pair<std::string, std::string>, std::string> last;
        for (const auto& document : documents) last[{document.folder, document.key}] = document.body;
        for (auto entry = last.rbegin(); entry != last.rend(); ++entry) {  // in no order that would help
            if (!entry->second.empty()) other.restore({entry->first.first, entry->first.second, entry->second});
        }
    }

  private:
    void note_documents() { documents.insert(documents.end(), changes.documents.begin(), changes.documents.end()); }
};

// Ratings of 5 kW in both directions.
inline std::string settings_of(std::string_view extra = {}) {
    return "<DERSettings xmlns=\"urn:ieee:std:2030.5:ns\" "
           "xmlns:csipaus=\"https://csipaus.org/ns\"><setGradW>0</setGradW>"
           "<setMaxChargeRateW><multiplier>0</multiplier><value>4000</value></setMaxChargeRateW>"
           "<setMaxDischargeRateW><multiplier>0</multiplier><value>5000</value></setMaxDischargeRateW>"
           "<setMaxW><multiplier>0</multiplier><value>5000</value></setMaxW><updatedTime>1760000000</updatedTime>" +
           std::string(extra) + "</DERSettings>";
}

inline model::Command setpoint(std::string id, std::string resource, model::Us start, model::Us end,
                               model::MilliW power) {
    model::Command command;
    command.id = std::move(id);
    command.resource = std::move(resource);
    command.start_us = start;
    command.end_us = end;
    command.steps = {{start, power}};
    return command;
}

inline model::Command release(std::string id, std::string resource, model::Us at) {
    model::Command command;
    command.id = std::move(id);
    command.resource = std::move(resource);
    command.kind = model::CommandKind::release;
    command.start_us = at;
    return command;
}

inline std::string response_to(const std::string& lfdi, const std::string& subject, int status) {
    return "<DERControlResponse "
           "xmlns=\"urn:ieee:std:2030.5:ns\"><createdDateTime>1760000000</createdDateTime><endDeviceLFDI>" +
           lfdi + "</endDeviceLFDI><status>" + std::to_string(status) + "</status><subject>" + subject +
           "</subject></DERControlResponse>";
}

}  // namespace busbar::ieee2030_5
