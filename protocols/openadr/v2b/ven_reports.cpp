// EiReport at the VEN: which telemetry it offers (metadata), what the VTN has asked for of it, and the reports
// themselves.
//
// Two reports are offered, each with one or two data points for each resource: TELEMETRY_USAGE with mean power in W
// ("<resource>_power") and energy in Wh ("<resource>_energy") over each interval, and TELEMETRY_STATUS
// ("<resource>_status"). Usage is interval data: each interval has a start and a duration; status is point data (rule
// 342).
#include <algorithm>
#include <cmath>

#include "protocols/openadr/v2b/ven_state.hpp"

namespace busbar::openadr::v2b {

namespace {

constexpr std::string_view usage_specifier = "telemetry_usage";
constexpr std::string_view status_specifier = "telemetry_status";
constexpr model::Us longest_us = 400 * 24 * model::hour_us;  // granularity and reportBackDuration
constexpr std::size_t most_intervals = 1000;                 // of one report; older ones are left out

wire::Duration whole_seconds(model::Us span) {
    return wire::Duration(std::max<model::Us>(span, 0) / model::second_us * model::second_us);
}

EnergyItem watt_hours() {
    return {Id("RealEnergy"), Id("Wh"), Text<8>("none")};
}

PowerItem watts(const VenPolicy& policy) {
    return {Id("RealPower"), Id("W"), Text<8>("none"), {policy.mains_hertz, policy.mains_volt, true}};
}

std::string quality_of(const TelemetrySample* sample) {
    if (!sample) return "Quality Bad - Non Specific";  // rule 318
    switch (sample->value.quality) {
        case model::Quality::good:
            return "Quality Good - Non Specific";
        case model::Quality::estimated:
            return "Quality Uncertain - Non Specific";
        case model::Quality::questionable:
            return "Quality Uncertain - Sub Normal";
        case model::Quality::bad:
            return "Quality Bad - Comm Failure";
    }
    return "Quality Bad - Non Specific";
}

// The last sample at or before `at`; nullptr: none.
const TelemetrySample* sample_at(const DataSource& source, model::Us at) {
    const auto after =
        std::upper_bound(source.samples.begin(), source.samples.end(), at,
                         [](model::Us when, const TelemetrySample& sample) { return when < sample.at_us; });
    return after == source.samples.begin() ? nullptr : &*std::prev(after);
}

// Net energy since the start, as it stood at `at`.
double energy_mwh_at(const DataSource& source, model::Us at) {
    const TelemetrySample* sample = sample_at(source, at);
    if (!sample) return source.samples.empty() ? 0 : source.samples.front().energy_mwh;
    return sample->energy_mwh + static_cast<double>(sample->value.power_mw) * static_cast<double>(at - sample->at_us) /
                                    static_cast<double>(model::hour_us);
}

// Whether a data point is this resource's; its suffix says which of them.
bool is_point_of(const Id& rid, const DataSource& source, std::string_view suffix) {
    return rid == source.resource_id + std::string(suffix);
}
bool is_usage_of(const Id& rid, const DataSource& source) {
    return is_point_of(rid, source, "_power") || is_point_of(rid, source, "_energy");
}

}  // namespace

// ---- what is offered
// -------------------------------------------------------------------------------------------------

OadrRegisterReport Ven::State::metadata(model::Us now) const {
    OadrRegisterReport out;
    out.requestID = "metadata";
    out.venID = registration.venID;
    const OadrSamplingRate rate{whole_seconds(policy.sampling_min_us), whole_seconds(policy.sampling_max_us), false};
    const auto report = [&](std::string_view specifier, std::string_view name) -> OadrReport& {
        OadrReport& offered = out.oadrReport.emplace_back();
        offered.duration.emplace().duration =
            whole_seconds(std::max(model::hour_us, policy.sampling_max_us));  // rule 312
        offered.reportRequestID = "0";                                        // rule 311
        offered.reportSpecifierID = Id(specifier);
        offered.reportName = Id(name);
        offered.createdDateTime = DateTime(now);
        return offered;
    };
    const auto point = [&](OadrReport& offered, const DataSource& source,
                           std::string_view suffix) -> OadrReportDescription& {
        OadrReportDescription& description = offered.oadrReportDescription.emplace_back();
        description.rID = Id(source.resource_id + std::string(suffix));
        description.reportDataSource.emplace().resourceID.push_back(Id(source.resource_id));
        description.reportType = "usage";
        description.readingType = "Direct Read";
        if (!policy.market_contexts.empty()) description.marketContext = Words(policy.market_contexts.front());
        description.oadrSamplingRate = rate;
        return description;
    };
    OadrReport& usage = report(usage_specifier, "METADATA_TELEMETRY_USAGE");
    for (const DataSource& source : sources) {
        point(usage, source, "_power").powerReal = watts(policy);
        point(usage, source, "_energy").energyReal = watt_hours();
    }
    OadrReport& status = report(status_specifier, "METADATA_TELEMETRY_STATUS");
    for (const DataSource& source : sources) {
        OadrReportDescription& description = point(status, source, "_status");
        description.reportType = "x-resourceStatus";
        description.readingType = "x-notApplicable";
    }
    return out;
}

void Ven::State::on_registered(model::Us now, const OadrRegisteredReport& p, model::Changes& changes) {
    if (phase == Phase::register_reports) phase = Phase::request_event;
    if (p.oadrReportRequest.empty()) return;
    OadrCreateReport requests;  // piggy-back, rule 344
    requests.requestID = p.eiResponse.requestID;
    requests.oadrReportRequest.assign(p.oadrReportRequest.begin(), p.oadrReportRequest.end());
    on_create_report(now, requests, changes);
}

// The VTN's own metadata: we take note and ask for none of it.
void Ven::State::on_register_report(const OadrRegisterReport& p) {
    Payload reply;
    reply.oadrRegisteredReport.emplace().eiResponse = response_of(Code::ok, p.requestID);
    reply.oadrRegisteredReport->venID = registration.venID;
    enqueue("EiReport", std::move(reply));
}

// ---- what is asked for
// -------------------------------------------------------------------------------------------------

Code Ven::State::take_job(model::Us now, const OadrReportRequest& request, std::string& why, model::Changes& changes) {
    const ReportSpecifier& specifier = request.reportSpecifier;
    if (specifier.reportSpecifierID == "METADATA") {  // rule 327
        Payload payload;
        payload.oadrRegisterReport = metadata(now);
        payload.oadrRegisterReport->reportRequestID = request.reportRequestID;
        enqueue("EiReport", std::move(payload));
        return Code::ok;
    }
    const bool usage = specifier.reportSpecifierID == usage_specifier;
    if (!usage && specifier.reportSpecifierID != status_specifier) {
        why = "this reportSpecifierID is not in our metadata";
        return Code::invalid_id;
    }
    for (const SpecifierPayload& payload : specifier.specifierPayload) {
        const bool known = std::any_of(sources.begin(), sources.end(), [&](const DataSource& source) {
            return usage ? is_usage_of(payload.rID, source) : is_point_of(payload.rID, source, "_status");
        });
        if (!known) {
            why = "this rID is not in our metadata";
            return Code::invalid_id;
        }
    }
    if (!jobs.contains(request.reportRequestID) && jobs.size() >= policy.max_reports) {
        why = "as many reports as this VEN can make are requested already";
        return Code::deployment_other;
    }
    ReportJob job;
    job.request = request;
    const auto span_of = [this](const DurationProp& span) {
        return span.duration.us <= 0 ? model::Us{0} : std::clamp(span.duration.us, policy.sampling_min_us, longest_us);
    };
    job.granularity_us = span_of(specifier.granularity);
    job.back_us = span_of(specifier.reportBackDuration);
    job.end_us = model::never;
    model::Us start = now / model::second_us * model::second_us;
    if (specifier.reportInterval) {  // rule 325
        const Properties& properties = specifier.reportInterval->properties;
        start = std::max(start, properties.dtstart.date_time.us);
        const model::Us span = properties.duration.duration.us;
        const bool bounded = span > 0 && span != wire::Duration::endless && start < model::never - span;
        if (bounded && job.back_us > 0) job.end_us = std::max(properties.dtstart.date_time.us, model::Us{0}) + span;
    }
    const bool later = start > now;  // then the first report is due at the start, on the stretch before it
    const model::Us step = job.granularity_us > 0 ? job.granularity_us : job.back_us;
    job.from_us = later ? start - step : start;
    job.next_us = later || job.back_us == 0 ? start : start + job.back_us;
    jobs[request.reportRequestID] = std::move(job);
    keep_job(request.reportRequestID, changes);
    return Code::ok;
}

void Ven::State::on_create_report(model::Us now, const OadrCreateReport& p, model::Changes& changes) {
    if (is_foreign(p.venID, changes)) return tell_created(Code::invalid_id, p.requestID, "this is not our venID");
    Code code = Code::ok;
    std::string why = "OK";
    for (const OadrReportRequest& request : p.oadrReportRequest) {
        std::string reason;
        const Code own = take_job(now, request, reason, changes);
        if (own == Code::ok) continue;
        code = own;
        why = reason;
        notice(changes, model::Severity::warning, "report_refused", "a requested report was refused: " + reason);
    }
    tell_created(code, p.requestID, why);
}

void Ven::State::tell_created(Code code, const std::string& request_id, std::string why) {
    Payload reply;
    OadrCreatedReport& created = reply.oadrCreatedReport.emplace();
    created.eiResponse = response_of(code, request_id, std::move(why));
    created.oadrPendingReports = pending();  // rule 329
    created.venID = registration.venID;
    enqueue("EiReport", std::move(reply));
}

void Ven::State::on_cancel_report(model::Us now, const OadrCancelReport& p, bool piggy_back, model::Changes& changes) {
    const bool foreign = is_foreign(p.venID, changes);
    Code code = Code::ok;
    for (const Id& id : p.reportRequestID) {
        const auto job = jobs.find(id);
        if (foreign || job == jobs.end()) {
            code = Code::invalid_id;  // rule 336
            continue;
        }
        if (p.reportToFollow) {  // rule 345
            Payload last;
            OadrUpdateReport& update = last.oadrUpdateReport.emplace();
            update.requestID = new_id();
            update.venID = registration.venID;
            update.oadrReport.push_back(build(job->second, job->second.from_us, now, now));
            enqueue("EiReport", std::move(last));
        }
        drop_job(id, changes);
    }
    if (piggy_back) return;
    Payload reply;
    OadrCanceledReport& canceled = reply.oadrCanceledReport.emplace();
    canceled.eiResponse =
        response_of(code, p.requestID, code == Code::ok ? "OK" : "no report with this reportRequestID is requested");
    canceled.oadrPendingReports = pending();
    canceled.venID = registration.venID;
    queue.push_front({std::move(reply), "EiReport", 0});
}

OadrPendingReports Ven::State::pending() const {
    OadrPendingReports list;
    for (const auto& [id, job] : jobs) list.reportRequestID.push_back(Id(id));
    return list;
}

// ---- reports
// ---------------------------------------------------------------------------------------------------------

std::optional<model::Us> Ven::State::next_report_due() const {
    std::optional<model::Us> due;
    for (const auto& [id, job] : jobs) due = std::min(due.value_or(model::never), job.next_us);
    return due;
}

namespace {

// Up to when the report that is due now can speak: whole intervals only, so that reports follow one another without a
// gap or a remainder; what is left goes into the next one.
model::Us reported_until(const ReportJob& job, model::Us now) {
    if (job.back_us == 0) return now;
    if (now >= job.end_us) return job.end_us;
    const model::Us step = job.granularity_us > 0 ? job.granularity_us : job.back_us;
    return now <= job.from_us ? job.from_us : job.from_us + (now - job.from_us) / step * step;
}

void schedule_next(ReportJob& job, model::Us now) {
    if (job.back_us == 0 || now >= job.end_us) {
        job.next_us = model::never;
        return;
    }
    const model::Us missed = (now - job.next_us) / job.back_us;
    job.next_us = std::min(job.next_us + (missed + 1) * job.back_us, job.end_us);
}

}  // namespace

std::optional<Outgoing> Ven::State::due_reports(model::Us now) {
    OadrUpdateReport update;
    for (auto& [id, job] : jobs) {
        if (job.next_us > now || update.oadrReport.size() == max_members) continue;
        const model::Us to = reported_until(job, now);
        if (to > job.from_us || job.back_us == 0) update.oadrReport.push_back(build(job, job.from_us, to, now));
        job.from_us = std::max(job.from_us, to);
        schedule_next(job, now);
        changed_jobs.push_back(id);
    }
    if (update.oadrReport.empty()) return std::nullopt;
    update.requestID = new_id();
    update.venID = registration.venID;
    Payload payload;
    payload.oadrUpdateReport = std::move(update);
    return Outgoing{std::move(payload), "EiReport", 0};
}

namespace {

OadrReportPayload status_point(const DataSource& source, model::Us at) {
    const TelemetrySample* sample = sample_at(source, at);
    OadrReportPayload payload;
    payload.oadrPayloadResourceStatus =
        PayloadResourceStatus{sample && sample->value.online, sample && sample->value.manual_override, {}};
    payload.oadrDataQuality = Id(quality_of(sample));
    return payload;
}

OadrReportPayload usage_point(const DataSource& source, bool energy, model::Us from, model::Us to) {
    const TelemetrySample* sample = sample_at(source, to);
    const double mwh = energy_mwh_at(source, to) - energy_mwh_at(source, from);
    double value = mwh / 1000;
    if (!energy) {
        const double span = static_cast<double>(to - from) / static_cast<double>(model::hour_us);
        value = span > 0 ? mwh / 1000 / span : sample ? static_cast<double>(sample->value.power_mw) / 1000 : 0;
    }
    OadrReportPayload payload;
    payload.payloadFloat = PayloadFloat{std::round(value * 1000) / 1000};
    payload.oadrDataQuality = Id(quality_of(sample));
    return payload;
}

}  // namespace

OadrReport Ven::State::build(const ReportJob& job, model::Us from, model::Us to, model::Us now) const {
    const ReportSpecifier& specifier = job.request.reportSpecifier;
    const bool usage = specifier.reportSpecifierID == usage_specifier;
    model::Us step = job.granularity_us > 0 ? job.granularity_us : to - from;
    if (job.back_us == 0) {  // once: the latest stretch of one granularity (rule 337)
        step = std::max(step, policy.sampling_min_us);
        from = to - step;
    }
    step = std::max(step, model::Us{1});
    if ((to - from) / step > static_cast<model::Us>(most_intervals))
        from = to - step * static_cast<model::Us>(most_intervals);
    OadrReport report;
    report.reportRequestID = job.request.reportRequestID;
    report.reportSpecifierID = specifier.reportSpecifierID;
    report.reportName = Id(usage ? "TELEMETRY_USAGE" : "TELEMETRY_STATUS");  // rule 313
    report.createdDateTime = DateTime(now);
    report.dtstart.emplace().date_time = DateTime(from);
    Intervals& intervals = report.intervals.emplace();
    model::Us at = from;
    do {  // oldest first (rule 314)
        const model::Us end = std::max(std::min(at + step, to), at);
        Interval& interval = intervals.interval.emplace_back();
        interval.dtstart.emplace().date_time = DateTime(usage ? at : end);
        if (usage) interval.duration.emplace().duration = whole_seconds(end - at);
        for (const SpecifierPayload& wanted : specifier.specifierPayload) {
            for (const DataSource& source : sources) {
                if (usage ? !is_usage_of(wanted.rID, source) : !is_point_of(wanted.rID, source, "_status")) continue;
                const bool energy = is_point_of(wanted.rID, source, "_energy");
                OadrReportPayload point = usage ? usage_point(source, energy, at, end) : status_point(source, end);
                point.rID = wanted.rID;
                interval.oadrReportPayload.push_back(std::move(point));
                break;
            }
        }
        at = end;
    } while (at < to);
    return report;
}

// ---- jobs and samples
// ------------------------------------------------------------------------------------------------

void Ven::State::keep_job(const std::string& id, model::Changes& changes) {
    changes.documents.push_back({folder(), "report:" + id, wire::to_json(jobs.at(id))});
}

void Ven::State::drop_job(const std::string& id, model::Changes& changes) {
    jobs.erase(id);
    changes.documents.push_back({folder(), "report:" + id, ""});
}

void Ven::State::keep_due_jobs(model::Changes& changes) {
    for (const std::string& id : changed_jobs) {
        const auto job = jobs.find(id);
        if (job == jobs.end()) continue;
        if (job->second.next_us == model::never)
            drop_job(id, changes);
        else
            keep_job(id, changes);
    }
    changed_jobs.clear();
}

void Ven::State::measured(model::Us now, DataSource& source, const Telemetry& telemetry) {
    if (!source.samples.empty() && now <= source.samples.back().at_us) {
        source.samples.back().value = telemetry;
        return;
    }
    TelemetrySample sample{now, energy_mwh_at(source, now), telemetry};
    source.samples.push_back(sample);
    if (source.samples.size() > policy.samples_kept) source.samples.pop_front();
}

}  // namespace busbar::openadr::v2b
