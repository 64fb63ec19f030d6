#include "pacing_budget.h"

namespace parley {

namespace {

// An unsent burst is no longer the answer to what asked for it.
constexpr Micros kMaxProbeAge = 5 * kSecond;
// A single burst that cannot keep its rate measures nothing.
constexpr Micros kMaxBurst = kSecond;
// However much was sent at once (audio, a burst), media resumes after this.
constexpr Micros kMaxDebt = 500 * kMillisecond;

}  // namespace

double PacingBudget::debt_at(Micros now) const {
  return std::max(0.0, debt_ - static_cast<double>(rate_) * seconds(std::max<Micros>(now - updated_, 0)) / 8);
}

void PacingBudget::set_rate(Micros now, BitRate rate) {
  debt_ = debt_at(now);
  updated_ = now;
  rate_ = rate;
}

void PacingBudget::add_probe(const ProbeCluster& cluster) {
  if (count_ == kMaxProbes) return;
  bursts_[count_++] = Burst{cluster, -1, -1, 0, 0};
}

void PacingBudget::pop_probe() {
  std::copy(bursts_.begin() + 1, bursts_.end(), bursts_.begin());
  count_--;
}

void PacingBudget::abandon_probe() {
  if (count_ > 0) pop_probe();
}

void PacingBudget::expire(Micros now) {
  for (size_t i = 0; i < count_; i++) {
    if (bursts_[i].asked < 0) bursts_[i].asked = now;
  }
  while (count_ > 0) {
    const Burst& first = bursts_[0];
    const bool late = first.began < 0 ? now - first.asked > kMaxProbeAge : now - first.began > kMaxBurst;
    if (!late) return;
    pop_probe();
  }
}

size_t PacingBudget::probe_missing() const {
  if (count_ == 0) return 0;
  const Burst& first = bursts_[0];
  return static_cast<size_t>(std::max<int64_t>(first.cluster.min_bytes - first.bytes, 1));
}

void PacingBudget::on_sent(Micros now, size_t bytes, uint8_t probe) {
  const double most = std::max(static_cast<double>(bytes_in(rate_, kMaxDebt)), static_cast<double>(bytes));
  debt_ = std::min(debt_at(now) + static_cast<double>(bytes), most);
  updated_ = now;
  if (probe == 0 || count_ == 0 || bursts_[0].cluster.id != probe) return;
  Burst& first = bursts_[0];
  if (first.began < 0) first.began = now;
  first.bytes += static_cast<int64_t>(bytes);
  first.packets++;
  if (first.bytes >= first.cluster.min_bytes && first.packets >= first.cluster.min_packets) pop_probe();
}

Micros PacingBudget::next_paced(Micros now) const {
  const double debt = debt_at(now);
  if (debt <= 0) return now;
  if (rate_ <= 0) return kNever;
  const Micros paid = now + time_for(static_cast<int64_t>(debt), rate_);
  return paid - now <= burst_ ? now : paid - burst_;
}

Micros PacingBudget::next_probe(Micros now) const {
  if (count_ == 0) return kNever;
  const Burst& first = bursts_[0];
  if (first.began < 0) return now;
  return std::max(now, first.began + time_for(first.bytes, first.cluster.rate));
}

}  // namespace parley
