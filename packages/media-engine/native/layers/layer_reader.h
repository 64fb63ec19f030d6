// Reads the packets of one encoding into LayerPackets. It remembers what single packets do not carry: the last few
// dependency structures, the mask of active decode targets and the sender's clock.
#pragma once

#include <array>

#include "../core/rtp.h"
#include "layer_packet.h"

namespace parley {

class LayerReader {
 public:
  LayerReader(uint8_t encoding, uint8_t generation) : encoding_(encoding), generation_(generation) {}

  /// A packet from the sender, in order of arrival. `sequence` is its extended number; `descriptor_id` the extension id
  /// of the dependency descriptor, 0 = not negotiated. The result does not point into the packet.
  [[nodiscard]] LayerPacket read(const RtpPacket& rtp, uint64_t sequence, Micros arrived, VideoCodec codec,
                                 uint8_t descriptor_id);
  /// The same for a packet from the history, which changes nothing here. A descriptor is read with the structure that
  /// was in force at its place in the stream.
  [[nodiscard]] LayerPacket read_again(const RtpPacket& rtp, uint64_t sequence, Micros arrived, VideoCodec codec,
                                       uint8_t descriptor_id) const;

  /// From the encoding's sender report (RFC 3550 §6.4.1).
  void on_sender_report(uint64_t ntp_time, uint32_t rtp_timestamp, uint32_t clock_rate_hz);

 private:
  struct Structure {
    uint64_t sequence = 0;
    std::shared_ptr<const DependencyStructure> structure;
  };
  // The newest picture of H264, whose packets do not tell where it begins.
  struct H264Picture {
    uint32_t timestamp = 0;
    uint64_t gap = 0;  // the first number that is missing in it or right before it; 0 = none
    bool is_open = false;  // more of it may come
    bool has_started = false;  // as a key frame
  };
  struct Clock {
    uint64_t ntp_time = 0;
    uint32_t rtp_timestamp = 0;
    uint32_t rate_hz = 0;
  };

  [[nodiscard]] const Structure* structure_at(uint64_t sequence) const;
  void remember(const LayerPacket& packet);
  void read_descriptor(ByteSpan extension, LayerPacket& packet) const;
  void read_payload(ByteSpan payload, LayerPacket& packet) const;
  void find_h264_start(ByteSpan payload, LayerPacket& packet);

  // given
  const uint8_t encoding_;
  const uint8_t generation_;
  // state
  std::array<Structure, 4> structures_;  // newest first; a null structure ends the list
  uint64_t active_sequence_ = 0;         // where `active_` was told, 0 = nowhere
  uint32_t active_ = 0;
  H264Picture h264_;
  std::optional<Clock> clock_;
  uint64_t highest_ = 0;
  bool started_ = false;
};

}  // namespace parley
