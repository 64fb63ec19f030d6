// Is the sender using what it has? When it sends clearly less than the estimate, quiet queues and low throughput say
// nothing about the path, and only probes can.
#pragma once

#include "rate.h"

namespace parley {

class ApplicationLimit {
 public:
  void set_estimate(BitRate estimate) { target_ = scale_rate(estimate, kShare); }
  /// Media or retransmissions; not padding.
  void on_sent(Micros now, int64_t bytes);
  /// Time has passed.
  void update(Micros now);
  /// Since when little is sent; kNever when that is not so.
  [[nodiscard]] Micros since() const { return since_; }
  /// When it last ended; negative = never.
  [[nodiscard]] Micros until() const { return until_; }

 private:
  // Below this share of the estimate is little; frames are smoothed over the window.
  static constexpr double kShare = 0.65;
  static constexpr Micros kWindow = 500 * kMillisecond;
  static constexpr double kEnter = 0.8;
  static constexpr double kLeave = 0.5;

  [[nodiscard]] double most() const { return std::max(1.0, static_cast<double>(bytes_in(target_, kWindow))); }

  BitRate target_ = 0;
  double unused_ = 0;  // bytes that could have been sent; negative = more was sent
  Micros updated_ = -1;
  Micros since_ = kNever;
  Micros until_ = -1;
};

inline void ApplicationLimit::update(Micros now) {
  if (updated_ >= 0 && now > updated_) {
    unused_ = std::min(unused_ + static_cast<double>(target_) * seconds(now - updated_) / 8, most());
  }
  updated_ = std::max(updated_, now);
  const double level = unused_ / most();
  if (since_ == kNever && level > kEnter) {
    since_ = now;
  } else if (since_ != kNever && level < kLeave) {
    since_ = kNever;
    until_ = now;
  }
}

inline void ApplicationLimit::on_sent(Micros now, int64_t bytes) {
  update(now);
  unused_ = std::max(unused_ - static_cast<double>(bytes), -most());
  update(now);
}

}  // namespace parley
