// Does this packet begin a picture that needs no earlier one? One function per codec, on the RTP payload in clear.
// With end-to-end encryption the payload is unreadable: use the dependency descriptor then.
#pragma once

#include "bytes.h"

namespace parley {

enum class VideoCodec : uint8_t { Unknown, Vp8, Vp9, H264, Av1 };

/// `Unknown` is always false.
[[nodiscard]] bool starts_key_frame(VideoCodec codec, ByteSpan payload);

/// What an H.264 payload has of a key frame's begin (RFC 6184 §5.2; ITU-T H.264 §7.3.3), the surest last.
enum class H264KeyFrame : uint8_t {
  None,
  /// A picture parameter set, which does not say of what picture.
  PictureParameters,
  /// The begin of the first IDR slice: its parameter sets came before it, or will never come.
  Slice,
  SequenceParameters,
};
/// In a NAL unit alone, in a STAP-A (the surest one in it) or in a FU-A.
[[nodiscard]] H264KeyFrame h264_key_frame(ByteSpan payload);
/// RFC 9628: first packet of a frame, lowest spatial layer, not inter-predicted.
[[nodiscard]] bool vp9_starts_key_frame(ByteSpan payload);
/// AV1 RTP payload format §4.4: N, first packet of a coded video sequence.
[[nodiscard]] bool av1_starts_key_frame(ByteSpan payload);

}  // namespace parley
