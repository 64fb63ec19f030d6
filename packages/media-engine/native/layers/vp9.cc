#include "vp9.h"

#include "../core/picture_numbers.h"

namespace parley {

namespace {

bool read_structure(Reader& reader, Vp9Descriptor& d) {
  const uint8_t head = reader.u8();
  d.structure_layers = static_cast<uint8_t>((head >> 5) + 1);
  if ((head & 0x10) != 0) {
    for (size_t i = 0; i < d.structure_layers; i++) {
      d.width[i] = reader.u16();
      d.height[i] = reader.u16();
    }
  }
  if ((head & 0x08) != 0) {
    const size_t pictures = reader.u8();
    for (size_t i = 0; i < pictures && reader.ok(); i++) reader.skip((reader.u8() >> 2) & 0x03u);
  }
  return reader.ok();
}

}  // namespace

bool vp9_parse(ByteSpan payload, Vp9Descriptor& d) {
  d = Vp9Descriptor{};
  Reader reader(payload);
  const uint8_t first = reader.u8();
  const auto bit = [first](unsigned n) { return (first >> n & 1u) != 0; };
  d.inter_picture = bit(6);
  d.has_layers = bit(5);
  d.flexible = bit(4);
  d.starts_frame = bit(3);
  d.ends_frame = bit(2);
  d.not_inter_layer = bit(0);
  if (bit(7)) {
    d.picture_id_at = reader.position();
    uint16_t id = reader.u8();
    if ((id & 0x80) != 0) {
      d.picture_id_long = true;
      id = static_cast<uint16_t>(((id & 0x7F) << 8) | reader.u8());
    }
    d.picture_id = id;
  }
  if (d.has_layers) {
    const uint8_t layers = reader.u8();
    d.temporal_id = static_cast<uint8_t>(layers >> 5);
    d.switching_up = (layers & 0x10) != 0;
    d.spatial_id = static_cast<uint8_t>((layers >> 1) & 0x07);
    d.inter_layer = (layers & 0x01) != 0;
    if (!d.flexible) {
      d.tl0_pic_idx_at = reader.position();
      d.tl0_pic_idx = reader.u8();
    }
  }
  if (d.flexible && d.inter_picture) {
    for (bool more = true; more;) {
      if (d.picture_diff_count == d.picture_diffs.size()) return false;
      const uint8_t diff = reader.u8();
      d.picture_diffs[d.picture_diff_count++] = static_cast<uint8_t>(diff >> 1);
      more = (diff & 0x01) != 0;
    }
  }
  if (bit(1) && !read_structure(reader, d)) return false;
  if (!reader.ok() || reader.remaining() == 0) return false;
  d.size = reader.position();
  return true;
}

void vp9_rewrite(MutableByteSpan copy, const Vp9Descriptor& d, uint16_t picture_id, uint8_t tl0_pic_idx) {
  write_picture_numbers(copy, d, picture_id, tl0_pic_idx);
}

}  // namespace parley
