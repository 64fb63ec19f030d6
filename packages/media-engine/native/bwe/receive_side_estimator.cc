#include "receive_side_estimator.h"

#include <cstdlib>

namespace parley {

namespace {

// Clocks drift by seconds in a day. What is further off was set, or was made up.
constexpr Micros kMaxOffset = 10 * kSecond;
constexpr int kSendTimeBits = 24;
constexpr uint32_t kSendTimeRate = 1u << 18;
// A stream that rests for so long gives way to another one as the clock.
constexpr Micros kClockSilence = kSecond;
// After a longer silence of the sender its clock may have wrapped unseen.
constexpr Micros kSilence = 5 * kSecond;
constexpr Micros kUpdateInterval = 20 * kMillisecond;
constexpr Micros kInterval = kSecond;
// A fall by more is told at once.
constexpr double kTellFall = 0.97;
// Until then what gets through without a queue is taken for granted: senders begin as they like.
constexpr Micros kWarmUp = kSecond;
constexpr BitRate kMinimum = 30 * kKbps;

}  // namespace

std::optional<Micros> SendClock::time_of(Micros arrived, uint32_t counter) {
  const uint32_t shifted = counter << shift_;
  const int32_t step = static_cast<int32_t>(shifted - last_);
  last_ = shifted;
  if (started_) {
    ticks_ += step / (int32_t{1} << shift_);
    const Micros time = first_ + ticks_ * kSecond / rate_hz_;
    if (std::abs(time - arrived) <= kMaxOffset) return time;
  }
  const bool was_started = started_;
  started_ = true;
  ticks_ = 0;
  first_ = arrived;
  return was_started ? std::nullopt : std::optional(arrived);
}

std::optional<Micros> ReceiveSideEstimator::sent_at(const Arrival& arrival) {
  if (arrival.abs_send_time) {
    if (!has_send_time_) {
      clock_.emplace(kSendTimeBits, kSendTimeRate);
      has_send_time_ = true;
      delay_.restart(arrival.at, delay_.estimate());
    }
    return clock_->time_of(arrival.at, *arrival.abs_send_time);
  }
  if (has_send_time_ || arrival.clock_rate_hz == 0 || arrival.clock_rate_hz > SendClock::kMaxRate) return std::nullopt;
  if (!clock_ || (clock_ssrc_ != arrival.ssrc && arrival.at - clock_heard_ > kClockSilence)) {
    clock_.emplace(32, arrival.clock_rate_hz);
    clock_ssrc_ = arrival.ssrc;
    delay_.restart(arrival.at, delay_.estimate());
  }
  if (clock_ssrc_ != arrival.ssrc) return std::nullopt;
  clock_heard_ = arrival.at;
  return clock_->time_of(arrival.at, arrival.rtp_timestamp);
}

void ReceiveSideEstimator::on_packet(const Arrival& arrival) {
  const bool is_new = began_ < 0 || arrival.at - heard_ > kSilence;
  if (is_new) {
    delay_ = DelayEstimate(delay_.estimate());
    began_ = updated_ = arrival.at;
    delay_.set_minimum(kMinimum);
    acknowledged_.reset();
    clock_.reset();
    has_send_time_ = false;
  }
  heard_ = arrival.at;
  acknowledged_.on_arrival(arrival.at, static_cast<int64_t>(arrival.bytes), false);
  if (const auto sent = sent_at(arrival)) {
    PacketReport report;
    report.sent_at = *sent;
    report.arrived_at = arrival.at;
    delay_.on_arrival(arrival.at, report);
  }
  if (arrival.at - updated_ >= kUpdateInterval) update(arrival.at);
}

void ReceiveSideEstimator::update(Micros now) {
  updated_ = now;
  const auto rate = acknowledged_.rate();
  std::optional<ProbeResult> carried;
  if (now - began_ < kWarmUp && rate && *rate > delay_.estimate()) carried = ProbeResult{*rate, false};
  delay_.update(now, rate, acknowledged_.recent(), carried);
}

std::optional<BitRate> ReceiveSideEstimator::take_remb(Micros now) {
  if (began_ < 0 || now - heard_ > kInterval) return std::nullopt;
  const BitRate rate = delay_.estimate();
  const bool is_due = now - std::max(told_at_, began_) >= kInterval;
  const bool falls = told_at_ >= 0 && rate < scale_rate(told_, kTellFall);
  if (!is_due && !falls) return std::nullopt;
  told_at_ = now;
  told_ = rate;
  return rate;
}

}  // namespace parley
