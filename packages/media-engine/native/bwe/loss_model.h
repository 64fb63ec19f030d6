// The rate that the losses allow. The channel is taken to have two unknowns: an inherent loss that has nothing to do
// with us, and a bandwidth above which everything is lost. A packet sent at rate s is then lost with probability
//
//   q(s) = inherent + (1 − inherent) · max(0, 1 − bandwidth / s)
//
// and the pair that explains the last observations best is looked for among a few bandwidths near the present one, with
// a small preference for more. So a radio link that loses a tenth of everything is not mistaken for a full one, and
// a full queue is.
//
// Limits on top: no more lost bits than a fixed amount, never below what got through, a hold after each decrease, and
// slow growth where much is already being lost.
#pragma once

#include <array>
#include <optional>

#include "rate.h"

namespace parley {

class LossModel {
 public:
  enum class State : uint8_t {
    NotLimiting,  // the estimate is whatever the delay allows
    Increasing,
    Decreasing,
  };

  /// Outcome of `bytes` sent at `sent_at`.
  void on_packet(Micros sent_at, int64_t bytes, bool lost);
  /// A packet told as lost has arrived.
  void on_recovered(int64_t bytes);
  /// After the packets of one feedback. `delay_based`: the other estimate, which this one never exceeds.
  void update(BitRate delay_based, std::optional<BitRate> acknowledged, bool application_limited);
  /// A probe (or a new route) has measured more than this model knows.
  void set_estimate(BitRate rate);
  void reset() { *this = LossModel(); }

  /// kUnlimitedRate as long as nothing is known or nothing is limited.
  [[nodiscard]] BitRate estimate() const { return state_ == State::NotLimiting ? kUnlimitedRate : result_; }
  [[nodiscard]] State state() const { return state_; }
  /// 0…1, over the last observations without the best and the worst.
  [[nodiscard]] double average_loss() const { return average_loss_; }
  /// More than a fixed amount of what is sent gets lost: look for more only with care.
  [[nodiscard]] bool costly() const;

 private:
  struct Observation {
    double bytes = 0;
    double lost = 0;
    double rate_bps = 0;
  };
  struct Channel {
    double bandwidth_bps = 0;
    double inherent = 0.01;
  };
  static constexpr size_t kWindow = 15;

  bool close_observation();
  void update_average();
  [[nodiscard]] double upper_bound() const;
  [[nodiscard]] double max_inherent(double bandwidth_bps) const;
  void fit_inherent(Channel& channel) const;
  [[nodiscard]] double score(const Channel& channel) const;
  [[nodiscard]] Channel best_channel(double delay_based, std::optional<BitRate> acknowledged, bool limited) const;
  void limit_growth(Channel& best, std::optional<BitRate> acknowledged) const;
  void publish(double bounded, double delay_based);

  std::array<Observation, kWindow> observations_{};  // newest first
  size_t filled_ = 0;
  // The observation being made.
  double bytes_ = 0;
  double lost_ = 0;
  Micros first_sent_ = -1;
  Micros last_sent_ = -1;
  Micros closed_ = -1;
  double passed_ = 0;  // seconds, of the last observation

  double average_loss_ = 0;
  double usual_loss_ = 0;  // slower, of some seconds, with everything in it
  double usual_weight_ = 0;
  Channel channel_{};
  bool known_ = false;
  State state_ = State::NotLimiting;
  BitRate result_ = kUnlimitedRate;
  Micros hold_until_ = 0;
  Micros hold_ = 0;
  double hold_bps_ = 0;
};

}  // namespace parley
