// What a datagram on the media port is, by its first bytes (RFC 7983 §7, RFC 5761 §4).
#pragma once

#include "bytes.h"

namespace parley {

enum class PacketKind : uint8_t { Stun, Dtls, TurnChannel, Rtp, Rtcp, Unknown };

[[nodiscard]] inline PacketKind classify_packet(ByteSpan packet) {
  if (packet.size() < 2) return PacketKind::Unknown;
  const uint8_t first = packet[0];
  if (first <= 3) return PacketKind::Stun;
  if (first >= 20 && first <= 63) return PacketKind::Dtls;
  if (first >= 64 && first <= 79) return PacketKind::TurnChannel;
  if (first >= 128 && first <= 191) {
    // RTCP types 192-223 are RTP payload types 64-95 with the marker set, which rtcp-mux forbids.
    const uint8_t second = packet[1];
    return second >= 192 && second <= 223 ? PacketKind::Rtcp : PacketKind::Rtp;
  }
  return PacketKind::Unknown;
}

}  // namespace parley
