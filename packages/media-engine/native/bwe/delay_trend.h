// Is the queue growing? A line through the smoothed one-way delay of the last groups, and a threshold that adapts
// (draft-ietf-rmcat-gcc-02 §5.3–5.4, with the line in place of the draft's filter): a fixed small threshold starves
// beside loss-driven flows, a fixed large one lets the queue stand.
#pragma once

#include <array>

#include "arrival_groups.h"

namespace parley {

enum class DelaySignal : uint8_t { Normal, Overuse, Underuse };

class DelayTrend {
 public:
  void on_delta(const GroupDelta& delta);
  [[nodiscard]] DelaySignal signal() const { return signal_; }
  void reset() { *this = DelayTrend(); }

 private:
  static constexpr size_t kWindow = 20;
  struct Sample {
    double at_ms = 0;
    double delay_ms = 0;
  };

  [[nodiscard]] double slope() const;
  void detect(double trend, double sent_ms, double now_ms);
  void adapt(double modified, double now_ms);

  std::array<Sample, kWindow> samples_{};
  size_t filled_ = 0;
  size_t next_ = 0;
  Micros first_arrival_ = -1;
  double accumulated_ms_ = 0;
  double smoothed_ms_ = 0;
  int deltas_ = 0;
  double previous_trend_ = 0;
  double threshold_ms_ = 12.5;
  double adapted_at_ms_ = -1;
  double over_ms_ = -1;
  int over_count_ = 0;
  DelaySignal signal_ = DelaySignal::Normal;
};

}  // namespace parley
