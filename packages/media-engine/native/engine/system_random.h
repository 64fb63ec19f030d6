// OpenSSL's generator as the cores' source of randomness, fetched in blocks.
#pragma once

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "core/random.h"

namespace parley {

class SystemRandom final : public RandomSource {
 public:
  void fill(MutableByteSpan out) override {
    while (!out.empty()) {
      if (next_ == block_.size()) refill();
      const size_t size = std::min(out.size(), block_.size() - next_);
      std::memcpy(out.data(), block_.data() + next_, size);
      std::memset(block_.data() + next_, 0, size);
      next_ += size;
      out = out.from(size);
    }
  }

 private:
  void refill() {
    // Without randomness no transaction id and no sequence number is safe; there is nothing to go on with.
    if (RAND_bytes(block_.data(), static_cast<int>(block_.size())) != 1) std::abort();
    next_ = 0;
  }

  std::array<uint8_t, 512> block_{};
  size_t next_ = 512;
};

}  // namespace parley
