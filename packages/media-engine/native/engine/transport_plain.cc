// The kind of transport that has its keys, if any, from the start, and a peer without ICE.
#include "core/plain_rtp.h"
#include "engine/transport.h"

namespace parley {

// Braces, since the arguments must be evaluated in their order.
Transport::Transport(EngineContext& context, const PlainTransportConfig& config, std::unique_ptr<UdpSocket> own_socket)
    : Transport{context, transport_config(config), *own_socket, std::move(own_socket)} {
  plain_.emplace(config.remote);
  if (config.keys) {
    sender_ = SrtpSender::create(config.keys->profile, config.keys->local.key, config.keys->local.salt);
    receiver_ = SrtpReceiver::create(config.keys->profile, config.keys->remote.key, config.keys->remote.salt);
  } else {
    sender_ = std::make_unique<PlainRtpSender>();
    receiver_ = std::make_unique<PlainRtpReceiver>();
  }
  if (!sender_ || !receiver_) {
    set_state(TransportState::failed, "srtp-keys");
  } else if (config.remote) {
    start_plain();
  }
}

TransportConfig Transport::transport_config(const PlainTransportConfig& config) {
  TransportConfig out;
  out.id = config.id;
  out.room = config.room;
  // Another server's or a recorder's: near, and silent about what it gets.
  out.paced = false;
  return out;
}

void Transport::start_plain() {
  send_to_ = Route{*plain_->remote()};
  set_state(TransportState::connected);
}

void Transport::hear_plain(const SocketAddress& from, bool is_rtp) {
  if (plain_->learn(from, is_rtp)) start_plain();
}

}  // namespace parley
