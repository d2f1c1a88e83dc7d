#include "tests/bench/fleet.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "protocols/wire/http.hpp"

namespace busbar::bench {
namespace {

constexpr double quiet_s = 0.5;
constexpr std::string_view all_measurands =
    "Power.Active.Import,Energy.Active.Import.Register,Current.Import,Voltage,SoC";

model::Us now_us() {
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string time_text(model::Us now) {
    const std::time_t seconds = static_cast<std::time_t>(now / 1'000'000);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 96> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1,
                  utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(now / 1000 % 1000));
    return text.data();
}

// A client's frame, masked as RFC 6455 demands.
std::string frame_of(std::string_view text, unsigned char opcode = 1) {
    static constexpr std::array<char, 4> mask{0x37, 0x5a, 0x11, 0x6d};
    std::string frame(1, static_cast<char>(0x80 | opcode));
    if (text.size() < 126) {
        frame += static_cast<char>(0x80 | text.size());
    } else {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(text.size() >> 8);
        frame += static_cast<char>(text.size() & 0xff);
    }
    frame.append(mask.data(), mask.size());
    const std::size_t begin = frame.size();
    frame += text;
    for (std::size_t i = 0; i < text.size(); ++i) frame[begin + i] = static_cast<char>(frame[begin + i] ^ mask[i % 4]);
    return frame;
}

// Nine readings of a three-phase meter, about 800 bytes in either version.
std::string meter_values(ocpp::Version version, std::uint64_t number, model::Us now) {
    struct Reading {
        const char* measurand;
        const char* phase;
        const char* unit;
        double value;
    };
    const double amps = 6 + static_cast<double>(number % 97) / 10;
    const std::array<Reading, 6> readings{
        {{"Energy.Active.Import.Register", "", "Wh", 1000.0 + static_cast<double>(number)},
         {"Power.Active.Import", "", "W", 690 * amps},
         {"Current.Import", "L1", "A", amps},
         {"Current.Import", "L2", "A", amps},
         {"Current.Import", "L3", "A", amps},
         {"Voltage", "L1-N", "V", 230.1}}};
    const bool v16 = version == ocpp::Version::v16;
    std::string text = "[2,\"m" + std::to_string(number) + "\",\"MeterValues\",{\"" + (v16 ? "connectorId" : "evseId") +
                       "\":1,\"meterValue\":[{\"timestamp\":\"" + time_text(now) + "\",\"sampledValue\":[";
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const Reading& reading = readings[i];
        std::array<char, 256> one{};
        const std::string phase = *reading.phase != 0 ? std::string(",\"phase\":\"") + reading.phase + '"' : "";
        std::snprintf(one.data(), one.size(),
                      v16 ? "%s{\"value\":\"%.1f\",\"context\":\"Sample.Periodic\",\"measurand\":\"%s\"%s,\"location\":"
                            "\"Outlet\",\"unit\":\"%s\"}"
                          : "%s{\"value\":%.1f,\"context\":\"Sample.Periodic\",\"measurand\":\"%s\"%s,\"location\":"
                            "\"Outlet\",\"unitOfMeasure\":{\"unit\":\"%s\"}}",
                      i == 0 ? "" : ",", reading.value, reading.measurand, phase.c_str(), reading.unit);
        text += one.data();
    }
    return text + "]}]}]";
}

}  // namespace

std::string station_id(std::size_t index) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "CP%05zu", index);
    return text.data();
}

int station_rated_w(std::size_t index) {
    return 690 * static_cast<int>(10 + index % 23);
}

std::string station_password(std::size_t index) {
    return "password-of-" + station_id(index);
}

class Fleet::Station final : public Link {
  public:
    Station(Fleet& fleet, std::size_t index) : fleet_(fleet), index_(index) {
        options_.id = station_id(index);
        options_.serial = options_.id;
        options_.version = index % 2 == 0 ? ocpp::Version::v16 : ocpp::Version::v201;
        options_.max_a = station_rated_w(index) / 690.0;
        options_.measurands = all_measurands;
    }

    void start() {
        upgraded_ = ready_ = false;
        partial_.clear();
        if (fleet_.plan_.speaks_ocpp) station_ = std::make_unique<ocpp::Station>(options_);
        ClientSecurity security{fleet_.plan_.tls};
        if (!fleet_.plan_.certificates.empty()) {
            security.certificate = fleet_.plan_.certificates[index_].get();
            security.key = fleet_.plan_.key.get();
        }
        fleet_.load_.connect(*this, fleet_.plan_.port, security);
    }

    void opened() override {
        std::string request = "GET /" + options_.id +
                              " HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Sec-WebSocket-Protocol: " +
                              std::string(subprotocol_of(options_.version)) + "\r\n";
        if (fleet_.plan_.certificates.empty())
            request +=
                "Authorization: Basic " + http::base64_encoded(options_.id + ":" + station_password(index_)) + "\r\n";
        send(request + "\r\n");
    }

    void received(std::string_view bytes) override {
        std::string joined;
        if (!partial_.empty()) {
            joined = std::move(partial_.append(bytes));
            partial_.clear();
            bytes = joined;
        }
        while (!bytes.empty()) {
            const std::size_t used = upgraded_ ? take_frame(bytes) : take_answer(bytes);
            if (used == 0) break;
            bytes.remove_prefix(used);
        }
        partial_ = bytes;
    }

    void send_text(std::string_view text) { send(frame_of(text)); }

    void send_meter_values() {
        --fleet_.to_send_;
        send_text(meter_values(options_.version, ++fleet_.next_message_, now_us()));
    }

    void hear(std::string_view text) {
        ocpp::Frames frames;
        station_->receive(now_us(), text, frames);
        if (!ready_ && station_->booted()) {
            become_ready();
            if (fleet_.plan_.charging) station_->plug_in(now_us(), 1, "TOKEN", frames);
        }
        for (const std::string& frame : frames) send_text(frame);
    }

  private:
    void become_ready() {
        ready_ = true;
        ++fleet_.ready_;
    }

    std::size_t take_answer(std::string_view bytes) {
        const auto end = bytes.find("\r\n\r\n");
        if (end == std::string_view::npos) return 0;
        if (!bytes.starts_with("HTTP/1.1 101"))
            throw std::runtime_error(options_.id + ": the server answered " + std::string(bytes.substr(0, 200)));
        upgraded_ = true;
        if (station_) {
            ocpp::Frames frames;
            station_->opened(now_us(), frames);
            for (const std::string& frame : frames) send_text(frame);
        } else {
            send_text(
                "[2,\"boot\",\"BootNotification\",{\"chargePointVendor\":\"Busbar\",\"chargePointModel\":\"Station\"}"
                "]");
        }
        return end + 4;
    }

    std::size_t take_frame(std::string_view bytes) {
        if (bytes.size() < 2) return 0;
        std::size_t length = static_cast<unsigned char>(bytes[1]) & 0x7f;
        std::size_t head = 2;
        if (length == 126) {
            if (bytes.size() < 4) return 0;
            length = static_cast<std::size_t>(static_cast<unsigned char>(bytes[2])) << 8 |
                     static_cast<unsigned char>(bytes[3]);
            head = 4;
        }
        if (length == 127) throw std::runtime_error("load generator: a frame of more than 64 KB");
        if (bytes.size() < head + length) return 0;
        const std::string_view payload = bytes.substr(head, length);
        switch (bytes[0] & 0x0f) {
            case 1:
                take_text(payload);
                break;
            case 8:
                throw std::runtime_error(options_.id + ": the server closed the WebSocket");
            case 9:
                send(frame_of(payload, 10));
                break;
            default:
                break;
        }
        return head + length;
    }

    void take_text(std::string_view text) {
        if (text.starts_with("[3,\"m")) {
            ++fleet_.answered_;
            if (fleet_.to_send_ > 0) send_meter_values();
            return;
        }
        if (text.starts_with("[4,"))
            throw std::runtime_error(options_.id + ": the server refuses: " + std::string(text));
        if (fleet_.holding_) {
            fleet_.held_.emplace_back(this, text);
            return;
        }
        if (station_) return hear(text);
        if (!ready_) become_ready();
    }

    Fleet& fleet_;
    std::size_t index_;
    ocpp::StationOptions options_;
    std::unique_ptr<ocpp::Station> station_;
    std::string partial_;
    bool upgraded_ = false;
    bool ready_ = false;
};

Fleet::Fleet(Load& load, FleetPlan plan) : load_(load), plan_(std::move(plan)) {
    for (std::size_t i = 0; i < plan_.stations; ++i) stations_.push_back(std::make_unique<Station>(*this, i));
}

Fleet::~Fleet() = default;

void Fleet::connect() {
    ready_ = 0;
    load_.open_all(
        stations_.size(), [this](std::size_t i) { stations_[i]->start(); }, [this] { return ready_; });
    load_.rest(quiet_s);
}

void Fleet::disconnect() {
    for (const auto& station : stations_) station->reset();
}

void Fleet::send_meter_values(std::size_t count, std::size_t active) {
    answered_ = 0;
    to_send_ = count;
    for (std::size_t i = 0; i < active && to_send_ > 0; ++i)
        stations_[i * (stations_.size() / active)]->send_meter_values();
    load_.run("sending meter values", 120, [&] { return answered_ == count; });
}

void Fleet::hold() {
    holding_ = true;
}

void Fleet::release() {
    holding_ = false;
    for (const auto& [station, text] : std::exchange(held_, {}))
        if (plan_.speaks_ocpp) station->hear(text);
}

std::size_t Fleet::held_bytes() const {
    std::size_t bytes = 0;
    for (const auto& [station, text] : held_) bytes += text.size();
    return bytes;
}

void Fleet::send_text(std::size_t station, std::string_view text) {
    stations_[station]->send_text(text);
}

}  // namespace busbar::bench
