// The operator's interface: REST over loopback, JSON both ways, errors as problem details (RFC 9457). Powers are in W and
// energies in Wh here, because people read them; inside they are mW and mWh. docs/operating/api.md lists every path.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "dispatch/core.hpp"
#include "dispatch/model/enrolment.hpp"
#include "dispatch/model/input.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::api {

struct Enrolled {
    std::string protocol;  // "ocpp", "ieee2030_5"
    model::Enrolment enrolment;
};

// What the interface needs of the rest of the gateway.
class Backend {
  public:
    virtual ~Backend() = default;
    virtual const dispatch::Core& core() const = 0;
    virtual std::vector<Enrolled> enrolled() const = 0;
    // "" = done; otherwise why not, for the operator. An enrolment of the same id replaces the former.
    virtual std::string enrol(model::Us now, const Enrolled& device, model::Changes& changes) = 0;
    virtual bool remove(model::Us now, std::string_view id, model::Changes& changes) = 0;
    // "ocpp1.6", "ocpp2.0.1", "ieee2030_5": what the resource's device speaks now
    virtual std::string protocol_of(std::string_view resource) const = 0;
    virtual std::map<std::string, std::uint64_t> counters() const = 0;
};

class Api {
  public:
    explicit Api(Backend& backend);
    http::Response handle(model::Us now, const http::Request& request, model::Changes& changes);

  private:
    Backend& backend_;
    std::uint64_t events_made_ = 0;
};

}  // namespace busbar::api
