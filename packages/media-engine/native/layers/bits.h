// Fields that are not whole bytes, most significant bit first, read and written without leaving the span.
#pragma once

#include "../core/bytes.h"

namespace parley {

/// A read past the end returns zero, consumes everything and makes `ok()` false for good, as Reader does.
class BitReader {
 public:
  explicit BitReader(ByteSpan bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t remaining() const { return bytes_.size() * 8 - position_; }

  /// `count` at most 32.
  uint32_t bits(unsigned count) {
    if (!ok_ || count > remaining()) {
      ok_ = false;
      position_ = bytes_.size() * 8;
      return 0;
    }
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++, position_++) {
      value = (value << 1) | ((bytes_[position_ / 8] >> (7 - position_ % 8)) & 1u);
    }
    return value;
  }
  bool flag() { return bits(1) != 0; }
  /// ns(n) of AV1: a value below `n` in as few bits as its range needs. `n` from 1 to 2^16.
  uint32_t non_symmetric(uint32_t n) {
    unsigned width = 0;
    for (uint32_t x = n; x != 0; x >>= 1) width++;
    const uint32_t short_values = (uint32_t{1} << width) - n;
    const uint32_t value = bits(width - 1);
    if (value < short_values) return value;
    return (value << 1) - short_values + bits(1);
  }

 private:
  ByteSpan bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

/// A write that does not fit writes nothing and makes `ok()` false for good.
class BitWriter {
 public:
  explicit BitWriter(MutableByteSpan out) : out_(out) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t position() const { return position_; }
  /// Whole bytes begun; the unused bits of the last one are zero.
  [[nodiscard]] size_t size() const { return (position_ + 7) / 8; }

  /// The lowest `count` (at most 32) bits of `value`.
  void bits(uint32_t value, unsigned count) {
    if (!ok_ || count > out_.size() * 8 - position_) {
      ok_ = false;
      return;
    }
    for (unsigned i = count; i-- > 0; position_++) {
      uint8_t& byte = out_[position_ / 8];
      if (position_ % 8 == 0) byte = 0;
      byte = static_cast<uint8_t>(byte | (((value >> i) & 1u) << (7 - position_ % 8)));
    }
  }
  void flag(bool value) { bits(value ? 1 : 0, 1); }
  void non_symmetric(uint32_t n, uint32_t value) {
    unsigned width = 0;
    for (uint32_t x = n; x != 0; x >>= 1) width++;
    const uint32_t short_values = (uint32_t{1} << width) - n;
    if (value < short_values) {
      bits(value, width - 1);
    } else {
      bits(value + short_values, width);
    }
  }
  /// Bits [from, to) of other bytes.
  void copy(ByteSpan source, size_t from, size_t to) {
    for (size_t i = from; i < to; i++) bits((source[i / 8] >> (7 - i % 8)) & 1u, 1);
  }

 private:
  MutableByteSpan out_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace parley
