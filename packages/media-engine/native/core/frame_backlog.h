// Packets that wait for a byte stream to take them, framed as in RFC 4571. A stream that is slower than the media must not
// grow without bound nor deliver everything late: when too much waits, or the oldest has waited too long, new media is
// refused, as a full router would. What was begun is always finished, so that frames are never torn.
#pragma once

#include <deque>
#include <vector>

#include "bytes.h"
#include "clock.h"

namespace parley {

class FrameBacklog {
 public:
  static constexpr size_t kMaxBytes = 256 * 1024;
  static constexpr Micros kMaxWait = 500 * kMillisecond;
  /// ICE, DTLS and RTCP may wait beyond: little in number, and without them the stream is dead.
  static constexpr size_t kMaxBytesOfAll = kMaxBytes + 64 * 1024;

  /// Copies. False when the packet is refused.
  [[nodiscard]] bool push(Micros now, ByteSpan packet, bool is_media);
  /// What is to be written next, all of it in one piece; valid until the next call of anything here.
  [[nodiscard]] ByteSpan pending() const { return ByteSpan(bytes_).from(head_); }
  /// So many bytes of `pending` were written.
  void consume(size_t size);
  /// Not written, or not to the end.
  [[nodiscard]] size_t frames() const { return frames_.size(); }
  [[nodiscard]] bool empty() const { return head_ == bytes_.size(); }

 private:
  struct Frame {
    size_t left;  // bytes not written yet
    Micros since;
  };

  std::vector<uint8_t> bytes_;
  size_t head_ = 0;  // written up to here
  std::deque<Frame> frames_;
};

}  // namespace parley
