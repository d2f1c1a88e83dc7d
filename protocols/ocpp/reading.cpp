// How a station's message becomes a record: as the standard says, or, where the leniency table knows the departure,
// mended and counted.
#include "protocols/ocpp/csms_state.hpp"
#include "protocols/ocpp/leniency.hpp"

namespace busbar::ocpp {
namespace {

constexpr int most_repairs = 32;                      // of one message
constexpr std::size_t most_mended_bytes = 64 * 1024;  // a longer message is read as it is or not at all

void count(Turn& turn, std::size_t row, std::string_view action, const wire::Error& error) {
    ++turn.csms.mended[row];
    ++turn.peer.mended;
    if (!turn.peer.mended_rows.insert(row).second) return;
    turn.notice(model::Severity::info, "mended",
                std::string(action) + ": " + error.text() +
                    "; remedy: " + std::string(name_of(leniency_table()[row].remedy)) + ", from now on without a word");
}

}  // namespace

wire::Failure read_message(Turn& turn, std::string_view action, std::string_view payload, const wire::Record& record,
                           void* value, void (*reset)(void* value), bool* zoneless) {
    wire::JsonOptions options;
    options.zoneless = zoneless;
    options.room = 8;
    wire::Failure failure = wire::read_json(payload, record, value, options);
    if (!failure || turn.policy().strict || payload.size() > most_mended_bytes) return failure;
    std::string mended(payload);
    for (int repairs = 0; failure && repairs < most_repairs; ++repairs) {
        const auto row = leniency_for(turn.peer.version, action, mended, *failure);
        if (!row || !mend(mended, record, leniency_table()[*row], failure->path, turn.now)) return failure;
        count(turn, *row, action, *failure);
        reset(value);
        if (zoneless) *zoneless = false;
        failure = wire::read_json(mended, record, value, options);
    }
    return failure;
}

Reply answer_with(std::string payload) {
    return {std::move(payload), std::nullopt, {}, {}};
}

Reply refuse(const wire::Error& error) {
    return {{}, error_code(error.fault), error.text(), error_details(error)};
}

}  // namespace busbar::ocpp
