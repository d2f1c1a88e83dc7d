// What the records' codec is measured against: code written by hand for these five messages alone, as one writes it
// over Boost.JSON and pugixml, into the same structs. It is complete for what such messages hold: required members,
// ranges, lengths in characters, enumerations, sizes of lists, elements that stand twice, namespaces. It leaves out
// some rare members (sales tariffs, signed meter values, baselines, map shapes, rare units), which the records have and
// search for: that makes it faster, not slower.
#pragma once

#include <string>
#include <string_view>

#include "protocols/ieee2030_5/records_der.hpp"
#include "protocols/ocpp/v201/charging.hpp"
#include "protocols/ocpp/v201/transactions.hpp"
#include "protocols/openadr/v2b/event_records.hpp"
#include "protocols/openadr/v3/records.hpp"

namespace busbar::bench::floor {

// False: not such a message; `where` names the member.
bool read(std::string_view json, ocpp::v201::MeterValuesRequest& out, std::string& where);
bool read(std::string_view json, ocpp::v201::SetChargingProfileRequest& out, std::string& where);
bool read(std::string_view json, openadr::v3::Event& out, std::string& where);
bool read(std::string_view xml, ieee2030_5::sep::DERControlList& out, std::string& where);
bool read(std::string_view xml, openadr::v2b::OadrDistributeEvent& out, std::string& where);

std::string write(const ocpp::v201::MeterValuesRequest& value);
std::string write(const ocpp::v201::SetChargingProfileRequest& value);
std::string write(const openadr::v3::Event& value);
std::string write(const ieee2030_5::sep::DERControlList& value);
std::string write(const openadr::v2b::OadrDistributeEvent& value);

}  // namespace busbar::bench::floor
