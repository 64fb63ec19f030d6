// VP9 payload descriptor (RFC 9628 §4.2), flexible and non-flexible mode, with its scalability structure: enough to
// choose spatial and temporal layers and to renumber pictures when the source of a stream changes.
//
//   |I|P|L|F|B|E|V|Z|
//   I: |M| picture id (7 or 15) |
//   L: | TID (3) |U| SID (3) |D|   and without F: | TL0PICIDX |
//   P and F: | P_DIFF (7) |N| up to three times
//   V: | N_S (3) |Y|G|-|-|-|   Y: (width, height)(16 each) × (N_S + 1)
//      G: | N_G | then N_G × ( | TID (3) |U| R (2) |-|-| P_DIFF (8) × R )
#pragma once

#include <array>
#include <optional>

#include "../core/bytes.h"

namespace parley {

struct Vp9Descriptor {
  static constexpr size_t kMaxSpatialLayers = 8;

  size_t size = 0;               // bytes of descriptor; the VP9 payload follows
  bool inter_picture = false;    // P: uses earlier pictures
  bool flexible = false;         // F
  bool starts_frame = false;     // B
  bool ends_frame = false;       // E
  bool not_inter_layer = false;  // Z: no frame of a higher spatial layer of this picture uses this one
  bool has_layers = false;       // L
  uint8_t temporal_id = 0;
  uint8_t spatial_id = 0;
  bool switching_up = false;  // U: later pictures of higher temporal layers use none of those layers before this one
  bool inter_layer = false;   // D: uses the spatial layer below in the same picture
  std::optional<uint16_t> picture_id;
  bool picture_id_long = false;  // 15 bits
  size_t picture_id_at = 0;      // offsets of fields for rewriting; valid when the field is there
  std::optional<uint8_t> tl0_pic_idx;
  size_t tl0_pic_idx_at = 0;
  std::array<uint8_t, 3> picture_diffs{};  // P_DIFF
  uint8_t picture_diff_count = 0;
  /// Spatial layers of the scalability structure, 0 = none comes with this packet.
  uint8_t structure_layers = 0;
  std::array<uint16_t, kMaxSpatialLayers> width{}, height{};  // 0 = unknown

  /// First packet of a picture that uses no earlier one.
  [[nodiscard]] bool starts_key_picture() const { return starts_frame && !inter_picture && spatial_id == 0; }
};

/// False when the payload is too short for what its descriptor announces, or has a fourth P_DIFF.
[[nodiscard]] bool vp9_parse(ByteSpan payload, Vp9Descriptor& descriptor);

/// Change the numbers in a copy of the descriptor (`copy` = its first `descriptor.size` bytes). The picture id keeps
/// its width.
void vp9_rewrite(MutableByteSpan copy, const Vp9Descriptor& descriptor, uint16_t picture_id, uint8_t tl0_pic_idx);

}  // namespace parley
