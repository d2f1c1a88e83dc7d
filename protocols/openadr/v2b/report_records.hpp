// EiReport: the payloads about reports, and the intervals that reports and event signals share.
#pragma once

#include "protocols/openadr/v2b/common.hpp"

namespace busbar::openadr::v2b {

// ---- intervals and what they hold
// ------------------------------------------------------------------------------------

struct LoadControlValue {
    std::optional<double> oadrMin;
    std::optional<double> oadrMax;
    double oadrCurrent{};
    std::optional<double> oadrNormal;
};
XML_NAMES(LoadControlValue, oadr)
RECORD(LoadControlValue, oadrMin, oadrMax, oadrCurrent, oadrNormal)

struct LoadControlState {
    std::optional<LoadControlValue> oadrCapacity;
    std::optional<LoadControlValue> oadrLevelOffset;
    std::optional<LoadControlValue> oadrPercentOffset;
    std::optional<LoadControlValue> oadrSetPoint;
};
XML_NAMES(LoadControlState, oadr)
RECORD(LoadControlState, oadrCapacity, oadrLevelOffset, oadrPercentOffset, oadrSetPoint)

struct PayloadResourceStatus {
    bool oadrOnline{};
    bool oadrManualOverride{};
    std::optional<LoadControlState> oadrLoadControlState;
};
XML_NAMES(PayloadResourceStatus, oadr)
RECORD(PayloadResourceStatus, oadrOnline, oadrManualOverride, oadrLoadControlState)

struct SignalPayload {
    std::optional<PayloadFloat> payloadFloat;
};
XML_NAMES(SignalPayload, ei)
RECORD(SignalPayload, payloadFloat)

struct OadrReportPayload {
    Id rID;
    std::optional<wire::Whole<std::uint32_t, 0, 100>> confidence;
    std::optional<double> accuracy;
    std::optional<PayloadFloat> payloadFloat;  // one of these two: the substitution group of ei:payloadBase
    std::optional<PayloadResourceStatus> oadrPayloadResourceStatus;
    std::optional<Id> oadrDataQuality;  // "Quality Good - Non Specific" …
};
XML_NAMES(OadrReportPayload, oadr, {"rID", "", &ei}, {"confidence", "", &ei}, {"accuracy", "", &ei},
          {"payloadFloat", "", &ei})
RECORD(OadrReportPayload, rID, confidence, accuracy, payloadFloat, oadrPayloadResourceStatus, oadrDataQuality)

struct Interval {
    std::optional<DtStart> dtstart;
    std::optional<DurationProp> duration;
    std::optional<Uid> uid;
    List<SignalPayload, 0, max_members> signalPayload;          // of events
    List<OadrReportPayload, 0, max_members> oadrReportPayload;  // of reports
};
XML_NAMES(Interval, ei, {"dtstart", "", &xcal}, {"duration", "", &xcal}, {"uid", "", &xcal},
          {"oadrReportPayload", "", &oadr})
RECORD(Interval, dtstart, duration, uid, signalPayload, oadrReportPayload)

struct Intervals {
    List<Interval, 1, max_intervals> interval;
};
XML_NAMES(Intervals, strm, {"interval", "", &ei})
RECORD(Intervals, interval)

// ---- reports -------------------------------------------------------------------------------------------------------

struct OadrSamplingRate {
    Duration oadrMinPeriod;
    Duration oadrMaxPeriod;
    bool oadrOnChange{};
};
XML_NAMES(OadrSamplingRate, oadr)
RECORD(OadrSamplingRate, oadrMinPeriod, oadrMaxPeriod, oadrOnChange)

struct OadrReportDescription : Units {
    Id rID;
    std::optional<EiTarget> reportSubject;     // device classes only (rule 307)
    std::optional<EiTarget> reportDataSource;  // none = all resources (rule 343)
    Id reportType;                             // usage, demand, x-resourceStatus …
    Id readingType;                            // Direct Read, x-notApplicable …
    std::optional<Words> marketContext;
    std::optional<OadrSamplingRate> oadrSamplingRate;
};
XML_NAMES(OadrReportDescription, oadr, {"rID", "", &ei}, {"reportSubject", "", &ei}, {"reportDataSource", "", &ei},
          {"reportType", "", &ei}, OADR_UNIT_NAMES, {"readingType", "", &ei}, {"marketContext", "", &emix})
RECORD(OadrReportDescription, rID, reportSubject, reportDataSource, reportType, OADR_UNITS, readingType, marketContext,
       oadrSamplingRate)

struct OadrReport {
    std::optional<DtStart> dtstart;
    std::optional<DurationProp> duration;
    std::optional<Intervals> intervals;
    std::optional<Id> eiReportID;
    List<OadrReportDescription, 0, max_members> oadrReportDescription;  // in metadata only
    Id reportRequestID;                                                 // 0 in metadata (rule 311)
    Id reportSpecifierID;
    std::optional<Id> reportName;  // METADATA_TELEMETRY_USAGE, TELEMETRY_USAGE …
    DateTime createdDateTime;
};
XML_NAMES(OadrReport, oadr, {"dtstart", "", &xcal}, {"duration", "", &xcal}, {"intervals", "", &strm},
          {"eiReportID", "", &ei}, {"reportRequestID", "", &ei}, {"reportSpecifierID", "", &ei},
          {"reportName", "", &ei}, {"createdDateTime", "", &ei})
RECORD(OadrReport, dtstart, duration, intervals, eiReportID, oadrReportDescription, reportRequestID, reportSpecifierID,
       reportName, createdDateTime)

struct SpecifierPayload : Units {
    Id rID;
    Id readingType;
};
XML_NAMES(SpecifierPayload, ei, OADR_UNIT_NAMES)
RECORD(SpecifierPayload, rID, OADR_UNITS, readingType)

struct ReportSpecifier {
    Id reportSpecifierID;             // METADATA asks for the metadata again (rule 327)
    DurationProp granularity;         // 0 = on change
    DurationProp reportBackDuration;  // 0 = once
    std::optional<WsCalendarInterval> reportInterval;
    List<SpecifierPayload, 1, max_members> specifierPayload;
};
XML_NAMES(ReportSpecifier, ei, {"granularity", "", &xcal})
RECORD(ReportSpecifier, reportSpecifierID, granularity, reportBackDuration, reportInterval, specifierPayload)

struct OadrReportRequest {
    Id reportRequestID;
    ReportSpecifier reportSpecifier;
};
XML_NAMES(OadrReportRequest, oadr, {"reportRequestID", "", &ei}, {"reportSpecifier", "", &ei})
RECORD(OadrReportRequest, reportRequestID, reportSpecifier)

struct OadrPendingReports {
    List<Id, 0, max_members> reportRequestID;
};
XML_NAMES(OadrPendingReports, oadr, {"reportRequestID", "", &ei})
RECORD(OadrPendingReports, reportRequestID)

// ---- payloads ------------------------------------------------------------------------------------------------------

struct OadrRegisterReport {
    SchemaVersion schemaVersion;
    Id requestID;
    List<OadrReport, 0, max_members> oadrReport;
    std::optional<Id> venID;
    std::optional<Id> reportRequestID;  // only in answer to a request for metadata (rule 311)
};
XML_NAMES(OadrRegisterReport, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld}, {"venID", "", &ei},
          {"reportRequestID", "", &ei})
RECORD(OadrRegisterReport, schemaVersion, requestID, oadrReport, venID, reportRequestID)

struct OadrRegisteredReport {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    List<OadrReportRequest, 0, max_members> oadrReportRequest;
    std::optional<Id> venID;
};
XML_NAMES(OadrRegisteredReport, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"venID", "", &ei})
RECORD(OadrRegisteredReport, schemaVersion, eiResponse, oadrReportRequest, venID)

struct OadrCreateReport {
    SchemaVersion schemaVersion;
    Id requestID;
    List<OadrReportRequest, 1, max_members> oadrReportRequest;
    std::optional<Id> venID;
};
XML_NAMES(OadrCreateReport, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld}, {"venID", "", &ei})
RECORD(OadrCreateReport, schemaVersion, requestID, oadrReportRequest, venID)

struct OadrCreatedReport {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    OadrPendingReports oadrPendingReports;
    std::optional<Id> venID;
};
XML_NAMES(OadrCreatedReport, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"venID", "", &ei})
RECORD(OadrCreatedReport, schemaVersion, eiResponse, oadrPendingReports, venID)

struct OadrUpdateReport {
    SchemaVersion schemaVersion;
    Id requestID;
    List<OadrReport, 0, max_members> oadrReport;
    std::optional<Id> venID;
};
XML_NAMES(OadrUpdateReport, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld}, {"venID", "", &ei})
RECORD(OadrUpdateReport, schemaVersion, requestID, oadrReport, venID)

struct OadrCancelReport {
    SchemaVersion schemaVersion;
    Id requestID;
    List<Id, 1, max_members> reportRequestID;
    bool reportToFollow{};  // one last report (rule 345)
    std::optional<Id> venID;
};
XML_NAMES(OadrCancelReport, oadr, {"schemaVersion", "", &ei}, {"requestID", "", &pyld}, {"reportRequestID", "", &ei},
          {"reportToFollow", "", &pyld}, {"venID", "", &ei})
RECORD(OadrCancelReport, schemaVersion, requestID, reportRequestID, reportToFollow, venID)

struct OadrUpdatedReport {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    std::optional<OadrCancelReport> oadrCancelReport;  // piggy-back (rule 328)
    std::optional<Id> venID;
};
XML_NAMES(OadrUpdatedReport, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"venID", "", &ei})
RECORD(OadrUpdatedReport, schemaVersion, eiResponse, oadrCancelReport, venID)

struct OadrCanceledReport {
    SchemaVersion schemaVersion;
    EiResponse eiResponse;
    OadrPendingReports oadrPendingReports;
    std::optional<Id> venID;
};
XML_NAMES(OadrCanceledReport, oadr, {"schemaVersion", "", &ei}, {"eiResponse", "", &ei}, {"venID", "", &ei})
RECORD(OadrCanceledReport, schemaVersion, eiResponse, oadrPendingReports, venID)

}  // namespace busbar::openadr::v2b
