// MirrorUsagePoints: a device's meters and the readings that it posts to them.
#include <algorithm>

#include "protocols/ieee2030_5/metering.hpp"
#include "protocols/ieee2030_5/resources.hpp"
#include "protocols/ieee2030_5/units.hpp"

namespace busbar::ieee2030_5 {
namespace {

std::string mirror_href(const State& state, const MirrorRecord& mirror) {
    return state.policy.prefix + "/mup/" + std::to_string(mirror.number);
}

sep::MirrorUsagePoint mirror_record(const State& state, const MirrorRecord& mirror) {
    sep::MirrorUsagePoint record = mirror.usage_point;
    record.href = sep::Maybe<sep::Href>(mirror_href(state, mirror));
    return record;
}

MirrorRecord* own_mirror(const State& state, const Exchange& exchange) {
    const auto found = exchange.device->mirrors.find(exchange.id);
    if (found != exchange.device->mirrors.end()) return &found->second;
    if (state.mirror_owners.contains(exchange.id)) {
        note(exchange.changes, model::Severity::security, "foreign_resource", exchange.caller.lfdi,
             "asked for " + std::string(exchange.request.path()) + ", which is another device's");
    }
    return nullptr;
}

// S-ALL-05: a meter reading's mRID belongs to the device that brought it.
bool is_foreign(const State& state, std::uint32_t device, const std::string& mrid) {
    const auto owner = state.meter_owners.find(upper_case(mrid));
    return owner != state.meter_owners.end() && owner->second != device;
}

sep::MirrorMeterReading* reading_of(MirrorRecord& mirror, const std::string& mrid) {
    auto& readings = mirror.usage_point.MirrorMeterReading;
    const auto found =
        std::find_if(readings.begin(), readings.end(), [&](const auto& r) { return same_hex(r.mRID, mrid); });
    return found == readings.end() ? nullptr : &*found;
}

RegisterRecord* register_of(MirrorRecord& mirror, const std::string& mrid) {
    for (RegisterRecord& known : mirror.registers) {
        if (same_hex(known.mrid, mrid)) return &known;
    }
    return nullptr;
}

// Readings into the builder; differences of energy into the mirror's register.
bool measure(MirrorRecord& mirror, const sep::ReadingType& type, const sep::MirrorMeterReading& posted, model::Us now,
             SampleBuilder& builder) {
    RegisterRecord* known = register_of(mirror, posted.mRID);
    std::int64_t total_mwh = known ? known->total_mwh : 0;
    if (!builder.add(type, posted, now, total_mwh)) return false;
    if (known) {
        known->total_mwh = total_mwh;
    } else if (total_mwh != 0) {
        mirror.registers.push_back({posted.mRID, total_mwh});
    }
    return true;
}

// A device posts its readings when they are made, or with their period's end: the newest of them shows its clock. What
// is late by no more than its period of posting is late, and not wrong.
void hear_clock(const State& state, const Exchange& exchange, const std::vector<sep::MirrorMeterReading>& posted) {
    const model::Us newest_us = newest_in(posted);
    if (newest_us <= 0) return;
    Device& device = *exchange.device;
    const model::Us silence_us = device.readings_us == 0 ? 0 : exchange.now - device.readings_us;
    device.readings_us = exchange.now;
    device.clock.hear(newest_us, exchange.now, silence_us, us_of(state.poll_s(device)));
}

struct Refusal {
    int status = 0;
    Reason reason{};
    std::string words;
};

// Takes posted meter readings into the mirror and the builder. `mirror` is a copy: it counts only if nothing was
// refused.
std::optional<Refusal> take(const State& state, const Exchange& exchange, MirrorRecord& mirror, SampleBuilder& builder,
                            const std::vector<sep::MirrorMeterReading>& posted) {
    std::size_t readings = 0;
    for (const sep::MirrorMeterReading& one : posted) {
        readings += readings_in(one);
        if (readings > state.policy.readings)
            return Refusal{400, Reason::resource_limit, "too many readings in one request"};
        sep::MirrorMeterReading* known = reading_of(mirror, one.mRID);
        if (!known) {
            if (is_foreign(state, mirror.device, one.mRID)) {
                note(exchange.changes, model::Severity::security, "foreign_mrid", exchange.caller.lfdi,
                     "posted a MirrorMeterReading with another device's mRID");
                return Refusal{403, Reason::invalid_values, "this MirrorMeterReading is another device's"};
            }
            auto& members = mirror.usage_point.MirrorMeterReading;
            if (members.size() >= state.policy.meter_readings) {
                return Refusal{400, Reason::resource_limit, "too many MirrorMeterReadings"};
            }
            members.emplace_back().mRID = one.mRID;
            known = &members.back();
        }
        if (one.description) known->description = one.description;
        if (one.version) known->version = one.version;
        if (one.ReadingType) known->ReadingType = one.ReadingType;
        if (one.Reading) known->Reading = one.Reading;
        if (one.lastUpdateTime) known->lastUpdateTime = one.lastUpdateTime;
        if (one.nextUpdateTime) known->nextUpdateTime = one.nextUpdateTime;
        if (readings_in(one) == 0) continue;
        if (!known->ReadingType) {
            return Refusal{400, Reason::invalid_values,
                           "readings of a MirrorMeterReading whose ReadingType is not known"};
        }
        if (!measure(mirror, *known->ReadingType, one, exchange.now, builder)) {
            return Refusal{400, Reason::invalid_values, "a reading beyond what can be measured"};
        }
    }
    return std::nullopt;
}

void report(Exchange& exchange, const SampleBuilder& builder, std::uint32_t role_flags) {
    Device& device = *exchange.device;
    if (!measures_device(role_flags) && device.kind() != model::ResourceKind::meter) {
        if (!device.premises_noted) {
            device.premises_noted = true;
            note(exchange.changes, model::Severity::info, "premises_readings", device.record.lfdi,
                 "readings of the premises are kept, but are not this device's power");
        }
        return;
    }
    for (model::Sample& sample : builder.samples()) {
        sample.resource = device.record.resource;
        sample.received_us = exchange.now;
        model::Input input;
        input.sample = std::move(sample);
        exchange.changes.inputs.push_back(std::move(input));
    }
}

bool same_structure(const MirrorRecord& a, const MirrorRecord& b) {
    const auto& x = a.usage_point.MirrorMeterReading;
    const auto& y = b.usage_point.MirrorMeterReading;
    if (a.registers.size() != b.registers.size() || x.size() != y.size()) return false;
    for (std::size_t i = 0; i < a.registers.size(); ++i) {
        if (a.registers[i].total_mwh != b.registers[i].total_mwh) return false;
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        const auto type_text = [](const sep::MirrorMeterReading& reading) {
            return reading.ReadingType ? wire::to_json(*reading.ReadingType) : std::string();
        };
        if (!same_hex(x[i].mRID, y[i].mRID) || type_text(x[i]) != type_text(y[i])) return false;
    }
    return true;
}

std::optional<Refusal> check_usage_point(const Exchange& exchange, const sep::MirrorUsagePoint& posted) {
    if (same_hex(posted.deviceLFDI, exchange.caller.lfdi)) return std::nullopt;
    note(exchange.changes, model::Severity::security, "foreign_lfdi", exchange.caller.lfdi,
         "posted a MirrorUsagePoint of another device");
    return Refusal{403, Reason::invalid_values, "deviceLFDI is not this device"};
}

// The mirror as posted under a number: its meter readings replace those it had, registers go on.
std::optional<Refusal> rebuild(State& state, Exchange& exchange, MirrorRecord& mirror, sep::MirrorUsagePoint posted,
                               SampleBuilder& builder) {
    const std::vector<sep::MirrorMeterReading> readings = std::move(posted.MirrorMeterReading);
    posted.MirrorMeterReading.clear();
    posted.href.value.reset();
    posted.postRate = state.poll_s(*exchange.device);
    mirror.usage_point = std::move(posted);
    return take(state, exchange, mirror, builder, readings);
}

void commit(State& state, Exchange& exchange, MirrorRecord mirror) {
    keep(exchange.changes, mirror);
    store_mirror(state, *exchange.device, std::move(mirror));
}

const MirrorRecord* mirror_with_mrid(const Device& device, const std::string& mrid) {
    for (const auto& entry : device.mirrors) {
        if (same_hex(entry.second.usage_point.mRID, mrid)) return &entry.second;
    }
    return nullptr;
}

wire::Failure read_readings(const Exchange& exchange, sep::MirrorMeterReadingList& list, const Policy& policy) {
    const wire::Failure failure = read_body(exchange, "MirrorMeterReadingList", list, policy);
    if (!failure || failure->fault != wire::Fault::unknown_type) return failure;
    list.MirrorMeterReading.clear();
    return read_body(exchange, "MirrorMeterReading", list.MirrorMeterReading.emplace_back(), policy);
}

}  // namespace

http::Response get_mirrors(State& state, Exchange& exchange) {
    sep::MirrorUsagePointList record;
    record.href = sep::Maybe<sep::Href>(state.policy.prefix + "/mup");
    record.pollRate =
        sep::Maybe<std::uint32_t>(exchange.device ? state.slow_poll_s(*exchange.device) : state.policy.poll_s);
    std::vector<sep::MirrorUsagePoint> members;
    if (exchange.device) {
        for (const auto& entry : exchange.device->mirrors) members.push_back(mirror_record(state, entry.second));
    }
    std::sort(members.begin(), members.end(), [](const auto& a, const auto& b) { return a.mRID > b.mRID; });
    fill_page(record, record.MirrorUsagePoint, std::move(members), exchange.query, state.policy.page);
    return found(record);
}

http::Response post_mirror(State& state, Exchange& exchange) {
    sep::MirrorUsagePoint posted;
    if (auto failure = read_body(exchange, "MirrorUsagePoint", posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    hear_clock(state, exchange, posted.MirrorMeterReading);
    std::optional<Refusal> refusal = check_usage_point(exchange, posted);
    const MirrorRecord* known = mirror_with_mrid(*exchange.device, posted.mRID);
    MirrorRecord mirror = known ? *known : MirrorRecord{};
    if (!refusal && !known && exchange.device->mirrors.size() >= state.policy.mirrors) {
        refusal = Refusal{400, Reason::resource_limit, "too many MirrorUsagePoints"};
    }
    mirror.device = exchange.device->record.number;
    const std::uint32_t role_flags = bits_of(posted.roleFlags);
    SampleBuilder builder(role_flags, exchange.device->clock);
    if (!refusal) refusal = rebuild(state, exchange, mirror, std::move(posted), builder);
    if (refusal) return refuse(exchange, refusal->status, refusal->reason, refusal->words);

    const bool update = known != nullptr;  // S-ALL-07
    if (!update) {
        mirror.number = ++state.counters.mirror;
        keep(exchange.changes, state.counters);
    }
    const std::string href = mirror_href(state, mirror);
    commit(state, exchange, std::move(mirror));
    report(exchange, builder, role_flags);
    return update ? no_content_at(href) : created(href);
}

http::Response get_mirror(State& state, Exchange& exchange) {
    const MirrorRecord* mirror = own_mirror(state, exchange);
    return mirror ? found(mirror_record(state, *mirror)) : not_found(exchange);
}

http::Response put_mirror(State& state, Exchange& exchange) {
    const MirrorRecord* known = own_mirror(state, exchange);
    if (!known) return not_found(exchange);
    sep::MirrorUsagePoint posted;
    if (auto failure = read_body(exchange, "MirrorUsagePoint", posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    hear_clock(state, exchange, posted.MirrorMeterReading);
    MirrorRecord mirror = *known;
    const std::uint32_t role_flags = bits_of(posted.roleFlags);
    SampleBuilder builder(role_flags, exchange.device->clock);
    std::optional<Refusal> refusal = check_usage_point(exchange, posted);
    if (!refusal) refusal = rebuild(state, exchange, mirror, std::move(posted), builder);
    if (refusal) return refuse(exchange, refusal->status, refusal->reason, refusal->words);
    commit(state, exchange, std::move(mirror));
    report(exchange, builder, role_flags);
    return no_content();
}

http::Response post_readings(State& state, Exchange& exchange) {
    MirrorRecord* known = own_mirror(state, exchange);
    if (!known) return not_found(exchange);
    sep::MirrorMeterReadingList posted;
    if (auto failure = read_readings(exchange, posted, state.policy)) {
        return refuse(exchange, 400, Reason::invalid_format, failure->text());
    }
    hear_clock(state, exchange, posted.MirrorMeterReading);
    MirrorRecord mirror = *known;
    const std::uint32_t role_flags = bits_of(mirror.usage_point.roleFlags);
    SampleBuilder builder(role_flags, exchange.device->clock);
    if (auto refusal = take(state, exchange, mirror, builder, posted.MirrorMeterReading)) {
        return refuse(exchange, refusal->status, refusal->reason, refusal->words);
    }
    const std::string href = mirror_href(state, mirror);
    if (same_structure(mirror, *known)) {
        *known = std::move(mirror);  // last readings alone are not worth a write
    } else {
        commit(state, exchange, std::move(mirror));
    }
    report(exchange, builder, role_flags);
    return created(href);
}

http::Response delete_mirror(State& state, Exchange& exchange) {
    if (!own_mirror(state, exchange)) return not_found(exchange);
    forget(exchange.changes, folder::mirrors, std::to_string(exchange.id));
    erase_mirror(state, *exchange.device, exchange.id);
    return no_content();
}

}  // namespace busbar::ieee2030_5
