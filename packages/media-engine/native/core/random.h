// Randomness as the cores see it: injected, so that tests and fuzzers repeat exactly.
#pragma once

#include <cstdint>

#include "bytes.h"

namespace parley {

/// The runtime's implementation must be cryptographically strong: transaction ids and tie-breakers come from here.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(MutableByteSpan out) = 0;

  [[nodiscard]] uint32_t u32() {
    uint8_t raw[4] = {};
    fill(MutableByteSpan(raw, sizeof raw));
    return load_u32(raw);
  }
  [[nodiscard]] uint64_t u64() { return (uint64_t{u32()} << 32) | u32(); }
};

}  // namespace parley
