// How much of the one-way delay is queue that does not empty: the least delay of a short while against the least of the
// last ten to twenty seconds. A burst queues and is gone before the next report; congestion stays. Clocks may be
// offset, and drift by a few milliseconds in that time.
#pragma once

#include "rate.h"

namespace parley {

class StandingQueue {
 public:
  /// One arrival; `now` only divides time into periods.
  void on_arrival(Micros now, Micros sent_at, Micros arrived_at) {
    const Micros delay = arrived_at - sent_at;
    if (now - period_ >= kPeriod) {
      previous_ = least_;
      least_ = kNever;
      period_ = now;
    }
    least_ = std::min(least_, delay);
    if (now - short_from_ >= kShort) {
      short_previous_ = short_least_;
      short_least_ = kNever;
      short_from_ = now;
    }
    short_least_ = std::min(short_least_, delay);
  }
  /// 0 when nothing is known.
  [[nodiscard]] Micros delay() const {
    const Micros base = std::min(least_, previous_);
    const Micros late = std::min(short_least_, short_previous_);
    return base == kNever || late == kNever ? 0 : late - base;
  }
  void reset() { *this = StandingQueue(); }

 private:
  static constexpr Micros kPeriod = 10 * kSecond;
  static constexpr Micros kShort = 50 * kMillisecond;

  Micros least_ = kNever;
  Micros previous_ = kNever;
  Micros period_ = 0;
  Micros short_least_ = kNever;
  Micros short_previous_ = kNever;
  Micros short_from_ = 0;
};

}  // namespace parley
