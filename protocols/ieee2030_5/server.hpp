// The IEEE 2030.5 server: a tree of resources that DER clients read and write, as a sans-I/O state machine.
//
// Each enrolled device sees itself alone: its EndDevice with Registration, one FunctionSetAssignments with one
// DERProgram, one DER, its responses, log events and mirrors. Commands are published as DERControls, one an interval,
// which the device fetches; its Responses come back as acknowledgements, its mirrored readings as samples. Default
// deny: who is not enrolled gets 403 for everything.
#pragma once

#include <memory>
#include <string_view>

#include "dispatch/model/enrolment.hpp"
#include "dispatch/model/input.hpp"
#include "protocols/ieee2030_5/policy.hpp"
#include "protocols/wire/error.hpp"
#include "protocols/wire/http.hpp"

namespace busbar::ieee2030_5 {

class Server {
  public:
    explicit Server(Policy policy);
    ~Server();
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;

    // Lets a device in, or changes what is known of it. `id` is its LFDI (40 hexadecimal digits); anything else is
    // refused with a notice. Emits the resource.
    void enrol(model::Us now, const model::Enrolment& enrolment, model::Changes& changes);
    // Takes its rights and everything that was kept of it.
    void remove(model::Us now, std::string_view lfdi, model::Changes& changes);

    http::Response handle(model::Us now, const Caller& caller, const http::Request& request, model::Changes& changes);

    // Publishes what the command asks for; what the device says of it comes as Acks, also when it cannot be published.
    void send(model::Us now, const model::Command& command, model::Changes& changes);

    // Event statuses, devices gone quiet (no request for three poll periods, at least 10 s), commands without an
    // answer.
    void tick(model::Us now, model::Changes& changes);
    model::Us next_due() const;

    bool knows_resource(std::string_view resource) const;

    // Gives back, in any order, the documents of folders "ieee2030_5/…" that earlier calls put into their Changes.
    // Everything before the first other call. One that cannot be read changes nothing.
    wire::Failure restore(const model::Document& document);

  private:
    struct Implementation;
    std::unique_ptr<Implementation> implementation_;
};

}  // namespace busbar::ieee2030_5
