#include "protocols/ocpp/metering.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace busbar::ocpp {
namespace {

struct Measurand {
    std::string_view name;
    Quantity quantity;
};
constexpr std::array<Measurand, 9> measurands{{
    {"", Quantity::energy_import},
    {"Energy.Active.Import.Register", Quantity::energy_import},
    {"Energy.Active.Export.Register", Quantity::energy_export},
    {"Power.Active.Import", Quantity::power_import},
    {"Power.Active.Export", Quantity::power_export},
    {"Current.Import", Quantity::current_import},
    {"Voltage", Quantity::voltage},
    {"Frequency", Quantity::frequency},
    {"SoC", Quantity::state_of_charge},
}};

// 0, 1, 2 for a phase conductor against neutral (or against nothing said); -1 for all else (N, L1-L2 …).
int line_of(std::string_view phase) {
    if (phase.size() != 2 && !(phase.size() == 4 && phase.substr(2) == "-N")) return -1;
    if (phase[0] != 'L' || phase[1] < '1' || phase[1] > '3') return -1;
    return phase[1] - '1';
}

// One quantity over the readings of one instant.
struct Tally {
    std::optional<double> total;
    std::array<std::optional<double>, 3> lines;

    std::optional<double> sum() const {
        if (total) return total;
        std::optional<double> sum;
        for (const auto& line : lines) {
            if (line) sum = sum.value_or(0) + *line;
        }
        return sum;
    }
    std::optional<double> mean() const {
        if (total) return total;
        int count = 0;
        for (const auto& line : lines) count += line.has_value();
        return count ? std::optional(*sum() / count) : std::nullopt;
    }
};

using Tallies = std::array<Tally, 8>;

const Tally& of(const Tallies& tallies, Quantity quantity) {
    return tallies[static_cast<std::size_t>(quantity)];
}

std::int64_t milli(double value) {
    constexpr double most = 1e15;
    return std::llround(std::min(std::max(value * 1000, -most), most));
}

// Current times voltage over the lines that carry any.
std::optional<double> estimated_w(const Tallies& tallies, const Electrical& electrical) {
    const Tally& current = of(tallies, Quantity::current_import);
    const Tally& voltage = of(tallies, Quantity::voltage);
    const double nominal = static_cast<double>(electrical.voltage_mv) / 1000;
    // Some meters tell line-to-line voltage without saying so; a charger's phase never carries so much.
    const double mean = voltage.mean().value_or(nominal);
    const double assumed = mean > 0.5 * nominal && mean < 1.5 * nominal ? mean : nominal;
    std::optional<double> power;
    for (std::size_t line = 0; line < 3; ++line) {
        if (!current.lines[line]) continue;
        power = power.value_or(0) + *current.lines[line] * voltage.lines[line].value_or(assumed);
    }
    if (!power && current.total) power = *current.total * assumed * electrical.phases;
    return power;
}

}  // namespace

std::optional<Quantity> quantity_of(std::string_view measurand) {
    for (const Measurand& known : measurands) {
        if (known.name == measurand) return known.quantity;
    }
    return std::nullopt;
}

double factor_of(std::string_view unit) {
    return unit.size() >= 2 && unit[0] == 'k' ? 1000 : 1;
}

std::optional<double> number_of(std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    std::string plain(text);
    if (const auto comma = plain.find(','); comma != std::string::npos) plain[comma] = '.';
    if (!plain.empty() && plain[0] == '+') plain.erase(0, 1);
    double value = 0;
    const auto [rest, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    if (error != std::errc{} || rest != plain.data() + plain.size() || !std::isfinite(value)) return std::nullopt;
    return value;
}

std::optional<model::Sample> sample_of(const std::vector<Reading>& readings, const std::string& resource,
                                       model::Us measured_us, model::Us received_us, const Electrical& electrical) {
    Tallies tallies;
    for (const Reading& reading : readings) {
        if (!std::isfinite(reading.value)) continue;
        Tally& tally = tallies[static_cast<std::size_t>(reading.quantity)];
        if (reading.phase.empty()) {
            tally.total = reading.value;
        } else if (const int line = line_of(reading.phase); line >= 0) {
            tally.lines[static_cast<std::size_t>(line)] = reading.value;
        }
    }
    model::Sample sample;
    sample.resource = resource;
    sample.measured_us = measured_us;
    sample.received_us = received_us;
    const auto import_w = of(tallies, Quantity::power_import).sum();
    const auto export_w = of(tallies, Quantity::power_export).sum();
    if (import_w || export_w) {
        sample.power_mw = milli(import_w.value_or(0) - export_w.value_or(0));
    } else if (const auto power = estimated_w(tallies, electrical)) {
        sample.power_mw = milli(*power);
        sample.quality = model::Quality::estimated;
    }
    if (const auto wh = of(tallies, Quantity::energy_import).sum()) sample.import_mwh = milli(*wh);
    if (const auto wh = of(tallies, Quantity::energy_export).sum()) sample.export_mwh = milli(*wh);
    if (const auto soc = of(tallies, Quantity::state_of_charge).sum(); soc && *soc >= 0 && *soc <= 100) {
        sample.state_of_charge_ppm = std::llround(*soc * 10'000);
    }
    if (const auto volts = of(tallies, Quantity::voltage).mean()) sample.voltage_mv = milli(*volts);
    if (const auto hertz = of(tallies, Quantity::frequency).mean()) sample.frequency_mhz = milli(*hertz);
    const bool tells = sample.power_mw || sample.import_mwh || sample.export_mwh || sample.state_of_charge_ppm ||
                       sample.voltage_mv || sample.frequency_mhz;
    return tells ? std::optional(sample) : std::nullopt;
}

bool is_set(model::Us stated_us) {
    constexpr model::Us year_2015 = 1'420'070'400 * model::second_us;
    return stated_us >= year_2015;
}

}  // namespace busbar::ocpp
