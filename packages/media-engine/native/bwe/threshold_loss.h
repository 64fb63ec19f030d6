// The rate that reports of lost fractions allow (draft-ietf-rmcat-gcc-02 §6): below 2 % grow, up to 10 % hold, above
// that give way in proportion. For receivers that send receiver reports and REMB but no transport-wide feedback, where
// nothing better can be known.
#pragma once

#include "rate.h"

namespace parley {

class ThresholdLoss {
 public:
  explicit ThresholdLoss(BitRate start) : rate_(start) {}

  /// `fraction`: 0…1, since the last report. Several reports within the reaction time count once.
  void on_report(Micros now, double fraction, Micros round_trip) {
    if (fraction < kGrowBelow) {
      if (grown_ < 0) grown_ = now;
      const double passed = seconds(std::min(now - grown_, kSecond));
      rate_ = scale_rate(rate_, 1 + kGrowth * passed) + static_cast<BitRate>(1000 * passed);
      grown_ = now;
    } else if (fraction > kShrinkAbove && now - shrunk_ >= kReaction + round_trip) {
      rate_ = scale_rate(rate_, 1 - 0.5 * fraction);
      shrunk_ = now;
    }
    if (fraction >= kGrowBelow) grown_ = now;
  }
  void clamp(BitRate minimum, BitRate maximum) { rate_ = std::clamp(rate_, minimum, maximum); }
  [[nodiscard]] BitRate rate() const { return rate_; }

 private:
  static constexpr double kGrowBelow = 0.02;
  static constexpr double kShrinkAbove = 0.10;
  static constexpr double kGrowth = 0.08;  // a second
  static constexpr Micros kReaction = 300 * kMillisecond;

  BitRate rate_;
  Micros grown_ = -1;
  Micros shrunk_ = -3600 * kSecond;
};

}  // namespace parley
