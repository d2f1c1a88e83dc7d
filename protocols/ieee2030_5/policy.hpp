// What the operator decides about the 2030.5 server, and who a request comes from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace busbar::ieee2030_5 {

// The peer, as its verified client certificate names it.
struct Caller {
    std::string lfdi;  // 40 hexadecimal digits
    std::uint64_t sfdi = 0;
    std::string address;  // for notices
};

struct Policy {
    std::string prefix;     // of all paths, "" or "/sep2"; at most 12 characters, so that every href stays below 50
    std::uint32_t pen = 0;  // IANA private enterprise number: the last 32 bits of our mRIDs
    std::uint32_t default_pin = 111115;  // of devices enrolled without one
    std::uint32_t poll_s = 300;          // pollRate of what a device reads; a device's enrolment may say otherwise
    std::uint32_t time_poll_s = 900;     // pollRate of Time
    std::uint8_t primacy = 65;           // of our DERProgram; 65..191 is for users
    bool in_band_registration = false;   // whether an unknown device may POST itself to the EndDeviceList
    bool csip_aus = true;                // CSIP-AUS limits for the devices that enabled them
    std::uint8_t time_quality = 5;  // 3 external authoritative, 4 from such a source, 5 set by hand, 7 uncoordinated
    std::int32_t tz_offset_s = 0;
    std::int32_t dst_offset_s = 0;
    std::int64_t dst_start_s = 0;
    std::int64_t dst_end_s = 0;

    // Limits.
    std::uint32_t page = 255;                 // most members of one answer
    std::size_t body = 256 * 1024;            // bytes of one request
    std::uint32_t writes_per_minute = 1200;   // PUT, POST and DELETE of one device
    std::uint32_t in_band_devices = 10'000;   // that registered themselves
    std::uint32_t published = 24;             // controls that stand ahead of a device (CSIP G10 asks for 24)
    std::uint32_t retired = 24;               // cancelled and superseded controls that stay visible
    std::uint32_t remembered = 128;           // controls that responses are still taken for
    std::uint32_t responses = 128;            // kept of each device
    std::uint32_t log_events = 64;            // kept of each device
    std::uint32_t mirrors = 8;                // MirrorUsagePoints of one device
    std::uint32_t meter_readings = 32;        // MirrorMeterReadings of one MirrorUsagePoint
    std::uint32_t readings = 1024;            // in one POST
    std::size_t rendered_device = 32 * 1024;  // bytes of answers kept of one device; 0: every answer is made anew
    std::size_t rendered = 64 * 1024 * 1024;  // bytes of answers kept of all devices
};

}  // namespace busbar::ieee2030_5
