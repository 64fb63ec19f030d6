// Spans over bytes and big-endian readers and writers that cannot leave them. Everything that came from the network is
// read through Reader; nothing in the engine overlays a struct on a packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

namespace parley {

/// A pointer and a length, not owning. C++17 has no std::span.
template <typename T>
class Span {
 public:
  constexpr Span() = default;
  constexpr Span(T* data, size_t size) : data_(data), size_(size) {}
  template <size_t N>
  constexpr Span(T (&array)[N]) : data_(array), size_(N) {}
  /// From any contiguous container (std::vector, std::array, std::string …) or a mutable span.
  template <typename C, typename = std::enable_if_t<std::is_convertible_v<decltype(std::declval<C&>().data()), T*> &&
                                                    std::is_convertible_v<decltype(std::declval<C&>().size()), size_t>>>
  constexpr Span(C&& container) : data_(container.data()), size_(container.size()) {}

  [[nodiscard]] constexpr T* data() const { return data_; }
  [[nodiscard]] constexpr size_t size() const { return size_; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }
  [[nodiscard]] constexpr T* begin() const { return data_; }
  [[nodiscard]] constexpr T* end() const { return data_ + size_; }
  /// Unchecked, as in std::span.
  [[nodiscard]] constexpr T& operator[](size_t i) const { return data_[i]; }

  /// The first `n` elements, or all when there are fewer.
  [[nodiscard]] constexpr Span first(size_t n) const { return Span(data_, n < size_ ? n : size_); }
  /// What follows the first `n` elements; empty when there are no more.
  [[nodiscard]] constexpr Span from(size_t n) const { return n < size_ ? Span(data_ + n, size_ - n) : Span(); }

 private:
  T* data_ = nullptr;
  size_t size_ = 0;
};

using ByteSpan = Span<const uint8_t>;
using MutableByteSpan = Span<uint8_t>;

inline ByteSpan as_bytes(std::string_view text) {
  return ByteSpan(reinterpret_cast<const uint8_t*>(text.data()), text.size());
}
inline std::string_view as_text(ByteSpan bytes) {
  return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}
inline bool equal(ByteSpan a, ByteSpan b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Unchecked big-endian access, for positions whose bounds were already proved.
inline uint16_t load_u16(const uint8_t* p) { return static_cast<uint16_t>((p[0] << 8) | p[1]); }
inline uint32_t load_u24(const uint8_t* p) { return (uint32_t{p[0]} << 16) | (uint32_t{p[1]} << 8) | p[2]; }
inline uint32_t load_u32(const uint8_t* p) {
  return (uint32_t{p[0]} << 24) | (uint32_t{p[1]} << 16) | (uint32_t{p[2]} << 8) | p[3];
}
inline uint64_t load_u64(const uint8_t* p) { return (uint64_t{load_u32(p)} << 32) | load_u32(p + 4); }
inline void store_u16(uint8_t* p, uint16_t v) {
  p[0] = static_cast<uint8_t>(v >> 8);
  p[1] = static_cast<uint8_t>(v);
}
inline void store_u24(uint8_t* p, uint32_t v) {
  p[0] = static_cast<uint8_t>(v >> 16);
  p[1] = static_cast<uint8_t>(v >> 8);
  p[2] = static_cast<uint8_t>(v);
}
inline void store_u32(uint8_t* p, uint32_t v) {
  store_u16(p, static_cast<uint16_t>(v >> 16));
  store_u16(p + 2, static_cast<uint16_t>(v));
}
inline void store_u64(uint8_t* p, uint64_t v) {
  store_u32(p, static_cast<uint32_t>(v >> 32));
  store_u32(p + 4, static_cast<uint32_t>(v));
}

/// Reads big-endian values. A read past the end returns zero (or an empty span), consumes everything and makes `ok()`
/// false for good, so a parser may read a whole structure and ask once.
class Reader {
 public:
  explicit Reader(ByteSpan bytes) : bytes_(bytes) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t remaining() const { return bytes_.size() - position_; }

  uint8_t u8() { return take(1) ? bytes_[position_ - 1] : uint8_t{0}; }
  uint16_t u16() { return take(2) ? load_u16(bytes_.data() + position_ - 2) : uint16_t{0}; }
  uint32_t u24() { return take(3) ? load_u24(bytes_.data() + position_ - 3) : 0; }
  uint32_t u32() { return take(4) ? load_u32(bytes_.data() + position_ - 4) : 0; }
  uint64_t u64() { return take(8) ? load_u64(bytes_.data() + position_ - 8) : 0; }
  ByteSpan bytes(size_t n) { return take(n) ? ByteSpan(bytes_.data() + position_ - n, n) : ByteSpan(); }
  void skip(size_t n) { take(n); }
  [[nodiscard]] ByteSpan rest() const { return bytes_.from(position_); }

 private:
  bool take(size_t n) {
    if (!ok_ || n > bytes_.size() - position_) {
      ok_ = false;
      position_ = bytes_.size();
      return false;
    }
    position_ += n;
    return true;
  }

  ByteSpan bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

/// Writes big-endian values. A write that does not fit writes nothing and makes `ok()` false for good.
class Writer {
 public:
  explicit Writer(MutableByteSpan out) : out_(out) {}

  [[nodiscard]] bool ok() const { return ok_; }
  [[nodiscard]] size_t position() const { return position_; }
  [[nodiscard]] size_t room() const { return out_.size() - position_; }
  [[nodiscard]] MutableByteSpan written() const { return out_.first(position_); }

  void u8(uint8_t v) {
    if (uint8_t* p = give(1)) *p = v;
  }
  void u16(uint16_t v) {
    if (uint8_t* p = give(2)) store_u16(p, v);
  }
  void u24(uint32_t v) {
    if (uint8_t* p = give(3)) store_u24(p, v);
  }
  void u32(uint32_t v) {
    if (uint8_t* p = give(4)) store_u32(p, v);
  }
  void u64(uint64_t v) {
    if (uint8_t* p = give(8)) store_u64(p, v);
  }
  void bytes(ByteSpan v) {
    if (uint8_t* p = give(v.size()); p != nullptr && !v.empty()) std::memcpy(p, v.data(), v.size());
  }
  void zeros(size_t n) {
    if (uint8_t* p = give(n); p != nullptr && n != 0) std::memset(p, 0, n);
  }
  /// Overwrite two bytes written before, e.g. a length known only now.
  void patch_u16(size_t at, uint16_t v) {
    if (ok_ && at + 2 <= position_) store_u16(out_.data() + at, v);
  }
  void patch_u8(size_t at, uint8_t v) {
    if (ok_ && at < position_) out_[at] = v;
  }

 private:
  uint8_t* give(size_t n) {
    if (!ok_ || n > out_.size() - position_) {
      ok_ = false;
      return nullptr;
    }
    position_ += n;
    return out_.data() + position_ - n;
  }

  MutableByteSpan out_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace parley
