// Audio levels of one room since the last batch: pairs of source id and level, in order of arrival.
#pragma once

#include <cstdint>
#include <vector>

#include "core/clock.h"

namespace parley {

class AudioLevels {
 public:
  static constexpr Micros kInterval = 100 * kMillisecond;
  // 100 ms of 50 packets a second from 400 people; more are left out.
  static constexpr size_t kMaxPairs = 2048;

  void add(uint32_t source, uint8_t level) {
    if (pairs_.size() >= 2 * kMaxPairs) return;
    pairs_.push_back(source);
    pairs_.push_back(level);
  }
  [[nodiscard]] bool due(Micros now) const { return !pairs_.empty() && now - taken_ >= kInterval; }
  [[nodiscard]] std::vector<uint32_t> take(Micros now) {
    taken_ = now;
    std::vector<uint32_t> taken;
    taken.swap(pairs_);
    return taken;
  }

 private:
  std::vector<uint32_t> pairs_;
  Micros taken_ = 0;
};

}  // namespace parley
