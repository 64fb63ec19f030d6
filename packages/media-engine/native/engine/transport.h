// One peer: its ICE agent, its DTLS association and the SRTP contexts that come out of it. Media itself is the business of
// MediaSession, which this owns and feeds with decrypted packets.
//
//   datagram ─▶ STUN ─▶ IceAgent            (any address, authenticated by the agent)
//            ─▶ DTLS ─▶ DtlsSession         (only from a pair that ICE has validated; a few early ones are kept)
//            ─▶ SRTP/SRTCP ─▶ MediaSession  (only from such a pair, and authentic)
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/ice.h"
#include "core/index_ledger.h"
#include "core/srtp.h"
#include "engine/context.h"
#include "engine/dtls.h"
#include "engine/media_session.h"
#include "engine/paced_sender.h"
#include "engine/parameters.h"
#include "engine/plain_peer.h"
#include "engine/token_bucket.h"
#include "engine/udp_socket.h"

namespace parley {

struct TransportCounters {
  uint64_t packets_received = 0;
  uint64_t bytes_received = 0;
  uint64_t packets_sent = 0;
  uint64_t bytes_sent = 0;
};

class Transport {
 public:
  // `socket` is the loop's shared one; client transports bring their own.
  Transport(EngineContext& context, const TransportConfig& config, UdpSocket& socket,
            std::unique_ptr<UdpSocket> own_socket);
  // Without ICE and DTLS (transport_plain.cc). Connected when the peer's address is known.
  Transport(EngineContext& context, const PlainTransportConfig& config, std::unique_ptr<UdpSocket> own_socket);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Starts ICE and DTLS; with other ICE credentials than before, restarts ICE only. False when the credentials are of a
  // forbidden length.
  bool connect(const RemoteTransport& remote);
  // New local credentials; the next `connect` with new remote ones restarts ICE. Until a pair under them is selected the
  // old ones go on working. Returns the user name fragment that is given up for it, empty if none.
  std::string restart_ice(const std::string& ufrag, const std::string& pwd);
  // Says goodbye to the peer; nothing is sent afterwards.
  void close();

  // False when it was not authentic, or of no use.
  // `local_id`: which of our addresses it came to, see LocalAddresses, or over which TCP connection, see kIceTcp.
  bool handle_stun(uint32_t local_id, const SocketAddress& from, ByteSpan packet);
  // An answer to a check of ours that has none yet, as far as its transaction id tells.
  [[nodiscard]] bool awaits_stun(ByteSpan packet) const { return ice_.awaits(packet); }
  // False when too many messages that named this transport were of no use lately.
  [[nodiscard]] bool admits_stun() { return !stun_budget_.empty(context_.now); }
  void charge_stun() { static_cast<void>(stun_budget_.take(context_.now)); }
  // `valid`: the address belongs to a validated pair of this transport.
  void handle_dtls(uint32_t local_id, const SocketAddress& from, ByteSpan packet, bool valid);
  // The TCP connection with that number is gone.
  void lose_stream(uint32_t local_id);
  void handle_rtp(const SocketAddress& from, MutableByteSpan packet);
  void handle_rtcp(const SocketAddress& from, MutableByteSpan packet);
  void handle_timeout();
  // When `handle_timeout` is due; kNever when idle.
  [[nodiscard]] Micros next_deadline() const;

  // Without consent nothing is sent (RFC 7675 §5.1): a failed or closed transport is silent.
  [[nodiscard]] bool can_send() const {
    return sender_ != nullptr && send_to_.has_value() && !closed_ &&
           (state_ == TransportState::connected || state_ == TransportState::disconnected);
  }
  // At once, or when its turn comes. False when the packet is lost.
  bool send_rtp(const OutgoingRtp& packet) { return paced_.send(packet); }
  // Protects and queues. The slot comes from the context's send queue and begins with the RTP header; see
  // SrtpSender::protect_rtp. False when there is no way to the peer, the packet does not fit, or `index` was used.
  bool write_rtp(MutableByteSpan slot, size_t header_bytes, size_t prefix_bytes, ByteSpan payload, uint64_t index);
  // Where a stream that begins with this SSRC must go on; 0 when it was never sent.
  [[nodiscard]] uint64_t next_index(uint32_t ssrc) const { return sent_.next(ssrc); }
  // `packet` is compound RTCP in clear, copied.
  bool send_rtcp(ByteSpan packet);

  // Of UDP addresses of ours it does not matter which.
  [[nodiscard]] bool is_own_pair(uint32_t local_id, const SocketAddress& from) const {
    if (plain_) return plain_->admits(from);
    return ice_is_tcp(local_id) ? ice_.is_valid(local_id, from) : ice_.is_valid(from);
  }
  [[nodiscard]] uint32_t id() const { return id_; }
  [[nodiscard]] uint32_t room() const { return room_; }
  [[nodiscard]] TransportState state() const { return state_; }
  // Under which checks may come: of this start of ICE, the one before and the one to come.
  [[nodiscard]] const std::deque<std::string>& local_ufrags() const { return local_ufrags_; }
  [[nodiscard]] UdpSocket* own_socket() const { return own_socket_.get(); }
  [[nodiscard]] MediaSession& media() { return media_; }
  [[nodiscard]] PacedSender& paced() { return paced_; }
  [[nodiscard]] const TransportCounters& counters() const { return counters_; }
  [[nodiscard]] bool is_over_tcp() const { return send_to_ && send_to_->stream != 0; }
  [[nodiscard]] Micros rtt() const { return ice_.rtt(); }
  [[nodiscard]] Micros min_rtt() const { return ice_.min_rtt(); }
  // -1 = nothing authentic has come yet.
  [[nodiscard]] Micros last_heard() const { return last_heard_; }
  // 0 before the handshake, and without encryption.
  [[nodiscard]] uint16_t srtp_profile() const { return sender_ ? sender_->profile_id() : uint16_t{0}; }

  // The loop's timer queue holds this transport at that time; kNever = not at all.
  Micros scheduled_at = kNever;

 private:
  [[nodiscard]] Route route(const IceAddressPair& pair) const {
    return {pair.remote, context_.locals.find(pair.local_id), ice_is_tcp(pair.local_id) ? pair.local_id : 0};
  }
  // Whether packets of the pair are sorted by the address table: not on a socket of our own, nor over TCP.
  [[nodiscard]] bool is_in_table(const IceAddressPair& pair) const { return uses_table_ && !ice_is_tcp(pair.local_id); }

  [[nodiscard]] static TransportConfig transport_config(const PlainTransportConfig& config);
  void start_plain();
  void hear_plain(const SocketAddress& from, bool is_rtp);
  void drain_ice();
  void drain_dtls();
  void start_dtls();
  void replay_early_dtls();
  void on_dtls_connected();
  void update_state();
  void set_state(TransportState state, const char* reason = nullptr);

  // given
  EngineContext& context_;
  const uint32_t id_;
  const uint32_t room_;
  UdpSocket& socket_;
  const bool uses_table_;

  // owned
  std::unique_ptr<UdpSocket> own_socket_;
  IceAgent ice_;
  std::unique_ptr<DtlsSession> dtls_;
  std::unique_ptr<RtpProtector> sender_;
  std::unique_ptr<RtpUnprotector> receiver_;
  std::optional<PlainPeer> plain_;  // instead of ICE and DTLS
  IndexLedger sent_;  // of `sender_`
  MediaSession media_;
  PacedSender paced_;

  // state
  TransportState state_ = TransportState::fresh;
  bool closed_ = false;
  std::optional<RemoteTransport> remote_;
  std::optional<Route> send_to_;
  std::deque<std::string> local_ufrags_;
  std::vector<SocketAddress> addresses_;  // ours in the address table
  // DTLS that came before the answer was processed or our own check came back: the newest few.
  std::deque<std::pair<IceAddressPair, std::vector<uint8_t>>> early_dtls_;
  Micros dtls_deadline_ = kNever;
  Micros handshake_until_ = kNever;
  Micros last_heard_ = -1;
  TokenBucket stun_budget_;
  TransportCounters counters_;
};

}  // namespace parley
