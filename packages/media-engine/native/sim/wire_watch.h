// Reads what engines put on the wire, from outside: no SRTP or SRTCP index may be used twice under one key, whatever the
// engine believes of itself. RTP headers and SRTCP indices are in clear.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "../core/srtp.h"
#include "datagram_network.h"

namespace parley::sim {

class WireWatch {
 public:
  /// Who belongs to this direction's key: any number that stays when addresses change.
  using KeyOf = std::function<uint64_t(const Packet&)>;
  using OnRtp = std::function<void(const Packet&, uint32_t ssrc)>;

  WireWatch(SrtpProfile profile, KeyOf key_of) : profile_(profile), key_of_(std::move(key_of)) {}
  void set_on_rtp(OnRtp on_rtp) { on_rtp_ = std::move(on_rtp); }

  /// A packet as its sender sent it.
  void on_sent(const Packet& packet);

  [[nodiscard]] uint64_t rtp() const { return rtp_; }
  [[nodiscard]] uint64_t rtcp() const { return rtcp_; }
  [[nodiscard]] uint64_t reused() const { return reused_; }

 private:
  // Wider than what an engine sends out of order; the index is guessed as a receiver would (RFC 3711 §3.3.1).
  using Window = BasicReplayWindow<8192>;

  void on_rtp_sent(const Packet& packet);
  void on_rtcp_sent(const Packet& packet);

  const SrtpProfile profile_;
  const KeyOf key_of_;
  OnRtp on_rtp_;
  std::map<std::pair<uint64_t, uint32_t>, std::unique_ptr<Window>> windows_;  // by key and SSRC
  std::map<uint64_t, uint32_t> rtcp_indices_;
  uint64_t rtp_ = 0;
  uint64_t rtcp_ = 0;
  uint64_t reused_ = 0;
};

}  // namespace parley::sim
