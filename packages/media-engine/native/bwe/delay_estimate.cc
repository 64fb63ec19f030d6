#include "delay_estimate.h"

namespace parley {

namespace {

// After a longer silence what was seen before says nothing about what comes.
constexpr Micros kSilence = 2 * kSecond;
// A probe that found less than the estimate is believed only this far below what got through.
constexpr double kProbeFloor = 0.85;
// A queue that empties to this from time to time is no congestion, however it looks from one group to the next.
constexpr Micros kHarmlessQueue = 10 * kMillisecond;

}  // namespace

void DelayEstimate::on_arrival(Micros now, const PacketReport& report) {
  if (last_arrivals_ >= 0 && now - last_arrivals_ > kSilence) {
    groups_.reset();
    trend_.reset();
  }
  last_arrivals_ = now;
  const auto delta = groups_.on_packet(now, report.sent_at, report.arrived_at);
  if (groups_.jumped()) {
    trend_.reset();
    queue_.reset();
  }
  queue_.on_arrival(now, report.sent_at, report.arrived_at);
  if (delta) trend_.on_delta(*delta);
}

DelaySignal DelayEstimate::signal() const {
  // As for a falling delay: wait and see.
  if (trend_.signal() == DelaySignal::Overuse && queue_.delay() < kHarmlessQueue) return DelaySignal::Underuse;
  return trend_.signal();
}

void DelayEstimate::update(Micros now, std::optional<BitRate> acknowledged, std::optional<BitRate> recent,
                           std::optional<ProbeResult> probe) {
  const DelaySignal signal = this->signal();
  if (signal == DelaySignal::Overuse) {
    if (rate_.may_decrease(now, recent)) rate_.update(now, signal, recent);
    return;
  }
  // Jitter of the size of a burst makes any path look saturated. That it carries less than what is being sent already
  // is believed only where a queue stands.
  const bool believed =
      probe && (probe->rate > rate_.estimate() || (probe->saturated && queue_.delay() >= kHarmlessQueue));
  if (believed) {
    const BitRate floor = std::min(rate_.estimate(), scale_rate(acknowledged.value_or(0), kProbeFloor));
    rate_.on_probe(now, std::max(probe->rate, floor), probe->saturated);
    return;
  }
  rate_.update(now, signal, acknowledged);
}

void DelayEstimate::give_way(Micros now, BitRate rate) {
  if (rate < rate_.estimate()) rate_.set_estimate(now, rate);
}

void DelayEstimate::restart(Micros now, BitRate rate) {
  groups_.reset();
  trend_.reset();
  queue_.reset();
  rate_ = AimdRate(rate);
  rate_.set_estimate(now, rate);
}

}  // namespace parley
