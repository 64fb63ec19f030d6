// A source as the receivers of its room on another loop get it: there, a Source of the same SSRCs that is fed from the
// original in batches. It has its own history, so that retransmissions never cross; only packets, the sender's clock and
// requests for key frames do.
//
//   original ── Source::forward_pending ──▶ EngineContext::mirrored ── Loop::forward_batch ──▶ other loop ──▶ its mirror
//      ▲                                                                                                       │
//      └──────────────── commands: somebody watches, nobody watches, key frame of encoding e ─────────────────┘
//
// A mirror that nobody watches gets nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/packet.h"
#include "engine/parameters.h"

namespace parley {

// The sender's clock for one encoding (RFC 3550 §6.4.1).
struct SenderClock {
  uint64_t ntp_time = 0;
  uint32_t rtp_timestamp = 0;
  Micros arrived = 0;
};

// Copies of its own: references to packets are counted without locks.
struct MirroredPacket {
  PacketRef packet;
  uint8_t encoding = 0;
  Codec codec = Codec::other;
  uint32_t clock_rate_hz = 0;
};

struct MirroredClock {
  uint8_t encoding = 0;
  uint32_t clock_rate_hz = 0;
  SenderClock clock;
};

struct MirrorBatch {
  uint32_t mirror = 0;  // source id on the other loop
  ForwardedExtensions extensions;
  std::string cname;
  std::vector<MirroredPacket> packets;
  std::vector<MirroredClock> clocks;
};

// On its way.
struct LeavingMirrorBatch {
  uint32_t loop = 0;
  MirrorBatch batch;
};

}  // namespace parley
