// A media packet in clear, kept once and shared by all who forward or retransmit it.
// Thread: references are counted without locks; a packet stays on the thread of its room.
#pragma once

#include <memory>

#include "bytes.h"
#include "clock.h"
#include "rtp.h"

namespace parley {

class MediaPacket {
 public:
  Micros arrived = 0;
  /// Extended sequence number from SRTP's index.
  uint64_t sequence = 0;
  /// Views into this packet's own bytes.
  RtpPacket rtp;

  [[nodiscard]] ByteSpan bytes() const { return rtp.packet; }

 private:
  friend class PacketRef;
  uint32_t references_ = 0;
};

/// Owning reference; empty by default.
class PacketRef {
 public:
  PacketRef() = default;
  PacketRef(const PacketRef& other) : packet_(other.packet_) { retain(); }
  PacketRef(PacketRef&& other) noexcept : packet_(other.packet_) { other.packet_ = nullptr; }
  PacketRef& operator=(PacketRef other) noexcept {
    std::swap(packet_, other.packet_);
    return *this;
  }
  ~PacketRef() { release(); }

  /// Copies the bytes (one allocation) and parses them. Empty when they are no RTP packet.
  [[nodiscard]] static PacketRef copy(ByteSpan rtp_bytes, Micros arrived, uint64_t sequence);

  explicit operator bool() const { return packet_ != nullptr; }
  const MediaPacket* operator->() const { return packet_; }
  const MediaPacket& operator*() const { return *packet_; }
  [[nodiscard]] const MediaPacket* get() const { return packet_; }
  void reset() { PacketRef().swap(*this); }
  void swap(PacketRef& other) noexcept { std::swap(packet_, other.packet_); }
  [[nodiscard]] uint32_t use_count() const { return packet_ ? packet_->references_ : 0; }

 private:
  void retain() {
    if (packet_) packet_->references_++;
  }
  void release();
  MediaPacket* packet_ = nullptr;
};

}  // namespace parley
