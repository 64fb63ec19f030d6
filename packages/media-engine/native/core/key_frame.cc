#include "key_frame.h"

#include <algorithm>

#include "vp8.h"

namespace parley {

namespace {

// NAL unit types, RFC 6184 §5.2.
constexpr uint8_t kIdr = 5;
constexpr uint8_t kSps = 7;
constexpr uint8_t kPps = 8;
constexpr uint8_t kStapA = 24;
constexpr uint8_t kFuA = 28;

// `slice` follows the NAL unit's header. It begins with the address of its first macroblock, as Exp-Golomb code: a single 1
// is 0, the picture's first. A key frame may have many slices, and its receiver needs all.
H264KeyFrame key_frame_of(uint8_t nal_type, ByteSpan slice) {
  if (nal_type == kSps) return H264KeyFrame::SequenceParameters;
  if (nal_type == kPps) return H264KeyFrame::PictureParameters;
  const bool is_first = nal_type == kIdr && !slice.empty() && (slice[0] & 0x80) != 0;
  return is_first ? H264KeyFrame::Slice : H264KeyFrame::None;
}

}  // namespace

bool starts_key_frame(VideoCodec codec, ByteSpan payload) {
  switch (codec) {
    case VideoCodec::Vp8: {
      Vp8Descriptor descriptor;
      return vp8_parse(payload, descriptor) && descriptor.starts_frame() && descriptor.key_frame;
    }
    case VideoCodec::Vp9: return vp9_starts_key_frame(payload);
    case VideoCodec::H264: return h264_key_frame(payload) >= H264KeyFrame::Slice;
    case VideoCodec::Av1: return av1_starts_key_frame(payload);
    case VideoCodec::Unknown: break;
  }
  return false;
}

H264KeyFrame h264_key_frame(ByteSpan payload) {
  Reader reader(payload);
  const uint8_t type = reader.u8() & 0x1F;
  if (!reader.ok()) return H264KeyFrame::None;
  if (type == kStapA) {
    H264KeyFrame best = H264KeyFrame::None;
    while (reader.remaining() > 2) {
      const ByteSpan unit = reader.bytes(reader.u16());
      if (!reader.ok()) break;
      if (!unit.empty()) best = std::max(best, key_frame_of(unit[0] & 0x1F, unit.from(1)));
    }
    return best;
  }
  if (type == kFuA) {
    const uint8_t head = reader.u8();
    const bool starts = reader.ok() && (head & 0x80) != 0;
    return starts ? key_frame_of(head & 0x1F, payload.from(2)) : H264KeyFrame::None;
  }
  return key_frame_of(type, payload.from(1));
}

// Payload descriptor: |I|P|L|F|B|E|V|Z|, picture id if I, then |TID|U|SID|D| if L.
bool vp9_starts_key_frame(ByteSpan payload) {
  Reader reader(payload);
  const uint8_t first = reader.u8();
  const bool predicted = (first & 0x40) != 0;
  const bool begins_frame = (first & 0x08) != 0;
  if (predicted || !begins_frame) return false;
  if ((first & 0x80) != 0 && (reader.u8() & 0x80) != 0) reader.skip(1);
  // Without layer indices there is one layer only.
  const uint8_t spatial_id = (first & 0x20) != 0 ? static_cast<uint8_t>((reader.u8() >> 1) & 0x07) : uint8_t{0};
  return reader.ok() && spatial_id == 0;
}

// Aggregation header: |Z|Y|W W|N|…|.
bool av1_starts_key_frame(ByteSpan payload) { return payload.size() > 1 && (payload[0] & 0x08) != 0; }

}  // namespace parley
