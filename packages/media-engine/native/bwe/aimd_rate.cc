#include "aimd_rate.h"

#include <cmath>

namespace parley {

namespace {

constexpr double kDecrease = 0.85;
// A second, at kUnitRate: less than in proportion above, more below. Growth in proportion keeps whatever shares flows
// happen to have, this lets them meet.
constexpr double kIncrease = 0.08;
constexpr double kUnitRate = 1e6;
constexpr double kMaxIncrease = 0.2;
// Never far above what is known to get through.
constexpr double kMaxOverAcknowledged = 1.5;
constexpr BitRate kMaxOverAcknowledgedOffset = 10 * kKbps;
constexpr Micros kMinReaction = 10 * kMillisecond;
constexpr Micros kMaxReaction = 200 * kMillisecond;
// Response time is the round trip and what feedback and detection take.
constexpr Micros kDetection = 100 * kMillisecond;
constexpr double kFrameRate = 30;
constexpr double kPacketBits = 1200 * 8;
constexpr double kMinAdditive = 4000;
// Near congestion flows below this rate grow faster, so that a late comer does not have to wait for many decreases.
constexpr double kFavouredRate = 2.5e6;
constexpr double kMaxFavour = 3;
constexpr double kMinVariance = 0.4;
constexpr double kMaxVariance = 2.5;

}  // namespace

void LinkCapacity::update(BitRate sample, double weight) {
  const double sample_kbps = static_cast<double>(sample) / kKbps;
  kbps_ = known_ ? (1 - weight) * kbps_ + weight * sample_kbps : sample_kbps;
  known_ = true;
  const double error = kbps_ - sample_kbps;
  variance_ = (1 - weight) * variance_ + weight * error * error / std::max(kbps_, 1.0);
  variance_ = std::clamp(variance_, kMinVariance, kMaxVariance);
}

double LinkCapacity::spread_kbps() const { return 3 * std::sqrt(variance_ * kbps_); }
BitRate LinkCapacity::estimate() const { return static_cast<BitRate>(kbps_ * kKbps); }
BitRate LinkCapacity::lower() const {
  return known_ ? static_cast<BitRate>(std::max(0.0, kbps_ - spread_kbps()) * kKbps) : 0;
}
BitRate LinkCapacity::upper() const {
  return known_ ? static_cast<BitRate>((kbps_ + spread_kbps()) * kKbps) : kUnlimitedRate;
}

bool AimdRate::may_decrease(Micros now, std::optional<BitRate> acknowledged) const {
  if (decreased_ < 0 || now - decreased_ >= kDetection + std::clamp(round_trip_, kMinReaction, kMaxReaction))
    return true;
  return acknowledged && *acknowledged < current_ / 2;
}

void AimdRate::change_state(Micros now, DelaySignal signal) {
  switch (signal) {
    case DelaySignal::Normal:
      if (state_ == State::Hold) {
        state_ = State::Increase;
        changed_ = now;
      }
      break;
    case DelaySignal::Overuse:
      state_ = State::Decrease;
      break;
    case DelaySignal::Underuse:
      state_ = State::Hold;
      break;
  }
}

BitRate AimdRate::update(Micros now, DelaySignal signal, std::optional<BitRate> acknowledged) {
  change_state(now, signal);
  if (state_ == State::Increase && acknowledged) increase(now, *acknowledged);
  if (state_ == State::Decrease) decrease(now, acknowledged);
  current_ = std::max(current_, minimum_);
  return current_;
}

double AimdRate::additive_bps_per_second() const {
  const double frame_bits = static_cast<double>(current_) / kFrameRate;
  const double packet_bits = frame_bits / std::ceil(frame_bits / kPacketBits);
  const double favour = std::clamp(kFavouredRate / static_cast<double>(current_), 1.0, kMaxFavour);
  const double step = favour * packet_bits / seconds(round_trip_ + kDetection);
  return std::max(kMinAdditive, std::min(step, kMaxIncrease * static_cast<double>(current_)));
}

void AimdRate::increase(Micros now, BitRate acknowledged) {
  const double passed = seconds(std::min(now - changed_, kSecond));
  changed_ = now;
  if (acknowledged > capacity_.upper()) capacity_.reset();
  const BitRate limit = scale_rate(acknowledged, kMaxOverAcknowledged) + kMaxOverAcknowledgedOffset;
  if (current_ >= limit) return;
  const double present = static_cast<double>(current_);
  const double far =
      std::max(std::min(kIncrease * kUnitRate * std::pow(present / kUnitRate, 0.25), kMaxIncrease * present), 1000.0);
  const double step = capacity_.known() ? additive_bps_per_second() : far;
  current_ = std::min(static_cast<BitRate>(present + step * passed), limit);
}

void AimdRate::decrease(Micros now, std::optional<BitRate> acknowledged) {
  if (acknowledged) {
    // Near what the link has carried before, that is the better half of the knowledge: a window holds few frames.
    const bool usual = capacity_.known() && *acknowledged > capacity_.lower() && *acknowledged < capacity_.upper();
    BitRate reduced = scale_rate(usual ? (*acknowledged + capacity_.estimate()) / 2 : *acknowledged, kDecrease);
    if (reduced > current_ && capacity_.known()) reduced = scale_rate(capacity_.estimate(), kDecrease);
    current_ = std::min(current_, reduced);
    if (*acknowledged < capacity_.lower()) capacity_.reset();
    capacity_.on_overuse(*acknowledged);
  } else {
    current_ /= 2;
  }
  state_ = State::Hold;
  changed_ = decreased_ = now;
}

void AimdRate::set_estimate(Micros now, BitRate rate) {
  current_ = std::max(rate, minimum_);
  changed_ = now;
}

void AimdRate::on_probe(Micros now, BitRate rate, bool saturated) {
  if (saturated) {
    capacity_.on_probe(rate);
  } else if (rate > capacity_.upper()) {
    capacity_.reset();
  }
  set_estimate(now, rate);
}

}  // namespace parley
