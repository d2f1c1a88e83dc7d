// Who may open a socket: known by the last segment of the path, proven by a password or a client certificate,
// understood in one of our versions. Default deny.
#include <algorithm>
#include <array>

#include "protocols/ocpp/csms_state.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::ocpp {

using model::Severity;

namespace {

// Takes as long for a wrong text as for the right one of the same length.
bool same(std::string_view given, std::string_view expected) {
    unsigned difference = given.size() == expected.size() ? 0 : 1;
    for (std::size_t i = 0; i < expected.size(); ++i) {
        const char mine = i < given.size() ? given[i] : '\0';
        difference |= static_cast<unsigned char>(mine) ^ static_cast<unsigned char>(expected[i]);
    }
    return difference == 0;
}

int digit_of(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// The bytes that hexadecimal digits spell; "" if the text is not that. 1.6 stations send their AuthorizationKey, which
// is given as digits, either as it is written or as the bytes it stands for.
std::string bytes_of(std::string_view digits) {
    std::string bytes;
    if (digits.size() % 2 != 0) return bytes;
    for (std::size_t i = 0; i < digits.size(); i += 2) {
        const int high = digit_of(digits[i]);
        const int low = digit_of(digits[i + 1]);
        if (high < 0 || low < 0) return {};
        bytes += static_cast<char>(high * 16 + low);
    }
    return bytes;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
        const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
        return lower(x) == lower(y);
    });
}

// 2.0.1 part 4, 3.1.1: at most 48 characters, no colon. "" if it is not an identity.
std::string identity_of(std::string_view path) {
    path = path.substr(0, path.find('?'));
    while (!path.empty() && path.back() == '/') path.remove_suffix(1);
    const auto slash = path.rfind('/');
    std::string identity = http::percent_decoded(slash == std::string_view::npos ? path : path.substr(slash + 1));
    const bool printable = std::all_of(identity.begin(), identity.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && c != 0x7F && c != ':';
    });
    return printable && identity.size() <= 48 ? identity : std::string();
}

// The first of the station's list, in its order of preference, that is spoken here.
std::optional<Version> common_version(std::string_view list) {
    while (!list.empty()) {
        const auto comma = list.find(',');
        std::string_view name = list.substr(0, comma);
        while (!name.empty() && (name.front() == ' ' || name.front() == '\t')) name.remove_prefix(1);
        while (!name.empty() && (name.back() == ' ' || name.back() == '\t')) name.remove_suffix(1);
        for (const Version version : {Version::v16, Version::v201}) {
            if (equal_ignoring_case(name, subprotocol_of(version))) return version;
        }
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return std::nullopt;
}

// Why not; "" = proven.
std::string unproven(const Policy& policy, const Peer& peer, const Upgrade& upgrade) {
    const model::Enrolment& enrolment = peer.enrolment;
    if (!upgrade.certificate_common_name.empty()) {
        return equal_ignoring_case(upgrade.certificate_common_name, enrolment.id)
                   ? std::string()
                   : "the certificate belongs to " + upgrade.certificate_common_name;
    }
    if (enrolment.password.empty()) return policy.unsecured ? std::string() : "a client certificate is required";
    if (!upgrade.tls && !policy.plain_passwords) return "passwords are taken over TLS only";
    const auto credentials = http::basic_credentials(upgrade.authorization);
    if (!credentials) return "a password is required";
    const bool user =
        policy.strict ? credentials->user == enrolment.id : equal_ignoring_case(credentials->user, enrolment.id);
    const std::string bytes = bytes_of(enrolment.password);
    const bool word = same(credentials->password, enrolment.password);
    const bool key = !bytes.empty() && same(credentials->password, bytes);
    return user && (word || key) ? std::string() : "wrong user or password";
}

void refused(const Upgrade& upgrade, Admission& admission, int status, const char* code, std::string reason,
             Output& output) {
    admission.status = status;
    admission.reason = reason;
    const std::string& peer = admission.station.empty() ? upgrade.address : admission.station;
    output.changes.notices.push_back({Severity::security, code, peer, upgrade.address + ": " + reason});
}

}  // namespace

Admission Csms::admit(model::Us, const Upgrade& upgrade, Output& output) {
    Admission admission;
    admission.station = identity_of(upgrade.path);
    const auto found = state_->peers.find(admission.station);
    if (admission.station.empty() || found == state_->peers.end() || !found->second.enrolled) {
        refused(upgrade, admission, 404, "unknown_station", "no station of this name is enrolled", output);
        return admission;
    }
    Peer& peer = found->second;
    if (std::string why = unproven(state_->policy, peer, upgrade); !why.empty()) {
        const bool password = upgrade.certificate_common_name.empty() && !upgrade.authorization.empty();
        refused(upgrade, admission, 401, password ? "wrong_password" : "not_authenticated", std::move(why), output);
        return admission;
    }
    peer.certificate = upgrade.certificate_common_name;
    const bool silent = upgrade.subprotocols.find_first_not_of(" ,\t") == std::string::npos;
    if (const auto version = common_version(upgrade.subprotocols)) {
        admission.version = *version;
        admission.subprotocol = subprotocol_of(*version);
    } else if (silent && !state_->policy.strict) {
        // Some 1.6 stations name none at all; a station that has told its version once is taken to speak it still.
        admission.version = peer.booted ? peer.version : Version::v16;
        output.changes.notices.push_back(
            {Severity::info, "no_subprotocol", admission.station,
             "names no subprotocol; taken to speak " + std::string(subprotocol_of(admission.version))});
    } else {
        admission.close = true;
        admission.reason = "no common subprotocol: offered " + upgrade.subprotocols + ", spoken ocpp1.6, ocpp2.0.1";
        output.changes.notices.push_back(
            {Severity::warning, "no_common_subprotocol", admission.station, admission.reason});
    }
    return admission;
}

}  // namespace busbar::ocpp
