// Hands a connected stream over to its life as a WebSocket. Includes Asio: for the files of this folder that do so too.
#pragma once

#include <memory>
#include <string>

#include "gateway/net/address.hpp"
#include "gateway/net/hub.hpp"
#include "gateway/net/wire.hpp"

namespace busbar::net {

// Answers the handshake `request` with 101; every end of it is a ConnectionClosed.
std::shared_ptr<Connection> make_websocket_server(Worker& worker, ConnectionId id, Place place, Wire wire,
                                                  http::Request request, std::string subprotocol);
// Sends the handshake; ends in SocketConnected or ConnectionClosed.
std::shared_ptr<Connection> make_websocket_client(Worker& worker, ConnectionId id, Place place, Wire wire, Url url,
                                                  SocketRequest request);

}  // namespace busbar::net
