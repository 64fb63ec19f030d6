// The rate that the delay allows: up while the queue is quiet, down to below what got through when it grows
// (draft-ietf-rmcat-gcc-02 §5.5).
//
//   hold ──normal──▶ increase ──overuse──▶ decrease ──▶ hold ;  underuse ──▶ hold (let the queue run empty)
//
// Far from where congestion was last met it grows by some per cent a second, near it by about a packet each response
// time.
#pragma once

#include <optional>

#include "delay_trend.h"
#include "rate.h"

namespace parley {

/// What got through when congestion was met, as mean and spread.
class LinkCapacity {
 public:
  void on_overuse(BitRate acknowledged) { update(acknowledged, 0.05); }
  void on_probe(BitRate measured) { update(measured, 0.5); }
  void reset() { known_ = false; }
  [[nodiscard]] bool known() const { return known_; }
  [[nodiscard]] BitRate estimate() const;
  /// Three deviations off: beyond, the link is not what it was.
  [[nodiscard]] BitRate lower() const;
  [[nodiscard]] BitRate upper() const;

 private:
  void update(BitRate sample, double weight);
  [[nodiscard]] double spread_kbps() const;

  bool known_ = false;
  double kbps_ = 0;
  double variance_ = 0.4;  // relative to the mean
};

class AimdRate {
 public:
  explicit AimdRate(BitRate start) : current_(start) {}

  void set_minimum(BitRate minimum) { minimum_ = minimum; }
  void set_round_trip(Micros round_trip) { round_trip_ = round_trip; }
  [[nodiscard]] BitRate estimate() const { return current_; }
  /// Whether the last decrease is long enough ago to have shown its effect, or was by far too small.
  [[nodiscard]] bool may_decrease(Micros now, std::optional<BitRate> acknowledged) const;
  /// `acknowledged`: what got through lately, when known.
  BitRate update(Micros now, DelaySignal signal, std::optional<BitRate> acknowledged);
  /// Something better than guessing has measured it.
  void set_estimate(Micros now, BitRate rate);
  /// `saturated`: the probe met the capacity, it did not just fit below.
  void on_probe(Micros now, BitRate rate, bool saturated);

 private:
  enum class State : uint8_t { Hold, Increase, Decrease };

  void change_state(Micros now, DelaySignal signal);
  void increase(Micros now, BitRate acknowledged);
  void decrease(Micros now, std::optional<BitRate> acknowledged);
  [[nodiscard]] double additive_bps_per_second() const;

  LinkCapacity capacity_;
  BitRate current_;
  BitRate minimum_ = 5 * kKbps;
  Micros round_trip_ = 200 * kMillisecond;
  State state_ = State::Hold;
  Micros changed_ = -1;
  Micros decreased_ = -1;
};

}  // namespace parley
