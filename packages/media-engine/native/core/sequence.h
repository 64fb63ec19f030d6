// Sequence numbers of 16 bits that wrap, seen as ever growing numbers of 64.
#pragma once

#include <cstdint>

namespace parley {

/// True when `a` comes after `b` within half the number space.
[[nodiscard]] constexpr bool sequence_newer(uint16_t a, uint16_t b) {
  return a != b && static_cast<uint16_t>(a - b) < 0x8000;
}

/// Extends numbers by choosing the value nearest to the highest one so far. Never goes below zero: the first number is
/// placed in the second cycle (plus 65536), so that packets reordered around it have room. Use SRTP's index instead
/// where a rollover counter is wanted.
class SequenceUnwrapper {
 public:
  /// Extends and remembers.
  uint64_t unwrap(uint16_t value) {
    const uint64_t extended = peek(value);
    if (!started_ || extended > highest_) highest_ = extended;
    started_ = true;
    return extended;
  }
  /// Extends without remembering.
  [[nodiscard]] uint64_t peek(uint16_t value) const {
    if (!started_) return 0x10000u + value;
    const auto ahead = static_cast<int16_t>(static_cast<uint16_t>(value - static_cast<uint16_t>(highest_)));
    return highest_ + static_cast<uint64_t>(static_cast<int64_t>(ahead));
  }
  [[nodiscard]] bool started() const { return started_; }
  [[nodiscard]] uint64_t highest() const { return highest_; }

 private:
  uint64_t highest_ = 0;
  bool started_ = false;
};

}  // namespace parley
