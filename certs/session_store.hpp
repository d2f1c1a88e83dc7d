// TLS sessions of a server as bytes. OpenSSL's own cache keeps them decoded, which for a peer with a certificate costs a
// fifth of the whole handshake (to lose the chain, a session must go through its bytes and back) and 6 KB; here they
// stay bytes, about 1 KB, and are decoded when a peer comes back. Right for peers that stay: a station that holds its
// socket for days. A 2030.5 device that connects for each poll resumes from the decoded cache, three times as fast.
#pragma once

#include <cstddef>

struct ssl_ctx_st;

namespace busbar::certs {

// From now on the context's sessions are kept so, at most `most` of them; the oldest goes first. They belong to the
// context. Threads may share it.
void keep_sessions_as_bytes(ssl_ctx_st* context, std::size_t most);

}  // namespace busbar::certs
