// Picture id and TL0PICIDX, which the payload descriptors of VP8 and VP9 write alike (RFC 7741 §4.2, RFC 9628 §4.2).
#pragma once

#include "bytes.h"

namespace parley {

/// Into a copy of the payload's first bytes; what the descriptor does not have is left out, and nothing is written where the
/// copy is shorter than it.
template <typename Descriptor>
void write_picture_numbers(MutableByteSpan copy, const Descriptor& d, uint16_t picture_id, uint8_t tl0_pic_idx) {
  if (copy.size() < d.size) return;
  if (d.picture_id) {
    if (d.picture_id_long) {
      store_u16(copy.data() + d.picture_id_at, static_cast<uint16_t>(0x8000 | (picture_id & 0x7FFF)));
    } else {
      copy[d.picture_id_at] = static_cast<uint8_t>(picture_id & 0x7F);
    }
  }
  if (d.tl0_pic_idx) copy[d.tl0_pic_idx_at] = tl0_pic_idx;
}

}  // namespace parley
