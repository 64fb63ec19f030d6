// Gives way while feedback stays out: when more is in flight than the estimate fills the round trip with (and some
// queue), what is asked of the sender shrinks step by step, and comes back when feedback does. The estimate itself is
// not touched: after an outage the path may be what it was.
#pragma once

#include "rate.h"

namespace parley {

class CongestionWindow {
 public:
  /// A sample of the round trip without the time that feedback waited at the receiver.
  void on_round_trip(Micros now, Micros round_trip);
  /// Every kStep while packets are in flight.
  void update(BitRate estimate, int64_t in_flight_bytes);
  void reset() { *this = CongestionWindow(); }

  [[nodiscard]] BitRate limit(BitRate estimate, BitRate minimum) const;
  [[nodiscard]] bool limiting() const { return share_ < 1; }
  [[nodiscard]] Micros min_round_trip() const { return std::min(this_min_, last_min_); }

  static constexpr Micros kStep = 25 * kMillisecond;

 private:
  static constexpr Micros kMinWindow = 10 * kSecond;  // of the minimum
  static constexpr Micros kUnknown = 200 * kMillisecond;
  // Feedback comes every 50 to 250 ms, and a queue of 300 ms is for the delay estimate to deal with.
  static constexpr Micros kAllowance = 500 * kMillisecond;
  static constexpr BitRate kFloor = 30 * kKbps;

  Micros this_min_ = kNever;
  Micros last_min_ = kNever;
  Micros period_ = 0;
  double share_ = 1;
};

inline void CongestionWindow::on_round_trip(Micros now, Micros round_trip) {
  if (now - period_ >= kMinWindow) {
    last_min_ = this_min_;
    this_min_ = kNever;
    period_ = now;
  }
  this_min_ = std::min(this_min_, round_trip);
}

inline void CongestionWindow::update(BitRate estimate, int64_t in_flight_bytes) {
  const Micros round_trip = min_round_trip() == kNever ? kUnknown : min_round_trip();
  const int64_t window = std::max<int64_t>(bytes_in(estimate, round_trip + kAllowance), 3000);
  const double fill = static_cast<double>(in_flight_bytes) / static_cast<double>(window);
  if (fill > 1.5) {
    share_ *= 0.9;
  } else if (fill > 1) {
    share_ *= 0.95;
  } else if (fill < 0.1) {
    share_ = 1;
  } else {
    share_ = std::min(1.0, share_ * 1.05);
  }
  share_ = std::max(share_, 0.001);
}

inline BitRate CongestionWindow::limit(BitRate estimate, BitRate minimum) const {
  return std::min(estimate, std::max({scale_rate(estimate, share_), minimum, kFloor}));
}

}  // namespace parley
