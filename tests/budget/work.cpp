#include "tests/budget/work.hpp"

#include <stdexcept>

#include "gateway/records/model_records.hpp"
#include "protocols/ieee2030_5/test_support.hpp"
#include "protocols/ocpp/test_csms.hpp"
#include "protocols/wire/json.hpp"

namespace busbar::budget {

namespace {

void require(bool condition, const char* what) {
    if (!condition) throw std::logic_error(what);
}

class MeterValues final : public Work {
  public:
    MeterValues() : wire_(ocpp::Version::v201) {
        wire_.boot();
        for (const char* each : {R"("Power.Active.Import","unitOfMeasure":{"unit":"W"},"value":7412.5)",
                                 R"("Energy.Active.Import.Register","unitOfMeasure":{"unit":"Wh"},"value":1234567)",
                                 R"("Current.Import","phase":"L1","unitOfMeasure":{"unit":"A"},"value":10.71)",
                                 R"("Current.Import","phase":"L2","unitOfMeasure":{"unit":"A"},"value":10.74)",
                                 R"("Voltage","phase":"L1-N","unitOfMeasure":{"unit":"V"},"value":231.4)"}) {
            samples_ += samples_.empty() ? "" : ",";
            samples_ += R"({"context":"Sample.Periodic","location":"Outlet","measurand":)" + std::string(each) + "}";
        }
    }
    void once() override {
        wire_.now += 10 * model::second_us;
        const std::string frame =
            "[2,\"m" + std::to_string(++number_) + R"(","MeterValues",{"evseId":1,"meterValue":[{"timestamp":")" +
            wire::to_text(wire::DateTime(wire_.now)) + R"(","sampledValue":[)" + samples_ + "]}]}]";
        ocpp::Output output;
        wire_.csms.receive(wire_.now, "cs-1", frame, output);
        require(output.frames.size() == 1 && output.frames[0].text.starts_with("[3,") && !output.changes.inputs.empty(),
                "the meter values were not answered");
    }

  private:
    ocpp::Wire wire_;
    std::string samples_;
    std::uint64_t number_ = 1'000'000;
};

class ControlList final : public Work {
  public:
    explicit ControlList(ieee2030_5::Policy policy) : bench_(std::move(policy)) {
        model::Command command = ieee2030_5::setpoint("c1", "battery", bench_.now, bench_.now + 1800 * model::second_us,
                                                      ieee2030_5::kilowatt_mw);
        command.steps.push_back({bench_.now + 900 * model::second_us, 2 * ieee2030_5::kilowatt_mw});
        bench_.ask(ieee2030_5::battery_lfdi, "PUT", "/edev/2/der/1/derg", ieee2030_5::settings_of());
        bench_.send(command);
        request_.method = "GET";
        request_.target = "/edev/2/derp/1/derc?l=10";
    }
    void once() override {
        model::Changes changes;
        const auto response =
            bench_.server.handle(bench_.now, {ieee2030_5::battery_lfdi, 0, "192.0.2.1"}, request_, changes);
        require(response.status == 200 && response.body.find("<DERControl ") != std::string::npos,
                "there is no control in the list");
    }

  private:
    ieee2030_5::Bench bench_;
    http::Request request_;
};

class JournalInput final : public Work {
  public:
    JournalInput() {
        model::Sample& sample = input_.sample.emplace();
        sample.resource = "charger-1/1";
        sample.measured_us = sample.received_us = 1'790'000'000 * model::second_us;
        sample.power_mw = 7'412'500;
        sample.import_mwh = 1'234'567'000;
    }
    void once() override { require(wire::to_json(input_).size() > 50, "nothing was written"); }

  private:
    model::Input input_;
};

}  // namespace

std::unique_ptr<Work> meter_values() {
    return std::make_unique<MeterValues>();
}
std::unique_ptr<Work> control_list() {
    return std::make_unique<ControlList>(ieee2030_5::Policy{});
}
std::unique_ptr<Work> control_list_anew() {
    ieee2030_5::Policy policy;
    policy.rendered_device = 0;
    return std::make_unique<ControlList>(policy);
}
std::unique_ptr<Work> journal_input() {
    return std::make_unique<JournalInput>();
}

}  // namespace busbar::budget
