// Does this packet begin a picture that needs no earlier one? One function per codec, on the RTP payload in clear.
// With end-to-end encryption the payload is unreadable: use the dependency descriptor then.
#pragma once

#include "bytes.h"

namespace parley {

enum class VideoCodec : uint8_t { Unknown, Vp8, Vp9, H264, Av1 };

/// `Unknown` is always false.
[[nodiscard]] bool starts_key_frame(VideoCodec codec, ByteSpan payload);

/// RFC 6184: a sequence parameter set or the start of an IDR slice, alone, in a STAP-A or in a FU-A.
[[nodiscard]] bool h264_starts_key_frame(ByteSpan payload);
/// RFC 9628: first packet of a frame, lowest spatial layer, not inter-predicted.
[[nodiscard]] bool vp9_starts_key_frame(ByteSpan payload);
/// AV1 RTP payload format §4.4: N, first packet of a coded video sequence.
[[nodiscard]] bool av1_starts_key_frame(ByteSpan payload);

}  // namespace parley
