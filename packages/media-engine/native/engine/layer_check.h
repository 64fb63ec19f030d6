// What a decoder would make of streams with dependency descriptors: frames by layer, and whether the frames that they use
// had come before them. For the load generator's sink.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <unordered_map>

#include "layers/layer_reader.h"

namespace parley {

class LayerCheck {
 public:
  static constexpr size_t kLayers = 4;
  // Frames begun, by spatial * kLayers + temporal.
  using Frames = std::array<uint32_t, kLayers * kLayers>;

  // `descriptor_id` of the receiver, 0 = nothing is checked.
  void set_descriptor_id(uint8_t id) { descriptor_id_ = id; }
  void on_packet(const RtpPacket& packet, uint64_t sequence, Micros now);

  [[nodiscard]] const Frames& frames() const { return frames_; }
  // Frames that use one that has not come, or whose descriptor belongs to a structure that has not.
  [[nodiscard]] uint64_t broken() const { return broken_; }
  void reset_counts();

 private:
  struct Stream {
    LayerReader reader{0, 0};
    std::bitset<65536> come;  // by frame number
    uint16_t newest = 0;
  };

  uint8_t descriptor_id_ = 0;
  std::unordered_map<uint32_t, Stream> streams_;
  Frames frames_{};
  uint64_t broken_ = 0;
};

}  // namespace parley
