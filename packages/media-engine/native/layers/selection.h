// What is chosen of an encoding for one receiver, from some packet on. Whether a packet belongs to it is decided from
// the selection and the packet alone, so that a late or repeated packet meets the same decision as at first.
#pragma once

#include "layer_packet.h"

namespace parley {

struct Selection {
  LayerScheme scheme = LayerScheme::Whole;
  uint8_t spatial = kEveryLayer;
  uint8_t temporal = kEveryLayer;
  /// For Descriptor: the decode target, by its number in the structure that came with this packet (the lower bits of
  /// its number: structures are a key frame apart).
  uint8_t target = 0;
  uint32_t structure_sequence = 0;
  /// Decode targets that the receiver can go on decoding.
  uint32_t active = 0;

  friend bool operator==(const Selection& a, const Selection& b) {
    return a.scheme == b.scheme && a.spatial == b.spatial && a.temporal == b.temporal && a.target == b.target &&
           a.structure_sequence == b.structure_sequence && a.active == b.active;
  }
};

/// Is this packet part of it?
[[nodiscard]] bool selects(const Selection& selection, const LayerPacket& packet);
/// The marker bit it must have: the last packet of the last frame of a picture that is forwarded.
[[nodiscard]] bool marker_of(const Selection& selection, const LayerPacket& packet);

/// Where a packet that is not selected lies relative to those of its picture that are.
enum class Excess : uint8_t { None, Below, Above, Whole };
[[nodiscard]] Excess excess_of(const Selection& selection, const LayerPacket& packet);

}  // namespace parley
