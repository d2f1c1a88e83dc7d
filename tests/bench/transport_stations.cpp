// Ten thousand charging stations: what one costs in memory while it is idle, and what a storm of them costs in
// processor time when all come back at once.
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <cstdio>
#include <stdexcept>

#include "tests/bench/compute.hpp"
#include "tests/bench/fleet.hpp"
#include "tests/bench/gateway.hpp"
#include "tests/bench/transport.hpp"

namespace busbar::bench {
namespace {

constexpr std::size_t stations = 10'000;

struct Terms {
    StationPort port;
    FloorTls floor;
};

template <class T>
T* read_pem(const std::string& path, T* (*read)(std::FILE*, T**, pem_password_cb*, void*)) {
    std::FILE* file = std::fopen(path.c_str(), "r");
    T* value = file != nullptr ? read(file, nullptr, nullptr, nullptr) : nullptr;
    if (file != nullptr) std::fclose(file);
    if (value == nullptr) throw std::runtime_error(path + ": cannot be read");
    return value;
}

// Certificates of the stations by their identities, from the test authority's root; one key for all, for the server's
// work is the same.
void issue_certificates(const World& world, FleetPlan& plan) {
    const std::string root = world.authority() + "/ocpp/root_ecdsa";
    const std::shared_ptr<X509> issuer(read_pem(root + ".pem", PEM_read_X509), X509_free);
    const std::shared_ptr<EVP_PKEY> issuer_key(read_pem(root + ".key", PEM_read_PrivateKey), EVP_PKEY_free);
    plan.key.reset(EVP_EC_gen("P-256"), EVP_PKEY_free);
    for (std::size_t i = 0; i < plan.stations; ++i) {
        std::shared_ptr<X509> certificate(X509_new(), X509_free);
        const std::string name = station_id(i);
        X509_set_version(certificate.get(), X509_VERSION_3);
        ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), static_cast<long>(1'000'000 + i));
        X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
        X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 30L * 86'400);
        X509_NAME* subject = X509_get_subject_name(certificate.get());
        X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("busbar bench"),
                                   -1, -1, 0);
        X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()),
                                   -1, -1, 0);
        X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer.get()));
        X509_set_pubkey(certificate.get(), plan.key.get());
        X509_sign(certificate.get(), issuer_key.get(), EVP_sha256());
        plan.certificates.push_back(std::move(certificate));
    }
}

FleetPlan plan_of(const World& world, const Terms& terms, SSL_CTX* context) {
    FleetPlan plan;
    plan.stations = stations;
    plan.tls = terms.port == StationPort::plain ? nullptr : context;
    if (terms.port == StationPort::mutual) issue_certificates(world, plan);
    return plan;
}

// Connected, booted and idle: what they have added to the server's resident memory, each.
double memory_of(const Server& server, Fleet& fleet) {
    const double before = server.resident_kb();
    fleet.connect();
    return (server.resident_kb() - before) / static_cast<double>(stations);
}

Result measure_memory_of(World& world, const char* name, const Terms& terms, double goal) {
    const auto context = client_context();
    Load load;
    FleetPlan plan = plan_of(world, terms, context.get());
    Result result;
    result.name = name;
    result.unit = "KB/station";
    result.goal = goal;
    {
        Floor floor(world, terms.floor);
        plan.port = floor.port;
        plan.speaks_ocpp = false;
        Fleet fleet(load, plan);
        result.floor = memory_of(*floor.server, fleet);
    }
    Gateway gateway(world, {.ocpp = terms.port, .stations = stations});
    const double enrolled_kb = gateway.server->resident_kb() / static_cast<double>(stations);
    plan.port = gateway.ocpp_port;
    plan.speaks_ocpp = true;
    Fleet fleet(load, plan);
    result.value = result.ratio = memory_of(*gateway.server, fleet);
    std::array<char, 160> note{};
    std::snprintf(note.data(), note.size(),
                  "the goal is on the value; beside it, program and enrolment take %.3g KB a station, connected or not",
                  enrolled_kb);
    result.note = note.data();
    return result;
}

}  // namespace

std::vector<Result> measure_memory() {
    const OnLoadCore core;
    World world;
    return {measure_memory_of(world, "rss_plain", {StationPort::plain, FloorTls::plain}, 8),
            measure_memory_of(world, "rss_tls13", {StationPort::tls, FloorTls::tls13}, 28),
            measure_memory_of(world, "rss_mtls", {StationPort::mutual, FloorTls::mutual}, 39)};
}

std::vector<Result> measure_storm() {
    const OnLoadCore core;
    World world;
    const auto context = client_context();
    Load load;
    FleetPlan plan = plan_of(world, {StationPort::mutual, FloorTls::mutual}, context.get());
    Gateway gateway(world, {.ocpp = StationPort::mutual, .stations = stations});
    Floor floor(world, FloorTls::mutual, false);
    plan.port = gateway.ocpp_port;
    Fleet ours(load, plan);
    plan.port = floor.port;
    plan.speaks_ocpp = false;
    Fleet theirs(load, plan);
    const auto storm = [&](const Server& server, Fleet& fleet) {
        fleet.disconnect();
        load.rest(1);
        return cpu_for_each(server, stations, [&] { fleet.connect(); });
    };
    // One at a time is connected: two fleets of ten thousand are more than a process may hold.
    const Result result = compare(
        "storm_mtls", "us/station", 0.9,
        [&] {
            ours.disconnect();
            return storm(*floor.server, theirs);
        },
        [&] {
            theirs.disconnect();
            return storm(*gateway.server, ours);
        });
    return {explained(result, "a certificate that was verified minutes ago is verified again, 12 % of a handshake")};
}

}  // namespace busbar::bench
