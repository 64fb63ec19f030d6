#include "vp8.h"

#include "picture_numbers.h"

namespace parley {

bool vp8_parse(ByteSpan payload, Vp8Descriptor& d) {
  d = Vp8Descriptor{};
  Reader reader(payload);
  const uint8_t first = reader.u8();
  d.non_reference = (first & 0x20) != 0;
  d.start_of_partition = (first & 0x10) != 0;
  d.partition_index = first & 0x07;
  if ((first & 0x80) != 0) {
    const uint8_t flags = reader.u8();
    if ((flags & 0x80) != 0) {
      d.picture_id_at = reader.position();
      uint16_t id = reader.u8();
      if ((id & 0x80) != 0) {
        d.picture_id_long = true;
        id = static_cast<uint16_t>(((id & 0x7F) << 8) | reader.u8());
      }
      d.picture_id = id;
    }
    if ((flags & 0x40) != 0) {
      d.tl0_pic_idx_at = reader.position();
      d.tl0_pic_idx = reader.u8();
    }
    if ((flags & 0x30) != 0) {
      const uint8_t layer = reader.u8();
      if ((flags & 0x20) != 0) {
        d.temporal_id = static_cast<uint8_t>(layer >> 6);
        d.layer_sync = (layer & 0x20) != 0;
      }
      if ((flags & 0x10) != 0) d.key_idx = layer & 0x1F;
    }
  }
  // A descriptor without a byte of VP8 behind it carries nothing.
  if (!reader.ok() || reader.remaining() == 0) return false;
  d.size = reader.position();
  if (!d.starts_frame()) return true;

  // Frame tag: the lowest bit of the first byte is 0 in key frames; then a start code and 14-bit dimensions.
  const ByteSpan frame = reader.rest();
  d.key_frame = (frame[0] & 0x01) == 0;
  if (d.key_frame && frame.size() >= 10 && frame[3] == 0x9D && frame[4] == 0x01 && frame[5] == 0x2A) {
    d.width = static_cast<uint16_t>((frame[6] | (frame[7] << 8)) & 0x3FFF);
    d.height = static_cast<uint16_t>((frame[8] | (frame[9] << 8)) & 0x3FFF);
  }
  return true;
}

void vp8_rewrite(MutableByteSpan copy, const Vp8Descriptor& d, uint16_t picture_id, uint8_t tl0_pic_idx) {
  write_picture_numbers(copy, d, picture_id, tl0_pic_idx);
}

}  // namespace parley
