// The far end of a transport without ICE and DTLS: an address that was given, or that is learned from the first packet that
// is good (RFC 7362 §4 calls that latching). What is good the transport's keys say; without keys it is anything that looks
// like RTP.
//
// Some send RTCP from a port of its own to the one that we share (ffmpeg does). So RTCP may come from any port of the peer's
// address, and an address learned from RTCP is a guess until RTP comes from there.
#pragma once

#include <optional>

#include "core/address.h"

namespace parley {

class PlainPeer {
 public:
  // Empty = to be learned.
  explicit PlainPeer(const std::optional<SocketAddress>& remote) : remote_(remote) {}

  // Whether packets from there may be looked at.
  [[nodiscard]] bool admits(const SocketAddress& from) const {
    return !remote_ || (remote_->ip == from.ip && remote_->scope == from.scope);
  }
  [[nodiscard]] bool admits_rtp(const SocketAddress& from) const {
    return is_guess_ ? admits(from) : !remote_ || *remote_ == from;
  }
  // A good packet came from there, and it was admitted. True when packets are to be sent to that address from now on.
  [[nodiscard]] bool learn(const SocketAddress& from, bool is_rtp) {
    if (remote_ && !(is_guess_ && is_rtp)) return false;
    is_guess_ = !is_rtp;
    remote_ = from;
    return true;
  }
  [[nodiscard]] const std::optional<SocketAddress>& remote() const { return remote_; }

 private:
  std::optional<SocketAddress> remote_;
  bool is_guess_ = false;
};

}  // namespace parley
