// Time as the cores see it: a monotonic instant handed in by the caller, never read here.
#pragma once

#include <cstdint>
#include <limits>

namespace parley {

/// Microseconds on any monotonic clock; only differences and order mean anything.
using Micros = int64_t;

inline constexpr Micros kMillisecond = 1000;
inline constexpr Micros kSecond = 1'000'000;
/// A deadline that never comes.
inline constexpr Micros kNever = std::numeric_limits<Micros>::max();

}  // namespace parley
