// Bit rates, and what they move in a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "../core/clock.h"

namespace parley {

/// Bits per second.
using BitRate = int64_t;

inline constexpr BitRate kKbps = 1000;
inline constexpr BitRate kMbps = 1'000'000;
/// No limit; small enough to be multiplied by what this directory multiplies rates with.
inline constexpr BitRate kUnlimitedRate = 1'000'000 * kMbps;

[[nodiscard]] constexpr BitRate scale_rate(BitRate rate, double factor) {
  return static_cast<BitRate>(static_cast<double>(rate) * factor);
}
/// Bytes that `rate` moves in `time`; `time` of at most a day.
[[nodiscard]] constexpr int64_t bytes_in(BitRate rate, Micros time) {
  return static_cast<int64_t>(static_cast<double>(rate) * static_cast<double>(time) / (8.0 * kSecond));
}
/// Time that `bytes` take at `rate`, rounded up; kNever at no rate.
[[nodiscard]] constexpr Micros time_for(int64_t bytes, BitRate rate) {
  if (rate <= 0) return kNever;
  return (bytes * 8 * kSecond + rate - 1) / rate;
}
/// 0 when no time has passed.
[[nodiscard]] constexpr BitRate rate_of(int64_t bytes, Micros time) {
  return time > 0 ? bytes * 8 * kSecond / time : 0;
}
[[nodiscard]] constexpr double seconds(Micros time) { return static_cast<double>(time) / kSecond; }

}  // namespace parley
