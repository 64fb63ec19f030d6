#include "engine/transport.h"

#include <algorithm>
#include <cstring>

namespace parley {
namespace {

constexpr size_t kMaxEarlyDtls = 6;
constexpr size_t kMaxAddresses = 32;
// From the first way to the peer to SRTP keys. OpenSSL counts only flights of ours that nobody answers; a peer that never
// begins, or goes on for ever, must not hold a place in the room.
constexpr Micros kHandshakeTime = 15 * kSecond;
constexpr size_t kMaxUfrags = 3;
// Checks with a wrong password, or for an agent that has given up: a peer's whole list of pairs, a few times over.
constexpr int64_t kUselessStunPerSecond = 50;
constexpr int64_t kUselessStunBurst = 200;

IceConfig ice_config(const TransportConfig& config) {
  IceConfig ice;
  ice.role = config.controlling ? IceRole::Controlling : IceRole::Controlled;
  ice.local = {config.ice_ufrag, config.ice_pwd};
  ice.transaction_tag = config.id;
  // Every local address of ours makes a pair with every one of the peer's.
  ice.max_pairs = kMaxAddresses - 8;
  return ice;
}

const char* ice_reason(IceFailure failure) {
  return failure == IceFailure::ConsentExpired ? "consent-expired" : "ice-timeout";
}

const char* dtls_reason(DtlsSession::Failure failure) {
  switch (failure) {
    case DtlsSession::Failure::fingerprint:
      return "dtls-fingerprint";
    case DtlsSession::Failure::timeout:
      return "dtls-timeout";
    case DtlsSession::Failure::srtp_keys:
      return "srtp-keys";
    default:
      return "dtls-alert";
  }
}

}  // namespace

Transport::Transport(EngineContext& context, const TransportConfig& config, UdpSocket& socket,
                     std::unique_ptr<UdpSocket> own_socket)
    : context_(context),
      id_(config.id),
      room_(config.room),
      socket_(own_socket ? *own_socket : socket),
      uses_table_(own_socket == nullptr),
      own_socket_(std::move(own_socket)),
      ice_(ice_config(config), context.random),
      media_(context, *this),
      paced_(context, *this, config.paced && config.remote_candidates.empty()),
      local_ufrags_{config.ice_ufrag},
      stun_budget_(kUselessStunPerSecond, kUselessStunBurst) {
  if (own_socket_) own_socket_->owner = this;
  for (const SocketAddress& candidate : config.remote_candidates) {
    ice_.add_remote_candidate(context_.now, LocalAddresses::kAny, candidate);
  }
  drain_ice();
}

Transport::~Transport() {
  for (const SocketAddress& address : addresses_) context_.addresses.remove(address, *this);
}

bool Transport::connect(const RemoteTransport& remote) {
  if (closed_ || plain_) return true;
  if (!ice_.set_remote(context_.now, {remote.ice_ufrag, remote.ice_pwd})) return false;
  if (!remote_) remote_ = remote;
  if (!dtls_) {
    const auto role = remote_->active ? DtlsSession::Role::server : DtlsSession::Role::client;
    dtls_ = std::make_unique<DtlsSession>(context_.dtls, role, remote_->fingerprints);
  }
  if (state_ != TransportState::connected) set_state(TransportState::connecting);
  drain_ice();
  start_dtls();
  return true;
}

std::string Transport::restart_ice(const std::string& ufrag, const std::string& pwd) {
  ice_.set_local({ufrag, pwd});
  std::string given_up;
  if (local_ufrags_.size() == kMaxUfrags) {
    given_up = std::move(local_ufrags_.front());
    local_ufrags_.pop_front();
  }
  local_ufrags_.push_back(ufrag);
  return given_up;
}

void Transport::close() {
  if (closed_) return;
  media_.close();
  paced_.clear();
  context_.drops.add(Drop::transport_closed, early_dtls_.size());
  early_dtls_.clear();
  if (dtls_) {
    dtls_->close();
    drain_dtls();
  }
  ice_.close();
  closed_ = true;
}

bool Transport::handle_stun(uint32_t local_id, const SocketAddress& from, ByteSpan packet) {
  // A client's own socket has one pair for each candidate, whatever local address the system gives it.
  if (!uses_table_ && !ice_is_tcp(local_id)) local_id = LocalAddresses::kAny;
  if (plain_) {
    context_.drops.add(Drop::stun_rejected);
    return false;
  }
  const IceDrop drop = ice_.handle_stun(context_.now, local_id, from, packet);
  if (drop != IceDrop::None) {
    context_.drops.add(drop == IceDrop::Malformed ? Drop::malformed_stun : Drop::stun_rejected);
    drain_ice();
    return false;
  }
  last_heard_ = context_.now;
  // Authentic: remember the address, so that DTLS overtaking our own check is not lost.
  if (is_in_table({local_id, from}) && std::find(addresses_.begin(), addresses_.end(), from) == addresses_.end()) {
    if (addresses_.size() == kMaxAddresses) {
      // The oldest that is of no use any more makes room; the agent itself keeps fewer pairs than this.
      const auto stale = std::find_if(addresses_.begin(), addresses_.end(),
                                      [this](const SocketAddress& address) { return !ice_.is_valid(address); });
      if (stale != addresses_.end()) {
        context_.addresses.remove(*stale, *this);
        addresses_.erase(stale);
      }
    }
    if (addresses_.size() < kMaxAddresses && context_.addresses.set(from, *this, false)) addresses_.push_back(from);
  }
  drain_ice();
  return true;
}

void Transport::drain_ice() {
  IceOutput output;
  while (ice_.poll(output)) {
    switch (output.kind) {
      case IceOutput::Kind::Transmit:
        context_.send.push(socket_, route(output.pair), output.bytes);
        break;
      case IceOutput::Kind::StateChanged:
        update_state();
        break;
      case IceOutput::Kind::PairValid:
        if (is_in_table(output.pair)) {
          context_.addresses.set(output.pair.remote, *this, true);
          if (std::find(addresses_.begin(), addresses_.end(), output.pair.remote) == addresses_.end()) {
            addresses_.push_back(output.pair.remote);
          }
        }
        break;
      case IceOutput::Kind::PairInvalid:
        // The same peer may be known at another address of ours.
        if (is_in_table(output.pair) && !ice_.is_valid(output.pair.remote)) {
          context_.addresses.remove(output.pair.remote, *this);
          addresses_.erase(std::remove(addresses_.begin(), addresses_.end(), output.pair.remote), addresses_.end());
        }
        break;
      case IceOutput::Kind::SelectedPair:
        if (send_to_ && send_to_->to != output.pair.remote) paced_.on_route_change();
        send_to_ = route(output.pair);
        if (handshake_until_ == kNever && !sender_) handshake_until_ = context_.now + kHandshakeTime;
        start_dtls();
        break;
    }
  }
  if (!early_dtls_.empty()) replay_early_dtls();
}

// Our first flight, when we are the client. The server waits for the peer's.
void Transport::start_dtls() {
  if (!dtls_ || !send_to_ || remote_->active) return;
  if (dtls_->state() == DtlsSession::State::handshaking && !dtls_->timeout_us() && dtls_deadline_ == kNever) {
    dtls_->start();
    drain_dtls();
  }
}

void Transport::lose_stream(uint32_t local_id) {
  ice_.lose_local(context_.now, local_id);
  drain_ice();
}

void Transport::handle_dtls(uint32_t local_id, const SocketAddress& from, ByteSpan packet, bool valid) {
  if (plain_) {
    context_.drops.add(Drop::dtls_unexpected);
    return;
  }
  if (!valid || !dtls_) {
    if (early_dtls_.size() == kMaxEarlyDtls) {
      early_dtls_.pop_front();
      context_.drops.add(Drop::dtls_unexpected);
    }
    early_dtls_.emplace_back(IceAddressPair{local_id, from}, std::vector<uint8_t>(packet.begin(), packet.end()));
    return;
  }
  last_heard_ = context_.now;
  if (dtls_->state() == DtlsSession::State::failed || dtls_->state() == DtlsSession::State::closed) {
    context_.drops.add(Drop::dtls_unexpected);
    return;
  }
  dtls_->receive(packet);
  drain_dtls();
}

void Transport::replay_early_dtls() {
  if (!dtls_) return;
  const bool any = std::any_of(early_dtls_.begin(), early_dtls_.end(),
                               [this](const auto& early) { return is_own_pair(early.first.local_id, early.first.remote); });
  if (!any) return;
  auto early = std::move(early_dtls_);
  early_dtls_.clear();
  for (const auto& [pair, bytes] : early) {
    if (is_own_pair(pair.local_id, pair.remote)) {
      handle_dtls(pair.local_id, pair.remote, bytes, true);
    } else {
      context_.drops.add(Drop::dtls_unexpected);
    }
  }
}

void Transport::drain_dtls() {
  if (send_to_) {
    for (const auto& datagram : dtls_->outgoing()) context_.send.push(socket_, *send_to_, datagram);
  } else {
    context_.drops.add(Drop::not_connected, dtls_->outgoing().size());
  }
  dtls_->outgoing().clear();
  const std::optional<int64_t> timeout = dtls_->timeout_us();
  dtls_deadline_ = timeout ? context_.now + *timeout : kNever;
  if (!sender_ && dtls_->state() == DtlsSession::State::connected) on_dtls_connected();
  update_state();
}

void Transport::on_dtls_connected() {
  const std::optional<SrtpKeys> keys = dtls_->take_keys();
  if (!keys) return;
  sender_ = SrtpSender::create(keys->profile, keys->local.key, keys->local.salt);
  receiver_ = SrtpReceiver::create(keys->profile, keys->remote.key, keys->remote.salt);
  if (!sender_ || !receiver_) {
    sender_.reset();
    receiver_.reset();
    dtls_->reject_keys();
  }
}

void Transport::update_state() {
  if (closed_ || !dtls_) return;
  if (dtls_->state() == DtlsSession::State::failed) {
    set_state(TransportState::failed, dtls_reason(dtls_->failure()));
    return;
  }
  if (dtls_->state() == DtlsSession::State::closed) {
    set_state(TransportState::closed);
    return;
  }
  switch (ice_.state()) {
    case IceState::Failed:
      set_state(TransportState::failed,
                ice_reason(state_ == TransportState::disconnected || state_ == TransportState::connected
                               ? IceFailure::ConsentExpired
                               : IceFailure::Timeout));
      break;
    case IceState::Disconnected:
      set_state(TransportState::disconnected);
      break;
    case IceState::Connected:
      set_state(sender_ ? TransportState::connected : TransportState::connecting);
      break;
    default:
      set_state(TransportState::connecting);
      break;
  }
}

void Transport::set_state(TransportState state, const char* reason) {
  // A failed association stays failed; only ICE can come back.
  if (state_ == state || state_ == TransportState::closed) return;
  state_ = state;
  EngineEvent event;
  event.type = EngineEvent::Type::transport_state;
  event.id = id_;
  event.state = state;
  event.reason = reason;
  if (send_to_) event.remote_address = send_to_->to.to_string();
  context_.events.add(std::move(event));
  if (state == TransportState::connected) media_.on_connected();
}

void Transport::handle_timeout() {
  if (closed_) return;
  if (ice_.next_deadline() <= context_.now) {
    ice_.handle_timeout(context_.now);
    drain_ice();
  }
  if (dtls_ && dtls_deadline_ <= context_.now) {
    dtls_->handle_timeout();
    drain_dtls();
  }
  if (handshake_until_ <= context_.now) {
    handshake_until_ = kNever;
    if (dtls_) dtls_->expire();
    update_state();
  }
  paced_.run();
}

Micros Transport::next_deadline() const {
  return closed_ ? kNever : std::min({ice_.next_deadline(), dtls_deadline_, handshake_until_, paced_.next_deadline()});
}

void Transport::handle_rtp(const SocketAddress& from, MutableByteSpan packet) {
  if (plain_ && !plain_->admits_rtp(from)) {
    context_.drops.add(Drop::unknown_source_address);
    return;
  }
  if (!receiver_) {
    context_.drops.add(Drop::no_srtp_keys);
    return;
  }
  const SrtpResult result = receiver_->unprotect_rtp(packet);
  if (result.error != SrtpError::None) {
    const bool replayed = result.error == SrtpError::Replayed || result.error == SrtpError::TooOld;
    context_.drops.add(replayed                                   ? Drop::srtp_replay
                       : result.error == SrtpError::AuthFailed ? Drop::srtp_auth
                                                                  : Drop::srtp_malformed);
    return;
  }
  if (plain_) hear_plain(from, true);
  last_heard_ = context_.now;
  ++counters_.packets_received;
  counters_.bytes_received += packet.size();
  media_.handle_rtp(packet.first(result.size), result.index);
}

void Transport::handle_rtcp(const SocketAddress& from, MutableByteSpan packet) {
  if (!receiver_) {
    context_.drops.add(Drop::no_srtp_keys);
    return;
  }
  const SrtpResult result = receiver_->unprotect_rtcp(packet);
  if (result.error != SrtpError::None) {
    const bool replayed = result.error == SrtpError::Replayed || result.error == SrtpError::TooOld;
    context_.drops.add(replayed                                   ? Drop::srtcp_replay
                       : result.error == SrtpError::AuthFailed ? Drop::srtcp_auth
                                                                  : Drop::srtcp_malformed);
    return;
  }
  if (plain_) hear_plain(from, false);
  last_heard_ = context_.now;
  ++counters_.packets_received;
  counters_.bytes_received += packet.size();
  media_.handle_rtcp(packet.first(result.size));
}

bool Transport::write_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload,
                          uint64_t index) {
  if (!can_send()) {
    context_.drops.add(Drop::not_connected);
    return false;
  }
  if (!sent_.take(load_u32(slot.data() + 8), index)) {
    context_.drops.add(Drop::index_reused);
    return false;
  }
  const size_t size = sender_->protect_rtp(slot, header_bytes, prefix_bytes, payload, index);
  if (size == 0) {
    context_.drops.add(Drop::too_long);
    return false;
  }
  context_.send.commit(socket_, *send_to_, size);
  ++counters_.packets_sent;
  counters_.bytes_sent += size;
  return true;
}

bool Transport::send_rtcp(ByteSpan packet) {
  if (!can_send() || packet.empty()) return false;
  const MutableByteSpan slot = context_.send.reserve();
  size_t size = 0;
  if (packet.size() + kSrtcpMaxOverhead <= slot.size()) {
    std::memcpy(slot.data(), packet.data(), packet.size());
    size = sender_->protect_rtcp(slot, packet.size());
  }
  if (size == 0) {
    context_.drops.add(Drop::too_long);
    return false;
  }
  context_.send.commit(socket_, *send_to_, size);
  ++counters_.packets_sent;
  counters_.bytes_sent += size;
  return true;
}

}  // namespace parley
