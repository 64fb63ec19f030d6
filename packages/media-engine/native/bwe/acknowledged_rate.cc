#include "acknowledged_rate.h"

#include <cmath>

namespace parley {

namespace {

// The first estimate decides much, and is made of a longer window.
constexpr Micros kFirstWindow = 500 * kMillisecond;
constexpr Micros kWindow = 150 * kMillisecond;
constexpr int64_t kSmallSample = 2000;
constexpr double kUncertainty = 10;
// When the application has little to send, a low window is what it sent, not what got through.
constexpr double kUncertaintyLimited = 20;
constexpr double kProcessNoise = 5;
constexpr double kChangeNoise = 200;
constexpr double kFloorKbps = 10;

}  // namespace

std::optional<BitRate> AcknowledgedRate::rate() const {
  if (kbps_ < 0) return std::nullopt;
  return static_cast<BitRate>(kbps_ * kKbps);
}

std::optional<BitRate> AcknowledgedRate::recent() const {
  if (kbps_ < 0 && window_ >= kWindow) return rate_of(window_bytes_, window_);
  if (recent_[1] < 0) return rate();
  return static_cast<BitRate>((recent_[0] + recent_[1]) / 2 * kKbps);
}

void AcknowledgedRate::expect_change() { variance_ += kChangeNoise; }

std::optional<double> AcknowledgedRate::window_kbps(Micros arrived_at, int64_t bytes, bool& small) {
  const Micros length = kbps_ < 0 ? kFirstWindow : kWindow;
  if (last_ >= 0 && arrived_at < last_ - kSecond) {  // the receiver's clock went back
    last_ = arrived_at;
    window_ = window_bytes_ = 0;
  }
  std::optional<double> sample;
  if (last_ >= 0 && arrived_at > last_) {
    const Micros passed = arrived_at - last_;
    window_ += passed;
    // Silence is no window of little throughput: it begins anew.
    if (passed > length) window_ = window_bytes_ = 0;
  }
  last_ = std::max(last_, arrived_at);
  if (window_ >= length) {
    small = window_bytes_ < kSmallSample;
    sample = static_cast<double>(window_bytes_) * 8 * kMillisecond / static_cast<double>(length);
    window_ -= length;
    window_bytes_ = 0;
  }
  window_bytes_ += bytes + std::exchange(unreported_, 0);
  return sample;
}

void AcknowledgedRate::on_arrival(Micros arrived_at, int64_t bytes, bool application_limited) {
  bool small = false;
  const std::optional<double> sample = window_kbps(arrived_at, bytes, small);
  if (!sample) return;
  recent_[1] = std::exchange(recent_[0], *sample);
  if (kbps_ < 0) {
    kbps_ = std::max(*sample, kFloorKbps);
    return;
  }
  const double scale = application_limited && *sample < kbps_ ? kUncertaintyLimited : kUncertainty;
  const double surprise = scale * (small ? 2 : 1) * std::abs(kbps_ - *sample) / (kbps_ + std::min(*sample, kbps_));
  const double noise = surprise * surprise;
  const double predicted = variance_ + kProcessNoise;
  kbps_ = std::max((noise * kbps_ + predicted * *sample) / (noise + predicted), kFloorKbps);
  variance_ = noise * predicted / (noise + predicted);
}

}  // namespace parley
