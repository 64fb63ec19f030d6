// Empties a queue that stands. The gradient sees a queue grow, not that there is one: after a fall of the capacity, or
// when it grew slowly enough, hundreds of milliseconds stay in it although nothing gets worse. Then less than what gets
// through is sent for a while. Only for a while: where another flow keeps the queue full, giving way for longer would
// be giving up.
#pragma once

#include <optional>

#include "rate.h"

namespace parley {

class QueueDrain {
 public:
  /// `queue`: what stands in it (StandingQueue). `through`: what gets through, when known.
  void update(Micros now, Micros queue, std::optional<BitRate> through) {
    if (queue < kHigh) above_since_ = kNever;
    if (queue >= kHigh && above_since_ == kNever) above_since_ = now;
    if (draining() && (queue < kLow || now >= until_)) {
      limit_ = kUnlimitedRate;
      next_ = now + kPause;
    }
    if (draining() || above_since_ == kNever || now - above_since_ < kStanding || now < next_ || !through) return;
    limit_ = scale_rate(*through, kShare);
    until_ = now + kLongest;
  }
  [[nodiscard]] BitRate limit() const { return limit_; }
  [[nodiscard]] bool draining() const { return limit_ != kUnlimitedRate; }
  void reset() { *this = QueueDrain(); }

 private:
  static constexpr Micros kHigh = 80 * kMillisecond;
  static constexpr Micros kLow = 30 * kMillisecond;
  static constexpr Micros kStanding = 500 * kMillisecond;
  static constexpr Micros kLongest = 2 * kSecond;
  static constexpr Micros kPause = 3 * kSecond;
  static constexpr double kShare = 0.85;

  Micros above_since_ = kNever;
  Micros until_ = 0;
  Micros next_ = 0;
  BitRate limit_ = kUnlimitedRate;
};

}  // namespace parley
