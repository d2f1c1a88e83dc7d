// One number for the whole state: FNV-1a over every member of the snapshot, in order, lengths included.
#include <string>

#include "dispatch/core_state.hpp"

namespace busbar::dispatch {

namespace {

class Hash {
  public:
    template <typename T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T> Hash& operator()(const T& value) {
        auto bits = static_cast<std::uint64_t>(value);
        for (int byte = 0; byte < 8; ++byte, bits >>= 8) state_ = (state_ ^ (bits & 0xff)) * 0x100000001b3ULL;
        return *this;
    }
    Hash& operator()(const std::string& text) {
        (*this)(text.size());
        for (const char letter : text) state_ = (state_ ^ static_cast<unsigned char>(letter)) * 0x100000001b3ULL;
        return *this;
    }
    template <typename T>
    Hash& operator()(const std::vector<T>& values) {
        (*this)(values.size());
        for (const auto& value : values) (*this)(value);
        return *this;
    }
    template <typename T>
    Hash& operator()(const std::optional<T>& value) {
        (*this)(value.has_value());
        return value ? (*this)(*value) : *this;
    }
    template <typename... T>
    Hash& all(const T&... values) {
        ((*this)(values), ...);
        return *this;
    }

    Hash& operator()(const model::Node& v) {
        return all(v.id, v.parent, v.kind, v.name, v.import_limit_mw, v.export_limit_mw);
    }
    Hash& operator()(const MeterState& v) {
        return all(v.has_power, v.power_mw, v.steady_mw, v.power_us, v.gap_us, v.counted_until_us, v.has_register,
                   v.register_mwh, v.register_us);
    }
    Hash& operator()(const NodeState& v) { return all(v.used, v.node, v.meter, v.has_background, v.background_mw); }
    Hash& operator()(const model::Capability& v) {
        return all(v.min_mw, v.max_mw, v.lowest_on_mw, v.step_mw, v.preferred_mw, v.phases);
    }
    Hash& operator()(const model::Resource& v) {
        return all(v.id, v.parent, v.kind, v.name, v.capability, v.connected, v.controllable, v.settles_us);
    }
    Hash& operator()(const model::Sample& v) {
        return all(v.resource, v.measured_us, v.received_us, v.power_mw, v.import_mwh, v.export_mwh,
                   v.state_of_charge_ppm, v.voltage_mv, v.frequency_mhz, v.quality);
    }
    Hash& operator()(const Regime& v) { return all(v.told_mw, v.mean_mw, v.count, v.outliers); }
    Hash& operator()(const ResponseState& v) {
        return all(v.gain_ppm, v.cap_low, v.cap_high, v.low_mw, v.high_mw, v.ignores, v.probes, v.present, v.before,
                   v.noise_mw);
    }
    Hash& operator()(const Passage& v) { return all(v.low_mw, v.high_mw, v.new_low_mw, v.new_high_mw, v.since_us); }
    Hash& operator()(const model::Step& v) { return all(v.start_us, v.power_mw); }
    Hash& operator()(const Schedule& v) { return all(v.steps, v.end_us, v.cut); }
    Hash& operator()(const model::Command& v) {
        return all(v.id, v.resource, v.event, v.kind, v.start_us, v.end_us, v.steps, v.fallback_mw, v.has_fallback,
                   v.expires_us);
    }
    Hash& operator()(const CommandRecord& v) {
        return all(v.command, v.state, v.taken, v.issued_us, v.changed_us, v.reason);
    }
    Hash& operator()(const ResourceState& v) {
        return all(v.used, v.resource, v.last_sample, v.meter, v.response, v.told_mw, v.told_us, v.told, v.passage,
                   v.wanted, v.wanted_event, v.has_fallback, v.fallback_mw, v.commands, v.resend, v.silent, v.balks,
                   v.ack_due_us, v.retry_us, v.retries);
    }
    Hash& operator()(const model::Signal& v) {
        return all(v.kind, v.power_mw, v.ratio_ppm, v.value, v.price_micro, v.native);
    }
    Hash& operator()(const model::Interval& v) { return all(v.start_us, v.end_us, v.native_id, v.signals); }
    Hash& operator()(const model::LossNote& v) { return all(v.code, v.field, v.native, v.kept); }
    Hash& operator()(const model::GridEvent& v) {
        all(v.id, v.source, v.native_id, v.revision, v.program, v.name, v.created_us, v.modified_us);
        all(v.priority.priority_class, v.priority.rank, v.targets, v.intervals, v.randomise.low_us,
            v.randomise.high_us);
        return all(v.response, v.test, v.cancelled, v.losses);
    }
    Hash& operator()(const EnergySum& v) { return all(v.whole_mwh, v.rest_mw_us); }
    Hash& operator()(const IntervalState& v) {
        return all(v.delivered, v.covered_us, v.bridged_us, v.valued, v.ordered, v.ordered_mw);
    }
    Hash& operator()(const Member& v) { return all(v.resource, v.state, v.refused_mw, v.refused_us); }
    Hash& operator()(const EventState& v) {
        all(v.number, v.event, v.known_us, v.shift_us, v.stop_us, v.status, v.gone, v.metered, v.baseline_known,
            v.baseline_mw);
        all(v.intervals, v.members, v.has_opt, v.opt, v.opt_reason, v.report_due, v.next_report_us);
        return all(v.final, v.final_us, v.correction_mw, v.shortfall_mw);
    }
    Hash& operator()(const Snapshot& v) {
        all(v.version, v.now_us, v.next_command, v.next_event, v.nodes, v.resources, v.events);
        all(v.work_us, v.last_pass_us, v.plan_due, v.members_due, v.next_control_us, v.plan_until_us);
        return all(v.last_plan_us);
    }

    std::uint64_t value() const { return state_; }

  private:
    std::uint64_t state_ = 0xcbf29ce484222325ULL;
};

}  // namespace

std::uint64_t Core::state_hash() const {
    return Hash()(state_->s).value();
}

}  // namespace busbar::dispatch
