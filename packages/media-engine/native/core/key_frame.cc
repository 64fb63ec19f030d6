#include "key_frame.h"

#include "vp8.h"

namespace parley {

namespace {

// NAL unit types, RFC 6184 §5.2.
constexpr uint8_t kIdr = 5;
constexpr uint8_t kSps = 7;
constexpr uint8_t kStapA = 24;
constexpr uint8_t kFuA = 28;
constexpr bool opens_key_frame(uint8_t nal_type) { return nal_type == kIdr || nal_type == kSps; }

}  // namespace

bool starts_key_frame(VideoCodec codec, ByteSpan payload) {
  switch (codec) {
    case VideoCodec::Vp8: {
      Vp8Descriptor descriptor;
      return vp8_parse(payload, descriptor) && descriptor.starts_frame() && descriptor.key_frame;
    }
    case VideoCodec::Vp9: return vp9_starts_key_frame(payload);
    case VideoCodec::H264: return h264_starts_key_frame(payload);
    case VideoCodec::Av1: return av1_starts_key_frame(payload);
    case VideoCodec::Unknown: break;
  }
  return false;
}

bool h264_starts_key_frame(ByteSpan payload) {
  Reader reader(payload);
  const uint8_t type = reader.u8() & 0x1F;
  if (!reader.ok()) return false;
  if (type == kStapA) {
    while (reader.remaining() > 2) {
      const ByteSpan unit = reader.bytes(reader.u16());
      if (!reader.ok()) return false;
      if (!unit.empty() && opens_key_frame(unit[0] & 0x1F)) return true;
    }
    return false;
  }
  if (type == kFuA) {
    const uint8_t head = reader.u8();
    return reader.ok() && (head & 0x80) != 0 && opens_key_frame(head & 0x1F);
  }
  return opens_key_frame(type);
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
