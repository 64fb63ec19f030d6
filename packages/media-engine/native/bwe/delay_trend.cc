#include "delay_trend.h"

#include <cmath>

namespace parley {

namespace {

constexpr double kSmoothing = 0.9;
constexpr double kGain = 4.0;
constexpr int kMaxDeltas = 60;  // a trend seen over more groups than this is no more certain
constexpr double kOveruseMs = 10;
constexpr double kGainUp = 0.0087;
constexpr double kGainDown = 0.039;
constexpr double kMinThresholdMs = 6;
constexpr double kMaxThresholdMs = 600;
// A jump beyond this is a change of route or a stall, not the path's ordinary noise.
constexpr double kMaxAdaptMs = 15;
constexpr double kMaxAdaptStepMs = 100;

double in_ms(Micros time) { return static_cast<double>(time) / kMillisecond; }

}  // namespace

void DelayTrend::on_delta(const GroupDelta& delta) {
  if (first_arrival_ < 0) first_arrival_ = delta.last_arrival;
  deltas_ = std::min(deltas_ + 1, kMaxDeltas);
  accumulated_ms_ += in_ms(delta.arrived - delta.sent);
  smoothed_ms_ = kSmoothing * smoothed_ms_ + (1 - kSmoothing) * accumulated_ms_;
  const double now_ms = in_ms(delta.last_arrival - first_arrival_);
  samples_[next_] = {now_ms, smoothed_ms_};
  next_ = (next_ + 1) % kWindow;
  filled_ = std::min(filled_ + 1, kWindow);
  detect(filled_ == kWindow ? slope() : previous_trend_, in_ms(delta.sent), now_ms);
}

// Least squares.
double DelayTrend::slope() const {
  double mean_at = 0, mean_delay = 0;
  for (const Sample& s : samples_) {
    mean_at += s.at_ms;
    mean_delay += s.delay_ms;
  }
  mean_at /= kWindow;
  mean_delay /= kWindow;
  double numerator = 0, denominator = 0;
  for (const Sample& s : samples_) {
    numerator += (s.at_ms - mean_at) * (s.delay_ms - mean_delay);
    denominator += (s.at_ms - mean_at) * (s.at_ms - mean_at);
  }
  return denominator > 0 ? numerator / denominator : previous_trend_;
}

void DelayTrend::detect(double trend, double sent_ms, double now_ms) {
  const double modified = deltas_ * trend * kGain;
  if (modified > threshold_ms_) {
    over_ms_ = over_ms_ < 0 ? sent_ms / 2 : over_ms_ + sent_ms;
    over_count_++;
    // Above the threshold for long enough, and not already getting better.
    if (over_ms_ > kOveruseMs && over_count_ > 1 && trend >= previous_trend_) {
      over_ms_ = 0;
      over_count_ = 0;
      signal_ = DelaySignal::Overuse;
    }
  } else {
    over_ms_ = -1;
    over_count_ = 0;
    signal_ = modified < -threshold_ms_ ? DelaySignal::Underuse : DelaySignal::Normal;
  }
  previous_trend_ = trend;
  adapt(modified, now_ms);
}

void DelayTrend::adapt(double modified, double now_ms) {
  if (adapted_at_ms_ < 0) adapted_at_ms_ = now_ms;
  const double size = std::abs(modified);
  if (size <= threshold_ms_ + kMaxAdaptMs) {
    const double gain = size < threshold_ms_ ? kGainDown : kGainUp;
    const double step_ms = std::min(now_ms - adapted_at_ms_, kMaxAdaptStepMs);
    threshold_ms_ =
        std::clamp(threshold_ms_ + gain * (size - threshold_ms_) * step_ms, kMinThresholdMs, kMaxThresholdMs);
  }
  adapted_at_ms_ = now_ms;
}

}  // namespace parley
