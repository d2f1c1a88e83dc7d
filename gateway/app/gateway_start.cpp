// How the gateway comes up: what the journal keeps goes back to who wrote it, its entries are replayed, the
// configuration is laid over it.
#include <algorithm>
#include <set>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "certs/secrets.hpp"
#include "gateway/api/views.hpp"
#include "gateway/app/gateway.hpp"
#include "gateway/app/stored.hpp"
#include "gateway/records/model_records.hpp"
#include "gateway/records/snapshot_records.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::api {
RECORD(Enrolled, protocol, enrolment)
}  // namespace busbar::api

namespace busbar::app {
namespace {

constexpr std::string_view enrolments_folder = "enrolments";

std::int64_t micros(double seconds) {
    return static_cast<std::int64_t>(seconds * 1e6);
}

ocpp::Policy ocpp_policy(const Config& config) {
    ocpp::Policy policy;
    if (!config.ocpp) return policy;
    policy.heartbeat_s = config.ocpp->heartbeat_s;
    policy.meter_s = config.ocpp->meter_interval_s;
    policy.call_timeout_us = micros(config.ocpp->call_timeout_s);
    policy.strict = config.ocpp->strict;
    policy.unsecured = config.ocpp->unsecured;
    policy.tokens = config.ocpp->tokens;
    return policy;
}

ieee2030_5::Policy ieee2030_5_policy(const Config& config) {
    ieee2030_5::Policy policy;
    if (!config.ieee2030_5) return policy;
    policy.poll_s = config.ieee2030_5->poll_rate_s;
    policy.pen = config.ieee2030_5->pen;
    policy.in_band_registration = config.ieee2030_5->in_band_registration;
    policy.csip_aus = config.ieee2030_5->csip_aus;
    policy.time_quality = config.ieee2030_5->time_quality;
    return policy;
}

openadr::v3::Policy vtn_policy(const Config& config) {
    openadr::v3::Policy policy;
    if (!config.openadr3) return policy;
    policy.base_path = config.openadr3->base_path;
    policy.public_url = config.openadr3->public_url;
    if (config.openadr3->bad_token_is_403) policy.bad_token = openadr::v3::BadToken::alliance_tool;
    for (const OpenAdr3Client& client : config.openadr3->clients)
        policy.accounts.push_back({client.id, client.secret, client.scopes});
    return policy;
}

openadr::v2b::VenPolicy ven_policy(const OpenAdr2bConfig& config) {
    openadr::v2b::VenPolicy policy;
    policy.name = "ven:" + config.name;
    policy.ven_name = config.ven_name;
    policy.ven_id = config.ven_id;
    policy.poll_us = micros(config.poll_s);
    policy.market_contexts = config.market_contexts;
    return policy;
}

std::uint64_t seed_of(std::string_view bytes) {
    std::uint64_t seed = 0;
    for (const char byte : bytes) seed = seed << 8 | static_cast<unsigned char>(byte);
    return seed;
}

std::string ven_folder(const OpenAdr2bConfig& config) {
    return "openadr2b/ven:" + config.name;
}

}  // namespace

Gateway::Gateway(Config config, Surroundings surroundings, model::Us now)
    : config_(std::move(config)),
      log_(surroundings.log),
      carrier_(surroundings.carrier),
      journal_(surroundings.journal),
      core_(settings_of(config_.dispatch)),
      csms_(ocpp_policy(config_)),
      ieee2030_5_(ieee2030_5_policy(config_)),
      vtn_(vtn_policy(config_), surroundings.random, certs::hmac_sha256),
      api_(*this) {
    for (const OpenAdr2bConfig& upstream : config_.openadr2b)
        upstreams_.push_back(
            {upstream, std::make_unique<openadr::v2b::Ven>(ven_policy(upstream), seed_of(surroundings.random(8))), 0});
    restore_documents();
    restore_core(now);
    apply_configuration(now);
}

void Gateway::serve(const net::ListenerInfo& listener, Role role) {
    roles_[listener.id] = role;
    listener_names_[listener.id] = listener.name;
}

// What a protocol cannot read is said: it may be damaged, or of a later version.
void Gateway::restore_documents() {
    for (const std::string& folder : journal_.folders()) {
        journal_.documents(folder, [&](std::string_view key, std::string_view body) {
            const model::Document document{folder, std::string(key), std::string(body)};
            if (const wire::Failure failure = restore(document))
                log_.warning("document_unreadable",
                             document.folder + "/" + document.key + " in " + config_.data +
                                 " cannot be read: " + failure->text() +
                                 "; the program goes on without it, and something new may take its place");
        });
    }
}

wire::Failure Gateway::restore(const model::Document& document) {
    if (document.folder == enrolments_folder) {
        api::Enrolled device;
        if (const auto failure = wire::from_json(document.body, device, of_any_version))
            throw std::runtime_error(config_.data + ": enrolment " + document.key +
                                     " cannot be read: " + failure->text());
        enrolled_[device.enrolment.id] = std::move(device);
        return std::nullopt;
    }
    if (document.folder.starts_with("ocpp/")) return csms_.restore(document);
    if (document.folder.starts_with("ieee2030_5/")) return ieee2030_5_.restore(document);
    if (document.folder.starts_with("openadr3/")) return vtn_.restore(document);
    for (Upstream& upstream : upstreams_)
        if (document.folder == ven_folder(upstream.config)) return upstream.ven->restore(document);
    return std::nullopt;
}

void Gateway::restore_core(model::Us now) {
    SettingsHistory history;
    journal_.documents(core_folder, [&](std::string_view key, std::string_view body) {
        add_settings(history, config_.data, key, body);
    });
    const DispatchConfig settings = history.empty() ? config_.dispatch : history.rbegin()->second;
    core_ = dispatch::Core(settings_of(settings));
    std::int64_t from = 0;
    if (const auto stored = journal_.latest_snapshot()) {
        core_ = core_of(config_.data, *stored, settings);
        from = stored->sequence;
    }
    std::int64_t last = from;
    journal_.replay(from, [&](const store::StoredEntry& entry) {
        // What was to be done then was done then; what still holds is sent when a device returns.
        model::Outputs outputs;
        core_.step(entry.now_us, input_of(config_.data, entry), outputs);
        core_due_ = outputs.next_due_us;
        last = entry.sequence;
    });
    if (last > 0)
        log_.info("restored", "snapshot of entry " + std::to_string(from) + " and " + std::to_string(last - from) +
                                  " journal entries after it; state " + api::hash_text(core_.state_hash()));
    core_due_ = std::min(core_due_, now);
    entries_since_snapshot_ = static_cast<std::uint64_t>(last - from);
    if (history.empty() || !same_settings(settings, config_.dispatch)) adopt_settings(now, last, settings);
}

// Entries up to here were made under other settings: a snapshot, so that none of them is replayed under the new ones.
void Gateway::adopt_settings(model::Us now, std::int64_t last_sequence, const DispatchConfig& former) {
    if (!same_settings(former, config_.dispatch)) {
        write_snapshot(now);
        core_ = dispatch::Core(settings_of(config_.dispatch), core_.snapshot());
    }
    journal_.commit({}, {settings_document(last_sequence, config_.dispatch)}, true);
}

void Gateway::apply_configuration(model::Us now) {
    Turn turn;
    turn.now = now;
    std::map<std::string, model::Node> known;
    for (const dispatch::NodeView& view : core_.nodes()) known[view.node.id] = view.node;
    for (const NodeConfig& config : config_.nodes) {
        model::Input input;
        input.node = node_of(config);
        const auto found = known.find(input.node->id);
        if (found == known.end() || found->second != *input.node) step(turn, input);
    }
    for (const DeviceConfig& config : config_.devices) {
        api::Enrolled device{std::string(to_text(config.protocol)), enrolment_of(config)};
        const auto found = enrolled_.find(device.enrolment.id);
        if (found == enrolled_.end() || found->second.enrolment != device.enrolment)
            turn.documents.push_back({std::string(enrolments_folder), device.enrolment.id, wire::to_json(device)});
        enrolled_[device.enrolment.id] = std::move(device);
    }
    for (const auto& [id, device] : enrolled_) {
        model::Changes changes;
        id_of_resource_[device.enrolment.resource] = id;
        if (device.protocol == "ocpp") {
            ocpp::Output output;
            csms_.enrol(now, device.enrolment, output);
            apply(turn, std::move(output));
        } else {
            ieee2030_5_.enrol(now, device.enrolment, changes);
        }
        apply(turn, std::move(changes));
    }
    for (const dispatch::ResourceView& view : core_.resources()) {
        if (csms_.knows_resource(view.resource.id) || ieee2030_5_.knows_resource(view.resource.id)) continue;
        model::Input input;
        input.resource_gone = view.resource.id;
        step(turn, input);
    }
    commit(turn);
    release(turn);
}

// ---- enrolment -----------------------------------------------------------------------------------------------------

std::vector<api::Enrolled> Gateway::enrolled() const {
    std::vector<api::Enrolled> all;
    for (const auto& [id, device] : enrolled_) all.push_back(device);
    return all;
}

std::string Gateway::enrol(model::Us now, const api::Enrolled& device, model::Changes& changes) {
    if (device.protocol != "ocpp" && device.protocol != "ieee2030_5")
        return "protocol: expected \"ocpp\" or \"ieee2030_5\"";
    const auto protocol = device.protocol == "ocpp" ? DeviceProtocol::ocpp : DeviceProtocol::ieee2030_5;
    if (const std::string fault = enrolment_fault(protocol, device.enrolment.id); !fault.empty()) return "id: " + fault;
    const auto found = enrolled_.find(device.enrolment.id);
    if (found != enrolled_.end() && found->second.protocol != device.protocol)
        return "id: " + device.enrolment.id + " is enrolled for " + found->second.protocol + "; remove it first";
    const std::string& resource = device.enrolment.resource;
    if (const auto owner = id_of_resource_.find(resource);
        owner != id_of_resource_.end() && owner->second != device.enrolment.id)
        return "resource: " + resource + " belongs to device " + owner->second;
    if (device.protocol == "ocpp")
        csms_.enrol(now, device.enrolment, enrolment_output_);
    else
        ieee2030_5_.enrol(now, device.enrolment, changes);
    changes.documents.push_back({std::string(enrolments_folder), device.enrolment.id, wire::to_json(device)});
    if (found != enrolled_.end()) id_of_resource_.erase(found->second.enrolment.resource);
    id_of_resource_[device.enrolment.resource] = device.enrolment.id;
    enrolled_[device.enrolment.id] = device;
    return {};
}

bool Gateway::remove(model::Us now, std::string_view id, model::Changes& changes) {
    const auto found = enrolled_.find(id);
    if (found == enrolled_.end()) return false;
    if (found->second.protocol == "ocpp")
        csms_.remove(now, id, enrolment_output_);
    else
        ieee2030_5_.remove(now, id, changes);
    changes.documents.push_back({std::string(enrolments_folder), std::string(id), ""});
    id_of_resource_.erase(found->second.enrolment.resource);
    enrolled_.erase(found);
    return true;
}

std::string Gateway::protocol_of(std::string_view resource) const {
    if (ieee2030_5_.knows_resource(resource)) return "ieee2030_5";
    const api::Enrolled* device = device_of(resource);
    if (!device) return "";
    const auto station = csms_.station(device->enrolment.id);
    return station && station->booted ? std::string(subprotocol_of(station->version)) : "ocpp";
}

const api::Enrolled* Gateway::device_of(std::string_view resource) const {
    auto found = id_of_resource_.find(resource);
    if (found == id_of_resource_.end())
        found = id_of_resource_.find(resource.substr(0, resource.rfind('/')));  // an outlet
    if (found == id_of_resource_.end()) return nullptr;
    const auto device = enrolled_.find(found->second);
    return device == enrolled_.end() ? nullptr : &device->second;
}

std::map<std::string, std::uint64_t> Gateway::counters() const {
    std::map<std::string, std::uint64_t> all;
    for (const auto& [code, count] : log_.counters()) all["log." + code] = count;
    const net::Carrier::Counters net = carrier_.counters();
    all["net.accepted"] = net.accepted;
    all["net.refused"] = net.refused;
    all["net.open"] = net.open;
    all["net.requests"] = net.requests;
    all["net.frames_in"] = net.frames_in;
    all["net.frames_out"] = net.frames_out;
    all["net.bytes_in"] = net.bytes_in;
    all["net.bytes_out"] = net.bytes_out;
    all["net.timeouts"] = net.timeouts;
    all["net.cut_off"] = net.cut_off;
    const store::Journal::Counters stored = journal_.counters();
    all["store.commits"] = stored.commits;
    all["store.durable_commits"] = stored.durable_commits;
    all["store.entries"] = stored.entries;
    all["store.documents"] = stored.documents;
    return all;
}

}  // namespace busbar::app
