// What gets through to the receiver: bytes over windows of arrival time, each weighed by how far it is from what was
// expected (a one-dimensional Kalman filter whose measurement noise grows with the surprise).
#pragma once

#include <optional>
#include <utility>

#include "rate.h"

namespace parley {

class AcknowledgedRate {
 public:
  /// In the order of arrival. `application_limited`: the sender had little to send, so that a low window says less.
  void on_arrival(Micros arrived_at, int64_t bytes, bool application_limited);
  /// Arrived in all likelihood, but the report about it was lost: counts with the next arrival.
  void on_unreported(int64_t bytes) { unreported_ += bytes; }
  /// The sender had little to send until now: expect a change.
  void expect_change();
  [[nodiscard]] std::optional<BitRate> rate() const;
  /// Of the last two windows alone, or of the first before it is full: noisier, and right at once where a queue makes
  /// arrivals even.
  [[nodiscard]] std::optional<BitRate> recent() const;
  void reset() { *this = AcknowledgedRate(); }

 private:
  [[nodiscard]] std::optional<double> window_kbps(Micros arrived_at, int64_t bytes, bool& small);

  double kbps_ = -1;
  double variance_ = 50;
  double recent_[2] = {-1, -1};
  Micros last_ = -1;
  Micros window_ = 0;
  int64_t window_bytes_ = 0;
  int64_t unreported_ = 0;
};

}  // namespace parley
