// VP8 payload descriptor (RFC 7741 §4.2) and key frame header (RFC 6386 §9.1), enough to start on key frames, drop
// temporal layers and renumber pictures when the source of a stream changes.
//
//   |X|R|N|S|R| PID |  X: |I|L|T|K| RSV |  I: |M| PictureID (7 or 15) |  L: |TL0PICIDX|  T/K: |TID|Y| KEYIDX |
#pragma once

#include <optional>

#include "bytes.h"

namespace parley {

struct Vp8Descriptor {
  size_t size = 0;  // bytes of descriptor; the VP8 payload follows
  bool non_reference = false;
  bool start_of_partition = false;
  uint8_t partition_index = 0;
  std::optional<uint16_t> picture_id;
  bool picture_id_long = false;  // 15 bits
  size_t picture_id_at = 0;      // offsets of the fields for rewriting; valid when the field is there
  std::optional<uint8_t> tl0_pic_idx;
  size_t tl0_pic_idx_at = 0;
  std::optional<uint8_t> temporal_id;
  bool layer_sync = false;
  std::optional<uint8_t> key_idx;
  /// First packet of a frame.
  [[nodiscard]] bool starts_frame() const { return start_of_partition && partition_index == 0; }

  bool key_frame = false;          // only known in a packet that starts a frame
  uint16_t width = 0, height = 0;  // of a key frame whose header is in this packet
};

/// False when the payload is too short for what its descriptor announces.
[[nodiscard]] bool vp8_parse(ByteSpan payload, Vp8Descriptor& descriptor);

/// Change the numbers in a copy of the packet's descriptor (`copy` = its first `descriptor.size` bytes, in a send
/// slot). The picture id keeps its width.
void vp8_rewrite(MutableByteSpan copy, const Vp8Descriptor& descriptor, uint16_t picture_id, uint8_t tl0_pic_idx);

}  // namespace parley
