// TLS contexts of outgoing WebSockets, made once for each set of files and made anew when one of the files has changed.
#pragma once

#include <map>
#include <string>

#include "gateway/net/net.hpp"

namespace busbar::net {

class ClientContexts {
  public:
    certs::SslContext get(const ClientTls& tls);  // throws std::runtime_error

  private:
    std::map<std::string, certs::SslContext> contexts_;  // by profile, paths and times of change
};

}  // namespace busbar::net
