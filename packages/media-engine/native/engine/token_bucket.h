// A rate with a burst: `rate` tokens a second, at most `burst` saved up.
#pragma once

#include <algorithm>
#include <cstdint>

#include "core/clock.h"

namespace parley {

class TokenBucket {
 public:
  TokenBucket(int64_t rate, int64_t burst) : rate_(rate), burst_us_(burst * kSecond), level_us_(burst_us_) {}

  [[nodiscard]] bool take(Micros now, int64_t tokens = 1) {
    refill(now);
    if (level_us_ < tokens * kSecond) return false;
    level_us_ -= tokens * kSecond;
    return true;
  }
  [[nodiscard]] bool empty(Micros now) {
    refill(now);
    return level_us_ < kSecond;
  }

 private:
  void refill(Micros now) {
    if (now <= updated_) return;
    // Beyond a minute every bucket is full, and the product would not fit at huge gaps.
    const Micros passed = std::min<Micros>(now - updated_, 60 * kSecond);
    updated_ = now;
    level_us_ = std::min(burst_us_, level_us_ + passed * rate_);
  }

  int64_t rate_;
  int64_t burst_us_;  // token-microseconds, so that slow rates lose nothing to rounding
  int64_t level_us_;
  Micros updated_ = 0;
};

}  // namespace parley
