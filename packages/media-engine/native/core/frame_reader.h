// Packets out of a byte stream (RFC 4571 §2): a length of two bytes, then so many bytes of packet. Takes what the system
// gives, in pieces of any size.
#pragma once

#include <vector>

#include "bytes.h"

namespace parley {

inline constexpr size_t kFrameHeaderBytes = 2;
/// As much as a datagram may have on the media port.
inline constexpr size_t kMaxFrameBytes = 2048;

class FrameReader {
 public:
  enum class Result : uint8_t { Frame, NeedsMore, Broken };

  /// The stream's next bytes. They must stay where they are until `next` has said something else than `Frame`.
  void push(MutableByteSpan bytes) { input_ = bytes; }
  /// The next packet, valid until the next call of anything here. Empty ones are skipped. `Broken`, for good: a length
  /// that no packet of ours has, so that what follows means nothing.
  [[nodiscard]] Result next(MutableByteSpan& frame);
  /// What was pushed and not taken yet; only after `Frame`.
  [[nodiscard]] ByteSpan rest() const { return input_; }

 private:
  bool fill(size_t size);

  MutableByteSpan input_;
  std::vector<uint8_t> partial_;  // a frame that is not complete yet, its header included
  bool is_taken_ = false;         // `partial_` was given out
  bool is_broken_ = false;
};

}  // namespace parley
