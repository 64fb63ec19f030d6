// Counts the media that arrives on a client transport: packets, bytes, what is missing after repair, and how old each
// packet is by the time in its payload (see load_sender.h), and which layers there are. Can lose packets on purpose.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>

#include "engine/layer_check.h"
#include "engine/media_session.h"

namespace parley {

// Log-linear: 16 buckets an octave. Bucket b < 16 holds b microseconds; else values from
// (16 + b % 16) << (b / 16 - 1) up to the next bucket's.
class LatencyHistogram {
 public:
  static constexpr size_t kBuckets = 400;
  void add(uint64_t micros);
  [[nodiscard]] const std::array<uint32_t, kBuckets>& counts() const { return counts_; }

 private:
  std::array<uint32_t, kBuckets> counts_{};
};

class LoadSink final : public MediaObserver {
 public:
  // Every n-th media packet is lost on purpose, 0 = none.
  explicit LoadSink(uint32_t lose_every) : lose_every_(lose_every) {}

  bool loses(const RtpPacket& packet) override;
  void on_media(const RtpPacket& packet, uint64_t sequence, Micros now) override;
  // Which payload types are RTX, never lost on purpose, and which are VP8.
  void set_parameters(const RtpParameters& parameters);

  [[nodiscard]] uint64_t packets() const { return packets_; }
  [[nodiscard]] uint64_t bytes() const { return bytes_; }
  [[nodiscard]] uint64_t lost_on_purpose() const { return lost_; }
  // Numbers between the first and the highest of each SSRC that have not come.
  [[nodiscard]] uint64_t missing() const;
  // Neighbouring VP8 packets whose picture id or timestamp does not go on: what a decoder would stumble over.
  [[nodiscard]] uint64_t discontinuities() const { return discontinuities_; }
  [[nodiscard]] const LatencyHistogram& latency() const { return latency_; }
  [[nodiscard]] const LayerCheck& layers() const { return layers_; }
  void reset();

 private:
  struct Stream {
    uint64_t first = 0;
    uint64_t highest = 0;
    uint64_t packets = 0;
    uint64_t last = 0;
    uint32_t last_timestamp = 0;
    std::optional<uint16_t> last_picture_id;
  };
  void check_continuity(Stream& stream, const RtpPacket& packet, uint64_t sequence);

  const uint32_t lose_every_;
  std::array<bool, 128> is_rtx_{};
  std::array<bool, 128> is_vp8_{};
  std::unordered_map<uint32_t, Stream> streams_;
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  uint64_t seen_ = 0;
  uint64_t lost_ = 0;
  uint64_t discontinuities_ = 0;
  LatencyHistogram latency_;
  LayerCheck layers_;
};

}  // namespace parley
